package lyceum.learn.selection;

import java.util.Arrays;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/** The class whose mean, over the first {@code columns} columns from {@code first} on, is nearest: a quick learner for tests. */
record NearestMean(int first, int columns) implements Classifier {
    @Override public ClassificationModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.labels(labels);
        double[] w = input.weights(weights), total = found.weightOfClasses(w);
        double[][] rows = input.x().toRows(), means = new double[found.count()][columns];
        for (int i = 0; i < rows.length; i++)
            for (int j = 0; j < columns; j++) means[found.codes()[i]][j] += w[i] * rows[i][first + j] / total[found.codes()[i]];
        return new Fitted(found.classes(), Tensor.of(means), first, input.columns());
    }

    record Fitted(long[] classes, Tensor means, int first, int nFeatures) implements ClassificationModel {
        @Override public Tensor predictProba(Tensor x) {
            double[] rows = x.toDoubleArray();
            double[][] m = means.toRows();
            int n = (int) x.size(0);
            var p = new double[n][m.length];
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int c = 0; c < m.length; c++) {
                    double distance = 0;
                    for (int j = 0; j < m[c].length; j++) distance += Math.pow(rows[i * nFeatures + first + j] - m[c][j], 2);
                    sum += p[i][c] = Math.exp(-distance);
                }
                for (int c = 0; c < m.length; c++) p[i][c] /= sum;
            }
            return Tensor.of(p);
        }

        @Override public long[] classes() { return Arrays.copyOf(classes, classes.length); }
    }
}
