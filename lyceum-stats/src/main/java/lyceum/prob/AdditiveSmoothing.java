package lyceum.prob;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import lyceum.tensor.Tensor;

/**
 * Probabilities from counts, with something added to each: {@code p_k = (c_k + alpha) / (N + alpha K)}. Laplace's rule is alpha 1, Lidstone's any
 * other; it is the posterior mean under a Dirichlet(alpha) prior.
 *
 * {@snippet :
 * new AdditiveSmoothing(1).estimate(3, 0, 1);              // 4/7, 1/7, 2/7
 * new AdditiveSmoothing(0.5, 0.5, 2).estimate(3, 0, 1);    // a pseudo-count for each outcome
 * double[] counts = {30, 12, 5, 1, 1, 0, 0};
 * AdditiveSmoothing.leaveOneOut(counts).unseen(counts);    // alpha chosen by the counts themselves
 * }
 *
 * @see <a href="https://doi.org/10.1006/csla.1999.0128">Chen and Goodman (1999), An empirical study of smoothing techniques for language modeling</a>
 */
public final class AdditiveSmoothing {
    private static final double LEAST = 1e-8, MOST = 1e8;
    private final double[] alpha;

    /**
     * @param alpha one number for all outcomes, or one for each; finite and at least 0. With 0 there is no smoothing: outcomes that were not seen
     *        get probability 0.
     */
    public AdditiveSmoothing(double... alpha) {
        if (alpha.length == 0) throw new IllegalArgumentException("AdditiveSmoothing: there is no alpha");
        for (double a : alpha)
            if (!(a >= 0) || a == Double.POSITIVE_INFINITY)
                throw new IllegalArgumentException("AdditiveSmoothing: alpha is " + a + "; it is finite and at least 0");
        this.alpha = alpha.clone();
    }

    /**
     * The alpha under which each observation is likeliest to be predicted by the others: maximises
     * {@code sum_k c_k log((c_k - 1 + alpha) / (N - 1 + alpha K))} between 1e-8 and 1e8.
     *
     * @param counts whole numbers, at least two observations in all
     */
    public static AdditiveSmoothing leaveOneOut(double... counts) {
        double n = total("leaveOneOut", counts);
        for (double c : counts)
            if (c != Math.rint(c)) throw new IllegalArgumentException("leaveOneOut: a count is " + c + "; counts are whole");
        if (n < 2) throw new IllegalArgumentException("leaveOneOut: " + n + " observations; there are at least 2, so that others are left");
        return best(alpha -> {
            double sum = 0;
            for (double c : counts) if (c > 0) sum += c * Math.log(c - 1 + alpha);
            return sum - n * Math.log(n - 1 + alpha * counts.length);
        });
    }

    /** The alpha between 1e-8 and 1e8 under which other counts of the same outcomes are likeliest. */
    public static AdditiveSmoothing heldOut(double[] counts, double[] heldOut) {
        double n = total("heldOut", counts), m = total("heldOut", heldOut);
        if (heldOut.length != counts.length)
            throw new IllegalArgumentException("heldOut: " + heldOut.length + " held-out counts for " + counts.length + " outcomes");
        if (m == 0) throw new IllegalArgumentException("heldOut: nothing is held out");
        return best(alpha -> {
            double sum = 0;
            for (int k = 0; k < counts.length; k++) if (heldOut[k] > 0) sum += heldOut[k] * Math.log(counts[k] + alpha);
            return sum - m * Math.log(n + alpha * counts.length);
        });
    }

    /** A scan in log alpha, four steps a decade, and a golden section about the best place. */
    private static AdditiveSmoothing best(DoubleUnaryOperator logLikelihood) {
        double best = LEAST, step = Math.pow(10, 0.25), most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i <= 64; i++) {
            double alpha = Math.pow(10, i / 4.0 - 8), value = logLikelihood.applyAsDouble(alpha);
            if (value > most) {
                most = value;
                best = alpha;
            }
        }
        double low = Math.log(Math.max(LEAST, best / step)), high = Math.log(Math.min(MOST, best * step)), ratio = (Math.sqrt(5) - 1) / 2;
        double a = high - ratio * (high - low), b = low + ratio * (high - low);
        double fa = logLikelihood.applyAsDouble(Math.exp(a)), fb = logLikelihood.applyAsDouble(Math.exp(b));
        while (high - low > 1e-7) { // nearer the maximum the likelihood is flat to rounding
            if (fa > fb) {
                high = b;
                b = a;
                fb = fa;
                fa = logLikelihood.applyAsDouble(Math.exp(a = high - ratio * (high - low)));
            } else {
                low = a;
                a = b;
                fa = fb;
                fb = logLikelihood.applyAsDouble(Math.exp(b = low + ratio * (high - low)));
            }
        }
        return new AdditiveSmoothing(Math.exp((low + high) / 2));
    }

    /** A copy: one number, or one for each outcome. */
    public double[] alpha() { return alpha.clone(); }

    private double alpha(int k) { return alpha[alpha.length == 1 ? 0 : k]; }

    private static double total(String operation, double[] counts) {
        double n = 0;
        for (double c : counts) {
            if (!(c >= 0) || c == Double.POSITIVE_INFINITY)
                throw new IllegalArgumentException(operation + ": a count is " + c + "; counts are finite and at least 0");
            n += c;
        }
        return n;
    }

    private double denominator(double[] counts) {
        if (alpha.length > 1 && alpha.length != counts.length)
            throw new IllegalArgumentException("estimate: " + counts.length + " counts for " + alpha.length + " pseudo-counts");
        double n = total("estimate", counts) + (alpha.length == 1 ? alpha[0] * counts.length : Arrays.stream(alpha).sum());
        if (n == 0) throw new IllegalArgumentException(
                "estimate: there are no observations and no pseudo-counts; a positive alpha gives the prior mean");
        return n;
    }

    /** {@code (c_k + alpha_k) / (N + sum alpha)}. @param counts at least 0; weights will do */
    public double[] estimate(double... counts) {
        double n = denominator(counts);
        var p = new double[counts.length];
        for (int k = 0; k < p.length; k++) p[k] = (counts[k] + alpha(k)) / n;
        return p;
    }

    /** Natural logarithms of {@link #estimate}. */
    public double[] logEstimate(double... counts) {
        double n = Math.log(denominator(counts));
        var log = new double[counts.length];
        for (int k = 0; k < log.length; k++) log[k] = Math.log(counts[k] + alpha(k)) - n;
        return log;
    }

    /**
     * A conditional table, each row smoothed by itself; contexts that were never seen get the prior mean.
     *
     * @param counts an axis for each of {@code given}, then one for each of {@code of}
     */
    public ConditionalTable estimate(List<String> given, List<String> of, Tensor counts) {
        double[] all = counts.toDoubleArray();
        int width = 1;
        for (int axis = given.size(); axis < counts.rank(); axis++) width = Math.toIntExact(width * counts.size(axis));
        for (int row = 0; row < all.length; row += width)
            System.arraycopy(estimate(Arrays.copyOfRange(all, row, row + width)), 0, all, row, width);
        return ConditionalTable.of(given, of, Tensor.of(all, counts.shape().toArray()));
    }

    /** The posterior whose mean is {@link #estimate}: Dirichlet(c + alpha). */
    public Dirichlet posterior(double... counts) {
        denominator(counts);
        var parameters = counts.clone();
        for (int k = 0; k < parameters.length; k++) parameters[k] += alpha(k);
        return new Dirichlet(parameters);
    }

    /** The probability given to all outcomes of count 0 together. */
    public double unseen(double... counts) {
        double n = denominator(counts), sum = 0;
        for (int k = 0; k < counts.length; k++) if (counts[k] == 0) sum += alpha(k);
        return sum / n;
    }

    /** {@code exp} of the mean negative log probability of other observations: how many outcomes it seems to hesitate between. */
    public double perplexity(double[] counts, double[] heldOut) {
        double m = total("perplexity", heldOut), sum = 0;
        double[] log = logEstimate(counts);
        for (int k = 0; k < log.length; k++) if (heldOut[k] > 0) sum += heldOut[k] * log[k];
        return Math.exp(-sum / m);
    }

    @Override public String toString() { return "AdditiveSmoothing" + Arrays.toString(alpha); }
}
