package lyceum.bayes;

import java.util.Arrays;
import lyceum.kernel.KernelFunction;
import lyceum.linalg.Cholesky;
import lyceum.linalg.NotPositiveDefiniteException;
import lyceum.optim.Box;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.tensor.Tensor;

/**
 * A Gaussian process seen through its values at m inducing points: the best normal distribution over these and a bound below the exact likelihood,
 * {@code log N(r; 0, Q + s^2 I) - tr(K - Q) / (2 s^2)} with {@code Q = K_xu K_uu^-1 K_ux}. Takes n m^2 multiplications.
 *
 * {@snippet :
 * Tensor x = Tensor.linspace(0, 10, 500).reshape(500, 1), y = x.sin().reshape(500);
 * var process = new GaussianProcess(new Rbf(1.0), 0.01);
 * var sparse = SparseGaussianProcess.of(process, x, y, SparseGaussianProcess.inducing(process.kernel(), x, 12));
 * sparse.bound();
 * sparse.mean(Tensor.of(2.5, 3.5).reshape(2, 1));
 * }
 *
 * @see <a href="https://proceedings.mlr.press/v5/titsias09a.html">Titsias (2009), Variational Learning of Inducing Variables in Sparse Gaussian
 *      Processes</a>
 */
public final class SparseGaussianProcess {
    private static final double LOG_2PI = Math.log(2 * Math.PI);
    private final GaussianProcess process;
    private final Tensor points, y, inducing;
    private final double[] residual;
    /** {@code K_ux} (m x n), factors of {@code K_uu} and of {@code B = K_uu + K_ux K_xu / s^2}, and {@code B^-1 K_ux r / s^2}. */
    private final Tensor cross;
    private final Cholesky uu, b;
    private final double[] weights;
    private final double missing, bound;

    private SparseGaussianProcess(GaussianProcess process, Tensor x, Tensor y, Tensor inducing) {
        if (!(process.noise() > 0))
            throw new IllegalArgumentException("SparseGaussianProcess: noise is " + process.noise() + "; it is above 0");
        this.process = process;
        this.points = x;
        this.y = y;
        this.inducing = inducing;
        double[][] rows = GaussianProcess.rows(x);
        residual = process.residual(rows, y);
        KernelFunction k = process.kernel();
        cross = k.gram(inducing, x);
        // As much jitter as K_uu needs to be factored, and none where it needs none
        uu = Cholesky.of(k.gram(inducing), new Cholesky.Jitter(1e-14, 10, 10));
        int n = rows.length, m = (int) inducing.size(0);
        double noise = process.noise(), scale = 1 / Math.sqrt(noise);
        // B = L (I + V V') L' with V = L^-1 K_ux / s: conditioned by the noise, not by K_uu
        Tensor v = uu.solveLower(cross).mul(scale);
        b = Cholesky.of(v.matmul(v.transpose()).add(Tensor.eye(m)));
        Tensor r = Tensor.of(residual), vr = v.matmul(r), half = b.solveLower(vr);
        weights = transposedSolve(uu, transposedSolve(b, half.toDoubleArray())).clone();
        for (int i = 0; i < m; i++) weights[i] *= scale;
        double trace = 0;
        for (double d : k.diagonal(rows)) trace += d / noise;
        double q = v.square().sum().item(), fit = (r.square().sum().item() - half.square().sum().item()) / noise;
        missing = trace - q;
        bound = -0.5 * (n * LOG_2PI + n * Math.log(noise) + b.logDet() + fit + missing);
    }

    private static double[] transposedSolve(Cholesky l, double[] x) {
        double[][] lower = l.lower().toRows();
        for (int i = x.length - 1; i >= 0; i--) {
            x[i] /= lower[i][i];
            for (int j = 0; j < i; j++) x[j] -= lower[i][j] * x[i];
        }
        return x;
    }

    /** @param inducing (m x p), any points; of the data, or {@link #inducing} */
    public static SparseGaussianProcess of(GaussianProcess process, Tensor x, Tensor y, Tensor inducing) {
        return new SparseGaussianProcess(process, x, y, inducing);
    }

    /** m rows of x, each the one that those before it tell least about: the pivots of a Cholesky factorisation. */
    public static Tensor inducing(KernelFunction kernel, Tensor x, int m) {
        double[][] rows = GaussianProcess.rows(x), chosen = new double[m][];
        if (m < 1 || m > rows.length)
            throw new IllegalArgumentException("SparseGaussianProcess: " + m + " inducing points of " + rows.length + " rows");
        double[] left = kernel.diagonal(rows);
        var factor = new double[m][rows.length];
        for (int k = 0; k < m; k++) {
            int best = 0;
            for (int i = 1; i < left.length; i++) if (left[i] > left[best]) best = i;
            chosen[k] = rows[best];
            double pivot = Math.sqrt(Math.max(left[best], 1e-300));
            for (int i = 0; i < rows.length; i++) {
                double v = kernel.of(rows[best], rows[i]);
                for (int j = 0; j < k; j++) v -= factor[j][best] * factor[j][i];
                factor[k][i] = v / pivot;
                left[i] -= factor[k][i] * factor[k][i];
            }
            left[best] = Double.NEGATIVE_INFINITY;
        }
        return Tensor.of(chosen);
    }

    public GaussianProcess process() { return process; }

    /** At most the exact log marginal likelihood. */
    public double bound() { return bound; }

    /** {@code tr(K - Q) / s^2}: what the inducing points do not tell of the data's curve, in units of the noise. */
    public double missing() { return missing; }

    /** Mean of the curve at the rows of z, (m). */
    public Tensor mean(Tensor z) {
        Tensor m = process.kernel().gram(z, inducing).matmul(Tensor.of(weights));
        double[][] rows = z.toRows();
        return m.add(Tensor.of(Arrays.stream(rows).mapToDouble(process.mean()).toArray()));
    }

    /** Variance of the curve, (m): {@code k - k_u K_uu^-1 k_u + k_u B^-1 k_u}. */
    public Tensor variance(Tensor z) {
        Tensor first = uu.solveLower(process.kernel().gram(inducing, z)), second = b.solveLower(first);
        double[] known = first.square().sum(0).toDoubleArray(), open = second.square().sum(0).toDoubleArray(),
                v = process.kernel().diagonal(GaussianProcess.rows(z));
        for (int i = 0; i < v.length; i++) v[i] = Math.max(0, v[i] - known[i] + open[i]);
        return Tensor.of(v);
    }

    /** The bound and its gradient by the kernel's logarithmic parameters and last by the log of the noise. */
    public GaussianProcess.Likelihood likelihood() {
        double noise = process.noise();
        int n = residual.length;
        KernelFunction k = process.kernel();
        // With alpha = (Q + s^2)^-1 r, A = K_uu^-1 K_ux and M = (alpha alpha' - (Q + s^2)^-1 + I / s^2) / 2: dK_ux = 2 A M, dK_uu = -A M A'
        Tensor a = uu.solve(cross), r = Tensor.of(residual);
        Tensor alpha = r.sub(cross.transpose().matmul(Tensor.of(weights))).mul(1 / noise), aAlpha = a.matmul(alpha);
        // K_uu^-1 K_ux (Q + s^2)^-1 = B^-1 K_ux / s^2, B = L (I + V V') L'
        Tensor inner = b.solve(uu.solveLower(cross));
        double[][] columns = inner.transpose().toRows();
        for (var column : columns) transposedSolve(uu, column);
        Tensor inverse = Tensor.of(columns).transpose().mul(1 / noise);
        Tensor am = aAlpha.reshape(inducing.size(0), 1).matmul(alpha.reshape(1, n)).sub(inverse).add(a.mul(1 / noise)).mul(0.5);
        double[] gradient = k.parameterGradient(inducing, points, am.mul(2)),
                uuPart = k.parameterGradient(inducing, inducing, am.matmul(a.transpose()).neg()), diagonal = new double[gradient.length];
        for (double[] row : points.toRows()) k.addParameterGradient(row, row, -0.5 / noise, diagonal, 0);
        double[] all = Arrays.copyOf(gradient, gradient.length + 1);
        for (int i = 0; i < gradient.length; i++) all[i] += uuPart[i] + diagonal[i];
        // tr (Q + s^2)^-1 = (n - tr Q (Q + s^2)^-1) / s^2, and that is tr K_xu times the matrix above
        double trace = (n - cross.mul(inverse).sum().item()) / noise;
        all[gradient.length] = 0.5 * (noise * (alpha.square().sum().item() - trace) + missing);
        return new GaussianProcess.Likelihood(bound, all);
    }

    /** The same inducing points with the kernel and the noise that raise the bound most, by L-BFGS. */
    public SparseGaussianProcess fit() {
        int count = process.kernel().parameters().length;
        double[] start = Arrays.copyOf(process.kernel().parameters(), count + 1);
        start[count] = Math.log(process.noise());
        Objective loss = (theta, gradient) -> {
            try {
                var found = new SparseGaussianProcess(process.at(theta), points, y, inducing).likelihood();
                for (int i = 0; i <= count; i++) gradient[i] = -found.gradient()[i];
                return -found.value();
            } catch (NotPositiveDefiniteException e) {
                return Double.POSITIVE_INFINITY;
            }
        };
        double edge = Math.log(1e5);
        var best = new Lbfgs().withGradientTolerance(1e-5).withMaxIterations(300).minimize(loss, start, Box.of(count + 1, -edge, edge));
        return new SparseGaussianProcess(process.at(best.x()), points, y, inducing);
    }
}
