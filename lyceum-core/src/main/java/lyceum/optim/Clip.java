package lyceum.optim;

import java.util.function.UnaryOperator;
import lyceum.tensor.Tensor;

/**
 * Limits gradients before a step. Gradients that are null (a parameter without one) stay so.
 *
 * <p>A NaN stays NaN, so that a broken loss is seen and not hidden.
 */
public sealed interface Clip {

    /** What limits each of these gradients, element by element; those that are null do not count. */
    UnaryOperator<Tensor> of(Tensor... gradients);

    /** The limited gradients; the given ones do not change. */
    default Tensor[] apply(Tensor[] gradients) {
        var limit = of(gradients);
        var clipped = new Tensor[gradients.length];
        for (int i = 0; i < clipped.length; i++) clipped[i] = gradients[i] == null ? null : limit.apply(gradients[i]);
        return clipped;
    }

    /** All gradients together as one vector of length at most {@code most}: scaled down by one factor, direction kept. */
    static Clip norm(double most) { return new ByNorm(most); }

    /** Each entry within {@code -most .. most}. */
    static Clip value(double most) { return new ByValue(most); }

    /** Euclidean length of all gradients together, summed in F64. */
    static double normOf(Tensor... gradients) {
        double sum = 0;
        for (var g : gradients) if (g != null) sum += g.to(lyceum.DType.F64).square().sum().item();
        return Math.sqrt(sum);
    }

    /** See {@link #norm(double)}. */
    record ByNorm(double most) implements Clip {
        public ByNorm { Settings.above("Clip", "the largest norm", most, 0); }

        @Override public UnaryOperator<Tensor> of(Tensor... gradients) {
            double norm = normOf(gradients);
            return norm <= most ? g -> g : g -> g.mul(most / norm);
        }
    }

    /** See {@link #value(double)}. */
    record ByValue(double most) implements Clip {
        public ByValue { Settings.above("Clip", "the largest value", most, 0); }

        @Override public UnaryOperator<Tensor> of(Tensor... gradients) { return g -> g.clamp(-most, most); }
    }
}
