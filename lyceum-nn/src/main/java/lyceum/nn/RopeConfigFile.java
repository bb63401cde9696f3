package lyceum.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.FormatException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Rotary positions in a Hugging Face {@code config.json}. */
final class RopeConfigFile {
    private static final JsonMapper JSON = new JsonMapper();

    private RopeConfigFile() {}

    static RotaryEmbedding read(String text) {
        var config = object(text);
        try {
            // Newer files hold base and scaling in one object.
            JsonNode scaling = config.path("rope_parameters").isObject() ? config.path("rope_parameters") : config.path("rope_scaling");
            double base = scaling.path("rope_theta")
                    .asDouble(config.path("rope_theta").asDouble(config.path("rotary_emb_base").asDouble(10_000)));
            var model = config.path("model_type").asString("");
            boolean neighbours = model.equals("gptj") || model.equals("codegen");
            return new RotaryEmbedding(width(config, scaling), base, scaling(scaling, config.path("max_position_embeddings").asLong(0)),
                    neighbours);
        } catch (IllegalArgumentException e) {
            throw new FormatException("config.json: " + e.getMessage());
        }
    }

    private static int width(JsonNode config, JsonNode scaling) {
        if (config.has("rotary_dim")) return config.path("rotary_dim").asInt(0);
        if (config.has("qk_rope_head_dim")) return config.path("qk_rope_head_dim").asInt(0);
        int hidden = config.path("hidden_size").asInt(0), heads = config.path("num_attention_heads").asInt(0);
        int head = config.path("head_dim").asInt(heads > 0 && hidden % heads == 0 ? hidden / heads : 0);
        if (head < 2) throw new FormatException("config.json: head_dim, or hidden_size over num_attention_heads, is missing");
        double share = scaling.path("partial_rotary_factor")
                .asDouble(config.path("partial_rotary_factor").asDouble(config.path("rotary_pct").asDouble(1)));
        return (int) (head * share);
    }

    private static RopeScaling scaling(JsonNode c, long longest) {
        var type = c.path("rope_type").asString(c.path("type").asString("default"));
        long trained = c.path("original_max_position_embeddings").asLong(longest);
        double factor = c.path("factor").asDouble(trained > 0 && longest > 0 ? (double) longest / trained : 1);
        return switch (type) {
            case "default" -> new RopeScaling.None();
            case "linear" -> new RopeScaling.Linear(factor);
            case "dynamic" -> new RopeScaling.DynamicNtk(factor, trained);
            case "yarn" -> new RopeScaling.Yarn(factor, trained, c.path("beta_slow").asDouble(1), c.path("beta_fast").asDouble(32),
                    attentionFactor(c, factor), ramp(c));
            case "dynamic-yarn" -> new RopeScaling.DynamicYarn(trained, c.path("beta_slow").asDouble(1), c.path("beta_fast").asDouble(32));
            case "llama3" ->
                    new RopeScaling.Llama3(factor, c.path("low_freq_factor").asDouble(0), c.path("high_freq_factor").asDouble(0), trained);
            default -> throw new FormatException(
                    "config.json: rope_type is \"" + type + "\"; default, linear, dynamic, yarn, dynamic-yarn and llama3 are known");
        };
    }

    private static double attentionFactor(JsonNode c, double factor) {
        if (c.path("attention_factor").isNumber()) return c.path("attention_factor").asDouble();
        double one = c.path("mscale").asDouble(0), all = c.path("mscale_all_dim").asDouble(0);
        return one == 0 || all == 0 ? Double.NaN : RopeScaling.Yarn.rule(factor, one) / RopeScaling.Yarn.rule(factor, all);
    }

    private static RopeScaling.Ramp ramp(JsonNode c) {
        if (c.path("ramp").asString("").equals("turns")) return RopeScaling.Ramp.TURNS;
        return c.path("truncate").asBoolean(true) ? RopeScaling.Ramp.WHOLE_PAIRS : RopeScaling.Ramp.PAIRS;
    }

    static String write(int width, double base, RopeScaling scaling, String text) {
        var config = object(text);
        config.remove("rope_parameters");
        config.put("rope_theta", scaling instanceof RopeScaling.Ntk ntk ? ntk.base(width, base) : base);
        if (config.path("head_dim").isMissingNode() && config.path("hidden_size").isMissingNode()) config.put("head_dim", width);
        var entries = entries(scaling);
        if (entries.isEmpty()) config.remove("rope_scaling");
        else config.set("rope_scaling", JSON.valueToTree(entries));
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(config);
    }

    private static Map<String, Object> entries(RopeScaling scaling) {
        var c = new LinkedHashMap<String, Object>();
        switch (scaling) {
            case RopeScaling.None none -> {}
            case RopeScaling.Ntk ntk -> {} // a base
            case RopeScaling.Linear s -> {
                c.put("rope_type", "linear");
                c.put("factor", s.factor());
            }
            case RopeScaling.DynamicNtk s -> {
                c.put("rope_type", "dynamic");
                c.put("factor", s.factor());
                c.put("original_max_position_embeddings", s.trained());
            }
            case RopeScaling.Yarn s -> {
                c.put("rope_type", "yarn");
                c.put("factor", s.factor());
                c.put("original_max_position_embeddings", s.trained());
                c.put("beta_slow", s.alpha());
                c.put("beta_fast", s.beta());
                if (!Double.isNaN(s.attentionFactor())) c.put("attention_factor", s.attentionFactor());
                if (s.ramp() == RopeScaling.Ramp.TURNS) c.put("ramp", "turns");
                if (s.ramp() == RopeScaling.Ramp.PAIRS) c.put("truncate", false);
            }
            case RopeScaling.DynamicYarn s -> {
                c.put("rope_type", "dynamic-yarn");
                c.put("original_max_position_embeddings", s.trained());
                c.put("beta_slow", s.alpha());
                c.put("beta_fast", s.beta());
            }
            case RopeScaling.Llama3 s -> {
                c.put("rope_type", "llama3");
                c.put("factor", s.factor());
                c.put("low_freq_factor", s.low());
                c.put("high_freq_factor", s.high());
                c.put("original_max_position_embeddings", s.trained());
            }
        }
        return c;
    }

    private static ObjectNode object(String text) {
        try {
            if (JSON.readTree(text) instanceof ObjectNode object) return object;
        } catch (JacksonException e) {
            throw new FormatException("config.json: " + e.getOriginalMessage());
        }
        throw new FormatException("config.json: no object");
    }
}
