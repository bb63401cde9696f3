package lyceum.learn.svm;

import java.util.Arrays;
import lyceum.DType;
import lyceum.kernel.KernelFunction;
import lyceum.stats.learner.ClusterModel;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link KernelKMeans} found.
 *
 * @param rows the training rows (n x p)
 * @param weights of the rows (n)
 * @param labels cluster of each row (n), I64
 * @param centreNorms {@code |centre|^2} of each cluster, in feature space
 * @param masses total weight of each cluster; 0 where it lost all rows
 * @param inertia weighted sum of squared distances to the centres, in feature space
 * @param converged whether the last iteration changed nothing
 */
public record KernelKMeansModel(KernelFunction kernel, Tensor rows, Tensor weights, Tensor labels, double[] centreNorms, double[] masses,
        double inertia, boolean converged) implements ClusterModel {
    @Override public int nFeatures() { return (int) rows.size(1); }

    @Override public int nClusters() { return masses.length; }

    @Override public double[] centreNorms() { return centreNorms.clone(); }

    @Override public double[] masses() { return masses.clone(); }

    @Override public Tensor predict(Tensor x) {
        double[][] k = kernel.gram(LearnerInput.forModel(this, x).x().to(DType.F64), rows).toRows();
        double[] w = weights.toDoubleArray(), mean = new double[masses.length];
        long[] label = labels.toLongArray(), out = new long[k.length];
        for (int i = 0; i < k.length; i++) {
            Arrays.fill(mean, 0);
            for (int j = 0; j < w.length; j++) mean[(int) label[j]] += w[j] * k[i][j];
            double least = Double.POSITIVE_INFINITY;
            for (int c = 0; c < mean.length; c++) {
                double d = centreNorms[c] - 2 * mean[c] / masses[c];
                if (masses[c] == 0 || !(d < least)) continue;
                least = d;
                out[i] = c;
            }
        }
        return Tensor.of(out);
    }
}
