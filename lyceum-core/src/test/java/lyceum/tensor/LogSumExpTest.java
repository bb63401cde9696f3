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

class LogSumExpTest {
    private static final String TOPIC = "log-sum-exp";
    private static final Golden GOLDEN = Golden.load("golden/log-sum-exp.json");

    private static Golden named(String name) { return GOLDEN.list("cases").stream().filter(c -> c.text("name").equals(name)).findFirst().orElseThrow(); }

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

    /** Relative, with the same figure absolute near the zero of the logarithm, where no relative bound can hold. */
    private static void close(double actual, double expected, double tolerance, String what) {
        if (Double.isNaN(expected)) assertThat(actual).as(what).isNaN();
        else if (Double.isInfinite(expected)) assertThat(actual).as(what).isEqualTo(expected);
        else assertThat(actual).as(what).isCloseTo(expected, within(tolerance * Math.max(1, Math.abs(expected))));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void tenThousandVectorsEqualSciPy() {
        var rows = draws();
        var expected = named("random").doubles("expected.y");
        for (int i = 0; i < rows.length; i++) {
            close(Tensor.of(rows[i]).logSumExp().item(), expected[i], 1e-12, "row " + i);
            var sum = new LogSumExp();
            for (double x : rows[i]) sum.add(x);
            close(sum.value(), expected[i], 1e-12, "accumulated row " + i);
        }
        for (var c : GOLDEN.list("cases")) {
            if (!c.text("name").startsWith("weighted")) continue;
            var signed = LogSumExp.signed(Tensor.of(c.doubles("input.x")), Tensor.of(c.doubles("input.b")));
            close(signed.log().item(), c.number("expected.log"), 1e-12, c.text("name"));
            assertThat(signed.sign().item()).isEqualTo(c.number("expected.sign"));
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void anyAxesEqualSciPy() {
        for (var c : GOLDEN.list("cases")) {
            if (!c.text("name").startsWith("axes")) continue;
            var x = Tensor.of(new Recipe((long) c.number("input.seed")).bells(24), 2, 3, 4);
            var y = x.logSumExp(c.ints("input.axes"), c.flag("input.keepDims"));
            assertThat(y.shape().toArray()).isEqualTo(c.longs("expected.shape"));
            assertThat(y.toDoubleArray()).containsExactly(c.flat("expected.y"), within(1e-13));
        }
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void infinitiesAndNaNAreAsInSciPy() {
        for (var c : GOLDEN.list("cases")) {
            if (!c.text("name").startsWith("special")) continue;
            var x = c.doubles("input.x");
            close(Tensor.of(x).logSumExp().item(), c.number("expected.y"), 1e-15, c.text("name"));
            var sum = new LogSumExp();
            for (double v : x) sum.add(v);
            close(sum.value(), c.number("expected.y"), 1e-15, c.text("name") + " accumulated");
        }
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void mergingAgreesOverPartitionsAndOrders() {
        var rng = Rng.of(3);
        var x = new double[200];
        for (int i = 0; i < x.length; i++) x[i] = 40 * rng.nextGaussian();
        double expected = Tensor.of(x).logSumExp().item();
        for (int run = 0; run < 100; run++) {
            var order = rng.permutation(x.length);
            var parts = new java.util.ArrayList<LogSumExp>();
            for (int from = 0; from < x.length; ) {
                int to = Math.min(x.length, from + 1 + rng.nextInt(50));
                var part = new LogSumExp();
                for (int i = from; i < to; i++) part.add(x[order[i]]);
                parts.add(part);
                from = to;
            }
            var total = new LogSumExp();
            for (int p : rng.permutation(parts.size())) total.merge(parts.get(p));
            close(total.value(), expected, 1e-13, "run " + run);
        }
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void theGradientIsTheSoftmax() {
        for (int seed = 0; seed < 50; seed++) {
            var x = Tensor.randn(Rng.of(seed), DType.F64, 20).mul(10);
            assertThat(Autograd.grad(t -> t.logSumExp()).apply(x).toDoubleArray()).containsExactly(x.softmax(0).toDoubleArray(), within(1e-12));
        }
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void theNaiveFormulaOverflowsOnTheSameInputs() {
        int overflows = 0;
        for (var row : draws()) if (Double.isInfinite(Tensor.of(row).exp().sum().log().item()) && Double.isFinite(Tensor.of(row).logSumExp().item())) overflows++;
        assertThat(overflows).isGreaterThan(1000);
    }
}
