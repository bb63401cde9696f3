package lyceum.learn.linear;

import lyceum.DType;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.linalg.LeastSquares;
import lyceum.linalg.Qr;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * Linear regression in one pass over rows that need not fit into memory: what is kept is the triangle R of {@code [1 X Y]}, or its Gram matrix, of
 * {@code (1 + p + m)^2} numbers. Two of them merge, in any order, into that of all their rows, so that partitions can be read anywhere. Immutable: {@link #add} and
 * {@link #merge} give a new one.
 *
 * {@snippet :
 * Tensor x = Tensor.randn(lyceum.random.Rng.of(1), lyceum.DType.F64, 100, 3), y = x.sum(1);
 * var half = new StreamedLinearRegression().add(x.narrow(0, 0, 50), y.narrow(0, 0, 50));
 * var other = new StreamedLinearRegression().add(x.narrow(0, 50, 50), y.narrow(0, 50, 50));
 * StreamedLinearModel model = half.merge(other).model();
 * }
 *
 * <p>The triangle keeps the digits of the data, the Gram matrix half of them, in half the time.
 *
 * @see <a href="https://doi.org/10.2307/2347583">Miller (1992), AS 274</a>
 */
public final class StreamedLinearRegression {

    /** What is kept of the rows. */
    public enum Keeping {
        /** R of a QR factorisation. */
        TRIANGLE,
        /** {@code [1 X Y]' W [1 X Y]}. */
        GRAM
    }

    private final Keeping keeping;
    private final boolean intercept;
    private final Tensor kept;
    private final int features, targets;
    private final boolean several;
    private final long rows;

    private StreamedLinearRegression(Keeping keeping, boolean intercept, Tensor kept, int features, int targets, boolean several,
            long rows) {
        this.keeping = keeping;
        this.intercept = intercept;
        this.kept = kept;
        this.features = features;
        this.targets = targets;
        this.several = several;
        this.rows = rows;
    }

    /** Nothing seen yet; keeps the triangle, with an intercept. */
    public StreamedLinearRegression() { this(Keeping.TRIANGLE, true); }

    public StreamedLinearRegression(Keeping keeping, boolean intercept) { this(keeping, intercept, null, 0, 0, false, 0); }

    /** With these rows of equal weight. */
    public StreamedLinearRegression add(Tensor x, Tensor y) { return add(x, y, null); }

    /**
     * With these rows.
     *
     * @param x (n, p)
     * @param y (n) or (n, m)
     * @param weights (n), or null
     */
    public StreamedLinearRegression add(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.matrix("StreamedLinearRegression.add", x, false);
        var target = input.targets(y).to(DType.F64);
        int p = input.columns(), m = target.rank() == 1 ? 1 : (int) target.size(1), n = input.rows();
        Tensor block = Tensor.concat(1, input.x().to(DType.F64), target.reshape(n, m));
        if (intercept) block = Tensor.concat(1, Tensor.ones(DType.F64, n, 1), block);
        if (weights != null) {
            var w = Tensor.of(input.weights(weights));
            block = block.mul(w.sqrt().unsqueeze(1));
            n = (int) w.gt(0).to(DType.I64).sum().item(); // a row of weight 0 is none
        }
        var summary = keeping == Keeping.GRAM ? block.transpose().matmul(block).compute() : triangle(block);
        return merge(new StreamedLinearRegression(keeping, intercept, summary, p, m, target.rank() == 2, n));
    }

    private static Tensor triangle(Tensor block) { return Qr.of(block).r(); }

    /** With the rows of another one. */
    public StreamedLinearRegression merge(StreamedLinearRegression other) {
        if (other.keeping != keeping || other.intercept != intercept)
            throw new IllegalArgumentException("StreamedLinearRegression.merge: " + keeping + (intercept ? " with" : " without")
                    + " intercept and " + other.keeping + (other.intercept ? " with" : " without") + "; both alike");
        if (kept == null) return other;
        if (other.kept == null) return this;
        if (other.features != features || other.targets != targets || other.several != several)
            throw new ShapeException("StreamedLinearRegression.merge: " + features + " columns and " + targets + " targets here, "
                    + other.features + " and " + other.targets + " there");
        var both = keeping == Keeping.GRAM ? kept.add(other.kept).compute() : triangle(Tensor.concat(0, kept, other.kept));
        return new StreamedLinearRegression(keeping, intercept, both, features, targets, several, rows + other.rows);
    }

    /** Rows seen; such of weight 0 do not count. */
    public long rows() { return rows; }

    /** The least-squares fit to all rows seen; the shortest coefficients where columns are dependent. */
    public StreamedLinearModel model() {
        if (kept == null) throw new LyceumException("StreamedLinearRegression.model: no rows have been added");
        int q = features + (intercept ? 1 : 0), k = (int) Math.min(kept.size(0), q);
        Tensor coefficients, factor;
        double[] rss = new double[targets];
        int rank;
        if (keeping == Keeping.TRIANGLE) {
            Tensor r = kept.narrow(0, 0, k).narrow(1, 0, q), side = kept.narrow(0, 0, k).narrow(1, q, targets);
            var fit = new LeastSquares(LeastSquares.Method.QR).fit(r, side);
            coefficients = fit.coefficients();
            factor = fit.covarianceFactor();
            rank = fit.rank();
            long below = kept.size(0) - k;
            var rest = fit.residuals().square().sum(0);
            if (below > 0) rest = rest.add(kept.narrow(0, k, below).narrow(1, q, targets).square().sum(0));
            rss = rest.toDoubleArray();
        } else {
            Tensor gram = kept.narrow(0, 0, q).narrow(1, 0, q), side = kept.narrow(0, 0, q).narrow(1, q, targets);
            var fit = new LeastSquares(LeastSquares.Method.QR).fit(gram, side);
            coefficients = fit.coefficients();
            rank = fit.rank();
            factor = new LeastSquares(LeastSquares.Method.QR).fit(gram, Tensor.eye(DType.F64, q)).coefficients();
            for (int t = 0; t < targets; t++)
                rss[t] = Math.max(0, kept.item(q + t, q + t) - coefficients.select(1, t).dot(side.select(1, t)).item());
        }
        Tensor slopes = (intercept ? coefficients.narrow(0, 1, features) : coefficients).transpose().contiguous(),
                constant = intercept ? coefficients.select(0, 0).contiguous() : Tensor.zeros(DType.F64, targets);
        var variance = Tensor.of(rss).div((double) (rows - rank));
        return several ? new StreamedLinearModel(slopes, constant, intercept, rows, rank, factor, variance.compute())
                : new StreamedLinearModel(slopes.reshape(features), constant.reshape(), intercept, rows, rank, factor,
                        variance.reshape().compute());
    }
}
