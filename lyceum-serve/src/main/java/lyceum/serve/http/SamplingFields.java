package lyceum.serve.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.llm.generate.Dry;
import lyceum.llm.generate.Mirostat;
import lyceum.llm.generate.Penalties;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.Xtc;

/** How a request wants its ids drawn: OpenAI's fields, and under the names of vLLM and llama.cpp what {@link SamplingOptions} has beside. */
final class SamplingFields {
    /** What breaks a run where a request does not say, as in llama.cpp. */
    private static final List<String> BREAKERS = List.of("\n", ":", "\"", "*");
    private static final int MOST_BREAKERS = 64, LONGEST_BREAKER = 64;

    private SamplingFields() {}

    static SamplingOptions of(Fields body, int vocabulary, Grammars grammars) {
        var sampling = SamplingOptions.DEFAULT.withTemperature(body.number("temperature", 1, 0, 100))
                .withTopP(body.number("top_p", 1, 1e-9, 1)).withMinP(body.number("min_p", 0, 0, 1))
                .withTypicalP(body.number("typical_p", 1, 1e-9, 1)).withBias(bias(body, vocabulary))
                .withNoRepeat(body.whole("no_repeat_ngram_size", 0, 0, 64)).withDry(dry(body, grammars))
                .withXtc(new Xtc(body.number("xtc_probability", 0, 0, 1), body.number("xtc_threshold", 0.1, 1e-9, 1)))
                .withMirostat(mirostat(body));
        int k = body.whole("top_k", 0, -1, Integer.MAX_VALUE);
        if (k > 0) sampling = sampling.withTopK(k);
        var penalties = new Penalties(body.number("repetition_penalty", body.number("repeat_penalty", 1, 1e-3, 100), 1e-3, 100),
                body.number("presence_penalty", 0, -10, 10), body.number("frequency_penalty", 0, -10, 10), false, Integer.MAX_VALUE, 1);
        var all = new ArrayList<Penalties>(); // one that the prompt counts for, as in transformers, and OpenAI's
        if (penalties.repetition() != 1) all.add(penalties.withPresence(0).withFrequency(0).withPrompt(true));
        if (penalties.presence() != 0 || penalties.frequency() != 0) all.add(penalties.withRepetition(1));
        return sampling.withPenalties(all);
    }

    private static Dry dry(Fields body, Grammars grammars) {
        double multiplier = body.number("dry_multiplier", 0, 0, 100);
        double base = body.number("dry_base", Dry.USUAL.base(), 1, 100);
        int allowed = body.whole("dry_allowed_length", Dry.USUAL.allowed(), 1, 1 << 20);
        int window = body.whole("dry_penalty_last_n", -1, -1, Integer.MAX_VALUE);
        var breakers = body.has("dry_sequence_breakers") ? body.texts("dry_sequence_breakers") : BREAKERS;
        if (breakers.size() > MOST_BREAKERS || breakers.stream().anyMatch(String::isEmpty)) throw ApiException.bad("dry_sequence_breakers",
                "dry_sequence_breakers has " + breakers.size() + " texts; at most " + MOST_BREAKERS + ", none of them empty");
        for (var text : breakers)
            if (text.length() > LONGEST_BREAKER) throw ApiException.bad("dry_sequence_breakers",
                    "dry_sequence_breakers has a text of " + text.length() + " characters; at most " + LONGEST_BREAKER);
        if (multiplier == 0 || window == 0) return Dry.OFF;
        return new Dry(multiplier, base, allowed, window < 0 ? Integer.MAX_VALUE : window, grammars.idsWith(breakers));
    }

    private static Mirostat mirostat(Fields body) {
        int version = body.whole("mirostat", 0, 0, 2);
        if (version == 1) throw ApiException.bad("mirostat", "mirostat is 1; it is 0 or 2, the second version of the algorithm");
        var asked = new Mirostat(body.number("mirostat_tau", 5, 1e-3, 100), body.number("mirostat_eta", 0.1, 0, 1));
        return version == 0 ? Mirostat.OFF : asked;
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

    /** An id of the vocabulary. @throws ApiException naming it and those that there are */
    static int known(String field, String id, int vocabulary) {
        if (id.matches("\\d{1,9}") && Integer.parseInt(id) < vocabulary) return Integer.parseInt(id);
        throw ApiException.bad(field, field + " has the id " + id + "; ids are 0 to " + (vocabulary - 1));
    }
}
