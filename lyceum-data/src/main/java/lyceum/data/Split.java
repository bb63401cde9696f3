package lyceum.data;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import lyceum.random.Rng;

/**
 * A division of rows into disjoint parts: train and test, or train, validation and test, or any number.
 *
 * {@snippet :
 * var parts = Split.random(Datasets.digits(), Rng.of(1), 0.6, 0.2, 0.2);   // three Datasets
 * var rows = Split.random(1000, Rng.of(1), 0.8, 0.2).get(1);               // 200 row numbers
 * }
 *
 * <p>Shares sum to 1. The same seed gives the same split. Immutable.
 */
public final class Split {
    private final int n;
    private final int[][] parts;

    Split(int n, int[][] parts) {
        this.n = n;
        this.parts = parts;
    }

    /**
     * Rows in random order, cut by shares; every size differs by less than one from {@code share * n}.
     *
     * @throws IllegalArgumentException if shares do not sum to 1 or a part would be empty
     */
    public static Split random(int n, Rng rng, double... shares) {
        var sizes = Shares.sizes("Split.random", n, Shares.checked("Split.random", shares));
        return new Split(n, cut(rng.permutation(n), sizes));
    }

    /** As {@link #random(int, Rng, double...)}, the parts as datasets. */
    public static List<Dataset> random(Dataset data, Rng rng, double... shares) { return random(data.size(), rng, shares).of(data); }

    static int[][] cut(int[] rows, int[] sizes) {
        var parts = new int[sizes.length][];
        int from = 0;
        for (int p = 0; p < sizes.length; p++) {
            parts[p] = Arrays.copyOfRange(rows, from, from + sizes[p]);
            from += sizes[p];
        }
        return parts;
    }

    /** The row numbers of part {@code i}. */
    public int[] get(int i) { return parts[Objects.checkIndex(i, parts.length)].clone(); }

    /** Number of parts. */
    public int size() { return parts.length; }

    /** Number of rows of each part. */
    public int[] sizes() { return Arrays.stream(parts).mapToInt(part -> part.length).toArray(); }

    /** The part of each of the n rows; -1 for a row that no part has. */
    public int[] assignment() {
        var of = new int[n];
        Arrays.fill(of, -1);
        for (int p = 0; p < parts.length; p++) for (int row : parts[p]) of[row] = p;
        return of;
    }

    /** Rows that no part has, ascending: those in the gap of a split by time. */
    public int[] unused() {
        var of = assignment();
        return IntStream.range(0, n).filter(row -> of[row] < 0).toArray();
    }

    /** The parts of a dataset of n rows. */
    public List<Dataset> of(Dataset data) {
        checkRows(data.size());
        return Arrays.stream(parts).map(data::rows).toList();
    }

    /** The parts of word counts of n rows. */
    public List<SparseCounts> of(SparseCounts data) {
        checkRows(data.size());
        return Arrays.stream(parts).map(data::rows).toList();
    }

    private void checkRows(int rows) {
        if (rows != n) throw new IllegalArgumentException("Split.of: a split of " + n + " rows does not fit data of " + rows);
    }

    @Override public String toString() { return "Split" + Arrays.toString(sizes()) + " of " + n; }
}
