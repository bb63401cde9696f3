package lyceum.nn;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.LongStream;
import lyceum.ShapeException;

/** The masks that {@link AttentionMask} makes. */
final class AttentionMasks {
    private AttentionMasks() {}

    record Window(long before, long after) implements AttentionMask {
        private static final long FAR = Long.MAX_VALUE / 4; // sums of it and a position are numbers

        Window {
            before = Math.min(before, FAR);
            after = Math.min(after, FAR);
        }

        @Override public boolean sees(int b, long p, long j) { return j >= p - before && j <= p + after; }

        @Override public Cover cover(int b, long p0, long p1, long j0, long j1) {
            if (j1 < p0 - before || j0 > p1 + after) return Cover.NONE;
            return j0 >= p1 - before && j1 <= p0 + after ? Cover.ALL : Cover.SOME;
        }
    }

    record Padding(int[] lengths) implements AttentionMask {
        Padding {
            for (int n : lengths) if (n < 0) throw new IllegalArgumentException("AttentionMask: a length is " + n + "; at least 0");
        }

        @Override public int batch() { return lengths.length; }

        private int length(int b) { return lengths[lengths.length == 1 ? 0 : b]; }

        @Override public boolean sees(int b, long p, long j) { return j < length(b); }

        @Override public Cover cover(int b, long p0, long p1, long j0, long j1) {
            return j1 < length(b) ? Cover.ALL : j0 >= length(b) ? Cover.NONE : Cover.SOME;
        }
    }

    /** @param ends the position behind each document, ascending */
    record Documents(long[] ends) implements AttentionMask {
        static Documents of(int... lengths) {
            var ends = new long[lengths.length];
            for (int i = 0; i < lengths.length; i++) {
                if (lengths[i] < 0) throw new IllegalArgumentException("AttentionMask: a length is " + lengths[i] + "; at least 0");
                ends[i] = lengths[i] + (i == 0 ? 0 : ends[i - 1]);
            }
            return new Documents(ends);
        }

        /** The number of documents that end at this position or before. */
        private int document(long at) {
            int i = Arrays.binarySearch(ends, at);
            if (i < 0) return ~i;
            while (i + 1 < ends.length && ends[i + 1] == at) i++; // empty ones end where the one before does
            return i + 1;
        }

        @Override public boolean sees(int b, long p, long j) { return p >= 0 && document(p) == document(j) && document(p) < ends.length; }

        @Override public Cover cover(int b, long p0, long p1, long j0, long j1) {
            if (p0 < 0) return p1 < 0 ? Cover.NONE : Cover.SOME;
            int first = document(p0), last = document(p1), from = document(j0), to = document(j1);
            if (first > to || from > last || first == ends.length || from == ends.length) return Cover.NONE;
            return first == last && from == to ? Cover.ALL : Cover.SOME;
        }
    }

    record Dilated(long far, int step) implements AttentionMask {
        @Override public boolean sees(int b, long p, long j) { return (p - j) % step == 0 && Math.abs(p - j) / step <= far; }

        @Override public Cover cover(int b, long p0, long p1, long j0, long j1) {
            var reach = AttentionMask.window(far * step, far * step).cover(b, p0, p1, j0, j1);
            return step == 1 || reach == Cover.NONE ? reach : Cover.SOME;
        }
    }

    /** @param at ascending */
    record Globals(long[] at) implements AttentionMask {
        static Globals of(long... positions) { return new Globals(Arrays.stream(positions).sorted().distinct().toArray()); }

        static Globals first(int n) { return new Globals(LongStream.range(0, n).toArray()); }

        private boolean holds(long x) { return Arrays.binarySearch(at, x) >= 0; }

        /** How many lie from x up to y. */
        private long count(long x, long y) { return below(y + 1) - below(x); }

        private int below(long x) {
            int i = Arrays.binarySearch(at, x);
            return i < 0 ? ~i : i;
        }

        @Override public boolean sees(int b, long p, long j) { return holds(j) || holds(p); }

        @Override public Cover cover(int b, long p0, long p1, long j0, long j1) {
            long queries = count(p0, p1), keys = count(j0, j1);
            return queries > p1 - p0 || keys > j1 - j0 ? Cover.ALL : queries + keys == 0 ? Cover.NONE : Cover.SOME;
        }
    }

    /** @param seen columns of each row */
    record Blocks(int size, BitSet[] seen) implements AttentionMask {
        static Blocks of(int size, boolean[][] seen) {
            if (size < 1) throw new IllegalArgumentException("AttentionMask.blocks: blocks of " + size + "; at least 1");
            var rows = new BitSet[seen.length];
            for (int r = 0; r < rows.length; r++) {
                rows[r] = new BitSet(seen[r].length);
                for (int c = 0; c < seen[r].length; c++) rows[r].set(c, seen[r][c]);
            }
            return new Blocks(size, rows);
        }

        @Override public boolean sees(int b, long p, long j) {
            return p >= 0 && j >= 0 && p / size < seen.length && seen[(int) (p / size)].get((int) (j / size));
        }

        @Override public Cover cover(int b, long p0, long p1, long j0, long j1) {
            if (p0 < 0 || p1 / size >= seen.length) return Cover.SOME;
            int from = (int) (j0 / size), to = (int) (j1 / size), known = 0, rows = 0;
            for (int r = (int) (p0 / size); r <= p1 / size; r++, rows++) known += seen[r].get(from, to + 1).cardinality();
            return known == 0 ? Cover.NONE : known == rows * (to - from + 1) ? Cover.ALL : Cover.SOME;
        }
    }

    record And(AttentionMask one, AttentionMask other) implements AttentionMask {
        And {
            if (one.batch() != 1 && other.batch() != 1 && one.batch() != other.batch())
                throw new ShapeException("AttentionMask: masks of " + one.batch() + " and " + other.batch() + " batch entries");
        }

        @Override public boolean sees(int b, long p, long j) { return one.sees(b, p, j) && other.sees(b, p, j); }

        @Override public Cover cover(int b, long p0, long p1, long j0, long j1) {
            return one.cover(b, p0, p1, j0, j1).and(other.cover(b, p0, p1, j0, j1));
        }

        @Override public int batch() { return Math.max(one.batch(), other.batch()); }
    }

    record Not(AttentionMask of) implements AttentionMask {
        @Override public boolean sees(int b, long p, long j) { return !of.sees(b, p, j); }

        @Override public Cover cover(int b, long p0, long p1, long j0, long j1) { return of.cover(b, p0, p1, j0, j1).not(); }

        @Override public int batch() { return of.batch(); }
    }
}
