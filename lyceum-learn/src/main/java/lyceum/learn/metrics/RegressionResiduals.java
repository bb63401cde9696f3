package lyceum.learn.metrics;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.linear.LinearRegressionModel;
import lyceum.prob.ChiSquare;
import lyceum.stats.TestResult;
import lyceum.tensor.Tensor;

/**
 * What a model left over, and for a linear one what each row did to the fit.
 *
 * {@snippet :
 * var data = Datasets.diabetes();
 * var residuals = RegressionResiduals.of(new LinearRegression().fit(data.x(), data.y()));
 * residuals.cooksDistance();
 * residuals.breuschPagan(data.x()).pValue();
 * residuals.inSampleError();                                  // training error plus its optimism
 * }
 *
 * <p>With residuals e, weights w (1 unless the fit had others), leverages h, p coefficients and {@code s^2 = sum w e^2 / (n - p)}. Rows of leverage 1 own a coefficient:
 * what is divided by {@code 1 - h} is NaN there, and that is the honest answer, as it is of a variance without degrees of freedom. Rows of weight 0 count
 * nowhere: neighbours in order are those without them.
 *
 * @param truth y
 * @param fitted the predictions
 * @param leverage h, the diagonal of the hat matrix; null for a model that has none
 * @param weights of the rows, or null for 1
 * @param parameters p, the rank of the design; 0 where there is no leverage
 * @see "Cook and Weisberg (1982), Residuals and Influence in Regression"
 */
public record RegressionResiduals(double[] truth, double[] fitted, double[] leverage, double[] weights, int parameters) {
    public RegressionResiduals {
        int n = truth.length;
        if (n == 0 || fitted.length != n || leverage != null && leverage.length != n || weights != null && weights.length != n)
            throw new ShapeException("RegressionResiduals: " + n + " true values and " + fitted.length + " predictions");
    }

    /** Of any regressor. */
    public static RegressionResiduals of(Tensor truth, Tensor predictions) {
        if (truth.rank() != 1 || predictions.rank() != 1) throw new ShapeException(
                "RegressionResiduals: truth " + truth.shape() + " and predictions " + predictions.shape() + "; both are (n)");
        return new RegressionResiduals(truth.toDoubleArray(), predictions.toDoubleArray(), null, null, 0);
    }

    /** Of a linear fit with one target, on the rows that it was fitted to. */
    public static RegressionResiduals of(LinearRegressionModel model) {
        if (model.residuals().rank() != 1) throw new ShapeException(
                "RegressionResiduals: the model has targets of shape " + model.residuals().shape() + "; one target is needed");
        return new RegressionResiduals(model.fitted().add(model.residuals()).toDoubleArray(), model.fitted().toDoubleArray(),
                model.hatDiagonal().toDoubleArray(), model.weights().toDoubleArray(), model.rank());
    }

    /** {@code e = y - fitted}. */
    public double[] raw() { return each(i -> truth[i] - fitted[i]); }

    /** {@code e / y}; infinite or NaN where y is 0. */
    public double[] relative() { return each(i -> (truth[i] - fitted[i]) / truth[i]); }

    /** {@code sqrt(w) e / (s sqrt(1 - h))}, also called internally studentised; without leverage h counts 0. */
    public double[] standardised() {
        double s = Math.sqrt(variance());
        return each(i -> scaled(i) / (s * Math.sqrt(free(i))));
    }

    /** Likewise with s estimated without the row: t-distributed with {@code n - p - 1} degrees of freedom for normal errors. */
    public double[] studentised() {
        double squares = squares();
        int df = rows() - parameters - 1;
        return each(i -> {
            double e = scaled(i), without = df < 1 ? Double.NaN : (squares - e * e / free(i)) / df;
            return e / Math.sqrt(without * free(i));
        });
    }

    /** {@code e / (1 - h)}: the error that the row would have had if it had been left out of the fit. */
    public double[] leftOut() {
        checkLeverage("leftOut");
        return each(i -> (truth[i] - fitted[i]) / free(i));
    }

    /** Sum of squares of {@link #leftOut}, weighted (Allen 1974). */
    public double press() {
        double[] e = leftOut();
        double sum = 0;
        for (int i = 0; i < e.length; i++) if (w(i) > 0) sum += w(i) * e[i] * e[i];
        return sum;
    }

    /** Cook's (1977) distance {@code r^2 h / (p (1 - h))} with the standardised r: how far all fitted values move when the row goes, in units of {@code p s^2}. */
    public double[] cooksDistance() {
        checkLeverage("cooksDistance");
        double[] r = standardised();
        return each(i -> r[i] * r[i] * leverage[i] / (parameters * free(i)));
    }

    /** {@code t sqrt(h / (1 - h))} with the studentised t: how far the row's own fit moves when it goes, in standard errors. */
    public double[] dffits() {
        checkLeverage("dffits");
        double[] t = studentised();
        return each(i -> t[i] * Math.sqrt(leverage[i] / free(i)));
    }

    /** {@code s^2 = sum w e^2 / (n - p)}; NaN unless n is above p. */
    public double variance() {
        int df = rows() - parameters;
        return df < 1 ? Double.NaN : squares() / df;
    }

    /** Mean squared error on these rows, weighted. */
    public double meanSquaredError() { return squares() / mass(); }

    private double mass() {
        double all = 0;
        for (int i = 0; i < truth.length; i++) all += w(i);
        return all;
    }

    /** How much smaller the (weighted) training error is expected to be than the error on new outcomes at the same x: {@code 2 p s^2 / sum w}. */
    public double optimism() {
        checkLeverage("optimism");
        return 2 * parameters * variance() / mass();
    }

    /** {@link #meanSquaredError} plus {@link #optimism}: Mallows' estimate of the error on new outcomes at the same x. */
    public double inSampleError() { return meanSquaredError() + optimism(); }

    /**
     * Tests for variance that depends on regressors: n R2 of the squared residuals' regression on them, chi-square with as many degrees of freedom as they have
     * independent columns. Koenker's form, which needs no normal errors.
     *
     * @param regressors (n x q), without a constant column
     * @see <a href="https://doi.org/10.2307/1911963">Breusch and Pagan (1979)</a>; <a href="https://doi.org/10.1016/0304-4076(81)90062-2">Koenker (1981)</a>
     */
    public TestResult breuschPagan(Tensor regressors) {
        if (regressors.rank() != 2 || regressors.size(0) != truth.length)
            throw new ShapeException("breuschPagan: regressors have shape " + regressors.shape() + " for " + truth.length + " rows");
        var squares = Tensor.of(Arrays.stream(counted()).map(e -> e * e).toArray());
        var rows = IntStream.range(0, truth.length).filter(i -> w(i) > 0).toArray();
        var model = new LinearRegression().fit(rows.length < truth.length ? regressors.rows(rows) : regressors, squares);
        double statistic = rows.length * model.summary().r2();
        int df = model.rank() - 1;
        return new TestResult("Breusch-Pagan", statistic, df == 0 ? 1 : new ChiSquare(df).survival(Math.max(0, statistic)), df);
    }

    /**
     * {@code sum (e_i - e_{i-1})^2 / sum e^2} of rows in order: near 2 without autocorrelation, near 0 where neighbours agree, near 4 where they alternate.
     *
     * @see <a href="https://doi.org/10.1093/biomet/37.3-4.409">Durbin and Watson (1950)</a>
     */
    public double durbinWatson() {
        double[] e = counted();
        double sum = 0;
        for (int i = 1; i < e.length; i++) sum += (e[i] - e[i - 1]) * (e[i] - e[i - 1]);
        return sum / squares();
    }

    /**
     * Tests that the residuals in order are not autocorrelated up to a lag, {@code n (n + 2) sum_k r_k^2 / (n - k)}, chi-square with a degree of freedom a lag.
     *
     * @see <a href="https://doi.org/10.1093/biomet/65.2.297">Ljung and Box (1978)</a>
     */
    public TestResult ljungBox(int lags) {
        double[] e = counted();
        int n = e.length;
        if (lags < 1 || lags >= n)
            throw new IllegalArgumentException("ljungBox: " + lags + " lags; between 1 and " + (n - 1) + " for " + n + " rows");
        double mean = Arrays.stream(e).average().orElseThrow(), all = 0, sum = 0;
        for (double v : e) all += (v - mean) * (v - mean);
        for (int k = 1; k <= lags; k++) {
            double product = 0;
            for (int i = k; i < n; i++) product += (e[i] - mean) * (e[i - k] - mean);
            sum += product / all * (product / all) / (n - k);
        }
        double statistic = n * (n + 2.0) * sum;
        return new TestResult("Ljung-Box", statistic, new ChiSquare(lags).survival(statistic), lags);
    }

    /**
     * Tests that errors are normal, {@code n / 6 (S^2 + (K - 3)^2 / 4)} with skewness S and kurtosis K, chi-square with two degrees of freedom for many rows.
     *
     * @see <a href="https://doi.org/10.2307/1403192">Jarque and Bera (1987)</a>
     */
    public TestResult jarqueBera() {
        double[] e = counted();
        double mean = Arrays.stream(e).average().orElseThrow(), m2 = 0, m3 = 0, m4 = 0;
        for (double v : e) {
            double d = v - mean;
            m2 += d * d / e.length;
            m3 += d * d * d / e.length;
            m4 += d * d * d * d / e.length;
        }
        double skewness = m3 / Math.pow(m2, 1.5), excess = m4 / (m2 * m2) - 3,
                statistic = e.length / 6.0 * (skewness * skewness + excess * excess / 4);
        return new TestResult("Jarque-Bera", statistic, new ChiSquare(2).survival(statistic), 2);
    }

    private interface OfRow {
        double at(int i);
    }

    private double[] each(OfRow f) {
        var values = new double[truth.length];
        for (int i = 0; i < values.length; i++) values[i] = f.at(i);
        return values;
    }

    private double w(int i) { return weights == null ? 1 : weights[i]; }

    /** {@code 1 - h}; NaN where rounding is all that is left of it. */
    private double free(int i) { return leverage == null ? 1 : 1 - leverage[i] < 1e-12 ? Double.NaN : 1 - leverage[i]; }

    private double scaled(int i) { return Math.sqrt(w(i)) * (truth[i] - fitted[i]); }

    /** Scaled residuals of the rows that count, in order. */
    private double[] counted() { return IntStream.range(0, truth.length).filter(i -> w(i) > 0).mapToDouble(this::scaled).toArray(); }

    private double squares() {
        double sum = 0;
        for (int i = 0; i < truth.length; i++) sum += scaled(i) * scaled(i);
        return sum;
    }

    private int rows() {
        int n = 0;
        for (int i = 0; i < truth.length; i++) if (w(i) > 0) n++;
        return n;
    }

    private void checkLeverage(String operation) {
        if (leverage == null) throw new IllegalArgumentException(
                operation + ": the residuals come without leverages; RegressionResiduals.of(model) of a linear fit has them");
    }
}
