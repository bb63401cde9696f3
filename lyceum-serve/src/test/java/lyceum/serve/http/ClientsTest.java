package lyceum.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.BadRequestException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.ChatFormat;
import lyceum.llm.chat.LoadedModel;
import lyceum.random.Rng;
import lyceum.serve.EngineOptions;
import lyceum.tensor.Tensor;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.encoder.TextEncoder;
import lyceum.text.encoder.TokenVectors;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** Clients that others wrote read our answers. */
class ClientsTest {
    private static InferenceServer server;
    private static String base;

    /** Lengths as vectors. */
    record Lengths() implements TextEncoder {
        @Override public int dimension() { return 4; }

        @Override public Tensor encode(List<String> texts) {
            return Tensor.concat(0, texts.stream().map(t -> Tensor.of(new float[] {t.length(), 1, 0.5f, -1}, 1, 4)).toArray(Tensor[]::new));
        }

        @Override public List<TokenVectors> tokens(List<String> texts) { throw new UnsupportedOperationException(); }
    }

    @BeforeAll static void start() {
        var tokenizer = BpeTrainer.byteLevel(300, PreTokenizer.GPT4).withSpecials(ChatFormat.CHATML.marks())
                .train(List.of("to be or not to be"));
        var model = new DecoderLM(DecoderConfig.llama(tokenizer.vocabulary().size(), 256, 1, 32, 4, 2, 64), Rng.of(1));
        var local = new LoadedModel(model, tokenizer, ChatFormat.CHATML);
        server = InferenceServer.start(ServedModel.of("tiny", local, new EngineOptions().withBlocks(128)).withEncoder(new Lengths()),
                new ServerOptions().withPort(0));
        base = "http://127.0.0.1:" + server.port() + "/v1";
    }

    @AfterAll static void stop() { server.close(); }

    @Test void openAisOwn() {
        OpenAIClient client = OpenAIOkHttpClient.builder().baseUrl(base).apiKey("none").maxRetries(0).build();
        var params = ChatCompletionCreateParams.builder().model("tiny").addSystemMessage("be").addUserMessage("to be?").temperature(0)
                .maxCompletionTokens(8).build();
        var whole = client.chat().completions().create(params);
        var text = whole.choices().getFirst().message().content().orElseThrow();
        assertThat(whole.usage().orElseThrow().completionTokens()).isEqualTo(8);
        try (var stream = client.chat().completions().createStreaming(params)) {
            assertThat(stream.stream().flatMap(c -> c.choices().stream()).flatMap(c -> c.delta().content().stream())
                    .collect(Collectors.joining())).isEqualTo(text);
        }
        assertThat(client.models().list().data()).singleElement().satisfies(m -> assertThat(m.id()).isEqualTo("tiny"));
        var vectors = client.embeddings()
                .create(EmbeddingCreateParams.builder().model("tiny").inputOfArrayOfStrings(List.of("ab", "abcd")).build());
        assertThat(vectors.data()).hasSize(2);
        assertThat(vectors.data().get(1).embedding()).containsExactly(4f, 1f, 0.5f, -1f);
        assertThatThrownBy(() -> client.chat().completions().create(params.toBuilder().temperature(-3).build()))
                .isInstanceOf(BadRequestException.class).hasMessageContaining("temperature is -3");
    }

    @Test void documentsAreRankedByTheCosine() throws Exception {
        for (var path : List.of("/v1/rerank", "/rerank", "/v2/rerank")) {
            var request = HttpRequest.newBuilder(URI.create(base.replace("/v1", path)))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"query\":\"ab\",\"documents\":[\"abcdefgh\",\"ab\"]}"));
            var answer = JsonMapper.shared()
                    .readTree(HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString()).body())
                    .path("results");
            assertThat(answer.get(0).path("index").asInt()).isEqualTo(1);
            assertThat(answer.get(0).path("relevance_score").asDouble()).isCloseTo(1, Offset.offset(1e-9));
            assertThat(answer.get(1).path("relevance_score").asDouble()).isCloseTo(18.25 / Math.sqrt(6.25 * 66.25), Offset.offset(1e-9));
        }
    }

    @Test void langChains() throws Exception {
        var model = OpenAiChatModel.builder().baseUrl(base).apiKey("none").modelName("tiny").temperature(0.0).maxTokens(8).build();
        var text = model.chat("to be?");
        assertThat(text).isNotEmpty();
        var streaming = OpenAiStreamingChatModel.builder().baseUrl(base).apiKey("none").modelName("tiny").temperature(0.0).maxTokens(8)
                .build();
        var told = new StringBuffer();
        var done = new CompletableFuture<ChatResponse>();
        streaming.chat("to be?", new StreamingChatResponseHandler() {
            @Override public void onPartialResponse(String part) { told.append(part); }

            @Override public void onCompleteResponse(ChatResponse all) { done.complete(all); }

            @Override public void onError(Throwable error) { done.completeExceptionally(error); }
        });
        assertThat(done.get(60, TimeUnit.SECONDS).aiMessage().text()).isEqualTo(text);
        assertThat(told.toString()).isEqualTo(text);
        var vector = OpenAiEmbeddingModel.builder().baseUrl(base).apiKey("none").modelName("tiny").build().embed("abc").content().vector();
        assertThat(vector).isEqualTo(new float[] {3, 1, 0.5f, -1});
    }
}
