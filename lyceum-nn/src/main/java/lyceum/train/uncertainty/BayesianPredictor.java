package lyceum.train.uncertainty;

import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Dropout;
import lyceum.nn.Layer;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A network, or several, that answers with a distribution: what each of M equally likely members says.
 *
 * {@snippet :
 * var predictor = BayesianPredictor.dropout(network, 50, 1);           // one network, 50 passes with dropout on
 * ClassMixture forecast = predictor.classes(x);
 * double[] ignorance = forecast.mutualInformation();
 * }
 *
 * <p>A deep ensemble is the other source of members: networks of one architecture that began at different weights and saw the rows in
 * different orders. Members with two outputs, trained by {@link lyceum.nn.loss.Likelihood#gaussian()}, say their noise as well; see {@link #gaussians}.
 * {@link lyceum.train.robust.AdversarialTraining} smooths members around the rows.
 *
 * @see <a href="https://arxiv.org/abs/1506.02142">Gal and Ghahramani (2016), dropout</a>
 * @see <a href="https://arxiv.org/abs/1612.01474">Lakshminarayanan, Pritzel and Blundell (2017), ensembles</a>
 */
@FunctionalInterface
public interface BayesianPredictor {
    /** Rows of one dropout pass: masks are drawn row by row, so that a pass over repeated rows is as good as several passes. */
    int ROWS_OF_A_PASS = 1_024;

    /** The raw outputs of each member, on a new first axis: (members, n, ..) for x (n, ..). Not recorded; the same at each call. */
    Tensor members(Tensor x);

    /**
     * Passes of one network in which dropout, and nothing else of training, stays on: batch norms use their running averages.
     *
     * @param network handles the rows of its first axis apart
     * @param passes at least 1; 50 is usual
     * @param seed of the masks: forecasts repeat
     */
    static BayesianPredictor dropout(Layer network, int passes, long seed) {
        if (passes < 1) throw new IllegalArgumentException("BayesianPredictor: passes is " + passes + "; it is at least 1");
        return x -> {
            int n = rows(x), together = n == 0 ? 1 : Math.clamp(ROWS_OF_A_PASS / n, 1, passes);
            var draws = Dropout.sample(network, together == 1 ? x : x.repeat(0, together), (passes + together - 1) / together,
                    Rng.of(seed));
            long[] shape = draws.shape().toArray();
            shape[0] *= together;
            shape[1] = n;
            return draws.reshape(shape).narrow(0, 0, passes);
        };
    }

    /** Networks that were trained apart, at least one. */
    static BayesianPredictor ensemble(List<? extends Layer> networks) {
        if (networks.isEmpty()) throw new IllegalArgumentException("BayesianPredictor: there are no networks");
        var members = List.copyOf(networks);
        return x -> {
            rows(x);
            return Autograd.noGrad(
                    () -> Tensor.stack(0, members.stream().map(m -> m.forward(x, Pass.inference()).compute()).toArray(Tensor[]::new)));
        };
    }

    /**
     * A deep ensemble: networks that {@code train} makes and trains, each from a stream of its own.
     *
     * @param train takes beginning weights, the order of rows and dropout from the stream
     */
    static BayesianPredictor ensemble(int members, Rng rng, Function<Rng, ? extends Layer> train) {
        try (var kept = Scope.outside()) {
            return ensemble(IntStream.range(0, members).mapToObj(m -> train.apply(rng.split(m))).toList());
        }
    }

    private static int rows(Tensor x) {
        if (x.rank() < 1) throw new ShapeException("BayesianPredictor: x is a scalar; its first axis has the rows");
        return Math.toIntExact(x.size(0));
    }

    /** Members' outputs (members, n, classes) as logits. */
    default ClassMixture classes(Tensor x) { return Autograd.noGrad(() -> ClassMixture.of(members(x).softmax(-1))); }

    /**
     * Members' outputs as means with one noise variance.
     *
     * @param noise variance of y about its mean, in squared units of y: the mean squared error on rows held out, for one
     */
    default NumberMixture numbers(Tensor x, double noise) {
        var means = members(x);
        return NumberMixture.of(means, Tensor.full(means.dtype(), noise, means.shape().toArray()));
    }

    /** Members' outputs (members, n, .., 2) as mean and logarithm of the variance: heteroscedastic networks. */
    default NumberMixture gaussians(Tensor x) {
        var said = members(x);
        if (said.size(-1) != 2) throw new ShapeException(
                "BayesianPredictor.gaussians: outputs " + said.shape() + "; the last axis has a mean and a log variance, 2 numbers");
        return Autograd.noGrad(() -> NumberMixture.of(said.select(-1, 0), said.select(-1, 1).exp()));
    }
}
