package lyceum.backend.x86.fuse;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import lyceum.DType;
import lyceum.backend.Backend.Reduction;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reductions of (outer, rows, columns) over the rows, of whole numbers, whose sums are exact in any order: few rows and many, one block of columns and several, with rests. */
class ColumnSumsTest {
    @BeforeAll static void machineCodeRunsHere() { assumeThat(Cpu.unavailable()).isNull(); }

    /** x y. */
    private static final Program PRODUCT = Program.of(Op.MUL, DType.F32, DType.F32, DType.F32);

    private static View view(long... shape) {
        return new View(DType.F32, Allocator.allocate(4 * View.size(shape)), 0, shape, View.contiguousStrides(shape));
    }

    private static View whole(int modulus, long... shape) {
        var view = view(shape);
        for (long i = 0; i < View.size(shape); i++) set(view, i, i * 7919 % modulus - modulus / 2);
        return view;
    }

    private static float get(View view, long i) { return view.storage().segment().get(JAVA_FLOAT, view.byteOffset() + 4 * i); }

    private static void set(View view, long i, float x) { view.storage().segment().set(JAVA_FLOAT, view.byteOffset() + 4 * i, x); }

    private static double combined(Reduction reduction, double a, double b) {
        return switch (reduction) {
            case SUM -> a + b;
            case MAX -> Math.max(a, b);
            default -> Math.min(a, b);
        };
    }

    @ParameterizedTest
    @CsvSource({"1, 20, 5001", "1, 131, 2100", "1, 515, 1030", "1, 1024, 1024", "1, 4099, 70", "3, 129, 3080", "70, 130, 33", "2, 2, 9000",
            "1, 256, 4096"})
    void areExact(int outer, int rows, int columns) {
        View x = whole(101, outer, rows, columns), y = whole(13, outer, rows, columns), got = view(outer, columns);
        for (var level : new String[] {"avx2", "all"}) {
            var reductions = new FusedReductions(new FusedPrograms(Cpu.current().limitedTo(level)));
            for (var reduction : new Reduction[] {Reduction.SUM, Reduction.MAX, Reduction.MIN}) {
                for (boolean alone : new boolean[] {false, true}) {
                    Runnable reduce = () -> assertThat(
                            reductions.reduce(reduction, PRODUCT, new View[] {x, y}, new boolean[] {false, true, false}, got)).isTrue();
                    if (alone) Parallel.sequentially(reduce);
                    else reduce.run();
                    for (int o = 0; o < outer; o++) for (int j = 0; j < columns; j++) {
                        double expected = get(x, (long) o * rows * columns + j) * get(y, (long) o * rows * columns + j);
                        for (int i = 1; i < rows; i++)
                            expected = combined(reduction, expected,
                                    get(x, ((long) o * rows + i) * columns + j) * get(y, ((long) o * rows + i) * columns + j));
                        if (get(got, (long) o * columns + j) != (float) expected) throw new AssertionError(level + ", " + reduction
                                + " of column " + j + " of " + o + " is " + get(got, (long) o * columns + j) + ", expected " + expected);
                    }
                }
            }
        }
    }
}
