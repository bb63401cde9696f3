package lyceum.train;

import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Effective degrees of freedom: how many parameters a fit spends, {@code df = sum over rows of d yhat_i / d y_i}. A common measure of regularisers that
 * have nothing else in common.
 *
 * <p>For least squares on a matrix with singular values s, a regulariser keeps a share h(s) of the coefficient along each singular direction, and
 * {@code df} is the sum of the shares. {@link #measured} asks any procedure.
 *
 * @param singular values of the data matrix
 * @see <a href="https://hastie.su.domains/ElemStatLearn/">Hastie, Tibshirani and Friedman (2009), sections 3.4 and 7.6</a>
 */
public record DegreesOfFreedom(double[] singular) {

    /** Of a matrix with a row an example. */
    public static DegreesOfFreedom of(Tensor x) { return new DegreesOfFreedom(Svd.values(x.to(DType.F64)).toDoubleArray()); }

    /** Of a share h(s) of each direction: above 0 for s of 0 only by mistake. */
    public double of(DoubleUnaryOperator share) {
        double sum = 0;
        for (double s : singular) sum += share.applyAsDouble(s);
        return sum;
    }

    /** Ridge, {@code |y - Xw|^2 + lambda |w|^2}: {@code s^2 / (s^2 + lambda)}. */
    public double ridge(double lambda) { return of(s -> s == 0 ? 0 : s * s / (s * s + lambda)); }

    /** Normal noise of this variance added anew to the n rows' inputs at each step: ridge with {@code lambda = n variance} (Bishop 1995). */
    public double inputNoise(double variance, int n) { return ridge(n * variance); }

    /** Gradient descent on {@code |y - Xw|^2 / 2} from zero, stopped after so many steps: {@code 1 - (1 - rate s^2)^steps}. */
    public double stopped(double rate, long steps) { return of(s -> 1 - Math.pow(1 - rate * s * s, steps)); }

    /** Gradient flow on {@code |y - Xw|^2 / 2} from zero, stopped at a time: {@code 1 - exp(-t s^2)}. */
    public double flow(double time) { return of(s -> -Math.expm1(-time * s * s)); }

    /** Targets smoothed towards their mean by epsilon: a share {@code 1 - epsilon} of every direction. */
    public double smoothedTargets(double epsilon) { return of(s -> s == 0 ? 0 : 1 - epsilon); }

    /**
     * Dropout of inputs with probability p, scaled by {@code 1 / (1 - p)}: ridge with the penalty {@code p / (1 - p) sum_j |x_j|^2 w_j^2}
     * (Wager, Wang and Liang 2013), that is ridge at {@code p / (1 - p)} on columns of length 1.
     */
    public static double dropout(Tensor x, double p) {
        var wide = x.to(DType.F64);
        return of(wide.div(wide.square().sum(0).sqrt().maximum(Double.MIN_NORMAL))).ridge(p / (1 - p));
    }

    /**
     * Of any procedure, by differences along random signs: the mean of {@code z' (fit(y + h z) - fit(y - h z)) / (2 h)}. Unbiased for a linear one.
     *
     * @param fit from targets to fitted values, with all that is random in it fixed
     * @param probes how many differences, each two fits
     */
    public static double measured(UnaryOperator<double[]> fit, double[] y, double h, int probes, Rng rng) {
        if (!(h > 0) || probes < 1)
            throw new IllegalArgumentException("DegreesOfFreedom: h is " + h + " and probes " + probes + "; both are positive");
        double sum = 0;
        for (int p = 0; p < probes; p++) {
            var up = y.clone();
            var down = y.clone();
            var z = new double[y.length];
            for (int i = 0; i < z.length; i++) {
                z[i] = rng.nextDouble() < 0.5 ? -1 : 1;
                up[i] += h * z[i];
                down[i] -= h * z[i];
            }
            double[] a = fit.apply(up), b = fit.apply(down);
            for (int i = 0; i < z.length; i++) sum += z[i] * (a[i] - b[i]) / (2 * h);
        }
        return sum / probes;
    }
}
