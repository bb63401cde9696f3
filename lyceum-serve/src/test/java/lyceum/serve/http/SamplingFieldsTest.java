package lyceum.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.Dry;
import lyceum.llm.generate.Mirostat;
import lyceum.llm.generate.Penalties;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.llm.generate.Xtc;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

/** Every step of the chain by the names that other servers have for it. */
class SamplingFieldsTest extends TinyServer {
    private static SamplingOptions read(String json) {
        return SamplingFields.of(Fields.of(json.getBytes(StandardCharsets.UTF_8)), local.model().vocabulary(),
                new Grammars(server.served()));
    }

    @Test void everyStepHasAName() {
        var read = read("{\"temperature\":0.7,\"top_k\":40,\"top_p\":0.9,\"min_p\":0.05,\"typical_p\":0.8,\"logit_bias\":{\"5\":-3.5},"
                + "\"repetition_penalty\":1.1,\"presence_penalty\":0.5,\"frequency_penalty\":-1,\"no_repeat_ngram_size\":4,"
                + "\"dry_multiplier\":0.9,\"dry_base\":1.5,\"dry_allowed_length\":3,\"dry_penalty_last_n\":64,\"dry_sequence_breakers\":[\"?\"],"
                + "\"xtc_probability\":0.4,\"xtc_threshold\":0.2,\"mirostat\":2,\"mirostat_tau\":4,\"mirostat_eta\":0.2}");
        var breakers = read.dry().breakers();
        assertThat(breakers).isNotEmpty().allSatisfy(id -> assertThat(local.tokenizer().decode(id)).contains("?"));
        assertThat(read).isEqualTo(SamplingOptions.DEFAULT.withTemperature(0.7).withTopK(40).withTopP(0.9).withMinP(0.05).withTypicalP(0.8)
                .withBias(Map.of(5, -3.5)).withNoRepeat(4)
                .withPenalties(List.of(Penalties.repetition(1.1), new Penalties(1, 0.5, -1, false, Integer.MAX_VALUE, 1)))
                .withDry(new Dry(0.9, 1.5, 3, 64, breakers)).withXtc(new Xtc(0.4, 0.2)).withMirostat(new Mirostat(4, 0.2)));
        assertThat(read("{}")).isEqualTo(SamplingOptions.DEFAULT);
        var usual = read("{\"dry_multiplier\":1}").dry();
        assertThat(usual).isEqualTo(new Dry(1, 1.75, 2, Integer.MAX_VALUE, usual.breakers()));
        assertThat(usual.breakers()).contains(local.tokenizer().ids(":")[0], local.tokenizer().ids("\n")[0]);
        assertThat(read("{\"dry_multiplier\":1,\"dry_penalty_last_n\":0}").dry()).isEqualTo(Dry.OFF);
        assertThat(read("{\"dry_multiplier\":1,\"dry_sequence_breakers\":[]}").dry().breakers()).isEmpty();
    }

    /** Without draws by chance, so that what differs is the step's. */
    @Test void stepsChangeWhatIsWritten() {
        var plain = SamplingOptions.greedy();
        var steps = Map.of("\"dry_multiplier\":50,\"dry_sequence_breakers\":[]", plain.withDry(Dry.USUAL.withMultiplier(50)),
                "\"no_repeat_ngram_size\":2", plain.withNoRepeat(2), "\"xtc_probability\":1,\"xtc_threshold\":0.001",
                plain.withXtc(new Xtc(1, 0.001)));
        var before = written(plain);
        steps.forEach((fields, sampling) -> {
            var answer = json(post("/v1/completions",
                    "{\"prompt\":\"to be or not to be\",\"max_tokens\":80,\"temperature\":0,\"ignore_eos\":true," + fields + "}"));
            assertThat(answer.path("choices").get(0).path("text").asString()).as(fields).isEqualTo(written(sampling)).isNotEqualTo(before);
        });
    }

    private static String written(SamplingOptions sampling) {
        return new CausalGenerator(local.model(), local.tokenizer(), sampling, new StopCriteria(80).withEnds(Set.of(Integer.MAX_VALUE)))
                .write("to be or not to be", Rng.of(0), _ -> {}).text();
    }

    /** A set of them may be as large as the vocabulary: it is made once, copied by nobody, and few are kept. */
    @Test void setsOfBreakersAreShared() {
        var grammars = new Grammars(server.served());
        var first = grammars.idsWith(List.of("0"));
        assertThat(grammars.idsWith(List.of("0"))).isSameAs(first);
        assertThat(Dry.USUAL.withBreakers(first).breakers()).isSameAs(first);
        for (int i = 1; i < 4; i++) grammars.idsWith(List.of(Integer.toString(i)));
        assertThat(grammars.idsWith(List.of("0"))).isSameAs(first);
        for (int i = 4; i < 8; i++) grammars.idsWith(List.of(Integer.toString(i)));
        assertThat(grammars.idsWith(List.of("0"))).isEqualTo(first).isNotSameAs(first);
    }

    @Test void whatIsWrongIsNamed() {
        for (var wrong : Map.of("{\"mirostat\":1}", "mirostat is 1; it is 0 or 2", "{\"mirostat\":2,\"mirostat_tau\":-1}",
                "mirostat_tau is -1", "{\"xtc_probability\":2}", "xtc_probability is 2", "{\"xtc_threshold\":0}", "xtc_threshold is 0",
                "{\"dry_base\":0.5}", "dry_base is 0.5", "{\"dry_allowed_length\":0}", "dry_allowed_length is 0",
                "{\"dry_sequence_breakers\":[\"\"]}", "none of them empty", "{\"dry_sequence_breakers\":[3]}",
                "dry_sequence_breakers has 3", "{\"no_repeat_ngram_size\":-1}", "no_repeat_ngram_size is -1").entrySet())
            assertThatThrownBy(() -> read(wrong.getKey())).as(wrong.getKey()).isInstanceOf(ApiException.class)
                    .hasMessageContaining(wrong.getValue());
        for (var wrong : Map.of("{\"no_repeat_ngram_size\":65}", "no_repeat_ngram_size is 65; it is a whole number from 0 to 64",
                "{\"mirostat\":2,\"mirostat_tau\":0}", "mirostat_tau is 0", "{\"dry_sequence_breakers\":[\"" + "b".repeat(65) + "\"]}",
                "dry_sequence_breakers has a text of 65 characters; at most 64").entrySet())
            assertThatThrownBy(() -> read(wrong.getKey())).as(wrong.getKey()).isInstanceOf(ApiException.class)
                    .hasMessageContaining(wrong.getValue());
        assertThat(post("/v1/completions", "{\"prompt\":\"x\",\"mirostat\":1}").statusCode()).isEqualTo(400);
    }
}
