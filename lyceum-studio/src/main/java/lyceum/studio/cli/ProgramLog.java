package lyceum.studio.cli;

import java.util.List;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What the program logs: warnings, one line each; more with {@code LYCEUM_LOG=info} or {@code debug}. */
final class ProgramLog {

    /** Held, since java.util.logging forgets levels of loggers that nobody holds. */
    private final List<Logger> loggers = List.of(Logger.getLogger(""), Logger.getLogger("io.javalin"),
            Logger.getLogger("org.eclipse.jetty"));

    private ProgramLog() {}

    static ProgramLog start() {
        System.getProperties().putIfAbsent("java.util.logging.SimpleFormatter.format", "%1$tT %4$s %3$s: %5$s%6$s%n");
        var log = new ProgramLog();
        var level = switch (System.getenv().getOrDefault("LYCEUM_LOG", "").toLowerCase(Locale.ROOT)) {
            case "info" -> Level.INFO;
            case "debug" -> Level.FINE;
            default -> null;
        };
        log.loggers.getFirst().setLevel(level == null ? Level.WARNING : level);
        for (var handler : log.loggers.getFirst().getHandlers()) {
            handler.setLevel(level == null ? Level.WARNING : level);
        }
        if (level == null) {
            // The server's own words about a port in use come a second time as our sentence.
            log.loggers.get(1).setLevel(Level.OFF);
        }
        return log;
    }
}
