package lyceum.labs.run;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import lyceum.backend.Backend;
import lyceum.memory.Memory;

/**
 * The main class of a worker JVM: reads {@link WorkerCommand}s from standard input and writes {@link LabEvent}s to standard
 * output, a line of JSON each. What labs print goes to standard error. Ends when its input does, so that no worker outlives
 * the process that started it.
 */
final class LabWorker {

    /** The first line a worker writes; the name of what it computes with follows. */
    static final String READY = "ready: ";
    /** The exit code after a lab used up the heap: such a JVM runs nothing more. */
    static final int OUT_OF_MEMORY = 77;

    private final PrintStream out;
    private volatile String current;
    private volatile Cancellation cancellation;
    private volatile Thread thread;

    private LabWorker(PrintStream out) { this.out = out; }

    public static void main(String[] args) throws IOException {
        var out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        System.setOut(System.err);
        new LabWorker(out).serve(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
        Runtime.getRuntime().halt(0);
    }

    private void serve(BufferedReader in) throws IOException {
        line(READY + Backend.current().name());
        for (var text = in.readLine(); text != null; text = in.readLine()) {
            var command = LabJson.read(text, WorkerCommand.class);
            if (command.request() == null) {
                stop(command);
            } else {
                start(command);
            }
        }
    }

    private void start(WorkerCommand command) {
        current = command.run();
        cancellation = new Cancellation();
        thread = Thread.ofPlatform().daemon().name("lab-" + command.request().slug()).start(() -> run(command.request(), cancellation));
    }

    private void stop(WorkerCommand command) {
        if (command.run().equals(current)) {
            cancellation.ask(command.reason());
            thread.interrupt();
        }
    }

    private void run(LabRequest request, Cancellation asked) {
        try {
            var lab = LabClass.of(request.labClass());
            emit(LabRuns.execute(request, lab, lab.values(request.params()), this::emit, asked));
            Memory.release();
        } catch (OutOfMemoryError e) {
            Runtime.getRuntime().halt(OUT_OF_MEMORY);
        } catch (Throwable e) {
            emit(new LabEvent.Failed(Stacks.sentence(e), Stacks.of(e)));
        }
    }

    private void emit(LabEvent event) { line(LabJson.write(ToldResult.bare(event))); }

    private synchronized void line(String text) {
        out.print(text + "\n");
        out.flush();
    }
}
