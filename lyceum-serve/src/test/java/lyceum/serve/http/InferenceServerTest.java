package lyceum.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.random.Rng;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class InferenceServerTest extends TinyServer {
    private static String greedy(String prompt, int most) {
        return new CausalGenerator(local.model(), local.tokenizer(), SamplingOptions.greedy(),
                new StopCriteria(most).withEnds(local.ends())).write(prompt, Rng.of(0), _ -> {}).text();
    }

    @Test void completionsAreWhatTheGeneratorWrites() {
        var expected = greedy("to be", 12);
        var answer = json(
                post("/v1/completions", "{\"model\":\"tiny\",\"prompt\":\"to be\",\"max_tokens\":12,\"temperature\":0,\"made_up\":1}"));
        assertThat(answer.path("choices").get(0).path("text").asString()).isEqualTo(expected);
        assertThat(answer.path("usage").path("completion_tokens").asInt()).isEqualTo(12);
        assertThat(answer.path("object").asString()).isEqualTo("text_completion");
        var events = events(post("/v1/completions",
                "{\"prompt\":\"to be\",\"max_tokens\":12,\"temperature\":0,\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
                "Accept", "application/json"));
        assertThat(events.getLast()).isEqualTo("[DONE]");
        var text = new StringBuilder();
        for (var event : events.subList(0, events.size() - 1))
            for (var c : JsonMapper.shared().readTree(event).path("choices")) text.append(c.path("text").asString());
        assertThat(text.toString()).isEqualTo(expected);
        assertThat(events.get(events.size() - 2)).contains("\"completion_tokens\":12");
        var two = json(post("/v1/completions", "{\"prompt\":[\"to be\",\"or not\"],\"n\":2,\"max_tokens\":5,\"seed\":3}"));
        assertThat(two.path("choices")).hasSize(4);
        assertThat(json(post("/v1/completions", "{\"prompt\":[\"to be\",\"or not\"],\"n\":2,\"max_tokens\":5,\"seed\":3}")).path("choices"))
                .isEqualTo(two.path("choices"));
    }

    @Test void echoWithLogprobsScoresWhatIsGiven() {
        int[] ids = local.tokenizer().ids("to be or not to be");
        var answer = json(post("/v1/completions", "{\"prompt\":\"to be or not to be\",\"max_tokens\":0,\"echo\":true,\"logprobs\":1}"))
                .path("choices").get(0);
        assertThat(answer.path("text").asString()).isEqualTo("to be or not to be");
        var logs = answer.path("logprobs").path("token_logprobs");
        assertThat(logs).hasSize(ids.length);
        assertThat(logs.get(0).isNull()).isTrue();
        double[] expected = new CausalGenerator(local.model()).scores(new int[] {ids[0]}, Arrays.copyOfRange(ids, 1, ids.length));
        for (int i = 0; i < expected.length; i++) {
            assertThat(logs.get(i + 1).asDouble()).isCloseTo(expected[i], Offset.offset(1e-5));
            double best = answer.path("logprobs").path("top_logprobs").get(i + 1).values().iterator().next().asDouble();
            assertThat(best).isGreaterThanOrEqualTo(expected[i] - 1e-6);
        }
    }

    @Test void conversationsAreAnsweredWholeAndInPieces() {
        var messages = "[{\"role\":\"system\",\"content\":\"be\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"to be?\"}]}]";
        var answer = json(post("/v1/chat/completions", "{\"model\":\"tiny\",\"messages\":" + messages
                + ",\"max_completion_tokens\":10,\"temperature\":0,\"logprobs\":true,\"top_logprobs\":2}"));
        var said = answer.path("choices").get(0);
        assertThat(said.path("message").path("role").asString()).isEqualTo("assistant");
        assertThat(said.path("finish_reason").asString()).isEqualTo("length");
        var logs = said.path("logprobs").path("content");
        assertThat(logs).hasSize(10);
        for (var log : logs)
            assertThat(log.path("top_logprobs").get(0).path("logprob").asDouble()).isCloseTo(log.path("logprob").asDouble(),
                    Offset.offset(1e-4)); // the likeliest was taken
        var events = events(
                post("/v1/chat/completions", "{\"messages\":" + messages + ",\"max_tokens\":10,\"temperature\":0,\"stream\":true}"));
        var text = new StringBuilder();
        for (var event : events.subList(0, events.size() - 1))
            text.append(JsonMapper.shared().readTree(event).path("choices").get(0).path("delta").path("content").asString(""));
        assertThat(text.toString()).isEqualTo(said.path("message").path("content").asString());
        assertThat(events.getFirst()).contains("\"role\":\"assistant\"");
        assertThat(events.get(events.size() - 2)).contains("\"finish_reason\":\"length\"");
    }

    @Test void aStreamTellsWhatElseWasLikely() {
        var body = "{\"messages\":[{\"role\":\"user\",\"content\":\"to be?\"}],\"max_tokens\":10,\"seed\":5,\"logprobs\":true,\"top_logprobs\":3";
        var whole = json(post("/v1/chat/completions", body + "}")).path("choices").get(0).path("logprobs").path("content");
        var events = events(post("/v1/chat/completions", body + ",\"stream\":true}"));
        var told = new ArrayList<JsonNode>();
        for (var event : events.subList(0, events.size() - 1))
            for (var log : JsonMapper.shared().readTree(event).path("choices").get(0).path("logprobs").path("content")) told.add(log);
        assertThat(told).hasSize(whole.size()).isNotEmpty();
        for (int i = 0; i < told.size(); i++) {
            assertThat(told.get(i).path("token")).isEqualTo(whole.get(i).path("token"));
            assertThat(told.get(i).path("top_logprobs")).hasSize(3);
            for (int k = 0; k < 3; k++) {
                JsonNode own = told.get(i).path("top_logprobs").get(k), again = whole.get(i).path("top_logprobs").get(k);
                assertThat(own.path("logprob").asDouble()).isCloseTo(again.path("logprob").asDouble(), Offset.offset(1e-4));
            }
        }
    }

    @Test void otherFormsSayTheSame() {
        var chat = json(post("/v1/chat/completions",
                "{\"messages\":[{\"role\":\"system\",\"content\":\"be\"},{\"role\":\"user\",\"content\":\"to be?\"}],\"max_tokens\":8,\"temperature\":0}"))
                .path("choices").get(0).path("message").path("content").asString();
        var anthropic = "{\"model\":\"tiny\",\"max_tokens\":8,\"temperature\":0,\"system\":\"be\",\"messages\":[{\"role\":\"user\",\"content\":\"to be?\"}]";
        var message = json(post("/v1/messages", anthropic + "}"));
        assertThat(message.path("content").get(0).path("text").asString()).isEqualTo(chat);
        assertThat(message.path("stop_reason").asString()).isEqualTo("max_tokens");
        assertThat(json(post("/v1/messages/count_tokens", anthropic + "}")).path("input_tokens").asInt())
                .isEqualTo(message.path("usage").path("input_tokens").asInt());
        var told = new StringBuilder();
        for (var event : events(post("/v1/messages", anthropic + ",\"stream\":true}")))
            told.append(JsonMapper.shared().readTree(event).path("delta").path("text").asString(""));
        assertThat(told.toString()).isEqualTo(chat);
        var response = "{\"model\":\"tiny\",\"max_output_tokens\":8,\"temperature\":0,\"instructions\":\"be\",\"input\":\"to be?\"";
        assertThat(json(post("/v1/responses", response + "}")).path("output").get(0).path("content").get(0).path("text").asString())
                .isEqualTo(chat);
        var streamed = events(post("/v1/responses", response + ",\"stream\":true}"));
        assertThat(streamed.getFirst()).contains("response.created");
        assertThat(streamed.getLast()).contains("response.incomplete");
        var deltas = new StringBuilder();
        for (var event : streamed)
            if (event.contains("output_text.delta")) deltas.append(JsonMapper.shared().readTree(event).path("delta").asString());
        assertThat(deltas.toString()).isEqualTo(chat);
        assertThat(json(post("/v1/responses", response + ",\"n\":3}")).path("usage").path("output_tokens").asInt()).isEqualTo(8);
        assertThat(json(post("/v1/messages", anthropic + ",\"n\":3}")).path("usage").path("output_tokens").asInt()).isEqualTo(8);
        long submitted = server.served().engine().metrics().submitted();
        assertThat(post("/v1/responses", response + ",\"stream\":3}").statusCode()).isEqualTo(400);
        assertThat(post("/v1/messages", anthropic + ",\"stream\":3}").statusCode()).isEqualTo(400);
        json(post("/v1/responses", response + "}"));
        assertThat(server.served().engine().metrics().submitted()).isEqualTo(submitted + 1);
    }

    @Test void anthropicsAnswersSayWhatStoppedThem() {
        var body = "{\"model\":\"tiny\",\"max_tokens\":12,\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":\"to be?\"}]";
        var all = json(post("/v1/messages", body + "}")).path("content").get(0).path("text").asString();
        var stop = all.substring(all.length() / 2, all.length() / 2 + 1);
        body += ",\"stop_sequences\":[\"~none~\"," + JsonMapper.shared().writeValueAsString(stop) + "]";
        var answer = json(post("/v1/messages", body + "}"));
        assertThat(answer.path("stop_reason").asString()).isEqualTo("stop_sequence");
        assertThat(answer.path("stop_sequence").asString()).isEqualTo(stop);
        assertThat(answer.path("content").get(0).path("text").asString()).isEqualTo(all.substring(0, all.indexOf(stop)));
        var events = events(post("/v1/messages", body + ",\"stream\":true}"));
        assertThat(JsonMapper.shared().readTree(events.get(events.size() - 2)).path("delta").path("stop_sequence").asString())
                .isEqualTo(stop);
        var wrong = post("/v1/messages", "{\"messages\":[]}");
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(JsonMapper.shared().readTree(wrong.body()).path("type").asString()).isEqualTo("error");
        var tools = ",\"tools\":[{\"name\":\"weather\",\"description\":\"now\",\"input_schema\":{\"type\":\"object\"}}]";
        int plain = json(post("/v1/messages/count_tokens", body + "}")).path("input_tokens").asInt();
        assertThat(json(post("/v1/messages/count_tokens", body + tools + "}")).path("input_tokens").asInt()).isGreaterThan(plain);
        assertThat(json(post("/v1/messages/count_tokens", body + tools + ",\"tool_choice\":{\"type\":\"none\"}}")).path("input_tokens")
                .asInt()).isEqualTo(plain);
    }

    /** The model is made to write a call, by a choice of one text. */
    @Test void responsesTellCallsWithTheirPlaces() {
        var call = JsonMapper.shared()
                .writeValueAsString("so: <tool_call>{\"name\": \"weather\", \"arguments\": {\"town\": \"Graz\"}}</tool_call> then");
        var body = "{\"model\":\"tiny\",\"max_output_tokens\":120,\"input\":\"to be?\",\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"parameters\":{}}],"
                + "\"structured_outputs\":{\"choice\":[" + call + "]}";
        var text = new StringBuilder();
        var types = new ArrayList<String>();
        JsonNode last = null;
        int sequence = 0;
        for (var event : events(post("/v1/responses", body + ",\"stream\":true}"))) {
            last = JsonMapper.shared().readTree(event);
            assertThat(last.path("sequence_number").asInt()).isEqualTo(sequence++);
            var type = last.path("type").asString();
            if (type.equals("response.output_text.delta")) text.append(last.path("delta").asString());
            else types.add(type.replace("response.", "") + (last.has("output_index") ? " " + last.path("output_index").asInt() : ""));
            if (type.equals("response.function_call_arguments.done"))
                assertThat(last.path("arguments").asString()).isEqualTo("{\"town\":\"Graz\"}");
        }
        assertThat(text.toString()).isEqualTo("so:  then");
        assertThat(types).containsExactly("created", "output_item.added 0", "content_part.added 0", "output_text.done 0",
                "content_part.done 0", "output_item.done 0", "output_item.added 1", "function_call_arguments.delta 1",
                "function_call_arguments.done 1", "output_item.done 1", "completed");
        assertThat(last.path("response").path("usage").path("output_tokens_details").path("reasoning_tokens").asInt(-1)).isZero();
        assertThat(last.path("response").path("output").get(1).path("name").asString()).isEqualTo("weather");
    }

    @Test void aSchemaIsKept() {
        for (int seed = 0; seed < 5; seed++) {
            var said = json(post("/v1/completions",
                    "{\"prompt\":\"x\",\"max_tokens\":40,\"seed\":" + seed
                            + ",\"structured_outputs\":{\"json\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}"))
                    .path("choices").get(0);
            assertThat(JsonMapper.shared().readTree(said.path("text").asString()).isArray()).as(said.toString()).isTrue(); // it ends in time
        }
        var schema = "{\"type\":\"object\",\"properties\":{\"ok\":{\"type\":\"boolean\"}},\"required\":[\"ok\"],\"additionalProperties\":false}";
        var answer = json(post("/v1/chat/completions",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"is it?\"}],\"max_tokens\":60,\"seed\":1,\"response_format\":{\"type\":\"json_schema\","
                        + "\"json_schema\":{\"name\":\"x\",\"schema\":" + schema + "}}}"))
                .path("choices").get(0);
        assertThat(answer.path("finish_reason").asString()).isEqualTo("stop");
        assertThat(JsonMapper.shared().readTree(answer.path("message").path("content").asString()).path("ok").isBoolean()).isTrue();
        assertThat(json(
                post("/v1/completions", "{\"prompt\":\"x\",\"max_tokens\":20,\"seed\":1,\"structured_outputs\":{\"regex\":\"[0-9]{4}\"}}"))
                .path("choices").get(0).path("text").asString()).matches("[0-9]{4}");
        assertThat(post("/v1/chat/completions",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"type\":\"object\","
                        + "\"properties\":{\"a\":{\"$dynamicRef\":\"#x\"}}}}}}")
                .statusCode()).isEqualTo(400);
    }

    @Test void aCallOfAToolIsToldAsOne() {
        var text = new AnswerText(true);
        var told = new StringBuilder();
        for (var piece : new String[] {"Let me ", "look. <too", "l_call>{\"name\": \"weather\", ",
                "\"arguments\": {\"town\": \"Graz\"}}</tool_call>"})
            told.append(text.add(piece));
        assertThat(told.toString()).isEqualTo("Let me look. ");
        assertThat(text.message().toolCalls()).singleElement()
                .satisfies(call -> assertThat(call.arguments()).containsEntry("town", "Graz"));
        assertThat(text.rest()).isEmpty();
        assertThat(text.add(" And then")).isEmpty();
        assertThat(text.rest()).isEqualTo(" And then");
        assertThat(text.message().content()).isEqualTo("Let me look.  And then");
        var other = new AnswerText(true);
        assertThat(other.add("a <tool") + other.add("box")).isEqualTo("a <toolbox");
        var cut = new AnswerText(true);
        assertThat(cut.add("x <tool_call>{\"na")).isEqualTo("x ");
        assertThat(cut.rest()).isEqualTo("<tool_call>{\"na");
    }

    @Test void tokensModelsAndMetrics() {
        var tokens = json(post("/tokenize", "{\"prompt\":\"to be\"}"));
        assertThat(tokens.path("count").asInt()).isEqualTo(local.tokenizer().count("to be"));
        assertThat(json(post("/detokenize", "{\"tokens\":" + tokens.path("tokens") + "}")).path("prompt").asString()).isEqualTo("to be");
        assertThat(json(post("/apply-template", "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")).path("prompt").asString())
                .isEqualTo("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n");
        assertThat(get("/v1/models")).contains("\"id\":\"tiny\"");
        assertThat(get("/health")).isEqualTo("{\"status\":\"ok\"}");
        assertThat(get("/metrics")).contains("lyceum:generation_tokens_total{model_name=\"tiny\"}",
                "vllm:num_requests_running{model_name=\"tiny\"} 0");
    }
}
