package lyceum.train;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.Datasets;
import lyceum.linalg.Qr;
import lyceum.nn.Activation;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Residual;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Lbfgs;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class HiddenStatesTest {
    /** Glorot's weights and biases of zero, as Keras begins: an odd function, which tells no ring from another. */
    private static Mlp tanh(int inputs, Rng rng, int... hidden) {
        var network = new Mlp(MlpConfig.regressor(inputs, 1, hidden).withActivation(Activation.TANH).withDtype(DType.F64), rng);
        return Init.glorotUniform().fill(network, rng);
    }

    private static void learn(Mlp network, Tensor x, Tensor y, int steps, double rate) {
        var target = y.to(DType.F64).unsqueeze(1).compute();
        var optimizer = new Adam(rate).over(network.parameters());
        for (int i = 0; i < steps; i++) {
            optimizer.zeroGrad();
            Loss.bce(network.forward(x), target).backward();
            optimizer.step();
        }
    }

    @Acceptance(topic = "hidden-layer", clause = 1)
    @Test void circlesBecomeReadableInTheLastHiddenLayerByTraining() {
        double inputs = 0, trained = 1, untrained = 0;
        for (int seed = 0; seed < 5; seed++) {
            var rings = Datasets.circles(Rng.of(seed), 400, 0.5, 0.05);
            var network = tanh(2, Rng.of(100 + seed), 16, 2);
            untrained = Math.max(untrained, HiddenStates.of(network, rings.x()).probe("activation 1", rings.y()));
            learn(network, rings.x(), rings.y(), 400, 0.02);
            var states = HiddenStates.of(network, rings.x());
            assertThat(states.at("activation 1").shape().toArray()).containsExactly(400, 2);
            trained = Math.min(trained, states.probe("activation 1", rings.y()));
            inputs = Math.max(inputs, HiddenStates.of(new Sequential(Activation.IDENTITY), rings.x()).probe("output", rings.y()));
        }
        Evidence.of("inputs, the largest of five seeds", inputs, atMost(0.6));
        Evidence.of("last hidden layer of the trained network, the least", trained, atLeast(0.98));
        Evidence.of("of the untrained one, the largest", untrained, atMost(0.8));
    }

    @Acceptance(topic = "hidden-layer", clause = 2)
    @Test void unitsMayBeRenumberedWithTheirOutgoingWeights() {
        var gap = Gap.relativeBeyondOne();
        double moved = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 20; seed++) {
            var rng = Rng.of(seed);
            var network = new Mlp(MlpConfig.classifier(5, 3, 12, 7), rng);
            var order = HiddenUnits.random(network, rng.split(1));
            var other = order.apply(network);
            var x = Tensor.randn(rng, DType.F32, 50, 5).compute();
            gap.see("seed " + seed, other.forward(x).toDoubleArray(), network.forward(x).toDoubleArray());
            HiddenStates a = HiddenStates.of(network, x), b = HiddenStates.of(other, x);
            moved = Math.min(moved, a.at("activation 0").sub(b.at("activation 0")).abs().max().item());
            double[][] ours = a.at("activation 1").toRows(), theirs = b.at("activation 1").toRows();
            for (int i = 0; i < 50; i++) for (int j = 0; j < 7; j++) gap.see("unit", theirs[i][j], ours[i][order.orders()[1][j]]);
            assertThat(HiddenStates.cka(a.at("activation 1"), b.at("activation 1"))).isCloseTo(1, within(1e-6));
        }
        Evidence.of("least change of a unit by its number", moved, above(0.1));
        Evidence.of("largest gap of outputs, and of units at their new places", gap, atMost(1e-6));
    }

    @Acceptance(topic = "hidden-layer", clause = 3)
    @Test void ckaIgnoresRotationAndScaleAndTellsStrangersApart() {
        double self = 0, turned = 0, strangers = 0, formula = 0;
        for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(seed);
            Tensor x = Tensor.randn(rng, DType.F64, 2000, 32).add(1).compute(), y = Tensor.randn(rng, DType.F64, 2000, 32).compute();
            strangers = Math.max(strangers, HiddenStates.cka(x, y));
            self = Math.max(self, Math.abs(HiddenStates.cka(x, x) - 1));
            var related = x.matmul(Tensor.randn(rng, DType.F64, 32, 32)).tanh().add(y.mul(0.3)).compute();
            double before = HiddenStates.cka(x, related);
            assertThat(before).isBetween(0.1, 0.95);
            var q = Qr.of(Tensor.randn(rng, DType.F64, 32, 32)).q();
            turned = Math.max(turned, Math.abs(HiddenStates.cka(x.matmul(q).mul(-37.5), related) - before));
            turned = Math.max(turned, Math.abs(HiddenStates.cka(x, related.matmul(q).mul(1e-3)) - before));
            Tensor few = x.narrow(0, 0, 60), others = related.narrow(0, 0, 60);
            formula = Math.max(formula, Math.abs(HiddenStates.cka(few, others) - CkaByDefinition.of(few.toRows(), others.toRows())));
            assertThat(HiddenStates.cka(few, y.narrow(0, 0, 60))).isGreaterThan(0.3);
            assertThat(HiddenStates.unbiasedCka(few, y.narrow(0, 0, 60))).isBetween(-0.15, 0.15);
            assertThat(HiddenStates.unbiasedCka(few, few)).isCloseTo(1, within(1e-9));
        }
        Evidence.of("of itself, less 1", self, atMost(1e-6));
        Evidence.of("change by rotations and scales", turned, atMost(1e-6));
        Evidence.of("independent normal features, the largest of three draws", strangers, below(0.2));
        Evidence.of("gap from the sum over pairs of rows", formula, atMost(1e-9));
    }

    @Acceptance(topic = "hidden-layer", clause = 4)
    @Test void exclusiveOrIsSeparableInASolvedLayerOfTwo() {
        var x = Tensor.of(new double[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}});
        var y = Tensor.of(new double[] {0, 1, 1, 0}, 4, 1);
        boolean[] one = {false, true, true, false};
        assertThat(HiddenStates.of(new Sequential(Activation.IDENTITY), x).isSeparable("output", one)).isFalse();
        int solved = 0, separable = 0, before = 0;
        for (int seed = 0; seed < 20; seed++) {
            var network = tanh(2, Rng.of(seed), 2);
            boolean early = HiddenStates.of(network, x).isSeparable("activation 0", one);
            double loss = new Lbfgs()
                    .minimize(List.copyOf(network.parameters().values()), () -> Loss.mse(network.forward(x), y), Progress.SILENT).value();
            if (loss > 0.01) continue;
            solved++;
            if (early) before++;
            if (HiddenStates.of(network, x).isSeparable("activation 0", one)) separable++;
        }
        Evidence.of("networks of 20 that solve it", solved, atLeast(5));
        Evidence.of("of these, those whose hidden layer is not separable", solved - separable, exactly(0));
        Evidence.of("share of them that was separable before training", (double) before / solved, below(0.7));
    }

    @Test void summariesTellLayersApart() {
        var digits = Datasets.digits().head(300).scaled(1.0 / 16);
        var network = new Mlp(MlpConfig.classifier(64, 10, 20).withDtype(DType.F64), Rng.of(1));
        var states = HiddenStates.of(network, digits.x().narrow(0, 0, 100), digits.x().narrow(0, 100, 200));
        assertThat(states.names()).containsExactly("layers.0", "activation 0", "layers.1", "output");
        var s = states.summary("activation 0", digits.y());
        assertThat(s.units()).isEqualTo(20);
        assertThat(s.zeros()).isBetween(0.2, 0.8);
        assertThat(s.effectiveRank()).isBetween(5.0, 20.0);
        assertThat(s.probe()).isGreaterThan(0.85);
        assertThat(s.separation()).isBetween(0.2, 3.0);
        var y = Tensor.of(0L, 0, 1, 1);
        // Between: 4 rows 1 from the mean; within: 4 rows 0.5 from theirs, in a unit of its own.
        var rows = Tensor.of(new double[][] {{-1, 0.5}, {-1, -0.5}, {1, 0.5}, {1, -0.5}});
        assertThat(HiddenStates.of(new Sequential(Activation.IDENTITY), rows).summary("output", y).separation()).isCloseTo(4,
                within(1e-12));
        assertThatThrownBy(() -> states.at("layers.9")).hasMessageContaining("layers.9 is unknown");
        assertThatThrownBy(() -> states.probe("output", Tensor.of(1L, 2))).isInstanceOf(ShapeException.class);
    }

    @Test void layersCanBeLeftOutOrDisturbed() {
        var rng = Rng.of(3);
        var network = new Sequential(new Linear(4, 6, rng), new Residual(new Linear(6, 6, rng)), new Linear(6, 2, rng));
        var x = Tensor.randn(rng, DType.F32, 5, 4).compute();
        var plain = new Sequential(network.layers().get(0), network.layers().get(2));
        assertThat(HiddenStates.without(network, "1").forward(x).toDoubleArray()).isEqualTo(plain.forward(x).toDoubleArray());
        assertThatThrownBy(() -> HiddenStates.without(network, "2").forward(x)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("without: 2");
        assertThatThrownBy(() -> HiddenStates.without(network, "7")).hasMessageContaining("no module is named 7");
        assertThat(HiddenStates.noisy(network, "1", 0, rng).forward(x).toDoubleArray()).isEqualTo(network.forward(x).toDoubleArray());
        double far = HiddenStates.noisy(network, "1", 0.5, rng).forward(x).sub(network.forward(x)).abs().mean().item();
        assertThat(far).isBetween(0.01, 2.0);
    }
}
