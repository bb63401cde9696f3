package lyceum.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * The categories of one column, in order: what encoders number. Learned ones are sorted, NaN and then null last, so that a missing value is a category as
 * any other.
 */
public final class Categories {
    private final String name;
    private final ColumnType type;
    private final List<Object> values;
    private final Map<Object, Integer> codes = new HashMap<>();

    private Categories(String name, ColumnType type, List<Object> values) {
        this.name = name;
        this.type = type;
        this.values = Collections.unmodifiableList(values);
        for (var value : values)
            if (codes.put(value, codes.size()) != null)
                throw new FrameException("categories of '" + name + "': " + value + " is given twice");
    }

    /** Those that occur in the column. */
    public static Categories of(Column column) {
        var values = new ArrayList<>(new HashSet<>(cells(column)));
        values.sort(Categories::compare);
        return new Categories(column.name(), column.type(), values);
    }

    /** Given ones, in this order. Numbers are taken as the type's: 3 is 3.0 in a column of real numbers. */
    public static Categories of(String name, ColumnType type, List<?> values) {
        return new Categories(name, type, new ArrayList<>(values.stream().map(v -> key(v, type)).toList()));
    }

    private static int compare(Object a, Object b) {
        if (a == null || b == null) return a == b ? 0 : a == null ? 1 : -1;
        @SuppressWarnings("unchecked") var order = (Comparator<Object>) (Comparator<?>) Comparator.naturalOrder();
        return order.compare(a, b);
    }

    /** The form under which a value is looked up. */
    private static Object key(Object value, ColumnType type) {
        if (!(value instanceof Number number)) return value;
        if (type == ColumnType.F64) return number.doubleValue() + 0.0; // -0 is 0
        return number instanceof Integer whole ? Long.valueOf(whole) : number;
    }

    private static List<Object> cells(Column column) {
        return column.type() == ColumnType.F64 ? new ArrayList<>(column.toList().stream().map(v -> key(v, ColumnType.F64)).toList())
                : column.toList();
    }

    /** Of the column. */
    public String name() { return name; }

    /** Of the column. */
    public ColumnType type() { return type; }

    /** In order; may end with null. */
    public List<Object> values() { return values; }

    public int size() { return values.size(); }

    /** The number of each cell's category; -1 for one that is not among them. */
    public int[] codes(Column column) {
        var cells = cells(column);
        var found = new int[cells.size()];
        for (int i = 0; i < found.length; i++) found[i] = codes.getOrDefault(cells.get(i), -1);
        return found;
    }

    /** As {@link #codes}, where every cell has a category. @throws FrameException naming the first that has none */
    int[] known(String operation, Column column) {
        var found = codes(column);
        for (int i = 0; i < found.length; i++) if (found[i] < 0) throw unknown(operation, column, i);
        return found;
    }

    FrameException unknown(String operation, Column column, int row) {
        return new FrameException(operation + ": column '" + name + "' holds " + column.get(row) + " at row " + row
                + ", which was not among the categories when it was fitted; ignore unknown ones, or refit");
    }

    /** A column of these categories, by number; -1 becomes null. */
    Column column(int[] codes) {
        var cells = new ArrayList<Object>();
        for (int code : codes) cells.add(code < 0 ? null : values.get(code));
        return Column.ofValues(name, type, cells);
    }

    @Override public String toString() { return "Categories[" + name + ": " + values + "]"; }
}
