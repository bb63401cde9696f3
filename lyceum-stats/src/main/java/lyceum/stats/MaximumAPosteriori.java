package lyceum.stats;

import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.linalg.ProximalMaps;
import lyceum.optim.Minimum;
import lyceum.optim.Newton;
import lyceum.optim.Objective;
import lyceum.optim.Proximal;
import lyceum.optim.ProximalGradient;
import lyceum.optim.SecondOrderObjective;
import lyceum.tensor.Tensor;

/**
 * The posterior mode, {@code argmax_theta log p(data | theta) + sum_j log p(theta_j)}, and the normal distribution that Laplace's method puts there.
 *
 * {@snippet :
 * var map = new MaximumAPosteriori(List.of(Prior.normal(0, 4), Prior.of(ParametricFamily.GAMMA, 2, 1)));
 * var fit = map.fit(logLikelihood, start);
 * fit.mode();
 * fit.covariance();                                        // of Laplace's approximation
 * new MaximumAPosteriori(List.of(Prior.of(ParametricFamily.BETA, 3, 5)), List.of(Transform.LOGIT), true);   // mode of the logit's density
 * }
 *
 * <p>A flat prior gives maximum likelihood. With a transform the search walks in {@code eta = g(theta)}; without its Jacobian term the mode is theta's own
 * and only the way changes, with it the mode is that of eta's density, another point. Laplace priors have a kink at 0, and modes that lie on it are exact
 * zeros.
 *
 * @param priors one a parameter
 * @param transforms one a parameter
 * @param jacobian whether {@code log |d theta / d eta|} is added, which makes the density one of eta
 * @see <a href="https://doi.org/10.1023/A:1007558615313">MacKay (1998), on the choice of basis</a>
 */
public record MaximumAPosteriori(List<Prior> priors, List<Transform> transforms, boolean jacobian) {
    public MaximumAPosteriori {
        priors = List.copyOf(priors);
        transforms = List.copyOf(transforms);
        if (priors.size() != transforms.size())
            throw new ShapeException("MaximumAPosteriori: " + priors.size() + " priors and " + transforms.size() + " transforms");
        for (int j = 0; j < priors.size(); j++)
            if (priors.get(j).kink() > 0 && transforms.get(j) != Transform.IDENTITY) throw new IllegalArgumentException(
                    "MaximumAPosteriori: a Laplace prior takes Transform.IDENTITY, and parameter " + j + " has " + transforms.get(j));
    }

    /** In the parameters as they are. */
    public MaximumAPosteriori(List<Prior> priors) { this(priors, priors.stream().map(p -> Transform.IDENTITY).toList(), false); }

    /**
     * A mode.
     *
     * @param mode in theta
     * @param logPosterior log-likelihood plus log-priors (plus the Jacobian term) there: the logarithm of the joint density of data and parameters
     * @param covariance of Laplace's normal approximation, in the coordinates of the search: the inverse of minus the Hessian; null where a Laplace prior's kink
     *        leaves none
     * @param logEvidence {@code log p(data)} by Laplace's method, {@code logPosterior + p / 2 log 2 pi + log det(covariance) / 2}; NaN without one. It means
     *        something with proper priors, and with the Jacobian term wherever a parameter is transformed
     * @param converged whether the search was; false where the mode lies at infinity, as under a flat prior after heads alone
     */
    public record Fit(double[] mode, double logPosterior, double[][] covariance, double logEvidence, boolean converged) {}

    /** The mode found from {@code start}, which is in theta and is not changed. */
    public Fit fit(LogLikelihood l, double[] start) {
        int p = start.length;
        if (priors.size() != p) throw new ShapeException("MaximumAPosteriori: " + priors.size() + " priors for " + p + " parameters");
        var g = transforms.toArray(Transform[]::new);
        var eta = new double[p];
        for (int j = 0; j < p; j++) eta[j] = g[j].to(start[j]);
        var inEta = MaximumLikelihood.inCoordinates(l, g);
        var prior = SecondOrderObjective.of(this::logPrior);
        var negative = new SecondOrderObjective() {
            @Override public double at(double[] x, double[] gradient) {
                var other = new double[p];
                double value = inEta.at(x, gradient) + prior.at(x, other);
                for (int j = 0; j < p; j++) gradient[j] = -gradient[j] - other[j];
                return -value;
            }

            @Override public double[] hessianTimes(double[] x, double[] v) {
                double[] a = inEta.hessianTimes(x, v), b = prior.hessianTimes(x, v);
                for (int j = 0; j < p; j++) a[j] = -a[j] - b[j];
                return a;
            }
        };
        double tolerance = 1e-11 * Math.max(1, Descriptive.sum(l.weights()));
        var kinks = priors.stream().mapToDouble(Prior::kink).toArray();
        if (Arrays.stream(kinks).anyMatch(k -> k > 0)) return kinked(negative, kinks, eta);
        var found = new Newton().withGradientTolerance(tolerance).minimize(negative, eta);
        var factor = Cholesky.of(Tensor.of(negative.hessian(found.x())));
        double evidence = -found.value() + p / 2.0 * Math.log(2 * Math.PI) - factor.logDet() / 2;
        var covariance = factor.inverse().toRows();
        boolean converged = reached(found, tolerance) && !MaximumLikelihood.isFarFromTheTop(negative, found.x(), covariance);
        return new Fit(MaximumLikelihood.from(g, found.x()), -found.value(), covariance, evidence, converged);
    }

    private static boolean reached(Minimum found, double tolerance) { return found.converged() || found.gradientNorm() < 1e4 * tolerance; }

    private Tensor logPrior(Tensor eta) {
        var sum = eta.sum().mul(0);
        for (int j = 0; j < priors.size(); j++) {
            var one = eta.narrow(0, j, 1);
            if (priors.get(j).formula() != null) sum = sum.add(priors.get(j).formula().apply(transforms.get(j).from(one)).sum());
            if (jacobian) sum = sum.add(transforms.get(j).logSlope(one).sum());
        }
        return sum;
    }

    /** A scaled proximal gradient method: coordinates in units of their curvature, so that badly scaled columns do not slow it down. */
    private Fit kinked(SecondOrderObjective f, double[] kinks, double[] start) {
        int p = start.length;
        var h = f.hessian(start);
        var unit = new double[p];
        for (int j = 0; j < p; j++) unit[j] = h[j][j] > 0 ? 1 / Math.sqrt(h[j][j]) : 1;
        var point = new double[p];
        Objective scaled = (z, gradient) -> {
            for (int j = 0; j < p; j++) point[j] = unit[j] * z[j];
            double value = f.at(point, gradient);
            for (int j = 0; j < p; j++) gradient[j] *= unit[j];
            return value;
        };
        var l1 = new Proximal() {
            @Override public double value(double[] z) {
                double sum = 0;
                for (int j = 0; j < p; j++) sum += kinks[j] * unit[j] * Math.abs(z[j]);
                return sum;
            }

            @Override public double[] prox(double[] z, double t) {
                var moved = new double[p];
                for (int j = 0; j < p; j++) moved[j] = ProximalMaps.softThreshold(new double[] {z[j]}, t * kinks[j] * unit[j])[0];
                return moved;
            }
        };
        var z = new double[p];
        for (int j = 0; j < p; j++) z[j] = start[j] / unit[j];
        var found = ProximalGradient.fista(1).withBacktracking(0.5).withRestart(ProximalGradient.Restart.GRADIENT).withTolerance(1e-10)
                .minimize(scaled, l1, z);
        var mode = new double[p];
        double normaliser = 0;
        for (int j = 0; j < p; j++) {
            mode[j] = unit[j] * found.x()[j];
            if (kinks[j] > 0) normaliser += Math.log(kinks[j] / 2);
        }
        return new Fit(mode, -found.value() + normaliser, null, Double.NaN, found.converged());
    }

    /** The mode of a Beta(a, b) prior's posterior after k successes in n trials: {@code (a + k - 1) / (a + b + n - 2)}. */
    public static double betaBinomial(double a, double b, double k, double n) {
        if (!(a + k > 1 && b + n - k > 1)) throw new IllegalArgumentException("betaBinomial: the posterior Beta(" + (a + k) + ", "
                + (b + n - k) + ") has no mode inside (0, 1); both parameters must be above 1");
        return (a + k - 1) / (a + b + n - 2);
    }

    /** The mode of a gamma prior's posterior after n Poisson counts of this total: {@code (shape + total - 1) / (rate + n)}, or 0. */
    public static double gammaPoisson(double shape, double rate, double total, double n) {
        return Math.max(0, (shape + total - 1) / (rate + n));
    }
}
