package lyceum.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bodies of requests as clients send them, bent: each is read to the point where the engine would take it, or refused with a status. */
class RequestFuzzTest extends TinyServer {
    private static final String TOOL = "{\"type\":\"function\",\"function\":{\"name\":\"add\",\"parameters\":{\"type\":\"object\",\"properties\":"
            + "{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]}}}";
    private static final List<String> CHATS = List.of(
            "{\"model\":\"tiny\",\"messages\":[{\"role\":\"system\",\"content\":\"be\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"to be?\"}]}],"
                    + "\"temperature\":0.7,\"top_p\":0.9,\"top_k\":40,\"min_p\":0.1,\"typical_p\":0.9,\"seed\":7,\"n\":2,\"stop\":[\"a\",\"b\"],"
                    + "\"logit_bias\":{\"5\":-3.5,\"17\":100},\"presence_penalty\":0.5,\"frequency_penalty\":-1,\"repetition_penalty\":1.1,"
                    + "\"dry_multiplier\":0.8,\"dry_sequence_breakers\":[\"\\n\"],\"xtc_probability\":0.5,\"mirostat\":2,\"no_repeat_ngram_size\":3,"
                    + "\"max_completion_tokens\":5,\"min_tokens\":1,\"priority\":3,\"cache_salt\":\"x\",\"stream_options\":{\"include_usage\":true}}",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"1+1\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\","
                    + "\"function\":{\"name\":\"add\",\"arguments\":\"{\\\"a\\\":1}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"2\"}],\"tools\":["
                    + TOOL + "],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"add\"}}}",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\",\"schema\":"
                    + "{\"type\":\"object\",\"properties\":{\"v\":{\"enum\":[1,\"x\"]}}}}},\"chat_template_kwargs\":{\"a\":[1,null]}}");
    private static final List<String> COMPLETIONS = List.of(
            "{\"prompt\":[\"to be\",\"or not\"],\"max_tokens\":5,\"echo\":true,\"logprobs\":2,\"ignore_eos\":true,\"stop_token_ids\":[3,4]}",
            "{\"prompt\":[[1,2,3],[4]],\"structured_outputs\":{\"regex\":\"a+|[b-d]{2}\"}}");
    private static final List<String> RESPONSES = List.of(
            "{\"model\":\"tiny\",\"instructions\":\"be\",\"input\":[{\"role\":\"user\",\"content\":"
                    + "[{\"type\":\"input_text\",\"text\":\"x\"}]},{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"add\",\"arguments\":\"{}\"},"
                    + "{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"2\"}],\"max_output_tokens\":5,\"text\":{\"format\":{\"type\":\"json_object\"}},"
                    + "\"tools\":[{\"type\":\"function\",\"name\":\"add\",\"parameters\":{\"type\":\"object\"}}]}",
            "{\"input\":\"to be\"}");
    private static final List<String> MESSAGES = List
            .of("{\"max_tokens\":5,\"system\":[{\"type\":\"text\",\"text\":\"be\"}],\"messages\":[{\"role\":\"user\","
                    + "\"content\":\"x\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"add\",\"input\":{\"a\":1}}]},{\"role\":\"user\","
                    + "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"2\"}]}],\"stop_sequences\":[\"q\"],\"tools\":[{\"name\":\"add\","
                    + "\"input_schema\":{\"type\":\"object\"}}],\"tool_choice\":{\"type\":\"any\"}}");

    @Test void fiveThousandMutantsAreReadOrRefused() { fuzzed(1_250); }

    @Tag("heavy")
    @Test void aHundredThousandMutantsAreReadOrRefused() { fuzzed(25_000); }

    @Test void whatATemplateIsGivenIsOfItsType() {
        var asked = "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],";
        for (var value : List.of("1.5", "\"\"", "[1]"))
            assertThatThrownBy(() -> chat(Fields.of((asked + "\"chat_template_kwargs\":" + value + "}").getBytes(StandardCharsets.UTF_8))))
                    .isInstanceOf(ApiException.class).hasMessage("chat_template_kwargs is " + value + "; it is a JSON object");
        assertThatThrownBy(() -> chat(Fields.of((asked + "\"tools\":[1]}").getBytes(StandardCharsets.UTF_8))))
                .isInstanceOf(ApiException.class).hasMessage("tools has 1; each is a JSON object");
    }

    private static void fuzzed(int each) {
        fuzzed(each, CHATS, RequestFuzzTest::chat);
        fuzzed(each, COMPLETIONS, body -> GenerationFields.of(body, server.served(), grammars(), new ServerOptions(), "max_tokens")
                .requests(body.inputs("prompt", server.served().tokenizer()::ids)));
        fuzzed(each, RESPONSES, body -> chat(ResponsesEndpoint.translated(body)));
        fuzzed(each, MESSAGES, body -> chat(MessagesEndpoint.translated(body)));
    }

    private interface Reader {
        Object of(Fields body);
    }

    private static void fuzzed(int n, List<String> bodies, Reader reader) {
        var bytes = bodies.stream().map(b -> b.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
        for (var body : bytes) assertThat(reader.of(Fields.of(body))).isNotNull();
        var report = Fuzz.of(bytes).allowing(ApiException.class).allocatingAtMost(64L << 20).mutants(n, body -> reader.of(Fields.of(body)));
        assertThat(report.refused()).isPositive();
        assertThat(report.accepted()).isPositive();
    }

    private static Grammars grammars() { return new Grammars(server.served()); }

    private static Object chat(Fields body) {
        int[] prompt;
        try {
            prompt = Messages.ids(server.served(), Messages.read(body.get("messages")), body);
        } catch (IllegalArgumentException e) { // of the template, as endpoints tell it
            throw ApiException.bad("messages", e.getMessage());
        }
        return GenerationFields.of(body, server.served(), grammars(), new ServerOptions(), "max_completion_tokens")
                .requests(List.of(prompt));
    }
}
