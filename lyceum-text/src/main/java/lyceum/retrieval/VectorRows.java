package lyceum.retrieval;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import lyceum.backend.RowDots;
import lyceum.memory.Allocator;

/** Rows of numbers in one encoding, in native memory or a mapped file, 4,096 a chunk. Rows never change; any thread may add one and read those it knows. */
final class VectorRows {
    static final int CHUNK = RowMemory.CHUNK;
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** What goes with a row in a file: its squared length, and the step of INT8, two doubles. */
    private static final int EXTRA = 16;
    /** Sums of products of codes fit an int up to so many. */
    private static final int MOST_CODES = 1 << 17;
    /** Sums of products of floats stay finite below. */
    private static final double LARGEST = 1e37;

    /** A vector to compare with: numbers, their squared length, and where the encoding wants those their signs, or their codes, which are multiples of a step. */
    record Query(float[] values, double square, long[] signs, byte[] codes, float step) {}

    /**
     * Where rows stand, and what goes with each: its squared length, or of INT8 its length in the lower half and the step in the upper, as floats. That is what a walk reads at
     * random beside rows, so it is small and near.
     */
    private record Chunks(MemorySegment[] rows, long[] addresses, long[][] extras) {
        Chunks with(MemorySegment more, long[] extra) {
            int n = rows.length;
            MemorySegment[] all = Arrays.copyOf(rows, n + 1);
            long[] places = Arrays.copyOf(addresses, n + 1);
            long[][] extras = Arrays.copyOf(this.extras, n + 1);
            all[n] = more;
            places[n] = more.address();
            extras[n] = extra;
            return new Chunks(all, places, extras);
        }
    }

    private static final RowDots DOTS = RowDots.best();

    final int dimensions;
    final VectorMetric metric;
    final VectorEncoding encoding;
    private final long rowBytes;
    private final RowMemory memory;
    private volatile Chunks chunks = new Chunks(new MemorySegment[0], new long[0], new long[0][]);
    private int size;

    VectorRows(int dimensions, VectorMetric metric, VectorEncoding encoding) {
        if (dimensions < 1 || dimensions > 1 << 20)
            throw new IllegalArgumentException("vectors of " + dimensions + " numbers; from 1 to 2^20");
        this.dimensions = dimensions;
        this.metric = metric;
        this.encoding = encoding;
        rowBytes = encoding.rowBytes(dimensions);
        memory = new RowMemory(rowBytes);
    }

    /** Rows of a file; what is added later lies in memory. */
    VectorRows(int dimensions, VectorMetric metric, VectorEncoding encoding, MemorySegment rows, MemorySegment extras, int size) {
        this(dimensions, metric, encoding);
        this.size = size;
        int count = (size + CHUNK - 1) / CHUNK;
        var mapped = new MemorySegment[count];
        var places = new long[count];
        var beside = new long[count][CHUNK];
        for (int c = 0; c < count; c++) {
            int own = Math.min(CHUNK, size - c * CHUNK);
            mapped[c] = rows.asSlice(c * CHUNK * rowBytes, own * rowBytes);
            if (own < CHUNK) mapped[c] = memory.chunk().copyFrom(mapped[c]);
            places[c] = mapped[c].address();
            for (int i = 0; i < own; i++) {
                long at = EXTRA * ((long) c * CHUNK + i);
                beside[c][i] = extra(extras.get(DOUBLE, at), (float) extras.get(DOUBLE, at + 8));
            }
        }
        chunks = new Chunks(mapped, places, beside);
    }

    private long extra(double square, float step) {
        return encoding != VectorEncoding.INT8 ? Double.doubleToRawLongBits(square)
                : (long) Float.floatToRawIntBits(step) << 32 | Float.floatToRawIntBits((float) Math.sqrt(square)) & 0xFFFFFFFFL;
    }

    private double square(long extra) {
        if (encoding != VectorEncoding.INT8) return Double.longBitsToDouble(extra);
        double length = Float.intBitsToFloat((int) extra); // whose square may be too small for a float
        return length * length;
    }

    private static float step(long extra) { return Float.intBitsToFloat((int) (extra >>> 32)); }

    int size() { return size; }

    MemorySegment chunk(int c) { return chunks.rows[c]; }

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
        return switch (encoding) {
            case FLOAT32, FLOAT16 -> new Query(values, square, null, null, 1);
            case INT8 -> {
                int bits = 0; // of the greatest, which as integers are in order too, and compared faster
                for (float v : values) bits = Math.max(bits, Float.floatToRawIntBits(v) & Integer.MAX_VALUE);
                float most = Float.intBitsToFloat(bits);
                var codes = new byte[dimensions];
                if (most > 0) for (int i = 0; i < dimensions; i++) codes[i] = (byte) Math.round(values[i] / (double) most * 127);
                yield new Query(values, square, null, codes, most / 127);
            }
            case BINARY -> {
                var signs = new long[(dimensions + 63) / 64];
                for (int i = 0; i < dimensions; i++) if (values[i] > 0) signs[i >> 6] |= 1L << i;
                yield new Query(values, dimensions, signs, null, 1);
            }
        };
    }

    /** The row as something to compare with. */
    Query query(int row) {
        if (encoding != VectorEncoding.INT8) return query(values(row), square(row));
        var codes = codes(row);
        return new Query(values(codes, step(row)), square(row), null, codes, step(row));
    }

    private byte[] codes(int row) {
        var codes = new byte[dimensions];
        MemorySegment.copy(chunk(row / CHUNK), JAVA_BYTE, row % CHUNK * rowBytes, codes, 0, dimensions);
        return codes;
    }

    private static float[] values(byte[] codes, float step) {
        var values = new float[codes.length];
        for (int i = 0; i < codes.length; i++) values[i] = step * codes[i];
        return values;
    }

    /** The row's numbers: read all at once, which is several times faster than one by one. */
    private float[] values(int row) {
        if (encoding == VectorEncoding.INT8) return values(codes(row), step(row));
        var values = new float[dimensions];
        var chunk = chunk(row / CHUNK);
        long at = row % CHUNK * rowBytes;
        switch (encoding) {
            case FLOAT32 -> MemorySegment.copy(chunk, FLOAT, at, values, 0, dimensions);
            case FLOAT16 -> {
                var halves = new short[dimensions];
                MemorySegment.copy(chunk, SHORT, at, halves, 0, dimensions);
                for (int i = 0; i < dimensions; i++) values[i] = Float.float16ToFloat(halves[i]);
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
        var now = chunks;
        if (c == now.rows.length) chunks = now = now.with(memory.chunk(), new long[CHUNK]);
        now.extras[c][row % CHUNK] = extra(encode(vector, now.rows[c], row % CHUNK * rowBytes), vector.step);
        size++;
        return row;
    }

    /** Gives the squared length of what is kept. */
    private double encode(Query vector, MemorySegment chunk, long at) {
        float[] values = vector.values;
        double square = vector.square;
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
                MemorySegment.copy(vector.codes, 0, chunk, JAVA_BYTE, at, dimensions);
                double step = vector.step;
                square = 0;
                for (byte code : vector.codes) square += code * step * (code * step);
                if ((float) Math.sqrt(square) == 0 && metric == VectorMetric.COSINE) throw new IllegalArgumentException(
                        "a vector rounds to zero in bytes and has no cosine there: scale it, or keep FLOAT32");
            }
            case BINARY -> {
                for (int w = 0; w < vector.signs.length; w++) chunk.set(IndexFile.LONG, at + 8L * w, vector.signs[w]);
            }
        }
        return square;
    }

    double square(int row) { return square(chunks.extras[row / CHUNK][row % CHUNK]); }

    float step(int row) { return step(chunks.extras[row / CHUNK][row % CHUNK]); }

    /** Whether rows are codes of which so few make a row that integers hold their products. */
    boolean walksByCodes() { return encoding == VectorEncoding.INT8 && dimensions <= MOST_CODES; }

    /** The score in single precision. */
    double score(Query q, int row) { return metric.score(dot(q, row), q.square, square(row)); }

    /** Of {@code n} rows from place {@code from} on: where their numbers stand, as long as this is reachable, squared lengths, and the steps of INT8. */
    void find(int[] rows, int from, int n, MemorySegment addresses, double[] squares, double[] steps) {
        var now = chunks;
        boolean codes = encoding == VectorEncoding.INT8;
        for (int i = 0; i < n; i++) {
            int row = rows[from + i], c = row / CHUNK, own = row % CHUNK;
            addresses.setAtIndex(JAVA_LONG, i, now.addresses[c] + own * rowBytes);
            long extra = now.extras[c][own];
            squares[i] = square(extra);
            if (codes) steps[i] = step(extra);
        }
    }

    /** Where the row's numbers stand, as long as this is reachable. */
    long address(int row) { return chunks.addresses[row / CHUNK] + row % CHUNK * rowBytes; }

    private double dot(Query q, int row) {
        var chunk = chunk(row / CHUNK);
        long at = row % CHUNK * rowBytes;
        if (encoding == VectorEncoding.FLOAT32) return DOTS.dot(q.values, chunk, at);
        if (encoding == VectorEncoding.INT8) return (double) step(row) * DOTS.dotBytes(q.values, chunk, at);
        if (encoding == VectorEncoding.FLOAT16) return DOTS.dot(q.values, values(row));
        int differing = 0;
        for (int i = 0; i < q.signs.length; i++) differing += Long.bitCount(q.signs[i] ^ chunk.get(IndexFile.LONG, at + 8L * i));
        return dimensions - 2 * differing;
    }

    /** The score in double precision, summed in the order of the numbers. */
    double exact(Query q, int row) {
        return exact(q, new int[] {row}, 1)[0];
    }

    /** Of the first {@code n}. Four sums run side by side: one alone would wait for each of its additions. */
    double[] exact(Query q, int[] rows, int n) {
        var scores = new double[n];
        if (encoding != VectorEncoding.FLOAT32) {
            for (int i = 0; i < n; i++) scores[i] = score(q, rows[i]);
            return scores;
        }
        float[] x = q.values;
        for (int i = 0; i < n; i += 4) {
            float[] a = values(rows[i]), b = i + 1 < n ? values(rows[i + 1]) : a, c = i + 2 < n ? values(rows[i + 2]) : a,
                    d = i + 3 < n ? values(rows[i + 3]) : a;
            double ofA = 0, ofB = 0, ofC = 0, ofD = 0;
            if (metric == VectorMetric.L2) for (int j = 0; j < x.length; j++) {
                double gapA = (double) x[j] - a[j], gapB = (double) x[j] - b[j], gapC = (double) x[j] - c[j], gapD = (double) x[j] - d[j];
                ofA -= gapA * gapA;
                ofB -= gapB * gapB;
                ofC -= gapC * gapC;
                ofD -= gapD * gapD;
            }
            else for (int j = 0; j < x.length; j++) {
                ofA += (double) x[j] * a[j];
                ofB += (double) x[j] * b[j];
                ofC += (double) x[j] * c[j];
                ofD += (double) x[j] * d[j];
            }
            double[] sums = {ofA, ofB, ofC, ofD};
            for (int k = 0; k < 4 && i + k < n; k++)
                scores[i + k] = metric == VectorMetric.L2 ? sums[k] : metric.score(sums[k], q.square, square(rows[i + k]));
        }
        return scores;
    }

    /**
     * Twice the most by which a score in single precision can be off from {@link #exact} for rows of at most this length: a sum of d products in any order errs by at most
     * 1.01 d 2^-24 |q| |x|.
     */
    double margin(Query q, double longest) { return encoding != VectorEncoding.FLOAT32 ? 0 : margin(q, longest, rounding()); }

    private double rounding() { return 1.01 * (dimensions + 2) * 0x1p-24; }

    /** The same for scores of {@link RowScores#roughly}, which besides have the query's codes for its numbers: that is at most the difference's length off, times |x|. */
    double roughMargin(Query q, double longest) {
        if (!walksByCodes()) return margin(q, longest);
        double off = 0;
        for (int i = 0; i < dimensions; i++) {
            double gap = q.values[i] - (double) q.step * q.codes[i];
            off += gap * gap;
        }
        return margin(q, longest, (off == 0 ? 0 : Math.sqrt(off / q.square)) + rounding());
    }

    /** @param error of a product, over |q| |x| */
    private double margin(Query q, double longest, double error) {
        double size = Math.sqrt(q.square) * longest;
        return 2 * switch (metric) {
            case DOT -> error * size + 1e-38;
            case COSINE -> error + 1e-15;
            case L2 -> 2 * error * size + 1e-14 * (q.square + longest * longest) + 1e-38;
        };
    }

    /** Rows and what goes with them, as they lie, for a file. */
    MemorySegment[] rows(int[] kept) {
        MemorySegment rows = memory(kept.length * rowBytes), extras = memory((long) kept.length * EXTRA);
        for (int i = 0; i < kept.length; i++) {
            MemorySegment.copy(chunk(kept[i] / CHUNK), kept[i] % CHUNK * rowBytes, rows, i * rowBytes, rowBytes);
            extras.set(DOUBLE, (long) i * EXTRA, square(kept[i]));
            extras.set(DOUBLE, (long) i * EXTRA + 8, encoding == VectorEncoding.INT8 ? step(kept[i]) : 0);
        }
        return new MemorySegment[] {rows, extras};
    }

    private static MemorySegment memory(long bytes) { return Allocator.unpooled(Math.max(1, bytes)).asSlice(0, bytes); }

    static VectorRows of(IndexFile file, String suffix, int dimensions, VectorMetric metric, VectorEncoding encoding, int size) {
        long rows = size * encoding.rowBytes(dimensions);
        MemorySegment data = file.section("rows" + suffix, rows), extras = file.section("extra" + suffix, (long) size * EXTRA);
        if (data.byteSize() != rows || extras.byteSize() != (long) size * EXTRA) throw file.malformed("the rows do not fit their count");
        return new VectorRows(dimensions, metric, encoding, data, extras, size);
    }
}
