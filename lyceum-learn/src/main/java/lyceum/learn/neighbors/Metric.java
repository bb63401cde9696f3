package lyceum.learn.neighbors;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Linalg;
import lyceum.tensor.Tensor;

/** How far two rows are apart. */
public sealed interface Metric {
    Metric EUCLIDEAN = new Euclidean(), MANHATTAN = new Manhattan(), CHEBYSHEV = new Chebyshev(), COSINE = new Cosine(),
            HAMMING = new Hamming();

    /** {@code sqrt(sum (a - b)^2)}. */
    record Euclidean() implements Metric {}

    /** {@code sum |a - b|}. */
    record Manhattan() implements Metric {}

    /** {@code max |a - b|}. */
    record Chebyshev() implements Metric {}

    /** {@code (sum |a - b|^p)^(1/p)}. @param p at least 1 */
    record Minkowski(double p) implements Metric {
        public Minkowski {
            if (!(p >= 1) || p == Double.POSITIVE_INFINITY)
                throw new IllegalArgumentException("minkowski: p is " + p + "; it is at least 1 (for infinity take Metric.CHEBYSHEV)");
        }
    }

    /** {@code 1 - a . b / (|a| |b|)}, and 1 if one of them is zero. Not a metric in the strict sense: no trees. */
    record Cosine() implements Metric {}

    /** The share of the columns in which two rows differ: for codes and categories. */
    record Hamming() implements Metric {}

    /**
     * {@code sqrt((a - b)^T C^-1 (a - b))}: the Euclidean distance after the columns' scales and correlations are taken out.
     *
     * @param covariance C (p x p), positive definite
     * @see <a href="https://doi.org/10.1007/s13171-019-00164-5">Mahalanobis (1936)</a>
     */
    record Mahalanobis(Tensor covariance) implements Metric {
        public Mahalanobis {
            if (covariance.rank() != 2 || covariance.size(0) != covariance.size(1))
                throw new ShapeException("mahalanobis: the covariance has shape " + covariance.shape() + "; it is square");
            covariance = covariance.detach().to(DType.F64);
        }

        /** With the covariance of these rows. */
        public static Mahalanobis of(Tensor x) {
            if (x.rank() != 2 || x.size(0) < 2)
                throw new ShapeException("mahalanobis: x has shape " + x.shape() + "; a covariance needs at least 2 rows");
            var rows = x.to(DType.F64);
            var centred = rows.sub(rows.mean(0));
            return new Mahalanobis(centred.transpose().matmul(centred).div(x.size(0) - 1).compute());
        }

        /** Rows in which this distance is the Euclidean one: {@code L^-1 x} with {@code C = L L^T}. */
        Tensor whitened(Tensor x) {
            if (x.size(1) != covariance.size(0))
                throw new ShapeException("mahalanobis: x has " + x.size(1) + " columns but the covariance has shape " + covariance.shape());
            return Linalg.solveTriangular(Linalg.cholesky(covariance), x.transpose(), true, false).transpose().contiguous();
        }
    }

    /** Any function of two rows; compared with every row. @param distance at least 0 and the same both ways */
    record Custom(Distance distance) implements Metric {}

    /** A distance of two rows, which it does not change. */
    @FunctionalInterface
    interface Distance {
        double between(double[] a, double[] b);
    }
}
