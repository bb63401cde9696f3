package lyceum.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws a frame as a table of text. */
final class FrameText {
    private static final int WIDTH = 120, CELL = 28;

    private FrameText() {}

    static String of(Frame frame, int rows) {
        var head = frame.head(rows);
        var drawn = new ArrayList<List<String>>();
        int width = 0, left = 0;
        for (var column : head.columns()) {
            var lines = lines(column);
            int wide = lines.stream().mapToInt(String::length).max().orElse(0) + 2;
            if (left > 0 || width + wide > WIDTH && !drawn.isEmpty()) {
                left++;
                continue;
            }
            width += wide;
            drawn.add(aligned(lines, wide, column.type()));
        }
        var text = new StringBuilder("Frame " + frame.size() + " x " + frame.columns().size() + "\n");
        for (int line = 0; line < head.size() + 3 && !drawn.isEmpty(); line++) {
            var row = new StringBuilder();
            for (var column : drawn) row.append(column.get(line));
            text.append(row.toString().stripTrailing()).append('\n');
        }
        if (frame.size() > head.size()) text.append("... ").append(frame.size() - head.size()).append(" more rows\n");
        if (left > 0) text.append("... ").append(left).append(" more columns: ")
                .append(String.join(", ", frame.names().subList(drawn.size(), drawn.size() + left))).append('\n');
        return text.toString();
    }

    private static List<String> lines(Column column) {
        var lines = new ArrayList<String>(List.of(cut(column.name()), column.type().name().toLowerCase(Locale.ROOT), ""));
        for (var value : column.toList()) lines.add(value == null ? "null" : value instanceof Double x ? number(x) : cut(value.toString()));
        return lines;
    }

    private static List<String> aligned(List<String> lines, int wide, ColumnType type) {
        var aligned = new ArrayList<String>();
        for (int i = 0; i < lines.size(); i++) {
            var cell = i == 2 ? "-".repeat(wide - 2) : lines.get(i);
            var pad = " ".repeat(wide - 2 - cell.length());
            aligned.add(type.isText() ? cell + pad + "  " : pad + cell + "  ");
        }
        return aligned;
    }

    private static String cut(String text) {
        var flat = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t");
        return flat.length() <= CELL ? flat : flat.substring(0, CELL - 3) + "...";
    }

    /** Six digits that matter, without zeros behind them. */
    static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) return String.valueOf((long) value) + ".0";
        if (Double.isNaN(value) || Double.isInfinite(value)) return String.valueOf(value);
        double size = Math.abs(value);
        if (size < 1e-4 || size >= 1e9) return String.format(Locale.ROOT, "%.5e", value);
        int decimals = Math.max(1, 5 - (int) Math.floor(Math.log10(size)));
        return String.format(Locale.ROOT, "%." + decimals + "f", value).replaceAll("(\\.\\d+?)0+$", "$1");
    }
}
