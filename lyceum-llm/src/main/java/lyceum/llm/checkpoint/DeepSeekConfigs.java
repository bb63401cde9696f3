package lyceum.llm.checkpoint;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.llm.DecoderConfig;
import lyceum.nn.AttentionConfig;
import lyceum.nn.LatentAttentionConfig;
import lyceum.nn.MoeBalancing;
import lyceum.nn.MoeConfig;
import lyceum.nn.MoeRouterConfig;
import lyceum.nn.MoeRouterConfig.Kind;
import lyceum.nn.RopeScaling;
import lyceum.nn.RotaryEmbedding;
import lyceum.nn.TransformerConfig;
import lyceum.tensor.Attention;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code config.json} of DeepSeek-V2 and V3, and the way back: latent attention; first layers of one network, then experts of which some are always asked. V2 chooses by a
 * softmax, V3 by sigmoids with a bias that only choosing sees; both among the experts of a few groups.
 */
final class DeepSeekConfigs {
    private static final String DENSE = "first_k_dense_replace", METHOD = "topk_method", SCORES = "scoring_func", ALL = "mscale_all_dim";
    /** Of the norms of latents, whatever the other norms have. */
    private static final double EPSILON = 1e-6;

    private DeepSeekConfigs() {}

    static DecoderConfig read(ModelFamily family, ConfigFields fields) {
        int vocabulary = fields.count("vocab_size", 1 << 26), width = fields.width("hidden_size"),
                layers = fields.layers("num_hidden_layers"), heads = fields.count("num_attention_heads", 1 << 16);
        if (fields.flag("attention_bias", false))
            throw new FormatException("config.json: attention_bias is true; that is not known here of latent attention");
        if (fields.count("moe_layer_freq", 4096, 1) != 1)
            throw new FormatException("config.json: moe_layer_freq is " + fields.json().get("moe_layer_freq") + "; 1 is known");
        int own = fields.count("qk_nope_head_dim", 1 << 16), turned = fields.count("qk_rope_head_dim", 1 << 16);
        var rotary = RotaryEmbedding.read(fields.json().toString());
        var mixer = new LatentAttentionConfig(width, heads, fields.count("kv_lora_rank", 1 << 20), own, turned,
                fields.count("v_head_dim", 1 << 16), fields.count("q_lora_rank", 1 << 20, 0), true, EPSILON,
                new Attention().withCausal(true).withScale(scale(fields.json(), rotary.scaling(), own + turned)), rotary, false,
                fields.dtype());
        var block = TransformerConfig.original(width, 1, fields.count("intermediate_size", 1 << 24))
                .withAttention(new AttentionConfig(width, 1).withBias(false).withDtype(fields.dtype())).causal().withMixer(mixer)
                .withActivation(fields.activation("hidden_act")).withEpsilon(fields.number("rms_norm_eps", 1e-6))
                .withPlacement(TransformerConfig.Placement.PRE).withNorm(TransformerConfig.Norm.RMS).withGated(true).withBias(false);
        boolean v3 = family == ModelFamily.DEEPSEEK_V3;
        int dense = !fields.has("n_routed_experts") ? layers : fields.countFromZero(DENSE, 4096, v3 ? 3 : 0);
        var later = dense >= layers ? block : block.withMoe(experts(v3, width, fields));
        var blocks = new ArrayList<TransformerConfig>();
        for (int n = 0; n < layers; n++) blocks.add(n < dense ? block : later);
        return new DecoderConfig(vocabulary, fields.count("max_position_embeddings", 1 << 28), layers, block).withBlocks(blocks);
    }

    /** 0 for the usual one: YaRN's stretch can make scores larger. */
    private static double scale(ObjectNode json, RopeScaling scaling, int width) {
        // The same object that rotations are read from.
        var c = json.path("rope_parameters").isObject() ? json.path("rope_parameters") : json.path("rope_scaling");
        double all = c.path(ALL).asDouble(0), factor = factor(scaling);
        return all == 0 || !(factor > 1) ? 0 : scale(all, factor, width);
    }

    private static double scale(double all, double factor, int width) {
        double m = 0.1 * all * Math.log(factor) + 1;
        return m * m / Math.sqrt(width);
    }

    /** Of a stretch that can say more of scores; 1 for others. */
    private static double factor(RopeScaling scaling) { return scaling instanceof RopeScaling.Yarn yarn ? yarn.factor() : 1; }

    /** The shortest number that is read as this scale of scores, to the last bit; 0 if there is none. */
    private static double all(double scale, double factor, int width) {
        if (!(scale > 0 && factor > 1)) return 0;
        var about = new BigDecimal((Math.sqrt(scale * Math.sqrt(width)) - 1) / (0.1 * Math.log(factor)));
        for (int digits = 1; digits <= 17; digits++) for (int step = -16; step <= 16; step++) {
            double all = about.setScale(digits, RoundingMode.HALF_EVEN).add(BigDecimal.valueOf(step, digits)).doubleValue();
            if (scale(all, factor, width) == scale) return all;
        }
        return 0;
    }

    private static MoeConfig experts(boolean v3, int width, ConfigFields fields) {
        String scores = fields.text(SCORES, v3 ? "sigmoid" : "softmax"), method = fields.text(METHOD, v3 ? "noaux_tc" : "greedy");
        if (!scores.equals(v3 ? "sigmoid" : "softmax"))
            throw new FormatException("config.json: " + SCORES + " is \"" + scores + "\"; this family has " + (v3 ? "sigmoid" : "softmax"));
        boolean grouped = v3 ? method.equals("noaux_tc") : method.equals("group_limited_greedy");
        if (!grouped && (v3 || !method.equals("greedy"))) throw new FormatException(
                "config.json: " + METHOD + " is \"" + method + "\"; known are " + (v3 ? "noaux_tc" : "greedy and group_limited_greedy"));
        int count = fields.count("n_routed_experts", 4096), each = fields.count("num_experts_per_tok", count);
        int groups = grouped ? fields.count("n_group", count, v3 ? 8 : 1) : 1;
        int hidden = fields.count("moe_intermediate_size", 1 << 24), shared = fields.countFromZero("n_shared_experts", 4096, 0);
        boolean renormalised = fields.flag("norm_topk_prob", v3) && (v3 || each > 1);
        double factor = fields.number("routed_scaling_factor", v3 ? 2.5 : 1);
        // V2's authors either divide gates by their sum or multiply them; V3's do both.
        if (!v3 && renormalised) factor = 1;
        var router = new MoeRouterConfig(width, count, each, v3 ? Kind.SIGMOID : Kind.SOFTMAX, groups,
                grouped ? fields.count("topk_group", groups, v3 ? 4 : 1) : 1, renormalised, factor, Double.POSITIVE_INFINITY,
                MoeRouterConfig.Overflow.DROP, false, 0, MoeBalancing.none(), DType.F32);
        return new MoeConfig(router, hidden, Math.multiplyExact(shared, hidden), false);
    }

    static ObjectNode write(ObjectNode json, ModelFamily family, DecoderConfig config) {
        var block = config.blocks().getFirst();
        if (!(block.mixer() instanceof LatentAttentionConfig latent) || latent.rotary() == null) throw new IllegalArgumentException(
                "ModelFamily." + family + ": positions are mixed by latent attention with rotations, not by " + block.mixer());
        json.put("hidden_size", config.width()).put("num_hidden_layers", config.layers()).put("num_attention_heads", latent.heads())
                .put("num_key_value_heads", latent.heads()).put("intermediate_size", block.hidden())
                .put("max_position_embeddings", config.contextLength()).put("hidden_act", FamilyWriter.name(block.activation()))
                .put("rms_norm_eps", block.epsilon()).put("attention_bias", false).put("kv_lora_rank", latent.latent())
                .put("qk_nope_head_dim", latent.headWidth()).put("qk_rope_head_dim", latent.rotaryWidth())
                .put("v_head_dim", latent.valueWidth());
        if (latent.queryLatent() > 0) json.put("q_lora_rank", latent.queryLatent());
        else json.putNull("q_lora_rank");
        int dense = 0;
        while (dense < config.layers() && config.blocks().get(dense).moe() == null) dense++;
        if (dense < config.layers()) {
            var moe = config.blocks().get(dense).moe();
            var router = moe.router();
            boolean v3 = family == ModelFamily.DEEPSEEK_V3;
            json.put("n_routed_experts", router.experts()).put("num_experts_per_tok", router.k())
                    .put("n_shared_experts", moe.shared() / moe.hidden()).put("moe_intermediate_size", moe.hidden()).put(DENSE, dense)
                    .put("moe_layer_freq", 1).put("n_group", router.groups()).put("topk_group", router.keptGroups())
                    .put("norm_topk_prob", router.renormalised()).put("routed_scaling_factor", router.scale())
                    .put(SCORES, v3 ? "sigmoid" : "softmax")
                    .put(METHOD, v3 ? "noaux_tc" : router.groups() > 1 ? "group_limited_greedy" : "greedy");
        }
        var written = ConfigFields.of(latent.rotary().write(json.toString())).json();
        double factor = factor(latent.rotary().scaling()),
                all = all(latent.attention().scale(), factor, latent.headWidth() + latent.rotaryWidth());
        if (all != 0 && written.path("rope_scaling") instanceof ObjectNode scaling) {
            scaling.put(ALL, all);
            // Here attention_factor says it; the authors' own code knows it as a quotient of two.
            double turned = scaling.path("attention_factor").asDouble(0), unit = 0.1 * Math.log(factor);
            if (turned > 0) scaling.put("mscale", turned == 1 ? all : (turned * (all * unit + 1) - 1) / unit);
        }
        return written;
    }
}
