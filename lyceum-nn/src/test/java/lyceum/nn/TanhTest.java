package lyceum.nn;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;

class TanhTest {
    private static final Golden GOLDEN = Golden.load("golden/tanh.json");

    /** Of every size from 1e-12 to 40, and many where the function bends. */
    private static double[] spread(int n) {
        var rng = Rng.of(102);
        var x = new double[n];
        for (int i = 0; i < n; i++)
            x[i] = (i % 2 == 0 ? 1 : -1) * (i % 4 < 2 ? 3 * rng.nextDouble() : Math.pow(10, -12 + 13.6 * rng.nextDouble()));
        return x;
    }

    @Test
    @Acceptance(topic = "tanh", clause = 1) void isWithinTwoUlpsOfSixtyDigitsAndTinyValuesToo() {
        double[] x = spread(3000);
        var exact = GOLDEN.named("exact");
        double[] tabulated = exact.doubles("input.x"), expected = exact.doubles("expected.tanh");
        double worst = 0;
        for (double v : x) worst = Math.max(worst, HighPrecision.ulps(Activation.tanh(v), HighPrecision.tanh(v)));
        for (int i = 0; i < tabulated.length; i++)
            worst = Math.max(worst, Math.abs(Activation.tanh(tabulated[i]) - expected[i]) / Math.ulp(expected[i]));
        Evidence.of("scalar, ulp", worst, below(2));
        Backends.each(() -> {
            double far = 0;
            double[] ours = Tensor.of(x).tanh().toDoubleArray(), table = Activation.TANH.apply(Tensor.of(tabulated)).toDoubleArray();
            for (int i = 0; i < x.length; i++) far = Math.max(far, HighPrecision.ulps(ours[i], HighPrecision.tanh(x[i])));
            for (int i = 0; i < table.length; i++) far = Math.max(far, Math.abs(table[i] - expected[i]) / Math.ulp(expected[i]));
            Evidence.of("tensor F64, ulp", far, below(2));
            float[] single = Tensor.of(x).to(DType.F32).tanh().toFloatArray();
            double singles = 0;
            for (int i = 0; i < x.length; i++) {
                double truth = Math.tanh((float) x[i]);
                singles = Math.max(singles, Math.abs(single[i] - truth) / Math.ulp((float) truth));
            }
            Evidence.of("tensor F32, ulp", singles, below(2));
        });
    }

    @Test
    @Acceptance(topic = "tanh", clause = 2) void isAStretchedSigmoidOddAndSteepestAtZero() {
        double[] points = spread(4000);
        var x = Tensor.of(points);
        var t = x.tanh();
        Evidence.of("tanh x - (2 s(2x) - 1)", t.sub(x.mul(2).sigmoid().mul(2).sub(1)).abs().max().item(), below(1e-15));
        Evidence.of("tanh(-x) + tanh(x)", x.neg().tanh().add(t).abs().max().item(), exactly(0));
        double slope = Activation.TANH.derivative(x).sub(t.square().rsub(1)).abs().max().item();
        for (double v : points)
            slope = Math.max(slope, Math.abs(Activation.tanhDerivative(v) - (1 - Activation.tanh(v) * Activation.tanh(v))));
        Evidence.of("derivative - (1 - tanh^2)", slope, below(1e-15));
        var exact = GOLDEN.named("exact");
        double[] at = exact.doubles("input.x"), expected = exact.doubles("expected.derivative");
        for (int i = 0; i < at.length; i++)
            assertThat(Activation.tanhDerivative(at[i])).as("x = " + at[i]).isCloseTo(expected[i], within(8 * Math.ulp(expected[i])));
    }

    @Test
    @Acceptance(topic = "tanh", clause = 3) void lecunsFormKeepsPlusAndMinusOne() {
        var ends = Activation.LECUN_TANH.apply(Tensor.of(-1.0, 1.0));
        Evidence.of("distance from 1", Math.max(Math.abs(ends.item(0) + 1), Math.abs(ends.item(1) - 1)), below(1e-4));
        assertThat(Activation.lecunTanh(1)).isCloseTo(1, within(1e-4));
        var exact = GOLDEN.named("lecun");
        double[] x = exact.doubles("input.x"), y = exact.doubles("expected.y");
        double[] ours = Activation.LECUN_TANH.apply(Tensor.of(x)).toDoubleArray();
        for (int i = 0; i < x.length; i++) {
            assertThat(ours[i]).isCloseTo(y[i], within(4 * Math.ulp(y[i])));
            assertThat(Activation.lecunTanh(x[i])).isCloseTo(y[i], within(4 * Math.ulp(y[i])));
        }
    }

    @Test
    @Acceptance(topic = "tanh", clause = 4) void keepsZeroMeanWhereSigmoidGivesAHalf() {
        var x = Tensor.randn(Rng.of(4), DType.F64, 20_000, 10);
        var tanh = ActivationReport.of(Activation.TANH, List.of(x)).layers().getFirst();
        var sigmoid = ActivationReport.of(Activation.SIGMOID, List.of(x)).layers().getFirst();
        Evidence.of("mean of tanh", tanh.mean(), equalTo(0, 0.01));
        Evidence.of("mean of sigmoid", sigmoid.mean(), equalTo(0.5, 0.01));
    }

    /** Seven hidden layers of 64 and the output, Adam at 1e-3 on batches of 64; the loss is that of all rows, looked at every 10 steps. */
    @Test
    @Acceptance(topic = "tanh", clause = 5) void deepTanhLearnsDigitsInHalfTheStepsOfSigmoid() {
        var digits = Datasets.digits().flat();
        var data = digits.withX(digits.x().to(DType.F32).div(16).compute());
        long slowest = 0, later = 0;
        for (int seed = 0; seed < 10; seed++) {
            long tanh = stepsTo(0.3, Activation.TANH, data, seed, 400);
            if (stepsTo(0.3, Activation.SIGMOID, data, seed, 2 * tanh) == 2 * tanh) later++;
            slowest = Math.max(slowest, tanh);
        }
        Evidence.of("most steps of tanh", slowest, below(400));
        Evidence.of("seeds, of 10, in which sigmoid has not arrived after twice as many", later, exactly(10));
    }

    /** Steps until the training loss is at most {@code goal}, or {@code most}. */
    private static long stepsTo(double goal, Activation activation, Dataset data, int seed, long most) {
        var config = MlpConfig.classifier(64, 10, 64, 64, 64, 64, 64, 64, 64).withActivation(activation);
        var network = new Mlp(config, Init.glorotUniform(), Rng.of(seed));
        var run = new Trainer(new Adam(1e-3), 1000).withBatchSize(64).start(network, data.size(),
                BatchLoss.of(network, Loss::crossEntropy, data), null, Rng.of(100 + seed));
        while (run.steps() < most) {
            run.step();
            if (run.steps() % 10 == 0 && Autograd.noGrad(() -> Loss.crossEntropy(network.forward(data.x()), data.y()).item()) <= goal)
                return run.steps();
        }
        return most;
    }

    @Test void equalsTorch() {
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var name = type == DType.F32 ? "float32" : "float64";
            double bound = type == DType.F32 ? 2e-7 : 1e-15;
            TorchCase.check(GOLDEN.named("torch tanh " + name), type, Activation.TANH, bound);
            TorchCase.check(GOLDEN.named("torch hardtanh " + name), type, Activation.HARD_TANH, bound);
            TorchCase.check(GOLDEN.named("torch tanhshrink " + name), type, Activation.TANH_SHRINK, bound);
            TorchCase.check(GOLDEN.named("torch softsign " + name), type, Activation.SOFTSIGN, bound);
        }
    }

    @Test void reportCountsSaturatedUnits() {
        var report = ActivationReport.of(Activation.TANH, List.of(Tensor.of(new double[][] {{0, 5, -5}, {0.1, 6, 0.2}})), 0.01).layers()
                .getFirst();
        assertThat(report.saturated()).isEqualTo(0.5);
        assertThat(report.units()).isEqualTo(3);
        assertThat(report.rows()).isEqualTo(2);
        assertThat(report.fired()).containsExactly(1, 2, 1);
    }
}
