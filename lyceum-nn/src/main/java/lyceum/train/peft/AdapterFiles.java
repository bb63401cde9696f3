package lyceum.train.peft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.nn.Activation;
import lyceum.tensor.Tensor;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A tuning on disk, as Hugging Face's PEFT lays it out where that has the method: tensors as {@code base_model.model.NAME}, and a configuration in JSON. */
final class AdapterFiles {
    private static final String TENSORS = "adapter_model.safetensors", CONFIG = "adapter_config.json", PREFIX = "base_model.model.";
    private static final JsonMapper JSON = new JsonMapper();

    private AdapterFiles() {}

    /** {@code lora_A.NAME.weight} as {@code lora_A.weight}; what PEFT holds in parameter lists has no {@code weight}. */
    static String plain(String parameter, String tuning) {
        var name = parameter.replaceFirst("\\." + tuning + "(?=\\.|$)", "");
        return name.startsWith("lora_embedding_") || name.startsWith("ia3_l") ? name.substring(0, name.lastIndexOf('.')) : name;
    }

    record Saved(List<PeftMethod> methods, Map<String, Tensor> values) {}

    static void write(Path folder, List<PeftMethod> methods, Map<String, Tensor> values) throws IOException {
        Files.createDirectories(folder);
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        values.forEach((name, tensor) -> tensors.put(PREFIX + name, tensor));
        var root = new LinkedHashMap<String, Object>(methods.size() == 1 ? config(methods.getFirst())
                : Map.of("peft_type", "COMPOSED", "methods", methods.stream().map(AdapterFiles::config).toList()));
        root.put("formatVersion", 1);
        Safetensors.write(folder.resolve(TENSORS), tensors, Map.of("format", "pt"));
        Files.writeString(folder.resolve(CONFIG), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root));
    }

    static Saved read(Path folder) throws IOException {
        var values = new LinkedHashMap<String, Tensor>();
        Safetensors.read(folder.resolve(TENSORS)).tensors().forEach((name, tensor) -> {
            if (!name.startsWith(PREFIX))
                throw new FormatException("Peft: " + TENSORS + " has a tensor \"" + name + "\"; names begin with " + PREFIX);
            values.put(name.substring(PREFIX.length()), tensor);
        });
        var file = folder.resolve(CONFIG);
        if (Files.size(file) > 1 << 20) throw new FormatException("Peft: " + CONFIG + " has " + Files.size(file) + " bytes; at most 1 MiB");
        try {
            var root = JSON.readTree(Files.readString(file));
            int version = root.path("formatVersion").asInt(1);
            if (version != 1) throw new FormatException("Peft: formatVersion of " + CONFIG + " is " + version + "; this version reads 1");
            var methods = new ArrayList<PeftMethod>();
            if (root.path("methods").isArray()) root.path("methods").forEach(node -> methods.add(method(node)));
            else methods.add(method(root));
            return new Saved(methods, values);
        } catch (JacksonException | IllegalArgumentException e) {
            throw new FormatException("Peft: " + CONFIG + ": " + e.getMessage(), e);
        }
    }

    private static Map<String, Object> config(PeftMethod method) {
        var c = new LinkedHashMap<String, Object>();
        switch (method) {
            case Lora m -> {
                c.put("peft_type", "LORA");
                c.put("r", m.rank());
                c.put("lora_alpha", m.alpha());
                c.put("lora_dropout", m.dropout());
                c.put("use_rslora", m.rankStabilized());
                c.put("bias", "none");
                c.put("fan_in_fan_out", false);
                c.put("target_modules", m.targets());
            }
            case Ia3 m -> {
                c.put("peft_type", "IA3");
                // PEFT wants those of inputs among the targets
                c.put("target_modules", Stream.concat(m.targets().stream(), m.feedForward().stream()).toList());
                c.put("feedforward_modules", m.feedForward());
            }
            case BottleneckAdapter m -> {
                c.put("peft_type", "BOTTLENECK");
                c.put("width", m.width());
                c.put("activation", m.activation().name());
                c.put("start", m.start());
                c.put("scale", m.scale());
                c.put("parallel", m.parallel());
                c.put("norms", m.norms());
                c.put("target_modules", m.targets());
            }
            case PrefixTuning m -> {
                c.put("peft_type", "PREFIX_TUNING");
                c.put("num_virtual_tokens", m.length());
                c.put("encoder_hidden_size", m.hidden());
                c.put("start", m.start());
                c.put("target_modules", m.targets());
            }
            case PromptTuning m -> {
                c.put("peft_type", "PROMPT_TUNING");
                c.put("num_virtual_tokens", m.length());
                c.put("tokens", m.tokens());
                c.put("target_modules", List.of(m.target()));
            }
            case BitFit m -> {
                c.put("peft_type", "BITFIT");
                c.put("target_modules", m.targets());
            }
        }
        return c;
    }

    private static PeftMethod method(JsonNode c) {
        var type = c.path("peft_type").asString("");
        return switch (type) {
            case "LORA" -> {
                if (!c.path("bias").asString("none").equals("none") || c.path("fan_in_fan_out").asBoolean(false)
                        || c.path("use_dora").asBoolean(false))
                    throw new FormatException("Peft: a LoRA with biases, transposed weights or magnitudes is not read");
                yield new Lora(c.path("r").asInt(0), c.path("lora_alpha").asDouble(0), c.path("lora_dropout").asDouble(0),
                        c.path("use_rslora").asBoolean(false), strings(c, "target_modules"));
            }
            case "IA3" -> {
                var inputs = c.path("feedforward_modules").isArray() && c.path("feedforward_modules").isEmpty() ? List.<String>of()
                        : strings(c, "feedforward_modules");
                yield new Ia3(strings(c, "target_modules").stream().filter(target -> !inputs.contains(target)).toList(), inputs);
            }
            case "BOTTLENECK" -> new BottleneckAdapter(c.path("width").asInt(0), Activation.valueOf(c.path("activation").asString("GELU")),
                    c.path("start").asDouble(0), c.path("scale").asDouble(1), c.path("parallel").asBoolean(false),
                    c.path("norms").asBoolean(false), strings(c, "target_modules"));
            case "PREFIX_TUNING" -> new PrefixTuning(c.path("num_virtual_tokens").asInt(-1), c.path("encoder_hidden_size").asInt(0),
                    c.path("start").asDouble(0.02), strings(c, "target_modules"));
            case "PROMPT_TUNING" -> {
                var tokens = new ArrayList<Integer>();
                c.path("tokens").forEach(t -> tokens.add(t.asInt()));
                yield new PromptTuning(c.path("num_virtual_tokens").asInt(-1), tokens, strings(c, "target_modules").getFirst());
            }
            case "BITFIT" -> new BitFit(strings(c, "target_modules"));
            default -> throw new FormatException(
                    "Peft: peft_type is \"" + type + "\"; LORA, IA3, BOTTLENECK, PREFIX_TUNING, PROMPT_TUNING and BITFIT are known");
        };
    }

    private static List<String> strings(JsonNode c, String key) {
        var node = c.path(key);
        if (node.isString()) return List.of(node.asString().equals("all-linear") ? "*" : node.asString());
        if (!node.isArray() || node.isEmpty()) throw new FormatException("Peft: " + key + " is missing");
        var all = new ArrayList<String>();
        node.forEach(item -> all.add(item.asString()));
        return all;
    }
}
