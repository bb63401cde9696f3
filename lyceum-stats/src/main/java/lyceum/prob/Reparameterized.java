package lyceum.prob;

import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Distributions whose draws are differentiable functions of their parameters and of noise that has none: the gradient of an expectation becomes the
 * expectation of a gradient. Location-scale families move and stretch the noise; gamma, beta, Dirichlet and Student's t are differentiated
 * implicitly, {@code dx/dtheta = -(dF/dtheta) / p(x)} at a fixed cdf F.
 *
 * {@snippet :
 * var q = Reparameterized.normal(mean, logVariance.mul(0.5).exp());
 * Tensor z = q.rsample(rng);                                 // gradients flow into mean and logVariance
 * var draws = q.rsample(rng, 100);                           // (100, shape of mean...)
 * GradientEstimator.PATHWISE.expectation(q, x -> x.square().sum(1), 1_000, rng).backward();
 * }
 *
 * <p>Parameters broadcast against each other and give results of their type. Draws of implicit families are differentiable once.
 *
 * @see <a href="https://arxiv.org/abs/1312.6114">Kingma and Welling (2014), Auto-Encoding Variational Bayes</a>
 * @see <a href="https://arxiv.org/abs/1805.08498">Figurnov, Mohamed and Mnih (2018), Implicit Reparameterization Gradients</a>
 */
public interface Reparameterized extends TensorDistribution {

    /** Draws {@code (count..., shape...)} through which gradients flow. */
    Tensor rsample(Rng rng, long... count);

    /**
     * The draws that given noise becomes: of the standard law of a location-scale family, standard normals for a normal vector, Gumbel noise for
     * {@link GumbelSoftmax}.
     *
     * @param noise {@code (..., shape...)}
     * @throws UnsupportedOperationException if the family is differentiated implicitly and has no such noise
     */
    default Tensor rsample(Tensor noise) {
        throw new UnsupportedOperationException(
                "rsample: " + getClass().getSimpleName() + " is differentiated implicitly; it takes an Rng, not noise");
    }

    @Override default Tensor sample(Rng rng, long... count) { return Autograd.noGrad(() -> rsample(rng, count)); }

    static Reparameterized normal(Tensor mean, Tensor standardDeviation) {
        return new LocationScale(StandardLaw.NORMAL, mean, standardDeviation, false);
    }

    /** {@code exp} of a normal draw. @param mu of the logarithm @param sigma of the logarithm */
    static Reparameterized logNormal(Tensor mu, Tensor sigma) { return new LocationScale(StandardLaw.NORMAL, mu, sigma, true); }

    static Reparameterized laplace(Tensor location, Tensor scale) { return new LocationScale(StandardLaw.LAPLACE, location, scale, false); }

    static Reparameterized logistic(Tensor location, Tensor scale) {
        return new LocationScale(StandardLaw.LOGISTIC, location, scale, false);
    }

    /** Of maxima. */
    static Reparameterized gumbel(Tensor location, Tensor scale) { return new LocationScale(StandardLaw.GUMBEL, location, scale, false); }

    static Reparameterized cauchy(Tensor location, Tensor scale) { return new LocationScale(StandardLaw.CAUCHY, location, scale, false); }

    static Reparameterized uniform(Tensor low, Tensor high) { return new LocationScale(StandardLaw.UNIFORM, low, high.sub(low), false); }

    static Reparameterized exponential(Tensor rate) {
        return new LocationScale(StandardLaw.EXPONENTIAL, rate.zerosLike(), rate.reciprocal(), false);
    }

    /** {@code log X} is the logarithm of an exponential wait, over the shape, moved by the log scale. */
    static Reparameterized weibull(Tensor shape, Tensor scale) {
        return new LocationScale(StandardLaw.LOG_EXPONENTIAL, scale.log(), shape.reciprocal(), true);
    }

    /** {@code log X} is exponential from the log minimum on. */
    static Reparameterized pareto(Tensor exponent, Tensor minimum) {
        return new LocationScale(StandardLaw.EXPONENTIAL, minimum.log(), exponent.reciprocal(), true);
    }

    static Reparameterized gamma(Tensor shape, Tensor rate) { return new ImplicitDraws.OfGamma(shape, rate); }

    static Reparameterized beta(Tensor alpha, Tensor beta) { return new ImplicitDraws.OfBeta(alpha, beta); }

    /** @param alpha (..., k) */
    static Reparameterized dirichlet(Tensor alpha) { return new ImplicitDraws.OfDirichlet(alpha); }

    static Reparameterized studentT(Tensor degreesOfFreedom, Tensor location, Tensor scale) {
        return new ImplicitDraws.OfStudentT(degreesOfFreedom, location, scale);
    }

    /** Draws {@code mean + L z}. @param mean (d) @param lower L, (d, d), the Cholesky factor of the covariance; only its lower triangle is read */
    static Reparameterized multivariateNormal(Tensor mean, Tensor lower) { return new NormalVector(mean, lower); }
}
