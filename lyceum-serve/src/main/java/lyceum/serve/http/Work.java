package lyceum.serve.http;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import lyceum.LyceumException;
import lyceum.llm.Continuation;
import lyceum.llm.generate.GenerationRequest.Piece;
import lyceum.serve.Engine;
import lyceum.serve.RejectedException;
import lyceum.serve.Reply;
import lyceum.serve.Request;

/** Requests of one HTTP call: all or none are taken, and all stop when one goes wrong or nobody listens. */
final class Work {
    final List<Reply> replies;

    /** @throws ApiException if one cannot run (400), is too much now (429), or the engine is closed (503) */
    Work(Engine engine, List<Request> requests) {
        try {
            replies = engine.submit(requests);
        } catch (RuntimeException e) {
            throw translated(e);
        }
    }

    void cancel() { replies.forEach(Reply::cancel); }

    /** Waits for all. */
    List<Continuation> all() {
        try {
            return replies.stream().map(Reply::get).toList();
        } catch (RuntimeException e) {
            cancel();
            throw translated(e);
        }
    }

    /** The pieces of a text that is over and that nobody has read. */
    List<Piece> pieces(int i) {
        var pieces = new ArrayList<Piece>();
        replies.get(i).forEach(pieces::add);
        return pieces;
    }

    /** Hands each piece and each end to a stream, choices beside each other; a client that is gone stops them. */
    void stream(EventStream out, long silence, BiConsumer<Integer, Piece> piece, BiConsumer<Integer, Continuation> end) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var pings = threads.submit(() -> ping(out, silence));
            var running = new ArrayList<Future<?>>();
            for (int i = 0; i < replies.size(); i++) {
                int index = i;
                running.add(threads.submit(() -> {
                    for (var each : replies.get(index)) piece.accept(index, each);
                    end.accept(index, replies.get(index).get());
                }));
            }
            RuntimeException wrong = null;
            for (var each : running) {
                try {
                    each.get();
                } catch (ExecutionException e) {
                    cancel();
                    if (wrong == null) wrong = e.getCause() instanceof RuntimeException r ? r
                            : new LyceumException(String.valueOf(e.getCause()), e.getCause());
                } catch (InterruptedException e) {
                    cancel();
                    Thread.currentThread().interrupt();
                }
            }
            pings.cancel(true);
            if (wrong != null) throw wrong;
        }
    }

    private void ping(EventStream out, long silence) {
        try {
            while (true) {
                Thread.sleep(Math.max(1, silence / 2_000_000));
                out.ping(silence);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException gone) {
            cancel();
        }
    }

    static RuntimeException translated(RuntimeException e) {
        return switch (e) {
            case ApiException already -> already;
            case RejectedException _ -> ApiException.of(429, "rate_limit_error", "queue_full", e.getMessage());
            case IllegalArgumentException _ -> ApiException.bad(null, e.getMessage());
            case IllegalStateException _ -> ApiException.of(503, "unavailable_error", "closed", e.getMessage());
            default -> ApiException.of(500, "server_error", null, e.getMessage());
        };
    }

    /** OpenAI's word for an end. */
    static String reason(Continuation.Ending ending) {
        return switch (ending) {
            case END_MARK, STOP_STRING, PREDICATE -> "stop";
            case LENGTH, CONTEXT, TIME -> "length";
        };
    }
}
