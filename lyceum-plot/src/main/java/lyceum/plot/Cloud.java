package lyceum.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.tensor.Tensor;

/**
 * Points in space: a page turns them under the pointer or two sliders, what stands still shows them from one side, and text from three.
 *
 * <pre>{@code
 * Figure cloud = Figure.cloud("A cube", Tensor.rand(Rng.of(1), 500, 3)).axes("x (m)", "y (m)", "z (m)").describedAs("Points everywhere.");
 * }</pre>
 *
 * <p>The third axis points up. Seen at {@code turn} 0 and {@code tilt} 0 the first runs to the right and the second away; turning goes about the
 * third axis, tilting raises the eye. There is no perspective: equal lengths look equal.
 *
 * @param title what is shown, a few words
 * @param description one sentence
 * @param x label of the first axis, with its unit
 * @param y of the second
 * @param z of the third
 * @param groups points by series
 */
public record Cloud(String title, String description, String x, String y, String z, List<Group> groups) implements Figure {
    /** Degrees that a cloud is seen at first. */
    public static final double TURN = 30, TILT = 20;
    private static final int MOST = 50_000;

    /** Points of one series. */
    public record Group(String name, Numbers x, Numbers y, Numbers z) {
        /** Checks and cleans. */
        public Group {
            name = Check.text("group name", name, Check.LABEL);
            Check.present("x", x);
            Check.sameLength("points '" + name + "'", "x", x.size(), "y", Check.present("y", y).size());
            Check.sameLength("points '" + name + "'", "x", x.size(), "z", Check.present("z", z).size());
        }

        /** Whether a point has three numbers. */
        public boolean isWhole(int i) { return Double.isFinite(x.get(i)) && Double.isFinite(y.get(i)) && Double.isFinite(z.get(i)); }
    }

    /** The box around all points: its middle, half its sides, and the radius of the ball around it. */
    public record Box(double[] middle, double[] half, double radius) {}

    /** Checks and cleans. */
    public Cloud {
        title = Check.text("title", title, Check.TITLE);
        description = Check.text("description", description, Check.TEXT);
        x = Check.text("axis label", x, Check.LABEL);
        y = Check.text("axis label", y, Check.LABEL);
        z = Check.text("axis label", z, Check.LABEL);
        groups = Check.list("group", groups, 100);
        int n = groups.stream().mapToInt(g -> g.x().size()).sum();
        if (n > MOST) throw new FigureException("the cloud '" + title + "' has " + n + " points; at most " + MOST + " are drawn");
    }

    /** Points (n, 3) by class. */
    static Cloud of(String title, Tensor rows, int[] classes, String... names) {
        if (rows.rank() != 2 || rows.size(1) != 3)
            throw new FigureException("the cloud '" + title + "' is of " + rows.shape() + "; (n, 3)");
        double[][] all = rows.toRows();
        Check.sameLength("the cloud '" + title + "'", "points", all.length, "classes", classes.length);
        for (int i = 0; i < all.length; i++)
            if (classes[i] < 0 || classes[i] >= names.length) throw new FigureException(
                    "the cloud '" + title + "': point " + i + " is of class " + classes[i] + "; there are " + names.length);
        var groups = new ArrayList<Group>();
        for (int k = 0; k < names.length; k++) {
            var some = new ArrayList<double[]>();
            for (int i = 0; i < all.length; i++) if (classes[i] == k) some.add(all[i]);
            groups.add(new Group(names[k], column(some, 0), column(some, 1), column(some, 2)));
        }
        return new Cloud(title, "", "x", "y", "z", groups);
    }

    private static Numbers column(List<double[]> rows, int c) { return Numbers.of(rows.stream().mapToDouble(r -> r[c]).toArray()); }

    @Override public Cloud describedAs(String description) { return new Cloud(title, description, x, y, z, groups); }

    /** The same under another title. */
    public Cloud titled(String title) { return new Cloud(title, description, x, y, z, groups); }

    /** The same with these labels of its axes. */
    public Cloud axes(String x, String y, String z) { return new Cloud(title, description, x, y, z, groups); }

    /** The box around the points; of side 2 about the origin if there are none. */
    public Box box() {
        double[] low = {Double.NaN, Double.NaN, Double.NaN}, high = low.clone();
        for (var g : groups) for (int i = 0; i < g.x().size(); i++) {
            if (!g.isWhole(i)) continue;
            double[] at = {g.x().get(i), g.y().get(i), g.z().get(i)};
            for (int k = 0; k < 3; k++) {
                if (!(at[k] >= low[k])) low[k] = at[k];
                if (!(at[k] <= high[k])) high[k] = at[k];
            }
        }
        double[] middle = new double[3], half = new double[3];
        double radius = 0;
        for (int k = 0; k < 3; k++) {
            boolean some = low[k] <= high[k];
            middle[k] = some ? low[k] / 2 + high[k] / 2 : 0;
            half[k] = some ? high[k] / 2 - low[k] / 2 : 1;
            radius = Math.hypot(radius, half[k]);
        }
        return new Box(middle, half, radius > 0 ? radius : 1);
    }

    /** The places in the picture, to the right and up, of a point that is so far from the middle, seen from there. */
    private static double[] seen(double u, double v, double w, double turn, double tilt) {
        double a = Math.toRadians(turn), b = Math.toRadians(tilt), away = u * Math.sin(a) + v * Math.cos(a);
        return new double[] {u * Math.cos(a) - v * Math.sin(a), w * Math.cos(b) + away * Math.sin(b)};
    }

    /** How it looks from there: points, and the box around them as lines. @param turn degrees about the third axis @param tilt degrees of the eye above the ground */
    public Plot seen(double turn, double tilt) {
        var box = box();
        double[] m = box.middle, h = box.half;
        var plot = Figure.plot(title);
        for (var g : groups) {
            int n = g.x().size();
            double[] xs = new double[n], ys = new double[n];
            for (int i = 0; i < n; i++) {
                double[] at = seen(g.x().get(i) - m[0], g.y().get(i) - m[1], g.z().get(i) - m[2], turn, tilt);
                xs[i] = at[0];
                ys[i] = at[1];
            }
            plot = plot.points(g.name(), xs, ys);
        }
        for (double[] e : edges()) {
            double[] from = seen(e[0] * h[0], e[1] * h[1], e[2] * h[2], turn, tilt),
                    to = seen(e[3] * h[0], e[4] * h[1], e[5] * h[2], turn, tilt);
            plot = plot.line("", new double[] {from[0], to[0]}, new double[] {from[1], to[1]}).dashed();
        }
        String[] names = {x, y, z};
        for (int k = 0; k < 3; k++) {
            double[] end = end(k), at = seen(end[0] * h[0], end[1] * h[1], end[2] * h[2], turn, tilt);
            plot = plot.note(at[0], at[1], names[k]);
        }
        double r = 1.05 * box.radius;
        return plot
                .axes(String.format(Locale.ROOT, "across, seen from %.0f°", turn),
                        String.format(Locale.ROOT, "up, seen from %.0f° above", tilt))
                .limitX(-r, r).limitY(-r, r).equalScales().describedAs(description);
    }

    /** The twelve edges of the box, each from three signs to three. */
    public static double[][] edges() {
        var all = new ArrayList<double[]>();
        for (int axis = 0; axis < 3; axis++) for (int k = 0; k < 4; k++) {
            double[] edge = new double[6];
            int a = (axis + 1) % 3, b = (axis + 2) % 3;
            edge[axis] = -1;
            edge[3 + axis] = 1;
            edge[a] = edge[3 + a] = k % 2 == 0 ? -1 : 1;
            edge[b] = edge[3 + b] = k < 2 ? -1 : 1;
            all.add(edge);
        }
        return all.toArray(double[][]::new);
    }

    /** Where an axis ends that begins at the corner of the least values: there its label stands. */
    public static double[] end(int axis) {
        double[] end = {-1, -1, -1};
        end[axis] = 1;
        return end;
    }

    /** How it looks from the front, from the right side and from above, on its own axes. */
    public Panels sides() {
        return Figure.row(title, side("from the front", 0, 2), side("from the side", 1, 2), side("from above", 0, 1))
                .describedAs(description);
    }

    private Plot side(String title, int across, int up) {
        var plot = Figure.plot(title);
        for (var g : groups) {
            Numbers[] all = {g.x(), g.y(), g.z()};
            plot = plot.points(g.name(), all[across].toArray(), all[up].toArray());
        }
        String[] names = {x, y, z};
        return plot.axes(names[across], names[up]).equalScales();
    }

    @Override public Table table() {
        boolean named = groups.stream().anyMatch(g -> !g.name().isEmpty());
        var rows = new ArrayList<List<Object>>();
        for (var g : groups) for (int i = 0; i < g.x().size(); i++) {
            rows.add(named ? List.of(g.name(), g.x().get(i), g.y().get(i), g.z().get(i))
                    : List.of(g.x().get(i), g.y().get(i), g.z().get(i)));
        }
        return new Table(named ? List.of("series", x, y, z) : List.of(x, y, z), rows);
    }
}
