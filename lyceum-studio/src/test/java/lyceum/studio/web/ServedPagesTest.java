package lyceum.studio.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.ChatFormat;
import lyceum.llm.chat.LoadedModel;
import lyceum.random.Rng;
import lyceum.serve.EngineOptions;
import lyceum.serve.http.InferenceServer;
import lyceum.serve.http.ServedModel;
import lyceum.serve.http.ServerOptions;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** The two pages that a served model has: a conversation beside its tokens, and the engine at work. */
@Tag("browser")
class ServedPagesTest {
    private static InferenceServer server;
    private static Browser browser;

    @BeforeAll static void open() {
        assumeTrue(Browser.installed(), "Chromium is not installed: apt-get install -y chromium chromium-driver");
        var tokenizer = BpeTrainer.byteLevel(300, PreTokenizer.GPT4).withSpecials(ChatFormat.CHATML.marks())
                .train(List.of("to be or not to be, that is the question"));
        var model = new DecoderLM(DecoderConfig.llama(tokenizer.vocabulary().size(), 256, 1, 32, 4, 2, 64), Rng.of(1));
        server = InferenceServer.start(
                ServedModel.of("tiny", new LoadedModel(model, tokenizer, ChatFormat.CHATML), new EngineOptions().withBlocks(256)),
                new ServerOptions().withPort(0));
        browser = new Browser(server.port());
        browser.size(1280, 900);
    }

    @AfterAll static void close() {
        if (browser != null) browser.close();
        if (server != null) server.close();
    }

    @Test void aConversationStandsBesideItsTokens() {
        browser.open("/");
        browser.until("document.querySelector('#model').textContent === 'tiny'");
        browser.run("[['most', 12], ['seed', 3]].forEach(([id, value]) => { document.getElementById(id).value = value; })");
        browser.find("#text").sendKeys("to be?", Keys.ENTER);
        browser.until(
                "document.querySelector('#sum').textContent.startsWith('12 tokens, perplexity ') && !document.querySelector('#send').disabled");
        assertThat(browser.count("#tokens .token")).isEqualTo(12);
        assertThat(browser.count("#turns .turn")).isEqualTo(2);
        assertThat(browser.find("#turns .turn").getText()).contains("you").contains("to be?");
        assertThat(browser.run("[...document.querySelectorAll('#tokens .token')].every(t => /^[0-9.]+%$/.test(t.title))")).isEqualTo(true);
        // the token of which the model was least sure is shown first; another is shown when it is chosen
        browser.find("#tokens .token:nth-child(5)").click();
        assertThat(browser.find("#tokens .token:nth-child(5)").getAttribute("aria-pressed")).isEqualTo("true");
        assertThat(browser.count("#tokens .token[aria-pressed=true]")).isEqualTo(1);
        assertThat(browser.count("#others tbody tr")).isBetween(5, 6);
        assertThat(browser.run("[...document.querySelectorAll('#others tbody tr')].filter(r => r.textContent.includes('drawn')).length"))
                .isEqualTo(1L);
        assertThat(((Number) browser.run("[...document.querySelectorAll('#others meter')].reduce((s, m) => s + m.value, 0)")).doubleValue())
                .isBetween(0.0, 1.0001);
        assertThat(browser.barriers()).isEmpty();
        assertThat(browser.complaints()).isEmpty();
        browser.size(360, 900);
        assertThat(browser.sticksOut()).isEmpty();
        browser.size(1280, 900);
    }

    @Test void theEngineIsSeenAtWork() throws Exception {
        browser.open("/engine");
        browser.until("document.querySelector('#model').textContent === 'tiny'");
        long before = server.served().engine().metrics().generatedTokens();
        try (var client = HttpClient.newHttpClient()) {
            var body = "{\"prompt\":\"to be or not to be\",\"n\":4,\"max_tokens\":20,\"ignore_eos\":true,\"seed\":1}";
            var answer = client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/v1/completions"))
                    .POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
        }
        browser.until("document.querySelector('#figures').textContent.includes('" + (before + 80) + "tokens drawn since the start')");
        assertThat(browser.count("#lanes rect.drawn")).isGreaterThanOrEqualTo(76);
        assertThat(browser.count("#lanes rect.read")).isPositive();
        assertThat(browser.count("#steps rect")).isPositive();
        // asked in the page: it draws anew while one looks
        browser.until("document.querySelector('#blocks text')?.textContent.includes('free of 256 blocks of 16 positions')");
        assertThat(browser.count("#memory rect")).isPositive();
        assertThat(browser.barriers()).isEmpty();
        assertThat(browser.complaints()).isEmpty();
        browser.size(360, 900);
        assertThat(browser.sticksOut()).isEmpty();
        browser.size(1280, 900);
    }
}
