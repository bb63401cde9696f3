package lyceum.llm;

import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.nn.BertConfig;
import lyceum.nn.BertEncoder;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.text.lm.MaskedLanguageModel;

/**
 * A network that restores hidden tokens from both sides: a {@link BertEncoder} and a {@link MaskedLmHead}.
 *
 * {@snippet :
 * var model = MaskedLM.of(BertConfig.read(json), Safetensors.read(file).tensors());
 * var batch = new Masking(30_522, 103, 0, 101, 102).batch(ids, rng);
 * model.loss(batch.ids(), batch.labels(), null, Pass.training(rng)).backward();
 * List<MaskedLM.Filler> best = model.fill(new int[] {101, 1996, 103, 2003, 102}, 2, 5);
 * double score = model.scoring(103).pseudoLogLikelihood(sentence);
 * }
 *
 * <p>Safe to share between threads once trained.
 *
 * @see <a href="https://arxiv.org/abs/1810.04805">Devlin, Chang, Lee and Toutanova (2019)</a>
 */
public final class MaskedLM extends Module {
    private final BertEncoder encoder;
    private final MaskedLmHead head;

    /** Untrained. */
    public MaskedLM(BertConfig config, Rng rng) { this(new BertEncoder(config, rng), rng); }

    /** A new head on an encoder, whose parameters it shares. */
    public MaskedLM(BertEncoder encoder, Rng rng) {
        this.encoder = encoder;
        head = new MaskedLmHead(encoder.config(), encoder.tokens(), rng);
    }

    /**
     * A published model.
     *
     * @param checkpoint tensors by Hugging Face's names for {@code BertForMaskedLM} or {@code BertForPreTraining}; others are left out
     * @throws lyceum.FormatException if a tensor is missing: names it
     */
    public static MaskedLM of(BertConfig config, Map<String, Tensor> checkpoint) {
        var model = new MaskedLM(BertEncoder.of(config, checkpoint), Rng.of(0));
        model.head.read(checkpoint);
        return model;
    }

    /** Tensors under the names of a published checkpoint, to be written as safetensors. */
    public SequencedMap<String, Tensor> checkpoint() {
        var tensors = new LinkedHashMap<String, Tensor>();
        encoder.checkpoint().forEach((name, tensor) -> tensors.put("bert." + name, tensor));
        tensors.putAll(head.checkpoint());
        return tensors;
    }

    public BertEncoder encoder() { return encoder; }

    public MaskedLmHead head() { return head; }

    /** Ids (batch, T) to logits (batch, T, vocabulary). */
    @Override protected Tensor compute(Tensor ids, Pass pass) { return head.forward(encoder.forward(ids, pass), pass); }

    /** The same under a mask: lengths of a padded batch, or a packing; null where all see all. */
    public Tensor logits(Tensor ids, Attention mask, Pass pass) {
        return emit(ids, head.forward(encoder.forward(ids, null, mask, pass), pass), pass);
    }

    /** Mean loss of the labelled positions alone. @param labels (batch, T), negative where nothing is asked for */
    public Tensor loss(Tensor ids, Tensor labels, Attention mask, Pass pass) {
        return head.loss(encoder.forward(ids, null, mask, pass), labels, pass);
    }

    /**
     * A token for a gap.
     *
     * @param probability that the model gives it
     */
    public record Filler(int id, double probability) {}

    /** The k likeliest tokens at a place, which as a rule holds the mask; likeliest first, of equals the lower id. */
    public List<Filler> fill(int[] ids, int place, int k) {
        if (place < 0 || place >= ids.length || k < 1) throw new IllegalArgumentException(
                "fill: place " + place + " of " + ids.length + " ids, the best " + k + "; the place is one of them, k at least 1");
        double[] p = Autograd.noGrad(() -> logits(Tensor.of(ids, 1, ids.length), null, Pass.inference()).get(0).get(place).softmax(0))
                .toDoubleArray();
        return IntStream.range(0, p.length).mapToObj(id -> new Filler(id, p[id])).sorted(Comparator.comparingDouble(f -> -f.probability))
                .limit(k).toList();
    }

    /** For pseudo-log-likelihoods. @param mask the id that hides */
    public MaskedLanguageModel scoring(int mask) {
        return new MaskedLanguageModel(ids -> logits(ids, null, Pass.inference()), encoder.config().vocabulary(), mask, 32);
    }

    /**
     * Pseudo-log-likelihood with a word's later pieces hidden too, so that they do not give a piece away.
     *
     * @param words the number of each token's word, negative for marks, which are read but not asked for
     * @see <a href="https://arxiv.org/abs/2305.10588">Kauf and Ivanova (2023)</a>
     */
    public double wordLogLikelihood(int[] ids, int[] words, int mask) {
        double sum = 0;
        for (int t = 0; t < ids.length; t++) {
            if (words[t] < 0) continue;
            var hidden = Arrays.copyOf(ids, ids.length);
            for (int later = t + 1; later < ids.length && words[later] == words[t]; later++) hidden[later] = mask;
            sum += scoring(mask).logProbabilities(hidden, t)[ids[t]];
        }
        return sum;
    }
}
