package lyceum.serve;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import lyceum.DType;

/** A writer in a process of its own, which ends when its parent does. */
final class WorkerProcess implements AutoCloseable {
    private final Process process;
    private final int port;

    private WorkerProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    public static void main(String... none) throws IOException {
        var server = new WorkerServer(new LocalWorker(Tiny.llama(160), 400, 8, DType.F32), 0);
        System.out.println(server.port());
        while (System.in.read() >= 0) {
        }
        System.exit(0);
    }

    static WorkerProcess start() throws IOException {
        var process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-XX:+UseSerialGC",
                "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                WorkerProcess.class.getName()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        var line = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
        return new WorkerProcess(process, Integer.parseInt(line));
    }

    InetSocketAddress address() { return new InetSocketAddress(InetAddress.getLoopbackAddress(), port); }

    void kill() { process.destroyForcibly().onExit().join(); }

    @Override public void close() { kill(); }
}
