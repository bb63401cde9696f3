package lyceum.learn.decomposition;

import java.util.Set;
import lyceum.DType;
import lyceum.stats.learner.Density;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Probabilistic PCA by expectation-maximisation: rows are {@code x = W z + mean + noise} with z standard normal in k dimensions and noise of the
 * same variance in every column. NaN is a missing value, which EM integrates out instead of filling.
 *
 * {@snippet :
 * var model = new ProbabilisticPca(3).fit(x);          // x may hold NaN
 * model.components();                                  // orthonormal, by falling variance
 * model.impute(x);                                     // missing values replaced by their conditional means
 * }
 *
 * <p>Time {@code O(n p k^2)} an iteration. Starts from PCA of the data with missing values filled by column means, so that no seed is needed.
 *
 * @param components k, at least 1 and fewer than columns
 * @param maxIterations 500 by default
 * @param tolerance ends when the mean log-likelihood rises by less in an iteration, 1e-7 by default
 * @see <a href="https://doi.org/10.1111/1467-9868.00196">Tipping and Bishop (1999), Probabilistic principal component analysis</a>
 */
@Withers
public record ProbabilisticPca(int components, int maxIterations, double tolerance) implements ProbabilisticPcaWithers, Density {
    public ProbabilisticPca {
        if (components < 1) throw new IllegalArgumentException("components is " + components + "; at least 1 is kept");
        if (maxIterations < 1) throw new IllegalArgumentException("maxIterations is " + maxIterations + "; at least 1 is needed");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("tolerance is " + tolerance + "; it is at least 0");
    }

    public ProbabilisticPca(int components) { this(components, 500, 1e-7); }

    @Override public Set<Tag> tags() { return Set.of(Tag.ALLOWS_NAN); }

    @Override public ProbabilisticPcaModel fit(Tensor x) { return fit(x, null); }

    @Override public ProbabilisticPcaModel fit(Tensor x, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        int n = input.rows(), p = input.columns();
        if (components >= p) throw new IllegalArgumentException(input.operation() + ": components is " + components + " but x has " + p
                + " column" + (p == 1 ? "" : "s") + "; noise needs one more than components");
        double[] w = input.weights(weights);
        int positive = 0;
        for (double v : w) if (v > 0) positive++;
        if (positive < 2) throw new IllegalArgumentException(
                input.operation() + ": x has 1 row" + (weights == null ? "" : " of positive weight") + "; a variance needs more");
        double[] values = input.x().to(DType.F64).toDoubleArray();
        for (int j = 0; j < p; j++) {
            int seen = 0;
            for (int i = 0; i < n; i++) if (w[i] > 0 && !Double.isNaN(values[i * p + j])) seen++;
            if (seen == 0) throw new IllegalArgumentException(input.operation() + ": column " + j + " has no value at all; drop it");
        }
        return new MissingValueEm(values, w, n, p, components).run(maxIterations, tolerance);
    }
}
