package lyceum.learn.metrics;

import lyceum.ShapeException;
import lyceum.info.Entropy;
import lyceum.info.MutualInformation;
import lyceum.stats.learner.Labels;
import lyceum.tensor.Tensor;

/**
 * How far two partitions of the same rows agree, whatever their labels are called: found clusters and known classes, for study.
 *
 * {@snippet :
 * var agreement = ClusterAgreement.of(Tensor.of(new long[] {0, 0, 0, 1, 1, 1}), Tensor.of(new long[] {0, 0, 1, 1, 1, 1}));
 * agreement.adjustedRand();        // 0.32: 0 in expectation for random groups
 * agreement.purity();              // 0.83: flatters
 * }
 *
 * @param table counts, [class][cluster]
 * @see <a href="https://doi.org/10.1007/BF01908075">Hubert and Arabie (1985)</a>
 * @see <a href="https://aclanthology.org/D07-1043/">Rosenberg and Hirschberg (2007), the V-measure</a>
 */
public record ClusterAgreement(double[][] table) {
    /** @param classes (n), integers @param clusters (n), integers */
    public static ClusterAgreement of(Tensor classes, Tensor clusters) {
        if (classes.rank() != 1 || !classes.shape().equals(clusters.shape()) || classes.size(0) == 0) throw new ShapeException(
                "ClusterAgreement: classes " + classes.shape() + " and clusters " + clusters.shape() + "; both are (n), with rows");
        return new ClusterAgreement(
                MutualInformation.table(Labels.of(classes.toLongArray()).codes(), Labels.of(clusters.toLongArray()).codes()));
    }

    /** The share of pairs on which both agree, less what chance gives, over the most that it can be: 1 for equal partitions. */
    public double adjustedRand() {
        double both = 0, rows = pairs(Entropy.rowSums(table)), columns = pairs(Entropy.columnSums(table)),
                all = pairs(new double[] {total()});
        for (double[] row : table) both += pairs(row);
        double expected = all == 0 ? 0 : rows * columns / all, most = (rows + columns) / 2;
        return most == expected ? 1 : (both - expected) / (most - expected);
    }

    private static double pairs(double[] counts) {
        double sum = 0;
        for (double c : counts) sum += c * (c - 1) / 2;
        return sum;
    }

    private double total() {
        double sum = 0;
        for (double[] row : table) for (double c : row) sum += c;
        return sum;
    }

    /** {@code I / mean of the entropies}, between 0 and 1; random partitions into many groups are above 0. */
    public double normalisedMutualInformation() { return MutualInformation.normalised(table, MutualInformation.Norm.ARITHMETIC); }

    /** {@code 1 - H(class | cluster) / H(class)}: 1 if each cluster holds one class. */
    public double homogeneity() { return share(Entropy.of(Entropy.rowSums(table))); }

    /** {@code 1 - H(cluster | class) / H(cluster)}: 1 if each class lies in one cluster. */
    public double completeness() { return share(Entropy.of(Entropy.columnSums(table))); }

    private double share(double entropy) { return entropy == 0 ? 1 : MutualInformation.of(table) / entropy; }

    /** The harmonic mean of {@link #homogeneity} and {@link #completeness}: equal to {@link #normalisedMutualInformation}. */
    public double vMeasure() {
        double h = homogeneity(), c = completeness();
        return h + c == 0 ? 0 : 2 * h * c / (h + c);
    }

    /** The share of rows whose class is the commonest in their cluster; 1 for clusters of one row each. */
    public double purity() {
        double sum = 0;
        for (int k = 0; k < table[0].length; k++) {
            double most = 0;
            for (double[] row : table) most = Math.max(most, row[k]);
            sum += most;
        }
        return sum / total();
    }

    /** The geometric mean of precision and recall over pairs. */
    public double fowlkesMallows() {
        double both = 0;
        for (double[] row : table) both += pairs(row);
        double scale = Math.sqrt(pairs(Entropy.rowSums(table))) * Math.sqrt(pairs(Entropy.columnSums(table)));
        return scale == 0 ? 0 : both / scale;
    }
}
