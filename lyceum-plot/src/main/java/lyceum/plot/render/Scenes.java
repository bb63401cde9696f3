package lyceum.plot.render;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.plot.Audio;
import lyceum.plot.Cloud;
import lyceum.plot.Figure;
import lyceum.plot.Frames;
import lyceum.plot.Layer;
import lyceum.plot.Panels;
import lyceum.plot.Plot;

/** Lays a figure out for a width in pixels. */
final class Scenes {
    private static final double TITLE = 15;
    private static final double GAP = 28;
    private static final double NARROWEST = 180;

    private Scenes() {}

    static Scene of(Figure figure, double width) { return of(figure, width, TITLE); }

    /** A plot with axes is as high as the box that it is set into; the height of anything else follows from its width. */
    static Scene in(Figure figure, double width, double height) {
        var scene = of(figure, width);
        return figure instanceof Plot plot ? plot(plot, width, TITLE, height - scene.height()) : scene;
    }

    private static Scene of(Figure figure, double width, double titleSize) {
        return switch (figure) {
            case Plot p -> plot(p, width, titleSize, 0);
            case Panels p -> panels(p.title(), p.columns(), p.figures(), width, titleSize);
            case Frames f -> panels(f.title(), 3, moments(f), width, titleSize);
            case Audio a -> plot(a.waveform(), width, titleSize, 0);
            case Cloud c -> plot(c.seen(Cloud.TURN, Cloud.TILT), width, titleSize, 0);
        };
    }

    private static Scene plot(Plot plot, double width, double titleSize, double taller) {
        var shapes = new ArrayList<Scene.Shape>();
        double top = header(shapes, plot.title(), width, titleSize);
        if (plot.layers().stream().anyMatch(Layer.Network.class::isInstance)) return new NetworkScene(plot, width, shapes, top).scene();
        if (plot.layers().stream().anyMatch(Layer.ImageGrid.class::isInstance)) return ImageGridScene.of(plot, width, shapes, top);
        return new PlotScene(plot, width, shapes, top, taller).scene();
    }

    /** Six frames at most, the first and the last among them, each under its place on the slider. */
    static List<Figure> moments(Frames f) {
        return IntStream.of(Decimation.evenly(f.figures().size(), 6)).mapToObj(i -> {
            var label = (f.slider().isEmpty() ? "" : f.slider() + " ") + f.labels().get(i);
            return switch (f.figures().get(i)) {
                case Plot p -> (Figure) p.titled(label);
                case Panels p -> new Panels(label, p.description(), p.columns(), p.figures());
                case Frames _,Audio _,Cloud _ -> f.figures().get(i);
            };
        }).toList();
    }

    private static Scene panels(String title, int columns, List<Figure> figures, double width, double titleSize) {
        var shapes = new ArrayList<Scene.Shape>();
        double y = header(shapes, title, width, titleSize);
        if (y > 0) y += 12;
        int across = Math.clamp((int) ((width + GAP) / (NARROWEST + GAP)), 1, Math.max(1, Math.min(columns, figures.size())));
        double each = (width - GAP * (across - 1)) / across;
        double bottom = y;
        for (int i = 0; i < figures.size(); i += across) {
            double tallest = 0;
            for (int c = 0; c < across && i + c < figures.size(); c++) {
                var scene = of(figures.get(i + c), Math.max(120, each), titleSize - 2);
                shapes.add(new Scene.Moved(c * (each + GAP), bottom, scene.shapes()));
                tallest = Math.max(tallest, scene.height());
            }
            bottom += tallest + (i + across < figures.size() ? 16 : 0);
        }
        return new Scene(width, Math.max(bottom, 24), shapes);
    }

    /** Draws a title at the top left in as many lines as it needs, three at most; returns the height used. */
    private static double header(List<Scene.Shape> shapes, String title, double width, double size) {
        if (title.isBlank()) return 0;
        double y = 0;
        var rest = title;
        for (int line = 0; line < 3 && !rest.isEmpty(); line++) {
            var head = line == 2 ? TextWidth.fit(rest, size, width * 0.94) : firstLine(rest, size, width * 0.94);
            shapes.add(new Scene.Text(0, y + size, head, size, Scene.Anchor.START, Tone.Page.INK, true, false));
            y += size * 1.35;
            rest = line == 2 || head.length() >= rest.length() ? "" : rest.substring(head.length()).strip();
        }
        return y;
    }

    private static String firstLine(String s, double size, double width) {
        if (TextWidth.of(s, size) <= width) return s;
        int end = s.length();
        while ((end = s.lastIndexOf(' ', end - 1)) > 0) if (TextWidth.of(s.substring(0, end), size) <= width) return s.substring(0, end);
        return TextWidth.fit(s, size, width);
    }
}
