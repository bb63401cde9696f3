package lyceum.learn.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Boosting gives rows weights of all sizes; sums that cancel must not make a split look good. */
class TinyWeightsTest {
    @Test void aRowOfNoWeightIsNotCutOff() {
        int n = 200;
        double[] x = new double[n], w = new double[n], y = new double[n];
        var labels = new long[n];
        for (int i = 0; i < n; i++) {
            x[i] = i;
            labels[i] = i < 100 ? i % 10 == 0 ? 1 : 0 : i % 10 == 0 ? 0 : 2;
            y[i] = labels[i];
            w[i] = 0.1 + 0.01 * (i * 7 % 13);
        }
        for (double tiny : new double[] {1e-14, 1e-16, 1e-18, 1e-25}) {
            w[n - 1] = w[n - 2] = tiny;
            Tensor rows = Tensor.of(x, n, 1), weights = Tensor.of(w);
            for (var criterion : List.of(SplitCriterion.GINI, SplitCriterion.ENTROPY))
                assertThat(
                        new DecisionTreeClassifier(criterion).withMaxDepth(1).fit(rows, Tensor.of(labels), weights).tree().threshold()[0])
                        .as("%s %s", criterion, tiny).isBetween(90.0, 110.0);
            for (var criterion : List.of(SplitCriterion.SQUARED_ERROR, SplitCriterion.POISSON, SplitCriterion.ABSOLUTE_ERROR))
                assertThat(new DecisionTreeRegressor(criterion).withMaxDepth(1).fit(rows, Tensor.of(y), weights).tree().threshold()[0])
                        .as("%s %s", criterion, tiny).isBetween(90.0, 110.0);
        }
    }
}
