package lyceum.learn.uncertainty;

import lyceum.autograd.Autograd;
import lyceum.learn.neural.MlpClassifierModel;
import lyceum.learn.neural.MlpRegressorModel;
import lyceum.nn.MlpConfig;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;
import lyceum.train.uncertainty.BayesianPredictor;
import lyceum.train.uncertainty.NumberMixture;

/**
 * A fitted network as many: dropout stays on while predicting, each pass is a member; {@link BayesianPredictor#dropout} with labels and units.
 *
 * @see <a href="https://arxiv.org/abs/1506.02142">Gal and Ghahramani (2016)</a>
 */
public final class MonteCarloDropout {
    private MonteCarloDropout() {}

    /**
     * @param passes at least 1; 50 is usual
     * @param seed of the masks: forecasts repeat
     */
    public record Classes(MlpClassifierModel model, int passes, long seed) implements UncertaintyEstimator<ClassForecast> {
        public Classes { check(model.config(), passes); }

        @Override public int nFeatures() { return model.nFeatures(); }

        @Override public ClassForecast forecast(Tensor x) {
            var rows = model.columns().apply(LearnerInput.forModel(this, x).x()).to(model.config().dtype());
            return ClassForecast.of(model.classes(), BayesianPredictor.dropout(model.network(), passes, seed).classes(rows));
        }
    }

    /** @param noise variance of y about its mean, in the unit of y squared: mean squared error on rows held out, for one */
    public record Numbers(MlpRegressorModel model, double noise, int passes, long seed) implements UncertaintyEstimator<NumberForecast> {
        public Numbers {
            check(model.config(), passes);
            if (model.config().outputs() != 1) throw new IllegalArgumentException(
                    "MonteCarloDropout: the network has " + model.config().outputs() + " outputs; one is forecast");
            if (!(noise >= 0)) throw new IllegalArgumentException("MonteCarloDropout: noise is " + noise + "; it is at least 0");
        }

        @Override public int nFeatures() { return model.nFeatures(); }

        @Override public NumberForecast forecast(Tensor x) {
            var rows = model.columns().apply(LearnerInput.forModel(this, x).x()).to(model.config().dtype());
            var means = BayesianPredictor.dropout(model.network(), passes, seed).members(rows);
            var inUnits = Autograd.noGrad(() -> model.outputs().undo(means));
            return NumberForecast.of(NumberMixture.of(inUnits, Tensor.full(inUnits.dtype(), noise, inUnits.shape().toArray())));
        }
    }

    private static void check(MlpConfig config, int passes) {
        if (passes < 1) throw new IllegalArgumentException("MonteCarloDropout: passes is " + passes + "; it is at least 1");
        if (config.dropout() == 0) throw new IllegalArgumentException(
                "MonteCarloDropout: the network has no dropout, so all passes are alike; train it with some");
    }
}
