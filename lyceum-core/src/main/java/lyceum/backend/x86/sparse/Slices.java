package lyceum.backend.x86.sparse;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.SparseRows;
import lyceum.backend.View;
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/**
 * A sparse matrix arranged for products with a vector, after Kreutzer and others (2014), SIAM J. Sci. Comput. 36(5): in each window of rows, these in the order of
 * their lengths, the longest first, eight at a time; the entries of the eight in turns. So eight sums proceed at once, memory is read in streams, and the end of a
 * loop comes where it came last time, which the CPU foresees. Nothing is padded, for zero times infinity is NaN: where rows of the eight have ended, the others stand
 * closer together. What a window adds up lies together, so that threads which write meet in no line of the cache.
 */
final class Slices {
    static final int HEIGHT = 8, WINDOW = 256;
    /** What a kernel finds the parts by. */
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field HEADS = LAYOUT.word(), ORDER = LAYOUT.word(), HEIGHTS = LAYOUT.word(), COLUMNS = LAYOUT.word(),
            VALUES = LAYOUT.word();
    /** A slice's head, ints: its first entry, the steps that all eight rows take, the first of its {@link #HEIGHTS}, the steps that fewer rows take. */
    static final int HEAD = 16, FIRST = 0, FULL = 4, HEIGHT_AT = 8, RAGGED = 12;

    final int rows, entries;
    private final Storage heads, order, heights, columns, values, table;

    Slices(SparseRows matrix) {
        int[] starts = matrix.pattern().starts(), column = matrix.pattern().column();
        rows = matrix.pattern().rows();
        entries = matrix.pattern().entries();
        var byLength = byLength(starts, rows);
        int slices = Math.ceilDiv(rows, HEIGHT);
        var head = new int[4 * slices];
        int ragged = heads(head, starts, byLength);
        int bytes = matrix.values().dtype().bytes();
        heads = stored(head);
        order = stored(byLength);
        heights = Allocator.allocate(ragged, null);
        columns = Allocator.allocate(4L * entries, null);
        values = Allocator.allocate((long) bytes * entries, null);
        table = Allocator.allocate(LAYOUT.bytes(), null);
        var block = table.segment().asSlice(table.base(), LAYOUT.bytes());
        HEADS.set(block, heads.address());
        ORDER.set(block, order.address());
        HEIGHTS.set(block, heights.address());
        COLUMNS.set(block, columns.address());
        VALUES.set(block, values.address());
        arrange(matrix.values(), starts, column, byLength);
    }

    long address() { return table.address(); }

    /** Of {@code count} slices. */
    int entries(int first, int count) { return (first + count == slices() ? entries : from(first + count)) - from(first); }

    private int slices() { return Math.ceilDiv(rows, HEIGHT); }

    private int from(int slice) { return heads.segment().get(ValueLayout.JAVA_INT_UNALIGNED, heads.base() + (long) HEAD * slice + FIRST); }

    /** Row numbers, window by window, the longest row first, equal ones in their order. */
    private static int[] byLength(int[] starts, int rows) {
        var order = new int[rows];
        var keys = new long[Math.min(rows, WINDOW)];
        for (int first = 0; first < rows; first += WINDOW) {
            int count = Math.min(WINDOW, rows - first);
            for (int i = 0; i < count; i++) keys[i] = (long) (Integer.MAX_VALUE - length(starts, first + i)) << 32 | first + i;
            Arrays.sort(keys, 0, count);
            for (int i = 0; i < count; i++) order[first + i] = (int) keys[i];
        }
        return order;
    }

    private static int length(int[] starts, int row) { return starts[row + 1] - starts[row]; }

    /** Fills the heads; gives the number of all steps that fewer than eight rows take. */
    private static int heads(int[] head, int[] starts, int[] order) {
        int at = 0, ragged = 0;
        for (int first = 0, h = 0; first < order.length; first += HEIGHT, h += 4) {
            int last = first + HEIGHT - 1, longest = length(starts, order[first]);
            int full = last < order.length ? length(starts, order[last]) : 0;
            head[h] = at;
            head[h + 1] = full;
            head[h + 2] = ragged;
            head[h + 3] = longest - full;
            ragged += longest - full;
            for (int r = first; r <= Math.min(last, order.length - 1); r++) at += length(starts, order[r]);
        }
        return ragged;
    }

    private void arrange(View given, int[] starts, int[] column, int[] order) {
        boolean narrow = given.dtype() == DType.F32;
        MemorySegment from = given.storage().segment().asSlice(given.byteOffset(), given.size() * given.dtype().bytes());
        MemorySegment to = segment(values), numbers = segment(columns), high = segment(heights);
        int at = 0, ragged = 0;
        for (int first = 0; first < rows; first += HEIGHT) {
            int height = Math.min(HEIGHT, rows - first), longest = length(starts, order[first]);
            for (int step = 0; step < longest; step++) {
                while (length(starts, order[first + height - 1]) <= step) height--;
                for (int r = first; r < first + height; r++, at++) {
                    int e = starts[order[r]] + step;
                    numbers.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * at, column[e]);
                    if (narrow) to.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * at, from.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * e));
                    else to.set(ValueLayout.JAVA_LONG_UNALIGNED, 8L * at, from.get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * e));
                }
                if (height < HEIGHT) high.set(ValueLayout.JAVA_BYTE, ragged++, (byte) height);
            }
        }
    }

    private static Storage stored(int[] words) {
        var storage = Allocator.allocate(4L * words.length, null);
        MemorySegment.copy(words, 0, segment(storage), ValueLayout.JAVA_INT_UNALIGNED, 0, words.length);
        return storage;
    }

    private static MemorySegment segment(Storage storage) { return storage.segment().asSlice(storage.base(), storage.bytes()); }
}
