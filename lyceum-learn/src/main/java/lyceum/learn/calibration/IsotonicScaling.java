package lyceum.learn.calibration;

import java.util.ArrayList;
import lyceum.tensor.Tensor;

/**
 * Isotonic regression of the class on the score. More than two classes: each against the rest, scaled to sum 1.
 *
 * @param clip keeps probabilities in {@code [1 / (n + 2), 1 - 1 / (n + 2)]} for n rows: one positive in a step at 0 would cost an infinite log loss
 * @see <a href="https://doi.org/10.1145/775047.775151">Zadrozny and Elkan (2002)</a>
 */
public record IsotonicScaling(boolean clip) implements Calibrator {
    /** The same without clipping, or with it. */
    public IsotonicScaling withClip(boolean clip) { return new IsotonicScaling(clip); }

    @Override public boolean takesLogits() { return false; }

    @Override public IsotonicMap fit(Tensor scores, Tensor truth) { return fit(scores, truth, null); }

    @Override public IsotonicMap fit(Tensor scores, Tensor truth, Tensor weights) {
        var s = Scores.of("IsotonicScaling.fit", scores);
        int[] classes = s.truth("IsotonicScaling.fit", truth);
        double[] w = s.weights("IsotonicScaling.fit", weights);
        var steps = new ArrayList<IsotonicRegression>();
        for (int c = 0; c < (s.single() ? 1 : s.classes()); c++) {
            var y = new double[classes.length];
            for (int i = 0; i < y.length; i++) y[i] = classes[i] == (s.single() ? 1 : c) ? 1 : 0;
            steps.add(IsotonicRegression.fit(s.column(c), y, w));
        }
        return new IsotonicMap(steps, clip ? 1.0 / (classes.length + 2) : 0);
    }
}
