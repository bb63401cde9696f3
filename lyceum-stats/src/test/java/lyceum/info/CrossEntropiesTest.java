package lyceum.info;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.autograd.Autograd;
import lyceum.optim.Newton;
import lyceum.optim.SecondOrderObjective;
import lyceum.prob.Beta;
import lyceum.prob.Categorical;
import lyceum.prob.Exponential;
import lyceum.prob.Gamma;
import lyceum.prob.Mixture;
import lyceum.prob.Normal;
import lyceum.prob.Poisson;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class CrossEntropiesTest {
    private static final String TOPIC = "entropy-crossentropy-kl";

    /** Weights of very different sizes, some of them 0 where they may be. */
    private static double[] weights(Rng rng, int n, boolean zeros) {
        var w = new double[n];
        for (int i = 0; i < n; i++) w[i] = zeros && i > 0 && rng.nextInt(5) == 0 ? 0 : Math.exp(3 * rng.nextGaussian());
        return w;
    }

    private static double[] normalised(double[] w) {
        double sum = Arrays.stream(w).sum();
        return Arrays.stream(w).map(v -> v / sum).toArray();
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 1) void crossEntropyIsEntropyPlusDivergenceOn10kPairs() {
        var rng = Rng.of(453);
        double identity = 0, definition = 0, parts = 0, largestMismatch = 0;
        for (int pair = 0; pair < 10_000; pair++) {
            int n = 1 + rng.nextInt(30);
            double[] w = weights(rng, n, true), v = weights(rng, n, false), p = normalised(w), q = normalised(v);
            double plain = 0, entropy = 0, kl = 0; // by the definitions, in bits
            for (int i = 0; i < n; i++) {
                if (p[i] == 0) continue;
                plain -= p[i] * Math.log(q[i]) / Math.log(2);
                entropy -= p[i] * Math.log(p[i]) / Math.log(2);
                kl += p[i] * Math.log(p[i] / q[i]) / Math.log(2);
            }
            double cross = CrossEntropies.of(w, v, 2);
            identity = Math.max(identity, Math.abs(cross - Entropy.bits(w) - Divergences.kl(w, v) / Math.log(2)));
            definition = Math.max(definition, Math.abs(cross - plain));
            var split = CrossEntropies.split(w, v, 2);
            parts = Math.max(parts, Math.max(Math.abs(split.entropy() - entropy), Math.abs(split.divergence() - kl)));
            parts = Math.max(parts, Math.abs(split.total() - cross));
            largestMismatch = Math.max(largestMismatch, split.divergence());
        }
        Evidence.of("H(p, q) less H(p) and KL(p || q)", identity, below(1e-12));
        Evidence.of("H(p, q) less its definition", definition, below(1e-12));
        Evidence.of("the two parts less their definitions", parts, below(1e-12));
        Evidence.of("largest divergence met, bits", largestMismatch, above(5));
        assertThat(CrossEntropies.of(new double[] {0.5, 0.25, 0.25}, new double[] {0.25, 0.25, 0.5}, 2)).isCloseTo(1.75, within(1e-15));
        assertThat(CrossEntropies.perplexity(new double[] {1, 1}, new double[] {3, 3})).isCloseTo(2, within(1e-15));
        assertThat(CrossEntropies.of(new double[] {1, 1}, new double[] {1, 0})).isEqualTo(Double.POSITIVE_INFINITY);
    }

    /** Formulas against the integral of {@code -p log q}. */
    @Test
    @Acceptance(topic = TOPIC, clause = 1) void theIdentityHoldsForDistributionsToo() {
        UnivariateDistribution[][] pairs = {{new Normal(0, 1), new Normal(1, 2)}, {new Gamma(2, 3), new Gamma(1.5, 1)},
                {new Beta(2, 3), new Beta(4, 1.5)}, {new Poisson(3), new Poisson(5)}, {new Exponential(2), new Gamma(2, 2)},
                {new Categorical(1, 2, 3), new Categorical(3, 2, 1)}};
        double gap = 0;
        for (var pair : pairs) {
            double integral = CrossEntropies.byIntegration(pair[0], pair[1]), sum = CrossEntropies.split(pair[0], pair[1], 10).total();
            gap = Math.max(gap, Math.abs(CrossEntropies.of(pair[0], pair[1]) - integral));
            gap = Math.max(gap, Math.abs(sum * Math.log(10) - integral));
        }
        Evidence.of("formula less integral, six pairs", gap, below(1e-9));
        // -E_p log q of a normal q needs only the moments of p
        var bumps = Mixture.of(new Normal(-2, 1), new Normal(2, 1));
        double moments = 0.5 * Math.log(2 * Math.PI * 9) + (bumps.variance() + 1) / 18;
        assertThat(CrossEntropies.of(bumps, new Normal(1, 3))).isCloseTo(moments, within(1e-9));
        assertThat(CrossEntropies.of(new Normal(0, 1), new Exponential(1))).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(CrossEntropies.perplexity(new Poisson(3), new Poisson(3))).isCloseTo(Math.exp(new Poisson(3).entropy()), within(1e-9));
        assertThatThrownBy(() -> CrossEntropies.of(new double[1], new double[2])).hasMessage("CrossEntropy: vectors of 1 and 2 weights");
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 2) void huffmanSpendsLessThanABitTooMuch() {
        var rng = Rng.of(2);
        double least = Double.POSITIVE_INFINITY, most = 0, kraft = 0;
        for (int d = 0; d < 1_000; d++) {
            double[] p = normalised(weights(rng, 1 + rng.nextInt(60), true));
            var code = HuffmanCode.of(p);
            int[] lengths = code.lengths();
            double mean = 0, entropy = 0, sum = 0;
            for (int i = 0; i < p.length; i++) {
                mean += p[i] * lengths[i];
                if (p[i] > 0) {
                    entropy -= p[i] * Math.log(p[i]) / Math.log(2);
                    sum += Math.pow(2, -lengths[i]);
                }
            }
            least = Math.min(least, mean - entropy);
            most = Math.max(most, mean - entropy);
            kraft = Math.max(kraft, Math.abs(sum - 1)); // a complete prefix code exists for these lengths
            assertThat(code.meanLength()).isCloseTo(mean, within(1e-12));
        }
        Evidence.of("least of mean length less H, bits", least, atLeast(-1e-12));
        Evidence.of("largest", most, below(1));
        Evidence.of("Kraft's sum less 1", kraft, atMost(0));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 3) void arithmeticCodingSpendsTheCrossEntropy() {
        double worst = 0, leastMismatch = Double.POSITIVE_INFINITY;
        int lost = 0;
        for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(300 + seed);
            double[] p = normalised(new double[] {0.4, 0.3, 0.15, 0.1, 0.05}), q = {0.1, 0.2, 0.4, 0.2, 0.1};
            var alias = new Categorical(p).alias();
            var symbols = new int[100_000];
            for (int i = 0; i < symbols.length; i++) symbols[i] = alias.sample(rng);
            var coder = new ArithmeticCoder(q);
            var message = coder.encode(symbols);
            if (!Arrays.equals(coder.decode(message, symbols.length), symbols)) lost++;
            double bits = 0, entropy = 0;
            for (int i = 0; i < p.length; i++) {
                bits -= p[i] * Math.log(q[i]) / Math.log(2);
                entropy -= p[i] * Math.log(p[i]) / Math.log(2);
            }
            assertThat(CrossEntropies.of(p, q, 2)).isCloseTo(bits, within(1e-12));
            worst = Math.max(worst, Math.abs(message.bits() / 1e5 / bits - 1));
            assertThat(8L * message.bytes().length - message.bits()).isBetween(0L, 7L);
            leastMismatch = Math.min(leastMismatch, message.bits() / 1e5 - entropy);
        }
        Evidence.of("bits a symbol over H(p, q), less 1, three messages of 100,000", worst, below(0.01));
        Evidence.of("messages that came back changed", lost, exactly(0));
        Evidence.of("least excess over H(p), bits a symbol", leastMismatch, above(0.5));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 4) void crossEntropyAndDivergenceHaveTheSameGradientInLogits() {
        var rng = Rng.of(4);
        double between = 0, formula = 0;
        for (int draw = 0; draw < 200; draw++) {
            int n = 2 + rng.nextInt(20);
            double[] p = normalised(weights(rng, n, true)), z = new double[n];
            for (int i = 0; i < n; i++) z[i] = 2 * rng.nextGaussian();
            double[] q = normalised(Arrays.stream(z).map(Math::exp).toArray());
            double[] cross = Autograd.valueAndGrad(t -> CrossEntropies.ofLogits(Tensor.of(p), t, 0), Tensor.of(z)).gradient()
                    .toDoubleArray();
            double[] kl = Autograd.valueAndGrad(t -> Divergences.kl(Tensor.of(p), t.softmax(0), 0), Tensor.of(z)).gradient()
                    .toDoubleArray();
            for (int i = 0; i < n; i++) {
                between = Math.max(between, Math.abs(cross[i] - kl[i]));
                formula = Math.max(formula, Math.abs(cross[i] - (q[i] - p[i])));
            }
            assertThat(CrossEntropies.ofLogits(Tensor.of(p), Tensor.of(z), 0).item()).isCloseTo(CrossEntropies.of(p, q), within(1e-12));
        }
        Evidence.of("largest difference of the two gradients", between, below(1e-12));
        Evidence.of("largest difference from softmax(z) - p", formula, below(1e-12));
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 5) void theBestModelIsTheEmpiricalDistribution() {
        var rng = Rng.of(5);
        double worst = 0, excess = 0;
        for (int draw = 0; draw < 20; draw++) {
            int n = 2 + rng.nextInt(8);
            var counts = new double[n];
            for (int i = 0; i < n; i++) counts[i] = 1 + rng.nextInt(200);
            var found = new Newton().withGradientTolerance(1e-12)
                    .minimize(SecondOrderObjective.of(z -> CrossEntropies.ofLogits(Tensor.of(counts), z, 0)), new double[n]);
            double[] q = normalised(Arrays.stream(found.x()).map(Math::exp).toArray()), empirical = normalised(counts);
            for (int i = 0; i < n; i++) worst = Math.max(worst, Math.abs(q[i] - empirical[i]));
            excess = Math.max(excess, Math.abs(found.value() - Entropy.of(counts)));
        }
        Evidence.of("largest distance of the minimiser from the relative frequencies", worst, below(1e-8));
        Evidence.of("least cross-entropy less the entropy of the counts", excess, below(1e-12));
    }
}
