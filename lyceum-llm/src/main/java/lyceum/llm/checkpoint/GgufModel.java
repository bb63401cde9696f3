package lyceum.llm.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.QuantisedWeight;
import lyceum.nn.RopeScaling;
import lyceum.nn.RotaryEmbedding;
import lyceum.nn.Skeleton;
import lyceum.nn.TransformerConfig;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;

/**
 * A decoder in a GGUF file as llama.cpp writes it: of the architectures {@code llama} (with Mistral and Mixtral), {@code qwen2}, {@code qwen3}, {@code qwen2moe},
 * {@code qwen3moe}, {@code gemma}, {@code gemma2}, {@code gemma3}, {@code gpt2}, {@code gptneox}, {@code phi2}, {@code phi3}, {@code olmo} and {@code olmo2}.
 *
 * {@snippet :
 * DecoderLM model = GgufModel.read(path);                             // floats: to train, to look at, to write again
 * DecoderLM quick = GgufModel.ready(lyceum.format.Gguf.read(path));   // on the file's own blocks: at once, and to predict alone
 * GgufModel.write(other, model, lyceum.backend.quant.BlockFormat.Q4_K, Map.of());
 * }
 *
 * <p>Weights of F32 stay in the mapped file. Queries and keys of {@code llama} are turned by neighbouring dimensions, as they lie in these files.
 */
public final class GgufModel {
    private GgufModel() {}

    /** @throws FormatException if the file is malformed, of another architecture, or its tensors do not fit its metadata */
    public static DecoderLM read(Path path) throws IOException { return read(Gguf.read(path)); }

    /** Of a file that is open already; F16, BF16 and quantised blocks become F32. @throws FormatException as above */
    public static DecoderLM read(Gguf file) {
        var tensors = new GgufTensors(file, DecoderLM.skeleton(GgufFamilies.config(file)));
        var values = new LinkedHashMap<String, Tensor>();
        for (var name : tensors.names()) values.put(name, tensors.floats(name).requiresGrad());
        return Module.with(tensors.skeleton(), values);
    }

    /**
     * A model to predict with, whose layers and table of tokens are multiplied and looked up in the blocks that the file has (Q8_0, Q4_0, Q4_K, Q5_K, Q6_K, F16, BF16): nothing
     * of them is read before it is needed, and nothing becomes floats. Blocks of other formats become F32. Such weights are no parameters: they are neither trained nor
     * written.
     *
     * @throws FormatException as above
     */
    public static DecoderLM ready(Gguf file) {
        var tensors = new GgufTensors(file, DecoderLM.skeleton(GgufFamilies.config(file)));
        var parts = new IdentityHashMap<Module, Module>();
        var left = new LinkedHashSet<>(tensors.names());
        tensors.skeleton().modules().forEach((name, module) -> {
            if (!(module instanceof Linear) && !(module instanceof Embedding)) return;
            boolean tied = name.equals("head") && tensors.skeleton().config().tied();
            var weight = tensors.blocks(tied ? "embed.weight" : name + ".weight");
            if (weight == null) return;
            left.remove(name + ".weight");
            if (module instanceof Linear linear) {
                Tensor bias = left.remove(name + ".bias") ? tensors.floats(name + ".bias") : null;
                var on = Linear.on(new QuantisedWeight(weight), bias);
                parts.put(linear, linear.activation() == null ? on : on.activated(linear.activation()));
            } else parts.put(module, Embedding.on(new QuantisedWeight(weight)));
        });
        var values = new LinkedHashMap<String, Tensor>();
        for (var name : left) values.put(name, tensors.floats(name).requiresGrad());
        return Skeleton.filled(tensors.skeleton(), values, parts);
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

    /** The family whose folder can hold the model of a file, turned {@linkplain #byHalves by halves}. @throws FormatException if its architecture is not known */
    public static ModelFamily family(Gguf file) { return GgufFamilies.family(file); }

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
        if (rotary == null || rotary.width() != attention.headWidth() || !isPlain(block)
                || !new HashSet<>(config.blocks()).equals(Set.of(block)) || !(rotary.scaling() instanceof RopeScaling.None)
                || Double.isNaN(rotary.base()) || config.embeddingScale() != 1 || config.headBias()
                || !Double.isInfinite(config.logitCap()))
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

    /** What nothing in a file's settings changes. */
    private static boolean isPlain(TransformerConfig block) {
        var attention = block.attention();
        var mask = attention.attention();
        boolean usual = block.gated() && block.norm() == TransformerConfig.Norm.RMS && block.placement() == TransformerConfig.Placement.PRE
                && block.activation() == Activation.SILU && !block.bias() && !block.parallel() && block.moe() == null
                && block.mixer() == null;
        boolean biased = attention.bias() && (attention.outputBias() || attention.qkNorm() != null); // Qwen2 has them on queries, keys and values alone
        return usual && !biased && mask.window() == 0 && mask.softCap() == 0 && mask.scale() == 0 && attention.pattern() == null
                && (attention.qkNorm() == null || !attention.qkNorm().whole() && !attention.qkNorm().unitOffset());
    }

    private static Object stored(Tensor value, BlockFormat blocks) {
        if (value.rank() != 2) return value.to(DType.F32).compute();
        if (blocks == null) return value.compute();
        return value.size(1) % blocks.blockLength() == 0 ? QuantisedMatrix.of(value.to(DType.F32).compute(), blocks)
                : value.to(DType.F16).compute();
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
