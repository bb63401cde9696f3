package lyceum.info;

import lyceum.ShapeException;
import lyceum.prob.Distribution;
import lyceum.prob.Quadrature;
import lyceum.prob.UnivariateDistribution;
import lyceum.tensor.Tensor;

/**
 * What a code made for q costs on draws of p: {@code H(p, q) = -sum p log q = H(p) + KL(p || q)}. The first part belongs to the data, the second
 * to the model.
 *
 * {@snippet :
 * double[] sky = {0.5, 0.25, 0.25}, snowy = {0.25, 0.25, 0.5};
 * CrossEntropies.of(sky, snowy, 2);                        // 1.75 bits
 * CrossEntropies.split(sky, snowy, 2);                     // 1.5 irreducible, 0.25 mismatch
 * CrossEntropies.perplexity(sky, snowy);                   // 2^1.75 = 3.36 equally likely words
 * CrossEntropies.of(new Normal(0, 1), new Normal(1, 2));   // of densities, in nats
 * }
 *
 * <p>Vectors are weights or counts, divided by their sum. Infinite where p has mass that q excludes. A second number is the base of the
 * logarithm.
 *
 * @see <a href="https://doi.org/10.1002/047174882X">Cover and Thomas (2006), Elements of Information Theory, sections 2.3 and 5.4</a>
 */
public final class CrossEntropies {
    private CrossEntropies() {}

    /** In nats. @throws ShapeException if the lengths differ */
    public static double of(double[] p, double[] q) {
        if (p.length != q.length) throw new ShapeException("CrossEntropy: vectors of " + p.length + " and " + q.length + " weights");
        double sumP = Entropy.Weights.sum("CrossEntropy", p), sumQ = Entropy.Weights.sum("CrossEntropy", q), cross = 0;
        for (int i = 0; i < p.length; i++) if (p[i] > 0) cross -= p[i] / sumP * Math.log(q[i] / sumQ);
        return Math.max(0, cross);
    }

    /** In units of the base. */
    public static double of(double[] p, double[] q, double base) { return of(p, q) / Entropy.logOf(base); }

    /**
     * Of distributions in nats, {@code -E_p log q}: by the formulas of entropy and divergence where both stand, else by summation or quadrature.
     * Densities may give a negative one.
     */
    public static double of(Distribution p, Distribution q) {
        var kl = ClosedForms.STANDARD.kl(p, q);
        return kl.isPresent() || !(p instanceof UnivariateDistribution a && q instanceof UnivariateDistribution b)
                ? p.entropy() + Divergences.kl(p, q) : byIntegration(a, b);
    }

    /** In units of the base. */
    public static double of(Distribution p, Distribution q, double base) { return of(p, q) / Entropy.logOf(base); }

    /** By summation or adaptive quadrature, in nats. */
    public static double byIntegration(UnivariateDistribution p, UnivariateDistribution q) {
        if (p.isDiscrete() != q.isDiscrete() || p.low() < q.low() || p.high() > q.high()) return Double.POSITIVE_INFINITY;
        return Quadrature.expectation(p, x -> -q.logDensity(x), 1e-13);
    }

    /** {@code e^H(p, q)}: among how many equally likely outcomes a model is as lost as q is on p. The same in every base. */
    public static double perplexity(double[] p, double[] q) { return Math.exp(of(p, q)); }

    /** The same of distributions; of densities it is a length in the unit of x. */
    public static double perplexity(Distribution p, Distribution q) { return Math.exp(of(p, q)); }

    /**
     * A cross-entropy in its two parts.
     *
     * @param entropy {@code H(p)}: no model can save it
     * @param divergence {@code KL(p || q)}: what the model wastes
     */
    public record Split(double entropy, double divergence) {
        /** {@code H(p, q)}. */
        public double total() { return entropy + divergence; }
    }

    /** In units of the base. */
    public static Split split(double[] p, double[] q, double base) {
        return new Split(Entropy.of(p, base), Divergences.kl(p, q) / Entropy.logOf(base));
    }

    /** In units of the base. */
    public static Split split(Distribution p, Distribution q, double base) {
        return new Split(Entropy.of(p, base), Divergences.kl(p, q, base));
    }

    /**
     * {@code log sum exp z - sum p z} along an axis, in nats: the cross-entropy of weights p and the softmax of logits, whose gradient in the logits
     * is {@code softmax(z) - p}. The axis is dropped.
     *
     * @param p weights at least 0, of the logits' shape; divided by their sum along the axis
     * @param logits any numbers
     */
    public static Tensor ofLogits(Tensor p, Tensor logits, int axis) {
        int[] axes = {axis};
        var target = p.to(logits.dtype());
        target = target.div(target.sum(axes, true));
        return target.mul(logits.logSoftmax(axis)).sum(axis).neg();
    }
}
