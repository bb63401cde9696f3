package lyceum.data;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;

/** Rows sorted into classes or groups: which rows each one has. Groups are numbered in ascending order of their numbers. */
public final class Strata {
    private final int[] group;
    private final int[] starts;
    private final int[] rows;

    private Strata(int[] group, int[] starts, int[] rows) {
        this.group = group;
        this.starts = starts;
        this.rows = rows;
    }

    /** Groups the rows by equal numbers. */
    public static Strata of(int[] labels) {
        var distinct = Arrays.stream(labels).sorted().distinct().toArray();
        var group = new int[labels.length];
        var starts = new int[distinct.length + 1];
        for (int i = 0; i < labels.length; i++) {
            group[i] = Arrays.binarySearch(distinct, labels[i]);
            starts[group[i] + 1]++;
        }
        for (int g = 0; g < distinct.length; g++) starts[g + 1] += starts[g];
        var next = starts.clone();
        var rows = new int[labels.length];
        for (int i = 0; i < labels.length; i++) rows[next[group[i]]++] = i;
        return new Strata(group, starts, rows);
    }

    /** Numbers 0, 1, ... for equal values, in order of first appearance. */
    public static int[] codes(List<?> values) {
        var seen = new HashMap<Object, Integer>();
        var codes = new int[values.size()];
        int i = 0;
        for (var value : values) codes[i++] = seen.computeIfAbsent(value, v -> seen.size());
        return codes;
    }

    /** Number of groups. */
    public int size() { return starts.length - 1; }

    /** Number of rows of each group. */
    public int[] counts() {
        var counts = new int[size()];
        for (int g = 0; g < counts.length; g++) counts[g] = starts[g + 1] - starts[g];
        return counts;
    }

    /** The rows of group {@code g}, ascending. */
    public int[] rows(int g) { return Arrays.copyOfRange(rows, starts[g], starts[g + 1]); }

    /** For each row the value of its group. */
    int[] map(int[] ofGroup) {
        var mapped = new int[group.length];
        for (int i = 0; i < mapped.length; i++) mapped[i] = ofGroup[group[i]];
        return mapped;
    }

    /** Row numbers by ascending time; rows of one time keep their order. */
    static int[] sorted(long[] times) {
        var order = new Integer[times.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Long.compare(times[a], times[b]));
        return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
    }
}
