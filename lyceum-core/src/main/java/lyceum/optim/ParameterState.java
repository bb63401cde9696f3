package lyceum.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/** What an optimiser remembers of one parameter. */
final class ParameterState {
    /** The slot that holds a half-width parameter's full-width value. */
    private static final String MASTER = "master";

    final String name;
    final Tensor parameter;
    final UpdateRule rule;
    /** The rule's slots, then the master copy if there is one. Empty until the first step. */
    List<Tensor> tensors = List.of();
    long steps;
    /** A gradient of some rows only, given for the coming step; null for none. */
    RowGradient rows;
    /** Null for none. */
    WeightDecay decay;
    /** What this parameter's rate has been multiplied by, beside that of all. */
    double rateScale = 1;
    private boolean master;

    ParameterState(String name, Tensor parameter, UpdateRule rule) {
        this.name = name;
        this.parameter = parameter;
        this.rule = rule;
    }

    /** What a step is scaled by: the learning rate, and the schedule's factor in it. */
    record Pace(double rate, double factor) {}

    /** Half-width parameters are remembered, and updated, in F32: their own type would lose small steps. */
    static DType typeFor(Tensor parameter) { return parameter.dtype().bytes() < 4 ? DType.F32 : parameter.dtype(); }

    DType type() { return typeFor(parameter); }

    void keepMaster() { master = type() != parameter.dtype(); }

    /** Names of the tensors. */
    List<String> names() {
        var names = rule.slots(parameter);
        if (!master) return names;
        names = new ArrayList<>(names);
        names.add(MASTER);
        return names;
    }

    /** The tensor of this name before the first step. */
    Tensor start(String name) {
        var x = parameter.detach().to(type());
        return name.equals(MASTER) && master ? x : rule.start(name, x);
    }

    /** The first step creates them, usually inside a loop's scope, which they must outlive. */
    void create() {
        var names = names();
        if (tensors.size() == names.size()) return;
        var created = new ArrayList<Tensor>();
        try (var outside = Scope.outside()) {
            for (var slot : names) created.add(rule.kept(start(slot)));
        }
        tensors = created;
    }

    /** @param gradient of the whole parameter, or of {@link #rows} if there are some */
    void step(Tensor gradient, Pace pace) {
        create();
        steps++;
        if (rows != null) rows.step(this, gradient, pace);
        else apply(parameter, gradient, tensors, pace);
        rows = null;
    }

    /** One program takes the step of all that have this in common. */
    record Kind(UpdateRule rule, long steps, DType type, boolean master, WeightDecay decay, double rateScale) {}

    Kind kind() { return new Kind(rule, steps, parameter.dtype(), master, decay, rateScale); }

    /** The step of parameters of one kind, by an element-wise rule. */
    static final class Step {
        private final List<ParameterState> slots = new ArrayList<>();
        private final List<Tensor[]> targets = new ArrayList<>(), others = new ArrayList<>();

        void add(ParameterState slot, Tensor gradient) {
            slots.add(slot);
            others.add(new Tensor[] {gradient});
        }

        /** @param limit of a gradient, before it is used */
        void take(UnaryOperator<Tensor> limit, Pace pace) {
            for (var slot : slots) {
                slot.create();
                slot.steps++;
                targets.add(slot.targets(slot.parameter, slot.tensors));
            }
            var first = slots.getFirst();
            Tensor.updateEach_(targets.toArray(Tensor[][]::new), others.toArray(Tensor[][]::new),
                    old -> first.next(old, limit.apply(old[old.length - 1]), pace));
        }
    }

    /** Writes the step into a parameter, or a part of one, and into its slots. */
    void apply(Tensor x, Tensor gradient, List<Tensor> slots, Pace pace) {
        Tensor.update_(targets(x, slots), old -> next(old, gradient, pace));
    }

    private Tensor[] targets(Tensor x, List<Tensor> slots) {
        var targets = slots.toArray(new Tensor[slots.size() + 1]);
        targets[slots.size()] = x;
        return targets;
    }

    /** New values of the slots and the parameter from the old ones. */
    private Tensor[] next(Tensor[] old, Tensor gradient, Pace pace) {
        int n = tensors.size(), kept = master ? n - 1 : n;
        var type = type();
        Tensor x = master ? old[kept] : old[n].to(type), g = gradient.to(type);
        if (decay != null) {
            g = decay.pulled(g, x, rule.maximize());
            x = decay.shrunk(x, pace.rate, pace.factor);
        }
        var update = rule.next(x, g, List.of(old).subList(0, kept), steps, pace.rate);
        var slots = new ArrayList<>(update.slots());
        for (int i = 0; i < kept; i++) slots.set(i, faded(old[i], slots.get(i)));
        if (master) slots.add(update.parameter());
        return targets(update.parameter().to(parameter.dtype()), slots);
    }

    /**
     * 0 for what fades and is too small to be a normal number. A mean that nothing feeds any more, of an embedding that no text has or a unit that is dead, would end at the least
     * number there is, nine tenths of which round to itself, and CPUs take a hundred times as long for such: a step of AdamW ten times as long (Sapphire Rapids). What grows is
     * left to.
     */
    private static Tensor faded(Tensor old, Tensor slot) {
        if (slot.dtype() != DType.F32 && slot.dtype() != DType.F64 || !slot.shape().equals(old.shape())) return slot;
        var size = slot.abs();
        var gone = size.lt(slot.dtype() == DType.F64 ? Double.MIN_NORMAL : Float.MIN_NORMAL).and(size.le(old.abs()));
        return gone.where(slot.zerosLike(), slot);
    }
}
