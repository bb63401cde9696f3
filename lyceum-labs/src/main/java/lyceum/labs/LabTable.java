package lyceum.labs;

import java.util.ArrayList;
import java.util.List;

/**
 * A table that a lab showed.
 *
 * @param title   what it holds
 * @param columns their names
 * @param rows    one cell a column: String, number or Boolean
 */
public record LabTable(String title, List<String> columns, List<List<Object>> rows) {

    /**
     * Checks that it is a table.
     *
     * @throws IllegalArgumentException if a row has another number of cells than there are columns
     */
    public LabTable {
        columns = List.copyOf(columns);
        var copy = new ArrayList<List<Object>>(rows.size());
        for (var row : rows) {
            if (row.size() != columns.size()) {
                throw new IllegalArgumentException(
                        "table '" + title + "': row " + copy.size() + " has " + row.size() + " cells for " + columns.size() + " columns");
            }
            copy.add(List.copyOf(row));
        }
        rows = List.copyOf(copy);
    }
}
