package lyceum.serve.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import lyceum.FormatException;
import lyceum.llm.TokenConstraint;
import lyceum.llm.generate.Penalties;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.random.Rng;
import lyceum.serve.Request;
import lyceum.serve.constrain.GrammarConstraint;
import lyceum.serve.constrain.SchemaException;
import tools.jackson.databind.json.JsonMapper;

/** The settings of a text, which all requests for one share. */
record GenerationFields(SamplingOptions sampling, StopCriteria stop, TokenConstraint constraint, Rng rng, int n, String salt,
        String adapter, int priority, long context) {
    private static final int MOST_CHOICES = 128, MOST_STOPS = 16, NEVER = Integer.MAX_VALUE;

    static GenerationFields of(Fields body, ServedModel served, Grammars grammars, ServerOptions options, String most) {
        int vocabulary = served.engine().model().vocabulary();
        var sampling = SamplingOptions.DEFAULT.withTemperature(body.number("temperature", 1, 0, 100))
                .withTopP(body.number("top_p", 1, 1e-9, 1)).withMinP(body.number("min_p", 0, 0, 1))
                .withTypicalP(body.number("typical_p", 1, 1e-9, 1)).withBias(bias(body, vocabulary));
        int k = body.whole("top_k", 0, -1, Integer.MAX_VALUE);
        if (k > 0) sampling = sampling.withTopK(k);
        var penalties = new Penalties(body.number("repetition_penalty", body.number("repeat_penalty", 1, 1e-3, 100), 1e-3, 100),
                body.number("presence_penalty", 0, -10, 10), body.number("frequency_penalty", 0, -10, 10), false, Integer.MAX_VALUE, 1);
        if (penalties.repetition() != 1) sampling = sampling.withPenalty(penalties.withPresence(0).withFrequency(0).withPrompt(true));
        if (penalties.presence() != 0 || penalties.frequency() != 0) sampling = sampling.withPenalty(penalties.withRepetition(1));
        var stops = body.texts("stop");
        if (stops.size() > MOST_STOPS || stops.stream().anyMatch(String::isEmpty))
            throw ApiException.bad("stop", "stop has " + stops.size() + " texts; at most " + MOST_STOPS + ", none of them empty");
        boolean ignores = body.flag("ignore_eos", false);
        var ends = new HashSet<>(ignores ? Set.of() : served.ends());
        for (var id : body.get("stop_token_ids")) ends.add(known("stop_token_ids", id.toString(), vocabulary));
        int least = body.whole("min_tokens", 0, 0, Integer.MAX_VALUE);
        if (ignores && ends.isEmpty()) { // no end at all would mean the model's own
            ends.add(NEVER);
            least = 0;
        }
        int count = body.whole(most, body.whole("max_tokens", options.mostTokens(), 0, Integer.MAX_VALUE), 0, Integer.MAX_VALUE);
        var stop = new StopCriteria(Math.max(1, count)).withEnds(ends).withStrings(stops).withLeast(Math.min(Math.max(1, count), least));
        long seed = body.whole("seed", ThreadLocalRandom.current().nextLong());
        return new GenerationFields(sampling, stop, constraint(body, grammars), Rng.of(seed), body.whole("n", 1, 1, MOST_CHOICES),
                body.text("cache_salt", ""), adapter(body, served), body.whole("priority", 0, -1_000_000, 1_000_000),
                served.engine().model().contextLength());
    }

    /** The model's own name asks for no tuning; the engine knows the others. */
    private static String adapter(Fields body, ServedModel served) {
        var asked = body.text("model", served.name());
        return asked.equals(served.name()) || asked.isEmpty() ? "" : asked;
    }

    private static Map<Integer, Double> bias(Fields body, int vocabulary) {
        var bias = new HashMap<Integer, Double>();
        for (var entry : body.get("logit_bias").properties()) {
            if (!entry.getValue().isNumber()) throw ApiException.bad("logit_bias",
                    "logit_bias of " + entry.getKey() + " is " + Fields.shown(entry.getValue()) + "; it is a number");
            bias.put(known("logit_bias", entry.getKey(), vocabulary), Math.clamp(entry.getValue().asDouble(), -100, 100));
        }
        return bias;
    }

    private static int known(String field, String id, int vocabulary) {
        if (id.matches("\\d{1,9}") && Integer.parseInt(id) < vocabulary) return Integer.parseInt(id);
        throw ApiException.bad(field, field + " has the id " + id + "; ids are 0 to " + (vocabulary - 1));
    }

    private static TokenConstraint constraint(Fields body, Grammars grammars) {
        var call = forced(body);
        if (call != null) try {
            return grammars.of(call);
        } catch (SchemaException e) {
            throw ApiException.bad("tools" + e.path(), e.getMessage());
        } catch (FormatException | IllegalArgumentException e) {
            throw ApiException.bad("tools", e.getMessage());
        }
        for (var field : List.of("response_format", "structured_outputs")) {
            if (!body.has(field)) continue;
            try {
                var json = field.equals("response_format") ? body.get(field).toString() : structured(new Fields(body.get(field)));
                return grammars.of(json);
            } catch (SchemaException e) {
                throw ApiException.bad(field + ".json_schema.schema" + e.path(), e.getMessage());
            } catch (FormatException | IllegalArgumentException e) {
                throw ApiException.bad(field, e.getMessage());
            }
        }
        return null;
    }

    /** The format of a call that {@code tool_choice} demands, of any tool or of the one that it names; null if there is a choice. */
    private static String forced(Fields body) {
        var choice = body.get("tool_choice");
        var kind = choice.isObject() ? choice.path("type").asString("") : choice.asString("");
        var name = choice.path("function").path("name").asString(choice.path("name").asString(""));
        if (!Messages.hasTools(body) || !kind.matches("required|any|function|tool")) return null;
        var format = JsonMapper.shared().createObjectNode().put("type", "tool_call");
        var tools = format.putArray("tools");
        for (var tool : body.get("tools"))
            if (name.isEmpty() || tool.path("function").path("name").asString(tool.path("name").asString("")).equals(name)) tools.add(tool);
        if (tools.isEmpty()) throw ApiException.bad("tool_choice", "tool_choice names the tool \"" + name + "\"; there is none");
        return format.toString();
    }

    /** vLLM's names for the same. */
    private static String structured(Fields asked) {
        if (asked.has("json")) return "{\"type\":\"json_schema\",\"json_schema\":{\"schema\":" + asked.get("json") + "}}";
        for (var type : List.of("regex", "grammar", "choice"))
            if (asked.has(type)) return "{\"type\":\"" + type + "\",\"" + type + "\":" + asked.get(type) + "}";
        throw ApiException.bad("structured_outputs", "structured_outputs says none of json, regex, grammar, choice");
    }

    /** One request for each choice of each prompt. */
    List<Request> requests(List<int[]> prompts) {
        var all = new ArrayList<Request>();
        for (var prompt : prompts) {
            var bounded = bounded((int) Math.min(stop.most(), context - prompt.length + 1));
            for (int i = 0; i < n; i++)
                all.add(new Request(prompt, sampling, stop, rng.split(all.size()), bounded, salt, adapter, priority));
        }
        return all;
    }

    /** So that the text can end in time; where even the shortest cannot, it is cut as any other. */
    private TokenConstraint bounded(int most) {
        if (!(constraint instanceof GrammarConstraint grammar)) return constraint;
        try {
            return grammar.within(most);
        } catch (IllegalArgumentException tooFew) {
            return grammar;
        }
    }
}
