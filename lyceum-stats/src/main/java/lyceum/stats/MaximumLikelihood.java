package lyceum.stats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.linalg.Eigen;
import lyceum.optim.Lbfgs;
import lyceum.optim.Minimum;
import lyceum.optim.Newton;
import lyceum.optim.Objective;
import lyceum.optim.SecondOrderObjective;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Maximum likelihood: {@code argmax_theta sum_i log p(x_i; theta)}, with standard errors from the observed information.
 *
 * {@snippet :
 * var fit = new MaximumLikelihood().fit(ParametricFamily.GAMMA, data);
 * fit.estimate();
 * fit.wald(0, 0.95);
 * fit.profile(0, 0.95);                                                   // does not depend on how the parameter is written
 * new MaximumLikelihood().fit(LogLikelihood.of(n, 3, w -> terms(w)), new double[3]);
 * var lifetimes = ParametricFamily.EXPONENTIAL.logLikelihood(2, 5, 7).and(ParametricFamily.EXPONENTIAL.censoredAbove(10, 10));
 * }
 *
 * <p>Closed forms are used where a family has one. A maximum on the edge, at infinity, or along a flat direction is told by {@link
 * LikelihoodFit#warnings}.
 *
 * @param method Newton's (few parameters) or L-BFGS (many)
 * @param gradientTolerance converged when the largest entry of the gradient, per observation, is at most this
 * @param maxIterations steps before it gives up
 * @see <a href="https://doi.org/10.1098/rsta.1922.0009">Fisher (1922)</a>
 */
@Withers
public record MaximumLikelihood(Method method, double gradientTolerance, int maxIterations) implements MaximumLikelihoodWithers {

    /** How the top is searched. */
    public enum Method {
        /** Damped, on exact Hessians. */
        NEWTON,
        /** On gradients alone. */
        LBFGS
    }

    public MaximumLikelihood {
        Objects.requireNonNull(method, "method");
        if (!(gradientTolerance >= 0))
            throw new IllegalArgumentException("MaximumLikelihood: gradientTolerance is " + gradientTolerance + "; it is at least 0");
        if (maxIterations < 0)
            throw new IllegalArgumentException("MaximumLikelihood: maxIterations is " + maxIterations + "; it is at least 0");
    }

    /** Newton's method, 200 iterations, gradient to 1e-10 per observation. */
    public MaximumLikelihood() { this(Method.NEWTON, 1e-10, 200); }

    /** The estimates alone: a closed form where the family has one, else as {@link #fit(ParametricFamily, double...)}. */
    public double[] estimate(ParametricFamily family, double... data) {
        requirePossible(family, data);
        return family.start() != null && family.start().closed() ? family.start().estimates().apply(data) : fit(family, data).estimate();
    }

    private static void requirePossible(ParametricFamily family, double[] data) {
        if (data.length == 0) throw new IllegalArgumentException("MaximumLikelihood: there are no data");
        for (int i = 0; i < data.length; i++) {
            if (!Double.isFinite(data[i]) || !family.support().test(data[i]))
                throw new IllegalArgumentException("MaximumLikelihood: value " + i + " is " + data[i] + ", impossible in the "
                        + family.name() + " family; remove it, or give it weight 0 in a LogLikelihood");
        }
    }

    /**
     * Of a family to independent data.
     *
     * @throws IllegalArgumentException if a value is impossible in the family, or the search would begin on the edge of a parameter's support,
     *         as where all values are alike: {@link #estimate} gives closed forms there
     */
    public LikelihoodFit fit(ParametricFamily family, double... data) {
        requirePossible(family, data);
        var start = new double[family.parameters().size()];
        for (int j = 0; j < start.length; j++)
            start[j] = family.transforms().get(j).from(family.transforms().get(j) == Transform.RECIPROCAL ? 1 : 0);
        if (family.start() != null) start = family.start().estimates().apply(data);
        for (int j = 0; j < start.length; j++) {
            try {
                family.transforms().get(j).to(start[j]);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("MaximumLikelihood: the " + family.parameters().get(j) + " of the " + family.name()
                        + " family would be " + start[j] + ", on the edge of what it may be; the data are too few, or all alike", e);
            }
        }
        var l = family.logLikelihood(data);
        double[] terms = l.terms(start);
        for (int i = 0; i < terms.length; i++) {
            if (!Double.isFinite(terms[i])) throw new IllegalArgumentException("MaximumLikelihood: value " + i + " is " + data[i]
                    + ", where the " + family.name() + " log-density is " + terms[i] + " at the start " + Arrays.toString(start));
        }
        return fit(l, family.transforms(), start);
    }

    /** Of any log-likelihood, in its own parameters. @param start where to begin, not changed */
    public LikelihoodFit fit(LogLikelihood l, double[] start) {
        var identities = new Transform[start.length];
        Arrays.fill(identities, Transform.IDENTITY);
        return fit(l, List.of(identities), start);
    }

    /** The same, walking in transformed coordinates so that no step leaves the support. Results are in the likelihood's own parameters. */
    public LikelihoodFit fit(LogLikelihood l, List<Transform> transforms, double[] start) {
        var g = transforms.toArray(Transform[]::new);
        var eta = new double[start.length];
        for (int j = 0; j < eta.length; j++) eta[j] = g[j].to(start[j]);
        double total = Math.max(1, Descriptive.sum(l.weights()));
        var found = maximise(l, g, eta, gradientTolerance * total);
        var theta = from(g, found.x());
        var warnings = new ArrayList<String>();
        if (!found.converged() && found.gradientNorm() > 1e-6 * total) warnings.add("the search " + found);
        var information = FisherInformation.observed(l, theta);
        double[][] covariance = null;
        try {
            var values = Eigen.symmetric(Tensor.of(scaled(information.matrix()))).values().toDoubleArray();
            if (!(values[0] > 1e-12 * values[values.length - 1]))
                warnings.add("the information is singular or not positive (eigenvalues from " + values[0] + " to "
                        + values[values.length - 1]
                        + " after scaling): parameters are not identified, or the maximum lies on an edge or at infinity; there are no standard errors");
            else {
                covariance = information.inverse();
                if (isFarFromTheTop(l, theta, covariance)) warnings.add(
                        "Newton's step from the end of the search is long though the gradient is nearly 0: the maximum lies at infinity, as with separated classes");
            }
        } catch (IllegalArgumentException e) {
            warnings.add("the information could not be inverted: " + e.getMessage());
        }
        return new LikelihoodFit(theta, -found.value(), covariance, l, List.of(g), found.iterations(), List.copyOf(warnings), this);
    }

    /** Whether Newton's step from here is long. */
    static boolean isFarFromTheTop(Objective l, double[] theta, double[][] covariance) {
        var gradient = new double[theta.length];
        l.at(theta, gradient);
        for (int i = 0; i < theta.length; i++) {
            double step = 0;
            for (int j = 0; j < theta.length; j++) step += covariance[i][j] * gradient[j];
            if (Math.abs(step) > 1e-3 * Math.max(Math.abs(theta[i]), Math.min(1, Math.sqrt(covariance[i][i])))) return true;
        }
        return false;
    }

    /** {@code F_ij / sqrt(F_ii F_jj)}: so that units do not look like a lack of identification. */
    private static double[][] scaled(double[][] f) {
        var d = new double[f.length];
        for (int i = 0; i < d.length; i++) d[i] = f[i][i] > 0 ? Math.sqrt(f[i][i]) : 1;
        for (int i = 0; i < d.length; i++) for (int j = 0; j < d.length; j++) f[i][j] /= d[i] * d[j];
        return f;
    }

    /**
     * Of theta in Uniform(0, theta): the largest value. No derivative finds it, for the support ends there; it is biased by {@code -theta / (n + 1)}, and its
     * error shrinks like 1/n.
     */
    public static double uniformUpper(double... data) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double x : data) {
            if (!(x >= 0)) throw new IllegalArgumentException("uniformUpper: a value of " + x + "; they are at least 0");
            largest = Math.max(largest, x);
        }
        return largest;
    }

    Minimum maximise(LogLikelihood l, Transform[] g, double[] eta, double tolerance) {
        var negative = inCoordinates(l, g).negated();
        return method == Method.LBFGS
                ? new Lbfgs().withMaxIterations(maxIterations).withGradientTolerance(tolerance).minimize(negative, eta)
                : new Newton().withMaxIterations(maxIterations).withGradientTolerance(tolerance).minimize(negative, eta);
    }

    static double[] from(Transform[] g, double[] eta) {
        var theta = new double[eta.length];
        for (int j = 0; j < theta.length; j++) theta[j] = g[j].from(eta[j]);
        return theta;
    }

    /** The log-likelihood as a function of eta, by the chain rule. */
    static SecondOrderObjective inCoordinates(SecondOrderObjective l, Transform[] g) {
        return new SecondOrderObjective() {
            @Override public double at(double[] eta, double[] gradient) {
                double value = l.at(from(g, eta), gradient);
                for (int j = 0; j < eta.length; j++) gradient[j] *= g[j].slope(eta[j]);
                return value;
            }

            @Override public double[] hessianTimes(double[] eta, double[] v) {
                double[] theta = from(g, eta), inner = new double[eta.length], gradient = new double[eta.length];
                for (int j = 0; j < eta.length; j++) inner[j] = g[j].slope(eta[j]) * v[j];
                l.at(theta, gradient);
                var product = l.hessianTimes(theta, inner);
                for (int j = 0; j < eta.length; j++) product[j] = g[j].slope(eta[j]) * product[j] + gradient[j] * g[j].bend(eta[j]) * v[j];
                return product;
            }
        };
    }
}
