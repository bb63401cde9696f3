package lyceum.learn.linear;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.linalg.Cholesky;
import lyceum.linalg.ProximalMaps;
import lyceum.tensor.Tensor;

/**
 * Newton's method for logistic regression (iteratively reweighted least squares), with the l1 part kept exact: each step minimises the quadratic model plus
 * {@code l1 |b|_1}, by Cholesky where there is no l1 part and by coordinate descent otherwise (proximal Newton; Lee, Sun and Saunders, 2014).
 */
final class LogisticNewton {
    private static final int LARGEST_SYSTEM = 4_000, URGENT = 400;
    /** Steps after which separation is asked about no more. */
    private static final int JUDGED_WITHIN = 50;
    private final LogisticProblem problem;
    private final boolean coordinates;
    private final double tolerance;
    private final int maxIterations;

    LogisticNewton(LogisticProblem problem, boolean coordinates, double tolerance, int maxIterations) {
        this.problem = problem;
        this.coordinates = coordinates || problem.l1 > 0;
        this.tolerance = tolerance;
        this.maxIterations = maxIterations;
    }

    /** The minimum; without a penalty, by Cholesky and from 0, where the Hessian is well conditioned, also whether there is one. */
    LogisticSolution solve(double[] start) { return solve(start, false); }

    /** Goes from 0 as far as it takes to know whether the classes are separated; where they are, to the end. */
    LogisticSolution judge() { return solve(new double[problem.size()], true); }

    static boolean isZero(double[] start) { return Arrays.stream(start).allMatch(v -> v == 0); }

    private LogisticSolution solve(double[] start, boolean untilJudged) {
        double[] b = start.clone();
        var point = problem.at(b);
        double value = point.value() + problem.absolute(b), limit = tolerance * problem.totalWeight;
        var separation = problem.isUnpenalised() && !coordinates && isZero(start) ? null : Separation.NONE;
        int separatedAt = 0;
        for (int iteration = 1; iteration <= maxIterations; iteration++) {
            double violation = problem.violation(b, point.gradient());
            boolean judged = separation != null || violation == 0 || iteration > JUDGED_WITHIN;
            boolean spent = separatedAt > 0 && point.value() <= LogisticSolution.SPENT * problem.totalWeight;
            if (judged && violation <= limit || spent) return new LogisticSolution(b, iteration - 1, true, separation, separatedAt);
            int[] set = workingSet(b, point.gradient());
            double[] step = step(b, point, set);
            if (!judged) {
                separation = new SeparationCheck(problem).of(b, point, step);
                if (separation == Separation.NONE && untilJudged) return new LogisticSolution(b, iteration, false, separation, 0);
                if (separation != null && separation != Separation.NONE) separatedAt = iteration;
            }
            double slope = slope(b, point.gradient(), step), size = 1;
            double[] next = null;
            LogisticProblem.Point reached = null;
            double lower = value;
            for (int half = 0; half < 40; half++, size /= 2) {
                next = moved(b, step, size);
                reached = problem.at(next);
                lower = reached.value() + problem.absolute(next);
                if (lower <= value + 1e-4 * size * slope) break;
                // Within rounding of the minimum values say nothing any more; the gradient still does.
                if (Math.abs(size * slope) <= 1e-13 * Math.abs(value)
                        && problem.violation(next, reached.gradient()) < problem.violation(b, point.gradient()))
                    break;
                reached = null;
            }
            if (reached == null) {
                // No step helps: rounding is all that is left, if the model promised next to nothing.
                boolean floor = Math.abs(slope) <= 1e-10 * Math.abs(value);
                return new LogisticSolution(b, iteration, floor, separation, separatedAt);
            }
            b = next;
            point = reached;
            value = lower;
        }
        return new LogisticSolution(b, maxIterations, false, separation, separatedAt);
    }

    /** With an l1 part: what is in, what is free, and what wants to come in; of very many the most urgent, the others in later steps. */
    private int[] workingSet(double[] b, double[] gradient) {
        int[] set = IntStream.range(0, b.length).filter(at -> isIn(b, at) || Math.abs(gradient[at]) > problem.l1 * 0.999).toArray();
        if (problem.l1 > 0 && set.length > URGENT) {
            int settled = (int) Arrays.stream(set).filter(at -> isIn(b, at)).count(), room = Math.max(URGENT - settled, URGENT / 2);
            double[] wishes = Arrays.stream(set).filter(at -> !isIn(b, at)).mapToDouble(at -> Math.abs(gradient[at])).sorted().toArray();
            double least = wishes.length > room ? wishes[wishes.length - room] : 0;
            set = Arrays.stream(set).filter(at -> isIn(b, at) || Math.abs(gradient[at]) >= least).toArray();
        }
        if (set.length > LARGEST_SYSTEM) {
            throw new IllegalArgumentException("LogisticRegression.fit: a Newton system of " + set.length + " coefficients is too large ("
                    + LARGEST_SYSTEM + " at most); use solver " + (problem.l1 > 0 ? "SAGA, or a smaller c" : "LBFGS"));
        }
        return set;
    }

    private boolean isIn(double[] b, int at) { return problem.l1 == 0 || problem.isFree(at) || b[at] != 0; }

    private double[] step(double[] b, LogisticProblem.Point point, int[] set) {
        double[][] hessian = problem.hessian(point, set);
        var gradient = new double[set.length];
        for (int r = 0; r < set.length; r++) gradient[r] = point.gradient()[set[r]];
        double[] inner = coordinates ? descend(b, set, hessian, gradient)
                : Cholesky.of(Tensor.of(hessian), Cholesky.Jitter.STANDARD).solve(Tensor.of(gradient)).neg().toDoubleArray();
        var step = new double[b.length];
        for (int r = 0; r < set.length; r++) step[set[r]] = inner[r];
        return step;
    }

    /** Minimises {@code g.d + d'Hd / 2 + l1 |b + d|_1} over the set. */
    private double[] descend(double[] b, int[] set, double[][] hessian, double[] gradient) {
        int m = set.length;
        double[] d = new double[m], slope = gradient.clone();
        for (int sweep = 0; sweep < 1_000; sweep++) {
            double largest = 0, scale = 0;
            for (int r = 0; r < m; r++) {
                double h = hessian[r][r] + 1e-12, at = b[set[r]] + d[r];
                double l1 = problem.isFree(set[r]) ? 0 : problem.l1;
                double next = ProximalMaps.softThreshold(h * at - slope[r], l1) / h, change = next - at;
                if (change == 0) continue;
                d[r] += change;
                double[] row = hessian[r];
                for (int k = 0; k < m; k++) slope[k] += change * row[k];
                largest = Math.max(largest, change * change * h);
                scale = Math.max(scale, d[r] * d[r] * h);
            }
            if (largest <= 1e-20 * scale) break;
        }
        return d;
    }

    /** The change of the objective that the step promises to first order. */
    private double slope(double[] b, double[] gradient, double[] step) {
        double sum = 0;
        for (int at = 0; at < b.length; at++) {
            sum += gradient[at] * step[at];
            if (problem.l1 > 0 && !problem.isFree(at)) sum += problem.l1 * (Math.abs(b[at] + step[at]) - Math.abs(b[at]));
        }
        return sum;
    }

    private static double[] moved(double[] b, double[] step, double size) {
        var next = new double[b.length];
        for (int at = 0; at < b.length; at++) next[at] = b[at] + size * step[at];
        return next;
    }
}
