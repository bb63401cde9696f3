package lyceum.learn.linear;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.stats.ShrunkCovariance;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/** Weighted rows by class: what Gaussian classifiers are made of. */
final class ClassGroups {
    final long[] classes;
    final int n, p, k;
    final double total;
    /** Weight of each class, and its prior. */
    final double[] masses, priors;
    final double[][] means;
    /** For each class its rows of positive weight, centred, and their weights. */
    final double[][][] centred;
    final double[][] weights;

    ClassGroups(LearnerInput input, Tensor y, Tensor sampleWeights, List<Double> given) {
        double[] w = input.weights(sampleWeights);
        var all = input.severalLabels(y);
        // A class whose rows all weigh nothing is not there.
        int[] positive = IntStream.range(0, w.length).filter(i -> w[i] > 0).toArray();
        var labels = input.labels(y);
        this.classes = labels.classes();
        this.k = all.count();
        this.n = positive.length;
        this.p = input.columns();
        this.masses = labels.weightOfClasses(w);
        this.total = Arrays.stream(masses).sum();
        for (int c = 0; c < k; c++)
            if (masses[c] == 0)
                throw new IllegalArgumentException(input.operation() + ": all rows of class " + classes[c] + " have weight 0; drop them");
        if (!given.isEmpty() && given.size() != k)
            throw new IllegalArgumentException(input.operation() + ": " + given.size() + " priors for " + k + " classes");
        this.priors = new double[k];
        for (int c = 0; c < k; c++) priors[c] = given.isEmpty() ? masses[c] / total : given.get(c);
        double[][] rows = input.x().to(DType.F64).toRows();
        this.means = new double[k][p];
        var counts = new int[k];
        for (int i : positive) {
            int c = labels.codes()[i];
            counts[c]++;
            for (int j = 0; j < p; j++) means[c][j] += w[i] / masses[c] * rows[i][j];
        }
        this.centred = new double[k][][];
        this.weights = new double[k][];
        for (int c = 0; c < k; c++) {
            centred[c] = new double[counts[c]][p];
            weights[c] = new double[counts[c]];
        }
        Arrays.fill(counts, 0);
        for (int i : positive) {
            int c = labels.codes()[i], at = counts[c]++;
            weights[c][at] = w[i];
            for (int j = 0; j < p; j++) centred[c][at][j] = rows[i][j] - means[c][j];
        }
    }

    static void checkPriors(List<Double> priors) {
        double sum = 0;
        for (double v : priors) {
            if (!(v > 0 && v < 1)) throw new IllegalArgumentException("a prior is " + v + "; priors lie between 0 and 1");
            sum += v;
        }
        if (!priors.isEmpty() && Math.abs(sum - 1) > 1e-9)
            throw new IllegalArgumentException("the priors " + priors + " sum to " + sum + ", not 1");
    }

    /** {@code sum_c prior_c mean_c}. */
    double[] centre() {
        var centre = new double[p];
        for (int c = 0; c < k; c++) for (int j = 0; j < p; j++) centre[j] += priors[c] * means[c][j];
        return centre;
    }

    /** Covariance of centred rows with divisor n, shrunk. */
    static double[][] covariance(double[][] rows, double[] weights, CovarianceShrinkage shrinkage) {
        int p = rows[0].length;
        if (shrinkage instanceof CovarianceShrinkage.LedoitWolf) return ledoitWolf(rows, p);
        var s = new double[p][p];
        double total = Arrays.stream(weights).sum(), trace = 0;
        for (int i = 0; i < rows.length; i++)
            for (int a = 0; a < p; a++) for (int b = 0; b < p; b++) s[a][b] += weights[i] / total * rows[i][a] * rows[i][b];
        if (shrinkage instanceof CovarianceShrinkage.Fixed(double share)) {
            for (int j = 0; j < p; j++) trace += s[j][j];
            for (int a = 0; a < p; a++) for (int b = 0; b < p; b++) s[a][b] = (1 - share) * s[a][b] + (a == b ? share * trace / p : 0);
        }
        return s;
    }

    private static double[][] ledoitWolf(double[][] rows, int p) {
        var scale = new double[p];
        for (double[] row : rows) for (int j = 0; j < p; j++) scale[j] += row[j] * row[j] / rows.length;
        for (int j = 0; j < p; j++) scale[j] = scale[j] == 0 ? 1 : Math.sqrt(scale[j]);
        var scaled = new double[rows.length][p];
        for (int i = 0; i < rows.length; i++) for (int j = 0; j < p; j++) scaled[i][j] = rows[i][j] / scale[j];
        double[][] s = ShrunkCovariance.ledoitWolf(Tensor.of(scaled)).covariance().toRows();
        for (int a = 0; a < p; a++) for (int b = 0; b < p; b++) s[a][b] *= scale[a] * scale[b];
        return s;
    }

    /** {@code sum_c prior_c S_c}. */
    double[][] within(CovarianceShrinkage shrinkage) {
        var within = new double[p][p];
        for (int c = 0; c < k; c++) {
            double[][] s = covariance(centred[c], weights[c], shrinkage);
            for (int a = 0; a < p; a++) for (int b = 0; b < p; b++) within[a][b] += priors[c] * s[a][b];
        }
        return within;
    }

    /** All rows about the grand mean of the rows. */
    double[][] total(CovarianceShrinkage shrinkage) {
        var mean = new double[p];
        for (int c = 0; c < k; c++) for (int j = 0; j < p; j++) mean[j] += masses[c] / total * means[c][j];
        var rows = new double[n][p];
        var w = new double[n];
        for (int c = 0, at = 0; c < k; c++) {
            for (int i = 0; i < centred[c].length; i++, at++) {
                w[at] = weights[c][i];
                for (int j = 0; j < p; j++) rows[at][j] = centred[c][i][j] + means[c][j] - mean[j];
            }
        }
        return covariance(rows, w, shrinkage);
    }
}
