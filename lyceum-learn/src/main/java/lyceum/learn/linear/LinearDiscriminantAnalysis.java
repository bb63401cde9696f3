package lyceum.learn.linear;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import lyceum.linalg.Eigen;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.linalg.PseudoInverse;
import lyceum.linalg.Svd;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Linear discriminant analysis: every class is normal with its own mean and the covariance S that all share, so that boundaries are flat,
 * {@code score_c(x) = x S^-1 m_c - m_c S^-1 m_c / 2 + log prior_c}; and a projection to the directions in which the means differ most for their spread.
 *
 * {@snippet :
 * var iris = Datasets.iris();
 * var model = new LinearDiscriminantAnalysis().fit(iris.x(), iris.y());
 * model.predictProba(iris.x());
 * model.transform(iris.x());                           // (150 x 2), for a picture
 * }
 *
 * <p>The divisor of S is n minus the classes with {@link Solver#SVD} and n with the others, as in scikit-learn. Computed in F64.
 *
 * @param solver singular values by default; with shrinkage take one of the others
 * @param shrinkage none by default; needed where columns are as many as rows
 * @param priors of the classes in ascending order of labels; empty, the default, means their shares of the rows
 * @param components of the projection; 0, the default, means all: at most classes less one
 * @param tolerance singular values below this times the largest do not count, for {@link Solver#SVD}; 1e-4 by default
 * @see <a href="https://doi.org/10.1111/j.1469-1809.1936.tb02137.x">Fisher (1936), The use of multiple measurements in taxonomic problems</a>
 */
@Withers
public record LinearDiscriminantAnalysis(Solver solver, CovarianceShrinkage shrinkage, List<Double> priors, int components,
        double tolerance) implements LinearDiscriminantAnalysisWithers, Classifier {

    /** How S is inverted. */
    public enum Solver {
        /** Singular values of the rows; no covariance is formed and dependent columns do no harm. */
        SVD,
        /** {@code S W = M^T} by least squares. */
        LEAST_SQUARES,
        /** Eigenvectors of the scatter between classes against S; S must not be singular. */
        EIGEN
    }

    public LinearDiscriminantAnalysis {
        Objects.requireNonNull(solver, "solver");
        Objects.requireNonNull(shrinkage, "shrinkage");
        priors = List.copyOf(priors);
        ClassGroups.checkPriors(priors);
        if (components < 0) throw new IllegalArgumentException("components is " + components + "; at least 1, or 0 for all, are kept");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("tolerance is " + tolerance + "; it is at least 0");
        if (solver == Solver.SVD && !(shrinkage instanceof CovarianceShrinkage.None)) throw new IllegalArgumentException(
                "shrinkage is " + shrinkage + ", but the SVD solver forms no covariance; take LEAST_SQUARES or EIGEN");
    }

    public LinearDiscriminantAnalysis() { this(Solver.SVD, new CovarianceShrinkage.None(), List.of(), 0, 1e-4); }

    /** With shrinkage, by least squares. */
    public LinearDiscriminantAnalysis(CovarianceShrinkage shrinkage) { this(Solver.LEAST_SQUARES, shrinkage, List.of(), 0, 1e-4); }

    @Override public Set<Tag> tags() { return shrinkage instanceof CovarianceShrinkage.LedoitWolf ? Set.of(Tag.NO_WEIGHTS) : Set.of(); }

    @Override public LinearDiscriminantModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public LinearDiscriminantModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        if (shrinkage instanceof CovarianceShrinkage.LedoitWolf) input.refuseWeights(weights);
        var groups = new ClassGroups(input, labels, weights, priors);
        if (!(groups.total > groups.k)) throw new IllegalArgumentException(input.operation() + ": rows of weight " + groups.total + " for "
                + groups.k + " classes leave nothing to measure the spread by; more rows are needed");
        int most = Math.min(groups.k - 1, groups.p);
        if (components > most) throw new IllegalArgumentException(input.operation() + ": components is " + components + " but " + groups.k
                + " classes in " + groups.p + " column" + (groups.p == 1 ? "" : "s") + " span at most " + most);
        return switch (solver) {
            case SVD -> bySvd(groups);
            case LEAST_SQUARES -> byLeastSquares(groups);
            case EIGEN -> byEigenvectors(groups, input.operation());
        };
    }

    private LinearDiscriminantModel bySvd(ClassGroups g) {
        int p = g.p, k = g.k;
        var scale = new double[p];
        for (int c = 0; c < k; c++)
            for (int i = 0; i < g.centred[c].length; i++)
                for (int j = 0; j < p; j++) scale[j] += g.weights[c][i] / g.total * g.centred[c][i][j] * g.centred[c][i][j];
        for (int j = 0; j < p; j++) scale[j] = scale[j] == 0 ? 1 : Math.sqrt(scale[j]);
        var rows = new double[g.n][p];
        for (int c = 0, at = 0; c < k; c++) {
            for (int i = 0; i < g.centred[c].length; i++, at++)
                for (int j = 0; j < p; j++) rows[at][j] = Math.sqrt(g.weights[c][i] / (g.total - k)) * g.centred[c][i][j] / scale[j];
        }
        var within = Svd.of(Tensor.of(rows));
        double[] s = within.s().toDoubleArray();
        int rank = 0;
        while (rank < s.length && s[rank] > tolerance) rank++;
        // Rows times this are white within classes.
        var white = within.v().narrow(1, 0, rank).div(Tensor.of(Arrays.copyOf(s, rank))).div(Tensor.of(scale).unsqueeze(1)).compute();
        return projected(g, white, g.total);
    }

    /** The directions of the whitened means, and scores from the distances to the means along them. */
    private LinearDiscriminantModel projected(ClassGroups g, Tensor white, double mass) {
        double[] centre = g.centre();
        var between = new double[g.k][g.p];
        for (int c = 0; c < g.k; c++)
            for (int j = 0; j < g.p; j++) between[c][j] = Math.sqrt(mass * g.priors[c] / (g.k - 1)) * (g.means[c][j] - centre[j]);
        var svd = Svd.of(Tensor.of(between).matmul(white));
        double[] s = svd.s().toDoubleArray();
        int rank = 0;
        while (rank < s.length && s[rank] > tolerance * s[0]) rank++;
        var scalings = white.matmul(svd.v().narrow(1, 0, rank)).compute();
        var offsets = Tensor.of(g.means).sub(Tensor.of(centre)).matmul(scalings).compute();
        var coefficients = offsets.matmul(scalings.transpose()).compute();
        var intercepts = offsets.square().sum(1).mul(-0.5).add(Tensor.of(g.priors).log())
                .sub(coefficients.matmul(Tensor.of(centre).unsqueeze(1)).squeeze(1));
        double all = Arrays.stream(s).map(v -> v * v).sum();
        int kept = Math.min(components == 0 ? g.k - 1 : components, rank);
        double[] shares = Arrays.stream(s).limit(kept).map(v -> all == 0 ? 0 : v * v / all).toArray();
        return new LinearDiscriminantModel(g.classes, g.priors, Tensor.of(g.means), Tensor.of(centre), coefficients, intercepts.compute(),
                scalings.narrow(1, 0, kept).contiguous(), shares);
    }

    private LinearDiscriminantModel byLeastSquares(ClassGroups g) {
        var within = Tensor.of(g.within(shrinkage));
        var inverse = PseudoInverse.of(within);
        var solved = inverse.solve(Tensor.of(g.means).transpose()).transpose();
        var eigen = Eigen.symmetric(within);
        double[] values = eigen.values().toDoubleArray();
        int from = values.length - inverse.rank();
        var roots = Tensor.of(Arrays.copyOfRange(values, from, values.length)).sqrt();
        var white = eigen.vectors().narrow(1, from, inverse.rank()).div(roots).compute();
        var projection = projected(g, white, g.total);
        return withCoefficients(g, solved, projection.scalings(), projection.explainedVarianceRatio());
    }

    private LinearDiscriminantModel byEigenvectors(ClassGroups g, String operation) {
        Tensor within = Tensor.of(g.within(shrinkage)), between = Tensor.of(g.total(shrinkage)).sub(within);
        try {
            var eigen = Eigen.generalised(between, within);
            var vectors = eigen.vectors().flip(1).contiguous();
            double[] values = eigen.values().flip(0).toDoubleArray();
            double all = Arrays.stream(values).sum();
            int kept = components == 0 ? Math.min(g.k - 1, g.p) : components;
            double[] shares = Arrays.stream(values).limit(kept).map(v -> all == 0 ? 0 : v / all).toArray();
            return withCoefficients(g, Tensor.of(g.means).matmul(vectors).matmul(vectors.transpose()),
                    vectors.narrow(1, 0, kept).contiguous(), shares);
        } catch (NotPositiveDefiniteException e) {
            throw new IllegalArgumentException(operation
                    + ": the covariance within classes is singular (a constant or dependent column, or too few rows); shrink it or take SVD",
                    e);
        }
    }

    private static LinearDiscriminantModel withCoefficients(ClassGroups g, Tensor coefficients, Tensor scalings, double[] shares) {
        var means = Tensor.of(g.means);
        var intercepts = means.mul(coefficients).sum(1).mul(-0.5).add(Tensor.of(g.priors).log());
        return new LinearDiscriminantModel(g.classes, g.priors, means, Tensor.of(g.centre()), coefficients.contiguous(),
                intercepts.compute(), scalings, shares);
    }
}
