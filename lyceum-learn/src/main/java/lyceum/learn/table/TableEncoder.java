package lyceum.learn.table;

import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import lyceum.data.Column;
import lyceum.data.ColumnType;
import lyceum.data.Csv;
import lyceum.data.Frame;
import lyceum.learn.table.TableColumn.Kind;
import lyceum.tensor.Tensor;

/**
 * Rows of a frame as numbers: what a learner reads. Made from training rows alone. A value that is missing or infinite is NaN in a column of numbers; a text that was rare
 * or unknown when the encoder was made is zero in all columns of its category.
 *
 * @param parts the columns of the frame that are used, in order
 */
public record TableEncoder(List<Part> parts) {
    /** Texts of a category that have a column of their own. */
    private static final int MOST_WORDS = 40;
    private static final double MICROSECONDS_A_DAY = 86_400e6;
    private static final List<String> DATE_PARTS = List.of("day", "month", "weekday");

    /**
     * A column of the frame.
     *
     * @param words of a category that have a column, the commonest first
     */
    public record Part(String name, Kind kind, ColumnType type, List<String> words) {
        public Part { words = List.copyOf(words); }

        int width() {
            return switch (kind) {
                case NUMBER -> 1;
                case DATE -> DATE_PARTS.size();
                case CATEGORY -> words.size();
                case LEFT_OUT -> 0;
            };
        }
    }

    public TableEncoder { parts = List.copyOf(parts); }

    /** What the profile takes, with the categories of these rows: at most 40 texts of each, those of two rows or more. */
    public static TableEncoder of(Frame rows, TableProfile profile) {
        var parts = new ArrayList<Part>();
        for (var column : profile.taken()) {
            var data = rows.column(column.name());
            parts.add(new Part(column.name(), column.kind(), data.type(), column.kind() == Kind.CATEGORY ? words(data) : List.of()));
        }
        return new TableEncoder(parts);
    }

    private static List<String> words(Column column) {
        var counts = new TreeMap<String, Integer>();
        for (var value : column.toList()) if (value != null) counts.merge(value.toString(), 1, Integer::sum);
        return counts.entrySet().stream().filter(e -> e.getValue() > 1)
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()).thenComparing(Map.Entry.comparingByKey()))
                .limit(MOST_WORDS).map(Map.Entry::getKey).toList();
    }

    public int width() { return parts.stream().mapToInt(Part::width).sum(); }

    /** Of the numbers, such as {@code age}, {@code town = Graz} and {@code since, month}. */
    public List<String> names() {
        var names = new ArrayList<String>();
        for (var part : parts) {
            switch (part.kind) {
                case CATEGORY -> part.words.forEach(word -> names.add(part.name + " = " + word));
                case DATE -> DATE_PARTS.forEach(each -> names.add(part.name + ", " + each));
                default -> names.add(part.name);
            }
        }
        return names;
    }

    /** For each part the numbers that it becomes. */
    public int[][] groups() {
        var groups = new int[parts.size()][];
        int at = 0;
        for (int g = 0; g < groups.length; g++) {
            int from = at;
            at += parts.get(g).width();
            groups[g] = IntStream.range(from, at).toArray();
        }
        return groups;
    }

    /** {@link #read(Path)} of a file of any length: frames of at most {@code rows} rows, one in memory at a time. */
    public void read(Path file, int rows, Consumer<Frame> chunk) throws IOException {
        check(new Csv().withLimit(1).read(file).frame());
        csv().forEachChunk(file, rows, chunk);
    }

    /** Reads a file of such rows: every column as the type that it had, whole numbers as numbers. @throws IllegalArgumentException if columns are missing */
    public Frame read(Path file) throws IOException {
        check(new Csv().withLimit(1).read(file).frame());
        return csv().read(file).frame();
    }

    private Csv csv() {
        var csv = new Csv();
        for (var part : parts) csv = csv.withType(part.name, part.type == ColumnType.I64 ? ColumnType.F64 : part.type);
        return csv;
    }

    private void check(Frame frame) {
        var missing = parts.stream().map(Part::name).filter(name -> !frame.has(name)).toList();
        if (!missing.isEmpty()) throw new IllegalArgumentException(
                "TableEncoder: the table lacks " + String.join(", ", missing) + "; it has " + String.join(", ", frame.names()));
    }

    /**
     * The rows as numbers (n x width), F64. Further columns of the frame do not matter.
     *
     * @throws IllegalArgumentException if columns are missing (all are named), or one is of another type
     */
    public Tensor encode(Frame frame) {
        check(frame);
        int n = frame.size(), width = width(), at = 0;
        var values = new double[Math.multiplyExact(n, width)];
        for (var part : parts) {
            write(part, frame.column(part.name), values, at, width);
            at += part.width();
        }
        return Tensor.of(values, n, width);
    }

    private static void write(Part part, Column column, double[] values, int at, int width) {
        boolean empty = column.nulls() == column.size();
        if (!empty && part.type.isText() != column.type().isText())
            throw new IllegalArgumentException("TableEncoder: column " + part.name + " is " + column.type() + "; it was " + part.type);
        int n = column.size();
        switch (part.kind) {
            case CATEGORY -> {
                var places = new HashMap<String, Integer>();
                for (var word : part.words) places.put(word, places.size());
                if (empty) return;
                var cells = column.toList();
                for (int i = 0; i < n; i++) {
                    var place = cells.get(i) == null ? null : places.get(cells.get(i).toString());
                    if (place != null) values[i * width + at + place] = 1;
                }
            }
            case DATE -> {
                double[] days = empty ? null : column.numbers();
                double scale = column.type() == ColumnType.TIMESTAMP ? 1 / MICROSECONDS_A_DAY : 1;
                for (int i = 0; i < n; i++) {
                    double day = days == null ? Double.NaN : days[i] * scale;
                    var date = Double.isNaN(day) ? null : LocalDate.ofEpochDay((long) Math.floor(day));
                    values[i * width + at] = day;
                    values[i * width + at + 1] = date == null ? Double.NaN : date.getMonthValue();
                    values[i * width + at + 2] = date == null ? Double.NaN : date.getDayOfWeek().getValue();
                }
            }
            default -> {
                double[] numbers = empty ? null : column.numbers();
                for (int i = 0; i < n; i++) {
                    double v = numbers == null ? Double.NaN : numbers[i];
                    values[i * width + at] = Double.isInfinite(v) ? Double.NaN : v;
                }
            }
        }
    }

    /** For each category the texts of these rows that it has no column for, with how many rows have one. */
    public Map<String, Integer> unknown(Frame frame) {
        var unknown = new TreeMap<String, Integer>();
        for (var part : parts) {
            if (part.kind != Kind.CATEGORY || !frame.has(part.name)) continue;
            for (var value : frame.column(part.name).toList())
                if (value != null && !part.words.contains(value.toString())) unknown.merge(part.name, 1, Integer::sum);
        }
        return unknown;
    }
}
