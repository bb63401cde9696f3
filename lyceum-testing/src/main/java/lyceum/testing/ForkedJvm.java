package lyceum.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Starts a main class in a JVM of its own: for code that may crash the JVM, for memory limits, flags and environment.
 *
 * <pre>{@code
 * var run = ForkedJvm.of(OpCatalogMain.class).withFlags("-Xmx64m").withArguments("ON", "all", "10").withEnvironment("LYCEUM_POISON", "on").run();
 * assertThat(run.exitCode()).as(run.output()).isZero();
 * }</pre>
 *
 * @param mainClass   its {@code public static void main(String[])} runs
 * @param flags       JVM flags; the vector module and native access are on already
 * @param arguments   for main
 * @param environment variables added to this process's own
 * @param classPath   by default this JVM's
 * @param limit       after which the JVM is killed, 120 s by default
 */
public record ForkedJvm(String mainClass, List<String> flags, List<String> arguments, Map<String, String> environment, String classPath,
        Duration limit) {

    /**
     * How a forked JVM ended.
     *
     * @param exitCode         as the process gave it; -1 when it was killed at its limit
     * @param output           standard output and standard error, together
     * @param peakResidentBytes the largest resident size that Linux reported, 0 where there is no {@code /proc}
     * @param seconds          wall time
     */
    public record Result(int exitCode, String output, long peakResidentBytes, double seconds) {}

    /** A JVM that runs {@code main} on this JVM's class path. */
    public static ForkedJvm of(Class<?> main) {
        return new ForkedJvm(main.getName(), List.of(), List.of(), Map.of(), ownClassPath(), Duration.ofSeconds(120));
    }

    /** More JVM flags. */
    public ForkedJvm withFlags(String... more) {
        return new ForkedJvm(mainClass, joined(flags, more), arguments, environment, classPath, limit);
    }

    /** More arguments for main. */
    public ForkedJvm withArguments(String... more) {
        return new ForkedJvm(mainClass, flags, joined(arguments, more), environment, classPath, limit);
    }

    /** One more environment variable. */
    public ForkedJvm withEnvironment(String name, String value) {
        var more = new HashMap<>(environment);
        more.put(name, value);
        return new ForkedJvm(mainClass, flags, arguments, more, classPath, limit);
    }

    /** Another class path. */
    public ForkedJvm withClassPath(String classPath) { return new ForkedJvm(mainClass, flags, arguments, environment, classPath, limit); }

    /** Another limit. */
    public ForkedJvm within(Duration limit) { return new ForkedJvm(mainClass, flags, arguments, environment, classPath, limit); }

    /** Runs it to its end. */
    public Result run() {
        try {
            return start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start a JVM for " + mainClass, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while " + mainClass + " ran", e);
        }
    }

    private Result start() throws IOException, InterruptedException {
        var peak = Files.createTempFile("lyceum-peak", ".txt");
        var builder = new ProcessBuilder(command(peak)).redirectErrorStream(true);
        builder.environment().putAll(environment);
        long begin = System.nanoTime();
        var process = builder.start();
        try {
            process.getOutputStream().close();
            var output = CompletableFuture.supplyAsync(() -> read(process), task -> Thread.ofVirtual().start(task));
            long seen = 0;
            boolean ended = false;
            while (!ended && System.nanoTime() - begin < limit.toNanos()) {
                seen = Math.max(seen, peakOf("/proc/" + process.pid() + "/status"));
                ended = process.waitFor(20, TimeUnit.MILLISECONDS);
            }
            if (!ended) {
                process.destroyForcibly().waitFor();
            }
            double seconds = (System.nanoTime() - begin) * 1e-9;
            var reported = Files.readString(peak);
            return new Result(ended ? process.exitValue() : -1, output.join(),
                    Math.max(seen, reported.isEmpty() ? 0 : Long.parseLong(reported)), seconds);
        } finally {
            process.destroyForcibly();
            Files.deleteIfExists(peak);
        }
    }

    private List<String> command(Path peak) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(flags);
        command.addAll(List.of("-cp", classPath, "-Dlyceum.peak=" + peak, Main.class.getName(), mainClass));
        command.addAll(arguments);
        return command;
    }

    private static String read(Process process) {
        try (var in = process.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "(output lost: " + e.getMessage() + ")";
        }
    }

    /** Surefire hides the class path in a manifest, and tells it in a property. */
    private static String ownClassPath() { return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")); }

    /** {@code VmHWM}, the high-water mark of the resident size, in bytes. */
    private static long peakOf(String status) {
        try {
            for (var line : Files.readAllLines(Path.of(status))) {
                if (line.startsWith("VmHWM:")) return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
            }
        } catch (IOException e) {
            return 0;
        }
        return 0;
    }

    private static List<String> joined(List<String> first, String... more) {
        var all = new ArrayList<>(first);
        all.addAll(List.of(more));
        return List.copyOf(all);
    }

    /** Runs inside the forked JVM: calls the wanted main, and reports the peak on the way out. */
    static final class Main {

        private Main() {}

        public static void main(String[] args) throws Throwable {
            Runtime.getRuntime().addShutdownHook(new Thread(Main::report));
            var main = Class.forName(args[0]).getDeclaredMethod("main", String[].class);
            main.setAccessible(true);
            try {
                main.invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }

        private static void report() {
            try {
                Files.writeString(Path.of(System.getProperty("lyceum.peak")), Long.toString(peakOf("/proc/self/status")));
            } catch (IOException e) {
                // The parent falls back to what it saw itself.
            }
        }
    }
}
