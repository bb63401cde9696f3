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

    /** A malloc that keeps what was freed, as our allocator does: with glibc's settings every large result pays for new pages, and those would be what is measured. */
    private static final Map<String, String> KEEPING_MEMORY = Map.of("MALLOC_ARENA_MAX", "1", "MALLOC_MMAP_MAX_", "0", "MALLOC_TRIM_THRESHOLD_", "100000000000");
    private static final Map<String, String> AVX2 = Map.of("ATEN_CPU_CAPABILITY", "avx2", "MKL_ENABLE_INSTRUCTIONS", "AVX2", "ONEDNN_MAX_CPU_ISA", "AVX2", "OPENBLAS_CORETYPE", "Haswell");

    private final Process process;
    private final Path folder;
    private final BufferedWriter requests;
    private final BufferedReader answers;

    private PeerProcess(ProcessBuilder command, Path folder, int threads) throws IOException {
        for (var library : new String[] {"OMP", "OPENBLAS", "MKL"}) command.environment().put(library + "_NUM_THREADS", Integer.toString(threads));
        command.environment().putAll(KEEPING_MEMORY);
        if (FeatureLevel.isAvx2Asked()) AVX2.forEach(command.environment()::putIfAbsent);
        this.folder = folder;
        process = command.start();
        requests = process.outputWriter();
        answers = process.inputReader();
    }

    /** What the environment of peers says of the instructions that their libraries may use: what ours does, else AVX2 where we are held to it. Empty if nothing. */
    static String heldTo() {
        var all = new TreeMap<String, String>();
        AVX2.forEach((name, value) -> {
            var own = System.getenv(name);
            if (own != null || FeatureLevel.isAvx2Asked()) all.put(name, own != null ? own : value);
        });
        return all.entrySet().stream().map(Object::toString).collect(Collectors.joining(" "));
    }

    /** Debian's Python, or the one that the system property {@code lyceum.python} names, with a script that stands beside this class. */
    static PeerProcess python(String script, int threads) throws IOException {
        var folder = Files.createTempDirectory("lyceum-peer");
        try {
            for (var name : List.of("peer.py", script)) {
                try (var in = PeerProcess.class.getResourceAsStream(name)) {
                    Files.write(folder.resolve(name), in.readAllBytes());
                }
            }
            var command = new ProcessBuilder(System.getProperty("lyceum.python", "/usr/bin/python3"), "-uB", folder.resolve(script).toString());
            return new PeerProcess(command.redirectError(ProcessBuilder.Redirect.INHERIT), folder, threads);
        } catch (IOException e) {
            delete(folder);
            throw e;
        }
    }

    /** Another JVM with this one's class path. What it writes when it crashes is of no use here. */
    static PeerProcess java(String mainClass, int threads) throws IOException {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx1g", "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null",
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
