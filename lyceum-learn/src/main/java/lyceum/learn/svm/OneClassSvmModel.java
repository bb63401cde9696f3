package lyceum.learn.svm;

import lyceum.DType;
import lyceum.kernel.PrecomputedKernel;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.NoveltyModel;
import lyceum.tensor.Tensor;

/**
 * A fitted {@link OneClassSvm}.
 *
 * @param support the function; its intercept is minus rho
 * @param mass {@code sum a = nu n}
 * @param objective of the dual, {@code a'Ka / 2}
 * @param violation by how much the optimality conditions are violated at most
 * @param converged whether that is within the tolerance
 */
public record OneClassSvmModel(SupportVectors support, double mass, double objective, double violation, boolean converged)
        implements NoveltyModel {
    @Override public int nFeatures() { return support.nFeatures(); }

    @Override public Tensor decisionFunction(Tensor x) {
        var rows = LearnerInput.forModel(this, x).x();
        return support.values(rows).squeeze(1).to(rows.dtype());
    }

    /** {@code sum_i a_i k(x_i, x)}: the score without the offset. */
    public Tensor scores(Tensor x) { return decisionFunction(x).add(rho()); }

    /** The offset: rows score at least this much, except for a share nu. */
    public double rho() { return -support.intercepts().item(0); }

    /**
     * The squared distance (n), F64, of each row to the centre {@code sum_i a_i phi(x_i) / mass} of the ball, in feature space.
     *
     * @throws UnsupportedOperationException for a precomputed kernel, whose k(x, x) is not known
     */
    public Tensor squaredDistances(Tensor x) {
        if (support.kernel() instanceof PrecomputedKernel)
            throw new UnsupportedOperationException("OneClassSvmModel.squaredDistances: a precomputed kernel has no k(x, x) of new rows");
        var rows = LearnerInput.forModel(this, x).x().to(DType.F64);
        var own = Tensor.of(support.kernel().diagonal(rows.toRows()));
        return own.sub(scores(rows).mul(2 / mass)).add(2 * objective / (mass * mass));
    }

    /**
     * The squared radius of the ball. {@code squaredDistances(x) <= squaredRadius()} exactly where {@code decisionFunction(x) >= 0}, if
     * k(x, x) is one constant.
     *
     * @param own that constant, 1 for RBF
     */
    public double squaredRadius(double own) { return own - 2 * rho() / mass + 2 * objective / (mass * mass); }
}
