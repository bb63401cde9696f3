package lyceum.models.audio;

import java.util.List;
import java.util.Locale;

/**
 * What was said when, in the forms that players read.
 *
 * {@snippet :
 * String file = new Subtitles(List.of(new Subtitles.Line(0.5, 1.25, "four two"))).srt();
 * }
 *
 * @see <a href="https://www.w3.org/TR/webvtt1/">WebVTT</a>
 */
public record Subtitles(List<Line> lines) {
    /** @param start in seconds @param end in seconds */
    public record Line(double start, double end, String text) {
        public Line {
            if (!(start >= 0 && end >= start)) throw new IllegalArgumentException("Line: from " + start + " to " + end + " seconds");
        }
    }

    public Subtitles { lines = List.copyOf(lines); }

    /** SubRip: numbered lines, {@code 00:00:00,500 --> 00:00:01,250}. */
    public String srt() {
        var text = new StringBuilder();
        for (int i = 0; i < lines.size(); i++)
            text.append(i + 1).append('\n').append(times(lines.get(i), ',')).append('\n').append(said(lines.get(i))).append("\n\n");
        return text.toString();
    }

    /** WebVTT. */
    public String vtt() {
        var text = new StringBuilder("WEBVTT\n\n");
        for (var line : lines)
            text.append(times(line, '.')).append('\n').append(said(line).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
                    .append("\n\n");
        return text.toString();
    }

    /** All of the text, a line each. */
    public String text() { return String.join("\n", lines.stream().map(Line::text).toList()); }

    /** An empty line would end the entry, and {@code -->} begin another. */
    private static String said(Line line) { return line.text.strip().replaceAll("\\s*\\R\\s*", " ").replace("-->", "→"); }

    private static String times(Line line, char point) { return time(line.start, point) + " --> " + time(line.end, point); }

    private static String time(double seconds, char point) {
        long ms = Math.round(1000 * seconds);
        return String.format(Locale.ROOT, "%02d:%02d:%02d%c%03d", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, point, ms % 1000);
    }
}
