package lyceum.learn.table;

import java.util.Arrays;
import lyceum.DType;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;

/** What one says without looking at a row: the shares of the classes, or the mean. */
final class Baseline {
    private Baseline() {}

    record OfClasses() implements Classifier {
        @Override public Shares fit(Tensor x, Tensor labels, Tensor weights) {
            long[] all = labels.to(DType.I64).toLongArray(), classes = Arrays.stream(all).distinct().sorted().toArray();
            double[] w = weights == null ? null : weights.toDoubleArray(), shares = new double[classes.length];
            double sum = 0;
            for (int i = 0; i < all.length; i++) {
                double each = w == null ? 1 : w[i];
                shares[Arrays.binarySearch(classes, all[i])] += each;
                sum += each;
            }
            for (int c = 0; c < shares.length; c++) shares[c] /= sum;
            return new Shares((int) x.size(1), classes, shares);
        }
    }

    record Shares(int nFeatures, long[] classes, double[] shares) implements ClassificationModel {
        @Override public Tensor predictProba(Tensor x) { return Tensor.of(shares).expand(x.size(0), shares.length); }
    }

    record OfNumbers() implements Regressor {
        @Override public Mean fit(Tensor x, Tensor y, Tensor weights) {
            var targets = y.to(DType.F64);
            var mean = weights == null ? targets.mean() : targets.mul(weights).sum().div(weights.sum());
            return new Mean((int) x.size(1), mean.item());
        }
    }

    record Mean(int nFeatures, double mean) implements RegressionModel {
        @Override public Tensor predict(Tensor x) { return Tensor.full(DType.F64, mean, x.size(0)); }
    }
}
