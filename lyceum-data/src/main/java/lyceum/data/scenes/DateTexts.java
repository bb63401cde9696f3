package lyceum.data.scenes;

import java.time.LocalDate;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.random.Rng;

/**
 * Days as people write them, in six formats, and in ISO form: {@code 3rd of May, 1979} and {@code 1979-05-03}. From 1950 to 2049; every tenth day is held out,
 * so that what is tested was in no format learned.
 *
 * {@snippet :
 * var pairs = DateTexts.learned(2000, rng);
 * var fresh = DateTexts.heldOut(500, rng);
 * int[] source = DateTexts.codes(fresh.getFirst().text()), target = DateTexts.codes(fresh.getFirst().iso());
 * }
 *
 * <p>Codes are {@link #PAD}, {@link #BEGIN}, {@link #END} and then the characters that occur.
 */
public final class DateTexts {
    public static final int PAD = 0, BEGIN = 1, END = 2;
    /** How many formats. */
    public static final int FORMATS = 6;
    private static final String CHARACTERS = " ,-.0123456789ADFJMNOSTWabcdefghilmnoprstuvy";
    private static final LocalDate FIRST = LocalDate.of(1950, 1, 1);
    private static final int DAYS = (int) (LocalDate.of(2050, 1, 1).toEpochDay() - FIRST.toEpochDay());

    private DateTexts() {}

    /** A day twice. */
    public record Pair(String text, String iso) {}

    /** Numbers of different codes. */
    public static int symbols() { return 3 + CHARACTERS.length(); }

    /** Random days in random formats, none of them held out. */
    public static List<Pair> learned(int n, Rng rng) { return draw(n, rng, false); }

    /** Random days in random formats, all of them held out. */
    public static List<Pair> heldOut(int n, Rng rng) { return draw(n, rng, true); }

    private static List<Pair> draw(int n, Rng rng, boolean held) {
        return IntStream.range(0, n).mapToObj(_ -> {
            int day = rng.nextInt(DAYS);
            while (day % 10 == 0 != held) day = rng.nextInt(DAYS);
            return of(FIRST.plusDays(day), rng.nextInt(FORMATS));
        }).toList();
    }

    /** A day in a format, 0 to 5. @throws IllegalArgumentException if there is no such format */
    public static Pair of(LocalDate day, int format) {
        String month = day.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
        int d = day.getDayOfMonth(), y = day.getYear();
        String text = switch (format) {
            case 0 -> d + " " + month + " " + y;
            case 1 -> month + " " + d + ", " + y;
            case 2 -> d + ordinal(d) + " of " + month + ", " + y;
            case 3 -> y + " " + month.substring(0, 3) + " " + d;
            case 4 -> String.format(Locale.ROOT, "%02d.%02d.%d", d, day.getMonthValue(), y);
            case 5 -> day.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH) + ", " + month + " " + d + ordinal(d) + " " + y;
            default -> throw new IllegalArgumentException("DateTexts: format " + format + "; there are 0 to " + (FORMATS - 1));
        };
        return new Pair(text, day.toString());
    }

    private static String ordinal(int d) {
        return d % 10 == 1 && d != 11 ? "st" : d % 10 == 2 && d != 12 ? "nd" : d % 10 == 3 && d != 13 ? "rd" : "th";
    }

    /** The codes of a text. @throws IllegalArgumentException if a character occurs in no date */
    public static int[] codes(String text) {
        var codes = new int[text.length()];
        for (int i = 0; i < codes.length; i++) {
            int at = CHARACTERS.indexOf(text.charAt(i));
            if (at < 0) throw new IllegalArgumentException("DateTexts: '" + text.charAt(i) + "' in \"" + text + "\" occurs in no date");
            codes[i] = 3 + at;
        }
        return codes;
    }

    /** The text of codes, up to the first {@link #END}. */
    public static String text(int... codes) {
        var text = new StringBuilder();
        for (int code : codes) {
            if (code == END) break;
            if (code > END) text.append(CHARACTERS.charAt(code - 3));
        }
        return text.toString();
    }
}
