/**
 * Whether predicted probabilities come true, and maps that make them. {@link lyceum.learn.calibration.CalibrationReport} judges,
 * {@link lyceum.learn.calibration.Calibrator} mends, {@link lyceum.learn.calibration.CalibratedClassifier} does both folds and fits for a classifier.
 * Start at {@code Calibrator}.
 */
package lyceum.learn.calibration;
