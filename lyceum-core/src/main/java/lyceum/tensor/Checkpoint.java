package lyceum.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.backend.Parallel;
import lyceum.memory.Scope;
import lyceum.memory.Storage;

/** The door through which {@code lyceum.autograd.Autograd} records a function as one operation that runs again when its gradients are wanted. */
public final class Checkpoint {
    private static final String NAME = "checkpoint";
    private static final ScopedValue<Boolean> AGAIN = ScopedValue.newInstance();
    /** Asking an unbound scoped value costs a microsecond where others are bound. */
    private static volatile boolean ever;

    static {
        Parallel.carry(AGAIN);
    }

    private Checkpoint() {}

    /**
     * Layers in a row and how they are run again: with no segments all at once; else the inputs of the segments are computed first, and the segments
     * reversed from the last to the first, each by its own.
     */
    public record Stretch(List<UnaryOperator<Tensor>> layers, List<Stretch> segments) {
        /** The value at x; of all segments but the last only the inputs are kept. */
        public Tensor run(Tensor x) {
            if (segments.isEmpty()) return plain(x);
            for (int k = 0; k < segments.size() - 1; k++) x = of(segments.get(k), x);
            return segments.getLast().run(x);
        }

        private Tensor plain(Tensor x) {
            for (var layer : layers) x = layer.apply(x);
            return x;
        }
    }

    /** Whether a function runs again, for its gradients. */
    public static boolean isAgain() { return ever && AGAIN.isBound(); }

    /** The value of f at x, whose history knows what f read from outside, and f, but nothing of what f computed between. */
    public static Tensor of(UnaryOperator<Tensor> f, Tensor x) { return of(new Stretch(List.of(f), List.of()), x); }

    /** As {@link #of(UnaryOperator, Tensor)} for a chain: the value is computed layer by layer, with the memory of one at a time. */
    public static Tensor of(Stretch stretch, Tensor x) {
        if (Tracing.on() || !GradMode.isRecording()) return stretch.run(x);
        var read = new Outside(GradNode.next());
        try (var inside = Scope.open(NAME)) {
            var y = x;
            for (var layer : stretch.layers) {
                y = alone(inside, layer, y, x);
                if (!read.isInside(y.node())) continue;
                read.behind(y.node());
                y = y.detach();
            }
            if (y == x) return x;
            if (y.node() != null || read.nodes.isEmpty()) return y.keptBy(inside);
            return y.keptBy(inside).recorded(read.node(stretch, x));
        }
    }

    /** One layer more, after what the ones since {@code x} have left in {@code inside} beside the value that it starts from has gone back. */
    private static Tensor alone(Scope inside, UnaryOperator<Tensor> layer, Tensor y, Tensor x) {
        if (y != x) {
            var memory = y.view().storage();
            inside.release(storage -> storage == memory);
        }
        return layer.apply(y);
    }

    /** Tensors older than {@code start} that what was computed since came from: the operands of the whole. */
    private static final class Outside {
        private final long start;
        private final List<GradNode> nodes = new ArrayList<>();
        private final List<Shape> shapes = new ArrayList<>();
        private final List<DType> types = new ArrayList<>();
        private final List<Unchanged> leaves = new ArrayList<>();
        private final Set<GradNode> seen = Collections.newSetFromMap(new IdentityHashMap<>());

        Outside(long start) { this.start = start; }

        boolean isInside(GradNode node) { return node != null && node.number >= start; }

        void behind(GradNode last) {
            var inside = new ArrayDeque<>(List.of(last));
            while (!inside.isEmpty()) {
                var next = inside.pop();
                for (int i = 0; i < next.operands.length; i++) {
                    var operand = next.operands[i];
                    if (operand == null || !seen.add(operand)) continue;
                    if (isInside(operand)) {
                        inside.push(operand);
                        continue;
                    }
                    nodes.add(operand);
                    shapes.add(next.shapes[i]);
                    types.add(next.types[i]);
                    if (operand.leaf != null) leaves.add(Unchanged.of(operand.leaf));
                }
            }
        }

        GradNode node(Stretch stretch, Tensor x) {
            var operands = nodes.toArray(GradNode[]::new);
            return GradNode.of(new Rerun(stretch, Unchanged.of(x), leaves, operands), operands, shapes.toArray(Shape[]::new),
                    types.toArray(DType[]::new));
        }
    }

    /** A value that will be read again, with the number of in-place writes that it had. */
    private record Unchanged(Tensor tensor, int version) {
        static Unchanged of(Tensor tensor) { return new Unchanged(tensor, tensor.version()); }

        Tensor get() {
            if (tensor.version() != version) throw new LyceumException("backward of checkpoint: a value of shape " + tensor.shape()
                    + " that it needs was changed in place; write to a copy, or after backward");
            return tensor;
        }
    }

    /** Runs f once a visit, for the gradients of all that it reads. It is recorded but never reported: with listeners, f runs as it is. */
    static final class Rerun implements Operation {
        private final Stretch stretch;
        private Unchanged x;
        private final List<Unchanged> leaves;
        private final GradNode[] read;

        private Rerun(Stretch stretch, Unchanged x, List<Unchanged> leaves, GradNode[] read) {
            this.stretch = stretch;
            this.x = x;
            this.leaves = leaves;
            this.read = read;
        }

        @Override public Tensor value(Tensor... in) { return Tracing.inside(() -> stretch.run(in[0])); }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) { return gradients(g)[i]; }

        @Override public Visit visit(Reading reading) {
            var once = new Tensor[1][];
            return (i, g) -> {
                if (once[0] == null) once[0] = gradients(g);
                return once[0][i];
            };
        }

        @Override public Tensor composed(Tensor... in) { return stretch.run(in[0]); }

        @Override public boolean isComposed() { return true; }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return Batch.loop(this, size, isBatched, in); }

        @Override public String text() { return NAME; }

        /** Drops the input: a sweep has read it for the last time. */
        void release() { x = null; }

        private Tensor[] gradients(Tensor g) {
            if (x == null) throw new LyceumException("backward of checkpoint: an earlier sweep has dropped what it saved; "
                    + "run that one by BackwardPass.of(loss).retained(), or compute the loss anew");
            for (var leaf : leaves) leaf.get();
            ever = true;
            return ScopedValue.where(AGAIN, true).call(() -> again(x.get(), g));
        }

        private Tensor[] again(Tensor from, Tensor g) {
            if (GradMode.isRecording()) return Backward.ofPart(GradMode.with(true, () -> stretch.run(from)), g, read); // what is recorded will be read later
            var sums = new Tensor[read.length];
            reverse(stretch, from, null, g, false, sums, Scope.current());
            return sums;
        }

        /**
         * Adds to {@code sums} what is owed to what was read, and returns what is owed to {@code leaf}, null for none.
         *
         * @param leaf the input, if it was computed here and nobody outside has a share in it; else null
         * @param ours whether g was made here and nobody else reads it
         */
        private Tensor reverse(Stretch part, Tensor from, Tensor leaf, Tensor g, boolean ours, Tensor[] sums, Scope home) {
            if (!part.segments.isEmpty()) return reverse(part, 0, from, leaf, g, ours, sums, home);
            try (var inside = Scope.open(NAME)) {
                var y = GradMode.with(true, () -> part.plain(from));
                var nodes = leaf == null ? read : Arrays.copyOf(read, read.length + 1);
                if (leaf != null) nodes[read.length] = leaf.node();
                var owed = Backward.ofPart(y, g, nodes);
                Scope.within(home, () -> {
                    for (int i = 0; i < read.length; i++)
                        if (owed[i] != null) sums[i] = sums[i] == null ? owed[i].copy() : sums[i].add(owed[i]).compute();
                });
                var back = leaf == null ? null : owed[read.length];
                return back == null ? null : back.keptBy(inside);
            }
        }

        /** From segment k on. The inputs of later segments go back before this one is reversed, and so does a gradient that has been passed on. */
        private Tensor reverse(Stretch whole, int k, Tensor from, Tensor leaf, Tensor g, boolean ours, Tensor[] sums, Scope home) {
            var segment = whole.segments.get(k);
            if (k == whole.segments.size() - 1) return reverse(segment, from, leaf, g, ours, sums, home);
            Tensor back;
            try (var kept = Scope.open(NAME)) {
                var next = GradMode.with(false, () -> advanced(segment, from)).shared().asLeaf();
                back = reverse(whole, k + 1, next, next, g, ours, sums, home);
                if (back != null) back.keptBy(kept);
            }
            if (back == null) return null;
            if (ours && Scope.current() != null) {
                Storage spent = g.view().storage(), needed = back.view().storage();
                Scope.current().release(storage -> storage != spent || storage == needed);
            }
            return reverse(segment, from, leaf, back, true, sums, home);
        }

        private static Tensor advanced(Stretch segment, Tensor from) {
            try (var inside = Scope.open(NAME)) {
                var y = from;
                for (var layer : segment.layers) y = alone(inside, layer, y, from);
                return y.keptBy(inside);
            }
        }
    }
}
