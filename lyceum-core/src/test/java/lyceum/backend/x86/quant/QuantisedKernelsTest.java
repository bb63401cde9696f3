package lyceum.backend.x86.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.backend.x86.X86Backend;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.gemm.LoweredTiles;
import lyceum.backend.x86.gemm.Tiles;
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
        for (int[] size : new int[][] {{1, 1, 1}, {1, 15, 3}, {2, 17, 5}, {3, 16, 1}, {5, 40, 2}, {8, 33, 1}, {13, 19, 1}, {64, 21, 1},
                {20, 70, 11}}) {
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

    /** With tiles, of the CPU where it has them and lowered to vector code: spans that are not whole, groups, very many rows, and rows that do not fill a tile. */
    @ParameterizedTest
    @MethodSource("formats") void tilesGiveTheBitsOfScalar(BlockFormat format) {
        assumeTrue(Cpu.unavailable() == null && Cpu.current().has(Feature.VNNI) && Cpu.current().has(Feature.AVX512), "no AVX-512");
        if (format.isFloat() || Layout.of(format) == null) return;
        var features = EnumSet.copyOf(Cpu.current().features());
        boolean own = features.contains(Feature.AMX_INT8);
        features.addAll(EnumSet.of(Feature.AMX_TILE, Feature.AMX_INT8));
        var small = new Cpu("with tiles", Set.copyOf(features), Cpu.current().l1(), 64 << 10, Cpu.current().l3()); // pieces of four tiles
        var ways = new ArrayList<>(List.of(new QuantisedProducts(small, a -> new LoweredTiles(a, 512), null)));
        if (own) ways.add(new QuantisedProducts(small, Tiles.Registers::new, null));
        int block = Math.max(format.blockLength(), 64);
        for (int[] size : new int[][] {{32, 16, 1}, {24, 1, 5}, {35, 70, 9}, {100, 17, 4}}) {
            int m = size[0], n = size[1], k = block * size[2];
            var w = QuantisedMatrix.of(Tensor.randn(Rng.of(n), n, k), format).withActivations(Activations.Q8);
            var x = Tensor.randn(Rng.of(4), DType.F32, m, k).mul(2).compute();
            var bias = Tensor.randn(Rng.of(5), n).compute();
            for (var added : new Tensor[] {null, bias}) for (var way : ways) {
                var out = Tensor.zeros(DType.F32, m, n).compute();
                assertThat(way.multiply(x.view(), w.blocks(), added == null ? null : added.view(), Activations.Q8, out.view())).isTrue();
                assertThat(out.toFloatArray()).as("%s, %d x %d by %d", format.name(), m, k, n)
                        .containsExactly(product(Backend.named("scalar"), w, x, added));
            }
        }
    }

    /** By three products of BF16 where there are tiles; where there are none these are the floats themselves. */
    @Test void manyRowsMeetHalvesNearlyAsExactly() {
        assumeTrue(Cpu.unavailable() == null, Cpu::unavailable);
        for (var format : List.of(BlockFormat.F16, BlockFormat.BF16)) for (int n : new int[] {300, 5000}) {
            int m = 200, k = 1100;
            var w = QuantisedMatrix.of(Tensor.randn(Rng.of(1), n, k), format).withActivations(Activations.Q8);
            var x = Tensor.randn(Rng.of(2), DType.F32, m, k).compute();
            var exact = x.to(DType.F64).matmul(w.dequantise().to(DType.F64).transpose());
            var sizes = x.abs().to(DType.F64).matmul(w.dequantise().abs().to(DType.F64).transpose());
            var y = Tensor.of(product(new X86Backend(Backend.named("scalar"), Cpu.current()), w, x, null), m, n).to(DType.F64);
            assertThat(y.sub(exact).abs().div(sizes).max().item()).as(format.name()).isLessThan(2e-6);
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
                for (int rows : new int[] {2, TiledProducts.FEWEST}) for (var activations : Activations.values()) {
                    var x = Tensor.randn(Rng.of(6), rows, 512).sign().mul(3).compute();
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
        var cpu = Cpu.current();
        assertThat(run.output()).contains("VECTORS=");
        if (cpu.has(Feature.AVX512) && cpu.has(Feature.VNNI)) assertThat(run.output()).contains("LOWERED_TILES=");
        if (cpu.has(Feature.AMX_INT8)) assertThat(run.output()).contains(" TILES=");
    }
}
