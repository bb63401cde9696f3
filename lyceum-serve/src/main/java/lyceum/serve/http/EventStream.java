package lyceum.serve.http;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;

/** Server-sent events, each flushed as it is written, whatever the client accepts. Several threads may write. */
final class EventStream {
    private final OutputStream out;
    private long last = System.nanoTime();

    /** Sends the head. @throws UncheckedIOException if the client is gone */
    private EventStream(Context context) {
        var response = context.res();
        response.setStatus(200);
        response.setContentType("text/event-stream; charset=utf-8");
        response.setHeader("Cache-Control", "no-cache");
        response.setHeader("X-Accel-Buffering", "no");
        try {
            out = response.getOutputStream();
            response.flushBuffer();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same; whatever hinders it stops the work that nobody would hear of. */
    static EventStream of(Context context, Work work) {
        try {
            return new EventStream(context);
        } catch (RuntimeException e) {
            work.cancel();
            throw e;
        }
    }

    /** Tells all there is, or what went wrong, and that it is over; a client that is gone, like any error, stops the work. */
    void tell(Work work, Runnable body) {
        try {
            body.run();
        } catch (UncheckedIOException gone) {
            work.cancel();
            return;
        } catch (RuntimeException e) {
            work.cancel();
            send(((ApiException) Work.translated(e)).json());
        }
        done();
    }

    void send(JsonNode event) { write("data: " + event + "\n\n"); }

    void send(String name, JsonNode event) { write("event: " + name + "\ndata: " + event + "\n\n"); }

    /** The mark that ends OpenAI's streams. */
    void done() { write("data: [DONE]\n\n"); }

    /** A comment, if nothing was written for so long; tells a client that is gone from one that waits. */
    synchronized void ping(long nanos) {
        if (System.nanoTime() - last >= nanos) write(": ping\n\n");
    }

    private synchronized void write(String text) {
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
            last = System.nanoTime();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
