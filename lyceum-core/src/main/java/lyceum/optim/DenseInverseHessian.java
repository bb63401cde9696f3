package lyceum.optim;

/** The n x n inverse Hessian of BFGS (Nocedal and Wright 2006, equation 6.17). */
final class DenseInverseHessian implements Curvature {
    private final double[][] h;
    private boolean empty;

    DenseInverseHessian(int n) {
        h = new double[n][n];
        clear();
    }

    /** Begins with this one, until {@link #clear}. */
    DenseInverseHessian(double[][] initial) {
        h = initial;
        empty = false;
    }

    double[][] rows() { return h; }

    @Override public boolean isEmpty() { return empty; }

    @Override public void clear() {
        for (int i = 0; i < h.length; i++) for (int j = 0; j < h.length; j++) h[i][j] = i == j ? 1 : 0;
        empty = true;
    }

    /** {@code H = (I - rho s y') H (I - rho y s') + rho s s'}, {@code rho = 1 / s'y}; the first time from {@code (s'y / y'y) I}. */
    @Override public void learn(double[] s, double[] y, double sy) {
        int n = s.length;
        var hy = new double[n];
        if (empty) for (int i = 0; i < n; i++) h[i][i] = sy / Vectors.dot(y, y);
        empty = false;
        for (int i = 0; i < n; i++) hy[i] = Vectors.dot(h[i], y);
        double rho = 1 / sy, both = rho * (1 + rho * Vectors.dot(y, hy));
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) h[i][j] += both * s[i] * s[j] - rho * (hy[i] * s[j] + s[i] * hy[j]);
    }

    @Override public void direction(double[] x, double[] g, double[] out) {
        for (int i = 0; i < g.length; i++) out[i] = -Vectors.dot(h[i], g);
    }
}
