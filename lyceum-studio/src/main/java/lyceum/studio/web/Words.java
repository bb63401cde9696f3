package lyceum.studio.web;

import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import lyceum.labs.LabResult;
import lyceum.labs.NumberText;

/** Numbers, dates and runs as a page says them. */
final class Words {

    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("d MMM yyyy, HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final MathContext FOUR = new MathContext(4);

    private Words() {}

    /** Four digits that mean something. */
    static String number(double value) {
        return Double.isFinite(value) ? NumberText.of(new BigDecimal(value).round(FOUR).doubleValue()) : NumberText.of(value);
    }

    /** A cell of a table. */
    static String cell(Object value) {
        return switch (value) {
            case null -> "";
            case Double d -> d == Math.rint(d) && Math.abs(d) < 1e15 ? Long.toString(d.longValue()) : NumberText.of(d);
            case Float f -> NumberText.of(f);
            default -> value.toString();
        };
    }

    /** A time from a thousandth of a second up. */
    static String seconds(double seconds) {
        return seconds < 0.0995 ? String.format(Locale.ROOT, "%.3f", seconds) : seconds < 9.95 ? String.format(Locale.ROOT, "%.1f", seconds) : String.format(Locale.ROOT, "%.0f", seconds);
    }

    /** An ISO date in words; other text as it is. */
    static String date(String iso) {
        try {
            return DATE.format(Instant.parse(iso));
        } catch (DateTimeParseException e) {
            return iso;
        }
    }

    /** Parameters in words: {@code alpha 0.1, k 3}. */
    static String parameters(Map<String, Object> params, long seed) {
        var named = params.entrySet().stream().map(p -> p.getKey() + " " + cell(p.getValue())).collect(Collectors.joining(", "));
        return named.isEmpty() ? "seed " + seed : named + ", seed " + seed;
    }

    /** Where a result comes from. */
    static String made(LabResult result) {
        return String.join(" · ", parameters(result.params(), result.seed()), seconds(result.seconds()) + " s", result.machine(), date(result.date()), "Lyceum " + result.version());
    }

    /** A message as a sentence that begins with a name: the name stays as it is. */
    static String ended(String message) {
        return message.endsWith(".") ? message : message + ".";
    }

    static String plural(int count, String one, String many) {
        return count + " " + (count == 1 ? one : many);
    }
}
