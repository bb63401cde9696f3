package lyceum.data;

import java.util.function.IntUnaryOperator;

/**
 * A column to sort by. Numbers by size (NaN after all others), texts by code unit, false before true; nulls last in either direction.
 *
 * @param column     its name
 * @param descending whether the largest comes first
 */
public record SortKey(String column, boolean descending) {

    /** Smallest first. */
    public static SortKey ascending(String column) { return new SortKey(column, false); }

    /** Largest first. */
    public static SortKey descending(String column) { return new SortKey(column, true); }

    /** Compares two rows. */
    @FunctionalInterface
    interface RowOrder {
        int compare(int a, int b);
    }

    RowOrder comparator(Frame frame) {
        var column = frame.column(this.column);
        var heap = column.heap();
        RowOrder values = switch (column.type()) {
            case F64 -> (a, b) -> Double.compare(heap.doubles()[a] + 0.0, heap.doubles()[b] + 0.0);
            case TEXT, CATEGORY -> (a, b) -> column.text(heap, a).compareTo(column.text(heap, b));
            default -> (a, b) -> Long.compare(heap.longs()[a], heap.longs()[b]);
        };
        int sign = descending ? -1 : 1;
        if (heap.valid() == null) return (a, b) -> sign * values.compare(a, b);
        IntUnaryOperator nullRank = row -> heap.valid()[row] ? 0 : 1;
        return (a, b) -> {
            int ranks = nullRank.applyAsInt(a) - nullRank.applyAsInt(b);
            return ranks != 0 || !heap.valid()[a] ? ranks : sign * values.compare(a, b);
        };
    }
}
