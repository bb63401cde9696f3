package lyceum.bayes;

import java.util.Arrays;
import java.util.List;
import lyceum.prob.MultivariateNormal;
import lyceum.random.Rng;

/**
 * Each hidden state shows vectors from a normal distribution, or from a mixture of several.
 *
 * <p>Flat parameters: for each state, for each of its components: weight, mean (d), covariance (d x d, row by row). With {@code pseudoCounts} a
 * component's covariance is drawn towards the prior covariance as by so many more observations, which keeps it from shrinking onto a single point,
 * where the likelihood has no end.
 *
 * {@snippet :
 * var calmAndWild = GaussianEmissions.univariate(new double[] {0, 0}, new double[] {0.5, 3});   // means, standard deviations
 * }
 */
public final class GaussianEmissions implements Emissions {
    private final double[][] weights, logWeights;
    private final MultivariateNormal[][] components;
    private final double pseudoCounts;
    private final double[][] priorCovariance;
    private final int d;

    /**
     * @param weights {@code [state][component]}, rows sum to 1
     * @param components {@code [state][component]}, all of one dimension; states have the same number
     */
    public GaussianEmissions(double[][] weights, MultivariateNormal[][] components) { this(weights, components, 0, null); }

    private GaussianEmissions(double[][] weights, MultivariateNormal[][] components, double pseudoCounts, double[][] priorCovariance) {
        if (weights.length == 0 || weights.length != components.length) throw new IllegalArgumentException("GaussianEmissions: weights of "
                + weights.length + " states, components of " + components.length + "; of each, at least 1");
        this.weights = new double[weights.length][];
        logWeights = new double[weights.length][];
        d = components[0][0].dimensions();
        for (int k = 0; k < weights.length; k++) {
            this.weights[k] = HiddenMarkovModel.requireDistribution("GaussianEmissions: the weights of state " + k, weights[k]);
            logWeights[k] = Arrays.stream(weights[k]).map(Math::log).toArray();
            if (components[k].length != weights[k].length || weights[k].length != weights[0].length)
                throw new IllegalArgumentException("GaussianEmissions: state " + k + " has " + components[k].length + " components, "
                        + weights[k].length + " weights; state 0 has " + weights[0].length);
            for (var c : components[k])
                if (c.dimensions() != d) throw new IllegalArgumentException(
                        "GaussianEmissions: a component of state " + k + " has " + c.dimensions() + " dimensions; the first has " + d);
        }
        this.components = Arrays.stream(components).map(MultivariateNormal[]::clone).toArray(MultivariateNormal[][]::new);
        this.pseudoCounts = pseudoCounts;
        this.priorCovariance = priorCovariance;
    }

    /** One normal distribution a state. */
    public static GaussianEmissions of(MultivariateNormal... states) {
        var one = new double[states.length][1];
        for (var row : one) row[0] = 1;
        return new GaussianEmissions(one,
                Arrays.stream(states).map(s -> new MultivariateNormal[] {s}).toArray(MultivariateNormal[][]::new));
    }

    /** One normal distribution over numbers a state. */
    public static GaussianEmissions univariate(double[] means, double[] standardDeviations) {
        var states = new MultivariateNormal[means.length];
        for (int k = 0; k < states.length; k++)
            states[k] = new MultivariateNormal(new double[] {means[k]}, new double[][] {{standardDeviations[k] * standardDeviations[k]}});
        return of(states);
    }

    /** The same under a prior: each component's covariance as if {@code pseudoCounts} more observations had scattered by {@code covariance}. */
    public GaussianEmissions withPrior(double pseudoCounts, double[][] covariance) {
        if (!(pseudoCounts > 0)) throw new IllegalArgumentException("withPrior: pseudoCounts is " + pseudoCounts + "; it is above 0");
        var prior = new MultivariateNormal(new double[covariance.length], covariance);
        if (prior.dimensions() != d) throw new IllegalArgumentException("withPrior: " + prior.dimensions() + " dimensions for " + d);
        return new GaussianEmissions(weights, components, pseudoCounts, prior.covariance());
    }

    /** The distribution of a component. */
    public MultivariateNormal component(int state, int component) { return components[state][component]; }

    /** Weights of a state's components. A copy. */
    public double[] weights(int state) { return weights[state].clone(); }

    @Override public int states() { return weights.length; }

    @Override public int width() { return d; }

    @Override public double logDensity(int state, double[] x) {
        if (components[state].length == 1) return components[state][0].logDensity(x);
        return HiddenMarkovModel.logSum(logs(state, x));
    }

    private double[] logs(int state, double[] x) {
        var logs = new double[components[state].length];
        for (int m = 0; m < logs.length; m++) logs[m] = logWeights[state][m] + components[state][m].logDensity(x);
        return logs;
    }

    @Override public double[] sample(int state, Rng rng) {
        return components[state][HiddenMarkovModel.draw(weights[state], rng)].sample(rng);
    }

    private int size() { return 1 + d + d * d; }

    @Override public int statistics() { return weights.length * weights[0].length * size(); }

    @Override public double[] parameters() {
        var flat = new double[statistics()];
        int at = 0;
        for (int k = 0; k < weights.length; k++) for (int m = 0; m < weights[k].length; m++) {
            flat[at++] = weights[k][m];
            for (double v : components[k][m].mean()) flat[at++] = v;
            for (var row : components[k][m].covariance()) for (double v : row) flat[at++] = v;
        }
        return flat;
    }

    @Override public GaussianEmissions with(double[] flat) {
        if (flat.length != statistics())
            throw new IllegalArgumentException("GaussianEmissions: " + flat.length + " parameters for " + statistics());
        var w = new double[weights.length][weights[0].length];
        var c = new MultivariateNormal[w.length][w[0].length];
        int at = 0;
        for (int k = 0; k < w.length; k++) for (int m = 0; m < w[k].length; m++) {
            w[k][m] = flat[at++];
            var covariance = new double[d][];
            for (int i = 0; i < d; i++) covariance[i] = Arrays.copyOfRange(flat, at + d + i * d, at + d + (i + 1) * d);
            c[k][m] = new MultivariateNormal(Arrays.copyOfRange(flat, at, at + d), covariance);
            at += d + d * d;
        }
        return new GaussianEmissions(w, c, pseudoCounts, priorCovariance);
    }

    /** For each component its mass, and the sums of x and x x'. */
    @Override public void collect(double[] x, double[] posterior, double[] into, int at) {
        for (int k = 0; k < weights.length; k++) {
            if (posterior[k] == 0) {
                at += weights[k].length * size();
                continue;
            }
            double[] logs = logs(k, x);
            double total = HiddenMarkovModel.logSum(logs);
            for (int m = 0; m < logs.length; m++, at += size()) {
                double r = posterior[k] * Math.exp(logs[m] - total);
                into[at] += r;
                for (int i = 0; i < d; i++) {
                    into[at + 1 + i] += r * x[i];
                    for (int j = 0; j < d; j++) into[at + 1 + d + i * d + j] += r * x[i] * x[j];
                }
            }
        }
    }

    @Override public double[] maximise(double[] s) {
        var best = parameters();
        int at = 0, width = size();
        for (int k = 0; k < weights.length; k++) {
            double state = 0;
            for (int m = 0; m < weights[k].length; m++) state += s[at + m * width];
            for (int m = 0; m < weights[k].length; m++, at += width) {
                double mass = s[at];
                if (state > 0) best[at] = mass / state;
                // Rounding alone can leave crumbs of mass, from which no mean can be told, and no spread but the prior's
                boolean told = mass > 1e-12;
                if (!told && pseudoCounts == 0) continue;
                if (told) for (int i = 0; i < d; i++) best[at + 1 + i] = s[at + 1 + i] / mass;
                for (int i = 0; i < d; i++) for (int j = 0; j <= i; j++) {
                    double scatter = told ? s[at + 1 + d + i * d + j] - mass * best[at + 1 + i] * best[at + 1 + j] : 0;
                    if (pseudoCounts > 0) scatter += pseudoCounts * priorCovariance[i][j];
                    best[at + 1 + d + i * d + j] = best[at + 1 + d + j * d + i] = scatter / ((told ? mass : 0) + pseudoCounts);
                }
            }
        }
        return best;
    }

    /** {@code -c/2 (log det S + tr(S^-1 S0))} for each component, c the pseudo-counts and S0 the prior covariance. */
    @Override public double logPrior() {
        if (pseudoCounts == 0) return 0;
        var zero = new MultivariateNormal(new double[d], priorCovariance);
        double sum = 0;
        for (var state : components) for (var c : state) {
            // KL(N(0, S0) || N(0, S)) = (tr(S^-1 S0) - d + log det S - log det S0) / 2
            double kl = zero.klDivergence(new MultivariateNormal(new double[d], c.covariance()));
            sum -= pseudoCounts / 2 * (2 * kl + d + zero.logDeterminant());
        }
        return sum;
    }

    /** Weights equal, means at observations drawn at random, every covariance that of all data on its diagonal. */
    @Override public double[] randomParameters(List<double[][]> sequences, Rng rng) {
        List<double[]> seen = sequences.stream().flatMap(Arrays::stream).filter(x -> !HiddenMarkovModel.missing(x)).toList();
        if (seen.isEmpty()) throw new IllegalArgumentException("GaussianEmissions: no observation to begin at; all are missing");
        double[] mean = new double[d], spread = new double[d];
        for (var x : seen) for (int i = 0; i < d; i++) mean[i] += x[i] / seen.size();
        for (var x : seen) for (int i = 0; i < d; i++) spread[i] += (x[i] - mean[i]) * (x[i] - mean[i]) / seen.size();
        var drawn = new double[statistics()];
        for (int at = 0; at < drawn.length; at += size()) {
            drawn[at] = 1.0 / weights[0].length;
            double[] x = seen.get(rng.nextInt(seen.size()));
            for (int i = 0; i < d; i++) {
                drawn[at + 1 + i] = x[i];
                drawn[at + 1 + d + i * d + i] = spread[i] > 0 ? spread[i] : 1;
            }
        }
        return drawn;
    }
}
