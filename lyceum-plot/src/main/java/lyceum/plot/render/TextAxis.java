package lyceum.plot.render;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The line under a plot in text, its numbers and its label; and entries of a legend in rows. */
final class TextAxis {
    private TextAxis() {}

    static List<String> below(Scale sx, int columns, int left, String label, boolean whole) {
        var ticks = sx.ticks(Math.max(1, columns / 10), whole);
        var axis = new char[columns];
        Arrays.fill(axis, '─');
        var numbers = new StringBuilder(" ".repeat(left + columns + 8));
        int free = 0;
        for (int i = 0; i < ticks.at().length; i++) {
            int c = (int) Math.floor(Math.clamp(sx.at(ticks.at()[i]), 0, columns - 1));
            var text = ticks.labels().get(i);
            int start = Math.max(0, left + 1 + c - text.length() / 2);
            axis[c] = '┬';
            if (start < free || start + text.length() > left + columns + 3) continue;
            numbers.replace(start, start + text.length(), text);
            free = start + text.length() + 1;
        }
        var out = new ArrayList<String>();
        out.add(" ".repeat(left) + "└" + new String(axis));
        var row = numbers.toString().stripTrailing();
        out.add(row);
        if (!label.isEmpty()) {
            var cut = TerminalText.cut(label, columns);
            out.add(" ".repeat(left + 1 + Math.max(0, (columns - TerminalText.length(cut)) / 2)) + cut);
        }
        return out;
    }

    /** Entries one after the other, in as many rows as they need. */
    static void flow(List<String> entries, int indent, int width, List<String> lines) {
        var row = new StringBuilder();
        int used = 0;
        for (var e : entries) {
            int n = TerminalText.length(e.replaceAll("\u001b\\[[0-9]*m", ""));
            if (used > 0 && indent + used + 3 + n > width) {
                lines.add(" ".repeat(indent) + row);
                row.setLength(0);
                used = 0;
            }
            var fitted = n + indent > width && e.indexOf('\u001b') < 0 ? TerminalText.cut(e, width - indent) : e;
            row.append(used > 0 ? "   " : "").append(fitted);
            used += (used > 0 ? 3 : 0) + n;
        }
        if (used > 0) lines.add(" ".repeat(indent) + row);
    }
}
