package lyceum.llm.checkpoint;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.TransformerConfig.Norm;
import lyceum.nn.TransformerConfig.Placement;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;

/** Where the tensors of a decoder lie in a GGUF file. */
final class GgufTensors {
    /** Formats that products have machine code for. */
    private static final Set<String> QUICK = Set.of("Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K", "F16", "BF16");
    private static final Pattern EXPERT = Pattern.compile("mlp\\.experts\\.experts\\.(\\d+)\\.(gate|up|down)_proj\\.weight");

    private final Gguf file;
    private final DecoderLM skeleton;
    private final Map<String, Tensor> own;
    private final Map<String, Long> rows = new HashMap<>(); // of a tensor in the file, which holds one of the model's or several
    private final boolean fusedGate, branch, unitOffset;

    /** @param skeleton as the file's metadata say @throws FormatException if the file has tensors that it has no place for */
    GgufTensors(Gguf file, DecoderLM skeleton) {
        this.file = file;
        this.skeleton = skeleton;
        own = skeleton.state();
        var block = skeleton.config().blocks().getFirst();
        fusedGate = block.gated() && block.moe() == null && !file.entries().containsKey("blk.0.ffn_gate.weight");
        branch = block.placement() == Placement.BRANCH;
        unitOffset = block.norm() == Norm.RMS_UNIT_OFFSET;
        own.forEach((name, tensor) -> {
            var place = place(name);
            rows.merge(place.name, place.from + tensor.size(0), Math::max);
        });
        var unknown = file.entries().keySet().stream().filter(name -> !rows.containsKey(name) && !name.equals("rope_freqs.weight")) // which the configuration has taken in
                .limit(8).toList();
        if (!unknown.isEmpty()) // a bias, say: without it the model would be another
            throw new FormatException("gguf: the metadata say nothing of the tensors " + unknown);
    }

    DecoderLM skeleton() { return skeleton; }

    /** Of the model's tensors. */
    Set<String> names() { return own.keySet(); }

    /** Rows of a tensor in the file, {@code from} counted as if leading axes were rows. */
    private record Place(String name, long from) {}

    private Place place(String name) {
        if (!name.startsWith("decoder.layers.")) return new Place(switch (name) {
            case "embed.weight" -> "token_embd.weight";
            case "decoder.positions.weight" -> "position_embd.weight";
            default -> name.replace("decoder.norm.", "output_norm.").replace("head.", "output.");
        }, 0);
        int dot = name.indexOf('.', "decoder.layers.".length());
        String at = "blk." + name.substring("decoder.layers.".length(), dot) + ".", part = name.substring(dot + 1);
        var expert = EXPERT.matcher(part);
        if (expert.matches())
            return new Place(at + "ffn_" + expert.group(2) + "_exps.weight", Integer.parseInt(expert.group(1)) * own.get(name).size(0));
        if (part.matches("attention\\.[qkv]_proj\\..*") && file.entries().containsKey(at + "attn_qkv.weight"))
            return new Place(at + "attn_qkv" + part.substring(part.lastIndexOf('.')), before(name));
        if (fusedGate && part.equals("mlp.gate_proj.weight")) return new Place(at + "ffn_up.weight", 0);
        if (fusedGate && part.equals("mlp.up_proj.weight")) return new Place(at + "ffn_up.weight", own.get(name).size(0));
        return new Place(at + part.replace("attention_norm.", branch ? "post_attention_norm." : "attn_norm.")
                .replace("attention_out_norm.", "post_attention_norm.").replace("mlp_norm.", branch ? "post_ffw_norm." : "ffn_norm.")
                .replace("mlp_out_norm.", "post_ffw_norm.").replace("attention.q_norm.", "attn_q_norm.")
                .replace("attention.k_norm.", "attn_k_norm.").replace("attention.q_proj.", "attn_q.")
                .replace("attention.k_proj.", "attn_k.").replace("attention.v_proj.", "attn_v.")
                .replace("attention.o_proj.", "attn_output.").replace("mlp.shared.gate.", "ffn_gate_inp_shexp.")
                .replaceFirst("mlp\\.shared\\.(expert\\.)?gate_proj", "ffn_gate_shexp")
                .replaceFirst("mlp\\.shared\\.(expert\\.)?up_proj", "ffn_up_shexp")
                .replaceFirst("mlp\\.shared\\.(expert\\.)?down_proj", "ffn_down_shexp").replace("mlp.router.", "ffn_gate_inp.")
                .replace("mlp.gate_proj.", "ffn_gate.").replace("mlp.up_proj.", "ffn_up.").replace("mlp.down_proj.", "ffn_down.")
                .replace("mlp.fc1.", "ffn_up.").replace("mlp.fc2.", "ffn_down."), 0);
    }

    /** Rows of queries and keys that lie before these in one tensor. */
    private long before(String name) {
        if (name.contains(".q_proj.")) return 0;
        long queries = own.get(name.replaceFirst("\\.[kv]_proj\\.", ".q_proj.")).size(0);
        return name.contains(".k_proj.") ? queries : queries + own.get(name.replace(".v_proj.", ".k_proj.")).size(0);
    }

    /** In F32. @throws FormatException if it is missing or of another shape */
    Tensor floats(String name) {
        var place = place(name);
        var shape = own.get(name).shape();
        var whole = file.tensor(place.name);
        long columns = shape.rank() == 1 ? 1 : shape.size(1), n = shape.size(0), all = rows.get(place.name);
        boolean fits = shape.rank() == 1 ? whole.rank() == 1 : whole.rank() > 0 && whole.size(-1) == columns;
        if (!fits || whole.count() != all * columns) throw new FormatException("gguf: tensor \"" + place.name + "\" is " + whole.shape()
                + "; the metadata say " + (all == n ? shape.toString() : all + " rows of " + columns));
        boolean norm = unitOffset && name.endsWith("norm.weight"); // kept with the one that the family adds
        if (whole.dtype() == DType.F32 && !norm) return part(whole, place, n, shape.toArray());
        try (var kept = Scope.outside()) {
            return Autograd.noGrad(() -> {
                var x = part(whole, place, n, shape.toArray()).to(DType.F32);
                return (norm ? x.sub(1) : x).compute();
            });
        }
    }

    private static Tensor part(Tensor whole, Place place, long rows, long[] shape) {
        if (whole.rank() == shape.length && whole.size(0) == rows) return whole;
        var flat = shape.length == 1 ? whole : whole.reshape(-1, shape[1]);
        return flat.narrow(0, place.from, rows).reshape(shape);
    }

    /** A matrix on the file's blocks; null if it is of floats or of blocks that products are slow with. @throws FormatException if it is missing or of another shape */
    QuantisedMatrix blocks(String name) {
        var place = place(name);
        var entry = file.entries().get(place.name);
        var shape = own.get(name).shape();
        if (entry == null || shape.rank() != 2 || !QUICK.contains(entry.type())) return null;
        var format = BlockFormat.named().stream().filter(f -> f.name().equals(entry.type())).findFirst().orElseThrow();
        long columns = entry.shape()[entry.shape().length - 1], all = 1;
        for (long size : entry.shape()) all *= size;
        if (columns != shape.size(1) || all != rows.get(place.name) * columns)
            throw new FormatException("gguf: tensor \"" + place.name + "\" has " + (columns == 0 ? 0 : all / columns) + " rows of "
                    + columns + "; the metadata say " + rows.get(place.name) + " of " + shape.size(1));
        if (columns % format.blockLength() != 0) throw new FormatException(
                "gguf: tensor \"" + place.name + "\" has rows of " + columns + ", which are no blocks of " + format.name());
        long row = format.rowBytes(columns);
        return QuantisedMatrix.on(entry.bytes().asSlice(place.from * row, shape.size(0) * row), format, shape.size(0), columns)
                .withActivations(Activations.Q8);
    }
}
