package lyceum.studio.cli;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;

/**
 * Where a command writes, and what may be written there.
 *
 * @param out     the answer
 * @param err     progress, hints and errors
 * @param colour  whether {@code out} takes colour: a terminal, no {@code NO_COLOR}, not dumb
 * @param live    whether {@code err} is a terminal, so that a line may be redrawn
 * @param columns width in characters
 */
record Terminal(PrintStream out, PrintStream err, boolean colour, boolean live, int columns) {

    static final int DEFAULT_COLUMNS = 80;

    /** The terminal of this process, as the launcher or the console describes it; answers go to {@code out}. */
    static Terminal ofProcess(OutputStream out) {
        var env = System.getenv();
        boolean console = System.console() != null && System.console().isTerminal();
        String ttys = System.getProperty("lyceum.tty");
        boolean outTty = ttys == null ? console : ttys.contains("1");
        boolean errTty = ttys == null ? console : ttys.contains("2");
        return new Terminal(utf8(out), utf8(standardError()), outTty && colourAllowed(env), errTty && !dumb(env), columns(env));
    }

    /** Whether the environment lets a terminal be coloured: <a href="https://no-color.org">NO_COLOR</a> is absent or empty. */
    static boolean colourAllowed(Map<String, String> env) { return env.getOrDefault("NO_COLOR", "").isEmpty() && !dumb(env); }

    private static boolean dumb(Map<String, String> env) { return "dumb".equals(env.get("TERM")); }

    private static int columns(Map<String, String> env) {
        int columns = Integer.getInteger("lyceum.columns", 0);
        if (columns <= 0) {
            try {
                columns = Integer.parseInt(env.getOrDefault("COLUMNS", "0").strip());
            } catch (NumberFormatException e) {
                columns = 0;
            }
        }
        return columns < 20 ? DEFAULT_COLUMNS : Math.min(columns, 200);
    }

    /** The launcher filters what the JVM itself says and hands the true standard error over as another descriptor. */
    private static OutputStream standardError() {
        String descriptor = System.getProperty("lyceum.stderr");
        if (descriptor != null) {
            try {
                return new FileOutputStream("/dev/fd/" + descriptor, true);
            } catch (IOException e) {
                return System.err;
            }
        }
        return System.err;
    }

    /** Numbers look the same whatever the language of the machine. */
    private static PrintStream utf8(OutputStream stream) {
        return new PrintStream(stream, true, StandardCharsets.UTF_8) {
            @Override public PrintStream format(String format, Object... args) { return format(Locale.ROOT, format, args); }

            @Override public PrintStream printf(String format, Object... args) { return format(Locale.ROOT, format, args); }
        };
    }

    /** Text in a style, or as it is where there is no colour. */
    String styled(Style style, String text) {
        return colour && style != Style.PLAIN && !text.isEmpty() ? style.code + text + "\u001b[0m" : text;
    }

    /** The widest that running text gets: a comfortable measure even on a wide screen. */
    int measure() { return Math.min(columns, DEFAULT_COLUMNS) - 2; }

    /** How text looks; monochrome terminals lose nothing but the look. */
    enum Style {
        PLAIN(""), BOLD("\u001b[1m"), QUIET("\u001b[2m"), ITALIC("\u001b[3m"), ACCENT("\u001b[36m"), CODE("\u001b[36m"),
        HOLDS("\u001b[32m"), PARTIAL("\u001b[33m"), FAILS("\u001b[31m");

        private final String code;

        Style(String code) { this.code = code; }
    }
}
