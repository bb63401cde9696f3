package lyceum.bayes;

import lyceum.random.Rng;

/**
 * A state that moves at random and is seen at random, by functions of the user's own: what a {@link ParticleFilter} follows.
 *
 * <p>States are values: methods do not change those that they are given. Called from several threads at once.
 *
 * @param <S> a state, {@code double[]} unless {@link #vector} is overridden
 */
public interface StateSpaceModel<S> {
    /** A draw of state 0. */
    S start(Rng rng);

    /** A draw of state t, at least 1, from the one before it. */
    S move(int t, S before, Rng rng);

    /** {@code log p(y | state)} at time t, up to nothing: the likelihood's estimate adds these up. */
    double logObservation(int t, S state, double[] y);

    /** {@code log p(state t | state t - 1)}: for proposals other than {@link #move} and for smoothing backwards. */
    default double logTransition(int t, S before, S state) {
        throw new UnsupportedOperationException(
                "logTransition: this model can be drawn from only; override logTransition to know its density");
    }

    /** The density of state 0: for proposals that start elsewhere. */
    default double logStart(S state) {
        throw new UnsupportedOperationException("logStart: this model can be drawn from only; override logStart to know its density");
    }

    /** The numbers of a state, whose means are taken. */
    default double[] vector(S state) { return (double[]) state; }

    /** Where particles go, with an eye on the measurement. */
    interface Guide<S> {
        /** A draw of state 0 given its measurement. */
        S start(double[] y, Rng rng);

        /** Its density. */
        double logStart(S state, double[] y);

        /** A draw of state t from the one before it, given its measurement. */
        S move(int t, S before, double[] y, Rng rng);

        /** Its density. */
        double logMove(int t, S before, S state, double[] y);
    }

    /** A guess, from a state before time t, of how likely its measurement will be: auxiliary filters resample by it. */
    @FunctionalInterface
    interface LookAhead<S> {
        double log(int t, S before, double[] y);
    }
}
