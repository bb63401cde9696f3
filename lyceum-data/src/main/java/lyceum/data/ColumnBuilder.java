package lyceum.data;

import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.tensor.Tensor;

/** Gathers the cells of a column one by one. */
final class ColumnBuilder {
    private final String name;
    private final ColumnType type;
    private double[] doubles = new double[0];
    private long[] longs = new long[0];
    private boolean[] valid = new boolean[0];
    private final List<String> texts = new ArrayList<>();
    private Map<String, Integer> dictionary;
    private int size;
    private int nulls;

    ColumnBuilder(String name, ColumnType type) {
        this.name = name;
        this.type = type;
    }

    ColumnType type() { return type; }

    void addNull() {
        next(false);
        nulls++;
        if (type == ColumnType.TEXT) texts.add(null);
    }

    /** Adds what the text says. @return false, and nothing is added, where it is not of this column's type */
    boolean addText(String cell) {
        switch (type) {
            case F64 -> {
                if (!Cells.isNumber(cell)) return false;
                addDouble(Cells.number(cell));
            }
            case I64 -> {
                if (!Cells.isWhole(cell)) return false;
                addLong(Long.parseLong(cell));
            }
            case BOOL -> {
                if (!Cells.isBool(cell)) return false;
                addLong(cell.length() == 4 ? 1 : 0);
            }
            case DATE, TIMESTAMP -> {
                var at = type == ColumnType.DATE ? Cells.date(cell) : Cells.timestamp(cell.length() == 10 ? cell + "T00:00" : cell);
                if (at == null) return false;
                addLong(at);
            }
            case TEXT -> {
                next(true);
                texts.add(cell);
            }
            case CATEGORY -> addLong(code(cell));
        }
        return true;
    }

    private void addLong(long value) {
        int at = next(true);
        longs[at] = value;
    }

    void addDouble(double value) {
        int at = next(true);
        doubles[at] = value;
    }

    /** Adds a value of this column's Java type: Double, Long, Boolean, String, LocalDate or Instant; any Number for numbers; null for a null. */
    void add(Object value) {
        switch (value) {
            case null -> addNull();
            case Number number when type == ColumnType.F64 -> addDouble(number.doubleValue());
            case Number number when type == ColumnType.I64 -> addLong(number.longValue());
            case Boolean flag when type == ColumnType.BOOL -> addLong(flag ? 1 : 0);
            case LocalDate date when type == ColumnType.DATE -> addLong(date.toEpochDay());
            case Instant moment when type == ColumnType.TIMESTAMP -> addLong(Cells.micros(moment));
            case String text when type.isText() -> addText(text);
            default -> throw new FrameException(
                    "column '" + name + "' of type " + type + " cannot take the " + value.getClass().getSimpleName() + " " + value);
        }
    }

    private int code(String word) {
        if (dictionary == null) dictionary = new HashMap<>();
        var known = dictionary.putIfAbsent(word, texts.size());
        if (known != null) return known;
        texts.add(word);
        return texts.size() - 1;
    }

    private int next(boolean isValid) {
        if (size == valid.length) grow();
        valid[size] = isValid;
        if (!isValid && type == ColumnType.F64) doubles[size] = Double.NaN;
        return size++;
    }

    private void grow() {
        int to = size + (size >> 1) + 8;
        valid = Arrays.copyOf(valid, to);
        if (type == ColumnType.F64) doubles = Arrays.copyOf(doubles, to);
        else if (type != ColumnType.TEXT) longs = Arrays.copyOf(longs, to);
    }

    /** Removes cells after the first {@code to}, for a row that turned out wrong half-way. */
    void cutTo(int to) {
        while (size > to) {
            if (!valid[--size]) nulls--;
            else valid[size] = false;
            if (type == ColumnType.TEXT) texts.removeLast();
        }
    }

    int size() { return size; }

    Column build() {
        var mask = nulls == 0 ? null : Tensor.of(Arrays.copyOf(valid, size));
        Tensor values = switch (type) {
            case F64 -> Tensor.of(Arrays.copyOf(doubles, size));
            case TEXT -> null;
            default -> Tensor.of(Arrays.copyOf(longs, size)).to(type.dtype());
        };
        return new Column(name, type, size, values, mask, texts.toArray(String[]::new));
    }
}
