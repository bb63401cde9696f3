package lyceum.learn.multioutput;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.kernel.Rbf;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.linear.LinearRegressionModel;
import lyceum.learn.linear.Ridge;
import lyceum.learn.svm.SvmRegressor;
import lyceum.learn.tree.DecisionTreeRegressor;

import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class MultiOutputTest {
    private static final Tensor X = Tensor.randn(Rng.of(1), DType.F64, 80, 3).compute();

    @TestFactory Stream<DynamicTest> modelsATargetKeepTheContract() {
        return LearnerContract.of(new MultiOutput(new DecisionTreeRegressor())).tests();
    }

    @TestFactory Stream<DynamicTest> chainsKeepTheContract() {
        return LearnerContract.of(new MultiOutput(new Ridge(1.0)).withChained(true)).tests();
    }

    @Test void eachTargetIsWhatItsOwnModelSays() {
        var y = Tensor.stack(1, X.sum(1), X.select(1, 0).square(), X.select(1, 2).sin()).compute();
        var learner = new SvmRegressor(new Rbf(1), 10, 0.01);
        var all = new MultiOutput(learner).fit(X, y).predict(X);
        for (int i = 0; i < 3; i++)
            assertThat(all.select(1, i).toDoubleArray()).isEqualTo(learner.fit(X, y.select(1, i)).predict(X).toDoubleArray());
        assertThatThrownBy(() -> learner.fit(X, y)).isInstanceOf(ShapeException.class);
    }

    @Test void aChainLearnsATargetFromTheOneBefore() {
        // The second is linear in the square that the first is, and not in the columns.
        Tensor first = X.select(1, 0).square(), y = Tensor.stack(1, first, first.mul(2).add(X.select(1, 1))).compute();
        var chain = new MultiOutput(new LinearRegression(), true).fit(X, y);
        var second = (LinearRegressionModel) chain.models().get(1);
        assertThat(second.coefficients().toDoubleArray()).containsExactly(new double[] {0, 1, 0, 2}, within(1e-10));
        // At predict time it has the prediction of the first alone.
        var said = chain.predict(X);
        var expected = said.select(1, 0).mul(2).add(X.select(1, 1));
        assertThat(said.select(1, 1).sub(expected).abs().max().item()).isLessThan(1e-10);
    }

    @Test void aVectorOfTargetsGivesAVector() {
        assertThat(new MultiOutput(new Ridge(1.0)).fit(X, X.sum(1)).predict(X).shape().toArray()).containsExactly(80);
        assertThat(new MultiOutput(new Ridge(1.0)).fit(X, X.narrow(1, 0, 1)).predict(X).shape().toArray()).containsExactly(80, 1);
    }
}
