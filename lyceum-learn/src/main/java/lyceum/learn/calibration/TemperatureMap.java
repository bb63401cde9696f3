package lyceum.learn.calibration;

import lyceum.DType;
import lyceum.tensor.Tensor;

/**
 * What {@link TemperatureScaling} fitted: {@code softmax(z / temperature)}, or {@code sigmoid(s / temperature)} of a single column.
 *
 * @param columns of the scores: 1, or one a class
 */
public record TemperatureMap(double temperature, int columns) implements CalibrationMap {
    public TemperatureMap {
        if (!(temperature > 0)) throw new IllegalArgumentException("TemperatureMap: temperature is " + temperature + "; it is positive");
    }

    @Override public Tensor apply(Tensor scores) {
        var s = Scores.of("TemperatureMap.apply", scores, columns);
        int k = Math.max(2, columns);
        var p = new double[s.rows().length][k];
        for (int i = 0; i < p.length; i++) softmax(s.rows()[i], 1 / temperature, p[i]);
        return p.length == 0 ? Tensor.zeros(DType.F64, 0, k) : Tensor.of(p);
    }

    /** {@code softmax(b z)} into p; a single z stands for (0, z). */
    static void softmax(double[] z, double b, double[] p) {
        boolean single = z.length == 1;
        double top = single ? Math.max(0, b * z[0]) : Double.NEGATIVE_INFINITY, sum = 0;
        if (!single) for (double v : z) top = Math.max(top, b * v);
        for (int k = 0; k < p.length; k++) sum += p[k] = Math.exp((single ? k * b * z[0] : b * z[k]) - top);
        for (int k = 0; k < p.length; k++) p[k] /= sum;
    }
}
