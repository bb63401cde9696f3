package lyceum.prob;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class FactorizationTest {
    @Test
    @Acceptance(topic = "chain-rule-probability", clause = 1) void allOrdersRecombineToTheJoint() {
        var rng = Rng.of(449);
        double joint = 0, scored = 0;
        int joints = 0, orders = 0;
        var permutations = DenseJoint.permutations(5);
        for (; joints < 200; joints++) {
            var sizes = new int[5];
            for (int i = 0; i < 5; i++) sizes[i] = 2 + rng.nextInt(2);
            var dense = DenseJoint.random(rng, joints % 4 == 0 ? 0.3 : 0, sizes);
            var table = dense.table();
            String[] original = table.names().toArray(new String[0]);
            for (int[] order : permutations) {
                var chain = table.factorize(Arrays.stream(order).mapToObj(i -> "v" + i).toArray(String[]::new));
                double[] rebuilt = chain.joint().marginal(original).probabilities().toDoubleArray();
                for (int c = 0; c < rebuilt.length; c++) joint = Math.max(joint, Math.abs(rebuilt[c] - dense.p()[c]));
                int cell = rng.nextInt(rebuilt.length);
                int[] values = dense.values(cell);
                double log = chain.logDensity(Arrays.stream(order).mapToDouble(i -> values[i]).toArray());
                scored = Math.max(scored, Math.abs(Math.exp(log) - dense.p()[cell]));
                orders++;
            }
        }
        Evidence.of("random joints of 5 variables", joints, exactly(200));
        Evidence.of("orders in all", orders, exactly(200 * 120));
        Evidence.of("recombined against the joint", joint, below(1e-12));
        Evidence.of("scored from left to right, a cell for each order", scored, below(1e-12));
    }

    /** Pearson's test of counts against probabilities, over cells of positive probability. */
    static double chiSquareP(long[] counts, double[] p) {
        long n = Arrays.stream(counts).sum();
        double statistic = 0;
        int cells = 0;
        for (int c = 0; c < p.length; c++) {
            if (p[c] == 0) {
                assertThat(counts[c]).as("draws of the impossible cell %s", c).isZero();
                continue;
            }
            statistic += Math.pow(counts[c] - n * p[c], 2) / (n * p[c]);
            cells++;
        }
        return new ChiSquare(cells - 1).survival(statistic);
    }

    @Test
    @Acceptance(topic = "chain-rule-probability", clause = 2) void ancestralSamplesFitTheJoint() {
        var rng = Rng.of(2);
        var dense = DenseJoint.random(rng, 0.2, 3, 2, 4, 2);
        var chain = dense.table().factorize("v2", "v0", "v3", "v1");
        var counts = new long[dense.p().length];
        for (int i = 0; i < 100_000; i++) {
            double[] x = chain.sample(rng, 4);
            counts[(((int) x[1] * 2 + (int) x[3]) * 4 + (int) x[0]) * 2 + (int) x[2]]++;
        }
        Evidence.of("draws", Arrays.stream(counts).sum(), exactly(100_000));
        Evidence.of("chi-square p of 100,000 draws", chiSquareP(counts, dense.p()), above(0.01));
    }

    @Test
    @Acceptance(topic = "chain-rule-probability", clause = 4) void impossibleContextsGiveZeroAndNotNaN() {
        var rng = Rng.of(40);
        int impossible = 0, zero = 0, nan = 0, undefined = 0;
        for (int k = 0; k < 50; k++) {
            // v0 is never 1, v1 never 2 after v0 = 0: whole contexts without mass.
            var dense = DenseJoint.random(rng, 0.2, 3, 3, 2, 2);
            for (int c = 0; c < dense.p().length; c++)
                if (dense.values(c)[0] == 1 || dense.values(c)[0] == 0 && dense.values(c)[1] == 2) dense.p()[c] = 0;
            var table = JointTable.ofCounts(dense.names(), Tensor.of(dense.p(), 3, 3, 2, 2));
            double sum = Arrays.stream(dense.p()).sum();
            var chain = table.factorize("v0", "v1", "v2", "v3");
            for (var factor : chain.factors()) undefined += factor.undefined() > 0 ? 1 : 0;
            for (int c = 0; c < dense.p().length; c++) {
                double log = chain.logDensity(Arrays.stream(dense.values(c)).asDoubleStream().toArray());
                if (Double.isNaN(log)) nan++;
                if (dense.p()[c] > 0) {
                    assertThat(Math.exp(log)).isCloseTo(dense.p()[c] / sum, within(1e-13));
                    continue;
                }
                impossible++;
                if (log == Double.NEGATIVE_INFINITY) zero++;
            }
            for (double p : chain.joint().probabilities().toDoubleArray()) if (Double.isNaN(p)) nan++;
            for (int i = 0; i < 100; i++) for (double x : chain.sample(rng, 4)) if (Double.isNaN(x)) nan++;
            assertThatThrownBy(() -> chain.next(1)).hasMessage("ConditionalTable: P(v0 = 1) is 0; nothing can be conditioned on it");
        }
        Evidence.of("factors with contexts of probability 0", undefined, above(100));
        Evidence.of("impossible sequences", impossible, above(1_000));
        Evidence.of("of them scored -Infinity", zero, exactly(impossible));
        Evidence.of("NaN in scores, joints and samples", nan, exactly(0));
    }

    @Test void anOrderNamesEachVariableOnce() {
        var table = DenseJoint.random(Rng.of(1), 0, 2, 2).table();
        assertThatThrownBy(() -> table.factorize("v0")).hasMessageContaining("names each of [v0, v1] once");
        assertThatThrownBy(() -> table.factorize("v0", "v0")).hasMessageContaining("occurs twice");
        assertThatThrownBy(() -> table.factorize("v0", "v1").next(0, 1)).hasMessage("next: all 2 variables have their values");
        assertThatThrownBy(() -> table.factorize("v0", "v1").next(0.5)).hasMessageContaining("v0 = 0.5");
    }
}
