package lyceum.models.sequence;

import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Embedding;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RMSNorm;
import lyceum.nn.RecurrentState;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A model of sequences made of {@link RecurrentMixer}s: token numbers (batch, T), or vectors (batch, T, inputs), to logits (batch, T, outputs); whole
 * sequences to learn, and from any state on. The state of all layers is one {@link RecurrentState}: save it, load it, pick beams from it.
 *
 * {@snippet :
 * var model = Mamba.model(new MambaConfig(256), 50_280, 8, rng);
 * Tensor logits = model.forward(ids, pass);                                         // training
 * var out = model.run(prompt, null, Pass.inference());
 * out.state().save(path);                                                           // the prompt, read once and for all
 * var next = model.run(token, RecurrentState.load(path), Pass.inference());
 * }
 *
 * <p>Children: {@code embeddings} or {@code input}, {@code layers.0 ..}, {@code norm_f}, {@code lm_head} unless it is the embedding's table.
 */
public final class RecurrentModel extends Module {
    private final Embedding embeddings;
    private final Linear input;
    private final List<RecurrentMixer> layers;
    private final Layer norm_f;
    private final Linear lm_head;

    /** Logits, and the state to go on from. */
    public record Output(Tensor logits, RecurrentState state) {}

    /**
     * Of parts.
     *
     * @param embeddings of token numbers, or null
     * @param input of vectors, where there are no tokens
     * @param norm before the head
     * @param head null for the embedding's table
     */
    public RecurrentModel(Embedding embeddings, Linear input, List<? extends RecurrentMixer> layers, Layer norm, Linear head) {
        if (layers.isEmpty()) throw new IllegalArgumentException("RecurrentModel: no layers; at least 1");
        if (embeddings == null == (input == null) || embeddings == null && head == null)
            throw new IllegalArgumentException("RecurrentModel: it has either embeddings or an input, and with an input a head");
        this.embeddings = embeddings;
        this.input = input;
        this.layers = List.copyOf(layers);
        norm_f = norm;
        lm_head = head;
    }

    /** A language model whose head is the table of embeddings, which begin with deviation {@code 1 / sqrt(width)}. */
    public static RecurrentModel of(int tokens, List<? extends RecurrentMixer> layers, DType dtype, Rng rng) {
        int width = width(layers);
        return new RecurrentModel(new Embedding(Init.normal(1 / Math.sqrt(width)).sample(rng, dtype, tokens, width)), null, layers,
                new RMSNorm(width, 1e-5, false, dtype), null);
    }

    /** Vectors to outputs at every position. */
    public static RecurrentModel encoder(int inputs, List<? extends RecurrentMixer> layers, int outputs, DType dtype, Rng rng) {
        int width = width(layers);
        return new RecurrentModel(null, new Linear(inputs, width, true, dtype, Init.torchLinear(inputs), rng), layers,
                new LayerNorm(1e-5, dtype, width), new Linear(width, outputs, true, dtype, Init.torchLinear(width), rng));
    }

    private static int width(List<? extends RecurrentMixer> layers) {
        if (layers.isEmpty()) throw new IllegalArgumentException("RecurrentModel: no layers; at least 1");
        return layers.getFirst().width();
    }

    public List<RecurrentMixer> layers() { return layers; }

    /** Where sequences begin: {@code 0.conv} and so on. */
    public RecurrentState initial(long batch) {
        var parts = new LinkedHashMap<String, RecurrentState>();
        for (int i = 0; i < layers.size(); i++) parts.put("" + i, layers.get(i).initial(batch));
        return RecurrentState.join(parts);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, null, pass).logits; }

    /** What follows a state. @param before null for the beginning */
    public Output run(Tensor x, RecurrentState before, Pass pass) {
        var out = through(x, before, pass);
        return new Output(emit(x, out.logits, pass), out.state);
    }

    private Output through(Tensor x, RecurrentState before, Pass pass) {
        int rank = embeddings == null ? 3 : 2;
        if (x.rank() != rank) throw new ShapeException(
                "RecurrentModel: input " + x.shape() + "; it is " + (rank == 2 ? "(batch, T) of token numbers" : "(batch, T, inputs)"));
        var y = embeddings == null ? input.forward(x, pass) : embeddings.forward(x, pass);
        var after = new LinkedHashMap<String, RecurrentState>();
        for (int i = 0; i < layers.size(); i++) {
            var out = layers.get(i).run(y, before == null ? null : before.part("" + i), pass);
            y = out.y();
            after.put("" + i, out.state());
        }
        y = norm_f.forward(y, pass);
        return new Output(lm_head == null ? y.matmul(embeddings.weight().transpose()) : lm_head.forward(y, pass),
                RecurrentState.join(after));
    }
}
