package lyceum.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A Python process with Debian's scikit-learn that makes one timed call a request. The system property {@code lyceum.python} names another Python. */
final class ScikitLearn implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String INSTALL = "sudo apt-get install python3-sklearn libopenblas0-pthread";

    private final Path script;
    private final Process process;
    private final BufferedWriter requests;
    private final BufferedReader answers;
    private String name = "";

    private ScikitLearn(Path script, Process process) {
        this.script = script;
        this.process = process;
        this.requests = process.outputWriter();
        this.answers = process.inputReader();
    }

    /** The peer with that many threads, or null without it; then a line on the error output says how to install it. */
    static ScikitLearn find(int threads) throws IOException {
        var script = Files.createTempFile("lyceum-peer", ".py");
        try (var in = ScikitLearn.class.getResourceAsStream("sklearn_peer.py")) {
            Files.write(script, in.readAllBytes());
        }
        ScikitLearn peer = null;
        try {
            var python = new ProcessBuilder(System.getProperty("lyceum.python", "/usr/bin/python3"), "-u", script.toString()).redirectError(ProcessBuilder.Redirect.INHERIT);
            for (var library : new String[] {"OMP", "OPENBLAS", "MKL"}) python.environment().put(library + "_NUM_THREADS", Integer.toString(threads));
            peer = new ScikitLearn(script, python.start());
            var hello = peer.call("hello", Map.of());
            peer.name = hello.path("name").asString();
            if (hello.path("blas").asString().isEmpty()) {
                peer.name += " on reference BLAS";
                System.err.println("scikit-learn runs on the reference BLAS here, which is many times slower than the one that its users have: sudo apt-get install libopenblas0-pthread");
            }
            return peer;
        } catch (IOException | IllegalStateException e) {
            System.err.println("No scikit-learn (" + e.getMessage() + "); its columns stay empty. Install: " + INSTALL);
            if (peer == null) Files.delete(script);
            else peer.close();
            return null;
        }
    }

    String name() { return name; }

    /** What the function of the script answers. @throws IllegalStateException if it fails */
    JsonNode call(String function, Map<String, ?> arguments) {
        var request = new HashMap<String, Object>(arguments);
        request.put("call", function);
        try {
            requests.write(JSON.writeValueAsString(request));
            requests.newLine();
            requests.flush();
            var line = answers.readLine();
            if (line == null) throw new IllegalStateException("the Python process ended");
            var answer = JSON.readTree(line);
            if (answer.has("error")) throw new IllegalStateException(answer.path("error").asString());
            return answer;
        } catch (IOException e) {
            throw new IllegalStateException("the Python process ended: " + e.getMessage(), e);
        }
    }

    @Override public void close() throws IOException {
        process.destroy();
        Files.deleteIfExists(script);
    }
}
