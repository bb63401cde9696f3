package lyceum.tensor;

import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.function.Function;
import lyceum.tensor.History.Saved;

/** The door through which {@code lyceum.autograd.Primitive} records an operation with a gradient of its own. */
public final class CustomGradient {
    /** Gradient of operand {@code i} from the result's; null for zero. */
    @FunctionalInterface public interface Rule {
        Tensor gradient(int i, Tensor g, Tensor result, Tensor[] operands);
    }

    /** The same, from what was kept as well. */
    @FunctionalInterface public interface KeepingRule {
        Tensor gradient(int i, Tensor g, Tensor result, Tensor[] operands, Tensor[] kept);
    }

    private CustomGradient() { }

    /** The result of {@code forward} on the operands, recorded with {@code rule} if one of them is tracked. */
    public static Tensor apply(String name, Tensor[] operands, Function<Tensor[], Tensor> forward, Rule rule) {
        var result = Tracing.untold(() -> {
            var plain = new Tensor[operands.length];
            for (int i = 0; i < plain.length; i++) plain[i] = operands[i].detach();
            return GradMode.with(false, () -> forward.apply(plain)).detach();
        });
        if (Tracing.on()) Tracing.made(new Operation.Custom(name, forward, rule), result, operands.clone());
        if (!History.wanted(operands)) return result;
        var saved = new Saved[operands.length];
        for (int i = 0; i < saved.length; i++) saved[i] = Saved.of(operands[i], name);
        var out = Saved.of(result, name);
        History.record(name, result, (i, g) -> {
            if (!operands[i].isTracked()) return null;
            var values = new Tensor[saved.length];
            for (int j = 0; j < values.length; j++) values[j] = saved[j].get();
            return rule.gradient(i, g, out.get(), values);
        }, operands);
        result.history().ofUser = true;
        return result;
    }

    /** The same for a result and a gradient that are both computed from what {@code keeping} makes of the operands. */
    public static Tensor apply(String name, Tensor[] operands, Function<Tensor[], Tensor[]> keeping, BiFunction<Tensor[], Tensor[], Tensor> forward, KeepingRule rule) {
        if (Tracing.on() || !History.wanted(operands))
            return apply(name, operands, in -> forward.apply(in, keeping.apply(in)), (i, g, out, in) -> rule.gradient(i, g, out, in, keeping.apply(in)));
        var kept = new Saved[1][];
        return apply(name, operands, in -> {
            var values = keeping.apply(in);
            // What is saved is read by others than the result: the program that computes the result stores it.
            kept[0] = Arrays.stream(values).map(value -> Saved.of(value, name)).toArray(Saved[]::new);
            return forward.apply(in, values);
        }, (i, g, out, in) -> rule.gradient(i, g, out, in, GradMode.isRecording() ? keeping.apply(in) : Arrays.stream(kept[0]).map(Saved::get).toArray(Tensor[]::new)));
    }
}
