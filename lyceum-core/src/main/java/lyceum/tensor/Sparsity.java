package lyceum.tensor;

import java.util.Arrays;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.random.Rng;

/** How sparse numbers are, and from which density on a sparse product pays. All measures look at magnitudes. */
public final class Sparsity {
    private Sparsity() {}

    /** Share of elements that are 0. */
    public static double zeroShare(Tensor x) { return 1 - x.detach().countNonZero().item() / x.count(); }

    /**
     * {@code (sqrt(n) - |x|_1 / |x|_2) / (sqrt(n) - 1)}: 1 for one element other than 0, 0 for equal magnitudes. NaN if all are 0, or n is 1.
     *
     * @see <a href="https://www.jmlr.org/papers/v5/hoyer04a.html">Hoyer (2004)</a>
     */
    public static double hoyer(Tensor x) {
        double root = Math.sqrt(x.count());
        double[] a = magnitudes(x);
        return (root - Arrays.stream(a).sum() / Math.sqrt(Arrays.stream(a).map(v -> v * v).sum())) / (root - 1);
    }

    /**
     * Gini's index: 0 for equal magnitudes, {@code 1 - 1 / n} for one element other than 0. NaN if all are 0.
     *
     * @see <a href="https://arxiv.org/abs/0811.4706">Hurley and Rickard (2009)</a>
     */
    public static double gini(Tensor x) {
        double[] a = magnitudes(x);
        Arrays.sort(a);
        double sum = Arrays.stream(a).sum(), weighted = 0;
        int n = a.length;
        for (int k = 1; k <= n; k++) weighted += a[k - 1] / sum * (n - k + 0.5) / n;
        return 1 - 2 * weighted;
    }

    /** {@code |x|_1^2 / |x|_2^2}: how many equal magnitudes would have the same two norms. */
    public static double effectiveCount(Tensor x) {
        double[] a = magnitudes(x);
        double sum = Arrays.stream(a).sum();
        return sum * sum / Arrays.stream(a).map(v -> v * v).sum();
    }

    private static double[] magnitudes(Tensor x) {
        var a = x.detach().to(DType.F64).abs().reshape(-1).toDoubleArray();
        double top = Arrays.stream(a).max().orElse(0);
        if (top > 0) for (int i = 0; i < a.length; i++) a[i] /= top; // no measure sees a scale, and squares do not overflow
        return a;
    }

    /**
     * The density below which a sparse matrix times a vector is faster than a dense one on this machine, F32, n x n: the first power of 1/2 that
     * is. Takes a moment: medians of seven runs.
     */
    public static double breakEven(int n, Rng rng) {
        var vector = Tensor.randn(rng, n);
        var dense = Tensor.randn(rng, n, n).compute();
        double limit = seconds(() -> dense.matmul(vector).compute());
        double density = 1;
        for (; density * n * n >= 1; density /= 2) {
            double share = density;
            var sparse = Csr.fromDense(Tensor.rand(rng, n, n).lt(share).where(dense, dense.zerosLike()));
            if (seconds(() -> sparse.matmul(vector).compute()) < limit) return density;
        }
        return density;
    }

    private static double seconds(Supplier<?> work) {
        var times = new double[7];
        work.get();
        for (int i = 0; i < times.length; i++) {
            long begin = System.nanoTime();
            work.get();
            times[i] = (System.nanoTime() - begin) * 1e-9;
        }
        Arrays.sort(times);
        return times[3];
    }
}
