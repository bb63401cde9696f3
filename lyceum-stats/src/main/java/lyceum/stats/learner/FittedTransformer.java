package lyceum.stats.learner;

import lyceum.tensor.Tensor;

/** A fitted {@link Transformer}. */
public interface FittedTransformer extends Model {
    /** Columns of what {@link #transform} returns. */
    int nOutputs();

    /** The rows of {@code x} (n x p), transformed: (n x {@link #nOutputs()}), in the type of {@code x}. */
    Tensor transform(Tensor x);

    /** True if {@link #inverse} works. */
    default boolean isInvertible() { return false; }

    /**
     * Back from transformed rows to rows: exact for scalings, the closest reconstruction for projections.
     *
     * @throws UnsupportedOperationException unless {@link #isInvertible()}
     */
    default Tensor inverse(Tensor transformed) {
        throw new UnsupportedOperationException(LearnerInput.nameOf(this) + ".inverse: this transformation has no inverse");
    }
}
