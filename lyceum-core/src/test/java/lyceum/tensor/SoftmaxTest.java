package lyceum.tensor;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class SoftmaxTest {
    private static final String TOPIC = "softmax";
    private static final Golden GOLDEN = Golden.load("golden/softmax.json");

    private static double[] over(double[] values, double size) { return Arrays.stream(values).map(v -> v / size).toArray(); }

    /** Numbers of the golden file that were written as the shortest text of a float. */
    private static double[] floats(double[] values) { return Arrays.stream(values).map(v -> (float) v).toArray(); }

    private static void close(double[] actual, double[] expected, double tolerance, String what) {
        assertThat(actual).as(what).containsExactly(expected, within(tolerance));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void valuesAndGradientsEqualPyTorch() {
        Gap single = Gap.absolute(), twofold = Gap.absolute(), singleLogs = Gap.absolute(), twofoldLogs = Gap.absolute();
        int checked = 0;
        for (var c : GOLDEN.list("cases")) {
            var name = c.text("name");
            if (!name.startsWith("float32") && !name.startsWith("float64")) continue;
            var type = name.startsWith("float32") ? DType.F32 : DType.F64;
            var shape = c.longs("input.shape");
            int n = (int) Shape.of(shape).count(), axis = c.integer("input.axis");
            var r = new Recipe((long) c.number("input.seed"));
            double[] bells = r.bells(n), upstream = r.bells(n);
            double scale = c.number("input.scale");
            for (int i = 0; i < n; i++) bells[i] *= scale;
            var x = Tensor.of(bells, shape).to(type).requiresGrad();
            var g = Tensor.of(upstream, shape).to(type);
            Gap plain = type == DType.F32 ? single : twofold, logs = type == DType.F32 ? singleLogs : twofoldLogs;
            plain.see(c, "expected.softmax", x.softmax(axis).toDoubleArray());
            plain.see(c, "expected.softmaxGradient", Autograd.grad(t -> t.softmax(axis).mul(g).sum()).apply(x.detach()).toDoubleArray());
            // Logarithms round as their arguments do, and their gradients as the sums of what flows back: gaps over those sizes.
            double size = Math.max(1, x.abs().max().item()), flow = Math.max(1, g.abs().sum(axis).max().item());
            logs.see(name + " log", x.logSoftmax(axis).div(size).toDoubleArray(), over(c.flat("expected.logSoftmax"), size));
            logs.see(name + " log gradient",
                    Autograd.grad(t -> t.logSoftmax(axis).mul(g).sum()).apply(x.detach()).div(flow).toDoubleArray(),
                    over(c.flat("expected.logSoftmaxGradient"), flow));
            checked++;
        }
        Evidence.of("cases", checked, exactly(20));
        Evidence.of("softmax, F32", single, atMost(1e-6));
        Evidence.of("softmax, F64", twofold, atMost(1e-14));
        Evidence.of("its logarithm over its size, F32", singleLogs, atMost(1e-6));
        Evidence.of("its logarithm over its size, F64", twofoldLogs, atMost(1e-14));
    }

    /** Shares are worked out in F32 and rounded once by both. PyTorch rounds the logarithm of a row's sum as well: the golden file has -0.0039 for -0.00412. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void narrowFloatsAreThoseOfPyTorch() {
        int checked = 0;
        for (var type : new DType[] {DType.F16, DType.BF16}) {
            var c = GOLDEN.named(type == DType.F16 ? "float16" : "bfloat16");
            var x = Tensor.of(c.flat("input.x"), 2, 8).to(type);
            Gap shares = Gap.relative(), logs = Gap.absolute(), exact = Gap.absolute();
            double[] expected = floats(c.flat("expected.softmax"));
            shares.see(type + " rows", x.softmax(1).toDoubleArray(), expected);
            shares.see(type + " columns", x.transpose().copy().softmax(0).transpose().toDoubleArray(), expected);
            double[] logSoftmax = x.logSoftmax(1).toDoubleArray();
            double size = x.abs().max().item();
            logs.see(type + " logarithms", over(logSoftmax, size), over(floats(c.flat("expected.logSoftmax")), size));
            exact.see(type + " logarithms", logSoftmax, x.to(DType.F64).logSoftmax(1).to(type).toDoubleArray());
            Evidence.of("softmax, " + type, shares, exactly(0));
            Evidence.of("its logarithm over its size, " + type, logs, atMost(type == DType.F16 ? 0x1p-10 : 0x1p-7));
            Evidence.of("its logarithm against that in F64 rounded once, " + type, exact, exactly(0));
            checked += (int) x.count();
        }
        Evidence.of("numbers", checked, exactly(32));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void logitsUpToTenThousandAreExactToFifteenDigits() {
        var gap = Gap.absolute();
        var exact = GOLDEN.named("exact");
        double[][] rows = exact.matrix("input.rows"), expected = exact.matrix("expected.softmax");
        for (int i = 0; i < rows.length; i++) gap.see("row " + i, Tensor.of(rows[i]).softmax(0).toDoubleArray(), expected[i]);
        Evidence.of("largest gap to the double reference", gap, atMost(1e-15));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void sumsAreOneAndRankIsKept() {
        Gap sums = Gap.absolute(), sumsF16 = Gap.absolute(), sumsBf16 = Gap.absolute();
        int turned = 0;
        for (var type : new DType[] {DType.F32, DType.F64, DType.F16, DType.BF16}) {
            var x = Tensor.randn(Rng.of(2), type, 200, 30).mul(20);
            var p = x.softmax(1);
            var gap = type == DType.F16 ? sumsF16 : type == DType.BF16 ? sumsBf16 : sums;
            gap.see(type.toString(), p.to(DType.F64).sum(1).toDoubleArray(), Tensor.ones(200).toDoubleArray());
            double[][] ranked = p.gather(1, x.argsort(1)).toRows(); // shares by rising logits; several may underflow to 0
            for (double[] row : ranked) for (int j = 1; j < row.length; j++) if (row[j] < row[j - 1]) turned++;
        }
        Evidence.of("largest distance of a sum from 1", sums, atMost(1e-6));
        Evidence.of("distance in F16", sumsF16, atMost(0x1.01p-11));
        Evidence.of("distance in BF16", sumsBf16, atMost(0x1.01p-8));
        Evidence.of("neighbours whose order turned", turned, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void aConstantChangesNothing() {
        var gap = Gap.absolute();
        var x = Tensor.randn(Rng.of(3), DType.F64, 50, 20);
        for (double shift : new double[] {-1e4, -1, 0.3, 700, 1e4})
            gap.see("shift " + shift, x.add(shift).softmax(1).toDoubleArray(), x.softmax(1).toDoubleArray());
        Evidence.of("largest change by a constant", gap, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void theJacobianIsDiagonalMinusOuterProduct() {
        var gap = Gap.absolute();
        for (int seed = 0; seed < 20; seed++) {
            var x = Tensor.randn(Rng.of(seed), DType.F64, 8).mul(2);
            var p = x.softmax(0);
            var expected = Tensor.eye(DType.F64, 8).mul(p).sub(p.outer(p));
            gap.see("seed " + seed, Autograd.jacobian(t -> t.softmax(0), x).toDoubleArray(), expected.toDoubleArray());
        }
        Evidence.of("Jacobian against diag(p) - p p'", gap, atMost(1e-10));
    }

    /** Forward mode: the same matrix, a column at a time. */
    @Acceptance(topic = TOPIC, clause = 4)
    @Test void forwardModeHasTheSameJacobian() {
        var gap = Gap.absolute();
        for (int seed = 0; seed < 20; seed++) {
            var x = Tensor.randn(Rng.of(seed), DType.F64, 8).mul(2);
            var v = Tensor.randn(Rng.of(100 + seed), DType.F64, 8);
            var p = x.softmax(0);
            gap.see("seed " + seed, Autograd.jvp(t -> t.softmax(0), x, v).toDoubleArray(),
                    p.mul(v).sub(p.mul(p.mul(v).sum().item())).toDoubleArray());
        }
        Evidence.of("forward mode against (diag(p) - p p') v", gap, atMost(1e-10));
    }

    /** A score of minus infinity, and a part that has nothing, weigh nothing wherever they come. */
    @Acceptance(topic = TOPIC, clause = 6)
    @Test void maskedScoresAndEmptyPartsAddNothing() {
        double[] far = {1e300, -1e300};
        OnlineSoftmax total = new OnlineSoftmax(2), masked = new OnlineSoftmax(2);
        masked.add(Double.NEGATIVE_INFINITY, far);
        Evidence.of("largest of a fully masked row", Arrays.stream(masked.result()).map(Math::abs).max().orElseThrow(), exactly(0));
        Evidence.of("its logarithm", masked.logSumExp(), exactly(Double.NEGATIVE_INFINITY));
        Evidence.of("share of nothing", new LogSumExp().share(3), exactly(0));
        total.merge(masked);
        total.add(Double.NEGATIVE_INFINITY, far);
        total.add(2, new double[] {1, 5});
        total.merge(new OnlineSoftmax(2));
        total.add(2, new double[] {3, 7});
        var gap = Gap.absolute().see("mean of the two that count", total.result(), new double[] {2, 6});
        Evidence.of("beside two that count", gap, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void onlineAndMergedBlocksEqualTwoPasses() {
        Gap gap = Gap.absolute(), logs = Gap.relativeBeyondOne();
        var rng = Rng.of(5);
        for (int run = 0; run < 1000; run++) {
            int n = 1 + rng.nextInt(60);
            var scores = new double[n];
            var values = new double[n][3];
            for (int i = 0; i < n; i++) {
                scores[i] = 30 * rng.nextGaussian();
                for (int j = 0; j < 3; j++) values[i][j] = rng.nextGaussian();
            }
            var expected = Tensor.of(scores).softmax(0).matmul(Tensor.of(values)).toDoubleArray();
            var total = new OnlineSoftmax(3);
            var sums = new LogSumExp();
            for (int from = 0; from < n;) {
                int to = Math.min(n, from + 1 + rng.nextInt(20));
                var part = new OnlineSoftmax(3);
                var partSums = new LogSumExp();
                for (int i = from; i < to; i++) {
                    part.add(scores[i], values[i]);
                    partSums.add(scores[i]);
                }
                total.merge(part);
                sums.merge(partSums);
                from = to;
            }
            gap.see("run " + run, total.result(), expected);
            logs.see("run " + run, total.logSumExp(), Tensor.of(scores).logSumExp().item());
            var p = Tensor.of(scores).softmax(0).toDoubleArray();
            for (int i = 0; i < n; i++) gap.see("share, run " + run, sums.share(scores[i]), p[i]);
        }
        Evidence.of("largest gap to two passes over 1,000 splits", gap, atMost(1e-12));
        Evidence.of("logarithm of the sum against that of two passes", logs, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void aFullyMaskedRowYieldsZeros() {
        var gap = Gap.absolute();
        var masked = GOLDEN.named("masked");
        var x = Tensor.of(new Recipe((long) masked.number("input.seed")).bells(24), 4, 6);
        var keep = new boolean[24];
        for (int i = 0; i < 4; i++) for (int j = 0; j < 6; j++) keep[i * 6 + j] = masked.flag("input.mask." + i + "." + j);
        var mask = Tensor.of(keep, 4, 6);
        gap.see("masked", x.softmax(1, mask).toDoubleArray(), masked.flat("expected.softmax"));
        var gradient = Autograd.grad(t -> t.softmax(1, mask).square().sum()).apply(x);
        Evidence.that("the gradient is finite", gradient.isFinite().all().item() == 1);
        assertThat(new OnlineSoftmax(2).result()).containsExactly(0, 0);
        Evidence.of("masked rows against the reference", gap, atMost(1e-15));
    }

    @Test void temperatureSharpensAndInPlaceAgrees() {
        for (var c : GOLDEN.cases("temperature")) {
            var x = Tensor.of(new Recipe((long) c.number("input.seed")).bells(24), 4, 6);
            close(x.softmax(1, c.number("input.temperature")).toDoubleArray(), c.flat("expected.softmax"), 1e-14, c.text("name"));
            var copy = x.copy();
            copy.softmax_(1);
            close(copy.toDoubleArray(), x.softmax(1).toDoubleArray(), 0, "in place");
        }
    }
}
