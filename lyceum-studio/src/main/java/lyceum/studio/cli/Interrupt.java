package lyceum.studio.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** While it is open, Ctrl-C and a polite kill ask for a stop, and the process waits for what is being saved. */
final class Interrupt implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 120;

    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread hook = new Thread(this::await, "interrupt");
    private volatile boolean asked;

    Interrupt() { Runtime.getRuntime().addShutdownHook(hook); }

    private void await() {
        asked = true;
        try {
            over.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    boolean isAsked() { return asked; }

    @Override public void close() {
        over.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return; // the process ends already
        }
    }
}
