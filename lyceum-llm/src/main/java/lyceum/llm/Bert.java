package lyceum.llm;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.FormatException;
import lyceum.nn.BertConfig;
import lyceum.nn.BertEncoder;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Skeleton;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * BERT: a {@link BertEncoder} and the pooler, {@code tanh(W h + b)} of the first token's state. {@link BertPretraining} and {@link BertTask} put heads on it.
 *
 * {@snippet :
 * var bert = Bert.of(BertConfig.base(), Safetensors.read(file).tensors());
 * var padded = new Attention().withKeyLengths(lengths);
 * Tensor states = bert.states(ids, types, padded, Pass.inference());           // (batch, T, 768)
 * Tensor pooled = bert.pooled(states, Pass.inference());                       // (batch, 768)
 * var tagger = new BertTask(bert, BertTask.Kind.TOKENS, 9, 0.1, rng);
 * }
 *
 * @see <a href="https://arxiv.org/abs/1810.04805">Devlin, Chang, Lee and Toutanova (2019)</a>
 */
public final class Bert extends Module {
    private static final List<String> PARTS = List.of("weight", "bias");
    private final BertEncoder encoder;
    private final Linear pooler;

    /** Untrained. */
    public Bert(BertConfig config, Rng rng) {
        encoder = new BertEncoder(config, rng);
        pooler = new Linear(config.width(), config.width(), true, config.dtype(), Init.normal(0.02), rng);
    }

    private Bert(BertEncoder encoder, Linear pooler) {
        this.encoder = encoder;
        this.pooler = pooler;
    }

    /** Shapes and names alone; see {@link Skeleton}. The base preset has 109,482,240 parameters. */
    public static Bert skeleton(BertConfig config) { return Skeleton.of(() -> new Bert(config, Rng.of(0))); }

    /**
     * A published model, of safetensors or of an ONNX file's initialisers ({@link lyceum.text.encoder.SentenceEncoder} reads both); without a pooler where there is none.
     *
     * @param checkpoint tensors by Hugging Face's names for {@code BertModel}, with or without {@code bert.} in front; heads are left out
     * @throws FormatException if a tensor of the encoder is missing: lists them
     */
    public static Bert of(BertConfig config, Map<String, Tensor> checkpoint) {
        var encoder = BertEncoder.of(config, checkpoint);
        var given = new LinkedHashMap<String, Tensor>();
        checkpoint.forEach((name, tensor) -> given.put(name.startsWith("bert.") ? name.substring(5) : name, tensor));
        if (!given.containsKey("pooler.dense.weight")) return new Bert(encoder, null);
        var bert = new Bert(encoder, new Linear(config.width(), config.width(), true, config.dtype(), Init.zeros(), Rng.of(0)));
        var values = new LinkedHashMap<String, Tensor>();
        for (var part : PARTS) {
            var tensor = given.get("pooler.dense." + part);
            if (tensor == null) throw new FormatException("Bert: pooler.dense." + part + " is missing");
            values.put(part, tensor);
        }
        bert.pooler.load(values);
        return bert;
    }

    /** On an encoder that is there, such as a sentence encoder's; without a pooler. */
    public static Bert on(BertEncoder encoder) { return new Bert(encoder, null); }

    /** Tensors under the names of a published checkpoint. */
    public SequencedMap<String, Tensor> checkpoint() {
        var tensors = new LinkedHashMap<>(encoder.checkpoint());
        if (pooler != null) for (var part : PARTS) tensors.put("pooler.dense." + part, pooler.state().get(part));
        return tensors;
    }

    public BertEncoder encoder() { return encoder; }

    public BertConfig config() { return encoder.config(); }

    /** Ids (batch, T) to states (batch, T, width). */
    @Override protected Tensor compute(Tensor ids, Pass pass) { return encoder.forward(ids, pass); }

    /** The same with segments (batch, T) and under a mask; either may be null. */
    public Tensor states(Tensor ids, Tensor types, Attention mask, Pass pass) { return encoder.forward(ids, types, mask, pass); }

    /**
     * The pooler's vector of each text, (batch, width): what sentence-level heads read. As a measure of meaning it is poor; see {@link #sentences}.
     *
     * @throws IllegalStateException if the checkpoint had no pooler
     */
    public Tensor pooled(Tensor states, Pass pass) {
        if (pooler == null) throw new IllegalStateException("Bert.pooled: this model has no pooler; its checkpoint had none");
        return pooler.forward(states.select(1, 0), pass).tanh();
    }

    /**
     * Mean of a text's states, of length 1: (batch, width). Padding does not count.
     *
     * @param lengths real tokens of each row
     * @see <a href="https://arxiv.org/abs/1908.10084">Reimers and Gurevych (2019)</a>
     */
    public Tensor sentences(Tensor ids, int[] lengths, Pass pass) {
        int rows = (int) ids.size(0), columns = (int) ids.size(1);
        if (lengths.length != rows)
            throw new IllegalArgumentException("Bert.sentences: " + lengths.length + " lengths for " + rows + " rows");
        var share = new double[rows * columns];
        for (int r = 0; r < rows; r++) {
            if (lengths[r] < 1 || lengths[r] > columns) throw new IllegalArgumentException(
                    "Bert.sentences: row " + r + " has " + lengths[r] + " tokens of " + columns + "; at least 1 and at most all");
            for (int t = 0; t < lengths[r]; t++) share[r * columns + t] = 1.0 / lengths[r];
        }
        var states = states(ids, null, new Attention().withKeyLengths(Tensor.of(lengths)), pass);
        var mean = states.mul(Tensor.of(share, rows, columns, 1).to(states.dtype())).sum(1);
        return mean.div(mean.square().sum(1, true).sqrt());
    }
}
