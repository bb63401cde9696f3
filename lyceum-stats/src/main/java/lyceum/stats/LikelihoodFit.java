package lyceum.stats;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.math.Incomplete;
import lyceum.prob.ChiSquare;

/**
 * A maximum of a likelihood.
 *
 * @param estimate the parameters
 * @param logLikelihood there
 * @param covariance the inverse of the observed information; null if that is singular, and then there is a warning
 * @param likelihood what was maximised
 * @param transforms the coordinates of the search
 * @param iterations of the search
 * @param warnings what is wrong with the maximum; empty if nothing is
 * @param method that found it, and that profiles are found with
 */
public record LikelihoodFit(double[] estimate, double logLikelihood, double[][] covariance, LogLikelihood likelihood,
        List<Transform> transforms, int iterations, List<String> warnings, MaximumLikelihood method) {

    /** Root diagonal of the covariance; NaN where there is none. */
    public double[] standardErrors() {
        var errors = new double[estimate.length];
        for (int j = 0; j < errors.length; j++) errors[j] = covariance == null ? Double.NaN : Math.sqrt(covariance[j][j]);
        return errors;
    }

    /** {@code 2 p - 2 l}. */
    public double aic() { return 2 * estimate.length - 2 * logLikelihood; }

    /** {@code p log n - 2 l}, n the sum of the weights. */
    public double bic() { return estimate.length * Math.log(Descriptive.sum(likelihood.weights())) - 2 * logLikelihood; }

    /** Wald's interval, {@code estimate +- z error}: symmetric, and another one in other parameters. */
    public Interval wald(int j, double level) {
        double half = -Incomplete.normalQuantile((1 - Arguments.level("wald", level)) / 2) * standardErrors()[j];
        return new Interval(estimate[j] - half, estimate[j] + half);
    }

    /** The log-likelihood where parameter j is held at {@code value} and the others are the best for it. */
    public double profileAt(int j, double value) { return value == estimate[j] ? logLikelihood : profiled(j, value, others(j)).value; }

    /** The others' coordinates at the estimate. */
    private double[] others(int j) {
        var eta = new double[estimate.length - 1];
        for (int k = 0; k < eta.length; k++) eta[k] = transforms.get(k < j ? k : k + 1).to(estimate[k < j ? k : k + 1]);
        return eta;
    }

    /** @param others the coordinates of the other parameters where the profile is this */
    private record Profiled(double value, double[] others) {}

    private Profiled profiled(int j, double value, double[] start) {
        var held = new Held(likelihood, j, value, estimate.length);
        if (estimate.length == 1) return new Profiled(held.at(new double[0]), start);
        var g = new Transform[start.length];
        for (int k = 0; k < g.length; k++) g[k] = transforms.get(k < j ? k : k + 1);
        var found = method.maximise(held, g, start, method.gradientTolerance() * Math.max(1, Descriptive.sum(likelihood.weights())));
        return new Profiled(-found.value(), found.x());
    }

    /**
     * The profile-likelihood interval: every value of parameter j that the likelihood ratio test does not reject at {@code 1 - level}. An end is
     * infinite, or the edge of the support, where the profile never falls so far, and NaN where there is no likelihood on the way.
     */
    public Interval profile(int j, double level) {
        double drop = new ChiSquare(1).quantile(Arguments.level("profile", level)) / 2;
        return new Interval(end(j, drop, -1), end(j, drop, 1));
    }

    /** Where the profile has fallen by {@code drop}: outward in doubling steps of the transformed coordinate, then bisection. */
    private double end(int j, double drop, int side) {
        var g = transforms.get(j);
        double centre = g.to(estimate[j]), slope = g.slope(centre), error = standardErrors()[j] / Math.abs(slope);
        double direction = side * Math.signum(slope), step = Double.isFinite(error) ? error : 0.5, inside = centre, outside = centre;
        double[] others = others(j);
        for (int k = 0;; k++) {
            if (k == 40) return g.from(direction * Double.POSITIVE_INFINITY);
            outside = centre + direction * step * Math.pow(1.6, k);
            if (g == Transform.RECIPROCAL && outside * centre <= 0) outside = inside / 2;
            var found = profiled(j, g.from(outside), others);
            // The others begin where they were best just before; where the parameters move the support, a long step may leave it.
            for (int half = 0; Double.isNaN(found.value) && half < 40; half++) {
                outside = (inside + outside) / 2;
                found = profiled(j, g.from(outside), others);
            }
            if (Double.isNaN(found.value)) return Double.NaN;
            if (!(found.value - logLikelihood > -drop)) break;
            inside = outside;
            others = found.others;
        }
        for (int k = 0; k < 100 && Math.abs(outside - inside) > 1e-13 * Math.max(1, Math.abs(inside)); k++) {
            double middle = (inside + outside) / 2;
            var found = profiled(j, g.from(middle), others);
            if (Double.isNaN(found.value)) return Double.NaN;
            if (found.value - logLikelihood > -drop) {
                inside = middle;
                others = found.others;
            } else outside = middle;
        }
        return g.from((inside + outside) / 2);
    }

    /** A likelihood with one parameter held. */
    private record Held(LogLikelihood inner, int j, double value, int all) implements LogLikelihood {
        private double[] whole(double[] rest) {
            var theta = new double[all];
            for (int k = 0; k < all; k++) theta[k] = k == j ? value : rest[k < j ? k : k - 1];
            return theta;
        }

        private double[] without(double[] whole) {
            var rest = new double[all - 1];
            for (int k = 0; k < rest.length; k++) rest[k] = whole[k < j ? k : k + 1];
            return rest;
        }

        @Override public int observations() { return inner.observations(); }

        @Override public int parameters() { return all - 1; }

        @Override public double[] weights() { return inner.weights(); }

        @Override public double[] terms(double[] rest) { return inner.terms(whole(rest)); }

        @Override public double[][] scores(double[] rest) {
            return Arrays.stream(inner.scores(whole(rest))).map(this::without).toArray(double[][]::new);
        }

        @Override public double at(double[] rest, double[] gradient, double[] weights) {
            var full = new double[all];
            double found = inner.at(whole(rest), full, weights);
            System.arraycopy(without(full), 0, gradient, 0, all - 1);
            return found;
        }

        @Override public double[] hessianTimes(double[] rest, double[] v, double[] weights) {
            var direction = whole(v);
            direction[j] = 0;
            return without(inner.hessianTimes(whole(rest), direction, weights));
        }
    }

    @Override public String toString() {
        var text = new StringBuilder(String.format(Locale.ROOT, "log-likelihood %.6g, AIC %.6g, BIC %.6g%n", logLikelihood, aic(), bic()));
        double[] errors = standardErrors();
        for (int j = 0; j < errors.length; j++)
            text.append(String.format(Locale.ROOT, "%12.6g (standard error %.4g)%n", estimate[j], errors[j]));
        for (String warning : warnings) text.append("warning: ").append(warning).append('\n');
        return text.toString();
    }
}
