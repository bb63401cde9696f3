package lyceum.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.LongStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ModeConnectivityTest {
    private static final List<Dataset> PARTS = Split.stratified(Datasets.digits().to(DType.F32).scaled(1.0 / 16), Rng.of(9), 0.7, 0.3);
    private static final Dataset TRAIN = PARTS.get(0), TEST = PARTS.get(1);

    @Test
    @Acceptance(topic = "mode-connectivity", clause = 1) void permutationsChangeNothingAndAreRecovered() {
        int[][] shapes = {{16}, {24, 12}, {8, 8, 8}, {40}};
        double worst = 0;
        int recovered = 0, moved = 0;
        for (int i = 0; i < 20; i++) {
            var norm = i % 5 == 0 ? MlpConfig.Norm.LAYER : i % 5 == 1 ? MlpConfig.Norm.BATCH : MlpConfig.Norm.NONE;
            var config = MlpConfig.classifier(64, 10, shapes[i % 4]).withNorm(norm)
                    .withActivation(i % 2 == 0 ? Activation.RELU : Activation.TANH).withDtype(DType.F64);
            var net = unsettled(new Mlp(config, Rng.of(i)), Rng.of(300 + i));
            var planted = HiddenUnits.random(net, Rng.of(100 + i));
            var shuffled = planted.apply(net);
            var x = Tensor.randn(Rng.of(200 + i), DType.F64, 50, 64);
            worst = Math.max(worst, net.forward(x).sub(shuffled.forward(x)).abs().max().item());
            if (!Arrays.equals(net.layers().getFirst().weight().toDoubleArray(), shuffled.layers().getFirst().weight().toDoubleArray()))
                moved++;
            // The found order, applied to the shuffled network, must undo the planted one: planted[found[k]] = k.
            var found = HiddenUnits.matchWeights(net, shuffled, Rng.of(i));
            boolean undone = true;
            for (int l = 0; l < planted.orders().length; l++)
                for (int k = 0; k < planted.orders()[l].length; k++) undone &= planted.orders()[l][found.orders()[l][k]] == k;
            if (undone) recovered++;
        }
        Evidence.of("permutations that moved weights", moved, exactly(20));
        Evidence.of("outputs, largest change", worst, atMost(1e-10));
        Evidence.of("planted permutations recovered, of 20", recovered, exactly(20));
    }

    /** Biases, norms and running statistics other than those of a start, where they are alike for all units. */
    private static Mlp unsettled(Mlp net, Rng rng) {
        var state = new LinkedHashMap<String, Tensor>();
        net.state().forEach((name, tensor) -> {
            var value = tensor.detach();
            if (value.rank() == 1) value = value.add(Tensor.rand(rng, value.dtype(), value.count()).mul(0.5)).compute();
            state.put(name, value);
        });
        return Mlp.of(net.config(), state);
    }

    /** Units in groups of equals: rounding must not let them change places without end. */
    @Timeout(60)
    @Test void matchingEndsWhereUnitsAreAlike() {
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            var net = alike(new Mlp(MlpConfig.classifier(8, 4, 48, 48, 48), rng.split(1)));
            var other = HiddenUnits.random(net, rng.split(3)).apply(net);
            var found = HiddenUnits.matchWeights(net, other, rng.split(4)).apply(other);
            var x = Tensor.randn(rng.split(5), DType.F32, 9, 8);
            assertThat(found.forward(x).sub(other.forward(x)).abs().max().item()).isLessThan(1e-3);
        }
    }

    private static Mlp alike(Mlp net) {
        var thirds = Tensor.of(LongStream.range(0, 48).map(i -> i / 16).toArray());
        var state = new LinkedHashMap<String, Tensor>();
        net.state().forEach((name, tensor) -> {
            var value = tensor.detach();
            if (value.rank() == 2 && value.size(0) == 48) value = value.indexSelect(0, thirds);
            if (value.rank() == 2 && value.size(1) == 48) value = value.indexSelect(1, thirds);
            state.put(name, value.compute());
        });
        return Mlp.of(net.config(), state);
    }

    private static Mlp trained(int seed) {
        var net = new Mlp(MlpConfig.classifier(64, 10, 16), Rng.of(seed));
        new Trainer(new Adam(5e-3), 30).withBatchSize(64).fit(net, Loss::crossEntropy, TRAIN, Rng.of(50 + seed));
        return net;
    }

    private static double error(Mlp net) { return net.classes(TEST.x()).ne(TEST.y()).to(DType.F64).mean().item(); }

    private static double loss(Mlp net) { return Loss.crossEntropy(net.forward(TRAIN.x()), TRAIN.y()).item(); }

    @Tag("slow")
    @Test
    @Acceptance(topic = "mode-connectivity", clause = 2)
    @Acceptance(topic = "mode-connectivity", clause = 3)
    @Acceptance(topic = "mode-connectivity", clause = 4) void curvesGoRoundTheWallAndAlignmentLowersIt() {
        double mean = 0, worst = Double.NEGATIVE_INFINITY;
        int lower = 0, lowerLoss = 0, ends = 0;
        for (int pair = 0; pair < 5; pair++) {
            Mlp first = trained(2 * pair + 1), second = trained(2 * pair + 2);
            var straight = ModeConnectivity.linear(first, second);
            double wall = ModeConnectivity.barrier(straight.values(21, ModeConnectivityTest::error));
            mean += wall / 5;
            var curve = new ModeConnectivity(800).withBends(2).fit(first, second, Loss::crossEntropy, TRAIN, Rng.of(pair), Progress.SILENT);
            var losses = curve.values(31, ModeConnectivityTest::loss);
            worst = Math.max(worst, Arrays.stream(losses).max().orElseThrow() - Math.max(loss(first), loss(second)));
            var space = ParameterSpace.of(first);
            if (bits(space.values(curve.model(0)), space.values(first)) && bits(space.values(curve.model(1)), space.values(second))) ends++;
            var aligned = HiddenUnits.matchWeights(first, second, Rng.of(pair)).apply(second);
            var lined = ModeConnectivity.linear(first, aligned);
            if (ModeConnectivity.barrier(lined.values(21, ModeConnectivityTest::error)) < wall) lower++;
            if (ModeConnectivity.barrier(lined.values(21, ModeConnectivityTest::loss)) < ModeConnectivity
                    .barrier(straight.values(21, ModeConnectivityTest::loss)))
                lowerLoss++;
            var byActivation = HiddenUnits.matchActivations(first, second, TRAIN.x()).apply(second);
            assertThat(ModeConnectivity.barrier(ModeConnectivity.linear(first, byActivation).values(21, ModeConnectivityTest::error)))
                    .isLessThan(wall);
            if (pair == 0) {
                double together = curve.ensemble(7, TEST.x()).argmax(1).ne(TEST.y()).to(DType.F64).mean().item();
                assertThat(together).isLessThan(Math.max(error(first), error(second)) + 0.01);
            }
        }
        Evidence.of("mean barrier of the test error on the line, share", mean, atLeast(0.10));
        Evidence.of("largest training loss on a curve, over its worse end", worst, atMost(0.05));
        Evidence.of("pairs of 5 in which alignment lowers the barrier of the error", lower, exactly(5));
        Evidence.of("pairs of 5 in which alignment lowers the barrier of the loss", lowerLoss, exactly(5));
        Evidence.of("curves of 5 whose ends are the given weights, bit for bit", ends, exactly(5));
    }

    private static boolean bits(Tensor a, Tensor b) { return Arrays.equals(a.toFloatArray(), b.toFloatArray()); }

    @Test void curvesByTheirFormulas() {
        var net = new Mlp(MlpConfig.regressor(1, 1).withDtype(DType.F64), Rng.of(1));
        Tensor a = Tensor.of(1.0, 2), b = Tensor.of(5.0, -1), c = Tensor.of(0.0, 3);
        var bezier = new ModeConnectivity.Curve<>(net, ModeConnectivity.Shape.BEZIER, List.of(a, b, c), List.of());
        var polygon = new ModeConnectivity.Curve<>(net, ModeConnectivity.Shape.POLYGON, List.of(a, b, c), List.of());
        for (double t : new double[] {0, 0.25, 0.5, 0.9, 1}) {
            double s = 1 - t;
            assertThat(bezier.at(t).item(0)).isCloseTo(s * s * 1 + 2 * s * t * 5, within(1e-12));
            assertThat(bezier.at(t).item(1)).isCloseTo(s * s * 2 - 2 * s * t + t * t * 3, within(1e-12));
        }
        assertThat(polygon.at(0.25).toDoubleArray()).containsExactly(new double[] {3, 0.5}, within(1e-12));
        assertThat(polygon.at(0.75).toDoubleArray()).containsExactly(new double[] {2.5, 1}, within(1e-12));
        assertThat(ModeConnectivity.barrier(1, 4, 3)).isEqualTo(2);
        assertThat(ModeConnectivity.barrier(1, 0, 3)).isZero();
    }

    @Test void refusals() {
        assertThatThrownBy(() -> new HiddenUnits(new int[][] {{0, 0}})).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not an order");
        var net = new Mlp(MlpConfig.classifier(3, 2, 4), Rng.of(1));
        assertThatThrownBy(() -> new HiddenUnits(new int[][] {{0, 1}}).apply(net)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> HiddenUnits.matchWeights(net, new Mlp(MlpConfig.classifier(3, 2, 5), Rng.of(1)), Rng.of(1)))
                .isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new ModeConnectivity(0)).hasMessageContaining("0 steps");
        assertThatThrownBy(() -> ModeConnectivity.linear(net, net).at(1.5)).hasMessageContaining("t is 1.5");
    }
}
