package lyceum.llm.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.llm.EncoderDecoderConfig;
import lyceum.llm.EncoderDecoderLM;
import lyceum.nn.Activation;
import lyceum.nn.Module;
import lyceum.nn.RelativePosition;
import lyceum.nn.Transformer;
import lyceum.tensor.Tensor;

/**
 * T5 as it is published, version 1.1 and Flan-T5 included: {@code config.json} and safetensors under Hugging Face's names.
 *
 * {@snippet :
 * EncoderDecoderLM model = T5Checkpoint.read(folder);         // mapped, not copied
 * T5Checkpoint.write(other, model);
 * }
 */
public final class T5Checkpoint {
    private T5Checkpoint() {}

    /** What a {@code config.json} says. @throws FormatException naming the field that is missing or cannot be */
    public static EncoderDecoderConfig config(String json) {
        var fields = ConfigFields.of(json);
        if (!fields.text("model_type", "").equals("t5"))
            throw new FormatException("config.json: model_type is \"" + fields.text("model_type", "") + "\"; T5's is \"t5\"");
        try {
            int vocabulary = fields.count("vocab_size", 1 << 28), layers = fields.layers("num_layers");
            var config = EncoderDecoderConfig.t5(vocabulary, layers, fields.width("d_model"), fields.width("num_heads"),
                    fields.width("d_kv"), fields.width("d_ff"));
            var kind = fields.text("feed_forward_proj", "relu");
            boolean gated = kind.startsWith("gated-");
            var activation = switch (gated ? kind.substring(6) : kind) {
                case "relu" -> Activation.RELU;
                case "gelu" -> kind.equals("gated-gelu") ? Activation.GELU_TANH : Activation.GELU; // published files mean the approximation by gated-gelu alone
                case "gelu_new" -> Activation.GELU_TANH;
                case "silu" -> Activation.SILU;
                default -> throw new FormatException("config.json: feed_forward_proj is \"" + kind
                        + "\"; relu, gelu, gelu_new, silu and these with gated- before are known");
            };
            var buckets = new RelativePosition.Buckets(fields.count("relative_attention_num_buckets", 1 << 16, 32),
                    fields.count("relative_attention_max_distance", 1 << 28, 128), true, true);
            var attention = config.block().attention().withPositions(buckets).withDtype(fields.dtype());
            var block = config.block().withAttention(attention).withGated(gated).withActivation(activation)
                    .withEpsilon(fields.number("layer_norm_epsilon", 1e-6)).withDropout(fields.number("dropout_rate", 0.1));
            int pad = Math.max(0, fields.mark("pad_token_id", vocabulary));
            int start = fields.mark("decoder_start_token_id", vocabulary), end = fields.mark("eos_token_id", vocabulary);
            return new EncoderDecoderConfig(vocabulary, block, layers, fields.count("num_decoder_layers", 4096, layers),
                    fields.flag("tie_word_embeddings", true) ? Transformer.Head.TIED_SCALED : Transformer.Head.OWN, pad,
                    start < 0 ? pad : start, end < 0 ? 1 : end);
        } catch (FormatException e) {
            throw e;
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new FormatException("config.json: " + e.getMessage());
        }
    }

    /** A model from a folder, of the type in which the file has its embedding. @throws FormatException naming a tensor that is missing, unknown or of another shape */
    public static EncoderDecoderLM read(Path folder) throws IOException {
        return of(config(Files.readString(folder.resolve("config.json"))), ModelFolder.tensors(folder));
    }

    /** A model of tensors under their published names. */
    public static EncoderDecoderLM of(EncoderDecoderConfig config, Map<String, Tensor> files) {
        var table = files.get("shared.weight");
        if (table == null || table.rank() != 2 || table.size(0) != config.vocabulary() || table.size(1) != config.width()
                || config.encoderLayers() + config.decoderLayers() > files.size())
            throw new FormatException("T5: shared.weight is " + (table == null ? "missing" : table.shape()) + " among " + files.size()
                    + " tensors; the configuration says " + config.vocabulary() + " ids of width " + config.width() + " and "
                    + config.encoderLayers() + " and " + config.decoderLayers() + " layers");
        var typed = config.withBlock(config.block().withAttention(config.block().attention().withDtype(table.dtype())));
        var skeleton = EncoderDecoderLM.skeleton(typed);
        var own = skeleton.state();
        var values = new LinkedHashMap<String, Tensor>();
        var names = names(config);
        for (var entry : files.entrySet()) {
            var name = names.get(entry.getKey());
            if (name == null) {
                if (entry.getKey().endsWith("embed_tokens.weight") || entry.getKey().equals("lm_head.weight")) continue; // the table once more
                throw new FormatException("T5: the tensor " + entry.getKey() + " is unknown");
            }
            var tensor = entry.getValue();
            if (!tensor.shape().equals(own.get(name).shape()) || !tensor.dtype().isFloat())
                throw new FormatException("T5: " + entry.getKey() + " is " + tensor.dtype() + " " + tensor.shape()
                        + "; the configuration says floats " + own.get(name).shape());
            values.put(name, tensor.requiresGrad());
        }
        for (var entry : names.entrySet())
            if (!values.containsKey(entry.getValue())) throw new FormatException("T5: the tensor " + entry.getKey() + " is missing");
        return Module.with(skeleton, values);
    }

    /** The tensors of a model under their published names. */
    public static SequencedMap<String, Tensor> tensors(EncoderDecoderLM model) {
        var own = model.state();
        var all = new LinkedHashMap<String, Tensor>();
        names(model.config()).forEach((theirs, ours) -> all.put(theirs, own.get(ours).detach()));
        return all;
    }

    /** The gradients of a model under the published names; what has none is left out. */
    public static SequencedMap<String, Tensor> gradients(EncoderDecoderLM model) {
        var own = model.parameters();
        var all = new LinkedHashMap<String, Tensor>();
        names(model.config()).forEach((theirs, ours) -> { if (own.get(ours).grad() != null) all.put(theirs, own.get(ours).grad()); });
        return all;
    }

    /** Writes {@code config.json} and {@code model.safetensors}. @throws IllegalArgumentException if T5's configuration cannot say it */
    public static void write(Path folder, EncoderDecoderLM model) throws IOException {
        var json = write(model.config());
        Files.createDirectories(folder);
        Safetensors.write(folder.resolve("model.safetensors"), tensors(model), Map.of("format", "pt"));
        Files.writeString(folder.resolve("config.json"), json);
    }

    private static String write(EncoderDecoderConfig config) {
        var block = config.block();
        var kind = block.activation() == Activation.RELU ? "relu" : block.activation() == Activation.SILU ? "silu"
                : block.activation() == Activation.GELU || block.gated() ? "gelu" : "gelu_new";
        var json = ConfigFields.JSON.createObjectNode();
        json.putArray("architectures").add("T5ForConditionalGeneration");
        json.put("model_type", "t5").put("vocab_size", config.vocabulary()).put("d_model", config.width())
                .put("d_kv", block.attention().headWidth()).put("d_ff", block.hidden()).put("num_heads", block.attention().heads())
                .put("num_layers", config.encoderLayers()).put("num_decoder_layers", config.decoderLayers());
        if (block.attention().positions() instanceof RelativePosition.Buckets buckets)
            json.put("relative_attention_num_buckets", buckets.count()).put("relative_attention_max_distance", buckets.furthest());
        json.put("feed_forward_proj", (block.gated() ? "gated-" : "") + kind).put("layer_norm_epsilon", block.epsilon())
                .put("dropout_rate", block.dropout()).put("tie_word_embeddings", config.head() != Transformer.Head.OWN)
                .put("pad_token_id", config.padMark()).put("decoder_start_token_id", config.startMark())
                .put("eos_token_id", config.endMark()).put("torch_dtype", ConfigFields.name(block.attention().dtype()));
        var text = ConfigFields.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
        if (!config(text).equals(config)) throw new IllegalArgumentException("T5Checkpoint.write: config.json of T5 cannot say " + config);
        return text;
    }

    /** Published names to ours. */
    private static SequencedMap<String, String> names(EncoderDecoderConfig config) {
        var names = new LinkedHashMap<String, String>();
        names.put("shared.weight", "transformer.embedding.weight");
        stack(names, config, "encoder", config.encoderLayers());
        stack(names, config, "decoder", config.decoderLayers());
        if (config.head() == Transformer.Head.OWN) names.put("lm_head.weight", "transformer.head.weight");
        return names;
    }

    private static void stack(Map<String, String> names, EncoderDecoderConfig config, String stack, int layers) {
        boolean looks = stack.equals("decoder");
        for (int i = 0; i < layers; i++) {
            String theirs = stack + ".block." + i + ".layer.", ours = "transformer." + stack + ".layers." + i + ".";
            attention(names, theirs + "0.SelfAttention.", ours + "attention.");
            if (i == 0) names.put(theirs + "0.SelfAttention.relative_attention_bias.weight", ours + "attention.positions.weight");
            names.put(theirs + "0.layer_norm.weight", ours + "attention_norm.weight");
            if (looks) {
                attention(names, theirs + "1.EncDecAttention.", ours + "cross_attention.");
                names.put(theirs + "1.layer_norm.weight", ours + "cross_norm.weight");
            }
            var last = theirs + (looks ? "2." : "1.");
            names.put(last + "layer_norm.weight", ours + "mlp_norm.weight");
            last += "DenseReluDense.";
            if (config.block().gated()) {
                names.put(last + "wi_0.weight", ours + "mlp.gate_proj.weight");
                names.put(last + "wi_1.weight", ours + "mlp.up_proj.weight");
            } else names.put(last + "wi.weight", ours + "mlp.fc1.weight");
            names.put(last + "wo.weight", ours + "mlp." + (config.block().gated() ? "down_proj" : "fc2") + ".weight");
        }
        names.put(stack + ".final_layer_norm.weight", "transformer." + stack + ".norm.weight");
    }

    private static void attention(Map<String, String> names, String theirs, String ours) {
        for (var part : "qkvo".split("")) names.put(theirs + part + ".weight", ours + part + "_proj.weight");
    }
}
