package lyceum.text.similarity;

import java.util.ArrayList;
import java.util.Map;
import java.util.TreeMap;
import lyceum.info.OptimalTransport;
import lyceum.text.count.TermSplitter;
import lyceum.text.vector.EmbeddingTable;

/**
 * Word mover's distance: the least distance that the words of one text travel to become those of the other,
 * {@code min sum_ij T_ij |x_i - y_j|} with rows of T summing to the shares of the one text's words and columns to the other's. Solved exactly; the similarity is
 * {@code 1 / (1 + distance)}, 1 for texts of the same words.
 *
 * <p>Words without a vector are left out; a text with none is like no text: an infinite distance.
 *
 * @param table of word vectors
 * @param splitter into words
 * @see <a href="https://proceedings.mlr.press/v37/kusnerb15.html">Kusner, Sun, Kolkin and Weinberger (2015)</a>
 */
public record WordMover(EmbeddingTable table, TermSplitter splitter) implements SemanticSimilarity {

    /** The distance, 0 or more; infinite where a text has no word of the table. */
    public double distance(String a, String b) {
        var left = shares(a);
        var right = shares(b);
        if (left.isEmpty() || right.isEmpty()) return Double.POSITIVE_INFINITY;
        if (left.equals(right)) return 0;
        var cost = new double[left.size()][right.size()];
        var words = new ArrayList<>(right.keySet());
        int i = 0;
        for (var word : left.keySet()) {
            float[] x = table.get(word);
            for (int j = 0; j < words.size(); j++) cost[i][j] = length(x, table.get(words.get(j)));
            i++;
        }
        return OptimalTransport.plan(cost, values(left), values(right)).cost();
    }

    @Override public double similarity(String a, String b) { return 1 / (1 + distance(a, b)); }

    private Map<String, Double> shares(String text) {
        var counts = new TreeMap<String, Double>();
        int n = 0;
        for (var word : splitter.split(text)) {
            if (!table.contains(word)) continue;
            counts.merge(word, 1.0, Double::sum);
            n++;
        }
        double total = n;
        counts.replaceAll((word, count) -> count / total);
        return counts;
    }

    private static double[] values(Map<String, Double> shares) {
        return shares.values().stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static double length(float[] x, float[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += ((double) x[i] - y[i]) * ((double) x[i] - y[i]);
        return Math.sqrt(sum);
    }
}
