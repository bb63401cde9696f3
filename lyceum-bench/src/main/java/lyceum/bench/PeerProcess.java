package lyceum.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A peer in a process of its own, where its threads are set before it starts and its death is not ours. It answers each request, a line of JSON
 * that names a function and its arguments, with a line.
 */
final class PeerProcess implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    /** A malloc that keeps what was freed, as our allocator does: with glibc's settings every large result pays for new pages, and those would be what is measured. */
    private static final Map<String, String> KEEPING_MEMORY = Map.of("MALLOC_ARENA_MAX", "1", "MALLOC_MMAP_MAX_", "0",
            "MALLOC_TRIM_THRESHOLD_", "100000000000");
    private static final Map<String, String> AVX2 = Map.of("ATEN_CPU_CAPABILITY", "avx2", "MKL_ENABLE_INSTRUCTIONS", "AVX2",
            "ONEDNN_MAX_CPU_ISA", "AVX2", "OPENBLAS_CORETYPE", "Haswell");

    private final Process process;
    private final Path folder;
    private final BufferedWriter requests;
    private final BufferedReader answers;

    /** What would hold OpenBLAS to another CPU's kernels or blocks, and us to a lead that is not ours: on Zen 5 a GPT step read 2.2 instead of 1.5. */
    private static final List<String> UNFAIR = List.of("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE");

    private PeerProcess(ProcessBuilder command, Path folder, int threads) throws IOException {
        makeFair(command.environment(), threads);
        command.environment().putAll(KEEPING_MEMORY);
        this.folder = folder;
        process = command.start();
        requests = process.outputWriter();
        answers = process.inputReader();
    }

    /** The environment of a peer: as many threads as we have, and the CPU as it is, or AVX2 where we are held to it. */
    static void makeFair(Map<String, String> environment, int threads) {
        for (var library : List.of("OMP", "OPENBLAS", "MKL")) environment.put(library + "_NUM_THREADS", Integer.toString(threads));
        UNFAIR.forEach(environment::remove);
        if (FeatureLevel.isAvx2Asked()) AVX2.forEach(environment::putIfAbsent);
    }

    /** What the environment of peers says of the instructions that their libraries may use; empty if nothing. */
    static String heldTo() {
        var environment = new HashMap<>(System.getenv());
        makeFair(environment, 1);
        var all = new TreeMap<>(environment);
        all.keySet().retainAll(AVX2.keySet());
        return all.entrySet().stream().map(Object::toString).collect(Collectors.joining(" "));
    }

    /** Debian's Python, or the one that the system property {@code lyceum.python} names, with a script that stands beside this class. */
    static PeerProcess python(String script, int threads) throws IOException { return python(script, threads, Map.of()); }

    /** @param more of its environment */
    static PeerProcess python(String script, int threads, Map<String, String> more) throws IOException {
        var folder = unpacked("peer.py", script);
        try {
            var command = new ProcessBuilder(System.getProperty("lyceum.python", "/usr/bin/python3"), "-uB",
                    folder.resolve(script).toString());
            command.environment().putAll(more);
            return new PeerProcess(command.redirectError(ProcessBuilder.Redirect.INHERIT), folder, threads);
        } catch (IOException e) {
            delete(folder);
            throw e;
        }
    }

    /** Another JVM that runs the source of a class beside this one, on the jars of a folder alone. @param version as the peer tells it */
    static PeerProcess source(String script, Path jars, String version, int threads) throws IOException {
        var folder = unpacked(script);
        try {
            var command = new ProcessBuilder(JAVA, "-Xmx4g", "-Dpeer.version=" + version, "--add-modules", "jdk.incubator.vector",
                    "--enable-native-access=ALL-UNNAMED", "-cp", jars.resolve("*").toString(), folder.resolve(script).toString());
            return new PeerProcess(command.redirectError(ProcessBuilder.Redirect.DISCARD), folder, threads);
        } catch (IOException e) {
            delete(folder);
            throw e;
        }
    }

    /** Scripts that stand beside this class, in a folder. */
    private static Path unpacked(String... scripts) throws IOException {
        var folder = Files.createTempDirectory("lyceum-peer");
        for (var name : scripts) {
            try (var in = PeerProcess.class.getResourceAsStream(name)) {
                Files.write(folder.resolve(name), in.readAllBytes());
            }
        }
        return folder;
    }

    /** Another JVM with this one's class path. What it writes when it crashes is of no use here. */
    static PeerProcess java(String mainClass, int threads) throws IOException {
        var command = new ArrayList<>(List.of(JAVA, "-Xmx1g", "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null",
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), mainClass));
        return new PeerProcess(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD), null, threads);
    }

    /** What the function answers. @throws IllegalStateException if it fails, or {@link Ended} if the process did */
    JsonNode call(String function, Map<String, ?> arguments) {
        var request = new HashMap<String, Object>(arguments);
        request.put("call", function);
        try {
            requests.write(JSON.writeValueAsString(request));
            requests.newLine();
            requests.flush();
            var line = answers.readLine();
            if (line == null) throw new Ended("the process ended");
            var answer = JSON.readTree(line);
            if (answer.has("error")) throw new IllegalStateException(answer.path("error").asString());
            return answer;
        } catch (IOException e) {
            throw new Ended("the process ended: " + e.getMessage());
        }
    }

    /** Waits until no thread of the process runs: those of OpenMP and BLAS libraries spin after their work for up to 200 ms. */
    void awaitRest() { ThreadsAtRest.await(process.pid(), ""); }

    /** The process is no more. */
    static final class Ended extends IllegalStateException {
        Ended(String message) { super(message); }
    }

    @Override public void close() throws IOException {
        process.destroy();
        if (folder != null) delete(folder);
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (var file : files.toList()) Files.deleteIfExists(file);
        }
        Files.deleteIfExists(folder);
    }
}
