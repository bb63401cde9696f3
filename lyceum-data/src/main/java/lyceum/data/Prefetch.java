package lyceum.data;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import lyceum.LyceumException;

/**
 * Batches that threads load ahead, handed out in order. What a load throws is thrown by {@link #next} at its turn. Closing stops the threads; so does the
 * last batch. One thread takes.
 */
public final class Prefetch<T> implements Iterator<T>, AutoCloseable {
    private final List<int[]> batches;
    private final Function<int[], T> load;
    private final int ahead;
    private final ExecutorService workers;
    private final ArrayDeque<Future<T>> waiting = new ArrayDeque<>();
    private int submitted, taken;

    Prefetch(List<int[]> batches, int threads, Function<int[], T> load) {
        if (threads < 1) throw new IllegalArgumentException("DataLoader.prefetch: " + threads + " threads; at least 1");
        this.batches = batches;
        this.load = load;
        ahead = 2 * threads;
        workers = Executors.newFixedThreadPool(threads, Thread.ofPlatform().name("lyceum-prefetch-", 0).daemon(true).factory());
        fill();
    }

    private void fill() {
        while (submitted < batches.size() && waiting.size() < ahead) {
            var rows = batches.get(submitted++);
            waiting.add(workers.submit(() -> load.apply(rows)));
        }
        if (submitted == batches.size()) workers.shutdown();
    }

    @Override public boolean hasNext() { return taken < batches.size(); }

    @Override public T next() {
        if (!hasNext()) throw new NoSuchElementException("the pass has no more batches");
        if (waiting.isEmpty()) throw new IllegalStateException("Prefetch: closed at batch " + taken);
        try {
            var batch = waiting.remove().get();
            taken++;
            fill();
            return batch;
        } catch (ExecutionException e) {
            close();
            if (e.getCause() instanceof RuntimeException failure) throw failure;
            if (e.getCause() instanceof Error failure) throw failure;
            throw new LyceumException("Prefetch: batch " + taken + " could not be loaded: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            throw new CancellationException("Prefetch: interrupted at batch " + taken);
        }
    }

    /** Stops the threads; batches that wait are lost. */
    @Override public void close() {
        workers.shutdownNow();
        waiting.clear();
        submitted = batches.size();
    }
}
