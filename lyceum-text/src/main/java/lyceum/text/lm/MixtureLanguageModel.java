package lyceum.text.lm;

import java.util.Arrays;
import java.util.List;

/**
 * Several models at once: {@code p(w | h) = sum_m weight_m p_m(w | h)}. Models that err in different places, such as counts and a network, are better
 * together than the better of them alone.
 *
 * {@snippet :
 * var half = MixtureLanguageModel.evenly(network, trigram);
 * var fitted = MixtureLanguageModel.fitted(validation, network, trigram);          // weights by expectation and maximisation
 * }
 *
 * <p>Jelinek and Mercer (1980), Interpolated estimation of Markov source parameters from sparse data.
 */
public final class MixtureLanguageModel implements LanguageModel {
    private static final int ITERATIONS = 1000;
    private final List<LanguageModel> models;
    private final double[] weights, logs;

    /**
     * @param models of one vocabulary with the same marks, each a distribution
     * @param weights at least 0, of sum 1
     */
    public MixtureLanguageModel(List<? extends LanguageModel> models, double... weights) {
        this.models = List.copyOf(models);
        this.weights = weights.clone();
        if (this.models.isEmpty() || weights.length != this.models.size()) throw new IllegalArgumentException(
                "MixtureLanguageModel: " + weights.length + " weights for " + this.models.size() + " models");
        var first = this.models.getFirst();
        for (var m : this.models) {
            if (m.vocabulary() != first.vocabulary() || m.startMark() != first.startMark() || m.endMark() != first.endMark())
                throw new IllegalArgumentException(
                        "MixtureLanguageModel: " + marks(first) + " and " + marks(m) + "; models of a mixture share vocabulary and marks");
            if (!m.normalised()) throw new IllegalArgumentException(
                    "MixtureLanguageModel: a model whose scores do not add up to 1 has no share in a mixture; smooth it otherwise");
        }
        for (double w : weights) if (!(w >= 0)) throw new IllegalArgumentException("MixtureLanguageModel: a weight of " + w);
        if (Math.abs(Arrays.stream(weights).sum() - 1) > 1e-9)
            throw new IllegalArgumentException("MixtureLanguageModel: weights " + Arrays.toString(weights) + " do not add up to 1");
        logs = Arrays.stream(weights).map(Math::log).toArray();
    }

    private static String marks(LanguageModel m) {
        return "a vocabulary of " + m.vocabulary() + " with marks " + m.startMark() + " and " + m.endMark();
    }

    /** Equal weights. */
    public static MixtureLanguageModel evenly(LanguageModel... models) {
        var weights = new double[models.length];
        Arrays.fill(weights, 1.0 / models.length);
        return new MixtureLanguageModel(List.of(models), weights);
    }

    /**
     * The weights under which the texts are likeliest, by expectation and maximisation from equal ones: the likelihood is concave in them, so that this is
     * the best there is.
     *
     * @param validation texts that no model was trained on
     * @throws IllegalArgumentException if there is no token that any model thinks possible
     */
    public static MixtureLanguageModel fitted(List<int[]> validation, LanguageModel... models) {
        var even = evenly(models);
        int n = models.length;
        var terms = validation.stream().map(even::ended)
                .map(ids -> Arrays.stream(models).map(m -> m.logProbabilities(ids)).toArray(double[][]::new)).toList();
        var weights = even.weights.clone();
        for (int iteration = 0; iteration < ITERATIONS; iteration++) {
            var shares = new double[n];
            double tokens = 0;
            for (double[][] text : terms) {
                for (int t = 0; t < text[0].length; t++) {
                    double sum = 0;
                    for (int m = 0; m < n; m++) sum += weights[m] * Math.exp(text[m][t]);
                    if (sum == 0) continue;
                    for (int m = 0; m < n; m++) shares[m] += weights[m] * Math.exp(text[m][t]) / sum;
                    tokens++;
                }
            }
            if (tokens == 0) throw new IllegalArgumentException(
                    "MixtureLanguageModel: no token of the " + validation.size() + " validation texts is possible under any model");
            double moved = 0;
            for (int m = 0; m < n; m++) {
                moved = Math.max(moved, Math.abs(shares[m] / tokens - weights[m]));
                weights[m] = shares[m] / tokens;
            }
            if (moved < 1e-10) break;
        }
        return new MixtureLanguageModel(List.of(models), weights);
    }

    public List<LanguageModel> models() { return models; }

    /** Of each model. */
    public double[] weights() { return weights.clone(); }

    @Override public int vocabulary() { return models.getFirst().vocabulary(); }

    @Override public int startMark() { return models.getFirst().startMark(); }

    @Override public int endMark() { return models.getFirst().endMark(); }

    @Override public State start() { return new Mixed(models.stream().map(LanguageModel::start).toArray(State[]::new)); }

    /** Each model reads the whole text in its own way. */
    @Override public double[] logProbabilities(int... ids) {
        return mixed(models.stream().map(m -> m.logProbabilities(ids)).toArray(double[][]::new));
    }

    private double[] mixed(double[][] each) {
        var all = new double[each[0].length];
        for (int t = 0; t < all.length; t++) {
            double top = Double.NEGATIVE_INFINITY, sum = 0;
            for (int m = 0; m < each.length; m++) top = Math.max(top, logs[m] + each[m][t]);
            for (int m = 0; m < each.length; m++) sum += Math.exp(logs[m] + each[m][t] - top);
            all[t] = top == Double.NEGATIVE_INFINITY ? top : top + Math.log(sum);
        }
        return all;
    }

    private final class Mixed implements State {
        private final State[] states;

        Mixed(State[] states) { this.states = states; }

        @Override public double[] logProbabilities() {
            return mixed(Arrays.stream(states).map(State::logProbabilities).toArray(double[][]::new));
        }

        @Override public double logProbability(int id) {
            return mixed(Arrays.stream(states).map(s -> new double[] {s.logProbability(id)}).toArray(double[][]::new))[0];
        }

        @Override public State next(int id) { return new Mixed(Arrays.stream(states).map(s -> s.next(id)).toArray(State[]::new)); }
    }
}
