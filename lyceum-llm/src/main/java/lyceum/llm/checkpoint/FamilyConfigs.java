package lyceum.llm.checkpoint;

import static lyceum.llm.checkpoint.ModelFamily.*;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import lyceum.FormatException;
import lyceum.llm.DecoderConfig;
import lyceum.nn.Activation;
import lyceum.nn.AttentionConfig;
import lyceum.nn.MoeBalancing;
import lyceum.nn.MoeConfig;
import lyceum.nn.MoeRouterConfig;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RotaryEmbedding;
import lyceum.nn.TransformerConfig;
import lyceum.nn.TransformerConfig.Norm;
import lyceum.nn.TransformerConfig.Placement;
import lyceum.tensor.Attention;
import tools.jackson.databind.node.ObjectNode;

/** {@code config.json} to {@link DecoderConfig}; the way back is {@link FamilyWriter}. */
final class FamilyConfigs {
    private final ModelFamily family;
    private final ConfigFields fields;

    private FamilyConfigs(ModelFamily family, ConfigFields fields) {
        this.family = family;
        this.fields = fields;
    }

    static DecoderConfig read(ModelFamily family, ConfigFields fields) {
        var reader = new FamilyConfigs(family, fields);
        return family.is(GPT1, GPT2) ? reader.gpt()
                : family.isDeepSeek() ? reader.finished(DeepSeekConfigs.read(family, fields), false) : reader.modern();
    }

    private DecoderConfig gpt() {
        int vocabulary = fields.count("vocab_size", 1 << 26), places = fields.count("n_positions", 1 << 24), width = fields.width("n_embd");
        for (var name : List.of("scale_attn_by_inverse_layer_idx", "add_cross_attention"))
            if (fields.flag(name, false)) throw new FormatException("config.json: " + name + " is true; that is not known here");
        if (!fields.flag("scale_attn_weights", true))
            throw new FormatException("config.json: scale_attn_weights is false; that is not known here");
        // What GPT-1 calls gelu is the tanh formula.
        var activation = family == GPT2 ? fields.activation("activation_function")
                : fields.text("afn", "gelu").equals("gelu") ? Activation.GELU_TANH : fields.activation("afn");
        var block = TransformerConfig.original(width, fields.count("n_head", 1 << 16), fields.count("n_inner", 1 << 24, 4 * width))
                .causal();
        block = block.withAttention(block.attention().withDtype(fields.dtype())).withActivation(activation)
                .withPlacement(family == GPT1 ? Placement.POST : Placement.PRE).withEpsilon(fields.number("layer_norm_epsilon", 1e-5))
                .positioned(PositionalEncoding.learned(places));
        return finished(new DecoderConfig(vocabulary, places, fields.layers("n_layer"), block), true);
    }

    private DecoderConfig modern() {
        int vocabulary = fields.count("vocab_size", 1 << 26), width = fields.width("hidden_size"),
                layers = fields.layers("num_hidden_layers");
        int heads = fields.count("num_attention_heads", 1 << 16);
        if (fields.has("clip_qkv"))
            throw new FormatException("config.json: clip_qkv is " + fields.json().get("clip_qkv") + "; that is not known here");
        if (fields.flag("qk_layernorm", false)) throw new FormatException("config.json: qk_layernorm is true; that is not known here");
        if (!fields.has("head_dim") && family.isGemma()) fields.json().put("head_dim", 256);
        int head = fields.count("head_dim", 1 << 16, width / heads);
        if (!fields.has("head_dim") && width % heads != 0) throw new FormatException(
                "config.json: " + heads + " num_attention_heads do not divide hidden_size " + width + "; name head_dim");
        double epsilon = family == OLMO ? 1e-5 : fields.number("rms_norm_eps", fields.number("layer_norm_eps", 1e-6));
        var activation = fields.activation("hidden_activation", "hidden_act");
        if (family.isGemma() && activation == Activation.GELU) activation = Activation.GELU_TANH; // as its authors trained it
        var attention = attention(width, heads, head, epsilon).withDtype(fields.dtype());
        int hidden = fields.count(moe() && family != MIXTRAL ? "moe_intermediate_size" : "intermediate_size", 1 << 24);
        var block = TransformerConfig.original(width, 1, hidden).withAttention(attention).withActivation(activation).withEpsilon(epsilon)
                .withPlacement(placement()).withNorm(norm()).withGated(!family.is(GPT_NEOX, PHI))
                .withBias(family.is(GPT_NEOX, PHI) || family == LLAMA && fields.flag("mlp_bias", false))
                .withParallel(family == PHI || family == GPT_NEOX && fields.flag("use_parallel_residual", true));
        block = block.withNormEach(family == GPT_NEOX && block.parallel()).withMoe(moe() ? experts(width, hidden) : null);
        var config = new DecoderConfig(vocabulary, fields.count("max_position_embeddings", 1 << 28), layers, block)
                .withBlocks(blocks(block, layers));
        if (family.isGemma()) config = config.withEmbeddingScale(Math.sqrt(width));
        if (fields.has("final_logit_softcapping")) config = config.withLogitCap(fields.number("final_logit_softcapping", 0));
        return finished(config.withHeadBias(family == PHI), family.isGemma());
    }

    private DecoderConfig finished(DecoderConfig config, boolean tied) {
        return config.withTied(fields.flag("tie_word_embeddings", tied)).withDeviation(fields.number("initializer_range", 0.02))
                .withStartMark(fields.mark("bos_token_id", config.vocabulary()))
                .withEndMark(fields.mark("eos_token_id", config.vocabulary()));
    }

    private boolean moe() { return family.is(MIXTRAL, QWEN2_MOE, QWEN3_MOE); }

    private Placement placement() {
        return family == OLMO2 ? Placement.BRANCH : family.is(GEMMA2, GEMMA3) ? Placement.SANDWICH : Placement.PRE;
    }

    private Norm norm() {
        return family == OLMO ? Norm.PLAIN_LAYER
                : family.is(GPT_NEOX, PHI) ? Norm.LAYER : family.isGemma() ? Norm.RMS_UNIT_OFFSET : Norm.RMS;
    }

    private AttentionConfig attention(int width, int heads, int head, double epsilon) {
        double scaled = family.is(GEMMA2, GEMMA3) ? 1 / Math.sqrt(fields.number("query_pre_attn_scalar", 256)) : 0;
        var mask = new Attention().withCausal(true).withScale(scaled);
        if (fields.has("attn_logit_softcapping")) mask = mask.withSoftCap(fields.number("attn_logit_softcapping", 0));
        boolean bias = fields.flag("attention_bias", family.is(GPT_NEOX, QWEN2, QWEN2_MOE, PHI));
        if (family.is(QWEN2, QWEN2_MOE, PHI)) bias = true;
        var qkNorm = family == OLMO2 ? new AttentionConfig.QkNorm(true, epsilon, false)
                : family.is(QWEN3, QWEN3_MOE, GEMMA3) ? new AttentionConfig.QkNorm(false, epsilon, family == GEMMA3) : null;
        return new AttentionConfig(width, 1).withHeads(heads).withKeyHeads(keyHeads(heads)).withHeadWidth(head).withBias(bias)
                .withOutputBias(!family.is(QWEN2, QWEN2_MOE)).withQkNorm(qkNorm).withAttention(mask)
                .withPositions(RotaryEmbedding.read(fields.json().toString()));
    }

    private int keyHeads(int heads) { return family == GPT_NEOX ? heads : fields.count("num_key_value_heads", 1 << 16, heads); }

    private MoeConfig experts(int width, int hidden) {
        int count = fields.count(family == MIXTRAL ? "num_local_experts" : "num_experts", 4096);
        int each = fields.count("num_experts_per_tok", count);
        if (fields.count("decoder_sparse_step", 4096, 1) != 1 || !fields.json().path("mlp_only_layers").isEmpty())
            throw new FormatException(
                    "config.json: layers without experts among those with them (decoder_sparse_step, mlp_only_layers) are not known here");
        boolean renormalised = family == MIXTRAL || fields.flag("norm_topk_prob", false);
        int shared = family == QWEN2_MOE ? fields.count("shared_expert_intermediate_size", 1 << 24) : 0;
        return new MoeConfig(new MoeRouterConfig(width, count, each).withRenormalised(renormalised), hidden, shared, shared > 0);
    }

    private List<TransformerConfig> blocks(TransformerConfig block, int layers) {
        boolean windows = fields.has("sliding_window") && fields.flag("use_sliding_window", !family.is(QWEN2, QWEN2_MOE, QWEN3, QWEN3_MOE));
        if (!windows) return Collections.nCopies(layers, block);
        int window = fields.count("sliding_window", 1 << 28), from = fields.count("max_window_layers", 4096, 1 << 20);
        var types = fields.texts("layer_types");
        if (!types.isEmpty() && types.size() != layers)
            throw new FormatException("config.json: " + types.size() + " layer_types for " + layers + " num_hidden_layers");
        var local = block.masked(block.attention().attention().withWindow(window));
        if (family == GEMMA3)
            local = local.positioned(new RotaryEmbedding(block.attention().headWidth(), fields.number("rope_local_base_freq", 10_000)));
        int pattern = fields.count("sliding_window_pattern", 4096, 6);
        var blocks = new ArrayList<TransformerConfig>();
        for (int n = 0; n < layers; n++) {
            boolean slides = !types.isEmpty() ? types.get(n).equals("sliding_attention") : switch (family) {
                case GEMMA2 -> n % 2 == 0;
                case GEMMA3 -> (n + 1) % pattern != 0;
                case QWEN2, QWEN2_MOE, QWEN3, QWEN3_MOE -> n >= from;
                default -> true;
            };
            blocks.add(slides ? local : block);
        }
        return blocks;
    }

    /** @throws IllegalArgumentException if what was written says something else */
    static String write(ModelFamily family, DecoderConfig config) {
        ObjectNode json = FamilyWriter.write(family, config);
        var text = ConfigFields.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
        String problem;
        try {
            problem = difference("", comparable(config), comparable(read(family, ConfigFields.of(text))));
            if (problem == null) return text;
        } catch (FormatException | IllegalArgumentException e) {
            problem = e.getMessage();
        }
        throw new IllegalArgumentException("ModelFamily." + family + ": its config.json cannot say this: " + problem);
    }

    /** The first choice that differs; null for none. */
    private static String difference(String where, Object own, Object read) {
        if (Objects.equals(own, read)) return null;
        if (own instanceof List<?> a && read instanceof List<?> b && a.size() == b.size())
            for (int i = 0; i < a.size(); i++) if (!a.get(i).equals(b.get(i))) return difference(where + " " + i, a.get(i), b.get(i));
        if (own instanceof Record a && read instanceof Record b && a.getClass() == b.getClass()) try {
            for (var part : a.getClass().getRecordComponents()) {
                var found = difference(where + " " + part.getName(), part.getAccessor().invoke(a), part.getAccessor().invoke(b));
                if (found != null) return found;
            }
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
        return where.strip() + " is " + own + ", and would be read as " + read;
    }

    /** Positions that are equal are one, and what only training asks for is left out. */
    private static DecoderConfig comparable(DecoderConfig config) {
        return config.eachBlock(block -> {
            var positions = block.attention().positions();
            if (positions instanceof PositionalEncoding.Learned table) positions = new PositionalEncoding.Learned(table.maximum(), 0, null);
            var moe = block.moe();
            if (moe != null) {
                var router = moe.router().withBalancing(MoeBalancing.none()).withJitter(0);
                moe = new MoeConfig(router, moe.hidden(), moe.shared(), moe.sharedGate());
            }
            return block.withMoe(moe).withDropout(0).withLayerDrop(0).withRecomputed(false).withAttention(block.attention().withDropout(0)
                    .withPositions(positions).withAttention(block.attention().attention().withCausal(true)));
        });
    }
}
