package lyceum.llm.checkpoint;

import java.util.ArrayList;
import java.util.List;
import lyceum.llm.DecoderConfig;
import lyceum.nn.LatentAttentionConfig;
import lyceum.nn.MoeRouterConfig;
import lyceum.nn.TransformerConfig;

/** Names of Hugging Face's files beside those of {@link lyceum.llm.DecoderLM}. */
final class FamilyNames {
    private final ModelFamily family;
    private final DecoderConfig config;
    private final List<TensorName> names = new ArrayList<>();

    private FamilyNames(ModelFamily family, DecoderConfig config) {
        this.family = family;
        this.config = config;
    }

    static List<TensorName> of(ModelFamily family, DecoderConfig config) {
        var names = new FamilyNames(family, config);
        switch (family) {
            case GPT1 -> names.gpt("", "tokens_embed", "positions_embed");
            case GPT2 -> names.gpt("transformer.", "transformer.wte", "transformer.wpe");
            case GPT_NEOX -> names.neox();
            default -> names.modern();
        }
        return List.copyOf(names.names);
    }

    private void add(String theirs, String... ours) { names.add(TensorName.of(theirs, ours)); }

    private void layer(String theirs, String ours, boolean bias) {
        add(theirs + ".weight", ours + ".weight");
        if (bias) add(theirs + ".bias", ours + ".bias");
    }

    private void conv1d(String theirs, String... ours) {
        names.add(new TensorName(theirs + ".weight", TensorName.Form.COLUMNS, List.of(suffixed(".weight", ours))));
        add(theirs + ".bias", suffixed(".bias", ours));
    }

    private static String[] suffixed(String suffix, String... names) {
        var all = new String[names.length];
        for (int i = 0; i < all.length; i++) all[i] = names[i] + suffix;
        return all;
    }

    private static String[] qkv(String attention) {
        return new String[] {attention + "q_proj", attention + "k_proj", attention + "v_proj"};
    }

    private void gpt(String prefix, String tokens, String positions) {
        add(tokens + ".weight", "embed.weight");
        add(positions + ".weight", "decoder.positions.weight");
        for (int n = 0; n < config.layers(); n++) {
            String at = prefix + "h." + n + ".", own = "decoder.layers." + n + ".";
            layer(at + "ln_1", own + "attention_norm", true);
            conv1d(at + "attn.c_attn", qkv(own + "attention."));
            conv1d(at + "attn.c_proj", own + "attention.o_proj");
            layer(at + "ln_2", own + "mlp_norm", true);
            conv1d(at + "mlp.c_fc", own + "mlp.fc1");
            conv1d(at + "mlp.c_proj", own + "mlp.fc2");
        }
        if (family == ModelFamily.GPT2) layer(prefix + "ln_f", "decoder.norm", true);
        if (!config.tied()) add("lm_head.weight", "head.weight");
    }

    private void neox() {
        add("gpt_neox.embed_in.weight", "embed.weight");
        for (int n = 0; n < config.layers(); n++) {
            String at = "gpt_neox.layers." + n + ".", own = "decoder.layers." + n + ".";
            layer(at + "input_layernorm", own + "attention_norm", true);
            layer(at + "post_attention_layernorm", own + "mlp_norm", true);
            for (var part : new String[] {".weight", ".bias"})
                if (part.equals(".weight") || config.blocks().get(n).attention().bias())
                    names.add(new TensorName(at + "attention.query_key_value" + part, TensorName.Form.HEADS,
                            List.of(suffixed(part, qkv(own + "attention.")))));
            layer(at + "attention.dense", own + "attention.o_proj", config.blocks().get(n).attention().bias());
            layer(at + "mlp.dense_h_to_4h", own + "mlp.fc1", true);
            layer(at + "mlp.dense_4h_to_h", own + "mlp.fc2", true);
        }
        layer("gpt_neox.final_layer_norm", "decoder.norm", true);
        if (!config.tied()) add("embed_out.weight", "head.weight");
    }

    /** Llama's names and those that were made after them. */
    private void modern() {
        boolean phi = family == ModelFamily.PHI, plain = family == ModelFamily.OLMO;
        add("model.embed_tokens.weight", "embed.weight");
        for (int n = 0; n < config.layers(); n++) {
            var block = config.blocks().get(n);
            String at = "model.layers." + n + ".", own = "decoder.layers." + n + ".";
            attention(block, at + "self_attn.", own + "attention.");
            if (block.moe() != null) experts(block, at, own + "mlp.");
            else if (phi) {
                layer(at + "mlp.fc1", own + "mlp.fc1", true);
                layer(at + "mlp.fc2", own + "mlp.fc2", true);
            } else gated(at + "mlp.", own + "mlp.", block.bias());
            if (!plain) norms(block, at, own);
        }
        if (!plain) layer(phi ? "model.final_layernorm" : "model.norm", "decoder.norm", phi);
        if (!config.tied()) layer("lm_head", "head", config.headBias());
    }

    private void attention(TransformerConfig block, String at, String own) {
        if (block.mixer() instanceof LatentAttentionConfig latent) {
            latent(latent, at, own);
            return;
        }
        boolean bias = block.attention().bias(), phi = family == ModelFamily.PHI;
        if (family == ModelFamily.PHI3) add(at + "qkv_proj.weight", suffixed(".weight", qkv(own)));
        else for (var part : new String[] {"q_proj", "k_proj", "v_proj"}) layer(at + part, own + part, bias);
        layer(at + (phi ? "dense" : "o_proj"), own + "o_proj", bias && block.attention().outputBias());
        if (block.attention().qkNorm() == null) return;
        layer(at + "q_norm", own + "q_norm", false);
        layer(at + "k_norm", own + "k_norm", false);
    }

    private void latent(LatentAttentionConfig latent, String at, String own) {
        var queries = latent.queryLatent() > 0 ? new String[] {"q_a_proj", "q_a_layernorm", "q_b_proj"} : new String[] {"q_proj"};
        for (var part : queries) layer(at + part, own + part, false);
        for (var part : new String[] {"kv_a_proj_with_mqa", "kv_a_layernorm", "kv_b_proj", "o_proj"}) layer(at + part, own + part, false);
    }

    private void norms(TransformerConfig block, String at, String own) {
        switch (block.placement()) {
            case BRANCH -> {
                layer(at + "post_attention_layernorm", own + "attention_norm", false);
                layer(at + "post_feedforward_layernorm", own + "mlp_norm", false);
            }
            case SANDWICH -> {
                layer(at + "input_layernorm", own + "attention_norm", false);
                layer(at + "post_attention_layernorm", own + "attention_out_norm", false);
                layer(at + "pre_feedforward_layernorm", own + "mlp_norm", false);
                layer(at + "post_feedforward_layernorm", own + "mlp_out_norm", false);
            }
            default -> {
                layer(at + "input_layernorm", own + "attention_norm", block.parallel());
                if (!block.parallel()) layer(at + "post_attention_layernorm", own + "mlp_norm", false);
            }
        }
    }

    private void gated(String at, String own, boolean bias) {
        if (family == ModelFamily.PHI3) add(at + "gate_up_proj.weight", own + "gate_proj.weight", own + "up_proj.weight");
        else {
            layer(at + "gate_proj", own + "gate_proj", bias);
            layer(at + "up_proj", own + "up_proj", bias);
        }
        layer(at + "down_proj", own + "down_proj", bias);
    }

    private void experts(TransformerConfig block, String at, String own) {
        boolean mixtral = family == ModelFamily.MIXTRAL;
        var moe = at + (mixtral ? "block_sparse_moe." : "mlp.");
        add(moe + "gate.weight", own + "router.weight");
        if (block.moe().router().kind() == MoeRouterConfig.Kind.SIGMOID) add(moe + "gate.e_score_correction_bias", own + "router.bias");
        for (int e = 0; e < block.moe().router().experts(); e++) {
            String expert = moe + "experts." + e + ".", mine = own + "experts.experts." + e + ".";
            if (!mixtral) gated(expert, mine, false);
            else {
                add(expert + "w1.weight", mine + "gate_proj.weight");
                add(expert + "w3.weight", mine + "up_proj.weight");
                add(expert + "w2.weight", mine + "down_proj.weight");
            }
        }
        if (block.moe().shared() == 0) return;
        gated(moe + (family.isDeepSeek() ? "shared_experts." : "shared_expert."),
                own + (block.moe().sharedGate() ? "shared.expert." : "shared."), false);
        if (block.moe().sharedGate()) add(moe + "shared_expert_gate.weight", own + "shared.gate.weight");
    }
}
