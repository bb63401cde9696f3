package lyceum.train;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Svd;
import lyceum.tensor.Tensor;

/**
 * How well a source network may serve a target task, judged without training: from its features, or from what it thinks of the target's examples.
 *
 * {@snippet :
 * double evidence = Transferability.logMe(features, labels, classes);   // the higher, the better a linear head on them will do
 * }
 *
 * <p>Values rank sources for one task; they mean nothing across tasks.
 */
public final class Transferability {
    private Transferability() {}

    /**
     * Log expected empirical prediction: the mean log-likelihood of labels by {@code p(y | z)}, estimated from the source's guesses, averaged over its
     * classes z. Never above zero.
     *
     * @param source probabilities of the source's classes for each target example, (n, source classes)
     * @param labels of the target, (n), from 0
     * @param classes of the target
     * @see <a href="https://arxiv.org/abs/2002.12462">Nguyen et al. (2020)</a>
     */
    public static double leep(Tensor source, Tensor labels, int classes) {
        int[] y = labels("leep", source, labels, classes);
        int n = y.length, sources = (int) source.size(1);
        double[] p = source.to(DType.F64).toDoubleArray(), joint = new double[classes * sources], marginal = new double[sources];
        for (int i = 0; i < n; i++) for (int z = 0; z < sources; z++) {
            if (!(p[i * sources + z] >= 0))
                throw new IllegalArgumentException("leep: a probability is " + p[i * sources + z] + "; it is at least 0");
            joint[y[i] * sources + z] += p[i * sources + z] / n;
            marginal[z] += p[i * sources + z] / n;
        }
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double expected = 0;
            for (int z = 0; z < sources; z++) if (marginal[z] > 0) expected += p[i * sources + z] * joint[y[i] * sources + z] / marginal[z];
            sum += Math.log(expected);
        }
        return sum / n;
    }

    /**
     * H-score: {@code tr(cov(f)^+ cov(E[f | y]))}, how much of the features' spread lies between classes; from 0 to the rank of the features.
     *
     * @param features (n, d)
     * @param labels (n), from 0
     * @see <a href="https://doi.org/10.1109/ICIP.2019.8803726">Bao et al. (2019)</a>
     */
    public static double hScore(Tensor features, Tensor labels, int classes) {
        int[] y = labels("hScore", features, labels, classes);
        int n = y.length, d = (int) features.size(1);
        var centred = features.to(DType.F64).sub(features.to(DType.F64).mean(0, true)).compute();
        double[] f = centred.toDoubleArray(), mean = new double[classes * d];
        var count = new double[classes];
        for (int i = 0; i < n; i++) {
            count[y[i]]++;
            for (int j = 0; j < d; j++) mean[y[i] * d + j] += f[i * d + j];
        }
        for (int c = 0; c < classes; c++) for (int j = 0; j < d; j++) if (count[c] > 0) mean[c * d + j] /= Math.sqrt(count[c] * n);
        var between = Tensor.of(mean, classes, d);
        var inverse = Svd.of(centred.transpose().matmul(centred).div(n)).pseudoInverse();
        return between.matmul(inverse).mul(between).sum().item();
    }

    /**
     * Logarithm of the maximum evidence: how probable each class's indicator is under Bayesian linear regression on the features, at the prior and noise
     * precisions that make it most probable; over n, averaged over the classes.
     *
     * @param features (n, d)
     * @param labels (n), from 0
     * @see <a href="https://arxiv.org/abs/2102.11005">You et al. (2021)</a>
     */
    public static double logMe(Tensor features, Tensor labels, int classes) {
        int[] y = labels("logMe", features, labels, classes);
        double sum = 0;
        var basis = new Basis(features.to(DType.F64));
        for (int c = 0; c < classes; c++) {
            var target = new double[y.length];
            for (int i = 0; i < target.length; i++) target[i] = y[i] == c ? 1 : 0;
            sum += basis.evidence(target);
        }
        return sum / classes;
    }

    /** {@link #logMe(Tensor, Tensor, int)} of real targets (n). */
    public static double logMe(Tensor features, Tensor targets) {
        if (features.rank() != 2 || targets.rank() != 1 || targets.size(0) != features.size(0)) throw new ShapeException(
                "logMe: features " + features.shape() + " and targets " + targets.shape() + "; they are (n, d) and (n)");
        return new Basis(features.to(DType.F64)).evidence(targets.to(DType.F64).toDoubleArray());
    }

    /** Features by their singular vectors: each evidence is then a sum over them. */
    private static final class Basis {
        private static final int MOST = 1000;
        private final int n, d;
        private final double[] u, squares;

        Basis(Tensor features) {
            n = (int) features.size(0);
            d = (int) features.size(1);
            var svd = Svd.of(features);
            u = svd.u().toDoubleArray();
            squares = svd.s().square().toDoubleArray();
        }

        /** Fixed point of MacKay's updates: {@code alpha = gamma / m'm}, {@code beta = (n - gamma) / residual}. */
        double evidence(double[] y) {
            int k = squares.length;
            var z = new double[k];
            double norm = 0, inside = 0;
            for (double v : y) norm += v * v;
            for (int j = 0; j < k; j++) {
                for (int i = 0; i < n; i++) z[j] += u[i * k + j] * y[i];
                z[j] *= z[j];
                inside += z[j];
            }
            double outside = Math.max(0, norm - inside), alpha = 1, beta = 1, value = Double.NEGATIVE_INFINITY;
            for (int step = 0; step < MOST; step++) {
                double t = alpha / beta, gamma = 0, weights = 0, residual = outside, logDet = (d - k) * Math.log(alpha);
                for (int j = 0; j < k; j++) {
                    double s = squares[j], shrunk = s + t;
                    gamma += s / shrunk;
                    weights += s * z[j] / (shrunk * shrunk);
                    residual += z[j] * t * t / (shrunk * shrunk);
                    logDet += Math.log(alpha + beta * s);
                }
                double now = (d * Math.log(alpha) + n * Math.log(beta) - beta * residual - alpha * weights - logDet
                        - n * Math.log(2 * Math.PI)) / 2;
                if (Math.abs(now - value) <= 1e-13 * Math.abs(now)) return now / n;
                value = now;
                alpha = gamma / Math.max(weights, 1e-300);
                beta = (n - gamma) / Math.max(residual, 1e-300);
            }
            return value / n;
        }
    }

    private static int[] labels(String operation, Tensor x, Tensor labels, int classes) {
        if (x.rank() != 2 || labels.rank() != 1 || labels.size(0) != x.size(0) || x.size(0) == 0)
            throw new ShapeException(operation + ": " + x.shape() + " and labels " + labels.shape() + "; they are (n, ..) and (n)");
        long[] y = labels.toLongArray();
        var ints = new int[y.length];
        for (int i = 0; i < y.length; i++) {
            if (y[i] < 0 || y[i] >= classes)
                throw new IllegalArgumentException(operation + ": label " + y[i] + " at " + i + "; there are " + classes + " classes");
            ints[i] = (int) y[i];
        }
        return ints;
    }
}
