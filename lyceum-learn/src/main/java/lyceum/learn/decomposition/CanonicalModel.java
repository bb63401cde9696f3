package lyceum.learn.decomposition;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.prob.ChiSquare;
import lyceum.prob.FisherF;
import lyceum.stats.Interval;
import lyceum.stats.TestResult;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * What {@link CanonicalCorrelation} found; tensors are F64. {@link #transform} gives the scores of x.
 *
 * @param correlations all of them, falling, kept or not; with a ridge they are shrunk
 * @param xMean (p)
 * @param yMean (q)
 * @param xWeights A (p x k)
 * @param yWeights B (q x k)
 * @param xLoadings correlations of x's columns with x's scores (p x k): what to interpret
 * @param yLoadings the same for y (q x k)
 * @param yFromScores covariance of y's scores with y's columns (k x q)
 * @param xRank dimensions of x that have variance
 * @param yRank the same for y
 * @param rows total weight of the rows
 * @param ridge of the fit
 */
public record CanonicalModel(double[] correlations, Tensor xMean, Tensor yMean, Tensor xWeights, Tensor yWeights, Tensor xLoadings,
        Tensor yLoadings, Tensor yFromScores, int xRank, int yRank, double rows, double ridge) implements FittedTransformer {

    @Override public int nFeatures() { return (int) xWeights.size(0); }

    @Override public int nOutputs() { return (int) xWeights.size(1); }

    /** A copy. */
    @Override public double[] correlations() { return correlations.clone(); }

    /** What must be known before these correlations are read: empty, or one sentence. */
    public String warning() {
        if (ridge > 0 || xRank + yRank <= rows - 1) return "";
        return "views of ranks %d and %d in %.0f rows have %.0f correlations of 1 whatever the data; take more rows, fewer columns or a ridge"
                .formatted(xRank, yRank, rows, Math.min(Math.min(xRank, yRank), xRank + yRank - (rows - 1)));
    }

    /** The scores of x (n x k). */
    @Override public Tensor transform(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return rows.to(DType.F64).sub(xMean).matmul(xWeights).to(rows.dtype());
    }

    /** The scores of y (n x k). */
    public Tensor yScores(Tensor y) {
        var rows = LearnerInput.matrix("CanonicalModel.yScores", y.rank() == 1 ? y.unsqueeze(1) : y, false).x();
        if (rows.size(1) != yMean.size(0)) throw new ShapeException(
                "CanonicalModel.yScores: y has " + rows.size(1) + " columns; the model was fitted on " + yMean.size(0));
        return rows.to(DType.F64).sub(yMean).matmul(yWeights).to(rows.dtype());
    }

    /** Correlations of the pairs of scores in other rows: what remains of {@link #correlations()} outside the sample. */
    public double[] heldOut(Tensor x, Tensor y) {
        Tensor u = transform(x).to(DType.F64), v = yScores(y).to(DType.F64);
        u = u.sub(u.mean(0));
        v = v.sub(v.mean(0));
        return u.mul(v).sum(0).div(u.square().sum(0).mul(v.square().sum(0)).sqrt()).toDoubleArray();
    }

    /** y from x (n x q): each score of y is expected to be its correlation times the score of x. With all pairs this is least squares. */
    public Tensor predict(Tensor x) {
        var kept = Tensor.of(correlations).narrow(0, 0, nOutputs());
        var scores = transform(x);
        return scores.to(DType.F64).mul(kept).matmul(yFromScores).add(yMean).to(scores.dtype());
    }

    private double wilks(int from) {
        double product = 1;
        for (int i = from; i < correlations.length; i++) product *= 1 - correlations[i] * correlations[i];
        return product;
    }

    private void requireTestable(String operation) {
        if (ridge > 0) throw new IllegalStateException("CanonicalModel." + operation + ": no law is known with a ridge (" + ridge
                + "); take CanonicalCorrelation.permutationPValues");
        if (!warning().isEmpty()) throw new IllegalStateException("CanonicalModel." + operation + ": " + warning());
    }

    /**
     * Bartlett's test that no correlation from the given pair on (0 for all) is more than chance:
     * {@code -(n - 1 - (p + q + 1) / 2) log Lambda} against chi-square of {@code (p - j)(q - j)} degrees of freedom, {@code Lambda} being Wilks'
     * product of {@code 1 - r^2}. For normal rows.
     *
     * @throws IllegalStateException with a ridge, or where the {@link #warning()} says that there are too few rows
     * @see <a href="https://doi.org/10.1017/S0305004100018880">Bartlett (1938), Further aspects of the theory of multiple regression</a>
     */
    public TestResult bartlett(int from) {
        requireTestable("bartlett");
        double df = (xRank - from) * (yRank - from), statistic = -(rows - 1 - (xRank + yRank + 1) / 2.0) * Math.log(wilks(from));
        return new TestResult("canonical correlations from " + (from + 1) + " on, Bartlett", statistic,
                new ChiSquare(df).survival(statistic), df);
    }

    /**
     * The same test by Rao's F approximation of the law of Wilks' lambda, exact where {@code min(p, q) - from <= 2}.
     *
     * @return the statistic is F, its effect size {@code 1 - Lambda^(1/t)}
     * @see <a href="https://doi.org/10.1093/biomet/38.1-2.117">Rao (1951), An asymptotic expansion of the distribution of Wilks' criterion</a>
     */
    public TestResult wilksLambda(int from) {
        requireTestable("wilksLambda");
        double p = xRank - from, q = yRank - from, t = p * p + q * q > 5 ? Math.sqrt((p * p * q * q - 4) / (p * p + q * q - 5)) : 1;
        double residual = (rows - 1 - from - (p + q + 1) / 2) * t - (p * q - 2) / 2, lambda = Math.pow(wilks(from), 1 / t);
        double f = (1 - lambda) / lambda * residual / (p * q);
        return new TestResult("canonical correlations from " + (from + 1) + " on, Wilks", f, new FisherF(p * q, residual).survival(f),
                residual, 1 - lambda, Double.NaN, new Interval(Double.NaN, Double.NaN));
    }

    /** How many leading pairs Bartlett's test finds, one after another until it keeps the null. */
    public int significant(double alpha) {
        int k = Math.min(xRank, yRank);
        for (int j = 0; j < k; j++) if (!bartlett(j).rejects(alpha)) return j;
        return k;
    }
}
