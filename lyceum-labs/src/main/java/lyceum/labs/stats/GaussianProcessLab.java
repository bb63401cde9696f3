package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.bayes.GaussianProcess;
import lyceum.bayes.SparseGaussianProcess;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.Matern;
import lyceum.kernel.Rbf;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A band of curves that narrows wherever a point is measured; the next point goes where the band is widest. */
@Lab(topics = "gaussian-process", title = "A band of curves")
final class GaussianProcessLab implements LabBody {
    private static final int GRID = 121;

    @Override public void run(LabContext lab) {
        int points = lab.param("points", 14, 1, 30), smooth = lab.param("kernel: 1 rough, 2, 3, 4 smoothest", 4, 1, 4);
        double scale = lab.param("length scale", 1.0, 0.1, 4.0), noise = lab.param("noise, a deviation", 0.1, 0.01, 1.0);
        int choice = lab.param("next point: 0 at random, 1 most uncertain", 1, 0, 1), seed = lab.param("seed", 1, 1, 50);

        KernelFunction kernel = smooth == 4 ? new Rbf(scale) : new Matern(smooth - 0.5, scale);
        var process = new GaussianProcess(kernel, noise * noise);
        double[] grid = new double[GRID];
        for (int i = 0; i < GRID; i++) grid[i] = -5 + 10.0 * i / (GRID - 1);
        Tensor where = column(grid);
        double[] truth = process.sample(where, 1, lab.rng(seed)).reshape(GRID).toDoubleArray();
        var rng = lab.rng(100 + seed);
        double[] x = new double[points], y = new double[points], width = new double[points + 1];
        var frames = new ArrayList<Figure>();
        for (int n = 0; n <= points; n++) {
            double[] mean = new double[GRID], sd = new double[GRID];
            double[][] draws;
            if (n == 0) {
                Arrays.fill(sd, 1);
                draws = process.sample(where, 3, lab.rng(7)).toRows();
            } else {
                var posterior = process.condition(column(Arrays.copyOf(x, n)), Tensor.of(Arrays.copyOf(y, n)));
                mean = posterior.mean(where).toDoubleArray();
                sd = posterior.deviation(where).toDoubleArray();
                draws = posterior.sample(where, 3, lab.rng(7)).toRows();
            }
            double[] low = new double[GRID], high = new double[GRID];
            int widest = 0;
            for (int i = 0; i < GRID; i++) {
                low[i] = mean[i] - 1.96 * sd[i];
                high[i] = mean[i] + 1.96 * sd[i];
                width[n] += 2 * 1.96 * sd[i] / GRID;
                if (sd[i] > sd[widest]) widest = i;
            }
            Plot plot = Figure.plot("Given " + n + (n == 1 ? " point" : " points")).band("95% band", grid, low, high)
                    .line("mean", grid, mean).line("truth", grid, truth).dashed();
            for (int d = 0; d < 3; d++) plot = plot.line("draw " + (d + 1), grid, draws[d]);
            if (n > 0) plot = plot.points("measured", Arrays.copyOf(x, n), Arrays.copyOf(y, n));
            frames.add(plot.limitX(-5, 5).limitY(-4, 4).axes("x", "value").describedAs(
                    "The band is pinched at the measured points and opens between and beyond them; all draws pass near the points."));
            if (n == points) break;
            int next = choice == 1 && n > 0 ? widest : rng.nextInt(GRID);
            x[n] = grid[next];
            y[n] = truth[next] + noise * rng.nextGaussian();
        }
        lab.figure(Figure.frames("Points come in, the band shrinks", "points", frames)
                .describedAs("With each point measured the band of plausible curves narrows around the truth."));
        lab.figure(Figure.plot("Mean width of the band").line("width", 0, width).limitY(0, 4).axes("points", "mean width of the 95% band")
                .describedAs("Each point narrows the band, those far from the others the most."));
        Tensor data = column(x), targets = Tensor.of(y);
        lab.figure(Figure.plot("How likely the points are")
                .surface(Math.log10(0.1), Math.log10(10), Math.log10(0.02), Math.log10(2), (a, b) -> {
                    var other = new GaussianProcess(smooth == 4 ? new Rbf(Math.pow(10, a)) : new Matern(smooth - 0.5, Math.pow(10, a)),
                            Math.pow(10, 2 * b));
                    return Math.max(-25, other.condition(data, targets).logMarginalLikelihood());
                }).measuring("log marginal likelihood, from -25").axes("length scale, powers of ten", "noise deviation, powers of ten")
                .describedAs(
                        "The ridge of likely parameters: short scales with little noise on one side, long scales with much noise on the other."));
        var exact = process.condition(data, targets);
        var rows = new ArrayList<List<?>>();
        double above = Double.NEGATIVE_INFINITY;
        for (int m = 1; m <= points; m += Math.max(1, points / 6)) {
            double bound = SparseGaussianProcess.of(process, data, targets, SparseGaussianProcess.inducing(kernel, data, m)).bound();
            above = Math.max(above, bound - exact.logMarginalLikelihood());
            rows.add(List.of(m, bound));
        }
        rows.add(List.of("exact", exact.logMarginalLikelihood()));
        lab.table("Titsias's bound by number of inducing points", List.of("inducing points", "bound"), rows);
        var fitted = process.withRestarts(3).fit(data, targets, lab.rng(3)).process();
        lab.say("Maximum likelihood: length scale %.2f, noise deviation %.3f.", Math.exp(fitted.kernel().parameters()[0]),
                Math.sqrt(fitted.noise()));
        double grew = 0;
        for (int n = 1; n <= points; n++) grew = Math.max(grew, width[n] - width[n - 1]);
        lab.shows("largest growth of the band by a point", grew, atMost(1e-6));
        lab.shows("sparse bound over the exact likelihood", above, atMost(1e-6));
    }

    private static Tensor column(double[] x) { return Tensor.of(x).reshape(x.length, 1); }
}
