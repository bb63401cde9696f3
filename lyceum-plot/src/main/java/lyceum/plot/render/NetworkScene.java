package lyceum.plot.render;

import java.util.HashSet;
import java.util.List;
import lyceum.plot.Layer;
import lyceum.plot.Node;
import lyceum.plot.Plot;

/** A tree or graph: boxes with words, curves between them. Large networks become dots. */
final class NetworkScene {
    private final Layer.Network network;
    private final SeriesColors colors;
    private final NetworkLayout layout;
    private final double width;
    private boolean down;
    private final List<Scene.Shape> shapes;
    private double boxWidth;
    private double boxHeight;
    private double rankStep;
    private double placeStep;
    private double top;
    private double left;
    private boolean dots;

    NetworkScene(Plot plot, double width, List<Scene.Shape> shapes, double top) {
        this.shapes = shapes;
        this.top = top;
        this.network = (Layer.Network) plot.layers().stream().filter(Layer.Network.class::isInstance).findFirst().orElseThrow();
        this.colors = new SeriesColors(plot);
        this.layout = new NetworkLayout(network);
        this.width = width;
        this.down = network.flow() == Layer.Network.Flow.DOWN;
    }

    Scene scene() {
        var entries = legendEntries();
        top = entries.isEmpty() ? top + 12 : Legend.draw(shapes, entries, top + 6, width) + 14;
        if (network.nodes().isEmpty()) return new Scene(width, Math.max(24, top), shapes);
        measure();
        double height = top + boxHeight + (down ? (layout.ranks - 1) * rankStep : (layout.places - 1) * placeStep) + 8;
        edges();
        nodes();
        return new Scene(width, height, shapes);
    }

    /** Groups that are not already written in the boxes. */
    private List<SeriesColors.Entry> legendEntries() {
        var written = new HashSet<String>();
        for (var n : network.nodes()) if (n.label().contains(n.group())) written.add(n.group());
        return colors.entries(written);
    }

    private void measure() {
        double widest = network.nodes().stream().flatMap(n -> lines(n).stream()).mapToDouble(s -> TextWidth.of(s, TextSize.SMALL)).max()
                .orElse(0) + 18;
        // A network turns by a quarter where its words fit better so.
        if (room(down) < 0.8 * widest && room(!down) > 1.3 * Math.max(0, room(down))) down = !down;
        int tallest = network.nodes().stream().mapToInt(n -> lines(n).size()).max().orElse(1);
        boxHeight = tallest * 15 + 9;
        double across = down ? layout.places : layout.ranks;
        boxWidth = Math.min(Math.max(34, widest), room(down));
        dots = boxWidth < 26;
        if (dots) {
            boxWidth = Math.clamp((width - 2 * across) / across, 3, 10);
            boxHeight = boxWidth;
        }
        double stepAcross = across <= 1 ? 0 : Math.min((width - boxWidth) / (across - 1), boxWidth + (down ? 60 : 90));
        rankStep = down ? boxHeight + (dots ? 26 : 40) : stepAcross;
        placeStep = down ? stepAcross : boxHeight + (dots ? 6 : 14);
        left = (width - boxWidth - stepAcross * (across - 1)) / 2;
    }

    /** The width that a box can have when edges lead down, or to the right. */
    private double room(boolean leadsDown) {
        double across = leadsDown ? layout.places : layout.ranks;
        return (width - gap(leadsDown) * (across - 1)) / across;
    }

    private double gap(boolean leadsDown) { return leadsDown ? 14 : labelled() ? 44 : 30; }

    private boolean labelled() { return network.edges().stream().anyMatch(e -> !e.label().isEmpty()); }

    private static List<String> lines(Node n) {
        var label = n.label().isEmpty() ? n.id() : n.label();
        return List.of(label.split("\\|", 4));
    }

    private double x(int node) { return left + boxWidth / 2 + (down ? layout.place[node] * placeStep : layout.rank[node] * rankStep); }

    private double y(int node) { return top + boxHeight / 2 + (down ? layout.rank[node] * rankStep : layout.place[node] * placeStep); }

    private void edges() {
        for (int e = 0; e < layout.from.length; e++) {
            int a = layout.from[e];
            int b = layout.to[e];
            double x0 = x(a) + (down ? 0 : boxWidth / 2);
            double y0 = y(a) + (down ? boxHeight / 2 : 0);
            double x1 = x(b) - (down ? 0 : boxWidth / 2);
            double y1 = y(b) - (down ? boxHeight / 2 : 0);
            curve(x0, y0, x1, y1);
            var label = network.edges().get(e).label();
            if (label.isEmpty() || dots) continue;
            var text = TextWidth.fit(label, TextSize.SMALL, down ? 120 : Math.max(20, rankStep - boxWidth));
            shapes.add(new Scene.Text((x0 + x1) / 2, (y0 + y1) / 2 + 4, text, TextSize.SMALL, Scene.Anchor.MIDDLE, Tone.Page.QUIET, false,
                    true));
        }
    }

    /** A cubic that leaves and enters along the flow; an arrow head where the flow is to the right. */
    private void curve(double x0, double y0, double x1, double y1) {
        int n = down ? y0 < y1 && Math.abs(x0 - x1) < 1 ? 2 : 17 : Math.abs(y0 - y1) < 1 ? 2 : 17;
        double head = dots || down ? 0 : 7;
        double xe = down ? x1 : x1 - head;
        double cx0 = down ? x0 : (x0 + xe) / 2;
        double cy0 = down ? (y0 + y1) / 2 : y0;
        double cx1 = down ? x1 : (x0 + xe) / 2;
        double cy1 = down ? (y0 + y1) / 2 : y1;
        var xs = new double[n];
        var ys = new double[n];
        for (int i = 0; i < n; i++) {
            double t = i / (n - 1.0);
            double u = 1 - t;
            xs[i] = u * u * u * x0 + 3 * u * u * t * cx0 + 3 * u * t * t * cx1 + t * t * t * xe;
            ys[i] = u * u * u * y0 + 3 * u * u * t * cy0 + 3 * u * t * t * cy1 + t * t * t * y1;
        }
        shapes.add(new Scene.Polyline(xs, ys, Tone.Page.QUIET, 1.2, 0, 0.8));
        if (head > 0) shapes.add(new Scene.Polygon(new double[] {x1, xe, xe}, new double[] {y1, y1 - 3.5, y1 + 3.5}, Tone.Page.QUIET, 1));
    }

    private void nodes() {
        for (int i = 0; i < network.nodes().size(); i++) {
            var node = network.nodes().get(i);
            var tone = node.group().isEmpty() ? Tone.Page.QUIET : colors.tone(node.group());
            if (dots) {
                shapes.add(new Scene.Dots(new double[] {x(i)}, new double[] {y(i)}, boxWidth / 2, tone, 1, null));
                continue;
            }
            shapes.add(new Scene.Box(x(i) - boxWidth / 2, y(i) - boxHeight / 2, boxWidth, boxHeight, 5, Tone.Page.SURFACE, tone));
            var lines = lines(node);
            double y = y(i) - (lines.size() - 1) * 7.5 + 4;
            for (int k = 0; k < lines.size(); k++) {
                var text = TextWidth.fit(lines.get(k).strip(), TextSize.SMALL, boxWidth - 8);
                shapes.add(new Scene.Text(x(i), y + k * 15, text, TextSize.SMALL, Scene.Anchor.MIDDLE,
                        k == 0 ? Tone.Page.INK : Tone.Page.QUIET, false, false));
            }
        }
    }
}
