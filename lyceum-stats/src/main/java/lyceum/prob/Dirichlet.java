package lyceum.prob;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.math.Special;
import lyceum.random.Rng;

/** The Dirichlet distribution over probability vectors, with density proportional to {@code prod x_i^(alpha_i - 1)}. */
public final class Dirichlet implements MultivariateDistribution {
    private final double[] alpha;
    private final double total, logConstant;

    /** @param alpha at least two positive numbers */
    public Dirichlet(double... alpha) {
        if (alpha.length < 2) throw new IllegalArgumentException("Dirichlet: " + alpha.length + " parameters; at least two are needed");
        this.alpha = alpha.clone();
        double sum = 0, logs = 0;
        for (int i = 0; i < alpha.length; i++) {
            sum += Arguments.positive("Dirichlet", "alpha " + i, alpha[i]);
            logs += Special.lgamma(alpha[i]);
        }
        total = sum;
        logConstant = Special.lgamma(sum) - logs;
    }

    /** A copy. */
    public double[] alpha() { return alpha.clone(); }

    @Override public int dimensions() { return alpha.length; }

    /** With respect to the first k - 1 coordinates; {@code -Infinity} unless x is non-negative and sums to 1 within 1e-8. */
    @Override public double logDensity(double[] x) {
        if (x.length != alpha.length)
            throw new ShapeException("logDensity: the point has " + x.length + " entries; it needs " + alpha.length);
        double sum = 0, log = logConstant;
        for (int i = 0; i < x.length; i++) {
            if (!(x[i] >= 0)) return x[i] != x[i] ? x[i] : Double.NEGATIVE_INFINITY;
            sum += x[i];
            if (alpha[i] != 1) log += (alpha[i] - 1) * Math.log(x[i]);
        }
        return Math.abs(sum - 1) <= 1e-8 ? log : Double.NEGATIVE_INFINITY;
    }

    @Override public double[] mean() {
        var mean = new double[alpha.length];
        for (int i = 0; i < mean.length; i++) mean[i] = alpha[i] / total;
        return mean;
    }

    @Override public double[][] covariance() {
        double[] m = mean();
        var covariance = new double[m.length][m.length];
        for (int i = 0; i < m.length; i++) {
            for (int j = 0; j < m.length; j++) covariance[i][j] = ((i == j ? m[i] : 0) - m[i] * m[j]) / (total + 1);
        }
        return covariance;
    }

    @Override public double entropy() {
        double entropy = -logConstant + (total - alpha.length) * Special.digamma(total);
        for (double a : alpha) entropy -= (a - 1) * Special.digamma(a);
        return entropy;
    }

    /** Gamma draws over their sum, in logarithms. */
    @Override public double[] sample(Rng rng) {
        var draw = new double[alpha.length];
        double max = Double.NEGATIVE_INFINITY, sum = 0;
        for (int i = 0; i < draw.length; i++) {
            draw[i] = Gamma.logStandard(rng, alpha[i]);
            max = Math.max(max, draw[i]);
        }
        for (int i = 0; i < draw.length; i++) sum += draw[i] = Math.exp(draw[i] - max);
        for (int i = 0; i < draw.length; i++) draw[i] /= sum;
        return draw;
    }

    @Override public boolean equals(Object o) { return o instanceof Dirichlet d && Arrays.equals(alpha, d.alpha); }

    @Override public int hashCode() { return Arrays.hashCode(alpha); }

    @Override public String toString() { return "Dirichlet" + Arrays.toString(alpha); }
}
