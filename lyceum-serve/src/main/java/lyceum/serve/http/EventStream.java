package lyceum.serve.http;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;

/** Server-sent events, each flushed as it is written, whatever the client accepts. Several threads may write. */
final class EventStream {
    private static final String END = "\n\n";

    private final OutputStream out;
    private final JsonBytes bytes = new JsonBytes();
    private long last = System.nanoTime();

    EventStream(OutputStream out) { this.out = out; }

    /** Sends the head; whatever hinders it stops the work that nobody would hear of. @throws UncheckedIOException if the client is gone */
    static EventStream of(Context context, Work work) {
        try {
            var response = context.res();
            response.setStatus(200);
            response.setContentType("text/event-stream; charset=utf-8");
            response.setHeader("Cache-Control", "no-cache");
            response.setHeader("X-Accel-Buffering", "no");
            var stream = new EventStream(response.getOutputStream());
            response.flushBuffer();
            return stream;
        } catch (IOException e) {
            work.cancel();
            throw new UncheckedIOException(e);
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

    /** As it is sent. @param name null for none */
    static String text(String name, JsonNode event) { return (name == null ? "" : "event: " + name + "\n") + "data: " + event + END; }

    void send(JsonNode event) { send(null, event); }

    void send(String name, JsonNode event) { write(text(name, event)); }

    synchronized void send(TextEvent event, String text) {
        event.write(text, bytes.clear());
        flush(bytes.bytes(), bytes.size());
    }

    synchronized void send(TextEvent event, int number, String text) {
        event.write(number, text, bytes.clear());
        flush(bytes.bytes(), bytes.size());
    }

    /** The mark that ends OpenAI's streams. */
    void done() { write("data: [DONE]" + END); }

    /** A comment, if nothing was written for so long; tells a client that is gone from one that waits. */
    synchronized void ping(long nanos) {
        if (System.nanoTime() - last >= nanos) write(": ping" + END);
    }

    private synchronized void write(String text) {
        var all = text.getBytes(StandardCharsets.UTF_8);
        flush(all, all.length);
    }

    private void flush(byte[] all, int size) {
        try {
            out.write(all, 0, size);
            out.flush();
            last = System.nanoTime();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
