package lyceum.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import lyceum.serve.EngineOptions;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class EnginePagesTest extends TinyServer {
    @Test void pagesComeWithAPolicyAndNothingFromElsewhere() throws Exception {
        for (var path : new String[] {"/", "/engine", "/pages/page.css", "/pages/page.js", "/pages/chat.js", "/pages/engine.js"}) {
            var answer = HTTP.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path)).build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Security-Policy").orElse("")).contains("default-src 'none'")
                    .doesNotContain("unsafe");
            assertThat(answer.body()).doesNotContain("https://", "innerHTML", "onclick=", " style=").hasSizeGreaterThan(500);
        }
    }

    @Test void theStateTellsStepsBlocksAndHits() {
        var body = "{\"prompt\":\"to be or not to be, that is the question to be or not to be\",\"max_tokens\":6,\"seed\":1,\"ignore_eos\":true}";
        json(post("/v1/completions", body));
        json(post("/v1/completions", body));
        var state = JsonMapper.shared().readTree(get("/engine/state"));
        assertThat(state.path("model").asString()).isEqualTo("tiny");
        assertThat(state.path("chat").asBoolean()).isTrue();
        var metrics = state.path("metrics");
        assertThat(metrics.path("submitted").asInt()).isGreaterThanOrEqualTo(2);
        assertThat(metrics.path("reused").asInt()).isPositive();
        assertThat(metrics.path("blocks").asInt()).isEqualTo(256);
        assertThat(state.path("steps")).hasSizeGreaterThan(10);
        double before = -1;
        for (var step : state.path("steps")) {
            assertThat(step.path("at").asDouble()).isGreaterThan(before);
            assertThat(step.path("took").asDouble()).isPositive();
            assertThat(step.path("requests").size()).isEqualTo(1);
            before = step.path("at").asDouble();
        }
        long last = state.path("steps").get(state.path("steps").size() - 1).path("n").asLong();
        assertThat(JsonMapper.shared().readTree(get("/engine/state?since=" + last)).path("steps")).hasSize(1);
        assertThat(JsonMapper.shared().readTree(get("/engine/state?since=x")).path("error").path("message").asString())
                .contains("since is x");
    }

    @Test void aKeyGuardsTheStateAndNotThePages() throws Exception {
        try (var closed = InferenceServer.start(ServedModel.of("tiny", local, new EngineOptions().withBlocks(32)),
                new ServerOptions().withPort(0).withApiKey("secret"))) {
            assertThat(getFrom(closed, "/")).contains("A conversation");
            assertThat(getFrom(closed, "/engine/state")).contains("invalid_api_key");
        }
    }
}
