package lyceum.nn;

import lyceum.tensor.Tensor;

/** E functions of tokens that {@link MixtureOfExperts} chooses from: {@link StackedExperts}, or any modules as {@link ExpertList}. */
public interface Experts {
    /** E. */
    int count();

    /**
     * Each expert on its own rows.
     *
     * @param x (N, width), grouped by expert
     * @param counts (E) rows of each; they sum to N
     * @return (N, width)
     */
    Tensor forward(Tensor x, int[] counts, Pass pass);
}
