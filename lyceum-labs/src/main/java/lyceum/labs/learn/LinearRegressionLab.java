package lyceum.labs.learn;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.linear.LinearRegressionModel;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A line through a cloud, its residuals, and the two intervals that hang on it; then the table printed under real data. */
@Lab(topics = "linear-regression-basics", title = "How far chance could have moved the line")
final class LinearRegressionLab implements LabBody {

    @Override public void run(LabContext lab) {
        int n = lab.param("rows", 30, 5, 200);
        double noise = lab.param("noise", 1.5, 0.1, 5);
        double level = lab.param("level", 0.95, 0.5, 0.99);
        var line = Datasets.linear(lab.rng(0), n, new double[] {1.2}, 2, noise);
        var model = new LinearRegression().fit(line.x(), line.y());
        lab.figure(bands(line.x().select(1, 0), line.y(), model, level));

        var data = Datasets.diabetes();
        var fit = new LinearRegression().fit(data.x(), data.y());
        var summary = fit.summary(0, level).named(data.featureNames());
        var rows = new ArrayList<List<Object>>();
        for (var c : summary.coefficients().rows())
            rows.add(List.of(c.name(), c.estimate(), c.standardError(), c.statistic(), c.pValue(), c.low(), c.high()));
        lab.table("Disease progression on ten measurements of 442 patients",
                List.of("coefficient", "estimate", "standard error", "t", "p", "from", "to"), rows);
        lab.say("R2 is %.3f (adjusted %.3f); F(%d, %d) = %.1f, so that some slope differs from 0 beyond doubt, although most single ones do not.",
                summary.r2(), summary.adjustedR2(), summary.dfModel(), summary.dfResidual(), summary.f());

        var worst = new Worst().see(orthogonality(line.x(), line.y(), model)).see(orthogonality(data.x(), data.y(), fit));
        for (int i : lab.progress("random designs", 100)) {
            var rng = lab.rng(i + 1);
            var x = Tensor.randn(rng, DType.F64, 20 + rng.nextInt(60), 1 + rng.nextInt(10));
            var y = Tensor.randn(rng, DType.F64, x.size(0));
            worst.see(orthogonality(x, y, new LinearRegression().fit(x, y)));
        }
        lab.check(2, "max |X'(y - Xb)|", worst.value(), below(1e-9));
        lab.shows("share of 2,000 data sets whose 95% interval holds the slope", coverage(lab), between(0.935, 0.965));
    }

    private static double orthogonality(Tensor x, Tensor y, LinearRegressionModel model) {
        var residual = y.sub(model.predict(x));
        return Math.max(x.transpose().matmul(residual).abs().max().item(), Math.abs(residual.sum().item()));
    }

    private static double coverage(LabContext lab) {
        int held = 0, sets = 2_000;
        for (int s : lab.progress("data sets", sets)) {
            var sample = Datasets.linear(lab.rng(1_000 + s), 15, new double[] {1.2}, 2, 1.5);
            var slope = new LinearRegression().fit(sample.x(), sample.y()).summary().coefficients().row("x0");
            if (slope.low() <= 1.2 && 1.2 <= slope.high()) held++;
        }
        return held / (double) sets;
    }

    private static Figure bands(Tensor x, Tensor y, LinearRegressionModel model, double level) {
        double from = x.min().item(), to = x.max().item();
        var at = Tensor.linspace(from - 0.1 * (to - from), to + 0.1 * (to - from), 60);
        var mean = model.meanInterval(at.unsqueeze(1), level);
        var next = model.predictionInterval(at.unsqueeze(1), level);
        return Figure.line("Least squares and what it is sure of", at, mean.value()).named("fitted line")
                .band("new observation", at, next.low(), next.high()).band("mean", at, mean.low(), mean.high())
                .errorBars("residuals", x, y.minimum(model.fitted()), y.maximum(model.fitted())).points("observations", x, y).axes("x", "y")
                .describedAs(
                        "A line through scattered points with a segment from each point to the line; a narrow band holds the mean, waisted at the middle, and a wide band holds new observations.");
    }
}
