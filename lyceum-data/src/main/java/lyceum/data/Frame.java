package lyceum.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A table of named, typed columns of equal length, whose cells may be null. Immutable; every method returns another frame.
 *
 * {@snippet :
 * var frame = Frame.readCsv(Path.of("people.csv"));
 * var means = frame.filter(row -> row.number("age") >= 18)
 *     .groupBy("city").aggregate(Aggregate.rows(), Aggregate.mean("income"))
 *     .sort(SortKey.descending("rows"));
 * var x = frame.toTensor("age", "income");
 * }
 */
public final class Frame {
    private final List<Column> columns;
    private final Map<String, Integer> places = new HashMap<>();
    private final int size;

    private Frame(List<Column> columns) {
        this.columns = List.copyOf(columns);
        this.size = columns.isEmpty() ? 0 : columns.getFirst().size();
        for (var column : columns) {
            if (column.size() != size) throw new FrameException("Frame: column '" + column.name() + "' has " + column.size() + " rows and '"
                    + columns.getFirst().name() + "' has " + size);
            if (places.put(column.name(), places.size()) != null)
                throw new FrameException("Frame: two columns are named '" + column.name() + "'");
        }
    }

    /** Columns of equal length with different names. */
    public static Frame of(Column... columns) { return new Frame(Arrays.asList(columns)); }

    /** As {@link #of(Column...)}. */
    public static Frame of(List<Column> columns) { return new Frame(columns); }

    /** Features as columns, then {@code y}: class names where there are some, else numbers. */
    public static Frame of(Dataset data) {
        var columns = new ArrayList<Column>();
        var flat = data.flat();
        for (int j = 0; j < flat.features(); j++)
            columns.add(Column.of(data.featureNames().isEmpty() ? "x" + j : data.featureNames().get(j), flat.x().select(1, j)));
        columns.add(data.classNames().isEmpty() ? Column.of("y", data.y()) : new Column("y", ColumnType.CATEGORY, data.size(),
                data.y().to(DType.I32), null, data.classNames().toArray(String[]::new)));
        return of(columns);
    }

    /** Reads a CSV file with a header, comma and inferred types; see {@link Csv} for all else. */
    public static Frame readCsv(Path file) throws IOException { return new Csv().read(file).frame(); }

    /** Number of rows. */
    public int size() { return size; }

    /** The columns in order. */
    public List<Column> columns() { return columns; }

    /** The columns' names in order. */
    public List<String> names() { return columns.stream().map(Column::name).toList(); }

    /** Whether there is a column of this name. */
    public boolean has(String name) { return places.containsKey(name); }

    /** The column of this name. @throws FrameException naming the known ones */
    public Column column(String name) {
        var place = places.get(name);
        if (place == null) throw unknown("column", name);
        return columns.get(place);
    }

    FrameException unknown(String operation, String name) {
        return new FrameException(operation + ": no column '" + name + "'; there are " + String.join(", ", names()));
    }

    /** Only these columns, in this order. */
    public Frame select(String... names) { return of(Arrays.stream(names).map(this::column).toList()); }

    /** All columns but these. */
    public Frame drop(String... names) {
        var dropped = Arrays.asList(names);
        for (var name : names) column(name);
        return of(columns.stream().filter(column -> !dropped.contains(column.name())).toList());
    }

    /** The column added at the end, or in place of the one of its name. */
    public Frame with(Column column) {
        var all = new ArrayList<>(columns);
        var place = places.get(column.name());
        if (place == null) all.add(column);
        else all.set(place, column);
        return of(all);
    }

    /** A column under another name. */
    public Frame rename(String from, String to) {
        var all = new ArrayList<>(columns);
        all.set(columns.indexOf(column(from)), column(from).named(to));
        return of(all);
    }

    /** A column in another type; see {@link Column#to}. */
    public Frame convert(String name, ColumnType type) { return with(column(name).to(type)); }

    /** The rows with these numbers, in this order. */
    public Frame rows(int... rows) {
        for (int row : rows) if (row < 0 || row >= size) throw new FrameException("rows: row " + row + " of " + size);
        return of(columns.stream().map(column -> column.take(rows)).toList());
    }

    /** The rows that satisfy the condition. */
    public Frame filter(Predicate<Row> condition) {
        var row = new Row(this, places);
        var mask = new boolean[size];
        for (row.index = 0; row.index < size; row.index++) mask[row.index] = condition.test(row);
        return filter(mask);
    }

    /** The rows where {@code mask} is true, such as from {@link Column#mask}. */
    public Frame filter(boolean[] mask) {
        if (mask.length != size) throw new FrameException("filter: a mask of " + mask.length + " for " + size + " rows");
        return rows(IntStream.range(0, size).filter(row -> mask[row]).toArray());
    }

    /** The first {@code n} rows, or all where there are fewer. */
    public Frame head(int n) { return rows(IntStream.range(0, Math.min(n, size)).toArray()); }

    /** The last {@code n} rows, or all where there are fewer. */
    public Frame tail(int n) { return rows(IntStream.range(Math.max(0, size - n), size).toArray()); }

    /** {@code n} different rows in random order. */
    public Frame sample(Rng rng, int n) { return rows(rng.sample(size, n)); }

    /** Sorted by these columns, smallest first; stable. */
    public Frame sort(String... names) { return sort(Arrays.stream(names).map(SortKey::ascending).toArray(SortKey[]::new)); }

    /** Sorted by the first key, then where equal by the next; stable. */
    public Frame sort(SortKey... keys) {
        var orders = Arrays.stream(keys).map(key -> key.comparator(this)).toArray(SortKey.RowOrder[]::new);
        var rows = new Integer[size];
        Arrays.setAll(rows, i -> i);
        Arrays.sort(rows, (a, b) -> {
            for (var order : orders) {
                int compared = order.compare(a, b);
                if (compared != 0) return compared;
            }
            return 0;
        });
        return rows(Arrays.stream(rows).mapToInt(Integer::intValue).toArray());
    }

    /** Groups of rows with equal values in these columns. */
    public GroupBy groupBy(String... keys) {
        if (keys.length == 0) throw new FrameException("groupBy: name one column at least");
        return new GroupBy(this, List.of(keys));
    }

    /** The first row of every combination of values in these columns, or in all. */
    public Frame distinct(String... names) {
        var keys = names.length == 0 ? columns : Arrays.stream(names).map(this::column).toList();
        return rows(KeyCodes.of(keys, size).firstRows());
    }

    /** Pairs rows with equal keys. Right columns whose name is taken get the suffix {@code _right}. */
    public Frame join(Frame right, Join kind, String... keys) { return Join.of(this, right, kind, List.of(keys)); }

    /** The rows of other frames below these; columns are matched by name and must be the same. */
    public Frame append(Frame... others) {
        var stacked = new ArrayList<Column>();
        for (var other : others)
            if (!new LinkedHashSet<>(names()).equals(new LinkedHashSet<>(other.names())))
                throw new FrameException("append: columns " + names() + " and " + other.names() + " differ");
        for (var column : columns) {
            var parts = new ArrayList<>(List.of(column));
            for (var other : others) parts.add(other.column(column.name()));
            stacked.add(stacked(column.name(), parts));
        }
        return of(stacked);
    }

    /** Columns one below the other; TEXT with CATEGORY gives TEXT. */
    static Column stacked(String name, List<Column> parts) {
        var types = new LinkedHashSet<>(parts.stream().map(Column::type).toList());
        var type = types.size() == 1 ? types.getFirst() : types.stream().allMatch(ColumnType::isText) ? ColumnType.TEXT : null;
        if (type == null) throw new FrameException("append: column '" + name + "' has the types " + types + "; convert it first");
        var builder = new ColumnBuilder(name, type);
        for (var part : parts) {
            var heap = part.heap();
            for (int row = 0; row < part.size(); row++) builder.add(part.get(heap, row));
        }
        return builder.build();
    }

    /** The rows without a null in these columns, or in any. */
    public Frame dropNulls(String... names) {
        var looked = names.length == 0 ? columns : Arrays.stream(names).map(this::column).toList();
        var mask = new boolean[size];
        Arrays.fill(mask, true);
        for (var column : looked) {
            if (column.nulls() == 0) continue;
            var valid = column.valid().toBooleanArray();
            for (int row = 0; row < size; row++) mask[row] &= valid[row];
        }
        return filter(mask);
    }

    /** Nulls of one column replaced; see {@link Column#fillNulls}. */
    public Frame fillNulls(String name, Object value) { return with(column(name).fillNulls(value)); }

    /** One row a column: type, nulls, distinct values, mean, standard deviation, five quantiles and the most frequent value. */
    public Frame describe() { return Describe.of(this); }

    /**
     * Columns as a matrix (n, p) of F64, truth values as 0 and 1; all columns where none is named.
     *
     * @throws FrameException for a text, a date or a null, with the way out
     */
    public Tensor toTensor(String... names) {
        var chosen = names.length == 0 ? columns : Arrays.stream(names).map(this::column).toList();
        if (chosen.isEmpty()) throw new FrameException("toTensor: the frame has no column");
        var vectors = new ArrayList<Tensor>();
        for (var column : chosen) {
            if (!column.type().isNumeric()) throw new FrameException("toTensor: column '" + column.name() + "' is " + column.type()
                    + "; oneHot or drop it, " + "or take column(\"" + column.name() + "\").tensor()");
            vectors.add(column.tensor().to(DType.F64));
        }
        return Tensor.stack(1, vectors.toArray(Tensor[]::new));
    }

    /**
     * Features and target for a learner. A target of texts or truth values becomes class numbers (texts in order of their dictionary, or sorted), a
     * numeric one stays F64. All other columns are features where none is named.
     */
    public Dataset toDataset(String target, String... features) {
        var names = features.length > 0 ? features : names().stream().filter(name -> !name.equals(target)).toArray(String[]::new);
        var y = column(target);
        var x = toTensor(names);
        if (y.type() == ColumnType.F64 || y.type() == ColumnType.I64)
            return new Dataset(x, y.tensor().to(DType.F64), List.of(names), List.of(), "");
        if (y.nulls() > 0) throw new FrameException("toDataset: target '" + target + "' has " + y.nulls() + " nulls; dropNulls first");
        var classes = classes(y);
        var labels = y.toList().stream().mapToLong(value -> classes.indexOf(value.toString())).toArray();
        return new Dataset(x, Tensor.of(labels), List.of(names), classes, "");
    }

    private static List<String> classes(Column column) {
        if (column.type() == ColumnType.CATEGORY) return column.dictionary();
        return column.toList().stream().filter(Objects::nonNull).map(Object::toString).distinct().sorted().toList();
    }

    /** A column replaced by one truth value column a class, named {@code column=class}; a null is false in all. */
    public Frame oneHot(String name) { return oneHot(name, false); }

    /** As {@link #oneHot(String)}; {@code dropFirst} leaves the first class out, so that a linear model with intercept keeps full rank. */
    public Frame oneHot(String name, boolean dropFirst) {
        var column = column(name);
        var cells = column.toList();
        var all = new ArrayList<>(columns);
        int place = all.indexOf(column);
        all.remove(place);
        var classes = classes(column);
        for (var word : dropFirst && !classes.isEmpty() ? classes.subList(1, classes.size()) : classes) {
            var is = new boolean[size];
            for (int row = 0; row < size; row++) is[row] = cells.get(row) != null && cells.get(row).toString().equals(word);
            all.add(place++, Column.of(name + "=" + word, is));
        }
        return of(all);
    }

    /** Writes a CSV file with header that {@link #readCsv} reads back; see {@link Csv#write} for options. */
    public void writeCsv(Path file) throws IOException { new Csv().write(this, file); }

    /** The cells of a row by column, for printing and tests. */
    public Map<String, Object> row(int row) {
        var cells = new LinkedHashMap<String, Object>();
        for (var column : columns) cells.put(column.name(), column.get(row));
        return Collections.unmodifiableMap(cells);
    }

    /** A table of the first ten rows; see {@link #toString(int)}. */
    @Override public String toString() { return toString(10); }

    /** A table of the first {@code rows} rows with types, as many columns as fit into 120 characters. */
    public String toString(int rows) { return FrameText.of(this, rows); }
}
