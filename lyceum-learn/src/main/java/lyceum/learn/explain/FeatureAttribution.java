package lyceum.learn.explain;

import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Splits {@code f(x) - f(x0)} among the columns of x: by the slopes along the straight way from the baseline x0, or by switching columns
 * on in
 * every order (Shapley 1953). For trees see {@link TreeShap}.
 *
 * {@snippet :
 * UnaryOperator<Tensor> f = rows -> rows.select(1, 0).mul(rows.select(1, 1).square());
 * double[] x = {1, 1}, nothing = {0, 0};
 * FeatureAttribution.integratedGradients(f, x, nothing, 256).shares();                        // 1/3, 2/3
 * var game = CoalitionGame.baseline(row -> row[0] * row[1] * row[1], x, nothing);
 * FeatureAttribution.shapley(game).shares();                                                  // 1/2, 1/2
 * FeatureAttribution.kernelShap(game, 2_000, Rng.of(1)).missing();                            // 0
 * }
 *
 * <p>Shares are in the units of f, which for classifiers may be log odds. They describe the function, not the world.
 *
 * @see <a href="https://arxiv.org/abs/1703.01365">Sundararajan, Taly and Yan (2017), Axiomatic Attribution for Deep Networks</a>
 * @see <a href="https://arxiv.org/abs/1705.07874">Lundberg and Lee (2017), A Unified Approach to Interpreting Model Predictions</a>
 */
public final class FeatureAttribution {
    /** 2^25 values are as many as anybody waits for. */
    private static final int ENUMERABLE = 25;

    private FeatureAttribution() {}

    /**
     * {@code (x_i - x0_i)} times the mean of {@code df/dx_i} at the middles of {@code steps} equal parts of the way.
     *
     * @param f differentiable, from rows (n x p) to outputs (n), each row by itself
     */
    public static Attribution integratedGradients(UnaryOperator<Tensor> f, double[] x, double[] baseline, int steps) {
        check(x, baseline, steps);
        return IntegratedGradients.midpoint(steps).of(f, x, baseline);
    }

    /** The same integral by Gauss and Legendre's rule: for smooth f far more exact with far fewer {@code nodes}. */
    public static Attribution gaussLegendreGradients(UnaryOperator<Tensor> f, double[] x, double[] baseline, int nodes) {
        check(x, baseline, nodes);
        return IntegratedGradients.gaussLegendre(nodes).of(f, x, baseline);
    }

    private static void check(double[] x, double[] baseline, int steps) {
        if (x.length != baseline.length)
            throw new ShapeException("integrated gradients: x has " + x.length + " columns and the baseline " + baseline.length);
        if (steps < 1) throw new IllegalArgumentException("integrated gradients: " + steps + " steps; at least 1 is needed");
    }

    /** Exact, by all 2^n sets. @throws IllegalArgumentException for more than 25 players */
    public static Attribution shapley(CoalitionGame game) {
        int n = game.players();
        if (n > ENUMERABLE) throw new IllegalArgumentException(
                "shapley: " + n + " players have 2^" + n + " coalitions; enumerate up to " + ENUMERABLE + ", or use kernelShap");
        var value = new double[1 << n];
        for (int s = 0; s < value.length; s++) value[s] = game.value().of(s);
        // |S|! (n - |S| - 1)! / n!
        var weight = new double[n];
        weight[0] = 1.0 / n;
        for (int s = 1; s < n; s++) weight[s] = weight[s - 1] * s / (n - s);
        var shares = new double[n];
        for (int s = 0; s < value.length; s++)
            for (int j = 0; j < n; j++) if ((s >> j & 1) == 0) shares[j] += weight[Integer.bitCount(s)] * (value[s | 1 << j] - value[s]);
        return new Attribution(value[0], shares, value[value.length - 1]);
    }

    /** Averages over random orders: unbiased, complete, with an error that falls as {@code 1 / sqrt(orders)}. */
    public static Attribution permutationShapley(CoalitionGame game, int orders, Rng rng) {
        if (orders < 1) throw new IllegalArgumentException("permutationShapley: " + orders + " orders; at least 1 is needed");
        var shares = new double[game.players()];
        double nobody = game.value().of(0), everybody = game.value().of(game.everybody());
        for (int k = 0; k < orders; k++) {
            double before = nobody;
            long coalition = 0;
            for (int j : rng.permutation(shares.length)) {
                coalition |= 1L << j;
                double after = coalition == game.everybody() ? everybody : game.value().of(coalition);
                shares[j] += (after - before) / orders;
                before = after;
            }
        }
        return new Attribution(nobody, shares, everybody);
    }

    /**
     * Shapley values by weighted least squares: exact where {@code samples} suffices for all {@code 2^n - 2} sets, else from that many
     * random
     * ones, each with its complement.
     */
    public static Attribution kernelShap(CoalitionGame game, long samples, Rng rng) {
        if (samples < 2L * game.players()) throw new IllegalArgumentException(
                "kernelShap: " + samples + " samples for " + game.players() + " players; at least " + 2L * game.players() + " are needed");
        return KernelShap.of(game, samples, rng);
    }

    /** Shapley values of {@code intercept + sum b_j x_j} against rows whose means are {@code means}: {@code b_j (x_j - means_j)}. */
    public static Attribution linear(double[] coefficients, double intercept, double[] x, double[] means) {
        int p = coefficients.length;
        if (x.length != p || means.length != p)
            throw new ShapeException("linear attribution: " + p + " coefficients, " + x.length + " columns, " + means.length + " means");
        var shares = new double[p];
        double baseline = intercept, output = intercept;
        for (int j = 0; j < p; j++) {
            shares[j] = coefficients[j] * (x[j] - means[j]);
            baseline += coefficients[j] * means[j];
            output += coefficients[j] * x[j];
        }
        return new Attribution(baseline, shares, output);
    }
}
