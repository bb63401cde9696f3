package lyceum.tensor;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import lyceum.ShapeException;
import lyceum.backend.Op;
import lyceum.memory.Scope;
import lyceum.memory.Storage;

/** The reverse sweep: from the newest operation to the oldest, each adds what it owes to the gradients of its operands. */
public final class Backward {
    private Backward() { }

    /**
     * Adds gradients to every leaf that {@code output} came from. The gradients are not recorded themselves. Those between are nobody else's, so that
     * their memory goes back at the end: the next step finds it warm, and the collector has less to do.
     */
    static void intoLeaves(Tensor output, Tensor gradient) {
        var caller = Scope.current();
        GradMode.with(false, () -> {
            try (var sweep = Scope.open("backward")) {
                Set<Storage> used = Collections.newSetFromMap(new IdentityHashMap<>());
                if (gradient.viewIfStored() != null) used.add(gradient.view().storage());
                for (var entry : sweep(output, gradient, null, true, caller).entrySet()) {
                    var leaf = entry.getKey().leaf;
                    var g = entry.getValue();
                    if (leaf != null) Scope.within(caller, () -> leaf.collect(g == gradient ? g.copy() : leaf.grad() != null ? g : owned(g, used, sweep)));
                }
                return null;
            }
        });
    }

    /** {@code g} in memory of its own, so that a leaf's gradient outlives the sweep and can be written in place (clipped, scaled) and no other one changes. */
    private static Tensor owned(Tensor g, Set<Storage> used, Scope sweep) {
        boolean pending = g.deferred() != null;
        g.moveTo(Scope.current());
        var v = g.view();
        boolean whole = (pending || v.storage().isBlock()) && v.storage().bytes() == v.size() * v.dtype().bytes() && !v.mayOverlapItself();
        return used.add(v.storage()) && whole ? g.keptBy(sweep) : g.copy();
    }

    /**
     * Gradients of {@code sum(output * gradient)} with respect to {@code inputs}, in their order; zeros where the output does not depend on one.
     *
     * @param recorded true if the gradients shall be differentiable themselves
     */
    public static Tensor[] gradients(Tensor output, Tensor gradient, Tensor[] inputs, boolean recorded) {
        for (var input : inputs) if (input.history() == null) throw new IllegalArgumentException("gradient: an input of shape " + input.shape()
                + " is not recorded; make it with requiresGrad()");
        return GradMode.with(recorded, () -> {
            var keep = new IdentityHashMap<History, Boolean>();
            for (var input : inputs) keep.put(input.history(), true);
            var found = sweep(output, gradient, keep, true, null);
            var result = new Tensor[inputs.length];
            for (int i = 0; i < inputs.length; i++) {
                var g = found.get(inputs[i].history());
                result[i] = g != null ? g : inputs[i].zerosLike();
            }
            return result;
        });
    }

    /** Gradients with respect to what a part of a computation read, by {@code output} and not by each other; null for none. Recorded if that is on. */
    static Tensor[] ofPart(Tensor output, Tensor gradient, History[] read) {
        var keep = new IdentityHashMap<History, Boolean>();
        for (var history : read) keep.put(history, true);
        var found = sweep(output, gradient, keep, false, null);
        var result = new Tensor[read.length];
        for (int i = 0; i < read.length; i++) result[i] = found.get(read[i]);
        return result;
    }

    /**
     * Gradients by history: of the leaves, or of {@code keep} if that is given; for leaves in a scope of its own, inside that of the caller.
     *
     * @param beyond whether the sweep goes on behind what it keeps
     */
    private static Map<History, Tensor> sweep(Tensor output, Tensor gradient, Map<History, Boolean> keep, boolean beyond, Scope caller) {
        if (output.history() == null) {
            if (keep != null) return Map.of();
            throw new IllegalArgumentException("backward: nothing was recorded; start from a tensor made with requiresGrad(), outside noGrad");
        }
        if (!gradient.shape().equals(output.shape()))
            throw new ShapeException("backward: gradient " + gradient.shape() + " for a tensor of shape " + output.shape());
        var gradients = new IdentityHashMap<History, Tensor>();
        var result = new IdentityHashMap<History, Tensor>();
        var queue = new PriorityQueue<History>((a, b) -> Long.compare(b.number, a.number));
        long oldest = Long.MIN_VALUE;
        if (keep != null) {
            oldest = Long.MAX_VALUE;
            for (var history : keep.keySet()) oldest = Math.min(oldest, history.number);
        }
        var parts = new IdentityHashMap<History, PartGradients>();
        var memory = keep == null && !Tracing.on() ? new SweepMemory(Scope.current()) : null;
        boolean plain = !GradMode.isRecording() && !Tracing.on();
        gradients.put(output.history(), gradient.to(output.dtype()));
        queue.add(output.history());
        while (!queue.isEmpty()) {
            var history = queue.poll();
            var g = gradients.remove(history);
            var ofParts = parts.remove(history);
            if (ofParts != null) g = g == null ? ofParts.whole() : g.add(ofParts.whole());
            boolean kept = keep == null ? history.leaf != null : keep.containsKey(history);
            if (kept) result.put(history, g);
            if (kept && memory != null) memory.found(g);
            if (history.operands.length == 0 || kept && !beyond) continue;
            var rule = history.rule.forVisit();
            boolean passed = kept || g == gradient || history.ofUser || !plain;
            for (int i = 0; i < history.operands.length; i++) {
                var operand = history.operands[i];
                if (operand == null || operand.number < oldest) continue;
                if (plain && history.part != null) {
                    var others = parts.get(operand);
                    if (others == null && !gradients.containsKey(operand)) queue.add(operand);
                    if (others == null) parts.put(operand, others = new PartGradients(history.shapes[i], history.types[i], history.part));
                    if (others.take(g, history.part)) continue;
                }
                var part = keep == null && history.ofUser ? ofUser(rule, i, g, caller) : rule.gradient(i, g);
                if (part == null) continue;
                if (part == g && isSharedSum(history, i, g)) g.view();
                passed |= part == g;
                part = sumTo(part, history.shapes[i]).to(history.types[i]);
                var known = gradients.get(operand);
                if (known == null) {
                    gradients.put(operand, part);
                    if (!parts.containsKey(operand)) queue.add(operand);
                } else {
                    gradients.put(operand, known.add(part));
                }
            }
            if (!passed) g.dismiss(); // a product that only the rule has read need not be stored beside what is made of it
            if (memory != null) memory.release(gradients.values(), parts.values());
        }
        return result;
    }

    /** A rule of the user's may keep what it is given and what it makes. */
    private static Tensor ofUser(History.Rule rule, int i, Tensor g, Scope caller) {
        var part = new Tensor[1];
        g.keptBy(Scope.current());
        Scope.within(caller, () -> part[0] = rule.gradient(i, g));
        return part[0];
    }

    /** True if a gradient would be computed for its sum (a bias's) and once more for another operand: then it is better stored first. */
    private static boolean isSharedSum(History history, int i, Tensor g) {
        var pending = g.deferred();
        if (pending == null || pending.op() == Op.CONST || g.shape().equals(history.shapes[i])) return false;
        for (int j = 0; j < history.operands.length; j++) if (j != i && history.operands[j] != null) return true;
        return false;
    }

    /** Undoes broadcasting: sums over the axes along which {@code shape} was stretched. */
    static Tensor sumTo(Tensor g, Shape shape) {
        if (g.shape().equals(shape)) return g;
        int extra = g.rank() - shape.rank();
        var axes = new int[g.rank()];
        int n = 0;
        for (int i = 0; i < g.rank(); i++) if (i < extra || shape.size(i - extra) == 1 && g.shape().size(i) != 1) axes[n++] = i;
        if (n > 0) g = g.sum(java.util.Arrays.copyOf(axes, n), true);
        return g.reshape(shape.sizes());
    }
}
