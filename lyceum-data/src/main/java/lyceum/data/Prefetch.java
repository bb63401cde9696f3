package lyceum.data;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import lyceum.LyceumException;

/**
 * Batches that threads load ahead, handed out in order. What a load throws is thrown by {@link #next} at its turn. Closing stops the threads; so does the
 * last batch. One thread takes.
 */
public final class Prefetch<T> implements Iterator<T>, AutoCloseable {
    private final Iterator<? extends Callable<T>> loads;
    private final Runnable closing;
    private final int ahead;
    private final ExecutorService workers;
    private final ArrayDeque<Future<T>> waiting = new ArrayDeque<>();
    private boolean exhausted, cut;
    private int taken;

    /**
     * @param loads what makes each batch, in order; asked by the thread that takes
     * @param closing is called once nothing is left to load, when batches may still be in the making, or this is closed
     */
    Prefetch(Iterator<? extends Callable<T>> loads, int threads, Runnable closing) {
        if (threads < 1) throw new IllegalArgumentException("prefetch: " + threads + " threads; at least 1");
        this.loads = loads;
        this.closing = closing;
        ahead = 2 * threads;
        workers = Executors.newFixedThreadPool(threads, Thread.ofPlatform().name("lyceum-prefetch-", 0).daemon(true).factory());
        fill();
    }

    private void fill() {
        while (!exhausted && waiting.size() < ahead) {
            try {
                if (loads.hasNext()) waiting.add(workers.submit(loads.next()));
                else end();
            } catch (RuntimeException e) { // the source's, thrown when its turn comes
                waiting.add(CompletableFuture.failedFuture(e));
                end();
            }
        }
    }

    private void end() {
        exhausted = true;
        workers.shutdown();
        closing.run();
    }

    @Override public boolean hasNext() { return cut || !waiting.isEmpty(); }

    @Override public T next() {
        if (!hasNext()) throw new NoSuchElementException("the pass has no more batches");
        if (waiting.isEmpty()) throw new IllegalStateException("Prefetch: closed at batch " + taken);
        try {
            var batch = waiting.remove().get();
            taken++;
            fill();
            return batch;
        } catch (ExecutionException e) {
            cut = true;
            close();
            if (e.getCause() instanceof RuntimeException failure) throw failure;
            if (e.getCause() instanceof Error failure) throw failure;
            throw new LyceumException("Prefetch: batch " + taken + " could not be loaded: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            cut = true;
            close();
            Thread.currentThread().interrupt();
            throw new CancellationException("Prefetch: interrupted at batch " + taken);
        }
    }

    /** Stops the threads; batches that wait are lost. */
    @Override public void close() {
        cut |= !waiting.isEmpty();
        workers.shutdownNow();
        waiting.clear();
        if (!exhausted) end();
    }
}
