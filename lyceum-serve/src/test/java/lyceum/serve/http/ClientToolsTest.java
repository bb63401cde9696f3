package lyceum.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.errors.BadRequestException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionNamedToolChoice;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.LoadedModel;
import lyceum.random.Rng;
import lyceum.serve.EngineOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** Tools, schemas, errors and aborted streams by the two client libraries of the JVM, of a server with a key. */
class ClientToolsTest extends TinyServer {
    private static InferenceServer closed;
    private static String base;

    @BeforeAll static void startClosed() {
        var wide = local.model().config().withContextLength(1024); // tools are long in a tokenizer of letters
        var model = new LoadedModel(new DecoderLM(wide, Rng.of(1)), local.tokenizer(), local.template());
        closed = InferenceServer.start(ServedModel.of("tiny", model, new EngineOptions().withBlocks(128).withQueue(2)),
                new ServerOptions().withPort(0).withApiKey("secret"));
        base = "http://127.0.0.1:" + closed.port() + "/v1";
    }

    @AfterAll static void stopClosed() { closed.close(); }

    private static OpenAIClient openAi(String key) { return OpenAIOkHttpClient.builder().baseUrl(base).apiKey(key).maxRetries(0).build(); }

    private static ChatCompletionCreateParams.Builder asked(String text) {
        return ChatCompletionCreateParams.builder().model("tiny").addUserMessage(text).putAdditionalBodyProperty("seed", JsonValue.from(1))
                .maxCompletionTokens(90);
    }

    private static final FunctionDefinition WEATHER = FunctionDefinition.builder().name("weather").description("now")
            .parameters(FunctionParameters.builder().putAdditionalProperty("type", JsonValue.from("object"))
                    .putAdditionalProperty("properties", JsonValue.from(Map.of("town", Map.of("enum", List.of("Graz", "Linz")))))
                    .putAdditionalProperty("required", JsonValue.from(List.of("town")))
                    .putAdditionalProperty("additionalProperties", JsonValue.from(false)).build())
            .build();

    @Test void openAisClientCallsTools() {
        var client = openAi("secret");
        var params = asked("weather?").addFunctionTool(WEATHER).addFunctionTool(FunctionDefinition.builder().name("other").build())
                .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED);
        var choice = client.chat().completions().create(params.build()).choices().getFirst();
        assertThat(choice.finishReason().toString()).isEqualTo("tool_calls");
        assertThat(choice.message().toolCalls().orElseThrow()).singleElement()
                .satisfies(c -> assertThat(c.asFunction().function().name()).isIn("weather", "other"));
        params.toolChoice(ChatCompletionNamedToolChoice.builder()
                .function(ChatCompletionNamedToolChoice.Function.builder().name("weather").build()).build());
        var named = client.chat().completions().create(params.build()).choices().getFirst().message();
        var call = named.toolCalls().orElseThrow().getFirst().asFunction();
        assertThat(call.function().name()).isEqualTo("weather");
        assertThat(JsonMapper.shared().readTree(call.function().arguments()).path("town").asString()).isIn("Graz", "Linz");
        try (var stream = client.chat().completions().createStreaming(params.build())) {
            var calls = stream.stream().flatMap(c -> c.choices().stream()).flatMap(c -> c.delta().toolCalls().stream())
                    .flatMap(List::stream).toList();
            assertThat(calls).singleElement().satisfies(c -> assertThat(c.function().orElseThrow().name()).contains("weather"));
        }
        var after = params.addMessage(named)
                .addMessage(ChatCompletionToolMessageParam.builder().toolCallId(call.id()).content("sunny").build())
                .toolChoice(ChatCompletionToolChoiceOption.Auto.NONE).temperature(0).build();
        assertThat(client.chat().completions().create(after).choices().getFirst().message().toolCalls().orElse(List.of())).isEmpty();
    }

    /** What an answer holds. */
    static final class Verdict {
        public boolean ok;
        public int points;
    }

    @Test void openAisClientReadsAClassOutOfASchema() {
        var client = openAi("secret");
        var whole = client.chat().completions().create(asked("is it?").responseFormat(Verdict.class).build());
        assertThat(whole.choices().getFirst().message().content()).isPresent();
        assertThat(whole.choices().getFirst().finishReason().toString()).isEqualTo("stop");
    }

    @Test void openAisClientNamesErrors() {
        assertThatThrownBy(() -> openAi("wrong").models().list()).isInstanceOf(UnauthorizedException.class);
        var client = openAi("secret");
        assertThatThrownBy(() -> client.chat().completions().create(asked("x ".repeat(900)).build()))
                .isInstanceOf(BadRequestException.class).hasMessageContaining("for a context of 1024");
        assertThatThrownBy(() -> client.chat().completions().create(asked("x").model("none").build()))
                .isInstanceOf(BadRequestException.class).hasMessageContaining("no adapter");
        var bad = FunctionDefinition.builder().name("f")
                .parameters(FunctionParameters.builder().putAdditionalProperty("$dynamicRef", JsonValue.from("#x")).build()).build();
        assertThatThrownBy(() -> client.chat().completions()
                .create(asked("x").addFunctionTool(bad).toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED).build()))
                .isInstanceOf(BadRequestException.class).hasMessageContaining("dynamicRef");
        assertThatThrownBy(() -> client.chat().completions().create(asked("x").n(3).build())).isInstanceOf(RateLimitException.class)
                .satisfies(e -> assertThat(((RateLimitException) e).headers().values("Retry-After")).containsExactly("1"));
    }

    @Test void anAbortedStreamStops() throws Exception {
        var engine = closed.served().engine();
        engine.onStep(_ -> LockSupport.parkNanos(10_000_000)); // the text is not over before the client is gone
        try {
            long before = engine.metrics().cancelled();
            try (var stream = openAi("secret").chat().completions().createStreaming(
                    asked("to be?").maxCompletionTokens(400).putAdditionalBodyProperty("ignore_eos", JsonValue.from(true)).build())) {
                assertThat(stream.stream().limit(3).count()).isEqualTo(3);
            }
            cancelled(before + 1);
            streaming("secret").chat("to be?", new StreamingChatResponseHandler() {
                @Override public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                    context.streamingHandle().cancel();
                }

                @Override public void onCompleteResponse(ChatResponse all) {}

                @Override public void onError(Throwable error) {}
            });
            cancelled(before + 2);
            assertThat(engine.metrics().freeBlocks() + engine.metrics().keptBlocks()).isEqualTo(engine.metrics().blocks());
        } finally {
            engine.onStep(_ -> {});
        }
    }

    private static void cancelled(long count) throws InterruptedException {
        var engine = closed.served().engine();
        for (int i = 0; i < 400 && engine.metrics().cancelled() < count; i++) Thread.sleep(25);
        assertThat(engine.metrics().cancelled()).isEqualTo(count);
        assertThat(engine.metrics().running()).isZero();
    }

    private static OpenAiStreamingChatModel streaming(String key) {
        return OpenAiStreamingChatModel.builder().baseUrl(base).apiKey(key).modelName("tiny").maxTokens(400)
                .logitBias(Map.of("" + local.tokenizer().specials().eos(), -100)).build();
    }

    private static OpenAiChatModel langChain(String key) {
        return OpenAiChatModel.builder().baseUrl(base).apiKey(key).modelName("tiny").maxTokens(90).seed(1).maxRetries(0).build();
    }

    private static final JsonObjectSchema TOWN = JsonObjectSchema.builder().addEnumProperty("town", List.of("Graz", "Linz"))
            .required("town").additionalProperties(false).build();

    @Test void langChainCallsToolsAndKeepsSchemas() {
        var model = langChain("secret");
        var question = UserMessage.from("weather?");
        var tools = ToolSpecification.builder().name("weather").description("now").parameters(TOWN).build();
        var called = model.chat(ChatRequest.builder().messages(question).toolSpecifications(tools).toolChoice(ToolChoice.REQUIRED).build())
                .aiMessage();
        assertThat(called.toolExecutionRequests()).singleElement().satisfies(c -> {
            assertThat(c.name()).isEqualTo("weather");
            assertThat(JsonMapper.shared().readTree(c.arguments()).path("town").asString()).isIn("Graz", "Linz");
        });
        var after = model.chat(ChatRequest.builder()
                .messages(question, called, ToolExecutionResultMessage.from(called.toolExecutionRequests().getFirst(), "sunny")).build());
        assertThat(after.aiMessage().hasToolExecutionRequests()).isFalse();
        var format = ResponseFormat.builder().type(ResponseFormatType.JSON)
                .jsonSchema(JsonSchema.builder().name("place").rootElement(TOWN).build()).build();
        var text = model.chat(ChatRequest.builder().messages(question).responseFormat(format).build()).aiMessage().text();
        assertThat(JsonMapper.shared().readTree(text).path("town").asString()).isIn("Graz", "Linz");
    }

    @Test void langChainNamesErrors() {
        assertThatThrownBy(() -> langChain("wrong").chat("x")).isInstanceOf(AuthenticationException.class);
        assertThatThrownBy(() -> langChain("secret").chat("x ".repeat(900))).isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("for a context of 1024");
    }

    @Test void otherFormsDemandCallsToo() {
        var schema = "{\"type\":\"object\",\"properties\":{\"town\":{\"$ref\":\"#/$defs/town\"}},\"required\":[\"town\"],\"additionalProperties\":false,"
                + "\"$defs\":{\"town\":{\"enum\":[\"Graz\",\"Linz\"]}}}";
        for (var choice : new String[] {"{\"type\":\"any\"}", "{\"type\":\"tool\",\"name\":\"weather\"}"}) {
            var said = json(
                    keyed("/v1/messages", "{\"model\":\"tiny\",\"max_tokens\":90,\"messages\":[{\"role\":\"user\",\"content\":\"to be?\"}],"
                            + "\"tools\":[{\"name\":\"weather\",\"input_schema\":" + schema + "}],\"tool_choice\":" + choice + "}"));
            assertThat(said.path("stop_reason").asString()).isEqualTo("tool_use");
            assertThat(said.path("content").values().stream().filter(c -> c.path("type").asString().equals("tool_use")).findFirst()
                    .orElseThrow().path("input").path("town").asString()).isIn("Graz", "Linz");
        }
        var answer = json(
                keyed("/v1/responses", "{\"model\":\"tiny\",\"max_output_tokens\":90,\"input\":\"to be?\",\"tool_choice\":\"required\","
                        + "\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"parameters\":" + schema + "}]}"));
        assertThat(answer.path("output").toString()).contains("\"function_call\"", "\"weather\"");
        var wrong = keyed("/v1/chat/completions",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tool_choice\":{\"type\":\"function\","
                        + "\"function\":{\"name\":\"other\"}},\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\"}}]}");
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(wrong.body()).contains("names the tool \\\"other\\\"");
    }

    private static HttpResponse<String> keyed(String path, String body) {
        return postTo(closed, path, body, "Authorization", "Bearer secret");
    }
}
