package lyceum.learn.linear;

import lyceum.DType;
import lyceum.linalg.Svd;
import lyceum.tensor.Tensor;

/**
 * Ridge solutions for every strength from one singular value decomposition {@code X = U S V'} of the centred, weighted, penalty-scaled features:
 * {@code b(alpha) = sum_k f_k (u_k . y / s_k) v_k} with filter factors {@code f_k = s_k^2 / (s_k^2 + alpha)}.
 *
 * <p>Building it costs the SVD; each alpha after that {@code p r} flops for coefficients and {@code n r} for leave-one-out errors, r = min(n, p). Immutable.
 *
 * @see <a href="https://doi.org/10.1080/00401706.1979.10489751">Golub, Heath and Wahba (1979)</a>
 */
public final class RidgePath {
    private final RidgeProblem problem;
    private final Svd svd;
    private final Tensor uty;

    RidgePath(RidgeProblem problem) {
        this.problem = problem;
        svd = Svd.of(problem.x());
        uty = svd.u().transpose().matmul(problem.y());
    }

    static Tensor solve(RidgeProblem problem, Tensor y, double alpha) {
        var svd = Svd.of(problem.x());
        return solve(svd, svd.u().transpose().matmul(y), alpha);
    }

    private static Tensor solve(Svd svd, Tensor uty, double alpha) {
        double[] s = svd.s().toDoubleArray();
        int rank = svd.rank();
        for (int k = 0; k < s.length; k++) s[k] = alpha > 0 ? s[k] / (s[k] * s[k] + alpha) : k < rank ? 1 / s[k] : 0;
        return svd.v().matmul(uty.mul(Tensor.of(s).unsqueeze(1)));
    }

    /** Descending, min(n, p) of them. */
    public Tensor singularValues() { return svd.s(); }

    /** {@code f_k = s_k^2 / (s_k^2 + alpha)}: how much of each direction survives, in the order of {@link #singularValues}. */
    public Tensor filterFactors(double alpha) {
        check(alpha);
        double[] s = svd.s().toDoubleArray();
        int rank = svd.rank();
        for (int k = 0; k < s.length; k++) s[k] = alpha > 0 ? s[k] * s[k] / (s[k] * s[k] + alpha) : k < rank ? 1 : 0;
        return Tensor.of(s);
    }

    /** The effective number of slopes {@code sum_k f_k}, the trace of the smoother; the intercept is one more. */
    public double degreesOfFreedom(double alpha) { return filterFactors(alpha).sum().item(); }

    /** The model at this strength. */
    public RidgeModel model(double alpha) {
        check(alpha);
        return problem.model(solve(svd, uty, alpha), alpha);
    }

    /** What each row's error would be had it been left out, {@code e_i / (1 - h_i)}, without refitting: (n), or (n x m). */
    public Tensor leaveOneOutErrors(double alpha) {
        var f = filterFactors(alpha);
        var u = svd.u();
        var h = u.square().matmul(f);
        var root = problem.rootWeights();
        if (problem.intercept()) h = h.add(root.square().div(root.square().sum()));
        // A row of weight 0 was never in: its error is the plain one.
        var safe = Tensor.where(root.eq(0), root.onesLike(), root).unsqueeze(1);
        var errors = scaledResiduals(f).div(safe).div(h.neg().add(1).unsqueeze(1));
        return problem.single() ? errors.reshape(-1) : errors;
    }

    private Tensor scaledResiduals(Tensor f) { return problem.y().sub(svd.u().matmul(uty.mul(f.unsqueeze(1)))); }

    /** The weighted mean squared leave-one-out error, over all targets. */
    public double leaveOneOutScore(double alpha) {
        var errors = leaveOneOutErrors(alpha);
        var share = problem.rootWeights().square().div(problem.rootWeights().square().sum());
        return share.matmul(errors.rank() == 1 ? errors.square().unsqueeze(1) : errors.square()).mean().item();
    }

    /** Generalised cross-validation, {@code n RSS / (n - df)^2} with the intercept in df and n the rows of positive weight, averaged over targets. */
    public double gcv(double alpha) {
        double n = problem.rootWeights().gt(0).to(DType.F64).sum().item();
        double left = n - degreesOfFreedom(alpha) - (problem.intercept() ? 1 : 0);
        return n * scaledResiduals(filterFactors(alpha)).square().sum(0).mean().item() / (left * left);
    }

    private static void check(double alpha) {
        if (!(alpha >= 0 && alpha < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("RidgePath: alpha is " + alpha + "; it is finite and at least 0");
    }
}
