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
import lyceum.random.Rng;
import lyceum.stats.Correlation;
import lyceum.stats.Moments;

/** Six clouds and what three correlations say of them; the textbook variance far from zero, digit by digit to nonsense. */
@Lab(topics = "variance-covariance", title = "Three correlations, one wrong formula")
final class CovarianceLab implements LabBody {
    @Override public void run(LabContext lab) {
        int n = lab.param("n", 120, 10, 1_000);
        double noise = lab.param("noise", 0.4, 0.0, 2.0), outlier = lab.param("outlier", 8.0, 0.0, 30.0);

        String[] names = {"line", "exponential", "parabola", "circle", "one outlier", "nothing"};
        var figures = new Plot[names.length];
        var rows = new ArrayList<List<?>>();
        for (int k = 0; k < names.length; k++) {
            double[][] c = cloud(names[k], lab.rng(k), n, noise, outlier);
            double r = Correlation.pearson(c[0], c[1]).statistic(), rho = Correlation.spearman(c[0], c[1]).statistic();
            var tau = Correlation.kendall(c[0], c[1]);
            rows.add(List.of(names[k], r, rho, tau.statistic(), tau.pValue()));
            figures[k] = Figure.scatter("%s: %.2f, %.2f, %.2f".formatted(names[k], r, rho, tau.statistic()), c[0], c[1]).axes("x", "y")
                    .describedAs("Pearson's, Spearman's and Kendall's correlations of the cloud are in the title.");
        }
        lab.figure(Figure.grid("Pearson, Spearman, Kendall", 3, figures).describedAs(
                "A curve that always rises has rank correlations of one, a parabola none of any kind, and one outlier moves Pearson's alone."));
        lab.table("Correlations", List.of("cloud", "Pearson", "Spearman", "Kendall", "p of Kendall"), rows);
        if (n >= 50 && outlier >= 5)
            lab.shows("Pearson's less Spearman's with the outlier", (double) rows.get(4).get(1) - (double) rows.get(4).get(2), above(0.1));

        double[] offsets = new double[13], naive = new double[13], streaming = new double[13];
        for (int e = 0; e < 13; e++) {
            var rng = lab.rng(50);
            double sum = 0, squares = 0;
            Moments left = new Moments(1), right = new Moments(1), reference = new Moments(1);
            for (int i = 0; i < 2_000; i++) {
                // multiples of 1/64, so that adding the offset rounds nothing
                double v = Math.rint(64 * rng.nextGaussian()) / 64, x = v + Math.pow(10, e);
                sum += x;
                squares += x * x;
                (i % 3 == 0 ? left : right).add(x);
                reference.add(v);
            }
            double truth = reference.variance(0);
            offsets[e] = Math.pow(10, e);
            naive[e] = Math.max(1e-17, Math.abs((squares - sum * sum / 2_000) / 1_999 / truth - 1));
            streaming[e] = Math.max(1e-17, Math.abs(left.merge(right).variance(0) / truth - 1));
        }
        lab.figure(Figure.plot("Relative error of the variance").line("sum of squares", offsets, naive)
                .line("streamed and merged", offsets, streaming).horizontalLine(1, "100%").logX().logY()
                .axes("offset of the data", "relative error").describedAs(
                        "The textbook formula loses two digits for each digit of offset and ends in nonsense; Welford's with merging stays exact."));
        lab.shows("largest error when streamed and merged", Arrays.stream(streaming).max().orElseThrow(), below(1e-10));
        lab.shows("the sum of squares at an offset of 1e9", naive[9], above(0.5));
    }

    private static double[][] cloud(String name, Rng rng, int n, double noise, double outlier) {
        double[] x = new double[n], y = new double[n];
        for (int i = 0; i < n; i++) {
            double u = 2 * rng.nextDouble() - 1, e = noise * rng.nextGaussian();
            x[i] = 2 * u;
            y[i] = switch (name) {
                case "line" -> x[i] + e;
                case "exponential" -> Math.exp(2 * x[i]);
                case "parabola" -> x[i] * x[i] + 0.3 * e;
                case "circle" -> Math.sin(Math.PI * u) + 0.1 * e;
                default -> rng.nextGaussian();
            };
            if (name.equals("circle")) x[i] = Math.cos(Math.PI * u) + 0.1 * noise * rng.nextGaussian();
        }
        if (name.equals("one outlier")) x[0] = y[0] = outlier;
        return new double[][] {x, y};
    }
}
