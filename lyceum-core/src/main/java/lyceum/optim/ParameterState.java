package lyceum.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/** What an optimiser remembers of one parameter. */
final class ParameterState {
    final String name;
    final Tensor parameter;
    final UpdateRule rule;
    /** Empty until the first step. */
    List<Tensor> tensors = List.of();
    long steps;
    /** A gradient of some rows only, given for the coming step; null for none. */
    RowGradient rows;

    ParameterState(String name, Tensor parameter, UpdateRule rule) {
        this.name = name;
        this.parameter = parameter;
        this.rule = rule;
    }

    /** Half-width parameters are remembered, and updated, in F32: their own type would lose small steps. */
    static DType typeFor(Tensor parameter) { return parameter.dtype().bytes() < 4 ? DType.F32 : parameter.dtype(); }

    /** The first step creates them, usually inside a loop's scope, which they must outlive. */
    void create() {
        if (tensors.size() == rule.slots().size()) return;
        var created = new ArrayList<Tensor>();
        try (var outside = Scope.outside()) {
            for (int i = 0; i < rule.slots().size(); i++)
                created.add(Tensor.zeros(typeFor(parameter), parameter.shape().toArray()).compute());
        }
        tensors = created;
    }

    void step(Tensor gradient, double rate) {
        create();
        steps++;
        if (rows != null) rows.step(this, rate);
        else apply(parameter, gradient, tensors, rate);
        rows = null;
    }

    /** One program takes the step of all that have this in common. */
    record Kind(UpdateRule rule, long steps, DType type) {}

    Kind kind() { return new Kind(rule, steps, parameter.dtype()); }

    /** The step of parameters of one kind, by an element-wise rule. */
    static final class Step {
        private final List<ParameterState> slots = new ArrayList<>();
        private final List<Tensor[]> targets = new ArrayList<>(), others = new ArrayList<>();

        void add(ParameterState slot, Tensor gradient) {
            slots.add(slot);
            others.add(new Tensor[] {gradient});
        }

        /** @param limit of a gradient, before it is used */
        void take(UnaryOperator<Tensor> limit, double rate) {
            for (var slot : slots) {
                slot.create();
                slot.steps++;
                targets.add(slot.targets(slot.parameter, slot.tensors));
            }
            var first = slots.getFirst();
            Tensor.updateEach_(targets.toArray(Tensor[][]::new), others.toArray(Tensor[][]::new),
                    old -> first.next(old, limit.apply(old[old.length - 1]), rate));
        }
    }

    /** Writes the step into a parameter, or a part of one, and into its slots. */
    void apply(Tensor x, Tensor gradient, List<Tensor> slots, double rate) {
        Tensor.update_(targets(x, slots), old -> next(old, gradient, rate));
    }

    private Tensor[] targets(Tensor x, List<Tensor> slots) {
        var targets = slots.toArray(new Tensor[slots.size() + 1]);
        targets[slots.size()] = x;
        return targets;
    }

    /** New values of the slots and the parameter from the old ones. */
    private Tensor[] next(Tensor[] old, Tensor gradient, double rate) {
        int n = tensors.size();
        var x = old[n];
        var type = typeFor(x);
        var update = rule.next(x.to(type), gradient.to(type), List.of(old).subList(0, n), steps, rate);
        return targets(update.parameter().to(x.dtype()), update.slots());
    }
}
