package lyceum.llm.checkpoint;

import static lyceum.llm.checkpoint.ModelFamily.*;

import java.util.Locale;
import lyceum.llm.DecoderConfig;
import lyceum.nn.Activation;
import lyceum.nn.TransformerConfig;
import tools.jackson.databind.node.ObjectNode;

/** {@link DecoderConfig} to {@code config.json}, as far as a family can say it; {@link FamilyConfigs#write} checks that nothing was lost. */
final class FamilyWriter {
    private FamilyWriter() {}

    static ObjectNode write(ModelFamily family, DecoderConfig config) {
        var json = ConfigFields.JSON.createObjectNode();
        json.putArray("architectures").add(family.architecture());
        json.put("model_type", family.modelType());
        json.put("vocab_size", config.vocabulary());
        if (family.is(GPT1, GPT2)) gpt(json, family, config);
        else json = family.isDeepSeek() ? DeepSeekConfigs.write(json, family, config) : modern(json, family, config);
        json.put("tie_word_embeddings", config.tied());
        json.put("initializer_range", config.deviation());
        if (config.startMark() >= 0) json.put("bos_token_id", config.startMark());
        if (config.endMark() >= 0) json.put("eos_token_id", config.endMark());
        json.put("torch_dtype", ConfigFields.name(config.dtype()));
        return json;
    }

    private static void gpt(ObjectNode json, ModelFamily family, DecoderConfig config) {
        var block = config.blocks().getFirst();
        json.put("n_positions", config.contextLength());
        json.put("n_embd", config.width());
        json.put("n_layer", config.layers());
        json.put("n_head", block.attention().heads());
        if (block.hidden() != 4 * config.width()) json.put("n_inner", block.hidden());
        json.put("layer_norm_epsilon", block.epsilon());
        boolean tanh = block.activation() == Activation.GELU_TANH;
        if (family == GPT1) json.put("afn", tanh ? "gelu" : name(block.activation()));
        else json.put("activation_function", name(block.activation()));
    }

    private static ObjectNode modern(ObjectNode json, ModelFamily family, DecoderConfig config) {
        TransformerConfig block = config.blocks().getFirst(), full = config.blocks().getLast();
        var attention = block.attention();
        json.put("hidden_size", config.width());
        json.put("num_hidden_layers", config.layers());
        json.put("num_attention_heads", attention.heads());
        if (family != GPT_NEOX) json.put("num_key_value_heads", attention.keyHeads());
        if (family.isGemma() || attention.headWidth() * attention.heads() != config.width()) json.put("head_dim", attention.headWidth());
        json.put("intermediate_size", block.hidden());
        json.put("max_position_embeddings", config.contextLength());
        json.put(family.isGemma() ? "hidden_activation" : "hidden_act", name(block.activation()));
        if (family != OLMO) json.put(family.is(GPT_NEOX, PHI) ? "layer_norm_eps" : "rms_norm_eps", block.epsilon());
        if (family.is(LLAMA, MISTRAL, QWEN3, QWEN3_MOE, OLMO, OLMO2, GEMMA, GEMMA2, GEMMA3, GPT_NEOX))
            json.put("attention_bias", attention.bias());
        if (family == LLAMA) json.put("mlp_bias", block.bias());
        if (family == GPT_NEOX) json.put("use_parallel_residual", block.parallel());
        if (Double.isFinite(config.logitCap())) json.put("final_logit_softcapping", config.logitCap());
        var mask = attention.attention();
        if (family.is(GEMMA2, GEMMA3)) json.put("query_pre_attn_scalar", scalar(mask.scale()));
        if (mask.softCap() > 0) json.put("attn_logit_softcapping", mask.softCap());
        experts(json, family, block);
        windows(json, family, config);
        var rotary = (family == GEMMA3 ? full : block).attention().rotary();
        if (rotary == null)
            throw new IllegalArgumentException("ModelFamily." + family + ": positions are rotations, not " + attention.positions());
        int turned = 2 * rotary.frequencies(0).length;
        if (turned != attention.headWidth())
            json.put(family == GPT_NEOX ? "rotary_pct" : "partial_rotary_factor", (double) turned / attention.headWidth());
        var all = ConfigFields.of(rotary.write(json.toString())).json();
        if (family == GPT_NEOX) all.set("rotary_emb_base", all.get("rope_theta"));
        return all;
    }

    /** s with {@code 1 / sqrt(s)} the scale, whole where that is so. */
    private static double scalar(double scale) {
        double s = 1 / (scale * scale), whole = Math.rint(s);
        return 1 / Math.sqrt(whole) == scale ? whole : s;
    }

    private static void experts(ObjectNode json, ModelFamily family, TransformerConfig block) {
        var moe = block.moe();
        if (moe == null) return;
        json.put(family == MIXTRAL ? "num_local_experts" : "num_experts", moe.router().experts());
        json.put("num_experts_per_tok", moe.router().k());
        if (family == MIXTRAL) return;
        json.put("moe_intermediate_size", moe.hidden());
        json.put("norm_topk_prob", moe.router().renormalised());
        if (moe.shared() > 0) json.put("shared_expert_intermediate_size", moe.shared());
    }

    private static void windows(ObjectNode json, ModelFamily family, DecoderConfig config) {
        long window = 0;
        for (var block : config.blocks()) window = Math.max(window, block.attention().attention().window());
        if (window == 0) {
            json.putNull("sliding_window");
            return;
        }
        json.put("sliding_window", window);
        if (family.is(QWEN2, QWEN2_MOE, QWEN3, QWEN3_MOE)) json.put("use_sliding_window", true);
        var types = json.putArray("layer_types");
        for (var block : config.blocks()) types.add(block.attention().attention().window() > 0 ? "sliding_attention" : "full_attention");
        if (family == GEMMA3) for (var block : config.blocks())
            if (block.attention().attention().window() > 0) json.put("rope_local_base_freq", block.attention().rotary().base());
    }

    static String name(Activation activation) {
        return switch (activation) {
            case GELU_TANH -> "gelu_pytorch_tanh";
            case GELU -> "gelu";
            case SILU -> "silu";
            case RELU -> "relu";
            default -> activation.name().toLowerCase(Locale.ROOT);
        };
    }
}
