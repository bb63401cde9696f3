package lyceum.learn.uncertainty;

import lyceum.stats.learner.Model;
import lyceum.tensor.Tensor;

/**
 * A fitted model that says what it does not know.
 *
 * {@snippet :
 * var ensemble = ClassEnsemble.fit(seed -> new MlpClassifier(64).withSeed(seed), 5, x, labels);
 * ClassForecast forecast = ensemble.forecast(z);
 * double[] ask = forecast.epistemic();                          // where a label would teach something
 * double area = RiskCoverage.of(forecast.total(), forecast.errors(truth)).area();
 * }
 */
public interface UncertaintyEstimator<F extends Forecast> extends Model {
    /** @param x (n x p) */
    F forecast(Tensor x);
}
