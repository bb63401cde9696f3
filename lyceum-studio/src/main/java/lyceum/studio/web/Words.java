package lyceum.studio.web;

import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import lyceum.labs.run.LabResult;
import lyceum.labs.NumberText;

/** Numbers, dates and runs as a page says them. */
final class Words {

    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("d MMM yyyy, HH:mm 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("d MMM yyyy", Locale.ROOT);
    private static final MathContext FOUR = new MathContext(4);
    private static final MathContext SIX = new MathContext(6);

    private Words() {}

    /** Four digits that mean something. */
    static String number(double value) {
        return Double.isFinite(value) ? NumberText.of(new BigDecimal(value).round(FOUR).doubleValue()) : NumberText.of(value);
    }

    /** A cell of a table. */
    static String cell(Object value) {
        return switch (value) {
            case null -> "";
            case Double d -> real(d);
            case Float f -> real(f);
            default -> value.toString();
        };
    }

    /** Whole numbers as they are, others with the digits that a reader compares; the CSV has them all. */
    private static String real(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) return Long.toString((long) value);
        return Double.isFinite(value) ? NumberText.of(new BigDecimal(value).round(SIX).doubleValue()) : NumberText.of(value);
    }

    /** A time from a thousandth of a second up. */
    static String seconds(double seconds) {
        return seconds < 0.0995 ? String.format(Locale.ROOT, "%.3f", seconds)
                : seconds < 9.95 ? String.format(Locale.ROOT, "%.1f", seconds) : String.format(Locale.ROOT, "%.0f", seconds);
    }

    /** An ISO time or day in words; other text as it is. */
    static String date(String iso) {
        try {
            return DATE.format(Instant.parse(iso));
        } catch (DateTimeParseException e) {
            return day(iso);
        }
    }

    private static String day(String iso) {
        try {
            return DAY.format(LocalDate.parse(iso));
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
        return String.join(" · ", parameters(result.params(), result.seed()), seconds(result.seconds()) + " s", result.machine(),
                date(result.date()), "Lyceum " + result.version());
    }

    /** A message as a sentence that begins with a name: the name stays as it is. */
    static String ended(String message) { return message.endsWith(".") ? message : message + "."; }

    /** Ascending numbers, neighbours together: {@code 1 to 3, 5}. */
    static String runs(int[] numbers) {
        var words = new StringBuilder();
        for (int i = 0; i < numbers.length; i++) {
            int from = i;
            while (i + 1 < numbers.length && numbers[i + 1] == numbers[i] + 1) {
                i++;
            }
            words.append(words.isEmpty() ? "" : ", ").append(numbers[from]);
            if (i > from) {
                words.append(i == from + 1 ? ", " : " to ").append(numbers[i]);
            }
        }
        return words.toString();
    }

    static String plural(int count, String one, String many) { return count + " " + (count == 1 ? one : many); }
}
