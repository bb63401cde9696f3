package lyceum.llm.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.AttentionConfig;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.RopeScaling;
import lyceum.nn.RotaryEmbedding;
import lyceum.nn.TransformerConfig;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;

/**
 * A decoder in a GGUF file as llama.cpp writes it, of the architectures {@code llama} (with Mistral), {@code qwen2} and {@code qwen3}.
 *
 * {@snippet :
 * DecoderLM model = GgufModel.read(path);
 * model.pack(lyceum.backend.quant.BlockFormat.Q8_0);                  // and predicts from 8 bits a weight
 * GgufModel.write(other, model, lyceum.backend.quant.BlockFormat.Q4_K, Map.of());
 * }
 *
 * <p>Weights of F32 stay in the mapped file; F16, BF16 and quantised blocks become F32. Queries and keys of {@code llama} are turned by neighbouring dimensions, as they
 * lie in these files.
 */
public final class GgufModel {
    private GgufModel() {}

    /** @throws FormatException if the file is malformed, of another architecture, or its tensors do not fit its metadata */
    public static DecoderLM read(Path path) throws IOException { return read(Gguf.read(path)); }

    /** Of a file that is open already. @throws FormatException as above */
    public static DecoderLM read(Gguf file) {
        var config = config(file);
        var own = DecoderLM.skeleton(config).state();
        var values = new LinkedHashMap<String, Tensor>();
        for (var name : own.keySet()) {
            var tensor = float32(file, theirs(name));
            if (!tensor.shape().equals(own.get(name).shape())) throw new FormatException(
                    "gguf: tensor \"" + theirs(name) + "\" is " + tensor.shape() + "; the metadata say " + own.get(name).shape());
            values.put(name, tensor.requiresGrad());
        }
        return Module.with(DecoderLM.skeleton(config), values);
    }

    /**
     * Packs the layers whose weights the file has in blocks in {@link BlockFormat#Q8_0}, which loses nothing of such blocks and next to nothing of smaller ones: a model
     * that was read from it predicts about 2.7 times as fast. Layers of floats stay as they are.
     */
    public static void pack(DecoderLM model, Gguf file) {
        model.modules().forEach((name, module) -> {
            var entry = file.entries().get(theirs(name + ".weight"));
            if (entry == null || BlockFormat.named().stream().noneMatch(f -> f.name().equals(entry.type()) && !f.isFloat())) return;
            if (module instanceof Linear linear && linear.weight().size(1) % BlockFormat.Q8_0.blockLength() == 0)
                linear.pack(BlockFormat.Q8_0);
        });
    }

    /** A model as folders have it: queries and keys turned by halves, where this one turns them by neighbours, and the rows of their weights moved to suit. */
    public static DecoderLM byHalves(DecoderLM model) {
        var attention = model.config().blocks().getFirst().attention();
        var rotary = attention.rotary();
        if (rotary == null || !rotary.isInterleaved()) return model;
        var config = model.config()
                .eachBlock(b -> b.positioned(new RotaryEmbedding(rotary.width(), rotary.base(), rotary.scaling(), false)));
        var values = new LinkedHashMap<String, Tensor>();
        Autograd.noGrad(() -> model.state().forEach((name, value) -> values.put(name, name.matches(".*\\.[qk]_proj\\.(weight|bias)")
                ? RotaryEmbedding.toHalves(value.detach(), attention.headWidth()).compute() : value.detach())));
        values.replaceAll((_, value) -> value.requiresGrad());
        return Module.with(DecoderLM.skeleton(config), values);
    }

    /** The family whose folder can hold such a model. */
    public static ModelFamily family(DecoderLM model) {
        var attention = model.config().blocks().getFirst().attention();
        return attention.qkNorm() != null ? ModelFamily.QWEN3 : attention.bias() ? ModelFamily.QWEN2 : ModelFamily.LLAMA;
    }

    /**
     * Writes a model of the kinds that {@link #read} reads: Llama's, with biases on queries, keys and values Qwen2's, with norms on queries and keys Qwen3's.
     *
     * @param blocks of matrices, or null for the type that they have; a matrix whose rows the blocks do not divide is of F16, all else of F32
     * @param more settings, such as {@link GgufTokenizer#settings}
     * @throws IllegalArgumentException if the architecture is another
     */
    public static void write(Path path, DecoderLM model, BlockFormat blocks, Map<String, ?> more) throws IOException {
        var config = model.config();
        var block = config.blocks().getFirst();
        var attention = block.attention();
        var rotary = attention.rotary();
        String architecture = attention.qkNorm() != null ? "qwen3" : attention.bias() ? "qwen2" : "llama";
        if (rotary == null || rotary.width() != attention.headWidth() || !block.gated() || block.norm() != TransformerConfig.Norm.RMS
                || block.moe() != null || !new HashSet<>(config.blocks()).equals(Set.of(block))
                || !(rotary.scaling() instanceof RopeScaling.None))
            throw new IllegalArgumentException(
                    "GgufModel.write: decoders of the kinds of Llama, Qwen2 and Qwen3 can be written, all blocks alike"
                            + " and positions not scaled; this is " + config);
        var settings = new LinkedHashMap<String, Object>();
        settings.put("general.architecture", architecture);
        var numbers = new LinkedHashMap<String, Object>();
        numbers.put("context_length", config.contextLength());
        numbers.put("block_count", (long) config.layers());
        numbers.put("embedding_length", (long) config.width());
        numbers.put("feed_forward_length", (long) block.hidden());
        numbers.put("attention.head_count", (long) attention.heads());
        numbers.put("attention.head_count_kv", (long) attention.keyHeads());
        numbers.put("attention.key_length", (long) attention.headWidth());
        numbers.put("attention.value_length", (long) attention.headWidth());
        numbers.put("rope.dimension_count", (long) rotary.width());
        numbers.put("rope.freq_base", (float) rotary.base());
        numbers.put("attention.layer_norm_rms_epsilon", (float) block.epsilon());
        numbers.forEach((name, value) -> settings.put(architecture + "." + name, value));
        settings.putAll(more);
        var tensors = new LinkedHashMap<String, Object>();
        try (var scope = Scope.open("gguf")) {
            for (var entry : model.state().entrySet()) {
                var value = entry.getValue().detach();
                boolean turned = architecture.equals("llama") && !rotary.isInterleaved()
                        && (entry.getKey().endsWith("q_proj.weight") || entry.getKey().endsWith("k_proj.weight"));
                if (turned) value = RotaryEmbedding.toNeighbours(value, attention.headWidth());
                tensors.put(theirs(entry.getKey()), stored(value, blocks));
            }
            Gguf.write(path, settings, tensors);
        }
    }

    private static Object stored(Tensor value, BlockFormat blocks) {
        if (value.rank() != 2) return value.to(DType.F32).compute();
        if (blocks == null) return value.compute();
        return value.size(1) % blocks.blockLength() == 0 ? QuantisedMatrix.of(value.to(DType.F32).compute(), blocks)
                : value.to(DType.F16).compute();
    }

    private static Tensor float32(Gguf file, String name) {
        var tensor = file.tensor(name);
        if (tensor.dtype() == DType.F32) return tensor;
        try (var kept = Scope.outside()) {
            return Autograd.noGrad(() -> tensor.to(DType.F32).compute());
        }
    }

    /** What the metadata say, no larger than the file is. */
    private static DecoderConfig config(Gguf file) {
        var architecture = architecture(file);
        if (!architecture.equals("llama") && !architecture.equals("qwen2") && !architecture.equals("qwen3"))
            throw new FormatException("gguf: general.architecture is \"" + architecture + "\"; llama, qwen2 and qwen3 are known");
        var table = file.entries().get("token_embd.weight");
        if (table == null || table.shape().length != 2) throw new FormatException("gguf: token_embd.weight is missing, or no matrix");
        long width = number(file, "embedding_length", 1 << 20), layers = number(file, "block_count", file.entries().size());
        if (table.shape()[1] != width)
            throw new FormatException("gguf: embedding_length is " + width + ", the rows of token_embd.weight " + table.shape()[1]);
        int vocabulary = Math.toIntExact(Math.min(table.shape()[0], Integer.MAX_VALUE)),
                heads = (int) number(file, "attention.head_count", 1 << 16);
        int hidden = (int) number(file, "feed_forward_length", 1 << 24),
                keyHeads = (int) number(file, "attention.head_count_kv", 1 << 16, heads);
        int head = (int) number(file, "attention.key_length", 1 << 16, width / heads),
                turned = (int) number(file, "rope.dimension_count", 1 << 16, head);
        double base = decimal(file, "rope.freq_base", 10_000), epsilon = decimal(file, "attention.layer_norm_rms_epsilon", 1e-6);
        boolean neighbours = architecture.equals("llama"), qwen2 = architecture.equals("qwen2");
        try {
            var config = DecoderConfig
                    .llama(vocabulary, (int) number(file, "context_length", 1 << 28), (int) layers, (int) width, 1, 1, hidden)
                    .withTied(!file.entries().containsKey("output.weight"));
            return config.eachBlock(block -> {
                var attention = block.attention().withPositions(new RotaryEmbedding(turned, base, new RopeScaling.None(), neighbours))
                        .withHeads(heads).withKeyHeads(keyHeads).withHeadWidth(head).withBias(qwen2).withOutputBias(!qwen2)
                        .withQkNorm(architecture.equals("qwen3") ? new AttentionConfig.QkNorm(false, epsilon, false) : null);
                return block.withEpsilon(epsilon).withAttention(attention);
            });
        } catch (IllegalArgumentException e) {
            throw new FormatException("gguf: " + e.getMessage());
        }
    }

    private static String architecture(Gguf file) {
        if (file.metadata().get("general.architecture") instanceof String name) return name;
        throw new FormatException("gguf: general.architecture is missing");
    }

    private static String key(Gguf file, String name) { return architecture(file) + "." + name; }

    private static long number(Gguf file, String name, long most, long otherwise) {
        return file.metadata().containsKey(key(file, name)) ? number(file, name, most) : otherwise;
    }

    private static long number(Gguf file, String name, long most) {
        if (file.metadata().get(key(file, name)) instanceof Long value && value >= 1 && value <= most) return value;
        throw new FormatException(
                "gguf: " + key(file, name) + " is " + file.metadata().get(key(file, name)) + "; it is a whole number from 1 to " + most);
    }

    private static double decimal(Gguf file, String name, double otherwise) {
        return file.metadata().get(key(file, name)) instanceof Number value ? value.doubleValue() : otherwise;
    }

    private static String theirs(String own) {
        if (!own.startsWith("decoder.layers.")) return switch (own) {
            case "embed.weight" -> "token_embd.weight";
            case "decoder.norm.weight" -> "output_norm.weight";
            default -> own.replace("head.", "output.");
        };
        return own.replace("decoder.layers.", "blk.").replace("attention_norm", "attn_norm").replace("attention.q_norm", "attn_q_norm")
                .replace("attention.k_norm", "attn_k_norm").replace("attention.q_proj", "attn_q").replace("attention.k_proj", "attn_k")
                .replace("attention.v_proj", "attn_v").replace("attention.o_proj", "attn_output").replace("mlp_norm", "ffn_norm")
                .replace("mlp.gate_proj", "ffn_gate").replace("mlp.up_proj", "ffn_up").replace("mlp.down_proj", "ffn_down");
    }
}
