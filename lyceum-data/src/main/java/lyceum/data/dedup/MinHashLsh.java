package lyceum.data.dedup;

import java.nio.file.Path;
import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.withers.Withers;

/**
 * Pairs of like sets without a comparison of all (Indyk and Motwani 1998; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3): a signature
 * of {@code b r} values is cut into {@code b} bands of {@code r}, and sets that agree in a whole band are candidates. At the Jaccard similarity {@code s}
 * that happens with probability {@code 1 - (1 - s^r)^b}, a step near {@code (1/b)^(1/r)}.
 *
 * {@snippet :
 * try (var index = new MinHashLsh(20, 5).index()) {
 *     for (var text : texts) index.add(Shingles.words(text, 5));
 *     var pairs = index.candidates();                          // first < second, sorted, each once
 * }
 * }
 *
 * <p>Empty sets take a number and are nobody's candidate. A bucket of {@code m} sets holds {@code m (m - 1) / 2} pairs; in one of more than
 * {@code mostBucket} only neighbours and the first with each other are paired, so that a hundred thousand like pages do not cost ten thousand million
 * comparisons. Answers do not depend on the number of threads.
 *
 * @param bands      {@code b}
 * @param rows       {@code r}
 * @param scheme     of the signatures
 * @param seed       of the hashes
 * @param mostBucket sets in a bucket of which all pairs are candidates, 1,000 by default
 * @param spill      a file, not there yet, that holds the signatures in place of memory; null, the default, for memory. It goes when the index is closed
 */
@Withers
public record MinHashLsh(int bands, int rows, MinHash.Scheme scheme, long seed, int mostBucket, Path spill) implements MinHashLshWithers {

    /** In memory, by permutations. */
    public MinHashLsh(int bands, int rows) { this(bands, rows, MinHash.Scheme.PERMUTATIONS, 0, 1000, null); }

    public MinHashLsh {
        if (bands < 1 || rows < 1 || (long) bands * rows > 1 << 20) throw new IllegalArgumentException(
                "MinHashLsh: " + bands + " bands of " + rows + " values; both at least 1, " + (1 << 20) + " in all");
        if (mostBucket < 2) throw new IllegalArgumentException("MinHashLsh: mostBucket is " + mostBucket + "; it is at least 2");
    }

    /** The probability that sets of this similarity become candidates. */
    public double candidateProbability(double similarity) { return 1 - Math.pow(1 - Math.pow(similarity, rows), bands); }

    /** The similarity at which that is near one half: {@code (1/b)^(1/r)}. */
    public double step() { return Math.pow(1.0 / bands, 1.0 / rows); }

    /** The bands and rows, of at most so many values, whose step is nearest to a similarity and, of these, the steepest. */
    public static MinHashLsh forThreshold(double threshold, int values) {
        if (!(threshold > 0 && threshold < 1) || values < 1)
            throw new IllegalArgumentException("MinHashLsh.forThreshold: threshold " + threshold + " in (0, 1), " + values + " values");
        MinHashLsh best = new MinHashLsh(1, 1);
        for (int rows = 1; rows <= values; rows++) {
            var lsh = new MinHashLsh(values / rows, rows);
            if (Math.abs(lsh.step() - threshold) <= Math.abs(best.step() - threshold)) best = lsh;
        }
        return best;
    }

    /** An empty index. */
    public Index index() { return new Index(this); }

    /** Sets by their signatures. Adding is for one thread at a time. */
    public static final class Index implements AutoCloseable {
        private static final int NONE = -1;

        private final MinHashLsh options;
        private final MinHash.Signer signer;
        private final SignatureStore signatures;
        private int[] rowOf = new int[1024], setOf = new int[1024];
        private int size;

        private Index(MinHashLsh options) {
            this.options = options;
            int values = options.bands * options.rows;
            signer = new MinHash(values, options.scheme, options.seed).signer();
            signatures = new SignatureStore(values, options.spill);
        }

        /** How many sets there are. */
        public int size() { return size; }

        /** Adds a set of hashes. @return its number, from 0 */
        public int add(long[] set) { return addSigned(signer.sign(set)); }

        /** Adds many sets, signed in parallel. */
        public void addAll(long[][] sets) {
            var signed = new int[sets.length][];
            Parallel.range(sets.length, 32, (from, to) -> {
                for (long i = from; i < to; i++) signed[(int) i] = signer.sign(sets[(int) i]);
            });
            for (var signature : signed) addSigned(signature);
        }

        private int addSigned(int[] signature) {
            if (size == rowOf.length) rowOf = Arrays.copyOf(rowOf, 2 * size);
            rowOf[size] = NONE;
            if (signature != null) {
                int row = signatures.add(signature);
                rowOf[size] = row;
                if (row == setOf.length) setOf = Arrays.copyOf(setOf, 2 * row);
                setOf[row] = size;
            }
            return size++;
        }

        /** The share of equal values in the signatures of two sets; 0 where one is empty. */
        public double similarity(int a, int b) { return rowOf[a] < 0 || rowOf[b] < 0 ? 0 : signatures.similarity(rowOf[a], rowOf[b]); }

        /** Pairs that share a bucket, as {@code first << 32 | second}, first below second, ascending. */
        public long[] candidates() { return candidates(null); }

        /**
         * As {@link #candidates()}, with the sets of a bucket in order of a rank of one's own, so that which pairs of a large bucket are left out does not
         * depend on the order of adding.
         *
         * @param rank of each set, a permutation of their numbers; null for the order of adding
         */
        public long[] candidates(int[] rank) {
            if (rank != null && rank.length != size)
                throw new IllegalArgumentException("MinHashLsh.candidates: " + rank.length + " ranks for " + size + " sets");
            var rows = rows(rank);
            var found = new long[options.bands][];
            Parallel.range(options.bands, 1, (from, to) -> {
                for (long band = from; band < to; band++) found[(int) band] = band((int) band, rows);
            });
            int total = 0;
            for (var pairs : found) total = Math.addExact(total, pairs.length);
            var all = new long[total];
            int n = 0;
            for (var pairs : found) {
                System.arraycopy(pairs, 0, all, n, pairs.length);
                n += pairs.length;
            }
            return distinct(all, n);
        }

        /** The rows that are signed, in order of the rank of their sets. */
        private int[] rows(int[] rank) {
            var rows = new int[signatures.size()];
            if (rank == null) {
                for (int i = 0; i < rows.length; i++) rows[i] = i;
                return rows;
            }
            var byRank = new int[size];
            Arrays.fill(byRank, NONE);
            for (int set = 0; set < size; set++) byRank[rank[set]] = rowOf[set];
            int n = 0;
            for (int row : byRank) if (row >= 0) rows[n++] = row;
            return rows;
        }

        private static long[] distinct(long[] pairs, int n) {
            Arrays.parallelSort(pairs, 0, n);
            int kept = 0;
            for (int i = 0; i < n; i++) if (i == 0 || pairs[i] != pairs[i - 1]) pairs[kept++] = pairs[i];
            return Arrays.copyOf(pairs, kept);
        }

        /** Sorts the sets by their hash of a band: a bucket is a run of equal hashes. Two sorts of one array, 16 bytes a set. */
        private long[] band(int band, int[] rows) {
            int n = signatures.size(), first = band * options.rows;
            var keys = new long[n];
            for (int row = 0; row < n; row++) {
                long key = band;
                for (int i = first; i < first + options.rows; i++)
                    key = MinHash.mixed(key * 0x9E3779B97F4A7C15L + signatures.value(row, i));
                keys[row] = key;
            }
            var order = new long[n];
            int shift = 64 - Long.numberOfLeadingZeros(Math.max(1, n - 1L));
            for (int row = 0; row < n; row++) order[row] = keys[rows[row]] >>> shift << shift | row;
            Arrays.sort(order);
            long mask = (1L << shift) - 1;
            var pairs = new PairList();
            for (int from = 0; from < n;) {
                int to = from + 1;
                while (to < n && order[to] >>> shift == order[from] >>> shift) to++;
                if (to - from > 1) bucket(order, mask, from, to, keys, rows, pairs);
                from = to;
            }
            return distinct(pairs.pairs, pairs.n);
        }

        /** Hashes that agree in their high bits agree whole except for accident, which is looked at here. */
        private void bucket(long[] order, long mask, int from, int to, long[] keys, int[] rows, PairList pairs) {
            boolean all = to - from <= options.mostBucket;
            for (int i = from; i < to; i++) {
                int a = rows[(int) (order[i] & mask)];
                int end = all || i == from ? to : Math.min(to, i + 2);
                for (int j = i + 1; j < end; j++) {
                    int b = rows[(int) (order[j] & mask)];
                    if (keys[a] == keys[b]) pairs.add(setOf[a], setOf[b]);
                }
            }
        }

        @Override public void close() { signatures.close(); }
    }

    private static final class PairList {
        private long[] pairs = new long[256];
        private int n;

        void add(int a, int b) {
            if (n == pairs.length) pairs = Arrays.copyOf(pairs, 2 * n);
            pairs[n++] = (long) Math.min(a, b) << 32 | Math.max(a, b);
        }
    }
}
