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
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.train.MlpFit;
import lyceum.withers.Withers;

/**
 * A multilayer perceptron that predicts one or several numbers, trained on squared error.
 *
 * {@snippet :
 * var model = new MlpRegressor(64).withActivation(Activation.TANH).fit(x, y);
 * model.predict(z);
 * }
 *
 * <p>Columns and targets are standardised on the training rows unless that is switched off; predictions are in the units of y. The network
 * computes in the type of x.
 *
 * @param hidden widths of the hidden layers
 * @param activation after each hidden layer
 * @param norm before each activation
 * @param dropout after each activation, in [0, 1)
 * @param residual adds a hidden layer's input to its output where both are as wide
 * @param fit how to train
 * @param lbfgs trains on all rows at once by this method instead of the mini-batches of {@code fit}; null for mini-batches
 * @param standardize whether columns and targets are centred and scaled first
 * @param seed of the initial weights, the order of rows and dropout
 * @see <a href="https://doi.org/10.1038/323533a0">Rumelhart, Hinton and Williams (1986)</a>
 */
@Withers
public record MlpRegressor(List<Integer> hidden, Activation activation, MlpConfig.Norm norm, double dropout, boolean residual, MlpFit fit,
        Lbfgs lbfgs, boolean standardize, long seed) implements MlpRegressorWithers, Regressor {
    public MlpRegressor {
        Objects.requireNonNull(fit, "fit");
        hidden = new MlpConfig(1, hidden, 1, activation, norm, dropout, residual, MlpConfig.Head.VALUES, lyceum.DType.F64).hidden(); // checks all of them
    }

    /** ReLU, standardised columns and targets, {@link MlpFit#MlpFit()}. */
    public MlpRegressor(int... hidden) {
        this(Arrays.stream(hidden).boxed().toList(), Activation.RELU, MlpConfig.Norm.NONE, 0, false, new MlpFit(), null, true, 0);
    }

    @Override public Set<Tag> tags() {
        return EnumSet.of(Tag.RANDOMISED, Tag.WEIGHTS_ARE_NOT_COPIES, Tag.ORDER_DEPENDENT, Tag.MULTI_OUTPUT);
    }

    @Override public MlpRegressorModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public MlpRegressorModel fit(Tensor x, Tensor y, Tensor weights) { return fit(x, y, weights, Progress.SILENT); }

    /** Like {@link #fit(Tensor, Tensor, Tensor)}, heard and stopped by {@code progress}. */
    public MlpRegressorModel fit(Tensor x, Tensor y, Tensor weights, Progress progress) {
        var input = LearnerInput.forFit(this, x);
        double[] w = input.weights(weights);
        var targets = input.targets(y);
        boolean vector = targets.rank() == 1;
        var wide = vector ? targets.unsqueeze(1) : targets;
        var config = new MlpConfig(input.columns(), hidden, (int) wide.size(1), activation, norm, dropout, residual, MlpConfig.Head.VALUES,
                input.x().dtype());
        var columns = standardize ? ColumnScale.of(input.x(), w) : ColumnScale.none(input.columns());
        var outputs = standardize ? ColumnScale.of(wide, w) : ColumnScale.none((int) wide.size(1));
        var trained = Training.of(config, fit, lbfgs, columns.apply(input.x()), outputs.apply(wide), weights == null ? null : Tensor.of(w),
                Rng.of(seed), progress);
        return new MlpRegressorModel(config, trained.parameters(), columns, outputs, vector, trained.losses());
    }
}
