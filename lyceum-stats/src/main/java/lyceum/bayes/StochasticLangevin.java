package lyceum.bayes;

import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Stochastic gradient Langevin dynamics: {@link Langevin} without correction, on a few observations a step, with steps
 * {@code h_t = step (1 + t / delay)^-decay} that shrink.
 *
 * {@snippet :
 * double[] y = {1.2, 0.7, 2.1, 1.6, 0.9};
 * // y_i ~ N(x, 1), x ~ N(0, 10)
 * var noisy = StochasticLangevin.minibatches(y.length, 2, (x, g) -> {
 *     g[0] = -x[0] / 10;
 *     return 0;
 * }, (x, i, g) -> g[0] += y[i] - x[0]);
 * var chains = new Mcmc(new StochasticLangevin(noisy, 0.01)).run(Rng.of(1), new double[1]);
 * }
 *
 * <p>The law is that of the posterior only as steps shrink: with a step held up the gradient's own noise widens it, so doubt its error bars.
 *
 * @param gradient unbiased, of the log posterior: of the sum over all observations and not their mean
 * @param step h at first
 * @param delay steps after which it has fallen by {@code 2^-decay}; positive
 * @param decay 0 keeps the step; above 1/2 and up to 1 lets the law converge
 * @see <a href="https://www.stats.ox.ac.uk/~teh/research/compstats/WelTeh2011a.pdf">Welling and Teh (2011)</a>
 */
@Withers
public record StochasticLangevin(NoisyGradient gradient, double step, double delay, double decay)
        implements TransitionKernel, StochasticLangevinWithers {

    /** An unbiased estimate of a log density's gradient. */
    @FunctionalInterface
    public interface NoisyGradient {
        /** Fills {@code gradient}. */
        void at(double[] x, Rng rng, double[] gradient);
    }

    /** One observation's part of a log posterior. */
    @FunctionalInterface
    public interface Observation {
        /** Adds the gradient of observation i's log-likelihood. */
        void add(double[] x, int i, double[] gradient);
    }

    public StochasticLangevin {
        if (!(step > 0) || !(delay > 0))
            throw new IllegalArgumentException("StochasticLangevin: step " + step + ", delay " + delay + "; both are positive");
        if (!(decay >= 0 && decay <= 1))
            throw new IllegalArgumentException("StochasticLangevin: decay is " + decay + "; it lies between 0 and 1");
    }

    /** Steps that fall like {@code t^-0.55} after the first 10,000. */
    public StochasticLangevin(NoisyGradient gradient, double step) { this(gradient, step, 10_000, 0.55); }

    /** {@code grad log prior + n / batch sum over a random batch}, drawn with replacement. @param logPrior its value is not used */
    public static NoisyGradient minibatches(int n, int batch, Objective logPrior, Observation likelihood) {
        if (batch < 1 || batch > n) throw new IllegalArgumentException("minibatches: batches of " + batch + " of " + n + " observations");
        return (x, rng, gradient) -> {
            var sum = new double[x.length];
            for (int k = 0; k < batch; k++) likelihood.add(x, rng.nextInt(n), sum);
            logPrior.at(x, gradient);
            for (int j = 0; j < x.length; j++) gradient[j] += sum[j] * n / batch;
        };
    }

    @Override public Walker start(double[] start, int warmup, Rng rng) {
        double[] x = start.clone(), g = new double[x.length];
        return new Walker() {
            private long t;
            private double h = step;

            @Override public void step() {
                h = step * Math.pow(1 + t++ / delay, -decay);
                gradient.at(x, rng, g);
                double noise = Math.sqrt(2 * h);
                double sum = 0;
                for (int j = 0; j < x.length; j++) sum += x[j] += h * g[j] + noise * rng.nextGaussian();
                if (!Double.isFinite(sum)) throw new IllegalArgumentException(
                        "StochasticLangevin: the state left the numbers after " + t + " steps; take a shorter step than " + step);
            }

            @Override public double[] state() { return x; }

            @Override public long evaluations() { return t; }

            @Override public double stepSize() { return h; }
        };
    }
}
