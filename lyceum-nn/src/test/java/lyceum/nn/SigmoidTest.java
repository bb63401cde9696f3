package lyceum.nn;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class SigmoidTest {
    private static final Golden GOLDEN = Golden.load("golden/sigmoid.json");

    /** Points of every size up to 700, both signs. */
    private static double[] spread(int n) {
        var rng = Rng.of(101);
        var x = new double[n];
        for (int i = 0; i < n; i++)
            x[i] = (i % 2 == 0 ? 1 : -1) * (i % 4 < 2 ? 700 * rng.nextDouble() : Math.pow(10, -9 + 11 * rng.nextDouble()));
        return x;
    }

    @Test
    @Acceptance(topic = "sigmoid", clause = 1) void isWithinFourUlpsOfSixtyDigitsUpTo700() {
        double[] x = spread(1500);
        double worst = 0;
        for (double v : x) worst = Math.max(worst, HighPrecision.ulps(Activation.sigmoid(v), HighPrecision.sigmoid(v)));
        Evidence.of("scalar, ulp", worst, below(4));
        var exact = GOLDEN.named("exact");
        double[] tabulated = exact.doubles("input.x"), expected = exact.doubles("expected.sigmoid");
        Backends.each(() -> {
            double far = 0;
            double[] ours = Tensor.of(x).sigmoid().toDoubleArray();
            for (int i = 0; i < x.length; i++) far = Math.max(far, HighPrecision.ulps(ours[i], HighPrecision.sigmoid(x[i])));
            double[] table = Activation.SIGMOID.apply(Tensor.of(tabulated)).toDoubleArray();
            for (int i = 0; i < table.length; i++) far = Math.max(far, Math.abs(table[i] - expected[i]) / Math.ulp(expected[i]));
            Evidence.of("tensor F64, ulp", far, below(4));
        });
    }

    @Test
    @Acceptance(topic = "sigmoid", clause = 1) void logSigmoidIsExactFarOut() {
        var exact = GOLDEN.named("log sigmoid");
        double[] x = exact.doubles("input.x"), y = exact.doubles("expected.y");
        Evidence.of("log sigmoid at -1e4, error", Math.abs(Activation.logSigmoid(-1e4) + 1e4), below(1e-12));
        double[] tensor = Tensor.of(x).logSigmoid().toDoubleArray();
        for (int i = 0; i < x.length; i++) {
            assertThat(Activation.logSigmoid(x[i])).as("x = " + x[i]).isCloseTo(y[i], within(4 * Math.ulp(y[i])));
            assertThat(tensor[i]).as("x = " + x[i]).isCloseTo(y[i], within(4 * Math.ulp(y[i])));
        }
    }

    @Test
    @Acceptance(topic = "sigmoid", clause = 2) void mirrorsAndHasItsSlopeFromItself() {
        double mirror = 0, slope = 0, most = 0;
        for (double x : spread(4000)) {
            double s = Activation.sigmoid(x);
            mirror = Math.max(mirror, Math.abs(Activation.sigmoid(-x) - (1 - s)));
            slope = Math.max(slope, Math.abs(Activation.sigmoidDerivative(x) - s * (1 - s)));
            most = Math.max(most, Activation.sigmoidDerivative(x));
        }
        var x = Tensor.of(spread(4000));
        var s = x.sigmoid();
        mirror = Math.max(mirror, x.neg().sigmoid().sub(s.rsub(1)).abs().max().item());
        slope = Math.max(slope, Activation.SIGMOID.derivative(x).sub(s.mul(s.rsub(1))).abs().max().item());
        Evidence.of("s(-x) - (1 - s(x))", mirror, below(1e-15));
        Evidence.of("s' - s (1 - s)", slope, below(1e-15));
        double tail = 0;
        for (double t : new double[] {40, 300, 360, 700}) {
            tail = Math.max(tail, Math.abs(Activation.sigmoidDerivative(t) / Math.exp(-t) - 1));
            tail = Math.max(tail, Math.abs(Activation.sigmoidDerivative(-t) / Math.exp(-t) - 1));
        }
        Evidence.of("s' over exp(-|x|) far out, less 1", tail, below(1e-15));
        Evidence.of("largest slope", Math.max(most, Activation.SIGMOID.derivative(x).max().item()), atMost(0.25 + 1e-15));
        assertThat(Activation.sigmoidDerivative(0)).isEqualTo(0.25);
    }

    @Test void derivativeKeepsItsDigitsInTheTails() {
        var exact = GOLDEN.named("exact");
        double[] x = exact.doubles("input.x"), slope = exact.doubles("expected.derivative");
        for (int i = 0; i < x.length; i++)
            assertThat(Activation.sigmoidDerivative(x[i])).as("x = " + x[i]).isCloseTo(slope[i], within(5 * Math.ulp(slope[i])));
    }

    /** Near 15 one unit in the last place of s moves the logit by 3.6e-10, so that 1e-9 asks for a sigmoid within 2.7 of them. */
    @Test
    @Acceptance(topic = "sigmoid", clause = 3) void logitUndoesIt() {
        double worst = 0;
        for (int i = 0; i <= 30_000; i++) {
            double x = -15 + i / 1000.0;
            worst = Math.max(worst, Math.abs(Activation.logit(Activation.sigmoid(x)) - x));
        }
        var x = Tensor.linspace(-15, 15, 30_001);
        worst = Math.max(worst, Activation.logit(x.sigmoid()).sub(x).abs().max().item());
        Evidence.of("logit(s(x)) - x", worst, below(1e-9));
        double half = 0;
        for (double d = 1e-4; d > 1e-14; d /= 3) {
            double p = 0.5 + d, h = p - 0.5; // exact; the series of the logit is 4 h + 16/3 h^3 + ...
            half = Math.max(half, Math.abs(Activation.logit(p) / (4 * h + 16.0 / 3 * h * h * h) - 1));
        }
        Evidence.of("logit near 1/2, relative", half, below(1e-14));
        var exact = GOLDEN.named("logit");
        double[] p = exact.doubles("input.p"), y = exact.doubles("expected.y");
        for (int i = 0; i < p.length; i++) assertThat(Activation.logit(p[i])).isCloseTo(y[i], within(2 * Math.ulp(y[i])));
        assertThat(Activation.logit(0)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(Activation.logit(1)).isEqualTo(Double.POSITIVE_INFINITY);
        assertThatThrownBy(() -> Activation.logit(1.2)).hasMessage("logit: p is 1.2; it lies in [0, 1]");
    }

    @Test
    @Acceptance(topic = "sigmoid", clause = 4) void everyLayerQuartersTheGradientAtLeast() {
        double nearest = 0;
        for (double start : new double[] {-3, -0.5, 0, 0.4, 2}) {
            for (int k = 1; k <= 20; k++) {
                int layers = k;
                double gradient = Autograd.grad(x -> {
                    for (int i = 0; i < layers; i++) x = x.sigmoid();
                    return x;
                }).apply(Tensor.scalar(start)).item();
                nearest = Math.max(nearest, gradient * Math.pow(4, k));
                assertThat(gradient).isBetween(0.0, Math.pow(4, -k));
            }
        }
        Evidence.of("gradient over 4^-k, largest", nearest, atMost(1));
    }

    @Test void equalsTorch() {
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var name = type == DType.F32 ? "float32" : "float64";
            torch("torch sigmoid " + name, type, Activation.SIGMOID);
            torch("torch logsigmoid " + name, type, Layer.of(Tensor::logSigmoid));
            TorchCase.check(GOLDEN.named("torch hardsigmoid " + name), type, Activation.HARD_SIGMOID, 6e-8); // PyTorch's sixth is a float even in double
            torch("torch silu " + name, type, Activation.SILU);
        }
    }

    private static void torch(String name, DType type, Layer layer) {
        TorchCase.check(GOLDEN.named(name), type, layer, type == DType.F32 ? 4e-7 : 1e-15);
    }

    @Test void scalarsAgreeWithTensors() {
        for (double x : new double[] {-40, -3, -1.5, 0, 0.3, 3, 12}) {
            assertThat(Activation.hardSigmoid(x)).isCloseTo(Activation.HARD_SIGMOID.apply(Tensor.of(x)).item(), within(1e-16));
            assertThat(Activation.sigmoid(x)).isCloseTo(Tensor.of(x).sigmoid().item(), within(1e-15));
        }
    }
}
