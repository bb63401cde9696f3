package lyceum.bayes;

import java.util.Arrays;
import lyceum.bayes.Leapfrog.Point;
import lyceum.bayes.TransitionKernel.Walker;
import lyceum.random.Rng;

/** What static and no-U-turn samplers share: momenta, a step size and a metric that warm-up finds. */
abstract class HamiltonianWalker implements Walker {
    /** An energy that rose by so much is no rounding but an explosion (Stan's bound). */
    static final double DIVERGENCE = 1_000;

    final Rng rng;
    Leapfrog motion;
    Point here;
    double step, acceptance;
    boolean diverged;
    private final LogDensity counted;
    private final int warmup;
    private final InverseMass.Kind kind;
    private final WarmupWindows windows;
    private final RunningCovariance seen;
    private final DualAveraging averaging;
    private long evaluations;
    private int t;

    static void require(String name, double step, double target) {
        if (step <= 0 || step == Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException(name + ": a step of " + step + "; it is positive and finite, or NaN");
        if (target <= 0 || target >= 1) throw new IllegalArgumentException(
                name + ": the target acceptance is " + target + "; it lies strictly between 0 and 1, or is NaN");
    }

    /** @param start step size to begin with; NaN to look for one @param target acceptance; NaN to tune nothing */
    HamiltonianWalker(String name, LogDensity logDensity, InverseMass metric, InverseMass.Kind kind, double start, double target,
            double[] x, int warmup, int last, Rng rng) {
        this.rng = rng;
        this.kind = kind;
        this.warmup = Double.isNaN(target) ? 0 : warmup;
        counted = LogDensity.of(logDensity::at, (q, gradient) -> {
            evaluations++;
            return logDensity.at(q, gradient);
        });
        motion = new Leapfrog(counted, metric == null ? InverseMass.unit(x.length) : metric);
        here = motion.at(x, new double[x.length]);
        if (!Double.isFinite(here.logDensity()) || !Double.isFinite(Arrays.stream(here.gradient()).sum()))
            throw new IllegalArgumentException(name + ": the log density at the start " + Arrays.toString(x) + " is " + here.logDensity()
                    + ", its gradient " + Arrays.toString(here.gradient()) + "; start where both are finite");
        windows = new WarmupWindows(this.warmup, last);
        seen = kind == InverseMass.Kind.UNIT ? null : new RunningCovariance(x.length, kind == InverseMass.Kind.DENSE);
        step = Double.isNaN(start) ? firstGuess(1) : start;
        averaging = this.warmup > 0 ? new DualAveraging(target, step) : null;
    }

    /** Doubles or halves the step until the acceptance of a single leapfrog crosses 0.8 (Hoffman and Gelman 2014, algorithm 4, with Stan's bound). */
    private double firstGuess(double guess) {
        double direction = 0;
        for (int i = 0; i < 100; i++) {
            var from = motion.kicked(here, motion.metric().momentum(here.position().length, rng));
            double change = from.energy() - motion.step(from, guess).energy(), towards = change > Math.log(0.8) ? 1 : -1;
            if (direction == 0) direction = towards;
            else if (towards != direction) return guess;
            guess *= direction > 0 ? 2 : 0.5;
        }
        throw new IllegalArgumentException("Hamiltonian step size: none between 1e-30 and 1e30 is neither surely taken nor surely refused; "
                + "is the density proper, and its gradient right?");
    }

    /** From {@code here}, with fresh momenta, to the next {@code here}; sets acceptance and diverged. */
    abstract void move();

    @Override public final void step() {
        diverged = false;
        here = motion.kicked(here, motion.metric().momentum(here.position().length, rng));
        move();
        if (t >= warmup) return;
        averaging.update(acceptance);
        step = averaging.step();
        if (seen != null && windows.collects(t)) {
            seen.add(here.position());
            if (windows.closes(t)) {
                var metric = kind == InverseMass.Kind.DENSE ? InverseMass.dense(seen.shrunkCovariance())
                        : InverseMass.diagonal(seen.shrunkVariances());
                motion = new Leapfrog(counted, metric);
                seen.clear();
                averaging.restart(step = firstGuess(step));
            }
        }
        if (++t == warmup) step = averaging.settled();
    }

    @Override public final double[] state() { return here.position(); }

    @Override public final double acceptance() { return acceptance; }

    @Override public final boolean diverged() { return diverged; }

    @Override public final long evaluations() { return evaluations; }

    @Override public final double stepSize() { return step; }
}
