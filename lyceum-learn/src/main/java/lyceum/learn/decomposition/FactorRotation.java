package lyceum.learn.decomposition;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Linalg;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.tensor.Tensor;

/**
 * Loadings in other axes: the same model, {@code L Phi L^T = L_0 L_0^T}, told so that each column of loadings is near 0 or large.
 *
 * @param loadings {@code L = L_0 T} (p x k), F64
 * @param rotation T (k x k)
 * @param factorCorrelation Phi (k x k): the identity where T is orthogonal
 */
public record FactorRotation(Tensor loadings, Tensor rotation, Tensor factorCorrelation) {
    private static final int STEPS = 1000;

    /** Varimax with rows scaled to length 1, as is usual. */
    public static FactorRotation varimax(Tensor loadings) { return varimax(loadings, true); }

    /**
     * The orthogonal rotation that makes the variance of squared loadings within columns as large as possible.
     *
     * @param loadings (p x k)
     * @param normalised whether each row counts alike, whatever its length (Kaiser's normalisation)
     * @see <a href="https://doi.org/10.1007/BF02289233">Kaiser (1958), The varimax criterion for analytic rotation in factor analysis</a>
     */
    public static FactorRotation varimax(Tensor loadings, boolean normalised) {
        if (loadings.rank() != 2) throw new ShapeException("varimax: shape " + loadings.shape() + "; loadings are (p x k)");
        var raw = loadings.detach().to(DType.F64);
        var length = raw.square().sum(1, true).sqrt();
        var x = normalised ? raw.div(Tensor.where(length.eq(0), length.onesLike(), length)).compute() : raw;
        var t = Tensor.eye(DType.F64, (int) raw.size(1));
        double before = 0;
        for (int s = 0; s < STEPS; s++) {
            var z = x.matmul(t);
            // The gradient of the criterion; its polar factor is the next rotation.
            var svd = Svd.of(x.transpose().matmul(z.square().mul(z).sub(z.mul(z.square().mean(0)))));
            t = svd.u().matmul(svd.vt()).compute();
            double now = svd.s().sum().item();
            if (now <= before * (1 + 1e-14)) break;
            before = now;
        }
        return new FactorRotation(raw.matmul(t).compute(), t, Tensor.eye(DType.F64, (int) raw.size(1)));
    }

    /** Promax with power 4, as is usual. */
    public static FactorRotation promax(Tensor loadings) { return promax(loadings, 4); }

    /**
     * An oblique rotation: the linear map of varimax loadings nearest to their own powers, in which small loadings are smaller still.
     *
     * @param power at least 1; larger ones let factors correlate more
     * @see <a href="https://doi.org/10.1111/j.2044-8317.1964.tb00244.x">Hendrickson and White (1964), Promax</a>
     */
    public static FactorRotation promax(Tensor loadings, double power) {
        if (!(power >= 1)) throw new IllegalArgumentException("promax: power is " + power + "; it is at least 1");
        var varimax = varimax(loadings);
        var x = varimax.loadings;
        var u = Qr.of(x).solve(x.mul(x.abs().pow(power - 1)));
        // Columns so long that the factors have variance 1.
        var lengths = Linalg.inverse(u.transpose().matmul(u)).diagonal().sqrt();
        var t = varimax.rotation.matmul(u.mul(lengths)).compute();
        return new FactorRotation(loadings.to(DType.F64).matmul(t).compute(), t, Linalg.inverse(t.transpose().matmul(t)).compute());
    }
}
