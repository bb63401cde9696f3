package lyceum.tensor;

import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Supplier;
import lyceum.ShapeException;
import lyceum.backend.Op;
import lyceum.memory.Scope;
import lyceum.memory.Storage;

/** The reverse sweep: from the newest operation to the oldest, each adds what it owes to the gradients of its operands. */
public final class Backward {
    private Backward() {}

    /**
     * Adds gradients to every leaf that {@code output} came from. The gradients are not recorded themselves. Those between are nobody else's, so that
     * their memory goes back at the end: the next step finds it warm, and the collector has less to do.
     */
    static void intoLeaves(Tensor output, Tensor gradient, BackwardPass pass) {
        var caller = Scope.current();
        GradMode.stopped(() -> {
            try (var sweep = Scope.open("backward")) {
                Set<Storage> used = Collections.newSetFromMap(new IdentityHashMap<>());
                if (gradient.viewIfStored() != null) used.add(gradient.view().storage());
                for (var entry : sweep(output, gradient, null, true, caller, pass).entrySet()) {
                    var leaf = entry.getKey().leaf;
                    var g = entry.getValue();
                    if (leaf != null && Fusion.isShapesOnly()) ShapesOnly.collect(leaf, g);
                    else if (leaf != null) Scope.within(caller,
                            () -> leaf.collect(g == gradient ? g.copy() : leaf.grad() != null ? g : owned(g, used, sweep)));
                }
                return null;
            }
        });
    }

    /** {@code g} in memory of its own, so that a leaf's gradient outlives the sweep and can be written in place (clipped, scaled) and no other one changes. */
    private static Tensor owned(Tensor g, Set<Storage> used, Scope sweep) {
        boolean pending = g.pending() != null;
        g.moveTo(Scope.current());
        var v = g.view();
        boolean whole = (pending || v.storage().isBlock()) && v.storage().bytes() == v.size() * v.dtype().bytes() && !v.mayOverlapItself();
        return used.add(v.storage()) && whole ? g.keptBy(sweep) : g.copy();
    }

    /**
     * Gradients of {@code sum(output * gradient)} with respect to {@code inputs}, in their order; zeros where the output does not depend on one.
     *
     * @param recorded true if the gradients are to be differentiable themselves
     */
    public static Tensor[] gradients(Tensor output, Tensor gradient, Tensor[] inputs, boolean recorded) {
        for (var input : inputs)
            if (input.node() == null) throw new IllegalArgumentException(
                    "gradient: an input of shape " + input.shape() + " is not recorded; make it with requiresGrad()");
        return GradMode.with(recorded, () -> {
            var keep = new IdentityHashMap<GradNode, Boolean>();
            for (var input : inputs) keep.put(input.node(), true);
            var found = sweep(output, gradient, keep, true, null, null);
            var result = new Tensor[inputs.length];
            for (int i = 0; i < inputs.length; i++) {
                var g = found.get(inputs[i].node());
                result[i] = g != null ? g : inputs[i].zerosLike();
            }
            return result;
        });
    }

    /** Gradients with respect to what a part of a computation read, by {@code output} and not by each other; null for none. Recorded if that is on. */
    static Tensor[] ofPart(Tensor output, Tensor gradient, GradNode[] read) {
        var keep = new IdentityHashMap<GradNode, Boolean>();
        for (var node : read) keep.put(node, true);
        var found = sweep(output, gradient, keep, false, null, null);
        var result = new Tensor[read.length];
        for (int i = 0; i < read.length; i++) result[i] = found.get(read[i]);
        return result;
    }

    /**
     * Gradients by history: of the leaves, or of {@code keep} if that is given; for leaves in a scope of its own, inside that of the caller.
     *
     * @param beyond whether the sweep goes on behind what it keeps
     * @param pass sees gradients arrive and operations left, and drops what they saved; null where that stays
     */
    private static Map<GradNode, Tensor> sweep(Tensor output, Tensor gradient, Map<GradNode, Boolean> keep, boolean beyond, Scope caller,
            BackwardPass pass) {
        Tracing.sweeps(true);
        try {
            return swept(output, gradient, keep, beyond, caller, pass);
        } finally {
            Tracing.sweeps(false);
        }
    }

    private static Map<GradNode, Tensor> swept(Tensor output, Tensor gradient, Map<GradNode, Boolean> keep, boolean beyond, Scope caller,
            BackwardPass pass) {
        if (output.node() == null) {
            if (keep != null) return Map.of();
            throw new IllegalArgumentException(
                    "backward: nothing was recorded; start from a tensor made with requiresGrad(), outside noGrad");
        }
        if (!gradient.shape().equals(output.shape()))
            throw new ShapeException("backward: gradient " + gradient.shape() + " for a tensor of shape " + output.shape());
        var gradients = new IdentityHashMap<GradNode, Tensor>();
        var result = new IdentityHashMap<GradNode, Tensor>();
        var queue = new PriorityQueue<GradNode>((a, b) -> Long.compare(b.number, a.number));
        long oldest = Long.MIN_VALUE;
        if (keep != null) {
            oldest = Long.MAX_VALUE;
            for (var node : keep.keySet()) oldest = Math.min(oldest, node.number);
        }
        var parts = new IdentityHashMap<GradNode, PartGradients>();
        var memory = keep == null && !Tracing.on() ? new SweepMemory(Scope.current()) : null;
        boolean plain = !GradMode.isRecording() && !Tracing.on();
        boolean detecting = Anomaly.isDetecting();
        gradients.put(output.node(), gradient.to(output.dtype()));
        queue.add(output.node());
        while (!queue.isEmpty()) {
            var node = queue.poll();
            var g = gradients.remove(node);
            var ofParts = parts.remove(node);
            if (ofParts != null) g = g == null ? ofParts.whole() : g.add(ofParts.whole());
            boolean hooked = pass != null && pass.isHooked(node);
            if (hooked) g = pass.arrived(node, g, caller);
            boolean kept = keep == null ? node.leaf != null : keep.containsKey(node);
            if (kept) result.put(node, g);
            if (kept && memory != null) memory.found(g);
            if (node.operands.length == 0 || kept && !beyond) continue;
            var operation = node.operation;
            Tracing.visits(node);
            var visit = operation.visit(node);
            var part = plain ? node.part() : null;
            boolean passed = kept || hooked || g == gradient || operation.isOfUser() || !plain;
            for (int i = 0; i < node.operands.length; i++) {
                var operand = node.operands[i];
                if (operand == null || operand.number < oldest) continue;
                if (part != null) {
                    var others = parts.get(operand);
                    if (others == null && !gradients.containsKey(operand)) queue.add(operand);
                    if (others == null)
                        parts.put(operand, others = new PartGradients(node.shapes[i], node.types[i], part.axis(), node.strides()));
                    if (others.take(g, part)) continue;
                }
                var next = detecting ? Anomaly.backwardOf(node, sharing(node, i, g, visit, keep == null, caller))
                        : share(node, i, g, visit, keep == null, caller);
                if (next == null) continue;
                if (next == g && isSharedSum(node, i, g)) g.view();
                passed |= next == g;
                boolean wide = plain && operand.wide == next.dtype() && (keep == null || !keep.containsKey(operand))
                        && (pass == null || !pass.isHooked(operand));
                next = sumTo(next, node.shapes[i]).to(wide ? operand.wide : node.types[i]); // where nobody sees it before it is widened, it is not rounded
                var known = gradients.get(operand);
                if (known == null) {
                    gradients.put(operand, next);
                    if (!parts.containsKey(operand)) queue.add(operand);
                } else {
                    gradients.put(operand, known.add(next));
                }
            }
            if (!passed) g.dismiss(); // a product that only the rule has read need not be stored beside what is made of it
            if (pass != null) pass.left(node);
            if (memory != null) memory.release(gradients.values(), parts.values());
        }
        return result;
    }

    /** A tensor from which a function is recorded, connected to the history of x if there is one, and to the tangents of x. */
    public static Tensor entrance(Tensor x) {
        x.checkFloat("grad");
        return x.isTracked() ? GradMode.with(true, () -> new ViewOps.Same().apply(x)) : exit(x).asLeaf();
    }

    /** The value of y without its history, but with its tangents. */
    public static Tensor exit(Tensor y) { return GradMode.with(false, () -> new ViewOps.Same().apply(y)); }

    /** True if what y came from reaches behind {@code entrance}, beyond it or beside it, so that somebody outside may differentiate in turn. */
    public static boolean reachesBehind(Tensor y, Tensor entrance) { return y.node().oldest < entrance.node().number; }

    /** What operand i gets of g. */
    private static Tensor share(GradNode node, int i, Tensor g, Operation.Visit visit, boolean intoLeaves, Scope caller) {
        if (intoLeaves && node.operation.isOfUser()) return ofUser(node, i, g, caller);
        return visit != null ? visit.pullback(i, g) : node.operation.pullback(i, g, node);
    }

    private static Supplier<Tensor> sharing(GradNode node, int i, Tensor g, Operation.Visit visit, boolean intoLeaves, Scope caller) {
        return () -> share(node, i, g, visit, intoLeaves, caller);
    }

    /** A rule of the user's may keep what it is given and what it makes. */
    private static Tensor ofUser(GradNode node, int i, Tensor g, Scope caller) {
        var part = new Tensor[1];
        g.keptBy(Scope.current());
        Scope.within(caller, () -> part[0] = node.operation.pullback(i, g, node));
        return part[0];
    }

    /** True if a gradient would be computed for its sum (a bias's) and once more for another operand: then it is better stored first. */
    private static boolean isSharedSum(GradNode node, int i, Tensor g) {
        var pending = g.pending();
        if (pending == null || pending.op() == Op.CONST || g.shape().equals(node.shapes[i])) return false;
        for (int j = 0; j < node.operands.length; j++) if (j != i && node.operands[j] != null) return true;
        return false;
    }

    /** Undoes broadcasting: sums over the axes along which {@code shape} was stretched. */
    static Tensor sumTo(Tensor g, Shape shape) {
        if (g.shape().equals(shape)) return g;
        int extra = g.rank() - shape.rank();
        var axes = new int[g.rank()];
        int n = 0;
        for (int i = 0; i < g.rank(); i++) if (i < extra || shape.size(i - extra) == 1 && g.shape().size(i) != 1) axes[n++] = i;
        if (n > 0) g = g.sum(Arrays.copyOf(axes, n), true);
        return g.reshape(shape.sizes());
    }
}
