package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.theory.Stability;

/** Two runs of stochastic gradient descent on samples that differ in one example: how far they part, and what that says about new data. */
@Lab(topics = "algorithmic-stability", title = "Twin runs")
final class StabilityLab implements LabBody {
    @Override public void run(LabContext lab) {
        int n = lab.param("n", 100, 10, 1_000), epochs = lab.param("epochs", 3, 1, 20), pairs = lab.param("pairs", 100, 5, 500);
        double size = lab.param("step", 1.0, 0.05, 8.0), noise = lab.param("noise", 0.2, 0.0, 0.5);

        int time = n * epochs;
        var steps = new double[time];
        Arrays.fill(steps, size);
        double[] t = IntStream.rangeClosed(0, time).asDoubleStream().toArray(), mean = new double[time + 1], one = new double[time + 1],
                bound = new double[time + 1], gap = new double[time + 1];
        for (int i = 1; i <= time; i++) bound[i] = bound[i - 1] + 2 * size / n;
        var rng = lab.rng(1);
        double[][] fresh = draw(rng, 500, noise);
        for (int pair = 0; pair < pairs; pair++) {
            double[][] sample = draw(rng, n, noise);
            int index = rng.nextInt(n);
            var twins = Stability.twins(StabilityLab::gradient, sample, index, draw(rng, 1, noise)[0], steps, new double[3], rng);
            for (int i = 0; i <= time; i++) {
                mean[i] += twins.distance(i) / pairs;
                if (pair == 0) one[i] = twins.distance(i);
                if (pair < 20 && (i % n == 0 || i == time))
                    gap[i] += (risk(twins.first()[i], fresh) - risk(twins.first()[i], sample)) / Math.min(pairs, 20);
            }
        }
        lab.figure(Figure.plot("How far twin runs are apart").line("mean of " + pairs + " pairs", t, mean).line("one pair", t, one)
                .line("bound of the mean", t, bound).dashed().axes("step", "distance of the parameters").describedAs(
                        "A pair is together until the example that differs is drawn, and then jumps; the mean rises slowly and stays below its bound."));
        lab.shows("largest mean distance less its bound",
                IntStream.rangeClosed(0, time).mapToDouble(i -> mean[i] - bound[i]).max().orElseThrow(), atMost(0));

        double[] epoch = IntStream.rangeClosed(0, epochs).asDoubleStream().toArray(), gaps = new double[epochs + 1],
                promised = new double[epochs + 1];
        for (int e = 0; e <= epochs; e++) {
            gaps[e] = gap[e * n];
            promised[e] = bound[e * n];
        }
        lab.figure(Figure.plot("True risk less training risk, by epoch").line("mean of " + Math.min(pairs, 20) + " runs", epoch, gaps)
                .line("bound", epoch, promised).dashed().axes("epoch", "gap of the logistic losses")
                .describedAs("More and larger steps allow a larger gap; the bound is far above what happens."));
        lab.table("Bounds at n = " + n, List.of("learner", "uniform stability", "gap with probability 0.95, losses up to 1"),
                List.of(row("these steps", Stability.sgd(1, steps, n), n), row("penalty 0.1", Stability.regularized(1, 1, 0.1, n), n),
                        row("penalty 1", Stability.regularized(1, 1, 1, n), n)));
    }

    private static List<?> row(String name, double beta, int n) { return List.of(name, beta, Stability.generalization(beta, 1, n, 0.05)); }

    /** Inputs of norm 1 times their labels. */
    private static double[][] draw(Rng rng, int n, double noise) {
        var z = new double[n][3];
        for (var x : z) {
            double square = 0;
            for (int j = 0; j < 3; j++) square += (x[j] = rng.nextGaussian()) * x[j];
            double sign = x[0] > 0 != rng.nextDouble() < noise ? 1 : -1;
            for (int j = 0; j < 3; j++) x[j] *= sign / Math.sqrt(square);
        }
        return z;
    }

    private static void gradient(double[] w, double[] z, double[] g) {
        double slope = -1 / (1 + Math.exp(w[0] * z[0] + w[1] * z[1] + w[2] * z[2]));
        for (int j = 0; j < 3; j++) g[j] = slope * z[j];
    }

    private static double risk(double[] w, double[][] sample) {
        double sum = 0;
        for (var z : sample) sum += Math.log1p(Math.exp(-w[0] * z[0] - w[1] * z[1] - w[2] * z[2]));
        return sum / sample.length;
    }
}
