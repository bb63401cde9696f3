package lyceum.plot.render;

import java.util.List;
import lyceum.plot.Image;
import lyceum.plot.Layer;
import lyceum.plot.Plot;

/** Small images in rows, captions under them. */
final class ImageGridScene {
    private static final double GAP = 10;
    private static final double LARGEST = 128;

    private ImageGridScene() {}

    static Scene of(Plot plot, double width, List<Scene.Shape> shapes, double headerEnd) {
        var grid = (Layer.ImageGrid) plot.layers().stream().filter(Layer.ImageGrid.class::isInstance).findFirst().orElseThrow();
        double top = headerEnd + 10;
        int columns = Math.max(1, Math.min(grid.columns(), grid.images().size()));
        double cell = Math.min(LARGEST, (width + GAP) / columns - GAP);
        boolean captions = grid.images().stream().anyMatch(i -> !i.caption().isEmpty()) && cell >= 14;
        int largest = grid.images().stream().mapToInt(i -> Math.max(i.width(), i.height())).max().orElse(1);
        for (int row = 0; row * columns < grid.images().size(); row++) {
            double tallest = 0;
            for (int c = 0; c < columns && row * columns + c < grid.images().size(); c++) {
                var image = grid.images().get(row * columns + c);
                double scale = cell / Math.max(1, largest);
                double w = image.width() * scale;
                double h = image.height() * scale;
                double x = c * (cell + GAP) + (cell - w) / 2;
                if (image.pixels().size() > 0) shapes.add(new Scene.Raster(x, top, w, h, image.width(), image.height(), argb(image, grid)));
                if (captions) shapes.add(new Scene.Text(c * (cell + GAP) + cell / 2, top + h + 14,
                        TextWidth.fit(image.caption(), TextSize.SMALL, cell + GAP - 2), TextSize.SMALL, Scene.Anchor.MIDDLE,
                        Tone.Page.QUIET, false, false));
                tallest = Math.max(tallest, h);
            }
            top += tallest + (captions ? 20 : 0) + GAP;
        }
        return new Scene(width, Math.max(24, top), shapes);
    }

    /** Pixels as 0xaarrggbb; a value that is not finite is transparent. */
    static int[] argb(Image image, Layer.ImageGrid grid) {
        var out = new int[image.width() * image.height()];
        for (int p = 0; p < out.length; p++) {
            int rgb = 0;
            boolean finite = true;
            for (int c = 0; c < 3; c++) {
                double v = image.pixels().get(image.channels() == 1 ? p : 3 * p + c);
                double t = grid.white() == grid.black() ? 0 : (v / 2 - grid.black() / 2) / (grid.white() / 2 - grid.black() / 2);
                finite &= Double.isFinite(t);
                rgb = rgb << 8 | (int) Math.round(255 * Math.clamp(t, 0, 1));
            }
            out[p] = finite ? 0xff000000 | rgb : 0;
        }
        return out;
    }
}
