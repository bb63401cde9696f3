package lyceum.learn.neural;

import java.util.Arrays;
import lyceum.tensor.Tensor;

/**
 * What each column is centred by and divided by.
 *
 * @param centre subtracted from each column
 * @param scale what the difference is divided by, above 0
 */
public record ColumnScale(double[] centre, double[] scale) {
    static ColumnScale none(int columns) {
        var ones = new double[columns];
        Arrays.fill(ones, 1);
        return new ColumnScale(new double[columns], ones);
    }

    /** Weighted mean and deviation of each column; a constant column is divided by 1. */
    public static ColumnScale of(Tensor x, double[] weights) {
        int columns = (int) x.size(1);
        double[] values = x.toDoubleArray(), centre = new double[columns], scale = new double[columns];
        double total = 0;
        for (double w : weights) total += w;
        for (int i = 0; i < values.length; i++) centre[i % columns] += weights[i / columns] / total * values[i];
        for (int i = 0; i < values.length; i++) {
            double d = values[i] - centre[i % columns];
            scale[i % columns] += weights[i / columns] / total * d * d;
        }
        for (int j = 0; j < columns; j++) {
            double deviation = Math.sqrt(scale[j]);
            // Rounding leaves a constant column a deviation of about 1e-16 of its value.
            scale[j] = deviation > 1e-12 * Math.abs(centre[j]) ? deviation : 1;
        }
        return new ColumnScale(centre, scale);
    }

    /** The mean of each column and one scale for all: columns that hardly vary stay small, as they are in distances between rows. */
    public static ColumnScale common(Tensor x) {
        var ones = new double[(int) x.size(0)];
        Arrays.fill(ones, 1);
        var columns = of(x, ones);
        double square = 0;
        for (double v : columns.scale) square += v * v / columns.scale.length;
        Arrays.fill(columns.scale, Math.sqrt(square));
        return columns;
    }

    /** Rows, centred and scaled. */
    public Tensor apply(Tensor x) { return x.sub(Tensor.of(centre).to(x.dtype())).div(Tensor.of(scale).to(x.dtype())); }

    /** The inverse of {@link #apply}. */
    public Tensor undo(Tensor z) { return z.mul(Tensor.of(scale).to(z.dtype())).add(Tensor.of(centre).to(z.dtype())); }
}
