package lyceum.learn.linear;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import lyceum.DType;
import lyceum.linalg.Cholesky;
import lyceum.linalg.ConjugateGradient;
import lyceum.linalg.LinearMap;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Ridge regression: minimises {@code sum_i w_i (y_i - c - x_i . b)^2 + alpha sum_j d_j b_j^2}; the intercept c is not penalised.
 *
 * {@snippet :
 * var model = new Ridge(1.0).fit(x, y);
 * var path = new Ridge(1.0).path(x, y, null);          // one factorisation, every alpha
 * var chosen = new RidgeCv(0.01, 0.1, 1, 10).fit(x, y);
 * }
 *
 * <p>Shapes: x (n x p), y (n) or (n x m). The loss is a sum, not a mean, as in scikit-learn; where a program divides it by n, its alpha is this one's over n.
 *
 * <p><b>Weight decay.</b> The gradient of {@code (lambda / 2) |b|^2} is {@code lambda b}. Plain SGD with weight decay lambda therefore takes exactly the steps
 * of SGD on the loss plus this penalty, also with momentum. Adam does not: put into the gradient, the penalty is divided by the running root mean square
 * like everything else, so that coefficients with large gradients are shrunk less; AdamW's decoupled decay is a different method again. A sum of squared
 * errors penalised by alpha is thus SGD on half that sum with weight decay alpha.
 *
 * @param alphas the strength, 0 or more: one number, or one for each target
 * @param penalties relative penalty {@code d_j} of each feature; empty for ones. 0 leaves a feature free (by CHOLESKY or CONJUGATE_GRADIENT)
 * @param intercept true by default
 * @param solver AUTO by default
 * @param tolerance of CONJUGATE_GRADIENT: residual over right-hand side, 1e-12 by default
 * @see <a href="https://doi.org/10.1080/00401706.1970.10488634">Hoerl and Kennard (1970)</a>
 */
@Withers
public record Ridge(List<Double> alphas, List<Double> penalties, boolean intercept, Solver solver, double tolerance)
        implements RidgeWithers, Regressor {

    /** How the normal equations are solved. */
    public enum Solver {
        /** DUAL for more columns than rows, else CHOLESKY; SVD for alpha 0 or where Cholesky breaks down. */
        AUTO,
        /** {@code (X'X + alpha D) b = X'y}: {@code n p^2 + p^3 / 3} flops. */
        CHOLESKY,
        /** Of X; {@link Ridge#path} serves every alpha from it. Alpha 0 gives the shortest least-squares solution. */
        SVD,
        /** {@code b = D^-1 X' (X D^-1 X' + alpha I)^-1 y}: {@code n^2 p + n^3 / 3} flops, for p above n. */
        DUAL,
        /** Without forming a matrix: {@code 4 n p} flops an iteration. */
        CONJUGATE_GRADIENT
    }

    public Ridge {
        alphas = List.copyOf(alphas);
        penalties = List.copyOf(penalties);
        if (alphas.isEmpty()) throw new IllegalArgumentException("Ridge: there is no alpha; give one, or one a target");
        for (double a : alphas)
            if (!(a >= 0 && a < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("Ridge: alpha is " + a + "; it is finite and at least 0");
        for (double d : penalties)
            if (!(d >= 0 && d < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("Ridge: a feature's penalty is " + d + "; penalties are finite and at least 0");
        if (!(tolerance > 0)) throw new IllegalArgumentException("Ridge: tolerance is " + tolerance + "; it is positive");
        boolean free = penalties.contains(0.0);
        if (free && (solver == Solver.SVD || solver == Solver.DUAL)) throw new IllegalArgumentException(
                "Ridge: a feature's penalty is 0; solver " + solver + " needs positive ones, CHOLESKY does not");
    }

    public Ridge(double alpha) { this(List.of(alpha), List.of(), true, Solver.AUTO, 1e-12); }

    /** One strength for all targets. */
    public Ridge withAlpha(double alpha) { return withAlphas(alpha); }

    /** One strength per target. */
    public Ridge withAlphas(double... alphas) { return new Ridge(boxed(alphas), penalties, intercept, solver, tolerance); }

    public Ridge withPenalties(double... penalties) { return new Ridge(alphas, boxed(penalties), intercept, solver, tolerance); }

    static List<Double> boxed(double[] values) { return Arrays.stream(values).boxed().toList(); }

    @Override public Set<Tag> tags() { return Set.of(Tag.MULTI_OUTPUT); }

    @Override public RidgeModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public RidgeModel fit(Tensor x, Tensor y, Tensor weights) {
        var problem = RidgeProblem.of(this, x, y, weights);
        int m = problem.targets();
        if (alphas.size() != 1 && alphas.size() != m)
            throw new IllegalArgumentException("Ridge.fit: " + alphas.size() + " alphas for " + m + " targets; give one, or one a target");
        if (alphas.stream().distinct().count() == 1)
            return problem.model(solve(problem, problem.y(), alphas.getFirst()), alphas.getFirst());
        var columns = new ArrayList<Tensor>();
        for (int o = 0; o < m; o++) columns.add(solve(problem, problem.y().narrow(1, o, 1), alphas.get(o)));
        return problem.model(Tensor.concat(1, columns.toArray(Tensor[]::new)), Double.NaN);
    }

    /**
     * The solutions for every alpha from one SVD, with leave-one-out errors and degrees of freedom; this learner's own alpha is ignored.
     *
     * @param weights may be null
     */
    public RidgePath path(Tensor x, Tensor y, Tensor weights) {
        if (penalties.contains(0.0))
            throw new IllegalArgumentException("Ridge.path: a feature's penalty is 0; the path needs positive ones");
        return new RidgePath(RidgeProblem.of(this, x, y, weights));
    }

    /** (p x targets), in the scaled features. */
    private Tensor solve(RidgeProblem problem, Tensor y, double alpha) {
        boolean wide = problem.x().size(1) > problem.x().size(0);
        return switch (solver) {
            case CHOLESKY -> cholesky(problem, y, alpha);
            case SVD -> RidgePath.solve(problem, y, alpha);
            case DUAL -> dual(problem, y, alpha);
            case CONJUGATE_GRADIENT -> conjugateGradient(problem, y, alpha);
            case AUTO -> {
                if (penalties.contains(0.0)) yield cholesky(problem, y, alpha);
                if (alpha == 0) yield RidgePath.solve(problem, y, alpha);
                try {
                    yield wide ? dual(problem, y, alpha) : cholesky(problem, y, alpha);
                } catch (NotPositiveDefiniteException e) {
                    yield RidgePath.solve(problem, y, alpha);
                }
            }
        };
    }

    private static Tensor cholesky(RidgeProblem problem, Tensor y, double alpha) {
        var xt = problem.x().transpose();
        return Cholesky.of(xt.matmul(problem.x()).add(Tensor.eye(DType.F64, problem.penalty().count()).mul(problem.penalty().mul(alpha))))
                .solve(xt.matmul(y));
    }

    private static Tensor dual(RidgeProblem problem, Tensor y, double alpha) {
        if (alpha == 0) throw new IllegalArgumentException("Ridge.fit: alpha is 0; solver DUAL needs a positive one, SVD does not");
        var xt = problem.x().transpose();
        var kernel = problem.x().matmul(xt).add(Tensor.eye(DType.F64, y.size(0)).mul(alpha));
        return xt.matmul(Cholesky.of(kernel).solve(y));
    }

    private Tensor conjugateGradient(RidgeProblem problem, Tensor y, double alpha) {
        var x = problem.x();
        var xt = x.transpose().contiguous();
        var penalty = problem.penalty().mul(alpha);
        int p = (int) x.size(1);
        var map = LinearMap.symmetric(p, v -> xt.matmul(x.matmul(v)).add(v.mul(penalty)));
        double[] diagonal = x.square().sum(0).add(penalty).toDoubleArray();
        var columns = new Tensor[(int) y.size(1)];
        for (int o = 0; o < columns.length; o++) {
            columns[o] = new ConjugateGradient().withTolerance(tolerance).withMaxIterations(20 * p + 100)
                    .solve(map, xt.matmul(y.select(1, o)), r -> {
                        var z = new double[p];
                        for (int j = 0; j < p; j++) z[j] = diagonal[j] > 0 ? r[j] / diagonal[j] : r[j];
                        return z;
                    }).x().unsqueeze(1);
        }
        return Tensor.concat(1, columns);
    }
}
