package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.bayes.LogDensity;
import lyceum.bayes.VariationalFamily;
import lyceum.bayes.VariationalInference;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;

/** A correlated, perhaps bent posterior and the nearest members of three families: how narrow the simple ones are. */
@Lab(topics = "variational-inference", title = "The nearest density of a family")
final class VariationalLab implements LabBody {
    private static final String[] NAMES = {"mean-field", "full-rank", "flow"};

    @Override public void run(LabContext lab) {
        double correlation = lab.param("correlation", 0.9, -0.99, 0.99), bend = lab.param("bend", 0.0, -1.0, 1.0);
        int steps = lab.param("steps", 800, 50, 3_000), samples = lab.param("draws a step", 10, 1, 50), seed = lab.param("seed", 1, 1, 50);

        // z0 ~ N(0, 1), z1 | z0 ~ N(correlation z0 + bend (z0^2 - 1), 1 - correlation^2): normalised, so the log evidence is 0
        double variance = 1 - correlation * correlation;
        LogDensity target = LogDensity.of(z -> log(z, new double[2], correlation, bend, variance),
                (z, g) -> log(z, g, correlation, bend, variance));
        var inference = new VariationalInference().withSteps(steps).withSamples(samples);
        VariationalFamily[] families = {VariationalFamily.meanField(2), VariationalFamily.fullRank(2), VariationalFamily.flow(2)};
        Plot shape = Figure.plot("The posterior, and two deviations of what was fitted")
                .surface(-3.5, 3.5, -3.5, 3.5, (a, b) -> Math.exp(log(new double[] {a, b}, new double[2], correlation, bend, variance)))
                .measuring("posterior density");
        Plot climb = Figure.plot("The bound while it climbs");
        var rows = new ArrayList<List<?>>();
        double narrow = 0, excess = 0;
        for (int f = 0; f < 3; f++) {
            var fit = inference.fit(target, families[f], lab.rng(seed));
            var q = fit.q();
            double[] xs = new double[121], ys = new double[121], path = new double[steps];
            if (f < 2) {
                double[] m = q.mean();
                double[][] c = q.covariance();
                double l00 = Math.sqrt(c[0][0]), l10 = c[1][0] / l00, l11 = Math.sqrt(c[1][1] - l10 * l10);
                for (int i = 0; i <= 120; i++) {
                    double a = 2 * Math.cos(i * Math.PI / 60), b = 2 * Math.sin(i * Math.PI / 60);
                    xs[i] = m[0] + l00 * a;
                    ys[i] = m[1] + l10 * a + l11 * b;
                }
                shape = shape.line(NAMES[f], xs, ys);
            } else shape = shape.points("draws of the flow", q.sample(lab.rng(9), 150));
            for (int i = 0; i < steps; i++)
                for (int k = Math.max(0, i - 9); k <= i; k++) path[i] += fit.path().get(k) / (i - Math.max(0, i - 9) + 1);
            climb = climb.line(NAMES[f], 1, path);
            var bound = fit.elbo(2_000, lab.rng(10 + f));
            excess = Math.max(excess, bound.mean() - 3 * bound.standardError());
            double[][] c = q.covariance();
            rows.add(List.of(NAMES[f], bound.mean(), bound.standardError(), Math.sqrt(c[0][0]), Math.sqrt(c[1][1]),
                    fit.reliability(2_000, lab.rng(20 + f)).k()));
            if (f == 0) narrow = c[0][0];
        }
        rows.add(List.of("the posterior", 0.0, 0.0, 1.0, Math.sqrt(1 + 2 * bend * bend), "-"));
        lab.figure(shape.limitX(-3.5, 3.5).limitY(-3.5, 3.5).axes("first unknown", "second unknown").describedAs(
                "The mean-field ring lies inside the tilted posterior and is too narrow both ways; the full-rank ring follows the tilt, and the flow the bend."));
        lab.figure(climb.horizontalLine(0, "log evidence").limitY(-3, 0.5).axes("step", "bound, nats; mean of ten steps").describedAs(
                "Each family's bound climbs and stops below the log evidence; only one that contains the posterior reaches it."));
        lab.table("What was found", List.of("family", "bound", "its error", "sd of the first", "sd of the second", "Pareto k"), rows);
        double expected = variance;
        lab.say("Best independent variance without a bend, 1 / precision: %.3f. The posterior's own is 1.", expected);
        if (bend == 0 && steps >= 500) lab.shows("mean-field variance against 1 / precision", Math.abs(narrow / expected - 1), below(0.25));
        lab.shows("largest bound less 3 standard errors, over the evidence", excess, atMost(1e-9));
    }

    private static double log(double[] z, double[] g, double correlation, double bend, double variance) {
        double r = z[1] - correlation * z[0] - bend * (z[0] * z[0] - 1);
        g[0] = -z[0] + r / variance * (correlation + 2 * bend * z[0]);
        g[1] = -r / variance;
        return -0.5 * (z[0] * z[0] + r * r / variance) - Math.log(2 * Math.PI * Math.sqrt(variance));
    }
}
