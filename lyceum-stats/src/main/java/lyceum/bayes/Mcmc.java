package lyceum.bayes;

import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Markov chain Monte Carlo: several chains of one kernel, warmed up, thinned and kept.
 *
 * {@snippet :
 * var walk = new MetropolisHastings(x -> -x[0] * x[0] / 2, Proposal.normal(2.4));
 * var chains = new Mcmc(walk).withDraws(5_000).run(Rng.of(1), new double[] {-3}, new double[] {3}, new double[] {1}, new double[] {0});
 * System.out.println(chains);       // mean, MCSE, sd, quantiles, ESS, R-hat
 * chains.rHat(0);                   // below 1.01, or run longer
 * }
 *
 * <p>Chains run in parallel; each draws from its own stream, so that the result does not depend on the number of threads. The kernel tunes itself
 * during warm-up alone: what is recorded comes from one and the same Markov chain.
 *
 * @param kernel leaves the target density unchanged
 * @param chains at least 1; four or more let R-hat see trouble
 * @param warmup steps that are dropped, for each chain
 * @param draws states that are kept, for each chain
 * @param thin steps from one kept state to the next
 * @see <a href="https://doi.org/10.1007/978-1-4757-4145-2">Robert and Casella (2004), Monte Carlo Statistical Methods</a>
 */
@Withers
public record Mcmc(TransitionKernel kernel, int chains, int warmup, int draws, int thin) implements McmcWithers {
    public Mcmc {
        if (chains < 1) throw new IllegalArgumentException("Mcmc: " + chains + " chains; at least 1 is needed");
        if (warmup < 0) throw new IllegalArgumentException("Mcmc: a warm-up of " + warmup + " steps; it cannot be negative");
        if (draws < 1) throw new IllegalArgumentException("Mcmc: " + draws + " draws; at least 1 is needed");
        if (thin < 1) throw new IllegalArgumentException("Mcmc: thin is " + thin + "; it is at least 1");
    }

    /** 4 chains of 1,000 steps of warm-up and 1,000 draws, not thinned. */
    public Mcmc(TransitionKernel kernel) { this(kernel, 4, 1_000, 1_000, 1); }

    /**
     * Runs the chains.
     *
     * @param starts one for each chain, wider apart than the target if you can; or a single one for all
     * @throws IllegalArgumentException if the density is 0 at a start, or their number is neither 1 nor that of the chains
     */
    public Chains run(Rng rng, double[]... starts) {
        if (starts.length != 1 && starts.length != chains) throw new IllegalArgumentException(
                "Mcmc: " + starts.length + " starts for " + chains + " chains; give one each, or one for all");
        for (double[] start : starts)
            if (start.length != starts[0].length)
                throw new IllegalArgumentException("Mcmc: starts of " + starts[0].length + " and of " + start.length + " numbers");
        var recorded = new Chains.Recorder(starts[0].length, chains, draws);
        Parallel.range(chains, 1, (from, to) -> {
            for (int c = (int) from; c < to; c++) {
                var walker = kernel.start(starts[starts.length == 1 ? 0 : c], warmup, rng.split(c));
                for (int t = 0; t < warmup; t++) walker.step();
                recorded.warmedUp(c, walker);
                for (int t = 0; t < draws; t++) {
                    for (int s = 0; s < thin; s++) walker.step();
                    recorded.keep(c, t, walker);
                }
                recorded.ended(c, walker);
            }
        });
        return recorded.chains();
    }
}
