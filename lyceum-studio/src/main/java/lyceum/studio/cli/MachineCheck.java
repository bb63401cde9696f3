package lyceum.studio.cli;

import com.sun.management.OperatingSystemMXBean;
import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.studio.cli.DoctorCommand.Finding;

/** Looks at the machine for {@code lyceum doctor}. */
final class MachineCheck {

    private static final long GIB = 1L << 30;
    private static final Runtime.Version LEAST = Runtime.Version.parse("25.0.3");

    /** The kernel's names of CPU features, and those that people know. */
    private static final Map<String, String> FEATURES = new LinkedHashMap<>();

    /** Those that machine code for x86 has kernels for. */
    private static final List<String> LEVELS = List.of("avx512f", "avx512_vnni", "avx512_bf16", "amx_tile");

    static {
        FEATURES.put("avx2", "AVX2");
        FEATURES.put("fma", "FMA");
        FEATURES.put("avx512f", "AVX-512");
        FEATURES.put("avx512_vnni", "VNNI");
        FEATURES.put("avx512_bf16", "BF16");
        FEATURES.put("amx_tile", "AMX");
        FEATURES.put("asimd", "NEON");
        FEATURES.put("sve", "SVE");
    }

    List<Finding> findings() {
        var found = new ArrayList<Finding>();
        found.add(java());
        found.add(maven());
        found.add(Finding.fine("CPU", cpuModel() + ", " + Runtime.getRuntime().availableProcessors() + " threads"));
        found.add(Finding.fine("features", features()));
        found.add(backend());
        found.add(memory());
        found.add(disk());
        found.add(pictures());
        found.add(runs());
        found.add(port());
        found.add(program("Chromium", List.of("chromium", "chromium-browser", "google-chrome"), "chromium", "the browser tests need it"));
        found.add(program("driver", List.of("chromedriver"), "chromium-driver", "the browser tests need it"));
        found.add(fashionMnist());
        return found;
    }

    private static Finding java() {
        String text = Runtime.version() + ", " + System.getProperty("java.home");
        return Runtime.version().compareToIgnoreOptional(LEAST) >= 0 ? Finding.fine("JDK", text)
                : Finding.needed("JDK", text + "; Lyceum needs " + LEAST + " or later", "sudo apt-get install openjdk-25-jdk-headless");
    }

    private static Finding maven() {
        var wrapper = root().map(r -> r.resolve(".mvn/wrapper/maven-wrapper.properties")).filter(Files::isReadable);
        if (wrapper.isPresent()) {
            try {
                String url = Files.readString(wrapper.get()).lines().filter(l -> l.startsWith("distributionUrl=")).findFirst().orElse("");
                return Finding.fine("Maven", url.replaceFirst(".*apache-maven-([0-9.]+)-bin.*", "$1") + ", by the wrapper");
            } catch (IOException e) {
                return Finding.optional("Maven", "the wrapper cannot be read: " + e.getMessage(), "sudo apt-get install maven");
            }
        }
        return Finding.fine("Maven", onPath(List.of("mvn")).map(p -> p + "").orElse("not looked for: this is not a clone"));
    }

    private static Optional<Path> root() { return Optional.ofNullable(System.getProperty("lyceum.root")).map(Path::of); }

    private static String cpuModel() { return cpuInfo("model name").or(() -> cpuInfo("CPU part")).orElse(System.getProperty("os.arch")); }

    private static String features() {
        var flags = Set.of(cpuInfo("flags").or(() -> cpuInfo("Features")).orElse("").split(" "));
        var names = FEATURES.entrySet().stream().filter(e -> flags.contains(e.getKey())).map(Map.Entry::getValue).toList();
        var lacking = flags.contains("avx2") ? LEVELS.stream().filter(level -> !flags.contains(level)).map(FEATURES::get).toList()
                : List.<String>of();
        return (names.isEmpty() ? "none that is known" : String.join(" ", names))
                + (lacking.isEmpty() ? "" : "; not executed here: " + String.join(" ", lacking));
    }

    private static Optional<String> cpuInfo(String key) {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(l -> l.startsWith(key)).map(l -> l.substring(l.indexOf(':') + 1).strip()).findFirst();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private static Finding backend() {
        String text;
        try {
            text = Backend.current().description() + ", " + Parallel.threads() + (Parallel.threads() == 1 ? " thread" : " threads");
        } catch (IllegalArgumentException e) {
            var wrong = Stream.of("LYCEUM_CPU", "LYCEUM_THREADS").filter(e.getMessage()::contains).findFirst().orElse("LYCEUM_BACKEND");
            return Finding.needed("backend", e.getMessage(), "unset " + wrong);
        }
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            return Finding.optional("backend", text + "; the vector module is not resolved",
                    "java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED ...");
        }
        return noMachineCode().map(reason -> Finding.fine("backend", text + "; no machine code: " + reason))
                .orElseGet(() -> Finding.fine("backend", text));
    }

    /** Why the x86 backend cannot run here. */
    private static Optional<String> noMachineCode() {
        try {
            Backend.named("x86");
            return Optional.empty();
        } catch (IllegalArgumentException refused) {
            return Optional.of(refused.getMessage());
        }
    }

    private static Finding memory() {
        if (!(ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system)) {
            return Finding.fine("memory", "heap up to " + gib(Runtime.getRuntime().maxMemory()));
        }
        long total = system.getTotalMemorySize(), free = available().orElse(system.getFreeMemorySize());
        String text = gib(total) + ", " + gib(free) + " available; heap up to " + gib(Runtime.getRuntime().maxMemory());
        return total >= 2 * GIB ? Finding.fine("memory", text)
                : Finding.optional("memory", text + "; labs want 2 GiB", "java -Xmx1g ... and one lab at a time");
    }

    private static Optional<Long> available() {
        try (var lines = Files.lines(Path.of("/proc/meminfo"))) {
            return lines.filter(l -> l.startsWith("MemAvailable:")).map(l -> Long.parseLong(l.replaceAll("[^0-9]", "")) * 1024).findFirst();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private static Finding disk() {
        var folder = root().orElse(Path.of(".")).toAbsolutePath();
        try {
            long free = Files.getFileStore(folder).getUsableSpace();
            return free > GIB ? Finding.fine("disk", gib(free) + " free in " + folder) : Finding.optional("disk",
                    gib(free) + " free in " + folder + "; a build wants 1 GiB", "rm -rf " + folder.resolve(".lyceum"));
        } catch (IOException e) {
            return Finding.fine("disk", "unknown: " + e.getMessage());
        }
    }

    private static Finding pictures() {
        System.setProperty("java.awt.headless", "true");
        try {
            var font = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
            double width = font.getStringBounds("Lyceum", new FontRenderContext(null, true, true)).getWidth();
            return Finding.fine("pictures", width > 0 ? "PNG with text" : "PNG, without text");
        } catch (LinkageError | RuntimeException e) {
            return Finding.optional("pictures", "no PNG: the JDK's font library needs packages that are missing", RunFiles.MEND_PNG);
        }
    }

    private static Finding runs() {
        var folder = StudioCommand.runsFolder();
        var at = folder;
        while (at != null && !Files.exists(at)) {
            at = at.getParent();
        }
        boolean writable = at != null && Files.isDirectory(at) && Files.isWritable(at);
        return writable ? Finding.fine("runs", "kept in " + folder)
                : Finding.optional("runs", folder + " is not writable; runs are not kept", "LYCEUM_HOME=/tmp/lyceum lyceum studio");
    }

    private static Finding port() {
        try (var socket = new ServerSocket(8080, 1, InetAddress.getLoopbackAddress())) {
            return Finding.fine("port", socket.getLocalPort() + " is free");
        } catch (IOException e) {
            return Finding.optional("port", "8080 is taken", "lyceum studio --port 8081");
        }
    }

    private static Finding program(String name, List<String> names, String packageName, String why) {
        return onPath(names).map(p -> Finding.fine(name, p.toString()))
                .orElseGet(() -> Finding.optional(name, "not found; " + why, "sudo apt-get install " + packageName));
    }

    private static Optional<Path> onPath(List<String> names) {
        for (var folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            for (var name : names) {
                var file = Path.of(folder, name);
                if (!folder.isEmpty() && Files.isExecutable(file)) return Optional.of(file);
            }
        }
        return Optional.empty();
    }

    private static Finding fashionMnist() {
        var folder = Path.of("/usr/share/datasets/fashion-mnist");
        return Files.isDirectory(folder) ? Finding.fine("Fashion-MNIST", folder.toString())
                : Finding.optional("Fashion-MNIST", "not found; some labs and tests need it", "sudo apt-get install dataset-fashion-mnist");
    }

    private static String gib(long bytes) { return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) GIB); }
}
