package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;

import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.DoubleUnaryOperator;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Svd;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.DegreesOfFreedom;

/** Five regularisers of the same least squares, along their strengths: degrees of freedom bring them onto one axis. */
@Lab(topics = "regularization", title = "Five ways to hold back")
final class RegularizationLab implements LabBody {
    private static final int STEPS = 25;

    @Override public void run(LabContext lab) {
        int features = lab.param("features", 30, 2, 60), rows = lab.param("rows", 40, 10, 200);
        double noise = lab.param("noise", 1.5, 0.0, 4.0);
        var rng = lab.rng(1);
        var w = Tensor.randn(rng, DType.F64, features).div(Math.sqrt(features)).compute();
        Tensor x = Tensor.randn(rng, DType.F64, rows, features).compute(), test = Tensor.randn(rng, DType.F64, 1000, features).compute();
        var y = x.matmul(w).add(Tensor.randn(rng, DType.F64, rows).mul(noise)).compute();
        var truth = test.matmul(w).add(Tensor.randn(rng, DType.F64, 1000).mul(noise)).compute();
        var svd = Svd.of(x);
        var df = new DegreesOfFreedom(svd.s().toDoubleArray());
        double top = svd.s().get(0).item(), rate = 1 / (top * top);

        // Each keeps a share of the least-squares coefficient along each singular direction; strength 0 .. 1 runs through its range.
        String[] names = {"ridge", "input noise", "stopped descent", "stopped flow", "smoothed targets"};
        DoubleFunction<DoubleUnaryOperator>[] kinds = shares(rows, rate);
        var byStrength = Figure.plot("Degrees of freedom").axes("strength, from none to all", "effective degrees of freedom");
        var errors = Figure.plot("Test error").axes("effective degrees of freedom", "mean squared error");
        double least = Double.POSITIVE_INFINITY, plain = 0;
        for (int k = 0; k < names.length; k++) {
            double[] at = new double[STEPS], freedom = new double[STEPS], error = new double[STEPS];
            for (int i = 0; i < STEPS; i++) {
                at[i] = (double) i / (STEPS - 1);
                var share = kinds[k].apply(at[i]);
                freedom[i] = df.of(share);
                error[i] = error(svd, share, y, test, truth);
                if (k == 0) least = Math.min(least, error[i]);
                if (k == 0 && i == 0) plain = error[i];
            }
            byStrength = byStrength.line(names[k], at, freedom);
            errors = errors.line(names[k], freedom, error);
        }
        lab.figure(Figure.row("Five regularisers", byStrength, errors).describedAs(
                "Degrees of freedom fall along every regulariser's strength; over them, the test error has a minimum inside for all but the smoothed targets, whose shares are equal."));
        lab.say("Least squares errs by %.2f; the best ridge by %.2f, which is %s less.", plain, least,
                String.format(Locale.ROOT, "%.0f%%", 100 * (1 - least / plain)));
        lab.shows("test error of least squares over that of the best ridge", plain / least, above(1));
    }

    @SuppressWarnings("unchecked") private static DoubleFunction<DoubleUnaryOperator>[] shares(int rows, double rate) {
        return new DoubleFunction[] {share(strength -> s -> new DegreesOfFreedom(new double[] {s}).ridge(scale(strength))),
                share(strength -> s -> new DegreesOfFreedom(new double[] {s}).inputNoise(scale(strength) / rows, rows)),
                share(strength -> s -> new DegreesOfFreedom(new double[] {s}).stopped(rate,
                        Math.round(1 / (rate * scale(strength) + 1e-5)))),
                share(strength -> s -> new DegreesOfFreedom(new double[] {s}).flow(1 / (scale(strength) + 1e-9))),
                share(strength -> s -> new DegreesOfFreedom(new double[] {s}).smoothedTargets(strength))};
    }

    private static DoubleFunction<DoubleUnaryOperator> share(DoubleFunction<DoubleUnaryOperator> of) { return of; }

    private static double scale(double strength) { return strength == 0 ? 0 : Math.pow(10, 6 * strength - 2); }

    private static double error(Svd svd, DoubleUnaryOperator share, Tensor y, Tensor test, Tensor truth) {
        double[] s = svd.s().toDoubleArray(), kept = svd.u().transpose().matmul(y).toDoubleArray();
        for (int i = 0; i < s.length; i++) kept[i] *= share.applyAsDouble(s[i]) / s[i];
        return test.matmul(svd.v().matmul(Tensor.of(kept))).sub(truth).square().mean().item();
    }
}
