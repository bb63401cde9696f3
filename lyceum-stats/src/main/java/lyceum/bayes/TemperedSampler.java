package lyceum.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Sequential Monte Carlo for a posterior: particles from the prior follow {@code prior x likelihood^b} as b rises from 0 to 1, each rise so small
 * that the effective sample size falls to a given share; between rises they are drawn anew and walk at random (Metropolis). Finds several modes, and
 * the evidence comes with it.
 *
 * {@snippet :
 * var prior = new Normal(0, 10);
 * var found = new TemperedSampler(1_000).run(rng -> new double[] {prior.sample(rng)}, x -> prior.logDensity(x[0]),
 *         x -> new Normal(x[0] * x[0], 1).logDensity(9), Rng.of(1));       // modes at -3 and 3
 * found.logEvidence();
 * }
 *
 * @param particles at least 2
 * @param share the effective sample size that a rise goes down to, in (0, 1)
 * @param moves Metropolis steps after each rise
 * @see <a href="https://doi.org/10.1111/j.1467-9868.2006.00553.x">Del Moral, Doucet and Jasra (2006)</a>
 */
@Withers
public record TemperedSampler(int particles, double share, int moves) implements TemperedSamplerWithers {
    public TemperedSampler {
        if (particles < 2) throw new IllegalArgumentException("TemperedSampler: particles is " + particles + "; at least 2 are needed");
        if (!(share > 0 && share < 1))
            throw new IllegalArgumentException("TemperedSampler: share is " + share + "; it lies between 0 and 1");
        if (moves < 0) throw new IllegalArgumentException("TemperedSampler: moves is " + moves + "; it is at least 0");
    }

    /** Rises to half, five moves. */
    public TemperedSampler(int particles) { this(particles, 0.5, 5); }

    /**
     * What was found.
     *
     * @param particles equally weighted draws of the posterior
     * @param logEvidence estimate of {@code log E_prior likelihood}
     * @param temperatures b after each rise, the last is 1
     */
    public record Result(double[][] particles, double logEvidence, List<Double> temperatures) {}

    /** @param logPrior normalised or not: only its differences count */
    public Result run(Function<Rng, double[]> prior, ToDoubleFunction<double[]> logPrior, ToDoubleFunction<double[]> logLikelihood,
            Rng rng) {
        var x = new double[particles][];
        for (int i = 0; i < particles; i++) x[i] = prior.apply(rng.split(i));
        double[] likelihood = new double[particles], weights = new double[particles];
        for (int i = 0; i < particles; i++) likelihood[i] = logLikelihood.applyAsDouble(x[i]);
        var temperatures = new ArrayList<Double>();
        double b = 0, evidence = 0;
        while (b < 1) {
            double next = rise(likelihood, b), most = Double.NEGATIVE_INFINITY, sum = 0;
            for (double l : likelihood) most = Math.max(most, l);
            if (!(most > Double.NEGATIVE_INFINITY))
                throw new IllegalArgumentException("TemperedSampler: the likelihood of every draw from the prior is 0; use more particles");
            for (int i = 0; i < particles; i++) sum += weights[i] = Math.exp((next - b) * (likelihood[i] - most));
            evidence += (next - b) * most + Math.log(sum / particles);
            b = next;
            temperatures.add(b);
            var stream = rng.split(-temperatures.size());
            int[] drawn = ResamplingScheme.SYSTEMATIC.draw(weights, particles, stream.split(-1));
            var kept = new double[particles][];
            var values = new double[particles];
            for (int i = 0; i < particles; i++) {
                kept[i] = x[drawn[i]].clone();
                values[i] = likelihood[drawn[i]];
            }
            x = kept;
            likelihood = values;
            walk(x, likelihood, b, logPrior, logLikelihood, stream);
        }
        return new Result(x, evidence, List.copyOf(temperatures));
    }

    /** The largest b, by bisection, that leaves enough effective particles. */
    private double rise(double[] likelihood, double b) {
        if (enough(likelihood, 1 - b)) return 1;
        double low = b, high = 1;
        for (int k = 0; k < 60; k++) {
            double middle = (low + high) / 2;
            if (enough(likelihood, middle - b)) low = middle;
            else high = middle;
        }
        return Math.max(low, Math.nextUp(b));
    }

    private boolean enough(double[] likelihood, double step) {
        double most = Double.NEGATIVE_INFINITY;
        for (double l : likelihood) most = Math.max(most, l);
        var w = new double[likelihood.length];
        for (int i = 0; i < w.length; i++) w[i] = Math.exp(step * (likelihood[i] - most));
        return ParticleFilter.effectiveSize(w) >= share * w.length;
    }

    /** Steps of {@code 2.38 / sqrt(d)} times the particles' own spread. */
    private void walk(double[][] x, double[] likelihood, double b, ToDoubleFunction<double[]> logPrior,
            ToDoubleFunction<double[]> logLikelihood, Rng stream) {
        int d = x[0].length, n = x.length;
        var mean = new double[d];
        var covariance = new double[d][d];
        for (var row : x) for (int i = 0; i < d; i++) mean[i] += row[i] / n;
        for (var row : x)
            for (int i = 0; i < d; i++) for (int j = 0; j < d; j++) covariance[i][j] += (row[i] - mean[i]) * (row[j] - mean[j]) / n;
        double[][] root = GaussianBelief.squareRoot("TemperedSampler", covariance);
        double scale = 2.38 / Math.sqrt(d);
        for (var row : root) for (int j = 0; j < d; j++) row[j] *= scale;
        Parallel.range(n, 64, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                var rng = stream.split(i);
                double here = logPrior.applyAsDouble(x[i]);
                for (int m = 0; m < moves; m++) {
                    double[] there = KalmanFilter.noisy(x[i].clone(), root, rng);
                    double prior = logPrior.applyAsDouble(there);
                    double seen = prior == Double.NEGATIVE_INFINITY ? prior : logLikelihood.applyAsDouble(there);
                    if (Math.log(rng.nextDoublePositive()) < prior + b * seen - here - b * likelihood[i]) {
                        x[i] = there;
                        likelihood[i] = seen;
                        here = prior;
                    }
                }
            }
        });
    }
}
