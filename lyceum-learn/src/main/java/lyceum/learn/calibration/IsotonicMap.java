package lyceum.learn.calibration;

import java.util.List;
import lyceum.tensor.Tensor;

/**
 * What {@link IsotonicScaling} fitted.
 *
 * @param steps the probability of class 1 of two, or of each class against the rest
 * @param margin probabilities keep at least this distance from 0 and 1 (before they are scaled to sum 1)
 */
public record IsotonicMap(List<IsotonicRegression> steps, double margin) implements CalibrationMap {
    public IsotonicMap { steps = List.copyOf(steps); }

    @Override public Tensor apply(Tensor scores) {
        var s = Scores.of("IsotonicMap.apply", scores, steps.size());
        var each = new double[steps.size()][];
        for (int c = 0; c < each.length; c++) {
            each[c] = s.column(c);
            for (int i = 0; i < each[c].length; i++) each[c][i] = Math.clamp(steps.get(c).at(each[c][i]), margin, 1 - margin);
        }
        return Scores.normalised(each);
    }
}
