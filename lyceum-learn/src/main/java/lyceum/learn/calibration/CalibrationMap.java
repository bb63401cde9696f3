package lyceum.learn.calibration;

import lyceum.tensor.Tensor;

/** A fitted {@link Calibrator}: immutable, and a record that models can save. */
public sealed interface CalibrationMap permits SigmoidMap, IsotonicMap, TemperatureMap, VectorMap {
    /** Probabilities (n x classes), rows summing to 1, F64, of scores in the form that it was fitted to. */
    Tensor apply(Tensor scores);
}
