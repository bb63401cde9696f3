package lyceum.plot.render;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Character cells with eight braille dots in each; words and glyphs cover dots. */
final class TextCanvas {
    private static final int[] COLORS = {34, 31, 32, 35, 33, 36};
    private static final int[] DOT = {0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80};

    final int width;
    final int height;
    private final TerminalText style;
    private final int[] glyph;
    private final int[] dots;
    private final int[] color;

    TextCanvas(int width, int height, TerminalText style) {
        this.width = width;
        this.height = height;
        this.style = style;
        this.glyph = new int[width * height];
        this.dots = new int[width * height];
        this.color = new int[width * height];
        Arrays.fill(color, -1);
    }

    /** One glyph for each series that the eye tells apart without colour. */
    static int mark(int series, boolean ascii) {
        return ascii ? "*ox+#@%&=$".charAt(Math.floorMod(series, 10)) : "●×○+◆△■◇▲□".charAt(Math.floorMod(series, 10));
    }

    /** A texture for each series' area. */
    static int fill(int series, boolean ascii) {
        return ascii ? "#=:.%+".charAt(Math.floorMod(series, 6)) : "█▒░▓▚▞".charAt(Math.floorMod(series, 6));
    }

    /** A dot at a place in units of cells; in ASCII the series' mark. */
    void dot(double x, double y, int series) {
        int px = (int) Math.floor(2 * x);
        int py = (int) Math.floor(4 * y);
        if (px < 0 || py < 0 || px >= 2 * width || py >= 4 * height) return;
        int cell = py / 4 * width + px / 2;
        if (style.ascii()) {
            if (glyph[cell] == 0) glyph[cell] = mark(series, true);
        } else {
            dots[cell] |= DOT[px % 2 * 4 + py % 4];
        }
        color[cell] = series;
    }

    /** Dots along a straight line between places in cells. */
    void line(double x0, double y0, double x1, double y1, int series, boolean dashed) {
        int steps = (int) Math.ceil(Math.max(Math.abs(x1 - x0) * 2, Math.abs(y1 - y0) * 4));
        if (steps > 100_000) return;
        for (int i = 0; i <= steps; i++) {
            if (dashed && i % 6 >= 3) continue;
            double t = steps == 0 ? 0 : (double) i / steps;
            dot(x0 + t * (x1 - x0), y0 + t * (y1 - y0), series);
        }
    }

    /** A glyph in the cell at (x, y); without {@code cover} only where nothing stands. */
    void put(int x, int y, int codePoint, int series, boolean cover) {
        if (x < 0 || y < 0 || x >= width || y >= height) return;
        int cell = y * width + x;
        if (!cover && (glyph[cell] != 0 || dots[cell] != 0)) return;
        glyph[cell] = codePoint;
        color[cell] = series;
    }

    /** A word from (x, y) on, cut at the edge. */
    void word(int x, int y, String text, int series) {
        int at = x;
        for (int cp : text.codePoints().toArray()) put(at++, y, cp, series, true);
    }

    /** Rows of text without trailing spaces. */
    List<String> rows() {
        var out = new ArrayList<String>();
        for (int y = 0; y < height; y++) {
            var b = new StringBuilder();
            int end = width;
            while (end > 0 && glyph[y * width + end - 1] == 0 && dots[y * width + end - 1] == 0) end--;
            int now = -1;
            for (int x = 0; x < end; x++) {
                int cell = y * width + x;
                boolean empty = glyph[cell] == 0 && dots[cell] == 0;
                int wanted = empty ? -1 : color[cell];
                if (style.color() && wanted != now) {
                    b.append(wanted < 0 ? "\u001b[0m" : code(wanted));
                    now = wanted;
                }
                b.appendCodePoint(glyph[cell] != 0 ? glyph[cell] : dots[cell] != 0 ? 0x2800 | dots[cell] : ' ');
            }
            if (style.color() && now >= 0) b.append("\u001b[0m");
            out.add(b.toString());
        }
        return out;
    }

    static String code(int series) { return "\u001b[" + COLORS[Math.floorMod(series, COLORS.length)] + "m"; }
}
