package lyceum.serve.speculate;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;
import lyceum.autograd.Autograd;
import lyceum.llm.CausalLM;
import lyceum.llm.chat.LoadedModel;
import lyceum.llm.generate.TokenHistory;
import lyceum.serve.Drafter;
import lyceum.tensor.Tensor;
import lyceum.text.Tokenizer;

/**
 * Guesses of a smaller model for an {@link lyceum.serve.Engine}: what it finds likeliest, id after id. It keeps its own keys and values of each text that runs, in a memory of
 * its own size, and reads what the text became since. One text is guessed after the other, so that it pays with few texts at once and a draft that is much smaller.
 *
 * {@snippet :
 * var draft = new ModelDrafter(small, model.vocabulary()).withMemory(64 << 20);
 * var engine = new lyceum.serve.Engine(model, tokenizer, new lyceum.serve.EngineOptions().withGuesses(4), null, draft);
 * }
 *
 * <p>Embeddings of both models may be filled up behind their ids to sizes that differ: only ids that both know are guessed. For one engine.
 *
 * @see <a href="https://arxiv.org/abs/2211.17192">Leviathan, Kalman and Matias (2023)</a>
 */
public final class ModelDrafter implements Drafter {
    private final CausalLM model;
    private final int ids;
    private final long memory;
    private final Map<TokenHistory, Reading> texts = new IdentityHashMap<>();
    private float[] logits = {};
    private long clock;

    private ModelDrafter(CausalLM model, int ids, long memory) {
        if (memory < 1) throw new IllegalArgumentException("ModelDrafter: a memory of " + memory + " bytes; 1 at least");
        this.model = model;
        this.ids = ids;
        this.memory = memory;
    }

    /** Without a bound of memory. @param ids that mean the same to both models, from 0 on @throws IllegalArgumentException if the draft has fewer */
    public ModelDrafter(CausalLM model, int ids) {
        if (ids < 1 || model.vocabulary() < ids) throw new IllegalArgumentException(
                "ModelDrafter: a draft of " + model.vocabulary() + " ids for a model of " + ids + "; it has as many at least");
        this(model, ids, Long.MAX_VALUE);
    }

    /** Of two models from disk. @throws IllegalArgumentException unless every id of their tokenizers means the same to both */
    public static ModelDrafter of(LoadedModel draft, LoadedModel target) {
        Tokenizer ours = target.tokenizer(), theirs = draft.tokenizer();
        int ids = ours.vocabulary().size();
        if (theirs.vocabulary().size() != ids) throw new IllegalArgumentException(
                "ModelDrafter: the draft's tokenizer has " + theirs.vocabulary().size() + " ids, the model's " + ids);
        for (int id = 0; id < ids; id++)
            if (!ours.vocabulary().token(id).equals(theirs.vocabulary().token(id)))
                throw new IllegalArgumentException("ModelDrafter: id " + id + " is \"" + ours.vocabulary().token(id)
                        + "\" to the model and \"" + theirs.vocabulary().token(id) + "\" to the draft");
        return new ModelDrafter(draft.model(), ids);
    }

    /**
     * The same draft with so many bytes for keys and values: those of texts that were guessed longest ago are forgotten first and read again when their turn comes. A text
     * that alone takes more is not guessed any further.
     */
    public ModelDrafter withMemory(long bytes) { return new ModelDrafter(model, ids, bytes); }

    /** What the draft has read of a text. */
    private static final class Reading {
        CausalLM.Decoding decoding; // null if the text is too long for the memory
        int settled; // ids that are the text's
        int[] guessed = {}; // that were read behind them
        long used;

        Reading(CausalLM.Decoding decoding) { this.decoding = decoding; }

        long bytes() { return decoding == null ? 0 : decoding.bytes(); }
    }

    @Override public int[] guess(TokenHistory text, int most) {
        int size = text.size(), count = (int) Math.min(most, model.contextLength() - size);
        if (count < 1) return new int[0];
        var reading = texts.get(text);
        if (reading == null) texts.put(text, reading = new Reading(model.begin()));
        if (reading.decoding == null) return new int[0];
        int known = Math.min(reading.settled, size - 1); // asked again where the step had no room for the text
        while (known < size - 1 && known - reading.settled < reading.guessed.length
                && reading.guessed[known - reading.settled] == text.id(known))
            known++;
        var unread = new int[size - known];
        for (int i = 0; i < unread.length; i++) if ((unread[i] = text.id(known + i)) >= model.vocabulary()) return new int[0]; // the model's own filling
        reading.decoding.truncate(known);
        reading.used = ++clock;
        var guesses = new int[count];
        guesses[0] = next(reading, unread);
        for (int i = 1; i < count; i++) guesses[i] = next(reading, guesses[i - 1]);
        reading.settled = size;
        reading.guessed = Arrays.copyOf(guesses, count - 1); // the last one was not read
        makeRoom(reading);
        return guesses;
    }

    private int next(Reading reading, int... unread) {
        var z = Autograd.noGrad(() -> reading.decoding.next(Tensor.of(unread, 1, unread.length)));
        if (logits.length < z.count()) logits = new float[(int) z.count()];
        z.toFloatArray(logits);
        int best = 0;
        for (int id = 1; id < ids; id++) if (logits[id] > logits[best]) best = id;
        return best;
    }

    private void makeRoom(Reading latest) {
        while (bytes() > memory) {
            var oldest = latest;
            for (var other : texts.values()) if (other.bytes() > 0 && other.used < oldest.used) oldest = other;
            if (oldest == latest) latest.decoding = null;
            else texts.values().remove(oldest); // even a beginning may take bytes
        }
    }

    @Override public void ended(TokenHistory text) { texts.remove(text); }

    /** Texts for which keys and values are kept. */
    int texts() { return texts.size(); }

    /** What keys and values take now. */
    public long bytes() {
        long sum = 0;
        for (var reading : texts.values()) sum += reading.bytes();
        return sum;
    }
}
