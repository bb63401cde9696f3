package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.x86.machine.Cpu;
import lyceum.random.Rng;
import lyceum.testing.Choices;
import lyceum.testing.Generator;
import lyceum.testing.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Products of whole numbers, which every type and order of summation gives exactly, against three loops. */
class MatmulPropertyTest {
    private record Operands(Tensor a, Tensor b, double[] left, double[] right, long batch, int m, int n, int k) {
        @Override public String toString() {
            return a.dtype() + " " + a.shape() + " strides " + Arrays.toString(a.view().strides()) + " x " + b.shape() + " strides "
                    + Arrays.toString(b.view().strides());
        }
    }

    private static double[] numbers(Rng rng, long n) {
        var x = new double[(int) n];
        for (int i = 0; i < x.length; i++) x[i] = rng.nextLong(5) - 2;
        return x;
    }

    /** The same matrices, stored transposed, backwards, with gaps, or as they are. */
    private static Tensor disguise(Tensor x, Choices choices) {
        return switch ((int) choices.next(4)) {
            case 1 -> x.transpose().copy().transpose();
            case 2 -> x.flip(-1).copy().flip(-1);
            case 3 -> x.flip(-2).copy().flip(-2).transpose().copy().transpose();
            case 4 -> x.pad(x.rank() - 1, 3, 2, 9).narrow(-1, 3, x.size(-1));
            default -> x;
        };
    }

    private static Operands draw(Choices choices, DType type, int m, int n, int k) {
        var rng = Rng.of(choices.next(99));
        long batch = choices.next(3) == 3 ? 2 : 1, shared = choices.next(1);
        boolean wide = batch == 2;
        double[] left = numbers(rng, batch * m * k), right = numbers(rng, (wide && shared == 0 ? batch : 1) * n * k);
        var a = wide ? Tensor.of(left, batch, m, k) : Tensor.of(left, m, k);
        var b = wide && shared == 0 ? Tensor.of(right, batch, k, n) : Tensor.of(right, k, n);
        return new Operands(disguise(a.to(type).compute(), choices), disguise(b.to(type).compute(), choices), left, right, batch, m, n, k);
    }

    private static void check(Operands o) {
        var expected = new double[(int) o.batch * o.m * o.n];
        boolean shared = o.b.rank() == 2;
        for (int q = 0; q < o.batch; q++) {
            for (int i = 0; i < o.m; i++) {
                for (int p = 0; p < o.k; p++) {
                    double x = o.left[(q * o.m + i) * o.k + p];
                    for (int j = 0; j < o.n; j++) expected[(q * o.m + i) * o.n + j] += x * o.right[((shared ? 0 : q) * o.k + p) * o.n + j];
                }
            }
        }
        if (o.a.dtype() == DType.U8 || o.a.dtype() == DType.I8)
            for (int i = 0; i < expected.length; i++) expected[i] = o.a.dtype() == DType.I8 ? (byte) expected[i] : (int) expected[i] & 0xFF;
        if (o.a.dtype() == DType.BF16 || o.a.dtype() == DType.F16) expected = Tensor.of(expected).to(o.a.dtype()).toDoubleArray();
        for (var backend : backends()) {
            var result = new Tensor[1];
            Backend.with(Backend.named(backend), () -> result[0] = o.a.matmul(o.b).compute());
            double[] got = result[0].to(DType.F64).toDoubleArray();
            for (int i = 0; i < got.length; i++)
                if (got[i] != expected[i])
                    throw new AssertionError(backend + ": element " + i + " is " + got[i] + ", expected " + expected[i]);
        }
    }

    private static String[] backends() {
        return Cpu.unavailable() == null ? new String[] {"scalar", "vector", "x86"} : new String[] {"scalar", "vector"};
    }

    @Test void sumsThatAreNotNarrowedAreExactOnEveryBackend() {
        var rng = Rng.of(7);
        var types = new DType[][] {{DType.I8, DType.I8, DType.I32}, {DType.U8, DType.I8, DType.I32}, {DType.I8, DType.U8, DType.I32},
                {DType.U8, DType.U8, DType.I32}, {DType.BF16, DType.BF16, DType.F32}, {DType.F16, DType.F16, DType.F32}};
        for (var t : types) for (int[] s : new int[][] {{1, 5, 3}, {7, 33, 130}, {40, 20, 77}, {3, 1, 0}}) {
            var a = whole(rng, t[0], s[0], s[2]);
            var b = whole(rng, t[1], s[2], s[1]);
            var expected = a.to(DType.F64).matmul(b.to(DType.F64)).toDoubleArray();
            for (var backend : backends()) Backend.with(Backend.named(backend), () -> {
                var got = a.matmul(b, t[2]);
                assertThat(got.dtype()).isEqualTo(t[2]);
                assertThat(got.to(DType.F64).toDoubleArray()).as(backend + " " + a.dtype() + " x " + b.dtype()).isEqualTo(expected);
            });
        }
    }

    private static Tensor whole(Rng rng, DType type, int rows, int columns) {
        var x = new double[rows * columns];
        for (int i = 0; i < x.length; i++) x[i] = type == DType.U8 ? rng.nextLong(256) : rng.nextLong(256) - 128;
        return Tensor.of(x, rows, columns).to(type).compute();
    }

    @Test void sumsInF32HaveTheGradientOfTheProduct() {
        Tensor a = Tensor.randn(Rng.of(1), 3, 4).to(DType.BF16).compute().requiresGrad(),
                b = Tensor.randn(Rng.of(2), 4, 5).to(DType.BF16).compute().requiresGrad();
        a.matmul(b, DType.F32).sum().backward();
        var ones = Tensor.ones(DType.F32, 3, 5);
        assertThat(a.grad().toDoubleArray()).isEqualTo(ones.matmul(b.detach().to(DType.F32).transpose()).to(DType.BF16).toDoubleArray());
        assertThat(b.grad().toDoubleArray()).isEqualTo(a.detach().to(DType.F32).transpose().matmul(ones).to(DType.BF16).toDoubleArray());
    }

    @Test void anotherTypeOfSumsIsRefusedAtTheCall() {
        assertThatThrownBy(() -> Tensor.ones(DType.I32, 2, 2).matmul(Tensor.ones(DType.I32, 2, 2), DType.F32))
                .isInstanceOf(DTypeException.class).hasMessageContaining("I32 x I32 to F32");
        assertThatThrownBy(() -> Tensor.ones(DType.I8, 2, 3).matmul(Tensor.ones(DType.I8, 2, 3), DType.I32))
                .isInstanceOf(ShapeException.class).hasMessageContaining("inner sizes 3 and 2");
    }

    private static Generator<Operands> operands(int most) {
        return choices -> {
            var types = new DType[] {DType.F32, DType.F64, DType.F32, DType.F64, DType.BF16, DType.F16, DType.I32, DType.I64, DType.I8};
            return draw(choices, types[(int) choices.next(types.length - 1)], (int) choices.next(most), (int) choices.next(most),
                    (int) choices.next(most));
        };
    }

    @Test void productsOfSmallMatricesEqualThreeLoops() { Property.of(operands(70)).withRuns(250).holds(MatmulPropertyTest::check); }

    @Test void productsAboutTheBordersOfBlocksEqualThreeLoops() {
        int[][] sizes = {{119, 33, 320}, {120, 32, 321}, {121, 31, 319}, {241, 17, 257}, {6, 1536, 20}, {7, 1537, 19}, {5, 1535, 256},
                {1, 1537, 641}, {125, 3, 640}, {361, 1, 255}};
        for (var s : sizes)
            for (var type : new DType[] {DType.F32, DType.F64})
                Property.of((Generator<Operands>) choices -> draw(choices, type, s[0], s[1], s[2])).withRuns(2)
                        .holds(MatmulPropertyTest::check);
    }

    @Tag("heavy")
    @Test void productsOfManySizesEqualThreeLoops() { Property.of(operands(400)).withRuns(2000).holds(MatmulPropertyTest::check); }
}
