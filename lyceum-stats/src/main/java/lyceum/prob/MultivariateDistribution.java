package lyceum.prob;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A distribution over vectors. Points are the last axis of a tensor: (d) is one, (n x d) are n. */
public interface MultivariateDistribution extends Distribution {
    /** Length of a vector. */
    int dimensions();

    /** Natural logarithm of the density at one point. @throws lyceum.ShapeException unless it has {@link #dimensions()} numbers */
    double logDensity(double[] x);

    /** The mean, (d). A copy. */
    double[] mean();

    /** The covariance, (d x d). A copy. */
    double[][] covariance();

    /** One draw. */
    double[] sample(Rng rng);

    @Override default boolean isDiscrete() { return false; }

    @Override default Tensor logDensity(Tensor x) { return Elementwise.mapRows(x, dimensions(), this::logDensity); }

    @Override default Tensor sample(Rng rng, int n) {
        Arguments.count("sample", "n", n);
        int d = dimensions();
        var draws = new double[Math.multiplyExact(n, d)];
        for (int i = 0; i < n; i++) System.arraycopy(sample(rng), 0, draws, i * d, d);
        return Tensor.of(draws, n, d);
    }
}
