package lyceum.backend.x86.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.x86.X86Backend;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;
import lyceum.random.Rng;
import lyceum.tensor.CountingBackend;
import lyceum.tensor.Tensor;
import lyceum.testing.Choices;
import lyceum.testing.Generator;
import lyceum.testing.Property;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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
            long batch = 1 + choices.next(2);
            return new Copy(StridedMatrix.operand(choices, type, batch, m, n).fill(() -> random.nextInt(200) - 100),
                    StridedMatrix.result(choices, type, batch, m, n));
        }

        void check(X86Backend backend) {
            backend.run(Program.copy(in.view().dtype()), new View[] {in.view()}, new View[] {out.view()});
            for (int b = 0; b < in.batch(); b++)
                for (int i = 0; i < in.rows(); i++)
                    for (int j = 0; j < in.columns(); j++)
                        assertThat(out.get(b, i, j)).as("element %d, %d of matrix %d of %s", i, j, b, this).isEqualTo(in.get(b, i, j));
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

    /** Columns of BF16 where others would stand in rows: code runs on them all the same, and the result is that of plain loops. */
    @Test void programsOnTurnedHalvesAreMachineCode() {
        Assumptions.assumeTrue(Cpu.current().has(Feature.AVX512), "halves are turned by AVX-512");
        var fallback = new CountingBackend();
        for (int[] s : new int[][] {{1, 8, 8}, {2, 40, 16}, {3, 257, 66}, {2, 4096, 320}}) Backend.with(new X86Backend(fallback), () -> {
            var rng = Rng.of(s[1]);
            Tensor x = Tensor.randn(rng, DType.BF16, s[0], s[2], s[1]).compute(),
                    y = Tensor.randn(rng, DType.BF16, s[0], s[1], s[2]).compute();
            var turned = x.transpose(1, 2);
            var sum = turned.add(y).mul(2).compute();
            var normal = turned.layerNorm(null, null, 1e-5).compute();
            var copy = turned.contiguous();
            assertThat(fallback.programs.get()).as("programs without machine code").isZero();
            Tensor wide = x.to(DType.F64).transpose(1, 2), expected = wide.layerNorm(null, null, 1e-5);
            assertThat(copy.to(DType.F64).sub(wide).abs().max().item()).isZero();
            assertThat(sum.to(DType.F32).sub(copy.add(y).mul(2).to(DType.F32)).abs().max().item()).isZero();
            assertThat(normal.to(DType.F64).sub(expected).abs().max().item()).isLessThan(0.02);
            fallback.programs.set(0);
        });
    }
}
