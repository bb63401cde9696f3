package lyceum.learn.onnx;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import lyceum.DType;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxType;
import lyceum.learn.ensemble.BoostingLoss;
import lyceum.learn.ensemble.GradientBoosting;
import lyceum.learn.ensemble.GradientBoostingClassifierModel;
import lyceum.learn.ensemble.GradientBoostingRegressorModel;
import lyceum.learn.ensemble.RandomForestClassifierModel;
import lyceum.learn.ensemble.RandomForestRegressorModel;
import lyceum.learn.gbdt.GbdtClassifierModel;
import lyceum.learn.gbdt.GbdtRegressorModel;
import lyceum.learn.gbdt.GradientBoostedTrees;
import lyceum.learn.linear.LinearDiscriminantModel;
import lyceum.learn.linear.LinearModel;
import lyceum.learn.linear.LogisticModel;
import lyceum.learn.linear.PerceptronModel;
import lyceum.learn.preprocessing.AffineScaling;
import lyceum.learn.preprocessing.Normalizer;
import lyceum.learn.svm.LinearSvmModel;
import lyceum.learn.svm.SvmModel;
import lyceum.learn.svm.SvmRegressorModel;
import lyceum.learn.tree.DecisionTree;
import lyceum.learn.tree.DecisionTreeClassifierModel;
import lyceum.learn.tree.DecisionTreeRegressorModel;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.ColumnTransformer;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.StandardScaler;
import lyceum.tensor.Tensor;

/**
 * Fitted learners as ONNX, operators of {@code ai.onnx.ml} version 3 and of the standard, set 18: trees, forests, boosting, linear models, support vectors,
 * scalers, normalisers, and pipelines of them.
 *
 * {@snippet :
 * var forest = new RandomForestClassifier().fit(x, labels);
 * OnnxLearner.export(forest, Path.of("forest.onnx"));
 * var answer = OnnxModel.load(Path.of("forest.onnx")).run(Map.of("input", x.to(DType.F32)));
 * answer.get("label");                                     // forest.predict(x)
 * answer.get("probabilities");                             // forest.predictProba(x)
 * }
 *
 * <p>The input {@code input} is F32, (batch, features). Outputs: of regressors {@code prediction}, (batch) or (batch, targets); of classifiers {@code label}, I64, and
 * {@code probabilities} (batch, classes), or {@code scores} where the learner has none, of which the largest decides; of transformers {@code output}. These operators
 * compute in single precision, so that answers agree with the learner's to about 1e-6 of their size; questions of trees about the input itself are answered
 * as the learner answers them for every F32; behind a scaler a row on a threshold may go the other way.
 *
 * @see <a href="https://onnx.ai/onnx/operators/">the operators</a>
 */
public final class OnnxLearner {
    private final LearnerGraph out = new LearnerGraph();

    private OnnxLearner() {}

    /** Writes a fitted learner. @throws IllegalArgumentException if it has no form in ONNX: names it */
    public static void export(Model model, Path path) throws IOException { of(model).write(path); }

    /** What {@link #export} writes. */
    public static OnnxFile of(Model model) {
        var writer = new OnnxLearner();
        switch (model) {
            case Pipeline.FittedRegressor p -> writer.regression(p.last(), writer.transformed(p.before(), LearnerGraph.INPUT));
            case Pipeline.FittedClassifier p -> writer.classification(p.last(), writer.transformed(p.before(), LearnerGraph.INPUT));
            case RegressionModel m -> writer.regression(m, LearnerGraph.INPUT);
            case ClassificationModel m -> writer.classification(m, LearnerGraph.INPUT);
            case FittedTransformer t ->
                    writer.out.output("output", writer.transformed(t, LearnerGraph.INPUT), OnnxType.FLOAT, t.nOutputs());
            default -> throw refused(model);
        }
        return writer.out.file(model.nFeatures());
    }

    private static IllegalArgumentException refused(Model model) {
        return new IllegalArgumentException(
                "OnnxLearner: " + model.getClass().getSimpleName() + " has no form in ai.onnx.ml here; trees, forests, "
                        + "boosting, linear models, support vectors, scalers, normalisers and pipelines of them have");
    }

    // Transformers.

    private String transformed(FittedTransformer t, String x) {
        return switch (t) {
            case Pipeline.Fitted p -> {
                for (var step : p.steps()) x = transformed(step, x);
                yield x;
            }
            case StandardScaler.Fitted s -> scaled(x, s.mean(), s.deviation());
            case AffineScaling s -> {
                var z = scaled(x, s.shift(), s.scale());
                boolean isOpen = s.floor() == Double.NEGATIVE_INFINITY && s.ceiling() == Double.POSITIVE_INFINITY;
                yield isOpen ? z : out.node("Clip", z, out.constant(Tensor.full(DType.F32, s.floor())),
                        out.constant(Tensor.full(DType.F32, s.ceiling())));
            }
            case Normalizer.Fitted n -> n.norm() == Normalizer.Norm.MAX ? overLargest(x)
                    : out.classical("Normalizer", 1, x, LearnerGraph.set("norm", n.norm().name()))[0];
            case ColumnTransformer.Fitted c -> {
                var blocks = new ArrayList<String>();
                for (var step : c.steps()) blocks.add(transformed(step.transformer(), columns(x, step.columns())));
                if (!c.rest().isEmpty()) blocks.add(columns(x, c.rest()));
                yield blocks.size() == 1 ? blocks.getFirst() : out.node("Concat", blocks, LearnerGraph.set("axis", 1L));
            }
            default -> throw refused(t);
        };
    }

    private String scaled(String x, Tensor shift, Tensor scale) {
        return out.classical("Scaler", 1, x, LearnerGraph.set("offset", shift),
                LearnerGraph.set("scale", scale.to(DType.F64).reciprocal()))[0];
    }

    /** Over the largest size; the operator means the largest number. */
    private String overLargest(String x) {
        var most = out.node("ReduceMax", List.of(out.node("Abs", x), out.constant(Tensor.of(1L))), LearnerGraph.set("keepdims", 1L));
        var zero = out.node("Equal", most, out.constant(Tensor.full(DType.F32, 0.0)));
        return out.node("Div", x, out.node("Where", zero, out.constant(Tensor.full(DType.F32, 1.0)), most));
    }

    private String columns(String x, List<Integer> columns) {
        return out.node("Gather", List.of(x, out.constant(Tensor.of(columns.stream().mapToLong(Integer::longValue).toArray()))),
                LearnerGraph.set("axis", 1L));
    }

    // Regression.

    private void regression(RegressionModel model, String x) {
        switch (model) {
            case Pipeline.FittedRegressor p -> regression(p.last(), transformed(p.before(), x));
            case LinearModel m -> {
                var w = m.coefficients();
                long targets = w.rank() == 1 ? 1 : w.size(0);
                var y = out.classical("LinearRegressor", 1, x, LearnerGraph.set("coefficients", w),
                        LearnerGraph.set("intercepts", m.intercept()), LearnerGraph.set("targets", targets))[0];
                predicted(y, (int) targets, w.rank() == 1);
            }
            case DecisionTreeRegressorModel m -> predicted(summed(x, List.of(m.tree()), "SUM"), 1, true);
            case RandomForestRegressorModel m -> predicted(summed(x, m.forest().trees(), "AVERAGE"), 1, true);
            case GradientBoostingRegressorModel m -> predicted(linked(summed(x, m.boosting()), m.link()), 1, true);
            case GbdtRegressorModel m -> {
                var f = summed(x, m.trees());
                predicted(switch (m.trees().objective()) {
                    case LOGISTIC -> out.node("Sigmoid", f);
                    case POISSON, GAMMA, TWEEDIE -> out.node("Exp", f);
                    case SQUARED_ERROR, SOFTMAX, LAMBDA_RANK, ABSOLUTE_ERROR, QUANTILE -> f;
                }, 1, true);
            }
            case SvmRegressorModel m -> predicted(out.classical("SVMRegressor", 1, x, MachineForm.regressor(m.support()))[0], 1, true);
            default -> throw refused(model);
        }
    }

    private void predicted(String y, int targets, boolean isVector) {
        if (isVector) out.output("prediction", out.node("Reshape", y, out.constant(Tensor.of(-1L))), OnnxType.FLOAT);
        else out.output("prediction", y, OnnxType.FLOAT, targets);
    }

    private String linked(String f, BoostingLoss.Link link) {
        return switch (link) {
            case IDENTITY -> f;
            case LOG -> out.node("Exp", f);
            case LOGIT -> out.node("Sigmoid", f);
            case HALF_LOGIT -> out.node("Sigmoid", out.node("Add", f, f));
        };
    }

    // Trees: (batch, answers).

    private String summed(String x, List<DecisionTree> trees, String aggregate) {
        var table = new TreeTable();
        for (var tree : trees) table.add(tree, 0, 1);
        return out.classical("TreeEnsembleRegressor", 1, x, table.attributes(trees.getFirst().outputs(), aggregate))[0];
    }

    private String summed(String x, GradientBoosting boosting) {
        var table = new TreeTable();
        int k = boosting.outputs();
        for (int t = 0; t < boosting.trees().size(); t++) table.add(boosting.trees().get(t), t % k, boosting.learningRate());
        return begun(x, table, boosting.trees().size(), boosting.start());
    }

    private String summed(String x, GradientBoostedTrees boosting) {
        if (!boosting.encodings().isEmpty()) throw new IllegalArgumentException(
                "OnnxLearner: columns of categories are encoded by the targets' statistics, which ai.onnx.ml has no operator for; encode them as columns of numbers");
        var table = new TreeTable();
        int k = boosting.outputs();
        for (int t = 0; t < boosting.trees().size(); t++) table.add(boosting.trees().get(t), t % k, boosting.weight(t));
        return begun(x, table, boosting.trees().size(), boosting.baseScore());
    }

    private String begun(String x, TreeTable table, int trees, double[] start) {
        if (trees == 0) throw new IllegalArgumentException("OnnxLearner: the model has no trees");
        return out.classical("TreeEnsembleRegressor", 1, x, table.attributes(start.length, "SUM", start))[0];
    }

    // Classification.

    private void classification(ClassificationModel model, String x) {
        long[] classes = model.classes();
        switch (model) {
            case Pipeline.FittedClassifier p -> classification(p.last(), transformed(p.before(), x));
            case DecisionTreeClassifierModel m -> decided(classes, summed(x, List.of(m.tree()), "SUM"));
            case RandomForestClassifierModel m -> decided(classes, summed(x, m.forest().trees(), "AVERAGE"));
            case GradientBoostingClassifierModel m -> {
                var f = summed(x, m.boosting());
                var scores = classes.length == 2 ? bothWays(f) : f;
                decided(classes, scores,
                        classes.length == 2 ? linked(scores, m.link()) : out.node("Softmax", List.of(f), LearnerGraph.set("axis", 1L)));
            }
            case GbdtClassifierModel m -> {
                var f = summed(x, m.trees());
                var scores = classes.length == 2 ? bothWays(f) : f;
                decided(classes, scores,
                        classes.length == 2 ? out.node("Sigmoid", scores) : out.node("Softmax", List.of(f), LearnerGraph.set("axis", 1L)));
            }
            case LogisticModel m ->
                    linear(classes, x, m.coefficients(), m.intercept(), m.coefficients().rank() == 1 ? "LOGISTIC" : "SOFTMAX");
            case LinearDiscriminantModel m -> linear(classes, x, m.coefficients(), m.intercepts(), "SOFTMAX");
            case LinearSvmModel m -> linear(classes, x, m.coefficients(), m.intercept(), "NONE");
            case PerceptronModel m when m.kernelRows() == null && m.voters() == null ->
                    linear(classes, x, m.coefficients(), m.intercept(), "NONE");
            case SvmModel m -> machines(m, x);
            default -> throw refused(model);
        }
    }

    /** The score of the second of two classes as one of each. */
    private String bothWays(String f) { return out.node("Concat", List.of(out.node("Neg", f), f), LearnerGraph.set("axis", 1L)); }

    private void decided(long[] classes, String probabilities) { decided(classes, probabilities, probabilities); }

    /** The class of the largest score, the first of equals. */
    private void decided(long[] classes, String scores, String probabilities) {
        chosen(classes, scores);
        out.output("probabilities", probabilities, OnnxType.FLOAT, classes.length);
    }

    private void chosen(long[] classes, String scores) {
        var best = out.node("ArgMax", List.of(scores), LearnerGraph.set("axis", 1L), LearnerGraph.set("keepdims", 0L));
        out.output("label", out.node("Gather", out.constant(Tensor.of(classes)), best), OnnxType.INT64);
    }

    private void linear(long[] classes, String x, Tensor coefficients, Tensor intercept, String transform) {
        double[] w = coefficients.flatten().toDoubleArray(), b = intercept.reshape(-1).toDoubleArray();
        boolean isTwo = coefficients.rank() == 1;
        var result = out.classical("LinearClassifier", 2, x, LearnerGraph.set("classlabels_ints", classes),
                LearnerGraph.set("coefficients", isTwo ? joined(LearnerGraph.negated(w), w) : w),
                LearnerGraph.set("intercepts", isTwo ? joined(LearnerGraph.negated(b), b) : b), LearnerGraph.set("multi_class", 1L),
                LearnerGraph.set("post_transform", transform));
        out.output("label", result[0], OnnxType.INT64);
        out.output(transform.equals("NONE") ? "scores" : "probabilities", result[1], OnnxType.FLOAT, classes.length);
    }

    private static double[] joined(double[] a, double[] b) { return DoubleStream.concat(Arrays.stream(a), Arrays.stream(b)).toArray(); }

    /** Two classes by the operator; of more it gives the pairs' values, and votes are counted as the learner counts them. */
    private void machines(SvmModel m, String x) {
        long[] classes = m.classes();
        if (classes.length > 2 && m.sigmoids() != null) throw new IllegalArgumentException("OnnxLearner: probabilities of " + classes.length
                + " classes are coupled to 1e-14 here and to a few thousandths in ONNX; fit without them (withProbabilities(false)), and the labels are the same");
        var result = out.classical("SVMClassifier", 2, x, MachineForm.classifier(m));
        if (classes.length == 2) {
            out.output("label", result[0], OnnxType.INT64);
            var d = out.node("Gather", List.of(result[1], out.constant(Tensor.of(0L))), LearnerGraph.set("axis", 1L));
            if (m.sigmoids() == null) out.output("scores", bothWays(d), OnnxType.FLOAT, 2);
            else {
                // Platt's sigmoid; the operator's own probabilities are found to a few thousandths only
                double[] ab = m.sigmoids().flatten().toDoubleArray();
                var z = out.node("Add", out.node("Mul", d, out.constant(Tensor.full(DType.F32, ab[0]))),
                        out.constant(Tensor.full(DType.F32, ab[1])));
                var both = out.node("Sigmoid", out.node("Concat", List.of(z, out.node("Neg", z)), LearnerGraph.set("axis", 1L)));
                out.output("probabilities", both, OnnxType.FLOAT, 2);
            }
            return;
        }
        int k = classes.length, pairs = k * (k - 1) / 2;
        float[] lower = new float[pairs * k], upper = new float[pairs * k];
        for (int a = 0, pair = 0; a < k; a++) for (int b = a + 1; b < k; b++, pair++) {
            lower[pair * k + a] = 1;
            upper[pair * k + b] = 1;
        }
        Tensor low = Tensor.of(lower, pairs, k), high = Tensor.of(upper, pairs, k);
        var d = out.node("Neg", result[1]);
        var isHigh = out.node("Greater", d, out.constant(Tensor.full(DType.F32, 0.0)));
        var votes = out.node("Add", out.node("MatMul", cast(isHigh), out.constant(high)),
                out.node("MatMul", cast(out.node("Not", isHigh)), out.constant(low)));
        var sum = out.node("MatMul", d, out.constant(high.sub(low)));
        var size = out.node("Mul", out.node("Add", out.node("Abs", sum), out.constant(Tensor.full(DType.F32, 1.0))),
                out.constant(Tensor.full(DType.F32, 3.0)));
        var scores = out.node("Add", votes, out.node("Div", sum, size));
        chosen(classes, scores);
        out.output("scores", scores, OnnxType.FLOAT, k);
    }

    private String cast(String x) { return out.node("Cast", List.of(x), LearnerGraph.set("to", (long) OnnxType.FLOAT.code())); }
}
