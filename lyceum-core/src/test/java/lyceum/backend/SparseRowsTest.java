package lyceum.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import lyceum.DType;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Products of sparse matrices on everything that computes here, to the last bit. */
class SparseRowsTest {
    private static final DType[] TYPES = {DType.F32, DType.F64};

    /** A matrix with rows of such lengths, at most as long as there are columns. */
    private record Matrix(SparseRows.Pattern pattern, Tensor values) {
        static Matrix draw(SplittableRandom random, DType type, int columns, int... lengths) {
            var starts = new int[lengths.length + 1];
            for (int i = 0; i < lengths.length; i++) starts[i + 1] = starts[i] + Math.min(columns, lengths[i]);
            var column = new int[starts[lengths.length]];
            for (int i = 0; i < lengths.length; i++) {
                int from = starts[i], left = starts[i + 1] - from;
                for (int j = 0, e = from; left > 0; j++) {
                    if (random.nextInt(columns - j) >= left) continue;
                    column[e++] = j;
                    left--;
                }
            }
            return new Matrix(new SparseRows.Pattern(lengths.length, columns, starts, column), numbers(random, type, column.length));
        }

        static Tensor numbers(SplittableRandom random, DType type, long... shape) {
            var x = new double[(int) View.size(shape)];
            for (int i = 0; i < x.length; i++)
                x[i] = random.nextInt(50) == 0 ? Math.scalb(random.nextGaussian(), -700) : random.nextGaussian();
            return Tensor.of(x, shape).to(type).compute();
        }

        /** Each row's terms in order. */
        double[] times(Tensor x, int k) {
            double[] v = values.toDoubleArray(), b = x.toDoubleArray(), y = new double[pattern.rows() * k];
            for (int i = 0; i < pattern.rows(); i++)
                for (int e = pattern.starts()[i]; e < pattern.starts()[i + 1]; e++)
                    for (int j = 0; j < k; j++) y[i * k + j] = Math.fma(v[e], b[pattern.column()[e] * k + j], y[i * k + j]);
            if (x.dtype() == DType.F32) for (int i = 0; i < y.length; i++) y[i] = (float) y[i];
            return y;
        }

        void check(String name, Backend backend, Tensor x, int k) {
            double[] expected = times(x, k);
            var rows = new SparseRows(pattern, values.view());
            for (int turn = 0; turn < 3; turn++) { // arranged from the second on, if x is a vector
                var y = Tensor.full(x.dtype(), Double.NaN, pattern.rows(), k).compute();
                backend.sparseProduct(rows, x.view(), y.view());
                assertThat(y.toDoubleArray()).as("%s, %s, %d x %d of %d entries, %d columns, turn %d", name, x.dtype(), pattern.rows(),
                        pattern.columns(), pattern.entries(), k, turn).isEqualTo(expected);
            }
        }
    }

    private static int[] lengths(SplittableRandom random, int rows, int most) { return random.ints(rows, 0, most + 1).toArray(); }

    @Test void everyBackendAddsUpInTheOrderOfTheColumns() {
        var random = new SplittableRandom(11);
        Settings.all().forEach((name, backend) -> {
            for (var type : TYPES) {
                for (int rows : new int[] {0, 1, 3, 7, 8, 9, 16, 40, 255, 256, 257, 300, 1000}) {
                    int columns = 1 + random.nextInt(200);
                    var matrix = Matrix.draw(random, type, columns, lengths(random, rows, random.nextInt(60)));
                    for (int k : new int[] {1, 1 + random.nextInt(40)})
                        matrix.check(name, backend, Matrix.numbers(random, type, columns, k), k);
                }
                for (int k : new int[] {0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 33, 48, 49, 96, 97, 100, 191, 192, 193, 200,
                        400})
                    Matrix.draw(random, type, 30, lengths(random, 11, 9)).check(name, backend, Matrix.numbers(random, type, 30, k), k);
            }
        });
    }

    /** Rows of one length, as a stencil has; one row that is longer than all others together; many rows, so that threads share them; a dense operand beyond the caches. */
    @Test void everyFormOfMatrixIsMultiplied() {
        var random = new SplittableRandom(12);
        Settings.all().forEach((name, backend) -> {
            for (var type : TYPES) {
                var equal = new int[520];
                Arrays.fill(equal, 5);
                var one = lengths(random, 77, 3);
                one[40] = 50_000;
                for (var matrix : new Matrix[] {Matrix.draw(random, type, 64, equal), Matrix.draw(random, type, 60_000, one),
                        Matrix.draw(random, type, 900, lengths(random, 6000, 30)), Matrix.draw(random, type, 1, 1, 0, 1),
                        Matrix.draw(random, type, 5, new int[400]), Matrix.draw(random, type, 0, 0, 0, 0)}) {
                    for (int k : new int[] {1, 16}) {
                        if (matrix.pattern.columns() == 60_000 && k > 1 && name.equals("scalar")) continue;
                        matrix.check(name, backend, Matrix.numbers(random, type, matrix.pattern.columns(), k), k);
                    }
                }
            }
        });
    }

    @Test void whatHasNoEntryMeetsNothing() {
        Settings.all().forEach((name, backend) -> {
            for (var type : TYPES) {
                var random = new SplittableRandom(13);
                var matrix = Matrix.draw(random, type, 9, lengths(random, 100, 4));
                for (int k : new int[] {1, 5, 17}) {
                    var x = new double[9 * k];
                    for (int i = 0; i < x.length; i++)
                        x[i] = i / k % 3 == 0 ? Double.POSITIVE_INFINITY : i / k % 3 == 1 ? Double.NaN : random.nextGaussian();
                    matrix.check(name, backend, Tensor.of(x, 9, k).to(type).compute(), k);
                }
            }
        });
    }

    @Test void theBitsDoNotDependOnTheThreads() {
        var random = new SplittableRandom(14);
        Settings.all().forEach((name, backend) -> {
            for (int k : new int[] {1, 3}) {
                var matrix = Matrix.draw(random, DType.F64, 500, lengths(random, 5000, 30));
                var x = Matrix.numbers(random, DType.F64, 500, k);
                Parallel.sequentially(() -> matrix.check(name, backend, x, k));
            }
        });
    }

    @Test void arrangementsAreMadeOnceForEachOwnerAndKeptWithThePattern() {
        var random = new SplittableRandom(15);
        var matrix = Matrix.draw(random, DType.F64, 20, 3, 4);
        var rows = new SparseRows(matrix.pattern, matrix.values.view());
        Object first = rows.pattern().arranged("one", _ -> new Object());
        assertThat(rows.pattern().<Object>arranged("one", _ -> new Object())).isSameAs(first);
        assertThat(rows.pattern().<Object>arranged("another", _ -> new Object())).isNotSameAs(first);
        assertThat(rows.holds(matrix.values.view())).isTrue();
        matrix.values.mul_(2);
        assertThat(rows.holds(matrix.values.view())).as("values written to").isFalse();
        assertThat(rows.meetsVectorAgain()).isFalse();
        assertThat(rows.meetsVectorAgain()).isTrue();
    }
}
