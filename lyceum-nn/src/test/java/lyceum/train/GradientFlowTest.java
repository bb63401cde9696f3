package lyceum.train;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.nn.Activation;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Lstm;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sgd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class GradientFlowTest {
    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    @Acceptance(topic = "vanishing-gradient", clause = 1)
    @Test void theFittedRateOfALinearRecurrenceIsTheLogOfItsScale() {
        double worst = 0;
        int scales = 0;
        for (double r : new double[] {0.5, 0.9, 0.99, 1, 1.1, 1.5}) {
            int n = 6;
            var linear = new Rnn(new RnnConfig(2, n).withDtype(DType.F64), Activation.IDENTITY, Rng.of(1));
            var rnn = Module.with(linear, Map.of("weight_hh_l0", Qr.of(normal(scales, n, n)).q().mul(r).compute()));
            var x = normal(2, 3, 60, 2);
            var target = normal(3, 3, n);
            var flow = GradientFlow.throughTime(60, rnn.initial(3), (t, s) -> rnn.step(x.select(1, t), s, Pass.inference()).state(), "l0.h",
                    h -> h.mul(target).sum());
            worst = Math.max(worst, Math.abs(flow.rate() - Math.log(r)));
            scales++;
        }
        Evidence.of("scales", scales, exactly(6));
        Evidence.of("largest distance of the fitted rate from log r", worst, below(1e-6));
    }

    private static GradientFlow weights(DeepStack kind, long seed) {
        var network = kind.network(20, 64, Rng.of(seed));
        return GradientFlow.ofWeights(network, Loss.mse(network.forward(normal(seed + 1, 128, 64)), normal(seed + 2, 128, 64)));
    }

    /** At the layers' outputs, where a start too small shows: weights' gradients also grow with what comes in. */
    private static double outputs(DeepStack kind, long seed) {
        var target = normal(seed + 2, 128, 64);
        return GradientFlow.through(kind.network(20, 64, Rng.of(seed)).layers(), normal(seed + 1, 128, 64), y -> Loss.mse(y, target))
                .firstOverLast();
    }

    @Acceptance(topic = "vanishing-gradient", clause = 2)
    @Test void twentySigmoidLayersLoseTheGradientAndRemediesKeepIt() {
        double sigmoid = 0, relu = Double.POSITIVE_INFINITY, residual = Double.POSITIVE_INFINITY;
        int seeds = 0;
        for (int seed = 0; seed < 5; seed++) {
            sigmoid = Math.max(sigmoid,
                    Math.max(weights(DeepStack.SIGMOID, 10 * seed).firstOverLast(), outputs(DeepStack.SIGMOID, 10 * seed)));
            relu = Math.min(relu, Math.min(weights(DeepStack.RELU, 10 * seed).firstOverLast(), outputs(DeepStack.RELU, 10 * seed)));
            residual = Math.min(residual,
                    Math.min(weights(DeepStack.RESIDUAL, 10 * seed).firstOverLast(), outputs(DeepStack.RESIDUAL, 10 * seed)));
            seeds++;
        }
        Evidence.of("draws", seeds, exactly(5));
        Evidence.of("sigmoid: largest ratio of the first layer's gradient to the last's", sigmoid, below(1e-6));
        Evidence.of("ReLU with He's start: least ratio", relu, above(1e-2));
        Evidence.of("residual: least ratio", residual, above(1e-2));
        assertThat(weights(DeepStack.NORMALISED, 1).firstOverLast()).isGreaterThan(1e-4);
        assertThat(weights(DeepStack.TANH, 1).firstOverLast()).isGreaterThan(1e-2);
        assertThat(weights(DeepStack.GATED, 1).firstOverLast()).isGreaterThan(1e-3);
    }

    @Acceptance(topic = "vanishing-gradient", clause = 3)
    @Test void noLayerExceedsSlopeTimesSpectralNorm() {
        double worst = 0, usual = 0;
        int pairs = 0;
        for (var activation : new Activation[] {Activation.SIGMOID, Activation.TANH, Activation.RELU, Activation.IDENTITY}) {
            double slope = activation == Activation.SIGMOID ? 0.25 : 1;
            for (int seed = 0; seed < 25; seed++) {
                var rng = Rng.of(seed);
                int depth = 6;
                var widths = new int[depth + 1];
                for (int l = 0; l <= depth; l++) widths[l] = 1 + rng.nextInt(12);
                var layers = new ArrayList<Layer>();
                var weights = new ArrayList<Tensor>();
                for (int l = 0; l < depth; l++) {
                    weights.add(normal(100L * seed + l, widths[l + 1], widths[l]));
                    if (l > 0) layers.add(activation);
                    layers.add(new Linear(weights.getLast(), normal(7L * seed + l, widths[l + 1]).mul(0.1)));
                }
                var target = normal(seed, 1, widths[depth]);
                var norms = GradientFlow.through(layers, normal(seed + 1, 1, widths[0]), y -> y.mul(target).sum()).norms();
                for (int l = 0; l + 1 < depth; l++) {
                    // Outputs of the linear layers are the pre-activations: every second value.
                    double ratio = norms[2 * l] / norms[2 * l + 2], bound = slope * Svd.values(weights.get(l + 1)).item(0);
                    if (norms[2 * l + 2] == 0) continue;
                    assertThat(GradientFlow.bound(weights.get(l + 1), slope)).isCloseTo(bound, within(1e-9 * bound));
                    worst = Math.max(worst, ratio / bound - 1);
                    usual = Math.max(usual, ratio / bound);
                    pairs++;
                }
            }
        }
        Evidence.of("pairs of layers", pairs, above(400));
        Evidence.of("most by which a ratio exceeds the bound, relative", worst, atMost(1e-12));
        Evidence.of("largest share of the bound", usual, above(0.9));
    }

    @Acceptance(topic = "vanishing-gradient", clause = 4)
    @Test void theCellPathWithForgetOneHasFactorOne() {
        int n = 4;
        var bias = new double[4 * n];
        for (int u = 0; u < n; u++) {
            bias[u] = -800;
            bias[n + u] = 800;
        }
        var lstm = Module.with(new Lstm(new RnnConfig(3, n).withDtype(DType.F64), Rng.of(1)), Map.of("bias_ih_l0", Tensor.of(bias)));
        var x = normal(1, 2, 100, 3);
        var initial = RecurrentState.of("l0.h", Tensor.zeros(DType.F64, 2, n), "l0.c", normal(2, 2, n));
        var target = normal(3, 2, n);
        var flow = GradientFlow.throughTime(100, initial, (t, s) -> lstm.step(x.select(1, t), s, Pass.inference()).state(), "l0.c",
                c -> c.mul(target).sum());
        double least = Double.POSITIVE_INFINITY, most = 0;
        for (double factor : flow.factors()) {
            least = Math.min(least, factor);
            most = Math.max(most, factor);
        }
        Evidence.of("steps", flow.factors().length, exactly(100));
        Evidence.of("least factor", least, exactly(1));
        Evidence.of("largest factor", most, exactly(1));
    }

    @Acceptance(topic = "vanishing-gradient", clause = 5)
    @Test void theFirstSigmoidLayerStaysWhereItWas() {
        var network = DeepStack.SIGMOID.network(20, 32, Rng.of(1));
        var before = new LinkedHashMap<String, Tensor>();
        network.parameters().forEach((name, p) -> { if (p.rank() > 1) before.put(name, p.detach().copy().compute()); });
        Tensor x = normal(2, 64, 32), y = Tensor.rand(Rng.of(3), DType.F64, 64, 32).compute();
        var optimizer = new Sgd(0.5).over(network.parameters());
        for (int i = 0; i < 200; i++) {
            optimizer.zeroGrad();
            Loss.mse(network.forward(x), y).backward();
            optimizer.step();
        }
        double[] moved = GradientFlow.moved(before, network.parameters());
        Evidence.of("layers", moved.length, exactly(20));
        Evidence.of("relative movement of the last layer", moved[19], above(1e-2));
        Evidence.of("movement of the first over that of the last", moved[0] / moved[19], below(0.01));
    }

    @Test void ratesArePredictedFromWeightsAndSlopes() {
        int depth = 12, width = 256;
        var layers = new ArrayList<Layer>();
        Tensor w = null;
        var rng = Rng.of(1);
        for (int l = 0; l < depth; l++) {
            w = Tensor.randn(rng, DType.F64, width, width).mul(1.3 / Math.sqrt(width)).compute();
            layers.add(new Linear(w, Tensor.zeros(DType.F64, width)));
            layers.add(Activation.TANH);
        }
        var x = normal(2, 16, width);
        var target = normal(3, 16, width);
        var norms = GradientFlow.through(layers, x, y -> y.mul(target).sum()).norms();
        var before = x;
        for (int l = 0; l < 2 * depth - 1; l++) before = layers.get(l).forward(before);
        double last = Math.log(norms[2 * depth - 4] / norms[2 * depth - 2]);
        // Slopes at the layer below the last, whose gradient the last weight passes.
        assertThat(last).isCloseTo(GradientFlow.predictedRate(w, Activation.TANH.derivative(before)), within(0.1));
        var a = normal(5, 3, 3);
        assertThat(GradientFlow.singularValues(v -> a.matmul(v.reshape(3, 1)).flatten(), normal(6, 3)))
                .containsExactly(Svd.values(a).toDoubleArray(), within(1e-10));
        assertThat(new GradientFlow(new double[] {1, 10, 100}).rate()).isCloseTo(-Math.log(10), within(1e-12));
    }
}
