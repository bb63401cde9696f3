package lyceum.studio.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import lyceum.progress.Progress;

/**
 * One line of standard error that tells how far a run is: a bar, counts, rate and time left. Silent where standard error is
 * not a terminal, redrawn ten times a second at most, gone when closed.
 */
final class ProgressLine implements AutoCloseable {

    private static final int BAR = 20;
    private static final String LEFT = "seconds left";
    private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();

    private final Terminal terminal;
    private final LongSupplier clock;
    private final long begin;
    private String name = "";
    private long nameBegin;
    private long firstDone;
    private long drawn;
    private boolean visible;

    ProgressLine(Terminal terminal, LongSupplier nanoClock) {
        this.terminal = terminal;
        this.clock = nanoClock;
        this.begin = nanoClock.getAsLong();
        this.drawn = begin - REDRAW_NANOS;
    }

    /** So much of {@code total} is done; {@code secondsLeft} below 0 is not known yet. */
    void show(String name, long done, long total, double secondsLeft) { show(name, done, total, secondsLeft, ""); }

    /** The same with a few words at the end, where there is room for them. The time left is reckoned where it is NaN. */
    void show(String name, long done, long total, double secondsLeft, String words) {
        if (!terminal.live()) return;
        long now = clock.getAsLong();
        if (!name.equals(this.name)) {
            this.name = name;
            nameBegin = now;
            firstDone = done;
        }
        if (now - drawn < REDRAW_NANOS && done < total) return;
        drawn = now;
        double seconds = (now - nameBegin) / 1e9;
        double rate = seconds > 0 ? (done - firstDone) / seconds : 0;
        double left = !Double.isNaN(secondsLeft) ? secondsLeft : rate > 0 ? (total - done) / rate : -1;
        var line = line(name, done, total, rate, left, (now - begin) / 1e9);
        draw(words.isEmpty() ? line : line + " · " + words);
    }

    /** Shows what a work of the library says. */
    Progress progress() {
        return update -> {
            double left = update.metrics().getOrDefault(LEFT, -1.0);
            show(update.task(), update.step(), update.total(), left, words(update.metrics()));
        };
    }

    /** What a work says of itself, but for the time left, which stands in the line already. */
    static String words(Map<String, Double> metrics) {
        return metrics.entrySet().stream().filter(e -> !e.getKey().equals(LEFT)).map(e -> e.getKey() + " " + brief(e.getValue()))
                .collect(Collectors.joining(" · "));
    }

    private static String brief(double value) {
        double size = Math.abs(value);
        var form = size >= 100 || value == Math.rint(value) ? "%,.0f" : size >= 1e-3 ? "%.4f" : "%.1e";
        return String.format(Locale.ROOT, form, value);
    }

    static String line(String name, long done, long total, double rate, double secondsLeft, double elapsed) {
        double share = total <= 0 ? 0 : Math.clamp(done / (double) total, 0, 1);
        int eighths = (int) Math.round(share * BAR * 8);
        String bar = "█".repeat(eighths / 8) + (eighths % 8 == 0 ? "" : "▏▎▍▌▋▊▉".substring(eighths % 8 - 1, eighths % 8));
        var text = new StringBuilder(name).append("  ").append(bar).append("░".repeat(Math.max(0, BAR - bar.length()))).append("  ")
                .append(done).append(" of ").append(total);
        if (rate > 0) {
            text.append(" · ").append(rateText(rate));
        }
        text.append(" · ").append(secondsLeft >= 0 ? time(secondsLeft) + " left" : time(elapsed));
        return text.toString();
    }

    private static String rateText(double rate) {
        return rate < 1 ? String.format(Locale.ROOT, "%.1f s each", 1 / rate)
                : String.format(Locale.ROOT, rate < 10 ? "%.1f/s" : "%.0f/s", rate);
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        return whole < 100 ? whole + " s" : whole / 60 + " min " + whole % 60 + " s";
    }

    private void draw(String line) {
        terminal.err().print("\r\u001b[K" + TextWidth.cut(line, terminal.columns() - 1));
        terminal.err().flush();
        visible = true;
    }

    /** Clears the line. */
    @Override public void close() {
        if (visible) {
            terminal.err().print("\r\u001b[K");
            terminal.err().flush();
            visible = false;
        }
    }
}
