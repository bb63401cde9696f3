package lyceum.stats.missing;

import lyceum.math.Special;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Makes holes (NaN) in a complete table (n x p), by Rubin's (1976) three mechanisms, so that what an imputation does can be compared with the truth.
 *
 * <p>Where being absent depends on a value, its probability is {@code sigmoid(a + slope z)}, z being the value in standard deviations from its mean and a
 * such that the mean probability over the rows is the share asked for.
 *
 * @see <a href="https://doi.org/10.1093/biomet/63.3.581">Rubin (1976), Inference and missing data</a>
 */
public final class Missingness {
    private Missingness() {}

    /** Where x is NaN, BOOL, of x's shape. */
    public static Tensor mask(Tensor x) { return x.ne(x); }

    /** Completely at random: each cell of these columns, of all if none is named, with probability {@code share}. */
    public static Tensor mcar(Tensor x, double share, Rng rng, int... columns) {
        checkShare(share);
        double[] values = x.toDoubleArray();
        int p = (int) x.size(1);
        var holed = new boolean[p];
        for (int j = 0; j < p; j++) holed[j] = columns.length == 0;
        for (int j : columns) holed[j] = true;
        for (int i = 0; i < values.length; i++) if (holed[i % p] && rng.nextDouble() < share) values[i] = Double.NaN;
        return Tensor.of(values, x.size(0), p);
    }

    /** At random: a cell of {@code column} is absent the likelier, the larger the row's value in {@code driver}, which stays observed. */
    public static Tensor mar(Tensor x, int column, int driver, double share, double slope, Rng rng) {
        if (column == driver)
            throw new IllegalArgumentException("Missingness.mar: column and driver are both " + column + "; that is mnar");
        return holes(x, column, driver, share, slope, rng);
    }

    /** Not at random: a cell of {@code column} is absent the likelier, the larger it is itself. */
    public static Tensor mnar(Tensor x, int column, double share, double slope, Rng rng) {
        return holes(x, column, column, share, slope, rng);
    }

    private static Tensor holes(Tensor x, int column, int driver, double share, double slope, Rng rng) {
        checkShare(share);
        double[][] rows = x.toRows();
        int n = rows.length;
        double mean = 0, square = 0;
        for (var row : rows) mean += row[driver] / n;
        for (var row : rows) square += (row[driver] - mean) * (row[driver] - mean) / n;
        double deviation = square > 0 ? Math.sqrt(square) : 1, low = -50 - 20 * Math.abs(slope), high = -low;
        for (int step = 0; step < 80; step++) {
            double a = (low + high) / 2, total = 0;
            for (var row : rows) total += Special.sigmoid(a + slope * (row[driver] - mean) / deviation) / n;
            if (total < share) low = a;
            else high = a;
        }
        for (var row : rows) {
            double z = (row[driver] - mean) / deviation;
            if (rng.nextDouble() < Special.sigmoid(low + slope * z)) row[column] = Double.NaN;
        }
        return Tensor.of(rows);
    }

    private static void checkShare(double share) {
        if (!(share >= 0 && share < 1)) throw new IllegalArgumentException("Missingness: share is " + share + "; it lies in [0, 1)");
    }
}
