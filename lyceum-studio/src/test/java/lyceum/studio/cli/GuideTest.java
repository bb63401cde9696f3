package lyceum.studio.cli;

import static lyceum.studio.cli.CommandFixture.lyceum;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lyceum.studio.Compilation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** The commands of the guides, one after the other, and what the guides say that they answer. */
class GuideTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern BLOCK = Pattern.compile("(?s)```(sh|text|java|yaml)\\n(.*?)```");
    /** Guides whose Java runs as it stands; that of others reads files of one's own. */
    private static final List<String> WITH_JAVA = List.of("train-a-network", "vision-and-sound", "search-your-documents",
            "a-language-model-of-your-own");

    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|\\S+");

    @TempDir private Path folder;
    private final List<String> answers = new ArrayList<>(); // of the blocks that ran

    @Tag("slow")
    @Test void aTableBecomesAModel() throws IOException { assertThat(run("table-to-model")).isEqualTo(4); }

    @Tag("slow")
    @Test void textsBecomeAModelThatAnswers() throws IOException {
        assertThat(run("a-language-model-of-your-own")).isEqualTo(11);
        var line = JsonMapper.shared().readTree(answers.get(4)).path("choices").path(0).path("text").asString("");
        assertThat(line).isNotBlank();
        assertThat(answers.get(5)).as("by a client, whole and then piece by piece").isEqualTo(line + " (length)\n" + line);
        assertThat(answers.get(7)).as("by an engine without guesses").contains("\n" + line);
    }

    @Tag("slow")
    @Test void aNetworkIsTrainedStoppedTunedAndMended() throws IOException { assertThat(run("train-a-network")).isEqualTo(10); }

    @Tag("heavy")
    @Test void picturesAndSoundAreLearned() throws IOException { assertThat(run("vision-and-sound")).isEqualTo(12); }

    @Test void documentsAreFoundByWhatIsMeant() throws IOException { assertThat(run("search-your-documents")).isEqualTo(7); }

    @Test void aModelFromElsewhereRuns() throws IOException { assertThat(run("run-an-onnx-model")).isEqualTo(7); }

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
            if (block.group(1).equals("yaml")) {
                // a file to be written says its name
                var name = Pattern.compile("# (\\S+\\.yaml)\n").matcher(block.group(2));
                if (name.lookingAt()) Files.writeString(folder.resolve(name.group(1)), block.group(2));
                continue;
            }
            if (block.group(1).equals("java")) {
                if (!WITH_JAVA.contains(guide)) continue;
                commands++;
                answer.setLength(0);
                answer.append(javaSays("Page" + commands, block.group(2)));
                answers.add(answer.toString());
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
            answers.add(answer.toString());
        }
        return commands;
    }

    /** What Java prints, with its files in the test's folder. */
    private String javaSays(String name, String code) throws IOException {
        var lines = code.lines().collect(Collectors.partitioningBy(line -> line.startsWith("import ")));
        var body = String.join("\n", lines.get(false)).replace("System.out.println(", "say(").replace("System.out.print(", "said.append(")
                .replace("Path.of(\"", "Path.of(\"" + folder + "/");
        var source = String.join("\n", lines.get(true)) + "\npublic class " + name
                + " { static StringBuilder said = new StringBuilder(); static void say(Object o) { said.append(o).append('\\n'); }\n"
                + "public static String run() throws Exception {\n" + body + "\nreturn said.toString(); } }";
        assertThat(Compilation.problems(folder, Map.of(name, source))).isEmpty();
        try (var loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, GuideTest.class.getClassLoader())) {
            return (String) loader.loadClass(name).getMethod("run").invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(name + ": " + e.getCause(), e);
        }
    }

    /** The first is the command's own. */
    private String[] words(String command) {
        var words = WORD.matcher(command).results().skip(1).map(w -> w.group(1) != null ? w.group(1) : place(w.group()))
                .toArray(String[]::new);
        words[0] = command.split(" ")[1];
        return words;
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
        return word.matches("model|data-store|data/.*|.*\\.(csv|index|gguf|model|json|npz|png|svg|wav|yaml)")
                ? folder.resolve(word).toString() : word;
    }
}
