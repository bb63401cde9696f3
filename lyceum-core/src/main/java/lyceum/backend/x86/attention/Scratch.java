package lyceum.backend.x86.attention;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.View;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.scalar.AttentionShape;
import lyceum.backend.x86.gemm.TransposeKernel;
import lyceum.backend.x86.machine.Kernel;
import lyceum.backend.x86.attention.TileProduct.Into;
import lyceum.backend.x86.attention.TileProduct.Order;

/**
 * What one thread needs for a block of queries and a block of keys, and the calls of kernels on it. Its size depends on the widths alone.
 *
 * <p>Rows of the first blocks are {@value ScoreColumns#ROW} bytes: a float (or pair) for each query.
 */
final class Scratch {
    /** Keys of a block. */
    static final int KEYS = 128;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int QUERIES = ScoreColumns.QUERIES, ROW = ScoreColumns.ROW;
    /** Multiply-adds of more than about 20 microseconds: a collection need not wait for them. */
    private static final long MUCH = 1 << 20;
    private static final long ARGUMENTS = 128, PAGES = 16 * (KEYS + 1);
    /** Bounds of a band beyond all of its elements. */
    private static final long FAR = 1 << 20;
    /** Of floats, or pairs of BF16. */
    static final TransposeKernel.Form TRANSPOSE = new TransposeKernel.Form(Float.BYTES);

    private final AttentionKernels kernels;
    private final int strip, lanes;
    private final int width, valueWidth;
    private final MemorySegment memory;
    private final long base;
    private long top;
    /** Addresses: queries and result gradients as columns, scores, gradients of weights, bias. */
    final long queries, gradients, scores, scoreGradients, bias;
    /** Address of gradients of weights in pairs of keys, of half as many rows. */
    final long pairedGradients;
    /** Addresses of rows: the result; values (or keys), queries and result gradients as pairs of rows; bytes from one to the next. */
    final long result, pairedValues, pairedQueries, pairedResults, resultStride;
    /** Addresses of one float for each query. */
    final long tops, totals, scales;
    /** Addresses of zeros, and of one factor for each row of columns. */
    final long zeros, factors;
    /** Addresses of lists of pages, one for each key of a block at most and one that ends them. */
    final long keyPages, valuePages;
    private final long productArguments, scoreArguments, otherArguments;
    private KeyDots.Form dotsForm;
    private ScoreColumns.Form weightsForm;
    private final TileProduct.Form[] productForms = new TileProduct.Form[Into.values().length];
    private final Kernel[] products = new Kernel[productForms.length];
    private final Kernel[] scaling = new Kernel[2], weightRows = new Kernel[2]; // to floats, to halves
    private Kernel dots, weights;
    private Band band;
    private final Band[] whole = new Band[KEYS + 1]; // by their length

    Scratch(AttentionKernels kernels, int width, int valueWidth) {
        this.kernels = kernels;
        this.strip = kernels.lanes.strip();
        this.lanes = kernels.lanes.count();
        this.width = (width + 15) / 16 * 16;
        this.valueWidth = (valueWidth + 15) / 16 * 16;
        int widest = Math.max(this.width, this.valueWidth);
        resultStride = 4L * widest;
        long bytes = 4096L + (this.width + this.valueWidth + 4 * KEYS) * (long) ROW + (2 * QUERIES + KEYS / 2) * resultStride
                + 4L * Math.max(widest, KEYS) + 4L * widest + 3 * ROW + 3 * ARGUMENTS + 2 * PAGES;
        memory = Arena.ofAuto().allocate(bytes, 4096);
        base = memory.address();
        top = base;
        scores = take((long) KEYS * ROW);
        result = take(QUERIES * resultStride);
        queries = take((long) this.width * ROW);
        gradients = take((long) this.valueWidth * ROW);
        scoreGradients = take((long) KEYS * ROW);
        bias = take((long) KEYS * ROW);
        pairedGradients = take((long) KEYS / 2 * ROW);
        pairedValues = take(KEYS / 2 * resultStride);
        pairedQueries = take(QUERIES / 2 * resultStride);
        pairedResults = take(QUERIES / 2 * resultStride);
        zeros = take(4L * Math.max(widest, KEYS));
        tops = take(ROW);
        totals = take(ROW);
        scales = take(ROW);
        factors = take(4L * widest);
        keyPages = take(PAGES);
        valuePages = take(PAGES);
        productArguments = take(ARGUMENTS);
        scoreArguments = take(ARGUMENTS);
        otherArguments = take(ARGUMENTS);
    }

    private long take(long bytes) {
        long at = top;
        top += (bytes + 63) / 64 * 64;
        return at;
    }

    boolean fits(int width, int valueWidth) { return width <= this.width && valueWidth <= this.valueWidth; }

    void set(long address, int i, float value) { memory.set(FLOAT, address - base + 4L * i, value); }

    float get(long address, int i) { return memory.get(FLOAT, address - base + 4L * i); }

    void fill(long address, int n, float value) { for (int i = 0; i < n; i++) set(address, i, value); }

    /** {@code n} floats from {@code address} on to the elements from {@code at} on. */
    void copy(long address, int n, View to, long at) {
        MemorySegment.copy(memory, address - base, to.storage().segment(), to.byteOffset() + 4 * at, 4L * n);
    }

    private void argument(long block, Field field, long value) { field.set(memory, block - base, value); }

    /** {@code count} rows of {@code width} elements, {@code stride} bytes apart, become columns of {@code to}, zeros beyond them up to whole vectors. */
    void transpose(long from, long stride, int count, int width, long to) {
        var kernel = kernels.of(TRANSPOSE);
        clearRest(count, width, to);
        kernel.call(from, stride, to, ROW, count, width);
    }

    /** Zeros columns of {@code count} elements where the last vector of each is not full: what stays of another call may be NaN. */
    void clearRest(int count, int width, long at) { if (count % lanes != 0) memory.asSlice(at - base, (long) width * ROW).fill((byte) 0); }

    /** The first {@code columns} of {@code count} rows of columns times a factor. */
    void scale(long columns, int count, int width, float factor) {
        fill(factors, count, factor);
        scaleRows(columns, ROW, columns, ROW, count, factors, width, false);
    }

    /** See {@link TileProduct}: {@code count} rows and {@code columns} columns of C. Strides are in bytes. */
    void product(Order order, Into into, boolean pairs, long a, long aStride, long b, long bStride, long c, long cStride, int count,
            int columns, int depth) {
        product(order, into, pairs, a, aStride, b, bStride, c, cStride, count, columns, band(depth, -FAR, FAR, 1), 0);
    }

    /**
     * Which of {@code n} elements a row of C sums: row r those from {@code low + r} to {@code high + r}; a group of rows all that one of them does, the others are
     * zeros. Counted in units of one, or of pairs.
     */
    record Band(int n, long low, long high, int unit) {
        /** Where a group of {@code rows} rows from row {@code row} on begins. */
        int from(int row, int rows) { return Math.min((int) Math.clamp(low + row, 0, n) / unit, to(row + rows)); }

        /** Where a group before row {@code end} ends. */
        int to(int end) { return ((int) Math.clamp(high + end, 0, n) + unit - 1) / unit; }

        /** True if {@code rows} rows sum all. */
        boolean isWhole(int rows) { return low + rows <= 1 && high + 1 >= n; }

        /** How many groups of {@code rows} from row {@code row} on, before row {@code end}, begin and end each as much later as the one before. */
        int alike(int row, int rows, int end) {
            int most = (end - row) / rows, groups = 1;
            if (most < 2 || isWhole(end)) return Math.max(1, most);
            int from = from(row, rows), to = to(row + rows), shift = from(row + rows, rows) - from, growth = to(row + 2 * rows) - to;
            do groups++;
            while (groups < most && from(row + groups * rows, rows) - from == groups * shift
                    && to(row + (groups + 1) * rows) - to == groups * growth);
            return groups;
        }
    }

    /** A band, one that was asked for before where it is the same: pages of one sequence, whole ones and the last, ask for theirs one after the other. */
    Band band(int n, long low, long high, int unit) {
        long from = Math.max(low, -FAR), to = Math.min(high, FAR);
        if (from == -FAR && to == FAR && unit == 1 && n < whole.length)
            return whole[n] != null ? whole[n] : (whole[n] = new Band(n, from, to, unit));
        var last = band;
        if (last == null || last.n != n || last.low != from || last.high != to || last.unit != unit)
            band = last = new Band(n, from, to, unit);
        return last;
    }

    void product(Order order, Into into, boolean pairs, long a, long aStride, long b, long bStride, long c, long cStride, int count,
            int columns, Band band, long scaleAddress) {
        argument(productArguments, TileProduct.A_STRIDE, aStride);
        argument(productArguments, TileProduct.B_STRIDE, bStride);
        argument(productArguments, TileProduct.C_STRIDE, cStride);
        long rowOfA = order == Order.ROWS ? aStride : 4, stepOfA = order == Order.ROWS ? 4 : aStride;
        for (int column = 0; column < columns; column += strip * lanes) {
            int here = Math.min(strip * lanes, columns - column), vectors = (here + lanes - 1) / lanes,
                    group = TileProduct.rows(vectors, count, kernels.lanes.wide());
            boolean partial = here % lanes != 0;
            if (partial) argument(productArguments, TileProduct.LANES, kernels.lanes.partial(here));
            for (int row = 0, groups, rows; row < count; row += groups * rows) {
                rows = Math.min(group, count - row);
                groups = band.alike(row, rows, count);
                int from = band.from(row, rows), to = band.to(row + rows), shift = groups == 1 ? 0 : band.from(row + rows, rows) - from;
                argument(productArguments, TileProduct.A, a + row * rowOfA + from * stepOfA);
                argument(productArguments, TileProduct.B, b + from * bStride + 4L * column);
                argument(productArguments, TileProduct.C, c + row * cStride + 4L * column);
                argument(productArguments, TileProduct.DEPTH, to - from);
                argument(productArguments, TileProduct.GROUPS, groups);
                argument(productArguments, TileProduct.SCALES, scaleAddress + 4L * row);
                argument(productArguments, TileProduct.A_STEP, shift * stepOfA);
                argument(productArguments, TileProduct.B_STEP, shift * bStride);
                argument(productArguments, TileProduct.DEPTH_STEP, groups == 1 ? 0 : band.to(row + 2 * rows) - to - shift);
                var kernel = productKernel(order, into, rows, vectors, partial, pairs);
                if ((long) groups * rows * here * (band.n / band.unit) < MUCH) kernel.call(productArguments);
                else kernel.callLong(productArguments);
            }
        }
    }

    /** The product of weights that lie as rows and {@link #valuePages}, whose rows lie {@code stride} bytes apart: {@code count} rows and {@code columns} columns of {@link #result}. */
    void weighted(Into into, boolean pairs, long stride, int count, int columns) {
        argument(productArguments, TileProduct.A_STRIDE, ScoreRows.ROW);
        argument(productArguments, TileProduct.B_STRIDE, stride);
        argument(productArguments, TileProduct.C_STRIDE, resultStride);
        argument(productArguments, TileProduct.B, valuePages);
        for (int column = 0; column < columns; column += strip * lanes) {
            int here = Math.min(strip * lanes, columns - column), vectors = (here + lanes - 1) / lanes,
                    group = Math.min(TileProduct.MOST_ROWS_OF_PAGES, TileProduct.rows(vectors, count, kernels.lanes.wide()));
            boolean partial = here % lanes != 0;
            if (partial) argument(productArguments, TileProduct.LANES, kernels.lanes.partial(here));
            argument(productArguments, TileProduct.COLUMN, 4L * column);
            for (int row = 0; row < count; row += group) {
                argument(productArguments, TileProduct.A, scores + (long) row * ScoreRows.ROW);
                argument(productArguments, TileProduct.C, result + row * resultStride + 4L * column);
                argument(productArguments, TileProduct.SCALES, scales + 4L * row);
                productKernel(Order.PAGES, into, Math.min(group, count - row), vectors, partial, pairs).call(productArguments);
            }
        }
    }

    /** See {@link ScoreColumns}, on {@link #scores} (and {@link #scoreGradients}) of {@code keys} keys. */
    void weights(boolean gradient, boolean few, boolean masked, boolean biased, boolean pairs, int keys, long first, long last,
            float factor, long tops, long totals) {
        argument(scoreArguments, ScoreColumns.SCORES, scores);
        argument(scoreArguments, ScoreColumns.KEYS, keys);
        argument(scoreArguments, ScoreColumns.TOP, tops);
        argument(scoreArguments, ScoreColumns.TOTAL, totals);
        argument(scoreArguments, ScoreColumns.SCALES, scales);
        argument(scoreArguments, ScoreColumns.FIRST, first);
        argument(scoreArguments, ScoreColumns.LAST, last);
        argument(scoreArguments, ScoreColumns.FACTOR, Float.floatToRawIntBits(factor));
        argument(scoreArguments, ScoreColumns.BIAS, bias);
        argument(scoreArguments, ScoreColumns.OTHER, scoreGradients);
        argument(scoreArguments, ScoreColumns.PAIRED, pairedGradients);
        weightsKernel(gradient, few, masked, biased, pairs).call(scoreArguments);
    }

    /**
     * Adds {@code rows} rows from an address on to a list of pages, of which there are {@code count}; none ends it: an address and a number each.
     *
     * @param list {@link #keyPages} or {@link #valuePages}
     */
    void page(long list, int count, long address, long rows) {
        long at = list - base + 16L * count;
        memory.set(ValueLayout.JAVA_LONG, at, address);
        memory.set(ValueLayout.JAVA_LONG, at + 8, rows);
    }

    /** See {@link KeyDots}: {@link #keyPages} of keys of {@code width} elements (or pairs), scores of {@code rows} queries at {@link #scores}. */
    void keyDots(long stride, long query, long queryStride, int rows, int width, boolean pairs, float factor) {
        argument(otherArguments, KeyDots.PAGES, keyPages);
        argument(otherArguments, KeyDots.STRIDE, stride);
        argument(otherArguments, KeyDots.QUERY, query);
        argument(otherArguments, KeyDots.QUERY_STRIDE, queryStride);
        argument(otherArguments, KeyDots.QUERIES, rows);
        argument(otherArguments, KeyDots.TO, scores);
        argument(otherArguments, KeyDots.FACTOR, Float.floatToRawIntBits(factor));
        argument(otherArguments, KeyDots.LANES, kernels.lanes.partial(width));
        dotsKernel((width + lanes - 1) / lanes, width % lanes != 0, pairs).call(otherArguments);
    }

    /** See {@link ScoreRows}, on the first rows of {@link #scores}. */
    void weightRows(int rows, int keys, boolean half) {
        argument(scoreArguments, ScoreRows.SCORES, scores);
        argument(scoreArguments, ScoreRows.ROWS, rows);
        argument(scoreArguments, ScoreRows.KEYS, keys);
        argument(scoreArguments, ScoreRows.TOP, tops);
        argument(scoreArguments, ScoreRows.TOTAL, totals);
        argument(scoreArguments, ScoreRows.SCALES, scales);
        int which = half ? 1 : 0;
        if (weightRows[which] == null) weightRows[which] = kernels.of(new ScoreRows.Form(half));
        weightRows[which].call(scoreArguments);
    }

    /** Block after block asks for the kernel of the one before: it is kept, and no key to find it by is made. */
    private Kernel dotsKernel(int vectors, boolean partial, boolean pairs) {
        var last = dotsForm;
        if (last == null || last.vectors() != vectors || last.partial() != partial || last.pairs() != pairs) {
            var form = new KeyDots.Form(vectors, partial, pairs);
            dots = kernels.of(form); // which throws where code memory is full
            dotsForm = form;
        }
        return dots;
    }

    private Kernel scaleKernel(boolean half) {
        int which = half ? 1 : 0;
        return scaling[which] != null ? scaling[which] : (scaling[which] = kernels.of(new RowKernels.Scale(half)));
    }

    private Kernel productKernel(Order order, Into into, int rows, int vectors, boolean partial, boolean pairs) {
        var last = productForms[into.ordinal()];
        if (last == null || last.order() != order || last.rows() != rows || last.vectors() != vectors || last.partial() != partial
                || last.pairs() != pairs) {
            var form = new TileProduct.Form(order, into, rows, vectors, partial, pairs);
            products[into.ordinal()] = kernels.of(form);
            productForms[into.ordinal()] = form;
        }
        return products[into.ordinal()];
    }

    private Kernel weightsKernel(boolean gradient, boolean few, boolean masked, boolean biased, boolean pairs) {
        var last = weightsForm;
        if (last == null || last.gradient() != gradient || last.few() != few || last.masked() != masked || last.biased() != biased
                || last.pairs() != pairs) {
            var form = new ScoreColumns.Form(gradient, few, masked, biased, pairs);
            weights = kernels.of(form);
            weightsForm = form;
        }
        return weights;
    }

    private void rowArguments(long from, long fromStride, long to, long toStride, int count, long factors, int columns) {
        argument(otherArguments, RowKernels.FROM, from);
        argument(otherArguments, RowKernels.FROM_STRIDE, fromStride);
        argument(otherArguments, RowKernels.TO, to);
        argument(otherArguments, RowKernels.TO_STRIDE, toStride);
        argument(otherArguments, RowKernels.ROWS, count);
        argument(otherArguments, RowKernels.FACTORS, factors);
        argument(otherArguments, RowKernels.WIDTH, columns);
        argument(otherArguments, RowKernels.LANES, kernels.lanes.partial(columns));
    }

    /** {@code to[i] = factors[i] from[i]}; half stores BF16. */
    void scaleRows(long from, long fromStride, long to, long toStride, int count, long factors, int columns, boolean half) {
        rowArguments(from, fromStride, to, toStride, count, factors, columns);
        scaleKernel(half).call(otherArguments);
    }

    /** {@code results[i] = a[i] . b[i]}. @param columns elements of a row, or pairs */
    void rowDots(long a, long aStride, long b, long bStride, int count, long results, int columns, boolean pairs) {
        rowArguments(a, aStride, b, bStride, count, results, columns);
        kernels.of(new RowKernels.Dots(pairs)).move((long) count * columns, otherArguments, 0, 0, 0, 0, 0);
    }

    /**
     * Asks for the rows from {@code first} on of a head that is a block or two. Its rows lie far apart, which no prefetcher of a CPU foresees, and it is done
     * before many of its loads could wait together.
     */
    void prefetch(View view, int b, int h, int first, int count) {
        ask(kernels.of(new RowKernels.Prefetch(false)), view, b, h, first, count);
    }

    /** The same for rows that will be written. */
    void prefetchResult(View view, int b, int h, int first, int count) {
        ask(kernels.of(new RowKernels.Prefetch(true)), view, b, h, first, count);
    }

    private static void ask(Kernel kernel, View view, int b, int h, int first, int count) {
        int bytes = view.dtype().bytes();
        kernel.call(view.address(AttentionShape.row(view, b, h, first)), view.strides()[2] * bytes, count, view.shape()[3] * bytes, 0, 0);
    }

    /** {@code n} rows of BF16, a stride apart, as pairs of neighbouring rows; an odd last one is paired with zeros. */
    void pairRows(long from, long stride, int n, long to, long toStride, int columns) {
        if (n > 1) {
            rowArguments(from, 2 * stride, to, toStride, n / 2, stride, columns);
            kernels.of(new RowKernels.Pair()).call(otherArguments);
        }
        if (n % 2 == 0) return;
        long last = from + (n - 1) * stride;
        rowArguments(last, 0, to + n / 2 * toStride, toStride, 1, zeros - last, columns);
        kernels.of(new RowKernels.Pair()).call(otherArguments);
    }

    /** A row of BF16 as the second of a pair whose first is zeros. */
    void pairSecond(long row, long to, int columns) {
        rowArguments(zeros, 0, to, 0, 1, row - zeros, columns);
        kernels.of(new RowKernels.Pair()).call(otherArguments);
    }
}
