package lyceum.text.vector;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.linalg.Similarity;
import lyceum.linalg.Svd;
import lyceum.tensor.Tensor;
import lyceum.text.vector.EmbeddingTable.Analogy;
import lyceum.text.vector.EmbeddingTable.Nearness;
import lyceum.text.vector.EmbeddingTable.Neighbour;

/**
 * Named vectors of one model and the measure by which they are compared. Two spaces whose models differ are not comparable until {@link #alignedTo} brought one
 * onto the axes of the other: the same dimension proves nothing.
 *
 * {@snippet :
 * static List<Neighbour> nearest(EmbeddingSpace space, Tensor query) { return space.nearest(query, 10); }
 * static double lost(EmbeddingSpace space) { return 1 - space.truncation(10, 128).getFirst().recall(); }
 * }
 *
 * <p>Vectors are F32 or F64, and scores are computed in that type; on vectors of length 1 all measures give one order. {@link EmbeddingTable} is the F32 table with file formats. Immutable.
 *
 * @param model what made the vectors, with its revision
 * @param names of the rows, distinct
 * @param vectors (names, dimension), F32 or F64, finite
 * @param nearness of two vectors
 */
public record EmbeddingSpace(String model, List<String> names, Tensor vectors, Nearness nearness) {
    public EmbeddingSpace {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(nearness, "nearness");
        names = List.copyOf(names);
        if (vectors.rank() != 2 || vectors.size(0) != names.size() || vectors.size(1) < 1) throw new ShapeException(
                "EmbeddingSpace: vectors " + vectors.shape() + " for " + names.size() + " names; they are (names, dimension)");
        if (vectors.dtype() != DType.F32 && vectors.dtype() != DType.F64)
            throw new DTypeException("EmbeddingSpace: vectors are " + vectors.dtype() + "; they are F32 or F64");
        if (Set.copyOf(names).size() < names.size())
            throw new IllegalArgumentException("EmbeddingSpace: a name stands for two rows; names are distinct");
        if (vectors.isFinite().all().item() == 0) throw new IllegalArgumentException("EmbeddingSpace: a vector holds NaN or infinity");
        vectors = vectors.detach().copy().compute();
    }

    /** By cosine. */
    public EmbeddingSpace(String model, List<String> names, Tensor vectors) { this(model, names, vectors, Nearness.COSINE); }

    public int size() { return names.size(); }

    public int dimension() { return (int) vectors.size(1); }

    /** The same vectors by another measure. */
    public EmbeddingSpace by(Nearness nearness) { return new EmbeddingSpace(model, names, vectors, nearness); }

    private EmbeddingSpace moved(Tensor vectors) { return new EmbeddingSpace(model, names, vectors.to(this.vectors.dtype()), nearness); }

    /** The same as F32 or F64. */
    public EmbeddingSpace as(DType type) { return new EmbeddingSpace(model, names, vectors.to(type), nearness); }

    /** Each vector over its length; zeros stay. */
    public EmbeddingSpace normalised() { return moved(Similarity.normalise(vectors)); }

    /** The same in F32, for analogies and files. */
    public EmbeddingTable table() { return EmbeddingTable.of(names, vectors); }

    /** Scores of all rows for queries (n, dimension): (n, rows), the greater the nearer. By cosine a row or query of zeros scores 0. */
    public Tensor scores(Tensor queries) {
        if (queries.rank() != 2 || queries.size(1) != dimension()) throw new ShapeException(
                "scores: queries " + queries.shape() + " in a space of dimension " + dimension() + "; they are (n, dimension)");
        var q = queries.to(vectors.dtype());
        return switch (nearness) {
            case COSINE -> Similarity.cosines(q, vectors);
            case DOT -> q.matmul(vectors.transpose());
            case EUCLIDEAN -> distances(q).neg();
        };
    }

    /**
     * {@code |q|^2 + |x|^2 - 2 q.x} about the mean, so that what all vectors share costs no digits; rounding may take a distance of almost 0
     * below it.
     */
    private Tensor distances(Tensor q) {
        Tensor mean = vectors.mean(0, true), from = q.sub(mean), x = vectors.sub(mean);
        return from.square().sum(1, true).add(x.square().sum(1)).sub(from.matmul(x.transpose()).mul(2)).clamp(0, Double.MAX_VALUE).sqrt();
    }

    /** Scores of all rows for the rows of another space. @throws IllegalArgumentException if another model made it */
    public Tensor scores(EmbeddingSpace queries) {
        if (!queries.model.equals(model)) throw new IllegalArgumentException("scores: queries of " + queries.model + " in a space of "
                + model + "; embed them by the same model, or align the spaces first");
        return scores(queries.vectors);
    }

    /** All rows, the nearest first, for each query (n, dimension); equals in the order of rows. */
    public int[][] orders(Tensor queries) {
        double[][] scores = scores(queries).to(DType.F64).toRows();
        var orders = new int[scores.length][];
        Parallel.range(scores.length, 8, (from, to) -> { for (int i = (int) from; i < to; i++) orders[i] = order(scores[i]); });
        return orders;
    }

    private static int[] order(double[] scores) {
        long[] order = Tensor.of(scores).neg().argsort(0).toLongArray();
        var rows = new int[order.length];
        for (int i = 0; i < rows.length; i++) rows[i] = (int) order[i];
        return rows;
    }

    /** The k nearest to a vector (dimension); fewer where there are fewer. */
    public List<Neighbour> nearest(Tensor query, int k) { return first(scores(query.reshape(1, -1)).to(DType.F64).toDoubleArray(), k, -1); }

    /** The k nearest to a row, itself left out. @throws IllegalArgumentException if there is none of that name */
    public List<Neighbour> nearest(String name, int k) {
        int row = names.indexOf(name);
        if (row < 0) throw new IllegalArgumentException("nearest: no vector of '" + name + "' among " + size());
        return first(scores(vectors.narrow(0, row, 1)).to(DType.F64).toDoubleArray(), k, row);
    }

    private List<Neighbour> first(double[] scores, int k, int except) {
        if (k < 1) throw new IllegalArgumentException("nearest: k is " + k + "; it is at least 1");
        var found = new ArrayList<Neighbour>();
        for (int row : order(scores)) {
            if (row != except && found.size() < k) found.add(new Neighbour(names.get(row), scores[row]));
        }
        return List.copyOf(found);
    }

    /** "a is to b as c is to ?", by 3CosAdd. */
    public List<Neighbour> analogy(String a, String b, String c, int k) { return table().analogy(a, b, c, k, Analogy.ADD); }

    /** Anisotropy, dimension and hubs. */
    public EmbeddingGeometry.Report geometry() { return EmbeddingGeometry.report(vectors); }

    /** Mean 0, all variances 1, none correlated. @param ridge see {@link EmbeddingCorrection#whitening} */
    public EmbeddingSpace whitened(double ridge) { return corrected(EmbeddingCorrection.whitening(vectors, ridge)); }

    /** Straightened as the correction says: fit it on the index, apply it to the queries too. */
    public EmbeddingSpace corrected(EmbeddingCorrection correction) { return moved(correction.apply(vectors)); }

    /**
     * Turned onto the axes of another space by the orthogonal R with the least {@code |X R - Y|} over the names that both have, and of its model from then on.
     *
     * @throws ShapeException if the dimensions differ
     * @throws IllegalArgumentException if no name is in both
     * @see <a href="https://doi.org/10.1007/BF02289451">Schönemann (1966)</a>
     */
    public EmbeddingSpace alignedTo(EmbeddingSpace other) {
        return new EmbeddingSpace(other.model, names, vectors.to(DType.F64).matmul(rotationTo(other)).to(vectors.dtype()), nearness);
    }

    /** The R of {@link #alignedTo}, F64 (dimension, dimension). */
    public Tensor rotationTo(EmbeddingSpace other) {
        if (dimension() != other.dimension()) throw new ShapeException(
                "rotationTo: dimensions " + dimension() + " and " + other.dimension() + " differ; a rotation keeps them");
        int[] own = new int[size()], theirs = new int[size()];
        var rowOf = new HashMap<String, Integer>();
        for (int i = 0; i < other.size(); i++) rowOf.put(other.names.get(i), i);
        int n = 0;
        for (int i = 0; i < size(); i++) {
            int there = rowOf.getOrDefault(names.get(i), -1);
            if (there < 0) continue;
            own[n] = i;
            theirs[n++] = there;
        }
        if (n == 0) throw new IllegalArgumentException("rotationTo: no name is in both spaces");
        var x = rows(vectors, own, n);
        var svd = Svd.of(x.transpose().matmul(rows(other.vectors, theirs, n)));
        return svd.u().matmul(svd.vt());
    }

    private static Tensor rows(Tensor x, int[] rows, int n) { return x.to(DType.F64).indexSelect(0, Tensor.of(rows).narrow(0, 0, n)); }

    /** The first coordinates alone, of length 1 again. */
    public EmbeddingSpace truncated(int dimension) {
        if (dimension < 1 || dimension > dimension()) throw new IllegalArgumentException(
                "truncated: " + dimension + " of " + dimension() + " coordinates; at least 1, and no more than there are");
        return moved(Similarity.normalise(vectors.narrow(1, 0, dimension)));
    }

    /**
     * What is left with the first coordinates alone.
     *
     * @param recall mean share of each row's k nearest, itself left out, that it still has among its k nearest
     */
    public record Truncation(int dimension, double recall) {}

    /**
     * How well the first coordinates alone find the neighbours that all of them find. Little is lost of a model that was trained for it.
     *
     * @param k neighbours, fewer than there are rows
     * @see <a href="https://arxiv.org/abs/2205.13147">Kusupati et al. (2022): Matryoshka representations</a>
     */
    public List<Truncation> truncation(int k, int... dimensions) {
        if (k < 1 || k >= size())
            throw new IllegalArgumentException("truncation: k is " + k + " of " + size() + " rows; it lies between 1 and one less");
        int[][] truth = orders(vectors);
        var found = new ArrayList<Truncation>();
        for (int d : dimensions) {
            var less = truncated(d);
            int[][] orders = less.orders(less.vectors);
            long kept = 0;
            for (int i = 0; i < size(); i++) kept += shared(top(truth[i], i, k), top(orders[i], i, k));
            found.add(new Truncation(d, (double) kept / size() / k));
        }
        return List.copyOf(found);
    }

    private static int[] top(int[] order, int except, int k) {
        var top = new int[k];
        for (int i = 0, n = 0; n < k; i++) if (order[i] != except) top[n++] = order[i];
        return top;
    }

    private static int shared(int[] a, int[] b) {
        int n = 0;
        for (int x : a) for (int y : b) if (x == y) n++;
        return n;
    }

    @Override public String toString() { return "space of " + size() + " vectors x " + dimension() + " by " + model + ", " + nearness; }
}
