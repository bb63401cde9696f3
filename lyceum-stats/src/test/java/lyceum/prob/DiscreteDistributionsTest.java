package lyceum.prob;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.stats.HypothesisTest;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

/** Bernoulli, binomial, categorical and multinomial distributions. */
class DiscreteDistributionsTest {
    private static final Golden GOLDEN = Golden.load("golden/discrete-distributions.json");

    @Test
    @Acceptance(topic = "discrete-distributions", clause = 1) void massesEqualSciPyAndFortyDigits() {
        Gap usual = Gap.relative(), large = Gap.relative(), masses = Gap.relative(), logs = Gap.relativeBeyondOne(),
                entropies = Gap.relativeBeyondOne();
        int quantiles = 0;
        for (var c : GOLDEN.list("cases")) {
            String name = c.text("name");
            if (name.startsWith("multinomial")) {
                var d = new Multinomial(c.integer("input.trials"), c.doubles("input.weights"));
                double[][] x = c.matrix("input.x");
                double[] log = c.doubles("expected.logPmf"), pmf = c.doubles("expected.pmf");
                for (int i = 0; i < x.length; i++) {
                    logs.see(name + " " + i, d.logDensity(x[i]), log[i]);
                    masses.see(name + " " + i, Math.exp(d.logDensity(x[i])), pmf[i]);
                }
                entropies.see(name, d.entropy(), c.number("expected.entropy"));
                continue;
            }
            List<UnivariateDistribution> both = new ArrayList<>();
            if (name.startsWith("binomial")) {
                both.add(new Binomial(c.integer("input.trials"), c.number("input.probability")));
                if (c.integer("input.trials") == 1) both.add(new Bernoulli(c.number("input.probability")));
            } else both.add(new Categorical(c.doubles("input.weights")));
            double[] pmf = c.doubles("expected.pmf"), cdf = c.doubles("expected.cdf"), log = c.doubles("expected.logPmf");
            double[] p = c.doubles("input.p"), quantile = c.doubles("expected.quantile");
            double[] k = c.has("input.k") ? c.doubles("input.k") : IntStream.range(0, pmf.length).asDoubleStream().toArray();
            // SciPy's own masses of 100,000 trials are 1.8e-12 off
            var scipy = c.has("input.trials") && c.integer("input.trials") == 100_000 ? large : usual;
            for (var d : both) {
                for (int i = 0; i < k.length; i++) {
                    scipy.see(name + " mass of " + k[i], d.density(k[i]), pmf[i]);
                    scipy.see(name + " cdf at " + k[i], d.cdf(k[i]), cdf[i]);
                    if (c.has("expected.survival")) {
                        masses.see(name + " mass of " + k[i], d.density(k[i]), c.doubles("expected.exactPmf")[i]);
                        masses.see(name + " cdf at " + k[i], d.cdf(k[i]), c.doubles("expected.exactCdf")[i]);
                        double upper = c.doubles("expected.survival")[i];
                        if (upper > 1e-30) masses.see(name + " survival at " + k[i], d.survival(k[i]), upper);
                    }
                    logs.see(name + " log mass of " + k[i], d.logDensity(k[i]), log[i]);
                }
                for (int i = 0; i < p.length; i++, quantiles++)
                    assertThat(d.quantile(p[i])).as(name + " quantile of " + p[i]).isEqualTo(quantile[i]);
                entropies.see(name, d.entropy(), c.number("expected.entropy"));
            }
        }
        Evidence.of("quantiles, all equal to SciPy's", quantiles, atLeast(100));
        Evidence.of("masses and cdfs compared with SciPy's", usual.seen() + large.seen(), atLeast(200));
        Evidence.of("their largest relative gap", usual, below(1e-12));
        Evidence.of("of 100,000 trials", large, below(1e-11));
        Evidence.of("multinomial and binomial masses, cdfs and survivals against 40 digits, relative", masses, below(1e-12));
        Evidence.of("log masses", logs, below(1e-12));
        Evidence.of("entropies", entropies, below(1e-12));
    }

    /** Observed and expected counts, neighbours put together until five are expected. */
    private static double p(double[] observed, double[] expected) {
        var o = new ArrayList<Double>();
        var e = new ArrayList<Double>();
        double seen = 0, due = 0;
        for (int i = 0; i < observed.length; i++) {
            seen += observed[i];
            due += expected[i];
            if (due < 5) continue;
            o.add(seen);
            e.add(due);
            seen = due = 0;
        }
        if (o.size() < 2) throw new AssertionError("one cell");
        o.set(o.size() - 1, o.getLast() + seen);
        e.set(e.size() - 1, e.getLast() + due);
        return HypothesisTest.chiSquare(o.stream().mapToDouble(v -> v).toArray(), e.stream().mapToDouble(v -> v).toArray()).pValue();
    }

    private static double p(UnivariateDistribution d, DoubleSupplier draw, int n) {
        int low = (int) d.quantile(1e-9), high = (int) d.upperQuantile(1e-9);
        double[] observed = new double[high - low + 1], expected = new double[observed.length];
        for (int i = 0; i < n; i++) observed[Math.clamp((long) draw.getAsDouble() - low, 0, high - low)]++;
        for (int k = low; k <= high; k++) expected[k - low] = n * (d.cdf(k) - (k == low ? 0 : d.cdf(k - 1)));
        expected[high - low] = n * d.survival(high - 1);
        return p(observed, expected);
    }

    /** Every vector of counts with this sum, in lexicographic order, and its mass by factorials. */
    private static Map<String, Double> vectors(int n, double[] p) {
        var all = new TreeMap<String, Double>();
        fill(new double[p.length], 0, n, 1, p, all);
        return all;
    }

    private static void fill(double[] x, int at, int rest, double mass, double[] p, Map<String, Double> all) {
        if (at == x.length - 1) {
            x[at] = rest;
            all.put(Arrays.toString(x), mass * Math.pow(p[at], rest));
            return;
        }
        double ways = 1;
        for (int k = 0; k <= rest; k++) {
            x[at] = k;
            fill(x, at + 1, rest - k, mass * ways * Math.pow(p[at], k), p, all);
            ways = ways * (rest - k) / (k + 1);
        }
    }

    @Test
    @Acceptance(topic = "discrete-distributions", clause = 2) void drawsFollowTheirMasses() {
        int n = 100_000, sets = 0;
        double least = 1;
        var families = new ArrayList<UnivariateDistribution>();
        for (double p : new double[] {0.02, 0.5, 0.7, 0.999}) families.add(new Bernoulli(p));
        for (double[] np : new double[][] {{2, 0.3}, {20, 0.1}, {20, 0.9}, {25, 0.5}, {60, 0.2}, {100, 0.1}, {300, 0.97}, {1_000, 0.009},
                {1_000, 0.5}, {10_000, 0.3}, {100_000, 1e-5}, {100_000, 0.0005}, {1_000_000, 0.4}, {1_000_000_000, 3e-7}})
            families.add(new Binomial((long) np[0], np[1]));
        var recipe = Rng.of(514);
        for (int i = 0; i < 6; i++) {
            var weights = new double[new int[] {2, 3, 7, 20, 50, 200}[i]];
            for (int j = 0; j < weights.length; j++) weights[j] = recipe.nextInt(5) == 0 ? 0 : -Math.log(recipe.nextDoublePositive());
            weights[0] = 1;
            weights[1] = 0.3;
            families.add(new Categorical(weights));
        }
        for (var d : families) {
            var rng = Rng.of(5_000 + sets++);
            least = Math.min(least, p(d, () -> d.sample(rng), n));
        }
        for (var d : families.subList(families.size() - 6, families.size())) { // the same weights by alias table
            var rng = Rng.of(6_000 + sets++);
            var table = ((Categorical) d).alias();
            least = Math.min(least, p(d, () -> table.sample(rng), n));
        }
        for (double[] w : new double[][] {{3, 0.2, 0.3, 0.5}, {8, 0.1, 0.2, 0.3, 0.4}, {10, 0.9, 0.02, 0.08}, {5, 1, 1, 1, 1, 1},
                {1, 0.3, 0, 0.7}}) {
            var d = new Multinomial((long) w[0], Arrays.copyOfRange(w, 1, w.length));
            var rng = Rng.of(7_000 + sets++);
            var counts = new TreeMap<String, Double>();
            for (int i = 0; i < n; i++) counts.merge(Arrays.toString(d.sample(rng)), 1.0, Double::sum);
            var all = vectors((int) d.trials(), d.probabilities());
            assertThat(all.keySet()).containsAll(counts.keySet());
            least = Math.min(least, p(all.keySet().stream().mapToDouble(x -> counts.getOrDefault(x, 0.0)).toArray(),
                    all.values().stream().mapToDouble(m -> n * m).toArray()));
        }
        for (double[] w : new double[][] {{100, 0.2, 0.1, 0.3, 0.4}, {1_000, 0.5, 0.001, 0.499}, {50_000, 0.25, 0.25, 0.5},
                {200, 0, 0.3, 0.1, 0.6}, {10_000, 1, 1, 1, 1, 1, 1}}) {
            var d = new Multinomial((long) w[0], Arrays.copyOfRange(w, 1, w.length));
            var rng = Rng.of(8_000 + sets++);
            double together = d.probabilities()[1] + d.probabilities()[2]; // two counts together are binomial
            least = Math.min(least, p(new Binomial(d.trials(), together), () -> {
                double[] x = d.sample(rng);
                return x[1] + x[2];
            }, n));
        }
        Evidence.of("parameter sets", sets, exactly(40));
        Evidence.of("least p of chi-square; 0.001 over 40", least, above(0.001 / 40));
    }

    @Test
    @Acceptance(topic = "discrete-distributions", clause = 3) void binomialsAreSumsAndCategoriesSingleTrials() {
        Gap sums = Gap.relative(), single = Gap.relative(), entropies = Gap.relativeBeyondOne();
        for (double p : new double[] {0.5, 0.07, 0.93, 1e-6, 0.31}) {
            double[] law = {1};
            for (int n = 1; n <= 200; n++) {
                var next = new double[n + 1];
                for (int k = 0; k < n; k++) for (int x = 0; x <= 1; x++) next[k + x] += law[k] * new Bernoulli(p).density(x);
                law = next;
                if (n > 5 && n % 39 != 0) continue;
                var d = new Binomial(n, p);
                for (int k = 0; k <= n; k++) if (law[k] > 1e-290) sums.see(n + " trials of " + p + " at " + k, d.density(k), law[k]);
            }
        }
        var rng = Rng.of(3);
        for (int i = 0; i < 50; i++) {
            var weights = new double[2 + rng.nextInt(9)];
            for (int j = 0; j < weights.length; j++) weights[j] = Math.exp(4 * rng.nextGaussian());
            var one = new Categorical(weights);
            var counts = new Multinomial(1, weights);
            for (int k = 0; k < weights.length; k++) {
                var hot = new double[weights.length];
                hot[k] = 1;
                single.see("mass", Math.exp(counts.logDensity(hot)), one.density(k));
                single.see("mean", counts.mean()[k], one.density(k));
            }
            entropies.see("entropy", counts.entropy(), one.entropy());
        }
        Evidence.of("masses of sums compared", sums.seen(), atLeast(2_000));
        Evidence.of("binomial less n-fold convolution, relative", sums, below(1e-12));
        Evidence.of("categorical less multinomial of one trial, relative", single, below(1e-12));
        Evidence.of("their entropies", entropies, below(1e-12));
    }

    @Test
    @Acceptance(topic = "discrete-distributions", clause = 4) void noisyMaximaAreSoftmax() {
        double[][] all = {{0, 1, 2}, {-3, 0.5, 0.1, 2, 2, Double.NEGATIVE_INFINITY, -1}, {1000, 1001, 998, 1000.5}};
        double least = 1;
        for (int s = 0; s < all.length; s++) {
            double[] logits = all[s], observed = new double[logits.length], expected = new double[logits.length];
            double most = Arrays.stream(logits).max().orElseThrow(), total = Arrays.stream(logits).map(z -> Math.exp(z - most)).sum();
            var rng = Rng.of(40 + s);
            for (int i = 0; i < 100_000; i++) observed[GumbelMax.sample(logits, rng)]++;
            for (int i = 0; i < logits.length; i++) expected[i] = 100_000 * Math.exp(logits[i] - most) / total;
            for (int i = 0; i < logits.length; i++) if (expected[i] == 0) assertThat(observed[i]).isZero();
            least = Math.min(least, p(observed, expected));
        }
        Evidence.of("least p over three sets of logits", least, above(0.01));
    }

    @Test
    @Acceptance(topic = "discrete-distributions", clause = 5) void countsAreNegativelyCorrelated() {
        double worst = 0;
        int entries = 0, n = 100_000;
        for (double[] w : new double[][] {{10, 0.2, 0.3, 0.5}, {40, 0.7, 0.05, 0.05, 0.2}, {1_000, 1, 2, 3, 4, 5}}) {
            var d = new Multinomial((long) w[0], Arrays.copyOfRange(w, 1, w.length));
            double[] p = Arrays.stream(w).skip(1).map(v -> v / (Arrays.stream(w).sum() - w[0])).toArray();
            int k = p.length;
            var rng = Rng.of(5 + k);
            double[][] sum = new double[k][k], square = new double[k][k];
            for (int t = 0; t < n; t++) {
                double[] x = d.sample(rng);
                for (int i = 0; i < k; i++) for (int j = 0; j <= i; j++) {
                    double v = (x[i] - w[0] * p[i]) * (x[j] - w[0] * p[j]);
                    sum[i][j] += v;
                    square[i][j] += v * v;
                }
            }
            for (int i = 0; i < k; i++) for (int j = 0; j <= i; j++, entries++) {
                double mean = sum[i][j] / n, error = Math.sqrt((square[i][j] / n - mean * mean) / n);
                double truth = w[0] * ((i == j ? p[i] : 0) - p[i] * p[j]);
                worst = Math.max(worst, Math.abs(mean - truth) / error);
                assertThat(d.covariance()[i][j]).isCloseTo(truth, within(1e-12 * w[0]));
                assertThat(d.covariance()[j][i]).isCloseTo(truth, within(1e-12 * w[0]));
            }
        }
        Evidence.of("entries", entries, exactly(31));
        Evidence.of("covariances of draws against n (diag(p) - p p'), in standard errors", worst, atMost(4));
    }

    private static double[] gradient(UnaryOperator<Tensor> f, double... at) {
        return Autograd.valueAndGrad(z -> f.apply(z).sum(), Tensor.of(at)).gradient().toDoubleArray();
    }

    @Test void logitsHaveGradients() {
        double[] z = {0.3, -2, 40, -800}, x = {1, 0, 1, 0};
        double[] slope = gradient(t -> Bernoulli.logMass(t, Tensor.of(x)), z);
        for (int i = 0; i < 4; i++) {
            double p = 1 / (1 + Math.exp(-z[i]));
            assertThat(slope[i]).isCloseTo(x[i] - p, within(1e-15));
            assertThat(Bernoulli.logMass(Tensor.of(z), Tensor.of(x)).item(i)).isCloseTo(Bernoulli.ofLogit(z[i]).logDensity(x[i]),
                    within(1e-15));
        }
        double[] k = {3, 0, 7};
        var binomial = Binomial.logMass(7, Tensor.of(0.3, -2, 4), Tensor.of(k));
        double[] slopes = gradient(t -> Binomial.logMass(7, t, Tensor.of(k)), 0.3, -2, 4);
        for (int i = 0; i < 3; i++) {
            double p = 1 / (1 + Math.exp(-new double[] {0.3, -2, 4}[i]));
            assertThat(binomial.item(i)).isCloseTo(new Binomial(7, p).logDensity(k[i]), within(1e-13));
            assertThat(slopes[i]).isCloseTo(k[i] - 7 * p, within(1e-14));
        }
        double[] logits = {1, 3, -2};
        var law = Categorical.ofLogits(logits);
        var masses = Categorical.logMass(Tensor.of(new double[][] {logits, logits}), Tensor.of(new double[] {2, 0}));
        assertThat(masses.toDoubleArray()).containsExactly(new double[] {law.logDensity(2), law.logDensity(0)}, within(1e-15));
        double[] scores = gradient(t -> Categorical.logMass(t, Tensor.of(2.0)), logits);
        double[] counts = {2, 5, 1}, together = gradient(t -> Multinomial.logMass(t, Tensor.of(counts)), logits);
        for (int i = 0; i < 3; i++) {
            assertThat(scores[i]).isCloseTo((i == 2 ? 1 : 0) - law.density(i), within(1e-15));
            assertThat(together[i]).isCloseTo(counts[i] - 8 * law.density(i), within(1e-14));
        }
        assertThat(Multinomial.logMass(Tensor.of(logits), Tensor.of(counts)).item())
                .isCloseTo(Multinomial.ofLogits(8, logits).logDensity(counts), within(1e-13));
    }

    @Test void fitsMaximiseTheLikelihood() {
        assertThat(Bernoulli.fit(1, 0, 1, 1).probability()).isEqualTo(0.75);
        assertThat(Binomial.fit(5, 2, 3, 0, 1).probability()).isCloseTo(6 / 20.0, within(1e-16));
        assertThat(Categorical.fit(4, 3, 0, 3, 1).probabilities()).containsExactly(0.25, 0.25, 0, 0.5);
        assertThat(Multinomial.fit(new double[][] {{3, 1, 0}, {1, 1, 2}}).probabilities()).containsExactly(0.5, 0.25, 0.25);
        assertThatThrownBy(() -> Bernoulli.fit(0.5)).hasMessageContaining("0.5 successes");
        assertThatThrownBy(() -> Categorical.fit(2, 2)).hasMessage("fit: outcome 2; they are 0 to 1");
        assertThatThrownBy(() -> Multinomial.fit(new double[][] {{1, 2}, {1, 1}})).hasMessageContaining("[1.0, 1.0]");
    }

    @Test void edges() {
        for (var d : List.of(new Bernoulli(0), new Bernoulli(1), new Bernoulli(0.3))) for (double x : new double[] {-1, 0, 0.5, 1, 2}) {
            var twin = new Binomial(1, d.probability());
            assertThat(d.logDensity(x)).isCloseTo(twin.logDensity(x), within(1e-15));
            assertThat(d.density(x)).isCloseTo(twin.density(x), within(1e-15));
            assertThat(d.cdf(x)).isCloseTo(twin.cdf(x), within(1e-15));
            assertThat(d.survival(x)).isCloseTo(twin.survival(x), within(1e-15));
        }
        var d = new Multinomial(6, 0.2, 0, 0.3, 0.5);
        assertThat(d.logDensity(new double[] {1, 0, 2, 2})).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(d.logDensity(new double[] {1, 1, 2, 2})).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(d.logDensity(new double[] {-1, 0, 3, 4})).isEqualTo(Double.NEGATIVE_INFINITY);
        double total = 0, below = 0;
        for (int a = 0; a <= 6; a++) for (int c = 0; a + c <= 6; c++) {
            double mass = Math.exp(d.logDensity(new double[] {a, 0, c, 6 - a - c}));
            total += mass;
            if (a <= 2 && c <= 3 && 6 - a - c <= 4) below += mass;
        }
        assertThat(total).isCloseTo(1, within(1e-14));
        assertThat(d.cdf(new double[] {2, 0, 3, 4.5})).isCloseTo(below, within(1e-14));
        assertThat(d.cdf(new double[] {2, 0, 3, -1})).isZero();
        assertThat(d.cdf(new double[] {9, 9, 9, 9})).isCloseTo(1, within(1e-14));
        assertThat(new Multinomial(0, 1, 2).logDensity(new double[2])).isZero();
        assertThat(new Multinomial(9, 0, 2).sample(Rng.of(1))).containsExactly(0, 9);
        assertThat(new Multinomial(9, 0, 2).entropy()).isCloseTo(0, within(1e-15));
    }
}
