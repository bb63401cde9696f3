package lyceum.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.memory.Scope;

/** The door through which {@code lyceum.autograd.Autograd} records a function as one operation that runs again when its gradients are wanted. */
public final class Checkpoint {
    private static final String NAME = "checkpoint";

    private Checkpoint() {}

    /** The value of f at x, whose history knows what f read from outside, and f, but nothing of what f computed between. */
    public static Tensor of(UnaryOperator<Tensor> f, Tensor x) {
        if (Tracing.on() || !GradMode.isRecording()) return f.apply(x);
        long start = GradNode.next();
        try (var inside = Scope.open(NAME)) {
            var y = f.apply(x);
            if (y.node() == null || y.node().number < start) return y.keptBy(inside);
            return y.detach().keptBy(inside).recorded(node(f, x, y.node(), start));
        }
    }

    /** The operation whose operands are the tensors older than {@code start} that {@code last} came from. */
    private static GradNode node(UnaryOperator<Tensor> f, Tensor x, GradNode last, long start) {
        var read = new ArrayList<GradNode>();
        var shapes = new ArrayList<Shape>();
        var types = new ArrayList<DType>();
        var leaves = new ArrayList<Unchanged>();
        var seen = Collections.newSetFromMap(new IdentityHashMap<GradNode, Boolean>());
        var inside = new ArrayDeque<>(List.of(last));
        while (!inside.isEmpty()) {
            var next = inside.pop();
            for (int i = 0; i < next.operands.length; i++) {
                var operand = next.operands[i];
                if (operand == null || !seen.add(operand)) continue;
                if (operand.number >= start) {
                    inside.push(operand);
                    continue;
                }
                read.add(operand);
                shapes.add(next.shapes[i]);
                types.add(next.types[i]);
                if (operand.leaf != null) leaves.add(Unchanged.of(operand.leaf));
            }
        }
        var operands = read.toArray(GradNode[]::new);
        return GradNode.of(new Rerun(f, Unchanged.of(x), leaves, operands), operands, shapes.toArray(Shape[]::new),
                types.toArray(DType[]::new));
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

    /** Runs f once a visit, for the gradients of all that it reads. It is recorded and never told: where somebody listens, f runs as it is. */
    static final class Rerun implements Operation {
        private final UnaryOperator<Tensor> f;
        private final Unchanged x;
        private final List<Unchanged> leaves;
        private final GradNode[] read;

        private Rerun(UnaryOperator<Tensor> f, Unchanged x, List<Unchanged> leaves, GradNode[] read) {
            this.f = f;
            this.x = x;
            this.leaves = leaves;
            this.read = read;
        }

        @Override public Tensor value(Tensor... in) { return Tracing.inside(() -> f.apply(in[0])); }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) { return gradients(g)[i]; }

        @Override public Visit visit(Reading reading) {
            var once = new Tensor[1][];
            return (i, g) -> {
                if (once[0] == null) once[0] = gradients(g);
                return once[0][i];
            };
        }

        @Override public Tensor composed(Tensor... in) { return f.apply(in[0]); }

        @Override public boolean isComposed() { return true; }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return Batch.loop(this, size, isBatched, in); }

        @Override public String text() { return NAME; }

        private Tensor[] gradients(Tensor g) {
            for (var leaf : leaves) leaf.get();
            if (GradMode.isRecording()) return again(g); // what is recorded will be read later
            try (var inside = Scope.open(NAME)) {
                var gradients = again(g);
                for (var gradient : gradients) if (gradient != null) gradient.keptBy(inside);
                return gradients;
            }
        }

        private Tensor[] again(Tensor g) { return Backward.ofPart(GradMode.with(true, () -> f.apply(x.get())), g, read); }
    }
}
