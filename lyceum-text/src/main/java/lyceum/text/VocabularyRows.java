package lyceum.text;

import lyceum.autograd.Autograd;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.tensor.Tensor;

/**
 * Grows a model's tables with its vocabulary. Old rows keep their bits; new rows are the mean of the old ones, so that a new token's logit is at most the log of the mean of
 * the old exponentials, and the newcomers take hardly any probability.
 *
 * @see <a href="https://nlp.stanford.edu/~johnhew/vocab-expansion.html">Hewitt (2021)</a>
 */
public final class VocabularyRows {
    private VocabularyRows() {}

    /** A table (V, d), or a bias (V), with rows up to {@code size}. @throws IllegalArgumentException if it has more already */
    public static Tensor grown(Tensor table, long size) {
        long rows = table.size(0);
        if (size < rows)
            throw new IllegalArgumentException("VocabularyRows.grown: " + size + " rows, fewer than " + rows + "; rows cannot be removed");
        if (size == rows) return table;
        var old = table.detach();
        return Autograd.noGrad(() -> {
            var mean = old.mean(0, true);
            var more = new Tensor[(int) (size - rows + 1)];
            more[0] = old;
            for (int i = 1; i < more.length; i++) more[i] = mean;
            return Tensor.concat(0, more).compute();
        });
    }

    /** An embedding with rows up to {@code size}. */
    public static Embedding grown(Embedding embedding, long size) {
        return new Embedding(embedding.config().withCount(size), grown(embedding.weight(), size));
    }

    /** An output layer with outputs up to {@code size}. */
    public static Linear grown(Linear head, long size) {
        return new Linear(grown(head.weight(), size), head.bias() == null ? null : grown(head.bias(), size));
    }
}
