package lyceum.learn.decomposition;

import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Eigen;
import lyceum.random.Rng;
import lyceum.stats.learner.Density;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Factor analysis by maximum likelihood: {@code x = mean + L f + e} with k standard normal factors f and normal noise e whose variance differs from
 * column to column, so that {@code Cov(x) = L L^T + diag(psi)}.
 *
 * {@snippet :
 * var x = Tensor.randn(Rng.of(1), DType.F64, 300, 2).matmul(Tensor.randn(Rng.of(2), DType.F64, 2, 7))
 *         .add(Tensor.randn(Rng.of(3), DType.F64, 300, 7));
 * var model = new FactorAnalysis(2).fit(x);
 * model.rotate(FactorRotation.varimax(model.loadings())).loadings();
 * model.goodnessOfFit().pValue();                      // are 2 factors enough?
 * model.transform(x);                                  // factor scores
 * }
 *
 * <p>The quasi-Newton method minimises the likelihood over the uniquenesses psi alone, for which the best loadings are eigenvectors; it works on
 * the correlation matrix. EM works on rows, which may have missing values (NaN); x with NaN is always fitted by it. Loadings are determined up to
 * a rotation; here {@code L^T diag(psi)^-1 L} is diagonal and the entry of the largest magnitude in each column positive.
 *
 * @param factors k, at least 1 and fewer than columns
 * @param method quasi-Newton by default
 * @param tied whether all columns share one noise variance, which is probabilistic PCA; false by default
 * @param leastUniqueness the least share of a column's variance that is noise, 0.005 by default as in R. A uniqueness that sits on it is a Heywood
 *     case: too many factors, too few rows or near copies among the columns. EM goes as low as 1e-10
 * @param maxIterations 1,000 by default
 * @param tolerance EM ends when the mean log-likelihood rises by less in an iteration, quasi-Newton when the gradient is at most this; 1e-8 by
 *     default
 * @see <a href="https://doi.org/10.1007/BF02289658">Joreskog (1967), Some contributions to maximum likelihood factor analysis</a>
 * @see <a href="https://doi.org/10.1007/BF02293851">Rubin and Thayer (1982), EM algorithms for ML factor analysis</a>
 */
@Withers
public record FactorAnalysis(int factors, Method method, boolean tied, double leastUniqueness, int maxIterations, double tolerance)
        implements FactorAnalysisWithers, Density {

    /** How the likelihood is climbed. */
    public enum Method {
        /** Bounded L-BFGS over the uniquenesses. */
        QUASI_NEWTON,
        /** Expectation-maximisation over rows: slower, for rows with missing values. */
        EM
    }

    public FactorAnalysis {
        if (factors < 1) throw new IllegalArgumentException("factors is " + factors + "; at least 1 is needed");
        Objects.requireNonNull(method, "method");
        if (!(leastUniqueness > 0 && leastUniqueness < 1))
            throw new IllegalArgumentException("leastUniqueness is " + leastUniqueness + "; it lies between 0 and 1");
        if (maxIterations < 1) throw new IllegalArgumentException("maxIterations is " + maxIterations + "; at least 1 is needed");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("tolerance is " + tolerance + "; it is at least 0");
    }

    public FactorAnalysis(int factors) { this(factors, Method.QUASI_NEWTON, false, 0.005, 1000, 1e-8); }

    @Override public Set<Tag> tags() { return Set.of(Tag.ALLOWS_NAN); }

    @Override public FactorModel fit(Tensor x) { return fit(x, null); }

    @Override public FactorModel fit(Tensor x, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        requireFewer(input.operation(), input.columns());
        double[] w = input.weights(weights);
        double total = Arrays.stream(w).sum();
        if (method == Method.EM || input.x().isNaN().any().item() != 0) {
            var em = MissingValueEm.of(input, weights, factors, tied);
            double[] history = em.run(maxIterations, tolerance);
            return FactorModel.of(em.mean(), em.loadings(), em.noise(), total, Double.NaN, tied, history, history.length, em.converged());
        }
        if (!(Arrays.stream(w).filter(v -> v > 0).count() > 1)) throw new IllegalArgumentException(
                input.operation() + ": x has " + (weights == null ? "1 row" : "1 row of positive weight") + "; a covariance needs more");
        var share = Tensor.of(w).div(total).unsqueeze(1);
        var rows = input.x().to(DType.F64);
        var mean = rows.mul(share).sum(0).compute();
        var centred = rows.sub(mean).mul(share.sqrt()).compute();
        return fit(mean, centred.transpose().matmul(centred), total);
    }

    /**
     * Fits to a covariance matrix alone, as it stands in a book; scores are then of rows with mean 0.
     *
     * @param covariance (p x p), with divisor n for the likelihood to be that of the rows
     * @param rows that it was computed from
     */
    public FactorModel fitCovariance(Tensor covariance, double rows) {
        if (covariance.rank() != 2 || covariance.size(0) != covariance.size(1))
            throw new ShapeException("FactorAnalysis.fitCovariance: shape " + covariance.shape() + "; a covariance is square");
        if (!(rows > 1)) throw new IllegalArgumentException("FactorAnalysis.fitCovariance: rows is " + rows + "; it is above 1");
        int p = (int) covariance.size(0);
        requireFewer("FactorAnalysis.fitCovariance", p);
        return fit(Tensor.zeros(DType.F64, p), covariance.detach().to(DType.F64), rows);
    }

    private FactorModel fit(Tensor mean, Tensor covariance, double rows) {
        return new UniquenessSearch(this, covariance.toRows()).run(mean, rows);
    }

    private void requireFewer(String operation, int p) {
        if (factors >= p) throw new IllegalArgumentException(operation + ": factors is " + factors + " but x has " + p
                + (p == 1 ? " column" : " columns") + "; there are fewer factors");
    }

    /** The number of factors from 1 to {@code most} with the least BIC. */
    public int countByBic(Tensor x, int most) {
        if (most < 1) throw new IllegalArgumentException("countByBic: most is " + most + "; it is at least 1");
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int k = 1; k <= most; k++) {
            double bic = withFactors(k).fit(x).bic();
            if (bic < least) {
                least = bic;
                best = k;
            }
        }
        return best;
    }

    /**
     * Parallel analysis: how many leading eigenvalues of the correlation matrix exceed what independent normal columns give, place by place.
     *
     * @param draws of as many rows and columns, 50 are usual
     * @param quantile of the eigenvalues drawn that must be exceeded, 0.95 is usual
     * @see <a href="https://doi.org/10.1007/BF02289447">Horn (1965), A rationale and test for the number of factors</a>
     */
    public static int countByParallelAnalysis(Tensor x, int draws, double quantile, Rng rng) {
        var rows = LearnerInput.matrix("FactorAnalysis.countByParallelAnalysis", x, false).x().to(DType.F64);
        if (draws < 1) throw new IllegalArgumentException("countByParallelAnalysis: draws is " + draws + "; at least 1 is needed");
        if (!(quantile > 0 && quantile <= 1))
            throw new IllegalArgumentException("countByParallelAnalysis: quantile is " + quantile + "; it lies between 0 and 1");
        int p = (int) rows.size(1);
        double[] seen = correlations(rows);
        var chance = new double[p][draws];
        for (int d = 0; d < draws; d++) {
            double[] values = correlations(Tensor.randn(rng.split(d), DType.F64, rows.size(0), p));
            for (int j = 0; j < p; j++) chance[j][d] = values[j];
        }
        for (int j = 0; j < p; j++) {
            Arrays.sort(chance[j]);
            if (seen[j] <= chance[j][(int) Math.ceil(quantile * draws) - 1]) return j;
        }
        return p;
    }

    /** Eigenvalues of the correlation matrix, falling. */
    private static double[] correlations(Tensor rows) {
        var centred = rows.sub(rows.mean(0));
        var deviations = centred.square().sum(0).sqrt();
        var scaled = centred.div(Tensor.where(deviations.eq(0), deviations.onesLike(), deviations));
        double[] up = Eigen.symmetricValues(scaled.transpose().matmul(scaled)).toDoubleArray(), down = new double[up.length];
        for (int j = 0; j < up.length; j++) down[j] = up[up.length - 1 - j];
        return down;
    }
}
