package lyceum.learn.cluster;

import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.linalg.dense.SquaredDistances;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * Weighted rows stored twice: row by row for means, and in blocks of {@value SquaredDistances#BLOCK} rows column by column, so that the distances of a whole
 * block to one centre are vector code (a sum along a row is not, its order is fixed).
 */
final class Points {
    static final int BLOCK = SquaredDistances.BLOCK;
    /** At most so many pieces of parallel work, each with sums of its own. */
    private static final int PIECES = 32;

    final int n, p, blocks;
    final double[] rows;
    final double[] weights;
    /** Column j of block b is {@code columns[b * p + j]}; the last block is filled up with zeros. */
    private final double[][] columns;

    Points(LearnerInput input, Tensor weights) { this(input.x(), input.weights(weights)); }

    /** @param x (n x p), checked */
    Points(Tensor x, double[] weights) {
        this.n = (int) x.size(0);
        this.p = (int) x.size(1);
        this.blocks = (n + BLOCK - 1) / BLOCK;
        this.weights = weights;
        if (x.count() > Integer.MAX_VALUE - 8 || (long) blocks * p > Integer.MAX_VALUE - 8) {
            throw new ShapeException("k-means: x has shape " + x.shape() + ", more than 2^31 - 9 values; use mini-batches of rows");
        }
        this.rows = x.toDoubleArray();
        this.columns = new double[blocks * p][];
        Parallel.range(blocks, 8, (from, to) -> {
            for (int b = (int) from; b < to; b++) turn(b);
        });
    }

    private void turn(int b) {
        int first = b * BLOCK, count = count(b);
        for (int j = 0; j < p; j++) {
            var column = new double[BLOCK];
            for (int r = 0, at = first * p + j; r < count; r++, at += p) column[r] = rows[at];
            columns[b * p + j] = column;
        }
    }

    /** Rows of block {@code b}. */
    int count(int b) { return Math.min(BLOCK, n - b * BLOCK); }

    /** Blocks in a piece of parallel work: fixed by the size alone, so that sums do not depend on threads. */
    int grain() { return Math.max(4, (blocks + PIECES - 1) / PIECES); }

    int pieces() { return (blocks + grain() - 1) / grain(); }

    int positive() {
        int count = 0;
        for (double w : weights) if (w > 0) count++;
        return count;
    }

    /** Squared distances of the rows of block {@code b} to the centre that starts at {@code c[from]}. */
    void squaredDistances(int b, double[] c, int from, double[] out) { SquaredDistances.ofBlock(columns, b * p, c, from, p, out); }

    /** Likewise to {@code count} centres that stand one after the other. */
    void squaredDistances(int b, double[] c, int from, int count, double[][] out) {
        SquaredDistances.ofBlock(columns, b * p, c, from, count, p, out);
    }

    /** The squared distance of one row, added up in the same order and so the same to the last bit. */
    double squaredDistance(int row, double[] c, int from) {
        return SquaredDistances.ofRow(rows, row * p, c, from, p);
    }

    /** The weighted mean of the rows. */
    double[] mean() {
        var mean = new double[p];
        double total = 0;
        for (int i = 0; i < n; i++) {
            double w = weights[i];
            total += w;
            for (int j = 0, at = i * p; j < p; j++) mean[j] += w * rows[at + j];
        }
        for (int j = 0; j < p; j++) mean[j] /= total;
        return mean;
    }

    /** The mean over columns of their variance, weights left aside as scikit-learn does: the scale of the stopping rule. */
    double meanVariance() {
        double sum = 0;
        var mean = new double[p];
        for (int i = 0; i < n; i++) for (int j = 0; j < p; j++) mean[j] += rows[i * p + j];
        for (int j = 0; j < p; j++) mean[j] /= n;
        for (int i = 0; i < n; i++) sum += squaredDistance(i, mean, 0);
        return sum / n / p;
    }
}
