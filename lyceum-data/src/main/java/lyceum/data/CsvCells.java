package lyceum.data;

import de.siegmar.fastcsv.reader.AbstractBaseCsvCallbackHandler;
import java.util.Arrays;

/** The cells of the record that FastCSV read last, and whether each was quoted; one object for a whole file. */
final class CsvCells extends AbstractBaseCsvCallbackHandler<CsvCells> {
    private String[] cells = new String[8];
    private boolean[] quoted = new boolean[8];
    private int count;
    private long line;

    @Override protected void handleBegin(long startingLineNumber) {
        line = startingLineNumber;
        count = 0;
    }

    @Override protected void handleField(int at, char[] buffer, int offset, int length, boolean isQuoted) {
        if (count == cells.length) {
            cells = Arrays.copyOf(cells, 2 * count);
            quoted = Arrays.copyOf(quoted, 2 * count);
        }
        cells[count] = new String(buffer, offset, length);
        quoted[count++] = isQuoted;
    }

    @Override protected CsvCells buildRecord() { return this; }

    int count() { return count; }

    /** The line on which the record began, from 1. */
    long line() { return line; }

    String cell(int i) { return cells[i]; }

    boolean isQuoted(int i) { return quoted[i]; }
}
