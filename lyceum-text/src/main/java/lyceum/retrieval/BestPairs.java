package lyceum.retrieval;

import java.util.Arrays;

/** Pairs of count and length that no other posting beats in both, the greatest count first: a bound of any score that rises with counts and falls with lengths. */
record BestPairs(int[] counts, int[] lengths) {
    /** Greater counts are sorted, lesser ones counted. */
    private static final int MANY = 1024;

    /** Of pairs in any order. */
    static BestPairs of(int[] counts, int[] lengths, int from, int to) {
        int most = 0;
        for (int i = from; i < to; i++) most = Math.max(most, counts[i]);
        var pairs = most < MANY ? counted(counts, lengths, from, to, most) : sorted(counts, lengths, from, to);
        int[] kept = new int[pairs.length], shortest = new int[pairs.length];
        int n = 0, least = Integer.MAX_VALUE;
        for (long pair : pairs) {
            if ((int) pair >= least) continue;
            least = (int) pair;
            kept[n] = Integer.MAX_VALUE - (int) (pair >>> 32);
            shortest[n++] = least;
        }
        return new BestPairs(Arrays.copyOf(kept, n), Arrays.copyOf(shortest, n));
    }

    static BestPairs of(BestPairs[] parts) {
        if (parts.length == 1) return parts[0];
        int n = 0;
        for (var part : parts) n += part.counts.length;
        int[] counts = new int[n], lengths = new int[n];
        n = 0;
        for (var part : parts) {
            System.arraycopy(part.counts, 0, counts, n, part.counts.length);
            System.arraycopy(part.lengths, 0, lengths, n, part.counts.length);
            n += part.counts.length;
        }
        return of(counts, lengths, 0, n);
    }

    /** The shortest of each count. */
    private static long[] counted(int[] counts, int[] lengths, int from, int to, int most) {
        var shortest = new int[most + 1];
        Arrays.fill(shortest, Integer.MAX_VALUE);
        for (int i = from; i < to; i++) shortest[counts[i]] = Math.min(shortest[counts[i]], lengths[i]);
        var pairs = new long[most + 1];
        for (int count = most; count >= 0; count--) pairs[most - count] = pair(count, shortest[count]);
        return pairs;
    }

    private static long[] sorted(int[] counts, int[] lengths, int from, int to) {
        var pairs = new long[to - from];
        for (int i = 0; i < pairs.length; i++) pairs[i] = pair(counts[from + i], lengths[from + i]);
        Arrays.sort(pairs);
        return pairs;
    }

    private static long pair(int count, int length) { return (long) (Integer.MAX_VALUE - count) << 32 | length; }

    void write(ByteSink out) {
        out.putInt(counts.length);
        BitPacking.pack(counts, 0, counts.length, out);
        BitPacking.pack(lengths, 0, lengths.length, out);
    }
}
