package lyceum.info;

import lyceum.ShapeException;
import lyceum.math.Incomplete;
import lyceum.prob.Distribution;
import lyceum.prob.MultivariateDistribution;
import lyceum.prob.Quadrature;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.stats.Descriptive;
import lyceum.tensor.Tensor;

/**
 * The Kullback-Leibler divergence {@code KL(p || q) = E_p[log p - log q]}: the nats lost a symbol by coding p with a code made for q
 * (Kullback and Leibler 1951). At least 0, and 0 only if both are the same; not symmetric; infinite where p has mass that q excludes.
 *
 * {@snippet :
 * Divergences.kl(new Normal(0, 1), new Normal(1, 2));           // by formula
 * Divergences.kl(Mixture.of(a, b), new Normal(0, 3));           // by quadrature
 * Divergences.klBySampling(p, q, 10_000, Rng.of(1)).k3();       // by Monte Carlo, also in many dimensions
 * Projection.forward(mixture, Family.NORMAL);                   // the normal that covers it
 * Projection.reverse(mixture, Family.NORMAL);                   // the normal that sits in one of its modes
 * }
 */
public final class Divergences {
    private Divergences() {}

    /** In nats, by formula where there is one, else by summation or quadrature. @throws IllegalArgumentException if p is multivariate and there is none */
    public static double kl(Distribution p, Distribution q) { return kl(p, q, ClosedForms.STANDARD); }

    /** With formulas of your own. */
    public static double kl(Distribution p, Distribution q, ClosedForms forms) {
        var closed = forms.kl(p, q);
        if (closed.isPresent()) return closed.getAsDouble();
        if (p instanceof UnivariateDistribution a && q instanceof UnivariateDistribution b) return klByIntegration(a, b);
        throw new IllegalArgumentException(
                "kl: no formula for " + p.getClass().getSimpleName() + " and " + q.getClass().getSimpleName() + "; use klBySampling");
    }

    /** In units of the given base: 2 for bits. */
    public static double kl(Distribution p, Distribution q, double base) { return kl(p, q) / Entropy.logOf(base); }

    /** Of two vectors of weights, each divided by its sum, in nats. @throws ShapeException if their lengths differ */
    public static double kl(double[] p, double[] q) {
        if (p.length != q.length) throw new ShapeException("kl: vectors of " + p.length + " and " + q.length + " weights");
        double sumP = Entropy.Weights.sum("kl", p), sumQ = Entropy.Weights.sum("kl", q), kl = 0;
        for (int i = 0; i < p.length; i++) kl += Incomplete.klTerm(p[i] / sumP, q[i] / sumQ);
        return kl;
    }

    /** Along an axis of two tensors of weights, in nats; differentiable where both are positive. The axis is dropped. */
    public static Tensor kl(Tensor p, Tensor q, int axis) {
        int[] axes = {axis};
        var a = p.to(p.dtype().toFloat());
        var b = q.to(q.dtype().toFloat());
        a = a.div(a.sum(axes, true));
        b = b.div(b.sum(axes, true));
        var none = a.eq(0);
        var ratio = Tensor.where(none, a.onesLike(), a).log().sub(Tensor.where(none, b.onesLike(), b).log());
        return a.mul(ratio).sum(axis);
    }

    /** By summation or adaptive quadrature, in nats: for pairs without a formula, and as a check of those with one. */
    public static double klByIntegration(UnivariateDistribution p, UnivariateDistribution q) {
        if (p.equals(q)) return 0;
        if (p.isDiscrete() != q.isDiscrete() || p.low() < q.low() || p.high() > q.high()) return Double.POSITIVE_INFINITY;
        double kl = Quadrature.expectation(p, x -> p.logDensity(x) - q.logDensity(x), 1e-13);
        return Math.max(0, kl);
    }

    /**
     * Three Monte Carlo estimates from draws of p, with r = q / p (Schulman, Approximating KL Divergence, 2020).
     *
     * @param k1 mean of {@code -log r}: unbiased, but single terms may be negative
     * @param k2 mean of {@code (log r)^2 / 2}: biased, low variance where p and q are close
     * @param k3 mean of {@code r - 1 - log r}: unbiased (where q is absolutely continuous to p), and no term is negative
     * @param k1Error standard errors of the means
     * @param least the smallest term of k3
     */
    public record Sampled(double k1, double k2, double k3, double k1Error, double k2Error, double k3Error, double least, int draws) {}

    /** Estimates {@code KL(p || q)} in nats from {@code draws} draws of p. @throws IllegalArgumentException if draws is below 2 */
    public static Sampled klBySampling(Distribution p, Distribution q, int draws, Rng rng) {
        if (draws < 2)
            throw new IllegalArgumentException("klBySampling: draws is " + draws + "; at least 2 are needed for a standard error");
        if (p instanceof MultivariateDistribution a && q instanceof MultivariateDistribution b && a.dimensions() != b.dimensions()) {
            throw new ShapeException("klBySampling: dimensions " + a.dimensions() + " and " + b.dimensions() + " differ");
        }
        var x = p.sample(rng, draws);
        double[] logP = p.logDensity(x).toDoubleArray(), logQ = q.logDensity(x).toDoubleArray();
        double[] k1 = new double[draws], k2 = new double[draws], k3 = new double[draws];
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < draws; i++) {
            double log = logQ[i] - logP[i];
            k1[i] = -log;
            k2[i] = log * log / 2;
            // exp(log) - 1 - log loses its digits near 0, where klTerm(1, r) = r - 1 - log r does not
            k3[i] = log == Double.NEGATIVE_INFINITY ? Double.POSITIVE_INFINITY
                    : Math.abs(log) < 0.1 ? Incomplete.klTerm(1, Math.exp(log)) : Math.expm1(log) - log;
            least = Math.min(least, k3[i]);
        }
        double[] a = meanAndError(k1), b = meanAndError(k2), c = meanAndError(k3);
        return new Sampled(a[0], b[0], c[0], a[1], b[1], c[1], least, draws);
    }

    private static double[] meanAndError(double[] values) {
        double mean = Descriptive.mean(values);
        return new double[] {mean, Math.sqrt(Descriptive.variance(values) / values.length)};
    }
}
