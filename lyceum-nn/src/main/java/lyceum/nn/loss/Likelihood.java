package lyceum.nn.loss;

import java.util.function.BiFunction;
import java.util.function.Function;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Primitive;
import lyceum.prob.UnivariateDistribution;
import lyceum.tensor.Tensor;

/**
 * A family of distributions whose parameters a model says: the last layer of a network that answers with a distribution.
 *
 * {@snippet :
 * var loss = Loss.nll(Likelihood.gaussian());                       // outputs (n, 2): mean and logarithm of the variance
 * new Trainer(new Adam(1e-3), 20).fit(network, loss, data, Rng.of(1));
 * Loss.nll(Likelihood.mixture(3, 2, Likelihood.gaussian()));        // outputs (n, 9): 3 logits, then mean and log variance of each
 * Loss.nll(Likelihood.of(2, p -> new Gamma(Math.exp(p[0]), Math.exp(p[1]))));    // any distribution with a density
 * }
 *
 * <p>Parameters have the shape of the targets and one axis more, the last. They may be any number: what must be positive is given by its
 * logarithm, a probability by its logit. Densities are complete, in nats, so that values of different families compare.
 *
 * @see <a href="https://doi.org/10.1109/ICNN.1994.374138">Nix and Weigend (1994)</a>
 */
@FunctionalInterface
public interface Likelihood {
    /** Natural logarithm of density or mass at {@code y}, element by element. @throws ShapeException if the shapes do not fit */
    Tensor logDensity(Tensor parameters, Tensor y);

    /** Mean and log variance. Variances below 1e-6 count as that, so that no perfect fit is worth without end. */
    static Likelihood gaussian() { return gaussian(1e-6); }

    /** {@link #gaussian()} with another least variance, in squared units of y; the gradient goes on as if it had not been limited. */
    static Likelihood gaussian(double leastVariance) {
        if (!(leastVariance >= 0)) throw new IllegalArgumentException("gaussian: leastVariance is " + leastVariance + "; it is at least 0");
        return family("gaussian", 2, (p, y) -> {
            var said = p[1].detach();
            var logVariance = leastVariance == 0 ? p[1] : p[1].add(said.maximum(Math.log(leastVariance)).sub(said));
            return y.sub(p[0]).square().mul(logVariance.neg().exp()).add(logVariance).add(Math.log(2 * Math.PI)).mul(-0.5);
        });
    }

    /** Mean and log variance of {@code log y}, for y above 0. */
    static Likelihood logNormal() {
        return family("logNormal", 2, (p, y) -> {
            var logY = y.log();
            return logY.sub(p[0]).square().mul(p[1].neg().exp()).add(p[1]).add(Math.log(2 * Math.PI)).mul(-0.5).sub(logY);
        });
    }

    /** Location and log scale. */
    static Likelihood laplace() {
        return family("laplace", 2, (p, y) -> y.sub(p[0]).abs().mul(p[1].neg().exp()).add(p[1]).add(Math.log(2)).neg());
    }

    /** Location and log scale of Student's t with given degrees of freedom, above 0: an outlier costs only its logarithm. */
    static Likelihood studentT(double degreesOfFreedom) {
        if (!(degreesOfFreedom > 0))
            throw new IllegalArgumentException("studentT: degreesOfFreedom is " + degreesOfFreedom + "; it is above 0");
        return family("studentT", 2, (p, y) -> studentT(p[0], p[1], Tensor.full(y.dtype(), degreesOfFreedom), y));
    }

    /** Location, log scale and logarithm of the degrees of freedom. */
    static Likelihood studentT() { return family("studentT", 3, (p, y) -> studentT(p[0], p[1], p[2].exp(), y)); }

    private static Tensor studentT(Tensor location, Tensor logScale, Tensor nu, Tensor y) {
        Tensor z = y.sub(location).mul(logScale.neg().exp()), half = nu.add(1).mul(0.5);
        return half.lgamma().sub(nu.mul(0.5).lgamma()).sub(nu.mul(Math.PI).log().mul(0.5)).sub(logScale)
                .sub(half.mul(z.square().div(nu).log1p()));
    }

    /** Log rate of counts. */
    static Likelihood poisson() { return family("poisson", 1, (p, y) -> y.mul(p[0]).sub(p[0].exp()).sub(y.add(1).lgamma())); }

    /** Log mean m and log size r of counts with variance {@code m + m^2 / r}. */
    static Likelihood negativeBinomial() {
        return family("negativeBinomial", 2, (p, y) -> {
            Tensor r = p[1].exp(), odds = p[0].sub(p[1]);
            return y.add(r).lgamma().sub(r.lgamma()).sub(y.add(1).lgamma()).sub(r.mul(odds.softplus())).sub(y.mul(odds.neg().softplus()));
        });
    }

    /** Logit of y = 1. */
    static Likelihood bernoulli() { return binomial(1); }

    /** Logit of a success, of which y is the number among {@code trials}. */
    static Likelihood binomial(int trials) {
        if (trials < 1) throw new IllegalArgumentException("binomial: trials is " + trials + "; it is at least 1");
        return family("binomial", 1, (p, y) -> {
            Tensor failures = y.rsub(trials), ways = y.add(1).lgamma().add(failures.add(1).lgamma()).rsub(lgamma(trials + 1));
            return ways.sub(y.mul(p[0].neg().softplus())).sub(failures.mul(p[0].softplus()));
        });
    }

    private static double lgamma(double x) { return Tensor.scalar(x).lgamma().item(); }

    /** Logit of the probability that a trial succeeds; y counts the failures before. */
    static Likelihood geometric() { return family("geometric", 1, (p, y) -> p[0].neg().softplus().add(y.mul(p[0].softplus())).neg()); }

    /** Log rate of y at least 0. */
    static Likelihood exponential() { return family("exponential", 1, (p, y) -> p[0].sub(p[0].exp().mul(y))); }

    /** Log mean and log shape k of y above 0; the variance is mean^2 / k. */
    static Likelihood gamma() {
        return family("gamma", 2, (p, y) -> {
            Tensor k = p[1].exp(), logY = y.log();
            return k.mul(p[1].sub(p[0]).add(logY)).sub(logY).sub(k.mul(y).mul(p[0].neg().exp())).sub(k.lgamma());
        });
    }

    /** Log mean m and log shape l of y above 0; the variance is m^3 / l. */
    static Likelihood inverseGaussian() {
        return family("inverseGaussian", 2, (p, y) -> {
            var off = y.mul(p[0].neg().exp()).sub(1).square().div(y).mul(p[1].exp());
            return p[1].sub(Math.log(2 * Math.PI)).sub(y.log().mul(3)).sub(off).mul(0.5);
        });
    }

    /** Logarithms of both shapes, for y between 0 and 1. */
    static Likelihood beta() {
        return family("beta", 2, (p, y) -> {
            Tensor a = p[0].exp(), b = p[1].exp();
            return a.sub(1).mul(y.log()).add(b.sub(1).mul(y.neg().log1p())).add(a.add(b).lgamma()).sub(a.lgamma()).sub(b.lgamma());
        });
    }

    /** Logits of as many classes as the last axis has; y are class numbers. */
    static Likelihood categorical() {
        return (parameters, y) -> {
            shapes("categorical", parameters, y, parameters.size(-1));
            return parameters.logSoftmax(-1).gather(-1, y.to(DType.I64).unsqueeze(-1)).squeeze(-1);
        };
    }

    /**
     * A mixture: logits of the components, then the parameters of each in turn.
     *
     * @param components at least 1
     * @param parameters of one component
     * @see <a href="https://publications.aston.ac.uk/id/eprint/373/">Bishop (1994)</a>
     */
    static Likelihood mixture(int components, int parameters, Likelihood component) {
        if (components < 1) throw new IllegalArgumentException("mixture: components is " + components + "; it is at least 1");
        return (p, y) -> {
            shapes("mixture", p, y, components * (1L + parameters));
            var logs = new Tensor[components];
            for (int k = 0; k < components; k++)
                logs[k] = component.logDensity(p.narrow(-1, components + (long) k * parameters, parameters), y);
            return p.narrow(-1, 0, components).logSoftmax(-1).add(Tensor.stack(-1, logs)).logSumExp(-1);
        };
    }

    /**
     * Any distribution over numbers. Its densities are asked for one by one, and gradients reach the parameters alone, by central
     * differences of fourth order (exact to about 1e-10 where the density is smooth): five densities a parameter and target, for families
     * that have no formula above.
     *
     * @param parameters their number
     * @param at the distribution of given parameters, which may be any numbers
     */
    static Likelihood of(int parameters, Function<double[], UnivariateDistribution> at) {
        return (p, y) -> {
            shapes("Likelihood.of", p, y, parameters);
            return Primitive.of("logDensity", in -> densities(in[0], in[1], at),
                    (i, g, out, in) -> i == 0 ? g.unsqueeze(-1).mul(slopes(in[0], in[1], at)) : null).apply(p, y.detach());
        };
    }

    private static Tensor densities(Tensor parameters, Tensor y, Function<double[], UnivariateDistribution> at) {
        double[] p = parameters.toDoubleArray(), x = y.toDoubleArray(), values = new double[x.length];
        int k = (int) parameters.size(-1);
        var one = new double[k];
        for (int i = 0; i < x.length; i++) {
            System.arraycopy(p, i * k, one, 0, k);
            values[i] = at.apply(one).logDensity(x[i]);
        }
        return Tensor.of(values, y.shape().toArray()).to(parameters.dtype());
    }

    private static Tensor slopes(Tensor parameters, Tensor y, Function<double[], UnivariateDistribution> at) {
        double[] p = parameters.toDoubleArray(), x = y.toDoubleArray(), slopes = new double[p.length];
        int k = (int) parameters.size(-1);
        var one = new double[k];
        for (int i = 0; i < p.length; i++) {
            System.arraycopy(p, i - i % k, one, 0, k);
            double h = 1e-3 * Math.max(1, Math.abs(p[i])), far = 0, near = 0;
            for (int side = -1; side <= 1; side += 2) {
                one[i % k] = p[i] + 2 * side * h;
                far += side * at.apply(one).logDensity(x[i / k]);
                one[i % k] = p[i] + side * h;
                near += side * at.apply(one).logDensity(x[i / k]);
            }
            slopes[i] = (8 * near - far) / (12 * h);
        }
        return Tensor.of(slopes, parameters.shape().toArray()).to(parameters.dtype());
    }

    /** A family by its formula over parameters that were taken apart. */
    private static Likelihood family(String name, int parameters, BiFunction<Tensor[], Tensor, Tensor> formula) {
        return (p, y) -> {
            shapes(name, p, y, parameters);
            var parts = new Tensor[parameters];
            for (int i = 0; i < parameters; i++) parts[i] = p.select(-1, i);
            return formula.apply(parts, y.to(p.dtype()));
        };
    }

    private static void shapes(String name, Tensor parameters, Tensor y, long count) {
        boolean fit = parameters.rank() == y.rank() + 1 && parameters.size(-1) == count;
        for (int i = 0; fit && i < y.rank(); i++) fit = parameters.size(i) == y.size(i);
        if (!fit) throw new ShapeException(name + ": parameters " + parameters.shape() + " for targets " + y.shape()
                + "; parameters have the shape of the targets and a last axis of " + count);
    }
}
