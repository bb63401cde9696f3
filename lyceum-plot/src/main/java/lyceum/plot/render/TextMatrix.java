package lyceum.plot.render;

import java.util.Arrays;
import java.util.List;
import lyceum.plot.Image;
import lyceum.plot.Layer;
import lyceum.plot.Plot;

/** Matrices and images in shades. */
final class TextMatrix {
    private static final String SHADES = " ░▒▓█";
    private static final String ASCII_SHADES = " .:*#";
    private static final int MAX_ROWS = 40;

    private TextMatrix() {}

    static void heatmap(Plot plot, Layer.Heatmap h, TerminalText style, List<String> lines) {
        int n = h.columns().size();
        int names = Math.min(style.width() / 4, h.rows().stream().mapToInt(TerminalText::length).max().orElse(0));
        int room = style.width() - names - 1;
        boolean numbers = h.cellLabels() && n * 6 <= room;
        int longest = Math.min(9, h.columns().stream().mapToInt(TerminalText::length).max().orElse(0) + 1);
        int wide = numbers ? Math.clamp(Math.max(widest(h), longest), 4, Math.max(4, room / Math.max(1, n) - 1)) : 2;
        if (n > 0 && !numbers && n <= 16) wide = Math.clamp(room / n - 1, 2, 4);
        var columns = Decimation.evenly(n, Math.max(2, room / (wide + (numbers ? 1 : 0))));
        var rows = Decimation.evenly(h.rows().size(), MAX_ROWS);
        var ramp = Ramp.of(h.values(), h.colors());
        if (!plot.y().label().isEmpty() || !plot.x().label().isEmpty()) {
            lines.add(TerminalText.cut("rows: " + plot.y().label() + ", columns: " + plot.x().label(), style.width()));
        }
        for (int r : rows) {
            var line = new StringBuilder(TerminalText.right(TerminalText.cut(h.rows().get(r), names), names)).append(' ');
            for (int c : columns) line.append(cell(h, h.values().get(r * n + c), ramp, wide, numbers, style));
            lines.add(line.toString().stripTrailing());
        }
        header(h, columns, names, wide + (numbers ? 1 : 0), numbers, lines);
        lines.add(" ".repeat(names + 1) + scale(h, ramp, style));
        if (columns.length < n || rows.length < h.rows().size()) lines.add(
                " ".repeat(names + 1) + rows.length + " of " + h.rows().size() + " rows and " + columns.length + " of " + n + " columns");
    }

    private static int widest(Layer.Heatmap h) {
        return h.values().stream().mapToObj(Ticks::number).mapToInt(TerminalText::length).max().orElse(1) + 1;
    }

    private static String cell(Layer.Heatmap h, double v, Ramp ramp, int wide, boolean numbers, TerminalText style) {
        var shade = Character.toString(shade(h, v, ramp, style));
        if (numbers) return TerminalText.right(TerminalText.cut(Ticks.number(v), wide - 1), wide - 1) + shade + " ";
        if (h.colors() == Layer.ColorScale.DIVERGING && !shade.equals(" ")) return (v < 0 ? "-" : "+") + shade.repeat(wide - 1);
        return shade.repeat(wide);
    }

    private static char shade(Layer.Heatmap h, double v, Ramp ramp, TerminalText style) {
        if (!Double.isFinite(v)) return '?';
        double t = h.colors() == Layer.ColorScale.DIVERGING ? Math.abs(2 * ramp.place(v) - 1) : ramp.place(v);
        return (style.ascii() ? ASCII_SHADES : SHADES).charAt((int) Math.min(4, 5 * t));
    }

    private static void header(Layer.Heatmap h, int[] columns, int names, int step, boolean numbers, List<String> lines) {
        var line = new StringBuilder(" ".repeat(names + 1));
        int free = 0;
        int at = 0;
        for (int c : columns) {
            var name = TerminalText.cut(h.columns().get(c), Math.max(step - 1, 2));
            if (numbers) name = TerminalText.right(name, step - 2);
            if (at * step >= free) {
                line.append(" ".repeat(Math.max(0, names + 1 + at * step - TerminalText.length(line.toString())))).append(name);
                free = at * step + TerminalText.length(name) + 1;
            }
            at++;
        }
        lines.add(line.toString().stripTrailing());
    }

    private static String scale(Layer.Heatmap h, Ramp ramp, TerminalText style) {
        var shades = style.ascii() ? ASCII_SHADES : SHADES;
        var what = h.valueLabel().isEmpty() ? "" : " " + h.valueLabel();
        if (h.colors() == Layer.ColorScale.DIVERGING) return "-" + shades.charAt(4) + " " + Ticks.number(ramp.low()) + " to +"
                + shades.charAt(4) + " " + Ticks.number(ramp.high()) + what;
        return "'" + shades.charAt(0) + "' " + Ticks.number(ramp.low()) + " to '" + shades.charAt(4) + "' " + Ticks.number(ramp.high())
                + what;
    }

    /** High pixel values are full, whichever end is drawn black: the figure stands out from the terminal's ground. */
    static void images(Layer.ImageGrid grid, TerminalText style, List<String> lines) {
        int widest = grid.images().stream().mapToInt(Image::width).max().orElse(0);
        if (widest == 0) return;
        int cell = Math.min(widest <= 16 ? 2 * widest : widest, style.width());
        int across = Math.max(1, Math.min(grid.columns(), (style.width() + 2) / (cell + 2)));
        int most = Math.min(grid.images().size(), 4 * across);
        for (int first = 0; first < most; first += across) {
            int last = Math.min(most, first + across);
            int tallest = 0;
            for (int k = first; k < last; k++) tallest = Math.max(tallest, rows(grid.images().get(k), cell));
            for (int r = 0; r < tallest; r++) {
                var line = new StringBuilder();
                for (int k = first; k < last; k++)
                    line.append(TerminalText.left(row(grid, grid.images().get(k), r, cell, style), cell)).append("  ");
                lines.add(line.toString().stripTrailing());
            }
            var captions = new StringBuilder();
            for (int k = first; k < last; k++)
                captions.append(TerminalText.left(TerminalText.cut(grid.images().get(k).caption(), cell), cell)).append("  ");
            lines.add(captions.toString().stripTrailing());
        }
        if (most < grid.images().size()) lines.add("and " + (grid.images().size() - most) + " more");
    }

    /** A character is about twice as high as wide. */
    private static int rows(Image image, int cell) {
        return image.width() == 0 ? 0 : Math.max(1, Math.min(60, (int) Math.round(image.height() * (double) cell / image.width() / 2)));
    }

    private static String row(Layer.ImageGrid grid, Image image, int r, int cell, TerminalText style) {
        int rows = rows(image, cell);
        if (r >= rows || image.pixels().size() == 0) return "";
        double low = Math.min(grid.black(), grid.white());
        double high = Math.max(grid.black(), grid.white());
        var out = new char[cell];
        Arrays.fill(out, ' ');
        for (int c = 0; c < cell; c++) {
            double v = mean(image, (double) c / cell, (c + 1.0) / cell, (double) r / rows, (r + 1.0) / rows);
            double t = high > low ? (v - low) / (high - low) : 0;
            if (Double.isFinite(t)) out[c] = (style.ascii() ? ASCII_SHADES : SHADES).charAt((int) Math.clamp(5 * t, 0, 4));
        }
        return new String(out);
    }

    private static double mean(Image image, double x0, double x1, double y0, double y1) {
        int left = (int) Math.min(image.width() - 1, x0 * image.width());
        int right = Math.max(left + 1, (int) (x1 * image.width()));
        int top = (int) Math.min(image.height() - 1, y0 * image.height());
        int bottom = Math.max(top + 1, (int) (y1 * image.height()));
        double sum = 0;
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++)
                for (int k = 0; k < image.channels(); k++) sum += image.pixels().get((y * image.width() + x) * image.channels() + k);
        }
        return sum / ((bottom - top) * (right - left) * image.channels());
    }
}
