package lyceum.llm.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.format.Safetensors;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.quant.GroupedWeight;
import lyceum.llm.quant.Nf4Weight;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Skeleton;
import lyceum.nn.StoredWeight;
import lyceum.tensor.Tensor;
import tools.jackson.databind.node.ObjectNode;

/**
 * A decoder whose layers are stored in few bits, in a folder of a family's {@code config.json} and {@code model.safetensors}. Its {@code quantization_config} names the
 * method, {@code lyceum}, and of each layer how it is stored; tensors have the names of {@link DecoderLM}, a layer's buffers stand under {@code .stored}.
 */
final class FewBitsFolder {
    private static final String FIELD = "quantization_config", METHOD = "lyceum", STORED = ".stored.";

    private FewBitsFolder() {}

    static boolean is(DecoderLM model) {
        return model.modules().values().stream().anyMatch(m -> m instanceof Linear linear && linear.stored() != null);
    }

    /** Whether a configuration says so. @throws FormatException if another program stored it in few bits */
    static boolean is(ObjectNode config) {
        if (!config.hasNonNull(FIELD)) return false;
        var method = config.path(FIELD).path("quant_method").asString("");
        if (!method.equals(METHOD)) throw new FormatException("config.json: its weights were stored in few bits by \"" + method
                + "\"; such files are not read: take the model as it was before, or a GGUF file of it");
        return true;
    }

    static void write(Path folder, DecoderLM model, ModelFamily family) throws IOException {
        var json = ConfigFields.of(family.write(model.config())).json();
        var field = json.putObject(FIELD).put("quant_method", METHOD).put("formatVersion", 1);
        var layers = field.putObject("layers");
        model.modules().forEach((name, module) -> {
            if (!(module instanceof Linear linear) || linear.stored() == null) return;
            var how = layers.putObject(name);
            switch (linear.stored()) {
                case GroupedWeight w -> how.put("type", "grouped").put("bits", w.bits()).put("group", w.group());
                case Nf4Weight w -> {
                    how.put("type", "nf4").put("block", w.block());
                    if (w.scaleBlock() > 0) how.put("scale_block", w.scaleBlock());
                }
                default -> throw new IllegalArgumentException("ModelFolder.write: " + name + " is stored as a "
                        + linear.stored().getClass().getSimpleName() + ", which no file has");
            }
        });
        var tensors = new LinkedHashMap<String, Tensor>();
        Autograd.noGrad(() -> model.state().forEach((name, tensor) -> tensors.put(name, tensor.detach())));
        Safetensors.write(folder.resolve("model.safetensors"), tensors, Map.of("format", METHOD));
        Files.writeString(folder.resolve("config.json"), json.toPrettyString() + "\n");
    }

    /** @param files tensors by name */
    static DecoderLM read(DecoderConfig config, ObjectNode json, Map<String, Tensor> files) {
        var field = json.path(FIELD);
        if (field.path("formatVersion").asInt(-1) != 1) throw new FormatException(
                "config.json: formatVersion of " + FIELD + " is " + field.path("formatVersion") + "; this version reads 1");
        if (config.layers() > files.size())
            throw new FormatException("config.json: " + config.layers() + " layers for " + files.size() + " tensors");
        var skeleton = DecoderLM.skeleton(config);
        var modules = skeleton.modules();
        var parts = new IdentityHashMap<Module, Module>();
        var rest = new HashMap<>(files);
        var replaced = new HashMap<String, Tensor>(skeleton.state());
        for (var layer : field.path("layers").properties()) {
            var name = layer.getKey();
            if (!(modules.get(name) instanceof Linear linear)) throw new FormatException(
                    "config.json: " + FIELD + " names the layer \"" + name + "\"; this decoder has no such linear layer");
            var how = new ConfigFields(layer.getValue() instanceof ObjectNode object ? object : ConfigFields.JSON.createObjectNode());
            Tensor shape = linear.weight(), bias = rest.remove(name + ".bias");
            if ((bias == null) != (linear.bias() == null))
                throw new FormatException("tensor \"" + name + ".bias\" is " + (bias == null ? "missing" : "of a layer without a bias"));
            if (bias != null && (!bias.shape().equals(linear.bias().shape()) || !bias.dtype().isFloat()))
                throw new FormatException("tensor \"" + name + ".bias\" is " + bias.dtype() + " " + bias.shape()
                        + "; the configuration says floats " + linear.bias().shape());
            var on = Linear.on(stored(name, how, shape.size(0), shape.size(1), rest), bias);
            parts.put(linear, linear.activation() == null ? on : on.activated(linear.activation()));
            replaced.remove(name + ".weight");
            replaced.remove(name + ".bias");
        }
        if (!replaced.keySet().equals(rest.keySet())) {
            var missing = replaced.keySet().stream().filter(n -> !rest.containsKey(n)).sorted().toList();
            var unknown = rest.keySet().stream().filter(n -> !replaced.containsKey(n)).sorted().toList();
            throw new FormatException("model.safetensors: missing tensors " + missing + ", unknown " + unknown);
        }
        replaced.forEach((name, own) -> {
            var value = rest.get(name);
            if (!value.shape().equals(own.shape()) || !value.dtype().isFloat()) throw new FormatException(
                    "tensor \"" + name + "\" is " + value.dtype() + " " + value.shape() + "; the configuration says floats " + own.shape());
        });
        rest.replaceAll((_, value) -> value.requiresGrad());
        return Skeleton.filled(skeleton, rest, parts);
    }

    private static StoredWeight stored(String name, ConfigFields how, long outputs, long inputs, Map<String, Tensor> rest) {
        var at = name + STORED;
        Tensor codes = rest.remove(at + "codes"), scales = rest.remove(at + "scales");
        if (codes == null || scales == null)
            throw new FormatException("tensor \"" + at + (codes == null ? "codes" : "scales") + "\" is missing");
        var type = how.text("type", "");
        try {
            var stored = switch (type) {
                case "grouped" -> GroupedWeight.stored(how.count("bits", 8), how.count("group", 1 << 20), inputs, codes, scales,
                        rest.remove(at + "zeros"));
                case "nf4" -> Nf4Weight.stored(outputs, inputs, how.count("block", 1 << 20), how.count("scale_block", 1 << 20, 0), codes,
                        scales, rest.remove(at + "scaleScales"), rest.remove(at + "mean"));
                default -> throw new FormatException("config.json: " + name + " is stored as \"" + type + "\"; grouped and nf4 are known");
            };
            if (stored.outputs() != outputs)
                throw new FormatException("codes are of " + stored.outputs() + " outputs; the configuration says " + outputs);
            return stored;
        } catch (FormatException e) {
            throw new FormatException(name + ": " + e.getMessage(), e);
        }
    }
}
