package lyceum.text.vector;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Eigen;
import lyceum.tensor.Tensor;

/**
 * What straightens a cloud of vectors, {@code (x - mean) M}: fitted on the stored vectors, then applied to them and to every query alike.
 *
 * @param mean F64 (dimension)
 * @param map F64 (dimension, dimension), symmetric
 */
public record EmbeddingCorrection(Tensor mean, Tensor map) {
    /** The mean alone. @param x (rows, dimension) */
    public static EmbeddingCorrection centring(Tensor x) { return allButTheTop(x, 0); }

    /**
     * The mean, and the parts along the first principal components.
     *
     * @param components 0 or more and below the dimension; about dimension / 100 is the paper's advice
     * @see <a href="https://arxiv.org/abs/1702.01417">Mu and Viswanath (2018), All-but-the-Top</a>
     */
    public static EmbeddingCorrection allButTheTop(Tensor x, int components) {
        int d = (int) EmbeddingGeometry.rows("allButTheTop", x, 1).size(1);
        if (components < 0 || components >= d) throw new IllegalArgumentException(
                "allButTheTop: " + components + " components of " + d + "; at least 0 and fewer than the dimension");
        var mean = x.to(DType.F64).mean(0);
        var keep = Tensor.eye(DType.F64, d);
        if (components > 0) {
            var top = Eigen.symmetric(EmbeddingGeometry.covariance(x)).vectors().slice(1, d - components, d, 1);
            keep = keep.sub(top.matmul(top.transpose()));
        }
        return new EmbeddingCorrection(mean, keep);
    }

    /**
     * The mean, and all variances brought to 1 by {@code C^(-1/2)} (the whitening that moves vectors least), C the covariance.
     *
     * @param ridge added to the variances, over their mean: above 0 where there are fewer rows than dimensions, 1e-9 or so otherwise
     */
    public static EmbeddingCorrection whitening(Tensor x, double ridge) {
        EmbeddingGeometry.rows("whitening", x, 2);
        if (!(ridge >= 0)) throw new IllegalArgumentException("whitening: ridge is " + ridge + "; it is not negative");
        var eigen = Eigen.symmetric(EmbeddingGeometry.covariance(x));
        double[] values = eigen.values().toDoubleArray();
        double mean = 0;
        for (double v : values) mean += v / values.length;
        double more = ridge * mean;
        if (!(values[0] + more > 1e-14 * values[values.length - 1])) throw new IllegalArgumentException(
                "whitening: the least variance is " + values[0] + "; the vectors fill a subspace, give a ridge above 0");
        return new EmbeddingCorrection(x.to(DType.F64).mean(0), eigen.function(v -> 1 / Math.sqrt(v + more)));
    }

    /** @param x (rows, dimension) or (dimension) @return F64 of the same shape */
    public Tensor apply(Tensor x) {
        if (x.size(x.rank() - 1) != mean.size(0))
            throw new ShapeException("EmbeddingCorrection: vectors are " + x.shape() + "; this was fitted in dimension " + mean.size(0));
        return x.to(DType.F64).sub(mean).matmul(map);
    }
}
