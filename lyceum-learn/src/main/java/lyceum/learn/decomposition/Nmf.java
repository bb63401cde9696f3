package lyceum.learn.decomposition;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.LinearMap;
import lyceum.linalg.Svd;
import lyceum.linalg.TruncatedSvd;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Non-negative matrix factorisation: {@code X ~ W H} with no negative entry anywhere, so that rows are sums of parts.
 *
 * {@snippet :
 * var pixels = Datasets.digits().x();
 * var model = new Nmf(16).fit(pixels);
 * model.h();                             // 16 strokes (16 x 64)
 * model.transform(pixels);               // how much of each stroke a digit holds
 * }
 *
 * <p>Minimises {@code D(X, W H) + alphaW p R(W) + alphaH n R(H)} with {@code R(A) = l1Ratio |A|_1 + (1 - l1Ratio) |A|_F^2 / 2} over
 * {@code W (n x k)} and {@code H (k x p)}. The factors p and n keep a penalty's weight independent of the size of the data, as in
 * scikit-learn. No iteration raises the objective; the result is a local optimum. Time {@code O(entries k + (n + p) k^2)} an iteration,
 * {@code entries} being those of x that are not zero. Computed in F64.
 *
 * @param components k, at least 1
 * @param loss D; Frobenius by default
 * @param solver coordinate descent by default, which is faster and for Frobenius only
 * @param start singular vectors by default
 * @param maxIterations 200 by default
 * @param tolerance 1e-4 by default. Coordinate descent ends when the sum of projected gradients falls to this times its first value;
 *     multiplicative updates when {@code sqrt(2 D)} fell by less than this times its first value in ten iterations; 0 does all iterations
 * @param alphaW weight of the penalty on W, 0 by default
 * @param alphaH weight of the penalty on H, 0 by default
 * @param l1Ratio share of the penalty that is on the sum of entries, in [0, 1]; 0 by default
 * @param seed of the random start
 * @see <a href="https://papers.nips.cc/paper/1861-algorithms-for-non-negative-matrix-factorization">Lee and Seung (2001)</a>
 * @see <a href="https://doi.org/10.1587/transfun.E92.A.708">Cichocki and Phan (2009)</a>
 * @see <a href="https://doi.org/10.1162/NECO_a_00168">Fevotte and Idier (2011)</a>
 */
@Withers
public record Nmf(int components, Loss loss, Solver solver, NmfStart start, int maxIterations, double tolerance, double alphaW,
        double alphaH, double l1Ratio, long seed) implements NmfWithers, Transformer {

    /** How far {@code W H} is from X. */
    public enum Loss {
        /** {@code sum (x - y)^2 / 2}. */
        FROBENIUS,
        /** {@code sum x log(x / y) - x + y}: counts. */
        KULLBACK_LEIBLER,
        /** {@code sum x / y - log(x / y) - 1}: the same at every scale, for power spectra; x has no zeros. */
        ITAKURA_SAITO
    }

    /** How W and H are improved in turn. */
    public enum Solver {
        /** One exact minimisation along each coordinate. Frobenius only. */
        COORDINATE_DESCENT,
        /** Entries are multiplied by a ratio, so that signs and zeros stay. */
        MULTIPLICATIVE
    }

    public Nmf {
        if (components < 1) throw new IllegalArgumentException("components is " + components + "; at least 1 is kept");
        Objects.requireNonNull(loss, "loss");
        Objects.requireNonNull(solver, "solver");
        Objects.requireNonNull(start, "start");
        if (solver == Solver.COORDINATE_DESCENT && loss != Loss.FROBENIUS)
            throw new IllegalArgumentException("the loss is " + loss + "; coordinate descent has Frobenius only, take MULTIPLICATIVE");
        if (maxIterations < 1) throw new IllegalArgumentException("maxIterations is " + maxIterations + "; at least 1 is needed");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("tolerance is " + tolerance + "; it is at least 0");
        if (!(alphaW >= 0)) throw new IllegalArgumentException("alphaW is " + alphaW + "; it is at least 0");
        if (!(alphaH >= 0)) throw new IllegalArgumentException("alphaH is " + alphaH + "; it is at least 0");
        if (!(l1Ratio >= 0 && l1Ratio <= 1)) throw new IllegalArgumentException("l1Ratio is " + l1Ratio + "; it lies between 0 and 1");
        if (start instanceof NmfStart.Given given && given.h().size(0) != components)
            throw new IllegalArgumentException("components is " + components + " but the starting factors have " + given.h().size(0));
    }

    /** {@code components} parts by coordinate descent. */
    public Nmf(int components) {
        this(components, Loss.FROBENIUS, Solver.COORDINATE_DESCENT, new NmfStart.SingularVectors(), 200, 1e-4, 0, 0, 0, 0);
    }

    /** {@code components} parts by multiplicative updates. */
    public Nmf(int components, Loss loss) {
        this(components, loss, Solver.MULTIPLICATIVE, new NmfStart.SingularVectors(), 200, 1e-4, 0, 0, 0, 0);
    }

    @Override public Set<Tag> tags() {
        return start instanceof NmfStart.Random ? Set.of(Tag.POSITIVE_ONLY, Tag.NO_WEIGHTS, Tag.RANDOMISED)
                : Set.of(Tag.POSITIVE_ONLY, Tag.NO_WEIGHTS);
    }

    @Override public NmfModel fit(Tensor x) { return fit(x, null, null); }

    @Override public NmfModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var rows = input.x().to(DType.F64);
        return fit(input.operation(), NonnegativeRows.of(rows), LinearMap.of(rows), rows);
    }

    /** Fits to sparse rows, which are not filled. */
    public NmfModel fit(Csr x) {
        checkNotNegative("Nmf.fit", x);
        if (x.rows() == 0 || x.columns() == 0)
            throw new ShapeException("Nmf.fit: x is " + x.rows() + " x " + x.columns() + "; a row and a column are needed");
        return fit("Nmf.fit", NonnegativeRows.of(x), LinearMap.of(x), null);
    }

    static void checkNotNegative(String operation, Csr x) {
        for (double v : x.values().toDoubleArray())
            if (!(v >= 0 && v < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException(operation + ": x holds " + v + "; values are finite and at least 0 here");
    }

    void checkZeros(String operation, NonnegativeRows x) {
        if (loss == Loss.ITAKURA_SAITO && !x.isFull()) throw new IllegalArgumentException(
                operation + ": x holds zeros, which are infinitely far in Itakura-Saito; add a little to them or take another loss");
    }

    NmfStep step(NonnegativeRows x, double[] ht, double alpha, double mean) {
        return new NmfStep(x, ht, components, solver, loss, alpha * l1Ratio, alpha * (1 - l1Ratio), mean);
    }

    private NmfModel fit(String operation, NonnegativeRows x, LinearMap map, Tensor dense) {
        checkZeros(operation, x);
        int n = x.rows(), p = x.columns();
        double mean = x.mean(), onW = alphaW * p, onH = alphaH * n;
        double[][] factors = start(operation, x, map, dense);
        double[] w = factors[0], ht = factors[1];
        var turned = x.transpose();
        var history = new ArrayList<Double>();
        double divergence = step(x, ht, onW, mean).divergence(w), first = 0, before = Math.sqrt(2 * divergence), begin = before;
        history.add(divergence + penalty(w, onW) + penalty(ht, onH));
        int iterations = 0;
        boolean converged = false;
        while (iterations < maxIterations && !converged) {
            double violation = step(x, ht, onW, mean).all(w) + step(turned, w, onH, mean).all(ht);
            divergence = step(x, ht, onW, mean).divergence(w);
            history.add(divergence + penalty(w, onW) + penalty(ht, onH));
            iterations++;
            if (solver == Solver.COORDINATE_DESCENT) {
                if (iterations == 1) first = violation;
                converged = violation <= tolerance * first;
            } else if (iterations % 10 == 0 && tolerance > 0) {
                double error = Math.sqrt(2 * divergence);
                converged = before - error < tolerance * begin;
                before = error;
            }
        }
        return new NmfModel(Tensor.of(w, n, components), Tensor.of(ht, p, components).transpose().contiguous(), divergence,
                history.stream().mapToDouble(v -> v).toArray(), iterations, converged, this);
    }

    private double penalty(double[] factor, double alpha) {
        double sum = 0;
        if (alpha > 0) for (double v : factor) sum += l1Ratio * v + (1 - l1Ratio) * v * v / 2;
        return alpha * sum;
    }

    /** W and {@code H^T}. */
    private double[][] start(String operation, NonnegativeRows x, LinearMap map, Tensor dense) {
        int n = x.rows(), p = x.columns(), k = components;
        return switch (start) {
            case NmfStart.Given(Tensor w, Tensor h) -> {
                if (w.size(0) != n || h.size(1) != p) throw new ShapeException(
                        operation + ": starting factors have shapes " + w.shape() + " and " + h.shape() + " but x is " + n + " x " + p);
                yield new double[][] {w.toDoubleArray(), h.transpose().contiguous().toDoubleArray()};
            }
            case NmfStart.Random() -> {
                var rng = Rng.of(seed);
                double scale = Math.sqrt(x.mean() / k);
                yield new double[][] {draws(rng, n * k, scale), draws(rng, p * k, scale)};
            }
            case NmfStart.SingularVectors(boolean filled) -> {
                if (k > Math.min(n, p)) throw new IllegalArgumentException(operation + ": components is " + k + " but x of " + n + " x " + p
                        + " has " + Math.min(n, p) + " singular vectors; take withStart(new NmfStart.Random())");
                var svd = dense != null && Math.min(n, p) <= 200 ? Svd.of(dense) : new TruncatedSvd(k).run(map, Rng.of(seed));
                yield parts(svd.u().transpose().toRows(), svd.s().toDoubleArray(), svd.vt().toRows(), x.mean(), filled);
            }
        };
    }

    private static double[] draws(Rng rng, int count, double scale) {
        var out = new double[count];
        for (int i = 0; i < count; i++) out[i] = scale * Math.abs(rng.nextGaussian());
        return out;
    }

    /** The heavier of the positive and the negative parts of each pair, so scaled that their product has the pair's weight. */
    private double[][] parts(double[][] u, double[] s, double[][] v, double mean, boolean filled) {
        int k = components;
        // What rounding leaves of a zero; factors have the unit of the root of x.
        double least = 1e-6 * Math.sqrt(mean), fill = filled ? mean : 0;
        double[] w = new double[u[0].length * k], ht = new double[v[0].length * k];
        for (int c = 0; c < k; c++) {
            double uPlus = norm(u[c], 1), vPlus = norm(v[c], 1), uMinus = norm(u[c], -1), vMinus = norm(v[c], -1);
            boolean plus = uPlus * vPlus > uMinus * vMinus;
            double uNorm = plus ? uPlus : uMinus, vNorm = plus ? vPlus : vMinus, scale = Math.sqrt(s[c] * uNorm * vNorm);
            for (int i = 0; i < u[c].length; i++) w[i * k + c] = part(u[c][i], plus, scale / uNorm, least, fill);
            for (int j = 0; j < v[c].length; j++) ht[j * k + c] = part(v[c][j], plus, scale / vNorm, least, fill);
        }
        return new double[][] {w, ht};
    }

    private static double norm(double[] x, int sign) { return Math.sqrt(Arrays.stream(x).map(v -> sign * v > 0 ? v * v : 0).sum()); }

    private static double part(double v, boolean plus, double scale, double least, double fill) {
        double part = Math.max(0, plus ? v : -v) * scale;
        return part >= least ? part : fill;
    }
}
