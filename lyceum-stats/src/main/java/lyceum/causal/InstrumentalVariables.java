package lyceum.causal;

import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import lyceum.bayes.Dag;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Eigen;
import lyceum.prob.ChiSquare;
import lyceum.prob.FisherF;
import lyceum.stats.Descriptive;
import lyceum.stats.ResidualMaker;
import lyceum.stats.TestResult;
import lyceum.tensor.Tensor;

/**
 * {@code y = X beta + e} where X and e are correlated, and instruments that move X and nothing else.
 *
 * {@snippet :
 * var rng = Rng.of(1);
 * double[] z = new double[1000], x = new double[1000], y = new double[1000];
 * for (int i = 0; i < 1000; i++) {
 *     double hidden = rng.nextGaussian();
 *     z[i] = rng.nextGaussian();
 *     x[i] = z[i] + hidden + rng.nextGaussian();
 *     y[i] = 2 * x[i] + 3 * hidden + rng.nextGaussian();
 * }
 * var model = InstrumentalVariables.of(y, x, z);
 * double wrong = model.ols().coefficients()[0];            // 2.90
 * double right = model.twoStage().coefficients()[0];       // 1.82, and the truth is 2
 * model.firstStageF();                     // 431: a strong instrument
 * model.andersonRubin(0.95);               // an interval that holds at any strength
 * }
 *
 * <p>Data are columns. Coefficients come in the order: endogenous columns, constant, exogenous columns. Immutable.
 *
 * @see "Wooldridge (2010), Econometric Analysis of Cross Section and Panel Data, chapters 5 and 8"
 */
public final class InstrumentalVariables {
    private final double[] y;
    private final double[][] endogenous, exogenous, instruments;
    /** What is left after the exogenous columns, and after these and the instruments. */
    private final ResidualMaker onExogenous, onInstruments;

    /**
     * @param y outcome
     * @param endogenous columns whose effect is asked for
     * @param exogenous other columns of the equation, uncorrelated with its error; perhaps none
     * @param instruments columns that are not in the equation, at least as many as endogenous ones
     * @throws IllegalArgumentException if there are too few instruments or observations, or columns depend on each other
     */
    public InstrumentalVariables(double[] y, double[][] endogenous, double[][] exogenous, double[][] instruments) {
        if (endogenous.length == 0 || instruments.length < endogenous.length)
            throw new IllegalArgumentException("InstrumentalVariables: " + instruments.length + " instruments for " + endogenous.length
                    + " endogenous columns; there are at least as many, and at least one");
        if (y.length <= instruments.length + exogenous.length + 1)
            throw new IllegalArgumentException("InstrumentalVariables: " + y.length + " observations for "
                    + (instruments.length + exogenous.length + 1) + " exogenous columns and instruments; there are more");
        for (double[][] columns : new double[][][] {endogenous, exogenous, instruments})
            for (double[] column : columns)
                if (column.length != y.length) throw new IllegalArgumentException(
                        "InstrumentalVariables: a column of " + column.length + " values for " + y.length + " outcomes");
        onExogenous = new ResidualMaker(y.length, exogenous);
        onInstruments = new ResidualMaker(y.length, both(exogenous, instruments));
        if (onInstruments.rank() < exogenous.length + instruments.length + 1) throw new IllegalArgumentException(
                "InstrumentalVariables: instruments and exogenous columns depend on each other; leave one out");
        this.y = y.clone();
        this.endogenous = endogenous.clone();
        this.exogenous = exogenous.clone();
        this.instruments = instruments.clone();
    }

    /** One endogenous column, no other, and its instruments. */
    public static InstrumentalVariables of(double[] y, double[] x, double[]... instruments) {
        return new InstrumentalVariables(y, new double[][] {x}, new double[0][], instruments);
    }

    private static double[][] both(double[][] a, double[][] b) {
        var both = new double[a.length + b.length][];
        System.arraycopy(a, 0, both, 0, a.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    /** Whether there are just as many instruments as endogenous columns. */
    public boolean isExactlyIdentified() { return instruments.length == endogenous.length; }

    /** Columns of the equation: endogenous, constant, exogenous. */
    private double[][] columns() { return both(endogenous, included()); }

    /** The constant and the exogenous columns. */
    private double[][] included() {
        var one = new double[y.length];
        Arrays.fill(one, 1);
        return both(new double[][] {one}, exogenous);
    }

    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    static double[][] products(double[][] a, double[][] b) {
        var products = new double[a.length][b.length];
        for (int i = 0; i < a.length; i++) for (int j = 0; j < b.length; j++) products[i][j] = dot(a[i], b[j]);
        return products;
    }

    /** Least squares, which ignores that X and e are correlated: for comparison. */
    public IvFit ols() { return kClass("OLS", 0); }

    /** Two-stage least squares: X regressed on the instruments, y on what that fits. */
    public IvFit twoStage() { return kClass("2SLS", 1); }

    /**
     * Limited-information maximum likelihood: the k-class estimator whose k is the smallest root of {@code |Y^T M_W Y - k Y^T M_Z Y| = 0}. Less biased than
     * two stages where instruments are weak or many; the same where there are just enough.
     */
    public IvFit liml() { return kClass("LIML", limlRoot()); }

    /**
     * Fuller's: {@link #liml} with {@code k - a / (n - L)} for L instruments and exogenous columns, the constant included. Its moments exist, where LIML's do
     * not.
     *
     * @param a at least 0; 1 makes the estimate about unbiased, 4 its mean squared error small
     * @see "Fuller (1977), Some properties of a modification of the limited information estimator, Econometrica 45(4)"
     */
    public IvFit fuller(double a) {
        if (!(a >= 0) || Double.isInfinite(a))
            throw new IllegalArgumentException("fuller: a is " + a + "; it is finite and at least 0, usually 1 or 4");
        return kClass("Fuller", limlRoot() - a / (y.length - onInstruments.rank()));
    }

    private double limlRoot() {
        double[][] all = both(new double[][] {y}, endogenous), outer = new double[all.length][], inner = new double[all.length][];
        ResidualMaker w = onExogenous, z = onInstruments;
        for (int k = 0; k < all.length; k++) {
            outer[k] = w.of(all[k]);
            inner[k] = z.of(all[k]);
        }
        double[] roots = Eigen.generalised(Tensor.of(products(outer, outer)), Tensor.of(products(inner, inner))).values().toDoubleArray();
        double least = roots[0];
        for (double root : roots) least = Math.min(least, root);
        return least;
    }

    /** {@code (X^T (I - k M_Z) X)^-1 X^T (I - k M_Z) y}. */
    private IvFit kClass(String method, double k) {
        double[][] x = columns(), mapped = new double[x.length][];
        var z = onInstruments;
        for (int j = 0; j < x.length; j++) {
            double[] rest = z.of(x[j]);
            mapped[j] = new double[y.length];
            for (int i = 0; i < y.length; i++) mapped[j][i] = x[j][i] - k * rest[i];
        }
        double[] right = new double[x.length];
        for (int j = 0; j < x.length; j++) right[j] = dot(mapped[j], y);
        double[][] left = products(mapped, x);
        for (int i = 0; i < x.length; i++) for (int j = 0; j < i; j++) left[i][j] = left[j][i] = 0.5 * (left[i][j] + left[j][i]);
        var factor = Cholesky.of(Tensor.of(left));
        double[] beta = factor.solve(Tensor.of(right)).toDoubleArray();
        return new IvFit(method, beta, residuals(x, beta), mapped, factor.inverse().toRows());
    }

    private double[] residuals(double[][] x, double[] beta) {
        var rest = y.clone();
        for (int j = 0; j < x.length; j++) for (int i = 0; i < rest.length; i++) rest[i] -= beta[j] * x[j][i];
        return rest;
    }

    /**
     * Two-step efficient GMM: instruments weighted by the inverse of {@code S = sum e^2 z z^T / n} of the two-stage residuals. Its classical covariance is
     * the robust one; {@link IvFit#robustErrors} must not be asked again.
     */
    public IvFit gmm() {
        double[][] x = columns(), z = both(included(), instruments);
        var weight = Cholesky.of(Tensor.of(scatter(z, twoStage().residuals())));
        var zx = Tensor.of(products(z, x));
        var zy = new double[z.length];
        for (int j = 0; j < z.length; j++) zy[j] = dot(z[j], y);
        var half = weight.solve(zx);
        var left = zx.transpose(0, 1).matmul(half);
        var factor = Cholesky.of(left.add(left.transpose(0, 1)).mul(0.5));
        double[] beta = factor.solve(half.transpose(0, 1).matmul(Tensor.of(zy))).toDoubleArray();
        return new IvFit("GMM", beta, residuals(x, beta), null, factor.inverse().toRows());
    }

    private static double[][] scatter(double[][] z, double[] e) {
        var s = new double[z.length][z.length];
        for (int i = 0; i < e.length; i++)
            for (int a = 0; a < z.length; a++) for (int b = 0; b < z.length; b++) s[a][b] += e[i] * e[i] * z[a][i] * z[b][i];
        return s;
    }

    /** F of the instruments in the regression of an endogenous column on them and the exogenous ones. Below about 10 they are called weak. */
    public double firstStageF(int column) {
        double outer = square(onExogenous.of(endogenous[column])), inner = square(onInstruments.of(endogenous[column]));
        return (outer - inner) / instruments.length / (inner / (y.length - onInstruments.rank()));
    }

    /** That of the only, or first, endogenous column. */
    public double firstStageF() { return firstStageF(0); }

    private static double square(double[] a) { return dot(a, a); }

    /**
     * All values b of the only endogenous coefficient that are not rejected: those at which the instruments do not explain {@code y - b x}, by their F.
     * Holds its level whatever the strength of the instruments. Between the two roots of a quadratic, outside them, everywhere or nowhere.
     */
    public AndersonRubin andersonRubin(double level) {
        if (endogenous.length != 1)
            throw new IllegalArgumentException("andersonRubin: " + endogenous.length + " endogenous columns; the interval is for one");
        if (!(level > 0 && level < 1))
            throw new IllegalArgumentException("andersonRubin: level is " + level + "; it lies strictly between 0 and 1");
        ResidualMaker w = onExogenous, z = onInstruments;
        double critical = new FisherF(instruments.length, y.length - z.rank()).quantile(level) * instruments.length / (y.length - z.rank());
        double[] yw = w.of(y), xw = w.of(endogenous[0]), yz = z.of(y), xz = z.of(endogenous[0]);
        // b^2 a - 2 b c + d <= 0, each of them (outer - inner) - critical inner
        double a = square(xw) - (1 + critical) * square(xz), c = dot(xw, yw) - (1 + critical) * dot(xz, yz),
                d = square(yw) - (1 + critical) * square(yz);
        return AndersonRubin.of(a, c, d);
    }

    /** The statistic behind {@link #andersonRubin}: F of the instruments in {@code y - b x}. */
    public TestResult andersonRubinTest(double b) {
        var rest = y.clone();
        for (int i = 0; i < rest.length; i++) rest[i] -= b * endogenous[0][i];
        double outer = square(onExogenous.of(rest)), inner = square(onInstruments.of(rest)), df = y.length - onInstruments.rank();
        double f = (outer - inner) / instruments.length / (inner / df);
        return new TestResult("Anderson-Rubin", f, new FisherF(instruments.length, df).survival(f), df);
    }

    /**
     * What the data can say about whether instruments reach the outcome only through X.
     *
     * @param testable false if there are just as many instruments as endogenous columns: then the residuals are uncorrelated with them by construction
     * @param test null unless testable
     * @param verdict in a sentence
     */
    public record Exclusion(boolean testable, TestResult test, String verdict) {}

    /** Sargan's test of the instruments beyond those needed: {@code n R^2} of the two-stage residuals on all of them; errors of equal variance. */
    public Exclusion sargan() {
        double[] e = twoStage().residuals();
        return exclusion("Sargan", (square(e) - square(onInstruments.of(e))) / (square(e) / y.length));
    }

    /** Hansen's J, the same for errors of unequal variance, from {@link #gmm}. */
    public Exclusion hansen() {
        if (isExactlyIdentified()) return exclusion("Hansen", 0);
        double[][] z = both(included(), instruments);
        double[] e = gmm().residuals(), moments = new double[z.length];
        for (int j = 0; j < z.length; j++) moments[j] = dot(z[j], e);
        double[] solved = Cholesky.of(Tensor.of(scatter(z, twoStage().residuals()))).solve(Tensor.of(moments)).toDoubleArray();
        return exclusion("Hansen", dot(moments, solved));
    }

    private Exclusion exclusion(String name, double statistic) {
        int degrees = instruments.length - endogenous.length;
        if (degrees == 0) return new Exclusion(false, null, "untestable: " + instruments.length
                + " instruments for as many endogenous columns " + "fit any exclusion; only an argument from outside the data supports it");
        var test = new TestResult(name, statistic, new ChiSquare(degrees).survival(statistic), degrees);
        return new Exclusion(true, test, test.rejects(0.05) ? "rejected at 5%: some instrument reaches the outcome by another way"
                : "not rejected at 5%; instruments that err together are not seen");
    }

    /** Durbin, Wu and Hausman: whether the first stages' residuals matter in the equation, by F. If not, X may be exogenous and OLS would do. */
    public TestResult hausman() {
        var z = onInstruments;
        var first = new double[endogenous.length][];
        for (int k = 0; k < first.length; k++) first[k] = z.of(endogenous[k]);
        double[][] x = both(endogenous, exogenous);
        var with = new ResidualMaker(y.length, both(x, first));
        double outer = square(new ResidualMaker(y.length, x).of(y)), inner = square(with.of(y)), df = y.length - with.rank();
        double f = (outer - inner) / first.length / (inner / df);
        return new TestResult("Hausman", f, new FisherF(first.length, df).survival(f), df);
    }

    /**
     * The control function: least squares of y on X and the first stage's residual. Its coefficients on X are those of two stages.
     *
     * @return coefficients of the endogenous columns, the constant, the exogenous columns, then the residuals
     */
    public double[] controlFunction() {
        var z = onInstruments;
        double[][] x = columns(), first = new double[endogenous.length][];
        for (int k = 0; k < first.length; k++) first[k] = z.of(endogenous[k]);
        double[][] all = both(x, first);
        var right = new double[all.length];
        for (int j = 0; j < all.length; j++) right[j] = dot(all[j], y);
        return Cholesky.of(Tensor.of(products(all, all))).solve(Tensor.of(right)).toDoubleArray();
    }

    /**
     * The effect on compliers, by a binary instrument.
     *
     * @param effect the Wald ratio: what the instrument does to y over what it does to the treatment; with Neyman's errors and the delta method
     * @param compliers share of units that take the treatment because of the instrument, if none is put off by it; negative where it puts off more than it wins, then
     *        exchange its values
     * @param alwaysTakers share that takes it anyway
     * @param neverTakers share that never does
     */
    public record Late(Effect effect, double compliers, double alwaysTakers, double neverTakers) {}

    /** Wald's ratio. @param z who got the instrument @param x who took the treatment */
    public static Late wald(boolean[] z, boolean[] x, double[] y) {
        int n = y.length, k = 0;
        if (z.length != n || x.length != n)
            throw new IllegalArgumentException("wald: " + z.length + " instruments, " + x.length + " treatments, " + n + " outcomes");
        for (boolean b : z) if (b) k++;
        if (k < 2 || n - k < 2) throw new IllegalArgumentException(
                "wald: " + k + " of " + n + " units have the instrument; at least two have it and two do not");
        double[][] take = {new double[n - k], new double[k]}, out = {new double[n - k], new double[k]};
        int[] at = new int[2];
        for (int i = 0; i < n; i++) {
            int arm = z[i] ? 1 : 0;
            take[arm][at[arm]] = x[i] ? 1 : 0;
            out[arm][at[arm]++] = y[i];
        }
        double one = Descriptive.mean(take[1]), zero = Descriptive.mean(take[0]);
        if (one == zero)
            throw new IllegalArgumentException("wald: the instrument does not move the treatment; " + one + " take it either way");
        double ratio = (Descriptive.mean(out[1]) - Descriptive.mean(out[0])) / (one - zero), variance = 0;
        for (int arm = 0; arm < 2; arm++) {
            var rest = new double[out[arm].length];
            for (int i = 0; i < rest.length; i++) rest[i] = out[arm][i] - ratio * take[arm][i];
            variance += Descriptive.variance(rest) / rest.length;
        }
        return new Late(new Effect(ratio, Math.sqrt(variance) / Math.abs(one - zero)), one - zero, zero, 1 - one);
    }

    /**
     * What a causal diagram says of an instrument.
     *
     * @param relevant connected with the treatment, given the covariates
     * @param excluded separated from the outcome once the treatment's own arrows on the way to it are cut: no other way leads there
     */
    public record Conditions(boolean relevant, boolean excluded) {
        public boolean isInstrument() { return relevant && excluded; }
    }

    /** Checks an instrument on a diagram that may have hidden nodes; covariates must not be caused by the treatment. */
    public static Conditions conditions(Dag graph, String instrument, String treatment, String outcome, Collection<String> covariates) {
        for (String name : graph.descendants(Set.of(treatment)))
            if (covariates.contains(name))
                throw new IllegalArgumentException("conditions: the covariate " + name + " is caused by " + treatment);
        return new Conditions(!graph.separated(Set.of(instrument), Set.of(treatment), covariates),
                graph.cutOutOf(Set.of(treatment)).separated(Set.of(instrument), Set.of(outcome), covariates));
    }
}
