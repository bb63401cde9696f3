package lyceum.learn.cluster;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Eigen;
import lyceum.linalg.Lanczos;
import lyceum.linalg.LinearMap;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * The Laplacian of a weighted graph, {@code L = D - W}: {@code x L x = sum_ij w_ij (x_i - x_j)^2 / 2} says how much x changes along edges, and the
 * eigenvalue 0 occurs once for each connected component. A node's weight with itself changes nothing and is left out.
 *
 * {@snippet :
 * var path = Tensor.of(new double[] {0, 1, 0, 1, 0, 2, 0, 2, 0}, 3, 3);
 * var laplacian = GraphLaplacian.of(path, GraphLaplacian.Kind.UNNORMALISED);
 * laplacian.matrix().toDense();
 * laplacian.lowest(2).values();
 * }
 *
 * @param weights W (n x n), symmetric, at least 0
 * @param kind how it is scaled
 * @see <a href="https://arxiv.org/abs/0711.0189">von Luxburg (2007), A tutorial on spectral clustering</a>
 */
public record GraphLaplacian(Csr weights, Kind kind) {
    /** Up to so many nodes all eigenvectors are computed at once, more reliably where eigenvalues are multiple. */
    private static final int DENSE = 600;

    /** How the Laplacian is scaled; d are the degrees, the sums of W's rows. */
    public enum Kind {
        /** {@code D - W}. */
        UNNORMALISED,
        /** {@code D^-1/2 (D - W) D^-1/2}, with eigenvalues in [0, 2]. */
        SYMMETRIC,
        /** {@code D^-1 (D - W)}: the same eigenvalues, eigenvectors {@code D^-1/2 u}. */
        RANDOM_WALK
    }

    /** @throws IllegalArgumentException if W is not square, not symmetric, or has an entry below 0 or not finite */
    public GraphLaplacian {
        if (weights.rows() != weights.columns() || weights.rows() == 0)
            throw new ShapeException("GraphLaplacian: W is " + weights.rows() + " x " + weights.columns() + "; it is square");
        double most = 0;
        double[] values = weights.values().toDoubleArray();
        for (double v : values) {
            if (!(v >= 0 && v < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("GraphLaplacian: W holds " + v + "; weights are finite and at least 0");
            most = Math.max(most, v);
        }
        for (double v : weights.sub(weights.transpose()).values().toDoubleArray())
            if (Math.abs(v) > 1e-10 * most)
                throw new IllegalArgumentException("GraphLaplacian: W is not symmetric, w_ij and w_ji differ by " + Math.abs(v)
                        + "; take the union of neighbours or the mean");
    }

    /** @param weights W (n x n) */
    public static GraphLaplacian of(Tensor weights, Kind kind) { return new GraphLaplacian(Csr.fromDense(weights), kind); }

    /** Number of nodes. */
    public int size() { return (int) weights.rows(); }

    /** Sum of the weights from each node to others. */
    public double[] degrees() {
        double[] d = new double[size()], w = weights.values().toDoubleArray();
        for (int i = 0; i < d.length; i++)
            for (int e = weights.rowStart(i); e < weights.rowStart(i + 1); e++) if (weights.column(e) != i) d[i] += w[e];
        return d;
    }

    /** The factors of rows and of columns of {@code D - W} that make this kind; 0 for a node without edges. */
    private double[][] factors() {
        double[] d = degrees();
        var left = new double[d.length];
        var right = new double[d.length];
        for (int i = 0; i < d.length; i++) {
            left[i] = kind == Kind.UNNORMALISED ? 1 : d[i] == 0 ? 0 : kind == Kind.SYMMETRIC ? 1 / Math.sqrt(d[i]) : 1 / d[i];
            right[i] = kind == Kind.SYMMETRIC ? left[i] : 1;
        }
        return new double[][] {left, right};
    }

    /** L (n x n). */
    public Csr matrix() {
        int n = size(), entries = weights.entries();
        double[] d = degrees(), w = weights.values().toDoubleArray();
        double[][] f = factors();
        int[] row = new int[entries + n], column = new int[entries + n];
        var value = new double[entries + n];
        int at = 0;
        for (int i = 0; i < n; i++) {
            row[at] = column[at] = i;
            value[at++] = f[0][i] * d[i] * f[1][i];
            for (int e = weights.rowStart(i); e < weights.rowStart(i + 1); e++, at++) {
                row[at] = i;
                column[at] = weights.column(e);
                value[at] = column[at] == i ? 0 : -f[0][i] * w[e] * f[1][column[at]];
            }
        }
        return Csr.fromEntries(n, n, row, column, value);
    }

    /** {@code x L x}. @param x (n) */
    public double quadraticForm(Tensor x) { return matrix().matmul(x.unsqueeze(1)).squeeze(1).mul(x).sum().item(); }

    /** The connected component of each node, numbered from 0 by their first nodes. */
    public int[] components() {
        int n = size(), count = 0;
        int[] of = new int[n], queue = new int[n];
        Arrays.fill(of, -1);
        double[] w = weights.values().toDoubleArray();
        for (int i = 0; i < n; i++) {
            if (of[i] >= 0) continue;
            int head = 0, tail = 0;
            of[i] = count;
            queue[tail++] = i;
            while (head < tail) {
                int at = queue[head++];
                for (int e = weights.rowStart(at); e < weights.rowStart(at + 1); e++) {
                    int next = weights.column(e);
                    if (w[e] == 0 || of[next] >= 0) continue;
                    of[next] = count;
                    queue[tail++] = next;
                }
            }
            count++;
        }
        return of;
    }

    /**
     * The lowest eigenvalues and their vectors.
     *
     * @param values ascending (k)
     * @param vectors (n x k); of length 1, for the random walk those of the symmetric kind times {@code D^-1/2}
     */
    public record Spectrum(Tensor values, Tensor vectors) {}

    /** The {@code k} lowest: by Lanczos above 600 nodes, where a multiple eigenvalue above 0 may be found fewer times than it occurs. */
    public Spectrum lowest(int k) {
        int n = size();
        if (k < 1 || k > n) throw new IllegalArgumentException("GraphLaplacian.lowest: k is " + k + "; it lies between 1 and " + n);
        var symmetric = kind == Kind.RANDOM_WALK ? new GraphLaplacian(weights, Kind.SYMMETRIC) : this;
        Tensor values, vectors;
        if (n <= DENSE) {
            var eigen = Eigen.symmetric(symmetric.matrix().toDense());
            values = eigen.values().narrow(0, 0, k).contiguous();
            vectors = eigen.vectors().narrow(1, 0, k).contiguous();
        } else {
            var spectrum = symmetric.byLanczos(k);
            values = spectrum.values;
            vectors = spectrum.vectors;
        }
        if (kind == Kind.RANDOM_WALK) {
            double[] d = degrees();
            vectors = vectors.mul(Tensor.of(Arrays.stream(d).map(v -> v == 0 ? 1 : 1 / Math.sqrt(v)).toArray()).unsqueeze(1)).compute();
        }
        return new Spectrum(values.compute(), vectors);
    }

    /** The eigenvectors of 0 are known, one for each component ({@code D^1/2} on it); left to Lanczos, some of them would be missed. */
    private Spectrum byLanczos(int k) {
        int n = size();
        int[] component = components();
        double[] degree = degrees(), root = new double[n], squares = new double[n];
        int count = 0;
        for (int i = 0; i < n; i++) {
            root[i] = kind == Kind.UNNORMALISED || degree[i] == 0 ? 1 : Math.sqrt(degree[i]);
            squares[component[i]] += root[i] * root[i];
            count = Math.max(count, component[i] + 1);
        }
        int known = Math.min(k, count);
        var kernel = new double[n][known];
        for (int i = 0; i < n; i++) if (component[i] < known) kernel[i][component[i]] = root[i] / Math.sqrt(squares[component[i]]);
        if (k == known) return new Spectrum(Tensor.zeros(DType.F64, k), Tensor.of(kernel));
        var l = LinearMap.of(matrix());
        // The largest eigenvalues of c - L are found sooner than the smallest of L; less c on the kernel, its own come last.
        double c = kind == Kind.UNNORMALISED ? 2 * Arrays.stream(degree).max().orElseThrow() : 2;
        var pairs = new Lanczos(k - known).run(LinearMap.symmetricArray(n, x -> {
            double[] y = l.times(x), along = new double[known];
            for (int i = 0; i < n; i++) along[component[i]] += root[i] * x[i];
            for (int i = 0; i < n; i++) y[i] = c * (x[i] - along[component[i]] / squares[component[i]] * root[i]) - y[i];
            return y;
        }), Rng.of(0));
        int[] order = pairs.values().neg().argsort(0).toIntArray();
        var values = pairs.values().neg().add(c).rows(order);
        var vectors = pairs.vectors().transpose().rows(order).transpose();
        return new Spectrum(Tensor.concat(0, Tensor.zeros(DType.F64, known), values),
                Tensor.concat(1, Tensor.of(kernel), vectors).contiguous());
    }
}
