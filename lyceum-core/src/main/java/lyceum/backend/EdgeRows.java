package lyceum.backend;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What edges of a graph do to rows of floats that are cut into heads: nothing as large as a row is stored for an edge. Rows are walked by groups of edges, such as those that
 * arrive at a node; a caller takes some groups a thread, which write to places of their own.
 *
 * <p>Operands are floats in memory, one after the other. Products are added one after the other; of those within a row number {@code k} goes to sum {@code k mod 8}, and the sums
 * are folded in halves: with vector instructions and without the bits are the same.
 */
public interface EdgeRows {
    /** What this JVM runs fastest: vector instructions if it has the module {@code jdk.incubator.vector} and the CPU has wide ones; plain loops where the setting says {@code scalar}. */
    static EdgeRows best() { return Plain.BEST; }

    /**
     * Edges in groups: those of group i are {@code start[i] .. start[i + 1] - 1}.
     *
     * @param edge the number of each; null where they are numbered in this order
     * @param from the row that each reads
     * @param heads of a row, and {@code width} of a head
     */
    record Edges(int[] start, int[] edge, int[] from, int heads, int width) {
        public int at(int j) { return edge == null ? j : edge[j]; }
    }

    /** {@code to[i, hk] = sum of w[e, h] x[from, hk]} over the edges e of the groups i from {@code first} to before {@code end}. */
    void sum(Edges edges, int first, int end, MemorySegment w, MemorySegment x, MemorySegment to);

    /** {@code to[e, h] = sum over k of a[i, hk] b[from, hk]}. */
    void dots(Edges edges, int first, int end, MemorySegment a, MemorySegment b, MemorySegment to);

    /** {@code to[e, h] = sum over k of v[hk] leaky(a[i, hk] + b[from, hk])}, leaky having {@code slope}, above 0 and up to 1, below 0. */
    void scores(Edges edges, int first, int end, float slope, MemorySegment a, MemorySegment b, MemorySegment v, MemorySegment to);

    /** {@code to[i, hk] = sum of w[e, h] leaky'(a[i, hk] + b[from, hk])}. */
    void slopes(Edges edges, int first, int end, float slope, MemorySegment w, MemorySegment a, MemorySegment b, MemorySegment to);

    /** Plain loops. */
    final class Plain implements EdgeRows {
        private static final EdgeRows BEST = Backends.edgeRows();
        private static final int SUMS = 8;

        private static float get(MemorySegment x, long i) { return x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * i); }

        private static void set(MemorySegment x, long i, float value) { x.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * i, value); }

        private static void add(MemorySegment x, long i, float value) { set(x, i, get(x, i) + value); }

        private static void clear(MemorySegment x, long row, int numbers) {
            for (int k = 0; k < numbers; k++) set(x, row * numbers + k, 0);
        }

        @Override public void sum(Edges edges, int first, int end, MemorySegment w, MemorySegment x, MemorySegment to) {
            int heads = edges.heads, d = edges.width;
            for (int i = first; i < end; i++) {
                clear(to, i, heads * d);
                for (int j = edges.start[i]; j < edges.start[i + 1]; j++) for (int h = 0; h < heads; h++) {
                    float weight = get(w, (long) edges.at(j) * heads + h);
                    long read = ((long) edges.from[j] * heads + h) * d, write = ((long) i * heads + h) * d;
                    for (int k = 0; k < d; k++) add(to, write + k, weight * get(x, read + k));
                }
            }
        }

        @Override public void dots(Edges edges, int first, int end, MemorySegment a, MemorySegment b, MemorySegment to) {
            int heads = edges.heads, d = edges.width;
            var sums = new float[SUMS];
            for (int i = first; i < end; i++) for (int j = edges.start[i]; j < edges.start[i + 1]; j++) for (int h = 0; h < heads; h++) {
                long p = ((long) i * heads + h) * d, q = ((long) edges.from[j] * heads + h) * d;
                for (int k = 0; k < d; k++) sums[k % SUMS] += get(a, p + k) * get(b, q + k);
                set(to, (long) edges.at(j) * heads + h, taken(sums));
            }
        }

        @Override public void scores(Edges edges, int first, int end, float slope, MemorySegment a, MemorySegment b, MemorySegment v,
                MemorySegment to) {
            int heads = edges.heads, d = edges.width;
            var sums = new float[SUMS];
            for (int i = first; i < end; i++) for (int j = edges.start[i]; j < edges.start[i + 1]; j++) for (int h = 0; h < heads; h++) {
                long p = ((long) i * heads + h) * d, q = ((long) edges.from[j] * heads + h) * d;
                for (int k = 0; k < d; k++) {
                    float z = get(a, p + k) + get(b, q + k);
                    sums[k % SUMS] += get(v, h * d + k) * Math.max(z, slope * z);
                }
                set(to, (long) edges.at(j) * heads + h, taken(sums));
            }
        }

        @Override public void slopes(Edges edges, int first, int end, float slope, MemorySegment w, MemorySegment a, MemorySegment b,
                MemorySegment to) {
            int heads = edges.heads, d = edges.width;
            for (int i = first; i < end; i++) {
                clear(to, i, heads * d);
                for (int j = edges.start[i]; j < edges.start[i + 1]; j++) for (int h = 0; h < heads; h++) {
                    float above = get(w, (long) edges.at(j) * heads + h), below = above * slope;
                    long p = ((long) i * heads + h) * d, q = ((long) edges.from[j] * heads + h) * d;
                    for (int k = 0; k < d; k++) add(to, p + k, get(a, p + k) + get(b, q + k) > 0 ? above : below);
                }
            }
        }

        /** The sum of the sums, which begin anew. */
        private static float taken(float[] s) {
            float sum = s[0] + s[4] + (s[2] + s[6]) + (s[1] + s[5] + (s[3] + s[7]));
            for (int k = 0; k < SUMS; k++) s[k] = 0;
            return sum;
        }
    }
}
