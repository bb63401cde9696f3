package lyceum.learn.cluster;

import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.stats.learner.Clusterer;
import lyceum.stats.learner.Density;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A mixture of normal distributions, {@code p(x) = sum_c w_c N(x; m_c, S_c)}, by expectation-maximisation: soft clusters of any ellipse.
 *
 * {@snippet :
 * var x = Datasets.iris().x();
 * var model = new GaussianMixture(3).withRestarts(5).fit(x);
 * model.responsibilities(x);                           // the share of each component in each row
 * model.bic();                                         // to compare with other k and other covariances
 * model.sample(Rng.of(1), 10);
 * }
 *
 * <p>Each iteration computes the responsibilities {@code r_ic} of the components for the rows, then the weights, means and covariances that they
 * give; the likelihood never falls. With {@code regularisation} above 0, which is added to the variances in every iteration, it may fall a
 * little. Time {@code O(n k p^2)} an iteration for full covariances, {@code O(n k p)} for diagonal ones. Computed in F64.
 *
 * @param components k, at least 1
 * @param covariance what the covariances have in common; full by default
 * @param start the first parameters; the clusters of k-means by default
 * @param restarts runs from different starts, 1 by default; the one of the largest likelihood is kept
 * @param regularisation added to the variances, in squared units of the columns; 1e-6 by default
 * @param maxIterations of a run, 100 by default
 * @param tolerance a run ends when the mean log-likelihood changes by less in an iteration, 1e-3 by default; 0 does all iterations
 * @param seed of the starts
 * @see <a href="https://doi.org/10.1111/j.2517-6161.1977.tb01600.x">Dempster, Laird and Rubin (1977)</a>
 */
@Withers
public record GaussianMixture(int components, Covariance covariance, Start start, int restarts, double regularisation, int maxIterations,
        double tolerance, long seed) implements GaussianMixtureWithers, Clusterer, Density {

    /** What covariances have in common. */
    public enum Covariance {
        /** Nothing: an ellipse of its own for every component. */
        FULL,
        /** All components share one ellipse. */
        TIED,
        /** Axes along the columns. */
        DIAGONAL,
        /** Balls, each of its own radius. */
        SPHERICAL;

        boolean isDense() { return this == FULL || this == TIED; }
    }

    /** The first parameters. */
    public sealed interface Start {
        /** Weights, means and covariances of the clusters that k-means finds. */
        record Clusters() implements Start {}

        /** Means at random rows, the covariance of all rows, equal weights. */
        record RandomRows() implements Start {}

        /**
         * What the caller chose.
         *
         * @param weights (k), summing to 1
         * @param means (k x p)
         * @param covariances full (k x p x p), tied (p x p), diagonal (k x p), spherical (k)
         */
        record Given(Tensor weights, Tensor means, Tensor covariances) implements Start {
            public Given {
                if (weights.rank() != 1 || means.rank() != 2 || means.size(0) != weights.size(0))
                    throw new ShapeException("GaussianMixture: the starting weights have shape " + weights.shape() + ", means "
                            + means.shape() + "; they are (k) and (k x p)");
                weights = weights.detach().to(DType.F64);
                means = means.detach().to(DType.F64);
                covariances = covariances.detach().to(DType.F64);
            }
        }
    }

    public GaussianMixture {
        if (components < 1) throw new IllegalArgumentException("components is " + components + "; at least 1 is needed");
        Objects.requireNonNull(covariance, "covariance");
        Objects.requireNonNull(start, "start");
        if (restarts < 1) throw new IllegalArgumentException("restarts is " + restarts + "; at least 1 run is needed");
        if (!(regularisation >= 0)) throw new IllegalArgumentException("regularisation is " + regularisation + "; it is at least 0");
        if (maxIterations < 1) throw new IllegalArgumentException("maxIterations is " + maxIterations + "; at least 1 is needed");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("tolerance is " + tolerance + "; it is at least 0");
        if (start instanceof Start.Given given && given.weights().size(0) != components) throw new IllegalArgumentException(
                "components is " + components + " but " + given.weights().size(0) + " starting components are given");
    }

    /** {@code components} full covariances from one start of k-means. */
    public GaussianMixture(int components) { this(components, Covariance.FULL, new Start.Clusters(), 1, 1e-6, 100, 1e-3, 0); }

    @Override public Set<Tag> tags() { return start instanceof Start.Given ? Set.of() : Set.of(Tag.RANDOMISED); }

    @Override public GaussianMixtureModel fit(Tensor x) { return fit(x, null); }

    /**
     * @throws SingularCovarianceException if every run ends on a singular covariance; more regularisation or fewer components help
     */
    @Override public GaussianMixtureModel fit(Tensor x, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] w = input.weights(weights);
        long positive = Arrays.stream(w).filter(v -> v > 0).count();
        if (positive < components) throw new IllegalArgumentException(input.operation() + ": components is " + components + " but x has "
                + positive + " row" + (positive == 1 ? "" : "s") + "; ask for at most as many");
        var em = new MixtureEm(this, input, w);
        int runs = start instanceof Start.Given ? 1 : restarts;
        GaussianMixtureModel best = null;
        SingularCovarianceException failed = null;
        for (int r = 0; r < runs; r++) {
            try {
                var model = em.run(Rng.of(seed).split(r), seed + 7919L * r);
                if (best == null || model.logLikelihood() > best.logLikelihood()) best = model;
            } catch (SingularCovarianceException e) {
                failed = e;
            }
        }
        if (best == null) throw failed;
        return best;
    }

    /** The number of components from 1 to {@code most} whose fit has the least BIC. */
    public int countByBic(Tensor x, int most) {
        if (most < 1) throw new IllegalArgumentException("countByBic: most is " + most + "; it is at least 1");
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int k = 1; k <= most; k++) {
            double bic = withComponents(k).fit(x).bic();
            if (bic < least) {
                least = bic;
                best = k;
            }
        }
        return best;
    }
}
