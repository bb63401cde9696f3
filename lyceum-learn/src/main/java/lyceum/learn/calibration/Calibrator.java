package lyceum.learn.calibration;

import lyceum.tensor.Tensor;

/**
 * Learns, from scores of rows that the scorer was not fitted to, a map that turns scores into probabilities.
 *
 * {@snippet :
 * var logits = Tensor.of(new double[][] {{4, 2, 0}, {1, 3, -1}, {0, 2, 2.5}, {3, 1, 0}});
 * var truth = Tensor.of(new int[] {0, 0, 2, 0});
 * var map = Calibrator.temperature().fit(logits, truth);
 * map.temperature();
 * map.apply(logits);                                     // softmax(logits / T)
 * }
 *
 * <p>Scores are (n) where there are two classes, larger for class 1; or (n x classes), one column a class: logits, log probabilities, margins.
 */
public sealed interface Calibrator permits PlattScaling, IsotonicScaling, TemperatureScaling, VectorScaling {

    /** {@link #fit(Tensor, Tensor, Tensor)} with equal weights. */
    default CalibrationMap fit(Tensor scores, Tensor truth) { return fit(scores, truth, null); }

    /**
     * @param scores (n) or (n x classes), finite
     * @param truth class numbers 0 .. classes - 1 (n)
     * @param weights (n), at least 0, or null
     */
    CalibrationMap fit(Tensor scores, Tensor truth, Tensor weights);

    /** True if scores are taken for logits; false if any scale will do. */
    boolean takesLogits();

    /** A sigmoid of two numbers; for tens of rows or more. */
    static PlattScaling platt() { return new PlattScaling(); }

    /** Any increasing map; for a thousand rows or more. Clips, so that no log loss is infinite. */
    static IsotonicScaling isotonic() { return new IsotonicScaling(true); }

    /** One number, which leaves the most probable class as it is; the usual choice for networks. */
    static TemperatureScaling temperature() { return new TemperatureScaling(); }

    /** A factor and a shift for each class. */
    static VectorScaling vector() { return new VectorScaling(); }
}
