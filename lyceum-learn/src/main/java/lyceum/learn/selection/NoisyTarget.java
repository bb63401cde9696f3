package lyceum.learn.selection;

import java.util.function.Function;
import java.util.function.UnaryOperator;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A world from which training sets of a regression are drawn: {@code y = f(x) + noise * N(0, 1)}.
 *
 * @param inputs draws the inputs of one training set, (n x p)
 * @param target f: rows (n x p) to values (n)
 * @param noise standard deviation, at least 0
 */
public record NoisyTarget(Function<Rng, Tensor> inputs, UnaryOperator<Tensor> target, double noise) {
    public NoisyTarget {
        if (!(noise >= 0 && noise < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("NoisyTarget: noise is " + noise + "; it is finite and at least 0");
    }

    /** Every training set has the same inputs; only the noise is drawn anew. */
    public static NoisyTarget fixed(Tensor x, UnaryOperator<Tensor> target, double noise) {
        return new NoisyTarget(rng -> x, target, noise);
    }
}
