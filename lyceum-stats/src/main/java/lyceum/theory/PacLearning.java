package lyceum.theory;

import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import lyceum.random.Rng;
import lyceum.stats.Interval;
import lyceum.stats.ProportionInterval;

/**
 * How many examples are enough to be probably approximately correct: an error of at most epsilon, in all but a share delta of samples; and an
 * experiment that counts how often a learner fails.
 *
 * {@snippet :
 * PacLearning.rectangleSamples(0.1, 0.05);                    // 176
 * PacLearning.realisableSamples(8 * Math.log(3), 0.1, 0.05);  // 118, for 3^8 hypotheses one of which is right
 * PacLearning.agnosticSamples(8 * Math.log(3), 0.1, 0.05);    // 2,496, to come within 0.1 of the best of them
 *
 * var experiment = new PacLearning.Experiment<>(rng -> new double[] {rng.nextDouble()}, x -> x[0] >= 0.3, PacLearning.THRESHOLD,
 *         h -> Math.abs(h.at() - 0.3));
 * experiment.run(60, 0.05, 2_000, Rng.of(1)).rate();          // share of 2,000 samples of 60 whose threshold is off by more than 0.05
 * }
 *
 * @see <a href="https://doi.org/10.1145/1968.1972">Valiant (1984)</a>
 * @see <a href="https://doi.org/10.1017/CBO9781107298019">Shalev-Shwartz and Ben-David (2014), chapters 2 to 6</a>
 */
public final class PacLearning {
    private PacLearning() {}

    private static void arguments(double epsilon, double delta) {
        if (!(epsilon > 0 && epsilon <= 1))
            throw new IllegalArgumentException("PacLearning: epsilon is " + epsilon + "; it lies in (0, 1]");
        if (!(delta > 0 && delta < 1)) throw new IllegalArgumentException("PacLearning: delta is " + delta + "; it lies between 0 and 1");
    }

    /** {@code ln(|H| / delta) / epsilon}, rounded up: enough for any learner without an error on its sample, where some hypothesis makes none at all. */
    public static long realisableSamples(double logSize, double epsilon, double delta) {
        arguments(epsilon, delta);
        return (long) Math.ceil((logSize - Math.log(delta)) / epsilon);
    }

    /** The error that {@link #realisableSamples} promises after m examples. */
    public static double realisableError(double logSize, long m, double delta) {
        arguments(1, delta);
        return Math.min(1, (logSize - Math.log(delta)) / m);
    }

    /** {@code 2 ln(2 |H| / delta) / epsilon^2}, rounded up: enough to come within epsilon of the best hypothesis by least error on the sample. */
    public static long agnosticSamples(double logSize, double epsilon, double delta) {
        arguments(epsilon, delta);
        // By logarithms, as |H| may be beyond doubles.
        return (long) Math.ceil(2 * (Math.log(2) + logSize - Math.log(delta)) / (epsilon * epsilon));
    }

    /** The distance from the best hypothesis that {@link #agnosticSamples} promises after m examples. */
    public static double agnosticError(double logSize, long m, double delta) {
        arguments(1, delta);
        return Math.min(1, Math.sqrt(2 * (Math.log(2) + logSize - Math.log(delta)) / m));
    }

    /**
     * {@code max(4/epsilon log2(2/delta), 8 d/epsilon log2(13/epsilon))}, rounded up: enough for a class of VC dimension d, some hypothesis of which
     * makes no error. For the agnostic case see {@link VcDimension#samples}.
     *
     * @see <a href="https://doi.org/10.1145/76359.76371">Blumer, Ehrenfeucht, Haussler and Warmuth (1989), theorem 2.1</a>
     */
    public static long vcSamples(int d, double epsilon, double delta) {
        arguments(epsilon, delta);
        return (long) Math.ceil(Math.max(4 / epsilon * log2(2 / delta), 8 * d / epsilon * log2(13 / epsilon)));
    }

    private static double log2(double x) { return Math.log(x) / Math.log(2); }

    /** {@code (4/epsilon) ln(4/delta)}, rounded up: enough for the tightest rectangle in the plane, by its four strips. */
    public static long rectangleSamples(double epsilon, double delta) {
        arguments(epsilon, delta);
        return (long) Math.ceil(4 / epsilon * Math.log(4 / delta));
    }

    /**
     * Makes a hypothesis of examples.
     *
     * @param <H> what it makes
     */
    @FunctionalInterface
    public interface Learner<H extends Predicate<double[]>> {
        H fit(double[][] points, boolean[] labels);
    }

    /** Says yes from a value of the first coordinate on. */
    public record Threshold(double at) implements Predicate<double[]> {
        @Override public boolean test(double[] x) { return x[0] >= at; }
    }

    /** At the least positive example; where there is none, nowhere. */
    public static final Learner<Threshold> THRESHOLD = (points, labels) -> {
        double at = Double.POSITIVE_INFINITY;
        for (int i = 0; i < points.length; i++) if (labels[i]) at = Math.min(at, points[i][0]);
        return new Threshold(at);
    };

    /** Says yes between two corners, in any number of dimensions. Empty where one of {@code low} is above {@code high}. */
    public record Rectangle(double[] low, double[] high) implements Predicate<double[]> {
        @Override public boolean test(double[] x) {
            for (int j = 0; j < x.length; j++) if (!(x[j] >= low[j] && x[j] <= high[j])) return false;
            return true;
        }
    }

    /** The tightest about the positive examples; empty where there are none. */
    public static final Learner<Rectangle> RECTANGLE = (points, labels) -> {
        int d = points[0].length;
        double[] low = new double[d], high = new double[d];
        Arrays.fill(low, Double.POSITIVE_INFINITY);
        Arrays.fill(high, Double.NEGATIVE_INFINITY);
        for (int i = 0; i < points.length; i++) for (int j = 0; labels[i] && j < d; j++) {
            low[j] = Math.min(low[j], points[i][j]);
            high[j] = Math.max(high[j], points[i][j]);
        }
        return new Rectangle(low, high);
    };

    /** Says yes where every variable of {@code wanted} is 1 and every one of {@code unwanted} is 0; never where a variable is both. */
    public record Conjunction(boolean[] wanted, boolean[] unwanted) implements Predicate<double[]> {
        @Override public boolean test(double[] x) {
            for (int j = 0; j < x.length; j++) if (x[j] != 0 ? unwanted[j] : wanted[j]) return false;
            return true;
        }
    }

    /** Of 0s and 1s: begins with every literal and drops those that a positive example contradicts. */
    public static final Learner<Conjunction> CONJUNCTION = (points, labels) -> {
        int d = points[0].length;
        boolean[] wanted = new boolean[d], unwanted = new boolean[d];
        Arrays.fill(wanted, true);
        Arrays.fill(unwanted, true);
        for (int i = 0; i < points.length; i++) for (int j = 0; labels[i] && j < d; j++) {
            if (points[i][j] != 0) unwanted[j] = false;
            else wanted[j] = false;
        }
        return new Conjunction(wanted, unwanted);
    };

    /** What was seen of the points {@code 0 .. n - 1}; no elsewhere. */
    public record Table(boolean[] yes) implements Predicate<double[]> {
        @Override public boolean test(double[] x) { return yes[(int) x[0]]; }
    }

    /** Remembers labels, and says no to what it has not seen. @param size points are {@code 0 .. size - 1} */
    public static Learner<Table> table(int size) {
        return (points, labels) -> {
            var yes = new boolean[size];
            for (int i = 0; i < points.length; i++) yes[(int) points[i][0]] = labels[i];
            return new Table(yes);
        };
    }

    /**
     * A learner at work on a concept.
     *
     * @param distribution draws a point
     * @param concept labels it
     * @param error probability of a hypothesis' error under that distribution; {@link #sampledError} if it cannot be computed
     */
    public record Experiment<H extends Predicate<double[]>>(Function<Rng, double[]> distribution, Predicate<double[]> concept,
            Learner<H> learner, ToDoubleFunction<H> error) {

        /** Learns from {@code runs} samples of m points, and counts errors above epsilon. */
        public Failures run(int m, double epsilon, int runs, Rng rng) {
            if (m < 1 || runs < 1)
                throw new IllegalArgumentException("PacLearning: " + runs + " runs of " + m + " points; at least 1 of each");
            int failed = 0;
            double sum = 0;
            var points = new double[m][];
            var labels = new boolean[m];
            for (int run = 0; run < runs; run++) {
                for (int i = 0; i < m; i++) labels[i] = concept.test(points[i] = distribution.apply(rng));
                double e = error.applyAsDouble(learner.fit(points, labels));
                sum += e;
                if (e > epsilon) failed++;
            }
            return new Failures(failed, runs, sum / runs);
        }
    }

    /** How often the error was above epsilon, and its mean. */
    public record Failures(int failed, int runs, double meanError) {
        public double rate() { return (double) failed / runs; }

        /** Clopper and Pearson's interval for the probability of failure. */
        public Interval interval(double level) { return ProportionInterval.clopperPearson(failed, runs, level); }
    }

    /** The share of n fresh points on which a hypothesis and the concept differ. */
    public static <H extends Predicate<double[]>> ToDoubleFunction<H> sampledError(Function<Rng, double[]> distribution,
            Predicate<double[]> concept, int n, Rng rng) {
        return h -> {
            int wrong = 0;
            for (int i = 0; i < n; i++) {
                double[] x = distribution.apply(rng);
                if (h.test(x) != concept.test(x)) wrong++;
            }
            return (double) wrong / n;
        };
    }
}
