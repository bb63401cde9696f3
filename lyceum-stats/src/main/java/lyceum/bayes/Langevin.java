package lyceum.bayes;

import java.util.Arrays;
import lyceum.linalg.Cholesky;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Langevin dynamics, {@code x' = x + h M grad log pi(x) + sqrt(2 h) N(0, M)}: climb and shake. Uncorrected (ULA) its law is a little wrong, more so for
 * longer steps; as a proposal that Metropolis judges (MALA) it is right.
 *
 * {@snippet :
 * var target = LogDensity.of(x -> x.square().sum().mul(-0.5));
 * var mala = new Langevin(target, 0.5).withTarget(0.574);        // the step found in warm-up
 * var chains = new Mcmc(mala).run(Rng.of(1), new double[5]);
 * var ula = new Langevin(target, 0.1).withCorrected(false);      // variance 1 / (1 - h / 2)
 * }
 *
 * <p>Papers that write {@code epsilon / 2} for the drift mean {@code epsilon = 2 h}.
 *
 * @param logDensity of the target, up to a constant, with its gradient; called by several threads
 * @param step h; to begin with, if it is tuned
 * @param corrected whether proposals are accepted or refused
 * @param target acceptance at which warm-up aims by changing h, 0.574 being best in high dimensions; NaN to leave it
 * @param preconditioner M, about the target's covariance; null is the identity
 * @see <a href="https://doi.org/10.2307/3318418">Roberts and Tweedie (1996)</a>
 * @see <a href="https://doi.org/10.1111/1467-9868.00123">Roberts and Rosenthal (1998), on 0.574</a>
 */
@Withers
public record Langevin(LogDensity logDensity, double step, boolean corrected, double target, double[][] preconditioner)
        implements TransitionKernel, LangevinWithers {
    public Langevin {
        if (!(step > 0) || step == Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException("Langevin: a step of " + step + "; it is positive and finite");
        if (target <= 0 || target >= 1) throw new IllegalArgumentException(
                "Langevin: the target acceptance is " + target + "; it lies strictly between 0 and 1, or is NaN");
        if (preconditioner != null) preconditioner = Arrays.stream(preconditioner).map(double[]::clone).toArray(double[][]::new);
    }

    /** Corrected, not tuned, no preconditioner. */
    public Langevin(LogDensity logDensity, double step) { this(logDensity, step, true, Double.NaN, null); }

    /** A copy. */
    @Override public double[][] preconditioner() {
        return preconditioner == null ? null : Arrays.stream(preconditioner).map(double[]::clone).toArray(double[][]::new);
    }

    private double[][] factor() { return preconditioner == null ? null : Cholesky.of(Tensor.of(preconditioner)).lower().toRows(); }

    /** {@code log q(y | x)}: the density of proposing y from x. */
    public double logProposal(double[] x, double[] y) {
        var gradient = new double[x.length];
        logDensity.at(x, gradient);
        double[][] factor = factor();
        double log = -x.length / 2.0 * Math.log(4 * Math.PI * step);
        if (factor != null) for (int i = 0; i < x.length; i++) log -= Math.log(factor[i][i]);
        return log - distance(factor, x, gradient, y, step);
    }

    /** The probability of taking y when it was proposed from x. */
    public double acceptance(double[] x, double[] y) {
        if (!corrected) return 1;
        double[] atX = new double[x.length], atY = new double[x.length];
        double logX = logDensity.at(x, atX), logY = logDensity.at(y, atY);
        return probability(factor(), x, logX, atX, y, logY, atY, step);
    }

    /** {@code |L^-1 (y - x - h M g)|^2 / (4 h)}, M being L L'. */
    private static double distance(double[][] factor, double[] x, double[] gradient, double[] y, double h) {
        double sum = 0;
        var z = new double[x.length];
        double[] drift = drift(factor, gradient);
        for (int i = 0; i < z.length; i++) {
            z[i] = y[i] - x[i] - h * drift[i];
            if (factor != null) {
                for (int k = 0; k < i; k++) z[i] -= factor[i][k] * z[k];
                z[i] /= factor[i][i];
            }
            sum += z[i] * z[i];
        }
        return sum / (4 * h);
    }

    /** {@code L L' g}. */
    private static double[] drift(double[][] factor, double[] gradient) {
        if (factor == null) return gradient;
        double[] inner = new double[gradient.length], drift = new double[gradient.length];
        for (int k = 0; k < inner.length; k++) for (int i = k; i < inner.length; i++) inner[k] += factor[i][k] * gradient[i];
        for (int i = 0; i < drift.length; i++) for (int k = 0; k <= i; k++) drift[i] += factor[i][k] * inner[k];
        return drift;
    }

    private static double probability(double[][] factor, double[] x, double logX, double[] atX, double[] y, double logY, double[] atY,
            double h) {
        double ratio = logY - logX - distance(factor, y, atY, x, h) + distance(factor, x, atX, y, h);
        return ratio != ratio ? 0 : Math.exp(Math.min(0, ratio));
    }

    @Override public Walker start(double[] x, int warmup, Rng rng) { return new Chain(x, warmup, rng); }

    private final class Chain implements Walker {
        private final Rng rng;
        private final int warmup;
        private final double[][] factor = factor();
        private final DualAveraging averaging;
        private double[] x, y, atX, atY;
        private double logX, h = step, acceptance;
        private long evaluations = 1;
        private int t;

        Chain(double[] start, int warmup, Rng rng) {
            this.rng = rng;
            this.warmup = Double.isNaN(target) || !corrected ? 0 : warmup;
            averaging = this.warmup > 0 ? new DualAveraging(target, step) : null;
            x = start.clone();
            y = start.clone();
            atX = new double[x.length];
            atY = new double[x.length];
            logX = logDensity.at(x, atX);
            if (!Double.isFinite(logX)) throw new IllegalArgumentException(
                    "Langevin: the log density at the start " + Arrays.toString(start) + " is " + logX + "; start where it is finite");
        }

        @Override public void step() {
            double[] drift = drift(factor, atX);
            double noise = Math.sqrt(2 * h);
            for (int i = 0; i < x.length; i++) y[i] = x[i] + h * drift[i];
            for (int k = 0; k < x.length; k++) {
                double z = noise * rng.nextGaussian();
                if (factor == null) y[k] += z;
                else for (int i = k; i < x.length; i++) y[i] += factor[i][k] * z;
            }
            double logY = logDensity.at(y, atY);
            evaluations++;
            acceptance = corrected ? probability(factor, x, logX, atX, y, logY, atY, h) : 1;
            if (!corrected || rng.nextDouble() < acceptance) {
                double[] old = x, oldGradient = atX;
                x = y;
                y = old;
                atX = atY;
                atY = oldGradient;
                logX = logY;
            }
            if (t >= warmup) return;
            averaging.update(acceptance);
            h = ++t == warmup ? averaging.settled() : averaging.step();
        }

        @Override public double[] state() { return x; }

        @Override public double acceptance() { return acceptance; }

        @Override public boolean diverged() { return !Double.isFinite(logX); }

        @Override public long evaluations() { return evaluations; }

        @Override public double stepSize() { return h; }
    }
}
