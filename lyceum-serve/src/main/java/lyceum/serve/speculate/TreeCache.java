package lyceum.serve.speculate;

import java.util.Arrays;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.AttentionCache;
import lyceum.nn.MixerState;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RotaryEmbedding;
import lyceum.tensor.Attention;
import lyceum.tensor.Index;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/** Keys and values of a text and, behind them, of a tree of guesses: each node is turned by its depth and sees the text and the nodes above it. One row. */
final class TreeCache implements AttentionCache {
    /** What all layers of a stack have in common: how long the text is, and the parents of the nodes behind it. */
    static final class Plan {
        long kept;
        int[] parents = {};
        int[] depths = {};
        int fresh; // nodes that are read now, the last ones
        private Tensor positions, seen;

        /** @param more parents of nodes to be read, among all nodes since the text */
        void begin(int... more) {
            int before = parents.length;
            parents = Arrays.copyOf(parents, before + more.length);
            depths = Arrays.copyOf(depths, parents.length);
            fresh = more.length;
            for (int i = 0; i < more.length; i++) {
                int parent = more[i];
                if (parent < -1 || parent >= before + i) throw new IllegalArgumentException(
                        "TreeDecoding: node " + (before + i) + " follows node " + parent + "; it is an earlier one, or -1");
                parents[before + i] = parent;
                depths[before + i] = parent < 0 ? 0 : depths[parent] + 1;
            }
            var at = new long[fresh];
            int columns = (int) kept + parents.length;
            var sees = new boolean[fresh * columns];
            for (int i = 0; i < fresh; i++) {
                at[i] = kept + depths[before + i];
                Arrays.fill(sees, i * columns, i * columns + (int) kept, true);
                for (int node = before + i; node >= 0; node = parents[node]) sees[i * columns + (int) kept + node] = true;
            }
            positions = Tensor.of(at);
            seen = Tensor.of(sees).reshape(1, 1, fresh, columns);
        }

        void end(int... nodes) {
            kept += nodes.length;
            parents = new int[0];
            depths = new int[0];
        }
    }

    private final Plan plan;
    private Tensor keys, values;

    TreeCache(Plan plan) { this.plan = plan; }

    /** @throws IllegalArgumentException if a layer tells positions in a way that a tree has not */
    static void check(PositionalEncoding positions, Attention attention) {
        if (!(positions instanceof RotaryEmbedding) && !(positions instanceof PositionalEncoding.None) || attention.window() > 0)
            throw new IllegalArgumentException("TreeDecoding: trees need rotary positions or none, and no window; these layers have "
                    + positions.getClass().getSimpleName() + " and a window of " + attention.window()
                    + ". Speculate with chains, by SpeculativeDecoder");
    }

    @Override public Tensor attend(Tensor q, Tensor k, Tensor v, PositionalEncoding positions, Attention attention) {
        check(positions, attention);
        if (positions instanceof RotaryEmbedding rotary) {
            var turn = rotary.at(plan.positions, q.dtype());
            q = turn.of(q);
            k = turn.of(k);
        }
        long at = plan.kept + plan.parents.length - plan.fresh, all = at + plan.fresh;
        keys = written(keys, k, at);
        values = written(values, v, at);
        return attention.withCausal(false).withBias(plan.seen).of(q, keys.narrow(2, 0, all), values.narrow(2, 0, all));
    }

    private static Tensor written(Tensor held, Tensor added, long at) {
        return Tracing.untold(() -> Autograd.noGrad(() -> {
            var into = held;
            long needed = at + added.size(2);
            if (into == null || into.size(2) < needed) try (var kept = Scope.outside()) {
                into = Tensor
                        .zeros(added.dtype(), added.size(0), added.size(1), Math.max(64, Long.highestOneBit(needed) * 2), added.size(3))
                        .compute();
                if (at > 0) into.set_(held.narrow(2, 0, at), Index.all(), Index.all(), Index.range(0, at));
            }
            into.set_(added.detach(), Index.all(), Index.all(), Index.range(at, needed));
            return into;
        }));
    }

    /** Nodes of a path join the text, in that order; the others are forgotten. */
    void keep(int... nodes) {
        if (keys == null) return;
        for (int i = 0; i < nodes.length; i++)
            if (nodes[i] != i) for (var held : new Tensor[] {keys, values})
                held.set_(held.narrow(2, plan.kept + nodes[i], 1).copy().compute(), Index.all(), Index.all(),
                        Index.range(plan.kept + i, plan.kept + i + 1));
    }

    @Override public long length() { return plan.kept; }

    @Override public boolean isEndless() { return true; } // positions are counted by TreeStack

    @Override public long bytes() {
        return keys == null ? 0 : plan.kept
                * (keys.count() / keys.size(2) * keys.dtype().bytes() + values.count() / values.size(2) * values.dtype().bytes());
    }

    @Override public MixerState fork(int... rows) {
        throw new UnsupportedOperationException("a tree of guesses has one row; begin another TreeDecoding");
    }

    @Override public void truncate(long... lengths) {
        throw new UnsupportedOperationException("a tree of guesses keeps a path; see TreeDecoding.keep");
    }
}
