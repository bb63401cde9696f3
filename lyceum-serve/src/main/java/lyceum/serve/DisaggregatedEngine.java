package lyceum.serve;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import lyceum.llm.Continuation;
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.LogitRow;
import lyceum.llm.generate.WrittenText;
import lyceum.progress.CancelledException;
import lyceum.text.Tokenizer;

/**
 * Prompts are read by some workers and texts are written by others, so that neither spoils the other's time: a prompt goes to a reader once a writer has room for the whole
 * text, what the reader knows is sent there layer by layer, and the text goes on there. Ids are drawn here. When a writer is lost, what it had been writing is read again,
 * prompt and all ids so far, and goes on at another.
 *
 * {@snippet :
 * var reader = new LocalWorker(model, 256, 16, DType.F32);
 * var writer = new RemoteWorker(new InetSocketAddress("127.0.0.1", 9000));
 * try (var engine = new DisaggregatedEngine(model, tokenizer, List.of(reader), List.of(writer))) {
 *     String text = engine.submit(Request.greedy(prompt, 100)).get().text();
 * }
 * }
 *
 * <p>A thread for each worker; {@link #submit} may be called by any. Requests name no adapters here.
 *
 * @see <a href="https://arxiv.org/abs/2401.09670">Zhong et al. (2024): DistServe</a>
 * @see <a href="https://arxiv.org/abs/2311.18677">Patel et al. (2024): Splitwise</a>
 */
public final class DisaggregatedEngine implements AutoCloseable {
    private final DecoderLM model;
    private final Tokenizer tokenizer;
    private final LinkedBlockingDeque<Flight> prompts = new LinkedBlockingDeque<>();
    private final List<Writer> writers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Set<Flight> live = ConcurrentHashMap.newKeySet();
    private final AtomicLong numbers = new AtomicLong(), transferred = new AtomicLong(), moved = new AtomicLong(),
            recovered = new AtomicLong();
    private final Object room = new Object();
    private final AtomicInteger readers;
    private volatile boolean closed;

    private record Flight(Request request, WrittenText text, Reply reply, int positions, long began) {
        long nanos() { return System.nanoTime() - began; }

        boolean isLate() { return nanos() >= request.stop().time().toNanos(); }
    }

    private static final class Writer {
        final KvWorker worker;
        final LinkedBlockingQueue<Handed> incoming = new LinkedBlockingQueue<>();
        volatile boolean lost;

        Writer(KvWorker worker) { this.worker = worker; }
    }

    /** A text whose keys and values are at a writer, except for its last id's. */
    private record Handed(Flight flight, long number) {}

    /**
     * @param model whose vocabulary and marks count; the workers have it, or a copy
     * @param tokenizer null if ids are enough
     * @param readers of prompts
     * @param writers of texts
     */
    public DisaggregatedEngine(DecoderLM model, Tokenizer tokenizer, List<? extends KvWorker> readers, List<? extends KvWorker> writers) {
        if (readers.isEmpty() || writers.isEmpty()) throw new IllegalArgumentException(
                "DisaggregatedEngine: " + readers.size() + " readers and " + writers.size() + " writers; at least one each");
        this.model = model;
        this.tokenizer = tokenizer;
        this.readers = new AtomicInteger(readers.size());
        for (var worker : writers) this.writers.add(new Writer(worker));
        for (var worker : readers) threads.add(Thread.ofPlatform().daemon().name("lyceum-reader").start(() -> read(worker)));
        for (var writer : this.writers) threads.add(Thread.ofPlatform().daemon().name("lyceum-writer").start(() -> write(writer)));
    }

    /** Bytes of keys and values that were sent. */
    public long transferredBytes() { return transferred.get(); }

    /** Positions whose keys and values were sent. */
    public long transferredPositions() { return moved.get(); }

    /** Texts that went on elsewhere after their writer was lost. */
    public long recovered() { return recovered.get(); }

    /** Takes a request. @throws IllegalArgumentException if its prompt does not fit into the context, its text into no writer's memory, or it names an adapter or asks for scores of its prompt */
    public Reply submit(Request request) {
        if (closed) throw new IllegalStateException("DisaggregatedEngine: it is closed");
        if (!request.adapter().isEmpty())
            throw new IllegalArgumentException("DisaggregatedEngine: there are no adapters; an Engine has them");
        if (request.scored()) throw new IllegalArgumentException("DisaggregatedEngine: it scores no prompts; an Engine does");
        var reply = new Reply(() -> {});
        var text = new WrittenText(model, tokenizer, new GenerationRequest(request.prompt(), request.sampling(), request.stop(),
                request.stream(), request.constraint(), reply::add));
        int prompt = text.prompt().length;
        if (prompt > model.contextLength()) throw new IllegalArgumentException(
                "DisaggregatedEngine: a prompt of " + prompt + " ids for a context of " + model.contextLength() + "; shorten it");
        int most = (int) Math.min(request.stop().most(), model.contextLength() - prompt + 1);
        var flight = new Flight(request, text, reply, prompt + most - 1, System.nanoTime());
        checkFits(flight.positions, writers.stream());
        live.add(flight);
        prompts.add(flight);
        if (closed) failed(flight, wasClosed());
        return reply;
    }

    private static void checkFits(int positions, Stream<Writer> writers) {
        int most = writers.mapToInt(w -> w.worker.positions()).max().orElse(0);
        if (positions > most) throw new IllegalArgumentException(
                "DisaggregatedEngine: a text of " + positions + " positions fits into no writer's memory; the largest has " + most);
    }

    private static IllegalStateException wasClosed() {
        return new IllegalStateException("DisaggregatedEngine: it was closed before the request ended");
    }

    private void over(Flight flight) {
        live.remove(flight);
        flight.reply.finish(flight.text.continuation());
    }

    private void failed(Flight flight, RuntimeException why) {
        live.remove(flight);
        flight.reply.fail(why);
    }

    /** Whether nobody wants it any more, or its time is over. */
    private boolean isDropped(Flight flight) {
        if (flight.reply.isCancelled()) failed(flight, new CancelledException("DisaggregatedEngine: the request was cancelled"));
        else if (flight.isLate()) {
            flight.text.end(Continuation.Ending.TIME);
            over(flight);
        } else return false;
        return true;
    }

    private void read(KvWorker reader) {
        var row = new LogitRow(model.vocabulary());
        try {
            while (!closed) {
                var flight = prompts.take();
                if (isDropped(flight)) continue;
                try {
                    read(reader, flight, row);
                } catch (WorkerLostException e) { // of the reader: those of a writer are caught there
                    prompts.addFirst(flight);
                    if (readers.decrementAndGet() == 0) closed = true;
                    return;
                } catch (RuntimeException e) {
                    failed(flight, e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (closed) drain();
        }
    }

    private void read(KvWorker reader, Flight flight, LogitRow row) throws InterruptedException {
        long number = numbers.getAndIncrement();
        var writer = reserved(number, flight);
        if (writer == null) return;
        int[] ids = flight.text.history().toArray();
        boolean handed = false;
        try {
            if (!reader.open(number, flight.positions)) throw new IllegalArgumentException(
                    "DisaggregatedEngine: a text of " + flight.positions + " positions does not fit into a reader's memory");
            var logits = reader.compute(List.of(new KvWorker.Span(number, ids)))[0];
            boolean sent = flight.text.size() + 1 < flight.request.stop().most() && sent(reader, writer, number, ids.length);
            if (writer.lost) {
                prompts.addFirst(flight); // nothing was drawn: another writer will do
                return;
            }
            flight.text.step(row, logits, 0, flight.nanos());
            if (flight.text.isFinished()) over(flight);
            else handed = sent;
        } finally {
            forgotten(reader, number);
            if (!handed) released(writer, number);
        }
        if (!handed) return;
        writer.incoming.add(new Handed(flight, number));
        if (writer.lost) abandon(writer, List.of());
    }

    /** Waits until a writer has room; null if nobody wants the text any more. */
    private Writer reserved(long number, Flight flight) throws InterruptedException {
        while (true) {
            Writer best = null;
            int most = -1, living = 0;
            for (var writer : writers) {
                if (writer.lost) continue;
                try {
                    int free = writer.worker.freePositions();
                    living++;
                    if (free > most) {
                        most = free;
                        best = writer;
                    }
                } catch (WorkerLostException e) {
                    writer.lost = true;
                }
            }
            if (living == 0) throw new IllegalStateException("DisaggregatedEngine: no writer is left");
            checkFits(flight.positions, writers.stream().filter(w -> !w.lost));
            try {
                if (best.worker.open(number, flight.positions)) return best;
            } catch (WorkerLostException e) {
                best.lost = true;
            }
            if (closed) throw wasClosed();
            if (isDropped(flight)) return null;
            synchronized (room) {
                room.wait(20);
            }
        }
    }

    private boolean sent(KvWorker reader, Writer writer, long number, int count) {
        for (int layer = 0; layer < reader.layers(); layer++) {
            var bytes = reader.read(number, layer, count);
            try {
                writer.worker.write(number, layer, count, bytes);
            } catch (WorkerLostException e) {
                writer.lost = true;
                return false;
            }
            transferred.addAndGet(bytes.length);
        }
        moved.addAndGet(count);
        return true;
    }

    /** Whether or not the worker still answers. */
    private static void forgotten(KvWorker worker, long number) {
        try {
            worker.end(number);
        } catch (RuntimeException e) {
            // it is lost, and what it knew too; the next call says so
        }
    }

    private void released(Writer writer, long number) {
        try {
            writer.worker.end(number); // one that is lost may have memory still
        } catch (RuntimeException e) {
            writer.lost = true;
        }
        synchronized (room) {
            room.notifyAll();
        }
    }

    private void write(Writer writer) {
        var row = new LogitRow(model.vocabulary());
        var active = new ArrayList<Handed>();
        try {
            while (!closed) {
                if (active.isEmpty()) {
                    var first = writer.incoming.poll(50, TimeUnit.MILLISECONDS);
                    if (first != null) active.add(first);
                }
                writer.incoming.drainTo(active);
                for (var handed : List.copyOf(active)) {
                    if (!isDropped(handed.flight)) continue;
                    active.remove(handed);
                    released(writer, handed.number);
                }
                if (writer.lost) break;
                if (active.isEmpty()) continue;
                var spans = active.stream().map(h -> new KvWorker.Span(h.number, new int[] {h.flight.text.last()})).toList();
                var logits = writer.worker.compute(spans);
                var done = new HashSet<Handed>();
                for (int i = 0; i < logits.length; i++) if (isDrawn(active.get(i).flight, row, logits[i])) done.add(active.get(i));
                for (var handed : done) released(writer, handed.number);
                active.removeAll(done);
            }
        } catch (RuntimeException e) { // a worker that throws something else is of no more use than one that is gone
            if (!(e instanceof WorkerLostException)) System.getLogger("lyceum.serve").log(System.Logger.Level.WARNING,
                    "DisaggregatedEngine: a writer failed: {0}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            writer.lost = true; // before the rest is handed on: who comes later does it himself
            if (closed) drain();
            else abandon(writer, active);
        }
    }

    /** Draws an id; whether the text is over, one way or the other. */
    private boolean isDrawn(Flight flight, LogitRow row, float[] logits) {
        try {
            flight.text.step(row, logits, 0, flight.nanos());
            if (!flight.text.isFinished()) return false;
            over(flight);
        } catch (RuntimeException e) {
            failed(flight, e);
        }
        return true;
    }

    /** What a lost writer had is read again. */
    private void abandon(Writer writer, List<Handed> active) {
        var all = new ArrayList<>(active);
        writer.incoming.drainTo(all);
        for (var handed : all) {
            forgotten(writer.worker, handed.number);
            recovered.incrementAndGet();
            prompts.addFirst(handed.flight);
        }
    }

    private void drain() { for (var flight : live) failed(flight, wasClosed()); }

    /** Stops; texts that are not over fail. The workers stay open. */
    @Override public void close() {
        closed = true;
        threads.forEach(Thread::interrupt);
        try {
            for (var thread : threads) thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        drain();
    }
}
