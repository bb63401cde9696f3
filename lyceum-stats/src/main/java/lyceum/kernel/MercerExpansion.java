package lyceum.kernel;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.linalg.Eigen;
import lyceum.linalg.Lanczos;
import lyceum.linalg.LinearMap;
import lyceum.prob.Quadrature;
import lyceum.prob.UnivariateDistribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A kernel as a sum of products of eigenfunctions, {@code k(s, t) = sum_j l_j e_j(s) e_j(t)} with {@code int k(s, t) e_j(t) dmu(t) = l_j
 * e_j(s)} and the e_j orthonormal under the measure mu. Computed by Nyström's method: mu is replaced by nodes t_i with weights w_i, and l
 * and e are read off the symmetric matrix {@code sqrt(w_i) k(t_i, t_j) sqrt(w_j)}.
 *
 * {@snippet :
 * var brownian = MercerExpansion.midpoint((s, t) -> Math.min(s[0], t[0]), 0, 1, 1000, 10);
 * brownian.eigenvalues();                                                // 1 / ((j - 1/2)^2 pi^2)
 * var gaussian = MercerExpansion.under(new Rbf(1.0), new Normal(0, 1), 8);
 * }
 *
 * <p>Eigenvalues belong to the pair of kernel and measure; an eigenvalue of a plain n x n Gram matrix is about n times one of these.
 *
 * @see <a href="https://doi.org/10.1098/rsta.1909.0016">Mercer (1909)</a>
 * @see <a href="https://gaussianprocess.org/gpml/">Rasmussen and Williams (2006), section 4.3</a>
 */
public final class MercerExpansion {
    private final KernelFunction kernel;
    private final double[][] nodes;
    private final double[] weights, values;
    /** {@code e_j(t_i)}: a row for each j. */
    private final double[][] functions;

    private MercerExpansion(KernelFunction kernel, double[][] nodes, double[] weights, double[] values, double[][] functions) {
        this.kernel = kernel;
        this.nodes = nodes;
        this.weights = weights;
        this.values = values;
        this.functions = functions;
    }

    /**
     * The first {@code terms} pairs, by falling eigenvalue, for the measure that has weight {@code weights[i]} at row i of {@code nodes}.
     *
     * @param nodes (n x p)
     * @param weights (n), positive
     * @throws IllegalArgumentException if fewer than {@code terms} eigenvalues stand above rounding; the message says how many do
     */
    public static MercerExpansion of(KernelFunction kernel, Tensor nodes, double[] weights, int terms) {
        double[][] t = KernelParameters.rows("MercerExpansion", nodes), k = kernel.matrix(t, t);
        int n = t.length;
        if (weights.length != n) throw new ShapeException("MercerExpansion: " + n + " nodes but " + weights.length + " weights");
        if (terms < 1 || terms > n)
            throw new IllegalArgumentException("MercerExpansion: terms is " + terms + "; it lies between 1 and the " + n + " nodes");
        var root = new double[n];
        for (int i = 0; i < n; i++) root[i] = Math.sqrt(KernelParameters.positive("MercerExpansion", "weight " + i, weights[i]));
        for (int i = 0; i < n; i++) for (int j = 0; j <= i; j++) k[i][j] = k[j][i] = root[i] * k[i][j] * root[j];
        double[] values = new double[terms];
        double[][] vectors;
        if (n < 50 || terms > n / 4) {
            var eigen = Eigen.symmetric(Tensor.of(k));
            double[] ascending = eigen.values().toDoubleArray();
            double[][] all = eigen.vectors().transpose().toRows();
            vectors = new double[terms][];
            for (int j = 0; j < terms; j++) {
                values[j] = ascending[n - 1 - j];
                vectors[j] = all[n - 1 - j];
            }
        } else {
            var pairs = new Lanczos(terms).withTolerance(1e-14).run(LinearMap.of(Tensor.of(k)), Rng.of(0));
            values = pairs.values().toDoubleArray();
            vectors = pairs.vectors().transpose().toRows();
        }
        int sound = 0;
        while (sound < terms && values[sound] > 1e-14 * n * values[0]) sound++;
        if (sound < terms) throw new IllegalArgumentException(
                "MercerExpansion: " + terms + " terms asked for, but only " + sound + " eigenvalues stand above rounding; ask for fewer");
        for (double[] e : vectors) {
            double largest = 0;
            for (int i = 0; i < n; i++) {
                e[i] /= root[i];
                if (Math.abs(e[i]) > Math.abs(largest)) largest = e[i];
            }
            if (largest < 0) for (int i = 0; i < n; i++) e[i] = -e[i];
        }
        return new MercerExpansion(kernel, t, weights.clone(), values, vectors);
    }

    /** For Lebesgue measure on an interval, by the midpoint rule with {@code nodes} nodes. */
    public static MercerExpansion midpoint(KernelFunction kernel, double low, double high, int nodes, int terms) {
        if (!(low < high)) throw new IllegalArgumentException("MercerExpansion: the interval from " + low + " to " + high + " is empty");
        double[] t = new double[nodes], w = new double[nodes];
        Arrays.fill(w, (high - low) / nodes);
        for (int i = 0; i < nodes; i++) t[i] = low + (i + 0.5) * (high - low) / nodes;
        return of(kernel, Tensor.of(t, nodes, 1), w, terms);
    }

    /** For a distribution on the line, by the rule of {@link Quadrature#rule}. */
    public static MercerExpansion under(KernelFunction kernel, UnivariateDistribution measure, int terms) {
        var rule = Quadrature.rule(measure);
        return of(kernel, Tensor.of(rule.nodes(), rule.nodes().length, 1), rule.weights(), terms);
    }

    /** For the distribution that the rows of {@code sample} (n x p) were drawn from: n equal weights. */
    public static MercerExpansion ofSample(KernelFunction kernel, Tensor sample, int terms) {
        var w = new double[(int) sample.size(0)];
        Arrays.fill(w, 1.0 / w.length);
        return of(kernel, sample, w, terms);
    }

    /** Number of pairs. */
    public int terms() { return values.length; }

    /** {@code l_1 >= l_2 >= ...} (terms). */
    public Tensor eigenvalues() { return Tensor.of(values.clone()); }

    /** {@code e_j} at the nodes: (n x terms). The value of the largest magnitude is positive. */
    public Tensor atNodes() {
        var out = new double[nodes.length * values.length];
        for (int i = 0; i < nodes.length; i++) for (int j = 0; j < values.length; j++) out[i * values.length + j] = functions[j][i];
        return Tensor.of(out, nodes.length, values.length);
    }

    /** {@code e_j(x) = sum_i w_i k(x, t_i) e_j(t_i) / l_j} at the rows of {@code x} (m x p): (m x terms). */
    public Tensor eigenfunctions(Tensor x) {
        double[][] k = kernel.matrix(KernelParameters.rows("eigenfunctions", x), nodes);
        var out = new double[k.length * values.length];
        for (int r = 0; r < k.length; r++) {
            for (int j = 0; j < values.length; j++) {
                double sum = 0;
                for (int i = 0; i < nodes.length; i++) sum += weights[i] * k[r][i] * functions[j][i];
                out[r * values.length + j] = sum / values[j];
            }
        }
        return Tensor.of(out, k.length, values.length);
    }

    /** The features {@code sqrt(l_j) e_j(x)} (m x terms), whose inner products are the truncated kernel. */
    public Tensor features(Tensor x) { return eigenfunctions(x).mul(eigenvalues().sqrt()); }

    /** The kernel rebuilt from its first {@code count} terms, between the rows of {@code x} and of {@code z}. */
    public Tensor truncated(Tensor x, Tensor z, int count) {
        if (count < 0 || count > values.length)
            throw new IllegalArgumentException("truncated: count is " + count + "; there are " + values.length + " terms");
        return features(x).narrow(1, 0, count).matmul(features(z).narrow(1, 0, count).transpose());
    }

    /** {@code int k(t, t) dmu(t)}, the sum of all eigenvalues: what the terms leave of it is what truncation loses. */
    public double trace() {
        double[] k = kernel.diagonal(nodes);
        double sum = 0;
        for (int i = 0; i < k.length; i++) sum += weights[i] * k[i];
        return sum;
    }
}
