package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class SoftmaxTest {
    private static final String TOPIC = "softmax";
    private static final Golden GOLDEN = Golden.load("golden/softmax.json");

    private static void close(double[] actual, double[] expected, double tolerance, String what) {
        assertThat(actual).as(what).containsExactly(expected, within(tolerance));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void valuesAndGradientsEqualPyTorch() {
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
            double tolerance = type == DType.F32 ? 1e-6 : 1e-14;
            close(x.softmax(axis).toDoubleArray(), c.flat("expected.softmax"), tolerance, name);
            double size = Math.max(1, x.abs().max().item());
            close(x.logSoftmax(axis).toDoubleArray(), c.flat("expected.logSoftmax"), tolerance * size, name);
            close(Autograd.grad(t -> t.softmax(axis).mul(g).sum()).apply(x.detach()).toDoubleArray(), c.flat("expected.softmaxGradient"), tolerance, name);
            close(Autograd.grad(t -> t.logSoftmax(axis).mul(g).sum()).apply(x.detach()).toDoubleArray(), c.flat("expected.logSoftmaxGradient"), tolerance * Math.max(1, g.abs().sum(axis).max().item()), name);
            checked++;
        }
        assertThat(checked).isEqualTo(20);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void logitsUpToTenThousandAreExactToFifteenDigits() {
        var exact = GOLDEN.list("cases").stream().filter(c -> c.text("name").equals("exact")).findFirst().orElseThrow();
        double[][] rows = exact.matrix("input.rows"), expected = exact.matrix("expected.softmax");
        for (int i = 0; i < rows.length; i++) close(Tensor.of(rows[i]).softmax(0).toDoubleArray(), expected[i], 1e-15, "row " + i);
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void sumsAreOneAndRankIsKept() {
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var x = Tensor.randn(Rng.of(2), type, 200, 30).mul(20);
            var p = x.softmax(1);
            close(p.sum(1).toDoubleArray(), Tensor.ones(200).toDoubleArray(), 1e-6, "sums");
            double[][] logits = x.toRows(), shares = p.toRows();
            for (int i = 0; i < logits.length; i++) {
                for (int j = 1; j < 30; j++) {
                    int order = Double.compare(logits[i][j], logits[i][j - 1]);
                    if (order != 0) assertThat(Double.compare(shares[i][j], shares[i][j - 1]) * order).isNotNegative(); // both may underflow to 0
                }
            }
        }
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void aConstantChangesNothing() {
        var x = Tensor.randn(Rng.of(3), DType.F64, 50, 20);
        for (double shift : new double[] {-1e4, -1, 0.3, 700, 1e4}) close(x.add(shift).softmax(1).toDoubleArray(), x.softmax(1).toDoubleArray(), 1e-12, "shift " + shift);
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void theJacobianIsDiagonalMinusOuterProduct() {
        for (int seed = 0; seed < 20; seed++) {
            var x = Tensor.randn(Rng.of(seed), DType.F64, 8).mul(2);
            var p = x.softmax(0);
            var expected = Tensor.eye(DType.F64, 8).mul(p).sub(p.outer(p));
            close(Autograd.jacobian(t -> t.softmax(0), x).toDoubleArray(), expected.toDoubleArray(), 1e-10, "seed " + seed);
        }
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void onlineAndMergedBlocksEqualTwoPasses() {
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
            for (int from = 0; from < n; ) {
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
            close(total.result(), expected, 1e-12, "run " + run);
            var p = Tensor.of(scores).softmax(0).toDoubleArray();
            for (int i = 0; i < n; i++) assertThat(sums.share(scores[i])).isCloseTo(p[i], within(1e-12));
        }
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void aFullyMaskedRowYieldsZeros() {
        var masked = GOLDEN.list("cases").stream().filter(c -> c.text("name").equals("masked")).findFirst().orElseThrow();
        var x = Tensor.of(new Recipe((long) masked.number("input.seed")).bells(24), 4, 6);
        var keep = new boolean[24];
        for (int i = 0; i < 4; i++) for (int j = 0; j < 6; j++) keep[i * 6 + j] = masked.flag("input.mask." + i + "." + j);
        var mask = Tensor.of(keep, 4, 6);
        close(x.softmax(1, mask).toDoubleArray(), masked.flat("expected.softmax"), 1e-15, "masked");
        var gradient = Autograd.grad(t -> t.softmax(1, mask).square().sum()).apply(x);
        assertThat(gradient.isFinite().all().item()).isEqualTo(1);
        assertThat(new OnlineSoftmax(2).result()).containsExactly(0, 0);
    }

    @Test void temperatureSharpensAndInPlaceAgrees() {
        for (var c : GOLDEN.list("cases")) {
            if (!c.text("name").startsWith("temperature")) continue;
            var x = Tensor.of(new Recipe((long) c.number("input.seed")).bells(24), 4, 6);
            close(x.softmax(1, c.number("input.temperature")).toDoubleArray(), c.flat("expected.softmax"), 1e-14, c.text("name"));
            var copy = x.copy();
            copy.softmax_(1);
            close(copy.toDoubleArray(), x.softmax(1).toDoubleArray(), 0, "in place");
        }
    }
}
