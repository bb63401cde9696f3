package lyceum.prob;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class CategoricalTest {
    private static final double[] LOADED = {0.05, 0.3, 0, 0.15, 0.001, 0.2, 0.099, 0.2};

    @Test
    @Acceptance(topic = "discrete-distribution", clause = 1) void massesAreProbabilities() {
        var rng = Rng.of(158);
        double gap = 0, least = 0, ratio = 0;
        int constructions = 0;
        for (; constructions < 1_000; constructions++) {
            int n = (int) Math.exp(8 * rng.nextDouble()), kind = constructions % 3;
            var numbers = new double[n];
            for (int i = 0; i < n; i++) numbers[i] = switch (kind) {
                case 0 -> 1e-30 * Math.exp(20 * rng.nextGaussian());
                case 1 -> rng.nextInt(5);
                default -> rng.nextInt(10) == 0 ? Double.NEGATIVE_INFINITY : 1e4 + 300 * rng.nextGaussian();
            };
            numbers[0] = kind == 0 ? 1e-30 : kind == 1 ? 1 : 1e4;
            double[] p = (kind == 2 ? Categorical.ofLogits(numbers) : new Categorical(numbers)).probabilities();
            double sum = 0;
            for (double v : p) {
                sum += v;
                least = Math.min(least, v);
            }
            gap = Math.max(gap, Math.abs(sum - 1));
            // and they are the weights: ratios to the first
            for (int i = 0; i < n; i++)
                if (p[0] > 1e-280 && p[i] > 1e-280 && p[i] / p[0] < 1e300)
                    ratio = Math.max(ratio, kind == 2 ? Math.abs(Math.log(p[i] / p[0]) - (numbers[i] - numbers[0]))
                            : Math.abs(p[i] / p[0] / (numbers[i] / numbers[0]) - 1));
        }
        Evidence.of("constructions", constructions, exactly(1_000));
        Evidence.of("least mass", least, atLeast(0));
        Evidence.of("sums less 1", gap, below(1e-12));
        Evidence.of("ratios of masses against ratios of weights", ratio, below(1e-9));
        var invalid = List.<Executable>of(() -> new Categorical(), () -> new Categorical(0, 0), () -> new Categorical(0.5, -1e-9),
                () -> new Categorical(1, Double.NaN), () -> new Categorical(1, Double.POSITIVE_INFINITY), () -> Categorical.ofLogits(),
                () -> Categorical.ofLogits(Double.NaN, 0), () -> Categorical.ofLogits(Double.POSITIVE_INFINITY, 0),
                () -> Categorical.ofLogits(Double.NEGATIVE_INFINITY), () -> new Categorical(1, 0).given(i -> i == 1),
                () -> FiniteDistribution.of(new double[] {1, 2}, 1), () -> FiniteDistribution.of(new double[] {Double.NaN}, 1),
                () -> FiniteDistribution.uniform(2, 1), () -> FiniteDistribution.of(new Normal(0, 1), 0, 1));
        int refused = 0;
        for (var attempt : invalid) {
            try {
                attempt.execute();
            } catch (IllegalArgumentException e) {
                refused++;
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }
        Evidence.of("invalid constructions refused", refused, exactly(invalid.size()));
    }

    @Test
    @Acceptance(topic = "discrete-distribution", clause = 2) void threeSamplersFit() {
        var rng = Rng.of(50_000);
        var law = new Categorical(LOADED);
        var alias = law.alias();
        double[] logits = Arrays.stream(LOADED).map(p -> Math.log(p) + 7).toArray();
        long[] inverse = new long[8], columns = new long[8], gumbel = new long[8];
        for (int i = 0; i < 50_000; i++) {
            inverse[(int) law.sample(rng)]++;
            columns[alias.sample(rng)]++;
            gumbel[GumbelMax.sample(logits, rng)]++;
        }
        Evidence.of("chi-square p, inverse cdf", FactorizationTest.chiSquareP(inverse, LOADED), above(0.001));
        Evidence.of("chi-square p, alias table", FactorizationTest.chiSquareP(columns, LOADED), above(0.001));
        Evidence.of("chi-square p, Gumbel-max", FactorizationTest.chiSquareP(gumbel, LOADED), above(0.001));
    }

    @Test
    @Acceptance(topic = "discrete-distribution", clause = 3) void aliasColumnsAddUpToTheLaw() {
        var rng = Rng.of(1977);
        double worst = 0;
        int tables = 0;
        for (; tables < 300; tables++) {
            int n = 1 + rng.nextInt(3_000);
            var weights = new double[n];
            for (int i = 0; i < n; i++) weights[i] = rng.nextInt(8) == 0 ? 0 : Math.pow(rng.nextDouble(), 1 + tables % 5 * 3);
            weights[rng.nextInt(n)] = 1;
            double sum = Arrays.stream(weights).sum();
            var table = new AliasTable(weights);
            // rebuilt here, column by column
            var p = new double[n];
            for (int i = 0; i < n; i++) {
                assertThat(table.share(i)).isBetween(0.0, 1.0);
                p[i] += table.share(i) / n;
                p[table.alias(i)] += (1 - table.share(i)) / n;
            }
            double[] told = table.probabilities();
            for (int i = 0; i < n; i++) {
                worst = Math.max(worst, Math.abs(p[i] - weights[i] / sum));
                worst = Math.max(worst, Math.abs(told[i] - weights[i] / sum));
                if (weights[i] == 0) assertThat(table.share(i)).isZero();
            }
        }
        Evidence.of("tables", tables, exactly(300));
        Evidence.of("rebuilt masses against p", worst, below(1e-12));
    }

    @Test
    @Acceptance(topic = "discrete-distribution", clause = 4) void gumbelTopKIsDrawingOneByOne() {
        var rng = Rng.of(158);
        double[] p = {0.5, 0.25, 0.15, 0.1};
        int n = 100_000;
        int[] pairs = new int[16], sequential = new int[16];
        var law = new Categorical(p);
        for (int i = 0; i < n; i++) {
            int[] two = law.sampleWithoutReplacement(rng, 2);
            pairs[4 * two[0] + two[1]]++;
            int first = (int) law.sample(rng), second = first;
            while (second == first) second = (int) law.sample(rng);
            sequential[4 * first + second]++;
        }
        double worst = 0, exact = 0;
        int compared = 0;
        for (int a = 0; a < 4; a++) for (int b = 0; b < 4; b++) {
            if (a == b) {
                assertThat(pairs[4 * a + b]).isZero();
                continue;
            }
            double truth = p[a] * p[b] / (1 - p[a]), deviation = Math.sqrt(truth * (1 - truth) / n);
            exact = Math.max(exact, Math.abs(pairs[4 * a + b] / (double) n - truth) / deviation);
            worst = Math.max(worst, Math.abs(pairs[4 * a + b] - sequential[4 * a + b]) / (double) n / (Math.sqrt(2) * deviation));
            compared++;
        }
        Evidence.of("ordered pairs", compared, exactly(12));
        Evidence.of("against sequential draws, in standard errors of the difference", worst, atMost(3));
        Evidence.of("against p_a p_b / (1 - p_a), in standard errors", exact, atMost(3));
    }

    @Test
    @Acceptance(topic = "discrete-distribution", clause = 5) void twoDice() {
        var die = FiniteDistribution.uniform(1, 6);
        var two = die.plus(die);
        double worst = 0;
        for (int sum = 2; sum <= 12; sum++) worst = Math.max(worst, Math.abs(two.density(sum) - (6 - Math.abs(sum - 7)) / 36.0));
        Evidence.of("sums", two.values().length, exactly(11));
        Evidence.of("masses against k/36", worst, atMost(1e-15));
        assertThat(two.mode()).isEqualTo(7);
        assertThat(two.mean()).isCloseTo(7, within(1e-14));
        assertThat(two.variance()).isCloseTo(35 / 6.0, within(1e-13));
        assertThat(two.cdf(4.5)).isCloseTo(6 / 36.0, within(1e-15));
        assertThat(two.survival(10)).isCloseTo(3 / 36.0, within(1e-15));
        assertThat(two.cdf(1)).isZero();
        assertThat(two.quantile(0.5)).isEqualTo(7);
        assertThat(two.given(s -> s >= 10).mean()).isCloseTo((10 * 3 + 11 * 2 + 12) / 6.0, within(1e-13));
        assertThat(die.map(x -> x % 2).probabilities()).containsExactly(new double[] {0.5, 0.5}, within(1e-15));
        // sums of other families: two Poissons are one
        var sum = FiniteDistribution.of(new Poisson(2), 0, 60).plus(FiniteDistribution.of(new Poisson(3), 0, 60));
        for (int k = 0; k < 20; k++) assertThat(sum.density(k)).isCloseTo(new Poisson(5).density(k), within(1e-14));
        assertThat(FiniteDistribution.of(new Binomial(4, 0.5), 1, 4).density(1)).isCloseTo(4 / 15.0, within(1e-15));
    }

    @Test
    @Acceptance(topic = "discrete-distribution", clause = 6) void logitsAreTensorSoftmax() {
        var rng = Rng.of(6);
        double worst = 0;
        for (int k = 0; k < 200; k++) {
            double scale = Math.pow(10, k % 5 - 1), shift = 1e3 * rng.nextGaussian();
            double[] logits = IntStream.range(0, 1 + rng.nextInt(300)).mapToDouble(i -> shift + scale * rng.nextGaussian()).toArray();
            double[] ours = Categorical.ofLogits(logits).probabilities(), softmax = Tensor.of(logits).softmax(-1).toDoubleArray();
            for (int i = 0; i < ours.length; i++) worst = Math.max(worst, Math.abs(ours[i] - softmax[i]));
        }
        Evidence.of("largest gap over 200 vectors", worst, below(1e-12));
    }

    @Test void noiseIsFiniteAndGumbel() {
        var rng = Rng.of(3);
        double sum = 0, square = 0;
        int n = 200_000;
        for (int i = 0; i < n; i++) {
            double g = GumbelMax.noise(rng);
            assertThat(Double.isFinite(g)).isTrue();
            sum += g;
            square += g * g;
        }
        assertThat(sum / n).isCloseTo(0.5772156649, within(0.012));
        assertThat(square / n - sum / n * (sum / n)).isCloseTo(Math.PI * Math.PI / 6, within(0.03));
        assertThatThrownBy(() -> new Categorical(1, 0, 1).sampleWithoutReplacement(rng, 3))
                .hasMessage("topK: 3 outcomes of 2 possible ones");
        assertThat(new Categorical(1, 0, 1).sampleWithoutReplacement(rng, 2)).containsExactlyInAnyOrder(0, 2);
        assertThat(new Categorical(1, 5, 5).mode()).isEqualTo(1);
    }

    @Test void hugeWeightsAndNoNumbers() {
        assertThat(new Categorical(1e308, 1e308, 0).probabilities()).containsExactly(0.5, 0.5, 0);
        assertThat(new Categorical(Double.MAX_VALUE, Double.MAX_VALUE / 2, Double.MAX_VALUE / 2).cdf(1)).isCloseTo(0.75, within(1e-15));
        for (var d : new UnivariateDistribution[] {new Categorical(1, 2), FiniteDistribution.of(new double[] {3, 5}, 1, 2)})
            assertThat(new double[] {d.cdf(Double.NaN), d.survival(Double.NaN), d.density(Double.NaN), d.logDensity(Double.NaN)})
                    .containsOnly(Double.NaN);
    }
}
