package lyceum.text.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * A network whose output at a place depends on no later one, such as a decoder, as a {@link LanguageModel}. A state is the ids themselves, which are read
 * again at each question; whole sequences take one pass.
 *
 * {@snippet :
 * var model = new CausalLanguageModel(ids -> decoder.forward(ids), 6, 5, 4);
 * }
 *
 * @param logits (batch, T) ids to (batch, T, vocabulary)
 * @param startMark an id of the vocabulary, which is never predicted unless it is the end mark as well, or -1
 * @param endMark an id of the vocabulary or -1
 */
public record CausalLanguageModel(UnaryOperator<Tensor> logits, int vocabulary, int startMark, int endMark) implements LanguageModel {
    private static final int TOKENS = 4096; // of a pass

    public CausalLanguageModel { check("CausalLanguageModel", vocabulary, startMark, endMark); }

    static void check(String what, int vocabulary, int start, int end) {
        if (vocabulary < 1 || start < -1 || start >= vocabulary || end < -1 || end >= vocabulary)
            throw new IllegalArgumentException(what + ": a vocabulary of " + vocabulary + " with marks " + start + " and " + end
                    + "; marks are ids below its size, or -1 for none");
    }

    /** Log-softmax of logits (rows, vocabulary), without what is never predicted: a start mark that is no end mark. */
    public static double[][] logProbabilities(Tensor logits, int start, int end) {
        double[][] z = logits.toRows();
        for (double[] row : z) {
            if (start >= 0 && start != end) row[start] = Double.NEGATIVE_INFINITY;
            double top = Double.NEGATIVE_INFINITY, sum = 0;
            for (double v : row) top = Math.max(top, v);
            for (double v : row) sum += Math.exp(v - top);
            double log = top + Math.log(sum);
            for (int i = 0; i < row.length; i++) row[i] -= log;
        }
        return z;
    }

    @Override public State start() { return new Read(startMark < 0 ? new int[0] : new int[] {startMark}); }

    /** A row for each place of each text; texts are equally long. */
    private double[][] rows(int[]... texts) {
        int n = texts.length, length = texts[0].length;
        var ids = new int[n * length];
        for (int i = 0; i < n; i++) System.arraycopy(texts[i], 0, ids, i * length, length);
        var z = Autograd.noGrad(() -> logits.apply(Tensor.of(ids, n, length)));
        if (z.rank() != 3 || z.size(0) != n || z.size(1) != length || z.size(2) != vocabulary)
            throw new ShapeException("CausalLanguageModel: logits " + z.shape() + " for ids (" + n + ", " + length + "); they are (" + n
                    + ", " + length + ", " + vocabulary + ")");
        return logProbabilities(z.reshape(n * length, vocabulary), startMark, endMark);
    }

    /** In one pass. */
    @Override public double[] logProbabilities(int... ids) {
        var read = read(ids);
        if (read.length < 2) return new double[0];
        double[][] rows = rows(Arrays.copyOf(read, read.length - 1));
        var terms = new double[rows.length];
        for (int t = 0; t < terms.length; t++) terms[t] = rows[t][read[t + 1]];
        return terms;
    }

    /** Texts of equal length share a pass, so that none is padded. */
    @Override public double[] scores(List<int[]> texts) {
        var scores = new double[texts.size()];
        var byLength = new TreeMap<Integer, List<Integer>>();
        for (int i = 0; i < scores.length; i++) byLength.computeIfAbsent(read(texts.get(i)).length, _ -> new ArrayList<>()).add(i);
        byLength.forEach((length, all) -> {
            if (length < 2) return;
            int batch = Math.max(1, TOKENS / length);
            for (int from = 0; from < all.size(); from += batch) {
                var some = all.subList(from, Math.min(all.size(), from + batch));
                double[][] rows = rows(some.stream().map(i -> Arrays.copyOf(read(texts.get(i)), length - 1)).toArray(int[][]::new));
                for (int r = 0; r < some.size(); r++) {
                    var read = read(texts.get(some.get(r)));
                    for (int t = 0; t + 1 < length; t++) scores[some.get(r)] += rows[r * (length - 1) + t][read[t + 1]];
                }
            }
        });
        return scores;
    }

    private int[] read(int[] ids) { return startMark < 0 ? ids : prepended(ids); }

    private int[] prepended(int[] ids) {
        var all = new int[ids.length + 1];
        all[0] = startMark;
        System.arraycopy(ids, 0, all, 1, ids.length);
        return all;
    }

    private final class Read implements State {
        private final int[] ids;

        Read(int[] ids) { this.ids = ids; }

        @Override public double[] logProbabilities() {
            if (ids.length == 0)
                throw new IllegalStateException("CausalLanguageModel: nothing was read; without a start mark the first id is given");
            return rows(ids)[ids.length - 1];
        }

        @Override public State next(int id) {
            var longer = Arrays.copyOf(ids, ids.length + 1);
            longer[ids.length] = id;
            return new Read(longer);
        }
    }
}
