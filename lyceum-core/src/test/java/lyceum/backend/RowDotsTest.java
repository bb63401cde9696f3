package lyceum.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.DType;
import lyceum.backend.x86.attention.GuardedMemory;
import lyceum.backend.x86.index.RowDotsCode;
import lyceum.backend.x86.machine.Cpu;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class RowDotsTest {
    @Test void vectorsAndPlainLoopsGiveTheSameBitsAndTheSum() {
        var rng = Rng.of(3);
        RowDots plain = new RowDots.Plain(), best = RowDots.best();
        try (var arena = Arena.ofConfined()) {
            for (int n : new int[] {0, 1, 7, 31, 32, 33, 64, 100, 384}) {
                float[] x = new float[n], y = new float[n];
                var rows = arena.allocate(4L * n + 5, 4);
                var bytes = arena.allocate(n + 1L);
                double exact = 0, ofBytes = 0, size = 1;
                for (int i = 0; i < n; i++) {
                    x[i] = (float) rng.nextGaussian();
                    y[i] = (float) rng.nextGaussian();
                    byte code = (byte) (rng.nextInt(255) - 127);
                    rows.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 5 + 4L * i, y[i]);
                    bytes.set(ValueLayout.JAVA_BYTE, 1 + i, code);
                    exact += (double) x[i] * y[i];
                    ofBytes += (double) x[i] * code;
                    size += Math.abs((double) x[i] * code) + Math.abs((double) x[i] * y[i]);
                }
                assertThat((double) best.dot(x, y)).as("%d numbers", n).isCloseTo(exact, within(1e-6 * size));
                assertThat((double) best.dotBytes(x, bytes, 1)).isCloseTo(ofBytes, within(1e-6 * size));
                assertThat(best.dot(x, rows, 5)).isEqualTo(best.dot(x, y)).isEqualTo(plain.dot(x, y)).isEqualTo(plain.dot(x, rows, 5));
                assertThat(best.dotBytes(x, bytes, 1)).isEqualTo(plain.dotBytes(x, bytes, 1));
            }
        }
    }

    /** Operands end at pages that cannot be touched. */
    @Test void manyRowsAtOnceGiveTheSameBitsAsOneByOne() {
        var rng = Rng.of(4);
        var plain = new RowDots.OneByOne(new RowDots.Plain());
        if (Cpu.unavailable() == null && System.getenv("LYCEUM_BACKEND") == null && System.getProperty("lyceum.backend") == null)
            assertThat(RowDots.many()).isInstanceOf(RowDotsCode.class);
        int compared = 0;
        for (int n : new int[] {1, 7, 8, 31, 32, 33, 64, 100, 384, 1000})
            for (int rows : new int[] {0, 1, 2, 5, 33}) try (var arena = Arena.ofConfined()) {
                var x = GuardedMemory.allocate(arena, 4L * n, true);
                MemorySegment floats = arena.allocate(8L * rows + 8), halves = arena.allocate(8L * rows + 8),
                        bytes = arena.allocate(8L * rows + 8);
                for (int j = 0; j < n; j++) x.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, j, (float) rng.nextGaussian());
                for (int i = 0; i < rows; i++) {
                    MemorySegment row = GuardedMemory.allocate(arena, 4L * n, true), codes = GuardedMemory.allocate(arena, n, true),
                            half = GuardedMemory.allocate(arena, 2L * n, true);
                    for (int j = 0; j < n; j++) {
                        row.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, j, (float) rng.nextGaussian());
                        half.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, j, Float.floatToFloat16((float) rng.nextGaussian()));
                        codes.set(ValueLayout.JAVA_BYTE, j, (byte) (rng.nextInt(256) - 128));
                    }
                    floats.setAtIndex(ValueLayout.JAVA_LONG, i, row.address());
                    halves.setAtIndex(ValueLayout.JAVA_LONG, i, half.address());
                    bytes.setAtIndex(ValueLayout.JAVA_LONG, i, codes.address());
                }
                for (var type : new DType[] {DType.F32, DType.F16, DType.I8}) {
                    MemorySegment found = GuardedMemory.allocate(arena, 4L * rows + 4, true), wanted = arena.allocate(4L * rows + 4);
                    long at = (type == DType.F32 ? floats : type == DType.F16 ? halves : bytes).address();
                    RowDots.many().dots(x.address(), n, at, rows, type, found.address() + 4, 1);
                    plain.dots(x.address(), n, at, rows, type, wanted.address() + 4, 0);
                    assertThat(found.mismatch(wanted)).as("%d rows of %d, of %s", rows, n, type).isEqualTo(-1);
                    compared += rows;
                }
            }
        assertThat(compared).isEqualTo(10 * 3 * 41);
    }
}
