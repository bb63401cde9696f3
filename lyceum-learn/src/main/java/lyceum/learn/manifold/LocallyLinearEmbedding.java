package lyceum.learn.manifold;

import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.learn.neighbors.Metric;
import lyceum.progress.Progress;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Locally linear embedding: each row is a weighted mean of its neighbours, {@code min |x_i - sum_j w_ij x_j|^2} with weights of sum 1; the map keeps these
 * weights, {@code min sum_i |y_i - sum_j w_ij y_j|^2} over uncorrelated columns of length 1 and mean 0: the bottom eigenvectors of
 * {@code (I - W)^T (I - W)} except for the constant one.
 *
 * {@snippet :
 * Tensor roll = Datasets.swissRoll(Rng.of(1), 1000, 0).x();
 * var model = new LocallyLinearEmbedding(12, 2).withMethod(LocallyLinearEmbedding.Method.MODIFIED).fit(roll);
 * }
 *
 * <p>{@code O(n^2)} memory. Signs are free: here a column's entry of the largest magnitude is positive. Of a graph in pieces the map tells the pieces apart and
 * little else.
 *
 * @param neighbors k
 * @param components columns of the map
 * @param method {@link Method#STANDARD} by default
 * @param regularization times the trace of a row's local Gram matrix, added to its diagonal: 0.001 by default. With more neighbours than columns that
 *     matrix is singular without it
 * @see <a href="https://doi.org/10.1126/science.290.5500.2323">Roweis and Saul (2000)</a>
 * @see <a href="https://papers.nips.cc/paper/3132-mlle-modified-locally-linear-embedding-using-multiple-weights">Zhang and Wang (2006)</a>
 */
@Withers
public record LocallyLinearEmbedding(int neighbors, int components, Method method, double regularization)
        implements LocallyLinearEmbeddingWithers, Transformer {

    /** Which weights are kept. */
    public enum Method {
        /** One set of weights a row. */
        STANDARD,
        /** Several sets a row, nearly as good as the best one: maps are less warped. Needs at least as many neighbours as components. */
        MODIFIED
    }

    public LocallyLinearEmbedding {
        if (neighbors < 1)
            throw new IllegalArgumentException("LocallyLinearEmbedding: neighbors is " + neighbors + "; each row needs at least 1");
        if (components < 1)
            throw new IllegalArgumentException("LocallyLinearEmbedding: components is " + components + "; it is at least 1");
        Objects.requireNonNull(method, "method");
        if (!(regularization >= 0 && regularization < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("LocallyLinearEmbedding: regularization is " + regularization + "; it is at least 0");
        if (method == Method.MODIFIED && neighbors < components)
            throw new IllegalArgumentException("LocallyLinearEmbedding: the modified method needs at least as many neighbours as"
                    + " components, not " + neighbors + " and " + components);
    }

    public LocallyLinearEmbedding(int neighbors, int components) { this(neighbors, components, Method.STANDARD, 1e-3); }

    @Override public Set<Tag> tags() { return Set.of(Tag.NO_WEIGHTS); }

    /** The weights W (n x n): rows of k entries with sum 1. They do not change if rows are turned, shifted or scaled. */
    public Csr weights(Tensor x) {
        var input = LearnerInput.forFit(this, x);
        var rows = input.x().to(DType.F64);
        return Barycentres.weights(rows, NeighborLists.of(input, Metric.EUCLIDEAN, neighbors), regularization);
    }

    @Override public LocallyLinearEmbeddingModel fit(Tensor x) { return fit(x, null, null); }

    @Override public LocallyLinearEmbeddingModel fit(Tensor x, Tensor y, Tensor weights) { return fit(x, y, weights, Progress.SILENT); }

    /** Like {@link #fit(Tensor, Tensor, Tensor)}, heard and stopped by {@code progress}. */
    public LocallyLinearEmbeddingModel fit(Tensor x, Tensor y, Tensor weights, Progress progress) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        if (components >= input.rows()) throw new IllegalArgumentException(input.operation() + ": components is " + components
                + " but x has " + input.rows() + " row" + (input.rows() == 1 ? "" : "s") + "; keep fewer than rows");
        var rows = input.x().to(DType.F64);
        var lists = NeighborLists.of(input, Metric.EUCLIDEAN, neighbors);
        var cost = method == Method.STANDARD ? Barycentres.cost(Barycentres.weights(rows, lists, regularization))
                : ModifiedWeights.cost(rows, lists, components);
        progress.step("locally linear embedding", 1, 2);
        var bottom = NullSpace.below(cost, components);
        progress.step("locally linear embedding", 2, 2);
        return new LocallyLinearEmbeddingModel(lists.index(), neighbors, regularization, bottom.vectors().to(input.x().dtype()),
                bottom.values().sum().item());
    }

    @Override public Tensor fitTransform(Tensor x) { return fit(x).embedding(); }
}
