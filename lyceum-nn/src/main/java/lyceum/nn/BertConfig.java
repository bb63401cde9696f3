package lyceum.nn;

import java.util.Locale;
import java.util.Objects;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.withers.Withers;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The sizes of a {@link BertEncoder}, as a Hugging Face {@code config.json} gives them.
 *
 * {@snippet :
 * var base = BertConfig.base();
 * var small = new BertConfig(8_000, 128, 2, 4, 512, 64);
 * }
 *
 * @param vocabulary ids of tokens
 * @param width of a token's vector
 * @param layers blocks
 * @param heads of each attention
 * @param hidden units of each feed-forward half
 * @param positions the longest text, in tokens
 * @param types kinds of segment
 * @param activation of the hidden units
 * @param epsilon of the layer norms
 * @param dropout on embeddings and on what each half of a block adds
 * @param attentionDropout on attention weights
 * @param dtype of the parameters
 */
@Withers
public record BertConfig(int vocabulary, int width, int layers, int heads, int hidden, int positions, int types, Activation activation,
        double epsilon, double dropout, double attentionDropout, DType dtype) implements BertConfigWithers {
    private static final JsonMapper JSON = new JsonMapper();

    public BertConfig {
        if (vocabulary < 1 || width < 1 || layers < 1 || heads < 1 || hidden < 1 || positions < 1 || types < 1)
            throw new IllegalArgumentException("BertConfig: vocabulary " + vocabulary + ", width " + width + ", layers " + layers
                    + ", heads " + heads + ", hidden " + hidden + ", positions " + positions + " and types " + types + " are positive");
        if (width % heads != 0) throw new IllegalArgumentException("BertConfig: " + heads + " heads do not divide a width of " + width);
        Objects.requireNonNull(activation, "activation");
        Objects.requireNonNull(dtype, "dtype");
    }

    /** Two segments, GELU, epsilon 1e-12, dropout 0.1, F32: the paper's. */
    public BertConfig(int vocabulary, int width, int layers, int heads, int hidden, int positions) {
        this(vocabulary, width, layers, heads, hidden, positions, 2, Activation.GELU, 1e-12, 0.1, 0.1, DType.F32);
    }

    /** BERT-base, uncased: 12 blocks of width 768. */
    public static BertConfig base() { return new BertConfig(30_522, 768, 12, 12, 3072, 512); }

    /** all-MiniLM-L6-v2: 6 blocks of width 384. */
    public static BertConfig miniLm() { return new BertConfig(30_522, 384, 6, 12, 1536, 512); }

    /** The blocks. */
    public TransformerConfig block() {
        var block = TransformerConfig.original(width, heads, hidden).withActivation(activation).withEpsilon(epsilon).withDropout(dropout);
        return block.withAttention(block.attention().withDropout(attentionDropout).withDtype(dtype));
    }

    /**
     * From the text of a {@code config.json} of a BERT.
     *
     * @throws FormatException if a size is missing, or the model is of another kind: names it
     */
    public static BertConfig read(String json) {
        try {
            var c = JSON.readTree(json);
            var kind = c.path("model_type").asString("bert");
            var scheme = c.path("position_embedding_type").asString("absolute");
            if (!kind.equals("bert")) throw new FormatException("config.json: model_type is \"" + kind + "\"; a BERT is \"bert\"");
            if (!scheme.equals("absolute"))
                throw new FormatException("config.json: position_embedding_type is \"" + scheme + "\"; absolute is known");
            if (!(Activation.named(c.path("hidden_act").asString("gelu")) instanceof Activation activation))
                throw new FormatException("config.json: hidden_act is \"" + c.path("hidden_act").asString() + "\", which has parameters");
            return new BertConfig(size(c, "vocab_size"), size(c, "hidden_size"), size(c, "num_hidden_layers"),
                    size(c, "num_attention_heads"), size(c, "intermediate_size"), size(c, "max_position_embeddings"),
                    c.path("type_vocab_size").asInt(2), activation, c.path("layer_norm_eps").asDouble(1e-12),
                    c.path("hidden_dropout_prob").asDouble(0.1), c.path("attention_probs_dropout_prob").asDouble(0.1), DType.F32);
        } catch (JacksonException e) {
            throw new FormatException("config.json: " + e.getOriginalMessage());
        } catch (IllegalArgumentException e) {
            throw new FormatException("config.json: " + e.getMessage());
        }
    }

    private static int size(JsonNode config, String name) {
        if (!config.path(name).canConvertToInt()) throw new FormatException("config.json: " + name + " is missing");
        return config.path(name).asInt();
    }

    /** As a {@code config.json}. */
    public String toJson() {
        var c = JSON.createObjectNode();
        c.put("model_type", "bert").put("vocab_size", vocabulary).put("hidden_size", width).put("num_hidden_layers", layers);
        c.put("num_attention_heads", heads).put("intermediate_size", hidden).put("max_position_embeddings", positions);
        c.put("type_vocab_size", types).put("hidden_act", activation.name().toLowerCase(Locale.ROOT)).put("layer_norm_eps", epsilon);
        c.put("hidden_dropout_prob", dropout).put("attention_probs_dropout_prob", attentionDropout);
        c.put("position_embedding_type", "absolute").putArray("architectures").add("BertModel");
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(c);
    }
}
