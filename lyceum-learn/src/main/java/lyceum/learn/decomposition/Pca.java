package lyceum.learn.decomposition;

import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.learn.decomposition.ComponentCount.Fixed;
import lyceum.linalg.LinearMap;
import lyceum.linalg.TruncatedSvd;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Principal component analysis: the orthogonal directions in which centred rows vary most.
 *
 * {@snippet :
 * var model = new Pca(2).fit(x);
 * model.transform(x);                                  // scores (n x 2)
 * model.inverse(model.transform(x));                   // the nearest points of the plane
 * new Pca(new ComponentCount.ParallelAnalysis()).fit(x).nOutputs();
 * }
 *
 * <p>With the centred rows {@code X = U S V^T} the components are the columns of V, the scores {@code U S}, and the variances along them
 * {@code s^2 / (n - 1)}. Signs are free: here a component's entry of the largest magnitude is positive. Computed in F64; weights count rows.
 *
 * @param count how many components are kept
 * @param solver how they are computed
 * @param whiten whether scores are divided by their deviation, so that their covariance is the identity
 * @param seed of the randomised solver and of parallel analysis
 * @see <a href="https://doi.org/10.1080/14786440109462720">Pearson (1901)</a>, <a href="https://doi.org/10.1111/1467-9868.00196">Tipping and Bishop (1999)</a>
 */
@Withers
public record Pca(ComponentCount count, Solver solver, boolean whiten, long seed) implements PcaWithers, Transformer {
    private static final int TALL = 20;

    /** How components are computed. */
    public enum Solver {
        /**
         * {@link #FULL} for up to 1,000 rows or columns or where most components are wanted, else {@link #RANDOMISED}. For twenty times as many rows as
         * columns {@link #COVARIANCE} in place of FULL, if the least variance that is asked for is above 1e-4 of the largest: none then loses more than
         * four of its sixteen digits.
         */
        AUTO,
        /** Singular values of the data: right to the last digits, {@code O(n p min(n, p))}. */
        FULL,
        /** Eigenvectors of the covariance: fastest for many rows and few columns; small variances lose half of their digits. */
        COVARIANCE,
        /** Random projections: a few components of large data. */
        RANDOMISED
    }

    public Pca {
        Objects.requireNonNull(count, "count");
        Objects.requireNonNull(solver, "solver");
        if (solver == Solver.RANDOMISED && !(count instanceof Fixed))
            throw new IllegalArgumentException("the randomised solver finds a given number of components; pass one, as in new Pca(10)");
    }

    /** {@code components} of them. */
    public Pca(int components) { this(new Fixed(components)); }

    public Pca(ComponentCount count) { this(count, Solver.AUTO, false, 0); }

    /** All components. */
    public Pca() { this(new ComponentCount.All()); }

    @Override public Set<Tag> tags() {
        return solver == Solver.RANDOMISED || count instanceof ComponentCount.ParallelAnalysis ? Set.of(Tag.RANDOMISED) : Set.of();
    }

    @Override public PcaModel fit(Tensor x) { return fit(x, null, null); }

    @Override public PcaModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] w = input.weights(weights);
        double total = Arrays.stream(w).sum();
        int most = Math.min(input.rows(), input.columns());
        if (!(total > 1)) throw new IllegalArgumentException(input.operation() + ": x has " + input.rows() + " row"
                + (weights == null ? "" : "s of weight " + total + " in all") + "; a variance needs more than 1");
        if (count instanceof Fixed(int k) && k > most) throw new IllegalArgumentException(
                input.operation() + ": components is " + k + " but x of shape " + x.shape() + " has at most " + most);
        var rows = input.x().to(DType.F64);
        Tensor mean, centred;
        if (weights == null) {
            mean = rows.mean(0).compute();
            centred = rows.sub(mean).compute();
        } else {
            var column = Tensor.of(w).unsqueeze(1);
            mean = rows.mul(column).sum(0).div(total).compute();
            centred = rows.sub(mean).mul(column.sqrt()).compute();
        }
        return model(input.operation(), mean, centred, total);
    }

    private PcaModel model(String operation, Tensor mean, Tensor centred, double total) {
        double divisor = total - 1;
        var chosen = chosen(centred);
        int wanted = count instanceof Fixed(int k) ? k : (int) centred.size(1);
        var tall = solver == Solver.AUTO && chosen == Solver.FULL && centred.size(0) >= TALL * centred.size(1)
                ? Spectrum.ofWellConditioned(centred, divisor, wanted) : null;
        var spectrum = tall != null ? tall : Spectrum.of(centred, divisor, chosen, count instanceof Fixed(int k) ? k : 0, Rng.of(seed));
        int least = (int) Math.min(centred.size(0), centred.size(1));
        double variance = chosen == Solver.RANDOMISED ? centred.square().sum().item() / divisor : Arrays.stream(spectrum.variances()).sum();
        int kept = switch (count) {
            case ComponentCount.All() -> least;
            case Fixed(int k) -> k;
            case ComponentCount.VarianceShare(double share) -> Dimension.byShare(spectrum.variances(), share);
            case ComponentCount.Evidence() -> {
                if (centred.size(0) < centred.size(1)) throw new IllegalArgumentException(
                        operation + ": the evidence needs as many rows as columns, x has shape " + centred.shape());
                yield Dimension.byEvidence(spectrum.variances(), total);
            }
            case ComponentCount.ParallelAnalysis how -> Dimension.byShuffling(centred, spectrum.variances(), divisor, how, Rng.of(seed));
        };
        return PcaModel.of(operation, mean, spectrum, kept, least, variance, divisor, whiten);
    }

    private Solver chosen(Tensor centred) {
        if (solver != Solver.AUTO) return solver;
        long least = Math.min(centred.size(0), centred.size(1));
        return count instanceof Fixed(int k) && least > 1000 && k < least / 10 ? Solver.RANDOMISED : Solver.FULL;
    }

    /**
     * Fits to sparse rows without filling them: the mean is taken off inside the products of a Lanczos bidiagonalisation.
     *
     * @throws IllegalArgumentException unless the number of components is given
     */
    public PcaModel fit(Csr x) {
        if (!(count instanceof Fixed(int k)))
            throw new IllegalArgumentException("Pca.fit: sparse rows need a given number of components, as in new Pca(10)");
        int n = Math.toIntExact(x.rows()), p = Math.toIntExact(x.columns()), least = Math.min(n, p);
        if (n < 2) throw new IllegalArgumentException("Pca.fit: x has " + n + " row; a variance needs more than 1");
        if (k > least)
            throw new IllegalArgumentException("Pca.fit: components is " + k + " but x of " + n + " x " + p + " has at most " + least);
        var transposed = x.transpose();
        var mean = x.sum(0).to(DType.F64).div(n).compute();
        double[] values = x.values().to(DType.F64).toDoubleArray();
        var map = LinearMap.of(n, p, v -> product(x, v).sub(mean.mul(v).sum()), v -> product(transposed, v).sub(mean.mul(v.sum())));
        var svd = new TruncatedSvd(k).run(map, Rng.of(seed));
        double squares = 0;
        for (double v : values) squares += v * v;
        double variance = (squares - n * mean.square().sum().item()) / (n - 1);
        return PcaModel.of("Pca.fit", mean, Spectrum.ofSvd(svd, n - 1), k, least, variance, n - 1, whiten);
    }

    private static Tensor product(Csr a, Tensor v) { return a.matmul(v.to(a.dtype()).unsqueeze(1)).squeeze(1).to(DType.F64); }
}
