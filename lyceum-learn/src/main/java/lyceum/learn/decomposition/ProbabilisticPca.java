package lyceum.learn.decomposition;

import java.util.Set;
import lyceum.linalg.Svd;
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
        int p = input.columns();
        if (components >= p) throw new IllegalArgumentException(input.operation() + ": components is " + components + " but x has " + p
                + " column" + (p == 1 ? "" : "s") + "; noise needs one more than components");
        var em = MissingValueEm.of(input, weights, components, true);
        double[] history = em.run(maxIterations, tolerance);
        var svd = Svd.of(em.loadings());
        // W = U S and any rotation of it say the same; this one has orthogonal columns.
        return new ProbabilisticPcaModel(em.mean(), Spectrum.signed(svd.u().transpose()), svd.s().square(), em.noise()[0],
                history[history.length - 1], history.length, em.converged());
    }
}
