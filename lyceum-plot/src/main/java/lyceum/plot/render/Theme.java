package lyceum.plot.render;

import java.util.List;
import java.util.Locale;

/**
 * The colours of a page as {@code #rrggbb}.
 *
 * @param name what it is called
 * @param paper behind everything
 * @param surface behind boxes
 * @param ink text
 * @param quiet text that steps back, axes
 * @param line hairlines and grids
 * @param accent what can be acted on; figures do not use it for data
 * @param series colours of data, the palette of Okabe and Ito (2008) in the order in which neighbours differ most, then two of Tol (2021): ten digits have ten
 */
public record Theme(String name, String paper, String surface, String ink, String quiet, String line, String accent, List<String> series) {

    /** Ink on paper; yellow is darkened until it can be seen there. */
    public static final Theme LIGHT = new Theme("light", "#fcfbf8", "#ffffff", "#1e1d1a", "#615e56", "#e4e1d8", "#0b6666",
            List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a7566", "#bfae00", "#882255", "#332288"));

    /** Light on dark; blue and vermillion are lifted until they stand out from the paper as on white. */
    public static final Theme DARK = new Theme("dark", "#151613", "#1c1d1a", "#eceae3", "#a5a196", "#2e2f2a", "#5fc3be",
            List.of("#4aa3df", "#ee7733", "#2bb58b", "#d98cb8", "#e9ab24", "#8fd0f5", "#a5a196", "#f0e442", "#e2556e", "#9a86e0"));

    /** Takes a copy of the list. */
    public Theme {
        series = List.copyOf(series);
    }

    /** The colour of series {@code i}, from 0; the palette repeats. */
    public String series(int i) { return series.get(Math.floorMod(i, series.size())); }

    /** The colour of series {@code i} as text on paper: moved towards ink until its contrast is at least 4.5. */
    public String seriesText(int i) {
        int from = rgb(series(i));
        int toward = rgb(ink);
        int on = rgb(paper);
        for (int step = 0; step <= 10; step++) {
            int c = mix(from, toward, step / 10.0);
            if (contrast(c, on) >= 4.5) return hex(c);
        }
        return ink;
    }

    static int rgb(String hex) { return Integer.parseInt(hex, 1, 7, 16); }

    static String hex(int rgb) { return String.format(Locale.ROOT, "#%06x", rgb & 0xffffff); }

    /** The colour that lies {@code t} of the way from a to b. */
    static int mix(int a, int b, double t) {
        int out = 0;
        for (int shift = 0; shift <= 16; shift += 8) {
            double v = (a >> shift & 255) * (1 - t) + (b >> shift & 255) * t;
            out |= (int) Math.round(v) << shift;
        }
        return out;
    }

    /** Contrast ratio of two colours as WCAG 2 defines it, 1 to 21. */
    static double contrast(int a, int b) {
        double la = luminance(a);
        double lb = luminance(b);
        return (Math.max(la, lb) + 0.05) / (Math.min(la, lb) + 0.05);
    }

    static double luminance(int rgb) {
        return 0.2126 * linear(rgb >> 16 & 255) + 0.7152 * linear(rgb >> 8 & 255) + 0.0722 * linear(rgb & 255);
    }

    private static double linear(int channel) {
        double c = channel / 255.0;
        return c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
    }
}
