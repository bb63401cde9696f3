package lyceum.learn.cluster;

import java.util.function.IntToDoubleFunction;
import lyceum.ShapeException;
import lyceum.backend.NearestPoints;
import lyceum.backend.Parallel;
import lyceum.linalg.dense.SquaredDistances;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/** Weighted rows, cut into pieces of parallel work by their number alone, so that sums by piece do not depend on threads. */
final class Points {
    /** Rows that are looked at together. */
    static final int BLOCK = 256;
    private static final NearestPoints NEAREST = NearestPoints.best();
    private static final int PIECES = 32, LEAST_BLOCKS = 4;

    final int n, p, pieces;
    final double[] rows;
    final double[] weights;
    /** Rows of a piece, the last one's aside. */
    private final int grain;
    /** Found when they are asked for first. */
    private double[] middle;
    private double total;

    /** What is done with rows {@code from .. to - 1}, which are piece number {@code piece}. */
    interface Piece {
        void take(int piece, int from, int to);
    }

    Points(LearnerInput input, Tensor weights) { this(input.x(), input.weights(weights)); }

    /** @param x (n x p), checked */
    Points(Tensor x, double[] weights) {
        this.n = (int) x.size(0);
        this.p = (int) x.size(1);
        this.weights = weights;
        if (x.count() > Integer.MAX_VALUE - 8) {
            throw new ShapeException("k-means: x has shape " + x.shape() + ", more than 2^31 - 9 values; use mini-batches of rows");
        }
        this.rows = x.toDoubleArray();
        int blocks = (n + BLOCK - 1) / BLOCK;
        this.grain = BLOCK * Math.max(LEAST_BLOCKS, (blocks + PIECES - 1) / PIECES);
        this.pieces = (n + grain - 1) / grain;
    }

    /** All rows, in pieces side by side. */
    void inPieces(Piece body) {
        Parallel.range(pieces, 1, (first, last) -> {
            for (int piece = (int) first; piece < last; piece++) body.take(piece, piece * grain, Math.min(n, (piece + 1) * grain));
        });
    }

    /** A value of each row, added up. */
    double sum(IntToDoubleFunction ofRow) {
        var sums = new double[pieces];
        inPieces((piece, from, to) -> {
            double sum = 0;
            for (int i = from; i < to; i++) sum += ofRow.applyAsDouble(i);
            sums[piece] = sum;
        });
        double total = 0;
        for (double sum : sums) total += sum;
        return total;
    }

    int positive() {
        int count = 0;
        for (double w : weights) if (w > 0) count++;
        return count;
    }

    /** The nearest centres of the first {@code count} of some rows. @param table of k centres */
    void nearest(int[] which, int count, double[] table, int k, NearestPoints.Nearest out) {
        NEAREST.nearest(rows, p, which, count, table, k, out);
    }

    /** The squared distances of one row to all centres. */
    void squaredDistances(int row, double[] table, int k, double[] out) { NEAREST.distances(rows, row * p, p, table, k, out); }

    /** The squared distance of one row, added up in the same order and so the same to the last bit. */
    double squaredDistance(int row, double[] c, int from) {
        return SquaredDistances.ofRow(rows, row * p, c, from, p);
    }

    /** The weighted mean of the rows. */
    double[] middle() {
        if (middle == null) {
            double[] mean = mean(weights);
            total = sum(i -> weights[i] * squaredDistance(i, mean, 0));
            middle = mean;
        }
        return middle;
    }

    /** The weighted sum of squared distances of the rows to their mean. */
    double total() {
        middle();
        return total;
    }

    private double[] mean(double[] weights) {
        var sums = new double[pieces][p];
        var masses = new double[pieces];
        inPieces((piece, from, to) -> {
            double[] sum = sums[piece];
            double mass = 0;
            for (int i = from; i < to; i++) {
                double w = weights == null ? 1 : weights[i];
                mass += w;
                for (int j = 0, at = i * p; j < p; j++) sum[j] += w * rows[at + j];
            }
            masses[piece] = mass;
        });
        var mean = new double[p];
        double total = 0;
        for (int piece = 0; piece < pieces; piece++) {
            total += masses[piece];
            for (int j = 0; j < p; j++) mean[j] += sums[piece][j];
        }
        for (int j = 0; j < p; j++) mean[j] /= total;
        return mean;
    }

    /** The mean over columns of their variance, weights left aside as scikit-learn does: the scale of the stopping rule. */
    double meanVariance() {
        double[] mean = mean(null);
        return sum(i -> squaredDistance(i, mean, 0)) / n / p;
    }
}
