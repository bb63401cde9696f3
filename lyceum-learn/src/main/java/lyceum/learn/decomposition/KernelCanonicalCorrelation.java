package lyceum.learn.decomposition;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Svd;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Canonical correlations between functions of two views that a kernel names: everything is told by the matrices of kernel values between the rows.
 * With linear kernels it is {@link CanonicalCorrelation} with a ridge of the same size.
 *
 * {@snippet :
 * var x = Tensor.rand(Rng.of(1), DType.F64, 60, 1).mul(4).sub(2);
 * var y = x.square();
 * var d = x.sub(x.transpose()).square();
 * var e = y.sub(y.transpose()).square();
 * new KernelCanonicalCorrelation(1, 0.01).fit(d.neg().exp(), e.neg().exp()).correlations();
 * }
 *
 * @param components pairs kept, at least 1
 * @param ridge l, above 0: functions are held to {@code variance + l |f|^2 = 1}. Without it a kernel that tells all rows apart finds correlations
 *     of 1 in anything
 * @see <a href="https://doi.org/10.1162/0899766042321814">Hardoon, Szedmak and Shawe-Taylor (2004)</a>
 */
@Withers
public record KernelCanonicalCorrelation(int components, double ridge) implements KernelCanonicalCorrelationWithers {
    public KernelCanonicalCorrelation {
        if (components < 1) throw new IllegalArgumentException("components is " + components + "; at least 1 is kept");
        if (!(ridge > 0 && ridge < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("ridge is " + ridge + "; it is above 0, a kernel needs one");
    }

    /**
     * @param kx kernel values between the rows of the first view (n x n), symmetric; centred here
     * @param ky the same for the second view
     */
    public Fitted fit(Tensor kx, Tensor ky) {
        int n = size("KernelCanonicalCorrelation.fit", kx);
        if (size("KernelCanonicalCorrelation.fit", ky) != n)
            throw new ShapeException("KernelCanonicalCorrelation.fit: shapes " + kx.shape() + " and " + ky.shape() + " differ");
        Tensor x = kx.detach().to(DType.F64), y = ky.detach().to(DType.F64);
        View vx = View.ofGram(centred(x), ridge * (n - 1)), vy = View.ofGram(centred(y), ridge * (n - 1));
        int most = Math.min(vx.rank(), vy.rank());
        if (components > most) throw new IllegalArgumentException("KernelCanonicalCorrelation.fit: components is " + components
                + "; the kernels have ranks " + vx.rank() + " and " + vy.rank());
        var svd = Svd.of(vx.filtered().transpose().matmul(vy.filtered()));
        double root = Math.sqrt(n - 1);
        return new Fitted(svd.s().narrow(0, 0, components).toDoubleArray(), vx.duals(svd.u().narrow(1, 0, components)).mul(root).compute(),
                vy.duals(svd.v().narrow(1, 0, components)).mul(root).compute(), x.mean(0).compute(), y.mean(0).compute());
    }

    private static int size(String operation, Tensor k) {
        if (k.rank() != 2 || k.size(0) != k.size(1) || k.size(0) < 2)
            throw new ShapeException(operation + ": shape " + k.shape() + "; kernel values between at least 2 rows are a square");
        return (int) k.size(0);
    }

    private static Tensor centred(Tensor k) {
        var mean = k.mean(0);
        return k.sub(mean).sub(mean.unsqueeze(1)).add(mean.mean()).compute();
    }

    /**
     * What was found.
     *
     * @param correlations falling, shrunk by the ridge
     * @param xDuals weights of the training rows (n x k): a score is {@code sum_i dual_i (k(z, x_i) - means)}
     * @param yDuals the same for the second view
     * @param xMeans means of the columns of kx (n)
     * @param yMeans means of the columns of ky (n)
     */
    public record Fitted(double[] correlations, Tensor xDuals, Tensor yDuals, Tensor xMeans, Tensor yMeans) {
        /** A copy. */
        @Override public double[] correlations() { return correlations.clone(); }

        /** Scores (m x k) of rows whose kernel values with the training rows are {@code k} (m x n). */
        public Tensor xScores(Tensor k) { return scores(k, xDuals, xMeans); }

        /** The same for the second view. */
        public Tensor yScores(Tensor k) { return scores(k, yDuals, yMeans); }

        private static Tensor scores(Tensor k, Tensor duals, Tensor means) {
            if (k.rank() != 2 || k.size(1) != means.size(0)) throw new ShapeException(
                    "KernelCanonicalCorrelation: kernel values have shape " + k.shape() + "; the fit had " + means.size(0) + " rows");
            var values = k.to(DType.F64);
            return values.sub(values.mean(1, true)).sub(means).add(means.mean()).matmul(duals).compute();
        }
    }
}
