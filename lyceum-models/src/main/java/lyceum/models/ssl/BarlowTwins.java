package lyceum.models.ssl;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Redundancy reduction: the correlation C of both views' coordinates over the batch shall be the identity,
 * {@code sum_i (1 - C_ii)^2 + lambda sum_(i != j) C_ij^2}. A coordinate that does not vary has no correlation with any. From n rows, C has rank n - 1 at most:
 * the off-diagonal sum is at least {@code d^2 / (n - 1) - d} for identical views.
 *
 * @param lambda weight of the redundancy, at least 0
 * @see <a href="https://arxiv.org/abs/2103.03230">Zbontar, Jing, Misra, LeCun and Deny (2021)</a>
 */
public record BarlowTwins(double lambda) implements ViewObjective {
    public BarlowTwins {
        if (!(lambda >= 0)) throw new IllegalArgumentException("BarlowTwins: lambda is " + lambda + "; it is at least 0");
    }

    /** The published code's 0.0051. */
    public BarlowTwins() { this(0.0051); }

    /** Of projections (n, d) of both views. */
    public Tensor of(Tensor first, Tensor second) {
        requirePairs("BarlowTwins", first, second, 2);
        var c = standard(first).transpose().matmul(standard(second)).div((double) first.size(0));
        var diagonal = c.diagonal();
        return diagonal.rsub(1).square().sum().add(c.square().sum().sub(diagonal.square().sum()).mul(lambda));
    }

    /** Of mean 0 and (biased) variance 1 over the batch. */
    private static Tensor standard(Tensor z) {
        var centred = z.sub(z.mean(0, true));
        var variance = centred.square().mean(0, true);
        return centred.mul(variance.eq(0).where(variance.onesLike(), variance).rsqrt());
    }

    static void requirePairs(String operation, Tensor first, Tensor second, int least) {
        if (first.rank() != 2 || !first.shape().equals(second.shape()) || first.size(0) < least) throw new ShapeException(
                operation + ": " + first.shape() + " and " + second.shape() + "; both are (n, d), n at least " + least);
    }

    @Override public Tensor loss(Outputs seen) { return of(seen.first(), seen.second()); }
}
