package lyceum.backend.x86.attention;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.View;
import lyceum.backend.code.ArgumentLayout.Field;

/** What one thread needs for {@link TileForward}: a block of keys and values as tiles take them, and the state of up to {@value #ROWS} queries. */
final class TileScratch {
    /** Queries, those of all heads counted: as many as share the packing of a block of keys, while their results stay in the second-level cache. */
    static final int ROWS = 512;
    private static final int KEYS = TileBlock.KEYS, QUERIES = TileBlock.QUERIES;
    /** Products of a tile and two others of more than about 20 microseconds: a collection need not wait for them. */
    private static final int MUCH = 1200;

    private final AttentionKernels kernels;
    private final int steps, columns;
    private final MemorySegment memory;
    private final long base;
    private long top;
    /** Addresses of panels of keys and of pairs of values; bytes of a panel, and of a row of values or of the result. */
    final long keys, values, panel, rowBytes;
    /** Addresses of scores, of queries that are padded, and of the bounds. */
    private final long scores, queries, bounds;
    /** Addresses of what is known of each query: its result, largest score, sums in 16 parts; at the end its sum and the factor of its result. */
    final long result, tops, totals, sums, factors;
    final long ones;
    private final long zeros, configuration, arguments;

    TileScratch(AttentionKernels kernels, int steps, int columns) {
        this.kernels = kernels;
        this.steps = steps;
        this.columns = columns;
        panel = (long) steps * TileBlock.TILE;
        rowBytes = 64L * columns;
        long bytes = KEYS / 16 * panel + (KEYS / 2 + ROWS) * rowBytes + KEYS / 16 * (long) TileBlock.APART + ROWS * (64 * steps + 64 + 12L)
                + 8 * QUERIES + 4 * 64 + TileBlock.ARGUMENTS;
        memory = Arena.ofAuto().allocate(bytes, 4096);
        base = memory.address();
        top = base;
        scores = take(KEYS / 16 * (long) TileBlock.APART);
        keys = take(KEYS / 16 * panel);
        values = take(KEYS / 2 * rowBytes);
        queries = take(64L * steps * ROWS);
        result = take(ROWS * rowBytes);
        totals = take(64L * ROWS);
        tops = take(4L * ROWS);
        sums = take(4L * ROWS);
        factors = take(4L * ROWS);
        bounds = take(8L * QUERIES);
        ones = take(64);
        zeros = take(64);
        configuration = take(64);
        arguments = take(TileBlock.ARGUMENTS);
        for (int i = 0; i < 16; i++) memory.set(ValueLayout.JAVA_FLOAT, ones - base + 4 * i, 1);
        TileBlock.configure(at(configuration, 64));
        argument(TileBlock.V_STRIDE, rowBytes);
        argument(TileBlock.SCORES, scores);
        argument(TileBlock.RESULT_STRIDE, rowBytes);
        argument(TileBlock.BOUNDS, bounds);
        argument(TileBlock.ZEROS, zeros);
        argument(TileBlock.CONFIGURATION, configuration);
    }

    private long take(long bytes) {
        long at = top;
        top += bytes;
        return at;
    }

    boolean fits(int steps, int columns) { return steps == this.steps && columns == this.columns; }

    private MemorySegment at(long address, long bytes) { return memory.asSlice(address - base, bytes); }

    private void argument(Field field, long value) { field.set(memory, arguments - base, value); }

    private float get(long address, int i) { return memory.get(ValueLayout.JAVA_FLOAT, address - base + 4L * i); }

    private void set(long address, int i, float value) { memory.set(ValueLayout.JAVA_FLOAT, address - base + 4L * i, value); }

    /** {@code n} queries that have seen no key. */
    void begin(int n, float factor, boolean padded) {
        for (int i = 0; i < n; i++) set(tops, i, Float.NEGATIVE_INFINITY);
        if (padded) at(keys, KEYS / 16 * panel).fill((byte) 0);
        argument(TileBlock.FACTOR, Float.floatToRawIntBits(factor));
    }

    /** {@code n} of 16 keys as a part of their panel from lane {@code lane} on. @param pairs of a key */
    void panel(long from, long stride, int n, int key, int pairs) {
        kernels.of(Scratch.TRANSPOSE).call(from, stride, keys + key / 16 * panel + 4L * (key % 16), 64, n, pairs);
    }

    /** Values {@code from .. to - 1} are zeros. */
    void clearValues(int from, int to) { if (to > from) at(values + from / 2 * rowBytes, (to - from) / 2 * rowBytes).fill((byte) 0); }

    /** Query {@code i} of those that the next {@link #meet} takes sees {@code count} keys from {@code first} on. */
    void bound(int i, int first, int count) {
        memory.set(ValueLayout.JAVA_INT, bounds - base + 4L * i, first);
        memory.set(ValueLayout.JAVA_INT, bounds - base + 4L * (QUERIES + i), count);
    }

    /** Copies {@code n} queries from byte {@code first} on, with zeros behind their elements, as those from {@code row} on: once for all keys that they meet. */
    void pad(View q, long first, int row, int n) {
        if (n == 0) return;
        at(padded(row), n * paddedStride()).fill((byte) 0);
        for (int i = 0; i < n; i++)
            MemorySegment.copy(q.storage().segment(), first + 2 * i * q.strides()[2], memory, padded(row + i) - base, 2 * q.shape()[3]);
    }

    /** Address of a query that was padded. */
    long padded(int row) { return queries + row * paddedStride(); }

    long paddedStride() { return 64L * steps; }

    /** See {@link TileBlock}: {@code times} blocks of {@code rows} queries whose state begins at {@code row}, and {@code tiles} of 16 keys from {@code key} on. */
    void meet(long q, long stride, int row, int rows, int times, int key, int tiles, boolean masked) {
        argument(TileBlock.Q, q);
        argument(TileBlock.Q_STRIDE, stride);
        argument(TileBlock.K, keys + key / 16 * panel);
        argument(TileBlock.V, values + key / 2 * rowBytes);
        argument(TileBlock.TILES, tiles);
        argument(TileBlock.RESULT, result + row * rowBytes);
        argument(TileBlock.TOPS, tops + 4L * row);
        argument(TileBlock.TOTALS, totals + 64L * row);
        argument(TileBlock.ROWS, rows);
        argument(TileBlock.TIMES, times);
        var kernel = kernels.tiles(steps, columns, masked);
        if ((long) times * tiles * (2 * steps + columns) < MUCH) kernel.call(arguments);
        else kernel.callLong(arguments);
    }

    /** What the results of {@code n} queries from {@code row} on are to be multiplied by, from their {@link #sums}; zeros for those that have seen no key. */
    void invert(int row, int n) {
        for (int i = 0; i < n; i++) {
            if (get(tops, row + i) == Float.NEGATIVE_INFINITY) {
                at(result + (row + i) * rowBytes, rowBytes).fill((byte) 0);
                set(sums, i, 0);
            }
            float sum = get(sums, i);
            set(factors, i, sum == 0 ? 0 : 1 / sum);
        }
    }

    /** {@code n} floats from {@code address} on to the elements from {@code at} on. */
    void copy(long address, int n, View to, long at) {
        MemorySegment.copy(memory, address - base, to.storage().segment(), to.byteOffset() + 4 * at, 4L * n);
    }
}
