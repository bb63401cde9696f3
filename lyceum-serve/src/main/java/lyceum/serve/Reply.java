package lyceum.serve;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import lyceum.llm.Continuation;
import lyceum.llm.generate.GenerationRequest.Piece;
import lyceum.progress.CancelledException;

/**
 * What an {@link Engine} writes for one request, as it comes: iterate over it for pieces, or {@link #get} the whole. Its methods may be called by any thread; pieces go to
 * whoever asks first.
 *
 * {@snippet :
 * var reply = engine.submit(Request.greedy(prompt, 100));
 * for (var piece : reply) System.out.print(piece.text());
 * Continuation all = reply.get();
 * }
 */
public final class Reply implements Iterable<Piece> {
    private static final Object END = new Object();

    private final LinkedBlockingQueue<Object> pieces = new LinkedBlockingQueue<>();
    private final CompletableFuture<Continuation> done = new CompletableFuture<>();
    private final Runnable wake;
    private volatile boolean cancelled;
    PromptScores scores; // null unless they are asked for; whole when it is done

    Reply(Runnable wake) { this.wake = wake; }

    void add(Piece piece) { pieces.add(piece); }

    void finish(Continuation all) {
        done.complete(all);
        pieces.add(END);
    }

    void fail(RuntimeException why) {
        done.completeExceptionally(why);
        pieces.add(END);
    }

    /** Asks the engine to stop; what was written so far can still be read as pieces. */
    public void cancel() {
        cancelled = true;
        wake.run();
    }

    boolean isCancelled() { return cancelled; }

    /** Whether nothing more comes. */
    public boolean isDone() { return done.isDone(); }

    /** Completes with the whole, or with what went wrong. */
    public CompletableFuture<Continuation> future() { return done.copy(); }

    /**
     * Waits for the whole.
     *
     * @throws CancelledException if it was cancelled
     * @throws lyceum.LyceumException naming the layer, if the model gave something that is no logit
     */
    public Continuation get() {
        try {
            return done.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) throw cause;
            throw e;
        }
    }

    /** How likely the prompt was. Waits for the whole. @throws IllegalStateException unless the request {@linkplain Request#scored asked} */
    public PromptScores promptScores() {
        get();
        if (scores == null)
            throw new IllegalStateException("Reply: the request did not ask how likely its prompt was; by withScored(true)");
        return scores;
    }

    /** Pieces from here on, waiting for each. At the end of a request that failed it throws what {@link #get} throws. */
    @Override public Iterator<Piece> iterator() {
        return new Iterator<>() {
            private Piece next;

            @Override public boolean hasNext() {
                if (next != null) return true;
                try {
                    var taken = pieces.take();
                    if (taken != END) {
                        next = (Piece) taken;
                        return true;
                    }
                    pieces.add(END); // for others, and for a second question
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new CancelledException("Reply: the thread that reads was interrupted");
                }
                get();
                return false;
            }

            @Override public Piece next() {
                if (!hasNext()) throw new NoSuchElementException("Reply: nothing more comes");
                var piece = next;
                next = null;
                return piece;
            }
        };
    }
}
