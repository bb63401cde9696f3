package lyceum.theory;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.Predicate;
import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.theory.PacLearning.Conjunction;
import lyceum.theory.PacLearning.Experiment;
import lyceum.theory.PacLearning.Rectangle;
import org.junit.jupiter.api.Test;

class PacLearningTest {
    /** Two independent coordinates of one law each, and a rectangle as the concept. */
    private static Experiment<Rectangle> rectangle(Function<Rng, double[]> law, DoubleUnaryOperator cdf, double low, double high) {
        double side = cdf.applyAsDouble(high) - cdf.applyAsDouble(low);
        return new Experiment<>(law, x -> x[0] >= low && x[0] <= high && x[1] >= low && x[1] <= high, PacLearning.RECTANGLE, h -> {
            double found = 1, common = 1; // what lies in one but not the other, should h reach beyond the truth
            for (int j = 0; j < 2; j++) {
                found *= mass(cdf, h.low()[j], h.high()[j]);
                common *= mass(cdf, Math.max(low, h.low()[j]), Math.min(high, h.high()[j]));
            }
            return side * side + found - 2 * common;
        });
    }

    private static double mass(DoubleUnaryOperator cdf, double from, double to) {
        return from > to ? 0 : cdf.applyAsDouble(to) - cdf.applyAsDouble(from);
    }

    private static final Map<String, Experiment<Rectangle>> RECTANGLES = new LinkedHashMap<>();

    static {
        RECTANGLES.put("uniform", rectangle(rng -> new double[] {rng.nextDouble(), rng.nextDouble()}, x -> x, 0.2, 0.8));
        RECTANGLES.put("normal", rectangle(rng -> new double[] {rng.nextGaussian(), rng.nextGaussian()}, Incomplete::normalCdf, -1, 1.5));
        RECTANGLES.put("exponential",
                rectangle(rng -> new double[] {-Math.log(rng.nextDoublePositive()), -Math.log(rng.nextDoublePositive())},
                        x -> -Math.expm1(-x), 0.1, 3));
    }

    @Test
    @Acceptance(topic = "pac-learning", clause = 1) void theRectangleLearnerKeepsItsPromise() {
        long m = PacLearning.rectangleSamples(0.1, 0.05);
        Evidence.of("samples that the bound asks for", m, exactly(176));
        RECTANGLES.forEach((name, experiment) -> {
            Evidence.of(name + ": share of 2,000 runs above 0.1", experiment.run((int) m, 0.1, 2_000, Rng.of(1)).rate(), atMost(0.05));
            // The counter does count: at an epsilon ten times smaller most runs fail.
            Evidence.of(name + ": share above 0.01", experiment.run((int) m, 0.01, 2_000, Rng.of(1)).rate(), above(0.5));
        });
    }

    /** Weights of the 256 inputs, and a draw from them by their running sums. */
    private record Inputs(double[] weights) {
        double[] draw(Rng rng) {
            double u = rng.nextDouble();
            int code = 0;
            while (code < 255 && u >= weights[code]) u -= weights[code++];
            return point(code);
        }

        double error(Conjunction h, Predicate<double[]> concept) {
            double sum = 0;
            for (int code = 0; code < 256; code++) if (h.test(point(code)) != concept.test(point(code))) sum += weights[code];
            return sum;
        }

        static double[] point(int code) {
            var x = new double[8];
            for (int j = 0; j < 8; j++) x[j] = code >> j & 1;
            return x;
        }
    }

    @Test
    @Acceptance(topic = "pac-learning", clause = 2) void theConjunctionLearnerKeepsItsPromise() {
        long m = PacLearning.realisableSamples(8 * Math.log(3), 0.1, 0.05);
        Evidence.of("samples that the bound asks for", m, exactly(118));
        var laws = new LinkedHashMap<String, Inputs>();
        double[] even = new double[256], biased = new double[256], random = new double[256];
        var rng = Rng.of(2);
        for (int code = 0; code < 256; code++) {
            even[code] = 1 / 256.0;
            biased[code] = Math.pow(0.8, Integer.bitCount(code)) * Math.pow(0.2, 8 - Integer.bitCount(code));
            random[code] = -Math.log(rng.nextDoublePositive());
        }
        double total = Arrays.stream(random).sum();
        for (int code = 0; code < 256; code++) random[code] /= total;
        laws.put("even", new Inputs(even));
        laws.put("four of five variables 1", new Inputs(biased));
        laws.put("256 random weights", new Inputs(random));
        Predicate<double[]> concept = x -> x[0] == 1 && x[3] == 0;
        laws.forEach((name, law) -> {
            var experiment = new Experiment<>(law::draw, concept, PacLearning.CONJUNCTION, h -> law.error(h, concept));
            Evidence.of(name + ": share of 2,000 runs above 0.1", experiment.run((int) m, 0.1, 2_000, Rng.of(3)).rate(), atMost(0.05));
            Evidence.of(name + ": share with 8 samples", experiment.run(8, 0.1, 2_000, Rng.of(3)).rate(), above(0.05));
        });
        // It is consistent, and right in the end.
        var all = new double[256][];
        var labels = new boolean[256];
        for (int code = 0; code < 256; code++) labels[code] = concept.test(all[code] = Inputs.point(code));
        assertThat(laws.get("even").error(PacLearning.CONJUNCTION.fit(all, labels), concept)).isZero();
    }

    @Test
    @Acceptance(topic = "pac-learning", clause = 3) void failuresFallAsSamplesGrow() {
        RECTANGLES.forEach((name, experiment) -> {
            double last = 2, leastFall = 1;
            for (int m : new int[] {20, 30, 40, 60, 80}) {
                double rate = experiment.run(m, 0.1, 2_000, Rng.of(4)).rate();
                leastFall = Math.min(leastFall, last - rate);
                last = rate;
            }
            Evidence.of(name + ": least fall of the failure rate from one size to the next", leastFall, above(0));
        });
        double apart = 0;
        for (int m : new int[] {20, 30, 40, 60, 80}) {
            double p = failure(m);
            apart = Math.max(apart,
                    Math.abs(RECTANGLES.get("uniform").run(m, 0.1, 2_000, Rng.of(5)).rate() - p) / Math.sqrt(p * (1 - p) / 2_000));
        }
        Evidence.of("uniform: largest distance of the rate from the probability, in standard errors", apart, atMost(4));
        // The article's: 11.3% and 2.8%.
        assertThat(failure(60)).isCloseTo(0.113, within(5e-4));
        assertThat(failure(80)).isCloseTo(0.028, within(5e-4));
    }

    /**
     * How probable it is that the uniform rectangle fails: N of m points are inside, and the sides found are the ranges of N uniform
     * numbers, whose product is below 0.26/0.36. A range has the density {@code N (N-1) r^(N-2) (1-r)}.
     */
    private static double failure(int m) {
        double c = 0.26 / 0.36, total = 0, inside = Math.pow(0.64, m); // of N = 0
        for (int n = 0; n <= m; n++) {
            double below = n < 2 ? 1 : 0;
            for (int i = 0; n >= 2 && i < 4_000; i++) {
                double r = (i + 0.5) / 4_000, u = Math.min(1, c / r);
                below += n * (n - 1) * Math.pow(r, n - 2) * (1 - r) * (n * Math.pow(u, n - 1) - (n - 1) * Math.pow(u, n)) / 4_000;
            }
            total += inside * below;
            inside *= (m - n) / (n + 1.0) * 0.36 / 0.64;
        }
        return total;
    }

    @Test
    @Acceptance(topic = "pac-learning", clause = 4) void aTableOfRandomLabelsFails() {
        var rng = Rng.of(6);
        int failed = 0, failedWithMore = 0, other = 0;
        double mean = 0;
        for (int run = 0; run < 1_000; run++) {
            boolean[] truth = new boolean[256], seen = new boolean[256];
            for (int i = 0; i < 256; i++) truth[i] = rng.nextDouble() < 0.5;
            int[] unseen = {0};
            var experiment = new Experiment<>(r -> {
                int i = r.nextInt(256);
                seen[i] = true;
                return new double[] {i};
            }, x -> truth[(int) x[0]], PacLearning.table(256), h -> {
                int wrong = 0;
                for (int i = 0; i < 256; i++) {
                    if (h.test(new double[] {i}) != truth[i]) wrong++;
                    if (!seen[i] && truth[i]) unseen[0]++;
                }
                return wrong / 256.0;
            });
            var few = experiment.run(100, Math.nextDown(0.2), 1, rng);
            failed += few.failed();
            mean += few.meanError() / 1_000;
            if (few.meanError() != unseen[0] / 256.0) other++;
            failedWithMore += experiment.run(2_000, Math.nextDown(0.2), 1, rng).failed();
        }
        // Wrong at exactly the unseen points whose label is yes: half of those that 100 draws miss.
        Evidence.of("runs with another error than the share of unseen points labelled yes", other, exactly(0));
        Evidence.of("distance of the mean error from (255/256)^100 / 2", Math.abs(mean - 0.5 * Math.pow(255 / 256.0, 100)), atMost(0.005));
        Evidence.of("runs of 1,000 that fail after 2,000 draws", failedWithMore, exactly(0));
        Evidence.of("share of 1,000 runs with an error of at least 0.2", failed / 1_000.0, atLeast(0.99));
    }

    @Test void sizesAndErrorsAreInverse() {
        assertThat(PacLearning.agnosticSamples(8 * Math.log(3), 0.1, 0.05)).isEqualTo(2_496);
        assertThat(PacLearning.agnosticSamples(1_000 * Math.log(3), 0.1, 0.05)).isEqualTo(220_461); // 3^1000 is beyond doubles
        assertThat(PacLearning.agnosticError(8 * Math.log(3), 2_496, 0.05)).isCloseTo(0.1, within(1e-4));
        assertThat(PacLearning.realisableError(8 * Math.log(3), 118, 0.05)).isBetween(0.099, 0.1);
        // By hand: 8 * 4 / 0.1 * log2(130) = 320 * 7.0224 is the larger.
        assertThat(PacLearning.vcSamples(4, 0.1, 0.05)).isEqualTo(2_248);
        assertThat(PacLearning.THRESHOLD.fit(new double[][] {{3}, {1}, {2}}, new boolean[] {true, false, true}).at()).isEqualTo(2);
    }

    @Test void anErrorMayBeSampled() {
        Predicate<double[]> concept = x -> x[0] >= 0.3;
        Function<Rng, double[]> uniform = rng -> new double[] {rng.nextDouble()};
        var exact = new Experiment<>(uniform, concept, PacLearning.THRESHOLD, h -> h.at() - 0.3);
        var sampled = new Experiment<>(uniform, concept, PacLearning.THRESHOLD,
                PacLearning.sampledError(uniform, concept, 2_000, Rng.of(7)));
        var failures = exact.run(20, 0.05, 500, Rng.of(8));
        // All 20 points miss a strip of 0.05 with probability 0.95^20.
        assertThat(failures.interval(0.999).contains(Math.pow(0.95, 20))).isTrue();
        assertThat(sampled.run(20, 0.05, 500, Rng.of(8)).meanError()).isCloseTo(failures.meanError(), within(0.002));
        assertThatThrownBy(() -> PacLearning.realisableSamples(1, 0, 0.1)).hasMessageContaining("epsilon is 0.0");
        assertThatThrownBy(() -> exact.run(0, 0.1, 1, Rng.of(1))).hasMessageContaining("1 runs of 0 points");
    }
}
