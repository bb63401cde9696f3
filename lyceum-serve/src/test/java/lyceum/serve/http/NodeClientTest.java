package lyceum.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.LoadedModel;
import lyceum.random.Rng;
import lyceum.serve.EngineOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** OpenAI's client for JavaScript, where Node stands and {@code tools/fetch-clients} was run. */
@Tag("heavy")
class NodeClientTest extends TinyServer {
    private static final Path PACKAGE = Path.of("../.lyceum/clients/openai").toAbsolutePath().normalize(),
            SCRIPT = Path.of("src/test/resources/clients/openai.mjs");

    @Test void openAisClientForJavaScriptUnderstandsUs() throws Exception {
        assumeTrue(Files.exists(PACKAGE.resolve("index.mjs")), "not here: " + PACKAGE + " (tools/fetch-clients)");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/node")), "Node is not here");
        var wide = local.model().config().withContextLength(1024);
        var model = new LoadedModel(new DecoderLM(wide, Rng.of(1)), local.tokenizer(), local.template());
        var served = ServedModel.of("tiny", model, new EngineOptions().withBlocks(128)).withEncoder(new ClientsTest.Lengths());
        try (var closed = InferenceServer.start(served, new ServerOptions().withPort(0).withApiKey("secret"))) {
            var engine = served.engine();
            engine.onStep(_ -> LockSupport.parkNanos(2_000_000)); // a text of 400 is not over before its client is gone
            var node = new ProcessBuilder("/usr/bin/node", SCRIPT.toString(), PACKAGE.toUri().toString().replaceFirst("/$", ""),
                    "http://127.0.0.1:" + closed.port() + "/v1").redirectErrorStream(true).start();
            var said = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(node.waitFor()).as(said).isZero();
            assertThat(said.lines()).containsExactly("models", "chat", "stream", "tools", "answers of tools", "schema", "embeddings",
                    "errors", "keys", "abort");
            for (int i = 0; i < 200 && engine.metrics().cancelled() == 0; i++) Thread.sleep(50);
            assertThat(engine.metrics().cancelled()).isEqualTo(1);
            assertThat(engine.metrics().running()).isZero();
        }
    }
}
