package lyceum.stats;

import java.util.Arrays;
import java.util.Objects;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.math.Special;
import lyceum.tensor.Tensor;

/**
 * Generalised linear models, {@code E y = g^-1(x' beta + offset)}, by iteratively reweighted least squares.
 *
 * {@snippet :
 * var fit = new Glm(Glm.Family.BINOMIAL).fit(x, y);            // x has a column of ones if there is to be an intercept
 * System.out.println(fit.named("(intercept)", "age", "dose"));
 * fit.robustErrors(GlmFit.Robust.HC3);
 * }
 *
 * <p>Links are the usual ones: identity, logit, log, log. The scale is Pearson's statistic over the degrees of freedom for the Gaussian and gamma families, 1
 * for the others, as statsmodels has it.
 *
 * @param family of the response
 * @param tolerance converged when the deviance changes by no more than this, relative to it
 * @param maxIterations steps before it gives up
 * @see <a href="https://doi.org/10.2307/2344614">Nelder and Wedderburn (1972)</a>
 */
public record Glm(Family family, double tolerance, int maxIterations) {

    /** A distribution with its link. */
    public enum Family {
        /** Any real response; identity. */
        GAUSSIAN,
        /** 0 or 1, or shares with the number of trials as weights; logit. */
        BINOMIAL,
        /** Counts; logarithm. */
        POISSON,
        /** Positive response whose deviation is proportional to its mean; logarithm. */
        GAMMA;

        double mean(double eta) {
            return switch (this) {
                case GAUSSIAN -> eta;
                case BINOMIAL -> Special.sigmoid(eta);
                case POISSON, GAMMA -> Math.exp(eta);
            };
        }

        /** {@code (d mean / d eta)^2 / variance(mean)}: the weight of a row. */
        double weight(double mean) {
            return switch (this) {
                case GAUSSIAN, GAMMA -> 1;
                case BINOMIAL -> mean * (1 - mean);
                case POISSON -> mean;
            };
        }

        /** {@code (y - mean) d eta / d mean}: what the working response adds to eta. */
        double working(double y, double mean) {
            return switch (this) {
                case GAUSSIAN -> y - mean;
                case BINOMIAL -> (y - mean) / (mean * (1 - mean));
                case POISSON, GAMMA -> (y - mean) / mean;
            };
        }

        double variance(double mean) {
            return switch (this) {
                case GAUSSIAN -> 1;
                case BINOMIAL -> mean * (1 - mean);
                case POISSON -> mean;
                case GAMMA -> mean * mean;
            };
        }

        /** Twice what the log-likelihood loses to the model with a mean for each row. */
        double deviance(double y, double mean) {
            return 2 * switch (this) {
                case GAUSSIAN -> (y - mean) * (y - mean) / 2;
                case BINOMIAL -> xLogRatio(y, mean) + xLogRatio(1 - y, 1 - mean);
                case POISSON -> xLogRatio(y, mean) - (y - mean);
                case GAMMA -> (y - mean) / mean - Math.log(y / mean);
            };
        }

        private static double xLogRatio(double x, double of) { return x == 0 ? 0 : x * Math.log(x / of); }

        boolean hasScale() { return this == GAUSSIAN || this == GAMMA; }

        double start(double y, double meanOfAll) {
            return switch (this) {
                case GAUSSIAN -> y;
                case BINOMIAL -> (y + 0.5) / 2;
                case POISSON, GAMMA -> (y + meanOfAll) / 2;
            };
        }

        double link(double mean) {
            return switch (this) {
                case GAUSSIAN -> mean;
                case BINOMIAL -> Math.log(mean / (1 - mean));
                case POISSON, GAMMA -> Math.log(mean);
            };
        }

        void check(double y, int row) {
            boolean right = switch (this) {
                case GAUSSIAN -> Double.isFinite(y);
                case BINOMIAL -> y >= 0 && y <= 1;
                case POISSON -> y >= 0 && Double.isFinite(y);
                case GAMMA -> y > 0 && Double.isFinite(y);
            };
            if (!right) throw new IllegalArgumentException(
                    "Glm: response " + row + " is " + y + "; the " + this + " family takes " + switch (this) {
                        case GAUSSIAN -> "finite numbers";
                        case BINOMIAL -> "numbers between 0 and 1";
                        case POISSON -> "counts";
                        case GAMMA -> "positive numbers";
                    });
        }
    }

    public Glm { Objects.requireNonNull(family, "family"); }

    /** To a relative change of the deviance of 1e-13, in 100 steps. */
    public Glm(Family family) { this(family, 1e-13, 100); }

    /** Fits rows of equal weight without an offset. */
    public GlmFit fit(double[][] x, double[] y) { return fit(x, y, null, null); }

    /**
     * Fits.
     *
     * @param x design, (n x p)
     * @param y responses, (n)
     * @param offset added to each linear predictor; null for zeros
     * @param weights {@code var(y_i) = scale variance(mean_i) / weight_i}; null for ones
     * @throws lyceum.linalg.NotPositiveDefiniteException if columns depend on each other
     */
    public GlmFit fit(double[][] x, double[] y, double[] offset, double[] weights) {
        int n = y.length, p = n == 0 ? 0 : x[0].length;
        if (x.length != n || n == 0) throw new ShapeException("Glm: " + x.length + " rows and " + n + " responses");
        double[] o = offset == null ? new double[n] : offset, w = weights == null ? ones(n) : weights;
        if (o.length != n || w.length != n)
            throw new ShapeException("Glm: " + o.length + " offsets and " + w.length + " weights for " + n + " rows");
        for (int i = 0; i < n; i++) {
            family.check(y[i], i);
            if (x[i].length != p) throw new ShapeException("Glm: row " + i + " has " + x[i].length + " numbers, the first " + p);
        }
        double all = Descriptive.mean(y, w);
        double[] eta = new double[n], mean = new double[n], beta = new double[p];
        for (int i = 0; i < n; i++) eta[i] = family.link(mean[i] = family.start(y[i], all));
        double deviance = Double.POSITIVE_INFINITY;
        boolean converged = false;
        int iterations = 0;
        while (!converged && iterations < maxIterations) {
            double[] row = new double[n], z = new double[n];
            for (int i = 0; i < n; i++) {
                row[i] = w[i] * family.weight(mean[i]);
                z[i] = eta[i] - o[i] + family.working(y[i], mean[i]);
            }
            double[] next = leastSquares(x, z, row);
            double found = evaluate(x, y, o, w, next, eta, mean);
            for (int halving = 0; halving < 20 && !(found <= deviance * (1 + 1e-9) + 1e-300) && iterations > 0; halving++) {
                for (int j = 0; j < p; j++) next[j] = (next[j] + beta[j]) / 2;
                found = evaluate(x, y, o, w, next, eta, mean);
            }
            converged = Math.abs(found - deviance) <= tolerance * Math.max(1e-8, Math.abs(found));
            beta = next;
            deviance = found;
            iterations++;
        }
        return GlmFit.of(family, x, y, o, w, beta, mean, deviance, iterations, converged);
    }

    private double evaluate(double[][] x, double[] y, double[] offset, double[] w, double[] beta, double[] eta, double[] mean) {
        var terms = new double[y.length];
        for (int i = 0; i < y.length; i++) {
            eta[i] = offset[i];
            for (int j = 0; j < beta.length; j++) eta[i] += x[i][j] * beta[j];
            mean[i] = family.mean(eta[i]);
            terms[i] = w[i] * family.deviance(y[i], mean[i]);
        }
        return Descriptive.sum(terms);
    }

    private static double[] leastSquares(double[][] x, double[] z, double[] w) {
        int p = x[0].length;
        var b = new double[p];
        if (p == 0) return b;
        for (int i = 0; i < z.length; i++) for (int j = 0; j < p; j++) b[j] += w[i] * x[i][j] * z[i];
        return Cholesky.of(Tensor.of(gram(x, w))).solve(Tensor.of(b)).toDoubleArray();
    }

    /** {@code X' diag(w) X}. */
    static double[][] gram(double[][] x, double[] w) {
        int p = x[0].length;
        var a = new double[p][p];
        for (int i = 0; i < w.length; i++) {
            double[] row = x[i];
            for (int j = 0; j < p; j++) {
                double f = w[i] * row[j];
                for (int k = 0; k <= j; k++) a[j][k] += f * row[k];
            }
        }
        for (int j = 0; j < p; j++) for (int k = 0; k < j; k++) a[k][j] = a[j][k];
        return a;
    }

    private static double[] ones(int n) {
        var ones = new double[n];
        Arrays.fill(ones, 1);
        return ones;
    }
}
