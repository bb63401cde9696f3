package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.prob.Beta;
import lyceum.prob.ExponentialFamily;
import lyceum.prob.Gamma;
import lyceum.prob.Normal;
import lyceum.prob.UnivariateDistribution;

/** Two natural parameters to drag: the density tilts, and the mean statistic follows the slope of the log-partition. */
@Lab(topics = "exponential-family", title = "Natural parameters and their mean")
final class ExponentialFamilyLab implements LabBody {
    private static final int FRAMES = 24;

    @Override public void run(LabContext lab) {
        String name = lab.choice("family", "gamma", "gamma", "beta", "normal");
        double first = lab.param("first natural parameter", 2.0, 0.2, 8.0), second = lab.param("second, without its sign", 1.5, 0.2, 8.0);
        int draws = lab.param("draws", 200, 5, 2_000);
        switch (name) {
            case "gamma" -> explore(lab, ExponentialFamily.GAMMA, new Gamma(first + 1, second), 0, 10, draws);
            case "beta" -> explore(lab, ExponentialFamily.BETA, new Beta(first + 1, second + 1), 0, 1, draws);
            default -> explore(lab, ExponentialFamily.NORMAL, new Normal(first / (2 * second), Math.sqrt(0.5 / second)), -2, 10, draws);
        }
    }

    private static <D extends UnivariateDistribution> void explore(LabContext lab, ExponentialFamily<D> family, D member, double low,
            double high, int draws) {
        double[] eta = family.natural(member), mean = family.mean(eta);
        var frames = new ArrayList<Plot>();
        var labels = new ArrayList<String>();
        double[] axis = new double[FRAMES + 1], partition = new double[FRAMES + 1];
        for (int f = 0; f <= FRAMES; f++) {
            double[] moved = {0.1 + f * 8.0 / FRAMES, eta[1]};
            axis[f] = moved[0];
            partition[f] = family.logPartition(moved);
            var there = family.distribution(moved);
            frames.add(density(Figure.plot("The density tilts"), "density", low, high, there::density).verticalLine(there.mean(), "mean")
                    .axes("x", "density"));
            labels.add("%.2f".formatted(moved[0]));
        }
        lab.figure(Figure.frames("Turn up the first natural parameter", "first natural parameter", frames)
                .labelled(labels.toArray(String[]::new)).describedAs(
                        "As the parameter grows the density leans towards points of large first statistic, and its mean moves with it."));
        lab.figure(Figure.plot("The slope of the log-partition is the mean statistic").line("log-partition A", axis, partition)
                .line("tangent at your parameter", new double[] {0.1, 8.1},
                        new double[] {family.logPartition(eta) + mean[0] * (0.1 - eta[0]),
                                family.logPartition(eta) + mean[0] * (8.1 - eta[0])})
                .axes("first natural parameter", "A")
                .describedAs("The log-partition is convex and lies above its tangent; the gap between them is the KL divergence."));

        var rng = lab.rng(1);
        var points = new double[draws][];
        for (int i = 0; i < draws; i++) points[i] = new double[] {member.sample(rng)};
        double[] fitted = family.fit(points), average = new double[2];
        for (var x : points) for (int j = 0; j < 2; j++) average[j] += family.statistic(x)[j] / draws;
        lab.figure(density(density(Figure.plot("Truth and fit by matching means"), "truth", low, high, member::density), "fit", low, high,
                family.distribution(fitted)::density).axes("x", "density").describedAs(
                        "The fitted density lies close to the true one: its mean statistics are those of the draws, to the last digit."));
        double[] matched = family.mean(fitted);
        var rows = new ArrayList<List<?>>();
        for (int j = 0; j < 2; j++) rows.add(List.of(j + 1, eta[j], mean[j], average[j], fitted[j]));
        lab.table("Both parameters", List.of("parameter", "true", "mean statistic", "average over draws", "fitted"), rows);
        lab.say("KL from the truth to the fit: %.5f nats; entropy of the truth: %.4f nats.", family.kl(eta, fitted), family.entropy(eta));
        double gap = Math.max(Math.abs(matched[0] - average[0]), Math.abs(matched[1] - average[1]));
        lab.shows("mean statistic of the fit less the average", gap, below(1e-10));
        lab.shows("entropy by the log-partition less the family's formula", Math.abs(family.entropy(eta) - member.entropy()), below(1e-9));
    }

    private static Plot density(Plot plot, String name, double low, double high, DoubleUnaryOperator f) {
        double[] xs = new double[241], ys = new double[241];
        Arrays.setAll(xs, i -> low + (high - low) * (i + 0.5) / 241);
        Arrays.setAll(ys, i -> f.applyAsDouble(xs[i]));
        return plot.line(name, xs, ys);
    }
}
