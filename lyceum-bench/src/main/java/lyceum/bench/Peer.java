package lyceum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** One of the libraries that we stand beside, at a fixed number of threads. A process that an operation kills is started again for the next. */
final class Peer implements AutoCloseable {
    /** Starts the process. */
    @FunctionalInterface
    interface Start {
        PeerProcess process() throws IOException;
    }

    private static final String PYTORCH = "sudo apt-get install python3-torch libopenblas0-pthread";

    private final Start start;
    private final int threads;
    private final String name;
    private PeerProcess process;

    /** @throws IOException if it does not start */
    private Peer(Start start, int threads) throws IOException {
        this.start = start;
        this.threads = threads;
        name = running();
    }

    /** libtorch through DJL, if this build has it. */
    static Optional<Peer> libtorch(int threads) {
        try {
            Class.forName("lyceum.bench.peer.LibTorch");
        } catch (ClassNotFoundException e) {
            System.err.println("No libtorch: this build has no peers; build with Maven's profile peers, as ./lyceum bench does");
            return Optional.empty();
        }
        return find("libtorch", "it comes by Maven's profile peers for linux-x86_64",
                () -> PeerProcess.java("lyceum.bench.peer.LibTorch", threads), threads);
    }

    /** Debian's PyTorch, if it is installed. */
    static Optional<Peer> pytorch(int threads) {
        return find("PyTorch", PYTORCH, () -> PeerProcess.python("torch_peer.py", threads), threads);
    }

    /** llama.cpp as npm's node-llama-cpp brings it, built for each CPU, if it was unpacked under a folder. */
    static Optional<Peer> nodeLlamaCpp(Path folder, int threads) {
        try (var files = Files.isDirectory(folder)
                ? Files.find(folder, 6, (p, _) -> p.getFileName().toString().matches("libllama\\.v.*\\.so")) : Stream.<Path>empty()) {
            var library = files.findFirst();
            if (library.isPresent()) return llamaCpp("llama.cpp of node-llama-cpp", library.get(), threads);
        } catch (IOException e) {
            System.err.println("No node-llama-cpp: " + e.getMessage());
            return Optional.empty();
        }
        System.err.println("No node-llama-cpp; install: mkdir -p " + folder + " && npm pack --pack-destination " + folder
                + " @node-llama-cpp/linux-x64@3.21.1 && tar -xzf " + folder + "/*.tgz -C " + folder);
        return Optional.empty();
    }

    /** llama.cpp as {@code de.kherud:llama} brings it, built for AVX2, if this build has it. Its library is called as the other one is, without the JVM between. */
    static Optional<Peer> kherud(int threads) {
        var name = "/de/kherud/llama/Linux/x86_64/libjllama.so";
        try (var in = Peer.class.getResourceAsStream(name)) {
            if (in == null) {
                System.err.println("No de.kherud:llama: it comes by Maven's profile peers, for linux-x86_64");
                return Optional.empty();
            }
            var library = Files.createTempFile("libjllama", ".so");
            library.toFile().deleteOnExit();
            Files.copy(in, library, StandardCopyOption.REPLACE_EXISTING);
            return llamaCpp("llama.cpp of de.kherud:llama 4.2.0", library, threads);
        } catch (IOException e) {
            System.err.println("No de.kherud:llama: " + e.getMessage());
            return Optional.empty();
        }
    }

    /** Jlama, if this build has put its jars into a folder: a class path of their own. */
    static Optional<Peer> jlama(Path folder, int threads) {
        try (var files = Files.isDirectory(folder) ? Files.list(folder) : Stream.<Path>empty()) {
            var version = files.map(p -> p.getFileName().toString()).filter(n -> n.matches("jlama-core-.*\\.jar")).findFirst()
                    .map(n -> n.substring("jlama-core-".length(), n.length() - ".jar".length()));
            if (version.isPresent()) return find("Jlama", "it comes by Maven's profile peers",
                    () -> PeerProcess.source("JlamaPeer.java", folder, version.get(), threads), threads);
        } catch (IOException e) {
            System.err.println("No Jlama: " + e.getMessage());
            return Optional.empty();
        }
        System.err.println("No Jlama: it comes by Maven's profile peers");
        return Optional.empty();
    }

    private static Optional<Peer> llamaCpp(String name, Path library, int threads) {
        var environment = Map.of("LLAMA_LIBRARY", library.toString(), "LLAMA_NAME", name);
        return find(name, "Debian's python3", () -> PeerProcess.python("llama_peer.py", threads, environment), threads);
    }

    /** Debian's PyTorch with models of torchvision and torchaudio and our transcriptions of others, as far as they are installed. */
    static Optional<Peer> models(int threads) {
        return find("PyTorch", PYTORCH + " python3-torchvision python3-torchaudio", () -> PeerProcess.python("models_peer.py", threads),
                threads);
    }

    /** Debian's SciPy, if it is installed. */
    static Optional<Peer> scipy(int threads) {
        return find("SciPy", "sudo apt-get install python3-scipy libopenblas0-pthread", () -> PeerProcess.python("scipy_peer.py", threads),
                threads);
    }

    private static Optional<Peer> find(String what, String install, Start start, int threads) {
        try {
            return Optional.of(new Peer(start, threads));
        } catch (IOException | IllegalStateException e) {
            System.err.println("No " + what + " (" + e.getMessage() + "); install: " + install);
            return Optional.empty();
        }
    }

    String name() { return name; }

    private String running() throws IOException {
        process = start.process();
        try {
            var hello = process.call("hello", Map.of("threads", threads));
            return hello.path("name").asString() + (hello.path("blas").asBoolean(true) ? "" : " on reference BLAS");
        } catch (IllegalStateException e) {
            close();
            throw e;
        }
    }

    /** Makes ready to run the operation; false if this peer cannot. */
    boolean prepare(Map<String, Object> request) {
        try {
            if (process == null) running();
            process.call("prepare", request);
            return true;
        } catch (PeerProcess.Ended e) {
            System.err.println(name + " ended at " + request + "; it is left out of this row");
            lost();
            return false;
        } catch (IOException | IllegalStateException e) {
            if (!String.valueOf(e.getMessage()).contains("no such operation"))
                System.err.println(name + " fails at " + request + ": " + e.getMessage());
            return false;
        }
    }

    /** What so many calls take, by the peer's own clock. */
    double seconds(int calls) {
        return process.call("run", Map.of("calls", calls)).path("seconds").asDouble();
    }

    /** Waits until its threads rest. */
    void awaitRest() { if (process != null) process.awaitRest(); }

    private void lost() {
        try {
            close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override public void close() throws IOException {
        if (process != null) process.close();
        process = null;
    }
}
