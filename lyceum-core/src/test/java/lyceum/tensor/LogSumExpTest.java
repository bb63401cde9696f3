package lyceum.tensor;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.ArrayList;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class LogSumExpTest {
    private static final String TOPIC = "log-sum-exp";
    private static final Golden GOLDEN = Golden.load("golden/log-sum-exp.json");

    private static double[][] draws() {
        var r = new Recipe(39600);
        var rows = new double[10_000][];
        for (int i = 0; i < rows.length; i++) {
            int n = 1 + r.below(12), kind = i % 4;
            int power = switch (kind) {
                case 0 -> 0;
                case 1 -> r.below(10);
                case 2 -> r.below(995);
                default -> r.below(20);
            };
            rows[i] = r.bells(n);
            for (int j = 0; j < n; j++) rows[i][j] = kind == 3 ? rows[i][j] + Math.scalb(1.0, power) : Math.scalb(rows[i][j], power);
        }
        return rows;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void tenThousandVectorsEqualSciPy() {
        var gap = Gap.relativeBeyondOne();
        var rows = draws();
        var expected = GOLDEN.named("random").doubles("expected.y");
        for (int i = 0; i < rows.length; i++) {
            gap.see("row " + i, Tensor.of(rows[i]).logSumExp().item(), expected[i]);
            var sum = new LogSumExp();
            for (double x : rows[i]) sum.add(x);
            gap.see("accumulated row " + i, sum.value(), expected[i]);
        }
        for (var c : GOLDEN.cases("weighted")) {
            var signed = LogSumExp.signed(Tensor.of(c.doubles("input.x")), Tensor.of(c.doubles("input.b")));
            gap.see(c.text("name"), signed.log().item(), c.number("expected.log"));
            assertThat(signed.sign().item()).isEqualTo(c.number("expected.sign"));
        }
        Evidence.of("vectors", rows.length, exactly(10_000));
        Evidence.of("largest relative gap to SciPy", gap, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void anyAxesEqualSciPy() {
        var gap = Gap.absolute();
        for (var c : GOLDEN.cases("axes")) {
            var x = Tensor.of(new Recipe((long) c.number("input.seed")).bells(24), 2, 3, 4);
            var y = x.logSumExp(c.ints("input.axes"), c.flag("input.keepDims"));
            assertThat(y.shape().toArray()).isEqualTo(c.longs("expected.shape"));
            gap.see(c.text("name"), y.toDoubleArray(), c.flat("expected.y"));
        }
        Evidence.of("largest gap to SciPy", gap, atMost(1e-13));
    }

    /** A signed sum with weights of one is the plain one; axes are dropped, and the type is that of both. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void signedSumsHaveTheAxesAndTypesOfPlainOnes() {
        var gap = Gap.absolute();
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var x = Tensor.randn(Rng.of(9), type, 2, 3, 4).mul(5).compute();
            var ones = Tensor.ones(type, 4);
            for (int[] axes : new int[][] {{0}, {1}, {2}, {0, 2}, {0, 1, 2}}) {
                var signed = LogSumExp.signed(x, ones, axes);
                var plain = x.logSumExp(axes, false);
                assertThat(signed.log().shape()).isEqualTo(plain.shape());
                assertThat(signed.sign().shape()).isEqualTo(plain.shape());
                assertThat(signed.log().dtype()).isEqualTo(plain.dtype()).isEqualTo(type);
                gap.see(type + ", axes " + axes.length, signed.log().toDoubleArray(), plain.toDoubleArray());
            }
        }
        Evidence.of("signed against plain", gap, atMost(1e-5));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void infinitiesAndNaNAreAsInSciPy() {
        var gap = Gap.relativeBeyondOne();
        for (var c : GOLDEN.cases("special")) {
            var x = c.doubles("input.x");
            gap.see(c.text("name"), Tensor.of(x).logSumExp().item(), c.number("expected.y"));
            var sum = new LogSumExp();
            for (double v : x) sum.add(v);
            gap.see(c.text("name") + " accumulated", sum.value(), c.number("expected.y"));
        }
        Evidence.of("largest gap to SciPy, infinities and NaN included", gap, atMost(1e-15));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void mergingAgreesOverPartitionsAndOrders() {
        var gap = Gap.relativeBeyondOne();
        var rng = Rng.of(3);
        var x = new double[200];
        for (int i = 0; i < x.length; i++) x[i] = 40 * rng.nextGaussian();
        double expected = Tensor.of(x).logSumExp().item();
        for (int run = 0; run < 100; run++) {
            var order = rng.permutation(x.length);
            var parts = new ArrayList<LogSumExp>();
            for (int from = 0; from < x.length;) {
                int to = Math.min(x.length, from + 1 + rng.nextInt(50));
                var part = new LogSumExp();
                for (int i = from; i < to; i++) part.add(x[order[i]]);
                parts.add(part);
                from = to;
            }
            var total = new LogSumExp();
            for (int p : rng.permutation(parts.size())) total.merge(parts.get(p));
            gap.see("run " + run, total.value(), expected);
        }
        Evidence.of("largest relative gap over 100 partitions", gap, atMost(1e-13));
    }

    /** Sums of {@code w 2^k} in whole numbers, exponents up to 1,500 either way, weights of both signs; what has weight 0 is not looked at. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Test void signedSumsEqualWholeNumbers() {
        var gap = Gap.relativeBeyondOne();
        var rng = Rng.of(8);
        int turned = 0;
        for (int run = 0; run < 300; run++) {
            int n = 2 + rng.nextInt(6), base = rng.nextInt(2900) - 1450;
            double[] x = new double[n], w = new double[n];
            var sum = BigInteger.ZERO;
            var accumulated = new LogSumExp();
            for (int i = 0; i < n; i++) {
                int k = rng.nextInt(50);
                w[i] = i == 0 ? 0 : rng.nextInt(9) - 4;
                x[i] = i == 0 ? Double.POSITIVE_INFINITY : (base + k) * Math.log(2);
                sum = sum.add(BigInteger.valueOf((long) w[i]).shiftLeft(k));
                accumulated.add(x[i], w[i]);
            }
            if (sum.signum() == 0) continue;
            double expected = Math.log(sum.abs().doubleValue()) + base * Math.log(2);
            var signed = LogSumExp.signed(Tensor.of(x), Tensor.of(w));
            gap.see("run " + run, signed.log().item(), expected).see("accumulated, run " + run, accumulated.value(), expected);
            if (signed.sign().item() != sum.signum() || accumulated.sign() != sum.signum()) turned++;
        }
        Evidence.of("log |sum of w 2^k| against whole numbers", gap, atMost(1e-10)); // signs may cancel some bits
        Evidence.of("signs that differ", turned, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void whatIsNothingOrNaNMergesAsSuch() {
        LogSumExp total = new LogSumExp(), nothing = new LogSumExp(), none = new LogSumExp(), broken = new LogSumExp();
        none.add(Double.NEGATIVE_INFINITY);
        broken.add(Double.NaN);
        total.merge(nothing);
        total.merge(none);
        Evidence.of("nothing and minus infinity together", total.value(), exactly(Double.NEGATIVE_INFINITY));
        total.add(3);
        total.merge(none);
        total.merge(nothing);
        Evidence.of("3, and nothing more", total.value(), exactly(3));
        total.merge(broken);
        total.add(5);
        Evidence.that("a NaN stays one", Double.isNaN(total.value()) && Double.isNaN(total.sign()));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void theGradientIsTheSoftmax() {
        var gap = Gap.absolute();
        for (int seed = 0; seed < 50; seed++) {
            var x = Tensor.randn(Rng.of(seed), DType.F64, 20).mul(10);
            gap.see("seed " + seed, Autograd.grad(t -> t.logSumExp()).apply(x).toDoubleArray(), x.softmax(0).toDoubleArray());
        }
        Evidence.of("gradient against softmax", gap, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void theNaiveFormulaOverflowsOnTheSameInputs() {
        int overflows = 0;
        for (var row : draws())
            if (Double.isInfinite(Tensor.of(row).exp().sum().log().item()) && Double.isFinite(Tensor.of(row).logSumExp().item()))
                overflows++;
        Evidence.of("vectors, of 10,000, on which the naive formula alone overflows", overflows, above(1000));
    }
}
