package lyceum.info;

import java.util.ArrayList;
import java.util.List;
import lyceum.prob.Quadrature;
import lyceum.prob.UnivariateDistribution;

/**
 * The member of a family that is nearest to a distribution in KL divergence.
 *
 * <p>Forward, {@code min KL(p || q)}, pays wherever p has mass and q has none: q covers all of p and takes its mean (moment matching, maximum
 * likelihood). Reverse, {@code min KL(q || p)}, pays wherever q has mass and p has none: q settles inside one mode (variational inference).
 *
 * @param distribution the member found
 * @param divergence its divergence in nats, in the direction asked for
 * @param path members met on the way, from the start to the result
 */
public record Projection<Q extends UnivariateDistribution>(Q distribution, double divergence, List<Q> path) {
    public Projection { path = List.copyOf(path); }

    /** {@code argmin KL(p || q)} over the family. */
    public static <Q extends UnivariateDistribution> Projection<Q> forward(UnivariateDistribution p, Family<Q> family) {
        Q q = family.match().apply(p);
        return new Projection<>(q, Divergences.kl(p, q), List.of(q));
    }

    /**
     * {@code argmin KL(q || p)} over the family: the best of the searches from the family's starts. There is one local minimum a
     * mode, so that {@link #reverseFrom} with another start may end elsewhere.
     */
    public static <Q extends UnivariateDistribution> Projection<Q> reverse(UnivariateDistribution p, Family<Q> family) {
        Projection<Q> best = null;
        for (var start : family.starts().apply(p)) {
            var found = reverseFrom(p, family, start);
            if (best == null || found.divergence < best.divergence) best = found;
        }
        return best;
    }

    /** The local minimum of {@code KL(q || p)} that a search (Nelder and Mead 1965) from {@code start} finds. */
    public static <Q extends UnivariateDistribution> Projection<Q> reverseFrom(UnivariateDistribution p, Family<Q> family, Q start) {
        var path = new ArrayList<Q>();
        path.add(start);
        double[] best = NelderMead.minimise(c -> {
            try {
                return divergence(family.at().apply(c), p);
            } catch (IllegalArgumentException e) { // parameters that over- or underflow
                return Double.POSITIVE_INFINITY;
            }
        }, family.coordinates().apply(start), c -> path.add(family.at().apply(c)));
        Q q = family.at().apply(best);
        path.add(q);
        return new Projection<>(q, divergence(q, p), path);
    }

    /** Not clamped at 0, which would make a plateau for the search. */
    private static double divergence(UnivariateDistribution q, UnivariateDistribution p) {
        if (p.isDiscrete() != q.isDiscrete() || q.low() < p.low() || q.high() > p.high()) return Double.POSITIVE_INFINITY;
        return Quadrature.expectation(q, x -> q.logDensity(x) - p.logDensity(x), 1e-12);
    }
}
