package lyceum.backend.x86.conv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.WindowGeometry;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** What a {@link MaxPoolKernel} reads: the lines of x under each line of y, and the lanes of each vector that lie in x. */
final class PoolTables {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final long MOST_ROWS = 1 << 22, MOST_TAPS = 1 << 20;

    private final WindowGeometry g;
    private final int bytes, lanes;
    private final Storage storage;
    private final MemorySegment memory;

    /** @param bytes of an element; 2 are words, of which a stride of 2 takes every second */
    PoolTables(WindowGeometry g, int bytes, int lanes) {
        this.g = g;
        this.bytes = bytes;
        this.lanes = lanes;
        storage = Allocator.allocate(rowsAt() + MaxPoolKernel.ROW * rows(g));
        memory = storage.segment().asSlice(storage.base());
        for (int v = 0; v < vectors(); v++) vector(v);
        fillLines();
    }

    /** Whether the tables are of a size worth making, and distances within a line 32 bits wide. */
    static boolean suits(WindowGeometry g) {
        return rows(g) <= MOST_ROWS && (g.out()[2] / 8 + 1L) * g.kernel()[2] <= MOST_TAPS
                && 8L * ((g.out()[2] + 16L) * g.stride()[2] + (g.kernel()[2] - 1L) * g.dilation()[2]) < Integer.MAX_VALUE;
    }

    private static long rows(WindowGeometry g) { return (long) g.out()[0] * g.out()[1] * g.kernel()[0] * g.kernel()[1]; }

    int lines() { return g.out()[0] * g.out()[1]; }

    int vectors() { return (g.out()[2] + lanes - 1) / lanes; }

    int entry() { return MaxPoolKernel.FIRST_TAP + g.kernel()[2] * MaxPoolKernel.TAP; }

    private long linesAt() { return (long) vectors() * entry(); }

    private long rowsAt() { return linesAt() + (long) lines() * MaxPoolKernel.LINE; }

    long vectorTable() { return memory.address(); }

    long lineTable() { return memory.address() + linesAt(); }

    private void fillLines() {
        long row = rowsAt(), line = linesAt();
        for (int i = 0; i < g.out()[0]; i++) {
            for (int j = 0; j < g.out()[1]; j++, line += MaxPoolKernel.LINE) {
                long first = row;
                for (int s = g.kernel()[0] - 1; s >= 0; s--) {
                    for (int t = g.kernel()[1] - 1; t >= 0; t--) {
                        int down = g.source(0, s, i), across = g.source(1, t, j);
                        if (down < 0 || down >= g.in()[0] || across < 0 || across >= g.in()[1]) continue;
                        long number = ((long) down * g.in()[1] + across) * g.in()[2];
                        memory.set(LONG, row, bytes * number);
                        memory.set(LONG, row + 8, number);
                        row += MaxPoolKernel.ROW;
                    }
                }
                memory.set(LONG, line, memory.address() + first);
                memory.set(LONG, line + 8, (row - first) / MaxPoolKernel.ROW);
            }
        }
    }

    private void vector(int v) {
        long at = (long) v * entry();
        int outputs = Math.min(lanes, g.out()[2] - v * lanes), first = v * lanes * g.stride()[2] - g.before()[2];
        memory.set(LONG, at + MaxPoolKernel.FIRST, (long) bytes * first);
        memory.set(LONG, at + MaxPoolKernel.COLUMN, first);
        memory.set(LONG, at + MaxPoolKernel.OUTPUTS, (1L << outputs) - 1);
        memory.set(LONG, at + MaxPoolKernel.BYTES, (long) bytes * outputs);
        at += MaxPoolKernel.FIRST_TAP;
        for (int t = g.kernel()[2] - 1; t >= 0; t--, at += MaxPoolKernel.TAP) {
            int reach = t * g.dilation()[2], valid = 0;
            long loads = 0;
            for (int lane = 0; lane < outputs; lane++) {
                int column = first + lane * g.stride()[2] + reach;
                if (column < 0 || column >= g.in()[2]) continue;
                valid |= 1 << lane;
                loads |= 1L << (g.stride()[2] == 2 ? 2 * lane : lane);
            }
            memory.set(INT, at + MaxPoolKernel.LOW, (int) (bytes == 2 ? loads : loads & (1L << lanes) - 1));
            memory.set(INT, at + MaxPoolKernel.HIGH, (int) (loads >>> lanes));
            memory.set(INT, at + MaxPoolKernel.VALID, valid);
            memory.set(INT, at + MaxPoolKernel.DISTANCE, bytes * reach);
            memory.set(INT, at + MaxPoolKernel.NUMBER, reach);
        }
    }
}
