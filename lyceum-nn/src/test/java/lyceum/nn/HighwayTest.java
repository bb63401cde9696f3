package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class HighwayTest {
    private static final int DEPTH = 50, WIDTH = 32;

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    /** Dense and convolutional layers with inputs for them. */
    private static Map<Highway, Tensor> layers(double gateBias, long seed) {
        return Map.of(Highway.dense(6, Activation.TANH, gateBias, DType.F64, Rng.of(seed)), normal(seed, 4, 6),
                Highway.conv(3, 3, Activation.TANH, gateBias, DType.F64, Rng.of(seed)), normal(seed, 2, 3, 5, 4));
    }

    @Acceptance(topic = "highway-network", clause = 1)
    @Test void shutGatesCarryAndOpenGatesTransform() {
        int seen = 0;
        double carried = 0, transformed = 0, apart = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 20; seed++) for (double size : new double[] {60, Double.POSITIVE_INFINITY}) {
            for (var e : layers(-size, seed).entrySet())
                carried = Math.max(carried, distance(e.getKey().forward(e.getValue()), e.getValue()));
            for (var e : layers(size, seed).entrySet()) {
                var plain = plain(e.getKey(), e.getValue());
                transformed = Math.max(transformed, distance(e.getKey().forward(e.getValue()), plain));
                apart = Math.min(apart, distance(plain, e.getValue()));
                seen++;
            }
        }
        Evidence.of("layers", seen, exactly(80));
        Evidence.of("shut: largest distance from the input", carried, below(1e-7));
        Evidence.of("open: largest distance from the plain layer", transformed, below(1e-7));
        Evidence.of("least distance of the plain layer from the input", apart, atLeast(0.5));
    }

    /** H from the layer's parameters, by hand. */
    private static Tensor plain(Highway layer, Tensor x) {
        var p = layer.parameters();
        if (x.rank() == 2) return x.matmul(p.get("plain.weight").transpose()).add(p.get("plain.bias")).tanh();
        var weight = p.get("plain.0.weight");
        long h = x.size(2), w = x.size(3);
        var padded = x.pad(2, 1, 1, 0).pad(3, 1, 1, 0);
        var sum = p.get("plain.0.bias").reshape(1, -1, 1, 1);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                sum = sum.add(Tensor.einsum("oc,bchw->bohw", weight.select(3, j).select(2, i), padded.narrow(2, i, h).narrow(3, j, w)));
        return sum.tanh();
    }

    @Acceptance(topic = "highway-network", clause = 2)
    @Test void gradientsMatchFiniteDifferences() {
        int seen = 0;
        double worst = 0;
        for (int seed = 0; seed < 5; seed++) for (var e : layers(-1, seed).entrySet()) {
            var x = e.getValue();
            var upstream = normal(seed + 100, x.shape().toArray());
            GradientCheck.of(e.getKey(), layer -> layer.forward(x).mul(upstream).sum());
            double[] values = x.toDoubleArray(),
                    gradient = Autograd.grad(z -> e.getKey().forward(z).mul(upstream).sum()).apply(x).toDoubleArray();
            for (int i = 0; i < values.length; i++) {
                double h = 1e-5;
                var up = values.clone();
                var down = values.clone();
                up[i] += h;
                down[i] -= h;
                double slope = (at(e.getKey(), up, x, upstream) - at(e.getKey(), down, x, upstream)) / (2 * h);
                worst = Math.max(worst, Math.abs(slope - gradient[i]) / Math.max(1, Math.abs(slope)));
                seen++;
            }
        }
        Evidence.of("numbers of inputs", seen, exactly(5 * (24 + 120)));
        Evidence.of("largest gap of an input's gradient; parameters are within 1e-7", worst, below(1e-7));
    }

    private static double at(Highway layer, double[] x, Tensor like, Tensor upstream) {
        return layer.forward(Tensor.of(x, like.shape().toArray())).mul(upstream).sum().item();
    }

    private static Sequential deep(boolean highway, Activation activation, Rng rng) {
        var layers = new ArrayList<Layer>(List.of(new Linear(64, WIDTH, rng)));
        for (int l = 0; l < DEPTH; l++)
            layers.add(
                    highway ? Highway.dense(WIDTH, activation, -3, DType.F32, rng) : new Linear(WIDTH, WIDTH, rng).activated(activation));
        layers.add(new Linear(WIDTH, 10, rng));
        return new Sequential(layers);
    }

    /** The loss over all digits after 300 steps. */
    private static double loss(Sequential network, double rate) {
        var digits = Datasets.digits();
        var x = digits.x().to(DType.F32).div(16).compute();
        var optimizer = new Adam(rate).over(network.parameters());
        var order = Rng.of(5);
        for (int step = 0; step < 300; step++) {
            try (var scope = Scope.open("step")) {
                int[] rows = order.sample(digits.size(), 64);
                optimizer.zeroGrad();
                Loss.crossEntropy(network.forward(x.rows(rows)), digits.y().rows(rows)).backward();
                optimizer.step();
            }
        }
        return Autograd.noGrad(() -> Loss.crossEntropy(network.forward(x), digits.y()).item());
    }

    @Acceptance(topic = "highway-network", clause = 3)
    @Tag("slow")
    @Test void fiftyHighwayLayersLearnWhereFiftyPlainOnesDoNot() {
        double highway = loss(deep(true, Activation.TANH, Rng.of(1)), 3e-3);
        double plain = Double.POSITIVE_INFINITY;
        for (double rate : new double[] {1e-2, 3e-3, 1e-3}) plain = Math.min(plain, loss(deep(false, Activation.TANH, Rng.of(1)), rate));
        Evidence.of("highway: loss after 300 steps", highway, below(0.3));
        Evidence.of("the best plain network's loss over it", plain / highway, atLeast(5));
    }

    /** The norm of the loss's gradient by the first layer's input over that by the last one's. */
    private static double ratio(Sequential network) {
        var digits = Datasets.digits();
        var hooks = Hooks.of(network);
        var inputs = new ArrayList<Tensor>();
        for (int l : new int[] {1, DEPTH}) hooks.on(String.valueOf(l), (name, in, out) -> {
            inputs.add(in);
            return out;
        });
        var loss = Loss.crossEntropy(network.forward(digits.x().to(DType.F32).div(16), Pass.inference().with(hooks)), digits.y());
        var gradients = Autograd.gradients(loss, inputs.toArray(Tensor[]::new), false);
        return gradients[0].norm().item() / gradients[1].norm().item();
    }

    @Acceptance(topic = "highway-network", clause = 4)
    @Test void gradientsPassFiftyHighwayLayers() {
        double least = Double.POSITIVE_INFINITY, most = 0, plain = 0;
        for (int seed = 0; seed < 5; seed++) {
            double ratio = ratio(deep(true, Activation.SIGMOID, Rng.of(seed))), tanh = ratio(deep(true, Activation.TANH, Rng.of(seed)));
            least = Math.min(least, Math.min(ratio, tanh));
            most = Math.max(most, Math.max(ratio, tanh));
            plain = Math.max(plain, ratio(deep(false, Activation.SIGMOID, Rng.of(seed))));
        }
        Evidence.of("highway: least ratio of the first to the last layer's gradient", least, atLeast(0.01));
        Evidence.of("highway: largest", most, atMost(100));
        Evidence.of("plain sigmoid layers: largest", plain, below(1e-4));
    }

    @Test void fixedGatesAreTheResidualBlockAndThePlainLayer() {
        for (var e : layers(-1, 3).entrySet()) {
            var x = e.getValue();
            var plain = plain(e.getKey(), x);
            assertThat(distance(e.getKey().fixed(1, 1).forward(x), x.add(plain))).isLessThan(1e-14);
            assertThat(distance(e.getKey().fixed(1, 0).forward(x), plain)).isLessThan(1e-14);
            assertThat(e.getKey().fixed(1, 1).parameters()).hasSize(2);
        }
    }

    @Test void gatesAreReportedByDepth() {
        var x = normal(1, 50, 6);
        var network = new Sequential(Highway.dense(6, Activation.RELU, -3, DType.F64, Rng.of(1)), Activation.TANH,
                Highway.dense(6, Activation.RELU, 40, DType.F64, Rng.of(2)),
                Highway.dense(6, Activation.RELU, 0, DType.F64, Rng.of(3)).fixed(1, 1));
        var gates = Highway.gates(network, x);
        assertThat(gates).extracting(Highway.Gates::layer).containsExactly("0", "2");
        var p = network.parameters();
        var t = x.matmul(p.get("0.gate.weight").transpose()).add(p.get("0.gate.bias")).sigmoid();
        assertThat(gates.getFirst().mean()).isCloseTo(t.mean().item(), within(1e-14)).isLessThan(0.1);
        assertThat(gates.getFirst().deviation()).isCloseTo(Math.sqrt(t.var(new int[0], 0, false).item()), within(1e-12));
        assertThat(gates.getFirst().open()).isZero();
        assertThat(gates.getLast().open()).isEqualTo(1);
        assertThat(Highway.gates(Highway.dense(6, Activation.RELU, 0, DType.F64, Rng.of(1)), x)).hasSize(1);
    }

    @Test void theBiasOfTheGateBeginsLowAndWidthsMustStay() {
        var layer = new Highway(5, Activation.RELU, Rng.of(1));
        assertThat(layer.parameters().keySet()).containsExactly("plain.weight", "plain.bias", "gate.weight", "gate.bias");
        assertThat(layer.parameters().get("gate.bias").toDoubleArray()).containsOnly(-2);
        assertThatThrownBy(() -> new Highway(new Linear(4, 3, Rng.of(1)), new Linear(4, 3, Rng.of(1))).forward(Tensor.ones(2, 4)))
                .isInstanceOf(ShapeException.class).hasMessageContaining("from (2, 4) to (2, 3)");
        assertThatThrownBy(() -> Highway.conv(2, 4, Activation.RELU, -1, Rng.of(1))).hasMessageContaining("kernel of 4");
        assertThatThrownBy(() -> layer.fixed(Double.NaN, 1)).hasMessageContaining("NaN");
    }
}
