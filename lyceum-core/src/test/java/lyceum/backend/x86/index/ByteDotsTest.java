package lyceum.backend.x86.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.RowDots;
import lyceum.backend.x86.attention.GuardedMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class ByteDotsTest {
    private static final int[] LENGTHS = {1, 7, 31, 32, 33, 63, 64, 65, 100, 127, 128, 384, 1000, 1 << 17};

    /** A vector and rows that end at pages which cannot be touched: random codes, or the greatest of one sign or of both. */
    private record Codes(MemorySegment x, MemorySegment rows, int[] sums, int numbers) {
        static Codes of(Arena arena, Rng rng, int numbers, int rows) {
            var x = GuardedMemory.allocate(arena, numbers, true);
            for (int j = 0; j < numbers; j++) x.set(ValueLayout.JAVA_BYTE, j, (byte) (rows == 1 ? -127 : rng.nextInt(255) - 127));
            var addresses = arena.allocate(8L * rows + 16, 8); // and two of nothing, which may be asked for ahead
            var sums = new int[rows];
            for (int i = 0; i < rows; i++) {
                var row = GuardedMemory.allocate(arena, numbers, true);
                for (int j = 0; j < numbers; j++) {
                    byte code = (byte) (i == 0 ? -127 : i == 1 ? 127 : i == 2 ? -128 : rng.nextInt(256) - 128);
                    row.set(ValueLayout.JAVA_BYTE, j, code);
                    sums[i] += x.get(ValueLayout.JAVA_BYTE, j) * code;
                }
                addresses.setAtIndex(ValueLayout.JAVA_LONG, i, row.address());
            }
            return new Codes(x, addresses, sums, numbers);
        }

        void requireSums(String who, MemorySegment found) {
            assertThat(found.toArray(ValueLayout.JAVA_INT_UNALIGNED)).as("%s, %d numbers, %d rows", who, numbers, sums.length)
                    .isEqualTo(sums);
        }
    }

    @Test void manyRowsOneRowAndPlainLoopsGiveTheExactSums() {
        var rng = Rng.of(5);
        RowDots[] ones = {new RowDots.Plain(), RowDots.best()};
        RowDots.Many[] all = {new RowDots.OneByOne(ones[0]), new RowDots.OneByOne(ones[1]), RowDots.many()};
        for (int numbers : LENGTHS) for (int rows : new int[] {1, 2, 5, 33}) try (var arena = Arena.ofConfined()) {
            var codes = Codes.of(arena, rng, numbers, rows);
            for (var many : all) {
                var found = GuardedMemory.allocate(arena, 4L * rows, true);
                many.dotsOfBytes(codes.x.address(), numbers, codes.rows.address(), rows, found.address(), 2);
                codes.requireSums(many.toString(), found);
                many.dotsOfBytes(codes.x.address(), numbers, 0, 0, 0, 0);
            }
        }
    }

    @Test void everyLevelOfTheCpuGivesThem() {
        assumeTrue(Cpu.unavailable() == null, Cpu::unavailable);
        var rng = Rng.of(6);
        for (var level : new String[] {"all", "avx512", "avx2"}) {
            var kernel = new ByteDotsForm().make(Cpu.current().limitedTo(level));
            for (int numbers : LENGTHS) for (int rows : new int[] {1, 4}) try (var arena = Arena.ofConfined()) {
                var codes = Codes.of(arena, rng, numbers, rows);
                var found = GuardedMemory.allocate(arena, 4L * rows, true);
                kernel.call(codes.x.address(), codes.rows.address(), rows, numbers, found.address(), 2);
                codes.requireSums(level, found);
            }
        }
    }
}
