package lyceum.kernel;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The Gaussian or squared-exponential kernel {@code exp(-s / 2)}, {@code s = sum_j (x_j - z_j)^2 / l_j^2}. With one length scale it is
 * {@code exp(-gamma |x - z|^2)} for {@code gamma = 1 / (2 l^2)}: see {@link #ofGamma}. Smooth, universal, and flat far from data.
 *
 * @param lengthScales positive: one for all columns, or one for each
 */
public record Rbf(List<Double> lengthScales) implements Stationary {
    public Rbf { lengthScales = KernelParameters.scales("Rbf", lengthScales); }

    public Rbf(double... lengthScales) { this(KernelParameters.boxed(lengthScales)); }

    /** {@code exp(-gamma |x - z|^2)}. */
    public static Rbf ofGamma(double gamma) { return new Rbf(1 / Math.sqrt(2 * KernelParameters.positive("Rbf", "gamma", gamma))); }

    /** With {@code gamma = 1 / (p variance)}, the variance that of all entries of x (n x p): scikit-learn's "scale". */
    public static Rbf ofVariance(Tensor x) {
        double variance = x.to(DType.F64).sub(x.to(DType.F64).mean()).square().mean().item();
        return ofGamma(1 / (x.size(1) * (variance > 0 ? variance : 1)));
    }

    /** With the median distance between different rows of x (n x p) as length scale, of the first 1,000 rows where there are more. */
    public static Rbf ofMedianDistance(Tensor x) {
        double[][] rows = KernelParameters.rows("Rbf.ofMedianDistance", x.narrow(0, 0, Math.min(1000, x.size(0)))),
                squared = SquaredDistances.of(rows, rows);
        int n = rows.length, count = 0;
        var distances = new double[n * (n - 1) / 2];
        for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) distances[count++] = Math.sqrt(squared[i][j]);
        Arrays.sort(distances);
        double median = count == 0 ? 0 : 0.5 * (distances[(count - 1) / 2] + distances[count / 2]);
        if (!(median > 0))
            throw new IllegalArgumentException("Rbf.ofMedianDistance: the median distance of " + n + " rows is 0; give a length scale");
        return new Rbf(median);
    }

    @Override public double value(double s) { return Math.exp(-0.5 * s); }

    @Override public double slope(double s) { return -0.5 * Math.exp(-0.5 * s); }

    @Override public Rbf withParameters(double... logs) {
        KernelParameters.count(this, logs, lengthScales.size());
        return new Rbf(Stationary.exponentials(logs, logs.length));
    }

    @Override public double mixing(Rng rng) { return 1; }
}
