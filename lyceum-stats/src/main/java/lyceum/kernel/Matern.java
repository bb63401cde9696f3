package lyceum.kernel;

import java.util.List;
import lyceum.random.Rng;

/**
 * The Matérn kernel with smoothness nu of 1/2, 3/2 or 5/2, of {@code r = sqrt(sum_j (x_j - z_j)^2 / l_j^2)}:
 *
 * <pre>
 * 1/2   exp(-r)
 * 3/2   (1 + sqrt(3) r) exp(-sqrt(3) r)
 * 5/2   (1 + sqrt(5) r + 5 r^2 / 3) exp(-sqrt(5) r)
 * </pre>
 *
 * Processes with this covariance are differentiable {@code ceil(nu) - 1} times; as nu grows it becomes {@link Rbf}.
 *
 * @param nu 0.5, 1.5 or 2.5
 * @param lengthScales positive: one for all columns, or one for each
 * @see <a href="https://gaussianprocess.org/gpml/">Rasmussen and Williams (2006), section 4.2.1</a>
 */
public record Matern(double nu, List<Double> lengthScales) implements Stationary {
    private static final double ROOT3 = Math.sqrt(3), ROOT5 = Math.sqrt(5);

    public Matern {
        if (nu != 0.5 && nu != 1.5 && nu != 2.5)
            throw new IllegalArgumentException("Matern: nu is " + nu + "; it is 0.5, 1.5 or 2.5, and Rbf is its limit");
        lengthScales = KernelParameters.scales("Matern", lengthScales);
    }

    public Matern(double nu, double... lengthScales) { this(nu, KernelParameters.boxed(lengthScales)); }

    @Override public double value(double s) {
        double r = Math.sqrt(s);
        if (nu == 0.5) return Math.exp(-r);
        if (nu == 1.5) return (1 + ROOT3 * r) * Math.exp(-ROOT3 * r);
        return (1 + ROOT5 * r + 5.0 / 3 * s) * Math.exp(-ROOT5 * r);
    }

    @Override public double slope(double s) {
        double r = Math.sqrt(s);
        if (nu == 0.5) return s == 0 ? 0 : -0.5 * Math.exp(-r) / r;
        if (nu == 1.5) return -1.5 * Math.exp(-ROOT3 * r);
        return -5.0 / 6 * (1 + ROOT5 * r) * Math.exp(-ROOT5 * r);
    }

    @Override public Matern withParameters(double... logs) {
        KernelParameters.count(this, logs, lengthScales.size());
        return new Matern(nu, Stationary.exponentials(logs, logs.length));
    }

    /** Frequencies are Student's t of {@code 2 nu} degrees: v is chi-square of that many over {@code 2 nu}. */
    @Override public double mixing(Rng rng) {
        double sum = 0;
        for (int i = 0; i < 2 * nu; i++) {
            double g = rng.nextGaussian();
            sum += g * g;
        }
        return sum / (2 * nu);
    }
}
