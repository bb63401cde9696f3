package lyceum.text.lm;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * A network that reads both sides of a hidden token, as BERT does. Its conditionals {@code p(x_t | all others)} belong to no distribution over texts, but
 * their logarithms added up rank texts: the pseudo-log-likelihood {@code sum_t log p(x_t | x_without_t)}.
 *
 * {@snippet :
 * var model = new MaskedLanguageModel(ids -> encoder.forward(ids), 30522, 103, 32);
 * double pll = model.pseudoLogLikelihood(ids);                         // every token but those at places you leave out
 * }
 *
 * @param logits (batch, T) ids to (batch, T, vocabulary)
 * @param mask the id that hides a token
 * @param batch rows of a pass, at least 1
 * @see <a href="https://aclanthology.org/2020.acl-main.240">Salazar, Liang, Nguyen and Kirchhoff (2020), Masked language model scoring</a>
 */
public record MaskedLanguageModel(UnaryOperator<Tensor> logits, int vocabulary, int mask, int batch) {
    public MaskedLanguageModel {
        if (mask < 0 || mask >= vocabulary || batch < 1)
            throw new IllegalArgumentException("MaskedLanguageModel: mask " + mask + " of a vocabulary of " + vocabulary + ", batches of "
                    + batch + "; the mask is an id below its size, a batch has at least 1 row");
    }

    /** Of every id at a place, that place alone being hidden; nats. */
    public double[] logProbabilities(int[] ids, int place) { return conditionals(ids, new int[] {place})[0]; }

    /** For each place a row over the vocabulary, that place alone being hidden in its row. */
    public double[][] conditionals(int[] ids, int... places) {
        for (int place : places)
            if (place < 0 || place >= ids.length)
                throw new IllegalArgumentException("MaskedLanguageModel: place " + place + " of " + ids.length + " ids");
        var rows = new double[places.length][];
        for (int from = 0; from < places.length; from += batch) {
            int n = Math.min(batch, places.length - from), first = from;
            var hidden = new int[n * ids.length];
            for (int r = 0; r < n; r++) {
                System.arraycopy(ids, 0, hidden, r * ids.length, ids.length);
                hidden[r * ids.length + places[first + r]] = mask;
            }
            var z = Autograd.noGrad(() -> logits.apply(Tensor.of(hidden, n, ids.length)));
            if (z.rank() != 3 || z.size(0) != n || z.size(1) != ids.length || z.size(2) != vocabulary)
                throw new ShapeException("MaskedLanguageModel: logits " + z.shape() + " for ids (" + n + ", " + ids.length
                        + ") and a vocabulary of " + vocabulary);
            for (int r = 0; r < n; r++)
                rows[first + r] = CausalLanguageModel.logProbabilities(z.get(r).narrow(0, places[first + r], 1), -1, -1)[0];
        }
        return rows;
    }

    /** Of every token. */
    public double pseudoLogLikelihood(int... ids) {
        var all = new int[ids.length];
        Arrays.setAll(all, i -> i);
        return pseudoLogLikelihood(ids, all);
    }

    /** Of the tokens at some places, such as all that are no marks. */
    public double pseudoLogLikelihood(int[] ids, int[] places) {
        double[][] rows = conditionals(ids, places);
        double sum = 0;
        for (int i = 0; i < places.length; i++) sum += rows[i][ids[places[i]]];
        return sum;
    }
}
