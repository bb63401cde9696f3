package lyceum.theory;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.linalg.Eigen;
import lyceum.linalg.Svd;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The risk of least squares as the model grows past the number of samples: {@code min |Phi w - y|^2 + ridge |w|^2}, where ridge 0 means the shortest of the best
 * fits, {@code w = Phi^+ y}. Phi are random features of the inputs, as many as one likes.
 *
 * {@snippet :
 * Tensor inputs = Tensor.randn(Rng.of(1), DType.F64, 700, 20), targets = inputs.sum(1);
 * var samples = new DoubleDescent.Sample(inputs.narrow(0, 0, 200), targets.narrow(0, 0, 200));
 * var unseen = new DoubleDescent.Sample(inputs.narrow(0, 200, 500), targets.narrow(0, 200, 500));
 * var curve = new DoubleDescent(DoubleDescent.FeatureMap.relu(1), new double[] {0, 1}).sweep(samples, unseen, 50, 100, 200, 400, 4_000);
 * curve.peak(0);                                  // the width of the largest test risk without a ridge: 200, the number of samples
 *
 * DoubleDescent.asymptoticRisk(1.5, 3, 1, 0);     // isotropic features, p / n = 1.5, coefficients of length 3, noise of deviation 1: 5
 * DoubleDescent.isotropic(200, 300, 0, 50, Rng.of(1)).of(3, 1);   // the same by 50 draws of 200 samples
 * }
 *
 * @param features of the inputs, by width
 * @param ridges penalties, each at least 0
 * @see <a href="https://arxiv.org/abs/1812.11118">Belkin, Hsu, Ma and Mandal (2019)</a>
 * @see <a href="https://arxiv.org/abs/1903.08560">Hastie, Montanari, Rosset and Tibshirani (2022)</a>
 */
@Withers
public record DoubleDescent(FeatureMap features, double[] ridges) implements DoubleDescentWithers {
    /** Spectra below this share of the largest value are noise of rounding, times the longer side. */
    private static final double EPSILON = Math.ulp(1.0);

    public DoubleDescent {
        if (ridges.length == 0 || Arrays.stream(ridges).anyMatch(r -> !(r >= 0)))
            throw new IllegalArgumentException("DoubleDescent: ridges " + Arrays.toString(ridges) + "; at least one, each at least 0");
        ridges = ridges.clone();
    }

    /** Of minimum norm, without a ridge. */
    public DoubleDescent(FeatureMap features) { this(features, new double[] {0}); }

    /** Features of rows of inputs: (n, d) to (n, width). Those of a smaller width are the first of a larger one, up to a factor. */
    @FunctionalInterface
    public interface FeatureMap {
        Tensor of(Tensor x, int width);

        /** The first columns of x: of independent normal columns, the isotropic case. */
        static FeatureMap columns() { return (x, width) -> x.narrow(1, 0, width); }

        /** {@code relu(x W') / sqrt(width)}, W of independent normal entries. */
        static FeatureMap relu(long seed) {
            return (x, width) -> x.matmul(Tensor.randn(Rng.of(seed), DType.F64, width, x.size(1)).transpose()).relu().div(Math.sqrt(width));
        }

        /** {@code sqrt(2 / width) cos(scale x W' + b)}, W normal and b uniform on a circle: the features of a Gaussian kernel of width 1 / scale. */
        static FeatureMap fourier(double scale, long seed) {
            return (x, width) -> {
                var w = Tensor.randn(Rng.of(seed), DType.F64, width, x.size(1)).mul(scale);
                var b = Tensor.rand(Rng.of(seed).split(1), DType.F64, width).mul(2 * Math.PI);
                return x.matmul(w.transpose()).add(b).cos().mul(Math.sqrt(2.0 / width));
            };
        }
    }

    /** Inputs (n, d) and targets (n) or (n, outputs). */
    public record Sample(Tensor x, Tensor y) {
        public Sample {
            if (x.rank() != 2 || y.rank() < 1 || y.rank() > 2 || x.size(0) != y.size(0) || x.size(0) == 0) throw new ShapeException(
                    "DoubleDescent: inputs " + x.shape() + " and targets " + y.shape() + "; they are (n, d) and (n) or (n, outputs)");
            x = x.to(DType.F64);
            y = y.to(DType.F64);
        }

        /** The first n rows. */
        public Sample first(int n) { return new Sample(x.narrow(0, 0, n), y.narrow(0, 0, n)); }
    }

    /**
     * Mean squared errors, [ridge][size].
     *
     * @param sizes widths, or numbers of samples
     * @param heldOut on rows that may choose the ridge; empty where none were given
     */
    public record Curve(int[] sizes, double[] ridges, double[][] train, double[][] heldOut, double[][] test) {
        /** The size with the largest test risk under the ridge of this number. */
        public int peak(int ridge) {
            int most = 0;
            for (int i = 1; i < sizes.length; i++) if (test[ridge][i] > test[ridge][most]) most = i;
            return sizes[most];
        }

        /** For each size the test risk under the ridge whose risk on the held-out rows is least. */
        public double[] tuned() {
            if (heldOut.length == 0) throw new IllegalArgumentException("DoubleDescent: no held-out rows were given to choose a ridge by");
            var tuned = new double[sizes.length];
            for (int i = 0; i < tuned.length; i++) {
                int least = 0;
                for (int r = 1; r < ridges.length; r++) if (heldOut[r][i] < heldOut[least][i]) least = r;
                tuned[i] = test[least][i];
            }
            return tuned;
        }

        /** Test risk over size, a line a ridge, both axes logarithmic. */
        public Plot figure(String title, String size) {
            var plot = Figure.plot(title);
            var x = Arrays.stream(sizes).asDoubleStream().toArray();
            for (int r = 0; r < ridges.length; r++) plot = plot.line(ridges[r] == 0 ? "least norm" : "ridge " + ridges[r], x, test[r]);
            return plot.logX().logY().axes(size, "test risk (mean squared error)");
        }
    }

    /** Risks over widths. */
    public Curve sweep(Sample train, Sample test, int... widths) { return sweep(train, null, test, widths); }

    /**
     * Risks over widths, on held-out rows too.
     *
     * @param heldOut may be {@code null}
     * @param widths each at least 1
     */
    public Curve sweep(Sample train, Sample heldOut, Sample test, int... widths) {
        var curve = empty(widths, heldOut != null);
        for (int i = 0; i < widths.length; i++) fill(curve, i, train, heldOut, test, widths[i]);
        return curve;
    }

    /** Risks of one width over the number of samples, the first of {@code train}: more data may hurt. */
    public Curve sweepSamples(Sample train, Sample test, int width, int... samples) {
        var curve = empty(samples, false);
        for (int i = 0; i < samples.length; i++) fill(curve, i, train.first(samples[i]), null, test, width);
        return curve;
    }

    private Curve empty(int[] sizes, boolean heldOut) {
        for (int size : sizes) if (size < 1) throw new IllegalArgumentException("DoubleDescent: a size of " + size + "; at least 1");
        int n = ridges.length;
        return new Curve(sizes.clone(), ridges, new double[n][sizes.length], new double[heldOut ? n : 0][sizes.length],
                new double[n][sizes.length]);
    }

    private void fill(Curve curve, int i, Sample train, Sample heldOut, Sample test, int width) {
        var phi = features.of(train.x, width).compute();
        var svd = Svd.of(phi);
        double[] s = svd.s().toDoubleArray();
        var y = train.y.reshape(train.y.size(0), -1);
        Tensor u = svd.u(), v = svd.v(), part = u.transpose().matmul(y).compute();
        var held = heldOut == null ? null : features.of(heldOut.x, width).matmul(v).compute();
        var seen = features.of(test.x, width).matmul(v).compute();
        double floor = s[0] * EPSILON * Math.max(phi.size(0), phi.size(1));
        for (int r = 0; r < ridges.length; r++) {
            var shrink = new double[s.length];
            for (int k = 0; k < s.length; k++) shrink[k] = s[k] <= floor ? 0 : s[k] / (s[k] * s[k] + ridges[r]);
            var w = part.mul(Tensor.of(shrink).unsqueeze(1)).compute(); // in the coordinates of v
            curve.train[r][i] = error(u.mul(svd.s()), w, train.y);
            if (held != null) curve.heldOut[r][i] = error(held, w, heldOut.y);
            curve.test[r][i] = error(seen, w, test.y);
        }
    }

    private static double error(Tensor phi, Tensor w, Tensor y) {
        return phi.matmul(w).sub(y.reshape(y.size(0), -1)).square().mean().item();
    }

    /**
     * Excess risk in the isotropic case by its two parts.
     *
     * @param bias for coefficients of length 1
     * @param variance for noise of variance 1
     */
    public record Risk(double bias, double variance) {
        /** {@code signal^2 bias + noise^2 variance}. */
        public double of(double signal, double noise) { return signal * signal * bias + noise * noise * variance; }
    }

    /**
     * Excess risk {@code E |w - beta|^2} of {@code min |Xw - y|^2 / n + ridge |w|^2} for n rows of p independent standard normal columns, averaged over draws of
     * X; given X, over all directions of beta and all noise in closed form. With e the eigenvalues of {@code X'X / n} that are not 0:
     *
     * <pre>
     * bias = (sum (ridge / (e + ridge))^2 + max(0, p - n)) / p        variance = sum e / (e + ridge)^2 / n
     * </pre>
     */
    public static Risk isotropic(int n, int p, double ridge, int draws, Rng rng) {
        if (n < 1 || p < 1 || draws < 1 || !(ridge >= 0)) throw new IllegalArgumentException(
                "DoubleDescent: " + n + " samples, " + p + " features, " + draws + " draws, ridge " + ridge + "; at least 1, and 0");
        double[] bias = new double[draws], variance = new double[draws];
        Parallel.range(draws, 1, (from, to) -> {
            for (int t = (int) from; t < to; t++) {
                var x = Tensor.randn(rng.split(t), DType.F64, Math.min(n, p), Math.max(n, p)); // the spectrum is that of either side
                for (double e : Eigen.symmetricValues(x.matmul(x.transpose()).div((double) n)).toDoubleArray()) {
                    double left = ridge / (e + ridge);
                    bias[t] += left * left / p;
                    variance[t] += e / ((e + ridge) * (e + ridge)) / n;
                }
                bias[t] += (double) Math.max(0, p - n) / p;
            }
        });
        return new Risk(Arrays.stream(bias).average().orElseThrow(), Arrays.stream(variance).average().orElseThrow());
    }

    /**
     * What {@link #isotropic} tends to for n and p to infinity with {@code p / n = gamma}: without a ridge {@code noise^2 gamma / (1 - gamma)} below 1 and
     * {@code signal^2 (1 - 1 / gamma) + noise^2 / (gamma - 1)} above, infinite at 1; with one, from the Stieltjes transform m of the Marchenko-Pastur law at
     * {@code -ridge}, {@code signal^2 ridge^2 m' + noise^2 gamma (m - ridge m')} (Hastie and others, theorem 5). The ridge {@code gamma noise^2 / signal^2} is the best.
     */
    public static double asymptoticRisk(double gamma, double signal, double noise, double ridge) {
        if (!(gamma > 0) || !(ridge >= 0))
            throw new IllegalArgumentException("DoubleDescent: gamma is " + gamma + ", ridge " + ridge + "; above 0, and at least 0");
        // With m from its quadratic, m - ridge m' = 4 gamma / (root (root + 1 + gamma + ridge)) / (2 gamma), which cancels nowhere.
        double a = 1 - gamma + ridge, root = Math.sqrt(a * a + 4 * gamma * ridge), variance = 2 / (root * (root + 1 + gamma + ridge));
        double bias = (a > 0 ? 2 * ridge / (root + a) : (root - a) / (2 * gamma)) - (ridge == 0 ? 0 : ridge * variance);
        return signal * signal * bias + noise * noise * gamma * variance;
    }
}
