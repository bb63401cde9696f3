package lyceum.learn.preprocessing;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * Mean, variance, least and largest value of each column, of rows that come in blocks or in shards that are merged: what scalers are made of when the
 * rows do not fit into memory.
 *
 * {@snippet :
 * var seen = new ColumnStatistics(13);
 * for (var block : blocks) seen.add(block);
 * seen.merge(otherMachine);
 * var scaling = seen.standard(true);
 * }
 *
 * <p>Sums of squares are taken about each block's mean and merged by Chan, Golub and LeVeque (1983). All of it is kept relative to the first row seen, so
 * that columns far from 0 lose nothing. Costs 5 doubles a column; covariances too: {@link lyceum.stats.Moments}. Holds state; one thread.
 */
public final class ColumnStatistics {
    private final int columns;
    private double weight;
    /** The mean is {@code origin + mean}; {@code squares} is the sum of w (x - mean)^2. */
    private final double[] origin, mean, squares, low, high;

    /** Nothing yet. */
    public ColumnStatistics(int columns) {
        if (columns < 1) throw new ShapeException("ColumnStatistics: " + columns + " columns; at least 1");
        this.columns = columns;
        origin = new double[columns];
        mean = new double[columns];
        squares = new double[columns];
        low = new double[columns];
        high = new double[columns];
        Arrays.fill(low, Double.POSITIVE_INFINITY);
        Arrays.fill(high, Double.NEGATIVE_INFINITY);
    }

    /** Adds rows (n x p). Returns this. */
    public ColumnStatistics add(Tensor x) { return add(x, null); }

    /** Adds rows (n x p), of weights (n); those of weight 0 are not looked at. Returns this. */
    public ColumnStatistics add(Tensor x, Tensor weights) {
        var input = LearnerInput.matrix("ColumnStatistics.add", x, false);
        checkColumns(input.columns());
        return input.rows() == 0 ? this : merge(block(input.x().toDoubleArray(), input.weights(weights)));
    }

    private ColumnStatistics block(double[] x, double[] w) {
        var block = new ColumnStatistics(columns);
        for (double v : w) block.weight += v;
        for (int j = 0; j < columns; j++) {
            double from = x[j], sum = 0, square = 0;
            for (int i = 0; i < w.length; i++) sum += w[i] * (x[i * columns + j] - from);
            double centre = sum / block.weight;
            for (int i = 0; i < w.length; i++) {
                double v = x[i * columns + j], d = v - from - centre;
                square += w[i] * d * d;
                if (w[i] == 0) continue;
                block.low[j] = Math.min(block.low[j], v);
                block.high[j] = Math.max(block.high[j], v);
            }
            block.origin[j] = from;
            block.mean[j] = centre;
            block.squares[j] = square;
        }
        return block;
    }

    /** Adds sparse rows, whose absent entries are zeros. Returns this. */
    public ColumnStatistics add(Csr x) {
        checkColumns((int) x.columns());
        var block = new ColumnStatistics(columns);
        block.weight = x.rows();
        if (x.rows() == 0) return this;
        var stored = new int[columns];
        double[] values = x.values().toDoubleArray();
        for (int e = 0; e < values.length; e++) {
            int j = x.column(e);
            if (!Double.isFinite(values[e])) throw new IllegalArgumentException(
                    "ColumnStatistics.add: x is " + values[e] + " in column " + j + "; fill or drop it first");
            stored[j]++;
            block.mean[j] += values[e] / block.weight;
            block.low[j] = Math.min(block.low[j], values[e]);
            block.high[j] = Math.max(block.high[j], values[e]);
        }
        for (int e = 0; e < values.length; e++) {
            double d = values[e] - block.mean[x.column(e)];
            block.squares[x.column(e)] += d * d;
        }
        for (int j = 0; j < columns; j++) {
            double zeros = block.weight - stored[j];
            if (zeros == 0) continue;
            block.squares[j] += zeros * block.mean[j] * block.mean[j];
            block.low[j] = Math.min(block.low[j], 0);
            block.high[j] = Math.max(block.high[j], 0);
        }
        return merge(block);
    }

    /** Adds all that {@code other} has seen. Returns this. */
    public ColumnStatistics merge(ColumnStatistics other) {
        checkColumns(other.columns);
        if (other.weight == 0) return this;
        double total = weight + other.weight, share = other.weight / total;
        for (int j = 0; j < columns; j++) {
            if (weight == 0) origin[j] = other.origin[j];
            double delta = other.origin[j] - origin[j] + (other.mean[j] - mean[j]);
            squares[j] += other.squares[j] + delta * delta * weight * share;
            mean[j] += delta * share;
            low[j] = Math.min(low[j], other.low[j]);
            high[j] = Math.max(high[j], other.high[j]);
        }
        weight = total;
        return this;
    }

    private void checkColumns(int given) {
        if (given != columns) throw new ShapeException("ColumnStatistics: " + given + " columns; there were " + columns);
    }

    public int columns() { return columns; }

    /** Rows seen, or the sum of their weights. */
    public double weight() { return weight; }

    /** (p), NaN before any row. */
    public double[] means() { return each(j -> origin[j] + mean[j]); }

    /** Of the rows seen, with divisor n: (p). */
    public double[] variances() { return each(j -> squares[j] / weight); }

    /** Least values (p). */
    public double[] minima() { return each(j -> low[j]); }

    /** Largest values (p). */
    public double[] maxima() { return each(j -> high[j]); }

    /** Mean 0 and deviation 1. A column without spread is centred only. @param centre false leaves the means, as sparse rows need */
    public AffineScaling standard(boolean centre) {
        return AffineScaling.of(centre ? means() : new double[columns], each(j -> {
            double deviation = Math.sqrt(squares[j] / weight);
            // rounding leaves a constant column a deviation of about 1e-16 of its value
            return deviation > 1e-14 * Math.abs(origin[j] + mean[j]) ? deviation : 1;
        }));
    }

    /** Least value to {@code from}, largest to {@code to}; a constant column to {@code from}. */
    public AffineScaling minMax(double from, double to) {
        double[] scale = each(j -> (high[j] > low[j] ? high[j] - low[j] : 1) / (to - from));
        return AffineScaling.of(each(j -> low[j] - from * scale[j]), scale);
    }

    /** The largest size to 1; a column of zeros stays. */
    public AffineScaling maxAbs() {
        return AffineScaling.of(new double[columns], each(j -> {
            double size = Math.max(Math.abs(low[j]), Math.abs(high[j]));
            return size == 0 ? 1 : size;
        }));
    }

    private interface Column {
        double value(int j);
    }

    private double[] each(Column column) {
        var values = new double[columns];
        for (int j = 0; j < columns; j++) values[j] = weight == 0 ? Double.NaN : column.value(j);
        return values;
    }
}
