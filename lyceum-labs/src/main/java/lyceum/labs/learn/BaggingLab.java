package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.ensemble.Bagging;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.plot.Figure;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;

/** Many jagged trees and the calm curve of their average; what each further member still brings. */
@Lab(topics = "bagging", title = "Fifty nervous trees, one calm average")
final class BaggingLab implements LabBody {
    @Override public void run(LabContext lab) {
        int members = lab.param("members", 50, 2, 200), rows = lab.param("rows", 80, 20, 400);
        double noise = lab.param("noise", 0.3, 0, 1);
        boolean lines = lab.flag("bag straight lines instead", false);
        Regressor member = lines ? new LinearRegression() : new DecisionTreeRegressor();

        double[] xs = new double[rows], ys = new double[rows];
        var rng = lab.rng(0);
        for (int i = 0; i < rows; i++) {
            xs[i] = rng.nextDouble();
            ys[i] = Math.sin(2 * Math.PI * xs[i]) + noise * rng.nextGaussian();
        }
        var curve = new Bagging(members).withSeed(lab.seed()).of(member).fit(Tensor.of(xs, rows, 1), Tensor.of(ys));
        var grid = Tensor.linspace(0, 1, 300);
        double[] at = grid.toDoubleArray(), spread = curve.variance(grid.reshape(300, 1)).sqrt().toDoubleArray(),
                mean = curve.predict(grid.reshape(300, 1)).toDoubleArray();
        double[][] said = curve.memberPredictions(grid.reshape(300, 1)).toRows();
        var frames = new ArrayList<Figure>();
        var labels = new ArrayList<String>();
        for (int b : new int[] {1, 2, 5, 10, 20, 50, 100, 200}) {
            if (b > members) break;
            var sum = new double[300];
            var plot = Figure.scatter("The first " + b + " members and their mean", xs, ys).named("rows");
            double[] allX = new double[301 * b], allY = new double[301 * b]; // one line, broken between members
            for (int m = 0; m < b; m++) {
                for (int i = 0; i < 300; i++) {
                    allX[301 * m + i] = at[i];
                    allY[301 * m + i] = said[m][i];
                    sum[i] += said[m][i] / b;
                }
                allX[301 * m + 300] = allY[301 * m + 300] = Double.NaN;
            }
            plot = plot.line("members", allX, allY);
            frames.add(plot.line("mean", at, sum).axes("x", "y").limitY(-2, 2));
            labels.add(Integer.toString(b));
        }
        lab.figure(Figure.frames("Averaging calms trees", "members", frames).labelled(labels.toArray(String[]::new))
                .describedAs("One tree runs through every row it saw; the mean of many is a smooth curve through the cloud."));
        double[] low = new double[300], high = new double[300];
        for (int i = 0; i < 300; i++) {
            low[i] = mean[i] - spread[i];
            high[i] = mean[i] + spread[i];
        }
        lab.figure(Figure.scatter("The mean and how far members stray", xs, ys).named("rows")
                .band("one standard deviation of members", at, low, high).line("mean of " + members, at, mean).axes("x", "y")
                .describedAs("The band is the spread between members at each x: wide where rows are few or the curve is steep."));

        var world = Datasets.friedman1(lab.rng(1), 100 + 1000, 10, 1);
        Tensor x = world.range(0, 100).x(), y = world.range(0, 100).y(), z = world.range(100, 1100).x(), t = world.range(100, 1100).y();
        var bagged = new Bagging(members).withSeed(lab.seed()).of(member).fit(x, y);
        double[] count = new double[members], error = new double[members];
        for (int b : lab.progress("members", members)) {
            count[b] = b + 1;
            error[b] = mse(bagged.first(b + 1), z, t);
        }
        double alone = mse(member.fit(x, y), z, t);
        lab.figure(Figure.line("Test error by the number of members", count, error).named("bagged")
                .horizontalLine(alone, "one fit to all rows").axes("members", "mean squared error, noise variance 1 included")
                .limitY(0, 1.6 * alone)
                .describedAs("The first few members bring most of the gain; more never harm, and what their correlation leaves stays."));
        lab.say("On Friedman's function one fit has test error %.2f, %d bagged ones %.2f; rows that members had not seen promised R2 %.2f, new rows gave %.2f.",
                alone, members, error[members - 1], bagged.oobScore(), bagged.score(z, t));
        lab.shows("test error of the bagged fits over that of one", error[members - 1] / alone, below(1.05));
        lab.shows("the first member's error over that of all", error[0] / error[members - 1], above(0.95));
    }

    private static double mse(RegressionModel model, Tensor x, Tensor y) { return model.predict(x).sub(y).square().mean().item(); }
}
