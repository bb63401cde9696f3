package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.List;
import lyceum.info.DensityRatio;
import lyceum.info.Entropy;
import lyceum.info.MutualInformation;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;

/** Clouds that correlation calls unrelated, and what one coordinate tells about the other. */
@Lab(topics = "mutual-information", title = "Dependence that correlation misses")
final class MutualInformationLab implements LabBody {
    private static final String[] SHAPES = {"line", "parabola", "ring", "cross", "nothing"};

    @Override public void run(LabContext lab) {
        String shape = lab.choice("shape", "parabola", SHAPES);
        double noise = lab.param("noise", 0.3, 0.05, 2.0);
        int n = lab.param("points", 600, 100, 2_000), bins = lab.param("bins", 5, 2, 20), k = lab.param("neighbours", 3, 1, 20);
        double[][] xy = cloud(shape, noise, n, lab.rng(1));
        double ksg = MutualInformation.ksg(xy[0], xy[1], k);
        int[] x = MutualInformation.bins(xy[0], bins), y = MutualInformation.bins(xy[1], bins);
        double[][] table = MutualInformation.table(x, y);
        double shared = MutualInformation.of(table), hx = Entropy.of(Entropy.rowSums(table)), hy = Entropy.of(Entropy.columnSums(table));
        lab.figure(Figure.scatter("A " + shape, xy[0], xy[1]).axes("x", "y")
                .describedAs("The cloud: correlation sees only how far it leans."));
        lab.figure(Figure
                .bars("What the binned columns share", new String[] {"H(X, Y)"}, Series.of("X alone, H(X | Y)", hx - shared),
                        Series.of("shared, I", shared), Series.of("Y alone, H(Y | X)", hy - shared))
                .stacked().horizontal().axes("both columns", "nats")
                .describedAs("One bar, the joint entropy, in three parts: X alone, what both share, Y alone."));
        var test = MutualInformation.permutationTest(x, y, 199, lab.rng(2));
        lab.say("Correlation %.3f. Mutual information: %.3f nats by neighbours, %.3f by bins. Of 199 shuffles and the data itself a share of %.3f reach it.",
                correlation(xy), ksg, shared, test.pValue());

        double[] correlations = new double[SHAPES.length], informations = new double[SHAPES.length];
        for (int s = 0; s < SHAPES.length; s++) {
            double[][] other = cloud(SHAPES[s], noise, n, lab.rng(3 + s));
            correlations[s] = Math.abs(correlation(other));
            informations[s] = Math.max(0, MutualInformation.ksg(other[0], other[1], k));
        }
        lab.figure(Figure
                .bars("Five clouds", SHAPES, Series.of("|correlation|", correlations), Series.of("mutual information (nats)", informations))
                .axes("shape", "value").describedAs("Only the line has a correlation; all but the last have mutual information."));

        double[] rhos = {0, 0.2, 0.4, 0.6, 0.8, 0.9}, truth = new double[6], neighbours = new double[6], bound = new double[6],
                binned = new double[6];
        for (int i = 0; i < 6; i++) {
            double rho = rhos[i];
            double[][] pair = cloud("line", 0, 800, lab.rng(20 + i)), columnX = new double[800][1], columnY = new double[800][1];
            var rng = lab.rng(40 + i);
            for (int j = 0; j < 800; j++) {
                pair[1][j] = rho * pair[0][j] + Math.sqrt(1 - rho * rho) * rng.nextGaussian();
                columnX[j][0] = pair[0][j];
                columnY[j][0] = pair[1][j];
            }
            truth[i] = -0.5 * Math.log(1 - rho * rho);
            neighbours[i] = MutualInformation.ksg(pair[0], pair[1], k);
            binned[i] = MutualInformation.binned(pair[0], pair[1], bins);
            bound[i] = MutualInformation.lowerBound(columnX, columnY, DensityRatio.Features.QUADRATIC, lab.rng(30 + i)).value();
        }
        lab.figure(Figure.plot("Estimates on normal pairs").line("truth", rhos, truth).line("neighbours", rhos, neighbours).dashed()
                .line("bins", rhos, binned).dashed().line("a critic's lower bound", rhos, bound).dashed().axes("correlation", "nats")
                .describedAs(
                        "Neighbours follow the curve, coarse bins lose where it is steep, the critic's bound stays under it but for sampling error."));
        lab.shows("I less H(Y) - H(Y | X)", Math.abs(shared - (hy - Entropy.conditional(table))), below(1e-12));
        lab.shows("share of entropy that is shared", MutualInformation.normalised(table, MutualInformation.Norm.MIN), atMost(1));
        lab.table("This cloud", List.of("estimate", "nats"), List.of(List.of("neighbours", ksg), List.of("bins", shared),
                List.of("bins, Miller and Madow", MutualInformation.millerMadow(table)), List.of("beyond shuffles", test.effectSize())));
    }

    private static double[][] cloud(String shape, double noise, int n, Rng rng) {
        var xy = new double[2][n];
        for (int i = 0; i < n; i++) {
            double a = rng.nextGaussian(), b = rng.nextGaussian(), e = noise * rng.nextGaussian();
            double angle = 2 * Math.PI * rng.nextDouble(), sign = rng.nextDouble() < 0.5 ? -1 : 1;
            xy[0][i] = shape.equals("ring") ? 2 * Math.cos(angle) + noise * b / 2 : a;
            xy[1][i] = switch (shape) {
                case "line" -> a + e;
                case "parabola" -> a * a - 1 + e;
                case "ring" -> 2 * Math.sin(angle) + e / 2;
                case "cross" -> sign * a + e / 2;
                default -> b;
            };
        }
        return xy;
    }

    private static double correlation(double[][] xy) {
        double x = 0, y = 0, xx = 0, yy = 0, both = 0, n = xy[0].length;
        for (int i = 0; i < n; i++) {
            x += xy[0][i] / n;
            y += xy[1][i] / n;
        }
        for (int i = 0; i < n; i++) {
            xx += (xy[0][i] - x) * (xy[0][i] - x);
            yy += (xy[1][i] - y) * (xy[1][i] - y);
            both += (xy[0][i] - x) * (xy[1][i] - y);
        }
        return both / Math.sqrt(xx * yy);
    }
}
