package lyceum.optim;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/** What an optimiser remembers of one parameter. */
final class Slots {
    final String name;
    final Tensor parameter;
    final UpdateRule rule;
    /** Empty until the first step. */
    List<Tensor> tensors = List.of();
    long steps;
    /** A gradient of some rows only, given for the coming step; null for none. */
    RowGradient rows;

    Slots(String name, Tensor parameter, UpdateRule rule) {
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
            for (int i = 0; i < rule.slots().size(); i++) created.add(Tensor.zeros(typeFor(parameter), parameter.shape().toArray()).copy());
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

    /** Writes the step into a parameter, or a part of one, and into its slots. */
    void apply(Tensor x, Tensor gradient, List<Tensor> slots, double rate) {
        var type = typeFor(x);
        var targets = new ArrayList<>(slots);
        targets.add(x);
        Tensor.update_(targets.toArray(Tensor[]::new), old -> {
            var update = rule.next(old[slots.size()].to(type), gradient.to(type), List.of(old).subList(0, slots.size()), steps, rate);
            var values = new ArrayList<>(update.slots());
            values.add(update.parameter().to(x.dtype()));
            return values.toArray(Tensor[]::new);
        });
    }
}
