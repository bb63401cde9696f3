package lyceum.labs.nn;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.nn.loss.ErrorParts;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A square stands on every residual; fitting the line is shrinking their total area, and one outlier can own most of it. */
@Lab(topics = "mse", title = "Squares on residuals")
final class MeanSquaredErrorLab implements LabBody {
    @Override public void run(LabContext lab) {
        int n = lab.param("points", 12, 3, 40);
        double outlier = lab.param("outlier", 0, 0.0, 8.0);
        int steps = lab.param("steps", 30, 5, 100);
        var rng = lab.rng(1);
        double[] x = new double[n], y = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = 6 * (i + 0.5) / n - 3;
            y[i] = 1 + 0.6 * x[i] + 0.5 * rng.nextGaussian();
        }
        y[n - 1] -= outlier;

        Tensor xs = Tensor.of(x), ys = Tensor.of(y), line = Tensor.of(0.0, -0.2).requiresGrad();
        var optimizer = new Sgd(0.1).over(line);
        var frames = new ArrayList<Plot>();
        var areas = new double[steps + 1];
        var gap = new Worst();
        for (int step : lab.progress("steps", steps + 1)) {
            double a = line.item(0), b = line.item(1), sum = 0;
            for (int i = 0; i < n; i++) sum += Math.pow(y[i] - a - b * x[i], 2);
            optimizer.zeroGrad();
            var loss = Loss.mse(xs.mul(line.select(0, 1)).add(line.select(0, 0)), ys);
            loss.backward();
            areas[step] = sum;
            gap.see(Math.abs(n * loss.item() - sum) / sum);
            if (step % Math.max(1, steps / 15) == 0 || step == steps) frames.add(squares(x, y, a, b, sum));
            optimizer.step();
        }
        lab.figure(Figure.frames("Squares on the residuals while the line is fitted", "moment", frames).describedAs(
                "Each point carries a square whose side is its distance from the line; as the line turns into place the squares shrink, and what remains of them is the error that no line removes."));
        lab.figure(Figure.line("Total area", areas).logY().axes("gradient step", "sum of squared residuals")
                .describedAs("The total area falls quickly at first and then levels off at the least-squares value."));
        double last = Math.pow(y[n - 1] - line.item(0) - line.item(1) * x[n - 1], 2);
        lab.say("The area went from %.1f to %.2f; the last point alone owns %.0f%% of what is left.", areas[0], areas[steps],
                100 * last / areas[steps]);
        lab.shows("drawn area against n times the loss", gap.value(), below(1e-12));
        fortyLines(lab);
    }

    /** The square of a residual stands beside it, on the side away from the line's slope. */
    private static Plot squares(double[] x, double[] y, double a, double b, double area) {
        double[] px = new double[6 * x.length], py = new double[6 * x.length];
        for (int i = 0; i < x.length; i++) {
            double foot = a + b * x[i], side = y[i] - foot, to = x[i] - side * Math.signum(b == 0 ? 1 : b);
            double[] cx = {x[i], x[i], to, to, x[i], Double.NaN}, cy = {foot, y[i], y[i], foot, foot, Double.NaN};
            System.arraycopy(cx, 0, px, 6 * i, 6);
            System.arraycopy(cy, 0, py, 6 * i, 6);
        }
        return Figure.plot(String.format(Locale.ROOT, "area %.2f", area)).line("squares", px, py)
                .line("fitted line", new double[] {-3, 3}, new double[] {a - 3 * b, a + 3 * b}).points("data", x, y).axes("x", "y")
                .limitX(-5, 7).limitY(-3, 6).equalScales();
    }

    private static void fortyLines(LabContext lab) {
        // Forty straight lines fitted to noisy samples of a curve: what is wrong on average, what wobbles, what is noise.
        double[] grid = Tensor.linspace(0, 3, 25).toDoubleArray();
        var lines = new double[40][];
        var draws = new double[40][];
        var rng = lab.rng(3);
        for (int m = 0; m < 40; m++) {
            draws[m] = Arrays.stream(grid).map(v -> Math.sin(v) + 0.3 * rng.nextGaussian()).toArray();
            lines[m] = fitted(grid, Arrays.stream(grid).map(v -> Math.sin(v) + 0.3 * rng.nextGaussian()).toArray());
        }
        var parts = ErrorParts.of(Tensor.of(lines), Tensor.of(draws));
        double all = Tensor.of(lines).unsqueeze(1).sub(Tensor.of(draws).unsqueeze(0)).square().mean().item();
        lab.table("Forty lines through samples of sin(x) with noise 0.3", List.of("part", "squared error"),
                List.of(List.of("bias: a line is no sine", parts.squaredBias()),
                        List.of("variance: other data, another line", parts.variance()), List.of("noise", parts.noise()),
                        List.of("total", parts.total())));
        lab.shows("bias, variance and noise against the error over all pairs", Math.abs(parts.total() - all), below(1e-12));
    }

    private static double[] fitted(double[] x, double[] y) {
        double mx = Arrays.stream(x).average().orElseThrow(), my = Arrays.stream(y).average().orElseThrow(), xy = 0, xx = 0;
        for (int i = 0; i < x.length; i++) {
            xy += (x[i] - mx) * (y[i] - my);
            xx += (x[i] - mx) * (x[i] - mx);
        }
        double slope = xy / xx;
        return Arrays.stream(x).map(v -> my + slope * (v - mx)).toArray();
    }
}
