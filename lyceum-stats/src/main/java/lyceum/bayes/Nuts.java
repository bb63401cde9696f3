package lyceum.bayes;

import lyceum.bayes.Leapfrog.Point;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * The no-U-turn sampler: Hamiltonian paths that are doubled, forwards or backwards, until they begin to turn back, and of which a point is drawn in
 * proportion to {@code e^-H}, later halves being favoured. Step size and mass matrix are found in warm-up, as in Stan.
 *
 * {@snippet :
 * var target = LogDensity.of(x -> x.square().sum().mul(-0.5));
 * var chains = new Mcmc(new Nuts(target)).run(Rng.of(1), new double[10]);
 * chains.divergences();        // 0, or a region is missing
 * chains.evaluations();        // gradients
 * var fixed = new Nuts(target).withStep(0.5).withTarget(Double.NaN);      // nothing tuned
 * }
 *
 * <p>Positive and bounded parameters go through {@link Constrained}. After a divergence re-parametrise, or raise {@code target}.
 *
 * @param logDensity of the target, up to a constant, with its gradient; called by several threads
 * @param step size to begin with; NaN looks for one
 * @param target mean acceptance along paths at which warm-up aims; NaN tunes nothing
 * @param maxDepth doublings of a path at most
 * @param metric to begin with; null is the identity
 * @param mass what warm-up estimates the metric as
 * @param finalWindow steps at the end of warm-up that tune the step size alone
 * @see <a href="https://arxiv.org/abs/1111.4246">Hoffman and Gelman (2014)</a>
 * @see <a href="https://arxiv.org/abs/1701.02434">Betancourt (2017), appendix A, for the multinomial form and the criterion</a>
 */
@Withers
public record Nuts(LogDensity logDensity, double step, double target, int maxDepth, InverseMass metric, InverseMass.Kind mass,
        int finalWindow) implements TransitionKernel, NutsWithers {
    public Nuts {
        HamiltonianWalker.require("Nuts", step, target);
        if (maxDepth < 1 || maxDepth > 20) throw new IllegalArgumentException("Nuts: maxDepth is " + maxDepth + "; it is 1 to 20");
        if (finalWindow < 0) throw new IllegalArgumentException("Nuts: finalWindow is " + finalWindow + "; it cannot be negative");
    }

    /** Acceptance 0.8, at most 10 doublings, a diagonal metric, 50 last steps. */
    public Nuts(LogDensity logDensity) { this(logDensity, Double.NaN, 0.8, 10, null, InverseMass.Kind.DIAGONAL, 50); }

    @Override public Walker start(double[] x, int warmup, Rng rng) { return new Chain(x, warmup, rng); }

    private final class Chain extends HamiltonianWalker {
        private double initialEnergy, accepted;
        private int leapfrogs;

        Chain(double[] x, int warmup, Rng rng) {
            super("Nuts", logDensity, metric, mass, Nuts.this.step, target, x, warmup, finalWindow, rng);
        }

        @Override void move() {
            initialEnergy = here.energy();
            accepted = leapfrogs = 0;
            var all = new Path(here, motion.metric().velocity(here.momentum()), 0);
            for (int depth = 0; depth < maxDepth; depth++) {
                boolean forwards = rng.nextBoolean();
                var more = grow(forwards ? all.last : all.first, forwards ? step : -step, depth);
                if (more == null) break;
                // later halves are favoured over what there was: the target stays, and the chain moves further
                boolean take = rng.nextDouble() < Math.exp(more.logWeight - all.logWeight);
                all = forwards ? all.and(more, take ? more.chosen : all.chosen) : more.and(all, take ? more.chosen : all.chosen);
                if (all.turns) break;
            }
            here = all.chosen;
            acceptance = accepted / leapfrogs;
        }

        /** A path of {@code 2^depth} new points beyond {@code edge}, in order of time; null if it diverges or turns back on itself. */
        private Path grow(Point edge, double signedStep, int depth) {
            if (depth == 0) {
                var next = motion.step(edge, signedStep);
                double change = initialEnergy - next.energy();
                leapfrogs++;
                if (!(change > -DIVERGENCE)) {
                    diverged = true;
                    return null;
                }
                accepted += Math.exp(Math.min(0, change));
                return new Path(next, motion.metric().velocity(next.momentum()), change);
            }
            var near = grow(edge, signedStep, depth - 1);
            if (near == null) return null;
            var far = grow(signedStep > 0 ? near.last : near.first, signedStep, depth - 1);
            if (far == null) return null;
            boolean take = rng.nextDouble() < Math.exp(far.logWeight - logAdd(near.logWeight, far.logWeight));
            var chosen = take ? far.chosen : near.chosen;
            var both = signedStep > 0 ? near.and(far, chosen) : far.and(near, chosen);
            return both.turns ? null : both;
        }
    }

    private static double logAdd(double a, double b) {
        double most = Math.max(a, b);
        return most == Double.NEGATIVE_INFINITY ? most : most + Math.log(Math.exp(a - most) + Math.exp(b - most));
    }

    /** A stretch of a trajectory: its ends with their velocities, the sum of its momenta, a point drawn from it, and its weight. */
    private static final class Path {
        private final Point first, last, chosen;
        private final double[] firstVelocity, lastVelocity, momenta;
        private final double logWeight;
        private final boolean turns;

        /** A single point. */
        Path(Point point, double[] velocity, double logWeight) {
            first = last = chosen = point;
            firstVelocity = lastVelocity = velocity;
            momenta = point.momentum();
            this.logWeight = logWeight;
            turns = false;
        }

        private Path(Path before, Path after, Point chosen) {
            first = before.first;
            last = after.last;
            firstVelocity = before.firstVelocity;
            lastVelocity = after.lastVelocity;
            momenta = sum(before.momenta, after.momenta);
            this.chosen = chosen;
            logWeight = logAdd(before.logWeight, after.logWeight);
            // The whole, and each half with the nearest point of the other: without these, paths that fit a period twice are missed
            turns = !(onward(firstVelocity, lastVelocity, momenta)
                    && onward(firstVelocity, after.firstVelocity, sum(before.momenta, after.first.momentum()))
                    && onward(before.lastVelocity, lastVelocity, sum(after.momenta, before.last.momentum())));
        }

        /** This stretch followed in time by another. */
        Path and(Path after, Point chosen) { return new Path(this, after, chosen); }

        private static boolean onward(double[] start, double[] end, double[] momenta) {
            return InverseMass.dot(start, momenta) > 0 && InverseMass.dot(end, momenta) > 0;
        }

        private static double[] sum(double[] a, double[] b) {
            var sum = new double[a.length];
            for (int i = 0; i < sum.length; i++) sum[i] = a[i] + b[i];
            return sum;
        }
    }
}
