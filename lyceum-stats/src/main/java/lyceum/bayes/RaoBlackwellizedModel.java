package lyceum.bayes;

import lyceum.random.Rng;

/**
 * A model of which a part is linear and normal given the rest: particles carry the rest, and each a Kalman filter for that part.
 *
 * {@snippet :
 * // A position whose measurements have now and then ten times the noise: the switch is drawn, the position is filtered
 * double[][] y = HiddenMarkovModel.series(0.1, 0.4, 7, 0.9);
 * var model = new RaoBlackwellizedModel<Boolean>(y) {
 *     @Override protected Boolean start(Rng rng) { return false; }
 *
 *     @Override protected Boolean moved(int t, Boolean bad, Rng rng) { return rng.nextDouble() < 0.1; }
 *
 *     @Override protected GaussianBelief belief(Boolean bad) { return GaussianBelief.of(new double[1], new double[][] {{1}}); }
 *
 *     @Override protected LinearGaussian step(int t, Boolean bad) { return LinearGaussian.localLevel(0.1, bad ? 100 : 1); }
 * };
 * var run = new ParticleFilter(500).run(model.asModel(), y, Rng.of(1));
 * run.mean(3);                                  // of the filtered part
 * }
 *
 * @param <U> the part that is drawn
 * @see <a href="https://arxiv.org/abs/1301.3853">Doucet, de Freitas, Murphy and Russell (2000)</a>
 */
public abstract class RaoBlackwellizedModel<U> {
    private final double[][] y;

    /** @param y the series that will be filtered, NaN where nothing was measured */
    protected RaoBlackwellizedModel(double[][] y) { this.y = y; }

    /** A draw of the first u. */
    protected abstract U start(Rng rng);

    /** A draw of u at time t from the one before. */
    protected abstract U moved(int t, U before, Rng rng);

    /** The belief about the linear part at time 0, before its measurement. */
    protected abstract GaussianBelief belief(U first);

    /** The matrices with which the linear part is measured at time t, and moves on from there. */
    protected abstract LinearGaussian step(int t, U u);

    /** What is drawn, and the belief about the linear part before and after the measurement of its time. */
    public record Particle<U>(U u, GaussianBelief predicted, KalmanFilter.Correction correction) {}

    /** For {@link ParticleFilter#run}, with the same series; means are those of the linear part. */
    public StateSpaceModel<Particle<U>> asModel() {
        return new StateSpaceModel<>() {
            @Override public Particle<U> start(Rng rng) {
                U u = RaoBlackwellizedModel.this.start(rng);
                return corrected(0, u, belief(u));
            }

            @Override public Particle<U> move(int t, Particle<U> before, Rng rng) {
                U u = moved(t, before.u, rng);
                return corrected(t, u, filter(t - 1, before.u, before.predicted).predict(before.correction.belief(), t - 1));
            }

            @Override public double logObservation(int t, Particle<U> state, double[] seen) { return state.correction.logDensity(); }

            @Override public double[] vector(Particle<U> state) { return state.correction.belief().mean(); }
        };
    }

    private KalmanFilter filter(int t, U u, GaussianBelief predicted) {
        var step = step(t, u);
        return new KalmanFilter(predicted, step);
    }

    private Particle<U> corrected(int t, U u, GaussianBelief predicted) {
        return new Particle<>(u, predicted, filter(t, u, predicted).correct(predicted, t, y[t]));
    }
}
