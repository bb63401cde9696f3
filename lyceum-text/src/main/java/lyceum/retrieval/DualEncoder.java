package lyceum.retrieval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.linalg.Similarity;
import lyceum.tensor.Tensor;
import lyceum.text.count.TermSplitter;

/**
 * Two towers, one for queries and one for passages: the mean of learned vectors of a text's terms, of length 1. A term that was not seen in training has one of
 * {@link #HASHED} shared vectors by its hash. What {@link DualEncoderTraining} makes.
 *
 * @param terms row of each known term
 * @param queries (terms + {@value #HASHED} + 1, d): the last row is that of a text without terms
 * @param passages of the same shape; the same tensor where the towers are one
 */
public record DualEncoder(TermSplitter analyzer, Map<String, Integer> terms, Tensor queries, Tensor passages) {
    /** Vectors that unknown terms share. */
    public static final int HASHED = 64;

    public DualEncoder { terms = Map.copyOf(terms); }

    public int dimension() { return (int) queries.size(1); }

    /** Texts as queries, (n, d), rows of length 1. */
    public Tensor encodeQueries(List<String> texts) { return encode(queries, texts); }

    /** Texts as passages, (n, d), rows of length 1. */
    public Tensor encodePassages(List<String> texts) { return encode(passages, texts); }

    private Tensor encode(Tensor tower, List<String> texts) { return means(tower, texts.stream().map(this::rows).toArray(int[][]::new)); }

    int[] rows(String text) {
        int[] rows = analyzer.split(text).stream().filter(t -> !t.isEmpty())
                .mapToInt(t -> terms.getOrDefault(t, terms.size() + Math.floorMod(t.hashCode(), HASHED))).toArray();
        return rows.length > 0 ? rows : new int[] {terms.size() + HASHED};
    }

    /** Means of a table's rows, scaled to length 1: differentiable in the table. */
    static Tensor means(Tensor table, int[][] rows) {
        int longest = Arrays.stream(rows).mapToInt(r -> r.length).max().orElse(1);
        var at = new long[rows.length * longest];
        var weights = new float[at.length];
        for (int i = 0; i < rows.length; i++) for (int t = 0; t < rows[i].length; t++) {
            at[i * longest + t] = rows[i][t];
            weights[i * longest + t] = 1f / rows[i].length;
        }
        var vectors = table.indexSelect(0, Tensor.of(at)).reshape(rows.length, longest, table.size(1));
        return Similarity.normalise(vectors.mul(Tensor.of(weights, rows.length, longest, 1)).sum(1));
    }
}
