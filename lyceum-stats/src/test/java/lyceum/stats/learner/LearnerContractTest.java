package lyceum.stats.learner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import lyceum.stats.learner.SampleLearners.BoxDensity;
import lyceum.stats.learner.SampleLearners.CentreClassifier;
import lyceum.stats.learner.SampleLearners.HalfClusterer;
import lyceum.stats.learner.SampleLearners.LineModel;
import lyceum.stats.learner.SampleLearners.LineRegressor;
import lyceum.stats.learner.SampleLearners.Standardiser;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The contract holds for honest learners and finds the planted faults of others. */
class LearnerContractTest {
    @TestFactory Stream<DynamicTest> transformer() { return LearnerContract.of(new Standardiser()).tests(); }

    @TestFactory Stream<DynamicTest> regressor() { return LearnerContract.of(new LineRegressor()).tests(); }

    @TestFactory Stream<DynamicTest> classifier() { return LearnerContract.of(new CentreClassifier()).tests(); }

    @TestFactory Stream<DynamicTest> clusterer() { return LearnerContract.of(new HalfClusterer()).tests(); }

    @TestFactory Stream<DynamicTest> density() { return LearnerContract.of(new BoxDensity()).tests(); }

    @TestFactory Stream<DynamicTest> regressionPipeline() {
        return LearnerContract.of(Pipeline.of(new Standardiser(), new LineRegressor())).tests();
    }

    @TestFactory Stream<DynamicTest> classificationPipeline() {
        return LearnerContract.of(Pipeline.of(new Standardiser(), new CentreClassifier())).tests();
    }

    /** Changes one thing that a {@link LineRegressor} does. */
    interface Fault extends Regressor {
        @Override default String name() { return "LineRegressor"; }
    }

    record IgnoresWeights() implements Fault {
        @Override public RegressionModel fit(Tensor x, Tensor y, Tensor weights) { return new LineRegressor().fit(x, y); }
    }

    record ChangesItsInput() implements Fault {
        @Override public RegressionModel fit(Tensor x, Tensor y, Tensor weights) {
            var model = new LineRegressor().fit(x, y, weights);
            y.add_(1);
            return model;
        }
    }

    record Drifts(AtomicInteger calls) implements Fault {
        @Override public RegressionModel fit(Tensor x, Tensor y, Tensor weights) {
            var model = new LineRegressor().fit(x, y, weights);
            return new LineModel(model.nFeatures(), model.slope(), model.intercept() + 1e-3 * calls.incrementAndGet());
        }
    }

    record LooksAtItsNeighbours() implements Fault {
        @Override public RegressionModel fit(Tensor x, Tensor y, Tensor weights) {
            var model = new LineRegressor().fit(x, y, weights);
            record Centred(LineModel line) implements RegressionModel {
                @Override public int nFeatures() { return line.nFeatures(); }

                @Override public Tensor predict(Tensor x) { return line.predict(x).add(line.predict(x).mean()); }
            }
            return new Centred(model);
        }
    }

    @Test void ignoredWeightsAreFound() {
        assertThat(LearnerContract.of(new IgnoresWeights()).failures()).contains("bad weights are refused",
                "weight 2 is the row twice, weight 0 is no row");
    }

    @Test void changedInputsAreFound() {
        assertThat(LearnerContract.of(new ChangesItsInput()).failures()).contains("data and hyper-parameters are not changed");
    }

    @Test void driftIsFound() {
        assertThat(LearnerContract.of(new Drifts(new AtomicInteger())).failures()).contains("the same data gives the same model",
                "data and hyper-parameters are not changed", "threads share a learner");
    }

    @Test void dependenceOnNeighboursAndUnsavableModelsAreFound() {
        assertThat(LearnerContract.of(new LooksAtItsNeighbours()).failures()).contains("a row's result does not depend on its neighbours",
                "a loaded model says what the saved one said");
    }

    @Test void aDeclaredFailureMustFail() {
        var contract = LearnerContract.of(new LineRegressor()).knownFailure("threads share a model", "none");
        assertThat(contract.failures()).containsExactly("threads share a model");
        assertThatThrownBy(() -> LearnerContract.of(new LineRegressor()).knownFailure("no such check", "none").tests())
                .hasMessageContaining("no check is called \"no such check\"");
    }
}
