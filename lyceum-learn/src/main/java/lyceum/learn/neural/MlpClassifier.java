package lyceum.learn.neural;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import lyceum.nn.Activation;
import lyceum.nn.MlpConfig;
import lyceum.optim.Lbfgs;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.train.MlpFit;
import lyceum.withers.Withers;

/**
 * A multilayer perceptron that classifies rows by the softmax of its outputs.
 *
 * {@snippet :
 * var model = new MlpClassifier(128, 64).withFit(new MlpFit().withValidationShare(0.1)).fit(x, labels);
 * model.predictProba(z);
 * }
 *
 * <p>Columns are standardised on the training rows unless that is switched off. The network computes in the type of x: F32 is faster, F64 closer.
 *
 * @param hidden widths of the hidden layers
 * @param activation after each hidden layer
 * @param norm before each activation
 * @param dropout after each activation, in [0, 1)
 * @param residual adds a hidden layer's input to its output where both are as wide
 * @param fit how to train
 * @param lbfgs trains on all rows at once by this method instead of the mini-batches of {@code fit}; null for mini-batches
 * @param standardize whether columns are centred and scaled first
 * @param seed of the initial weights, the order of rows and dropout
 * @see <a href="https://doi.org/10.1038/323533a0">Rumelhart, Hinton and Williams (1986)</a>
 */
@Withers
public record MlpClassifier(List<Integer> hidden, Activation activation, MlpConfig.Norm norm, double dropout, boolean residual, MlpFit fit,
        Lbfgs lbfgs, boolean standardize, long seed) implements MlpClassifierWithers, Classifier {
    public MlpClassifier {
        Objects.requireNonNull(fit, "fit");
        hidden = new MlpConfig(1, hidden, 1, activation, norm, dropout, residual, MlpConfig.Head.CLASSES, lyceum.DType.F64).hidden(); // checks all of them
    }

    /** ReLU, standardised columns, {@link MlpFit#MlpFit()}. */
    public MlpClassifier(int... hidden) {
        this(Arrays.stream(hidden).boxed().toList(), Activation.RELU, MlpConfig.Norm.NONE, 0, false, new MlpFit(), null, true, 0);
    }

    @Override public Set<Tag> tags() { return EnumSet.of(Tag.RANDOMISED, Tag.WEIGHTS_ARE_NOT_COPIES, Tag.ORDER_DEPENDENT); }

    @Override public MlpClassifierModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public MlpClassifierModel fit(Tensor x, Tensor labels, Tensor weights) { return fit(x, labels, weights, Progress.SILENT); }

    /** Like {@link #fit(Tensor, Tensor, Tensor)}, heard and stopped by {@code progress}. */
    public MlpClassifierModel fit(Tensor x, Tensor labels, Tensor weights, Progress progress) {
        var input = LearnerInput.forFit(this, x);
        double[] w = input.weights(weights);
        var classes = input.severalLabels(labels);
        var config = new MlpConfig(input.columns(), hidden, classes.count(), activation, norm, dropout, residual, MlpConfig.Head.CLASSES,
                input.x().dtype());
        var columns = standardize ? ColumnScale.of(input.x(), w) : ColumnScale.none(input.columns());
        var trained = Training.of(config, fit, lbfgs, columns.apply(input.x()), Tensor.of(classes.codes()),
                weights == null ? null : Tensor.of(w), Rng.of(seed), progress);
        return new MlpClassifierModel(config, trained.parameters(), columns, classes.classes(), trained.losses());
    }
}
