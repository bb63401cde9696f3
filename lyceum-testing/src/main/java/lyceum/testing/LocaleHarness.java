package lyceum.testing;

import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;

/**
 * Runs code under a default locale and time zone that break careless formatting: Turkish has a dotless i, Kolkata is half an
 * hour off, German writes a comma in numbers, Arabic has digits of its own.
 *
 * <p>The defaults belong to the whole JVM and are put back afterwards; tests that use this must not run beside others.
 */
public record LocaleHarness(Locale locale, ZoneId zone) {

    /** The pairs that {@link #everywhere} tries. */
    public static final List<LocaleHarness> HARD = List.of(new LocaleHarness(Locale.of("tr", "TR"), ZoneId.of("Asia/Kolkata")),
            new LocaleHarness(Locale.of("de", "DE"), ZoneId.of("America/St_Johns")),
            new LocaleHarness(Locale.forLanguageTag("ar-EG-u-nu-arab"), ZoneId.of("Pacific/Kiritimati")));

    /** Code that may throw. */
    @FunctionalInterface
    public interface Body {
        /** Runs it. */
        void run() throws Exception;
    }

    /** Runs {@code body} under this locale and zone, and puts the old ones back. */
    public void run(Body body) {
        var oldLocale = Locale.getDefault();
        var oldZone = TimeZone.getDefault();
        try {
            Locale.setDefault(locale);
            TimeZone.setDefault(TimeZone.getTimeZone(zone));
            body.run();
        } catch (Exception | AssertionError e) {
            throw new AssertionError("under " + locale.toLanguageTag() + " in " + zone + ": " + e.getMessage(), e);
        } finally {
            Locale.setDefault(oldLocale);
            TimeZone.setDefault(oldZone);
        }
    }

    /** Runs {@code body} once under every pair of {@link #HARD}. */
    public static void everywhere(Body body) { HARD.forEach(harness -> harness.run(body)); }
}
