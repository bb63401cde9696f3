package lyceum.studio.web;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Gives back what the heap grew by for large pages when nobody has asked for one for a while: by itself the collector keeps all that it once had. */
final class SpareMemory {
    private static final long IDLE_HEAP = 128L << 20;

    private final Duration quiet;
    private final Runnable collect;
    private final AtomicBoolean waiting = new AtomicBoolean();
    private volatile long lastUse;

    SpareMemory() { this(Duration.ofSeconds(10), () -> { if (Runtime.getRuntime().totalMemory() > IDLE_HEAP) System.gc(); }); }

    SpareMemory(Duration quiet, Runnable collect) {
        this.quiet = quiet;
        this.collect = collect;
    }

    /** Something large was made. */
    void used() {
        lastUse = System.nanoTime();
        if (waiting.compareAndSet(false, true)) later(quiet.toNanos());
    }

    private void later(long nanos) { CompletableFuture.delayedExecutor(nanos, TimeUnit.NANOSECONDS).execute(this::look); }

    private void look() {
        long left = quiet.toNanos() - (System.nanoTime() - lastUse);
        if (left > 0) {
            later(left);
        } else {
            waiting.set(false);
            collect.run();
        }
    }
}
