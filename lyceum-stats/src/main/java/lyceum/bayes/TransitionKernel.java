package lyceum.bayes;

import lyceum.random.Rng;

/**
 * A rule by which a point wanders so that the time it spends in each place is in proportion to a density: what {@link Mcmc} drives.
 *
 * {@snippet :
 * TransitionKernel kernel = new MetropolisHastings(x -> -x[0] * x[0] / 2, Proposal.normal(2.4));
 * var walker = kernel.start(new double[] {0}, 0, Rng.of(1));
 * walker.step();
 * double next = walker.state()[0];
 * }
 *
 * <p>A kernel is immutable and shared by chains; what a chain remembers is in its {@link Walker}.
 */
public interface TransitionKernel {

    /**
     * A chain that stands at {@code x}, which is copied.
     *
     * @param warmup the number of steps that may tune the kernel (step sizes, scales); after them nothing is tuned any more
     * @param rng the chain's own
     * @throws IllegalArgumentException if the density is 0 or undefined at {@code x}
     */
    Walker start(double[] x, int warmup, Rng rng);

    /**
     * The exact probabilities of going from one of finitely many states to another in one step, untuned.
     *
     * @param states all that the chain can be in
     * @return {@code [i][j]}, from state i to state j
     * @throws UnsupportedOperationException if the kernel cannot tell
     */
    default double[][] transitionMatrix(double[]... states) {
        throw new UnsupportedOperationException("transitionMatrix: " + getClass().getSimpleName() + " does not tell its probabilities");
    }

    /** One chain under way. Used by one thread at a time. */
    interface Walker {
        /** Goes to the next state, which may be the same. */
        void step();

        /** Where it stands. Not to be changed, and only good until the next step. */
        double[] state();

        /** The probability of accepting what the last step proposed, a mean where it proposed several; 1 where nothing is ever refused. */
        default double acceptance() { return 1; }

        /** Whether the last step's numerical integration blew up. */
        default boolean diverged() { return false; }

        /** Densities or gradients (a gradient comes with its density and counts once) that were computed since the start. */
        default long evaluations() { return 0; }

        /** The step size or scale that is in use; NaN where there is none. */
        default double stepSize() { return Double.NaN; }
    }
}
