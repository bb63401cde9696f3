package lyceum.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.LoadedModel;
import lyceum.random.Rng;
import lyceum.serve.EngineOptions;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** What a server refuses, and what it bears. */
class ServerLimitsTest extends TinyServer {
    /** For a client that does not read on. */
    private static void ask(Socket socket, String body) throws IOException {
        socket.getOutputStream()
                .write(("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.US_ASCII));
    }

    @Test void whatCannotBeIsAnErrorThatClientsRead() throws IOException, InterruptedException {
        record Wrong(String path, String body, int status, String said) {}
        for (var wrong : List.of(new Wrong("/v1/completions", "{\"prompt\":", 400, "not JSON"),
                new Wrong("/v1/completions", "{\"prompt\":[1,-1],\"max_tokens\":0,\"echo\":true}", 400, "ids are 0 to"),
                new Wrong("/v1/completions", "[1]", 400, "not a JSON object"), new Wrong("/v1/completions", "{}", 400, "prompt is missing"),
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

    /** What a raw request is answered. @param body as it goes over the wire */
    private static String answered(String head, byte[] body) throws IOException {
        try (var socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(20_000);
            var out = socket.getOutputStream();
            out.write((head + "\r\nHost: localhost\r\nConnection: close\r\n").getBytes(StandardCharsets.US_ASCII));
            out.write(body);
            out.flush();
            var said = new StringBuilder();
            var part = new byte[4096];
            try {
                for (int n; !said.toString().endsWith("}") && (n = socket.getInputStream().read(part)) > 0;)
                    said.append(new String(part, 0, n, StandardCharsets.UTF_8));
            } catch (SocketException reset) { // whoever is refused may be cut off while he still sends
                assertThat(said).isNotEmpty();
            }
            return said.toString();
        }
    }

    /** Nobody says beforehand how long a body in chunks is. */
    @Test void bodiesInChunksAreCountedLikeAnyOther() throws IOException {
        var chunk = "1000\r\n" + "x".repeat(4096) + "\r\n";
        var begun = "\r\n" + "Transfer-Encoding: chunked";
        for (var path : List.of("/v1/completions", "/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/messages/count_tokens",
                "/tokenize", "/detokenize", "/apply-template")) {
            var longer = "\r\n" + "c\r\n{\"prompt\": \"\r\n" + chunk.repeat(25) + "0\r\n\r\n";
            assertThat(answered("POST " + path + " HTTP/1.1" + begun, longer.getBytes(StandardCharsets.US_ASCII))).as(path).contains("413",
                    "longer than 100000 bytes");
        }
        var whole = "\r\n" + "f\r\n{\"prompt\":\"to b\r\n" + "12\r\ne\",\"max_tokens\":3}\r\n" + "0\r\n\r\n";
        assertThat(answered("POST /v1/completions HTTP/1.1" + begun, whole.getBytes(StandardCharsets.US_ASCII))).contains("200 OK",
                "\"completion_tokens\":3");
    }

    @Test void brokenUtf8IsNoText() throws IOException {
        var body = "{\"prompt\":\"to ?e\",\"max_tokens\":3}".getBytes(StandardCharsets.US_ASCII);
        body[14] = (byte) 0xC3;
        assertThat(answered("POST /v1/completions HTTP/1.1\r\nContent-Length: " + body.length,
                ("\r\n" + new String(body, StandardCharsets.ISO_8859_1)).getBytes(StandardCharsets.ISO_8859_1)))
                .contains("400", "not JSON", "UTF-8");
    }

    /** More than fits into its memory: requests wait, lose their blocks and go on; those beyond the queue are asked to come again. */
    @Test void exhaustedBlocksQueueAndThenAskToComeAgain() throws Exception {
        try (var small = InferenceServer.start(ServedModel.of("small", local, new EngineOptions().withBlocks(20).withQueue(8)),
                new ServerOptions().withPort(0))) {
            var engine = small.served().engine();
            engine.onStep(_ -> LockSupport.parkNanos(5_000_000)); // none is over before the last has come
            var all = new ArrayList<CompletableFuture<HttpResponse<String>>>();
            for (int i = 0; i < 12; i++) {
                var body = "{\"prompt\":\"to be " + i + "\",\"max_tokens\":150,\"temperature\":0,\"ignore_eos\":true}";
                all.add(HTTP.sendAsync(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + small.port() + "/v1/completions"))
                        .POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString()));
            }
            for (int i = 0; i < 1200 && engine.metrics().submitted() + all.stream().filter(Future::isDone).count() < 12; i++)
                Thread.sleep(10);
            engine.onStep(_ -> {});
            int refused = 0;
            for (int i = 0; i < all.size(); i++) {
                var answer = all.get(i).get(120, TimeUnit.SECONDS);
                if (answer.statusCode() == 429) {
                    refused++;
                    assertThat(answer.headers().firstValue("Retry-After")).contains("1");
                    assertThat(answer.body()).contains("queue_full");
                    continue;
                }
                var alone = json(post("/v1/completions",
                        "{\"prompt\":\"to be " + i + "\",\"max_tokens\":150,\"temperature\":0,\"ignore_eos\":true}"));
                assertThat(json(answer).path("choices").get(0).path("text")).isEqualTo(alone.path("choices").get(0).path("text"));
            }
            assertThat(refused).isEqualTo(4);
            var after = engine.metrics();
            assertThat(after.preemptions()).isPositive();
            assertThat(after.freeBlocks() + after.keptBlocks()).isEqualTo(after.blocks());
        }
    }

    /** A client that reads nothing holds neither the engine nor the others. */
    @Test void aClientThatDoesNotReadHindersNobody() throws Exception {
        var engine = server.served().engine();
        try (var socket = new Socket()) {
            socket.setReceiveBufferSize(1024);
            socket.connect(new InetSocketAddress("127.0.0.1", server.port()));
            // some megabytes, more than the system keeps for a connection
            ask(socket,
                    "{\"prompt\":\"to be\",\"n\":16,\"max_tokens\":240,\"stream\":true,\"logprobs\":20,\"ignore_eos\":true,\"seed\":1}");
            for (int i = 0; i < 600 && engine.metrics().running() == 0; i++) Thread.sleep(10);
            var other = json(post("/v1/completions", "{\"prompt\":\"or not\",\"max_tokens\":5}"));
            assertThat(other.path("usage").path("completion_tokens").asInt()).isEqualTo(5);
            for (int i = 0; i < 1200 && engine.metrics().running() + engine.metrics().waiting() > 0; i++) Thread.sleep(50);
            var after = engine.metrics();
            assertThat(after.running() + after.waiting()).as("requests whose client stands still").isZero();
            assertThat(after.freeBlocks() + after.keptBlocks()).isEqualTo(after.blocks());
        }
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
