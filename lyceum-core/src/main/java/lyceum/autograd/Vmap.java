package lyceum.autograd;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.autograd.Graph.Call;
import lyceum.autograd.Graph.Constant;
import lyceum.autograd.Graph.Input;
import lyceum.autograd.Graph.Node;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/**
 * A function of one entry, applied to all entries of a batch at once: it is traced on the first one, and what it does is then done by each operation's
 * batching rule. Derivatives inside the function are part of the trace; those outside it see the batched operations.
 */
final class Vmap {
    private Vmap() {}

    /** Knows what depends on the entry. What it did not see being made is the same for every entry, and stays the tensor it is. */
    private static final class EntryTracer extends Tracer {
        private final BitSet varies = new BitSet();

        @Override Tensor constant(Tensor tensor) { return Tracing.isConstant(tensor) ? Tracing.frozen(tensor) : tensor; }

        @Override void add(Tensor tensor, Node node) {
            super.add(tensor, node);
            if (node instanceof Input || node.operands().stream().anyMatch(varies::get)) varies.set(node.id());
        }

        @Override public void read(String what, Tensor tensor) {
            var node = known(tensor);
            if (node != null && varies.get(node.id())) throw new LyceumException("vmap: " + what + " of shape " + tensor.shape()
                    + " would be read from one entry and hold for all; choose with where instead of a branch, give it as an operand, or loop over the entries");
        }
    }

    /** @param batches the entries of each argument along its first axis, all as many */
    static Tensor map(Function<Tensor[], Tensor> f, Tensor... batches) {
        if (batches.length == 0) throw new IllegalArgumentException("vmap: no argument to map over");
        long size = size(batches[0]);
        for (var batch : batches)
            if (size(batch) != size) throw new ShapeException("vmap: batches of " + size + " and " + size(batch) + " entries, shapes "
                    + batches[0].shape() + " and " + batch.shape());
        var tracer = new EntryTracer();
        var entries = Tracing.untold(() -> Arrays.stream(batches).map(Vmap::entry).toArray(Tensor[]::new));
        for (int i = 0; i < entries.length; i++) tracer.input("x" + i, entries[i]);
        var result = Tracing.with(tracer, () -> f.apply(entries.clone()));
        if (size > 0) return run(tracer, tracer.idOf(result), size, batches);
        var sizes = new long[result.rank() + 1];
        System.arraycopy(result.shape().toArray(), 0, sizes, 1, result.rank());
        return Tensor.zeros(result.dtype(), sizes);
    }

    private static long size(Tensor batch) {
        if (batch.rank() == 0) throw new ShapeException("vmap: a scalar has no entries; its first axis is the batch");
        return batch.size(0);
    }

    /** The first one; of an empty batch one of ones, for shape and type alone. */
    private static Tensor entry(Tensor batch) {
        if (batch.size(0) > 0) return batch.detach().select(0, 0);
        return Tensor.ones(batch.dtype(), Arrays.copyOfRange(batch.shape().toArray(), 1, batch.rank()));
    }

    private static Tensor run(EntryTracer tracer, int output, long size, Tensor[] batches) {
        var nodes = tracer.nodes();
        var last = lastReaders(nodes, output);
        var values = new Tensor[output + 1];
        int input = 0;
        for (int id = 0; id <= output; id++) {
            switch (nodes.get(id)) {
                case Input in -> values[id] = batches[input++];
                case Constant constant -> values[id] = constant.value();
                case Call call -> {
                    if (last[id] < 0) continue;
                    values[id] = call(tracer, call, size, Graph.operands(call, values));
                    for (int operand : call.operands()) if (last[operand] == id) values[operand] = null;
                }
            }
        }
        if (tracer.varies.get(output)) return values[output];
        var sizes = new long[values[output].rank() + 1];
        Arrays.fill(sizes, -1);
        sizes[0] = size;
        return values[output].expand(sizes);
    }

    private static Tensor call(EntryTracer tracer, Call call, long size, Tensor[] operands) {
        if (!tracer.varies.get(call.id())) return call.operation().apply(operands);
        var isBatched = new boolean[operands.length];
        for (int i = 0; i < isBatched.length; i++) isBatched[i] = tracer.varies.get(call.operands().get(i));
        return call.operation().batched(size, isBatched, operands);
    }

    /** For each node the last one on the way to the output that reads it; -1 for what does not lead there. */
    private static int[] lastReaders(List<Node> nodes, int output) {
        var last = new int[nodes.size()];
        Arrays.fill(last, -1);
        last[output] = nodes.size();
        for (int id = output; id >= 0; id--)
            if (last[id] >= 0) for (int operand : nodes.get(id).operands()) last[operand] = Math.max(last[operand], id);
        return last;
    }
}
