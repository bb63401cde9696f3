package lyceum.theory;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lyceum.prob.Binomial;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ConcentrationTest {
    private static final int RUNS = 100_000, N = 20;

    /** A law on [0, 1]: a function of a uniform variable, with its mean and variance by hand. */
    private record Law(DoubleUnaryOperator draw, double mean, double variance) {
        static Law coin(double p) { return new Law(u -> u < p ? 1 : 0, p, p * (1 - p)); }
    }

    private static final List<Law> LAWS = List.of(Law.coin(0.5), Law.coin(0.1), Law.coin(0.01), Law.coin(0.9),
            new Law(u -> u, 0.5, 1 / 12.0), new Law(u -> u * u, 1 / 3.0, 1 / 5.0 - 1 / 9.0),
            new Law(u -> (1 - Math.cos(Math.PI * u)) / 2, 0.5, 1 / 8.0),
            new Law(u -> u < 0.05 ? 1 : u < 0.15 ? 0.5 : 0.1, 0.185, 0.05 + 0.025 + 0.0085 - 0.185 * 0.185));

    private static Map<String, Concentration> bounds(Law law) {
        var bounds = new LinkedHashMap<String, Concentration>();
        bounds.put("Markov", Concentration.markov(law.mean));
        bounds.put("Chebyshev", Concentration.chebyshev(law.variance));
        bounds.put("Chernoff", Concentration.chernoff(law.mean));
        bounds.put("Hoeffding", Concentration.hoeffding(1));
        bounds.put("Bernstein", Concentration.bernstein(law.variance, 1));
        return bounds;
    }

    private static double excess(double hits, double bound) {
        return (hits / RUNS - bound) / Math.sqrt(bound * (1 - bound) / RUNS + 1e-300);
    }

    @Test
    @Acceptance(topic = "concentration", clause = 1) void noFrequencyTopsItsBound() {
        var rng = Rng.of(1);
        double worst = Double.NEGATIVE_INFINITY, worstEstimated = Double.NEGATIVE_INFINITY, tightest = 0;
        int compared = 0;
        for (var law : LAWS) {
            var gaps = new double[RUNS];
            var missed = new int[20]; // by empirical Bernstein at delta = 0.05, 0.10, ...
            var x = new double[N];
            for (int run = 0; run < RUNS; run++) {
                double sum = 0;
                for (int i = 0; i < N; i++) sum += x[i] = law.draw.applyAsDouble(rng.nextDouble());
                gaps[run] = sum / N - law.mean;
                // The radius falls as delta grows: stop at the first that holds.
                for (int d = 19; d >= 0 && -gaps[run] >= Concentration.empiricalBernsteinRadius(x, 1, 0.049 * (d + 1)); d--) missed[d]++;
            }
            for (int d = 0; d < 20; d++) worstEstimated = Math.max(worstEstimated, excess(missed[d], 0.049 * (d + 1)));
            for (int i = 1; i <= 20; i++) {
                double t = 0.02 * i;
                int hits = 0, both = 0;
                for (double gap : gaps) {
                    if (gap >= t - 1e-12) hits++;
                    if (Math.abs(gap) >= t - 1e-12) both++;
                }
                for (var bound : bounds(law).entrySet()) {
                    double value = bound.getValue().tail(N, t), seen = bound.getKey().equals("Chebyshev") ? both : hits;
                    worst = Math.max(worst, value >= 1 ? -1 : excess(seen, value));
                    if (value > 0 && value < 1) tightest = Math.max(tightest, seen / RUNS / value);
                    compared++;
                }
            }
        }
        Evidence.of("comparisons, 8 laws x 20 thresholds x 5 bounds", compared, exactly(800));
        Evidence.of("largest excess over a bound, in standard errors", worst, atMost(3));
        Evidence.of("the same of empirical Bernstein at 20 levels", worstEstimated, atMost(3));
        Evidence.of("largest frequency over its bound: some of them are nearly met", tightest, above(0.5));
    }

    @Test
    @Acceptance(topic = "concentration", clause = 2) void theExactTailTheChernoffAndTheHoeffdingBoundAreInOrder() {
        double exact = 0, chernoff = 0, end = 0;
        for (int n : new int[] {1, 2, 3, 5, 10, 30, 100, 300}) for (int j = 1; j < 100; j++) {
            double p = j / 100.0, tail = 0, mass = Math.pow(p, n);
            for (int k = n; k > n * p; k--) {
                tail += mass; // P(X >= k), from the mass of n downwards
                double t = (double) k / n - p, c = Concentration.chernoff(p).tail(n, t), h = Concentration.hoeffding(1).tail(n, t);
                if (k == n && mass > 1e-290) end = Math.max(end, Math.abs(c / mass - 1));
                if (tail > 1e-290) {
                    exact = Math.max(exact, tail / c);
                    chernoff = Math.max(chernoff, c / h);
                }
                mass *= k * (1 - p) / ((n - k + 1) * p);
            }
        }
        Evidence.of("largest exact binomial tail over Chernoff's bound", exact, atMost(1 + 1e-10));
        Evidence.of("largest Chernoff bound over Hoeffding's", chernoff, atMost(1 + 1e-10));
        Evidence.of("Chernoff's bound at k = n over p^n, less 1: there it is exact", end, below(1e-10));
    }

    @Test
    @Acceptance(topic = "concentration", clause = 3) void bernsteinWinsWhereTheVarianceIsSmall() {
        double least = Double.POSITIVE_INFINITY, small = Double.POSITIVE_INFINITY;
        for (double range : new double[] {0.1, 1, 25}) for (int i = 1; i <= 100; i++) for (int j = 0; j < 100; j++) {
            double t = 0.5 * range * i / 100, variance = range * range / 16 * j / 100;
            // As many values as give Hoeffding an exponent of 1, and so no underflow.
            long n = (long) Math.ceil(range * range / (2 * t * t));
            double hoeffding = -Math.log(Concentration.hoeffding(range).tail(n, t));
            least = Math.min(least, -Math.log(Concentration.bernstein(variance, range).tail(n, t)) / hoeffding);
            if (j == 0) {
                double near = 0.1 * range * i / 100;
                n = (long) Math.ceil(range * range / (2 * near * near));
                hoeffding = -Math.log(Concentration.hoeffding(range).tail(n, near));
                small = Math.min(small, -Math.log(Concentration.bernstein(0.01 * range * range, range).tail(n, near)) / hoeffding);
            }
        }
        Evidence.of("least ratio of exponents, variance under range^2/16 and t <= range/2", least, above(1));
        Evidence.of("least ratio at variance range^2/100 and t <= range/10", small, atLeast(5));
        assertThat(small).as("0.5 / (0.02 + 0.2/3), by hand").isCloseTo(0.5 / (0.02 + 0.2 / 3), within(1e-9));
    }

    private static int distinct(double[] x) { return (int) Arrays.stream(x).distinct().count(); }

    /** Of the first half of the letters with the second. */
    private static int longestCommonSubsequence(double[] letters) {
        int n = letters.length / 2;
        var row = new int[n + 1];
        for (int i = 1; i <= n; i++) {
            int diagonal = 0;
            for (int j = 1; j <= n; j++) {
                int above = row[j];
                row[j] = letters[i - 1] == letters[n + j - 1] ? diagonal + 1 : Math.max(above, row[j - 1]);
                diagonal = above;
            }
        }
        return row[n];
    }

    /** {@code int |f_n - f|} of a triangular kernel of width 0.2 about points of the uniform density, a sum on a grid where each kernel adds up to 1. */
    private static double densityError(double[] x) {
        var density = new double[71]; // from -0.2 to 1.2 in steps of 0.02
        for (double point : x) {
            int first = (int) Math.ceil((point - 0.2 + 0.2) / 0.02);
            for (int g = Math.max(0, first); g <= 70 && g * 0.02 - 0.2 <= point + 0.2; g++)
                density[g] += (1 - Math.abs(g * 0.02 - 0.2 - point) / 0.2) / 0.2 / x.length;
        }
        double sum = 0;
        for (int g = 0; g <= 70; g++) sum += 0.02 * Math.abs(density[g] - (g >= 10 && g <= 60 ? 1 : 0));
        return sum;
    }

    private static double[] draws(int n, DoubleUnaryOperator law, Rng rng) {
        var x = new double[n];
        for (int i = 0; i < n; i++) x[i] = law.applyAsDouble(rng.nextDouble());
        return x;
    }

    @Test
    @Acceptance(topic = "concentration", clause = 4) void mcDiarmidHoldsForFunctionsThatAreNoSums() {
        // Half of the draws are all the same, the others all differ: the count varies as much as the bound allows.
        mcDiarmid("distinct count", x -> distinct(x), rng -> draws(40, u -> u < 0.5 ? 0 : u, rng), 40, 1);
        mcDiarmid("longest common subsequence", x -> longestCommonSubsequence(x), rng -> draws(40, u -> Math.floor(2 * u), rng), 40, 1);
        mcDiarmid("L1 error of a kernel density", ConcentrationTest::densityError, rng -> draws(30, u -> u, rng), 30, 2 / 30.0);
    }

    private static void mcDiarmid(String name, ToDoubleFunction<double[]> f, Function<Rng, double[]> law, int n, double difference) {
        var rng = Rng.of(4);
        int runs = 20_000;
        double mean = 0;
        for (int run = 0; run < runs; run++) mean += f.applyAsDouble(law.apply(rng)) / runs;
        var values = new double[runs];
        for (int run = 0; run < runs; run++) values[run] = f.applyAsDouble(law.apply(rng)) - mean;
        var c = new double[n];
        Arrays.fill(c, difference);
        double worst = Double.NEGATIVE_INFINITY;
        for (int i = 1; i <= 20; i++) {
            double t = difference * Math.sqrt(n) * i / 10, bound = Concentration.mcdiarmid(c, t);
            double share = Arrays.stream(values).filter(v -> v >= t).count() / (double) runs;
            worst = Math.max(worst, (share - bound) / Math.sqrt(bound * (1 - bound) / runs));
        }
        Evidence.of(name + ": largest excess over McDiarmid's bound, in standard errors", worst, atMost(3));
        double measured = Arrays.stream(Concentration.measuredDifferences(f, law, 200, rng)).max().orElseThrow();
        Evidence.of(name + ": largest measured difference over the derived one", measured / difference, atMost(1 + 1e-9));
        assertThat(measured).isGreaterThan(0.5 * difference);
    }

    @Test
    @Acceptance(topic = "concentration", clause = 5) void theSampleSizeIsEnoughAndNoneSmallerIs() {
        int met = 0, asked = 0;
        double worst = 0;
        for (double p : new double[] {0.01, 0.1, 0.5, 0.8})
            for (double epsilon : new double[] {0.01, 0.03, 0.1})
                for (double delta : new double[] {0.2, 0.05, 1e-3})
                    for (var bound : List.of(Concentration.chebyshev(p * (1 - p)), Concentration.chernoff(p), Concentration.hoeffding(1),
                            Concentration.bernstein(p * (1 - p), 1))) {
                                long n = bound.samples(epsilon, delta);
                                if (bound.tail(n, epsilon) <= delta && (n == 1 || bound.tail(n - 1, epsilon) > delta)) met++;
                                asked++;
                                // The law itself: the chance that a coin's mean is off by epsilon or more.
                                worst = Math.max(worst, new Binomial(n, p).survival(Math.ceil(n * (p + epsilon) - 1e-9) - 1) / delta);
                            }
        Evidence.of("sizes asked for", asked, exactly(144));
        Evidence.of("sizes that are enough, with none smaller", met, exactly(144));
        Evidence.of("largest true probability of missing by epsilon, over delta", worst, atMost(1));
        assertThat(Concentration.hoeffding(1).samples(0.01, 0.05)).isEqualTo((long) Math.ceil(Math.log(20) / 2e-4));
    }

    @Test
    @Acceptance(topic = "concentration", clause = 6) void theConfidenceSequenceCoversAllTimes() {
        int runs = 2_000, horizon = 10_000;
        var radii = new double[horizon + 1];
        var fixed = new double[horizon + 1];
        for (int n = 1; n <= horizon; n++) {
            radii[n] = Concentration.sequenceRadius(1, n, 0.05);
            fixed[n] = Concentration.hoeffding(1).radius(n, 0.025);
        }
        int fixedHeld = 0;
        for (double p : new double[] {0.5, 0.2}) {
            var rng = Rng.of(6);
            int held = 0;
            for (int run = 0; run < runs; run++) {
                double sum = 0;
                boolean inside = true, insideFixed = true;
                for (int n = 1; n <= horizon && (inside || insideFixed); n++) {
                    sum += rng.nextDouble() < p ? 1 : 0;
                    double gap = Math.abs(sum / n - p);
                    inside &= gap <= radii[n];
                    insideFixed &= gap <= fixed[n];
                }
                if (inside) held++;
                if (insideFixed && p == 0.5) fixedHeld++;
            }
            Evidence.of("runs of tosses at " + p + " covered at all 10,000 times", held / (double) runs, atLeast(0.95));
        }
        Evidence.of("the same with the radius for one n, at 0.5", fixedHeld / (double) runs, below(0.95));
    }

    @Test void radiiAgreeWithTheirClosedForms() {
        double log = Math.log(1 / 0.03);
        assertThat(Concentration.hoeffding(2).radius(70, 0.03)).isCloseTo(2 * Math.sqrt(log / 140), within(1e-14));
        assertThat(Concentration.chebyshev(0.3).radius(70, 0.03)).isCloseTo(Math.sqrt(0.3 / (70 * 0.03)), within(1e-14));
        double a = log / (3 * 70);
        assertThat(Concentration.bernstein(0.1, 1).radius(70, 0.03)).isCloseTo(a + Math.sqrt(a * a + 0.2 * log / 70), within(1e-14));
        assertThat(Concentration.markov(2).radius(5, 0.1)).isCloseTo(18, within(1e-12));
        double two = Math.log(2 / 0.05);
        assertThat(Concentration.empiricalBernsteinRadius(new double[] {0, 3, 0, 3}, 3, 0.05))
                .isCloseTo(Math.sqrt(2 * 3 * two / 4) + 7 * two / 3, within(1e-14));
        assertThat(Concentration.mcdiarmid(new double[] {1, 2}, 1.5)).isCloseTo(Math.exp(-0.9), within(1e-15));
        // Simulation does not see how wide a confidence sequence must be: ln ln 20,000 = 2.29289, 0.72 ln 208 = 3.84303, by hand.
        assertThat(Concentration.sequenceRadius(1, 10_000, 0.05)).isCloseTo(0.85 * Math.sqrt((2.29289 + 3.84303) / 10_000), within(1e-7));
        assertThat(Concentration.sequenceRadius(3, 1, 0.05)).isCloseTo(2.55 * Math.sqrt(-0.36651 + 3.84303), within(1e-4));
        // The article's example: 1% of requests, 2% or more of 1,000.
        assertThat(Concentration.chernoff(0.01).tail(1_000, 0.01)).isCloseTo(0.020, within(5e-4));
        assertThat(Concentration.bernstein(0.0099, 1).tail(1_000, 0.01)).isCloseTo(0.023, within(5e-4));
        assertThat(Concentration.chernoff(0.9).tail(3, 0.2)).isZero();
    }

    @Test void badArguments() {
        assertThatThrownBy(() -> Concentration.markov(1).samples(0.1, 0.01))
                .hasMessageContaining("no n brings the tail at 0.1 down to 0.01");
        assertThatThrownBy(() -> Concentration.hoeffding(1).radius(10, 1)).hasMessageContaining("delta is 1.0");
        assertThatThrownBy(() -> Concentration.chernoff(1.5)).hasMessageContaining("mean is 1.5");
        assertThatThrownBy(() -> Concentration.hoeffding(1).samples(0, 0.1)).hasMessageContaining("epsilon is 0.0");
    }
}
