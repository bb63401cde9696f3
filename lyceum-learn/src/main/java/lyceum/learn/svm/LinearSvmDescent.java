package lyceum.learn.svm;

import java.util.Arrays;
import lyceum.learn.svm.LinearSvm.Loss;
import lyceum.learn.svm.LinearSvm.Solver;
import lyceum.random.Rng;
import lyceum.tensor.Csr;

/** Coordinate descent for {@link LinearSvm}; the solution has one more entry than columns, the weight of the column of the intercept. */
final class LinearSvmDescent {
    private final LinearSvm svm;
    private final Csr rows, columns;
    private final double[] byRow, byColumn;
    private final int n, p;
    int passes;
    boolean converged;

    LinearSvmDescent(LinearSvm svm, Csr x) {
        this.svm = svm;
        rows = x;
        n = (int) x.rows();
        p = (int) x.columns();
        byRow = x.values().toDoubleArray();
        columns = svm.solver() == Solver.PRIMAL ? x.transpose() : null;
        byColumn = columns == null ? null : columns.values().toDoubleArray();
    }

    double[] solve(double[] y, double[] price) { return svm.solver() == Solver.DUAL ? dual(y, price) : primal(y, price); }

    /** {@code w . x_i}, with the intercept's column. */
    private double dot(int i, double[] w) {
        double sum = w[p] * svm.interceptScale();
        for (int e = rows.rowStart(i); e < rows.rowStart(i + 1); e++) sum += byRow[e] * w[rows.column(e)];
        return sum;
    }

    /**
     * Hsieh and others (2008), algorithm 3: {@code min a'(Q + D)a / 2 - sum a}, {@code 0 <= a_i <= U_i}, while {@code w = sum_i a_i y_i
     * x_i} is kept.
     */
    private double[] dual(double[] y, double[] price) {
        double scale = svm.interceptScale();
        boolean squared = svm.loss() == Loss.SQUARED_HINGE;
        double[] w = new double[p + 1], alpha = new double[n], curvature = new double[n];
        int count = 0;
        var active = new int[n];
        for (int i = 0; i < n; i++) {
            if (price[i] == 0) continue;
            active[count++] = i;
            curvature[i] = scale * scale + (squared ? 0.5 / price[i] : 0);
            for (int e = rows.rowStart(i); e < rows.rowStart(i + 1); e++) curvature[i] += byRow[e] * byRow[e];
        }
        int all = count;
        var everyone = Arrays.copyOf(active, all);
        var rng = Rng.of(svm.seed());
        // The last pass's largest and least projected gradients: what lies beyond them at a bound is set aside.
        double above = Double.POSITIVE_INFINITY, below = Double.NEGATIVE_INFINITY;
        converged = false;
        for (passes = 1; passes <= svm.maxIterations(); passes++) {
            double most = Double.NEGATIVE_INFINITY, least = Double.POSITIVE_INFINITY;
            for (int a = count - 1; a > 0; a--) {
                int b = rng.nextInt(a + 1), t = active[a];
                active[a] = active[b];
                active[b] = t;
            }
            for (int a = 0; a < count; a++) {
                int i = active[a];
                double bound = squared ? Double.POSITIVE_INFINITY : price[i];
                double gradient = y[i] * dot(i, w) - 1 + (squared ? 0.5 / price[i] * alpha[i] : 0), projected = gradient;
                if (alpha[i] == 0) {
                    if (gradient > above) {
                        active[a--] = active[--count];
                        active[count] = i;
                        continue;
                    }
                    projected = Math.min(gradient, 0);
                } else if (alpha[i] == bound) {
                    if (gradient < below) {
                        active[a--] = active[--count];
                        active[count] = i;
                        continue;
                    }
                    projected = Math.max(gradient, 0);
                }
                most = Math.max(most, projected);
                least = Math.min(least, projected);
                if (projected == 0) continue;
                double before = alpha[i];
                alpha[i] = Math.clamp(before - gradient / curvature[i], 0, bound);
                double change = (alpha[i] - before) * y[i];
                for (int e = rows.rowStart(i); e < rows.rowStart(i + 1); e++) w[rows.column(e)] += change * byRow[e];
                w[p] += change * scale;
            }
            if (most - least <= svm.tolerance()) {
                if (count == all) {
                    converged = true;
                    break;
                }
                System.arraycopy(everyone, 0, active, 0, all);
                count = all;
                above = Double.POSITIVE_INFINITY;
                below = Double.NEGATIVE_INFINITY;
                continue;
            }
            above = most <= 0 ? Double.POSITIVE_INFINITY : most;
            below = least >= 0 ? Double.NEGATIVE_INFINITY : least;
        }
        passes = Math.min(passes, svm.maxIterations());
        return w;
    }

    /**
     * Chang and others (2008): a Newton step in one weight, halved until the objective falls enough; {@code margin_i = 1 - y_i w . x_i}
     * is kept.
     */
    private double[] primal(double[] y, double[] price) {
        double[] w = new double[p + 1], margin = new double[n];
        Arrays.fill(margin, 1);
        double total = Arrays.stream(price).sum();
        var rng = Rng.of(svm.seed());
        int variables = svm.interceptScale() == 0 ? p : p + 1;
        converged = false;
        for (passes = 1; passes <= svm.maxIterations(); passes++) {
            double worst = 0;
            for (int j : rng.permutation(variables)) {
                double first = w[j], second = 1;
                for (int e = start(j); e < end(j); e++) {
                    int i = row(j, e);
                    if (margin[i] <= 0) continue;
                    double v = value(j, e);
                    first -= 2 * price[i] * y[i] * v * margin[i];
                    second += 2 * price[i] * v * v;
                }
                worst = Math.max(worst, Math.abs(first));
                double d = -first / second;
                if (d == 0) continue;
                for (int halving = 0; halving < 40; halving++, d /= 2) {
                    double change = w[j] * d + 0.5 * d * d;
                    for (int e = start(j); e < end(j); e++) {
                        int i = row(j, e);
                        double before = Math.max(0, margin[i]), after = Math.max(0, margin[i] - y[i] * value(j, e) * d);
                        change += price[i] * (after - before) * (after + before);
                    }
                    // The second term: near the minimum the change is lost in rounding, and the Newton step is right.
                    if (change <= 0.01 * first * d || Math.abs(first * d) < 1e-14 * total) break;
                }
                w[j] += d;
                for (int e = start(j); e < end(j); e++) margin[row(j, e)] -= y[row(j, e)] * value(j, e) * d;
            }
            if (worst <= svm.tolerance() * svm.c()) {
                converged = true;
                break;
            }
        }
        passes = Math.min(passes, svm.maxIterations());
        return w;
    }

    private int start(int j) { return j == p ? 0 : columns.rowStart(j); }

    private int end(int j) { return j == p ? n : columns.rowStart(j + 1); }

    private int row(int j, int e) { return j == p ? e : columns.column(e); }

    private double value(int j, int e) { return j == p ? svm.interceptScale() : byColumn[e]; }
}
