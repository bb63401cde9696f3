package lyceum.learn.ensemble;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import lyceum.learn.ensemble.AdaBoostClassifier.Stop;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * AdaBoost.R2: boosting for numbers. A row's loss is its error over the largest one; with the weighted mean loss e and
 * {@code beta = e / (1 - e)} a row's weight is multiplied by {@code beta^(rate (1 - loss))}, the member votes with {@code rate ln(1 / beta)}, and
 * the prediction is the weighted median of the members.
 *
 * {@snippet :
 * var rows = Datasets.diabetes();
 * new AdaBoostRegressor(50).fit(rows.x(), rows.y()).score(rows.x(), rows.y());
 * }
 *
 * <p>Stops at a member without an error and at one with a mean loss of one half or more, which is left out unless it is the first.
 *
 * @param member any regressor that takes weights; a tree of depth 3 by default
 * @param stages how many members at most
 * @param learningRate 1 by default
 * @param loss of the errors between 0 and 1
 * @param resample whether members see rows drawn by the weights, as Drucker did, or the weights themselves (the default)
 * @param seed of those draws
 * @see <a href="https://dl.acm.org/doi/10.5555/645526.657132">Drucker (1997), Improving Regressors using Boosting Techniques</a>
 */
@Withers
public record AdaBoostRegressor(Regressor member, int stages, double learningRate, Loss loss, boolean resample, long seed)
        implements AdaBoostRegressorWithers, Regressor {

    /** What an error d between 0 and 1 costs. */
    public enum Loss {
        /** d */
        LINEAR,
        /** d^2 */
        SQUARE,
        /** 1 - exp(-d) */
        EXPONENTIAL;

        double of(double d) {
            return switch (this) {
                case LINEAR -> d;
                case SQUARE -> d * d;
                case EXPONENTIAL -> 1 - Math.exp(-d);
            };
        }
    }

    public AdaBoostRegressor {
        if (stages < 1) throw new IllegalArgumentException("AdaBoostRegressor: " + stages + " stages; at least 1 is needed");
        if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("learningRate is " + learningRate + "; it lies above 0");
        if (!resample && member.tags().contains(Tag.NO_WEIGHTS))
            throw new IllegalArgumentException("AdaBoostRegressor: " + member.name() + " takes no weights; use resample");
    }

    /** Trees of depth 3, learning rate 1, linear loss, fitted with weights. */
    public AdaBoostRegressor(int stages) { this(new DecisionTreeRegressor().withMaxDepth(3), stages, 1, Loss.LINEAR, false, 0); }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.noneOf(Tag.class);
        tags.addAll(member.tags());
        tags.remove(Tag.MULTI_OUTPUT);
        tags.remove(Tag.NO_WEIGHTS);
        if (resample) tags.addAll(Set.of(Tag.RANDOMISED, Tag.WEIGHTS_ARE_NOT_COPIES));
        return tags;
    }

    @Override public AdaBoostRegressorModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public AdaBoostRegressorModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var target = input.target(y);
        double[] truth = target.toDoubleArray(), w = AdaBoostClassifier.normalised(input.weights(weights)), loss = new double[w.length];
        var members = new ArrayList<RegressionModel>();
        double[] votes = new double[stages], errors = new double[stages];
        var stop = Stop.STAGES;
        while (members.size() < stages && stop == Stop.STAGES) {
            int m = members.size();
            var model = member(input.x(), target, w, m);
            double[] f = model.predict(input.x()).toDoubleArray();
            double largest = 0, e = 0;
            for (int i = 0; i < w.length; i++) if (w[i] > 0) largest = Math.max(largest, loss[i] = Math.abs(f[i] - truth[i]));
            for (int i = 0; i < w.length; i++) {
                loss[i] = largest == 0 ? 0 : this.loss.of(loss[i] / largest);
                e += w[i] * loss[i];
            }
            if (e >= 0.5) {
                stop = Stop.CHANCE;
                if (m > 0) break;
            } else if (e <= 0) stop = Stop.PERFECT;
            members.add(model);
            errors[m] = e;
            votes[m] = stop == Stop.STAGES ? learningRate * Math.log((1 - e) / e) : 1;
            double beta = e / (1 - e);
            if (stop == Stop.STAGES) for (int i = 0; i < w.length; i++) w[i] *= Math.pow(beta, learningRate * (1 - loss[i]));
            w = AdaBoostClassifier.normalised(w);
        }
        int count = members.size();
        return new AdaBoostRegressorModel(input.columns(), members, Arrays.copyOf(votes, count), Arrays.copyOf(errors, count), stop);
    }

    private RegressionModel member(Tensor x, Tensor y, double[] w, int stage) {
        if (!resample) return member.fit(x, y, Tensor.of(w));
        var rng = Rng.of(seed).split(stage);
        double[] upTo = w.clone();
        for (int i = 1; i < upTo.length; i++) upTo[i] += upTo[i - 1];
        var drawn = new int[w.length];
        for (int i = 0; i < drawn.length; i++) {
            int at = Arrays.binarySearch(upTo, rng.nextDouble() * upTo[upTo.length - 1]);
            drawn[i] = at >= 0 ? at + 1 : -at - 1;
        }
        return member.fit(x.rows(drawn), y.rows(drawn), null);
    }
}
