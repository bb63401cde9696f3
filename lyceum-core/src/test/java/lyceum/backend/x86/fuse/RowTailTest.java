package lyceum.backend.x86.fuse;

import static lyceum.DType.F32;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;
import lyceum.random.Rng;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Functions of a row's numbers that are computed after all rows: the bits are those of the undivided program. */
class RowTailTest {
    @BeforeAll static void machineCodeRunsHere() { assumeThat(Cpu.unavailable()).isNull(); }

    private static final Program WEIGHTED = weighted(), LOG_SOFTMAX = logSoftmax();

    /** 1.5 w (log(sum exp(x - max)) + max) for a weight w of each row, that sum, and exp(x - max). */
    private static Program weighted() {
        var p = new ProgramBuilder();
        int x = p.load(F32, 0), max = p.of(Op.ROW_MAX, F32, x), exp = p.of(Op.EXP, F32, p.of(Op.SUB, F32, x, max));
        int sum = p.of(Op.ROW_SUM, F32, exp), logSumExp = p.of(Op.ADD, F32, p.of(Op.LOG, F32, sum), max);
        int weighted = p.of(Op.MUL, F32, logSumExp, p.load(F32, 1));
        return p.build(p.of(Op.MUL, F32, weighted, p.constant(F32, 1.5)), sum, exp);
    }

    private static Program logSoftmax() {
        var p = new ProgramBuilder();
        int x = p.load(F32, 0), shifted = p.of(Op.SUB, F32, x, p.of(Op.ROW_MAX, F32, x));
        int sum = p.of(Op.ROW_SUM, F32, p.of(Op.EXP, F32, shifted));
        return p.build(p.of(Op.SUB, F32, shifted, p.of(Op.LOG, F32, sum)));
    }

    private static View elements(int rows, int columns) {
        return new View(DType.F32, Allocator.allocate(4L * rows * columns), 0, new long[] {rows, columns}, new long[] {columns, 1});
    }

    /** One element for each row. */
    private static View numbers(int rows, int columns) {
        return new View(DType.F32, Allocator.allocate(4L * rows), 0, new long[] {rows, columns}, new long[] {1, 0});
    }

    private static float get(View view, long i, long j) {
        return view.storage().segment().get(JAVA_FLOAT, view.byteOffset() + 4 * (i * view.strides()[0] + j * view.strides()[1]));
    }

    private static View drawn(View view, int seed) {
        var rng = Rng.of(seed);
        for (long i = 0; i < view.shape()[0]; i++) {
            for (long j = 0; j < view.shape()[1]; j++)
                view.storage().segment().set(JAVA_FLOAT, view.byteOffset() + 4 * (i * view.strides()[0] + j * view.strides()[1]),
                        (float) (6 * rng.nextDouble() - 3));
        }
        return view;
    }

    @ParameterizedTest
    @CsvSource({"avx2, 128, 64", "avx2, 333, 5", "avx2, 65, 256", "avx512, 128, 64", "avx512, 333, 5", "avx512, 65, 256",
            "avx512, 20000, 2"})
    void bitsAreThoseOfTheUndividedProgram(String level, int rows, int columns) {
        var programs = new FusedPrograms(Cpu.current().limitedTo(level));
        View[] inputs = {drawn(elements(rows, columns), 1), drawn(numbers(rows, columns), 2)};
        View[] divided = {numbers(rows, columns), numbers(rows, columns), elements(rows, columns)};
        View[] whole = {numbers(rows, columns), numbers(rows, columns), elements(rows, columns)};
        View[] exact = {numbers(rows, columns), numbers(rows, columns), elements(rows, columns)};
        assertThat(RowTail.isWanted(WEIGHTED, inputs, divided)).isTrue();
        assertThat(programs.run(WEIGHTED, inputs, divided)).isTrue();
        assertThat(programs.runRows(WEIGHTED, inputs, whole)).isTrue();
        Backend.named("scalar").run(WEIGHTED, inputs, exact);
        for (int o = 0; o < whole.length; o++) for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) {
            assertThat(get(divided[o], i, j)).as("output %d of row %d", o, i).isEqualTo(get(whole[o], i, j)).isCloseTo(get(exact[o], i, j),
                    within(1e-4f));
        }
    }

    @Test void whatElementsReadStaysWithTheRows() {
        assertThat(RowTail.isWanted(LOG_SOFTMAX, new View[] {elements(128, 64)}, new View[] {elements(128, 64)})).isFalse();
    }

    @Test void aResultThatLiesUponAnOperandIsNotDivided() {
        View weight = numbers(128, 64), x = elements(128, 64);
        assertThat(RowTail.isWanted(WEIGHTED, new View[] {x, weight}, new View[] {weight, numbers(128, 64), elements(128, 64)})).isFalse();
    }

    @Test void longRowsAndFewAreNotDivided() {
        for (int[] size : new int[][] {{128, 257}, {63, 64}}) {
            View[] outputs = {numbers(size[0], size[1]), numbers(size[0], size[1]), elements(size[0], size[1])};
            assertThat(RowTail.isWanted(WEIGHTED, new View[] {elements(size[0], size[1]), numbers(size[0], size[1])}, outputs)).isFalse();
        }
    }
}
