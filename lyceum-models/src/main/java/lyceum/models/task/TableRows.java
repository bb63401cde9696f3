package lyceum.models.task;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import lyceum.FormatException;
import lyceum.data.Column;
import lyceum.data.ColumnType;
import lyceum.data.Csv;
import lyceum.data.Frame;
import lyceum.nn.InputField;
import lyceum.train.task.TrainingSettings;

/** A CSV file, without the rows that cannot be learned from, and what its columns are to a network. */
record TableRows(Path file, Frame frame, int[] lines, List<String> notes) {
    private static final int MOST_NAMED = 10, MOST_VALUES = 1000;

    /**
     * @param skips whether rows that do not fit are left out, or end the reading
     * @param types of columns, where they are known
     */
    static TableRows read(TrainingSettings data, String name, String target, boolean skips, Map<String, ColumnType> types)
            throws IOException {
        var file = data.path(name);
        var result = new Csv().withTypes(types).withMaxErrors(skips ? Integer.MAX_VALUE : 0).read(file);
        var frame = result.frame();
        if (!frame.has(target)) throw data.wrong("target", "it is " + target + "; " + file + " has " + String.join(", ", frame.names()));
        var wrong = new ArrayList<String>();
        result.rejects().forEach(r -> wrong.add("line " + r.line() + ": " + r.problem()));
        var kept = new ArrayList<Integer>();
        for (int row = 0; row < frame.size(); row++) {
            var problem = problem(frame, target, row);
            if (problem == null) {
                kept.add(row);
                continue;
            }
            if (!skips) throw new FormatException(file + ": row " + (row + 1) + ": " + problem);
            wrong.add("row " + (row + 1) + ": " + problem);
        }
        var notes = new ArrayList<String>();
        wrong.stream().limit(MOST_NAMED).forEach(w -> notes.add("skipped " + file + ": " + w));
        if (wrong.size() > MOST_NAMED) notes.add("skipped " + file + ": " + (wrong.size() - MOST_NAMED) + " more rows");
        int[] rows = kept.stream().mapToInt(Integer::intValue).toArray();
        if (rows.length < 2) throw new FormatException(file + ": " + rows.length + " rows can be learned from; at least 2 are needed");
        return new TableRows(file, rows.length == frame.size() ? frame : frame.rows(rows), rows, notes);
    }

    private static String problem(Frame frame, String target, int row) {
        if (frame.column(target).isNull(row)) return "the target " + target + " is missing";
        for (var column : frame.columns()) {
            if (column.isNull(row) || !(column.get(row) instanceof Double value) || Double.isFinite(value)) continue;
            return column.name() + " is " + value;
        }
        return null;
    }

    Map<String, ColumnType> types() {
        var types = new LinkedHashMap<String, ColumnType>();
        frame.columns().forEach(c -> types.put(c.name(), c.type()));
        return types;
    }

    /** Some of them. */
    TableRows rows(int... rows) {
        return new TableRows(file, frame.rows(rows), Arrays.stream(rows).map(r -> lines[r]).toArray(), List.of());
    }

    String nameOf(int row) { return file.getFileName() + " row " + (lines[row] + 1); }

    /** The columns except for the target and those that are dropped; what no network can read is dropped with a note. */
    List<InputField> fields(String target, List<String> dropped, List<String> told) {
        var fields = new ArrayList<InputField>();
        var left = new HashSet<>(dropped);
        left.add(target);
        for (var column : frame.columns()) {
            if (left.contains(column.name())) continue;
            if (column.nulls() == column.size()) told.add("column " + column.name() + " is empty and left out");
            else if (column.type() == ColumnType.DATE || column.type() == ColumnType.TIMESTAMP)
                told.add("column " + column.name() + " holds dates and is left out");
            else if (column.type().isNumeric() && column.type() != ColumnType.BOOL)
                fields.add(InputField.numeric(column.name()).withIndicated(column.nulls() > 0));
            else if (new HashSet<>(column.toList()).size() > MOST_VALUES)
                told.add("column " + column.name() + " has more than " + MOST_VALUES + " texts and is left out");
            else fields.add(InputField.category(column.name()).withUnknown(true));
        }
        return fields;
    }

    /** The target's values in order, where they are classes. */
    static List<String> classes(Column target) {
        var values = new TreeSet<Object>();
        values.addAll(target.toList());
        return values.stream().map(String::valueOf).toList();
    }

    /** The number of each row's class. @throws FormatException naming a row whose class is none of them */
    long[] labels(String target, List<String> classes) {
        var cells = frame.column(target).toList();
        return IntStream.range(0, cells.size()).mapToLong(i -> {
            int label = classes.indexOf(String.valueOf(cells.get(i)));
            if (label < 0) throw new FormatException(nameOf(i) + ": " + target + " is " + cells.get(i) + "; classes are " + classes);
            return label;
        }).toArray();
    }
}
