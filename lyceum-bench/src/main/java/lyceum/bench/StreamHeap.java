package lyceum.bench;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import lyceum.llm.chat.LoadedModel;
import lyceum.serve.EngineOptions;
import lyceum.serve.http.InferenceServer;
import lyceum.serve.http.ServedModel;
import lyceum.serve.http.ServerOptions;

/**
 * What all threads of a server leave to the collector for a token of several streams at once; their clients read bytes into arrays that they have. The engine waits behind a step
 * until the last stream has come: on a busy machine that takes a hundred steps, of few tokens each.
 */
final class StreamHeap implements AutoCloseable {
    private static final int TOKENS = 300, PATIENCE = 10;

    private final int streams;
    private final InferenceServer server;
    private final ExecutorService clients;
    private volatile CountDownLatch come = new CountDownLatch(0);
    private volatile boolean late;

    StreamHeap(int streams, LoadedModel model) {
        this.streams = streams;
        server = InferenceServer.start(ServedModel.of("tiny", model, new EngineOptions().withBlocks(1024)),
                new ServerOptions().withPort(0));
        clients = Executors.newFixedThreadPool(streams);
        server.served().engine().onStep(_ -> awaitAll());
    }

    /** Kilobytes a token of one run. @throws IllegalStateException if the streams did not come together, or not whole */
    double kilobytes() {
        var heap = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        var metrics = server.served().engine().metrics();
        long before = heap.getTotalThreadAllocatedBytes(), first = metrics.generatedTokens();
        come = new CountDownLatch(streams);
        var asked = new ArrayList<Future<?>>();
        for (int i = 0; i < streams; i++) {
            int prompt = i;
            asked.add(clients.submit(() -> read(prompt)));
        }
        try {
            for (var each : asked) each.get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
        double taken = (heap.getTotalThreadAllocatedBytes() - before) / 1e3;
        long tokens = server.served().engine().metrics().generatedTokens() - first;
        if (late || tokens != (long) streams * TOKENS) throw new IllegalStateException(
                tokens + " tokens of " + streams + " streams" + (late ? ", which did not all come in " + PATIENCE + " s" : ""));
        return taken / tokens;
    }

    /** On the engine's thread, which only notes what is thrown here; who did not come once is not waited for again. */
    private void awaitAll() {
        try {
            if (!late && !come.await(PATIENCE, TimeUnit.SECONDS)) late = true;
        } catch (InterruptedException e) {
            late = true;
            Thread.currentThread().interrupt();
        }
    }

    /** Asks for a stream and reads it to its end. Once its head is there the engine has the request. */
    private Void read(int prompt) throws IOException {
        var body = "{\"prompt\":[" + prompt + "],\"max_tokens\":" + TOKENS + ",\"temperature\":0,\"ignore_eos\":true,\"stream\":true}";
        try (var socket = new Socket("127.0.0.1", server.port())) {
            socket.getOutputStream().write(("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: "
                    + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
            var bytes = new byte[8192];
            int read = socket.getInputStream().read(bytes);
            come.countDown();
            while (read >= 0) read = socket.getInputStream().read(bytes);
        }
        return null;
    }

    @Override public void close() {
        clients.shutdownNow();
        server.close();
    }
}
