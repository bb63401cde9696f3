/**
 * Intervals and sets of labels that hold what they promise whatever the model, as long as new rows are like those that calibrated them.
 * Start at {@link lyceum.learn.conformal.ConformalPredictor}.
 */
package lyceum.learn.conformal;
