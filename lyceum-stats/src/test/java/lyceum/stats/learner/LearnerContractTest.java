package lyceum.stats.learner;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.stats.learner.SampleLearners.BoxDensity;
import lyceum.stats.learner.SampleLearners.CentreClassifier;
import lyceum.stats.learner.SampleLearners.HalfClusterer;
import lyceum.stats.learner.SampleLearners.LineModel;
import lyceum.stats.learner.SampleLearners.LineRegressor;
import lyceum.stats.learner.SampleLearners.Standardiser;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The contract holds for honest learners and finds the planted faults of others. */
class LearnerContractTest {
    @TestFactory Stream<DynamicTest> transformer() { return LearnerContract.of(new Standardiser()).tests(); }

    @TestFactory Stream<DynamicTest> scaler() { return LearnerContract.of(new StandardScaler()).tests(); }

    @Test void scaledColumnsHaveMeanZeroAndDeviationOne() {
        var x = Tensor.of(new double[][] {{1, 7, 1e6}, {2, 7, 1e6 + 1}, {6, 7, 1e6 + 5}});
        var fitted = new StandardScaler().fit(x, null, Tensor.of(1.0, 2, 1));
        assertThat(fitted.mean().toDoubleArray()).containsExactly(new double[] {2.75, 7, 1e6 + 1.75}, within(1e-9));
        double deviation = Math.sqrt(14.75 / 4); // squares of -1.75, -0.75 twice, 3.25
        assertThat(fitted.deviation().toDoubleArray()).containsExactly(new double[] {deviation, 1, deviation}, within(1e-9));
        double last = 3.25 / deviation;
        assertThat(fitted.transform(x).select(0, 2).toDoubleArray()).containsExactly(new double[] {last, 0, last}, within(1e-9));
        assertThat(fitted.inverse(fitted.transform(x)).sub(x).abs().max().item()).isLessThan(1e-9);
    }

    @TestFactory Stream<DynamicTest> columns() {
        return LearnerContract.of(new ColumnTransformer(true).with(new Standardiser(), 2, 0)).tests();
    }

    @Test void partsOfTheColumnsGoTheirOwnWays() {
        var x = Tensor.of(new double[][] {{1, 10, 5}, {3, 20, 6}, {5, 60, 7}});
        var names = List.of("a", "b", "c");
        var fitted = new ColumnTransformer(true).with(names, new Standardiser(), "b", "a").fit(x);
        assertThat(fitted.nOutputs()).isEqualTo(3);
        assertThat(fitted.transform(x).select(1, 2).toDoubleArray()).containsExactly(5, 6, 7);
        assertThat(fitted.transform(x).select(1, 1).toDoubleArray()[0]).isCloseTo(-Math.sqrt(1.5), within(1e-12)); // a: 1, 3, 5
        assertThat(new ColumnTransformer(false).with(new Standardiser(), 1).fit(x).transform(x).shape().toArray()).containsExactly(3, 1);
        assertThatThrownBy(() -> new ColumnTransformer(true).with(names, new Standardiser(), "d")).hasMessageContaining("called d")
                .hasMessageContaining("[a, b, c]");
        assertThatThrownBy(() -> new ColumnTransformer(true).with(new Standardiser(), 3).fit(x)).hasMessageContaining("column 3 of 3");
        assertThatThrownBy(() -> new ColumnTransformer(false).fit(x)).hasMessageContaining("no column is left");
    }

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

    /** Takes anything for numbers. */
    record AcceptsNaN() implements Fault {
        @Override public RegressionModel fit(Tensor x, Tensor y, Tensor weights) {
            return new LineRegressor().fit(x.ne(x).where(x.zerosLike(), x), y, weights);
        }
    }

    record Wrapped(LineModel line, int cut) implements RegressionModel {
        @Override public int nFeatures() { return line.nFeatures(); }

        @Override public Tensor predict(Tensor x) {
            return line.predict(x.rank() == 2 && x.size(1) > cut ? x.narrow(1, 0, cut).contiguous() : x);
        }
    }

    /** Leaves out the columns it does not know. */
    record AcceptsOtherWidths() implements Fault {
        @Override public RegressionModel fit(Tensor x, Tensor y, Tensor weights) {
            return new Wrapped(new LineRegressor().fit(x, y, weights), (int) x.size(1));
        }
    }

    /** Lets late rows count for more. */
    record DependsOnTheOrder() implements Fault {
        @Override public RegressionModel fit(Tensor x, Tensor y, Tensor weights) {
            var later = Tensor.arange(1, x.size(0) + 1, 1).to(DType.F64);
            return new LineRegressor().fit(x, y, weights == null ? later : weights.mul(later));
        }
    }

    record Rounds() implements Fault {
        record Model(LineModel line) implements RegressionModel {
            @Override public int nFeatures() { return line.nFeatures(); }

            @Override public Tensor predict(Tensor x) { return line.predict(x).to(DType.F64); }
        }

        @Override public RegressionModel fit(Tensor x, Tensor y, Tensor weights) {
            return new Model(new LineRegressor().fit(x, y, weights));
        }
    }

    /** Another one each time it is made: by a fit, and by a load. */
    record Shifting(int nFeatures, double slope, double intercept) implements RegressionModel {
        Shifting { intercept += 1e-9; }

        @Override public Tensor predict(Tensor x) { return new LineModel(nFeatures, slope, intercept).predict(x); }
    }

    record LoadsAnother() implements Fault {
        @Override public RegressionModel fit(Tensor x, Tensor y, Tensor weights) {
            var model = new LineRegressor().fit(x, y, weights);
            return new Shifting(model.nFeatures(), model.slope(), model.intercept());
        }
    }

    /** Changes one thing that a {@link CentreClassifier} does. */
    private static Classifier faulty(UnaryOperator<ClassificationModel> change) {
        return new Classifier() {
            @Override public String name() { return "CentreClassifier"; }

            @Override public ClassificationModel fit(Tensor x, Tensor labels, Tensor weights) {
                return change.apply(new CentreClassifier().fit(x, labels, weights));
            }
        };
    }

    private interface Passing extends ClassificationModel {
        ClassificationModel inner();

        @Override default long[] classes() { return inner().classes(); }

        @Override default int nFeatures() { return inner().nFeatures(); }

        @Override default Tensor predictProba(Tensor x) { return inner().predictProba(x); }
    }

    record NotNormalised(ClassificationModel inner) implements Passing {
        @Override public Tensor predictProba(Tensor x) { return inner.predictProba(x).mul(0.9); }
    }

    record SaysCodes(ClassificationModel inner) implements Passing {
        @Override public Tensor predict(Tensor x) { return inner.predictProba(x).argmax(1, false); }
    }

    record SecondBest(ClassificationModel inner) implements Passing {
        @Override public Tensor predict(Tensor x) { return Labels.choose(inner.classes(), inner.predictProba(x).neg()); }
    }

    @Test
    @Acceptance(topic = "supervised-learning", clause = 2) void plantedFaultsAreCaught() {
        var planted = new LinkedHashMap<Learner, String>();
        planted.put(new IgnoresWeights(), "weight 2 is the row twice, weight 0 is no row");
        planted.put(new ChangesItsInput(), "data and hyper-parameters are not changed");
        planted.put(new Drifts(new AtomicInteger()), "the same data gives the same model");
        planted.put(new LooksAtItsNeighbours(), "a row's result does not depend on its neighbours");
        planted.put(new AcceptsNaN(), "NaN in x is refused by row and column");
        planted.put(new AcceptsOtherWidths(), "another number of columns is refused");
        planted.put(new DependsOnTheOrder(), "the order of rows does not matter");
        planted.put(new Rounds(), "F32 in, F32 out");
        planted.put(new LoadsAnother(), "a loaded model says what the saved one said");
        planted.put(faulty(NotNormalised::new), "probabilities are probabilities");
        planted.put(faulty(SaysCodes::new), "labels are those given");
        planted.put(faulty(SecondBest::new), "decisions, probabilities and labels agree");
        int caught = 0;
        for (var fault : planted.entrySet()) {
            var failures = LearnerContract.of(fault.getKey()).failures();
            assertThat(failures).as(fault.getKey().toString()).contains(fault.getValue());
            if (failures.contains(fault.getValue())) caught++;
        }
        Evidence.of("planted faults", planted.size(), atLeast(10));
        Evidence.of("not caught by the check that is meant for them", planted.size() - caught, exactly(0));
        Evidence.of("checks that fail for the honest ones",
                LearnerContract.of(new LineRegressor()).failures().size() + LearnerContract.of(new CentreClassifier()).failures().size(),
                exactly(0));
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
