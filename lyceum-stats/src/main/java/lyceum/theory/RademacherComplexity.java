package lyceum.theory;

import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.stats.Interval;
import lyceum.tensor.Tensor;

/**
 * How well a class fits coin tosses at given inputs, {@code E_sigma sup_f (1/n) sum_i sigma_i f(x_i)}, without absolute values: by all {@code 2^n}
 * signs or by random ones, its bounds, and the bound of the risk that follows.
 *
 * {@snippet :
 * var lines = RademacherComplexity.l2Ball(x, 1);              // w x with |w| <= 1
 * RademacherComplexity.exact(lines, 12);
 * RademacherComplexity.monteCarlo(lines, n, 1_000, rng);      // a mean with its standard error
 * RademacherComplexity.l2Bound(1, largestNorm, n);            // B R / sqrt(n), whatever the dimension
 * RademacherComplexity.certificate(0.1, complexity, n, 0.05); // with probability 0.95 no true risk is above it
 * }
 *
 * @see <a href="https://jmlr.org/papers/v3/bartlett02a.html">Bartlett and Mendelson (2002)</a>, whose complexity is twice this one, of absolute values
 * @see <a href="https://cs.nyu.edu/~mohri/mlbook/">Mohri, Rostamizadeh and Talwalkar (2018), chapter 3</a>
 */
public final class RademacherComplexity {
    private RademacherComplexity() {}

    /** A class at n inputs, known by its best fit to signs. */
    @FunctionalInterface
    public interface HypothesisClass {
        /** {@code sup_f (1/n) sum_i signs_i f(x_i)}, for signs of -1 and 1 or any other numbers. */
        double bestFit(double[] signs);
    }

    /** {@code x -> w x} with {@code |w|_2 <= B}: {@code (B/n) |sum_i s_i x_i|_2}. @param x inputs by rows */
    public static HypothesisClass l2Ball(double[][] x, double b) {
        return signs -> {
            double square = 0;
            for (double v : mixture(x, signs)) square += v * v;
            return b / x.length * Math.sqrt(square);
        };
    }

    /** {@code x -> w x} with {@code |w|_1 <= B}: {@code (B/n) max_j |sum_i s_i x_ij|}. */
    public static HypothesisClass l1Ball(double[][] x, double b) {
        return signs -> {
            double most = 0;
            for (double v : mixture(x, signs)) most = Math.max(most, Math.abs(v));
            return b / x.length * most;
        };
    }

    private static double[] mixture(double[][] x, double[] signs) {
        var sum = new double[x[0].length];
        for (int i = 0; i < x.length; i++) for (int j = 0; j < sum.length; j++) sum[j] += signs[i] * x[i][j];
        return sum;
    }

    /** Functions of norm at most B in the space of a kernel: {@code (B/n) sqrt(s' K s)}. @param k the kernel's matrix at the inputs */
    public static HypothesisClass kernelBall(double[][] k, double b) {
        return signs -> {
            double square = 0;
            for (int i = 0; i < k.length; i++) {
                double row = 0;
                for (int j = 0; j < k.length; j++) row += k[i][j] * signs[j];
                square += signs[i] * row;
            }
            return b / k.length * Math.sqrt(Math.max(0, square));
        };
    }

    /** Functions one by one. @param values of each function, by rows, at each input */
    public static HypothesisClass finite(double[][] values) {
        if (values.length == 0) throw new ShapeException("RademacherComplexity: there are no functions");
        return signs -> {
            double most = Double.NEGATIVE_INFINITY;
            for (double[] f : values) {
                double sum = 0;
                for (int i = 0; i < f.length; i++) sum += signs[i] * f[i];
                most = Math.max(most, sum / f.length);
            }
            return most;
        };
    }

    /** Decision stumps, {@code 1} where a coordinate is at least t and {@code -1} elsewhere, and the opposites. */
    public static HypothesisClass stumps(double[][] x) {
        int n = x.length, d = x[0].length;
        var order = new long[d][];
        for (int j = 0; j < d; j++) order[j] = Tensor.of(x).select(1, j).argsort(0, false).toLongArray();
        return signs -> {
            double most = 0;
            for (int j = 0; j < d; j++) {
                double sum = 0;
                for (double s : signs) sum += s;
                most = Math.max(most, Math.abs(sum));
                for (int k = 0; k < n; k++) {
                    int i = (int) order[j][k];
                    sum -= 2 * signs[i];
                    // No threshold parts equal values.
                    if (k + 1 < n && x[i][j] == x[(int) order[j][k + 1]][j]) continue;
                    most = Math.max(most, Math.abs(sum));
                }
            }
            return most / n;
        };
    }

    /** The complexity itself, the mean over all {@code 2^n} signs. @param n inputs, at most 24 */
    public static double exact(HypothesisClass hypotheses, int n) {
        if (n < 1 || n > 24)
            throw new ShapeException("RademacherComplexity: 2^" + n + " signs cannot be listed; from 1 to 24 inputs, else monteCarlo");
        var signs = new double[n];
        double sum = 0;
        for (int code = 0; code < 1 << n; code++) {
            for (int i = 0; i < n; i++) signs[i] = (code >> i & 1) == 1 ? 1 : -1;
            sum += hypotheses.bestFit(signs);
        }
        return sum / (1 << n);
    }

    /** A mean over random signs. */
    public record Estimate(double value, double standardError) {
        /** Two standard errors either side. */
        public Interval interval() { return new Interval(value - 2 * standardError, value + 2 * standardError); }
    }

    /** The complexity from random signs. @param draws at least 2 */
    public static Estimate monteCarlo(HypothesisClass hypotheses, int n, int draws, Rng rng) {
        if (n < 1 || draws < 2)
            throw new IllegalArgumentException("RademacherComplexity: " + draws + " draws for " + n + " inputs; at least 2 and 1");
        var signs = new double[n];
        double mean = 0, squares = 0;
        for (int draw = 1; draw <= draws; draw++) {
            for (int i = 0; i < n; i++) signs[i] = rng.nextLong() < 0 ? -1 : 1;
            double fit = hypotheses.bestFit(signs), step = fit - mean;
            mean += step / draw;
            squares += step * (fit - mean);
        }
        return new Estimate(mean, Math.sqrt(squares / (draws - 1) / draws));
    }

    /** {@code B R / sqrt(n)}, above the complexity of {@link #l2Ball} and {@link #kernelBall} for inputs of norm at most R. */
    public static double l2Bound(double b, double r, int n) { return b * r / Math.sqrt(n); }

    /** {@code B R sqrt(2 ln(2 d) / n)}, above the complexity of {@link #l1Ball} for d coordinates of size at most R. */
    public static double l1Bound(double b, double r, int d, int n) { return b * r * Math.sqrt(2 * Math.log(2 * d) / n); }

    /** Massart's, {@code r sqrt(2 ln M) / n}, r the largest Euclidean norm of a function's n values: above the complexity of any M functions. */
    public static double massart(double[][] values) {
        double most = 0;
        for (double[] f : values) {
            double square = 0;
            for (double v : f) square += v * v;
            most = Math.max(most, square);
        }
        return Math.sqrt(most * 2 * Math.log(values.length)) / values[0].length;
    }

    /** Talagrand's contraction: after a loss with this Lipschitz constant, at each input its own, the complexity is at most so many times as large. */
    public static double contraction(double lipschitz, double complexity) { return lipschitz * complexity; }

    /**
     * {@code R (sqrt(2 ln(2) L) + 1) prod_j M_j / sqrt(n)}: above the complexity of ReLU networks of L layers with Frobenius norms at most M_j, on inputs
     * of norm at most R.
     *
     * @see <a href="https://arxiv.org/abs/1712.06541">Golowich, Rakhlin and Shamir (2018), theorem 1</a>
     */
    public static double networkBound(double[] norms, double r, int n) {
        double product = 1;
        for (double norm : norms) product *= norm;
        return r * (Math.sqrt(2 * Math.log(2) * norms.length) + 1) * product / Math.sqrt(n);
    }

    /**
     * {@code risk + 2 complexity + 3 sqrt(ln(2 / delta) / (2 n))}: with probability {@code 1 - delta} no hypothesis' true risk is above it.
     *
     * @param risk on the sample, of a loss in [0, 1]
     * @param complexity on the same sample, of the losses, not of the hypotheses: see {@link #contraction}
     */
    public static double certificate(double risk, double complexity, int n, double delta) {
        if (!(delta > 0 && delta < 1))
            throw new IllegalArgumentException("RademacherComplexity: delta is " + delta + "; it lies between 0 and 1");
        return risk + 2 * complexity + 3 * Math.sqrt(Math.log(2 / delta) / (2 * n));
    }
}
