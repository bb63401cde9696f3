package lyceum.learn.table;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import lyceum.data.Column;
import lyceum.data.ColumnType;
import lyceum.data.Frame;
import lyceum.learn.table.TableColumn.Kind;

/**
 * The columns of a table but its target, each with how it is taken and why. Left out are columns without a value, of one value, that number the rows, that
 * repeat an earlier column, and texts of which nearly every row has its own.
 */
public record TableProfile(int rows, List<TableColumn> columns) {
    private static final int SOME_ROWS = 20;
    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

    public TableProfile { columns = List.copyOf(columns); }

    /** @param dropped columns that the caller leaves out @throws IllegalArgumentException if a name is none of the frame's */
    public static TableProfile of(Frame frame, String target, Set<String> dropped) {
        frame.column(target);
        dropped.forEach(frame::column);
        var columns = new ArrayList<TableColumn>();
        Map<Integer, Column> seen = new HashMap<>();
        for (var column : frame.columns()) {
            if (column.name().equals(target)) continue;
            int distinct = distinct(column);
            var found = dropped.contains(column.name()) ? out(column, distinct, "as asked") : of(column, distinct);
            if (found.kind() == Kind.NUMBER) {
                int hash = Arrays.hashCode(column.numbers());
                var earlier = seen.putIfAbsent(hash, column);
                if (earlier != null && Arrays.equals(earlier.numbers(), column.numbers()))
                    found = out(column, distinct, "repeats " + earlier.name());
            }
            columns.add(found);
        }
        return new TableProfile(frame.size(), columns);
    }

    private static TableColumn of(Column column, int distinct) {
        int present = column.size() - column.nulls();
        var type = column.type();
        if (present == 0) return out(column, distinct, "has no value");
        if (distinct == 1) return out(column, distinct, "has one value, " + first(column));
        if (type == ColumnType.DATE || type == ColumnType.TIMESTAMP) return taken(column, Kind.DATE, distinct, "days");
        if (type.isText()) {
            String mixed = numbersAmong(column, present);
            if (present >= SOME_ROWS && distinct > 0.9 * present)
                return out(column, distinct, distinct + " different texts in " + present + " rows" + mixed);
            return taken(column, Kind.CATEGORY, distinct,
                    distinct + " different texts" + (mixed.isEmpty() ? "" : " in " + present + " rows" + mixed));
        }
        if (type == ColumnType.I64 && numbersRows(column)) return out(column, distinct, "numbers the rows");
        return taken(column, Kind.NUMBER, distinct, type == ColumnType.BOOL ? "true or false" : "numbers");
    }

    /** Of a column of numbers that a few texts have made one of texts: how many, and the first text. */
    private static String numbersAmong(Column column, int present) {
        int numbers = 0;
        String odd = null;
        for (int i = 0; i < column.size(); i++) {
            if (column.isNull(i)) continue;
            String text = column.get(i).toString();
            if (NUMBER.matcher(text.strip()).matches()) numbers++;
            else if (odd == null) odd = text.length() > 40 ? text.substring(0, 37) + "..." : text;
        }
        return odd == null || 2 * numbers < present ? "" : "; " + numbers + " of them are numbers, '" + odd + "' is not";
    }

    private static boolean numbersRows(Column column) {
        if (column.size() < SOME_ROWS || column.nulls() > 0) return false;
        double[] v = column.numbers();
        double step = v[1] - v[0];
        if (step == 0) return false;
        for (int i = 2; i < v.length; i++) if (v[i] - v[i - 1] != step) return false;
        return true;
    }

    private static TableColumn taken(Column c, Kind kind, int distinct, String reason) {
        return new TableColumn(c.name(), kind, reason, c.nulls(), distinct);
    }

    private static TableColumn out(Column c, int distinct, String reason) { return taken(c, Kind.LEFT_OUT, distinct, reason); }

    private static Object first(Column column) {
        for (int i = 0; i < column.size(); i++) if (!column.isNull(i)) return column.get(i);
        return null;
    }

    static int distinct(Column column) {
        if (column.type() == ColumnType.CATEGORY && column.nulls() == 0) return column.dictionary().size();
        if (column.type().isNumeric()) {
            double[] v = column.numbers();
            Arrays.sort(v);
            int count = 0;
            for (int i = 0; i < v.length && !Double.isNaN(v[i]); i++) if (i == 0 || v[i] != v[i - 1]) count++;
            return count;
        }
        var values = new HashSet<Object>();
        for (int i = 0; i < column.size(); i++) if (!column.isNull(i)) values.add(column.get(i));
        return values.size();
    }

    /** Those that a learner sees. */
    public List<TableColumn> taken() { return columns.stream().filter(c -> c.kind() != Kind.LEFT_OUT).toList(); }
}
