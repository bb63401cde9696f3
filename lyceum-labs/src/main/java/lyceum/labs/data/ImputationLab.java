package lyceum.labs.data;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.impute.IterativeImputer;
import lyceum.learn.impute.SimpleImputer;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.stats.Interval;
import lyceum.stats.missing.Mice;
import lyceum.stats.missing.Missingness;
import lyceum.stats.missing.MultipleImputation;
import lyceum.tensor.Tensor;

/** A slope from a table with holes: four ways to deal with them, three reasons for them, and how often each interval is right. */
@Lab(topics = "imputation", title = "Why is the cell empty?")
final class ImputationLab implements LabBody {
    private static final String[] MECHANISMS = {"MCAR", "MAR", "MNAR"}, METHODS = {"complete cases", "mean", "regression", "multiple"};

    @Override public void run(LabContext lab) {
        int n = lab.param("rows", 150, 40, 500), repeats = lab.param("repeats", 100, 10, 500), draws = lab.param("completions", 10, 2, 50);
        double share = lab.param("share missing", 0.4, 0.05, 0.7), slope = lab.param("slope", 1.0, -2.0, 2.0);

        var example = holes("MAR", table(lab.rng(0), n, slope), share, lab.rng(1));
        picture(lab, example, new SimpleImputer().fitTransform(example), "Filled by the mean",
                "Holes of x filled by the mean stand in a column of points: no spread, no relation.");
        picture(lab, example, new Mice().withMethod(Mice.Method.NORMAL).impute(example, 1, lab.rng(2)).getFirst(),
                "One of several completions", "Drawn values lie in the cloud like the others.");

        var estimates = new double[3][4];
        var covered = new double[3][4];
        for (int r : lab.progress("tables", repeats)) for (int m = 0; m < 3; m++) {
            var rng = lab.rng(100 + r).split(m);
            var x = holes(MECHANISMS[m], table(rng, n, slope), share, rng);
            double[][] fits = {fit(complete(x)), fit(new SimpleImputer().fitTransform(x)), fit(new IterativeImputer().fitTransform(x))};
            for (int k = 0; k < 4; k++) {
                Interval interval;
                double estimate;
                if (k < 3) {
                    estimate = fits[k][0];
                    double half = 1.96 * Math.sqrt(fits[k][1]);
                    interval = new Interval(estimate - half, estimate + half);
                } else {
                    double[] each = new double[draws], variances = new double[draws];
                    var tables = new Mice().withMethod(Mice.Method.NORMAL).withIterations(1).impute(x, draws, rng);
                    for (int d = 0; d < draws; d++) {
                        var fit = fit(tables.get(d));
                        each[d] = fit[0];
                        variances[d] = fit[1];
                    }
                    var pooled = MultipleImputation.pool(each, variances, n - 2);
                    estimate = pooled.estimate();
                    interval = pooled.interval(0.95);
                }
                estimates[m][k] += estimate / repeats;
                if (interval.contains(slope)) covered[m][k] += 100.0 / repeats;
            }
        }
        var rows = new ArrayList<List<Object>>();
        for (int m = 0; m < 3; m++)
            for (int k = 0; k < 4; k++) rows.add(List.of(MECHANISMS[m], METHODS[k], estimates[m][k], covered[m][k]));
        lab.table("The slope of y on x, its 95% intervals, holes in x", List.of("mechanism", "method", "mean estimate", "covers in %"),
                rows);
        lab.figure(Figure.heatmap("How often the 95% interval holds the true slope", covered, MECHANISMS, METHODS).cellLabels()
                .axes("method", "mechanism").measuring("coverage in %").describedAs(
                        "Where holes depend on y, only multiple imputation keeps near 95; where they depend on x itself, dropping rows does."));
        lab.say("The holes of MAR depend on y: dropping rows by their outcome bends the slope, and regression fills, which lie on the line, overstate it everywhere.");
        lab.shows("coverage of multiple imputation under MAR in %", covered[1][3], atLeast(88));
        lab.shows("coverage of complete cases under MAR in %", covered[1][0], below(covered[1][3]));
        lab.shows("how far regression fills, taken for data, overstate the slope under MAR", estimates[1][2] - slope, above(0.02));
    }

    private static Tensor table(Rng rng, int n, double slope) {
        var x = Tensor.randn(rng, DType.F64, n);
        return Tensor.stack(1, x, x.mul(slope).add(Tensor.randn(rng, DType.F64, n))).compute();
    }

    /** Holes in x; those of MAR depend on y. */
    private static Tensor holes(String mechanism, Tensor table, double share, Rng rng) {
        return switch (mechanism) {
            case "MCAR" -> Missingness.mcar(table, share, rng, 0);
            case "MAR" -> Missingness.mar(table, 0, 1, share, 2, rng);
            default -> Missingness.mnar(table, 0, share, 2, rng);
        };
    }

    private static Tensor complete(Tensor x) {
        return Tensor.of(Arrays.stream(x.toRows()).filter(r -> !Double.isNaN(r[0])).toArray(double[][]::new));
    }

    /** Slope of the second column on the first, and its squared standard error. */
    private static double[] fit(Tensor table) {
        double[][] rows = table.toRows();
        double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;
        int n = rows.length;
        for (var r : rows) {
            mx += r[0] / n;
            my += r[1] / n;
        }
        for (var r : rows) {
            xx += (r[0] - mx) * (r[0] - mx);
            xy += (r[0] - mx) * (r[1] - my);
            yy += (r[1] - my) * (r[1] - my);
        }
        return new double[] {xy / xx, (yy - xy * xy / xx) / (n - 2) / xx};
    }

    private static void picture(LabContext lab, Tensor holes, Tensor full, String title, String description) {
        var was = Missingness.mask(holes.select(1, 0)).toBooleanArray();
        var kind = new int[was.length];
        for (int i = 0; i < kind.length; i++) kind[i] = was[i] ? 1 : 0;
        lab.figure(Figure.scatter(title, full, kind, "observed", "filled").axes("x", "y").describedAs(description));
    }
}
