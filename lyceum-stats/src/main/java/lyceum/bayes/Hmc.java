package lyceum.bayes;

import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Hamiltonian (hybrid) Monte Carlo with a fixed number of leapfrog steps: kick, glide, and accept the end with probability {@code min(1, e^(H - H'))}.
 *
 * {@snippet :
 * var target = LogDensity.of(x -> x.square().sum().mul(-0.5));
 * var chains = new Mcmc(new Hmc(target, 20)).run(Rng.of(1), new double[] {1, -1});
 * var fixed = new Hmc(target, 20).withStep(0.2).withTarget(Double.NaN);      // nothing tuned
 * }
 *
 * <p>On targets that swing in step with the path's length it can come back to where it began; {@link Nuts} finds lengths by itself.
 *
 * @param logDensity of the target, up to a constant, with its gradient; called by several threads
 * @param leapfrogs steps of a path, at least 1
 * @param step size to begin with; NaN looks for one
 * @param target acceptance at which warm-up aims; NaN tunes nothing
 * @param metric to begin with; null is the identity
 * @param mass what warm-up estimates the metric as
 * @see <a href="https://doi.org/10.1016/0370-2693(87)91197-X">Duane, Kennedy, Pendleton and Roweth (1987)</a>
 * @see <a href="https://arxiv.org/abs/1206.1901">Neal (2011), MCMC using Hamiltonian dynamics</a>
 */
@Withers
public record Hmc(LogDensity logDensity, int leapfrogs, double step, double target, InverseMass metric, InverseMass.Kind mass)
        implements TransitionKernel, HmcWithers {
    public Hmc {
        if (leapfrogs < 1) throw new IllegalArgumentException("Hmc: " + leapfrogs + " leapfrogs; at least 1 is needed");
        HamiltonianWalker.require("Hmc", step, target);
    }

    /** Step size and variances found in warm-up, for an acceptance of 0.8. */
    public Hmc(LogDensity logDensity, int leapfrogs) { this(logDensity, leapfrogs, Double.NaN, 0.8, null, InverseMass.Kind.DIAGONAL); }

    @Override public Walker start(double[] x, int warmup, Rng rng) {
        return new HamiltonianWalker("Hmc", logDensity, metric, mass, step, target, x, warmup, 50, rng) {
            @Override void move() {
                var to = motion.advance(here, step, leapfrogs);
                double change = here.energy() - to.energy();
                diverged = !(change > -DIVERGENCE);
                acceptance = diverged ? 0 : Math.exp(Math.min(0, change));
                if (rng.nextDouble() < acceptance) here = to;
            }
        };
    }
}
