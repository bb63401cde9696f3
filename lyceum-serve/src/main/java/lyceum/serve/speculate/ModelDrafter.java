package lyceum.serve.speculate;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.llm.CausalLM;
import lyceum.llm.chat.LoadedModel;
import lyceum.llm.generate.TokenHistory;
import lyceum.serve.Drafter;
import lyceum.tensor.Tensor;
import lyceum.text.Tokenizer;

/**
 * Guesses of a smaller model for an {@link lyceum.serve.Engine}: what it finds likeliest, id after id. It keeps its own keys and values of each text that runs, and reads
 * what the text became since. One text is guessed after the other, so that it pays with few texts at once and a draft that is much smaller.
 *
 * {@snippet :
 * var draft = new ModelDrafter(small, model.vocabulary());
 * var engine = new lyceum.serve.Engine(model, tokenizer, new lyceum.serve.EngineOptions().withGuesses(4), null, draft);
 * }
 *
 * @see <a href="https://arxiv.org/abs/2211.17192">Leviathan, Kalman and Matias (2023)</a>
 */
public final class ModelDrafter implements Drafter {
    private final CausalLM model;
    private final Map<TokenHistory, Reading> texts = new IdentityHashMap<>();

    /** @param vocabulary of the model that checks @throws IllegalArgumentException if the draft has another */
    public ModelDrafter(CausalLM model, int vocabulary) {
        if (model.vocabulary() != vocabulary) throw new IllegalArgumentException(
                "ModelDrafter: a draft of " + model.vocabulary() + " ids for a model of " + vocabulary + "; both have one vocabulary");
        this.model = model;
    }

    /** Of two models from disk. @throws IllegalArgumentException unless every id means the same to both */
    public static ModelDrafter of(LoadedModel draft, LoadedModel target) {
        var drafter = new ModelDrafter(draft.model(), target.model().vocabulary());
        Tokenizer ours = target.tokenizer(), theirs = draft.tokenizer();
        int ids = ours.vocabulary().size();
        if (theirs.vocabulary().size() != ids) throw new IllegalArgumentException(
                "ModelDrafter: the draft's tokenizer has " + theirs.vocabulary().size() + " ids, the model's " + ids);
        for (int id = 0; id < ids; id++)
            if (!ours.vocabulary().token(id).equals(theirs.vocabulary().token(id)))
                throw new IllegalArgumentException("ModelDrafter: id " + id + " is \"" + ours.vocabulary().token(id)
                        + "\" to the model and \"" + theirs.vocabulary().token(id) + "\" to the draft");
        return drafter;
    }

    /** What the draft has read of a text. */
    private static final class Reading {
        final CausalLM.Decoding decoding;
        int settled; // ids that are the text's
        int[] guessed = {}; // that were read behind them

        Reading(CausalLM.Decoding decoding) { this.decoding = decoding; }
    }

    @Override public int[] guess(TokenHistory text, int most) {
        int size = text.size(), count = (int) Math.min(most, model.contextLength() - size);
        if (count < 1) return new int[0];
        var reading = texts.computeIfAbsent(text, _ -> new Reading(model.begin()));
        int known = Math.min(reading.settled, size - 1); // asked again where the step had no room for the text
        while (known < size - 1 && known - reading.settled < reading.guessed.length
                && reading.guessed[known - reading.settled] == text.id(known))
            known++;
        reading.decoding.truncate(known);
        var unread = new int[size - known];
        for (int i = 0; i < unread.length; i++) unread[i] = text.id(known + i);
        var guesses = new int[count];
        var logits = next(reading, unread);
        for (int i = 0;; i++) {
            guesses[i] = largest(logits);
            if (i == count - 1) break;
            logits = next(reading, guesses[i]);
        }
        reading.settled = size;
        reading.guessed = Arrays.copyOf(guesses, count - 1); // the last one was not read
        return guesses;
    }

    private static Tensor next(Reading reading, int... ids) {
        return Autograd.noGrad(() -> reading.decoding.next(Tensor.of(ids, 1, ids.length)));
    }

    private int largest(Tensor logits) {
        float[] z = logits.to(DType.F32).toFloatArray();
        int best = 0;
        for (int id = 1; id < z.length; id++) if (z[id] > z[best]) best = id;
        return best;
    }

    @Override public void ended(TokenHistory text) { texts.remove(text); }

    /** Texts for which keys and values are kept. */
    int texts() { return texts.size(); }
}
