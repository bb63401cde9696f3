package lyceum.learn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.format.Npy;
import lyceum.format.OnnxFile;
import lyceum.kernel.LinearKernel;
import lyceum.kernel.PolynomialKernel;
import lyceum.kernel.Rbf;
import lyceum.kernel.SigmoidKernel;
import lyceum.learn.cluster.KMeans;
import lyceum.learn.ensemble.GradientBoostingClassifier;
import lyceum.learn.ensemble.GradientBoostingRegressor;
import lyceum.learn.ensemble.RandomForestClassifier;
import lyceum.learn.ensemble.RandomForestRegressor;
import lyceum.learn.gbdt.BoostingObjective;
import lyceum.learn.gbdt.GbdtClassifier;
import lyceum.learn.gbdt.GbdtOptions;
import lyceum.learn.gbdt.GbdtRegressor;
import lyceum.learn.gbdt.TreeDropout;
import lyceum.learn.linear.Lasso;
import lyceum.learn.linear.LinearDiscriminantAnalysis;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.linear.Perceptron;
import lyceum.learn.linear.Ridge;
import lyceum.learn.preprocessing.MinMaxScaler;
import lyceum.learn.preprocessing.Normalizer;
import lyceum.learn.preprocessing.RobustScaler;
import lyceum.learn.svm.LinearSvm;
import lyceum.learn.svm.Svm;
import lyceum.learn.svm.SvmRegressor;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.nn.onnx.OnnxModel;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.ColumnTransformer;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.StandardScaler;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.testing.OnnxRuntime;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What is fitted here leaves, comes back, and answers as the learner does. */
class OnnxLearnerTest {
    private static final double CLOSE = 1e-6;
    private static final double CLOSE_ELSEWHERE = 1e-5;

    @TempDir Path folder;

    private static final Tensor IRIS = Datasets.iris().x().to(DType.F32).compute(), KINDS = Datasets.iris().y(),
            SICK = Datasets.diabetes().x().to(DType.F32).compute(), PROGRESS = Datasets.diabetes().y().div(100.0).compute(),
            CELLS = Datasets.breastCancer().x().narrow(1, 0, 8).to(DType.F32).compute(), MALIGNANT = Datasets.breastCancer().y();

    /** A learner's fit, and the rows that it is asked about: those that it saw, and others near them. */
    private record Fit(Model model, Tensor rows) {
        static Fit of(Model model, Tensor x) {
            var spread = x.sub(x.mean(0)).square().mean(0).sqrt();
            var others = x.mean(0).add(Tensor.randn(Rng.of(5), 64, x.size(1)).mul(spread).mul(1.5)).to(DType.F32);
            return new Fit(model, Tensor.concat(0, x, others).compute());
        }

        Map<String, Tensor> answers() {
            var answers = new LinkedHashMap<String, Tensor>();
            switch (model) {
                case ClassificationModel m -> {
                    answers.put("label", m.predict(rows));
                    if (m.hasProbabilities()) answers.put("probabilities", m.predictProba(rows));
                    else {
                        var d = m.decisionFunction(rows);
                        answers.put("scores", d.rank() == 1 ? Tensor.stack(1, d.neg(), d) : d);
                    }
                }
                case RegressionModel m -> answers.put("prediction", m.predict(rows));
                case FittedTransformer t -> answers.put("output", t.transform(rows));
                default -> throw new IllegalArgumentException(model.toString());
            }
            return answers;
        }
    }

    private static Map<String, Fit> fits() {
        var all = new LinkedHashMap<String, Fit>();
        Map<String, Classifier> classifiers = new LinkedHashMap<>();
        classifiers.put("tree", new DecisionTreeClassifier());
        classifiers.put("forest", new RandomForestClassifier().withTrees(15));
        classifiers.put("boosting", new GradientBoostingClassifier().withStages(15));
        classifiers.put("second-order boosting", new GbdtClassifier(GbdtOptions.DEFAULT.withRounds(12)));
        classifiers.put("logistic", Pipeline.of(new StandardScaler(), new LogisticRegression()));
        classifiers.put("discriminants", Pipeline.of(new StandardScaler(), new LinearDiscriminantAnalysis()));
        classifiers.put("linear machine", Pipeline.of(new StandardScaler(), new LinearSvm(1)));
        classifiers.put("perceptron", Pipeline.of(new StandardScaler(), new Perceptron()));
        classifiers.put("machine", Pipeline.of(new StandardScaler(), new Svm(Rbf.ofGamma(0.2), 2)));
        classifiers.put("line machine", Pipeline.of(new RobustScaler(), new Svm(new LinearKernel(), 1)));
        classifiers.forEach((name, learner) -> {
            all.put(name + " of three", Fit.of(learner.fit(IRIS, KINDS), IRIS));
            all.put(name + " of two", Fit.of(learner.fit(CELLS, MALIGNANT), CELLS));
        });
        all.put("exponential boosting",
                Fit.of(new GradientBoostingClassifier().withExponential(true).withStages(10).fit(CELLS, MALIGNANT), CELLS));
        all.put("machine with probabilities", Fit
                .of(Pipeline.of(new StandardScaler(), new Svm(Rbf.ofGamma(0.2), 1).withProbabilities(true)).fit(CELLS, MALIGNANT), CELLS));
        Map<String, Regressor> regressors = new LinkedHashMap<>();
        regressors.put("regression tree", new DecisionTreeRegressor().withMaxDepth(5));
        regressors.put("regression forest", new RandomForestRegressor().withTrees(12).withMaxDepth(6));
        regressors.put("regression boosting", new GradientBoostingRegressor().withStages(20));
        regressors.put("second-order regression", new GbdtRegressor(GbdtOptions.DEFAULT.withRounds(15).withMaxDepth(4)));
        regressors.put("counts",
                new GbdtRegressor(GbdtOptions.DEFAULT.withRounds(10).withMaxDepth(3)).withObjective(BoostingObjective.POISSON));
        regressors.put("rounds left out",
                new GbdtRegressor(GbdtOptions.DEFAULT.withRounds(12).withMaxDepth(3).withDropout(new TreeDropout(0.5))));
        regressors.put("least squares", new LinearRegression());
        regressors.put("ridge", new Ridge(0.1));
        regressors.put("lasso", new Lasso(0.01));
        regressors.put("regression machine", Pipeline.of(new StandardScaler(), new SvmRegressor(Rbf.ofGamma(0.1), 1, 0.1)));
        regressors.put("cubic machine", Pipeline.of(new MinMaxScaler(), new SvmRegressor(new PolynomialKernel(3, 0.5, 1), 0.1, 0.1)));
        regressors.put("sigmoid machine", Pipeline.of(new StandardScaler(), new SvmRegressor(new SigmoidKernel(0.01, -0.5), 0.1, 0.1)));
        regressors.forEach((name, learner) -> all.put(name, Fit.of(learner.fit(SICK, PROGRESS), SICK)));
        all.put("two targets", Fit.of(new Ridge(1).fit(SICK, Tensor.stack(1, PROGRESS, PROGRESS.square())), SICK));
        var transformers = new LinkedHashMap<String, Transformer>();
        transformers.put("standard", new StandardScaler());
        transformers.put("range", new MinMaxScaler().withClip(true));
        for (var norm : Normalizer.Norm.values()) transformers.put("norm " + norm, new Normalizer(norm));
        transformers.put("columns",
                Pipeline.of(new ColumnTransformer(true).with(new StandardScaler(), 2, 0).with(new MinMaxScaler(), 3), new Normalizer()));
        transformers.forEach((name, t) -> all.put(name, Fit.of(t.fit(IRIS), IRIS)));
        return all;
    }

    private static void same(Map<String, Tensor> expected, Map<String, Tensor> got, double close) {
        assertThat(got.keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
        expected.forEach((name, y) -> {
            var z = got.get(name);
            assertThat(z.shape()).as(name).isEqualTo(y.shape());
            if (name.equals("label")) assertThat(z.toLongArray()).isEqualTo(y.toLongArray());
            else assertThat(z.sub(y).abs().max().item()).as(name).isLessThan(close * Math.max(1, y.abs().max().item()));
        });
    }

    @TestFactory Stream<DynamicTest> learnersComeBackEqual() {
        return fits().entrySet().stream().map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
            var fit = entry.getValue();
            var back = OnnxModel.load(OnnxLearner.of(fit.model).toBytes());
            assertThat(back.shapes().contradictions()).isEmpty();
            same(fit.answers(), back.run(Map.of("input", fit.rows)), CLOSE);
        }));
    }

    /** Rows lie on the thresholds, where the nearest single float decides, and have holes. */
    @Test void questionsOfTreesAreAnsweredAlikeAtTheThresholds() {
        var x = Tensor.of(new double[] {0.1, 0.3, 0.1000001, 0.7, 1.1, 3, 5, 7, Double.NaN, 9}, 10, 1);
        var y = Tensor.of(new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
        for (var model : List.<RegressionModel>of(new DecisionTreeRegressor().fit(x, y),
                new GbdtRegressor(GbdtOptions.DEFAULT.withRounds(5)).fit(x, y))) {
            var near = new float[2_000];
            for (int i = 0; i < near.length; i++) {
                double a = x.item(i % 8, 0), b = x.item((i * 7 + 1) % 8, 0);
                near[i] = i % 100 == 99 ? Float.NaN : (float) ((a + b) / 2);
                for (int k = 0; k < i % 5 - 2; k++) near[i] = Math.nextUp(near[i]);
                for (int k = 0; k > i % 5 - 2; k--) near[i] = Math.nextDown(near[i]);
            }
            var rows = Tensor.of(near, near.length, 1);
            same(Map.of("prediction", model.predict(rows)), OnnxModel.load(OnnxLearner.of(model).toBytes()).run(Map.of("input", rows)),
                    CLOSE);
        }
        assertThat(TreeTable.atMost(0.1)).isLessThanOrEqualTo(0.1).isGreaterThan(0.0999999);
        assertThat((float) TreeTable.atMost(0.1)).isEqualTo(Math.nextDown(0.1f));
        assertThat(TreeTable.atMost(0.5)).isEqualTo(0.5);
        assertThat(TreeTable.atMost(Double.POSITIVE_INFINITY)).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @Test void formsAreThoseOfTheStandard() {
        assertThat(operators(OnnxLearner.of(new RandomForestClassifier().withTrees(2).fit(IRIS, KINDS))))
                .contains("ai.onnx.ml.TreeEnsembleRegressor");
        assertThat(operators(OnnxLearner.of(Pipeline.of(new StandardScaler(), new LogisticRegression()).fit(IRIS, KINDS))))
                .contains("ai.onnx.ml.Scaler", "ai.onnx.ml.LinearClassifier");
        assertThat(operators(OnnxLearner.of(new Svm(new LinearKernel(), 1).fit(IRIS, KINDS)))).contains("ai.onnx.ml.SVMClassifier");
    }

    private static List<String> operators(OnnxFile file) {
        return file.graph().nodes().stream().map(n -> (n.domain().isEmpty() ? "" : n.domain() + ".") + n.operator()).toList();
    }

    @Test void whatHasNoFormIsNamed() {
        assertThatThrownBy(() -> OnnxLearner.of(new KMeans(3).fit(IRIS))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("KMeansModel");
        assertThatThrownBy(() -> OnnxLearner.of(new Svm(new Rbf(1, 2, 3, 4), 1).fit(IRIS, KINDS)))
                .hasMessageContaining("RBF of one length");
        assertThatThrownBy(() -> OnnxLearner.of(new Svm(new LinearKernel(), 1).withProbabilities(true).fit(IRIS, KINDS)))
                .hasMessageContaining("3 classes");
    }

    /** The files are ONNX to somebody else too. */
    @Tag("heavy")
    @TestFactory Stream<DynamicTest> onnxRuntimeGivesTheLearnersAnswers() {
        return fits().entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> there(entry.getKey(), entry.getValue())));
    }

    private void there(String name, Fit fit) throws IOException {
        var own = Files.createDirectory(folder.resolve(name.replace(' ', '_')));
        var file = own.resolve("model.onnx");
        OnnxLearner.export(fit.model, file);
        Npy.write(own.resolve("input.npy"), fit.rows);
        OnnxRuntime.run(file, own);
        var got = new LinkedHashMap<String, Tensor>();
        for (var answer : fit.answers().keySet()) got.put(answer, Npy.read(own.resolve(answer + ".npy")));
        same(fit.answers(), got, CLOSE_ELSEWHERE);
        OnnxRuntime.check(own);
    }
}
