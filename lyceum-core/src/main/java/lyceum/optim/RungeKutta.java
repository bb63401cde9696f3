package lyceum.optim;

import java.util.function.UnaryOperator;

/** The classical fourth-order method for {@code dx/dt = v(x)}. */
final class RungeKutta {
    private RungeKutta() {}

    /** The points at times {@code 0, time / steps, ..., time}. */
    static double[][] path(UnaryOperator<double[]> v, double[] start, double time, int steps) {
        Settings.atLeast("flow", "steps", steps, 1);
        var path = new double[steps + 1][];
        path[0] = start.clone();
        double h = time / steps;
        for (int k = 0; k < steps; k++) {
            var x = path[k];
            double[] k1 = v.apply(x), k2 = v.apply(moved(x, h / 2, k1)), k3 = v.apply(moved(x, h / 2, k2)), k4 = v.apply(moved(x, h, k3));
            var next = x.clone();
            for (int j = 0; j < next.length; j++) next[j] += h / 6 * (k1[j] + 2 * k2[j] + 2 * k3[j] + k4[j]);
            path[k + 1] = next;
        }
        return path;
    }

    private static double[] moved(double[] x, double h, double[] k) {
        var point = x.clone();
        Vectors.addScaled(point, h, k);
        return point;
    }
}
