package lyceum.studio.cli;

import static lyceum.studio.cli.CommandFixture.lyceum;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the guides, one after the other, and what the guides say that they answer. */
class GuideTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern BLOCK = Pattern.compile("(?s)```(sh|text)\\n(.*?)```");

    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|\\S+");

    @TempDir private Path folder;

    @Tag("slow")
    @Test void aTableBecomesAModel() throws IOException { assertThat(run("table-to-model")).isEqualTo(4); }

    @Tag("slow")
    @Test void textsBecomeAModelThatAnswers() throws IOException { assertThat(run("a-language-model-of-your-own")).isEqualTo(6); }

    @Test void documentsAreFoundByWhatIsMeant() throws IOException { assertThat(run("search-your-documents")).isEqualTo(5); }

    @Test void aModelFromElsewhereRuns() throws IOException { assertThat(run("run-an-onnx-model")).isEqualTo(6); }

    /** Runs each command; the lines of the block that follows stand in its answers. */
    private int run(String guide) throws IOException {
        var answer = new StringBuilder();
        int commands = 0;
        boolean isHere = true;
        for (var block : BLOCK.matcher(Files.readString(ROOT.resolve("docs/guides/" + guide + ".md"))).results().toList()) {
            if (block.group(1).equals("text")) {
                if (!isHere) continue;
                assertThat(block.group(2).lines()).isNotEmpty().allSatisfy(line -> assertThat(answer.toString()).contains(line));
                continue;
            }
            answer.setLength(0);
            isHere = true;
            for (var command : block.group(2).lines().toList()) {
                commands++;
                if (command.startsWith("curl ")) {
                    answer.append(curl(command));
                    continue;
                }
                if (command.endsWith(" &")) {
                    var stays = command.substring(0, command.length() - 2);
                    Thread.ofPlatform().daemon().start(() -> lyceum(words(stays)));
                    continue;
                }
                assertThat(command).startsWith("lyceum ");
                if (command.contains(".lyceum/models") && !Files.isDirectory(ROOT.resolve(".lyceum/models"))) {
                    System.out.println("not here: " + command + " (tools/fetch-models)");
                    isHere = false;
                    continue;
                }
                var done = lyceum(words(command));
                assertThat(done.code()).as(command + ": " + done.err()).isZero();
                answer.append(done.out());
            }
        }
        return commands;
    }

    private String[] words(String command) {
        return WORD.matcher(command).results().skip(1).map(w -> w.group(1) != null ? w.group(1) : place(w.group())).toArray(String[]::new);
    }

    /** Posts what is behind -d, as soon as somebody listens. */
    private static String curl(String command) throws IOException {
        var parts = Pattern.compile("curl (\\S+) -d '(.*)'").matcher(command);
        assertThat(parts.matches()).as(command).isTrue();
        var request = HttpRequest.newBuilder(URI.create(parts.group(1))).POST(HttpRequest.BodyPublishers.ofString(parts.group(2))).build();
        try (var client = HttpClient.newHttpClient()) {
            for (int i = 0;; i++) {
                try {
                    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
                } catch (ConnectException e) {
                    if (i == 600) throw e;
                    Thread.sleep(100);
                }
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Examples are the clone's, everything else is written where the test may. */
    private String place(String word) {
        if (word.matches("(\\w+=)?(examples|\\.lyceum)/.*")) return word.replaceFirst("(examples|\\.lyceum)/", ROOT + "/$1/");
        return word.equals("model") || word.matches(".*\\.(csv|index|gguf|model|json|npz|png)") ? folder.resolve(word).toString() : word;
    }
}
