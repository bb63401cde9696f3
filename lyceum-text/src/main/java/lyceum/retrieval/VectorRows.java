package lyceum.retrieval;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import lyceum.backend.RowDots;

/** Rows of numbers in one encoding, in native memory or a mapped file, 4,096 a chunk. Rows never change; any thread may add one and read those it knows. */
final class VectorRows {
    static final int CHUNK = 4096;
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Squared length, step of INT8; in memory others than INT8 have no step. */
    private static final int EXTRA = 16, SQUARE = 8;
    /** Sums of products of floats stay finite below. */
    private static final double LARGEST = 1e37;

    /** A vector to compare with: numbers, their squared length, and their signs where the encoding wants those. */
    record Query(float[] values, double square, long[] signs) {}

    private static final RowDots DOTS = RowDots.best();

    final int dimensions;
    final VectorMetric metric;
    final VectorEncoding encoding;
    private final long rowBytes;
    private volatile MemorySegment[] data = {}, extra = {};
    private int size;

    VectorRows(int dimensions, VectorMetric metric, VectorEncoding encoding) {
        if (dimensions < 1 || dimensions > 1 << 20)
            throw new IllegalArgumentException("vectors of " + dimensions + " numbers; from 1 to 2^20");
        this.dimensions = dimensions;
        this.metric = metric;
        this.encoding = encoding;
        rowBytes = encoding.rowBytes(dimensions);
    }

    /** Rows of a file; what is added later lies in memory. */
    VectorRows(int dimensions, VectorMetric metric, VectorEncoding encoding, MemorySegment rows, MemorySegment extras, int size) {
        this(dimensions, metric, encoding);
        this.size = size;
        int chunks = (size + CHUNK - 1) / CHUNK;
        data = new MemorySegment[chunks];
        extra = new MemorySegment[chunks];
        for (int c = 0; c < chunks; c++) {
            int own = Math.min(CHUNK, size - c * CHUNK);
            data[c] = rows.asSlice(c * CHUNK * rowBytes, own * rowBytes);
            extra[c] = extras.asSlice((long) c * CHUNK * EXTRA, (long) own * EXTRA);
            if (own == CHUNK) continue;
            data[c] = memory(CHUNK * rowBytes).copyFrom(data[c]);
            extra[c] = memory((long) CHUNK * EXTRA).copyFrom(extra[c]);
        }
    }

    private static MemorySegment memory(long bytes) { return Arena.ofAuto().allocate(bytes, 64); }

    int size() { return size; }

    MemorySegment chunk(int c) { return data[c]; }

    /** Checks a vector from outside. @throws IllegalArgumentException naming {@code what} */
    Query query(float[] values, String what) {
        if (values.length != dimensions)
            throw new IllegalArgumentException(what + " has " + values.length + " numbers; the index is of " + dimensions);
        double square = 0;
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i]))
                throw new IllegalArgumentException(what + " holds " + values[i] + " at " + i + "; all numbers are finite");
            square += (double) values[i] * values[i];
        }
        if (square > LARGEST) throw new IllegalArgumentException(
                what + " has a squared length of " + square + "; up to " + LARGEST + " can be compared in floats");
        if (square == 0 && metric == VectorMetric.COSINE) throw new IllegalArgumentException(what + " is zero; it has no cosine");
        return query(values, square);
    }

    private Query query(float[] values, double square) {
        if (encoding != VectorEncoding.BINARY) return new Query(values, square, null);
        var signs = new long[(dimensions + 63) / 64];
        for (int i = 0; i < dimensions; i++) if (values[i] > 0) signs[i >> 6] |= 1L << i;
        return new Query(values, dimensions, signs);
    }

    /** The row as something to compare with. */
    Query query(int row) { return query(values(row), square(row)); }

    /** The row's numbers: read all at once, which is several times faster than one by one. */
    private float[] values(int row) {
        var values = new float[dimensions];
        var chunk = data[row / CHUNK];
        long at = row % CHUNK * rowBytes;
        switch (encoding) {
            case FLOAT32 -> MemorySegment.copy(chunk, FLOAT, at, values, 0, dimensions);
            case FLOAT16 -> {
                var halves = new short[dimensions];
                MemorySegment.copy(chunk, SHORT, at, halves, 0, dimensions);
                for (int i = 0; i < dimensions; i++) values[i] = Float.float16ToFloat(halves[i]);
            }
            case INT8 -> {
                var codes = new byte[dimensions];
                MemorySegment.copy(chunk, JAVA_BYTE, at, codes, 0, dimensions);
                float step = (float) step(row);
                for (int i = 0; i < dimensions; i++) values[i] = step * codes[i];
            }
            case BINARY -> {
                for (int i = 0; i < dimensions; i++) values[i] = (chunk.get(IndexFile.LONG, at + (i >> 6) * 8L) >>> i & 1) == 1 ? 1 : -1;
            }
        }
        return values;
    }

    synchronized int add(Query vector) {
        if (size == Integer.MAX_VALUE) throw new IllegalStateException("an index holds at most 2^31 - 1 vectors");
        int row = size, c = row / CHUNK;
        if (c == data.length) {
            var more = Arrays.copyOf(data, c + 1);
            var moreExtra = Arrays.copyOf(extra, c + 1);
            more[c] = memory(CHUNK * rowBytes);
            moreExtra[c] = memory((long) CHUNK * (encoding == VectorEncoding.INT8 ? EXTRA : SQUARE));
            extra = moreExtra;
            data = more;
        }
        encode(vector, data[c], row % CHUNK * rowBytes, extra[c], row % CHUNK * stride(c));
        size++;
        return row;
    }

    private void encode(Query vector, MemorySegment chunk, long at, MemorySegment extra, long extraAt) {
        float[] values = vector.values;
        double square = vector.square, step = 0;
        switch (encoding) {
            case FLOAT32 -> MemorySegment.copy(values, 0, chunk, FLOAT, at, dimensions);
            case FLOAT16 -> {
                square = 0;
                for (int i = 0; i < dimensions; i++) {
                    short half = Float.floatToFloat16(values[i]);
                    float kept = Float.float16ToFloat(half);
                    if (Float.isInfinite(kept)) throw new IllegalArgumentException(
                            "a vector holds " + values[i] + " at " + i + "; half floats end at 65504: scale it, or keep FLOAT32");
                    chunk.set(SHORT, at + 2L * i, half);
                    square += (double) kept * kept;
                }
                if (square == 0 && metric == VectorMetric.COSINE) throw new IllegalArgumentException(
                        "a vector rounds to zero in half floats and has no cosine there: scale it, or keep FLOAT32");
            }
            case INT8 -> {
                float most = 0;
                for (float v : values) most = Math.max(most, Math.abs(v));
                step = most / 127;
                square = 0;
                for (int i = 0; i < dimensions; i++) {
                    byte code = (byte) (most == 0 ? 0 : Math.round(values[i] / (double) most * 127));
                    chunk.set(JAVA_BYTE, at + i, code);
                    square += code * step * (code * step);
                }
            }
            case BINARY -> {
                for (int w = 0; w < vector.signs.length; w++) chunk.set(IndexFile.LONG, at + 8L * w, vector.signs[w]);
            }
        }
        extra.set(DOUBLE, extraAt, square);
        if (encoding == VectorEncoding.INT8) extra.set(DOUBLE, extraAt + 8, step);
    }

    double square(int row) { return extra[row / CHUNK].get(DOUBLE, row % CHUNK * stride(row / CHUNK)); }

    private double step(int row) { return extra[row / CHUNK].get(DOUBLE, (long) row % CHUNK * EXTRA + 8); }

    /** Bytes that go with a row of the chunk. */
    private long stride(int c) { return extra[c].byteSize() / CHUNK; }

    /** The score in single precision. */
    double score(Query q, int row) { return metric.score(dot(q, row), q.square, square(row)); }

    /** The score of a product with the row's numbers as they are stored. */
    double scoreOf(double dot, double square, int row) {
        return metric.score(encoding == VectorEncoding.INT8 ? step(row) * dot : dot, square, square(row));
    }

    /** Where the row's numbers stand, as long as this is reachable. */
    long address(int row) { return data[row / CHUNK].address() + row % CHUNK * rowBytes; }

    private double dot(Query q, int row) {
        var chunk = data[row / CHUNK];
        long at = row % CHUNK * rowBytes;
        if (encoding == VectorEncoding.FLOAT32) return DOTS.dot(q.values, chunk, at);
        if (encoding == VectorEncoding.INT8) return step(row) * DOTS.dotBytes(q.values, chunk, at);
        if (encoding == VectorEncoding.FLOAT16) return DOTS.dot(q.values, values(row));
        int differing = 0;
        for (int i = 0; i < q.signs.length; i++) differing += Long.bitCount(q.signs[i] ^ chunk.get(IndexFile.LONG, at + 8L * i));
        return dimensions - 2 * differing;
    }

    /** The score in double precision, summed in the order of the numbers. */
    double exact(Query q, int row) {
        if (encoding != VectorEncoding.FLOAT32) return score(q, row);
        var values = values(row);
        double sum = 0;
        if (metric == VectorMetric.L2) for (int i = 0; i < dimensions; i++) {
            double gap = (double) q.values[i] - values[i];
            sum -= gap * gap;
        }
        else for (int i = 0; i < dimensions; i++) sum += (double) q.values[i] * values[i];
        return metric == VectorMetric.L2 ? sum : metric.score(sum, q.square, square(row));
    }

    /**
     * Twice the most by which a score in single precision can be off from {@link #exact} for rows of at most this length: a sum of d products in any order errs by at most
     * 1.01 d 2^-24 |q| |x|.
     */
    double margin(Query q, double longest) {
        if (encoding != VectorEncoding.FLOAT32) return 0;
        double error = 1.01 * (dimensions + 2) * 0x1p-24, size = Math.sqrt(q.square) * longest;
        return 2 * switch (metric) {
            case DOT -> error * size + 1e-38;
            case COSINE -> error + 1e-15;
            case L2 -> 2 * error * size + 1e-14 * (q.square + longest * longest) + 1e-38;
        };
    }

    /** Rows and what goes with them, as they lie, for a file. */
    MemorySegment[] rows(int[] kept) {
        MemorySegment rows = memory(Math.max(1, kept.length) * rowBytes), extras = memory(Math.max(1L, kept.length) * EXTRA);
        for (int i = 0; i < kept.length; i++) {
            int c = kept[i] / CHUNK;
            long own = kept[i] % CHUNK;
            MemorySegment.copy(data[c], own * rowBytes, rows, i * rowBytes, rowBytes);
            MemorySegment.copy(extra[c], own * stride(c), extras, (long) i * EXTRA, stride(c));
        }
        return new MemorySegment[] {rows.asSlice(0, kept.length * rowBytes), extras.asSlice(0, (long) kept.length * EXTRA)};
    }

    static VectorRows of(IndexFile file, String suffix, int dimensions, VectorMetric metric, VectorEncoding encoding, int size) {
        long rows = size * encoding.rowBytes(dimensions);
        MemorySegment data = file.section("rows" + suffix, rows), extras = file.section("extra" + suffix, (long) size * EXTRA);
        if (data.byteSize() != rows || extras.byteSize() != (long) size * EXTRA) throw file.malformed("the rows do not fit their count");
        return new VectorRows(dimensions, metric, encoding, data, extras, size);
    }
}
