package lyceum.train;

import java.util.function.DoubleUnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Eigen;
import lyceum.tensor.Tensor;

/**
 * How a linear model learns under the loss {@code 1/2 sum (f - y)^2}: with the kernel {@code K = V diag(lambda) V'} of its training rows the residual
 * {@code y - f} decays on its own along each eigenvector, as {@code exp(-lambda t)} under gradient flow and as {@code (1 - eta lambda)^s} in steps.
 *
 * {@snippet :
 * var flow = new KernelDynamics(k, y.sub(f0));
 * Tensor learnt = y.sub(flow.residual(t));
 * Tensor elsewhere = g0.add(flow.change(kTestTrain, t));
 * }
 *
 * <p>For a wide network with its tangent kernel this is also how the network learns. Time is the sum of learning rates; for the mean instead of the
 * sum of squares divide it by n / 2.
 *
 * @see <a href="https://arxiv.org/abs/1902.06720">Lee et al. (2019)</a>
 */
public final class KernelDynamics {
    private final Tensor vectors;
    private final double[] values, start;
    /** An eigenvalue of at most this is 0 up to rounding. */
    private final double nothing;

    /**
     * @param kernel (n, n), symmetric and positive semi-definite
     * @param residual targets minus outputs at time 0: (n), or any shape of n elements
     */
    public KernelDynamics(Tensor kernel, Tensor residual) {
        if (kernel.rank() != 2 || kernel.size(0) != kernel.size(1) || residual.count() != kernel.size(0))
            throw new ShapeException("KernelDynamics: a kernel of shape " + kernel.shape() + " and residuals of shape " + residual.shape());
        var k = kernel.detach().to(DType.F64);
        var eigen = Eigen.symmetric(k.add(k.transpose()).mul(0.5).compute());
        vectors = eigen.vectors().compute();
        values = eigen.values().toDoubleArray();
        double most = 0;
        for (double v : values) {
            if (!Double.isFinite(v))
                throw new IllegalArgumentException("KernelDynamics: an eigenvalue is " + v + "; the kernel is not finite");
            most = Math.max(most, v);
        }
        nothing = values.length * Math.ulp(most);
        start = vectors.transpose().matmul(residual.detach().to(DType.F64).flatten()).toDoubleArray();
    }

    /** Eigenvalues in the order of the eigenvectors. */
    public Tensor eigenvalues() { return Tensor.of(values); }

    /** Eigenvectors as columns. */
    public Tensor eigenvectors() { return vectors; }

    /** The residual's coordinates along the eigenvectors at time 0. */
    public Tensor modes() { return Tensor.of(start); }

    /** The coordinates of any vector of n along the eigenvectors. */
    public Tensor modes(Tensor residual) { return vectors.transpose().matmul(residual.detach().to(DType.F64).flatten()); }

    /** The residual (n) at a time of gradient flow; infinity is allowed. */
    public Tensor residual(double time) { return decayed(decay(time)); }

    /** The residual (n) after steps of gradient descent. */
    public Tensor residual(double rate, long steps) { return decayed(l -> Math.pow(1 - rate * l, steps)); }

    /**
     * How far outputs elsewhere have moved from their own start: {@code K(x, X) K^-1 (I - exp(-K t)) (y - f0)}; at infinity, not
     * at all along eigenvectors of eigenvalue 0.
     *
     * @param across (m, n): the kernel of the other rows with the training rows
     */
    public Tensor change(Tensor across, double time) {
        requireTime(time);
        if (Double.isInfinite(time)) return moved(across, l -> l <= nothing ? 0 : 1 / l);
        return moved(across, l -> l * time < 1e-12 ? time : -Math.expm1(-l * time) / l);
    }

    /** The same after steps of gradient descent. */
    public Tensor change(Tensor across, double rate, long steps) {
        return moved(across, l -> Math.abs(rate * l) < 1e-14 ? rate * steps : (1 - Math.pow(1 - rate * l, steps)) / l);
    }

    /** The time by which the part of the residual along eigenvector i has fallen to a share of its start. */
    public double timeTo(int i, double share) { return values[i] <= 0 ? Double.POSITIVE_INFINITY : -Math.log(share) / values[i]; }

    private Tensor moved(Tensor across, DoubleUnaryOperator f) {
        if (across.rank() != 2 || across.size(1) != values.length) throw new ShapeException(
                "KernelDynamics.change: a kernel of shape " + across.shape() + " for " + values.length + " training rows");
        return across.detach().to(DType.F64).matmul(decayed(f)).compute();
    }

    private DoubleUnaryOperator decay(double time) {
        requireTime(time);
        double least = Double.isInfinite(time) ? nothing : 0;
        return l -> l <= least ? 1 : Math.exp(-l * time);
    }

    private static void requireTime(double time) {
        if (!(time >= 0)) throw new IllegalArgumentException("KernelDynamics: time is " + time + "; it is at least 0");
    }

    private Tensor decayed(DoubleUnaryOperator factor) {
        var scaled = new double[values.length];
        for (int i = 0; i < scaled.length; i++) scaled[i] = start[i] * factor.applyAsDouble(values[i]);
        return vectors.matmul(Tensor.of(scaled)).compute();
    }
}
