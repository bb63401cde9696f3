package lyceum.learn.explain;

import java.util.function.UnaryOperator;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/** Integrated gradients along the straight path, by a rule of nodes and weights on [0, 1]. */
record IntegratedGradients(double[] nodes, double[] weights) {
    static IntegratedGradients midpoint(int steps) {
        double[] nodes = new double[steps], weights = new double[steps];
        for (int k = 0; k < steps; k++) {
            nodes[k] = (k + 0.5) / steps;
            weights[k] = 1.0 / steps;
        }
        return new IntegratedGradients(nodes, weights);
    }

    /** Roots of the Legendre polynomial by Newton's method, from {@code cos(pi (k + 3/4) / (n + 1/2))}. */
    static IntegratedGradients gaussLegendre(int n) {
        double[] nodes = new double[n], weights = new double[n];
        for (int k = 0; k < n; k++) {
            double z = Math.cos(Math.PI * (k + 0.75) / (n + 0.5)), slope = 1;
            for (int step = 0; step < 20; step++) {
                double p = 1, before = 0;
                for (int j = 1; j <= n; j++) {
                    double next = ((2 * j - 1) * z * p - (j - 1) * before) / j;
                    before = p;
                    p = next;
                }
                slope = n * (z * p - before) / (z * z - 1);
                double move = p / slope;
                z -= move;
                if (Math.abs(move) < 1e-15) break;
            }
            nodes[k] = (1 + z) / 2;
            weights[k] = 1 / ((1 - z * z) * slope * slope);
        }
        return new IntegratedGradients(nodes, weights);
    }

    Attribution of(UnaryOperator<Tensor> f, double[] x, double[] baseline) {
        int p = x.length, n = nodes.length;
        var path = new double[(n + 2) * p];
        for (int k = 0; k < n; k++) for (int j = 0; j < p; j++) path[k * p + j] = baseline[j] + nodes[k] * (x[j] - baseline[j]);
        System.arraycopy(baseline, 0, path, n * p, p);
        System.arraycopy(x, 0, path, (n + 1) * p, p);
        var rows = Tensor.of(path, n + 2, p);
        // Rows do not see each other: the gradient of the sum is the gradient of each.
        double[] outputs = f.apply(rows).toDoubleArray(), slopes = Autograd.grad(t -> f.apply(t).sum()).apply(rows).toDoubleArray(),
                shares = new double[p];
        for (int k = 0; k < n; k++) for (int j = 0; j < p; j++) shares[j] += weights[k] * slopes[k * p + j];
        for (int j = 0; j < p; j++) shares[j] *= x[j] - baseline[j];
        return new Attribution(outputs[n], shares, outputs[n + 1]);
    }
}
