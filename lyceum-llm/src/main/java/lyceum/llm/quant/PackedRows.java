package lyceum.llm.quant;

import java.util.Arrays;
import lyceum.llm.quant.KvQuantization.Grouping;

/** Vectors of one head by position: the older ones packed, the latest as they came. Codes lie row by row, steps and offsets by group. */
final class PackedRows {
    private final int d, bits, group, rowBytes, runs, recent;
    private final boolean symmetric, half, channel;
    private byte[] codes = {};
    private short[] halves = {};
    private float[] scales = {}; // step and offset in turn, or the step alone
    private float[] tail = {};
    private int packed, waiting;

    PackedRows(KvQuantization o, int bits, Grouping grouping, int d) {
        this.d = d;
        this.bits = bits;
        channel = grouping == Grouping.CHANNEL;
        group = grouping == Grouping.HEAD ? d : channel ? o.group() : Math.min(o.group(), d);
        runs = channel ? d : (d + group - 1) / group;
        rowBytes = (d * bits + 7) / 8;
        recent = o.recent();
        symmetric = o.symmetric();
        half = o.halfScales();
    }

    private PackedRows(PackedRows o) {
        d = o.d;
        bits = o.bits;
        group = o.group;
        runs = o.runs;
        rowBytes = o.rowBytes;
        recent = o.recent;
        symmetric = o.symmetric;
        half = o.half;
        channel = o.channel;
        codes = o.codes.clone();
        halves = o.halves.clone();
        scales = o.scales.clone();
        tail = o.tail.clone();
        packed = o.packed;
        waiting = o.waiting;
    }

    PackedRows copy() { return new PackedRows(this); }

    int size() { return packed + waiting; }

    int packed() { return packed; }

    long bytes() {
        long groups = (long) (channel ? packed / group : packed) * runs;
        return (long) packed * rowBytes + groups * (half ? 2 : 4) * (symmetric ? 1 : 2) + 4L * waiting * d;
    }

    /** What the arrays take, room for growth included. */
    long heldBytes() { return codes.length + 2L * halves.length + 4L * scales.length + 4L * tail.length; }

    /** Rows from {@code x[from]} on. */
    void append(float[] x, int from, int rows) {
        for (int i = 0; i < rows * d; i++)
            if (!Float.isFinite(x[from + i])) throw new IllegalArgumentException("QuantizedKvCache: channel " + i % d + " of new position "
                    + i / d + " is " + x[from + i] + "; only finite numbers have a code");
        if (tail.length < (waiting + rows) * d) tail = Arrays.copyOf(tail, Math.max((waiting + rows) * d, 2 * tail.length));
        System.arraycopy(x, from, tail, waiting * d, rows * d);
        waiting += rows;
        int done = 0, step = channel ? group : 1;
        reserve(Math.max(0, waiting - recent) / step * step);
        for (; waiting - done - recent >= step; done += step) {
            for (int r = 0; r < runs; r++) pack(done, r);
            packed += step;
        }
        waiting -= done;
        if (done == 0) return;
        System.arraycopy(tail, done * d, tail, 0, waiting * d);
        // what a long prompt needed is not kept
        int room = (recent + step) * d;
        if (tail.length > 2 * room) tail = Arrays.copyOf(tail, Math.max(room, waiting * d));
    }

    private void reserve(int more) {
        int rows = packed + more, numbers = (channel ? rows / group : rows) * runs * (symmetric ? 1 : 2);
        if (codes.length < rows * rowBytes) codes = Arrays.copyOf(codes, Math.max(rows * rowBytes, 2 * codes.length));
        if (half && halves.length < numbers) halves = Arrays.copyOf(halves, Math.max(numbers, 2 * halves.length));
        if (!half && scales.length < numbers) scales = Arrays.copyOf(scales, Math.max(numbers, 2 * scales.length));
    }

    /** One group: a channel of the rows from {@code done} of the tail on, or a run of the row there. */
    private void pack(int done, int run) {
        int first = done * d + (channel ? run : run * group), stride = channel ? d : 1,
                n = channel ? group : Math.min(group, d - run * group);
        float least = tail[first], most = least;
        for (int i = 1; i < n; i++) {
            least = Math.min(least, tail[first + i * stride]);
            most = Math.max(most, tail[first + i * stride]);
        }
        int top = (1 << bits) - 1, middle = (1 << bits - 1) - 1;
        float step = symmetric ? (float) (Math.max(-(double) least, most) / middle) : (float) (((double) most - least) / top),
                offset = symmetric ? 0 : least;
        int g = (channel ? packed / group : packed) * runs + run;
        step = store(symmetric ? g : 2 * g, step);
        if (!symmetric) offset = store(2 * g + 1, offset);
        for (int i = 0; i < n; i++) {
            double q = step == 0 ? 0 : Math.rint(((double) tail[first + i * stride] - offset) / step);
            int code = symmetric ? (int) Math.clamp(q, -middle, middle) + middle : (int) Math.clamp(q, 0, top);
            write(packed + (channel ? i : 0), channel ? run : run * group + i, code);
        }
    }

    private float store(int at, float x) {
        if (!half) return scales[at] = x;
        float bounded = Math.clamp(x, -65_504f, 65_504f);
        halves[at] = Float.floatToFloat16(bounded);
        return Float.float16ToFloat(halves[at]);
    }

    private float number(int at) { return half ? Float.float16ToFloat(halves[at]) : scales[at]; }

    private void write(int row, int c, int code) {
        int at = row * rowBytes + c * bits / 8, shift = c * bits % 8, mask = (1 << bits) - 1;
        codes[at] = (byte) (codes[at] & ~(mask << shift) | code << shift);
    }

    private int code(int row, int c) { return codes[row * rowBytes + c * bits / 8] >> c * bits % 8 & (1 << bits) - 1; }

    private float step(int g) { return number(symmetric ? g : 2 * g); }

    private float offset(int g) { return symmetric ? -step(g) * ((1 << bits - 1) - 1) : number(2 * g + 1); }

    /** {@code out[j] = q . row j}, over the codes: steps and offsets are taken out of each group's sum. */
    void scores(float[] q, int at, float[] out) {
        var scaled = new float[d];
        float shift = 0;
        for (int j = 0; j < packed; j++) {
            float sum = 0;
            if (channel) {
                if (j % group == 0) {
                    shift = 0;
                    for (int c = 0; c < d; c++) {
                        int g = j / group * d + c;
                        scaled[c] = q[at + c] * step(g);
                        shift += q[at + c] * offset(g);
                    }
                }
                for (int c = 0; c < d; c++) sum += scaled[c] * code(j, c);
                sum += shift;
            } else {
                for (int r = 0; r < runs; r++) {
                    float part = 0, all = 0;
                    for (int c = r * group; c < Math.min(d, (r + 1) * group); c++) {
                        part += q[at + c] * code(j, c);
                        all += q[at + c];
                    }
                    sum += step(j * runs + r) * part + offset(j * runs + r) * all;
                }
            }
            out[j] = sum;
        }
        for (int j = 0; j < waiting; j++) {
            float sum = 0;
            for (int c = 0; c < d; c++) sum += q[at + c] * tail[j * d + c];
            out[packed + j] = sum;
        }
    }

    /** Adds {@code sum_j w[j] row j} of the first n rows to out. */
    void mix(float[] w, int n, float[] out, int at) {
        for (int j = 0; j < Math.min(n, packed); j++) {
            if (w[j] == 0) continue;
            if (channel) {
                int g = j / group * d;
                for (int c = 0; c < d; c++) out[at + c] += w[j] * (step(g + c) * code(j, c) + offset(g + c));
            } else {
                for (int r = 0; r < runs; r++) {
                    float step = w[j] * step(j * runs + r), offset = w[j] * offset(j * runs + r);
                    for (int c = r * group; c < Math.min(d, (r + 1) * group); c++) out[at + c] += step * code(j, c) + offset;
                }
            }
        }
        for (int j = 0; j < n - packed; j++) for (int c = 0; c < d; c++) out[at + c] += w[packed + j] * tail[j * d + c];
    }

    /** All rows as numbers, from {@code out[at]} on. */
    void read(float[] out, int at) {
        for (int j = 0; j < packed; j++) for (int c = 0; c < d; c++) {
            int g = channel ? j / group * d + c : j * runs + c / group;
            out[at + j * d + c] = symmetric ? step(g) * (code(j, c) - ((1 << bits - 1) - 1)) : Math.fma(step(g), code(j, c), offset(g));
        }
        System.arraycopy(tail, 0, out, at + packed * d, waiting * d);
    }
}
