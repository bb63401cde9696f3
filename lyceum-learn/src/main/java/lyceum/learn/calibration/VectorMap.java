package lyceum.learn.calibration;

import lyceum.DType;
import lyceum.tensor.Tensor;

/** What {@link VectorScaling} fitted: {@code softmax(scale_k z_k + shift_k)}. */
public record VectorMap(double[] scale, double[] shift) implements CalibrationMap {
    @Override public Tensor apply(Tensor scores) {
        var s = Scores.of("VectorMap.apply", scores, scale.length);
        var p = new double[s.rows().length][scale.length];
        for (int i = 0; i < p.length; i++) {
            double[] u = s.rows()[i];
            for (int c = 0; c < u.length; c++) u[c] = scale[c] * u[c] + shift[c];
            TemperatureMap.softmax(u, 1, p[i]);
        }
        return p.length == 0 ? Tensor.zeros(DType.F64, 0, scale.length) : Tensor.of(p);
    }
}
