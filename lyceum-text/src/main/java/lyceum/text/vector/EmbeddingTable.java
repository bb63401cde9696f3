package lyceum.text.vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.linalg.Svd;
import lyceum.tensor.Tensor;
import lyceum.text.internal.TopScores;

/**
 * Named vectors of one dimension, in F32: words, sentences, items. {@link #nearest} searches all rows, exactly; {@link #analogy} answers
 * "a is to b as c is to ?". {@link VectorFiles} reads and writes the formats of word2vec, GloVe, fastText and safetensors. Immutable.
 *
 * {@snippet :
 * var table = EmbeddingTable.of(List.of("man", "woman", "king", "queen"),
 *         Tensor.of(new double[][] {{1, 0}, {-1, 0}, {1, 2}, {-1, 2}}));
 * table.analogy("man", "woman", "king", 1);                            // [queen 1.0]
 * }
 *
 * <p>A row of zeros has no direction: it is kept, is never an answer by cosine, and is refused as a question.
 *
 * @see <a href="https://aclanthology.org/W14-1618/">Levy and Goldberg (2014), Linguistic Regularities in Sparse and Explicit Word Representations</a>
 */
public final class EmbeddingTable {
    /** How near two vectors are; of each the larger score is the nearer. */
    public enum Nearness {
        /** {@code x.y / (|x| |y|)}, in [-1, 1]. */
        COSINE,
        /** {@code x.y}. */
        DOT,
        /** {@code -|x - y|}. */
        EUCLIDEAN
    }

    /** How the three cosines of an analogy become one score. */
    public enum Analogy {
        /** 3CosAdd: {@code cos(y, b) - cos(y, a) + cos(y, c)}; the same order as by the cosine with {@code b - a + c} of unit vectors. */
        ADD,
        /** 3CosMul: {@code cos(y, b) cos(y, c) / (cos(y, a) + 0.001)} of cosines moved to [0, 1]: no one of them can swamp the others. */
        MULTIPLY
    }

    /** A name and its score, the larger the nearer. */
    public record Neighbour(String name, double score) {
        @Override public String toString() { return name + " " + score; }
    }

    private final List<String> names;
    private final Map<String, Integer> numbers;
    private final float[][] rows;
    private final double[] norms;
    private final int dimension;

    EmbeddingTable(List<String> names, float[][] rows, int dimension) {
        this.names = List.copyOf(names);
        this.rows = rows;
        this.dimension = dimension;
        if (names.size() != rows.length)
            throw new IllegalArgumentException("EmbeddingTable: " + names.size() + " names for " + rows.length + " rows; they pair up");
        if (dimension < 1) throw new IllegalArgumentException("EmbeddingTable: the dimension is " + dimension + "; it is at least 1");
        numbers = HashMap.newHashMap(rows.length);
        norms = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            var before = numbers.putIfAbsent(this.names.get(i), i);
            if (before != null) throw new IllegalArgumentException(
                    "EmbeddingTable: '" + names.get(i) + "' names rows " + before + " and " + i + "; names are distinct");
            double square = 0;
            for (float v : rows[i]) square += (double) v * v;
            if (!Double.isFinite(square)) throw new IllegalArgumentException(
                    "EmbeddingTable: row " + i + ", '" + names.get(i) + "', holds NaN or infinity; leave it out");
            norms[i] = Math.sqrt(square);
        }
    }

    /** @param vectors (names, dimension), of any float type, kept as F32 */
    public static EmbeddingTable of(List<String> names, Tensor vectors) {
        if (vectors.rank() != 2)
            throw new ShapeException("EmbeddingTable: vectors are " + vectors.shape() + "; they are (names, dimension)");
        int d = (int) vectors.size(1);
        float[] flat = vectors.detach().to(DType.F32).toFloatArray();
        var rows = new float[(int) vectors.size(0)][];
        for (int i = 0; i < rows.length; i++) rows[i] = Arrays.copyOfRange(flat, i * d, (i + 1) * d);
        return new EmbeddingTable(names, rows, d);
    }

    public int size() { return rows.length; }

    public int dimension() { return dimension; }

    /** In the order of the rows. */
    public List<String> names() { return names; }

    public boolean contains(String name) { return numbers.containsKey(name); }

    /** The row of a name, -1 where there is none. */
    public int index(String name) { return numbers.getOrDefault(name, -1); }

    /** A copy of the vector of a name. @throws IllegalArgumentException if the table has no such name */
    public float[] get(String name) { return rows[row(name)].clone(); }

    /** All vectors as F32 (names, dimension). */
    public Tensor vectors() {
        var flat = new float[Math.multiplyExact(rows.length, dimension)];
        for (int i = 0; i < rows.length; i++) System.arraycopy(rows[i], 0, flat, i * dimension, dimension);
        return Tensor.of(flat, rows.length, dimension);
    }

    float[] values(int row) { return rows[row]; }

    private int row(String name) {
        var row = numbers.get(name);
        if (row == null) throw new IllegalArgumentException(
                "EmbeddingTable: no vector of '" + name + "' among " + rows.length + "; ask contains() first");
        return row;
    }

    private int direction(String name) {
        int row = row(name);
        if (norms[row] == 0) throw new IllegalArgumentException("EmbeddingTable: '" + name + "' is all zeros; it has no direction");
        return row;
    }

    /** Cosine of two rows, in [-1, 1]. @throws IllegalArgumentException if a name is unknown or its vector all zeros */
    public double similarity(String a, String b) {
        int i = direction(a), j = direction(b);
        return dot(rows[i], rows[j]) / (norms[i] * norms[j]);
    }

    /** The k nearest to a name by cosine, itself left out; fewer where the table has fewer. Nearest first, equals in the order of rows. */
    public List<Neighbour> nearest(String name, int k) { return nearest(get(name), k, Nearness.COSINE, Set.of(name)); }

    /**
     * The k nearest to a vector.
     *
     * @param except names that are no answer
     * @throws ShapeException if the vector has another dimension
     * @throws IllegalArgumentException if it holds NaN or infinity, or is all zeros where the cosine is asked for
     */
    public List<Neighbour> nearest(float[] query, int k, Nearness by, Collection<String> except) {
        if (query.length != dimension)
            throw new ShapeException("nearest: a vector of " + query.length + " in a table of dimension " + dimension);
        double norm = Math.sqrt(dot(query, query));
        if (!Double.isFinite(norm)) throw new IllegalArgumentException("nearest: the vector holds NaN or infinity");
        if (norm == 0 && by == Nearness.COSINE) throw new IllegalArgumentException("nearest: the vector is all zeros; it has no direction");
        var scores = new double[rows.length];
        Parallel.range(rows.length, 1 + 100_000 / dimension, (from, to) -> {
            for (int i = (int) from; i < to; i++) scores[i] = switch (by) {
                case COSINE -> norms[i] == 0 ? Double.NaN : dot(query, rows[i]) / (norm * norms[i]);
                case DOT -> dot(query, rows[i]);
                case EUCLIDEAN -> -distance(query, rows[i]);
            };
        });
        return best(scores, k, except);
    }

    /** {@link #analogy(String, String, String, int, Analogy)} by 3CosAdd. */
    public List<Neighbour> analogy(String a, String b, String c, int k) { return analogy(a, b, c, k, Analogy.ADD); }

    /** The k best answers y to "a is to b as c is to y"; a, b and c are none. */
    public List<Neighbour> analogy(String a, String b, String c, int k, Analogy by) {
        int i = direction(a), j = direction(b), l = direction(c);
        var scores = new double[rows.length];
        Parallel.range(rows.length, 1 + 30_000 / dimension, (from, to) -> {
            for (int y = (int) from; y < to; y++) {
                double ya = cosine(y, i), yb = cosine(y, j), yc = cosine(y, l);
                scores[y] = by == Analogy.ADD ? yb - ya + yc : (1 + yb) / 2 * (1 + yc) / 2 / ((1 + ya) / 2 + 0.001);
            }
        });
        return best(scores, k, Set.of(a, b, c));
    }

    private double cosine(int y, int other) { return norms[y] == 0 ? Double.NaN : dot(rows[y], rows[other]) / (norms[y] * norms[other]); }

    private List<Neighbour> best(double[] scores, int k, Collection<String> except) {
        if (k < 1) throw new IllegalArgumentException("nearest: k is " + k + "; it is at least 1");
        for (var name : except) if (contains(name)) scores[index(name)] = Double.NaN;
        var top = TopScores.of(k, scores.length);
        for (int i = 0; i < scores.length; i++) if (scores[i] > top.threshold()) top.offer(i, scores[i]);
        var found = new ArrayList<Neighbour>();
        top.best((row, score) -> found.add(new Neighbour(names.get(row), score)));
        return List.copyOf(found);
    }

    static double dot(float[] x, float[] y) {
        double a = 0, b = 0;
        int i = 0;
        for (; i + 1 < x.length; i += 2) { // two sums, so that one addition need not wait for the other
            a += (double) x[i] * y[i];
            b += (double) x[i + 1] * y[i + 1];
        }
        return i < x.length ? a + b + (double) x[i] * y[i] : a + b;
    }

    private static double distance(float[] x, float[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            double gap = (double) x[i] - y[i];
            sum += gap * gap;
        }
        return Math.sqrt(sum);
    }

    /** The rows of these names, in this order. */
    public EmbeddingTable only(Collection<String> kept) {
        return new EmbeddingTable(List.copyOf(kept), kept.stream().map(n -> rows[row(n)]).toArray(float[][]::new), dimension);
    }

    /** The same names with other vectors, (names, any dimension). */
    public EmbeddingTable withVectors(Tensor vectors) { return of(names, vectors); }

    /** Each vector over its length; rows of zeros stay. */
    public EmbeddingTable normalised() {
        var unit = new float[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            unit[i] = rows[i].clone();
            for (int j = 0; norms[i] > 0 && j < dimension; j++) unit[i][j] = (float) (rows[i][j] / norms[i]);
        }
        return new EmbeddingTable(names, unit, dimension);
    }

    /** Less the mean of all vectors. */
    public EmbeddingTable centred() { return allButTheTop(0); }

    /**
     * Less the mean and the parts along the first principal components: what all vectors share tells none of them apart.
     *
     * @param components 0 or more, below the dimension; about dimension / 100 is the paper's advice
     * @see <a href="https://arxiv.org/abs/1702.01417">Mu and Viswanath (2018)</a>
     */
    public EmbeddingTable allButTheTop(int components) {
        return withVectors(EmbeddingCorrection.allButTheTop(vectors(), components).apply(vectors()));
    }

    /** {@code x R} of each row. @param rotation (dimension, dimension); of {@link #alignment}, or any matrix */
    public EmbeddingTable rotated(Tensor rotation) { return withVectors(vectors().to(DType.F64).matmul(rotation.to(DType.F64))); }

    /**
     * The orthogonal R with the least {@code |X R - Y|}, X the rows here and Y those there of the names in both: {@code U V^T} of
     * {@code X^T Y = U S V^T}. {@code rotated(R)} brings this table onto the other's axes. Length and centre are left alone.
     *
     * @return F64 (dimension, dimension)
     * @throws ShapeException if the dimensions differ
     * @throws IllegalArgumentException if no name is in both
     * @see <a href="https://doi.org/10.1007/BF02289451">Schönemann (1966), A generalized solution of the orthogonal Procrustes problem</a>
     */
    public Tensor alignment(EmbeddingTable other) {
        if (dimension != other.dimension)
            throw new ShapeException("alignment: dimensions " + dimension + " and " + other.dimension + " differ; a rotation keeps them");
        var shared = new HashSet<>(names);
        shared.retainAll(other.numbers.keySet());
        if (shared.isEmpty()) throw new IllegalArgumentException("alignment: no name is in both tables");
        var common = names.stream().filter(shared::contains).toList();
        var x = only(common).vectors().to(DType.F64);
        var svd = Svd.of(x.transpose().matmul(other.only(common).vectors().to(DType.F64)));
        return svd.u().matmul(svd.vt());
    }

    /** {@link EmbeddingGeometry#isotropy} of the vectors: 1 where they lean nowhere, near 0 where they share a direction. */
    public double isotropy() { return EmbeddingGeometry.isotropy(vectors()); }

    @Override public String toString() { return "EmbeddingTable of " + rows.length + " names x " + dimension; }
}
