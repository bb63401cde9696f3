package lyceum.prob;

import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import lyceum.linalg.Eigen;
import lyceum.tensor.Tensor;

/**
 * Expectations over standard normal variables by a weighted sum over nodes: exact for polynomials of degree below twice their number. With an even number the nodes lie
 * as often below 0 as above, so that functions with a kink at 0 lose little.
 *
 * {@snippet :
 * double eighth = new GaussHermite(20).expectation(z -> Math.pow(z, 8));   // 105
 * }
 *
 * @see <a href="https://doi.org/10.1090/S0025-5718-69-99647-1">Golub and Welsch (1969)</a>
 */
public final class GaussHermite {
    private final double[] nodes, weights;

    /** @param nodes at least 1 */
    public GaussHermite(int nodes) {
        if (nodes < 1) throw new IllegalArgumentException("GaussHermite: " + nodes + " nodes; at least 1");
        var jacobi = new double[nodes][nodes]; // of the recurrence x He_k = He_k+1 + k He_k-1, made symmetric
        for (int k = 1; k < nodes; k++) jacobi[k][k - 1] = jacobi[k - 1][k] = Math.sqrt(k);
        var eigen = Eigen.symmetric(Tensor.of(jacobi));
        double[] x = eigen.values().toDoubleArray(), first = eigen.vectors().select(0, 0).toDoubleArray();
        this.nodes = new double[nodes];
        this.weights = new double[nodes];
        for (int k = 0; k < nodes; k++) { // both halves alike to the last bit
            this.nodes[k] = (x[k] - x[nodes - 1 - k]) / 2;
            weights[k] = (first[k] * first[k] + first[nodes - 1 - k] * first[nodes - 1 - k]) / 2;
        }
        Arrays.sort(this.nodes);
    }

    /** Where functions are evaluated, ascending. */
    public double[] nodes() { return nodes.clone(); }

    /** Of the nodes; they sum to 1. */
    public double[] weights() { return weights.clone(); }

    /** {@code E f(z)}. */
    public double expectation(DoubleUnaryOperator f) {
        double sum = 0;
        for (int k = 0; k < nodes.length; k++) sum += weights[k] * f.applyAsDouble(nodes[k]);
        return sum;
    }

    /** {@code E f(a, b)} of two independent ones. */
    public double expectation(DoubleBinaryOperator f) {
        double sum = 0;
        for (int j = 0; j < nodes.length; j++)
            for (int k = 0; k < nodes.length; k++) sum += weights[j] * weights[k] * f.applyAsDouble(nodes[j], nodes[k]);
        return sum;
    }
}
