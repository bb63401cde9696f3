package lyceum.labs.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;

import lyceum.learn.linear.LogisticRegression;
import lyceum.prob.LogOdds;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

/** What a coefficient of logistic regression means, read from its probabilities alone. */
class LogitCoefficientsTest {
    @Test
    @Acceptance(topic = "logit", clause = 4) void aUnitOfAFeatureAddsItsCoefficient() {
        var rng = Rng.of(1944);
        int n = 400, p = 4;
        var x = new double[n * p];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            double z = -0.3;
            for (int j = 0; j < p; j++) z += (j - 1) * 0.7 * (x[i * p + j] = rng.nextGaussian());
            y[i] = rng.nextDouble() < 1 / (1 + Math.exp(-z)) ? 1 : 0;
        }
        var model = new LogisticRegression().unpenalised().fit(Tensor.of(x, n, p), Tensor.of(y));
        double[] coefficients = model.coefficients().toDoubleArray(), before = model.predictProba(Tensor.of(x, n, p)).toDoubleArray();
        double worst = 0, largest = 0;
        for (int j = 0; j < p; j++) {
            var moved = x.clone();
            for (int i = 0; i < n; i++) moved[i * p + j] += 1;
            double[] after = model.predictProba(Tensor.of(moved, n, p)).toDoubleArray();
            for (int i = 0; i < n; i++) {
                double change = LogOdds.logit(after[2 * i + 1]) - LogOdds.logit(before[2 * i + 1]);
                worst = Math.max(worst, Math.abs(change - coefficients[j]));
            }
            largest = Math.max(largest, Math.abs(coefficients[j]));
        }
        Evidence.of("change of the logit less the coefficient, 400 rows and 4 features", worst, below(1e-9));
        Evidence.of("largest coefficient", largest, above(1));
    }
}
