package lyceum.backend.x86.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.backend.x86.X86Backend;
import lyceum.backend.x86.machine.Cpu;
import lyceum.tensor.CountingBackend;
import lyceum.testing.Choices;
import lyceum.testing.Generator;
import lyceum.testing.Property;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What factorisations of matrices are made of, in machine code: products that are subtracted, and substitution in small triangles. */
class FactorKernelsTest {
    private static final DType[] TYPES = {DType.F64, DType.F32};

    @BeforeEach void onlyWhereMachineCodeRuns() { Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable()); }

    private final CountingBackend fallback = new CountingBackend();

    private X86Backend backend(String level) { return new X86Backend(fallback, Cpu.current().limitedTo(level)); }

    /** {@code out -= a b} of whole numbers, exact whatever the order. */
    private record Difference(StridedMatrix a, StridedMatrix b, StridedMatrix out) {
        static Difference draw(Choices choices, int m, int n, int k) {
            var type = TYPES[(int) choices.next(1)];
            var random = new SplittableRandom(choices.next(99));
            return new Difference(StridedMatrix.operand(choices, type, 1, m, k).fill(() -> random.nextInt(7) - 3),
                    StridedMatrix.operand(choices, type, 1, k, n).fill(() -> random.nextInt(7) - 3),
                    StridedMatrix.result(choices, type, 1, m, n).fill(() -> random.nextInt(99)));
        }

        void check(X86Backend backend) {
            int m = out.rows(), n = out.columns();
            var before = new double[m][n];
            for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) before[i][j] = out.get(0, i, j);
            backend.subtractProduct(a.view(), b.view(), out.view());
            for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) {
                double expected = before[i][j];
                for (int p = 0; p < a.columns(); p++) expected -= a.get(0, i, p) * b.get(0, p, j);
                assertThat(out.get(0, i, j)).as("element %d, %d of %s", i, j, this).isEqualTo(expected);
            }
            out.checkSurroundings();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512", "all"}) void aProductIsSubtractedWhateverTheLayout(String level) {
        var backend = backend(level);
        Property.of((Generator<Difference>) choices -> Difference.draw(choices, 1 + (int) choices.next(60), 1 + (int) choices.next(60),
                1 + (int) choices.next(60))).withRuns(200).holds(d -> d.check(backend));
        for (int[] s : new int[][] {{1, 1, 1}, {1, 300, 20}, {300, 1, 20}, {200, 130, 300}, {40, 520, 16}, {520, 40, 16}})
            Property.of((Generator<Difference>) choices -> Difference.draw(choices, s[0], s[1], s[2])).withRuns(3)
                    .holds(d -> d.check(backend));
        assertThat(fallback.products.get()).isZero();
    }

    /** A triangle whose solution is known: {@code b = l x} of whole numbers with powers of two on the diagonal. */
    private record Triangle(StridedMatrix l, StridedMatrix b, double[][] x, boolean unit) {
        static Triangle draw(Choices choices, int rows, int columns, boolean unit) {
            var random = new SplittableRandom(choices.next(99));
            var l = StridedMatrix.operand(choices, DType.F64, 1, rows, rows);
            while (l.view().strides()[0] == 0 || l.view().strides()[1] == 0) l = StridedMatrix.operand(choices, DType.F64, 1, rows, rows);
            l.fill(() -> Double.NaN); // above the diagonal nothing is read, nor are ones on it
            for (int i = 0; i < rows; i++) for (int j = 0; j < i; j++) l.set(0, i, j, random.nextInt(5) - 2);
            if (!unit) for (int i = 0; i < rows; i++) l.set(0, i, i, i % 3 == 0 ? -4 : 0.5);
            var b = StridedMatrix.result(choices, DType.F64, 1, rows, columns);
            while (columns > 1 && b.view().strides()[1] != 1) b = StridedMatrix.result(choices, DType.F64, 1, rows, columns);
            var x = new double[rows][columns];
            for (double[] row : x) for (int j = 0; j < columns; j++) row[j] = random.nextInt(9) - 4;
            for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) {
                double sum = x[i][j] * (unit ? 1 : l.get(0, i, i));
                for (int p = 0; p < i; p++) sum += l.get(0, i, p) * x[p][j];
                b.set(0, i, j, sum);
            }
            return new Triangle(l, b, x, unit);
        }

        void check(X86Backend backend) {
            backend.substitute(l.view(), unit, b.view());
            for (int i = 0; i < x.length; i++)
                for (int j = 0; j < x[i].length; j++) assertThat(b.get(0, i, j)).as("element %d, %d of %s", i, j, this).isEqualTo(x[i][j]);
            b.checkSurroundings();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512", "all"}) void smallTrianglesAreSolvedExactly(String level) {
        var backend = backend(level);
        for (int rows = 1; rows <= backend.substitutes(); rows++)
            for (int columns : new int[] {1, 3, 4, 7, 8, 9, 31, 513, 1100}) for (boolean unit : new boolean[] {true, false}) {
                int r = rows;
                Property.of((Generator<Triangle>) choices -> Triangle.draw(choices, r, columns, unit)).withRuns(2)
                        .holds(t -> t.check(backend));
            }
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "all"}) void differencesDoNotDependOnTheThreads(String level) {
        var backend = backend(level);
        for (int[] s : new int[][] {{500, 500, 64}, {64, 900, 300}, {1200, 48, 16}}) {
            Property.of((Generator<Difference>) choices -> {
                var random = new SplittableRandom(3);
                return new Difference(StridedMatrix.operand(choices, DType.F64, 1, s[0], s[2]).fill(random::nextGaussian),
                        StridedMatrix.operand(choices, DType.F64, 1, s[2], s[1]).fill(random::nextGaussian),
                        StridedMatrix.result(choices, DType.F64, 1, s[0], s[1]));
            }).withRuns(2).holds(d -> {
                d.out.fill(() -> 1);
                backend.subtractProduct(d.a.view(), d.b.view(), d.out.view());
                var parallel = d.out.bytes();
                d.out.fill(() -> 1);
                Parallel.sequentially(() -> backend.subtractProduct(d.a.view(), d.b.view(), d.out.view()));
                assertThat(d.out.bytes()).isEqualTo(parallel);
            });
        }
    }
}
