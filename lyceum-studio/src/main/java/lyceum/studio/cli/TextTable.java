package lyceum.studio.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import lyceum.studio.cli.Terminal.Style;

/**
 * Rows in columns: numbers to the right, text to the left, the widest text column cut first where the width does not hold all. Where it does not hold
 * eight characters of each, a row is a line a cell.
 *
 * @param rows the first one is the head
 */
record TextTable(List<List<String>> rows) {

    private static final String GAP = "  ";
    private static final int LEAST = 8;

    static TextTable of(List<? extends List<String>> rows) { return new TextTable(List.copyOf(rows)); }

    List<String> lines(Terminal terminal, int width) {
        var lines = new ArrayList<String>();
        if (rows.isEmpty()) return lines;
        int columns = rows.stream().mapToInt(List::size).max().orElse(0);
        var widths = widths(columns, width);
        if (widths.stream().mapToInt(Integer::intValue).sum() + GAP.length() * (columns - 1) > width)
            return stacked(terminal, columns, width);
        for (int r = 0; r < rows.size(); r++) {
            var line = new StringBuilder();
            for (int c = 0; c < columns; c++) {
                String cell = TextWidth.cut(cell(r, c), widths.get(c));
                String filled = numeric(c) ? " ".repeat(widths.get(c) - TextWidth.of(cell)) + cell : TextWidth.pad(cell, widths.get(c));
                line.append(c == 0 ? "" : GAP).append(filled);
            }
            lines.add(terminal.styled(r == 0 ? Style.QUIET : Style.PLAIN, line.toString().stripTrailing()));
        }
        return lines;
    }

    /** Each row's first cell, and below it the others, each behind the head of its column. */
    private List<String> stacked(Terminal terminal, int columns, int width) {
        var lines = new ArrayList<String>();
        for (int r = 1; r < rows.size(); r++) {
            TextWidth.wrap(cell(r, 0), width).forEach(line -> lines.add(terminal.styled(Style.BOLD, line)));
            for (int c = 1; c < columns; c++) {
                var head = cell(0, c).isBlank() ? "" : cell(0, c) + ": ";
                if (!cell(r, c).isBlank()) TextWidth.wrap(head + cell(r, c), width - GAP.length()).forEach(line -> lines.add(GAP + line));
            }
        }
        return lines;
    }

    private List<Integer> widths(int columns, int width) {
        var widths = new ArrayList<Integer>();
        for (int c = 0; c < columns; c++) {
            int widest = 1;
            for (int r = 0; r < rows.size(); r++) {
                widest = Math.max(widest, TextWidth.of(cell(r, c)));
            }
            widths.add(widest);
        }
        int total = widths.stream().mapToInt(Integer::intValue).sum() + GAP.length() * (columns - 1);
        while (total > width && Collections.max(widths) > LEAST) {
            int widest = widths.indexOf(Collections.max(widths));
            widths.set(widest, widths.get(widest) - 1);
            total--;
        }
        return widths;
    }

    private String cell(int row, int column) { return column < rows.get(row).size() ? rows.get(row).get(column) : ""; }

    /** Whether every cell below the head begins as a number does. */
    private boolean numeric(int column) {
        boolean any = false;
        for (int r = 1; r < rows.size(); r++) {
            String cell = cell(r, column).strip();
            if (!cell.isEmpty() && !cell.matches("[-+−]?([0-9].*|NaN|infinity|∞)")) return false;
            any |= !cell.isEmpty();
        }
        return any;
    }
}
