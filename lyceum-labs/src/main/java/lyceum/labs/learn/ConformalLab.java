package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.conformal.ConformalPredictor;
import lyceum.learn.conformal.PredictionIntervals;
import lyceum.learn.neighbors.KNeighborsRegressor;
import lyceum.plot.Figure;
import lyceum.prob.Beta;
import lyceum.random.Rng;
import lyceum.stats.learner.RegressionModel;
import lyceum.tensor.Tensor;

/** A promise of coverage kept over many splits, each with its own luck; and bands that are wide where it is hard, not everywhere. */
@Lab(topics = "conformal", title = "A promise kept on average")
final class ConformalLab implements LabBody {
    private record Rows(Tensor x, Tensor y) {
        static Rows draw(Rng rng, int n) {
            double[][] x = new double[n][1];
            var y = new double[n];
            for (int i = 0; i < n; i++) {
                x[i][0] = -3 + 6 * rng.nextDouble();
                y[i] = Math.sin(2 * x[i][0]) + (0.1 + 0.3 * Math.abs(x[i][0])) * rng.nextGaussian();
            }
            return new Rows(Tensor.of(x), Tensor.of(y));
        }
    }

    /** Another model moved up or down by a share of a model of the errors' size. */
    private record Shifted(RegressionModel model, RegressionModel spread, double factor) implements RegressionModel {
        @Override public int nFeatures() { return model.nFeatures(); }

        @Override public Tensor predict(Tensor x) { return model.predict(x).add(spread.predict(x).mul(factor)); }
    }

    @Override public void run(LabContext lab) {
        double alpha = lab.param("alpha", 0.1, 0.02, 0.5);
        int n = lab.param("rows", 200, 10, 2000), splits = lab.param("splits", 150, 50, 2000);
        boolean bad = lab.flag("bad", false);
        var rng = lab.rng(0);
        Rows train = Rows.draw(rng, 300), errors = Rows.draw(rng, 300), test = Rows.draw(rng, 1000);
        var neighbours = new KNeighborsRegressor(15);
        RegressionModel fitted = neighbours.fit(train.x, train.y), model = bad ? new Shifted(fitted, fitted, -2) : fitted;
        var spread = new KNeighborsRegressor(30).fit(errors.x, errors.y.sub(model.predict(errors.x)).abs().add(0.02));

        int given = (int) Math.floor((n + 1) * alpha);
        var coverages = new double[splits];
        // The model stays; what changes from split to split are the rows that calibrate it.
        for (int s : lab.progress("splits", splits)) {
            var held = Rows.draw(lab.rng(10 + s), n);
            coverages[s] = ConformalPredictor.split(model, held.x, held.y).intervals(test.x, alpha).coverage(test.y);
        }
        var of = Arrays.stream(coverages).summaryStatistics();
        double mean = of.getAverage(), bin = (of.getMax() - of.getMin()) / 16;
        if (given > 0) {
            var law = new Beta(n + 1 - given, given);
            lab.figure(Figure.histogram("Coverage of " + splits + " calibration sets", coverages, 16)
                    .line("Beta law", 0.7, 1, c -> law.density(c) * splits * bin).verticalLine(1 - alpha, "promised")
                    .axes("coverage on test rows", "splits").describedAs(
                            "Coverage scatters about the promise as the Beta law says: given one calibration set it is a draw, not a constant."));
        }

        var held = Rows.draw(lab.rng(1), n);
        double[] places = Tensor.linspace(-3, 3, 121).toDoubleArray();
        var grid = Tensor.of(places).reshape(-1, 1);
        var frames = new ArrayList<Figure>();
        var rows = new ArrayList<List<Object>>();
        String[] names = {"constant width", "scaled by local errors", "between quantile models"};
        double[] edge = new double[3], middle = new double[3];
        for (int m = 0; m < 3; m++) {
            var conformal = switch (m) {
                case 0 -> ConformalPredictor.split(model, held.x, held.y);
                case 1 -> ConformalPredictor.normalised(model, spread, held.x, held.y);
                default -> ConformalPredictor.quantiles(new Shifted(model, spread, -1.5), new Shifted(model, spread, 1.5), held.x, held.y);
            };
            PredictionIntervals bands = conformal.intervals(grid, alpha), on = conformal.intervals(test.x, alpha);
            frames.add(Figure.plot(names[m]).band("band", places, finite(bands.low()), finite(bands.high()))
                    .line("model", places, model.predict(grid).toDoubleArray())
                    .points("calibrating rows", held.x.toDoubleArray(), held.y.toDoubleArray()).axes("x", "y").limitY(-5, 5)
                    .describedAs("A band that holds about the promised share of rows: " + names[m] + "."));
            edge[m] = coverage(on, test, 2, 3);
            middle[m] = coverage(on, test, 0, 1);
            rows.add(List.of(names[m], on.coverage(test.y), on.meanWidth(), middle[m], edge[m]));
        }
        lab.figure(Figure.frames("Constant and adaptive bands", "band", frames).labelled(names).startingAt(1)
                .describedAs("The constant band is too wide in the middle and too narrow at the ends; the others follow the noise."));
        lab.table("Coverage by place", List.of("band", "all", "mean width", "|x| < 1", "|x| > 2"), rows);
        lab.say("%d splits cover %.3f on average where %.2f is promised. At the ends the constant band covers %.2f, the scaled one %.2f.",
                splits, mean, 1 - alpha, edge[0], edge[1]);
        double slack = 0.02 + 4 * Math.sqrt(alpha * (1 - alpha) / n / splits);
        lab.shows("mean coverage of the splits", mean, between(1 - alpha - slack, Math.min(1, 1 - alpha + 1.0 / (n + 1) + slack)));
        lab.shows("spread of coverage between middle and ends: constant less scaled", middle[0] - edge[0] - (middle[1] - edge[1]),
                above(bad ? -2 : -0.05));
    }

    private static double[] finite(double[] ends) { return Arrays.stream(ends).map(v -> Math.clamp(v, -99, 99)).toArray(); }

    /** Among test rows with |x| between two bounds. */
    private static double coverage(PredictionIntervals on, Rows test, double from, double to) {
        double[] x = test.x.toDoubleArray(), y = test.y.toDoubleArray();
        int all = 0, covered = 0;
        for (int i = 0; i < x.length; i++) {
            if (Math.abs(x[i]) < from || Math.abs(x[i]) > to) continue;
            all++;
            if (y[i] >= on.low()[i] && y[i] <= on.high()[i]) covered++;
        }
        return covered / (double) all;
    }
}
