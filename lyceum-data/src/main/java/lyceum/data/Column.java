package lyceum.data;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.DoublePredicate;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.tensor.Tensor;

/**
 * A named column of one {@link ColumnType} whose cells may be null. Cells are in a tensor (texts aside), nulls in a mask beside it. Immutable.
 *
 * {@snippet :
 * var age = Column.of("age", 31.0, 42.0);
 * var city = Column.of("city", "Bern", null);
 * }
 */
public final class Column {
    private final String name;
    private final ColumnType type;
    private final int size;
    private final Tensor values;
    private final Tensor valid;
    private final String[] texts;

    /** {@code texts} are the cells of TEXT, the dictionary of CATEGORY; {@code valid} is null where no cell is. */
    Column(String name, ColumnType type, int size, Tensor values, Tensor valid, String[] texts) {
        this.name = Objects.requireNonNull(name, "name");
        this.type = type;
        this.size = size;
        this.values = values;
        this.valid = valid;
        this.texts = texts;
    }

    /** Real numbers. */
    public static Column of(String name, double... values) { return of(name, Tensor.of(values)); }

    /** Whole numbers. */
    public static Column of(String name, long... values) { return of(name, Tensor.of(values)); }

    /** Truth values. */
    public static Column of(String name, boolean... values) { return of(name, Tensor.of(values)); }

    /** Texts; null for a null. */
    public static Column of(String name, String... values) { return ofValues(name, ColumnType.TEXT, Arrays.asList(values)); }

    /** Texts with a dictionary, in order of first appearance; null for a null. */
    public static Column categories(String name, String... values) { return ofValues(name, ColumnType.CATEGORY, Arrays.asList(values)); }

    /** Days; null for a null. */
    public static Column dates(String name, LocalDate... values) { return ofValues(name, ColumnType.DATE, Arrays.asList(values)); }

    /** Moments; null for a null. */
    public static Column timestamps(String name, Instant... values) { return ofValues(name, ColumnType.TIMESTAMP, Arrays.asList(values)); }

    /** Values of the type's Java class (Double, Long, Boolean, String, LocalDate, Instant), null for a null. */
    public static Column ofValues(String name, ColumnType type, List<?> values) {
        var builder = new ColumnBuilder(name, type);
        for (var value : values) builder.add(value);
        return builder.build();
    }

    /** A vector as a column without nulls: floats become F64, integers I64, BOOL stays. */
    public static Column of(String name, Tensor values) {
        if (values.rank() != 1) throw new FrameException("Column '" + name + "': a column is a vector, not of shape " + values.shape());
        var type = values.dtype().isFloat() ? ColumnType.F64 : values.dtype() == DType.BOOL ? ColumnType.BOOL : ColumnType.I64;
        return new Column(name, type, Math.toIntExact(values.size(0)), values.to(type.dtype()), null, new String[0]);
    }

    public String name() { return name; }

    public ColumnType type() { return type; }

    /** Number of cells. */
    public int size() { return size; }

    /** Number of nulls. */
    public int nulls() { return valid == null ? 0 : (int) (size - valid.countNonZero().item()); }

    public boolean isNull(int row) {
        Objects.checkIndex(row, size);
        return valid != null && valid.item(row) == 0;
    }

    /** The words of a CATEGORY in order of their codes. */
    public List<String> dictionary() {
        if (type != ColumnType.CATEGORY)
            throw new FrameException("column '" + name + "' is " + type + "; only a CATEGORY has a dictionary");
        return List.of(texts);
    }

    /** The cell as Double, Long, Boolean, String, LocalDate or Instant; null for a null. */
    public Object get(int row) {
        Objects.checkIndex(row, size);
        if (valid != null && valid.item(row) == 0) return null;
        return switch (type) {
            case F64 -> values.item(row);
            case I64 -> values.itemLong(row);
            case BOOL -> values.item(row) != 0;
            case TEXT -> texts[row];
            case CATEGORY -> texts[(int) values.itemLong(row)];
            case DATE -> LocalDate.ofEpochDay(values.itemLong(row));
            case TIMESTAMP -> Cells.moment(values.itemLong(row));
        };
    }

    /** All cells as {@link #get} gives them. */
    public List<Object> toList() {
        var heap = heap();
        var all = new Object[size];
        for (int row = 0; row < size; row++) all[row] = get(heap, row);
        return Collections.unmodifiableList(Arrays.asList(all));
    }

    /**
     * The cells as a vector: F64, I64 or BOOL; days, microseconds or dictionary positions.
     *
     * @throws FrameException for texts, and where a cell is null
     */
    public Tensor tensor() {
        if (type == ColumnType.TEXT)
            throw new FrameException("column '" + name + "' is TEXT and has no tensor; make it a CATEGORY, or oneHot it");
        if (nulls() > 0) throw new FrameException("column '" + name + "' has " + nulls() + " nulls; dropNulls or fillNulls first");
        return values;
    }

    /** Which cells are not null, BOOL. */
    public Tensor valid() { return valid == null ? Tensor.ones(DType.BOOL, size) : valid; }

    /** The same cells under another name. */
    public Column named(String name) { return new Column(name, type, size, values, valid, texts); }

    /** The cells with these row numbers, in this order. */
    public Column rows(int... rows) {
        for (int row : rows) Objects.checkIndex(row, size);
        return take(rows);
    }

    /** As {@link #rows} with null for the number -1. */
    Column take(int[] rows) {
        var heap = heap();
        boolean missing = false;
        var present = new boolean[rows.length];
        for (int i = 0; i < rows.length; i++) missing |= !(present[i] = rows[i] >= 0 && !isNull(heap, rows[i]));
        var mask = missing ? Tensor.of(present) : null;
        if (type == ColumnType.TEXT) {
            var taken = new String[rows.length];
            for (int i = 0; i < rows.length; i++) taken[i] = present[i] ? texts[rows[i]] : null;
            return new Column(name, type, rows.length, null, mask, taken);
        }
        if (type == ColumnType.F64) {
            var taken = new double[rows.length];
            for (int i = 0; i < rows.length; i++) taken[i] = present[i] ? heap.doubles[rows[i]] : Double.NaN;
            return new Column(name, type, rows.length, Tensor.of(taken), mask, texts);
        }
        var taken = new long[rows.length];
        for (int i = 0; i < rows.length; i++) taken[i] = present[i] ? heap.longs[rows[i]] : 0;
        return new Column(name, type, rows.length, Tensor.of(taken).to(type.dtype()), mask, texts);
    }

    /**
     * The cells in another type: whole numbers to real ones, real ones without fraction to whole ones, texts to what they say, anything to text.
     *
     * @throws FrameException naming the first row that cannot be converted
     */
    public Column to(ColumnType other) {
        if (other == type) return this;
        var heap = heap();
        var builder = new ColumnBuilder(name, other);
        for (int row = 0; row < size; row++) {
            var value = get(heap, row);
            if (value == null) builder.addNull();
            else if (!convert(value, other, builder))
                throw new FrameException("column '" + name + "': row " + row + " holds " + type + " " + value + ", which is not " + other);
        }
        return builder.build();
    }

    private static boolean convert(Object value, ColumnType to, ColumnBuilder builder) {
        if (to.isText() || value instanceof String) return builder.addText(value.toString());
        if (value instanceof Double real && to == ColumnType.I64) {
            if (real != Math.rint(real) || Math.abs(real) > 0x1p63 - 1024) return false;
            builder.add(real.longValue());
        } else if (value instanceof Long whole && to == ColumnType.F64) builder.addDouble(whole);
        else if (value instanceof Boolean flag && (to == ColumnType.F64 || to == ColumnType.I64)) builder.add(flag ? 1 : 0);
        else if (value instanceof LocalDate date && to == ColumnType.TIMESTAMP) builder.add(date.atStartOfDay(ZoneOffset.UTC).toInstant());
        else return false;
        return true;
    }

    /** Nulls replaced by {@code value}, of the type's Java class or any number for numbers. */
    public Column fillNulls(Object value) {
        Objects.requireNonNull(value, "value");
        var heap = heap();
        var builder = new ColumnBuilder(name, type);
        for (int row = 0; row < size; row++) builder.add(isNull(heap, row) ? value : get(heap, row));
        return builder.build();
    }

    /** A function of each number; nulls stay. The result is F64. */
    public Column map(DoubleUnaryOperator function) {
        var numbers = numbers();
        for (int row = 0; row < size; row++) numbers[row] = function.applyAsDouble(numbers[row]);
        return new Column(name, ColumnType.F64, size, Tensor.of(numbers), valid, new String[0]);
    }

    /** Which numbers satisfy the condition; nulls do not. */
    public boolean[] mask(DoublePredicate condition) {
        var heap = heap();
        var numbers = numbers();
        var mask = new boolean[size];
        for (int row = 0; row < size; row++) mask[row] = !isNull(heap, row) && condition.test(numbers[row]);
        return mask;
    }

    /** Which texts satisfy the condition; nulls do not. */
    public boolean[] textMask(Predicate<String> condition) {
        if (!type.isText()) throw new FrameException("column '" + name + "' is " + type + ", not text");
        var heap = heap();
        var mask = new boolean[size];
        for (int row = 0; row < size; row++) mask[row] = !isNull(heap, row) && condition.test(text(heap, row));
        return mask;
    }

    /** The numbers of a numeric column, or days or microseconds; NaN for a null. */
    public double[] numbers() {
        if (type.isText()) throw new FrameException("column '" + name + "' is " + type + ", not numeric");
        var numbers = values.to(DType.F64).toDoubleArray();
        if (valid != null) {
            var mask = valid.toBooleanArray();
            for (int row = 0; row < size; row++) if (!mask[row]) numbers[row] = Double.NaN;
        }
        return numbers;
    }

    /** Heap copies of a column's cells, for loops: a tensor's item costs more than an array's. */
    record Heap(double[] doubles, long[] longs, boolean[] valid) {}

    Heap heap() {
        return new Heap(type == ColumnType.F64 ? values.toDoubleArray() : null,
                type == ColumnType.F64 || type == ColumnType.TEXT ? null : values.toLongArray(),
                valid == null ? null : valid.toBooleanArray());
    }

    static boolean isNull(Heap heap, int row) { return heap.valid != null && !heap.valid[row]; }

    String text(Heap heap, int row) { return type == ColumnType.TEXT ? texts[row] : texts[(int) heap.longs[row]]; }

    Object get(Heap heap, int row) {
        if (isNull(heap, row)) return null;
        return switch (type) {
            case F64 -> heap.doubles[row];
            case I64 -> heap.longs[row];
            case BOOL -> heap.longs[row] != 0;
            case TEXT, CATEGORY -> text(heap, row);
            case DATE -> LocalDate.ofEpochDay(heap.longs[row]);
            case TIMESTAMP -> Cells.moment(heap.longs[row]);
        };
    }

    @Override public String toString() {
        var head = toListHead();
        return "Column[" + name + " " + type + " x " + size + (nulls() > 0 ? ", " + nulls() + " nulls: " : ": ") + head + "]";
    }

    private String toListHead() {
        var text = rows(IntStream.range(0, Math.min(5, size)).toArray()).toList().toString();
        return size <= 5 ? text : text.substring(0, text.length() - 1) + ", ...]";
    }
}
