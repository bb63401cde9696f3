package lyceum.learn.linear;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import lyceum.linalg.Eigen;
import lyceum.linalg.Svd;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Quadratic discriminant analysis: every class is normal with a mean and a covariance of its own, so that boundaries are quadrics,
 * {@code score_c(x) = -log|S_c| / 2 - (x - m_c) S_c^-1 (x - m_c) / 2 + log prior_c}.
 *
 * {@snippet :
 * var wine = Datasets.wine();
 * new QuadraticDiscriminantAnalysis().fit(wine.x(), wine.y()).score(wine.x(), wine.y());
 * }
 *
 * <p>The divisor of S_c is the rows of the class less one; with shrinkage the rows.
 *
 * @param shrinkage of each class's covariance; none by default
 * @param priors of the classes in ascending order of labels; empty, the default, means their shares of the rows
 */
@Withers
public record QuadraticDiscriminantAnalysis(CovarianceShrinkage shrinkage, List<Double> priors)
        implements QuadraticDiscriminantAnalysisWithers, Classifier {
    /** Variance that a direction has at least, over the largest: a constant column then says nothing instead of everything. */
    private static final double LEAST = 1e-20;

    public QuadraticDiscriminantAnalysis {
        Objects.requireNonNull(shrinkage, "shrinkage");
        priors = List.copyOf(priors);
        ClassGroups.checkPriors(priors);
    }

    public QuadraticDiscriminantAnalysis() { this(new CovarianceShrinkage.None()); }

    public QuadraticDiscriminantAnalysis(CovarianceShrinkage shrinkage) { this(shrinkage, List.of()); }

    @Override public Set<Tag> tags() { return shrinkage instanceof CovarianceShrinkage.LedoitWolf ? Set.of(Tag.NO_WEIGHTS) : Set.of(); }

    @Override public QuadraticDiscriminantModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public QuadraticDiscriminantModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        if (shrinkage instanceof CovarianceShrinkage.LedoitWolf) input.refuseWeights(weights);
        var g = new ClassGroups(input, labels, weights, priors);
        int p = g.p;
        boolean plain = shrinkage instanceof CovarianceShrinkage.None;
        double[][][] rotations = new double[g.k][][];
        var variances = new double[g.k][];
        for (int c = 0; c < g.k; c++) {
            int rows = g.centred[c].length;
            if (!(g.masses[c] > 1) || rows < 2 || plain && rows <= p) throw new IllegalArgumentException(input.operation() + ": class "
                    + g.classes[c] + " has " + rows + " row" + (rows == 1 ? "" : "s") + " of weight " + g.masses[c] + " for " + p
                    + " columns; a covariance of its own needs more rows than columns, or shrinkage and at least 2");
            if (plain) {
                var scaled = new double[rows][p];
                for (int i = 0; i < rows; i++)
                    for (int j = 0; j < p; j++) scaled[i][j] = Math.sqrt(g.weights[c][i] / (g.masses[c] - 1)) * g.centred[c][i][j];
                var svd = Svd.of(Tensor.of(scaled));
                variances[c] = svd.s().square().toDoubleArray();
                rotations[c] = svd.v().toRows();
            } else {
                var eigen = Eigen.symmetric(Tensor.of(ClassGroups.covariance(g.centred[c], g.weights[c], shrinkage)));
                variances[c] = eigen.values().toDoubleArray();
                rotations[c] = eigen.vectors().toRows();
            }
        }
        double most = 0;
        for (double[] v : variances) for (double one : v) most = Math.max(most, one);
        if (most == 0) throw new IllegalArgumentException(input.operation() + ": the columns do not vary within classes; 1 value each");
        for (double[] v : variances) for (int j = 0; j < p; j++) v[j] = Math.max(v[j], LEAST * most);
        return new QuadraticDiscriminantModel(g.classes, g.priors, Tensor.of(g.means), rotations(rotations), Tensor.of(variances));
    }

    private static Tensor rotations(double[][][] rotations) {
        var all = new Tensor[rotations.length];
        for (int c = 0; c < all.length; c++) all[c] = Tensor.of(rotations[c]);
        return Tensor.stack(0, all);
    }
}
