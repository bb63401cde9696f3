package lyceum.optim;

/** The last pairs (s, y) of steps and gradient differences, and the product of the inverse Hessian they imply with a vector. */
final class InverseHessian implements Curvature {
    private final double[][] s, y;
    private final double[] rho, alpha;
    private int count, newest = -1;

    InverseHessian(int history) {
        s = new double[history][];
        y = new double[history][];
        rho = new double[history];
        alpha = new double[history];
    }

    @Override public boolean isEmpty() { return count == 0; }

    @Override public void clear() { count = 0; }

    @Override public void learn(double[] step, double[] change, double sy) {
        int at = (newest + 1) % s.length;
        s[at] = step;
        y[at] = change;
        rho[at] = 1 / sy;
        newest = at;
        count = Math.min(count + 1, s.length);
    }

    /** {@code out = -H g}, by the two-loop recursion (Nocedal 1980). */
    @Override public void direction(double[] x, double[] g, double[] out) {
        for (int i = 0; i < g.length; i++) out[i] = -g[i];
        if (count == 0) return;
        for (int k = 0; k < count; k++) {
            int at = Math.floorMod(newest - k, s.length);
            alpha[at] = rho[at] * Vectors.dot(s[at], out);
            Vectors.addScaled(out, -alpha[at], y[at]);
        }
        double scale = 1 / (rho[newest] * Vectors.dot(y[newest], y[newest]));
        for (int i = 0; i < out.length; i++) out[i] *= scale;
        for (int k = count - 1; k >= 0; k--) {
            int at = Math.floorMod(newest - k, s.length);
            double beta = rho[at] * Vectors.dot(y[at], out);
            Vectors.addScaled(out, alpha[at] - beta, s[at]);
        }
    }
}
