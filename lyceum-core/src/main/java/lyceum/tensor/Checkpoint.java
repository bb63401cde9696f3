package lyceum.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.memory.Scope;
import lyceum.tensor.History.Saved;

/** The door through which {@code lyceum.autograd.Autograd} records a function as one operation that runs again when its gradients are wanted. */
public final class Checkpoint {
    private static final String NAME = "checkpoint";

    private Checkpoint() { }

    /** The value of f at x, whose history knows what f read from outside, and f, but nothing of what f computed between. */
    public static Tensor of(UnaryOperator<Tensor> f, Tensor x) {
        if (Tracing.on() || !GradMode.isRecording()) return f.apply(x);
        long start = History.next();
        try (var inside = Scope.open(NAME)) {
            var y = f.apply(x);
            if (y.history() == null || y.history().number < start) return y.keptBy(inside);
            return y.detach().keptBy(inside).recorded(history(f, x, y.history(), start));
        }
    }

    /** The operation whose operands are the tensors older than {@code start} that {@code last} came from. */
    private static History history(UnaryOperator<Tensor> f, Tensor x, History last, long start) {
        var read = new ArrayList<History>();
        var shapes = new ArrayList<Shape>();
        var types = new ArrayList<DType>();
        var leaves = new ArrayList<Saved>();
        var seen = Collections.newSetFromMap(new IdentityHashMap<History, Boolean>());
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
                if (operand.leaf != null) leaves.add(Saved.of(operand.leaf, NAME));
            }
        }
        var operands = read.toArray(History[]::new);
        return History.of(NAME, new Again(f, Saved.of(x, NAME), leaves, operands), operands, shapes.toArray(Shape[]::new), types.toArray(DType[]::new));
    }

    /** Runs f once a visit, for the gradients of all that it reads. */
    private record Again(UnaryOperator<Tensor> f, Saved x, List<Saved> leaves, History[] read) implements History.Rule {

        @Override public Tensor gradient(int i, Tensor g) { return gradients(g)[i]; }

        @Override public History.Rule forVisit() {
            var once = new Tensor[1][];
            return (i, g) -> {
                if (once[0] == null) once[0] = gradients(g);
                return once[0][i];
            };
        }

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
