package lyceum.kernel;

import java.util.Arrays;
import java.util.List;
import lyceum.prob.Gamma;
import lyceum.random.Rng;

/**
 * {@code (1 + s / (2 alpha))^-alpha}, {@code s = sum_j (x_j - z_j)^2 / l_j^2}: RBF kernels of all length scales at once, in gamma
 * proportions. As alpha grows it becomes {@link Rbf}. Parameters: the length scales, then alpha.
 *
 * @param alpha positive; small values weigh long scales more
 * @param lengthScales positive: one for all columns, or one for each
 */
public record RationalQuadratic(double alpha, List<Double> lengthScales) implements Stationary {
    public RationalQuadratic {
        KernelParameters.positive("RationalQuadratic", "alpha", alpha);
        lengthScales = KernelParameters.scales("RationalQuadratic", lengthScales);
    }

    public RationalQuadratic(double alpha, double... lengthScales) { this(alpha, KernelParameters.boxed(lengthScales)); }

    @Override public double value(double s) { return Math.exp(-alpha * Math.log1p(s / (2 * alpha))); }

    @Override public double slope(double s) { return -0.5 * Math.exp(-(alpha + 1) * Math.log1p(s / (2 * alpha))); }

    @Override public double[] parameters() {
        double[] scales = Stationary.super.parameters(), all = Arrays.copyOf(scales, scales.length + 1);
        all[scales.length] = Math.log(alpha);
        return all;
    }

    @Override public RationalQuadratic withParameters(double... logs) {
        KernelParameters.count(this, logs, lengthScales.size() + 1);
        return new RationalQuadratic(Math.exp(logs[logs.length - 1]), Stationary.exponentials(logs, logs.length - 1));
    }

    @Override public void addParameterGradient(double[] x, double[] z, double weight, double[] into, int at) {
        Stationary.super.addParameterGradient(x, z, weight, into, at);
        double s = squared(x, z), u = s / (2 * alpha);
        into[at + lengthScales.size()] += weight * alpha * value(s) * (u / (1 + u) - Math.log1p(u));
    }

    /** Precisions of the mixed RBF kernels are gamma of shape and rate alpha. */
    @Override public double mixing(Rng rng) { return 1 / new Gamma(alpha, alpha).sample(rng); }
}
