package lyceum.learn.active;

import lyceum.DTypeException;
import lyceum.tensor.Tensor;

/** Who knows labels, at a price: a person, a laboratory, or in experiments the truth. */
@FunctionalInterface
public interface Oracle {
    /** The labels of these rows of the pool, in their order. */
    long[] labels(int... rows);

    /** Answers from known labels. @param labels (n) integers, one a row of the pool */
    static Oracle of(Tensor labels) {
        if (labels.dtype().isFloat()) throw new DTypeException("Oracle: labels are " + labels.dtype() + "; they are integers");
        long[] truth = labels.toLongArray();
        return rows -> {
            var out = new long[rows.length];
            for (int i = 0; i < rows.length; i++) out[i] = truth[rows[i]];
            return out;
        };
    }
}
