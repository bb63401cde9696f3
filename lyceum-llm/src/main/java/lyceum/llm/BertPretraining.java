package lyceum.llm;

import java.util.LinkedHashMap;
import java.util.SequencedMap;
import lyceum.nn.BertConfig;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * {@link Bert} with the two heads that it was pretrained by: hidden tokens, and whether the second segment follows the first.
 *
 * {@snippet :
 * var model = new BertPretraining(new Bert(config, rng), rng);
 * model.loss(masked.ids(), types, masked.labels(), follows, null, Pass.training(rng)).backward();
 * }
 *
 * @see <a href="https://arxiv.org/abs/1810.04805">Devlin, Chang, Lee and Toutanova (2019), section 3.1</a>
 */
public final class BertPretraining extends Module {
    private final Bert bert;
    private final MaskedLmHead predictions;
    private final Linear seq_relationship;

    public BertPretraining(Bert bert, Rng rng) {
        this.bert = bert;
        predictions = new MaskedLmHead(bert.config(), bert.encoder().tokens(), rng);
        seq_relationship = new Linear(bert.config().width(), 2, true, bert.config().dtype(), Init.normal(0.02), rng);
    }

    public BertPretraining(BertConfig config, Rng rng) { this(new Bert(config, rng), rng); }

    public Bert bert() { return bert; }

    public MaskedLmHead predictions() { return predictions; }

    /** Ids (batch, T) to logits of tokens (batch, T, vocabulary). */
    @Override protected Tensor compute(Tensor ids, Pass pass) { return predictions.forward(bert.forward(ids, pass), pass); }

    /** Logits (batch, 2): of that the second segment follows, and of that it was drawn at random. */
    public Tensor next(Tensor ids, Tensor types, Attention mask, Pass pass) {
        return seq_relationship.forward(bert.pooled(bert.states(ids, types, mask, pass), pass), pass);
    }

    /**
     * Sum of the two mean losses.
     *
     * @param labels (batch, T), negative where nothing is hidden
     * @param random of each row 0 if its second segment follows the first, 1 if not; null to leave that task out, as RoBERTa does
     */
    public Tensor loss(Tensor ids, Tensor types, Tensor labels, Tensor random, Attention mask, Pass pass) {
        var states = bert.states(ids, types, mask, pass);
        var loss = predictions.loss(states, labels, pass);
        return random == null ? loss : loss.add(new CrossEntropy().of(seq_relationship.forward(bert.pooled(states, pass), pass), random));
    }

    /** Tensors under the names of a published {@code BertForPreTraining}. */
    public SequencedMap<String, Tensor> checkpoint() {
        var tensors = new LinkedHashMap<String, Tensor>();
        bert.checkpoint().forEach((name, tensor) -> tensors.put("bert." + name, tensor));
        tensors.putAll(predictions.checkpoint());
        seq_relationship.state().forEach((part, tensor) -> tensors.put("cls.seq_relationship." + part, tensor));
        return tensors;
    }
}
