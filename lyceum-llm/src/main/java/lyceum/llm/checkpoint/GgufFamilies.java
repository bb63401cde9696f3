package lyceum.llm.checkpoint;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import lyceum.FormatException;
import lyceum.format.Gguf;
import lyceum.llm.DecoderConfig;
import lyceum.nn.RotaryEmbedding;
import tools.jackson.databind.node.ObjectNode;

/** What the metadata of a GGUF file say, told as the family's {@code config.json} would tell it. What llama.cpp takes for granted of an architecture is filled in. */
final class GgufFamilies {
    private static final Map<String, ModelFamily> KNOWN = new TreeMap<>(Map.ofEntries(Map.entry("llama", ModelFamily.LLAMA),
            Map.entry("qwen2", ModelFamily.QWEN2), Map.entry("qwen3", ModelFamily.QWEN3), Map.entry("gpt2", ModelFamily.GPT2),
            Map.entry("gptneox", ModelFamily.GPT_NEOX), Map.entry("gemma", ModelFamily.GEMMA), Map.entry("gemma2", ModelFamily.GEMMA2),
            Map.entry("gemma3", ModelFamily.GEMMA3), Map.entry("phi2", ModelFamily.PHI), Map.entry("phi3", ModelFamily.PHI3),
            Map.entry("olmo", ModelFamily.OLMO), Map.entry("olmo2", ModelFamily.OLMO2), Map.entry("qwen2moe", ModelFamily.QWEN2_MOE),
            Map.entry("qwen3moe", ModelFamily.QWEN3_MOE)));

    private final Gguf file;
    private final String architecture;

    private GgufFamilies(Gguf file) {
        this.file = file;
        architecture = architecture(file);
    }

    private static String architecture(Gguf file) {
        if (file.metadata().get("general.architecture") instanceof String name) return name;
        throw new FormatException("gguf: general.architecture is missing");
    }

    static ModelFamily family(Gguf file) {
        var family = KNOWN.get(architecture(file));
        if (family == null) throw new FormatException(
                "gguf: general.architecture is \"" + architecture(file) + "\"; known are " + String.join(", ", KNOWN.keySet()));
        return family == ModelFamily.LLAMA && file.metadata().containsKey("llama.expert_count") ? ModelFamily.MIXTRAL : family;
    }

    /** Not much larger than the file is. @throws FormatException naming the setting that is missing or does not fit */
    static DecoderConfig config(Gguf file) {
        var reader = new GgufFamilies(file);
        var family = family(file);
        try {
            var config = reader.fitting(family.config(reader.json(family).toString()));
            if (!file.entries().containsKey("rope_freqs.weight") || config.blocks().getFirst().attention().rotary() == null) return config;
            return config.eachBlock(b -> b.positioned(reader.stretched(b.attention().rotary())));
        } catch (FormatException e) { // of the config.json that there is none of
            throw new FormatException(e.getMessage().replaceFirst("^config\\.json: ", "gguf: "), e);
        }
    }

    /** Before anything is built: what metadata ask for is about what the file has. */
    private DecoderConfig fitting(DecoderConfig config) {
        long numbers = 0;
        for (var entry : file.entries().values()) {
            if (entry.bytes() == null) file.tensor(entry.name()); // which says why it cannot be read
            long count = 1;
            for (long size : entry.shape()) count *= size;
            numbers += count;
        }
        if (config.blocks().getFirst().blockParameters() > numbers || config.parameterCount() / 2 > numbers)
            throw new FormatException("gguf: the metadata say " + config.parameterCount() + " numbers; the tensors have " + numbers);
        return config;
    }

    private ObjectNode json(ModelFamily family) {
        var table = file.entries().get("token_embd.weight");
        if (table == null || table.shape().length != 2) throw new FormatException("gguf: token_embd.weight is missing, or no matrix");
        long width = number("embedding_length", 1 << 20), layers = number("block_count", file.entries().size()),
                heads = number("attention.head_count", 1 << 16), head = number("attention.key_length", 1 << 16, width / heads);
        if (table.shape()[1] != width)
            throw new FormatException("gguf: embedding_length is " + width + ", the rows of token_embd.weight " + table.shape()[1]);
        var json = ConfigFields.JSON.createObjectNode().put("model_type", family.modelType()).put("vocab_size", table.shape()[0])
                .put("tie_word_embeddings", !file.entries().containsKey("output.weight"));
        if (decimal("attention.clamp_kqv", 0) > 0) throw new FormatException(
                "gguf: " + key("attention.clamp_kqv") + " is " + decimal("attention.clamp_kqv", 0) + "; that is not known here");
        long hidden = number("feed_forward_length", 1 << 24);
        if (family == ModelFamily.GPT2) return json.put("n_positions", number("context_length", 1 << 24)).put("n_embd", width)
                .put("n_layer", layers).put("n_head", heads).put("n_inner", hidden).put("activation_function", "gelu_new")
                .put("layer_norm_epsilon", decimal("attention.layer_norm_epsilon", 1e-5));
        json.put("max_position_embeddings", number("context_length", 1 << 28)).put("hidden_size", width).put("num_hidden_layers", layers)
                .put("num_attention_heads", heads).put("num_key_value_heads", number("attention.head_count_kv", 1 << 16, heads))
                .put("head_dim", head).put("intermediate_size", hidden).put("rope_theta", decimal("rope.freq_base", 10_000))
                .put("rotary_dim", number("rope.dimension_count", head, head))
                .put("rms_norm_eps", decimal("attention.layer_norm_rms_epsilon", decimal("attention.layer_norm_epsilon", 1e-6)))
                .put("hidden_act", "silu");
        if (family.is(ModelFamily.LLAMA, ModelFamily.MIXTRAL, ModelFamily.OLMO)) json.put("rope_interleave", true);
        scaling(json);
        switch (family) {
            case GPT_NEOX -> json.put("hidden_act", "gelu").put("use_parallel_residual", flag("use_parallel_residual", true));
            case PHI -> json.put("hidden_act", "gelu_new");
            case GEMMA, GEMMA2, GEMMA3 -> gemma(json, family, width, layers, heads, head);
            case MIXTRAL, QWEN2_MOE, QWEN3_MOE -> experts(json, family);
            default -> {}
        }
        return json;
    }

    private void scaling(ObjectNode json) {
        var type = file.metadata().getOrDefault(key("rope.scaling.type"), "none");
        if (type.equals("none")) return;
        if (!type.equals("linear")) throw new FormatException(
                "gguf: " + key("rope.scaling.type") + " is " + type + "; none, linear, and factors in rope_freqs.weight are known");
        json.putObject("rope_scaling").put("rope_type", "linear").put("factor", decimal("rope.scaling.factor", 1));
    }

    private void gemma(ObjectNode json, ModelFamily family, long width, long layers, long heads, long head) {
        // Of the largest ones alone the scale is not that of the heads; no setting says so.
        boolean largest = family == ModelFamily.GEMMA2 && layers == 46 || family == ModelFamily.GEMMA3 && layers == 62;
        json.put("hidden_activation", "gelu_pytorch_tanh").put("query_pre_attn_scalar", largest ? width / heads : head);
        if (family == ModelFamily.GEMMA) return;
        json.put("sliding_window", number("attention.sliding_window", 1 << 28, 4096));
        if (family == ModelFamily.GEMMA3) json.put("sliding_window_pattern", 6).put("rope_theta", decimal("rope.freq_base", 1_000_000))
                .put("rope_local_base_freq", decimal("rope.freq_base_swa", 10_000));
        else json.put("attn_logit_softcapping", decimal("attn_logit_softcapping", 50)).put("final_logit_softcapping",
                decimal("final_logit_softcapping", 30));
    }

    private void experts(ObjectNode json, ModelFamily family) {
        long count = number("expert_count", 4096);
        var stacked = file.entries().get("blk.0.ffn_gate_exps.weight");
        if (stacked == null || stacked.shape().length != 3 || stacked.shape()[0] != count)
            throw new FormatException("gguf: " + key("expert_count") + " is " + count + ", blk.0.ffn_gate_exps.weight "
                    + (stacked == null ? "is missing" : "has the shape " + Arrays.toString(stacked.shape())));
        json.put("num_experts", count).put("num_local_experts", count).put("num_experts_per_tok", number("expert_used_count", count))
                .put("moe_intermediate_size", number("expert_feed_forward_length", 1 << 24, stacked.shape()[1]))
                .put("norm_topk_prob", family == ModelFamily.QWEN3_MOE);
        var shared = file.entries().get("blk.0.ffn_gate_shexp.weight");
        if (family == ModelFamily.QWEN2_MOE && shared != null && shared.shape().length == 2)
            json.put("shared_expert_intermediate_size", shared.shape()[0]);
    }

    /** Llama 3.1's stretch: each frequency is divided by a number of its own. */
    private RotaryEmbedding stretched(RotaryEmbedding rotary) {
        double[] factors = file.tensor("rope_freqs.weight").toDoubleArray(),
                frequencies = RotaryEmbedding.frequencies(rotary.width(), rotary.base());
        if (factors.length != frequencies.length) throw new FormatException(
                "gguf: rope_freqs.weight has " + factors.length + " factors for " + frequencies.length + " frequencies");
        for (int i = 0; i < factors.length; i++) frequencies[i] /= factors[i];
        return new RotaryEmbedding(frequencies, rotary.isInterleaved());
    }

    private String key(String name) { return architecture + "." + name; }

    private boolean flag(String name, boolean otherwise) {
        return file.metadata().get(key(name)) instanceof Boolean value ? value : otherwise;
    }

    private long number(String name, long most, long otherwise) {
        return file.metadata().containsKey(key(name)) ? number(name, most) : otherwise;
    }

    private long number(String name, long most) {
        if (file.metadata().get(key(name)) instanceof Long value && value >= 1 && value <= most) return value;
        throw new FormatException(
                "gguf: " + key(name) + " is " + file.metadata().get(key(name)) + "; it is a whole number from 1 to " + most);
    }

    private double decimal(String name, double otherwise) {
        return file.metadata().get(key(name)) instanceof Number value ? value.doubleValue() : otherwise;
    }
}
