package lyceum.learn.selection;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.stats.learner.ClassificationModel;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.Model;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Evaluates a learner on rows that it was not fitted to, each row in turn.
 *
 * {@snippet :
 * var recipe = Pipeline.of(new Pca(10)).then(new Ridge(1.0));
 * var result = new CrossValidation(new KFold(5).shuffled(1)).score(recipe, x, y, Scorer.R2, Scorer.MEAN_ABSOLUTE_ERROR);
 * result.mean(Scorer.R2);
 * result.interval(Scorer.R2, 0.95);                                     // corrected for overlapping training sets
 * var outOfFold = new CrossValidation(new KFold(5)).predict(recipe, x, y);
 * }
 *
 * <p>The whole learner is refitted in each fold. Scaling, feature selection and tuning belong in it (a {@code Pipeline}): anything that has seen the test
 * rows beforehand makes scores too good. Folds run in parallel; results do not depend on the number of threads. It costs one fit per fold.
 *
 * @param scheme which rows train and test
 * @param groups the group of each row for {@link GroupKFold}, or null
 * @param weights of the rows, used in fitting and in scoring, or null
 * @param progress hears of each fold that is done, and can stop the work between two; nobody by default
 * @see <a href="https://doi.org/10.1111/j.2517-6161.1974.tb00994.x">Stone (1974)</a>
 */
@Withers
public record CrossValidation(FoldScheme scheme, int[] groups, Tensor weights, Progress progress) implements CrossValidationWithers {
    public CrossValidation {
        Objects.requireNonNull(progress, "progress");
    }

    public CrossValidation(FoldScheme scheme) { this(scheme, null, null, Progress.SILENT); }

    public CrossValidation withGroups(int... groups) { return new CrossValidation(scheme, groups, weights, progress); }

    /** The folds of these rows; integer targets count as classes. */
    public List<Fold> folds(Tensor x, Tensor y) {
        if (x.rank() != 2 || y.rank() < 1 || y.size(0) != x.size(0))
            throw new ShapeException("CrossValidation: x has shape " + x.shape() + " and y " + y.shape());
        return scheme.folds(
                new FoldScheme.Rows((int) x.size(0), y.rank() == 1 && !y.dtype().isFloat() ? y.to(DType.I64).toLongArray() : null, groups));
    }

    /**
     * Scores of each fold.
     *
     * @param learner a {@link Regressor} or {@link Classifier}
     * @param scorers one or several; none for {@link Scorer#R2} or {@link Scorer#ACCURACY}
     */
    public CrossValidationResult score(Learner learner, Tensor x, Tensor y, Scorer... scorers) {
        var used = scorers.length > 0 ? scorers : new Scorer[] {learner instanceof Classifier ? Scorer.ACCURACY : Scorer.R2};
        var folds = folds(x, y);
        var scores = new double[used.length][folds.size()];
        eachFold(folds, f -> {
            var model = fit(learner, x, y, folds.get(f).train());
            int[] test = folds.get(f).test();
            for (int s = 0; s < used.length; s++) scores[s][f] = used[s].score(model, x.rows(test), y.rows(test), weights(test));
        });
        return new CrossValidationResult(Arrays.stream(used).map(Scorer::name).toList(), scores, folds);
    }

    /** Refuses rows that were resampled before folds were cut. @throws IllegalArgumentException always, saying what to do instead */
    public List<Fold> folds(TrainingOnly rows) { throw new IllegalArgumentException("CrossValidation: " + rows.advice()); }

    /** Refuses, as {@link #folds(TrainingOnly)}. @throws IllegalArgumentException always */
    public CrossValidationResult score(Learner learner, TrainingOnly rows, Scorer... scorers) {
        throw new IllegalArgumentException("CrossValidation of " + learner.name() + ": " + rows.advice());
    }

    /**
     * For each row the prediction of the model that was not fitted to it: F64 numbers, (n) or (n x m), or I64 labels.
     *
     * @throws IllegalArgumentException if the scheme does not test each row exactly once
     */
    public Tensor predict(Learner learner, Tensor x, Tensor y) {
        var folds = once("predict", x, y);
        if (learner instanceof Classifier) {
            var labels = new long[(int) x.size(0)];
            eachFold(folds, f -> {
                int[] test = folds.get(f).test();
                long[] predicted = ((ClassificationModel) fit(learner, x, y, folds.get(f).train())).predict(x.rows(test)).toLongArray();
                for (int i = 0; i < test.length; i++) labels[test[i]] = predicted[i];
            });
            return Tensor.of(labels);
        }
        int outputs = y.rank() == 1 ? 1 : (int) y.size(1);
        var numbers = new double[(int) x.size(0) * outputs];
        eachFold(folds, f -> {
            int[] test = folds.get(f).test();
            double[] predicted = ((RegressionModel) fit(learner, x, y, folds.get(f).train())).predict(x.rows(test)).toDoubleArray();
            for (int i = 0; i < test.length; i++) System.arraycopy(predicted, i * outputs, numbers, test[i] * outputs, outputs);
        });
        return y.rank() == 1 ? Tensor.of(numbers) : Tensor.of(numbers).reshape(x.size(0), outputs);
    }

    /** Likewise the probabilities (n x classes), classes ascending; 0 for a class that the training rows of a fold lacked. */
    public Tensor predictProba(Classifier learner, Tensor x, Tensor labels) {
        var folds = once("predictProba", x, labels);
        long[] classes = Arrays.stream(labels.to(DType.I64).toLongArray()).distinct().sorted().toArray();
        var all = new double[(int) x.size(0) * classes.length];
        eachFold(folds, f -> {
            int[] test = folds.get(f).test();
            var model = (ClassificationModel) fit(learner, x, labels, folds.get(f).train());
            long[] known = model.classes();
            double[] p = model.predictProba(x.rows(test)).toDoubleArray();
            for (int i = 0; i < test.length; i++)
                for (int c = 0; c < known.length; c++)
                    all[test[i] * classes.length + Arrays.binarySearch(classes, known[c])] = p[i * known.length + c];
        });
        return Tensor.of(all).reshape(x.size(0), classes.length);
    }

    /**
     * Choosing among candidates judged honestly: in each outer fold an inner cross-validation of its training rows chooses, the choice is fitted to them all,
     * and the outer test rows judge it. Costs {@code outer * (inner * candidates + 1)} fits, and inner * candidates for the choice by all rows.
     *
     * @param inner the scheme that chooses
     * @see <a href="https://doi.org/10.1186/1471-2105-7-91">Varma and Simon (2006)</a>
     */
    public NestedResult nested(List<? extends Learner> candidates, FoldScheme inner, Tensor x, Tensor y, Scorer scorer) {
        if (candidates.isEmpty()) throw new IllegalArgumentException("nested: there is no candidate to choose from");
        var folds = folds(x, y);
        var scores = new double[folds.size()];
        var chosen = new int[folds.size()];
        eachFold(folds, f -> {
            int[] train = folds.get(f).train(), test = folds.get(f).test();
            chosen[f] = of(train, inner).choose(candidates, x.rows(train), y.rows(train), scorer).index;
            scores[f] = scorer.score(fit(candidates.get(chosen[f]), x, y, train), x.rows(test), y.rows(test), weights(test));
        });
        var best = withScheme(inner).withProgress(unheard()).choose(candidates, x, y, scorer);
        return new NestedResult(scores, chosen, best.index, best.score, folds);
    }

    private record Choice(int index, double score) {}

    private Choice choose(List<? extends Learner> candidates, Tensor x, Tensor y, Scorer scorer) {
        var best = new Choice(0, score(candidates.getFirst(), x, y, scorer).mean());
        for (int c = 1; c < candidates.size(); c++) {
            double mean = score(candidates.get(c), x, y, scorer).mean();
            if (scorer.prefers(mean, best.score)) best = new Choice(c, mean);
        }
        return best;
    }

    /** The cross-validation of some of the rows. */
    private CrossValidation of(int[] rows, FoldScheme scheme) {
        return new CrossValidation(scheme, groups == null ? null : Arrays.stream(rows).map(row -> groups[row]).toArray(), weights(rows),
                unheard());
    }

    private Tensor weights(int[] rows) { return weights == null ? null : weights.rows(rows); }

    private Model fit(Learner learner, Tensor x, Tensor y, int[] rows) {
        return switch (learner) {
            case Regressor regressor -> regressor.fit(x.rows(rows), y.rows(rows), weights(rows));
            case Classifier classifier -> classifier.fit(x.rows(rows), y.rows(rows), weights(rows));
            default ->
                    throw new IllegalArgumentException("CrossValidation: " + learner.name() + " is neither a regressor nor a classifier");
        };
    }

    private interface OfFold {
        void run(int fold);
    }

    private void eachFold(List<Fold> folds, OfFold body) {
        var done = new Finished(progress, "fold", folds.size());
        Parallel.range(folds.size(), 1, (from, to) -> {
            for (long f = from; f < to; f++) {
                if (progress.isCancelled()) throw new CancelledException("cross-validation: stopped before fold " + f);
                body.run((int) f);
                done.one();
            }
        });
    }

    /** For validations inside this one: it can stop them, and hears nothing of them. */
    private Progress unheard() { return progress == Progress.SILENT ? progress : Progress.SILENT.stoppedBy(progress::isCancelled); }

    private List<Fold> once(String operation, Tensor x, Tensor y) {
        var folds = folds(x, y);
        var times = new int[(int) x.size(0)];
        for (var fold : folds) for (int row : fold.test()) times[row]++;
        for (int row = 0; row < times.length; row++) {
            if (times[row] != 1) throw new IllegalArgumentException(operation + ": " + scheme.getClass().getSimpleName() + " tests row "
                    + row + " " + times[row] + " times; a scheme that tests each row once is needed");
        }
        return folds;
    }
}
