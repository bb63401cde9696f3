package lyceum.bayes;

import java.util.Arrays;
import lyceum.prob.Dirichlet;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Numbers from several bumps of known width: {@code w ~ Dirichlet(concentration, ...)}, {@code mu_k ~ N(mean, deviation^2)}, {@code z_i ~ w},
 * {@code y_i ~ N(mu_(z_i), width^2)}. The state is {@code {w_1 .. w_K, mu_1 .. mu_K, z_1 .. z_n}}, z counted from 0.
 *
 * {@snippet :
 * double[] data = {-2.1, -1.8, -2.4, 1.9, 2.2, 2.6};
 * var model = new NormalMixture(2, data.length, 0.5, 1, 0, 3, true);
 * var chains = new Mcmc(model.posterior(data)).run(Rng.of(1), model.prior(Rng.of(2)));
 * // components may swap names on the way: look at what does not depend on them
 * var together = chains.map(x -> x[4] == x[5] ? 1 : 0).mean(0);
 * }
 *
 * @param components K
 * @param n observations
 * @param width standard deviation within a component
 * @param concentration of the weights' prior
 * @param mean prior mean of each component's mean
 * @param deviation its prior standard deviation
 * @param collapsed each z is drawn with weights and means integrated out, which mixes better; else given them
 */
@Withers
public record NormalMixture(int components, int n, double width, double concentration, double mean, double deviation, boolean collapsed)
        implements GenerativeModel, NormalMixtureWithers {
    public NormalMixture {
        if (components < 2 || n < 1)
            throw new IllegalArgumentException("NormalMixture: " + components + " components, " + n + " observations");
        if (!(width > 0) || !(concentration > 0) || !(deviation > 0)) throw new IllegalArgumentException(
                "NormalMixture: width " + width + ", concentration " + concentration + ", deviation " + deviation + "; all are positive");
    }

    private double[] filled(double value) {
        var all = new double[components];
        Arrays.fill(all, value);
        return all;
    }

    @Override public double[] prior(Rng rng) {
        var x = new double[2 * components + n];
        System.arraycopy(new Dirichlet(filled(concentration)).sample(rng), 0, x, 0, components);
        for (int k = 0; k < components; k++) x[components + k] = mean + deviation * rng.nextGaussian();
        for (int i = 0; i < n; i++) x[2 * components + i] = pick(Arrays.copyOf(x, components), rng);
        return x;
    }

    @Override public double[] data(double[] state, Rng rng) {
        var y = new double[n];
        for (int i = 0; i < n; i++) y[i] = state[components + (int) state[2 * components + i]] + width * rng.nextGaussian();
        return y;
    }

    /** A component in proportion to weights. */
    private int pick(double[] weights, Rng rng) {
        double sum = 0;
        for (double w : weights) sum += w;
        double u = rng.nextDouble() * sum;
        int k = 0;
        while (k < components - 1 && (u -= weights[k]) >= 0) k++;
        return k;
    }

    @Override public Gibbs posterior(double[] data) {
        if (data.length != n) throw new IllegalArgumentException("NormalMixture: " + data.length + " observations for a model of " + n);
        double[] y = data.clone();
        Conditional labels = collapsed ? (x, rng) -> drawCollapsed(x, y, rng) : (x, rng) -> drawLabels(x, y, rng);
        return new Gibbs(labels, (x, rng) -> drawWeightsAndMeans(x, y, rng));
    }

    private void drawLabels(double[] x, double[] y, Rng rng) {
        var log = new double[components];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < components; k++) {
                double z = (y[i] - x[components + k]) / width;
                log[k] = Math.log(x[k]) - z * z / 2;
            }
            x[2 * components + i] = pickByLog(log, rng);
        }
    }

    /** Each label from {@code (n_k + concentration) N(y_i; what the component's other observations predict)}. */
    private void drawCollapsed(double[] x, double[] y, Rng rng) {
        double[] count = new double[components], sum = new double[components], log = new double[components];
        for (int i = 0; i < n; i++) {
            int k = (int) x[2 * components + i];
            count[k]++;
            sum[k] += y[i];
        }
        double noise = width * width, spread = deviation * deviation;
        for (int i = 0; i < n; i++) {
            int old = (int) x[2 * components + i];
            count[old]--;
            sum[old] -= y[i];
            for (int k = 0; k < components; k++) {
                double precision = 1 / spread + count[k] / noise, centre = (mean / spread + sum[k] / noise) / precision;
                double variance = noise + 1 / precision, from = y[i] - centre;
                log[k] = Math.log(count[k] + concentration) - from * from / (2 * variance) - Math.log(variance) / 2;
            }
            int k = pickByLog(log, rng);
            x[2 * components + i] = k;
            count[k]++;
            sum[k] += y[i];
        }
    }

    private int pickByLog(double[] log, Rng rng) {
        double most = Double.NEGATIVE_INFINITY;
        for (double v : log) most = Math.max(most, v);
        for (int k = 0; k < components; k++) log[k] = Math.exp(log[k] - most);
        return pick(log, rng);
    }

    private void drawWeightsAndMeans(double[] x, double[] y, Rng rng) {
        double[] alpha = filled(concentration), sum = new double[components];
        for (int i = 0; i < n; i++) {
            int k = (int) x[2 * components + i];
            alpha[k]++;
            sum[k] += y[i];
        }
        System.arraycopy(new Dirichlet(alpha).sample(rng), 0, x, 0, components);
        for (int k = 0; k < components; k++) {
            double precision = 1 / (deviation * deviation) + (alpha[k] - concentration) / (width * width);
            double centre = (mean / (deviation * deviation) + sum[k] / (width * width)) / precision;
            x[components + k] = centre + rng.nextGaussian() / Math.sqrt(precision);
        }
    }
}
