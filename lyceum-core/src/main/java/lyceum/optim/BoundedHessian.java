package lyceum.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.linalg.Linalg;
import lyceum.tensor.Tensor;

/**
 * The Hessian of L-BFGS-B in compact form, {@code B = theta I - W M W'}, {@code W = [Y, theta S]}, and its direction inside a box: to the first
 * minimum of the parabola along the projected steepest descent, then to the minimum over the coordinates that are free there.
 *
 * @see <a href="https://doi.org/10.1137/0916069">Byrd, Lu, Nocedal and Zhu (1995), sections 3 to 5</a>
 */
final class BoundedHessian implements Curvature {
    private final Box box;
    private final int history;
    private final List<double[]> s = new ArrayList<>(), y = new ArrayList<>();
    private double theta = 1;
    /** Rows of W, first Y and from column {@code history} on theta S, and the matrix M; zeros where pairs are missing. */
    private final double[][] w, m;

    BoundedHessian(Box box, int history) {
        this.box = box;
        this.history = history;
        w = new double[box.lower().length][2 * history];
        m = new double[2 * history][2 * history];
    }

    @Override public boolean isEmpty() { return s.isEmpty(); }

    @Override public void clear() {
        s.clear();
        y.clear();
        theta = 1;
        for (var row : w) Arrays.fill(row, 0);
        for (var row : m) Arrays.fill(row, 0);
    }

    @Override public void learn(double[] step, double[] change, double sy) {
        if (s.size() == history) {
            s.removeFirst();
            y.removeFirst();
        }
        s.add(step);
        y.add(change);
        theta = Vectors.dot(change, change) / sy;
        int k = s.size();
        for (int j = 0; j < k; j++) {
            double[] sj = s.get(j), yj = y.get(j);
            for (int i = 0; i < w.length; i++) {
                w[i][j] = yj[i];
                w[i][history + j] = theta * sj[i];
            }
        }
        // M^-1 = [-D, L'; L, theta S'S], L the part of S'Y below its diagonal D.
        var inverse = new double[2 * k][2 * k];
        for (int i = 0; i < k; i++) for (int j = 0; j < k; j++) {
            double product = Vectors.dot(s.get(i), y.get(j));
            if (i == j) inverse[i][i] = -product;
            else if (i > j) inverse[k + i][j] = inverse[j][k + i] = product;
            inverse[k + i][k + j] = theta * Vectors.dot(s.get(i), s.get(j));
        }
        inverse = Linalg.inverse(Tensor.of(inverse)).toRows();
        for (int i = 0; i < k; i++) {
            scatter(inverse[i], m[i], k);
            scatter(inverse[k + i], m[history + i], k);
        }
    }

    private void scatter(double[] from, double[] to, int k) {
        System.arraycopy(from, 0, to, 0, k);
        System.arraycopy(from, k, to, history, k);
    }

    @Override public void direction(double[] x, double[] g, double[] out) {
        int n = x.length;
        var c = new double[m.length];
        var cauchy = x.clone();
        var free = cauchyPoint(x, g, cauchy, c);
        var target = free.length == 0 ? cauchy : subspaceMinimum(x, g, cauchy, c, free);
        for (int i = 0; i < n; i++) out[i] = target[i] - x[i];
    }

    /** Fills {@code cauchy} and {@code c = W'(cauchy - x)}; returns the coordinates that are not at a bound there. */
    private int[] cauchyPoint(double[] x, double[] g, double[] cauchy, double[] c) {
        int n = x.length;
        int next = 0, breaks = 0;
        double[] d = new double[n], until = new double[n], p = new double[m.length];
        for (int i = 0; i < n; i++) {
            double bound = g[i] < 0 ? box.upper()[i] : box.lower()[i], t = g[i] == 0 ? Double.POSITIVE_INFINITY : (x[i] - bound) / g[i];
            until[i] = t > 0 ? t : Double.POSITIVE_INFINITY;
            if (until[i] < Double.POSITIVE_INFINITY) breaks++;
            if (!(t > 0)) continue;
            d[i] = -g[i];
            Vectors.addScaled(p, d[i], w[i]);
        }
        long[] order = breaks == 0 ? new long[0] : Tensor.of(until).argsort(0, false).toLongArray();
        double slope = -Vectors.dot(d, d), bend = -theta * slope - quadratic(p, p), at = 0, step = bend > 0 ? -slope / bend : 0;
        while (slope < 0 && next < breaks && at + step >= until[(int) order[next]]) {
            int b = (int) order[next++];
            double passed = until[b] - at;
            at = until[b];
            cauchy[b] = d[b] > 0 ? box.upper()[b] : box.lower()[b];
            double z = cauchy[b] - x[b], gb = g[b];
            Vectors.addScaled(c, passed, p);
            slope += passed * bend + gb * gb + theta * gb * z - gb * quadratic(w[b], c);
            bend += -theta * gb * gb - 2 * gb * quadratic(w[b], p) - gb * gb * quadratic(w[b], w[b]);
            Vectors.addScaled(p, gb, w[b]);
            d[b] = 0;
            step = bend > 0 ? Math.max(0, -slope / bend) : 0;
        }
        if (slope < 0) {
            at += step;
            Vectors.addScaled(c, step, p);
        }
        var free = new int[n];
        int count = 0;
        for (int i = 0; i < n; i++) {
            if (d[i] != 0) cauchy[i] = Math.clamp(x[i] + at * d[i], box.lower()[i], box.upper()[i]);
            if (cauchy[i] > box.lower()[i] && cauchy[i] < box.upper()[i]) free[count++] = i;
        }
        return Arrays.copyOf(free, count);
    }

    /** The direct primal method: the unbounded minimum over the free coordinates, and as far towards it as the box allows. */
    private double[] subspaceMinimum(double[] x, double[] g, double[] cauchy, double[] c, int[] free) {
        int k = m.length;
        double[] mc = times(m, c), v = new double[k], residual = new double[x.length];
        var n = new double[k][k];
        for (int i : free) {
            residual[i] = g[i] + theta * (cauchy[i] - x[i]) - Vectors.dot(w[i], mc);
            Vectors.addScaled(v, residual[i], w[i]);
            for (int a = 0; a < k; a++) Vectors.addScaled(n[a], w[i][a] / theta, w[i]);
        }
        if (!isEmpty()) {
            // (I - M W'ZZ'W / theta)^-1 M v
            var system = Tensor.eye(DType.F64, k).sub(Tensor.of(m).matmul(Tensor.of(n)));
            v = Linalg.solve(system, Tensor.of(times(m, v))).toDoubleArray();
        }
        var step = new double[x.length];
        for (int i : free) step[i] = -(residual[i] + Vectors.dot(w[i], v) / theta) / theta;
        double part = Math.min(1, box.longest(cauchy, step));
        var target = cauchy.clone();
        Vectors.addScaled(target, part, step);
        return box.project(target);
    }

    /** {@code a' M b}. */
    private double quadratic(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < m.length; i++) sum += a[i] * Vectors.dot(m[i], b);
        return sum;
    }

    private static double[] times(double[][] a, double[] x) {
        var y = new double[a.length];
        for (int i = 0; i < a.length; i++) y[i] = Vectors.dot(a[i], x);
        return y;
    }
}
