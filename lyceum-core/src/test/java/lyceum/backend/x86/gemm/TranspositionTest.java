package lyceum.backend.x86.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import lyceum.DType;
import lyceum.backend.Program;
import lyceum.backend.View;
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

/** Copies of matrices between layouts of every kind, those that turn among them. */
class TranspositionTest {
    private static final DType[] TYPES = {DType.F64, DType.F32, DType.I64, DType.I32, DType.BF16};

    @BeforeEach void onlyWhereMachineCodeRuns() { Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable()); }

    private record Copy(StridedMatrix in, StridedMatrix out) {
        static Copy draw(Choices choices, int m, int n) {
            var type = TYPES[(int) choices.next(TYPES.length - 1)];
            var random = new SplittableRandom(choices.next(99));
            return new Copy(StridedMatrix.operand(choices, type, 1, m, n).fill(() -> random.nextInt(200) - 100),
                    StridedMatrix.result(choices, type, 1, m, n));
        }

        void check(X86Backend backend) {
            backend.run(Program.copy(in.view().dtype()), new View[] {in.view()}, new View[] {out.view()});
            for (int i = 0; i < in.rows(); i++)
                for (int j = 0; j < in.columns(); j++)
                    assertThat(out.get(0, i, j)).as("element %d, %d of %s", i, j, this).isEqualTo(in.get(0, i, j));
            out.checkSurroundings();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "all"}) void copiesAreWhatTheyAreOf(String level) {
        var backend = new X86Backend(new CountingBackend(), Cpu.current().limitedTo(level));
        Property.of((Generator<Copy>) choices -> Copy.draw(choices, 1 + (int) choices.next(50), 1 + (int) choices.next(50))).withRuns(300)
                .holds(c -> c.check(backend));
        for (int[] s : new int[][] {{8, 8}, {200, 700}, {700, 200}, {5000, 9}, {9, 5000}})
            Property.of((Generator<Copy>) choices -> Copy.draw(choices, s[0], s[1])).withRuns(5).holds(c -> c.check(backend));
    }
}
