package lyceum.data.augment;

import lyceum.tensor.Tensor;

/** Random changes of a table's rows. */
public final class RowAugment {
    private RowAugment() {}

    /** Normal noise of {@code share} of each column's deviation; integers and codes are no place for it. @param deviations of the columns */
    public static Augment<double[]> jitter(double[] deviations, double share) {
        return (row, rng) -> {
            var changed = row.clone();
            for (int j = 0; j < row.length; j++) changed[j] += share * deviations[j] * rng.nextGaussian();
            return changed;
        };
    }

    /** Each cell replaced, with probability p, by that of another row drawn at random: every value stays one that the column has. @param x (n, p) */
    public static Augment<double[]> swap(Tensor x, double p) {
        Augment.check("swap", "p", p, 0, 1);
        double[][] rows = x.toRows();
        return (row, rng) -> {
            var changed = row.clone();
            for (int j = 0; j < row.length; j++) if (rng.nextDouble() < p) changed[j] = rows[rng.nextInt(rows.length)][j];
            return changed;
        };
    }

    /** Each cell missing (NaN) with probability p. */
    public static Augment<double[]> mask(double p) {
        Augment.check("mask", "p", p, 0, 1);
        return (row, rng) -> {
            var changed = row.clone();
            for (int j = 0; j < row.length; j++) if (rng.nextDouble() < p) changed[j] = Double.NaN;
            return changed;
        };
    }
}
