package lyceum.learn.linear;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import lyceum.ShapeException;
import lyceum.linalg.Cholesky;
import lyceum.optim.Lbfgs;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Logistic regression, binary and multinomial: minimises {@code sum_i w_i loss_i + ((1 - r) |b|^2 / 2 + r |b|_1) / c} with the log loss of a linear score;
 * the intercept is not penalised.
 *
 * {@snippet :
 * var model = new LogisticRegression().fit(x, labels);             // L2, c = 1
 * model.predictProba(z);
 * System.out.println(new LogisticRegression().unpenalised().fit(x, labels).summary());
 * new LogisticRegression().withC(0.1).withL1Ratio(1).fit(x, labels);
 * }
 *
 * <p>Shapes: x (n x p), dense or {@link Csr}; labels (n). With two classes there is one vector of coefficients, whose {@code exp} are odds ratios for
 * {@code classes()[1]}; with K classes one row per class; the rows sum to 0 under an l2 penalty or none.
 *
 * <p>Unpenalised estimates do not exist where a plane splits the classes, with rows on it or not: the model then reports it ({@link LogisticModel#separation}, which
 * explains how), and a warning is logged. Up to 1,000 coefficients every solver finds the same; beyond that, only planes that the solver itself comes across.
 * {@code c} is the inverse of the strength, as in scikit-learn; statistics programs have no penalty.
 *
 * @param c inverse strength, positive; {@code Infinity} for no penalty; 1 by default
 * @param l1Ratio r in [0, 1]: 0 (the default) is L2, 1 is L1, between them elastic net
 * @param solver AUTO by default
 * @param intercept true by default
 * @param classWeights factor for the weight of each class's rows; classes that are not named have 1
 * @param balanced multiply weights so that every class has the same total
 * @param tolerance largest violation of the optimality conditions, over the total weight; 1e-8 by default
 * @param maxIterations of the solver (passes for SAGA); 1000 by default
 * @param seed for SAGA
 * @see <a href="https://doi.org/10.1111/j.2517-6161.1958.tb00292.x">Cox (1958)</a>
 * @see <a href="https://doi.org/10.1093/biomet/71.1.1">Albert and Anderson (1984)</a>, on separation
 */
@Withers
public record LogisticRegression(double c, double l1Ratio, Solver solver, boolean intercept, Map<Long, Double> classWeights,
        boolean balanced, double tolerance, int maxIterations, long seed) implements LogisticRegressionWithers, Classifier {

    /** How the minimum is found. */
    public enum Solver {
        /** COORDINATE_DESCENT with an l1 part; else NEWTON for up to 250 coefficients of dense rows, or 100 and {@code 2e7} multiplications a step; LBFGS above. */
        AUTO,
        /** Limited-memory quasi-Newton, with a last Newton step for up to 300 coefficients; no l1 part. */
        LBFGS,
        /** Iteratively reweighted least squares, for up to some thousand coefficients; no l1 part. */
        NEWTON,
        /** Proximal Newton with coordinate descent on the features that matter; any penalty. */
        COORDINATE_DESCENT,
        /** Stochastic average gradients; any penalty. Best on scaled features and many rows. */
        SAGA
    }

    /** The most coefficients for which Newton steps decide on separation. */
    private static final int LARGEST_JUDGED = 1_000;

    public LogisticRegression {
        if (!(c > 0)) throw new IllegalArgumentException("LogisticRegression: c is " + c + "; it is positive, or Infinity for no penalty");
        if (!(l1Ratio >= 0 && l1Ratio <= 1))
            throw new IllegalArgumentException("LogisticRegression: l1Ratio is " + l1Ratio + "; it lies between 0 and 1");
        if (l1Ratio > 0 && c < Double.POSITIVE_INFINITY && (solver == Solver.LBFGS || solver == Solver.NEWTON)) {
            throw new IllegalArgumentException("LogisticRegression: solver " + solver + " takes no l1 penalty and l1Ratio is " + l1Ratio
                    + "; use COORDINATE_DESCENT or SAGA");
        }
        if (!(tolerance > 0)) throw new IllegalArgumentException("LogisticRegression: tolerance is " + tolerance + "; it is positive");
        if (maxIterations < 1)
            throw new IllegalArgumentException("LogisticRegression: maxIterations is " + maxIterations + "; it is at least 1");
        for (var e : classWeights.entrySet())
            if (!(e.getValue() >= 0)) throw new IllegalArgumentException(
                    "LogisticRegression: the weight of class " + e.getKey() + " is " + e.getValue() + "; it is at least 0");
        classWeights = Map.copyOf(classWeights);
    }

    public LogisticRegression() { this(1, 0, Solver.AUTO, true, Map.of(), false, 1e-8, 1_000, 1); }

    /** Without a penalty, as statistics programs fit it. */
    public LogisticRegression unpenalised() { return withC(Double.POSITIVE_INFINITY); }

    @Override public LogisticModel fit(Tensor x, Tensor labels) { return fit(x, labels, null); }

    @Override public LogisticModel fit(Tensor x, Tensor labels, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var found = input.severalLabels(labels);
        return fit(problem(FeatureRows.dense(input.x(), intercept), found, input.weights(weights)), found.classes(), null);
    }

    /** {@link #fit(Csr, Tensor, Tensor)} with equal weights. */
    public LogisticModel fit(Csr x, Tensor labels) { return fit(x, labels, null); }

    /** Fits to sparse rows without making them dense. */
    public LogisticModel fit(Csr x, Tensor labels, Tensor weights) {
        var found = sparseInput(x).severalLabels(labels);
        return fit(problem(FeatureRows.sparse(x, intercept), found, sparseInput(x).weights(weights)), found.classes(), null);
    }

    /** Checks sparse rows by the rules of dense ones: finite values, rows and columns. */
    private LearnerInput sparseInput(Csr x) {
        if (x.rows() == 0 || x.columns() == 0) throw new ShapeException(
                "LogisticRegression.fit: x has shape (" + x.rows() + ", " + x.columns() + "); it needs rows and columns");
        if (x.entries() > 0) LearnerInput.matrix("LogisticRegression.fit", x.values().reshape(-1, 1), false);
        return new LearnerInput("LogisticRegression.fit", Tensor.zeros(x.rows(), 1));
    }

    /**
     * Models at these inverse strengths, each warm-started from the one before; ascending ones are fastest.
     *
     * @param weights may be null
     */
    public LogisticPath path(Tensor x, Tensor labels, Tensor weights, double... cs) {
        var input = LearnerInput.forFit(this, x);
        var found = input.severalLabels(labels);
        return path(problem(FeatureRows.dense(input.x(), intercept), found, input.weights(weights)), found.classes(), cs);
    }

    LogisticPath path(LogisticProblem base, long[] classes, double... cs) {
        var models = new LogisticModel[cs.length];
        double[] start = null;
        for (int i = 0; i < cs.length; i++) {
            var learner = withC(cs[i]);
            models[i] = learner.fit(base.penalised(learner.l1(), learner.l2()), classes, start);
            start = models[i].flat();
        }
        return new LogisticPath(Ridge.boxed(cs), Arrays.asList(models));
    }

    LogisticProblem problem(FeatureRows rows, Labels found, double[] weights) {
        double[] w = found.weighted(weights, classWeights, balanced);
        return new LogisticProblem(rows, found.codes(), w, found.count(), intercept, l1(), l2());
    }

    private double l1() { return l1Ratio / c; }

    private double l2() { return (1 - l1Ratio) / c; }

    LogisticModel fit(LogisticProblem problem, long[] classes, double[] start) {
        if (!(problem.totalWeight > 0))
            throw new IllegalArgumentException("LogisticRegression.fit: all class weights are 0; at least one must be positive");
        var solution = solve(problem, start == null ? new double[problem.size()] : start);
        var logger = System.getLogger(LogisticRegression.class.getName());
        if (solution.separation() != Separation.NONE) {
            logger.log(System.Logger.Level.WARNING, "LogisticRegression.fit: the classes are separated (" + solution.separation()
                    + ", found at iteration " + solution.separatedAt()
                    + "), so that no finite unpenalised estimate exists; coefficients and errors mean nothing, penalise with a finite c");
        } else if (!solution.converged()) {
            logger.log(System.Logger.Level.WARNING, "LogisticRegression.fit: not converged after " + solution.iterations()
                    + " iterations; raise maxIterations, or scale the features");
        }
        return LogisticModel.of(problem, solution, classes, inference(problem, solution));
    }

    private LogisticSolution solve(LogisticProblem problem, double[] start) {
        var chosen = solver;
        if (chosen == Solver.AUTO)
            chosen = problem.l1 > 0 ? Solver.COORDINATE_DESCENT : newtonIsFaster(problem) ? Solver.NEWTON : Solver.LBFGS;
        var newton = new LogisticNewton(problem, false, tolerance, maxIterations);
        if (problem.isUnpenalised() && problem.size() <= LARGEST_JUDGED && !(chosen == Solver.NEWTON && LogisticNewton.isZero(start))) {
            var judgement = newton.judge();
            if (judgement.separation() != Separation.NONE) return judgement;
        }
        return switch (chosen) {
            case NEWTON -> newton.solve(start);
            case SAGA -> new LogisticSaga(problem, start).solve(Rng.of(seed), tolerance, maxIterations);
            case LBFGS -> lbfgs(problem, start);
            default -> new LogisticNewton(problem, true, tolerance, maxIterations).solve(start);
        };
    }

    /** Some six steps of it against a hundred gradients, by the cost of a step. */
    private static boolean newtonIsFaster(LogisticProblem problem) {
        int m = problem.size();
        return problem.x instanceof FeatureRows.DenseRows ? m <= 250 : m <= 100 && (double) problem.codes.length * m * m <= 2e7;
    }

    private LogisticSolution lbfgs(LogisticProblem problem, double[] start) {
        int[] separatedAt = {0, 0};
        boolean unpenalised = problem.isUnpenalised();
        var minimum = new Lbfgs().withGradientTolerance(tolerance).withMaxIterations(maxIterations).withMaxEvaluations(20 * maxIterations)
                .minimize((b, gradient) -> {
                    var point = problem.at(b);
                    separatedAt[1]++;
                    if (unpenalised && separatedAt[0] == 0 && point.leastMargin() > 0) separatedAt[0] = separatedAt[1];
                    for (int at = 0; at < b.length; at++) gradient[at] = point.gradient()[at] / problem.totalWeight;
                    return point.value() / problem.totalWeight;
                }, start);
        boolean separated = separatedAt[0] > 0;
        if (!separated && minimum.gradientNorm() > tolerance && problem.size() <= 300) {
            // Values stop changing when the gradient is the root of what rounding leaves; a Newton step or two have the rest.
            var finished = new LogisticNewton(problem, false, tolerance, 5).solve(minimum.x());
            return new LogisticSolution(finished.b(), minimum.iterations() + finished.iterations(), minimum.converged(), Separation.NONE,
                    0);
        }
        return new LogisticSolution(minimum.x(), minimum.iterations(), minimum.converged(),
                separated ? Separation.COMPLETE : Separation.NONE, separatedAt[0]);
    }

    /** The inverse of the Hessian for two classes without a penalty; null where there is no table. */
    private Tensor inference(LogisticProblem problem, LogisticSolution solution) {
        if (problem.outputs > 1 || problem.l1 > 0 || problem.l2 > 0 || problem.width > 1_000) return null;
        var all = new int[problem.width];
        Arrays.setAll(all, j -> j);
        return Cholesky.of(Tensor.of(problem.hessian(problem.at(solution.b()), all)), Cholesky.Jitter.STANDARD).inverse();
    }

    @Override public String toString() {
        return "LogisticRegression[c=" + c + ", l1Ratio=" + l1Ratio + ", solver=" + solver + ", intercept=" + intercept + ", classWeights="
                + new TreeMap<>(classWeights) + ", balanced=" + balanced + "]";
    }
}
