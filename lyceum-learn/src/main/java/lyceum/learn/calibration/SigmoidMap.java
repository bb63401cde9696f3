package lyceum.learn.calibration;

import lyceum.tensor.Tensor;

/**
 * What {@link PlattScaling} fitted, {@code p = 1 / (1 + exp(-(slope s + intercept)))}: one entry for two classes, or one for each class against the rest.
 */
public record SigmoidMap(double[] slope, double[] intercept) implements CalibrationMap {
    @Override public Tensor apply(Tensor scores) {
        var s = Scores.of("SigmoidMap.apply", scores, slope.length);
        var each = new double[slope.length][];
        for (int c = 0; c < each.length; c++) {
            each[c] = s.column(c);
            for (int i = 0; i < each[c].length; i++) each[c][i] = sigmoid(slope[c] * each[c][i] + intercept[c]);
        }
        return Scores.normalised(each);
    }

    static double sigmoid(double z) {
        double e = Math.exp(-Math.abs(z));
        return z >= 0 ? 1 / (1 + e) : e / (1 + e);
    }
}
