package lyceum.models.points;

import java.util.Arrays;
import lyceum.DType;
import lyceum.linalg.Eigen;
import lyceum.tensor.Tensor;

/**
 * A code for sets of numbers that keeps everything: {@code p_k = sum of x^k}, k = 1 to M, from which Newton's identities give the polynomial whose roots the set is.
 * So every function of at most M numbers is {@code rho(sum of phi(x))} with {@code phi(x) = (x, x^2, .., x^M)}. A proof, not a format: beyond a handful of numbers
 * rounding eats it.
 *
 * @see <a href="https://arxiv.org/abs/1703.06114">Zaheer et al. (2017), theorem 7</a>
 */
public final class PowerSums {
    private PowerSums() {}

    /** {@code p_1 .. p_m} of the numbers. */
    public static double[] encode(double[] set, int m) {
        var p = new double[m];
        for (double x : set) {
            double power = 1;
            for (int k = 0; k < m; k++) p[k] += power *= x;
        }
        return p;
    }

    /**
     * The n numbers whose power sums these are, ascending. {@code k e_k = sum over i of (-1)^(i-1) e_(k-i) p_i}, and the roots of
     * {@code x^n - e_1 x^(n-1) + e_2 x^(n-2) - ..} are the eigenvalues of its companion matrix.
     *
     * @throws IllegalArgumentException if there are fewer than n sums
     */
    public static double[] decode(double[] sums, int n) {
        if (n < 0 || n > sums.length)
            throw new IllegalArgumentException("PowerSums.decode: " + n + " numbers from " + sums.length + " sums; as many at most");
        if (n == 0) return new double[0];
        var e = new double[n + 1];
        e[0] = 1;
        for (int k = 1; k <= n; k++) {
            for (int i = 1; i <= k; i++) e[k] += (i % 2 == 1 ? 1 : -1) * e[k - i] * sums[i - 1];
            e[k] /= k;
        }
        var companion = new double[n][n];
        for (int i = 0; i < n; i++) {
            companion[0][i] = i % 2 == 0 ? e[i + 1] : -e[i + 1];
            if (i > 0) companion[i][i - 1] = 1;
        }
        var roots = Eigen.general(Tensor.of(companion)).real().to(DType.F64).toDoubleArray();
        Arrays.sort(roots);
        return roots;
    }
}
