package lyceum.serve.http;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import lyceum.FormatException;
import lyceum.llm.TokenConstraint;
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
        var sampling = SamplingFields.of(body, vocabulary, grammars);
        var stops = body.texts("stop");
        if (stops.size() > MOST_STOPS || stops.stream().anyMatch(String::isEmpty))
            throw ApiException.bad("stop", "stop has " + stops.size() + " texts; at most " + MOST_STOPS + ", none of them empty");
        boolean ignores = body.flag("ignore_eos", false);
        var ends = new HashSet<>(ignores ? Set.of() : served.ends());
        for (var id : body.get("stop_token_ids")) ends.add(SamplingFields.known("stop_token_ids", id.toString(), vocabulary));
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
