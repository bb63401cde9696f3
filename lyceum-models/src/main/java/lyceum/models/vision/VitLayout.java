package lyceum.models.vision;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import lyceum.FormatException;
import lyceum.tensor.Tensor;

/**
 * The names under which a {@link VisionTransformer}'s tensors are published.
 *
 * {@snippet :
 * Safetensors.write(path, VitLayout.TORCHVISION.write(vit), Map.of());
 * }
 */
public enum VitLayout {
    /** {@code encoder.layers.encoder_layer_0.self_attention.in_proj_weight}. */
    TORCHVISION("class_token", "distillation_token", "register_tokens", "encoder.pos_embedding", "conv_proj",
            "encoder.layers.encoder_layer_#.", "ln_1", "self_attention.in_proj_?", "self_attention.out_proj", "ln_2", "mlp.0", "mlp.3",
            "encoder.ln", "heads.head", "heads.head_dist"),
    /** {@code blocks.0.attn.qkv.weight}: timm's, DeiT's, MAE's and DINO's. */
    TIMM("cls_token", "dist_token", "reg_token", "pos_embed", "patch_embed.proj", "blocks.#.", "norm1", "attn.qkv.?", "attn.proj", "norm2",
            "mlp.fc1", "mlp.fc2", "norm", "head", "head_dist"),
    /**
     * {@code vit.encoder.layer.0.attention.attention.query.weight}, with or without {@code vit.} or {@code deit.} in front; a distilled one
     * has {@code cls_classifier} and {@code distillation_classifier}.
     */
    HUGGING_FACE("embeddings.cls_token", "embeddings.distillation_token", "embeddings.register_tokens", "embeddings.position_embeddings",
            "embeddings.patch_embeddings.projection", "encoder.layer.#.", "layernorm_before", "attention.attention.*.?",
            "attention.output.dense", "layernorm_after", "intermediate.dense", "output.dense", "layernorm", "classifier",
            "distillation_classifier");

    private static final String[] OWN = {"class_token", "distillation_token", "registers", "positions", "patch_embedding",
            "encoder.layers.#.", "attention_norm", "attention.*_proj.?", "attention.o_proj", "mlp_norm", "mlp.fc1", "mlp.fc2",
            "encoder.norm", "head", "distillation_head"};
    private static final int BLOCK = 5, QKV = 7, LAST_IN_BLOCK = 11;

    private final String[] theirs;

    VitLayout(String... theirs) { this.theirs = theirs; }

    /** The layout that a checkpoint with these names has. @throws FormatException if it is none of these */
    public static VitLayout of(Set<String> names) {
        if (names.contains("conv_proj.weight")) return TORCHVISION;
        if (names.contains("patch_embed.proj.weight")) return TIMM;
        if (names.stream().anyMatch(n -> n.endsWith("embeddings.patch_embeddings.projection.weight"))) return HUGGING_FACE;
        throw new FormatException("VitLayout: no patch embedding that torchvision, timm or Hugging Face would have; there are " + names);
    }

    /** A model's tensors under the published names. */
    public SequencedMap<String, Tensor> write(VisionTransformer vit) {
        var state = vit.state();
        boolean distilled = vit.config().distilled();
        var out = new LinkedHashMap<String, Tensor>();
        state.forEach((name, tensor) -> {
            var q = name.contains(".q_proj.");
            if (this == HUGGING_FACE || !q && !isKeyOrValue(name)) out.put(prefix(name, distilled) + published(name, distilled), tensor);
            else if (q) out.put(published(name, distilled), Tensor.concat(0, tensor, state.get(name.replace(".q_proj.", ".k_proj.")),
                    state.get(name.replace(".q_proj.", ".v_proj."))));
        });
        return out;
    }

    /** Published tensors under a model's own names. @throws FormatException if one is not there, or is not the model's */
    public SequencedMap<String, Tensor> read(VisionTransformer vit, Map<String, Tensor> file) {
        var out = new LinkedHashMap<String, Tensor>();
        var used = new HashSet<String>();
        var missing = new ArrayList<String>();
        for (var name : vit.state().keySet()) {
            var there = published(name, vit.config().distilled());
            for (var front : new String[] {"vit.", "deit."})
                if (!file.containsKey(there) && file.containsKey(front + there)) there = front + there;
            var tensor = file.get(there);
            if (tensor == null) {
                missing.add(there);
                continue;
            }
            used.add(there);
            int part = name.contains(".q_proj.") ? 0 : name.contains(".k_proj.") ? 1 : 2;
            boolean fused = this != HUGGING_FACE && (part == 0 || isKeyOrValue(name));
            out.put(name, fused ? tensor.narrow(0, part * tensor.size(0) / 3, tensor.size(0) / 3) : tensor);
        }
        var unknown = file.keySet().stream().filter(name -> !used.contains(name)).toList();
        if (!missing.isEmpty() || !unknown.isEmpty())
            throw new FormatException("VitLayout " + this + ": missing " + missing + ", unknown " + unknown);
        return out;
    }

    private static boolean isKeyOrValue(String name) { return name.contains(".k_proj.") || name.contains(".v_proj."); }

    private String prefix(String own, boolean distilled) {
        return this != HUGGING_FACE || own.contains("head") ? "" : distilled ? "deit." : "vit.";
    }

    /** The published name of one of ours. */
    private String published(String own, boolean distilled) {
        if (this == HUGGING_FACE && distilled && own.startsWith("head.")) return "cls_classifier" + own.substring(4);
        if (own.startsWith("encoder.layers.")) {
            int dot = own.indexOf('.', 15);
            var number = own.substring(15, dot);
            var inner = own.substring(dot + 1);
            for (int i = BLOCK + 1; i <= LAST_IN_BLOCK; i++) {
                var kind = inner.substring(inner.lastIndexOf('.') + 1);
                if (i == QKV && inner.matches("attention\\.[qkv]_proj\\..*")) {
                    var which = inner.charAt(10) == 'q' ? "query" : inner.charAt(10) == 'k' ? "key" : "value";
                    return theirs[BLOCK].replace("#", number) + theirs[QKV].replace("*", which).replace("?", kind);
                }
                if (i != QKV && inner.startsWith(OWN[i] + ".")) return theirs[BLOCK].replace("#", number) + theirs[i] + "." + kind;
            }
        }
        for (int i = 0; i < OWN.length; i++) {
            if (i >= BLOCK && i <= LAST_IN_BLOCK) continue;
            if (own.equals(OWN[i])) return theirs[i];
            if (own.startsWith(OWN[i] + ".")) return theirs[i] + own.substring(OWN[i].length());
        }
        throw new FormatException("VitLayout: no published name is known for " + own);
    }
}
