package lyceum.backend.scalar;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.backend.View;

/** Sorting and selection along an axis; stable, zeros equal, NaN the largest. Types of up to four bytes have {@link PlacedKeys}, the others an {@link Order}. */
final class Sorting {
    /** Elements that are made keys at once, and up to how much of a lane is selected by a heap: most are not better than the worst of it. */
    private static final int BLOCK = 4096, SELECTED = 8;
    /** Groups in a block, of the keys so far apart. */
    private static final int GROUPS = 256;

    private final DType type;
    private final boolean descending;
    private final AxisLanes lanes;
    private final int n, k;

    private Sorting(View in, int axis, boolean descending, View values, View indices) {
        this.type = in.dtype();
        this.descending = descending;
        this.lanes = AxisLanes.of(axis, in, values, indices);
        this.n = Math.toIntExact(lanes.length());
        this.k = Math.toIntExact(values.shape()[axis]);
    }

    /** See {@link lyceum.backend.Backend#sort}. */
    static void sort(View in, int axis, boolean descending, View values, View indices) {
        if (values.size() == 0) return;
        var sorting = new Sorting(in, axis, descending, values, indices);
        boolean wide = in.dtype().bytes() == 8;
        double nanos = sorting.n * (sorting.k > sorting.n / SELECTED ? wide ? 40.0 : 10.0 : 1.0);
        Parallel.range(sorting.lanes.count(), Math.max(1, 16384 / sorting.n), nanos, (from, to) -> {
            if (wide) sorting.wide(from, to);
            else sorting.new Narrow().sort(from, to);
        });
    }

    private MemorySegment segment(int view) { return lanes.start()[view].segment(); }

    private void wide(long from, long to) {
        var keys = new long[n];
        for (long lane = from; lane < to; lane++) {
            long at = lanes.at(0, lane);
            for (int j = 0; j < n; j++, at += lanes.stride()[0]) keys[j] = key(segment(0).get(Elements.LONG, at));
            var order = Order.first(k, keys);
            long s = lanes.at(0, lane), v = lanes.at(1, lane), p = lanes.at(2, lane);
            for (int j = 0; j < k; j++, v += lanes.stride()[1], p += lanes.stride()[2]) {
                segment(1).set(Elements.LONG, v, segment(0).get(Elements.LONG, s + order[j] * lanes.stride()[0]));
                segment(2).set(Elements.LONG, p, (long) order[j]);
            }
        }
    }

    /** A long that orders as the element of these bits does: zeros equal, all NaN equal and the largest. */
    private long key(long bits) {
        if (type == DType.F64) {
            bits = Double.doubleToLongBits(Double.longBitsToDouble(bits) + 0.0);
            bits ^= bits >> 63 & Long.MAX_VALUE;
        }
        return descending ? ~bits : bits;
    }

    /** For types of up to four bytes: what a thread needs. */
    private final class Narrow {
        private final int[] least = new int[GROUPS], keys = new int[Math.min(n, BLOCK)];

        void sort(long from, long to) {
            boolean select = k <= n / SELECTED;
            long[] items = new long[select ? k : n], other = select ? null : new long[n];
            for (long lane = from; lane < to; lane++) {
                if (select) select(lane, items);
                else for (int start = 0; start < n; start += BLOCK) {
                    int here = keys(lane, start);
                    for (int i = 0; i < here; i++) items[start + i] = item(keys[i], start + i);
                }
                var sorted = select ? items : PlacedKeys.sort(items, other, n);
                if (select) Arrays.sort(items);
                store(lane, sorted);
            }
        }

        private static long item(int key, int place) { return (long) key << 32 | place; }

        /** The keys of a block that begins at {@code start}; how many. */
        private int keys(long lane, int start) {
            int here = Math.min(keys.length, n - start);
            long stride = lanes.stride()[0], at = lanes.at(0, lane) + start * stride;
            var from = segment(0);
            if (type == DType.F16 || type == DType.BF16)
                for (int i = 0; i < here; i++) keys[i] = from.get(Elements.SHORT, at + i * stride) << 16;
            else if (type == DType.F32 && stride == 4) MemorySegment.copy(from, Elements.INT, at, keys, 0, here);
            else if (type == DType.F32) for (int i = 0; i < here; i++) keys[i] = from.get(Elements.INT, at + i * stride);
            else Elements.load(type, from, at, stride / type.bytes(), keys, 0, here);
            int turned = descending ? -1 : 0;
            if (type.isFloat()) floatKeys(keys, here, turned, type == DType.F16 ? 0x7C000000 : 0x7F800000);
            else for (int i = 0; i < here; i++) keys[i] ^= turned;
            return here;
        }

        /**
         * Bits of floats, whose magnitudes order as whole numbers do, to whole numbers with their signs, or against them; NaN is the largest of all. Without
         * branches, for vectors.
         */
        private static void floatKeys(int[] x, int n, int turned, int infinity) {
            for (int i = 0; i < n; i++) {
                int magnitude = x[i] & Integer.MAX_VALUE, nan = infinity - magnitude >> 31, sign = x[i] >> 31 & ~nan ^ turned;
                x[i] = ((magnitude | nan >>> 1) ^ sign) - sign;
            }
        }

        /** The first {@code k} of a lane, in any order. */
        private void select(long lane, long[] heap) {
            for (int start = 0; start < n; start += BLOCK) {
                int here = keys(lane, start), filling = Math.clamp(k - start, 0, here);
                for (int i = 0; i < filling; i++) heap[start + i] = item(keys[i], start + i);
                if (start + filling < k) continue;
                if (filling > 0) PlacedKeys.heapify(heap, k);
                if (filling > 0 || here < BLOCK) for (int i = filling; i < here; i++) offer(heap, i, start);
                else offerGroups(heap, start);
            }
        }

        private void offer(long[] heap, int i, int start) {
            long item = item(keys[i], start + i);
            if (item < heap[0]) PlacedKeys.replaceTop(heap, k, item);
        }

        /** A whole block: only groups whose least key is good enough are looked at one by one. */
        private void offerGroups(long[] heap, int start) {
            System.arraycopy(keys, 0, least, 0, GROUPS);
            for (int i = GROUPS; i < BLOCK; i += GROUPS) lower(least, keys, i);
            for (int group = 0; group < GROUPS; group++) {
                if (least[group] > heap[0] >> 32) continue;
                for (int i = group; i < BLOCK; i += GROUPS) offer(heap, i, start);
            }
        }

        private static void lower(int[] least, int[] x, int from) {
            for (int i = 0; i < GROUPS; i++) least[i] = Math.min(least[i], x[from + i]);
        }

        private void store(long lane, long[] sorted) {
            long p = lanes.at(2, lane), v = lanes.at(1, lane), s = lanes.at(0, lane), step = lanes.stride()[0], next = lanes.stride()[1];
            MemorySegment from = segment(0), to = segment(1), places = segment(2);
            for (int j = 0; j < k; j++, p += lanes.stride()[2]) places.set(Elements.LONG, p, sorted[j] & 0xFFFFFFFFL);
            if (type.bytes() == 4)
                for (int j = 0; j < k; j++, v += next) to.set(Elements.INT, v, from.get(Elements.INT, s + (int) sorted[j] * step));
            else for (int j = 0; j < k; j++, v += next) Indexing.copy(from, s + (int) sorted[j] * step, to, v, type.bytes());
        }
    }
}
