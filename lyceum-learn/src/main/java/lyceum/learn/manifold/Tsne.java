package lyceum.learn.manifold;

import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.neighbors.Metric;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * t-SNE: a map on which near rows are near. {@code p_j|i ~ exp(-b_i |x_i - x_j|^2)} with b_i such that each row has the wanted perplexity,
 * {@code p_ij = (p_j|i + p_i|j) / 2n}; on the map {@code q_ij ~ 1 / (1 + |y_i - y_j|^2)}; the divergence {@code KL(P || Q)} is lowered by gradient steps
 * {@code 4 sum_j (p_ij - q_ij) (y_i - y_j) / (1 + |y_i - y_j|^2)} with momentum and a gain for each coordinate.
 *
 * {@snippet :
 * TsneModel model = new Tsne(30).fit(x);
 * Tensor map = model.embedding();                      // (n x 2)
 * Tensor placed = model.transform(z);                  // new rows, the map as it is
 * new Tsne(50).withMethod(Tsne.Method.INTERPOLATION).fit(x, null, null, progress);
 * }
 *
 * <p>Distances between far groups, sizes of groups and, with a random start, where they lie mean nothing. What a row's neighbours are does: see
 * {@link Trustworthiness}. Reduce wide data to 50 or so columns with {@link Pca} first. The result is the same for any number of threads.
 *
 * @param components columns of the map, 2 by default
 * @param perplexity how many neighbours a row counts, about; from 5 to 50 usually, 30 by default, below the number of rows
 * @param method how gradients are computed
 * @param angle of Barnes-Hut: 0 is exact, 0.5 the default
 * @param learningRate of steps; 0 (the default) for {@code max(n / (4 exaggeration), 50)}
 * @param exaggeration of P in the first steps, 12 by default: groups form while the map is small
 * @param exaggerated steps that are exaggerated, with momentum 0.5 (then 0.8); 250 by default, and at most half of all
 * @param iterations all steps, 1000 by default
 * @param start places before the first step
 * @param metric of the rows, Euclidean by default
 * @param seed of a random start
 * @see <a href="https://jmlr.org/papers/v9/vandermaaten08a.html">van der Maaten and Hinton (2008)</a>
 */
@Withers
public record Tsne(int components, double perplexity, Method method, double angle, double learningRate, double exaggeration,
        int exaggerated, int iterations, Start start, Metric metric, long seed) implements TsneWithers, Transformer {

    /** How gradients are computed. */
    public enum Method {
        /** {@link #EXACT} up to 400 rows or where more than 3 components are wanted, {@link #INTERPOLATION} from 50,000 rows on, else {@link #BARNES_HUT}. */
        AUTO,
        /** All pairs, {@code O(n^2)}; affinities of all pairs too. */
        EXACT,
        /** Far cells of a tree act as one, {@code O(n log n)}; affinities of {@code 3 perplexity} neighbours. For up to 3 components. */
        BARNES_HUT,
        /** Repulsion by convolutions on a grid, {@code O(n)}; affinities of {@code 3 perplexity} neighbours. For 2 components. */
        INTERPOLATION
    }

    /** Where points begin. */
    public enum Start {
        /** The first principal components, small: keeps the coarse layout of the data. */
        PCA,
        /** Normal and small: groups come to lie anywhere. */
        RANDOM
    }

    public Tsne {
        if (components < 1) throw new IllegalArgumentException("Tsne: components is " + components + "; it is at least 1");
        if (!(perplexity >= 1 && perplexity < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Tsne: perplexity is " + perplexity + "; it is at least 1");
        Objects.requireNonNull(method, "method");
        if (method == Method.BARNES_HUT && components > 3 || method == Method.INTERPOLATION && components != 2)
            throw new IllegalArgumentException("Tsne: " + method + " is not for " + components + " components; use EXACT");
        if (!(angle >= 0 && angle < 1)) throw new IllegalArgumentException("Tsne: angle is " + angle + "; it lies in [0, 1)");
        if (!(learningRate >= 0 && learningRate < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Tsne: learningRate is " + learningRate + "; it is positive, or 0 to choose it by the rows");
        if (!(exaggeration >= 1 && exaggeration < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Tsne: exaggeration is " + exaggeration + "; it is at least 1");
        if (iterations < 1 || exaggerated < 0) throw new IllegalArgumentException(
                "Tsne: " + iterations + " iterations, " + exaggerated + " of them exaggerated; at least 1 in all and 0 exaggerated");
        Objects.requireNonNull(start, "start");
        Objects.requireNonNull(metric, "metric");
    }

    public Tsne(double perplexity) { this(2, perplexity, Method.AUTO, 0.5, 0, 12, 250, 1000, Start.PCA, Metric.EUCLIDEAN, 0); }

    public Tsne() { this(30); }

    @Override public Set<Tag> tags() {
        // Rounding differs with the order of rows, and a thousand steps enlarge it.
        return metric instanceof Metric.Custom ? Set.of(Tag.NO_WEIGHTS, Tag.RANDOMISED, Tag.ORDER_DEPENDENT, Tag.NOT_SAVABLE)
                : Set.of(Tag.NO_WEIGHTS, Tag.RANDOMISED, Tag.ORDER_DEPENDENT);
    }

    private Method chosen(int n) {
        if (method != Method.AUTO) return method;
        return n <= 400 || components > 3 ? Method.EXACT : n >= 50_000 && components == 2 ? Method.INTERPOLATION : Method.BARNES_HUT;
    }

    private NeighborLists lists(LearnerInput input) {
        int n = input.rows();
        if (perplexity > n - 1) throw new IllegalArgumentException(input.operation() + ": perplexity is " + perplexity + " but x has " + n
                + " row" + (n == 1 ? "" : "s") + "; it is at most the number of other rows");
        return NeighborLists.of(input, metric, chosen(n) == Method.EXACT ? n - 1 : Math.min(n - 1, (int) (3 * perplexity + 1)));
    }

    /** The joint affinities P (n x n), of sum 1: of all pairs for the exact method, of near ones else. */
    public Csr affinities(Tensor x) { return PairAffinities.of(lists(LearnerInput.forFit(this, x)), perplexity).matrix(); }

    @Override public TsneModel fit(Tensor x) { return fit(x, null, null); }

    @Override public TsneModel fit(Tensor x, Tensor y, Tensor weights) { return fit(x, y, weights, Progress.SILENT); }

    /** Like {@link #fit(Tensor, Tensor, Tensor)}, heard and stopped by {@code progress}, which hears the divergence every 50 steps. */
    public TsneModel fit(Tensor x, Tensor y, Tensor weights, Progress progress) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var lists = lists(input);
        var affinities = PairAffinities.of(lists, perplexity);
        int n = input.rows();
        Repulsion repulsion = switch (chosen(n)) {
            case BARNES_HUT -> new BarnesHut(angle);
            case INTERPOLATION -> new Interpolation();
            default -> Repulsion::exact;
        };
        double rate = learningRate > 0 ? learningRate : Math.max(n / (4 * exaggeration), 50);
        double[] places = start(input.x().to(DType.F64), n);
        double divergence = new TsneDescent(this, rate).run(affinities, repulsion, places, progress);
        return new TsneModel(lists.index(), perplexity, Tensor.of(places, n, components).to(input.x().dtype()), divergence);
    }

    private double[] start(Tensor x, int n) {
        if (start == Start.RANDOM) return Tensor.randn(Rng.of(seed), DType.F64, n, components).mul(1e-4).toDoubleArray();
        int k = (int) Math.min(components, Math.min(n, x.size(1)));
        double[] scores = new Pca(k).withSolver(Pca.Solver.AUTO).fit(x).transform(x).toDoubleArray(), out = new double[n * components];
        double square = 0;
        for (int i = 0; i < n; i++) square += scores[i * k] * scores[i * k];
        double scale = square > 0 ? 1e-4 / Math.sqrt(square / n) : 0;
        // Columns that the data do not have, and copies of a row, need some distance to be driven apart.
        double[] noise = Tensor.randn(Rng.of(seed), DType.F64, n, components).mul(1e-8).toDoubleArray();
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < components; c++) {
                double wide = c < k ? scores[i * k + c] * scale : 1e4 * noise[i * components + c];
                out[i * components + c] = wide + noise[i * components + c];
            }
        }
        return out;
    }

    @Override public Tensor fitTransform(Tensor x) { return fit(x).embedding(); }
}
