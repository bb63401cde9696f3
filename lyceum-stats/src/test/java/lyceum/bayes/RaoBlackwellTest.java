package lyceum.bayes;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.prob.Poisson;
import lyceum.random.Rng;
import lyceum.stats.Descriptive;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class RaoBlackwellTest {
    @Acceptance(topic = "sufficient-statistics", clause = 4)
    @Test void averagingOverWhatTheSumLeavesOpenCutsTheVariance() {
        double worst = 0, gain = Double.POSITIVE_INFINITY, bias = 0;
        int repeats = 40_000;
        for (double[] setting : new double[][] {{2, 10}, {1, 5}, {0.5, 20}}) {
            double rate = setting[0], truth = Math.exp(-rate);
            int n = (int) setting[1];
            var improved = RaoBlackwell.ofFirst(x -> x == 0 ? 1 : 0, RaoBlackwell::firstPoisson);
            var law = new Poisson(rate);
            var rng = Rng.of(n);
            double mean = 0, squares = 0, original = 0;
            var memory = new double[1_000];
            Arrays.fill(memory, Double.NaN);
            for (int i = 0; i < repeats; i++) {
                var x = new double[n];
                for (int j = 0; j < n; j++) x[j] = law.sample(rng);
                int sum = (int) Arrays.stream(x).sum();
                if (Double.isNaN(memory[sum])) memory[sum] = improved.applyAsDouble(x);
                double change = memory[sum] - mean;
                mean += change / (i + 1);
                squares += change * (memory[sum] - mean);
                original += Math.pow((x[0] == 0 ? 1 : 0) - truth, 2) / repeats;
            }
            double variance = squares / (repeats - 1), closed = Math.exp(-2 * rate) * Math.expm1(rate / n);
            worst = Math.max(worst, Math.abs(variance / closed - 1));
            gain = Math.min(gain, original / variance);
            bias = Math.max(bias, Math.abs(mean - truth) / Math.sqrt(variance / repeats));
        }
        Evidence.of("variance over its closed form, less 1, largest of 3 settings", worst, below(0.03));
        Evidence.of("least ratio of the original's variance to the improved one's", gain, above(1));
        Evidence.of("distance of the mean from exp(-l), standard errors", bias, between(0, 3));
    }

    @Test void improvementsAreConditionalMeans() {
        double[] x = {0, 3, 1, 4};
        assertThat(RaoBlackwell.ofFirst(v -> v == 0 ? 1 : 0, RaoBlackwell::firstPoisson).applyAsDouble(x)).isCloseTo(Math.pow(0.75, 8),
                within(1e-14));
        assertThat(RaoBlackwell.ofFirst(v -> v, RaoBlackwell::firstPoisson).applyAsDouble(x)).isCloseTo(2, within(1e-12));
        assertThat(RaoBlackwell.ofFirst(v -> v, RaoBlackwell::firstBernoulli).applyAsDouble(new double[] {1, 0, 0, 1, 1})).isCloseTo(0.6,
                within(1e-14));
        // P(X > 1) of exponentials: (1 - 1/S)^(n-1)
        assertThat(RaoBlackwell.ofFirst(v -> v > 1 ? 1 : 0, RaoBlackwell::firstExponential).applyAsDouble(new double[] {0.5, 2.5, 1}))
                .isCloseTo(0.75 * 0.75, within(1e-3));
        var shuffle = RaoBlackwell.byRedraws(s -> s[0] * s[1], RaoBlackwell::shuffled, 20_000, Rng.of(1));
        assertThat(shuffle.applyAsDouble(x)).isCloseTo((0 + 0 + 0 + 3 + 12 + 4) / 6.0, within(0.1));
        assertThat(shuffle.applyAsDouble(x)).isEqualTo(shuffle.applyAsDouble(x));
        double[] same = RaoBlackwell.sameMeanAndVariance(x, Rng.of(2));
        assertThat(Descriptive.mean(same)).isCloseTo(2, within(1e-14));
        assertThat(Arrays.stream(same).map(v -> v * v).sum()).isCloseTo(26, within(1e-12));
    }
}
