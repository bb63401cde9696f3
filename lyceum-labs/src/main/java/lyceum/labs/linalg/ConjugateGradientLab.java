package lyceum.labs.linalg;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.ConjugateGradient;
import lyceum.linalg.LinearMap;
import lyceum.linalg.Preconditioner;
import lyceum.plot.Figure;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** Steepest descent zigzags down a valley that conjugate gradients cross in two steps; and what a preconditioner does on a grid. */
@Lab(topics = "conjugate-gradient", title = "Two steps instead of a hundred")
final class ConjugateGradientLab implements LabBody {

    @Override public void run(LabContext lab) {
        double condition = lab.param("condition", 20, 1.0, 200.0), turn = lab.param("angle", 25, 0.0, 90.0);
        int steps = lab.param("steps", 60, 5, 400), side = lab.param("grid", 32, 4, 64);
        double c = Math.cos(Math.toRadians(turn)), s = Math.sin(Math.toRadians(turn));
        var q = Tensor.of(new double[][] {{c, -s}, {s, c}});
        var a = q.mul(Tensor.of(1, condition)).matmul(q.transpose());
        // From here both curvatures pull equally hard, which is where steepest descent is slowest.
        var start = q.matmul(Tensor.of(-8, 8 / condition)).toDoubleArray();
        valley(lab, a.toRows(), start, steps, condition);
        grid(lab, side);
    }

    private static void valley(LabContext lab, double[][] a, double[] start, int steps, double condition) {
        double[] zigX = new double[steps + 1], zigY = new double[steps + 1], zigEnergy = new double[steps + 1];
        double x = start[0], y = start[1];
        for (int k = 0; k <= steps; k++) {
            zigX[k] = x;
            zigY[k] = y;
            zigEnergy[k] = energy(a, x, y);
            double gx = a[0][0] * x + a[0][1] * y, gy = a[1][0] * x + a[1][1] * y, gg = gx * gx + gy * gy;
            double length = gg == 0 ? 0 : gg / (a[0][0] * gx * gx + 2 * a[0][1] * gx * gy + a[1][1] * gy * gy);
            x -= length * gx;
            y -= length * gy;
        }
        List<double[]> way = new ArrayList<>();
        var solution = new ConjugateGradient().solve(LinearMap.of(Tensor.of(a)), Tensor.zeros(DType.F64, 2), Preconditioner.none(),
                Tensor.of(start), (k, at, residual) -> way.add(at.clone()));
        double[] cgX = way.stream().mapToDouble(p -> p[0]).toArray(), cgY = way.stream().mapToDouble(p -> p[1]).toArray();
        lab.figure(Figure.plot("Two ways into a valley of condition " + Math.round(condition))
                .surface(-10, 10, -10, 10, (u, v) -> Math.rint(1e4 * energy(a, u, v)) / 1e4).contours().measuring("distance in energy")
                .limitX(-10, 10).limitY(-10, 10).line("steepest descent", zigX, zigY).line("conjugate gradients", cgX, cgY).equalScales()
                .axes("first coordinate", "second coordinate").describedAs(
                        "Both start downhill; steepest descent turns by a right angle at each step, conjugate gradients turn once and end at the centre."));
        double rate = (condition - 1) / (condition + 1);
        lab.say("After %d steps steepest descent has %.2g of its first error left, the bound ((K-1)/(K+1))^%d says %.2g. Conjugate gradients end after %d.",
                steps, zigEnergy[steps] / zigEnergy[0], steps, Math.pow(rate, steps), solution.iterations());
        lab.shows("steps of conjugate gradients in the plane", way.size() - 1, atMost(3));
    }

    private static double energy(double[][] a, double x, double y) {
        return Math.sqrt(Math.max(0, a[0][0] * x * x + 2 * a[0][1] * x * y + a[1][1] * y * y));
    }

    private static void grid(LabContext lab, int side) {
        var a = poisson(side);
        var map = LinearMap.of(a);
        var b = Tensor.randn(lab.rng(1), DType.F64, a.rows());
        var cg = new ConjugateGradient().withTolerance(1e-10);
        var plain = cg.solve(map, b);
        var helped = cg.solve(map, b, Preconditioner.incompleteCholesky(a));
        // The grid's eigenvalues are known: 4 - 2 cos(i pi / (side + 1)) - 2 cos(j pi / (side + 1)).
        double half = Math.PI / (2 * (side + 1)), root = 1 / Math.tan(half), rate = (root - 1) / (root + 1);
        double[] errors = errors(plain), bound = new double[errors.length];
        for (int k = 0; k < bound.length; k++) bound[k] = 2 * Math.pow(rate, k);
        lab.figure(Figure.plot("Heat on a grid of " + side + " x " + side).line("no preconditioner", 0, errors)
                .line("incomplete Cholesky", 0, errors(helped)).line("the bound for condition " + Math.round(root * root), 0, bound)
                .dashed().axes("step", "energy error over the first").logY().describedAs(
                        "The error falls below its bound at every step; with the incomplete factor it takes a fraction of the steps."));
        lab.say("Without help %d steps, with incomplete Cholesky %d.", plain.iterations(), helped.iterations());
        double worst = 0;
        for (int k = 0; k < errors.length; k++) worst = Math.max(worst, errors[k] / bound[k]);
        lab.shows("energy error over its bound", worst, atMost(1));
        lab.shows("steps without over steps with", (double) plain.iterations() / helped.iterations(), above(1));
    }

    /** Relative energy errors but the last, which is 0 since the errors are about the last point. */
    private static double[] errors(ConjugateGradient.Solution solution) {
        double[] all = solution.energyErrors();
        return Arrays.stream(all, 0, all.length - 1).map(e -> e / all[0]).toArray();
    }

    /** Four times a cell less its neighbours. */
    private static Csr poisson(int side) {
        int n = side * side, count = 0;
        int[] row = new int[5 * n], column = new int[5 * n];
        var value = new double[5 * n];
        for (int i = 0; i < n; i++) for (int step : new int[] {0, -side, side, -1, 1}) {
            int j = i + step;
            if (j < 0 || j >= n || Math.abs(step) == 1 && i / side != j / side) continue;
            row[count] = i;
            column[count] = j;
            value[count++] = step == 0 ? 4 : -1;
        }
        return Csr.fromEntries(n, n, Arrays.copyOf(row, count), Arrays.copyOf(column, count), Arrays.copyOf(value, count));
    }
}
