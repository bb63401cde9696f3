package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.metrics.ResidualPlots;
import lyceum.learn.metrics.RegressionResiduals;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The same straight line fitted to data that it suits and to data that it does not: what each fault leaves in the residuals. */
@Lab(topics = "prediction-error", title = "What the line left over")
final class ResidualsLab implements LabBody {
    private static final String[] FAULTS = {"none", "a bend", "a fan", "heavy tails", "a far outlier", "a drift"};

    @Override public void run(LabContext lab) {
        String chosen = lab.choice("fault", "a fan", FAULTS);
        double strength = lab.param("strength", 1.0, 0.0, 3.0);
        int rows = lab.param("rows", 120, 20, 1000), simulations = lab.param("simulations", 400, 50, 4000);
        var frames = new ArrayList<Figure>();
        var table = new ArrayList<List<Object>>();
        RegressionResiduals good = null, broken = null;
        for (String fault : FAULTS) {
            double[][] x = new double[rows][1];
            double[] y = data(lab.rng(0), rows, fault, strength, x);
            var r = RegressionResiduals.of(new LinearRegression().fit(Tensor.of(x), Tensor.of(y)));
            frames.add(ResidualPlots.dashboard("Fault: " + fault, r));
            table.add(List.of(fault, Math.sqrt(r.meanSquaredError()), Math.sqrt(r.press() / rows), largest(r.cooksDistance()),
                    largest(r.studentised()), r.breuschPagan(Tensor.of(x)).pValue(), r.jarqueBera().pValue(), r.durbinWatson()));
            if (fault.equals("none")) good = r;
            if (fault.equals(chosen)) broken = r;
        }
        lab.figure(Figure.frames("Residuals of a straight line", "fault", frames).labelled(FAULTS)
                .startingAt(Arrays.asList(FAULTS).indexOf(chosen)).describedAs(
                        "A bend shows at the upper left, a fan at the lower left, heavy tails at the upper right, a row that pulls the line at the lower right."));
        lab.table("Numbers for each fault", List.of("fault", "training error", "left-out error", "largest Cook", "largest studentised",
                "Breusch-Pagan p", "Jarque-Bera p", "Durbin-Watson"), table);

        int n = 30;
        double[] parameters = {2, 4, 8, 12, 16, 20}, gaps = new double[6], expected = new double[6];
        for (int k : lab.progress("designs", 6)) {
            var x = Tensor.randn(lab.rng(k), n, (int) parameters[k] - 1).to(DType.F64);
            expected[k] = 2 * parameters[k] / n;
            var rng = lab.rng(100 + k);
            for (int s = 0; s < simulations / 4; s++) gaps[k] += flattery(rng, x, n) / (simulations / 4);
        }
        lab.figure(Figure.line("How much the training error flatters", parameters, expected).named("2 p sigma^2 / n")
                .points("simulated", parameters, gaps).axes("coefficients p", "test MSE less training MSE")
                .describedAs("The gap between new outcomes at the same x and those trained on grows in proportion to p."));
        lab.say("With %s the training error is %.2f and the left-out error %.2f; without a fault %.2f and %.2f.", chosen,
                Math.sqrt(broken.meanSquaredError()), Math.sqrt(broken.press() / rows), Math.sqrt(good.meanSquaredError()),
                Math.sqrt(good.press() / rows));
        lab.shows("sum of the residuals", Math.abs(Arrays.stream(broken.raw()).sum()), below(1e-8 * rows * (1 + strength)));
        lab.shows("left-out error less training error", broken.press() / rows - broken.meanSquaredError(), above(0));
        lab.shows("simulated flattery over 2 p sigma^2 / n, p = 20, less 1", Math.abs(gaps[5] / expected[5] - 1), below(0.25));
    }

    private static double[] data(Rng rng, int n, String fault, double strength, double[][] x) {
        var y = new double[n];
        double drift = 0;
        for (int i = 0; i < n; i++) {
            double at = 4.0 * i / (n - 1), noise = rng.nextGaussian(), heavy = rng.nextGaussian();
            drift = 0.9 * drift + 0.45 * strength * rng.nextGaussian();
            x[i][0] = at;
            y[i] = 1 + 2 * at + switch (fault) {
                case "a bend" -> noise + strength * (at - 2) * (at - 2);
                case "a fan" -> noise * (0.3 + strength * at);
                case "heavy tails" -> noise * (1 + strength * heavy * heavy);
                case "a drift" -> noise / 3 + 2 * drift;
                default -> noise;
            };
        }
        if (fault.equals("a far outlier")) {
            x[n - 1][0] = 4 + 5 * strength;
            y[n - 1] = 1;
        }
        return y;
    }

    /** Error on new outcomes less that on those trained on, for noise of variance 1 about 0. */
    private static double flattery(Rng rng, Tensor x, int n) {
        var r = RegressionResiduals.of(new LinearRegression().fit(x, Tensor.randn(rng, n).to(DType.F64)));
        double test = 0;
        for (double f : r.fitted()) test += Math.pow(rng.nextGaussian() - f, 2) / n;
        return test - r.meanSquaredError();
    }

    private static double largest(double[] values) { return Arrays.stream(values).map(Math::abs).filter(Double::isFinite).max().orElse(0); }
}
