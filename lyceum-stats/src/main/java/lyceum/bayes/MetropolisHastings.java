package lyceum.bayes;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.linalg.Cholesky;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Metropolis and Hastings' rule: propose y from {@code q(y | x)}, go there with probability {@code min(1, pi(y) q(x | y) / (pi(x) q(y | x)))},
 * stay otherwise.
 *
 * {@snippet :
 * // a mean and a positive scale, each with its own proposal
 * var kernel = new MetropolisHastings(x -> x[1] <= 0 ? Double.NEGATIVE_INFINITY : -x[0] * x[0] / (2 * x[1]) - x[1],
 *         Proposal.normal(1).on(0), Proposal.logNormal(0.5).on(1));
 * var chains = new Mcmc(kernel).run(Rng.of(1), new double[] {0, 1});
 * // steps and their shape found in warm-up
 * var tuned = new MetropolisHastings(x -> -x[0] * x[0] / 2 - x[1] * x[1] / 200, Proposal.normal(1)).withTarget(0.234);
 * }
 *
 * <p>States are real vectors or hold integers: only density and proposals know. A density of NaN counts as 0.
 *
 * @param logDensity of the target, up to a constant; {@code -Infinity} outside the support; called by several threads
 * @param proposals a step goes through them in order, accepting or refusing each: blocks of coordinates, or several ideas for all
 * @param target acceptance at which warm-up aims by tuning normal walks; NaN to leave them alone. Every window of warm-up ends in a walk with the
 *        covariance that was seen; its length is tuned all along
 * @see <a href="https://doi.org/10.1063/1.1699114">Metropolis, Rosenbluth, Rosenbluth, Teller and Teller (1953)</a>
 * @see <a href="https://doi.org/10.1093/biomet/57.1.97">Hastings (1970)</a>
 * @see <a href="https://doi.org/10.1214/aoap/1034625254">Roberts, Gelman and Gilks (1997), on 0.234</a>
 * @see <a href="https://doi.org/10.2307/3318737">Haario, Saksman and Tamminen (2001), on learning the covariance</a>
 */
@Withers
public record MetropolisHastings(ToDoubleFunction<double[]> logDensity, List<Proposal> proposals, double target)
        implements TransitionKernel, MetropolisHastingsWithers {
    public MetropolisHastings {
        proposals = List.copyOf(proposals);
        if (proposals.isEmpty()) throw new IllegalArgumentException("MetropolisHastings: no proposal; give at least one");
        if (target <= 0 || target >= 1) throw new IllegalArgumentException(
                "MetropolisHastings: the target acceptance is " + target + "; it lies strictly between 0 and 1, or is NaN");
    }

    /** Not tuned. */
    public MetropolisHastings(ToDoubleFunction<double[]> logDensity, Proposal... proposals) {
        this(logDensity, List.of(proposals), Double.NaN);
    }

    /** {@code log pi(y) - log pi(x) + log q(x | y) - log q(y | x)}: the step is taken with the probability that it is the logarithm of, or surely. */
    private static double logRatio(Proposal q, double[] x, double logX, double[] y, double logY) {
        // -Infinity - (-Infinity) must not come up: x is always possible
        if (!(logY > Double.NEGATIVE_INFINITY)) return Double.NEGATIVE_INFINITY;
        return q.isSymmetric() ? logY - logX : logY - logX + q.logDensity(y, x) - q.logDensity(x, y);
    }

    /** The probability of accepting y from x, proposed by the given one of the {@link #proposals}. */
    public double acceptance(int proposal, double[] x, double[] y) {
        return Math.exp(Math.min(0, logRatio(proposals.get(proposal), x, logDensity.applyAsDouble(x), y, logDensity.applyAsDouble(y))));
    }

    @Override public double[][] transitionMatrix(double[]... states) {
        double[][] product = null;
        for (var q : proposals) {
            var step = new double[states.length][states.length];
            for (int i = 0; i < states.length; i++) {
                double logX = logDensity.applyAsDouble(states[i]), leaves = 0;
                for (int j = 0; j < states.length; j++) {
                    double proposed = i == j ? 0 : Math.exp(q.logDensity(states[i], states[j]));
                    if (proposed == 0) continue;
                    double ratio = logRatio(q, states[i], logX, states[j], logDensity.applyAsDouble(states[j]));
                    leaves += step[i][j] = proposed * Math.exp(Math.min(0, ratio));
                }
                step[i][i] = 1 - leaves;
            }
            product = product == null ? step : StationaryCheck.product(product, step);
        }
        return product;
    }

    @Override public Walker start(double[] x, int warmup, Rng rng) { return new Chain(x, warmup, rng); }

    private final class Chain implements Walker {
        private final Rng rng;
        private final WarmupWindows windows;
        private final Tuned[] tuned = new Tuned[proposals.size()];
        private final int warmup;
        private double[] x, y;
        private double logX, acceptance;
        private long evaluations = 1;
        private int t;

        Chain(double[] start, int warmup, Rng rng) {
            x = start.clone();
            y = start.clone();
            this.rng = rng;
            this.warmup = Double.isNaN(target) ? 0 : warmup;
            windows = new WarmupWindows(this.warmup, Math.max(50, warmup / 4));
            logX = logDensity.applyAsDouble(x);
            if (!(logX > Double.NEGATIVE_INFINITY) || logX == Double.POSITIVE_INFINITY)
                throw new IllegalArgumentException("MetropolisHastings: the log density at the start " + Arrays.toString(start) + " is "
                        + logX + "; start where it is finite");
            for (int k = 0; k < tuned.length; k++)
                if (this.warmup > 0 && proposals.get(k) instanceof NormalWalk walk) tuned[k] = new Tuned(walk, walk.size(x));
        }

        @Override public void step() {
            double sum = 0;
            for (int k = 0; k < tuned.length; k++) sum += tuned[k] == null ? move(proposals.get(k)) : tuned[k].move(this);
            acceptance = sum / tuned.length;
            if (t >= warmup) return;
            boolean collects = windows.collects(t), closes = windows.closes(t);
            for (var walk : tuned) if (walk != null) walk.learn(x, collects, closes, t + 1 == warmup);
            t++;
        }

        private double move(Proposal q) {
            System.arraycopy(x, 0, y, 0, x.length);
            q.draw(x, y, rng);
            return decide(q);
        }

        private double decide(Proposal q) {
            double logY = logDensity.applyAsDouble(y);
            evaluations++;
            double probability = Math.exp(Math.min(0, logRatio(q, x, logX, y, logY)));
            if (!(rng.nextDouble() < probability)) return probability; // NaN refuses
            double[] old = x;
            x = y;
            y = old;
            logX = logY;
            return probability;
        }

        @Override public double[] state() { return x; }

        @Override public double acceptance() { return acceptance; }

        @Override public long evaluations() { return evaluations; }

        @Override public double stepSize() { return tuned[0] == null ? Double.NaN : tuned[0].scale; }
    }

    /** A normal walk whose length and shape follow the chain. */
    private final class Tuned {
        private NormalWalk walk;
        private final DualAveraging length = new DualAveraging(target, 1);
        private final RunningCovariance seen;
        private final double[] part;
        private double scale = 1, last;

        Tuned(NormalWalk walk, int size) {
            this.walk = walk;
            seen = new RunningCovariance(size, true);
            part = new double[size];
        }

        double move(Chain chain) {
            System.arraycopy(chain.x, 0, chain.y, 0, chain.x.length);
            walk.draw(chain.x, chain.y, scale, chain.rng);
            return last = chain.decide(walk);
        }

        void learn(double[] x, boolean collects, boolean closes, boolean ends) {
            length.update(last);
            scale = length.step();
            if (collects) {
                for (int i = 0; i < part.length; i++) part[i] = x[walk.coordinate(i)];
                seen.add(part);
            }
            // a walk's draws are worth about 0.3 / d independent ones each: fewer than these give a shape that is noise
            if (closes && seen.count() >= 10 * part.length * part.length) {
                walk = new NormalWalk(Cholesky.of(Tensor.of(seen.shrunkCovariance())).lower().toRows(), walk.coordinates());
                length.restart(scale = 2.38 / Math.sqrt(part.length));
                seen.clear();
            }
            if (ends) scale = length.settled();
        }
    }
}
