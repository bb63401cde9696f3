package lyceum.learn.decomposition;

/** How many components {@link Pca} keeps. */
public sealed interface ComponentCount {
    /** As many as there are, {@code min(rows, columns)}. */
    record All() implements ComponentCount {}

    /** This many. */
    record Fixed(int k) implements ComponentCount {
        public Fixed {
            if (k < 1) throw new IllegalArgumentException("components is " + k + "; at least 1 is kept");
        }
    }

    /** The fewest that explain more than this share of the variance, between 0 and 1. */
    record VarianceShare(double share) implements ComponentCount {
        public VarianceShare {
            if (!(share > 0 && share < 1))
                throw new IllegalArgumentException("share of variance is " + share + "; it lies between 0 and 1");
        }
    }

    /**
     * The number that the data make most probable, by Laplace's approximation of the evidence of probabilistic PCA; needs as many rows as columns.
     *
     * @see <a href="https://tminka.github.io/papers/pca/minka-pca.pdf">Minka (2000), Automatic choice of dimensionality for PCA</a>
     */
    record Evidence() implements ComponentCount {}

    /**
     * Parallel analysis: components are kept as long as their variance exceeds this quantile of what the same place has when every column is
     * shuffled by itself. Shuffled columns keep the variance that strong components give them, so that weak ones in their shadow are missed.
     *
     * @param shuffles 50 by default
     * @param quantile 0.95 by default
     * @see <a href="https://doi.org/10.1007/BF02289447">Horn (1965), A rationale and test for the number of factors</a>
     */
    record ParallelAnalysis(int shuffles, double quantile) implements ComponentCount {
        public ParallelAnalysis {
            if (shuffles < 1) throw new IllegalArgumentException("shuffles is " + shuffles + "; at least 1 is needed");
            if (!(quantile > 0 && quantile <= 1))
                throw new IllegalArgumentException("quantile is " + quantile + "; it lies between 0 and 1");
        }

        public ParallelAnalysis() { this(50, 0.95); }
    }
}
