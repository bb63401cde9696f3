package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.ShapeException;
import lyceum.nn.KeyValueMemoryConfig.Tables;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Answers questions from slots with a key to be found by and a value to be read:
 *
 * <pre>
 * p_i = softmax(q . k_i)     o = sum_i p_i v_i     q &lt;- R_h (q + o) for each hop h     answer = softmax(q . B y)
 * </pre>
 *
 * {@snippet :
 * var memory = new KeyValueMemory(new KeyValueMemoryConfig(words, entities, 64).withHops(2), rng);
 * var slots = memory.slots(keys, values);                           // bags of ids, a row each
 * var index = SlotIndex.of(keys, -1, 100);                          // found by words, as the paper's key hashing
 * var answer = memory.answer(questions, slots, index.candidates(questions), pass);
 * Loss.crossEntropy(answer.logits(), right).backward();             // answer.weights() says where each hop looked
 * }
 *
 * <p>A bag of words is the sum of its rows. Parameters are the tables {@code question}, {@code key}, {@code value} and {@code answer}, and the matrices
 * {@code hops.0}, .., which begin as the identity.
 *
 * @see <a href="https://arxiv.org/abs/1606.03126">Miller et al. (2016)</a>
 * @see <a href="https://arxiv.org/abs/1503.08895">Sukhbaatar, Szlam, Weston and Fergus (2015): keys that are the values</a>
 */
public final class KeyValueMemory extends Module {
    private final KeyValueMemoryConfig config;
    private final Embedding question, key, value, answer;
    private final List<Linear> hops = new ArrayList<>();

    /** Encoded slots, one memory for all questions: keys and values (slots, width). */
    public record Slots(Tensor keys, Tensor values) {}

    /**
     * What is said, and where one looked.
     *
     * @param logits (batch, answers)
     * @param weights of each hop (batch, slots), or of the candidates (batch, candidates) where there are any
     * @param query the last one (batch, width)
     */
    public record Answer(Tensor logits, List<Tensor> weights, Tensor query) {}

    public KeyValueMemory(KeyValueMemoryConfig config, Rng rng) {
        this.config = config;
        var words = new EmbeddingConfig(config.vocabulary(), config.width()).withPaddingIndex(config.paddingIndex()).withInit(config.init())
                .withDtype(config.dtype());
        question = new Embedding(words, rng);
        var tables = config.tables();
        key = tables == Tables.SHARED || tables == Tables.QUESTIONS_AS_KEYS ? question : new Embedding(words, rng);
        value = tables == Tables.SHARED || tables == Tables.KEYS_AS_VALUES ? key : new Embedding(words, rng);
        answer = new Embedding(words.withCount(config.answers()).withPaddingIndex(-1), rng);
        for (int h = 0; h < config.hops(); h++) hops.add(new Linear(Tensor.eye(config.dtype(), config.width()), null));
    }

    public KeyValueMemoryConfig config() { return config; }

    /**
     * Encodes a memory.
     *
     * @param keys ids (slots, n), each row a bag
     * @param values ids (slots, m)
     */
    public Slots slots(Tensor keys, Tensor values) {
        if (keys.rank() != 2 || values.rank() != 2 || keys.size(0) != values.size(0) || keys.size(0) == 0) throw new ShapeException(
                "KeyValueMemory: keys " + keys.shape() + " and values " + values.shape() + "; both are (slots, ids), a row a slot");
        return new Slots(bag(key, keys), bag(value, values));
    }

    private static Tensor bag(Embedding table, Tensor ids) { return table.bag(Embedding.Bag.SUM, ids, null, Pass.inference()); }

    /**
     * Answers by all slots, or by the candidates of each question.
     *
     * @param questions ids (batch, n), each row a bag
     * @param candidates null for all slots
     */
    public Answer answer(Tensor questions, Slots slots, SlotIndex.Candidates candidates, Pass pass) {
        Objects.requireNonNull(slots, "slots");
        if (questions.rank() != 2) throw new ShapeException("KeyValueMemory: questions " + questions.shape() + "; they are (batch, ids)");
        var q = bag(question, questions);
        Tensor k = slots.keys, v = slots.values, seen = null;
        if (candidates != null) {
            k = gathered(k, candidates.slots());
            v = gathered(v, candidates.slots());
            seen = candidates.seen().unsqueeze(1);
        }
        var weights = new ArrayList<Tensor>();
        for (var hop : hops) {
            var p = address(q, k, seen, pass);
            weights.add(p);
            q = hop.forward(q.add(read(p, v)), pass);
        }
        return new Answer(emit(questions, q.matmul(answer.weight().transpose()), pass), List.copyOf(weights), q);
    }

    private Tensor address(Tensor q, Tensor k, Tensor seen, Pass pass) {
        var weights = new AttentionMechanism(AttentionScore.dot()).weights(k.rank() == 2 ? q : q.unsqueeze(1), k, seen).values();
        return pass.point(this, "weights", k.rank() == 2 ? weights : weights.squeeze(1));
    }

    private static Tensor read(Tensor p, Tensor v) { return v.rank() == 2 ? p.matmul(v) : p.unsqueeze(1).matmul(v).squeeze(1); }

    /** The rows of each question's candidates (batch, candidates, width). */
    private static Tensor gathered(Tensor rows, Tensor slots) {
        return rows.indexSelect(0, slots.flatten()).reshape(slots.size(0), slots.size(1), rows.size(1));
    }

    /** One reading: {@code sum_i p_i v_i} (batch, width) of encoded questions (batch, width). */
    public Tensor read(Tensor q, Slots slots) { return read(address(q, slots.keys, null, Pass.inference()), slots.values); }

    /** The logits of questions whose memory is themselves: each row a bag, its own key and value. See {@link #answer}. */
    @Override protected Tensor compute(Tensor questions, Pass pass) {
        return answer(questions, slots(questions, questions), null, pass).logits;
    }
}
