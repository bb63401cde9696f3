package lyceum.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.JinjaChatTemplate;
import lyceum.llm.chat.LoadedModel;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.random.Rng;
import lyceum.serve.EngineOptions;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.SpecialTokens;
import lyceum.text.TokenizerPipeline;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class InferenceServerTest {
    private static final String TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
            + "{% if tools %}{{ tools | tojson }}\n{% endif %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static LoadedModel local;
    private static InferenceServer server;

    @BeforeAll static void start() {
        var trained = BpeTrainer.byteLevel(300, PreTokenizer.GPT4).withSpecials(List.of("<|im_start|>", "<|im_end|>"))
                .train(List.of("to be or not to be, that is the question: whether it is nobler in the mind to suffer"));
        var tokenizer = new TokenizerPipeline(trained.spec().withSpecials(trained.specials().with(SpecialTokens.Role.EOS, "<|im_end|>")));
        var model = new DecoderLM(DecoderConfig.llama(tokenizer.vocabulary().size(), 256, 2, 32, 4, 2, 64), Rng.of(1));
        local = new LoadedModel(model, tokenizer, JinjaChatTemplate.of(TEMPLATE, "", "<|im_end|>"));
        server = InferenceServer.start(ServedModel.of("tiny", local, new EngineOptions().withBlocks(256)),
                new ServerOptions().withPort(0).withMostBytes(100_000));
    }

    @AfterAll static void stop() { server.close(); }

    private static HttpResponse<String> post(String path, String body, String... headers) { return postTo(server, path, body, headers); }

    private static HttpResponse<String> postTo(InferenceServer to, String path, String body, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + to.port() + path))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) request.headers(headers);
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** For a client that does not read on. */
    private static void ask(Socket socket, String body) throws IOException {
        socket.getOutputStream()
                .write(("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.US_ASCII));
    }

    private static JsonNode json(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JsonMapper.shared().readTree(answer.body());
    }

    private static String get(String path) { return getFrom(server, path); }

    private static String getFrom(InferenceServer from, String path) {
        try {
            return HTTP.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + from.port() + path)).build(),
                    HttpResponse.BodyHandlers.ofString()).body();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Events of a stream; a name, if there is one, before each. */
    private static List<String> events(HttpResponse<String> answer) {
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
        var all = new ArrayList<String>();
        answer.body().lines().filter(l -> l.startsWith("data: ")).forEach(l -> all.add(l.substring(6)));
        return all;
    }

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

    @Test void whatCannotBeIsAnErrorThatClientsRead() throws IOException, InterruptedException {
        record Wrong(String path, String body, int status, String said) {}
        for (var wrong : List.of(new Wrong("/v1/completions", "{\"prompt\":", 400, "no JSON"),
                new Wrong("/v1/completions", "{\"prompt\":[1,-1],\"max_tokens\":0,\"echo\":true}", 400, "ids are 0 to"),
                new Wrong("/v1/completions", "[1]", 400, "no JSON object"), new Wrong("/v1/completions", "{}", 400, "prompt is missing"),
                new Wrong("/v1/completions", "{\"prompt\":\"" + "to be ".repeat(400) + "\"}", 400, "for a context of 256"),
                new Wrong("/v1/completions", "{\"prompt\":\"x\",\"temperature\":-1}", 400, "temperature is -1"),
                new Wrong("/v1/completions", "{\"prompt\":[999999]}", 400, "999999"),
                new Wrong("/v1/completions", "{\"prompt\":\"x\",\"logit_bias\":{\"777777\":1}}", 400, "ids are 0 to"),
                new Wrong("/v1/completions", "{\"prompt\":\"x\",\"model\":\"other\"}", 400, "there is no adapter"),
                new Wrong("/v1/chat/completions", "{\"messages\":[]}", 400, "at least one"),
                new Wrong("/v1/chat/completions", "{\"messages\":[{\"role\":\"king\",\"content\":\"x\"}]}", 400, "messages[0].role"),
                new Wrong("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}", 400,
                        "this model reads text"),
                new Wrong("/v1/embeddings", "{\"input\":\"x\"}", 404, "without an encoder"),
                new Wrong("/v1/nothing", "{}", 404, "/v1/nothing not found"),
                new Wrong("/detokenize", "{\"tokens\":[-1]}", 400, "ids are 0 to"),
                new Wrong("/v1/completions", "{\"prompt\":\"" + "x".repeat(200_000) + "\"}", 413, "100000"))) {
            var answer = post(wrong.path, wrong.body);
            assertThat(answer.statusCode()).as(wrong + " " + answer.body()).isEqualTo(wrong.status);
            assertThat(JsonMapper.shared().readTree(answer.body()).path("error").path("message").asString()).contains(wrong.said);
        }
        try (var socket = new Socket("127.0.0.1", server.port())) {
            socket.getOutputStream().write(
                    "GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).contains("421", "answers to localhost");
        }
        assertThatThrownBy(() -> new ServerOptions().withHost("0.0.0.0")).hasMessageContaining("wants a key");
    }

    @Test void anEndMarkIsIgnoredIfAsked() {
        int end = local.tokenizer().specials().eos();
        var config = DecoderConfig.llama(local.tokenizer().vocabulary().size(), 64, 1, 32, 4, 2, 64).withEndMark(end);
        var marked = new LoadedModel(new DecoderLM(config, Rng.of(1)), local.tokenizer(), local.template());
        try (var other = InferenceServer.start(ServedModel.of("marked", marked, new EngineOptions().withBlocks(32)),
                new ServerOptions().withPort(0))) {
            var body = "{\"prompt\":\"to be\",\"max_tokens\":7,\"temperature\":0,\"logit_bias\":{\"" + end + "\":100}";
            assertThat(json(postTo(other, "/v1/completions", body + "}")).path("usage").path("completion_tokens").asInt()).isEqualTo(1);
            var ignored = json(postTo(other, "/v1/completions", body + ",\"ignore_eos\":true,\"min_tokens\":3}"));
            assertThat(ignored.path("usage").path("completion_tokens").asInt()).isEqualTo(7);
            assertThat(ignored.path("choices").get(0).path("finish_reason").asString()).isEqualTo("length");
            // an answer that fills the context has one id more than it
            var full = json(postTo(other, "/v1/completions",
                    "{\"prompt\":\"to be\",\"max_tokens\":500,\"logprobs\":1,\"ignore_eos\":true,\"seed\":1}"));
            int wrote = full.path("usage").path("completion_tokens").asInt();
            assertThat(wrote).isEqualTo(65 - local.tokenizer().count("to be"));
            assertThat(full.path("choices").get(0).path("logprobs").path("top_logprobs")).hasSize(wrote);
            long read = local.tokenizer().count("to be");
            assertThat(getFrom(other, "/metrics")).contains("prompt_tokens_total{model_name=\"marked\"}",
                    "lyceum:prefix_cache_queries_total{model_name=\"marked\"} " + 3 * read + "\n");
        }
    }

    @Test void manyOpenStreamsLeaveRoom() throws IOException, InterruptedException {
        var engine = server.served().engine();
        var sockets = new ArrayList<Socket>();
        engine.onStep(_ -> LockSupport.parkNanos(200_000_000));
        try {
            for (int i = 0; i < 300; i++) {
                var socket = new Socket("127.0.0.1", server.port());
                socket.setSoTimeout(20_000);
                sockets.add(socket);
                var body = "{\"prompt\":\"to be\",\"max_tokens\":100,\"stream\":true,\"ignore_eos\":true,\"seed\":" + i + "}";
                ask(socket, body);
            }
            for (var socket : sockets) assertThat(socket.getInputStream().read()).isEqualTo('H'); // the head is there, the text is not
            var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/health"))
                    .timeout(Duration.ofSeconds(20)).build();
            assertThat(HTTP.send(request, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(200);
        } finally {
            for (var socket : sockets) {
                socket.setSoLinger(true, 0);
                socket.close();
            }
            engine.onStep(_ -> {});
        }
        for (int i = 0; i < 600 && engine.metrics().running() + engine.metrics().waiting() > 0; i++) Thread.sleep(50);
        assertThat(engine.metrics().running() + engine.metrics().waiting()).isZero();
    }

    @Test void aKeyIsAsked() throws IOException, InterruptedException {
        try (var closed = InferenceServer.start(ServedModel.of("tiny", local, new EngineOptions().withBlocks(32)),
                new ServerOptions().withPort(0).withApiKey("secret"))) {
            var uri = URI.create("http://127.0.0.1:" + closed.port() + "/v1/models");
            assertThat(HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(401);
            assertThat(HTTP.send(HttpRequest.newBuilder(uri).header("Authorization", "Bearer secret").build(),
                    HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(200);
        }
    }

    @Test void aClientThatVanishesGivesItsBlocksBack() throws IOException, InterruptedException {
        var engine = server.served().engine();
        long before = engine.metrics().cancelled();
        engine.onStep(_ -> LockSupport.parkNanos(10_000_000)); // the text is not over before the client is gone
        try (var socket = new Socket("127.0.0.1", server.port())) {
            var body = "{\"prompt\":\"to be\",\"max_tokens\":240,\"stream\":true,\"ignore_eos\":true,\"seed\":1}";
            ask(socket, body);
            socket.getInputStream().read(new byte[300]);
            socket.setSoLinger(true, 0);
        }
        for (int i = 0; i < 200 && engine.metrics().cancelled() == before; i++) Thread.sleep(50);
        engine.onStep(_ -> {});
        var after = engine.metrics();
        assertThat(after.running()).isZero();
        assertThat(after.freeBlocks() + after.keptBlocks()).isEqualTo(after.blocks());
        assertThat(after.cancelled()).isGreaterThanOrEqualTo(before + 1);
    }
}
