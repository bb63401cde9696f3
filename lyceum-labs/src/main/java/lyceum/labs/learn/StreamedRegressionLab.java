package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.linear.StreamedLinearRegression;
import lyceum.learn.linear.StreamedLinearRegression.Keeping;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;

/** A fit that reads each row once and keeps a small triangle; what the same sums in a Gram matrix lose. */
@Lab(topics = "linear-regression", title = "One pass, then forget the rows")
final class StreamedRegressionLab implements LabBody {
    @Override public void run(LabContext lab) {
        int blocks = lab.param("blocks", 12, 2, 60), size = lab.param("rowsInABlock", 5, 1, 50);
        double noise = lab.param("noise", 1.5, 0.0, 5.0), offset = lab.param("yearOffset", 2_000.0, 0.0, 20_000.0);

        var stream = new StreamedLinearRegression();
        double[] seen = new double[blocks], slope = new double[blocks], intercept = new double[blocks], low = new double[blocks],
                high = new double[blocks];
        var cloud = Datasets.linear(lab.rng(1), blocks * size, new double[] {1.2}, 2, noise);
        for (int b = 0; b < blocks; b++) {
            stream = stream.add(cloud.x().narrow(0, (long) b * size, size), cloud.y().narrow(0, (long) b * size, size));
            var model = stream.model();
            seen[b] = stream.rows();
            slope[b] = model.coefficients().item(0);
            intercept[b] = model.intercept().item();
            double error = stream.rows() > 3 ? 2 * model.standardErrors().item(1) : Double.NaN;
            low[b] = slope[b] - error;
            high[b] = slope[b] + error;
        }
        lab.figure(Figure.plot("The slope while rows stream in").band("two standard errors", seen, low, high)
                .line("slope so far", seen, slope).line("truth", 0, seen[blocks - 1], x -> 1.2).axes("rows seen", "slope")
                .describedAs("The fit after each block: the slope settles at the truth, its band narrows; only a 3 x 3 triangle is kept."));
        var last = Figure.plot("The line after 1, 2, 4 ... blocks").points("rows", cloud.x().select(1, 0), cloud.y());
        for (int b = 1; b <= blocks; b *= 2) {
            double s = slope[b - 1], c = intercept[b - 1];
            last = last.line("after " + b * size, -3, 3, x -> c + s * x);
        }
        lab.figure(last.axes("x", "y").describedAs("Lines from more and more of the cloud turn towards the last one."));
        var whole = new LinearRegression().fit(cloud.x(), cloud.y());
        lab.shows("streamed slope less that of all rows at once", Math.abs(slope[blocks - 1] - whole.coefficients().item(0)), below(1e-10));

        var diabetes = Datasets.diabetes();
        var fit = new LinearRegression().fit(diabetes.x(), diabetes.y());
        var positive = new LinearRegression().withPositive(true).fit(diabetes.x(), diabetes.y());
        lab.figure(Figure.bars("Disease progression on ten measurements", diabetes.featureNames().toArray(String[]::new),
                Series.of("free", fit.coefficients().toDoubleArray()), Series.of("not below 0", positive.coefficients().toDoubleArray()))
                .axes("column, scaled to length 1", "coefficient")
                .describedAs("Coefficients of 442 patients: s1 and s2 are large and opposite, which a bound at 0 undoes."));

        // Columns 1, t, t^2 of years: the truth is a parabola without noise.
        var rows = new ArrayList<List<?>>();
        double[] kept = new double[2];
        for (double from : new double[] {offset, 0}) {
            Tensor t = Tensor.arange(from, from + 20.5, 0.1), y = t.sub(from + 10).div(10).square().mul(10),
                    x = Tensor.concat(1, t.unsqueeze(1), t.square().unsqueeze(1));
            for (var keeping : Keeping.values()) {
                var parts = new StreamedLinearRegression(keeping, true);
                for (long b = 0; b + 41 <= t.count(); b += 41) parts = parts.add(x.narrow(0, b, 41), y.narrow(0, b, 41));
                double worst = parts.model().predict(x).sub(y).abs().max().item();
                rows.add(List.of(from, keeping == Keeping.TRIANGLE ? "triangle" : "Gram matrix", worst));
                if (from == offset) kept[keeping.ordinal()] = -Math.log10(Math.max(1e-16, worst));
            }
        }
        lab.table("A parabola over years, in columns 1, t, t^2", List.of("first year", "kept", "largest error of the fit"), rows);
        lab.shows("digits that the triangle keeps more", kept[0] - kept[1], atLeast(offset < 500 ? -1 : 2));
    }
}
