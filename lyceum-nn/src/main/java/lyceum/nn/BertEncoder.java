package lyceum.nn;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeSet;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Packing;
import lyceum.tensor.Tensor;

/**
 * BERT's body: token, place and segment vectors added and normalised, and a {@link TransformerEncoder} of post-norm blocks over them. From ids (batch, T) to a
 * vector for each, (batch, T, width).
 *
 * {@snippet :
 * var encoder = new BertEncoder(BertConfig.miniLm(), rng);
 * var padded = new Attention().withKeyLengths(lengths);
 * Tensor states = encoder.forward(ids, null, padded, pass);                   // (batch, T, width)
 * var packed = new Attention().withPacking(Packing.of(12, 9, 31));
 * Tensor rows = encoder.forward(ids, null, packed, pass);                     // ids (1, 52): three texts, no padding
 * }
 *
 * <p>Published checkpoints load by {@link #of}: whoever wrote them, names are those of Hugging Face's {@code BertModel}, with or without a {@code bert.} in front.
 *
 * @see <a href="https://arxiv.org/abs/1810.04805">Devlin, Chang, Lee and Toutanova (2019)</a>
 */
public final class BertEncoder extends Module {
    private final BertConfig config;
    private final Embeddings embeddings;
    private final TransformerEncoder encoder;

    /** Tables begin normal with a deviation of 0.02. */
    public BertEncoder(BertConfig config, Rng rng) { this(config, Init.normal(0.02), rng); }

    private BertEncoder(BertConfig config, Init tables, Rng rng) {
        this.config = config;
        embeddings = new Embeddings(config, tables, rng);
        encoder = new TransformerEncoder(config.block(), config.layers(), rng);
    }

    /** The sum of three tables' rows, normalised. */
    private static final class Embeddings extends Module {
        private final Embedding word_embeddings;
        private final AbsolutePosition position_embeddings;
        private final Embedding token_type_embeddings;
        private final LayerNorm LayerNorm;
        private final Dropout dropout;

        Embeddings(BertConfig c, Init tables, Rng rng) {
            var rows = new EmbeddingConfig(c.vocabulary(), c.width()).withInit(tables).withDtype(c.dtype());
            word_embeddings = new Embedding(rows, rng);
            position_embeddings = new AbsolutePosition(new PositionalEncoding.Learned(c.positions(), 0, tables), c.width(), c.dtype(), rng);
            token_type_embeddings = new Embedding(rows.withCount(c.types()), rng);
            LayerNorm = new LayerNorm(c.epsilon(), c.dtype(), c.width());
            dropout = new Dropout(c.dropout());
        }

        @Override protected Tensor compute(Tensor ids, Pass pass) { return of(ids, null, null, pass); }

        Tensor of(Tensor ids, Tensor types, Tensor places, Pass pass) {
            var words = word_embeddings.forward(ids, pass);
            var kinds = types == null ? token_type_embeddings.weight().narrow(0, 0, 1) : token_type_embeddings.forward(types, pass);
            var x = words.add(kinds);
            x = places == null ? position_embeddings.forward(x, pass) : position_embeddings.forward(x, places, pass);
            return dropout.forward(LayerNorm.forward(x, pass), pass);
        }
    }

    public BertConfig config() { return config; }

    /** The blocks. */
    public List<TransformerBlock> layers() { return encoder.layers(); }

    /** The table of token vectors, to which a masked language model's head is tied. */
    public Embedding tokens() { return embeddings.word_embeddings; }

    @Override protected Tensor compute(Tensor ids, Pass pass) { return encoder.forward(embeddings.forward(ids, pass), pass); }

    /**
     * The vectors of the last block.
     *
     * @param ids (batch, T), I32 or I64
     * @param types segments (batch, T); null for the first everywhere
     * @param mask lengths of a padded batch, or a packing, in which places count from 0 in each text; null where all see all
     * @throws ShapeException if a text is longer than there are places, or the shapes differ
     */
    public Tensor forward(Tensor ids, Tensor types, Attention mask, Pass pass) {
        return emit(ids, encoder.forward(embedded(ids, types, mask, pass), masked(mask), pass), pass);
    }

    /** The embeddings and the vectors after each block: one more than there are blocks. */
    public List<Tensor> hiddenStates(Tensor ids, Tensor types, Attention mask, Pass pass) {
        return encoder.hiddenStates(embedded(ids, types, mask, pass), masked(mask), pass);
    }

    private Attention masked(Attention mask) { return mask == null ? new Attention() : mask; }

    private Tensor embedded(Tensor ids, Tensor types, Attention mask, Pass pass) {
        if (ids.rank() != 2) throw new ShapeException("BertEncoder: ids " + ids.shape() + "; they are (batch, T)");
        if (types != null && !types.shape().equals(ids.shape()))
            throw new ShapeException("BertEncoder: types " + types.shape() + " for ids " + ids.shape());
        var places = mask == null || mask.packing() == null ? null : places(mask.packing(), ids.size(1));
        return embeddings.of(ids, types, places, pass);
    }

    private static Tensor places(Packing packing, long length) {
        var places = new int[Math.toIntExact(length)];
        int at = 0;
        for (int n : packing.queries()) {
            if (at + n > places.length)
                throw new ShapeException("BertEncoder: packed texts " + packing.queries() + " in " + length + " ids");
            for (int i = 0; i < n; i++) places[at++] = i;
        }
        return Tensor.of(places);
    }

    /** Our name of each tensor and that of a published checkpoint, such as {@code encoder.layer.0.attention.self.query.weight}. */
    public static SequencedMap<String, String> checkpointNames(BertConfig config) {
        var names = new LinkedHashMap<String, String>();
        for (var table : List.of("word_embeddings", "position_embeddings", "token_type_embeddings"))
            names.put("embeddings." + table + ".weight", "embeddings." + table + ".weight");
        both(names, "embeddings.LayerNorm", "embeddings.LayerNorm");
        for (int i = 0; i < config.layers(); i++) {
            String own = "encoder.layers." + i + ".", theirs = "encoder.layer." + i + ".";
            both(names, own + "attention_norm", theirs + "attention.output.LayerNorm");
            both(names, own + "attention.q_proj", theirs + "attention.self.query");
            both(names, own + "attention.k_proj", theirs + "attention.self.key");
            both(names, own + "attention.v_proj", theirs + "attention.self.value");
            both(names, own + "attention.o_proj", theirs + "attention.output.dense");
            both(names, own + "mlp_norm", theirs + "output.LayerNorm");
            both(names, own + "mlp.fc1", theirs + "intermediate.dense");
            both(names, own + "mlp.fc2", theirs + "output.dense");
        }
        return names;
    }

    private static void both(Map<String, String> names, String own, String theirs) {
        for (var part : List.of(".weight", ".bias")) names.put(own + part, theirs + part);
    }

    /**
     * A published encoder. Heads on top of it (a pooler, {@code cls}) are left out; {@code gamma} and {@code beta} of old files are {@code weight} and {@code bias}.
     *
     * @param checkpoint tensors by the names of {@link #checkpointNames}
     * @throws FormatException if a tensor is missing: lists them
     */
    public static BertEncoder of(BertConfig config, Map<String, Tensor> checkpoint) {
        var given = new LinkedHashMap<String, Tensor>();
        checkpoint.forEach((name, tensor) -> given.put(plain(name), tensor));
        var values = new LinkedHashMap<String, Tensor>();
        var missing = new TreeSet<String>();
        checkpointNames(config).forEach((own, theirs) -> {
            if (given.containsKey(theirs)) values.put(own, given.get(theirs));
            else missing.add(theirs);
        });
        if (!missing.isEmpty()) throw new FormatException("BertEncoder: missing are " + missing);
        var encoder = new BertEncoder(config, Init.zeros(), Rng.of(0));
        encoder.load(values);
        return encoder;
    }

    private static String plain(String name) {
        name = name.startsWith("bert.") ? name.substring(5) : name;
        return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias");
    }

    /** This encoder's tensors under the names of a published checkpoint. */
    public SequencedMap<String, Tensor> checkpoint() {
        var own = state();
        var tensors = new LinkedHashMap<String, Tensor>();
        checkpointNames(config).forEach((name, theirs) -> tensors.put(theirs, own.get(name)));
        return tensors;
    }

    /** The same encoder with parameters of another float type, to predict with. */
    public BertEncoder as(DType type) { return type == config.dtype() ? this : of(config.withDtype(type), checkpoint()); }
}
