package lyceum.data;

import java.util.Map;

/** One row of a {@link Frame} while the frame visits it. It moves on to the next row afterwards: keep values, not the Row. */
public final class Row {
    private final Frame frame;
    private final Map<String, Integer> places;
    private final Column.Heap[] heaps;
    int index;

    Row(Frame frame, Map<String, Integer> places) {
        this.frame = frame;
        this.places = places;
        this.heaps = new Column.Heap[frame.columns().size()];
    }

    private int place(String column) {
        var place = places.get(column);
        if (place == null) throw frame.unknown("row", column);
        if (heaps[place] == null) heaps[place] = frame.columns().get(place).heap();
        return place;
    }

    /** The row's number. */
    public int index() { return index; }

    /** The cell as its Java class; null for a null. */
    public Object get(String column) {
        int place = place(column);
        return frame.columns().get(place).get(heaps[place], index);
    }

    /** The cell as a number, truth values as 0 and 1; NaN for a null. */
    public double number(String column) {
        int place = place(column);
        var type = frame.columns().get(place).type();
        if (!type.isNumeric()) throw new FrameException("column '" + column + "' is " + type + ", not numeric");
        if (Column.isNull(heaps[place], index)) return Double.NaN;
        return type == ColumnType.F64 ? heaps[place].doubles()[index] : heaps[place].longs()[index];
    }

    /** The cell as a text; null for a null. */
    public String text(String column) {
        var value = get(column);
        return value == null ? null : value.toString();
    }

    public boolean isNull(String column) { return Column.isNull(heaps[place(column)], index); }
}
