package lyceum.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A profile for people. */
final class ProfileTable {
    private static final int WIDEST = 48;

    private ProfileTable() {}

    static String of(List<Profile.Row> rows, double wall, Roofline roofline) {
        var lines = new ArrayList<String[]>();
        lines.add(new String[] {"operation", "shape", "type", "calls", "total ms", "share", "of roofline"});
        double kernels = 0;
        for (var row : rows) {
            kernels += row.seconds();
            lines.add(new String[] {cut(row.operation()), cut(row.shape()), row.type(), Long.toString(row.calls()),
                    format("%.3f", row.seconds() * 1e3), format("%.1f%%", 100 * row.share()), format("%.0f%%", 100 * row.ofRoofline())});
        }
        var widths = new int[lines.getFirst().length];
        for (var line : lines) for (int i = 0; i < widths.length; i++) widths[i] = Math.max(widths[i], line[i].length());
        var text = new StringBuilder();
        for (var line : lines) {
            for (int i = 0; i < widths.length; i++) {
                var gap = " ".repeat(widths[i] - line[i].length());
                text.append(i == 0 ? "" : "  ").append(i < 3 ? line[i] + gap : gap + line[i]);
            }
            text.append('\n');
        }
        return text.append(format("%.3f s in kernels of %.3f s; %s%n", kernels, wall, roofline)).toString();
    }

    private static String cut(String text) { return text.length() <= WIDEST ? text : text.substring(0, WIDEST - 3) + "..."; }

    private static String format(String pattern, Object... values) { return String.format(Locale.ROOT, pattern, values); }
}
