package lyceum.kernel;

import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.stats.TestResult;
import lyceum.tensor.Tensor;

/**
 * Maximum mean discrepancy: the distance between the mean embeddings of two samples, {@code MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x,
 * y)}. With a characteristic kernel such as {@link Rbf} it is 0 for equal distributions alone, in any dimension.
 *
 * {@snippet :
 * Tensor x = Tensor.randn(Rng.of(1), DType.F64, 60, 2), y = Tensor.randn(Rng.of(2), DType.F64, 50, 2).mul(1.5);
 * var mmd = new Mmd(Rbf.ofMedianDistance(Tensor.concat(0, x, y)));
 * mmd.squared(x, y);
 * mmd.test(x, y, 999, Rng.of(3)).pValue();
 * }
 *
 * @param kernel a valid one
 * @see <a href="https://jmlr.org/papers/v13/gretton12a.html">Gretton, Borgwardt, Rasch, Schölkopf and Smola (2012)</a>
 */
public record Mmd(KernelFunction kernel) {
    /**
     * The unbiased estimate of {@code MMD^2} from x (n x p) and y (m x p): pairs of different rows; it may be below 0. Needs two rows of
     * each.
     */
    public double squared(Tensor x, Tensor y) {
        check("squared", x, y, 2);
        double[] sums = sums(x, y);
        double n = x.size(0), m = y.size(0);
        return (sums[0] - sums[3]) / (n * (n - 1)) + (sums[1] - sums[4]) / (m * (m - 1)) - 2 * sums[2] / (n * m);
    }

    /** {@code |mean embedding of x - mean embedding of y|^2}, pairs of a row with itself included: biased upwards, never below 0. */
    public double biasedSquared(Tensor x, Tensor y) {
        check("biasedSquared", x, y, 1);
        double[] sums = sums(x, y);
        double n = x.size(0), m = y.size(0);
        return sums[0] / (n * n) + sums[1] / (m * m) - 2 * sums[2] / (n * m);
    }

    private void check(String operation, Tensor x, Tensor y, int least) {
        if (x.rank() != 2 || y.rank() != 2 || x.size(1) != y.size(1) || x.size(0) < least || y.size(0) < least)
            throw new ShapeException("Mmd." + operation + ": shapes " + x.shape() + " and " + y.shape()
                    + "; both have the same columns and at least " + least + " rows");
    }

    /** Sums of k over xx, yy and xy, and over the diagonals of xx and yy. */
    private double[] sums(Tensor x, Tensor y) {
        Tensor xx = kernel.gram(x), yy = kernel.gram(y);
        return new double[] {xx.sum().item(), yy.sum().item(), kernel.gram(x, y).sum().item(), xx.diagonal().sum().item(),
                yy.diagonal().sum().item()};
    }

    /**
     * Tests whether x and y come from one distribution: the unbiased {@code MMD^2} against its values when rows are dealt anew, {@code
     * permutations} times. The p-value {@code (1 + deals at least as large) / (1 + permutations)} is exact: with 19, 99, 199, ...
     * permutations the level 0.05 is kept exactly.
     */
    public TestResult test(Tensor x, Tensor y, int permutations, Rng rng) {
        check("test", x, y, 2);
        if (permutations < 1) throw new IllegalArgumentException("Mmd.test: permutations is " + permutations + "; it is at least 1");
        int n = (int) x.size(0), m = (int) y.size(0), total = n + m;
        double[][] k = kernel.gram(Tensor.concat(0, x, y)).toRows();
        for (int i = 0; i < total; i++) k[i][i] = 0;
        var order = new int[total];
        for (int i = 0; i < total; i++) order[i] = i;
        double seen = statistic(k, order, n);
        int asLarge = 0;
        for (int b = 0; b < permutations; b++) {
            rng.shuffle(order);
            // Equal deals may differ in their last digits.
            if (statistic(k, order, n) >= seen - 1e-12 * Math.abs(seen)) asLarge++;
        }
        return new TestResult("kernel two-sample (MMD)", seen, (1.0 + asLarge) / (1.0 + permutations), Double.NaN);
    }

    private static double statistic(double[][] k, int[] order, int n) {
        int total = order.length, m = total - n;
        double within = 0, across = 0, other = 0;
        for (int a = 0; a < total; a++) {
            double[] row = k[order[a]];
            double sum = 0, sumOther = 0;
            for (int b = 0; b < n; b++) sum += row[order[b]];
            if (a < n) {
                within += sum;
            } else {
                across += sum;
                for (int b = n; b < total; b++) sumOther += row[order[b]];
                other += sumOther;
            }
        }
        return within / ((double) n * (n - 1)) + other / ((double) m * (m - 1)) - 2 * across / ((double) n * m);
    }
}
