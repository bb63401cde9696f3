package lyceum.labs.run;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;

/** A worker JVM as its parent sees it. One run at a time. */
final class WorkerProcess {

    private static final System.Logger LOG = System.getLogger(WorkerProcess.class.getName());
    private static final int LOG_TAIL = 16_384;
    private static final int KILLED = 128 + 9;
    private static final int TERMINATED = 128 + 15;

    private final Process process;
    private final BufferedReader events;
    private final Writer commands;
    private final StringBuilder log = new StringBuilder();
    private final String heap;
    private final String backend;
    private int runs;

    /** Starts a JVM and waits until it is ready. */
    WorkerProcess(WorkerOptions options) throws IOException {
        heap = options.heap();
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx" + options.heap());
        // A crash leaves its log where temporary files go, not in the folder somebody works in.
        command.add("-XX:ErrorFile=" + Path.of(System.getProperty("java.io.tmpdir"), "lyceum-lab-%p.log"));
        command.addAll(options.flags());
        command.add("-cp");
        command.add(options.classPath());
        command.add(LabWorker.class.getName());
        process = new ProcessBuilder(command).start();
        events = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        commands = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
        Thread.ofPlatform().daemon().name("lab-worker-log").start(this::drain);
        var first = events.readLine();
        if (first == null || !first.startsWith(LabWorker.READY)) throw new IOException("a worker JVM did not start: " + end());
        backend = first.substring(LabWorker.READY.length());
    }

    /** What it computes with. */
    String backend() { return backend; }

    void send(WorkerCommand command) throws IOException {
        synchronized (commands) {
            commands.write(LabJson.write(command) + "\n");
            commands.flush();
        }
    }

    /** The run's next event, or null when the worker has died. Lines that are no events (native code that prints) are logged. */
    LabEvent next() throws IOException {
        for (var line = events.readLine(); line != null; line = events.readLine()) {
            try {
                return LabJson.read(line, LabEvent.class);
            } catch (IllegalArgumentException e) {
                LOG.log(System.Logger.Level.DEBUG, "worker printed: {0}", line);
            }
        }
        return null;
    }

    /** How often it has been lent. */
    int lend() { return ++runs; }

    boolean alive() { return process.isAlive(); }

    void kill() { process.destroyForcibly(); }

    /** How it ended, in a sentence; waits for the end. */
    String end() {
        try {
            if (!process.waitFor(2, TimeUnit.SECONDS)) {
                kill();
            }
            int code = process.waitFor();
            return switch (code) {
                case LabWorker.OUT_OF_MEMORY -> "the lab used up its memory of " + heap;
                case KILLED -> "the lab's JVM was killed; a machine that runs out of memory does that";
                case TERMINATED -> "the lab's JVM was terminated";
                default -> "the lab's JVM ended with exit code " + code;
            };
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            kill();
            return "interrupted";
        }
    }

    /** The last lines that it wrote to standard error. */
    String log() {
        synchronized (log) {
            return log.toString();
        }
    }

    private void drain() {
        try (var in = new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8)) {
            var buffer = new char[2048];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                synchronized (log) {
                    log.append(buffer, 0, n);
                    if (log.length() > LOG_TAIL) {
                        log.delete(0, log.length() - LOG_TAIL);
                    }
                }
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a worker's log ended", e);
        }
    }
}
