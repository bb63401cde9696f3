package lyceum.labs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.tensor.Tensor;

/**
 * What somebody drew: strokes through points on a square sheet. As text, which a page's pad, an address and a command line share, the points of a stroke stand
 * one after the other and a semicolon begins the next: {@code 6,5 21,5 12,24} is a seven of one stroke.
 *
 * @param side of the sheet; points lie from 0 to it, the first number to the right, the second down
 * @param strokes each of one point or more
 */
public record Sketch(int side, List<List<Point>> strokes) {
    /** Characters of a drawing at most: it has to fit into an address. */
    public static final int MOST = 3_000;
    /** Width of the pen as a share of the side. */
    public static final double PEN = 0.085;
    /** Places in a pixel that are looked at, in each direction. */
    private static final int FINE = 4;

    /** A place on the sheet. */
    public record Point(double x, double y) {}

    /** Copies. */
    public Sketch {
        if (side < 1 || side > 1_000) throw new IllegalArgumentException("a sheet has a side of " + side + "; between 1 and 1000");
        strokes = strokes.stream().map(List::copyOf).toList();
    }

    /**
     * Reads a drawing; a blank text is an empty sheet.
     *
     * @throws IllegalArgumentException naming what is not a point of the sheet
     */
    public static Sketch parse(String text, int side) {
        if (text.strip().length() > MOST)
            throw new IllegalArgumentException("it has " + text.strip().length() + " characters; at most " + MOST);
        var strokes = new ArrayList<List<Point>>();
        for (var stroke : text.split(";")) {
            if (stroke.isBlank()) continue;
            var points = new ArrayList<Point>();
            for (var point : stroke.strip().split("\\s+")) points.add(point(point, side));
            strokes.add(points);
        }
        var sketch = new Sketch(side, strokes);
        int length = sketch.toString().length(); // ".5" is written "0.5"
        if (length > MOST) throw new IllegalArgumentException("written out it has " + length + " characters; at most " + MOST);
        return sketch;
    }

    private static Point point(String text, int side) {
        var parts = text.split(",", -1);
        try {
            if (parts.length == 2) {
                double x = Double.parseDouble(parts[0]), y = Double.parseDouble(parts[1]);
                if (x >= 0 && x <= side && y >= 0 && y <= side) return new Point(x, y);
            }
        } catch (NumberFormatException e) {
            // said below
        }
        var shown = text.length() > 20 ? text.substring(0, 20) + "..." : text;
        throw new IllegalArgumentException(
                "'" + shown + "' is not a point of the sheet; two numbers from 0 to " + side + " with a comma between them");
    }

    /** Whether nothing is drawn. */
    public boolean isEmpty() { return strokes.isEmpty(); }

    /** The same strokes, moved and scaled so that they fill the sheet but for a margin, in their own proportions; an empty sheet stays one. */
    public Sketch fitted(double margin) {
        if (!(margin >= 0 && 2 * margin < side))
            throw new IllegalArgumentException("a margin of " + margin + " on a sheet of " + side + "; from 0 to less than half the side");
        if (isEmpty()) return this;
        double[] box = {side, side, 0, 0};
        for (var stroke : strokes) for (var p : stroke) {
            box[0] = Math.min(box[0], p.x);
            box[1] = Math.min(box[1], p.y);
            box[2] = Math.max(box[2], p.x);
            box[3] = Math.max(box[3], p.y);
        }
        double longer = Math.max(box[2] - box[0], box[3] - box[1]), scale = longer > 0 ? (side - 2 * margin) / longer : 1;
        double left = side / 2.0 - scale * (box[0] + box[2]) / 2, top = side / 2.0 - scale * (box[1] + box[3]) / 2;
        return new Sketch(side, strokes.stream()
                .map(stroke -> stroke.stream().map(p -> new Point(left + scale * p.x, top + scale * p.y)).toList()).toList());
    }

    /** The sheet as {@code n x n} pixels, F32: 1 where the pen was everywhere in one, 0 where it was nowhere, a round pen of {@link #PEN}. */
    public Tensor pixels(int n) {
        var values = new float[n * n];
        double step = (double) side / n / FINE, reach = PEN * side / 2;
        for (int y = 0; y < n * FINE; y++)
            for (int x = 0; x < n * FINE; x++)
                if (inked((x + 0.5) * step, (y + 0.5) * step, reach)) values[y / FINE * n + x / FINE] += 1f / (FINE * FINE);
        return Tensor.of(values, n, n);
    }

    private boolean inked(double x, double y, double reach) {
        for (var stroke : strokes) {
            for (int i = 0; i < stroke.size(); i++) {
                Point a = stroke.get(Math.max(0, i - 1)), b = stroke.get(i);
                double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
                double t = length == 0 ? 0 : Math.clamp(((x - a.x) * dx + (y - a.y) * dy) / length, 0, 1);
                if (Math.hypot(a.x + t * dx - x, a.y + t * dy - y) <= reach) return true;
            }
        }
        return false;
    }

    /** As {@link #parse} reads it, places to a tenth. */
    @Override public String toString() {
        return String.join("; ", strokes.stream()
                .map(stroke -> String.join(" ", stroke.stream().map(p -> number(p.x) + "," + number(p.y)).toList())).toList());
    }

    private static String number(double v) {
        double tenth = Math.rint(10 * v) / 10;
        return tenth == Math.rint(tenth) ? Long.toString((long) tenth) : String.format(Locale.ROOT, "%.1f", tenth);
    }
}
