package lyceum.learn.fairness;

import java.util.Arrays;
import lyceum.DType;
import lyceum.stats.learner.Classifier;
import lyceum.tensor.Tensor;

/**
 * Moves every value to the place that it would have in all groups alike: a value at quantile q of its group becomes the median over
 * groups of
 * their q-quantiles, column by column. Order within a group stays; what told the groups apart is gone. Deciding needs the group.
 *
 * @param base fitted to the repaired columns
 * @param level 1 repairs in full, 0 not at all, between them values move a part of the way
 * @see <a href="https://arxiv.org/abs/1412.3756">Feldman, Friedler, Moeller, Scheidegger and Venkatasubramanian (2015), Certifying and
 *     Removing
 *     Disparate Impact</a>
 */
public record DisparateImpactRepair(Classifier base, double level) implements BiasMitigation {
    public DisparateImpactRepair {
        if (!(level >= 0 && level <= 1))
            throw new IllegalArgumentException("DisparateImpactRepair: level is " + level + "; it lies between 0 and 1");
    }

    /** Full repair. */
    public DisparateImpactRepair(Classifier base) { this(base, 1); }

    @Override public FairModel fit(Tensor x, Tensor labels, Tensor groups) {
        var rows = GroupedRows.of("DisparateImpactRepair.fit", x, labels, groups);
        var repair = repair(x, groups);
        var model = Decisions.fit(base, repair.of(rows.x(), groups.toLongArray()), rows.labels(), null);
        return (z, g) -> model.of(repair.of(z, g));
    }

    /** The map that training rows lay down. */
    public Repair repair(Tensor x, Tensor groups) {
        int n = (int) x.size(0), p = (int) x.size(1);
        var found = GroupedRows.groups("DisparateImpactRepair", groups.toLongArray(), n);
        double[] values = x.toDoubleArray();
        var sorted = new double[p][found.count()][];
        for (int j = 0; j < p; j++) {
            for (int g = 0; g < found.count(); g++) {
                var column = new double[n];
                int size = 0;
                for (int i = 0; i < n; i++) if (found.codes()[i] == g) column[size++] = values[i * p + j];
                sorted[j][g] = Arrays.copyOf(column, size);
                Arrays.sort(sorted[j][g]);
            }
        }
        return new Repair(level, found.classes(), sorted);
    }

    /** A fitted repair. */
    public static final class Repair {
        private final double level;
        private final long[] groups;
        private final double[][][] sorted;

        private Repair(double level, long[] groups, double[][][] sorted) {
            this.level = level;
            this.groups = groups;
            this.sorted = sorted;
        }

        /** Repaired rows (n x p), F64. @throws IllegalArgumentException if a group was not in the training rows */
        public Tensor of(Tensor x, long[] group) {
            int n = (int) x.size(0), p = (int) x.size(1);
            double[] values = x.to(DType.F64).toDoubleArray(), quantiles = new double[groups.length];
            for (int i = 0; i < n; i++) {
                int g = GroupedRows.code("DisparateImpactRepair", groups, group[i]);
                for (int j = 0; j < p; j++) {
                    double q = rank(sorted[j][g], values[i * p + j]);
                    for (int k = 0; k < quantiles.length; k++) quantiles[k] = quantile(sorted[j][k], q);
                    Arrays.sort(quantiles);
                    int half = quantiles.length / 2;
                    double median = quantiles.length % 2 == 1 ? quantiles[half] : (quantiles[half - 1] + quantiles[half]) / 2;
                    values[i * p + j] += level * (median - values[i * p + j]);
                }
            }
            return Tensor.of(values, n, p);
        }

        /** The share of the group below the value, ties by half, in [0, 1]. */
        private static double rank(double[] sorted, double value) {
            return (places(sorted, value, false) + places(sorted, value, true)) / (2.0 * sorted.length);
        }

        private static int places(double[] sorted, double value, boolean withTies) {
            int low = 0, high = sorted.length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (sorted[middle] < value || withTies && sorted[middle] == value) low = middle + 1;
                else high = middle;
            }
            return low;
        }

        /** By linear interpolation; value number k lies at (k + 1/2) / n, where {@link #rank} puts it. */
        private static double quantile(double[] sorted, double q) {
            double at = Math.clamp(q * sorted.length - 0.5, 0, sorted.length - 1);
            int below = (int) at;
            return below + 1 == sorted.length ? sorted[below] : sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
        }
    }
}
