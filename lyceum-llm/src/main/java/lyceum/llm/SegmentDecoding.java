package lyceum.llm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** Row by row: the ids that were read and the memory behind the last whole segment; the segment that is not whole is read again with each step. */
final class SegmentDecoding<M> implements CausalLM.Decoding {
    private final SegmentedLM<M> model;
    private final List<Row<M>> rows = new ArrayList<>();

    private static final class Row<M> {
        int[] ids = {};
        /** Behind {@code done} ids. */
        M memory;
        int done;
    }

    SegmentDecoding(SegmentedLM<M> model, List<Row<M>> rows) {
        this.model = model;
        this.rows.addAll(rows);
    }

    @Override public Tensor all(Tensor ids) {
        if (ids.rank() != 2 || !rows.isEmpty() && rows.size() != ids.size(0)) throw new ShapeException(
                model.getClass().getSimpleName() + ": ids " + ids.shape() + " for " + rows.size() + " rows; they are (rows, T)");
        while (rows.size() < ids.size(0)) {
            var row = new Row<M>();
            row.memory = model.empty(1);
            rows.add(row);
        }
        var logits = new Tensor[rows.size()];
        for (int r = 0; r < logits.length; r++) logits[r] = read(rows.get(r), ids.get(r).toIntArray());
        return Tensor.concat(0, logits);
    }

    private Tensor read(Row<M> row, int[] more) {
        return Autograd.noGrad(() -> {
            int old = row.ids.length, n = model.segment();
            row.ids = Arrays.copyOf(row.ids, old + more.length);
            System.arraycopy(more, 0, row.ids, old, more.length);
            var parts = new ArrayList<Tensor>();
            for (int at = row.done; at < row.ids.length || parts.isEmpty(); at += n) {
                int length = Math.min(n, row.ids.length - at), known = Math.max(0, old - at);
                var step = model.read(Tensor.of(Arrays.copyOfRange(row.ids, at, at + length), 1, length), row.memory, Pass.inference());
                parts.add(step.logits().narrow(1, known, length - known));
                if (length == n) {
                    row.memory = step.memory();
                    row.done = at + n;
                }
            }
            return parts.size() == 1 ? parts.getFirst() : Tensor.concat(1, parts.toArray(Tensor[]::new));
        });
    }

    @Override public Tensor next(Tensor ids) { return all(ids).select(1, ids.size(1) - 1); }

    @Override public long length() { return rows.stream().mapToLong(r -> r.ids.length).max().orElse(0); }

    @Override public void truncate(long... lengths) {
        if (lengths.length != 1 && lengths.length != rows.size())
            throw new IllegalArgumentException("truncate: " + lengths.length + " lengths for " + rows.size() + " rows; one, or one each");
        for (int r = 0; r < rows.size(); r++) {
            var row = rows.get(r);
            long to = lengths[lengths.length == 1 ? 0 : r];
            if (to < 0 || to > (lengths.length == 1 ? length() : row.ids.length))
                throw new IllegalArgumentException("truncate: " + to + "; row " + r + " holds " + row.ids.length + " positions");
            if (to >= row.ids.length) continue;
            var kept = Arrays.copyOf(row.ids, (int) to);
            if (to >= row.done) {
                row.ids = kept;
                continue;
            }
            // Memories do not go back: read again.
            row.ids = new int[0];
            row.memory = model.empty(1);
            row.done = 0;
            if (kept.length > 0) read(row, kept);
        }
    }

    @Override public SegmentDecoding<M> fork(int... named) {
        var forked = new ArrayList<Row<M>>();
        for (int r : named.length == 0 ? IntStream.range(0, rows.size()).toArray() : named) {
            var row = new Row<M>();
            row.ids = rows.get(r).ids.clone();
            row.memory = rows.get(r).memory;
            row.done = rows.get(r).done;
            forked.add(row);
        }
        return new SegmentDecoding<>(model, forked);
    }

    @Override public long bytes() { return rows.stream().mapToLong(r -> model.bytes(r.memory) + 4L * (r.ids.length - r.done)).sum(); }
}
