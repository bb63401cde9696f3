package lyceum.stats.learner;

import lyceum.tensor.Tensor;

/** Learns a map from rows to rows: scaling, projection, imputation. Implementations narrow the returned type to their own model. */
public interface Transformer extends Learner {
    /** {@link #fit(Tensor, Tensor, Tensor)} without targets and with equal weights. */
    default FittedTransformer fit(Tensor x) { return fit(x, null, null); }

    /**
     * @param x (n x p), F64 or F32, finite unless the transformer {@linkplain Tag#ALLOWS_NAN says otherwise}
     * @param y targets or labels for a {@linkplain Tag#SUPERVISED supervised} transformer; others ignore it, and it may be {@code null}
     * @param weights (n), non-negative and not all zero; {@code null} for equal ones
     * @throws IllegalArgumentException if shapes, types or values do not fit; the message names them
     */
    FittedTransformer fit(Tensor x, Tensor y, Tensor weights);

    /** {@code fit(x).transform(x)}. */
    default Tensor fitTransform(Tensor x) { return fit(x).transform(x); }
}
