package lyceum.tensor;

import java.util.function.Function;
import lyceum.tensor.History.Saved;

/** The door through which {@code lyceum.autograd.Primitive} records an operation with a gradient of its own. */
public final class CustomGradient {
    /** Gradient of operand {@code i} from the result's; null for zero. */
    @FunctionalInterface public interface Rule {
        Tensor gradient(int i, Tensor g, Tensor result, Tensor[] operands);
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
}
