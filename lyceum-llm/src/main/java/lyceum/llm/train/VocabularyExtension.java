package lyceum.llm.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderLM;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.Bpe;
import lyceum.text.TokenizerPipeline;

/**
 * New tokens for a model that was trained without them. The old ones keep their rows, so that their logits stay as they are; a new one begins with the mean of the rows of the
 * pieces that it replaces, in the embedding and in the head.
 *
 * {@snippet :
 * var larger = BpeTrainer.extended(tokenizer, texts, 500);
 * var extended = VocabularyExtension.of(model, VocabularyExtension.pieces(tokenizer, larger));
 * }
 *
 * <p>Logits of old tokens do not change, probabilities do: the newcomers join the sum. Rows of zeros would give them logits of 0, which may be far above all others.
 *
 * @see DecoderLM#resized for tokens that replace nothing
 */
public final class VocabularyExtension {
    private VocabularyExtension() {}

    /** What the new tokens of a {@linkplain lyceum.text.BpeTrainer#extended longer chain of merges} replace: for each, in the order of ids, the old ids that it is made of. */
    public static List<int[]> pieces(TokenizerPipeline base, TokenizerPipeline extended) {
        if (!(base.spec().model() instanceof Bpe old && extended.spec().model() instanceof Bpe larger))
            throw new IllegalArgumentException("VocabularyExtension.pieces: both tokenizers are BPE");
        int size = old.vocabulary().size(), first = old.merges().size();
        if (!larger.merges().subList(0, Math.min(first, larger.merges().size())).equals(old.merges()))
            throw new IllegalArgumentException("VocabularyExtension.pieces: the second does not begin with the merges of the first");
        var pieces = new int[larger.vocabulary().size() - size][];
        for (var merge : larger.merges().subList(first, larger.merges().size())) {
            int id = larger.vocabulary().id(larger.joined(merge)) - size;
            if (id >= 0 && pieces[id] == null)
                pieces[id] = joined(spelled(larger, merge.left(), size, pieces), spelled(larger, merge.right(), size, pieces));
        }
        for (int i = 0; i < pieces.length; i++)
            if (pieces[i] == null) throw new IllegalArgumentException(
                    "VocabularyExtension.pieces: \"" + larger.vocabulary().token(size + i) + "\" is made by no merge");
        return List.of(pieces);
    }

    private static int[] spelled(Bpe bpe, String piece, int size, int[][] pieces) {
        int id = bpe.vocabulary().id(piece);
        return id < size ? new int[] {id} : pieces[id - size];
    }

    private static int[] joined(int[] a, int... b) {
        var all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    /**
     * An independent copy with a row more for each of {@code pieces}.
     *
     * @param pieces for each new token the old ids that it replaces, at least one
     * @throws IllegalArgumentException if an id is none of the model's
     */
    public static DecoderLM of(DecoderLM model, List<int[]> pieces) {
        int size = model.vocabulary();
        for (var each : pieces) {
            if (each.length == 0)
                throw new IllegalArgumentException("VocabularyExtension: a token that replaces nothing; DecoderLM.resized adds such");
            for (int id : each)
                if (id < 0 || id >= size)
                    throw new IllegalArgumentException("VocabularyExtension: the id " + id + " is none of the model's 0 to " + (size - 1));
        }
        var larger = model.resized(size + pieces.size(), Rng.of(0));
        if (pieces.isEmpty()) return larger;
        Autograd.noGrad(() -> {
            means(larger.embedding().weight(), size, pieces);
            if (!model.config().tied()) means(larger.head().weight(), size, pieces);
            if (model.config().headBias()) means(larger.head().bias(), size, pieces);
            return larger;
        });
        return larger;
    }

    private static void means(Tensor table, int size, List<int[]> pieces) {
        var rows = new ArrayList<Tensor>();
        for (var each : pieces) rows.add(table.rows(each).mean(0));
        table.narrow(0, size, rows.size()).copy_(Tensor.stack(0, rows.toArray(Tensor[]::new)));
    }
}
