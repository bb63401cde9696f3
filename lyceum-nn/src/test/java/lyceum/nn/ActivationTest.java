package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.loss.Loss;
import lyceum.optim.Lbfgs;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class ActivationTest {
    private static final double[][] CORNERS = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};

    /** tools/golden/nn_activations.py. */
    @Acceptance(topic = "activation-function", clause = 1)
    @Test void valuesAndGradientsEqualPyTorchFromMinusToPlusFifty() {
        var golden = Golden.load("golden/activations.json");
        double[] x = golden.named("inputs").doubles("input.x");
        var layers = new LinkedHashMap<String, Layer>(
                Map.of("celu 0.5", Activation.celu(0.5), "celu 3", Activation.celu(3), "elu 2", Activation.elu(2), "leaky_relu 0.2",
                        Activation.leakyRelu(0.2), "maxout 2", Activation.maxout(2), "maxout 3", Activation.maxout(3)));
        int cases = 0;
        for (var type : new DType[] {DType.F64, DType.F32}) {
            var gap = type == DType.F64 ? Gap.absolute() : Gap.relativeBeyondOne();
            for (var c : golden.list("cases")) {
                if (c.text("name").equals("inputs")) continue;
                cases++;
                var name = c.text("name");
                var layer = layers.containsKey(name) ? layers.get(name) : Activation.named(name);
                var input = Tensor.of(x).to(type).compute().requiresGrad();
                if (layer instanceof PRelu) layer = new PRelu(Tensor.of(0.25).to(type));
                var y = layer.forward(input);
                y.sum().backward();
                gap.see(c, "expected.y", y.toDoubleArray());
                gap.see(c, "expected.gradient", input.grad().toDoubleArray());
            }
            // In F32 both libraries lose the last digits of SiLU's slope where 1 - sigmoid(x) does.
            if (type == DType.F64) Evidence.of("largest gap of values and gradients", gap, atMost(1e-6));
            else assertThat(gap.worst()).isLessThan(2e-6);
        }
        Evidence.of("activations, in two types", cases, exactly(2 * 30));
        Evidence.of("inputs", x.length, atLeast(78));
    }

    @Acceptance(topic = "activation-function", clause = 2)
    @Test void aStackOfAffineLayersIsOneAffineMap() {
        var gap = Gap.relativeBeyondOne();
        for (int draw = 0; draw < 50; draw++) {
            var rng = Rng.of(draw);
            int depth = 2 + rng.nextInt(9), inputs = 1 + rng.nextInt(6), width = inputs;
            var layers = new ArrayList<Layer>();
            // One map (A, c), composed layer by layer in plain loops.
            var a = new double[inputs][inputs];
            var c = new double[inputs];
            for (int i = 0; i < inputs; i++) a[i][i] = 1;
            for (int l = 0; l < depth; l++) {
                int next = 1 + rng.nextInt(8);
                var linear = new Linear(width, next, true, DType.F32, Init.lecunNormal(), rng);
                layers.add(linear);
                layers.add(Activation.IDENTITY);
                double[][] w = linear.weight().detach().toRows(), product = new double[next][inputs];
                double[] offset = linear.bias().detach().toDoubleArray();
                for (int i = 0; i < next; i++) for (int k = 0; k < width; k++) {
                    for (int j = 0; j < inputs; j++) product[i][j] += w[i][k] * a[k][j];
                    offset[i] += w[i][k] * c[k];
                }
                a = product;
                c = offset;
                width = next;
            }
            var x = Tensor.randn(rng, DType.F32, 20, inputs).compute();
            double[][] rows = x.toRows(), y = new Sequential(layers).forward(x).detach().toRows();
            for (int r = 0; r < rows.length; r++) for (int i = 0; i < width; i++) {
                double sum = c[i];
                for (int j = 0; j < inputs; j++) sum += a[i][j] * rows[r][j];
                gap.see("stack " + draw, y[r][i], sum);
            }
        }
        Evidence.of("numbers compared", gap.seen(), atLeast(1000));
        Evidence.of("largest gap between 50 stacks and their one map", gap, atMost(1e-5));
    }

    @Acceptance(topic = "activation-function", clause = 2)
    @Test void onlyNonlinearStacksLearnExclusiveOr() {
        double linear = 1, worst = 0;
        for (int seed = 0; seed < 5; seed++) linear = Math.min(linear, learnedXor(Activation.IDENTITY, 8, seed));
        Evidence.of("least error of linear stacks", linear, between(0.25 - 1e-9, 0.26));
        int learned = 0;
        for (var activation : Activation.values()) {
            if (activation == Activation.IDENTITY || activation == Activation.STEP) continue;
            worst = Math.max(worst, learnedXor(activation, 8, 1));
            learned++;
        }
        var others = List.of(Activation.leakyRelu(0.2), Activation.celu(2), Activation.elu(2), new PRelu(1, DType.F64),
                new RandomizedLeakyRelu());
        for (var layer : others) worst = Math.max(worst, learnedXor(layer, 8, 1));
        worst = Math.max(worst, learnedXor(Activation.maxout(2), 4, 1));
        // A step has no slope to follow; AND of OR and NAND, each unit from its linear program.
        Neuron or = Neuron.realising(false, true, true, true).orElseThrow(), nand = Neuron.realising(true, true, true, false).orElseThrow(),
                and = Neuron.realising(false, false, false, true).orElseThrow();
        var x = Tensor.of(CORNERS);
        double[] y = and.forward(Tensor.stack(1, or.forward(x), nand.forward(x))).toDoubleArray();
        for (int i = 0; i < 4; i++) worst = Math.max(worst, Math.pow(y[i] - (i == 1 || i == 2 ? 1 : 0), 2));
        Evidence.of("nonlinear kinds", learned + others.size() + 2, exactly(27));
        Evidence.of("largest error of them", worst, below(0.01));
    }

    /** Mean squared error of 2 inputs, 8 sums, an activation and 1 output after L-BFGS, the best of three starts. */
    private static double learnedXor(Layer activation, int active, int seed) {
        var x = Tensor.of(CORNERS);
        var target = Tensor.of(new double[] {0, 1, 1, 0}, 4, 1);
        double best = 1;
        for (int start = 0; start < 3 && best >= 0.01; start++) {
            var rng = Rng.of(100 * seed + start);
            var net = new Sequential(new Linear(2, 8, true, DType.F64, Init.normal(1.5), rng), activation,
                    new Linear(active, 1, true, DType.F64, Init.normal(0.5), rng));
            var parameters = List.copyOf(net.parameters().values());
            best = Math.min(best, new Lbfgs().minimize(parameters, () -> Loss.mse(net.forward(x), target), Progress.SILENT).value());
        }
        return best;
    }

    @Acceptance(topic = "activation-function", clause = 3)
    @Test void seluKeepsMeanAndVarianceThroughFiftyLayers() {
        double mean = 0, least = 1, most = 1, relu = 1;
        for (int seed = 0; seed < 3; seed++) {
            var rng = Rng.of(seed);
            Tensor x = Tensor.randn(rng, DType.F32, 200, 512).compute(), other = x;
            for (int layer = 0; layer < 50; layer++) {
                var linear = Init.lecunNormal().fill(new Linear(512, 512, rng), rng);
                linear.freeze("*");
                x = Activation.SELU.forward(linear.forward(x)).compute();
                other = Activation.RELU.forward(linear.forward(other)).compute();
                double m = x.mean().item(), v = x.square().mean().item() - m * m;
                mean = Math.max(mean, Math.abs(m));
                least = Math.min(least, v);
                most = Math.max(most, v);
            }
            relu = Math.min(relu, other.square().mean().item());
        }
        Evidence.of("largest |mean| of a layer", mean, atMost(0.1));
        Evidence.of("least variance", least, atLeast(0.9));
        Evidence.of("largest variance", most, atMost(1.1));
        Evidence.of("mean square that ReLU leaves of the same sums", relu, below(1e-6));
    }

    /** Straight pieces between 1,001 points of the parabola: one unit begins each. */
    @Acceptance(topic = "activation-function", clause = 4)
    @Test void aThousandReluUnitsDrawTheParabola() {
        int units = 1000;
        double[] slopes = new double[units], shifts = new double[units], out = new double[units];
        for (int i = 0; i < units; i++) {
            slopes[i] = 1;
            shifts[i] = -(double) i / units;
            out[i] = i == 0 ? 1.0 / units : 2.0 / units; // slopes of the pieces are (2i + 1) / units
        }
        var net = new Sequential(new Linear(Tensor.of(slopes, units, 1), Tensor.of(shifts)), Activation.RELU,
                new Linear(Tensor.of(out, 1, units), Tensor.of(0.0)));
        double worst = 0;
        double[] y = net.forward(Tensor.linspace(0, 1, 7001).unsqueeze(1)).toDoubleArray();
        for (int i = 0; i < y.length; i++) worst = Math.max(worst, Math.abs(y[i] - Math.pow(i / 7000.0, 2)));
        Evidence.of("largest gap from x^2 at 7,001 points", worst, atMost(1e-4));
    }

    @Test void namesOfOtherLibrariesAreUnderstood() {
        assertThat(Activation.named("LeakyReLU")).isSameAs(Activation.LEAKY_RELU);
        assertThat(Activation.named("gelu_new")).isSameAs(Activation.GELU_TANH);
        assertThat(Activation.named("gelu_pytorch_tanh")).isSameAs(Activation.GELU_TANH);
        assertThat(Activation.named("swish")).isSameAs(Activation.SILU);
        for (var activation : Activation.values()) assertThat(Activation.named(activation.name())).isSameAs(activation);
        assertThatThrownBy(() -> Activation.named("reluu")).hasMessageContaining("reluu is unknown").hasMessageContaining("gelu");
    }

    @Test void randomisedSlopesAreDrawnWhileLearningAlone() {
        var layer = new RandomizedLeakyRelu(0.1, 0.5);
        var x = Tensor.full(DType.F64, -1, 4000).compute();
        double[] drawn = layer.forward(x, Pass.training(Rng.of(1))).toDoubleArray();
        double sum = 0, least = 0, most = -1;
        for (double v : drawn) {
            sum += v / drawn.length;
            least = Math.min(least, v);
            most = Math.max(most, v);
        }
        assertThat(sum).isCloseTo(-0.3, within(0.01));
        assertThat(least).isBetween(-0.5, -0.49);
        assertThat(most).isBetween(-0.11, -0.1);
        assertThat(layer.forward(x).toDoubleArray()).containsOnly(-0.3);
        assertThat(layer.forward(x.neg(), Pass.training(Rng.of(1))).toDoubleArray()).containsOnly(1);
        assertThatThrownBy(() -> new RandomizedLeakyRelu(0.5, 0.1)).hasMessageContaining("from 0.5 to 0.1");
    }

    @Test void settingsAndGainsAreChecked() {
        assertThatThrownBy(() -> Activation.celu(0)).hasMessageContaining("alpha is 0.0");
        assertThatThrownBy(() -> new Maxout(0)).hasMessageContaining("pieces is 0");
        assertThatThrownBy(() -> new Maxout(3).forward(Tensor.ones(2, 4))).isInstanceOf(ShapeException.class);
        assertThat(Activation.celu(2)).hasToString("celu(2.0)");
        var z = Tensor.randn(Rng.of(5), DType.F64, 200_000).compute();
        for (var activation : new Activation[] {Activation.SINE, Activation.GELU, Activation.STEP})
            assertThat(activation.apply(z).mul(Init.gain(activation)).square().mean().item()).isCloseTo(1, within(0.02));
        double[] kink = Autograd.grad(t -> Activation.celu(0.5).forward(t).sum()).apply(Tensor.of(-1e-12, 1e-12)).toDoubleArray();
        assertThat(kink[0]).isCloseTo(kink[1], within(1e-9));
    }
}
