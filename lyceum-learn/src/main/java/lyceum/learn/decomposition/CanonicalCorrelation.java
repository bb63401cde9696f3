package lyceum.learn.decomposition;

import java.util.Arrays;
import java.util.Set;
import lyceum.DType;
import lyceum.linalg.Svd;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Canonical correlation analysis: pairs of weighted sums, one of the columns of x and one of the columns of y, that correlate as strongly as any can;
 * each pair is uncorrelated with those before.
 *
 * {@snippet :
 * Tensor x = Tensor.randn(Rng.of(1), DType.F64, 100, 4), y = x.narrow(1, 0, 2).add(Tensor.randn(Rng.of(2), DType.F64, 100, 2));
 * var model = new CanonicalCorrelation().fit(x, y);
 * model.correlations();                                // falling
 * model.significant(0.05);                             // how many pairs are more than chance
 * model.predict(x);                                    // y from x by the canonical scores
 * }
 *
 * <p>With centred {@code X = Q_x R_x} and {@code Y = Q_y R_y} the correlations are the singular values of {@code Q_x^T Q_y}; columns that depend
 * on others do no harm. Scores have variance 1 (divisor n - 1), with a ridge less. Signs: a pair's largest weight of x is positive. A model says
 * by {@link CanonicalModel#warning()} when correlations of 1 come from too few rows.
 *
 * @param components pairs kept; 0, the default, keeps all, as many as the smaller rank
 * @param ridge l, added to the variances of all columns of both views, 0 by default: weights are held to {@code a^T (S + l I) a = 1}, which
 *     shrinks correlations that rest on directions of little variance. Scale columns alike before
 * @see <a href="https://doi.org/10.1093/biomet/28.3-4.321">Hotelling (1936), Relations between two sets of variates</a>
 * @see <a href="https://doi.org/10.1090/S0025-5718-1973-0348991-3">Bjorck and Golub (1973), Numerical methods for computing angles between linear
 *      subspaces</a>
 */
@Withers
public record CanonicalCorrelation(int components, double ridge) implements CanonicalCorrelationWithers, Transformer {
    public CanonicalCorrelation {
        if (components < 0) throw new IllegalArgumentException("components is " + components + "; at least 1, or 0 for all, are kept");
        if (!(ridge >= 0 && ridge < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("ridge is " + ridge + "; it is finite and at least 0");
    }

    /** All pairs, without ridge. */
    public CanonicalCorrelation() { this(0, 0); }

    @Override public Set<Tag> tags() { return Set.of(Tag.SUPERVISED); }

    /** @param y the other view (n x q), or one column (n) */
    public CanonicalModel fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public CanonicalModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        var targets = input.targets(y).to(DType.F64);
        var other = targets.rank() == 1 ? targets.unsqueeze(1) : targets;
        var w = Tensor.of(input.weights(weights)).unsqueeze(1);
        double total = w.sum().item();
        if (!(total > 1)) throw new IllegalArgumentException(
                input.operation() + ": the rows weigh " + total + ", as 1 row does or less; a correlation needs more");
        Tensor rows = input.x().to(DType.F64), xMean = rows.mul(w).sum(0).div(total).compute(),
                yMean = other.mul(w).sum(0).div(total).compute();
        Tensor xc = View.centred(rows, xMean).mul(w.sqrt()).compute(), yc = View.centred(other, yMean).mul(w.sqrt()).compute();
        View vx = View.of(xc, ridge * (total - 1)), vy = View.of(yc, ridge * (total - 1));
        int most = Math.min(vx.rank(), vy.rank()), k = components == 0 ? most : components;
        if (most == 0) throw new IllegalArgumentException(input.operation() + ": " + (vx.rank() == 0 ? "x" : "y") + " is constant");
        if (k > most) throw new IllegalArgumentException(input.operation() + ": components is " + k + " but the views have ranks "
                + vx.rank() + " and " + vy.rank() + "; keep at most " + most);
        var svd = Svd.of(vx.filtered().transpose().matmul(vy.filtered()));
        double root = Math.sqrt(total - 1);
        Tensor a = vx.weights(svd.u().narrow(1, 0, k)).mul(root), b = vy.weights(svd.v().narrow(1, 0, k)).mul(root);
        double[] signs = signs(a);
        a = a.mul(Tensor.of(signs)).compute();
        b = b.mul(Tensor.of(signs)).compute();
        Tensor u = xc.matmul(a).compute(), v = yc.matmul(b).compute();
        return new CanonicalModel(svd.s().toDoubleArray(), xMean, yMean, a, b, loadings(xc, u), loadings(yc, v),
                v.transpose().matmul(yc).div(total - 1).compute(), vx.rank(), vy.rank(), total, ridge);
    }

    /**
     * The chance that unrelated views would give first correlations this large: y is shuffled against x, {@code (1 + exceeding) / (1 + shuffles)}.
     * Where there are too few rows every shuffle gives 1, and so does this.
     *
     * @return for each pair the p-value of its correlation against shuffled ones of the same place
     */
    public double[] permutationPValues(Tensor x, Tensor y, int shuffles, Rng rng) {
        if (shuffles < 1) throw new IllegalArgumentException("permutationPValues: shuffles is " + shuffles + "; at least 1 is needed");
        double[] seen = fit(x, y).correlations(), p = new double[seen.length];
        Tensor rows = x.to(DType.F64), other = y.rank() == 1 ? y.to(DType.F64).unsqueeze(1) : y.to(DType.F64);
        double n = rows.size(0);
        Tensor qx = View.of(View.centred(rows, rows.mean(0)), ridge * (n - 1)).filtered().transpose().contiguous(),
                qy = View.of(View.centred(other, other.mean(0)), ridge * (n - 1)).filtered();
        Arrays.fill(p, 1);
        for (int s = 0; s < shuffles; s++) {
            double[] by = Svd.values(qx.matmul(qy.rows(rng.permutation((int) n)))).toDoubleArray();
            // Rounding must not decide between ones.
            for (int c = 0; c < p.length; c++) if (by[c] >= seen[c] - 1e-9) p[c]++;
        }
        for (int c = 0; c < p.length; c++) p[c] /= 1 + shuffles;
        return p;
    }

    static double[] signs(Tensor weights) {
        double[][] columns = weights.transpose().toRows();
        var signs = new double[columns.length];
        for (int c = 0; c < signs.length; c++) {
            int largest = 0;
            for (int j = 1; j < columns[c].length; j++)
                if (Math.abs(columns[c][j]) > Math.abs(columns[c][largest]) * (1 + 1e-9)) largest = j;
            signs[c] = columns[c][largest] < 0 ? -1 : 1;
        }
        return signs;
    }

    /** Correlations of columns with scores; of a constant column 0. */
    private static Tensor loadings(Tensor columns, Tensor scores) {
        Tensor c = columns.square().sum(0).sqrt(), s = scores.square().sum(0).sqrt();
        var cross = columns.transpose().matmul(scores).div(Tensor.where(c.eq(0), c.onesLike(), c).unsqueeze(1));
        return cross.div(Tensor.where(s.eq(0), s.onesLike(), s)).compute();
    }
}
