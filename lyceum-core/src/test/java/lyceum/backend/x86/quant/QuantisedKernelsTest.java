package lyceum.backend.x86.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.backend.x86.X86Backend;
import lyceum.backend.x86.machine.Cpu;
import lyceum.random.Rng;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class QuantisedKernelsTest {
    static List<BlockFormat> formats() {
        var all = new ArrayList<>(BlockFormat.named());
        for (int group : new int[] {32, 64, 128}) {
            all.add(BlockFormat.int4(group, false));
            all.add(BlockFormat.int4(group, true));
        }
        return all;
    }

    /** This CPU, and it with less. */
    private static List<Backend> levels() {
        var scalar = Backend.named("scalar");
        var cpu = Cpu.current();
        return List.of(new X86Backend(scalar, cpu), new X86Backend(scalar, cpu.limitedTo("avx512")),
                new X86Backend(scalar, cpu.limitedTo("avx2")));
    }

    private static float[] product(Backend backend, QuantisedMatrix w, Tensor x, Tensor bias) {
        var result = new float[1][];
        Backend.with(backend, () -> result[0] = w.matmul(x, bias).toFloatArray());
        return result[0];
    }

    @ParameterizedTest
    @MethodSource("formats") void everyLevelGivesTheBitsOfScalarAtOddSizes(BlockFormat format) {
        assumeTrue(Cpu.unavailable() == null, Cpu::unavailable);
        var scalar = Backend.named("scalar");
        int block = Math.max(format.blockLength(), 32);
        for (int[] size : new int[][] {{1, 1, 1}, {1, 15, 3}, {2, 17, 5}, {3, 16, 1}, {5, 40, 2}, {8, 33, 1}, {13, 19, 1}, {64, 21, 1}}) {
            int k = format.isFloat() ? block * size[2] + 7 : block * size[2];
            var w = QuantisedMatrix.of(Tensor.randn(Rng.of(size[1]), size[1], k), format);
            var x = Tensor.randn(Rng.of(4), DType.F32, size[0], k).mul(2).compute();
            var bias = Tensor.randn(Rng.of(5), size[1]).compute();
            for (var activations : Activations.values()) {
                var q = w.withActivations(activations);
                float[] expected = product(scalar, q, x, null), shifted = product(scalar, q, x, bias);
                for (var backend : levels()) {
                    assertThat(product(backend, q, x, null))
                            .as("%s, %s activations, %d x %d by %d", backend.description(), activations, size[0], k, size[1])
                            .containsExactly(expected);
                    assertThat(product(backend, q, x, bias)).containsExactly(shifted);
                }
            }
        }
    }

    @Test void extremeCodesAndScalesGiveTheBitsOfScalar() {
        assumeTrue(Cpu.unavailable() == null, Cpu::unavailable);
        for (var format : formats()) {
            if (format.isFloat()) continue;
            for (int pattern : new int[] {0, 0x7F, 0x80, 0xFF, 0x88}) {
                var bytes = new byte[(int) format.rowBytes(512) * 3];
                Arrays.fill(bytes, (byte) pattern);
                for (int at = 0; at < bytes.length; at += format.blockBytes()) {
                    for (int half : format.halves()) {
                        bytes[at + half] = (byte) 0xFF;
                        bytes[at + half + 1] = (byte) (pattern == 0x80 ? 0xFB : 0x7B); // 65504, or its negative
                    }
                }
                var w = QuantisedMatrix.on(MemorySegment.ofArray(bytes), format, 3, 512);
                var x = Tensor.randn(Rng.of(6), 2, 512).sign().mul(3).compute();
                for (var activations : Activations.values()) {
                    var q = w.withActivations(activations);
                    for (var backend : levels())
                        assertThat(product(backend, q, x, null)).as("%s of 0x%x, %s", format.name(), pattern, backend.description())
                                .containsExactly(product(Backend.named("scalar"), q, x, null));
                }
            }
        }
    }

    @Test void noKernelTouchesMemoryBeyondItsOperands() {
        assumeTrue(Cpu.unavailable() == null, Cpu::unavailable);
        var run = ForkedJvm.of(KernelBounds.class).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("kernels run: ");
    }
}
