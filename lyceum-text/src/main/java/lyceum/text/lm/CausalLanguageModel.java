package lyceum.text.lm;

import java.util.Arrays;
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
    public CausalLanguageModel { check("CausalLanguageModel", vocabulary, startMark, endMark); }

    static void check(String what, int vocabulary, int start, int end) {
        if (vocabulary < 1 || start < -1 || start >= vocabulary || end < -1 || end >= vocabulary)
            throw new IllegalArgumentException(what + ": a vocabulary of " + vocabulary + " with marks " + start + " and " + end
                    + "; marks are ids below its size, or -1 for none");
    }

    /** Log-softmax of logits (.., vocabulary), without what is never predicted. */
    static double[][] logs(Tensor logits, int start, int end) {
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

    private double[][] rows(int[] ids) {
        var z = Autograd.noGrad(() -> logits.apply(Tensor.of(ids, 1, ids.length)));
        if (z.rank() != 3 || z.size(1) != ids.length || z.size(2) != vocabulary) throw new ShapeException(
                "CausalLanguageModel: logits " + z.shape() + " for ids (1, " + ids.length + "); they are (1, " + ids.length + ", " + vocabulary + ")");
        return logs(z.squeeze(0), startMark, endMark);
    }

    /** In one pass. */
    @Override public double[] logProbabilities(int... ids) {
        var read = startMark < 0 ? ids.clone() : prepended(ids);
        if (read.length < 2) return new double[0];
        double[][] rows = rows(Arrays.copyOf(read, read.length - 1));
        var terms = new double[rows.length];
        for (int t = 0; t < terms.length; t++) terms[t] = rows[t][read[t + 1]];
        return terms;
    }

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
            if (ids.length == 0) throw new IllegalStateException("CausalLanguageModel: nothing was read; without a start mark the first id is given");
            return rows(ids)[ids.length - 1];
        }

        @Override public State next(int id) {
            var longer = Arrays.copyOf(ids, ids.length + 1);
            longer[ids.length] = id;
            return new Read(longer);
        }
    }
}
