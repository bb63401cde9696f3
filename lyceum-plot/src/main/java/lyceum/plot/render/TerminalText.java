package lyceum.plot.render;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.plot.Audio;
import lyceum.plot.Cloud;
import lyceum.plot.Figure;
import lyceum.plot.FigureException;
import lyceum.plot.Frames;
import lyceum.plot.Layer;
import lyceum.plot.Panels;
import lyceum.plot.Plot;

/**
 * Draws a figure as text: lines and points in braille dots, bars and histograms in eighths of blocks, matrices and images in
 * shades, trees in box lines. Series differ by glyph and texture, so it reads without colour. Lines end with {@code \n} and are at most
 * {@code width} characters.
 *
 * @param width columns of the terminal, at least 30
 * @param plotWidth columns of the plotting area at most
 * @param plotHeight rows of the plotting area
 * @param color ANSI colours; ask for them only on a terminal and never with {@code NO_COLOR}
 * @param ascii nothing beyond ASCII, for terminals and logs without Unicode
 */
public record TerminalText(int width, int plotWidth, int plotHeight, boolean color, boolean ascii) {

    /** 80 columns, plots of 60 by 12, no colour, Unicode. */
    public TerminalText() { this(80, 60, 12, false, false); }

    /** Checks the sizes. */
    public TerminalText {
        if (width < 30 || width > 1_000) throw new FigureException("terminal text is " + width + " columns wide; between 30 and 1000");
        if (plotWidth < 10 || plotWidth > 1_000)
            throw new FigureException("a plot in text is " + plotWidth + " columns wide; between 10 and 1000");
        if (plotHeight < 3 || plotHeight > 200)
            throw new FigureException("a plot in text is " + plotHeight + " rows high; between 3 and 200");
    }

    /** For a terminal of so many columns. */
    public TerminalText withWidth(int columns) { return new TerminalText(columns, Math.min(plotWidth, columns), plotHeight, color, ascii); }

    /** Plotting areas of this size. */
    public TerminalText withPlot(int columns, int rows) { return new TerminalText(width, columns, rows, color, ascii); }

    /** With or without ANSI colours. */
    public TerminalText withColor(boolean on) { return new TerminalText(width, plotWidth, plotHeight, on, ascii); }

    /** With or without Unicode. */
    public TerminalText withAscii(boolean on) { return new TerminalText(width, plotWidth, plotHeight, color, on); }

    /** The figure as lines of text. */
    public String draw(Figure figure) {
        var lines = new ArrayList<String>();
        figure(figure, lines);
        var out = new StringBuilder();
        for (var l : lines) {
            var fitted = l.indexOf('\u001b') < 0 ? cut(l, width) : l;
            out.append(ascii ? plain(fitted) : fitted).append('\n');
        }
        return out.toString();
    }

    private void figure(Figure figure, List<String> lines) {
        switch (figure) {
            case Plot p -> {
                title(p.title(), lines);
                plot(p, lines);
            }
            case Panels p -> {
                title(p.title(), lines);
                for (var f : p.figures()) {
                    lines.add("");
                    figure(f, lines);
                }
            }
            case Frames f -> {
                title(f.title(), lines);
                if (f.figures().isEmpty()) break;
                int at = f.first(), n = f.figures().size();
                lines.add((f.slider().isEmpty() ? "frame" : f.slider()) + " " + f.labels().get(at)
                        + (at == n - 1 ? " (last of " + n + ")" : " (" + (at + 1) + " of " + n + ")"));
                figure(f.figures().get(at), lines);
            }
            case Audio a -> {
                title(a.title(), lines);
                lines.add(String.format(Locale.ROOT, "sound of %.2f s", a.seconds()));
                plot(a.waveform(), lines);
            }
            case Cloud c -> figure(c.sides(), lines);
        }
    }

    private void title(String title, List<String> lines) {
        if (!title.isBlank()) lines.add(color ? "\u001b[1m" + cut(title, width) + "\u001b[0m" : cut(title, width));
    }

    private void plot(Plot p, List<String> lines) {
        for (var l : p.layers()) {
            switch (l) {
                case Layer.Network n -> {
                    TextNetwork.draw(n, this, lines);
                    return;
                }
                case Layer.ImageGrid g -> {
                    TextMatrix.images(g, this, lines);
                    return;
                }
                case Layer.Heatmap h -> {
                    TextMatrix.heatmap(p, h, this, lines);
                    return;
                }
                case Layer.Bars b -> {
                    TextBars.draw(p, b, this, lines);
                    return;
                }
                default -> {}
            }
        }
        new TextPlot(p, this).draw(lines);
    }

    /** At most so many characters, the last an ellipsis where something is missing. */
    static String cut(String s, int columns) {
        int n = s.codePointCount(0, s.length());
        if (n <= columns) return s;
        return columns < 1 ? "" : s.substring(0, s.offsetByCodePoints(0, columns - 1)) + "…";
    }

    static int length(String s) { return s.codePointCount(0, s.length()); }

    static String right(String s, int columns) { return " ".repeat(Math.max(0, columns - length(s))) + s; }

    static String left(String s, int columns) { return s + " ".repeat(Math.max(0, columns - length(s))); }

    private static final String FANCY = "⠤−…×·–’‘“”≤≥²³°→←┤│└─┬┼├┆┴█▓▒░⁻⁰¹⁴⁵⁶⁷⁸⁹";
    private static final String SIMPLE = "--.x.-''\"\"<>23o><||`-++|:+#%+.-01456789";

    /** Signs that ASCII lacks become their nearest, superscripts an {@code ^}. */
    private static String plain(String s) {
        var b = new StringBuilder(s.length());
        boolean raised = false;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            int at = c < 128 ? -1 : FANCY.indexOf(c);
            boolean superscript = c == '⁻' || c == '⁰' || c == '¹' || c == '²' || c == '³' || c >= '⁴' && c <= '⁹';
            if (superscript && !raised) b.append('^');
            raised = superscript;
            b.append(c < 128 ? c : at >= 0 ? SIMPLE.charAt(at) : '?');
            if (Character.isHighSurrogate(c)) i++;
        }
        return b.toString();
    }
}
