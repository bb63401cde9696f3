package lyceum.plot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A figure's data as a table.
 *
 * @param columns their names
 * @param rows cells that are a {@code String} or a {@code Double}; as many in each row as there are columns
 */
public record Table(List<String> columns, List<List<Object>> rows) {
    /** Checks that every row is as wide as the header. */
    public Table {
        columns = List.copyOf(columns);
        for (var r : rows) Check.sameLength("table", "the header", columns.size(), "a row", r.size());
        rows = List.copyOf(rows);
    }

    /** The table as CSV (RFC 4180): a header line, CRLF, quotes where they are needed, an empty field for a value that is not a number. */
    public String toCsv() {
        var out = new StringBuilder();
        line(out, columns);
        for (var r : rows) line(out, r);
        return out.toString();
    }

    private static void line(StringBuilder out, List<?> cells) {
        for (int i = 0; i < cells.size(); i++) {
            if (i > 0) out.append(',');
            out.append(quoted(cell(cells.get(i))));
        }
        out.append("\r\n");
    }

    /** A cell as text: whole numbers without a point, NaN as nothing. */
    public static String cell(Object value) {
        if (!(value instanceof Double d)) return String.valueOf(value);
        if (d.isNaN()) return "";
        return d == Math.rint(d) && Math.abs(d) < 1e15 ? Long.toString(d.longValue()) : d.toString();
    }

    private static String quoted(String s) {
        boolean plain = true;
        for (int i = 0; i < s.length() && plain; i++) {
            char c = s.charAt(i);
            plain = c != ',' && c != '"' && c != '\n' && c != '\r';
        }
        return plain ? s : '"' + s.replace("\"", "\"\"") + '"';
    }

    /** Tables one below the other, each row led by its table's name; columns that a table lacks stay empty. */
    static Table under(String column, List<String> names, List<Table> tables) {
        var columns = new ArrayList<String>();
        columns.add(column);
        for (var t : tables) for (var c : t.columns) if (columns.lastIndexOf(c) < 1) columns.add(c);
        var rows = new ArrayList<List<Object>>();
        for (int i = 0; i < tables.size(); i++) {
            var t = tables.get(i);
            var places = t.columns.stream().mapToInt(columns::lastIndexOf).toArray();
            for (var r : t.rows) {
                var row = new Object[columns.size()];
                Arrays.fill(row, "");
                row[0] = names.get(i);
                for (int c = 0; c < places.length; c++) row[places[c]] = r.get(c);
                rows.add(List.of(row));
            }
        }
        return new Table(columns, rows);
    }
}
