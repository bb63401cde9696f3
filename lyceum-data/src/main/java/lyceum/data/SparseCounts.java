package lyceum.data;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.memory.Allocator;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * Documents as word counts, most of them zero: compressed sparse rows with labels. Row {@code i} has the entries
 * {@code rowStarts[i] .. rowStarts[i + 1] - 1}; the columns of a row ascend.
 *
 * <p>The arrays are the record's own: do not write to them.
 *
 * @param rowStarts  n + 1 positions, the last one the number of entries
 * @param columns    the column of each entry
 * @param counts     the count of each entry, at least 1
 * @param labels     class number of each row
 * @param groups     number of the source of each row, for grouped splits
 * @param vocabulary the word of each column
 * @param classNames the name of each class number
 * @param groupNames the name of each source
 */
public record SparseCounts(int[] rowStarts, int[] columns, int[] counts, int[] labels, int[] groups, List<String> vocabulary,
        List<String> classNames, List<String> groupNames) {

    /** Checks that lengths and columns fit together. */
    public SparseCounts {
        vocabulary = List.copyOf(vocabulary);
        classNames = List.copyOf(classNames);
        groupNames = List.copyOf(groupNames);
        int n = labels.length, z = counts.length;
        if (rowStarts.length != n + 1 || groups.length != n || columns.length != z || rowStarts[0] != 0 || rowStarts[n] != z)
            throw new IllegalArgumentException("SparseCounts: " + n + " labels, " + groups.length + " groups, " + rowStarts.length
                    + " row starts, " + columns.length + " columns and " + z + " counts do not fit together");
        for (int i = 0; i < n; i++)
            if (rowStarts[i] > rowStarts[i + 1]) throw new IllegalArgumentException(
                    "SparseCounts: row " + i + " starts at " + rowStarts[i] + " and ends at " + rowStarts[i + 1]);
        for (int column : columns)
            if (column < 0 || column >= vocabulary.size())
                throw new IllegalArgumentException("SparseCounts: column " + column + " of " + vocabulary.size());
    }

    /** Number of rows. */
    public int size() { return labels.length; }

    /** Number of columns: words of the vocabulary. */
    public int features() { return vocabulary.size(); }

    /** Class numbers, I64 of shape (n). */
    public Tensor y() { return Tensor.of(labels).to(DType.I64); }

    /** How often {@code word} occurs in row {@code row}. */
    public int count(int row, String word) {
        int column = vocabulary.indexOf(word);
        if (column < 0) return 0;
        int at = Arrays.binarySearch(columns, rowStarts[row], rowStarts[row + 1], column);
        return at < 0 ? 0 : counts[at];
    }

    /** The rows with these numbers, in this order. */
    public SparseCounts rows(int... numbers) {
        int entries = 0;
        for (int row : numbers) entries += rowStarts[Objects.checkIndex(row, size()) + 1] - rowStarts[row];
        var starts = new int[numbers.length + 1];
        int[] toColumns = new int[entries], toCounts = new int[entries], toLabels = new int[numbers.length],
                toGroups = new int[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            int from = rowStarts[numbers[i]], length = rowStarts[numbers[i] + 1] - from;
            System.arraycopy(columns, from, toColumns, starts[i], length);
            System.arraycopy(counts, from, toCounts, starts[i], length);
            starts[i + 1] = starts[i] + length;
            toLabels[i] = labels[numbers[i]];
            toGroups[i] = groups[numbers[i]];
        }
        return new SparseCounts(starts, toColumns, toCounts, toLabels, toGroups, vocabulary, classNames, groupNames);
    }

    /** The {@code k} words that occur in most rows, columns renumbered by spelling; rows stay. */
    public SparseCounts commonest(int k) {
        var inRows = new int[features()];
        for (int column : columns) inRows[column]++;
        var order = new Integer[features()];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> inRows[a] != inRows[b] ? inRows[b] - inRows[a] : a - b);
        var kept = Arrays.stream(order).limit(k).mapToInt(Integer::intValue).sorted().toArray();
        var renumbered = new int[features()];
        Arrays.fill(renumbered, -1);
        for (int i = 0; i < kept.length; i++) renumbered[kept[i]] = i;
        return renumbered(renumbered, Arrays.stream(kept).mapToObj(vocabulary::get).toList());
    }

    private SparseCounts renumbered(int[] to, List<String> words) {
        var starts = new int[rowStarts.length];
        int[] toColumns = new int[columns.length], toCounts = new int[columns.length];
        int n = 0;
        for (int row = 0; row < size(); row++) {
            for (int e = rowStarts[row]; e < rowStarts[row + 1]; e++) {
                if (to[columns[e]] < 0) continue;
                toColumns[n] = to[columns[e]];
                toCounts[n++] = counts[e];
            }
            starts[row + 1] = n;
        }
        return new SparseCounts(starts, Arrays.copyOf(toColumns, n), Arrays.copyOf(toCounts, n), labels, groups, words, classNames,
                groupNames);
    }

    /**
     * The counts as a dense matrix (n, p) of {@code type}. 6,046 mails of 4,000 words take 97 MB in F32: take
     * {@link #commonest} or {@link #rows} first where that is much.
     */
    public Tensor dense(DType type) {
        var storage = Allocator.allocate(4L * size() * features());
        var segment = storage.segment().asSlice(storage.base(), 4L * size() * features());
        segment.fill((byte) 0);
        for (int row = 0; row < size(); row++)
            for (int e = rowStarts[row]; e < rowStarts[row + 1]; e++)
                segment.setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * features() + columns[e], counts[e]);
        return Tensor.on(storage, 0, DType.F32, size(), features()).to(type);
    }

    /** The counts as a sparse matrix (n, p), F64. */
    public Csr csr() { return Csr.of(size(), features(), rowStarts, columns, Tensor.of(counts).to(DType.F64)); }

    /** As a {@link Dataset} with a dense F64 matrix; see {@link #dense}. */
    public Dataset dataset() { return new Dataset(dense(DType.F64), y(), vocabulary, classNames, "word counts of mails"); }
}
