package lyceum.bayes;

import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.prob.MarkovChain;
import lyceum.random.Rng;

/**
 * A Markov chain that is not seen, and observations that depend on its state alone:
 * {@code p(z, x) = start(z_1) b(x_1 | z_1) prod_t a(z_(t-1), z_t) b(x_t | z_t)}.
 *
 * {@snippet :
 * var dice = new SymbolEmissions(new double[][] {{1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0}, {0.1, 0.1, 0.1, 0.1, 0.1, 0.5}});
 * var casino = new HiddenMarkovModel(new double[] {0.5, 0.5}, new double[][] {{0.95, 0.05}, {0.1, 0.9}}, dice);
 * var night = casino.sample(Rng.of(1), 300);
 * double[][] whichDie = casino.posterior(night.observations()).states();   // P(state at t | all rolls)
 * int[] path = casino.viterbi(night.observations()).states();             // the likeliest sequence of states
 * }
 *
 * <p>A series is {@code x[t]}, each a vector of the emissions' width; {@link #series} makes one of numbers. An observation with a NaN in it is
 * missing: it says nothing of its state. {@link BaumWelch} learns the tables. Immutable.
 *
 * @see <a href="https://doi.org/10.1109/5.18626">Rabiner (1989), A Tutorial on Hidden Markov Models</a>
 */
public final class HiddenMarkovModel {
    private final double[] start;
    private final double[][] transition;
    private final Emissions emissions;

    /**
     * @param start probabilities of the first state; sum to 1 within 1e-9
     * @param transition {@code [i][j]}: from state i to j; rows sum to 1
     * @param emissions what each state shows
     */
    public HiddenMarkovModel(double[] start, double[][] transition, Emissions emissions) {
        this.start = requireDistribution("HiddenMarkovModel: the start", start);
        this.transition = new MarkovChain(transition).transition();
        this.emissions = emissions;
        if (start.length != transition.length || start.length != emissions.states()) throw new ShapeException("HiddenMarkovModel: start of "
                + start.length + " states, transitions of " + transition.length + ", emissions of " + emissions.states());
    }

    /** A chain that begins in its stationary law. */
    public static HiddenMarkovModel stationary(double[][] transition, Emissions emissions) {
        return new HiddenMarkovModel(new MarkovChain(transition).stationary(), transition, emissions);
    }

    /** Numbers, or symbols, as a series of observations of width 1. */
    public static double[][] series(double... x) { return Arrays.stream(x).mapToObj(v -> new double[] {v}).toArray(double[][]::new); }

    /** Number of hidden states. */
    public int states() { return start.length; }

    /** A copy. */
    public double[] start() { return start.clone(); }

    /** A copy. */
    public double[][] transition() { return Arrays.stream(transition).map(double[]::clone).toArray(double[][]::new); }

    public Emissions emissions() { return emissions; }

    /**
     * What a whole series says of its states.
     *
     * @param logLikelihood {@code log p(x)}
     * @param states {@code [t][i] = P(z_t = i | x)}
     * @param transitions {@code [i][j]}: expected number of moves from i to j
     */
    public record Posterior(double logLikelihood, double[][] states, double[][] transitions) {
        /** At each time the likeliest state, the first of equals: most often right, though no sequence need be possible. */
        public int[] decode() {
            var best = new int[states.length];
            for (int t = 0; t < best.length; t++)
                for (int k = 1; k < states[t].length; k++) if (states[t][k] > states[t][best[t]]) best[t] = k;
            return best;
        }
    }

    /** The likeliest sequence of states and {@code log p(states, x)}. */
    public record Path(int[] states, double logProbability) {}

    /** A simulated run: what is hidden, and what is shown. */
    public record Sample(int[] states, double[][] observations) {}

    /** {@code log p(x)}; {@code -Infinity} if the model cannot show x. */
    public double logLikelihood(double[][] x) { return ForwardBackward.logLikelihood(this, logDensities(x)); }

    /**
     * Forward and backward over a series, with forward probabilities that are scaled at each step. Where a step's densities are too far apart for
     * that, in logarithms.
     *
     * @throws IllegalArgumentException if the model cannot show x
     */
    public Posterior posterior(double[][] x) { return ForwardBackward.posterior(this, logDensities(x)); }

    /** The same with every sum in logarithms: slower by the exponentials, safe for any densities. */
    public Posterior posteriorInLogs(double[][] x) { return ForwardBackward.inLogs(this, logDensities(x)); }

    /** {@code [t K + k] = log b(x_t | k)}, 0 where x_t is missing. */
    double[] logDensities(double[][] x) {
        if (x.length == 0) throw new ShapeException("HiddenMarkovModel: the series is empty");
        int n = start.length;
        var logs = new double[x.length * n];
        for (int t = 0; t < x.length; t++) {
            if (x[t].length != emissions.width()) throw new ShapeException(
                    "HiddenMarkovModel: observation " + t + " has " + x[t].length + " numbers; the emissions show " + emissions.width());
            if (!missing(x[t])) for (int k = 0; k < n; k++) logs[t * n + k] = emissions.logDensity(k, x[t]);
        }
        return logs;
    }

    /**
     * Viterbi's algorithm: the likeliest sequence of states; among equals, lower states at later times.
     *
     * @throws IllegalArgumentException if the model cannot show x
     */
    public Path viterbi(double[][] x) {
        int n = start.length;
        double[] b = logDensities(x), best = new double[n], next = new double[n];
        double[][] logs = logTransition();
        var from = new int[x.length][n];
        for (int k = 0; k < n; k++) best[k] = Math.log(start[k]) + b[k];
        for (int t = 1; t < x.length; t++) {
            for (int j = 0; j < n; j++) {
                int arg = 0;
                for (int i = 1; i < n; i++) if (best[i] + logs[i][j] > best[arg] + logs[arg][j]) arg = i;
                next[j] = best[arg] + logs[arg][j] + b[t * n + j];
                from[t][j] = arg;
            }
            double[] swap = best;
            best = next;
            next = swap;
        }
        var states = new int[x.length];
        int last = x.length - 1;
        for (int k = 1; k < n; k++) if (best[k] > best[states[last]]) states[last] = k;
        double log = best[states[last]];
        if (log == Double.NEGATIVE_INFINITY) throw new IllegalArgumentException("viterbi: no sequence of states can show this series");
        for (int t = last; t > 0; t--) states[t - 1] = from[t][states[t]];
        return new Path(states, log);
    }

    double[][] logTransition() {
        return Arrays.stream(transition).map(row -> Arrays.stream(row).map(Math::log).toArray()).toArray(double[][]::new);
    }

    /** A run of {@code length} steps. */
    public Sample sample(Rng rng, int length) {
        if (length < 1) throw new IllegalArgumentException("sample: length is " + length + "; it is at least 1");
        var states = new int[length];
        var x = new double[length][];
        for (int t = 0; t < length; t++) {
            states[t] = draw(t == 0 ? start : transition[states[t - 1]], rng);
            x[t] = emissions.sample(states[t], rng);
        }
        return new Sample(states, x);
    }

    /** A filter that observations are given to one by one. */
    public Filter filter() { return new Filter(); }

    /** The state's distribution given what was seen so far. Holds that and nothing of the past. Not safe for several threads at once. */
    public final class Filter {
        private double[] belief = start.clone();
        private double logLikelihood;
        private boolean begun;

        private Filter() {}

        /**
         * The next observation.
         *
         * @return {@code P(z_t | x_1 .. x_t)}, a copy
         * @throws IllegalArgumentException if it cannot be seen here; the filter is then as it was
         */
        public double[] update(double[] x) {
            double[] next = begun ? step(belief) : belief.clone(), logs = logDensities(new double[][] {x});
            for (int k = 0; k < next.length; k++) logs[k] += Math.log(next[k]);
            double log = logSum(logs);
            if (log == Double.NEGATIVE_INFINITY)
                throw new IllegalArgumentException("update: no state that is reached can show " + Arrays.toString(x));
            for (int k = 0; k < next.length; k++) next[k] = Math.exp(logs[k] - log);
            logLikelihood += log;
            begun = true;
            belief = next;
            return belief.clone();
        }

        /** The state's distribution {@code steps} after the last observation; before the first one that counts from the start. */
        public double[] predict(int steps) {
            if (steps < 0) throw new IllegalArgumentException("predict: steps is " + steps + "; it is at least 0");
            double[] ahead = belief.clone();
            for (int s = 0; s < steps; s++) ahead = step(ahead);
            return ahead;
        }

        /** {@code log p(x_1 .. x_t)}. */
        public double logLikelihood() { return logLikelihood; }

        private double[] step(double[] p) {
            var next = new double[p.length];
            for (int i = 0; i < p.length; i++) for (int j = 0; j < p.length; j++) next[j] += p[i] * transition[i][j];
            return next;
        }
    }

    /**
     * Learns from series whose states are known, by counting.
     *
     * @param shape emissions whose kind, and prior, are kept; mixtures take one step of EM from where they are
     * @param pseudoCounts added to each count of first states and of moves
     * @param states of each series
     */
    public static HiddenMarkovModel count(Emissions shape, double pseudoCounts, List<int[]> states, List<double[][]> sequences) {
        if (states.size() != sequences.size())
            throw new ShapeException("count: states of " + states.size() + " series, observations of " + sequences.size());
        int n = shape.states();
        var counter = new BaumWelch(shape, sequences).withPseudoCounts(pseudoCounts);
        var statistics = new double[n + n * n + shape.statistics()];
        for (int s = 0; s < states.size(); s++) {
            int[] z = states.get(s);
            double[][] x = sequences.get(s), known = new double[z.length][n], moves = new double[n][n];
            if (z.length != x.length)
                throw new ShapeException("count: series " + s + " has " + z.length + " states, " + x.length + " values");
            for (int t = 0; t < z.length; t++) {
                if (z[t] < 0 || z[t] >= n) throw new IllegalArgumentException("count: state " + z[t] + "; states are 0 to " + (n - 1));
                known[t][z[t]] = 1;
                if (t > 0) moves[z[t - 1]][z[t]]++;
            }
            counter.collect(shape, x, new Posterior(0, known, moves), statistics);
        }
        return counter.model(counter.maximisation(statistics));
    }

    static boolean missing(double[] x) {
        for (double v : x) if (v != v) return true;
        return false;
    }

    static double[] requireDistribution(String what, double[] p) {
        double sum = 0;
        for (double v : p) sum += v >= 0 ? v : Double.NaN;
        if (!(Math.abs(sum - 1) <= 1e-9))
            throw new IllegalArgumentException(what + " are " + Arrays.toString(p) + "; they are at least 0 and sum to 1");
        return p.clone();
    }

    static int draw(double[] p, Rng rng) {
        double u = rng.nextDouble();
        int last = 0;
        for (int k = 0; k < p.length; k++) {
            if (p[k] == 0) continue;
            last = k;
            if ((u -= p[k]) < 0) return k;
        }
        return last;
    }

    /** {@code log sum exp}. */
    static double logSum(double[] logs) {
        double most = Double.NEGATIVE_INFINITY, sum = 0;
        for (double v : logs) most = Math.max(most, v);
        if (most == Double.NEGATIVE_INFINITY) return most;
        for (double v : logs) sum += Math.exp(v - most);
        return most + Math.log(sum);
    }

    /** Counts plus pseudo-counts as shares; where there are none of either {@code into} stays as it is. */
    static void shares(double[] counts, int from, int n, double pseudoCounts, double[] into, int at) {
        double sum = 0;
        for (int k = 0; k < n; k++) sum += counts[from + k] + pseudoCounts;
        if (sum > 0) for (int k = 0; k < n; k++) into[at + k] = (counts[from + k] + pseudoCounts) / sum;
    }

    /** Uniform over all distributions. */
    static void randomShares(Rng rng, double[] into, int at, int n) {
        for (int k = 0; k < n; k++) into[at + k] = -Math.log(rng.nextDoublePositive());
        shares(into.clone(), at, n, 0, into, at);
    }
}
