package lyceum.tensor;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

/** 10,000 rows whose logits reach magnitudes from 0.1 to 10,000: of 12, and of 67, which fill a vector of sixteen several times. */
class SoftmaxRowsTest {
    private static final String TOPIC = "softmax-normalization";
    private static final Golden GOLDEN = Golden.load("golden/softmax-rows.json");
    private static final int ROWS = 10_000, COLUMNS = 12;

    private static Tensor rows() { return rows(GOLDEN.named("gap")); }

    private static Tensor rows(Golden golden) {
        var r = new Recipe(golden.integer("input.seed"));
        int columns = golden.integer("input.columns");
        var scales = r.uniforms(ROWS);
        var x = r.uniforms(ROWS * columns);
        for (int i = 0; i < x.length; i++) x[i] = (2 * x[i] - 1) * Math.pow(10, 5 * scales[i / columns] - 1);
        return Tensor.of(x, ROWS, columns).to(DType.F32).compute();
    }

    /** The formula in plain doubles. */
    private static double[] plain(double[] z) {
        double top = Arrays.stream(z).max().getAsDouble();
        var e = Arrays.stream(z).map(v -> Math.exp(v - top)).toArray();
        double sum = Arrays.stream(e).sum();
        return Arrays.stream(e).map(v -> v / sum).toArray();
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void tenThousandRowsEqualTorchAndSumToOne() {
        Gap sums = Gap.absolute(), torch = Gap.absolute();
        double ours = 0;
        int compared = 0;
        for (var kind : new String[] {"", "wide "}) {
            var golden = GOLDEN.named(kind + "gap");
            var x = rows(golden);
            double[][] z = x.toRows(), shares = x.softmax(1).toRows();
            var gap = Gap.absolute();
            for (int i = 0; i < ROWS; i++) {
                sums.see(kind + "row " + i, Arrays.stream(shares[i]).sum(), 1);
                gap.see(kind + "row " + i, shares[i], plain(z[i]));
            }
            ours = Math.max(ours, gap.worst() + golden.number("expected.largestGapToDouble"));
            compared += gap.seen();
            var some = GOLDEN.named(kind + "some");
            int every = some.integer("input.every");
            torch.see(some, "expected.shares",
                    IntStream.range(0, ROWS / every).mapToObj(i -> shares[every * i]).flatMapToDouble(Arrays::stream).toArray());
            double inputs = x.to(DType.F64).abs().sum().item(), expected = golden.number("expected.sumOfInputs");
            Evidence.of(kind + "inputs are those that torch had: their sum over torch's", inputs / expected, equalTo(1, 1e-9));
        }
        Evidence.of("numbers compared", compared, exactly(ROWS * (12 + 67)));
        Evidence.of("largest distance of a sum from 1", sums, below(1e-6));
        Evidence.of("largest gap to the formula in F64, plus torch's over the same rows", ours, below(1e-6));
        Evidence.of("largest gap to torch itself, every fiftieth row of 12 and thousandth of 67", torch, below(1e-6));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void orderIsKept() {
        var x = rows();
        double[][] z = x.toRows(), p = x.softmax(1).toRows();
        int turned = 0, tied = 0, compared = 0, apart = 0;
        for (int i = 0; i < ROWS; i++) {
            double[] logit = z[i], share = p[i];
            var order = IntStream.range(0, COLUMNS).boxed().sorted(Comparator.comparingDouble(j -> logit[j])).mapToInt(j -> j).toArray();
            for (int k = 1; k < COLUMNS; k++) {
                int a = order[k - 1], b = order[k];
                if (share[b] < share[a]) turned++;
                if (share[b] == share[a] && logit[b] - logit[a] >= 1e-6 && share[b] >= Float.MIN_NORMAL) tied++;
                if (share[b] > share[a]) apart++;
                compared++;
            }
        }
        Evidence.of("pairs compared", compared, exactly(ROWS * (COLUMNS - 1)));
        Evidence.of("pairs that differ", apart, above(50_000));
        Evidence.of("pairs whose order turned", turned, exactly(0));
        Evidence.of("ties of logits 1e-6 apart without underflow", tied, exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void addingAConstantChangesNothing() {
        var x = rows().to(DType.F64).compute();
        var expected = x.toRows();
        var gap = Gap.absolute();
        var constants = Tensor.rand(Rng.of(3801), DType.F64, ROWS, 1).mul(2e4).sub(1e4);
        for (var shift : new Tensor[] {constants, Tensor.scalar(1e4), Tensor.scalar(-1e4)}) {
            var actual = x.add(shift).softmax(1).toRows();
            for (int i = 0; i < ROWS; i++) gap.see("row " + i, actual[i], plain(expected[i]));
        }
        Evidence.of("numbers compared", gap.seen(), exactly(3 * ROWS * COLUMNS));
        Evidence.of("largest change by a constant up to 10,000", gap, below(1e-9));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void productsWithTheJacobianEqualItsFormula() {
        var x = rows().to(DType.F64).compute();
        var v = Tensor.randn(Rng.of(3802), DType.F64, ROWS, COLUMNS).compute();
        var forward = Autograd.jvp(t -> t.softmax(1), x, v).toRows();
        var backward = Autograd.grad(t -> t.softmax(1).mul(v).sum()).apply(x).toRows();
        double[][] z = x.toRows(), direction = v.toRows();
        Gap pushed = Gap.absolute(), pulled = Gap.absolute();
        for (int i = 0; i < ROWS; i++) {
            var p = plain(z[i]);
            var product = new double[COLUMNS];
            for (int j = 0; j < COLUMNS; j++)
                for (int k = 0; k < COLUMNS; k++) product[j] += ((j == k ? p[j] : 0) - p[j] * p[k]) * direction[i][k];
            pushed.see("row " + i, forward[i], product);
            pulled.see("row " + i, backward[i], product);
        }
        Evidence.of("numbers compared", pushed.seen(), exactly(ROWS * COLUMNS));
        Evidence.of("forward mode to (diag(p) - p p') v", pushed, below(1e-10));
        Evidence.of("reverse mode to (diag(p) - p p') v", pulled, below(1e-10));
    }

    @Test void anAdditiveMaskOfMinusInfinityGivesZeros() {
        double[] none = {0, 0, 0}, second = {0, Double.NEGATIVE_INFINITY, 0};
        for (var type : new DType[] {DType.F32, DType.F64, DType.BF16}) {
            var x = Tensor.of(new double[] {1, 2, 1, 1, 900, 1}, 2, 3).to(type);
            var mask = Tensor.of(new double[][] {none, second}).to(type);
            assertThat(x.add(mask).softmax(1).toRows()[1]).containsExactly(0.5, 0, 0.5);
            var all = x.add(Tensor.full(type, Double.NEGATIVE_INFINITY, 3));
            assertThat(all.softmax(1).toDoubleArray()).containsOnly(0);
            assertThat(x.softmax(1).dtype()).isEqualTo(type);
        }
    }
}
