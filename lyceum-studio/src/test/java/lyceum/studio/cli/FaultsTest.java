package lyceum.studio.cli;

import static lyceum.studio.cli.CommandFixture.lyceum;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What people type by mistake, and where answers cannot go. */
class FaultsTest {

    @Test void whatCouldNotBeWrittenIsRememberedUnlessNobodyReadsOn() {
        assertThat(trouble("No space left on device")).isEqualTo("No space left on device");
        assertThat(trouble("Broken pipe")).isEmpty();
    }

    private static String trouble(String message) {
        var output = new Output(new OutputStream() {
            @Override public void write(int one) throws IOException { throw new IOException(message); }
        });
        new PrintStream(output, true, StandardCharsets.UTF_8).println("an answer");
        return output.trouble();
    }

    @Test void emptyFolderIsNoFolder() {
        var said = lyceum("run", "k-means", "--out", "");
        assertThat(said.code()).isEqualTo(2);
        assertThat(said.err()).contains("--out is empty; it names a folder");
        assertThat(Path.of("run.json")).doesNotExist();
    }

    @Test void wordWithAnAtSignIsNoFileOfWords(@TempDir Path folder) throws IOException {
        var file = Files.writeString(folder.resolve("words"), "--help");
        assertThat(lyceum("topics", "@" + file).out()).doesNotContain("Usage");
    }

    @Test void emptyQueryListsAll() {
        var said = lyceum("topics", "");
        assertThat(said.code()).isZero();
        assertThat(said.out()).contains("4 topics");
    }

    @Test void helpIsThatOfTheCommand() {
        assertThat(lyceum("help").out()).isEqualTo(lyceum("--help").out()).contains("Commands:");
        assertThat(lyceum("help", "run").out()).isEqualTo(lyceum("run", "--help").out()).contains("--param");
    }

    @Test void numbersThatAreNoneAreSaidInWords() {
        assertThat(lyceum("run", "k-means", "--seed", "x").err()).contains("'x' is not a whole number").doesNotContain("long");
        assertThat(lyceum("run", "k-means", "--seed", "99999999999999999999").err()).contains("not a whole number of that size");
        assertThat(lyceum("studio", "--port", "x").err()).contains("'x' is not a whole number").doesNotContain(" int");
        assertThat(lyceum("run", "k-means", "--param", "x").err()).doesNotContain("option option").contains("option '--param'");
        assertThat(lyceum("run", "k-means", "--param", "k=99").err()).startsWith("k is 99; it lies between 2 and 20");
    }

    @Test void addressOfAnotherMachineIsNoPortThatIsTaken() {
        var said = lyceum("studio", "--host", "192.0.2.1", "--port", "0", "--no-browser");
        assertThat(said.code()).isEqualTo(1);
        assertThat(said.err()).contains("This machine has no address 192.0.2.1").doesNotContain("taken");
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 50, 59, 60, 80, 120}) void listsKeepWithinTheTerminal(int columns) {
        for (var words : List.of(List.of("topics"), List.of("topics", "mixture"), List.of("path", "gaussian-mixture"))) {
            var out = new ByteArrayOutputStream();
            var screen = new Terminal(new PrintStream(out, true, StandardCharsets.UTF_8), System.err, false, false, columns);
            LyceumCommand.run(screen, CommandFixture.encyclopedia(), words.toArray(String[]::new));
            assertThat(out.toString(StandardCharsets.UTF_8).lines()).isNotEmpty()
                    .allSatisfy(line -> assertThat(TextWidth.of(line)).as(line).isLessThanOrEqualTo(columns));
        }
    }

    /** A word that is longer than the terminal is wide, such as an address, and code, which one copies, are left whole. */
    @Tag("slow")
    @ParameterizedTest
    @ValueSource(ints = {40, 80}) void everyTopicKeepsWithinTheTerminal(int columns) {
        var shipped = Encyclopedia.shipped();
        int lines = 0;
        for (var topic : shipped.catalogue().topics()) {
            var out = new ByteArrayOutputStream();
            var screen = new Terminal(new PrintStream(out, true, StandardCharsets.UTF_8), System.err, false, false, columns);
            LyceumCommand.run(screen, shipped, "topic", topic.slug());
            var code = shipped.article(topic).map(a -> a.markdown()).orElse("").lines().map(String::strip).collect(Collectors.toSet());
            for (var line : out.toString(StandardCharsets.UTF_8).lines().toList()) {
                boolean whole = !line.strip().replaceFirst("^\\S{1,3} +", "").contains(" ") || code.contains(line.strip())
                        || line.startsWith("lyceum run ");
                if (!whole) assertThat(TextWidth.of(line)).as(topic.slug() + ": " + line).isLessThanOrEqualTo(columns);
                lines++;
            }
        }
        assertThat(lines).isGreaterThan(30_000);
    }
}
