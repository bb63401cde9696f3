package lyceum.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.function.Supplier;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.linalg.Eigen;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sam;
import lyceum.optim.Sgd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SharpnessAnalyzerTest {
    private static final Dataset DIGITS = Datasets.digits().to(DType.F64).scaled(1.0 / 16);

    /** The dense Hessian by central differences of gradients, written into the model's own weights: nothing of the unit takes part. */
    private static double[][] dense(Module model, Supplier<Tensor> loss) {
        var parameters = model.parameters().values().toArray(Tensor[]::new);
        int n = (int) model.parameterCount(), at = 0;
        var h = new double[n][];
        for (var parameter : parameters) {
            var kept = parameter.toDoubleArray();
            for (int i = 0; i < kept.length; i++, at++) {
                var up = gradientAt(parameters, parameter, kept, i, 1e-5, loss);
                var down = gradientAt(parameters, parameter, kept, i, -1e-5, loss);
                h[at] = new double[n];
                for (int j = 0; j < n; j++) h[at][j] = (up[j] - down[j]) / 2e-5;
            }
            Autograd.noGrad(() -> { parameter.copy_(Tensor.of(kept, parameter.shape().toArray())); });
        }
        return h;
    }

    private static double[] gradientAt(Tensor[] all, Tensor moved, double[] kept, int i, double by, Supplier<Tensor> loss) {
        var changed = kept.clone();
        changed[i] += by;
        Autograd.noGrad(() -> { moved.copy_(Tensor.of(changed, moved.shape().toArray())); });
        var parts = Autograd.gradients(loss.get(), all, false);
        for (int p = 0; p < parts.length; p++) parts[p] = parts[p].flatten();
        return Tensor.concat(0, parts).toDoubleArray();
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "sharpness", clause = 1) void topEigenvalueAndTraceEqualTheDenseOnes() {
        double worstTop = 0, worstTrace = 0;
        int largest = 0;
        var data = Datasets.iris().to(DType.F64).standardised();
        var kinds = new Activation[] {Activation.TANH, Activation.SOFTPLUS, Activation.RELU, Activation.GELU};
        int[][] widths = {{4}, {12}, {35}, {10, 10}, {8, 8, 8}};
        for (int w = 0; w < widths.length; w++) {
            var activation = kinds[w % kinds.length];
            var net = new Mlp(MlpConfig.classifier(4, 3, widths[w]).withActivation(activation).withDtype(DType.F64), Rng.of(w));
            for (int trained = 0; trained < 2; trained++) {
                if (trained == 1) descend(net, data, 0.3, 100);
                var h = dense(net, () -> Loss.crossEntropy(net.forward(data.x()), data.y()));
                double trace = 0;
                for (int i = 0; i < h.length; i++) trace += h[i][i];
                var values = Eigen.symmetricValues(Tensor.of(h)).toDoubleArray();
                double top = Math.max(values[0], values[values.length - 1]);
                var sharpness = new SharpnessAnalyzer<>(net, m -> Loss.crossEntropy(m.forward(data.x()), data.y()));
                worstTop = Math.max(worstTop, Math.abs(sharpness.top(1, Rng.of(1)).values().item(0) / top - 1));
                worstTrace = Math.max(worstTrace, Math.abs(sharpness.trace(60, 120, Rng.of(2)).value() / trace - 1));
                largest = Math.max(largest, h.length);
                if (w == 1 && trained == 1) {
                    var density = sharpness.density(4, 30, Rng.of(3));
                    double share = 0;
                    for (double v : values) share += v < 0.01 ? 1.0 / values.length : 0;
                    assertThat(density.below(0.01)).isCloseTo(share, within(0.1));
                    assertThat(sharpness.bottom(1, Rng.of(4)).values().item(0)).isCloseTo(Math.min(values[0], values[values.length - 1]),
                            within(1e-4));
                }
            }
        }
        Evidence.of("weights of the largest net", largest, between(280, 300));
        Evidence.of("top eigenvalue, worst relative gap of 10 nets", worstTop, atMost(1e-4));
        Evidence.of("trace, worst relative gap of 10 nets", worstTrace, atMost(0.05));
    }

    private static void descend(Mlp net, Dataset data, double rate, int steps) {
        var optimizer = new Sgd(rate).over(net.parameters());
        for (int i = 0; i < steps; i++) {
            optimizer.zeroGrad();
            Loss.crossEntropy(net.forward(data.x()), data.y()).backward();
            optimizer.step();
        }
    }

    @Test
    @Acceptance(topic = "sharpness", clause = 2) void rescalingReluLayersRaisesTheTopEigenvalueButNotAdaptiveSharpness() {
        var data = DIGITS.head(200);
        var net = new Mlp(MlpConfig.classifier(64, 10, 16).withDtype(DType.F64), Rng.of(1));
        descend(net, data, 0.3, 150);
        var state = net.state();
        var scaled = Mlp.of(net.config(), state);
        Autograd.noGrad(() -> {
            scaled.layers().get(0).weight().mul_(10);
            scaled.layers().get(0).bias().mul_(10);
            scaled.layers().get(1).weight().div_(10);
        });
        double gap = net.forward(data.x()).sub(scaled.forward(data.x())).abs().max().item();
        var before = new SharpnessAnalyzer<>(net, m -> Loss.crossEntropy(m.forward(data.x()), data.y()));
        var after = new SharpnessAnalyzer<>(scaled, m -> Loss.crossEntropy(m.forward(data.x()), data.y()));
        Evidence.of("outputs, largest gap", gap, atMost(1e-6));
        Evidence.of("top eigenvalue, after over before",
                after.top(1, Rng.of(2)).values().item(0) / before.top(1, Rng.of(2)).values().item(0), atLeast(10));
        double adaptive = before.adaptiveTop(Rng.of(3));
        assertThat(adaptive).isGreaterThan(0.1);
        Evidence.of("adaptive top eigenvalue, relative move", Math.abs(after.adaptiveTop(Rng.of(4)) / adaptive - 1), atMost(0.01));
        var ball = before.adaptiveWorst(0.5, 10);
        assertThat(ball.rise()).isGreaterThan(0.01);
        Evidence.of("adaptive worst rise, relative move", Math.abs(after.adaptiveWorst(0.5, 10).rise() / ball.rise() - 1), atMost(0.01));
    }

    /** Trains until the loss over all digits, looked at every 20 steps, lies within 10% of 0.05. */
    private static Mlp trained(String how, int seed) {
        var data = DIGITS.to(DType.F32);
        var net = new Mlp(MlpConfig.classifier(64, 10, 32), Rng.of(seed));
        var rng = Rng.of(100 + seed);
        var optimizer = new Sgd(how.equals("gd") ? 0.5 : how.equals("sgd") ? 0.4 : 0.1).over(net.parameters());
        var sam = new Sam(optimizer, 0.5);
        for (int step = 1; step <= 40_000; step++) {
            try (var scope = Scope.open("step")) {
                var batch = how.equals("gd") ? data : data.rows(rng.sample(data.size(), how.equals("sgd") ? 8 : 32));
                optimizer.zeroGrad();
                if (how.equals("sam")) sam.step(() -> Loss.crossEntropy(net.forward(batch.x()), batch.y()));
                else {
                    Loss.crossEntropy(net.forward(batch.x()), batch.y()).backward();
                    optimizer.step();
                }
                if (step % 20 != 0) continue;
                double loss = Autograd.noGrad(() -> Loss.crossEntropy(net.forward(data.x()), data.y()).item());
                if (Math.abs(loss / 0.05 - 1) <= 0.1) return net;
            }
        }
        throw new AssertionError(how + " of seed " + seed + " did not come to a loss of 0.05");
    }

    @Tag("heavy")
    @Test
    @Acceptance(topic = "sharpness", clause = 3) void smallBatchesAndSamEndInFlatterMinimaThanFullBatches() {
        var means = new double[3];
        String[] names = {"gd", "sgd", "sam"};
        for (int k = 0; k < 3; k++) for (int seed = 1; seed <= 3; seed++) {
            var net = Module.to(trained(names[k], seed), DType.F64);
            var sharpness = new SharpnessAnalyzer<>(net, m -> Loss.crossEntropy(m.forward(DIGITS.x()), DIGITS.y()));
            Evidence.of(names[k] + " " + seed + ": loss", sharpness.loss(), between(0.045, 0.055));
            means[k] += sharpness.top(1, Rng.of(seed)).values().item(0) / 3;
        }
        Evidence.of("full-batch mean top eigenvalue", means[0], between(0, 1e6));
        Evidence.of("SGD, mean top eigenvalue over full batch", means[1] / means[0], atMost(0.5));
        Evidence.of("SAM, mean top eigenvalue over full batch", means[2] / means[0], atMost(0.5));
    }

    /** {@code (a b - 1)^2 / 2}: the Hessian at (a, b) with a b = 1 has eigenvalues 0 and a^2 + b^2. */
    @Test void theHyperbolaHasItsClosedForm() {
        for (double a : new double[] {1, 2, 10}) {
            var net = new Sequential(new Linear(Tensor.of(new double[] {a}, 1, 1), null),
                    new Linear(Tensor.of(new double[] {1 / a}, 1, 1), null));
            var one = Tensor.ones(DType.F64, 1, 1);
            var sharpness = new SharpnessAnalyzer<>(net, m -> m.forward(one).sub(1).square().sum().mul(0.5));
            double top = a * a + 1 / (a * a);
            assertThat(sharpness.top(1, Rng.of(0)).values().item(0)).isCloseTo(top, within(1e-9 * top));
            assertThat(sharpness.trace(2, 0, Rng.of(0)).value()).isCloseTo(top, within(1e-9 * top));
            assertThat(sharpness.trace(0, 400, Rng.of(0)).value()).isCloseTo(top, within(0.2 * top));
            assertThat(sharpness.adaptiveTop(Rng.of(0))).isCloseTo(2, within(1e-9));
            // In a ball of r the worst point lies along the gradient's line, (a, b) (1 + r / |(a, b)|) to first order.
            double r = 0.01, rise = sharpness.worst(r, 50).rise();
            assertThat(rise).isBetween(0.4 * top * r * r, 0.7 * top * r * r);
        }
    }

    @Test void refusals() {
        var net = new Linear(2, 1, Rng.of(0));
        var sharpness = new SharpnessAnalyzer<>(net, m -> m.forward(Tensor.ones(3, 2)).square().mean());
        assertThatThrownBy(() -> sharpness.worst(-1, 3)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("radius is -1.0");
        assertThatThrownBy(() -> sharpness.trace(0, 0, Rng.of(0))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("probe");
        assertThatThrownBy(() -> sharpness.density(0, 3, Rng.of(0))).isInstanceOf(IllegalArgumentException.class);
        assertThat(sharpness.slice(Tensor.ones(3), 0, 1)[0]).isEqualTo(sharpness.loss());
    }
}
