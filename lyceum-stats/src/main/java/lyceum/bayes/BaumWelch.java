package lyceum.bayes;

import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.bayes.HiddenMarkovModel.Posterior;
import lyceum.random.Rng;

/**
 * What {@link ExpectationMaximization} needs to learn a {@link HiddenMarkovModel} from series whose states nobody saw.
 *
 * {@snippet :
 * double[][] rolls = HiddenMarkovModel.series(0, 5, 5, 3, 5, 1, 0, 2, 4, 1, 5, 5);
 * var learning = new BaumWelch(SymbolEmissions.uniform(2, 6), rolls).withPseudoCounts(1);
 * var fit = new ExpectationMaximization().best(learning, learning::randomStart, 10, Rng.of(1));
 * HiddenMarkovModel model = learning.model(fit.theta());
 * }
 *
 * <p>Flat parameters: the start's probabilities, the transitions row by row, the emissions' own. A transition of exactly 0 stays 0. From the
 * uniform emissions of all states alike no step leads away: begin at random.
 *
 * @see <a href="https://doi.org/10.1214/aoms/1177697196">Baum, Petrie, Soules and Weiss (1970)</a>
 */
public final class BaumWelch implements EmModel {
    private final Emissions emissions;
    private final List<double[][]> sequences;
    private final double pseudoCounts;
    private final int n;

    /** @param emissions the kind to learn, with its prior; their values are where unvisited states stay */
    public BaumWelch(Emissions emissions, List<double[][]> sequences) { this(emissions, sequences, 0); }

    /** The same, series by series. */
    public BaumWelch(Emissions emissions, double[][]... sequences) { this(emissions, List.of(sequences), 0); }

    private BaumWelch(Emissions emissions, List<double[][]> sequences, double pseudoCounts) {
        if (sequences.isEmpty()) throw new ShapeException("BaumWelch: there are no series");
        if (!(pseudoCounts >= 0)) throw new IllegalArgumentException("BaumWelch: pseudoCounts is " + pseudoCounts + "; it is at least 0");
        this.emissions = emissions;
        this.sequences = List.copyOf(sequences);
        this.pseudoCounts = pseudoCounts;
        n = emissions.states();
    }

    /** The same with so much added to each count of first states and of moves: Dirichlet priors with {@code pseudoCounts + 1}. */
    public BaumWelch withPseudoCounts(double pseudoCounts) { return new BaumWelch(emissions, sequences, pseudoCounts); }

    /** Number of series. */
    @Override public int size() { return sequences.size(); }

    /** The model with these parameters. */
    public HiddenMarkovModel model(double[] theta) {
        var rows = new double[n][];
        for (int i = 0; i < n; i++) rows[i] = Arrays.copyOfRange(theta, n + i * n, n + (i + 1) * n);
        var shown = emissions.with(Arrays.copyOfRange(theta, n + n * n, theta.length));
        return new HiddenMarkovModel(Arrays.copyOf(theta, n), rows, shown);
    }

    /** The parameters of a model, to begin at. */
    public double[] parameters(HiddenMarkovModel model) {
        double[] shown = model.emissions().parameters(), theta = new double[n + n * n + shown.length];
        System.arraycopy(model.start(), 0, theta, 0, n);
        double[][] transition = model.transition();
        for (int i = 0; i < n; i++) System.arraycopy(transition[i], 0, theta, n + i * n, n);
        System.arraycopy(shown, 0, theta, n + n * n, shown.length);
        return theta;
    }

    /** Probabilities uniform over all distributions, emissions as they say. */
    public double[] randomStart(Rng rng) {
        double[] shown = emissions.randomParameters(sequences, rng), theta = new double[n + n * n + shown.length];
        for (int row = 0; row <= n; row++) HiddenMarkovModel.randomShares(rng, theta, row * n, n);
        System.arraycopy(shown, 0, theta, n + n * n, shown.length);
        return theta;
    }

    @Override public double[] expectation(double[] theta, int from, int to) {
        var model = model(theta);
        var statistics = new double[n + n * n + emissions.statistics()];
        for (var x : sequences.subList(from, to)) collect(model.emissions(), x, model.posterior(x), statistics);
        return statistics;
    }

    /** Adds one series, whose states are known as far as {@code posterior} tells. */
    void collect(Emissions shown, double[][] x, Posterior posterior, double[] into) {
        for (int k = 0; k < n; k++) into[k] += posterior.states()[0][k];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) into[n + i * n + j] += posterior.transitions()[i][j];
        for (int t = 0; t < x.length; t++)
            if (!HiddenMarkovModel.missing(x[t])) shown.collect(x[t], posterior.states()[t], into, n + n * n);
    }

    @Override public double[] maximisation(double[] statistics) {
        double[] shown = emissions.maximise(Arrays.copyOfRange(statistics, n + n * n, statistics.length));
        var theta = new double[n + n * n + shown.length];
        Arrays.fill(theta, 0, n + n * n, 1.0 / n);
        for (int row = 0; row <= n; row++) HiddenMarkovModel.shares(statistics, row * n, n, pseudoCounts, theta, row * n);
        System.arraycopy(shown, 0, theta, n + n * n, shown.length);
        return theta;
    }

    @Override public double objective(double[] theta) {
        var model = model(theta);
        double sum = logPrior(theta, model);
        for (var x : sequences) sum += model.logLikelihood(x);
        return sum;
    }

    private double logPrior(double[] theta, HiddenMarkovModel model) {
        double sum = model.emissions().logPrior();
        if (pseudoCounts > 0) for (int i = 0; i < n + n * n; i++) sum += pseudoCounts * Math.log(theta[i]);
        return sum;
    }

    /** {@code log p(x | under) + E[log p(x, z | theta) - log p(x, z | under)]}, z the states under {@code under}; with the log-prior of theta. */
    @Override public double bound(double[] theta, double[] under) {
        HiddenMarkovModel model = model(theta), old = model(under);
        double sum = logPrior(theta, model);
        for (var x : sequences) {
            var posterior = old.posterior(x);
            sum += posterior.logLikelihood();
            double[] b = model.logDensities(x), was = old.logDensities(x);
            for (int k = 0; k < n; k++) sum += gain(posterior.states()[0][k], theta[k], under[k]);
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) sum += gain(posterior.transitions()[i][j], theta[n + i * n + j], under[n + i * n + j]);
            for (int t = 0; t < x.length; t++) for (int k = 0; k < n; k++) {
                double p = posterior.states()[t][k];
                if (p > 0) sum += p * (b[t * n + k] - was[t * n + k]);
            }
        }
        return sum;
    }

    private static double gain(double expected, double p, double was) { return expected == 0 ? 0 : expected * Math.log(p / was); }

    @Override public boolean allows(double[] theta) {
        if (theta.length != n + n * n + emissions.parameters().length) return false;
        try {
            model(theta);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
