package lyceum.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.memory.Scope;

/**
 * One reverse sweep over what was recorded, from a seed to the leaves: {@link Tensor#backward()} with its options.
 *
 * {@snippet :
 * BackwardPass.of(loss).retained().run();                               // may be swept again
 * BackwardPass.of(y).from(v).run();                                     // J'v into the leaves
 * BackwardPass.of(loss).hooked(h, g -> g.mul(0.5)).run();               // sees the gradient of h, and halves it
 * BackwardPass.of(loss).watched(at -> System.out.println(at)).run();    // Visit[operation=matmul, savedBytes=4096]
 * }
 *
 * <p>Every operation is visited once, newest first, when the whole gradient of its result has arrived; it passes each operand its share,
 * {@code u' += (dv/du)' v'}, and drops what it had saved. Leaves accumulate what they receive. Everything is linear in the seed.
 * Immutable; {@link #run} does the work. {@link Anomaly} finds the operation that made a NaN.
 *
 * @see <a href="https://doi.org/10.1137/1.9780898717761">Griewank and Walther, Evaluating Derivatives (2nd ed., 2008), section 3.2</a>
 */
public final class BackwardPass {
    private final Tensor output, seed;
    private final boolean retained;
    private final Map<GradNode, UnaryOperator<Tensor>> hooks;
    private final Consumer<Visit> watcher;
    private Ledger ledger;

    /**
     * The operation that was just visited.
     *
     * @param operation in a few words, as {@code sum [0]}
     * @param savedBytes still held by values saved for this sweep; each counts once, leaves not at all
     */
    public record Visit(String operation, long savedBytes) {}

    private BackwardPass(Tensor output, Tensor seed, boolean retained, Map<GradNode, UnaryOperator<Tensor>> hooks,
            Consumer<Visit> watcher) {
        this.output = output;
        this.seed = seed;
        this.retained = retained;
        this.hooks = hooks;
        this.watcher = watcher;
    }

    /** From {@code output}, by default with the seed 1 if it is a scalar. */
    public static BackwardPass of(Tensor output) { return new BackwardPass(output, null, false, Map.of(), null); }

    /** From this gradient (cotangent) of the output, of its shape. */
    public BackwardPass from(Tensor seed) { return new BackwardPass(output, seed, retained, hooks, watcher); }

    /** Keeps what operations have saved, so that another pass can follow. */
    public BackwardPass retained() { return new BackwardPass(output, seed, true, hooks, watcher); }

    /**
     * Calls {@code hook} with the whole gradient of x, once, before it is passed on; what the hook returns, of the same shape, takes its place. Several
     * hooks of one tensor work in the order given.
     *
     * @param x recorded: a leaf or a value between
     */
    public BackwardPass hooked(Tensor x, UnaryOperator<Tensor> hook) {
        if (x.node() == null) throw new IllegalArgumentException("hooked: a tensor of shape " + x.shape()
                + " is not recorded, so no gradient arrives; hook what was computed from requiresGrad()");
        var all = new IdentityHashMap<>(hooks);
        all.merge(x.node(), hook, (first, then) -> g -> then.apply(first.apply(g)));
        return new BackwardPass(output, seed, retained, all, watcher);
    }

    /** Calls {@code watcher} after each operation. */
    public BackwardPass watched(Consumer<Visit> watcher) { return new BackwardPass(output, seed, retained, hooks, watcher); }

    /** Bytes of what operations before {@code output} have saved for a sweep, each value counted once and leaves not at all. */
    public static long savedBytes(Tensor output) { return output.node() == null ? 0 : new Ledger(output.node()).bytes; }

    /**
     * {@link #savedBytes(Tensor)} by what saved them: {@linkplain Tracing#history histories} to bytes, the oldest operation first. A value counts for the
     * oldest that keeps it.
     */
    public static SequencedMap<Object, Long> savedBytesByHistory(Tensor output) {
        var bytes = new LinkedHashMap<Object, Long>();
        if (output.node() != null) new Ledger(output.node()).byOldest(bytes);
        return bytes;
    }

    /** Sweeps. @throws ShapeException without a seed, unless the output is a scalar */
    public void run() {
        if (seed == null && output.count() != 1)
            throw new ShapeException("backward: shape " + output.shape() + " is not a scalar; pass the gradient to start from");
        var pass = new BackwardPass(output, seed, retained, hooks, watcher);
        if (watcher != null && output.node() != null) pass.ledger = new Ledger(output.node());
        Backward.intoLeaves(output, seed == null ? output.onesLike() : seed, pass);
    }

    boolean isHooked(GradNode node) { return hooks.containsKey(node); }

    /** A hook may keep what it is given and what it makes. */
    Tensor arrived(GradNode node, Tensor g, Scope caller) {
        var changed = new Tensor[1];
        g.keptBy(Scope.current());
        Scope.within(caller, () -> changed[0] = hooks.get(node).apply(g));
        if (changed[0] == null || !changed[0].shape().equals(g.shape()))
            throw new ShapeException("backward: a hook makes " + (changed[0] == null ? "nothing" : "shape " + changed[0].shape())
                    + " of a gradient of shape " + g.shape() + "; it returns a gradient of that shape");
        return changed[0].to(g.dtype());
    }

    void left(GradNode node) {
        if (!retained) {
            node.release();
            if (ledger != null) ledger.release(node);
        }
        if (watcher != null) watcher.accept(new Visit(node.operation.text(), ledger.bytes));
    }

    /** Which operations hold which memory. */
    private static final class Ledger {
        private final Map<GradNode, List<Object>> held = new IdentityHashMap<>();
        private final Map<Object, Integer> holders = new IdentityHashMap<>();
        private final Map<Object, Long> sizes = new IdentityHashMap<>();
        private final Set<Object> leaves = Collections.newSetFromMap(new IdentityHashMap<>());
        private long bytes;

        Ledger(GradNode last) {
            var seen = Collections.newSetFromMap(new IdentityHashMap<GradNode, Boolean>());
            var open = new ArrayDeque<>(List.of(last));
            while (!open.isEmpty()) {
                var node = open.pop();
                if (!seen.add(node)) continue;
                if (node.leaf != null && node.leaf.pending() == null) leaves.add(node.leaf.view().storage());
                for (var operand : node.operands) if (operand != null) open.push(operand);
            }
            for (var node : seen)
                for (var tensor : node.saved())
                    if (tensor != null && (tensor.node() == null || tensor.node().leaf == null)) hold(node, tensor);
        }

        /** Views share memory; a number everywhere is none. */
        private void hold(GradNode node, Tensor tensor) {
            if (Tracing.isConstant(tensor)) return;
            Object memory = tensor.pending() != null ? tensor : tensor.view().storage();
            if (leaves.contains(memory)) return; // a weight that is kept transposed is the weight
            held.computeIfAbsent(node, n -> new ArrayList<>()).add(memory);
            if (holders.merge(memory, 1, Integer::sum) > 1) return;
            sizes.put(memory, tensor.count() * tensor.dtype().bytes());
            bytes += sizes.get(memory);
        }

        void byOldest(Map<Object, Long> into) {
            Set<Object> counted = Collections.newSetFromMap(new IdentityHashMap<>());
            held.keySet().stream().sorted(Comparator.comparingLong(node -> node.number)).forEach(node -> {
                for (var memory : held.get(node)) if (counted.add(memory)) into.merge(node, sizes.get(memory), Long::sum);
            });
        }

        /** Forgets the memory as well, which would else live as long as this. */
        void release(GradNode node) {
            var memories = held.remove(node);
            if (memories == null) return;
            for (var memory : memories)
                if (holders.merge(memory, -1, (n, one) -> n == 1 ? null : n - 1) == null) bytes -= sizes.remove(memory);
        }
    }
}
