package lyceum.learn.linear;

/** How far a class covariance S is pulled towards a multiple of the identity, {@code (1 - a) S + a tr(S) / d I}. */
public sealed interface CovarianceShrinkage {
    /** Not at all. */
    record None() implements CovarianceShrinkage {}

    /** By this share a, in [0, 1]. */
    record Fixed(double share) implements CovarianceShrinkage {
        public Fixed {
            if (!(share >= 0 && share <= 1)) throw new IllegalArgumentException("shrinkage is " + share + "; it lies between 0 and 1");
        }
    }

    /**
     * By the share of least expected error, estimated from each class with its columns scaled to variance 1.
     *
     * @see <a href="https://doi.org/10.1016/S0047-259X(03)00096-4">Ledoit and Wolf (2004), A well-conditioned estimator for large-dimensional
     *      covariance matrices</a>
     */
    record LedoitWolf() implements CovarianceShrinkage {}
}
