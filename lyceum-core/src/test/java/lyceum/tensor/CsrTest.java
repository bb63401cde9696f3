package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Parallel;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CsrTest {
    private static Tensor sparse(int m, int n) {
        var x = Tensor.randn(Rng.of(4), DType.F64, m, n);
        return x.abs().gt(1).where(x, x.zerosLike()).compute();
    }

    private static void close(Tensor a, Tensor b) {
        assertThat(a.shape()).isEqualTo(b.shape());
        assertThat(a.toDoubleArray()).containsExactly(b.toDoubleArray(), within(1e-12));
    }

    @Test void productsEqualDenseOnes() {
        var dense = sparse(30, 20);
        var csr = Csr.fromDense(dense);
        var x = Tensor.randn(Rng.of(5), DType.F64, 20, 7);
        close(csr.toDense(), dense);
        close(csr.matmul(x), dense.matmul(x));
        close(csr.matmul(x.select(1, 0)), dense.matmul(x.select(1, 0)));
        close(csr.transpose().toDense(), dense.transpose());
        close(csr.transposeMatmul(dense), dense.transpose().matmul(dense));
        close(csr.rows(3, 3, 0).toDense(), dense.rows(3, 3, 0));
        close(csr.sum(0), dense.sum(0));
        close(csr.sum(1), dense.sum(1));
    }

    @Test void gradientsEqualDenseOnes() {
        var dense = sparse(6, 5);
        var csr = Csr.fromDense(dense);
        var x = Tensor.randn(Rng.of(6), DType.F64, 5, 3);
        close(Autograd.grad(t -> csr.matmul(t).square().sum()).apply(x), Autograd.grad(t -> dense.matmul(t).square().sum()).apply(x));
        var full = Autograd.grad(t -> t.matmul(x).square().sum()).apply(dense);
        var byEntry = Autograd.grad(v -> csr.withValues(v).matmul(x).square().sum()).apply(csr.values());
        close(byEntry, full.maskedSelect(dense.ne(0)));
        close(Autograd.hessian(v -> csr.withValues(v).matmul(x).square().sum(), csr.values()).diagonal(),
                x.square().sum(1).indexSelect(0, dense.ne(0).nonZero().select(1, 1)).mul(2));
    }

    @Test void vectorsOfFloatsMeetRowsOfAnyLength() {
        var rng = Rng.of(7);
        for (int[] size : new int[][] {{0, 5}, {1, 1}, {2, 3}, {3, 7}, {5, 1}, {37, 50}, {130, 64}, {257, 100}}) {
            int m = size[0], n = size[1];
            // Density grows along the rows, the first ones are empty.
            Tensor share = Tensor.arange(m).to(DType.F64).div(Math.max(1, m)).sub(0.1).unsqueeze(1), x = Tensor.randn(rng, n).compute();
            var values = Tensor.randn(rng, m, n);
            var dense = Tensor.rand(rng, DType.F64, m, n).lt(share).where(values, values.zerosLike()).compute();
            var csr = Csr.fromDense(dense);
            var expected = dense.to(DType.F64).matmul(x.to(DType.F64)).toDoubleArray();
            var first = csr.matmul(x).toFloatArray();
            for (int again = 0; again < 2; again++) assertThat(csr.matmul(x).toFloatArray()).isEqualTo(first); // arranged from now on
            assertThat(csr.matmul(x).toDoubleArray()).containsExactly(expected, within(1e-5));
            assertThat(csr.matmul(x.requiresGrad()).toDoubleArray()).containsExactly(expected, within(1e-5));
        }
    }

    @Test void absentEntriesMeetNoInfinity() {
        var csr = Csr.fromDense(Tensor.of(new float[] {0, 1, 0, 2, 0, 0, 0, 3, 0}, 3, 3));
        for (int turn = 0; turn < 3; turn++)
            assertThat(csr.matmul(Tensor.of(1f, Float.POSITIVE_INFINITY, Float.NaN)).toFloatArray())
                    .containsExactly(Float.POSITIVE_INFINITY, 2, Float.POSITIVE_INFINITY);
    }

    @Test void valuesWrittenInPlaceAreSeen() {
        var values = Tensor.of(1f, 2f, 3f);
        var csr = Csr.of(2, 2, new int[] {0, 2, 3}, new int[] {0, 1, 1}, values);
        for (int turn = 0; turn < 3; turn++) assertThat(csr.matmul(Tensor.ones(2)).toFloatArray()).containsExactly(3, 3);
        values.add_(1);
        for (int turn = 0; turn < 3; turn++) assertThat(csr.matmul(Tensor.ones(2)).toFloatArray()).containsExactly(5, 4);
    }

    @Test void sparseProductsKeepOrderAndPlaces() {
        var rng = Rng.of(8);
        for (int[] size : new int[][] {{0, 3, 4}, {5, 0, 4}, {4, 3, 0}, {1, 1, 1}, {140, 70, 63}, {50, 60, 64}, {130, 20, 9000}}) {
            int m = size[0], k = size[1], n = size[2];
            Tensor a = Tensor.randint(rng, -3, 4, m, k).to(DType.F32).compute(), b = Tensor.randint(rng, -9, 10, k, n).to(DType.F32);
            b = b.abs().gt(7).where(b, b.zerosLike()).compute();
            Csr left = Csr.fromDense(a), right = Csr.fromDense(b), product = left.matmul(right);
            assertThat(product.dtype()).isEqualTo(DType.F32);
            assertThat(product.toDense().toFloatArray()).isEqualTo(a.matmul(b).add(0).toFloatArray());
            var places = a.ne(0).to(DType.F32).matmul(b.ne(0).to(DType.F32)).ne(0).toDoubleArray(); // zeros from cancelling terms too
            assertThat(product.entries()).isEqualTo((int) Arrays.stream(places).sum());
            for (int i = 0; i < m; i++)
                for (int e = product.rowStart(i) + 1; e < product.rowStart(i + 1); e++)
                    assertThat(product.column(e)).isGreaterThan(product.column(e - 1));
            assertThat(left.matmul(Csr.fromDense(b.to(DType.F64))).dtype()).isEqualTo(DType.F64);
        }
    }

    /** Rows with fewer terms than words of places beside others with more, over several words of words. */
    @Test void sparseProductsOfLongRowsWithFewTermsKeepOrderAndPlaces() {
        var rng = Rng.of(9);
        for (int n : new int[] {4096, 4097, 20_000}) for (var type : new DType[] {DType.F32, DType.F64}) {
            Tensor a = Tensor.randint(rng, -3, 4, 150, 40).to(type).compute(), b = Tensor.randint(rng, -9, 10, 40, n).to(type);
            a = Tensor.rand(rng, 150, 40).lt(Tensor.arange(150).to(DType.F32).div(100).unsqueeze(1)).where(a, a.zerosLike()).compute();
            b = Tensor.rand(rng, 40, n).lt(Tensor.arange(40).to(DType.F32).add(1).mul(3e-4).unsqueeze(1)).where(b, b.zerosLike()).compute();
            Csr product = Csr.fromDense(a).matmul(Csr.fromDense(b));
            assertThat(product.dtype()).isEqualTo(type);
            assertThat(product.toDense().toDoubleArray()).isEqualTo(a.matmul(b).add(0).toDoubleArray());
            for (int i = 0; i < 150; i++)
                for (int e = product.rowStart(i) + 1; e < product.rowStart(i + 1); e++)
                    assertThat(product.column(e)).isGreaterThan(product.column(e - 1));
        }
    }

    /** The order of the terms is that of the left matrix's columns, whatever the threads. */
    @Test void sparseProductsAreSumsInF64InTheOrderOfTheColumns() {
        var rng = Rng.of(10);
        Tensor a = Tensor.randn(rng, 300, 80), b = Tensor.randn(rng, 80, 500);
        Csr left = Csr.fromDense(a.abs().gt(1).where(a, a.zerosLike())), right = Csr.fromDense(b.abs().gt(0.7).where(b, b.zerosLike()));
        double[][] x = left.toDense().toRows(), y = right.toDense().toRows();
        var product = left.matmul(right);
        var values = product.values().toFloatArray();
        for (int i = 0; i < 300; i++) for (int e = product.rowStart(i); e < product.rowStart(i + 1); e++) {
            double sum = 0;
            for (int k = 0; k < 80; k++) sum += x[i][k] * y[k][product.column(e)];
            assertThat(values[e]).isEqualTo((float) sum);
        }
        var alone = new Csr[1];
        Parallel.sequentially(() -> alone[0] = left.matmul(right));
        assertThat(alone[0].values().toFloatArray()).isEqualTo(values);
    }

    @Test void everyNumberThatIsNotZeroIsAnEntryWhateverTheType() {
        for (var type : new DType[] {DType.F64, DType.F32, DType.F16, DType.BF16, DType.I32, DType.U8}) {
            var csr = Csr.fromDense(Tensor.of(new double[] {0, 3, 0, 0, 1, 0}, 2, 3).to(type));
            assertThat(csr.dtype()).isEqualTo(type.toFloat());
            assertThat(new int[] {csr.entries(), csr.rowStart(1), csr.column(0), csr.column(1)}).containsExactly(2, 1, 1, 1);
            assertThat(csr.values().toDoubleArray()).containsExactly(3, 1);
        }
        assertThat(Csr.fromDense(Tensor.of(new double[] {-0.0, Double.NaN, Double.MIN_VALUE}, 1, 3)).values().toDoubleArray())
                .containsExactly(Double.NaN, Double.MIN_VALUE);
        assertThat(Csr.fromDense(Tensor.of(new double[] {2, 0, 0, 3}, 2, 2).transpose().expand(2, 2)).entries()).isEqualTo(2);
    }

    @Tag("heavy")
    @Test void aProductOfMoreEntriesThanAnArrayHoldsIsRefusedByTheirNumber() {
        int n = 46_342;
        var start = new int[n + 1];
        for (int i = 0; i <= n; i++) start[i] = i;
        Csr column = Csr.of(n, 1, start, new int[n], Tensor.ones(n)),
                row = Csr.of(1, n, new int[] {0, n}, Arrays.copyOf(start, n), Tensor.ones(n));
        assertThatThrownBy(() -> column.matmul(row)).isInstanceOf(ShapeException.class).hasMessageContaining("2147580964 entries");
    }

    /** A training has one pattern: what gradients make of it is made once, outlives the step, and is nothing of a run for shapes. */
    @Test void gradientsMakeRowsColumnsAndTransposeOfAPatternOnce() {
        var dense = sparse(6, 5);
        var csr = Csr.fromDense(dense);
        var x = Tensor.randn(Rng.of(6), DType.F64, 5, 3).compute();
        ShapesOnly.run(() -> Autograd.grad(v -> csr.withValues(v).matmul(x).square().sum()).apply(csr.values()));
        ShapesOnly.run(() -> csr.transpose().matmul(Tensor.zeros(DType.F64, 6, 2)));
        Tensor rows = null, columns = null;
        for (int step = 0; step < 3; step++) try (var scope = Scope.open("step")) {
            Tensor v = csr.values().mul(step + 1).requiresGrad(), t = x.detach().requiresGrad();
            csr.withValues(v).matmul(t).square().sum().backward();
            var full = dense.mul(step + 1).matmul(x);
            close(v.grad(), full.mul(2).matmul(x.transpose()).maskedSelect(dense.ne(0)));
            close(t.grad(), dense.mul(step + 1).transpose().matmul(full.mul(2)));
            if (step > 0) assertThat(csr.pattern().rowOf()).isSameAs(rows);
            if (step > 0) assertThat(csr.pattern().columnOf()).isSameAs(columns);
            rows = csr.pattern().rowOf();
            columns = csr.withValues(csr.values()).pattern().columnOf();
            assertThat(csr.transpose().pattern()).isSameAs(csr.withValues(csr.values()).transpose().pattern());
        }
    }

    @Test void entriesAtOnePlaceAreAdded() {
        var csr = Csr.fromEntries(3, 3, new int[] {2, 0, 2}, new int[] {1, 0, 1}, new double[] {1, 5, 2});
        assertThat(csr.entries()).isEqualTo(2);
        assertThat(csr.toDense().item(2, 1)).isEqualTo(3);
    }

    @Test void whatIsNoMatrixIsRefusedByName() {
        assertThatThrownBy(() -> Csr.of(2, 2, new int[] {0, 1, 2}, new int[] {0, 2}, Tensor.of(1.0, 2))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("column 2 in row 1");
        assertThatThrownBy(() -> Csr.of(2, 2, new int[] {0, 2}, new int[] {0, 1}, Tensor.of(1.0, 2))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("row starts");
        assertThatThrownBy(() -> Csr.fromDense(sparse(2, 3)).matmul(Tensor.zeros(2, 2))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(2, 3)");
    }

    @Test void sizesThatNoMatrixHasAreRefusedByName() {
        var one = Tensor.of(1.0);
        var none = Tensor.zeros(0);
        for (long wrong : new long[] {-1, Long.MIN_VALUE, 1L << 33, 1L << 62, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> Csr.of(1, wrong, new int[] {0, 1}, new int[] {0}, one)).isInstanceOf(ShapeException.class)
                    .hasMessageContaining("" + wrong);
            assertThatThrownBy(() -> Csr.of(wrong, 1, new int[0], new int[0], none)).isInstanceOf(ShapeException.class)
                    .hasMessageContaining("" + wrong);
            assertThatThrownBy(() -> Csr.fromEntries(wrong, 1, new int[0], new int[0], new double[0])).isInstanceOf(ShapeException.class)
                    .hasMessageContaining("" + wrong);
            assertThatThrownBy(() -> Csr.fromEntries(1, wrong, new int[] {0}, new int[] {0}, new double[] {1}))
                    .isInstanceOf(ShapeException.class).hasMessageContaining("" + wrong);
        }
        assertThatThrownBy(() -> Csr.of(2, 2, new int[] {0, 9, 1}, new int[] {0}, one)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("row 1 ends before it starts");
        assertThatThrownBy(() -> Csr.of(2, 2, new int[] {0, -9, 1}, new int[] {0}, one)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("row 0 ends before it starts");
    }

    @Test void theWiderTypeOfAProductWins() {
        var dense = sparse(6, 5);
        var narrow = Csr.fromDense(dense.to(DType.F32));
        var x = Tensor.randn(Rng.of(6), DType.F64, 5, 3);
        assertThat(narrow.matmul(x).dtype()).isEqualTo(DType.F64);
        close(narrow.matmul(x), dense.to(DType.F32).to(DType.F64).matmul(x));
    }
}
