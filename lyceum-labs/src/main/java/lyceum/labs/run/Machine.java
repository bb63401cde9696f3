package lyceum.labs.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The machine that a result was computed on. */
public final class Machine {

    private Machine() {}

    /** CPU, threads and JDK: {@code Intel(R) Xeon(R) Platinum 8481C, 2 threads, JDK 25.0.3}. */
    public static String describe() {
        return String.format(Locale.ROOT, "%s, %d threads, JDK %s", cpu(), Runtime.getRuntime().availableProcessors(),
                System.getProperty("java.version"));
    }

    /** The CPU's name if the system reports it, otherwise its architecture. */
    public static String cpu() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(l -> l.startsWith("model name")).findFirst()
                    .map(l -> l.substring(l.indexOf(':') + 1).replaceAll("\\s+", " ").strip()).orElse(System.getProperty("os.arch"));
        } catch (IOException | RuntimeException e) {
            return System.getProperty("os.arch");
        }
    }

    /** Lyceum's version, {@code dev} where it runs from class folders. */
    public static String version() {
        var version = Machine.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }
}
