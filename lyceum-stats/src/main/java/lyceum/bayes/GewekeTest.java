package lyceum.bayes;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import lyceum.random.Rng;
import lyceum.stats.Descriptive;

/**
 * Geweke's joint distribution test of a sampler: draw parameters and data from the model directly, and again by turns, data given parameters and a
 * step of the sampler given data. Both have the prior as their law of parameters, if model and sampler are right.
 *
 * {@snippet :
 * var test = GewekeTest.of(new NormalModel(0, 1, 4, 4, 5), x -> new double[] {x[0], x[1], x[0] * x[0]}, 20_000, Rng.of(1));
 * test.largest();      // beyond 4 or so something is wrong
 * }
 *
 * @param z of each quantity, the difference of both means in standard errors
 * @see <a href="https://doi.org/10.1198/016214504000001132">Geweke (2004), Getting It Right</a>
 */
public record GewekeTest(double[] z) {
    public GewekeTest { z = z.clone(); }

    /** A copy. */
    @Override public double[] z() { return z.clone(); }

    /** The largest {@code |z|}. */
    public double largest() { return Arrays.stream(z).map(Math::abs).max().orElse(0); }

    /**
     * Runs the test.
     *
     * @param quantities of the state, with a variance under the prior: moments, so that spreads are tested as well
     * @param draws of both kinds, at least 100
     */
    public static GewekeTest of(GenerativeModel model, UnaryOperator<double[]> quantities, int draws, Rng rng) {
        if (draws < 100) throw new IllegalArgumentException("GewekeTest: " + draws + " draws; at least 100");
        Rng direct = rng.split(1), turns = rng.split(2);
        double[] state = model.prior(turns);
        int k = quantities.apply(state.clone()).length;
        double[][] marginal = new double[k][draws], successive = new double[k][draws];
        for (int t = 0; t < draws; t++) {
            record(marginal, t, quantities.apply(model.prior(direct)));
            var walker = model.posterior(model.data(state, turns)).start(state, 0, turns);
            walker.step();
            state = walker.state().clone();
            record(successive, t, quantities.apply(state.clone()));
        }
        var z = new double[k];
        for (int j = 0; j < k; j++) {
            double a = Descriptive.variance(marginal[j]) / draws, b = ChainDiagnostics.mcse(new double[][] {successive[j]});
            z[j] = (Descriptive.mean(successive[j]) - Descriptive.mean(marginal[j])) / Math.sqrt(a + b * b);
        }
        return new GewekeTest(z);
    }

    private static void record(double[][] to, int t, double[] values) { for (int j = 0; j < to.length; j++) to[j][t] = values[j]; }
}
