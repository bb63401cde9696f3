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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wide rows with a weight and a bias for all: the bits are those of the undivided program. */
class WideRowsTest {
    @BeforeAll static void machineCodeRunsHere() { assumeThat(Cpu.unavailable()).isNull(); }

    private static final Program SCALED = scaled();

    /** exp(x - c sum(x)) w + b sum(x), and sum(x), for a number c. */
    private static Program scaled() {
        var p = new ProgramBuilder();
        int x = p.load(F32, 0), sum = p.of(Op.ROW_SUM, F32, x), mean = p.of(Op.MUL, F32, sum, p.constant(F32, 1e-5));
        int weighted = p.of(Op.MUL, F32, p.of(Op.EXP, F32, p.of(Op.SUB, F32, x, mean)), p.load(F32, 1));
        return p.build(p.of(Op.ADD, F32, weighted, p.of(Op.MUL, F32, p.load(F32, 2), sum)), sum);
    }

    private static View view(long[] shape, long... strides) {
        long elements = 1;
        for (int axis = 0; axis < shape.length; axis++) elements += (shape[axis] - 1) * strides[axis];
        var view = new View(DType.F32, Allocator.allocate(4 * elements), 0, shape, strides);
        for (long i = 0; i < elements; i++)
            view.storage().segment().set(JAVA_FLOAT, view.byteOffset() + 4 * i, (i * 7919 % 1013) / 1013f - 0.4f);
        return view;
    }

    private static View[] inputs(long... shape) {
        boolean isCube = shape.length == 3;
        long n = shape[shape.length - 1], rows = shape[shape.length - 2];
        long[] whole = isCube ? new long[] {rows * (n + 3), n + 3, 1} : new long[] {n + 3, 1},
                shared = isCube ? new long[] {0, 0, 1} : new long[] {0, 1};
        return new View[] {view(shape, whole), view(shape, shared), view(shape, shared)};
    }

    private static View[] outputs(long... shape) {
        var strides = View.contiguousStrides(shape);
        var ofRows = strides.clone();
        for (int axis = 0; axis < ofRows.length; axis++)
            ofRows[axis] = axis == ofRows.length - 1 ? 0 : strides[axis] / shape[shape.length - 1];
        return new View[] {view(shape, strides), view(shape, ofRows)};
    }

    private static float at(View view, long i) {
        long offset = 0;
        for (int axis = view.shape().length - 1; axis >= 0; axis--) {
            offset += i % view.shape()[axis] * view.strides()[axis];
            i /= view.shape()[axis];
        }
        return view.storage().segment().get(JAVA_FLOAT, view.byteOffset() + 4 * offset);
    }

    @ParameterizedTest
    @CsvSource({"avx2, 1, 8, 32768", "avx2, 1, 9, 33001", "avx512, 1, 8, 32768", "avx512, 1, 21, 33001",
            "avx512, 2, 8, 32771"})
    void bitsAreThoseOfTheUndividedProgram(String level, int slabs, int rows, int columns) {
        var programs = new FusedPrograms(Cpu.current().limitedTo(level));
        long[] shape = slabs == 1 ? new long[] {rows, columns} : new long[] {slabs, rows, columns};
        View[] inputs = inputs(shape), divided = outputs(shape), whole = outputs(shape), exact = outputs(shape);
        assertThat(WideRows.isWanted(SCALED, inputs, divided)).isTrue();
        assertThat(programs.run(SCALED, inputs, divided)).isTrue();
        assertThat(programs.runRows(SCALED, inputs, whole)).isTrue();
        Backend.named("scalar").run(SCALED, inputs, exact);
        long n = (long) slabs * rows * columns;
        for (int o = 0; o < whole.length; o++) for (long i = 0; i < n; i += o == 0 ? 1 : columns) {
            float got = at(divided[o], i);
            if (got != at(whole[o], i))
                throw new AssertionError("output " + o + ", element " + i + " is " + got + ", undivided " + at(whole[o], i));
            if (i % 97 == 0) assertThat(got).isCloseTo(at(exact[o], i), within(1e-2f));
        }
    }

    @Test void otherProgramsAreNotDivided() {
        assertThat(WideRows.isWanted(SCALED, inputs(8, 32767), outputs(8, 32767))).as("narrow").isFalse();
        assertThat(WideRows.isWanted(SCALED, inputs(7, 32768), outputs(7, 32768))).as("few").isFalse();
        View[] own = inputs(8, 32768), results = outputs(8, 32768);
        own[1] = results[0];
        assertThat(WideRows.isWanted(SCALED, own, results)).as("a result upon an operand, and one shared").isFalse();
        own[1] = view(new long[] {8, 32768}, 32768, 1);
        assertThat(WideRows.isWanted(SCALED, own, results)).as("one shared").isFalse();
    }
}
