package lyceum.llm;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.nn.BertConfig;
import lyceum.nn.Embedding;
import lyceum.nn.Init;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * BERT's head over the vocabulary: {@code E norm(act(W h + b)) + c}, where E is the table of token vectors. States (.., width) to logits (.., vocabulary).
 *
 * @see <a href="https://arxiv.org/abs/1810.04805">Devlin, Chang, Lee and Toutanova (2019)</a>
 */
public final class MaskedLmHead extends Module {
    private static final String THEIRS = "cls.predictions.";
    private final BertConfig config;
    private final Linear dense;
    private final LayerNorm norm;
    private final Linear decoder;

    MaskedLmHead(BertConfig config, Embedding tokens, Rng rng) {
        this.config = config;
        dense = new Linear(config.width(), config.width(), true, config.dtype(), Init.normal(0.02), rng);
        norm = new LayerNorm(config.epsilon(), config.dtype(), config.width());
        decoder = Linear.sharing(tokens.weight(), Tensor.zeros(config.dtype(), config.vocabulary()).requiresGrad());
    }

    @Override protected Tensor compute(Tensor states, Pass pass) {
        return decoder.forward(norm.forward(config.activation().forward(dense.forward(states, pass), pass), pass), pass);
    }

    /**
     * Mean of {@code -log p} of the labels. Logits are computed of labelled positions alone; the gradient at all others is exactly 0.
     *
     * @param states (batch, T, width)
     * @param labels (batch, T), integers; negative where there is nothing to restore
     * @return 0 where there is no label at all
     */
    public Tensor loss(Tensor states, Tensor labels, Pass pass) {
        if (states.rank() != 3 || labels.rank() != 2 || labels.size(0) != states.size(0) || labels.size(1) != states.size(1))
            throw new ShapeException("MaskedLmHead: labels " + labels.shape() + " for states " + states.shape());
        int[] all = labels.toIntArray(), places = IntStream.range(0, all.length).filter(i -> all[i] >= 0).toArray();
        if (places.length == 0) return states.mul(0).sum();
        var rows = states.reshape((long) all.length, states.size(2)).indexSelect(0, Tensor.of(places));
        return new CrossEntropy().of(forward(rows, pass), Tensor.of(IntStream.of(places).map(i -> all[i]).toArray()));
    }

    private SequencedMap<String, String> names() {
        var names = new LinkedHashMap<String, String>();
        for (var part : new String[] {"weight", "bias"}) {
            names.put("dense." + part, THEIRS + "transform.dense." + part);
            names.put("norm." + part, THEIRS + "transform.LayerNorm." + part);
        }
        names.put("decoder.bias", THEIRS + "bias");
        return names;
    }

    /** This head's tensors under the names of a published checkpoint. */
    SequencedMap<String, Tensor> checkpoint() {
        var state = state();
        var tensors = new LinkedHashMap<String, Tensor>();
        names().forEach((own, theirs) -> tensors.put(theirs, state.get(own)));
        return tensors;
    }

    /** Takes a published head; the table is the encoder's. */
    void read(Map<String, Tensor> checkpoint) {
        var values = new LinkedHashMap<String, Tensor>();
        names().forEach((own, theirs) -> {
            var old = theirs.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
            var found = checkpoint.containsKey(theirs) ? checkpoint.get(theirs) : checkpoint.get(old);
            if (found == null) throw new FormatException("MaskedLmHead: " + theirs + " is missing; the file has no head for masked tokens");
            values.put(own, found);
        });
        values.put("decoder.weight", decoder.weight());
        load(values);
    }
}
