package lyceum.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.random.Rng;

/**
 * A series as a {@link ParticleFilter} went through it.
 *
 * @param <S> a state
 */
public final class ParticleRun<S> {
    private final StateSpaceModel<S> model;
    private final List<Step<S>> steps;

    ParticleRun(StateSpaceModel<S> model, List<Step<S>> steps) {
        this.model = model;
        this.steps = List.copyOf(steps);
    }

    /**
     * The particles at one time.
     *
     * @param particles states
     * @param logWeights logarithms of weights that sum to 1
     * @param ancestors for each the index of the particle before that it came from
     * @param logLikelihood estimate of {@code log p(y_t | y before t)}
     * @param resampled whether they were drawn anew before they moved here
     */
    public record Step<S>(List<S> particles, double[] logWeights, int[] ancestors, double logLikelihood, boolean resampled) {
        /** Weights, which sum to 1. */
        public double[] weights() {
            var w = new double[logWeights.length];
            for (int i = 0; i < w.length; i++) w[i] = Math.exp(logWeights[i]);
            return w;
        }

        /** {@code 1 / sum w^2}. */
        public double effectiveSize() { return ParticleFilter.effectiveSize(weights()); }
    }

    public int length() { return steps.size(); }

    public Step<S> step(int t) { return steps.get(t); }

    /** Estimate of {@code log p(y)}. */
    public double logLikelihood() {
        double sum = 0;
        for (var s : steps) sum += s.logLikelihood;
        return sum;
    }

    /** The expected value of f at time t, given the measurements up to t. */
    public double expectation(int t, ToDoubleFunction<S> f) {
        var step = steps.get(t);
        double[] w = step.weights();
        double sum = 0;
        for (int i = 0; i < w.length; i++) sum += w[i] * f.applyAsDouble(step.particles.get(i));
        return sum;
    }

    /** The mean state at time t, given the measurements up to t. */
    public double[] mean(int t) { return fixedLag(t, 0); }

    /**
     * The mean state at time t given the measurements up to {@code t + lag}, by going back along the ancestors. Long lags end at few of them.
     *
     * @param lag at least 0; cut at the end of the series
     */
    public double[] fixedLag(int t, int lag) {
        if (lag < 0) throw new IllegalArgumentException("fixedLag: lag is " + lag + "; it is at least 0");
        int end = Math.min(steps.size() - 1, t + lag);
        double[] w = steps.get(end).weights(), mean = null;
        for (int i = 0; i < w.length; i++) {
            int at = i;
            for (int s = end; s > t; s--) at = steps.get(s).ancestors[at];
            double[] x = model.vector(steps.get(t).particles.get(at));
            if (mean == null) mean = new double[x.length];
            for (int j = 0; j < x.length; j++) mean[j] += w[i] * x[j];
        }
        return mean;
    }

    /**
     * Draws whole paths given all measurements, from the last state backwards: state t with weight {@code w_t p(x_(t+1) | x_t)}. Every state that the
     * filter visited can be chosen, not only ancestors of the last. Costs {@code paths * particles} transition densities a step.
     *
     * @return {@code paths} lists of one state a time
     * @see <a href="https://doi.org/10.1198/016214504000000151">Godsill, Doucet and West (2004)</a>
     */
    public List<List<S>> smoothedPaths(int paths, Rng rng) {
        var all = new ArrayList<List<S>>(paths);
        int last = steps.size() - 1, n = steps.getFirst().logWeights.length;
        double[] logs = new double[n];
        for (int p = 0; p < paths; p++) {
            var path = new ArrayList<S>();
            for (int t = last; t >= 0; t--) {
                var step = steps.get(t);
                for (int i = 0; i < n; i++) {
                    logs[i] = step.logWeights[i];
                    if (t < last) logs[i] += model.logTransition(t + 1, step.particles.get(i), path.getFirst());
                }
                double sum = HiddenMarkovModel.logSum(logs), u = rng.nextDouble();
                int chosen = 0;
                for (int i = 0; i < n; i++) {
                    double w = Math.exp(logs[i] - sum);
                    if (w > 0) chosen = i;
                    if ((u -= w) < 0) break;
                }
                path.addFirst(step.particles.get(chosen));
            }
            all.add(path);
        }
        return all;
    }
}
