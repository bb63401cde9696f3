package lyceum.studio.web;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lyceum.llm.chat.LoadedModel;
import lyceum.serve.Drafter;
import lyceum.serve.Engine;
import lyceum.serve.EngineOptions;
import lyceum.serve.http.InferenceServer;
import lyceum.serve.http.ServedModel;
import lyceum.serve.http.ServerOptions;
import lyceum.studio.Main;
import lyceum.testing.ForkedJvm;
import org.openqa.selenium.Keys;

/** Takes the pictures of the guides to searching and to language models anew, in the clone's root: {@code GuidePictures docs/guides/pictures}. */
final class GuidePictures {
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|\\S+");
    private static final String SCREEN = """
        <!doctype html><meta charset="utf-8"><style>
        body { margin: 0; }
        pre { margin: 0; padding: 14px 18px; width: 720px; box-sizing: border-box; background: #1c1d1a; color: #d8d5cc; font: 13px/1.4 "DejaVu Sans Mono", monospace;
          white-space: pre-wrap; overflow-wrap: anywhere; }
        b { color: #5fc3be; font-weight: 400; }
        </style><pre>""";

    private final Path pictures, folder;

    private GuidePictures(Path pictures, Path folder) {
        this.pictures = pictures;
        this.folder = folder;
    }

    public static void main(String[] args) throws Exception {
        var all = new GuidePictures(Path.of(args[0]), Files.createTempDirectory("guide-pictures"));
        all.search();
        all.languageModel();
    }

    private void search() throws IOException {
        lyceum("lyceum search index examples/handbook.jsonl --out handbook.index");
        screen("search-modes", "lyceum search query handbook.index \"how do I stop paying\" --mode bm25 -k 2",
                "lyceum search query handbook.index \"how do I stop paying\" --mode dense -k 2",
                "lyceum search query handbook.index \"how do I stop paying\" -k 2");
        screen("search-explained", "lyceum search query handbook.index \"money taken twice\" -k 3 --explain");
    }

    private void languageModel() throws Exception {
        screen("model-trained",
                "lyceum pretrain --text examples/harbour.txt --out harbour.model --config tiny --tokenizer bpe:600 --steps 150",
                "lyceum quantize harbour.model harbour.gguf --type q8_0 --measure examples/harbour.txt",
                "lyceum chat harbour.gguf --say \"14 June, 09:20. The ferry\" --temperature 0.5 --max 40");
        var local = LoadedModel.ready(folder.resolve("harbour.gguf"));
        var engine = new Engine(local.model(), local.tokenizer(), new EngineOptions().withBlocks(512).withGuesses(4), null,
                Drafter.repeating(3));
        try (var server = InferenceServer.start(ServedModel.of("harbour", local, engine), new ServerOptions().withPort(0));
                var browser = new Browser(server.port())) {
            browser.size(900, 720).theme("light").open("/");
            browser.until("document.querySelector('#model').textContent === 'harbour'");
            browser.run("[['most', 40], ['temperature', 0.5]].forEach(([id, value]) => { document.getElementById(id).value = value; })");
            browser.find("#text").sendKeys("3 May, 07:15. The trawler", Keys.ENTER);
            browser.until("document.querySelector('#others tbody tr') !== null && !document.querySelector('#send').disabled");
            Files.write(pictures.resolve("model-tokens.png"), browser.picture("body"));
            browser.size(900, 1060).open("/engine");
            browser.until("document.querySelector('#model').textContent === 'harbour'");
            work(server.port());
            browser.until("document.querySelector('#lanes text').textContent !== 'Nothing was asked yet.'");
            Files.write(pictures.resolve("model-engine.png"), browser.picture("body"));
        }
    }

    /** Twelve lines of the log, begun one shortly after the other. */
    private static void work(int port) throws InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
            for (int i = 1; i <= 12; i++) {
                var body = "{\"prompt\":\"" + i + " May, 07:15. The trawler\",\"max_tokens\":" + (30 + 5 * i) + ",\"seed\":" + i
                        + ",\"ignore_eos\":true}";
                answers.add(client.sendAsync(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/completions"))
                        .POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString()));
                Thread.sleep(Duration.ofMillis(20));
            }
            answers.forEach(CompletableFuture::join);
        }
    }

    /** What a terminal shows of these commands. */
    private void screen(String name, String... commands) throws IOException {
        var text = new StringBuilder(SCREEN);
        for (var command : commands)
            text.append("<b>$ ").append(JavaSource.plain(command)).append("</b>\n").append(JavaSource.plain(lyceum(command)))
                    .append("\n\n");
        Files.writeString(folder.resolve(name + ".html"), text.toString().stripTrailing() + "</pre>");
        try (var browser = Browser.fromDisk(folder)) {
            browser.size(720, 600).open("/" + name + ".html");
            Files.write(pictures.resolve(name + ".png"), browser.picture("pre"));
        }
    }

    private String lyceum(String command) {
        var words = WORD.matcher(command).results().skip(1)
                .map(w -> w.group(1) != null ? w.group(1) : w.group().replaceFirst("^harbour\\.|^handbook\\.", folder + "/$0"))
                .toArray(String[]::new);
        var run = ForkedJvm.of(Main.class).withArguments(words).within(Duration.ofMinutes(10)).run();
        if (run.exitCode() != 0) throw new IllegalStateException(command + ": " + run.output());
        return run.output().lines().filter(line -> !line.startsWith("WARNING:")).collect(Collectors.joining("\n")).replace(folder + "/",
                "");
    }
}
