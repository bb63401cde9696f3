package lyceum.plot.render;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.plot.Figure;
import lyceum.plot.Frames;
import lyceum.plot.Layer;
import lyceum.plot.Panels;
import lyceum.plot.Plot;

/** Lays a figure out for a width in pixels. */
final class Scenes {
    static final double TITLE = 15;
    static final double TEXT = 12;
    private static final double GAP = 28;

    private Scenes() {}

    static Scene of(Figure figure, double width) {
        return switch (figure) {
            case Plot p when p.layers().stream().anyMatch(Layer.Network.class::isInstance) -> NetworkScene.of(p, width);
            case Plot p when p.layers().stream().anyMatch(Layer.ImageGrid.class::isInstance) -> ImageGridScene.of(p, width);
            case Plot p -> new PlotScene(p, width).scene();
            case Panels p -> panels(p.title(), p.columns(), p.figures(), width);
            case Frames f -> panels(f.title(), 3, moments(f), width);
        };
    }

    /** Six frames at most, the first and the last among them, each under its place on the slider. */
    static List<Figure> moments(Frames f) {
        return IntStream.of(Decimation.evenly(f.figures().size(), 6)).mapToObj(i -> {
            var label = (f.slider().isEmpty() ? "" : f.slider() + " ") + f.labels().get(i);
            return switch (f.figures().get(i)) {
                case Plot p -> (Figure) p.titled(label);
                case Panels p -> new Panels(label, p.description(), p.columns(), p.figures());
                case Frames inner -> inner;
            };
        }).toList();
    }

    private static Scene panels(String title, int columns, List<Figure> figures, double width) {
        var shapes = new ArrayList<Scene.Shape>();
        double y = header(shapes, title, width);
        if (y > 0) y += 8;
        int across = Math.max(1, Math.min(columns, figures.size()));
        double each = (width - GAP * (across - 1)) / across;
        double bottom = y;
        for (int i = 0; i < figures.size(); i += across) {
            double tallest = 0;
            for (int c = 0; c < across && i + c < figures.size(); c++) {
                var scene = of(figures.get(i + c), Math.max(120, each));
                shapes.add(new Scene.Moved(c * (each + GAP), bottom, scene.shapes()));
                tallest = Math.max(tallest, scene.height());
            }
            bottom += tallest + (i + across < figures.size() ? 16 : 0);
        }
        return new Scene(width, Math.max(bottom, 24), shapes);
    }

    /** Draws a title at the top left in as many lines as it needs, three at most; returns the height used. */
    static double header(List<Scene.Shape> shapes, String title, double width) {
        if (title.isBlank()) return 0;
        double y = 0;
        var rest = title;
        for (int line = 0; line < 3 && !rest.isEmpty(); line++) {
            var head = line == 2 ? TextWidth.fit(rest, TITLE, width * 0.94) : firstLine(rest, width * 0.94);
            shapes.add(new Scene.Text(0, y + TITLE, head, TITLE, Scene.Anchor.START, Tone.Page.INK, true, false));
            y += TITLE * 1.35;
            rest = line == 2 || head.length() >= rest.length() ? "" : rest.substring(head.length()).strip();
        }
        return y;
    }

    private static String firstLine(String s, double width) {
        if (TextWidth.of(s, TITLE) <= width) return s;
        int end = s.length();
        while ((end = s.lastIndexOf(' ', end - 1)) > 0) if (TextWidth.of(s.substring(0, end), TITLE) <= width) return s.substring(0, end);
        return TextWidth.fit(s, TITLE, width);
    }
}
