package lyceum.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.JinjaChatTemplate;
import lyceum.llm.chat.LoadedModel;
import lyceum.random.Rng;
import lyceum.serve.EngineOptions;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.SpecialTokens;
import lyceum.text.TokenizerPipeline;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tests that ask a server of one small model; each class has its own. */
abstract class TinyServer {
    private static final String TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
            + "{% if tools %}{{ tools | tojson }}\n{% endif %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
    static final HttpClient HTTP = HttpClient.newHttpClient();
    static LoadedModel local;
    static InferenceServer server;

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

    static HttpResponse<String> post(String path, String body, String... headers) { return postTo(server, path, body, headers); }

    static HttpResponse<String> postTo(InferenceServer to, String path, String body, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + to.port() + path))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) request.headers(headers);
        try {
            return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static JsonNode json(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JsonMapper.shared().readTree(answer.body());
    }

    static String get(String path) { return getFrom(server, path); }

    static String getFrom(InferenceServer from, String path) {
        try {
            return HTTP.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + from.port() + path)).build(),
                    HttpResponse.BodyHandlers.ofString()).body();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Events of a stream; a name, if there is one, before each. */
    static List<String> events(HttpResponse<String> answer) {
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
        var all = new ArrayList<String>();
        answer.body().lines().filter(l -> l.startsWith("data: ")).forEach(l -> all.add(l.substring(6)));
        return all;
    }
}
