package lyceum.models.generative.diffusion;

import java.util.Arrays;
import java.util.Objects;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Puts the empty condition in the place of some conditions while learning, so that one network learns both predictions of
 * {@link ClassifierFreeGuidance}.
 *
 * {@snippet :
 * var dropout = ConditionDropout.ofClass(0.1, 10);          // class number 10 of 0 to 9 means "none"
 * }
 *
 * @param probability of each row, in [0, 1]
 * @param none the empty condition, of the shape and type of one row of conditions
 */
public record ConditionDropout(double probability, Tensor none) {
    public ConditionDropout {
        if (!(probability >= 0 && probability <= 1))
            throw new IllegalArgumentException("ConditionDropout: probability is " + probability + "; it lies in [0, 1]");
        Objects.requireNonNull(none, "none");
    }

    /** For class numbers, with a number of its own for "none". */
    public static ConditionDropout ofClass(double probability, long none) {
        return new ConditionDropout(probability, Tensor.of(new long[] {none}).reshape());
    }

    /** The conditions (n, ..) with some of them empty. */
    public Tensor apply(Tensor condition, Rng rng) {
        var shape = new long[condition.rank()];
        Arrays.fill(shape, 1);
        shape[0] = condition.size(0);
        var hidden = Tensor.rand(rng, condition.size(0)).lt(probability).reshape(shape);
        return Tensor.where(hidden, none.to(condition.dtype()), condition);
    }
}
