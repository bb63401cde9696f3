package lyceum.learn.linear;

import lyceum.DType;
import lyceum.linalg.Linalg;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Regressor;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The line below which a share tau of the rows lies: minimises {@code sum w max(tau u, (tau - 1) u)}, {@code u = y - c - x . b}. At tau 0.5 least absolute deviations.
 *
 * {@snippet :
 * Tensor x = Tensor.randn(lyceum.random.Rng.of(1), lyceum.DType.F64, 200, 1), y = x.select(1, 0).add(Tensor.rand(lyceum.random.Rng.of(2), lyceum.DType.F64, 200));
 * var upper = new QuantileRegression(0.9).fit(x, y);
 * }
 *
 * <p>By Newton's method on the loss with its kink rounded off over a width gamma, which falls until it is 1e-10 of the spread of y: only the rows that the line goes through
 * are within it then. {@code O(n p^2)} a step, some dozens of steps.
 *
 * @param tau in (0, 1)
 * @see <a href="https://doi.org/10.2307/1913643">Koenker and Bassett (1978)</a>
 * @see <a href="https://doi.org/10.1198/106186007X180336">Chen (2007), the smoothing</a>
 */
@Withers
public record QuantileRegression(double tau, boolean intercept) implements QuantileRegressionWithers, Regressor {
    public QuantileRegression {
        if (!(tau > 0 && tau < 1)) throw new IllegalArgumentException("QuantileRegression: tau is " + tau + "; it is between 0 and 1");
    }

    public QuantileRegression(double tau) { this(tau, true); }

    /** @param coefficients (p) @param intercept () */
    public record Fitted(Tensor coefficients, Tensor intercept, double tau) implements LinearModel {}

    @Override public Fitted fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        Tensor target = input.target(y).to(DType.F64), rows = input.x().to(DType.F64);
        double[] w = input.weights(weights);
        int n = input.rows(), p = input.columns();
        // Standardised: the curvature that keeps a step finite is relative to it.
        Tensor mean = intercept ? rows.mean(0) : Tensor.zeros(DType.F64, p), centred = rows.sub(mean),
                spread = centred.square().mean(0).sqrt();
        spread = spread.gt(0).where(spread, Tensor.ones(DType.F64, p)).compute();
        var design = centred.div(spread);
        if (intercept) design = Tensor.concat(1, Tensor.ones(DType.F64, n, 1), design);
        double[] b = minimum(design.compute(), target.toDoubleArray(), w);
        var slopes = (intercept ? Tensor.of(b).narrow(0, 1, p) : Tensor.of(b)).div(spread).compute();
        var constant = intercept ? Tensor.scalar(b[0]).sub(slopes.dot(mean)).compute() : Tensor.scalar(0);
        return new Fitted(slopes, constant, tau);
    }

    private double[] minimum(Tensor x, double[] y, double[] w) {
        int n = y.length, q = (int) x.size(1);
        double low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY;
        for (double v : y) {
            low = Math.min(low, v);
            high = Math.max(high, v);
        }
        double scale = high > low ? high - low : 1;
        double[] b = new double[q], pull = new double[n], inside = new double[n], r = new double[n];
        if (intercept) b[0] = (low + high) / 2;
        for (double gamma = scale; gamma > 1e-11 * scale; gamma /= 5) {
            double value = loss(x, y, w, b, gamma, r);
            for (int step = 0; step < 50; step++) {
                for (int i = 0; i < n; i++) {
                    boolean middle = r[i] < tau * gamma && r[i] > (tau - 1) * gamma;
                    pull[i] = w[i] * Math.clamp(r[i] / gamma, tau - 1, tau);
                    inside[i] = middle ? w[i] / gamma : 0;
                }
                Tensor gradient = x.transpose().matmul(Tensor.of(pull)), hessian = x.transpose().mul(Tensor.of(inside)).matmul(x);
                double ridge = 1e-9 * (1 + hessian.diagonal().max().item());
                double[] direction = Linalg.solve(hessian.add(Tensor.eye(DType.F64, q).mul(ridge)), gradient).toDoubleArray(),
                        next = new double[q];
                double slope = gradient.dot(Tensor.of(direction)).item(), length = 1, better = value;
                for (; length > 1e-12; length /= 2) {
                    for (int j = 0; j < q; j++) next[j] = b[j] + length * direction[j];
                    better = loss(x, y, w, next, gamma, r);
                    if (better <= value - 1e-4 * length * slope) break;
                }
                if (!(better < value - 1e-15 * Math.abs(value))) {
                    loss(x, y, w, b, gamma, r);
                    break;
                }
                b = next.clone();
                value = better;
            }
        }
        return b;
    }

    /** The smoothed loss; fills the residuals. */
    private double loss(Tensor x, double[] y, double[] w, double[] b, double gamma, double[] r) {
        double[] f = x.matmul(Tensor.of(b)).toDoubleArray();
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
            r[i] = y[i] - f[i];
            double side = r[i] >= tau * gamma ? tau : r[i] <= (tau - 1) * gamma ? tau - 1 : Double.NaN;
            sum += w[i] * (Double.isNaN(side) ? r[i] * r[i] / (2 * gamma) : side * r[i] - side * side * gamma / 2);
        }
        return sum;
    }
}
