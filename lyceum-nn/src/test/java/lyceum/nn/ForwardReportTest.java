package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.random.Rng;
import lyceum.tensor.BackwardPass;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class ForwardReportTest {
    private static List<Golden> architectures() { return Golden.load("golden/forward-pass.json").cases("architecture"); }

    private static Sequential network(Golden c) {
        var net = Specs.sequence(c.text("input.spec"), Rng.of((long) c.number("input.seed")));
        return new Twin((long) c.number("input.seed")).fill(net);
    }

    private static long[] shape(Golden c) { return c.longs("input.shape"); }

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F32, shape).compute(); }

    @Acceptance(topic = "forward-pass", clause = 1)
    @Test void outputsEqualPyTorchForTwentyArchitectures() {
        var gap = Gap.relativeBeyondOne();
        for (var c : architectures()) {
            var twin = new Twin((long) c.number("input.seed"));
            var net = twin.fill(Specs.sequence(c.text("input.spec"), Rng.of(0)));
            var y = net.forward(twin.draw(shape(c)).to(DType.F32));
            assertThat(y.shape().toArray()).isEqualTo(c.longs("expected.shape"));
            double[] first = y.toDoubleArray(), expected = c.doubles("expected.y");
            gap.see(c.text("input.spec"), Arrays.copyOf(first, expected.length), expected);
            gap.see(c, "expected.trace", twin.trace(y));
        }
        Evidence.of("architectures", architectures().size(), exactly(20));
        Evidence.of("largest gap, F32", gap, below(1e-5));
    }

    @Acceptance(topic = "forward-pass", clause = 2)
    @Test void withoutRecordingNothingIsKeptAndNoBitDiffers() {
        long differ = 0, kept = 0, least = Long.MAX_VALUE;
        for (var c : architectures()) {
            var net = network(c);
            var x = normal(1, shape(c));
            Tensor recorded = net.forward(x), free = Autograd.noGrad(() -> net.forward(x));
            least = Math.min(least, BackwardPass.savedBytes(recorded.sum()));
            kept += BackwardPass.savedBytes(free) + (free.isTracked() ? 1 : 0);
            if (!Arrays.equals(recorded.toDoubleArray(), free.toDoubleArray())) differ++;
        }
        Evidence.of("least bytes that a recorded pass saves", least, above(0));
        Evidence.of("recorded tensors and bytes saved without recording", kept, exactly(0));
        Evidence.of("outputs that differ in a bit", differ, exactly(0));
    }

    @Acceptance(topic = "forward-pass", clause = 3)
    @Test void keptBytesAreTheTapesAndOperationsThoseOfTheFormulas() {
        int compared = 0;
        long off = 0;
        for (var c : architectures()) {
            var net = network(c);
            var x = normal(2, shape(c));
            for (var pass : new int[] {0, 1}) {
                if (pass == 1 && c.text("input.spec").contains("batch")) continue; // writes statistics in place
                var report = ForwardReport.of(net, x, pass == 0 ? Pass.inference() : Pass.training(Rng.of(3)));
                long real = BackwardPass.savedBytes(net.forward(x, pass == 0 ? Pass.inference() : Pass.training(Rng.of(3))));
                off += Math.abs(report.keptBytes() - real) + Math.abs(report.whole("").keptBytes() - real);
                compared++;
            }
        }
        Evidence.of("passes whose kept bytes were compared", compared, exactly(37));
        Evidence.of("bytes by which the reports' sums differ from the tape", off, exactly(0));

        int n = 7, d = 12, m = 20, k = 5;
        var mlp = new Sequential(new Linear(d, m, Rng.of(4)), Activation.TANH, new Linear(m, k, Rng.of(5)));
        var report = ForwardReport.of(mlp, normal(6, n, d), Pass.inference());
        Evidence.of("first layer of the MLP", report.row("0").flops(), exactly(2L * n * d * m + n * m));
        Evidence.of("second layer of the MLP", report.row("2").flops(), exactly(2L * n * m * k + n * k));
        Evidence.of("tanh of the MLP", report.row("1").flops(), exactly(n * m));
        // The first product keeps x, the tanh its result, which is what the second product keeps: that is one memory.
        Evidence.of("bytes of the MLP's first layer", report.row("0").keptBytes(), exactly(4L * n * d));
        Evidence.of("bytes of the MLP's tanh and second layer", report.row("1").keptBytes() + report.row("2").keptBytes(),
                exactly(4L * n * m));

        int in = 3, out = 8, window = 3, side = 10;
        var conv = new Sequential(new Conv2d(in, out, window, new Convolution().withPadding(1).withStride(2), Rng.of(7)));
        long positions = 5L * 5;
        Evidence.of("convolution", ForwardReport.of(conv, normal(8, n, in, side, side), Pass.inference()).row("0").flops(),
                exactly(2L * n * out * positions * in * window * window)); // its bias is added by the product's kernel, and not counted

        Evidence.of("bytes of the convolution: its input",
                ForwardReport.of(conv, normal(8, n, in, side, side), Pass.inference()).keptBytes(), exactly(4L * n * in * side * side));

        int t = 6, width = 16, heads = 4;
        var attention = new MultiHeadAttention(new AttentionConfig(width, heads), Rng.of(9));
        var parts = ForwardReport.of(attention, normal(10, n, t, width), Pass.inference());
        long projections = 4 * 2L * n * t * width * width;
        long biases = attention.parameters().keySet().stream().filter(name -> name.endsWith("bias")).count() * n * t * width;
        Evidence.of("attention's four projections", parts.whole("q_proj").flops() + parts.whole("k_proj").flops()
                + parts.whole("v_proj").flops() + parts.whole("o_proj").flops(), exactly(projections + biases));
        // q k' and the weighted values: two products of heads (t, d_k) (d_k, t).
        Evidence.of("attention's own two products", parts.row("").flops(), exactly(2 * 2L * n * heads * t * t * (width / heads)));
        // x once for three projections; q, k, v, the weighted values that the last projection reads, and a logarithm of a sum for each query and head.
        Evidence.of("bytes of the attention's projections",
                parts.whole("q_proj").keptBytes() + parts.whole("k_proj").keptBytes() + parts.whole("v_proj").keptBytes(),
                exactly(4L * n * t * width));
        Evidence.of("bytes of the attention in all", parts.keptBytes(), exactly(4L * n * t * (5 * width + heads)));
    }

    @Acceptance(topic = "forward-pass", clause = 4)
    @Test void predictingIsDeterministicAndRowsAreAlone() {
        double worst = 0;
        long differ = 0;
        int rows = 0;
        for (var c : architectures()) {
            var net = network(c);
            // Statistics of their own, and a pass that would draw masks.
            net.forward(normal(11, shape(c)), Pass.training(Rng.of(12)));
            var x = normal(13, shape(c));
            double[] y = net.forward(x).toDoubleArray();
            if (!Arrays.equals(y, net.forward(x).toDoubleArray())) differ++;
            int width = y.length / (int) x.size(0);
            for (int i = 0; i < x.size(0); i++, rows++) {
                double[] alone = net.forward(x.narrow(0, i, 1)).toDoubleArray();
                for (int j = 0; j < width; j++)
                    worst = Math.max(worst, Math.abs(alone[j] - y[i * width + j]) / Math.max(1, Math.abs(alone[j])));
            }
        }
        var batchNorm = network(architectures().get(4));
        var x = normal(14, 5, 6);
        double[] learning = batchNorm.forward(x, Pass.training(Rng.of(15))).narrow(0, 0, 2).toDoubleArray();
        double control = 0;
        double[] fewer = batchNorm.forward(x.narrow(0, 0, 2), Pass.training(Rng.of(15))).toDoubleArray();
        for (int i = 0; i < fewer.length; i++) control = Math.max(control, Math.abs(fewer[i] - learning[i]));
        Evidence.of("second passes that differ in a bit", differ, exactly(0));
        Evidence.of("rows alone", rows, exactly(100));
        Evidence.of("largest gap of a row alone from the row in its batch", worst, atMost(1e-6));
        Evidence.of("the same gap while learning, with batch statistics", control, above(1e-3));
    }

    @Acceptance(topic = "forward-pass", clause = 5)
    @Test void aHookThatIsRemovedLeavesNoTrace() {
        long changed = 0, differ = 0;
        for (var c : architectures()) {
            var net = network(c);
            var x = normal(16, shape(c));
            double[] before = net.forward(x).toDoubleArray();
            var hooks = Hooks.of(net);
            var hook = hooks.replace("0", y -> y.mul(3).add(1));
            var pass = Pass.inference().with(hooks);
            if (!Arrays.equals(before, net.forward(x, pass).toDoubleArray())) changed++;
            hook.remove();
            if (!Arrays.equals(before, net.forward(x, pass).toDoubleArray())) differ++;
        }
        // What is flattened first thing and multiplied is the twentieth, so all change.
        Evidence.of("outputs that the hook changed", changed, exactly(20));
        Evidence.of("outputs that differ in a bit after its removal", differ, exactly(0));
    }

    @Test void aReportReadsByShapeAloneAndAddsUp() {
        var net = new Sequential(new Linear(784, 256, Rng.of(1)), Activation.RELU,
                new Residual(new Sequential(new Linear(256, 256, Rng.of(2)), Activation.TANH)), new Linear(256, 10, Rng.of(3)));
        var report = net.summary(DType.F32, 32, 784);
        assertThat(report.parameters()).isEqualTo(net.parameterCount());
        assertThat(report.whole("2").parameters()).isEqualTo(256 * 256 + 256);
        assertThat(report.rows()).extracting(ForwardReport.Row::name).containsExactly("0", "1", "2.branch.0", "2.branch.1", "2.branch", "2",
                "3", "");
        assertThat(report.row("1").type()).isEqualTo("RELU");
        assertThat(report.row("3").output().toArray()).containsExactly(32, 10);
        assertThat(report.toString()).contains("Linear", "(32, 256)", "total");
        var real = ForwardReport.of(net, normal(4, 32, 784), Pass.inference());
        assertThat(real.flops()).isEqualTo(report.flops());
        assertThat(real.keptBytes()).isEqualTo(report.keptBytes());
        assertThatThrownBy(() -> report.row("9")).hasMessageContaining("no layer 9");
        var twice = new Linear(3, 3, Rng.of(5));
        assertThat(new Sequential(twice, twice).summary(DType.F32, 2, 3).row("0").calls()).isEqualTo(2);
    }
}
