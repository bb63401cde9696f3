package lyceum.info;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.optim.Newton;
import lyceum.optim.SecondOrderObjective;
import lyceum.tensor.Tensor;

/**
 * {@code log p(x) / q(x)} learnt from samples of both: the logit of a logistic regression that tells them apart, each class weighing one half.
 *
 * {@snippet :
 * var ratio = DensityRatio.fit(fromP, fromQ, DensityRatio.Features.QUADRATIC);   // exact in the limit for two Gaussians
 * ratio.log(0.3, -1.2);                                                          // log p - log q at a point
 * FDivergence.KL.bound(ratio, heldOutP, heldOutQ);                               // a lower bound of KL(p || q)
 * }
 *
 * @see <a href="https://doi.org/10.1017/CBO9781139035613">Sugiyama, Suzuki and Kanamori (2012), Density Ratio Estimation, chapter 4</a>
 */
public final class DensityRatio {
    private static final double RIDGE = 1e-6;

    /** What the logit is linear in. */
    @FunctionalInterface
    public interface Features {
        double[] of(double[] x);

        /** 1, the coordinates, and their products two at a time. */
        Features QUADRATIC = x -> {
            int d = x.length, at = 1 + d;
            var features = new double[1 + d + d * (d + 1) / 2];
            features[0] = 1;
            System.arraycopy(x, 0, features, 1, d);
            for (int i = 0; i < d; i++) for (int j = 0; j <= i; j++) features[at++] = x[i] * x[j];
            return features;
        };
    }

    private final Features features;
    private final double[] weights;

    private DensityRatio(Features features, double[] weights) {
        this.features = features;
        this.weights = weights;
    }

    /**
     * @param p (n x d) samples, a row each
     * @param q (m x d)
     */
    public static DensityRatio fit(double[][] p, double[][] q, Features features) {
        if (p.length == 0 || q.length == 0)
            throw new ShapeException("DensityRatio: " + p.length + " and " + q.length + " samples; at least one of each");
        Tensor a = rows(p, features), b = rows(q, features);
        var loss = SecondOrderObjective
                .of(w -> a.matmul(w).neg().softplus().mean().add(b.matmul(w).softplus().mean()).add(w.square().sum().mul(RIDGE)));
        return new DensityRatio(features, new Newton().minimize(loss, new double[(int) a.size(1)]).x());
    }

    private static Tensor rows(double[][] x, Features features) {
        return Tensor.of(Arrays.stream(x).map(features::of).toArray(double[][]::new));
    }

    /** {@code log p(x) / q(x)}, natural. */
    public double log(double... x) {
        double[] row = features.of(x);
        double sum = 0;
        for (int j = 0; j < row.length; j++) sum += weights[j] * row[j];
        return sum;
    }
}
