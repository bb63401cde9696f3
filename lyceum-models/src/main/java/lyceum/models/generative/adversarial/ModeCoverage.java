package lyceum.models.generative.adversarial;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Which modes of a distribution with known modes a generator finds: an item belongs to the nearest centre, if it lies within some deviations of it.
 *
 * {@snippet :
 * var coverage = ModeCoverage.of(samples, centres, 0.1, 3);
 * coverage.covered(0.02);          // modes with at least 2% of the items
 * coverage.quality();              // share of items that lie at a mode
 * }
 *
 * @param shares of all items, by mode
 */
public record ModeCoverage(double[] shares) {
    /**
     * @param x items (n, d)
     * @param centres (modes, d)
     * @param deviation of each mode
     * @param within so many deviations, the Euclidean distance counts
     */
    public static ModeCoverage of(Tensor x, double[][] centres, double deviation, double within) {
        if (x.rank() != 2 || centres.length == 0 || x.size(1) != centres[0].length || x.size(0) == 0) throw new ShapeException(
                "ModeCoverage: items " + x.shape() + " and " + centres.length + " centres; rows (n, d) and some centres of d");
        if (!(deviation > 0 && within > 0))
            throw new IllegalArgumentException("ModeCoverage: deviation " + deviation + " and within " + within + "; both are above 0");
        var counts = new long[centres.length];
        for (double[] row : x.toRows()) {
            int nearest = -1;
            double least = within * deviation * within * deviation;
            for (int k = 0; k < centres.length; k++) {
                double distance = 0;
                for (int j = 0; j < row.length; j++) distance += (row[j] - centres[k][j]) * (row[j] - centres[k][j]);
                if (distance <= least) {
                    least = distance;
                    nearest = k;
                }
            }
            if (nearest >= 0) counts[nearest]++;
        }
        return ofCounts(counts, x.size(0));
    }

    /** By the class that a classifier sees in each item. @param labels class numbers below {@code modes} */
    public static ModeCoverage ofLabels(long[] labels, int modes) {
        if (labels.length == 0) throw new IllegalArgumentException("ModeCoverage: there are no labels");
        var counts = new long[modes];
        for (long label : labels) counts[Math.toIntExact(label)]++;
        return ofCounts(counts, labels.length);
    }

    private static ModeCoverage ofCounts(long[] counts, long n) {
        var shares = new double[counts.length];
        for (int k = 0; k < shares.length; k++) shares[k] = (double) counts[k] / n;
        return new ModeCoverage(shares);
    }

    public ModeCoverage { shares = shares.clone(); }

    /** A copy. */
    @Override public double[] shares() { return shares.clone(); }

    /** How many modes have at least that share. */
    public int covered(double share) {
        int covered = 0;
        for (double s : shares) if (s >= share) covered++;
        return covered;
    }

    /** The share of items that lie at any mode. */
    public double quality() {
        double sum = 0;
        for (double s : shares) sum += s;
        return sum;
    }

    /** The smallest share. */
    public double least() {
        double least = 1;
        for (double s : shares) least = Math.min(least, s);
        return least;
    }
}
