package lyceum.learn.anomaly;

import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.learn.neural.MlpRegressor;
import lyceum.learn.neural.MlpRegressorModel;
import lyceum.nn.Activation;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;

/**
 * Off a curved surface: a network with a narrow layer learns to give back its input, and the score is the squared error in standard deviations of
 * each column. Train on clean rows: an expressive network learns to rebuild the anomalies it is shown.
 *
 * @param network whose narrowest layer is narrower than the rows, such as {@code new MlpRegressor(16, 2, 16)}
 */
public record Autoencoder(MlpRegressor network) implements AnomalyScorer {
    public Autoencoder { Objects.requireNonNull(network, "network"); }

    /** A hidden layer of {@code width} on either side of one of {@code code}, tanh. */
    public Autoencoder(int width, int code) { this(new MlpRegressor(width, code, width).withActivation(Activation.TANH)); }

    @Override public Set<Tag> tags() { return Set.of(Tag.RANDOMISED, Tag.ORDER_DEPENDENT); }

    @Override public Fitted fit(Tensor x) {
        var rows = LearnerInput.forFit(this, x).x();
        var model = network.fit(rows, rows);
        double[] spread = rows.to(DType.F64).sub(rows.to(DType.F64).mean(0)).square().mean(0).sqrt().toDoubleArray();
        for (int j = 0; j < spread.length; j++) if (spread[j] == 0) spread[j] = 1;
        return new Fitted(model, spread, errors(model, spread, rows));
    }

    private static Tensor errors(MlpRegressorModel model, double[] spread, Tensor rows) {
        return rows.sub(model.predict(rows)).to(DType.F64).div(Tensor.of(spread)).square().sum(1).compute();
    }

    /** @param spread standard deviation of each column */
    public record Fitted(MlpRegressorModel model, double[] spread, Tensor trainingScores) implements ScoringModel {
        @Override public int nFeatures() { return model.nFeatures(); }

        @Override public Tensor scores(Tensor x) { return errors(model, spread, LearnerInput.forModel(this, x).x()); }
    }
}
