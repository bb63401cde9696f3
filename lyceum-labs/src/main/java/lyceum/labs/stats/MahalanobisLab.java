package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.prob.ChiSquare;
import lyceum.stats.Mahalanobis;
import lyceum.tensor.Tensor;

/** A ruler that stretches with the cloud; outliers that bend it until nobody sees them, and one that does not bend. */
@Lab(topics = "mahalanobis", title = "Ellipses and masks")
final class MahalanobisLab implements LabBody {
    @Override public void run(LabContext lab) {
        double correlation = lab.param("correlation", 0.9, -0.99, 0.99), share = lab.param("outliers", 0.2, 0.0, 0.45);
        double where = lab.param("where", 8.0, 2.0, 20.0), level = lab.param("level", 0.99, 0.8, 0.999);
        int n = lab.param("n", 200, 30, 1_000), planted = (int) Math.round(share * n);

        var clean = Mahalanobis.of(new double[2], new double[][] {{1, correlation}, {correlation, 1}});
        double cut = Math.sqrt(new ChiSquare(2).quantile(level));
        lab.figure(Figure.plot("Tall and heavy, tall and light").surface(-4, 4, -4, 4, (x, y) -> clean.distance(x, y)).contours(1, 2, 3)
                .points("A and B", new double[] {2, 2}, new double[] {2, -2})
                .line("same by ruler", circle(Math.sqrt(8), true), circle(Math.sqrt(8), false)).dashed().axes("x", "y").equalScales()
                .describedAs(
                        "Lines of equal Mahalanobis distance are ellipses; A and B lie on one circle and on very different ellipses."));

        var rng = lab.rng(1);
        var x = new double[n][2];
        for (int i = 0; i < n; i++) {
            double u = rng.nextGaussian(), v = rng.nextGaussian();
            x[i] = i < planted ? new double[] {where + 0.7 * u, -where + 0.7 * v}
                    : new double[] {u, correlation * u + Math.sqrt(1 - correlation * correlation) * v};
        }
        var t = Tensor.of(x);
        Mahalanobis classical = Mahalanobis.fit(t), robust = Mahalanobis.robust(t, lab.rng(2));
        boolean[] naive = classical.outliers(t, level), seen = robust.outliers(t, level);
        lab.figure(Figure.row("Who is flagged", flagged("all rows", x, naive, classical, cut),
                flagged("the closest half (MCD)", x, seen, robust, cut)).describedAs(
                        "The cluster drags the classical ellipse over itself; the robust ellipse stays with the majority and flags the cluster."));
        var rows = new ArrayList<List<?>>();
        rows.add(List.of("classical", count(naive, 0, planted), planted, count(naive, planted, n), n - planted));
        rows.add(List.of("MCD", count(seen, 0, planted), planted, count(seen, planted, n), n - planted));
        lab.table("Flags at the " + level + " quantile", List.of("method", "planted flagged", "of", "clean flagged", "of"), rows);

        double[][] white = clean.whiten(t).toRows();
        double gap = 0;
        for (int i = 1; i < n; i++)
            gap = Math.max(gap, Math.abs(Math.hypot(white[i][0] - white[0][0], white[i][1] - white[0][1]) - clean.distance(x[i], x[0]))
                    / (1 + clean.distance(x[i], x[0])));
        lab.shows("distance less Euclidean distance after whitening, relative", gap, below(1e-10));
        if (share == 0.2 && where >= 6)
            lab.shows("share of the planted that MCD flags", count(seen, 0, planted) / (double) planted, above(0.94));
    }

    private static Plot flagged(String title, double[][] x, boolean[] flags, Mahalanobis metric, double cut) {
        int[] classes = new int[x.length];
        for (int i = 0; i < classes.length; i++) classes[i] = flags[i] ? 1 : 0;
        double[] mean = metric.mean(), xs = new double[73], ys = new double[73];
        for (int k = 0; k <= 72; k++) {
            double angle = Math.PI * k / 36, length = cut / metric.distance(mean[0] + Math.cos(angle), mean[1] + Math.sin(angle));
            xs[k] = mean[0] + length * Math.cos(angle);
            ys[k] = mean[1] + length * Math.sin(angle);
        }
        return Figure.scatter(title, column(x, 0), column(x, 1), classes, "inside", "flagged").line("cut", xs, ys).axes("x", "y")
                .equalScales().describedAs("Points by whether they lie inside the ellipse of the " + title + ".");
    }

    private static double[] column(double[][] x, int j) { return Arrays.stream(x).mapToDouble(r -> r[j]).toArray(); }

    private static double[] circle(double radius, boolean cosine) {
        var out = new double[73];
        for (int k = 0; k <= 72; k++) out[k] = radius * (cosine ? Math.cos(Math.PI * k / 36) : Math.sin(Math.PI * k / 36));
        return out;
    }

    private static int count(boolean[] flags, int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) if (flags[i]) count++;
        return count;
    }
}
