package lyceum.theory;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import lyceum.ShapeException;
import lyceum.random.Rng;

/**
 * How much what was learnt depends on any one example: measured by replacing one and learning again with the same randomness, and bounded in closed
 * form; and what generalisation follows.
 *
 * {@snippet :
 * var found = Stability.replaceOne(fit, loss, law, 100, 500, 20, Rng.of(1));
 * found.uniform();                                    // the largest change of a loss that was seen
 * double beta = Stability.regularized(1, 1, 0.1, n);  // no change is larger, for a convex 1-Lipschitz loss and penalty 0.1 |f|^2
 * Stability.generalization(beta, 1, n, 0.05);         // true risk less training risk, with probability 0.95
 * Stability.sgd(1, steps, n);                         // of stochastic gradient steps on a convex loss, in expectation
 * }
 *
 * @see <a href="https://jmlr.org/papers/v2/bousquet02a.html">Bousquet and Elisseeff (2002)</a>
 * @see <a href="https://arxiv.org/abs/1509.01240">Hardt, Recht and Singer (2016)</a>
 */
public final class Stability {
    private Stability() {}

    /** Learns from a sample. All randomness is to come from rng: both runs of a pair get the same. */
    @FunctionalInterface
    public interface Fit<Z, M> {
        M fit(List<Z> sample, Rng rng);
    }

    /**
     * What replacing one example changed.
     *
     * @param uniform the largest change of the loss at any example tried: at least the uniform stability's, and never proof of it
     * @param hypothesis the mean absolute change at fresh examples
     * @param onAverage the mean rise of the loss at the example that was taken out, which is the mean gap of true and training risk
     * @param control the largest change when nothing was replaced: above 0, the pair does not share its randomness and the rest means nothing
     */
    public record Estimate(double uniform, double hypothesis, double onAverage, double control) {}

    /**
     * Measures.
     *
     * @param law draws an example
     * @param trials pairs of runs, each on a new sample with one example of it replaced by a new one
     * @param fresh examples at which each pair is compared, besides the one taken out and its replacement
     */
    public static <Z, M> Estimate replaceOne(Fit<Z, M> fit, EmpiricalRisk.Loss<M, Z> loss, Function<Rng, Z> law, int n, int trials,
            int fresh, Rng rng) {
        if (n < 1 || trials < 1 || fresh < 0) throw new IllegalArgumentException(
                "Stability: " + trials + " trials of " + n + " examples at " + fresh + "; at least 1, 1 and 0");
        double uniform = 0, hypothesis = 0, onAverage = 0, control = 0;
        for (int trial = 0; trial < trials; trial++) {
            var sample = new ArrayList<Z>(n);
            for (int i = 0; i < n; i++) sample.add(law.apply(rng));
            Rng shared = rng.split(trial);
            M before = fit.fit(List.copyOf(sample), shared.copy());
            if (trial == 0) {
                M again = fit.fit(List.copyOf(sample), shared.copy());
                for (Z z : sample) control = Math.max(control, Math.abs(loss.of(again, z) - loss.of(before, z)));
            }
            Z other = law.apply(rng), taken = sample.set(rng.nextInt(n), other);
            M after = fit.fit(List.copyOf(sample), shared.copy());
            double rise = loss.of(after, taken) - loss.of(before, taken);
            onAverage += rise / trials;
            uniform = Math.max(uniform, Math.max(Math.abs(rise), Math.abs(loss.of(after, other) - loss.of(before, other))));
            for (int k = 0; k < fresh; k++) {
                Z z = law.apply(rng);
                double change = Math.abs(loss.of(after, z) - loss.of(before, z));
                uniform = Math.max(uniform, change);
                hypothesis += change / ((double) fresh * trials);
            }
        }
        return new Estimate(uniform, hypothesis, onAverage, control);
    }

    /** Slope of {@code ln beta} over {@code ln n} by least squares: -1 for regularised risk, 0 where more data do not make it stable. */
    public static double rate(int[] sizes, double[] betas) {
        if (sizes.length < 2 || sizes.length != betas.length)
            throw new ShapeException("Stability: " + betas.length + " stabilities of " + sizes.length + " sizes; as many, and at least 2");
        double x = 0, y = 0, xx = 0, xy = 0;
        int m = sizes.length;
        for (int i = 0; i < m; i++) {
            double a = Math.log(sizes[i]), b = Math.log(betas[i]);
            x += a / m;
            y += b / m;
            xx += a * a / m;
            xy += a * b / m;
        }
        return (xy - x * y) / (xx - x * x);
    }

    /** The verdict on measured uniform stabilities: whether they fall at least as {@code 1 / sqrt(n)}, from where on a bound says something. */
    public static boolean isUniformlyStable(int[] sizes, double[] betas) { return rate(sizes, betas) <= -0.5; }

    /**
     * {@code L^2 kappa^2 / (lambda n)}: uniform stability, one example replaced, of the least mean loss plus {@code lambda |f|^2} among functions of a
     * kernel with {@code k(x, x) <= kappa^2}. The loss is convex in {@code f(x)} and L-Lipschitz where predictions lie.
     */
    public static double regularized(double lipschitz, double kappa, double lambda, int n) {
        if (!(lambda > 0)) throw new IllegalArgumentException("Stability: lambda is " + lambda + "; it is above 0");
        return lipschitz * lipschitz * kappa * kappa / (lambda * n);
    }

    /**
     * {@code (2 L^2 / n) sum_t alpha_t}: uniform stability, in expectation over the indices, of stochastic gradient steps on convex L-Lipschitz losses
     * with steps of at most {@code 2 / smoothness}. Hardt, Recht and Singer, theorem 3.8.
     */
    public static double sgd(double lipschitz, double[] steps, int n) {
        double sum = 0;
        for (double step : steps) sum += step;
        return 2 * lipschitz * lipschitz / n * sum;
    }

    /**
     * {@code (1 + 1/q) / (n - 1) (2 c L^2)^(1/(q+1)) T^(q/(q+1))}, {@code q = smoothness c}: the same of T steps of at most {@code c / t} on losses in
     * [0, 1] that need not be convex. Theorem 3.12 there.
     */
    public static double sgdNonConvex(double lipschitz, double smoothness, double c, long t, int n) {
        double q = smoothness * c;
        return (1 + 1 / q) / (n - 1) * Math.pow(2 * c * lipschitz * lipschitz, 1 / (q + 1)) * Math.pow(t, q / (q + 1));
    }

    /**
     * {@code beta + (2 n beta + M) sqrt(ln(1 / delta) / (2 n))}: with probability {@code 1 - delta} the true risk of a uniformly beta-stable learner is no
     * farther above its training risk.
     *
     * @param most M, the largest loss
     */
    public static double generalization(double beta, double most, int n, double delta) {
        if (!(delta > 0 && delta < 1)) throw new IllegalArgumentException("Stability: delta is " + delta + "; it lies between 0 and 1");
        return beta + (2 * n * beta + most) * Math.sqrt(Math.log(1 / delta) / (2 * n));
    }

    /** The gradient of an example's loss. */
    @FunctionalInterface
    public interface ExampleGradient {
        /** Fills {@code gradient} at parameters w. */
        void at(double[] w, double[] example, double[] gradient);
    }

    /** Parameters of two runs, before the first step and after each. */
    public record Twins(double[][] first, double[][] second) {
        /** How far apart they are after t steps. */
        public double distance(int t) {
            double square = 0;
            for (int j = 0; j < first[t].length; j++) square += (first[t][j] - second[t][j]) * (first[t][j] - second[t][j]);
            return Math.sqrt(square);
        }
    }

    /**
     * Stochastic gradient descent twice, with the same uniform indices, on examples of which one differs.
     *
     * @param index of the one that the second run has replaced
     * @param steps step sizes; as many steps are taken
     */
    public static Twins twins(ExampleGradient gradient, double[][] examples, int index, double[] replacement, double[] steps,
            double[] start, Rng rng) {
        var first = new double[steps.length + 1][];
        var second = new double[steps.length + 1][];
        first[0] = start.clone();
        second[0] = start.clone();
        var g = new double[start.length];
        for (int t = 0; t < steps.length; t++) {
            int i = rng.nextInt(examples.length);
            first[t + 1] = step(gradient, first[t], examples[i], steps[t], g);
            second[t + 1] = step(gradient, second[t], i == index ? replacement : examples[i], steps[t], g);
        }
        return new Twins(first, second);
    }

    private static double[] step(ExampleGradient gradient, double[] w, double[] example, double size, double[] g) {
        gradient.at(w, example, g);
        var next = w.clone();
        for (int j = 0; j < next.length; j++) next[j] -= size * g[j];
        return next;
    }
}
