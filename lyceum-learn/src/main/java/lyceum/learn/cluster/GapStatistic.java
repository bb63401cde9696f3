package lyceum.learn.cluster;

import lyceum.DType;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * How much lower the logarithm of the inertia is than for structureless data in the same box: {@code gap(k) = mean_b log J_b(k) - log J(k)}.
 *
 * @param gaps for 1, 2, ... clusters
 * @param errors {@code s(k) = sd_b(log J_b(k)) sqrt(1 + 1/B)}
 * @see <a href="https://doi.org/10.1111/1467-9868.00293">Tibshirani, Walther and Hastie (2001)</a>
 */
public record GapStatistic(double[] gaps, double[] errors) {
    /**
     * @param learner its {@code k} is not used
     * @param maxK the largest number of clusters looked at
     * @param references sets of uniform rows to compare with, each as many as {@code x} has; 10 are usual
     */
    public static GapStatistic of(KMeans learner, Tensor x, int maxK, int references, Rng rng) {
        var rows = LearnerInput.forFit(learner, x).x().to(DType.F64);
        if (maxK < 1) throw new IllegalArgumentException("GapStatistic: maxK is " + maxK + "; it is at least 1");
        if (references < 2) throw new IllegalArgumentException("GapStatistic: references is " + references + "; a spread needs at least 2");
        Tensor low = rows.min(0), width = rows.max(0).sub(low);
        double[] gaps = new double[maxK], errors = new double[maxK], squares = new double[maxK];
        for (int b = 0; b < references; b++) {
            var noise = Tensor.rand(rng.split(b), DType.F64, rows.size(0), rows.size(1)).mul(width).add(low);
            for (int k = 1; k <= maxK; k++) {
                double log = Math.log(learner.withK(k).fit(noise).inertia());
                gaps[k - 1] += log / references;
                squares[k - 1] += log * log / references;
            }
        }
        for (int k = 1; k <= maxK; k++) {
            errors[k - 1] = Math.sqrt(Math.max(0, squares[k - 1] - gaps[k - 1] * gaps[k - 1]) * (1 + 1.0 / references));
            gaps[k - 1] -= Math.log(learner.withK(k).fit(x).inertia());
        }
        return new GapStatistic(gaps, errors);
    }

    /** A copy. */
    @Override public double[] gaps() { return gaps.clone(); }

    /** A copy. */
    @Override public double[] errors() { return errors.clone(); }

    /** The least k with {@code gap(k) >= gap(k + 1) - s(k + 1)}; the last k if there is none. */
    public int clusters() {
        for (int k = 0; k < gaps.length - 1; k++) if (gaps[k] >= gaps[k + 1] - errors[k + 1]) return k + 1;
        return gaps.length;
    }
}
