package lyceum.prob;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class PartitionTest {
    @Test
    @Acceptance(topic = "total-probability", clause = 1) void theThreeLawsHoldInAThousandRandomJoints() {
        var rng = Rng.of(711);
        double marginal = 0, mean = 0, variance = 0;
        int joints = 0;
        for (; joints < 1_000; joints++) {
            var dense = DenseJoint.random(rng, 0.2 * rng.nextDouble(), 2 + rng.nextInt(4), 2 + rng.nextInt(4), 2);
            var table = dense.table();
            var cases = table.partition("v1");
            int[] sizes = dense.sizes();
            for (int x = 0; x < sizes[0]; x++) {
                int value = x;
                marginal = Math.max(marginal, Math.abs(cases.probability(Event.is("v0", x)) - dense.sum(v -> v[0] == value)));
            }
            var numbers = new double[sizes[0]];
            for (int x = 0; x < numbers.length; x++) numbers[x] = 10 * rng.nextGaussian();
            double e = 0, square = 0, within = 0;
            for (int c = 0; c < dense.p().length; c++) {
                double value = numbers[dense.values(c)[0]];
                e += dense.p()[c] * value;
                square += dense.p()[c] * value * value;
            }
            for (int z = 0; z < sizes[1]; z++) {
                double pz = 0, ez = 0, squareZ = 0;
                for (int c = 0; c < dense.p().length; c++) if (dense.values(c)[1] == z) {
                    double value = numbers[dense.values(c)[0]];
                    pz += dense.p()[c];
                    ez += dense.p()[c] * value;
                    squareZ += dense.p()[c] * value * value;
                }
                if (pz > 0) within += squareZ - ez * ez / pz;
            }
            mean = Math.max(mean, Math.abs(cases.expectation(o -> numbers[o.get("v0")]) - e));
            double ours = cases.within(o -> numbers[o.get("v0")]);
            assertThat(ours).isCloseTo(within, within(1e-10));
            variance = Math.max(variance, Math.abs(ours + cases.between(o -> numbers[o.get("v0")]) - (square - e * e)));
        }
        Evidence.of("random joints", joints, exactly(1_000));
        Evidence.of("sum of p(x|z) p(z) against the marginal", marginal, below(1e-12));
        Evidence.of("E E[X|Z] against E X", mean, below(1e-10));
        Evidence.of("E Var[X|Z] + Var E[X|Z] against Var X", variance, below(1e-10));
    }

    @Test
    @Acceptance(topic = "total-probability", clause = 2) void aMixtureIsTheSumOfItsComponents() {
        double log = 0, integral = 0;
        int points = 0;
        for (var c : Golden.load("golden/total-probability.json").cases("mixture")) {
            double[] weights = c.doubles("input.weights"), x = c.doubles("input.x"), expected = c.doubles("expected.logSumExp");
            var components = c.list("input.components").stream().map(k -> component(k.text("family"), k.doubles("parameters"))).toList();
            var mixture = new Mixture(new Categorical(weights), components);
            for (int i = 0; i < x.length; i++, points++)
                log = Math.max(log, Math.abs(mixture.logDensity(x[i]) - expected[i]) / Math.max(1, Math.abs(expected[i])));
            integral = Math.max(integral, Math.abs(simpson(mixture, c.number("input.from"), c.number("input.to")) - 1));
            assertThat(mixture.within() + mixture.between()).isCloseTo(mixture.variance(), within(1e-12 * mixture.variance()));
            assertThat(mixture.between()).isCloseTo(c.number("expected.between"), within(1e-12));
        }
        Evidence.of("points", points, exactly(60));
        Evidence.of("log density against SciPy's logsumexp of its components, relative", log, below(1e-12));
        Evidence.of("integral less 1, by Simpson's rule", integral, below(1e-6));
    }

    private static UnivariateDistribution component(String family, double[] p) {
        return switch (family) {
            case "normal" -> new Normal(p[0], p[1]);
            case "gamma" -> new Gamma(p[0], p[1]);
            default -> new StudentT(p[0]);
        };
    }

    private static double simpson(UnivariateDistribution d, double from, double to) {
        int n = 400_000;
        double h = (to - from) / n, sum = d.density(from) + d.density(to);
        for (int i = 1; i < n; i++) sum += (i % 2 == 1 ? 4 : 2) * d.density(from + i * h);
        return sum * h / 3;
    }

    @Test
    @Acceptance(topic = "total-probability", clause = 3) void aPartitionThatLeaksIsRefused() {
        var table = JointTable.of(List.of("server", "failed"), Tensor.of(new double[][] {{0.495, 0.005}, {0.484, 0.006}, {0.009, 0.001}}));
        Event first = Event.is("server", 0), second = Event.is("server", 1), third = Event.is("server", 2);
        int refused = 0;
        try {
            table.partition(first, second);
        } catch (IllegalArgumentException e) {
            refused++;
            assertThat(e).hasMessageContaining("no case holds at server = 2").hasMessageContaining("mass 0.01 is left out");
        }
        Evidence.of("partitions without mass 0.01 that were refused", refused, exactly(1));
        Evidence.of("the whole one's failures", table.partition(first, second, third).probability(Event.is("failed", 1)),
                equalTo(0.012, 1e-15));
        assertThatThrownBy(() -> table.partition(first, second.or(first), third))
                .hasMessage("partition: cases 0 and 1 overlap at server = 0, failed = 0; cases exclude each other");
        assertThatThrownBy(() -> table.partition(first, second, third, o -> false)).hasMessageContaining("case 3 has probability 0");
    }

    @Test
    @Acceptance(topic = "total-probability", clause = 4) void averagingExactCasesVariesLess() {
        var rng = Rng.of(1996);
        int problems = 0, lower = 0;
        double share = 1, worst = 0;
        while (problems < 100) {
            var dense = DenseJoint.random(rng, 0, 2 + rng.nextInt(5), 2 + rng.nextInt(5));
            var numbers = new double[dense.sizes()[0]];
            for (int x = 0; x < numbers.length; x++) numbers[x] = rng.nextGaussian();
            var table = dense.table();
            var cases = table.partition("v1");
            double part = cases.within(o -> numbers[o.get(0)]) / table.variance(o -> numbers[o.get(0)]);
            if (part < 0.3) continue;
            share = Math.min(share, part);
            int draws = 4;
            var plain = new double[2_000];
            for (int r = 0; r < 2_000; r++) for (int[] row : table.sample(rng, draws)) plain[r] += numbers[row[0]] / draws;
            double ratio = variance(cases.estimates(o -> numbers[o.get(0)], 2_000, draws, rng)) / variance(plain);
            if (ratio < 1) lower++;
            worst = Math.max(worst, ratio);
            problems++;
        }
        Evidence.of("problems", problems, exactly(100));
        Evidence.of("of them with a lower measured variance", lower, exactly(100));
        Evidence.of("largest ratio of the two", worst, below(1));
        // and no lower than the law says, nor off the mean
        var table = DenseJoint.random(Rng.of(8), 0, 4, 3).table();
        var cases = table.partition("v1");
        double[] estimates = cases.estimates(o -> o.get(0), 40_000, 5, rng);
        assertThat(Arrays.stream(estimates).average().orElseThrow()).isCloseTo(table.expectation(o -> o.get(0)), within(0.01));
        assertThat(variance(estimates) / (cases.between(o -> o.get(0)) / 5)).isCloseTo(1, within(0.05));
    }

    private static double variance(double[] x) {
        double mean = Arrays.stream(x).average().orElseThrow(), sum = 0;
        for (double v : x) sum += (v - mean) * (v - mean);
        return sum / (x.length - 1);
    }
}
