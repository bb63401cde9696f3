package lyceum.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import lyceum.random.Rng;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Streams for a long time, of which a third vanish: what is held afterwards is what was held in the beginning. */
class SoakTest extends TinyServer {
    private static final int STREAMS = 64;

    /** What a server holds. */
    private record Held(long heap, int threads, long handles) {
        static Held now() throws InterruptedException {
            for (int i = 0; i < 3; i++) {
                System.gc();
                Thread.sleep(100);
            }
            var files = ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                    ? unix.getOpenFileDescriptorCount() : 0;
            long threads = Thread.getAllStackTraces().keySet().stream().filter(thread -> !isPooled(thread)).count();
            return new Held(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(), (int) threads, files);
        }
    }

    /** Carriers of virtual threads and the server's pool, which has a limit of its own, grow where a machine is busy and shrink again. */
    private static boolean isPooled(Thread thread) {
        return thread.getClass().getSimpleName().equals("CarrierThread") || thread.getName().matches("lyceum-serve-\\d+");
    }

    @Test void aFewSecondsOfStreamsLeaveNothing() throws Exception { soak(4, 16); }

    @Tag("heavy")
    @Test void fiveMinutesOfSixtyFourStreamsLeaveNothing() throws Exception { soak(300, STREAMS); }

    private static void soak(int seconds, int streams) throws Exception {
        var engine = server.served().engine();
        var whole = new AtomicInteger();
        var gone = new AtomicInteger();
        run(Math.max(1, seconds / 10), streams, whole, gone); // what is made once is made
        idle();
        var before = Held.now();
        whole.set(0);
        gone.set(0);
        run(seconds, streams, whole, gone);
        idle();
        var after = Held.now();
        var metrics = engine.metrics();
        assertThat(metrics.freeBlocks() + metrics.keptBlocks()).isEqualTo(metrics.blocks());
        assertThat(metrics.failed()).isZero();
        assertThat(whole.get()).isGreaterThan(streams);
        assertThat(gone.get()).isGreaterThan(streams / 8);
        assertThat(after.heap - before.heap).isLessThan(16 << 20);
        assertThat(after.threads).isLessThanOrEqualTo(before.threads + 8);
        assertThat(after.handles).isLessThanOrEqualTo(before.handles + 8);
    }

    private static void idle() throws InterruptedException {
        var engine = server.served().engine();
        for (int i = 0; i < 1200 && engine.metrics().running() + engine.metrics().waiting() > 0; i++) Thread.sleep(50);
        assertThat(engine.metrics().running() + engine.metrics().waiting()).isZero();
    }

    private static void run(int seconds, int streams, AtomicInteger whole, AtomicInteger gone) throws Exception {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (int i = 0; i < streams; i++) {
                var rng = Rng.of(i);
                all.add(threads.submit(() -> {
                    while (System.nanoTime() < end || whole.get() <= streams || gone.get() <= streams / 8) stream(rng, whole, gone);
                    return null;
                }));
            }
            for (var one : all) one.get();
        }
    }

    /** One stream; three of ten are left after their first bytes. */
    private static void stream(Rng rng, AtomicInteger whole, AtomicInteger gone) throws IOException {
        boolean leaves = rng.nextInt(10) < 3;
        try (var socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(120_000);
            var body = "{\"prompt\":\"to be " + rng.nextInt(50) + "\",\"max_tokens\":" + (5 + rng.nextInt(40))
                    + ",\"stream\":true,\"ignore_eos\":true,\"seed\":" + rng.nextInt(1000) + "}";
            socket.getOutputStream().write(("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: "
                    + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
            if (leaves) {
                assertThat(socket.getInputStream().read()).isEqualTo('H');
                socket.setSoLinger(true, 0);
                gone.incrementAndGet();
            } else {
                assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).contains("200 OK", "[DONE]");
                whole.incrementAndGet();
            }
        }
    }
}
