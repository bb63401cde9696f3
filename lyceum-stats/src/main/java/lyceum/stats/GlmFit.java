package lyceum.stats;

import java.util.List;
import java.util.Locale;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.math.Incomplete;
import lyceum.math.Special;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link Glm}.
 *
 * @param family of the response
 * @param coefficients beta
 * @param covariance {@code scale (X'WX)^-1}
 * @param means fitted, a row each
 * @param deviance of the model
 * @param pearson {@code sum w (y - mean)^2 / variance(mean)}
 * @param scale the dispersion: Pearson's statistic over the degrees of freedom, or 1
 * @param logLikelihood at the fit. With a scale: of the scale {@code deviance / n} for the Gaussian (its maximum), of {@code scale} for the gamma family
 * @param iterations of reweighted least squares
 * @param converged whether the deviance settled
 * @param names of the coefficients
 * @param data what it was fitted to
 */
public record GlmFit(Glm.Family family, double[] coefficients, double[][] covariance, double[] means, double deviance, double pearson,
        double scale, double logLikelihood, int iterations, boolean converged, List<String> names, Data data) {

    /** Design, responses, offsets and weights. */
    public record Data(double[][] x, double[] y, double[] offset, double[] weights) {}

    /** Heteroscedasticity-consistent errors. @see <a href="https://doi.org/10.1016/0304-4076(85)90158-7">MacKinnon and White (1985)</a> */
    public enum Robust {
        /** White's: squared residuals as they are. */
        HC0,
        /** Times {@code n / (n - p)}. */
        HC1,
        /** Each squared residual over {@code 1 - leverage}. */
        HC2,
        /** Over {@code (1 - leverage)^2}. */
        HC3
    }

    static GlmFit of(Glm.Family family, double[][] x, double[] y, double[] offset, double[] w, double[] beta, double[] mean,
            double deviance, int iterations, boolean converged) {
        int n = y.length, p = beta.length;
        double[] terms = new double[n], rows = new double[n];
        for (int i = 0; i < n; i++) {
            terms[i] = w[i] * (y[i] - mean[i]) * (y[i] - mean[i]) / family.variance(mean[i]);
            rows[i] = w[i] * family.weight(mean[i]);
        }
        double pearson = Descriptive.sum(terms), scale = family.hasScale() ? pearson / (n - p) : 1;
        double[][] covariance = p == 0 ? new double[0][0] : Cholesky.of(Tensor.of(Glm.gram(x, rows))).inverse().toRows();
        for (double[] row : covariance) for (int j = 0; j < p; j++) row[j] *= scale;
        var names = new String[p];
        for (int j = 0; j < p; j++) names[j] = "x" + j;
        return new GlmFit(family, beta, covariance, mean, deviance, pearson, scale, logLikelihood(family, y, mean, w, deviance, scale),
                iterations, converged, List.of(names), new Data(x, y, offset, w));
    }

    private static double logLikelihood(Glm.Family family, double[] y, double[] mean, double[] w, double deviance, double scale) {
        int n = y.length;
        var terms = new double[n];
        for (int i = 0; i < n; i++) terms[i] = switch (family) {
            case GAUSSIAN -> -0.5 * (Math.log(2 * Math.PI * deviance / n) + 1) + 0.5 * Math.log(w[i]);
            case BINOMIAL -> w[i] * (xLog(y[i], mean[i]) + xLog(1 - y[i], 1 - mean[i])) + logChoose(w[i], w[i] * y[i]);
            case POISSON -> w[i] * (xLog(y[i], mean[i]) - mean[i] - Special.lgamma(y[i] + 1));
            case GAMMA -> {
                double shape = w[i] / scale;
                yield shape * Math.log(shape * y[i] / mean[i]) - shape * y[i] / mean[i] - Math.log(y[i]) - Special.lgamma(shape);
            }
        };
        return Descriptive.sum(terms);
    }

    private static double xLog(double x, double of) { return x == 0 ? 0 : x * Math.log(of); }

    private static double logChoose(double n, double k) {
        return n == 1 ? 0 : Special.lgamma(n + 1) - Special.lgamma(k + 1) - Special.lgamma(n - k + 1);
    }

    /** The deviance of an intercept alone, with the same offsets and weights. */
    public double nullDeviance() {
        var intercept = new double[means.length][1];
        for (double[] row : intercept) row[0] = 1;
        return new Glm(family).fit(intercept, data.y, data.offset, data.weights).deviance;
    }

    public int observations() { return means.length; }

    /** How many parameters the likelihood has: the coefficients, and one for an estimated scale. */
    public int parameters() { return coefficients.length + (family.hasScale() ? 1 : 0); }

    /** Root diagonal of the covariance. */
    public double[] standardErrors() { return roots(covariance); }

    private static double[] roots(double[][] covariance) {
        var errors = new double[covariance.length];
        for (int j = 0; j < errors.length; j++) errors[j] = Math.sqrt(covariance[j][j]);
        return errors;
    }

    /**
     * {@code H^-1 (sum g_i g_i') H^-1} with g the rows' scores and H the observed information, which for the gamma family is not {@code X'WX}: right even where
     * the variance function is wrong.
     */
    public double[] robustErrors(Robust kind) { return roots(robustCovariance(kind)); }

    /** The same, whole. */
    public double[][] robustCovariance(Robust kind) {
        int n = means.length, p = coefficients.length;
        var bend = new double[n];
        for (int i = 0; i < n; i++)
            bend[i] = data.weights[i] * (family == Glm.Family.GAMMA ? data.y[i] / means[i] : family.weight(means[i]));
        var bread = Cholesky.of(Tensor.of(Glm.gram(data.x, bend))).inverse();
        var inverse = bread.toRows();
        var meat = new double[n];
        for (int i = 0; i < n; i++) {
            double rate = data.weights[i] * family.weight(means[i]), g = rate * family.working(data.y[i], means[i]);
            double leverage = 0;
            if (kind == Robust.HC2 || kind == Robust.HC3)
                for (int j = 0; j < p; j++) for (int k = 0; k < p; k++) leverage += rate * data.x[i][j] * inverse[j][k] * data.x[i][k];
            meat[i] = g * g * switch (kind) {
                case HC0 -> 1;
                case HC1 -> (double) n / (n - p);
                case HC2 -> 1 / (1 - leverage);
                case HC3 -> 1 / ((1 - leverage) * (1 - leverage));
            };
        }
        return bread.matmul(Tensor.of(Glm.gram(data.x, meat))).matmul(bread).toRows();
    }

    /** {@code 2 p - 2 l}, p the coefficients alone, as statsmodels counts. */
    public double aic() { return 2 * coefficients.length - 2 * logLikelihood; }

    /** Estimate over error. */
    public double[] z() {
        var z = standardErrors();
        for (int j = 0; j < z.length; j++) z[j] = coefficients[j] / z[j];
        return z;
    }

    /** Two-sided, by the normal distribution. */
    public double[] pValues() {
        var p = z();
        for (int j = 0; j < p.length; j++) p[j] = 2 * Incomplete.normalCdf(-Math.abs(p[j]));
        return p;
    }

    /** Wald's interval of coefficient j. */
    public Interval interval(int j, double level) {
        double half = -Incomplete.normalQuantile((1 - Arguments.level("interval", level)) / 2) * standardErrors()[j];
        return new Interval(coefficients[j] - half, coefficients[j] + half);
    }

    /** The mean at each row, without an offset. */
    public double[] predict(double[][] x) {
        var mean = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            double eta = 0;
            for (int j = 0; j < coefficients.length; j++) eta += x[i][j] * coefficients[j];
            mean[i] = family.mean(eta);
        }
        return mean;
    }

    /** The same fit with these names for the coefficients. */
    public GlmFit named(String... names) {
        if (names.length != coefficients.length)
            throw new ShapeException("named: " + names.length + " names for " + coefficients.length + " coefficients");
        return new GlmFit(family, coefficients, covariance, means, deviance, pearson, scale, logLikelihood, iterations, converged,
                List.of(names), data);
    }

    /** The table that statsmodels prints. */
    @Override public String toString() {
        var text = new StringBuilder(
                String.format(Locale.ROOT, "%s GLM, %d observations, scale %.5g, log-likelihood %.5g, deviance %.5g, Pearson chi2 %.4g%s%n",
                        family.name().toLowerCase(Locale.ROOT), means.length, scale, logLikelihood, deviance, pearson,
                        converged ? "" : ", NOT CONVERGED"));
        text.append(
                String.format(Locale.ROOT, "%-16s %10s %10s %9s %7s %10s %10s%n", "", "coef", "std err", "z", "P>|z|", "[0.025", "0.975]"));
        double[] errors = standardErrors(), z = z(), p = pValues();
        for (int j = 0; j < z.length; j++) {
            var interval = interval(j, 0.95);
            text.append(String.format(Locale.ROOT, "%-16s %10.4f %10.4f %9.3f %7.3f %10.4f %10.4f%n", names.get(j), coefficients[j],
                    errors[j], z[j], p[j], interval.low(), interval.high()));
        }
        return text.toString();
    }
}
