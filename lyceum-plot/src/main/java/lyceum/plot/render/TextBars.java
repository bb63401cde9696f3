package lyceum.plot.render;

import java.util.ArrayList;
import java.util.List;
import lyceum.plot.Layer;
import lyceum.plot.Plot;

/** Bars as rows of blocks with their values behind them; in text they always lie, since names read better so. */
final class TextBars {
    private static final String EIGHTHS = "▏▎▍▌▋▊▉█";
    private static final int MAX_ROWS = 200;

    private TextBars() {}

    static void draw(Plot plot, Layer.Bars bars, TerminalText style, List<String> lines) {
        var colors = new SeriesColors(plot);
        var errors = plot.layers().stream().filter(Layer.ErrorBars.class::isInstance).map(Layer.ErrorBars.class::cast).toList();
        var extent = bars.horizontal() ? Extent.of(plot).x() : Extent.of(plot).y();
        int names = Math.min(style.width() / 3, bars.categories().stream().mapToInt(TerminalText::length).max().orElse(0));
        int columns = Math.max(10, Math.min(style.plotWidth(), style.width() - names - 22));
        var axis = bars.horizontal() ? plot.x() : plot.y();
        if (!axis.label().isEmpty()) lines.add(TerminalText.cut(axis.label(), style.width()));
        var scale = Scale.of(extent, axis, 0, columns);
        int shown = Math.min(bars.categories().size(), Math.max(1, MAX_ROWS / Math.max(1, bars.stacked() ? 1 : bars.series().size())));
        for (int i = 0; i < shown; i++) {
            var name = TerminalText.right(TerminalText.cut(bars.categories().get(i), names), names);
            if (bars.stacked()) {
                lines.add(name + " │" + stacked(bars, i, scale, colors, style));
                continue;
            }
            for (int k = 0; k < bars.series().size(); k++) {
                var s = bars.series().get(k);
                double v = s.values().get(i);
                boolean many = bars.series().size() > 1;
                var bar = bar(v, scale, many && !style.color() ? TextCanvas.fill(k, style.ascii()) : style.ascii() ? '#' : '█');
                var text = bar + " " + Ticks.number(v) + interval(errors, s.name(), i);
                var row = (k == 0 ? name : " ".repeat(names)) + " │"
                        + (style.color() ? TextCanvas.code(colors.of(s.name())) + bar + "\u001b[0m" + text.substring(bar.length()) : text);
                lines.add(row.stripTrailing());
            }
            if (bars.series().size() > 1 && i + 1 < shown) lines.add(" ".repeat(names) + " │");
        }
        if (shown < bars.categories().size()) lines.add("and " + (bars.categories().size() - shown) + " more");
        legend(bars, colors, style, names + 2, lines);
    }

    /** From zero to the value; a negative one runs to the left of a zero line within the same columns. */
    private static String bar(double v, Scale scale, int fill) {
        double at = scale.at(v);
        if (!Double.isFinite(at)) return "";
        double zero = scale.log() ? 0 : scale.at(0);
        double a = Math.clamp(Math.min(zero, at), 0, scale.pixels());
        double b = Math.clamp(Math.max(zero, at), 0, scale.pixels());
        int from = (int) Math.round(a);
        double length = b - from;
        int whole = Math.max(0, (int) Math.floor(length));
        var out = new StringBuilder(" ".repeat(from)).repeat(fill, whole);
        int eighth = (int) Math.round((length - whole) * 8);
        if (fill == '█' && eighth > 0) out.append(EIGHTHS.charAt(eighth - 1));
        else if (fill != '█' && eighth >= 4) out.appendCodePoint(fill);
        return out.toString();
    }

    private static String stacked(Layer.Bars bars, int i, Scale scale, SeriesColors colors, TerminalText style) {
        var out = new StringBuilder();
        double sum = 0;
        int used = 0;
        for (int k = 0; k < bars.series().size(); k++) {
            double v = bars.series().get(k).values().get(i);
            if (!Double.isFinite(v) || v <= 0) continue;
            sum += v;
            double at = scale.at(sum);
            int end = Double.isFinite(at) ? (int) Math.round(Math.clamp(at, 0, scale.pixels())) : used;
            var part = Character.toString(TextCanvas.fill(k, style.ascii())).repeat(Math.max(0, end - used));
            out.append(style.color() ? TextCanvas.code(colors.of(bars.series().get(k).name())) + part + "\u001b[0m" : part);
            used = Math.max(used, end);
        }
        return out.append(' ').append(Ticks.number(sum)).toString();
    }

    private static String interval(List<Layer.ErrorBars> errors, String name, int category) {
        for (var e : errors) {
            if (!e.name().equals(name)) continue;
            for (int i = 0; i < e.x().size(); i++) {
                if (e.x().get(i) == category) return " [" + Ticks.number(e.low().get(i)) + ", " + Ticks.number(e.high().get(i)) + "]";
            }
        }
        return "";
    }

    private static void legend(Layer.Bars bars, SeriesColors colors, TerminalText style, int indent, List<String> lines) {
        if (bars.series().size() < 2) return;
        var entries = new ArrayList<String>();
        for (int k = 0; k < bars.series().size(); k++) {
            var name = bars.series().get(k).name();
            var sign = Character.toString(style.color() && !bars.stacked() ? '█' : TextCanvas.fill(k, style.ascii()));
            entries.add((style.color() ? TextCanvas.code(colors.of(name)) + sign + "\u001b[0m" : sign) + " "
                    + TerminalText.cut(name, style.width() - indent - 4));
        }
        TextAxis.flow(entries, indent, style.width(), lines);
    }
}
