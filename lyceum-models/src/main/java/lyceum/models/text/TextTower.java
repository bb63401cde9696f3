package lyceum.models.text;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeSet;
import java.util.function.Function;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.nn.Embedding;
import lyceum.nn.EmbeddingConfig;
import lyceum.nn.Init;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerEncoder;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * A text encoder over ids: token vectors and learned positions through a {@link TransformerEncoder}, a vector for each position and one for the text.
 *
 * {@snippet :
 * var tower = new TextTower(TextTowerConfig.clip(512, 12, 8), rng);
 * Tensor ids = tower.ids(captions, tokens);                     // (n, 77), cut and padded
 * TextFeatures text = tower.encode(ids, pass);                  // tokens (n, 77, 512), pooled (n, 512)
 * tower.loadPublished(Safetensors.read(path).tensors());        // text_model.encoder.layers.0.self_attn.q_proj.weight ..
 * }
 *
 * <p>Children: {@code token_embedding}, {@code encoder}. Nothing here knows of words: any function from a text to ids does.
 *
 * @see <a href="https://arxiv.org/abs/2103.00020">Radford et al. (2021), section 2.4</a>
 */
public final class TextTower extends Module {
    private final TextTowerConfig config;
    private final Embedding token_embedding;
    private final TransformerEncoder encoder;

    public TextTower(TextTowerConfig config, Rng rng) {
        this.config = config;
        token_embedding = new Embedding(
                new EmbeddingConfig(config.vocabulary(), config.width()).withInit(Init.normal(0.02)).withDtype(config.dtype()), rng);
        encoder = new TransformerEncoder(config.block(), config.depth(), rng);
    }

    public TextTowerConfig config() { return config; }

    /** Vectors of all positions, (batch, T, width). */
    @Override protected Tensor compute(Tensor ids, Pass pass) { return encode(ids, pass).tokens(); }

    /** @param ids (batch, T), I32 or I64, T at most the positions */
    public TextFeatures encode(Tensor ids, Pass pass) {
        var seen = seen(ids);
        var tokens = encoder.forward(token_embedding.forward(ids, pass), mask(seen), pass);
        return new TextFeatures(tokens, pooled(tokens, ids, seen), seen);
    }

    /** The embedded ids with their positions are the first, the output the last: one more than there are blocks. */
    public List<Tensor> hiddenStates(Tensor ids, Pass pass) {
        return encoder.hiddenStates(token_embedding.forward(ids, pass), mask(seen(ids)), pass);
    }

    private Attention mask(Tensor seen) {
        var own = config.block().attention().attention();
        return config.masksPadding() ? own.withKeyLengths(seen.to(DType.I64).sum(1)) : own;
    }

    /** Which positions (batch, T) are no padding: all up to the first end if there is one, else up to the last id that is not the padding's. */
    public Tensor seen(Tensor ids) {
        if (ids.rank() != 2 || ids.size(1) > config.positions())
            throw new ShapeException("TextTower: ids " + ids.shape() + "; they are (batch, T), T at most " + config.positions());
        return Tensor.arange(ids.size(1)).unsqueeze(0).le(lasts(ids).unsqueeze(1));
    }

    /** The position (batch) of the last id that counts. */
    private Tensor lasts(Tensor ids) {
        var place = Tensor.arange(ids.size(1)).unsqueeze(0);
        var last = ids.ne(config.padding()).to(DType.I64).mul(place).max(1);
        if (config.end() < 0) return last;
        Tensor ends = ids.eq(config.end()).to(DType.I32), first = ends.argmax(1);
        return ends.sum(1).gt(0).where(first, last);
    }

    private Tensor pooled(Tensor tokens, Tensor ids, Tensor seen) {
        long n = tokens.size(0), width = tokens.size(2);
        return switch (config.pool()) {
            case FIRST -> tokens.select(1, 0);
            case LAST -> tokens.select(1, tokens.size(1) - 1);
            case END -> tokens.gather(1, lasts(ids).reshape(n, 1, 1).expand(n, 1, width)).squeeze(1);
            case MEAN -> {
                var weight = seen.to(tokens.dtype()).unsqueeze(2);
                yield tokens.mul(weight).sum(1).div(weight.sum(1));
            }
        };
    }

    /**
     * Ids (n, positions) of texts: what the function gives, cut to the positions (an {@linkplain TextTowerConfig#end end} that is cut off takes the last place)
     * and filled up by padding.
     */
    public Tensor ids(List<String> texts, Function<String, int[]> tokens) {
        int width = config.positions();
        var all = new int[texts.size() * width];
        Arrays.fill(all, config.padding());
        for (int i = 0; i < texts.size(); i++) {
            int[] given = tokens.apply(texts.get(i));
            if (given.length == 0) throw new IllegalArgumentException("TextTower.ids: no id for text " + i + ", \"" + texts.get(i) + "\"");
            for (int id : given)
                if (id < 0 || id >= config.vocabulary()) throw new IllegalArgumentException(
                        "TextTower.ids: id " + id + " in \"" + texts.get(i) + "\"; ids lie below " + config.vocabulary());
            System.arraycopy(given, 0, all, i * width, Math.min(width, given.length));
            if (given.length > width && config.end() >= 0) all[(i + 1) * width - 1] = config.end();
        }
        return Tensor.of(all, texts.size(), width);
    }

    /** Our name of each tensor and that in Hugging Face's {@code CLIPTextModel}, such as {@code text_model.encoder.layers.0.self_attn.q_proj.weight}. */
    public SequencedMap<String, String> publishedNames() {
        var names = new LinkedHashMap<String, String>();
        names.put("token_embedding.weight", "text_model.embeddings.token_embedding.weight");
        names.put("encoder.positions.weight", "text_model.embeddings.position_embedding.weight");
        var parts = Map.of("attention_norm", "layer_norm1", "attention.q_proj", "self_attn.q_proj", "attention.k_proj", "self_attn.k_proj",
                "attention.v_proj", "self_attn.v_proj", "attention.o_proj", "self_attn.out_proj", "mlp_norm", "layer_norm2", "mlp.fc1",
                "mlp.fc1", "mlp.fc2", "mlp.fc2");
        for (int i = 0; i < config.depth(); i++) {
            String own = "encoder.layers." + i + ".", theirs = "text_model.encoder.layers." + i + ".";
            parts.forEach((ours, published) -> both(names, own + ours, theirs + published));
        }
        both(names, "encoder.norm", "text_model.final_layer_norm");
        return names;
    }

    private static void both(Map<String, String> names, String own, String theirs) {
        for (var part : List.of(".weight", ".bias")) names.put(own + part, theirs + part);
    }

    /** This tower's tensors under the published names. */
    public SequencedMap<String, Tensor> published() {
        var own = state();
        var tensors = new LinkedHashMap<String, Tensor>();
        publishedNames().forEach((name, theirs) -> tensors.put(theirs, own.get(name)));
        return tensors;
    }

    /**
     * Reads the tensors of a published checkpoint; those of a picture's tower, projections and {@code position_ids} beside them are left alone.
     *
     * @throws FormatException if a tensor is missing: lists them
     */
    public void loadPublished(Map<String, Tensor> checkpoint) {
        var values = new LinkedHashMap<String, Tensor>();
        var missing = new TreeSet<String>();
        publishedNames().forEach((own, theirs) -> {
            if (checkpoint.containsKey(theirs)) values.put(own, checkpoint.get(theirs));
            else missing.add(theirs);
        });
        if (!missing.isEmpty()) throw new FormatException("TextTower: missing are " + missing);
        load(values);
    }
}
