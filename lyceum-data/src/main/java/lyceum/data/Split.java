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

    /**
     * Random parts in which every class has its share: part p holds {@code share_p * count_c} rows of class c, rounded up or down, and its size is
     * {@code share_p * n} rounded up or down. Which way is random and unbiased, so that a class of three rows is in a small test part now and then.
     *
     * @param labels any numbers that distinguish classes, one per row
     */
    public static Split stratified(int[] labels, Rng rng, double... shares) {
        Shares.checked("Split.stratified", shares);
        int n = labels.length;
        Shares.sizes("Split.stratified", n, shares);
        var strata = Strata.of(labels);
        var quota = ControlledRounding.of(strata.counts(), shares, rng);
        var rows = new int[shares.length][n];
        var filled = new int[shares.length];
        for (int c = 0; c < quota.length; c++) {
            var members = strata.rows(c);
            rng.shuffle(members);
            int next = 0;
            for (int p = 0; p < shares.length; p++) {
                System.arraycopy(members, next, rows[p], filled[p], quota[c][p]);
                next += quota[c][p];
                filled[p] += quota[c][p];
            }
        }
        for (int p = 0; p < rows.length; p++) {
            if (filled[p] == 0) throw new IllegalArgumentException(
                    "Split.stratified: " + n + " rows x share " + shares[p] + " leaves part " + p + " empty; give it more rows");
            rows[p] = Arrays.copyOf(rows[p], filled[p]);
            rng.shuffle(rows[p]);
        }
        return new Split(n, rows);
    }

    /** As {@link #stratified(int[], Rng, double...)} by the dataset's class numbers, the parts as datasets. */
    public static List<Dataset> stratified(Dataset data, Rng rng, double... shares) {
        return stratified(data.labels(), rng, shares).of(data);
    }

    /**
     * Random parts for rows with several labels, each label near its share in each part: iterative stratification (Sechidis, Tsoumakas and
     * Vlahavas 2011), then exchanges of rows that bring labels nearer. Sizes differ by less than one from {@code share * n}.
     *
     * @param labels {@code labels[row][label]}, whether the row has the label
     */
    public static Split stratified(boolean[][] labels, Rng rng, double... shares) {
        int n = labels.length;
        var sizes = Shares.sizes("Split.stratified", n, Shares.checked("Split.stratified", shares));
        for (var row : labels)
            if (row.length != labels[0].length)
                throw new IllegalArgumentException("Split.stratified: rows of " + row.length + " and " + labels[0].length + " labels");
        var split = fromAssignment(MultiLabelStrata.assign(labels, sizes, shares, rng), shares.length);
        for (var part : split.parts) rng.shuffle(part);
        return split;
    }

    /**
     * Random parts that share no group: all rows of a patient, a user or a document are in one part. Groups come in random order, each into the
     * part that has most room left, so sizes are near the request where groups are small. Rows keep their order.
     *
     * @param groups any numbers that distinguish groups, one per row; {@link Strata#codes} makes them from texts
     * @throws IllegalArgumentException if there are fewer groups than parts
     */
    public static Split grouped(int[] groups, Rng rng, double... shares) {
        Shares.checked("Split.grouped", shares);
        var strata = Strata.of(groups);
        var counts = strata.counts();
        int parts = shares.length, left = counts.length;
        if (left < parts) throw new IllegalArgumentException(
                "Split.grouped: " + left + " groups for " + parts + " parts; each part needs a group of its own");
        var room = new double[parts];
        var partOfGroup = new int[left];
        var empty = new boolean[parts];
        int empties = parts;
        for (int p = 0; p < parts; p++) {
            room[p] = shares[p] * groups.length;
            empty[p] = true;
        }
        for (int group : rng.permutation(left)) {
            boolean mustFill = left-- == empties;
            int to = -1;
            for (int p = 0; p < parts; p++) if ((!mustFill || empty[p]) && (to < 0 || room[p] > room[to])) to = p;
            partOfGroup[group] = to;
            room[to] -= counts[group];
            if (empty[to]) empties--;
            empty[to] = false;
        }
        return fromAssignment(strata.map(partOfGroup), parts);
    }

    /**
     * Earlier rows first: part 0 is the past, the last part the future. Rows of one time stay together. A row whose time is after the first time of
     * the next part minus {@code gap} goes into no part ({@link #unused}), so that labels that need {@code gap} to ripen do not leak.
     *
     * @param times one a row, in any unit and order; dates as days, instants as milliseconds
     * @param gap   in the same unit; 0 for none
     * @throws IllegalArgumentException if the gap or equal times leave a part empty
     */
    public static Split byTime(long[] times, long gap, double... shares) {
        if (gap < 0) throw new IllegalArgumentException("Split.byTime: gap " + gap + "; it is 0 or more");
        var sizes = Shares.sizes("Split.byTime", times.length, Shares.checked("Split.byTime", shares));
        var order = Strata.sorted(times);
        var parts = new int[sizes.length][];
        int from = 0, cut = 0;
        for (int p = 0; p < sizes.length; p++) {
            cut += sizes[p];
            int end = p == sizes.length - 1 ? order.length : edge(times, order, cut);
            int to = end;
            if (end < order.length) while (to > from && times[order[to - 1]] > Math.subtractExact(times[order[end]], gap)) to--;
            if (to <= from) throw new IllegalArgumentException(
                    "Split.byTime: gap " + gap + " and equal times leave part " + p + " empty; take a smaller gap or another share");
            parts[p] = Arrays.copyOfRange(order, from, to);
            from = end;
        }
        return new Split(times.length, parts);
    }

    /** The nearest place to {@code cut} between two different times. */
    private static int edge(long[] times, int[] order, int cut) {
        int down = cut, up = cut;
        while (down > 0 && down < order.length && times[order[down - 1]] == times[order[down]]) down--;
        while (up < order.length && times[order[up - 1]] == times[order[up]]) up++;
        return down > 0 && cut - down <= up - cut || up == order.length ? down : up;
    }

    /**
     * Parts by a hash of each row's key: a row's part depends on its key, the salt and the shares alone, so rows that come later move none of the
     * old ones, and equal keys stay together. Sizes follow the shares as far as chance allows. Rows keep their order.
     *
     * @param keys one a row: an identifier that stays
     * @param salt another number gives another split
     */
    public static Split byKey(List<String> keys, long salt, double... shares) {
        var bounds = bounds(shares);
        return fromAssignment(keys.stream().mapToInt(key -> partAt(bounds, KeyHash.unit(key, salt))).toArray(), shares.length);
    }

    /** As {@link #byKey(List, long, double...)} for keys that are numbers. */
    public static Split byKey(long[] keys, long salt, double... shares) {
        var bounds = bounds(shares);
        return fromAssignment(Arrays.stream(keys).mapToInt(key -> partAt(bounds, KeyHash.unit(key, salt))).toArray(), shares.length);
    }

    /** The part that {@link #byKey(List, long, double...)} gives a row of this key: for data that are read one at a time. */
    public static int partByKey(String key, long salt, double... shares) { return partAt(bounds(shares), KeyHash.unit(key, salt)); }

    private static double[] bounds(double[] shares) {
        var bounds = Shares.checked("Split.byKey", shares);
        for (int p = 1; p < bounds.length; p++) bounds[p] += bounds[p - 1];
        return bounds;
    }

    private static int partAt(double[] bounds, double u) {
        int p = 0;
        while (p < bounds.length - 1 && u >= bounds[p]) p++;
        return p;
    }

    /**
     * A split that was made elsewhere.
     *
     * @param assignment the part of each row, or -1 for none
     */
    public static Split fromAssignment(int[] assignment, int parts) {
        var sizes = new int[parts];
        for (int part : assignment) {
            if (part < -1 || part >= parts) throw new IllegalArgumentException("Split.fromAssignment: part " + part + " of " + parts);
            if (part >= 0) sizes[part]++;
        }
        var rows = new int[parts][];
        for (int p = 0; p < parts; p++) rows[p] = new int[sizes[p]];
        for (int row = assignment.length - 1; row >= 0; row--)
            if (assignment[row] >= 0) rows[assignment[row]][--sizes[assignment[row]]] = row;
        return new Split(assignment.length, rows);
    }

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
