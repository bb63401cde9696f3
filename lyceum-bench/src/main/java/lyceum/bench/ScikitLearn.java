package lyceum.bench;

import java.io.IOException;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Debian's scikit-learn: one timed fit a request. */
final class ScikitLearn implements AutoCloseable {
    private static final String INSTALL = "sudo apt-get install python3-sklearn libopenblas0-pthread";

    private final PeerProcess process;
    private final String name;

    private ScikitLearn(PeerProcess process) {
        this.process = process;
        var hello = process.call("hello", Map.of());
        boolean reference = hello.path("blas").asString().isEmpty();
        name = hello.path("name").asString() + (reference ? " on reference BLAS" : "");
        if (reference) System.err.println(
                "scikit-learn runs on the reference BLAS here, which is many times slower than the one that its users have: sudo apt-get install libopenblas0-pthread");
    }

    /** The peer with that many threads, or null without it; then a line on the error output says how to install it. */
    static ScikitLearn find(int threads) throws IOException {
        PeerProcess process = null;
        try {
            process = PeerProcess.python("sklearn_peer.py", threads);
            return new ScikitLearn(process);
        } catch (IOException | IllegalStateException e) {
            System.err.println("No scikit-learn (" + e.getMessage() + "); its columns stay empty. Install: " + INSTALL);
            if (process != null) process.close();
            return null;
        }
    }

    String name() { return name; }

    /** What the function of the script answers. @throws IllegalStateException if it fails */
    JsonNode call(String function, Map<String, ?> arguments) { return process.call(function, arguments); }

    @Override public void close() throws IOException { process.close(); }
}
