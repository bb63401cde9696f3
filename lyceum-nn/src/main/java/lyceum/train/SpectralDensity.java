package lyceum.train;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import lyceum.linalg.Eigen;
import lyceum.linalg.LinearMap;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Stochastic Lanczos quadrature (Golub and Welsch 1969; Ubaru, Chen and Saad 2017). */
final class SpectralDensity {
    private SpectralDensity() {}

    static SharpnessAnalyzer.Density of(LinearMap a, int starts, int steps, Rng rng) {
        int n = a.rows(), m = Math.min(n, steps), count = 0;
        double[] values = new double[starts * m], weights = new double[starts * m];
        for (int s = 0; s < starts; s++) {
            var t = tridiagonal(a, m, rng);
            var eigen = Eigen.symmetric(Tensor.of(t));
            double[] nodes = eigen.values().toDoubleArray(), first = eigen.vectors().select(0, 0).toDoubleArray();
            for (int i = 0; i < nodes.length; i++, count++) {
                values[count] = nodes[i];
                weights[count] = first[i] * first[i] / starts;
            }
        }
        int total = count;
        var order = IntStream.range(0, total).boxed().sorted(Comparator.comparingDouble(i -> values[i])).mapToInt(i -> i).toArray();
        return new SharpnessAnalyzer.Density(Arrays.stream(order).mapToDouble(i -> values[i]).toArray(),
                Arrays.stream(order).mapToDouble(i -> weights[i]).toArray());
    }

    /** Lanczos with full reorthogonalisation; smaller than m where an invariant subspace is found. */
    private static double[][] tridiagonal(LinearMap a, int m, Rng rng) {
        int n = a.rows();
        double[][] basis = new double[m][], t = new double[m][m];
        var v = new double[n];
        for (int i = 0; i < n; i++) v[i] = rng.nextGaussian();
        double size = norm(v);
        for (int j = 0; j < m; j++) {
            for (int i = 0; i < n; i++) v[i] /= size;
            basis[j] = v;
            var w = a.times(v.clone());
            double scale = norm(w);
            for (int pass = 0; pass < 2; pass++) for (int k = 0; k <= j; k++) {
                double h = 0;
                for (int i = 0; i < n; i++) h += basis[k][i] * w[i];
                for (int i = 0; i < n; i++) w[i] -= h * basis[k][i];
                if (k == j) t[j][j] += h;
            }
            size = norm(w);
            if (j + 1 == m) break;
            if (size <= 1e-12 * scale || size == 0) {
                var smaller = new double[j + 1][];
                for (int i = 0; i <= j; i++) smaller[i] = Arrays.copyOf(t[i], j + 1);
                return smaller;
            }
            t[j][j + 1] = t[j + 1][j] = size;
            v = w;
        }
        return t;
    }

    private static double norm(double[] v) {
        double sum = 0;
        for (double x : v) sum += x * x;
        return Math.sqrt(sum);
    }
}
