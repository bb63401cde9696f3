package lyceum.serve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.llm.DecoderLM;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.BlockTable;

/** A worker in this process, its memory in pages. Safe for threads: one call at a time. */
public final class LocalWorker implements KvWorker {
    private final DecoderLM model;
    private final BlockPool pool;
    private final ModelRunner runner;
    private final Map<Long, BlockTable> sequences = new HashMap<>();
    private final Map<Long, Integer> most = new HashMap<>();
    private int promised; // blocks that open sequences may come to need

    /** @param stored type of keys and values, as for a {@link PagedKvCache} */
    public LocalWorker(DecoderLM model, int blocks, int blockSize, DType stored) {
        this.model = model;
        pool = new BlockPool(blocks, blockSize);
        runner = new ModelRunner(model, null, pool, stored);
    }

    @Override public int layers() { return model.config().layers(); }

    @Override public int vocabulary() { return model.vocabulary(); }

    @Override public int positions() { return pool.blocks() * pool.blockSize(); }

    @Override public synchronized int freePositions() { return (pool.blocks() - promised) * pool.blockSize(); }

    @Override public synchronized boolean open(long sequence, int positions) {
        if (sequences.containsKey(sequence)) throw new IllegalArgumentException("LocalWorker: sequence " + sequence + " is open already");
        int blocks = pool.blocksFor(positions);
        if (promised + blocks > pool.blocks()) return false;
        promised += blocks;
        sequences.put(sequence, pool.open(positions));
        most.put(sequence, positions);
        return true;
    }

    private BlockTable table(long sequence) {
        var table = sequences.get(sequence);
        if (table == null) throw new IllegalArgumentException("LocalWorker: there is no sequence " + sequence + "; open it first");
        return table;
    }

    @Override public synchronized float[][] compute(List<Span> spans) {
        var order = new ArrayList<Integer>();
        for (int i = 0; i < spans.size(); i++) order.add(i);
        order.sort(Comparator.comparing(i -> spans.get(i).ids().length > 1)); // single positions first
        var pieces = new ArrayList<PagedKvCache.Piece>();
        var ids = new int[spans.stream().mapToInt(s -> s.ids().length).sum()];
        var wanted = new int[spans.size()];
        int at = 0;
        for (int i = 0; i < wanted.length; i++) {
            var span = spans.get(order.get(i));
            var table = table(span.sequence());
            int start = table.length(), n = span.ids().length;
            table.grow(n);
            pieces.add(new PagedKvCache.Piece(table, start, n));
            System.arraycopy(span.ids(), 0, ids, at, n);
            at += n;
            wanted[i] = at - 1;
        }
        float[] all = runner.logits(ids, pieces, wanted, null);
        var logits = new float[wanted.length][];
        int width = model.vocabulary();
        for (int i = 0; i < wanted.length; i++) logits[order.get(i)] = Arrays.copyOfRange(all, i * width, (i + 1) * width);
        return logits;
    }

    @Override public synchronized byte[] read(long sequence, int layer, int count) {
        return runner.cache.read(layer, table(sequence), 0, count);
    }

    @Override public synchronized void write(long sequence, int layer, int count, byte[] bytes) {
        var table = table(sequence);
        if (table.length() < count) table.grow(count - table.length());
        runner.cache.write(layer, table, 0, count, bytes);
    }

    @Override public synchronized void end(long sequence) {
        var table = sequences.remove(sequence);
        if (table == null) return;
        promised -= pool.blocksFor(most.remove(sequence));
        table.close();
    }

    /** Sequences that are open. */
    public synchronized int open() { return sequences.size(); }

    @Override public void close() {}
}
