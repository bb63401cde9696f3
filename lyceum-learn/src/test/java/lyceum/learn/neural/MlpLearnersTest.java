package lyceum.learn.neural;

import static lyceum.testing.Bound.above;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.nn.Activation;
import lyceum.nn.MlpConfig;
import lyceum.optim.Adam;
import lyceum.optim.Lbfgs;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerContract;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.MlpFit;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class MlpLearnersTest {
    private static final MlpFit QUICK = new MlpFit().withRule(new Adam(0.01)).withEpochs(60);

    @Test
    @Acceptance(topic = "multilayer-perceptron", clause = 5) void classifierKeepsTheContract() throws Throwable {
        keeps(LearnerContract.of(new MlpClassifier(16).withFit(QUICK)));
    }

    @Test
    @Acceptance(topic = "multilayer-perceptron", clause = 5) void regressorKeepsTheContract() throws Throwable {
        keeps(LearnerContract.of(new MlpRegressor(16, 16).withFit(QUICK)));
    }

    private static void keeps(LearnerContract contract) throws Throwable {
        int held = 0;
        for (var test : contract.tests().toList()) {
            test.getExecutable().execute();
            held++;
        }
        Evidence.of("checks of the contract that hold", held, above(20));
    }

    @TestFactory Stream<DynamicTest> variantsKeepTheContract() {
        var lbfgs = new Lbfgs().withMaxIterations(100);
        return Stream.of(new MlpClassifier(8).withActivation(Activation.TANH).withLbfgs(lbfgs),
                new MlpRegressor(8).withActivation(Activation.TANH).withLbfgs(lbfgs),
                new MlpClassifier(16, 16).withFit(QUICK).withNorm(MlpConfig.Norm.LAYER).withResidual(true).withDropout(0.1),
                new MlpClassifier().withFit(QUICK)).flatMap(learner -> LearnerContract.of(learner).tests());
    }

    @Test void classifiesIrisAndKeepsItsCurve() {
        var parts = Split.stratified(Datasets.iris(), Rng.of(1), 0.7, 0.3);
        var model = new MlpClassifier(16).withFit(QUICK).fit(parts.get(0).x(), parts.get(0).y());
        Evidence.of("accuracy", model.score(parts.get(1).x(), parts.get(1).y()), above(0.9));
        assertThat(model.losses()[model.losses().length - 1]).isLessThan(model.losses()[0]);
        assertThat(model.network().parameterCount()).isEqualTo(5 * 16 + 17 * 3);
    }

    @Test void optionsAreChecked() {
        assertThatThrownBy(() -> new MlpClassifier(0)).hasMessage("MlpConfig: a hidden layer has width 0; widths are at least 1");
        assertThatThrownBy(() -> new MlpRegressor(3).withDropout(1)).hasMessage("MlpConfig: dropout is 1.0; it lies in [0, 1)");
    }
}
