package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.ensemble.GradientBoostingRegressor;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.linear.PolynomialFeatures;
import lyceum.learn.linear.Ridge;
import lyceum.learn.selection.FitCurve;
import lyceum.learn.selection.FitDiagnosis;
import lyceum.learn.selection.FitDiagnosis.Cause;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;

/** A polynomial of your degree, what ails it and how one knows; then four poor fits with four causes. */
@Lab(topics = {"overfitting", "underfitting"}, title = "Too much, too little")
final class FitDiagnosisLab implements LabBody {
    private static final int[] DEGREES = {1, 2, 3, 4, 5, 6, 8, 10, 12, 15};

    @Override public void run(LabContext lab) {
        int degree = lab.param("degree", 15, 1, 15), n = lab.param("points", 25, 12, 200);
        double noise = lab.param("noise", 0.3, 0.0, 1.0);

        Tensor[] data = sine(lab.rng(1), n, noise, false), fresh = sine(lab.rng(2), 1_000, noise, false);
        var model = polynomial(degree).fit(data[0], data[1]);
        lab.figure(Figure.plot("Degree %d through %d points".formatted(degree, n)).points("points", data[0].select(1, 0), data[1])
                .line("polynomial", -1, 1, v -> Math.clamp(model.predict(Tensor.of(new double[][] {{v}})).item(), -3, 3))
                .line("truth", -1, 1, v -> Math.sin(Math.PI * (v + 1))).limitY(-2.5, 2.5).axes("x", "y").describedAs(
                        "The polynomial of the chosen degree beside the sine from which the points come; a high degree passes near every point and swings between them."));
        double train = model.predict(data[0]).sub(data[1]).square().mean().item(),
                unseen = model.predict(fresh[0]).sub(fresh[1]).square().mean().item();

        var curve = FitCurve.overCapacity(FitDiagnosisLab::polynomial, data[0], data[1], 20, DEGREES);
        double[] mid = new double[DEGREES.length], seen = new double[DEGREES.length];
        double rise = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < DEGREES.length; k++) {
            double[] errors = curve.validation()[k].clone();
            Arrays.sort(errors);
            mid[k] = errors[errors.length / 2];
            seen[k] = curve.train(k);
            if (k > 0) rise = Math.max(rise, seen[k] - seen[k - 1]);
        }
        lab.figure(Figure.plot("Errors over the degree").line("training, mean of 20 splits", curve.points(), seen)
                .line("validation, middle split", curve.points(), mid).logY().axes("degree", "mean squared error").describedAs(
                        "Training error only falls; validation error turns upwards where the polynomial begins to describe the noise."));
        int at = 0;
        for (int k = 1; k < DEGREES.length; k++) if (Math.abs(DEGREES[k] - degree) < Math.abs(DEGREES[at] - degree)) at = k;
        var found = FitDiagnosis.of(curve, at);
        lab.say("Degree %d: error %.3g on its own points, %.3g on 1,000 fresh ones. Verdict on degree %d: %s. First remedies: %s.", degree,
                train, unseen, DEGREES[at], found.verdict().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                String.join(", ", found.remedies()));
        lab.shows("overfitting", "largest rise of the training error with the degree", rise, atMost(1e-10));

        var boosted = new GradientBoostingRegressor().withMaxDepth(2);
        Tensor[] many = sine(lab.rng(3), 150, 0.2, false), loud = sine(lab.rng(4), 150, 1, true);
        var table = new ArrayList<List<?>>();
        row(table, "a line", new Ridge(1e-3),
                Map.of(Cause.CAPACITY, Pipeline.of(new PolynomialFeatures(7), new Ridge(1e-3)), Cause.PENALTY, new Ridge(1e-5)), many);
        row(table, "a heavy penalty", Pipeline.of(new PolynomialFeatures(7), new Ridge(1_000)),
                Map.of(Cause.CAPACITY, Pipeline.of(new PolynomialFeatures(14), new Ridge(1_000)), Cause.PENALTY,
                        Pipeline.of(new PolynomialFeatures(7), new Ridge(10))),
                many);
        row(table, "four stages of boosting", boosted.withStages(4),
                Map.of(Cause.CAPACITY, boosted.withStages(4).withMaxDepth(6), Cause.TRAINING, boosted.withStages(80)), many);
        row(table, "degree 5 on loud data", polynomial(5), Map.of(Cause.CAPACITY, polynomial(9), Cause.TRAINING, boosted.withStages(40)),
                loud);
        lab.table("Four poor fits of one sine",
                List.of("fit", "error", "richer", "less penalty", "longer", "noise of repeated inputs", "cause"), table);
        Tensor[] large = sine(lab.rng(5), 4_000, 0, false);
        double line = FitCurve.overCapacity(FitDiagnosisLab::polynomial, large[0], large[1], 5, 1).validation(0),
                exact = 0.5 - 3 / (Math.PI * Math.PI);
        lab.say("Of the line, %.3f is not noise but the sine's own bend: the best line's error is 1/2 - 3/pi^2 = %.3f.", line, exact);
        lab.shows("underfitting", "error of a line on 4,000 points of a sine, over the closed form, less 1", Math.abs(line / exact - 1),
                below(0.05));
    }

    private static void row(List<List<?>> table, String name, Learner learner, Map<Cause, Learner> alternatives, Tensor[] data) {
        var u = FitDiagnosis.underfitting(learner, alternatives, data[0], data[1], 8);
        table.add(List.of(name, u.error(), u.errors().getOrDefault(Cause.CAPACITY, Double.NaN),
                u.errors().getOrDefault(Cause.PENALTY, Double.NaN), u.errors().getOrDefault(Cause.TRAINING, Double.NaN), u.noise(),
                u.cause().name().toLowerCase(Locale.ROOT)));
    }

    private static Regressor polynomial(int degree) { return Pipeline.of(new PolynomialFeatures(degree), new LinearRegression()); }

    /** From -1 to 1, at twenty places if inputs are to repeat. */
    private static Tensor[] sine(Rng rng, int n, double sigma, boolean repeated) {
        double[][] x = new double[n][1];
        var y = new double[n];
        for (int i = 0; i < n; i++) {
            x[i][0] = repeated ? (rng.nextInt(20) + 0.5) / 10 - 1 : 2 * rng.nextDouble() - 1;
            y[i] = Math.sin(Math.PI * (x[i][0] + 1)) + sigma * rng.nextGaussian();
        }
        return new Tensor[] {Tensor.of(x), Tensor.of(y)};
    }
}
