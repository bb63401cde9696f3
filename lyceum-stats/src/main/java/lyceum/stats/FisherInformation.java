package lyceum.stats;

import java.util.Arrays;
import java.util.function.Function;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.linalg.LinearMap;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.linalg.dense.Dense;
import lyceum.linalg.dense.Product;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The Fisher information matrix: how sharply data distinguish a parameter vector from its neighbours,
 * {@code F = E[s s'] = -E[H]} with s the score and H the Hessian of the log-likelihood.
 *
 * {@snippet :
 * FisherInformation.expected(ParametricFamily.NORMAL, 0, 2);            // of one observation: diag(1/4, 1/2)
 * var observed = FisherInformation.observed(logLikelihood, estimate);   // of the sample
 * double[] errors = observed.standardErrors();
 * }
 *
 * <p>Three relatives. {@link #expected} averages over the model. {@link #observed} is minus the Hessian on the data. {@link #empirical} sums {@code s
 * s'} over the data, and is near the others only where the model is right and the parameters are fitted. {@link #simulated} is the first by
 * Monte Carlo. For networks whose matrix would not fit {@link lyceum.optim.GaussNewton} gives products alone.
 *
 * @see <a href="https://doi.org/10.1017/S0305004100009580">Fisher (1925)</a>
 * @see <a href="https://doi.org/10.1093/biomet/65.3.457">Efron and Hinkley (1978), on observed against expected</a>
 */
public final class FisherInformation implements LinearMap {
    private final double[][] f;

    private FisherInformation(double[][] f) { this.f = f; }

    /** Of a matrix that is known in closed form. @throws ShapeException if it is not square */
    public static FisherInformation of(double[][] matrix) {
        for (double[] row : matrix)
            if (row.length != matrix.length) throw new ShapeException(
                    "FisherInformation: " + matrix.length + " rows, and one of " + row.length + " numbers; it is square");
        return new FisherInformation(Dense.copy(matrix));
    }

    /** {@code E[s s']} of one observation from the family's distribution at {@code theta}, by a sum over its values or by quadrature. */
    public static FisherInformation expected(ParametricFamily family, double... theta) { return empirical(family.expected(theta), theta); }

    /** {@code -H} of the log-likelihood at {@code theta}: the whole sample's. Positive definite at a strict maximum alone. */
    public static FisherInformation observed(LogLikelihood l, double... theta) {
        var h = l.hessian(theta);
        for (double[] row : h) for (int j = 0; j < row.length; j++) row[j] = -row[j];
        return new FisherInformation(h);
    }

    /** {@code sum_i w_i s_i s_i'} over the data: the whole sample's. */
    public static FisherInformation empirical(LogLikelihood l, double... theta) {
        var scores = l.scores(theta);
        var weights = l.weights();
        var f = new double[theta.length][theta.length];
        for (int i = 0; i < scores.length; i++) if (weights[i] != 0) add(f, weights[i], scores[i]);
        return new FisherInformation(f);
    }

    /**
     * {@code E[s s']} by Monte Carlo.
     *
     * @param draw data from the model at {@code theta}, as their log-likelihood
     * @return the mean over {@code draws} of them, each the information of one data set
     */
    public static FisherInformation simulated(Function<Rng, LogLikelihood> draw, int draws, Rng rng, double... theta) {
        var f = new double[theta.length][theta.length];
        var score = new double[theta.length];
        for (int d = 0; d < draws; d++) {
            draw.apply(rng.split(d)).at(theta, score);
            add(f, 1.0 / draws, score);
        }
        return new FisherInformation(f);
    }

    private static void add(double[][] f, double weight, double[] s) {
        for (int i = 0; i < s.length; i++) for (int j = 0; j < s.length; j++) f[i][j] += weight * s[i] * s[j];
    }

    /** The matrix (p x p); a copy. */
    public double[][] matrix() { return Dense.copy(f); }

    @Override public int rows() { return f.length; }

    @Override public int cols() { return f.length; }

    @Override public double[] times(double[] v) { return Dense.times(f, v); }

    @Override public double[] transposeTimes(double[] v) { return Dense.times(f, v); }

    /** The entries {@code F_jj}. Their inverses understate the variances of parameters that are estimated together. */
    public double[] diagonal() {
        var d = new double[f.length];
        for (int j = 0; j < d.length; j++) d[j] = f[j][j];
        return d;
    }

    /** The information of these parameters while the others are known: {@code F} restricted to them. */
    public FisherInformation block(int... parameters) {
        var block = new double[parameters.length][parameters.length];
        for (int i = 0; i < block.length; i++) for (int j = 0; j < block.length; j++) block[i][j] = f[parameters[i]][parameters[j]];
        return new FisherInformation(block);
    }

    /** Only the blocks of these sizes along the diagonal, which sum to the number of parameters; zeros elsewhere. */
    public FisherInformation blockDiagonal(int... sizes) {
        if (Arrays.stream(sizes).sum() != f.length)
            throw new ShapeException("blockDiagonal: sizes " + Arrays.toString(sizes) + " for " + f.length + " parameters");
        var blocks = new double[f.length][f.length];
        int at = 0;
        for (int size : sizes) {
            for (int i = at; i < at + size; i++) System.arraycopy(f[i], at, blocks[i], at, size);
            at += size;
        }
        return new FisherInformation(blocks);
    }

    /** {@code factor F}: of so many observations. */
    public FisherInformation times(double factor) {
        var scaled = Dense.copy(f);
        for (double[] row : scaled) for (int j = 0; j < row.length; j++) row[j] *= factor;
        return new FisherInformation(scaled);
    }

    /**
     * {@code J' F J}: in other parameters phi.
     *
     * @param jacobian {@code d theta / d phi}, (p x q)
     */
    public FisherInformation in(double[][] jacobian) {
        if (jacobian.length != f.length)
            throw new ShapeException("FisherInformation: a Jacobian of " + jacobian.length + " rows for " + f.length + " parameters");
        int q = jacobian[0].length;
        return new FisherInformation(Product.transposedTimes(jacobian, q, Product.of(f, jacobian, q), q));
    }

    /**
     * {@code F^-1}: of a sample's information, the covariance of its estimates.
     *
     * @throws NotPositiveDefiniteException if a direction of parameters leaves the likelihood as it is, or theta is no maximum
     */
    public double[][] inverse() { return Cholesky.of(Tensor.of(f)).inverse().toRows(); }

    /** {@code sqrt((F^-1)_jj)}. @throws NotPositiveDefiniteException as {@link #inverse} */
    public double[] standardErrors() {
        var covariance = inverse();
        var errors = new double[f.length];
        for (int j = 0; j < errors.length; j++) errors[j] = Math.sqrt(covariance[j][j]);
        return errors;
    }

    /** {@code d' F d / 2}: to second order, the KL divergence to the distribution at {@code theta + d}. */
    public double divergence(double... d) {
        double sum = 0;
        var fd = times(d);
        for (int j = 0; j < d.length; j++) sum += d[j] * fd[j];
        return sum / 2;
    }

    @Override public String toString() { return "FisherInformation" + Arrays.deepToString(f); }
}
