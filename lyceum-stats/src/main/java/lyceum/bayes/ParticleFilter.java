package lyceum.bayes;

import java.util.ArrayList;
import java.util.function.IntToDoubleFunction;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.bayes.StateSpaceModel.LookAhead;
import lyceum.bayes.StateSpaceModel.Guide;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Many guesses of a state, moved as it moves, weighed by what is seen, and drawn anew where few of them carry the weight.
 *
 * {@snippet :
 * var walk = new StateSpaceModel<double[]>() {
 *     @Override public double[] start(Rng rng) { return new double[] {rng.nextGaussian()}; }
 *
 *     @Override public double[] move(int t, double[] x, Rng rng) { return new double[] {x[0] + rng.nextGaussian()}; }
 *
 *     @Override public double logObservation(int t, double[] x, double[] y) { return new Normal(x[0] * x[0], 1).logDensity(y[0]); }
 * };
 * var run = new ParticleFilter(2_000).run(walk, HiddenMarkovModel.series(1.2, 0.7, 2.5), Rng.of(1));
 * run.mean(2);
 * run.logLikelihood();
 * }
 *
 * <p>Log weights are kept less their largest. The likelihood's estimate is unbiased, its logarithm is not. The same seed gives the same particles
 * whatever the number of threads.
 *
 * @param particles at least 1
 * @param threshold resample when the effective sample size is below this share of them: 0 never does, 1 does at every step
 * @param scheme how
 * @see <a href="https://doi.org/10.1049/ip-f-2.1993.0015">Gordon, Salmond and Smith (1993)</a>
 * @see <a href="https://doi.org/10.1080/01621459.1999.10474153">Pitt and Shephard (1999), auxiliary filters</a>
 */
@Withers
public record ParticleFilter(int particles, double threshold, ResamplingScheme scheme) implements ParticleFilterWithers {
    private static final int GRAIN = 256;

    public ParticleFilter {
        if (particles < 1) throw new IllegalArgumentException("ParticleFilter: particles is " + particles + "; at least 1 is needed");
        if (!(threshold >= 0 && threshold <= 1))
            throw new IllegalArgumentException("ParticleFilter: threshold is " + threshold + "; it lies between 0 and 1");
    }

    /** Systematic resampling below half. */
    public ParticleFilter(int particles) { this(particles, 0.5, ResamplingScheme.SYSTEMATIC); }

    /** The bootstrap filter: particles move as the model does. @param y (T x p); a null row was not measured */
    public <S> ParticleRun<S> run(StateSpaceModel<S> model, double[][] y, Rng rng) { return run(model, null, null, y, rng); }

    /** The guided filter: particles move by a proposal, and weights make up for it. */
    public <S> ParticleRun<S> run(StateSpaceModel<S> model, Guide<S> proposal, double[][] y, Rng rng) {
        return run(model, proposal, null, y, rng);
    }

    /**
     * The auxiliary filter: particles are drawn at every step by their weight times what {@code ahead} promises, and weighed by what it missed.
     *
     * @param proposal null to move as the model does
     */
    public <S> ParticleRun<S> run(StateSpaceModel<S> model, Guide<S> proposal, LookAhead<S> ahead, double[][] y, Rng rng) {
        if (y.length == 0) throw new ShapeException("ParticleFilter: the series is empty");
        var steps = new ArrayList<ParticleRun.Step<S>>(y.length);
        double[] logs = new double[particles];
        for (int t = 0; t < y.length; t++) {
            var stream = rng.split(t);
            double likelihood = 0;
            var ancestors = new int[particles];
            for (int i = 0; i < particles; i++) {
                ancestors[i] = i;
                if (t == 0) logs[i] = -Math.log(particles);
            }
            double[] promised = new double[particles];
            var before = t == 0 ? null : steps.getLast();
            boolean resampled = false;
            if (t > 0) {
                double[] weights = before.weights(), by = weights;
                logs = before.logWeights().clone();
                if (ahead != null && y[t] != null) {
                    int time = t;
                    each(i -> ahead.log(time, before.particles().get(i), y[time]), promised);
                    for (int i = 0; i < particles; i++) logs[i] += promised[i];
                    likelihood = HiddenMarkovModel.logSum(logs);
                    requirePossible(likelihood, t);
                    by = new double[particles];
                    for (int i = 0; i < particles; i++) by[i] = Math.exp(logs[i] - likelihood);
                    resampled = true;
                } else resampled = effectiveSize(weights) < threshold * particles;
                if (resampled) {
                    ancestors = scheme.draw(by, particles, stream.split(-1));
                    for (int i = 0; i < particles; i++) logs[i] = -Math.log(particles) - promised[ancestors[i]];
                }
            }
            var next = moved(model, proposal, t, y[t], before, ancestors, stream);
            double[] gains = next.gains;
            for (int i = 0; i < particles; i++) logs[i] += gains[i];
            double sum = HiddenMarkovModel.logSum(logs);
            requirePossible(sum, t);
            for (int i = 0; i < particles; i++) logs[i] -= sum;
            steps.add(new ParticleRun.Step<>(next.states, logs, ancestors, likelihood + sum, resampled));
        }
        return new ParticleRun<>(model, steps);
    }

    private static void requirePossible(double log, int t) {
        if (!(log > Double.NEGATIVE_INFINITY)) throw new IllegalArgumentException("ParticleFilter: measurement " + t
                + " is impossible for every particle (" + log + "); use more, or a proposal that sees the measurement");
    }

    /** {@code (sum w)^2 / sum w^2}: how many equal weights would do as well. */
    public static double effectiveSize(double[] weights) {
        double sum = 0, squares = 0;
        for (double w : weights) {
            sum += w;
            squares += w * w;
        }
        return sum * sum / squares;
    }

    private void each(IntToDoubleFunction f, double[] into) {
        Parallel.range(particles, GRAIN, (from, to) -> {
            for (int i = (int) from; i < to; i++) into[i] = f.applyAsDouble(i);
        });
    }

    private record Moved<S>(ArrayList<S> states, double[] gains) {}

    /** Each piece of the particles draws from a stream of its own, so that threads do not matter. */
    @SuppressWarnings("unchecked")
    private <S> Moved<S> moved(StateSpaceModel<S> model, Guide<S> proposal, int t, double[] y,
            ParticleRun.Step<S> before, int[] ancestors, Rng stream) {
        var states = (S[]) new Object[particles];
        var gains = new double[particles];
        boolean guided = proposal != null && y != null;
        Parallel.range(particles, GRAIN, (from, to) -> {
            var rng = stream.split(from);
            for (int i = (int) from; i < to; i++) {
                S was = t == 0 ? null : before.particles().get(ancestors[i]), now;
                if (t == 0) now = guided ? proposal.start(y, rng) : model.start(rng);
                else now = guided ? proposal.move(t, was, y, rng) : model.move(t, was, rng);
                states[i] = now;
                if (y == null) continue;
                gains[i] = model.logObservation(t, now, y);
                if (!guided) continue;
                gains[i] += t == 0 ? model.logStart(now) - proposal.logStart(now, y)
                        : model.logTransition(t, was, now) - proposal.logMove(t, was, now, y);
            }
        });
        var list = new ArrayList<S>(particles);
        for (S s : states) list.add(s);
        return new Moved<>(list, gains);
    }
}
