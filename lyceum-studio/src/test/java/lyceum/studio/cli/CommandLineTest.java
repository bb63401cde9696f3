package lyceum.studio.cli;

import static lyceum.studio.cli.CommandFixture.lyceum;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import lyceum.studio.Main;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CommandLineTest {

    private static JsonNode json(String text) { return JsonMapper.shared().readTree(text); }

    @Test void topicsJsonIsAnArrayOfNineFields() {
        var run = lyceum("topics", "--json");
        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        var topics = json(run.out());
        assertThat(topics.size()).isEqualTo(4);
        assertThat(topics.get(1).propertyNames()).containsExactly("number", "title", "slug", "kind", "area", "module", "level", "status",
                "amended", "words", "summary");
        assertThat(topics.get(1).path("status").asString()).isEqualTo("works");
        assertThat(topics.get(2).path("status").asString()).isEqualTo("planned");
    }

    @Test void filtersCombineAndTakeBeginnings() {
        var run = lyceum("topics", "--area", "clust", "--level", "beginner,researcher", "--json");
        assertThat(json(run.out()).findValuesAsString("slug")).containsExactly("k-means", "broken-lab");
        assertThat(json(lyceum("topics", "--status", "works", "--json").out()).findValuesAsString("slug")).containsExactly("k-means");
    }

    /** The fixture's topics are others than those whose vectors were built. */
    @Test void aSentenceThatIsAnsweredByWordsAloneSaysSoBesideTheAnswer() {
        var run = lyceum("topics", "how do I put many alike points into a few groups");
        assertThat(run.code()).isZero();
        assertThat(run.err()).startsWith("Found by words alone: ");
        assertThat(run.out()).doesNotContain("words alone");
        assertThat(lyceum("topics", "k-means").err()).isEmpty();
    }

    @Test void unknownFilterListsWhatThereIs() {
        var run = lyceum("topics", "--area", "cooking");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("--area is 'cooking'; it is one of Clustering, Linear algebra");
        assertThat(run.out()).isEmpty();
    }

    @Test void unknownSlugOffersNearestNamesAndExitsWithTwo() {
        for (var command : new String[] {"topic", "run", "path"}) {
            var run = lyceum(command, "k-meens");
            assertThat(run.code()).as(command).isEqualTo(2);
            assertThat(run.err()).as(command).contains("There is no topic 'k-meens'; did you mean k-means");
            assertThat(run.out()).as(command).isEmpty();
        }
    }

    @Test void unknownCommandAndOptionExitWithTwo() {
        assertThat(lyceum("topiks").code()).isEqualTo(2);
        assertThat(lyceum("topiks").err()).contains("topics");
        assertThat(lyceum("topics", "--jsn").code()).isEqualTo(2);
        assertThat(lyceum("run").code()).isEqualTo(2);
    }

    @Test void articleReadsInTheTerminal() {
        var run = lyceum("topic", "k-means");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("K-Means Clustering", "Clustering · algorithm · beginner · #2 · ● works", "μₖ = 1/nₖ ∑ᵢ xᵢ",
                "    J = ∑ₖ ‖x − μₖ‖²", "Use it when clusters are round.", "lyceum.learn.KMeans", "Run it: lyceum run k-means",
                "sources     Lloyd (1982), Least Squares Quantization in PCM\n            Hamerly (2010), Making k-means Even Faster");
        assertThat(run.out().lines()).allSatisfy(l -> assertThat(TextWidth.of(l)).isLessThanOrEqualTo(80));
    }

    @Test void amendedClauseShowsBothTextsAndTheReason() {
        assertThat(lyceum("topic", "k-means").out()).contains("● works, 1 clause amended",
                "It works with 1 clause amended:\n  1  the check holds\n     Holds instead: it holds on whole numbers\n     Why: A sum rounds.\n\nRemark. Clause 1 takes a second.");
        assertThat(json(lyceum("topics", "--status", "works", "--json").out()).get(0).path("amended").intValue()).isEqualTo(1);
    }

    @Test void plannedTopicSaysWhenItWouldWork() {
        assertThat(lyceum("topic", "vectors").out()).contains("The article is not written yet.",
                "Not running yet. It counts as working when:", "  1  the check holds");
    }

    @Test void pathReadsNeedsFirst() {
        assertThat(json(lyceum("path", "gaussian-mixture", "--json").out()).findValuesAsString("slug")).containsExactly("vectors",
                "k-means", "gaussian-mixture");
        assertThat(json(lyceum("path", "gaussian-mixture", "--know", "k-means", "--json").out()).findValuesAsString("slug"))
                .containsExactly("gaussian-mixture");
        assertThat(lyceum("path", "gaussian-mixture").out()).contains("1  ○ planned  vectors",
                "3 topics. Start with: lyceum topic vectors");
        assertThat(lyceum("path", "gaussian-mixture", "--know", "nothing").code()).isEqualTo(2);
    }

    @Test void colourOnATerminalOnly() {
        assertThat(CommandFixture.on(true, "topics").out()).contains("\u001b[");
        assertThat(lyceum("topics").out()).doesNotContain("\u001b[");
        assertThat(Terminal.colourAllowed(Map.of("TERM", "xterm"))).isTrue();
        assertThat(Terminal.colourAllowed(Map.of("TERM", "xterm", "NO_COLOR", "1"))).isFalse();
        assertThat(Terminal.colourAllowed(Map.of("TERM", "xterm", "NO_COLOR", ""))).isTrue();
        assertThat(Terminal.colourAllowed(Map.of("TERM", "dumb"))).isFalse();
    }

    @Test void helpVersionAndCompletionAnswer() {
        assertThat(lyceum("--help").out()).contains("topics", "doctor", "Exit codes");
        assertThat(lyceum("run", "--help").out()).contains("--param", "--seed", "--json", "--out");
        assertThat(lyceum("version").out()).contains("Lyceum", "Java 2");
        assertThat(lyceum("completion").out()).contains("_complete_lyceum", "topics");
    }

    @Test void studioOnATakenPortSaysWhichOptionChangesIt() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var run = lyceum("studio", "--port", String.valueOf(taken.getLocalPort()));
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err()).contains("Port " + taken.getLocalPort() + " is taken. Try another: lyceum studio --port ");
        }
        assertThat(lyceum("studio", "--port", "70000").code()).isEqualTo(2);
        assertThat(lyceum("studio", "--port", "70000").err()).contains("--port is 70000; it lies between 0 and 65535");
    }

    /** A model takes long to load: where the port is taken, it is not even looked for. */
    @Test void thePortIsTriedBeforeAModelIsLoaded() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var run = lyceum("studio", "--port", String.valueOf(taken.getLocalPort()), "--model", "there-is-no-such.gguf");
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err()).contains("Port " + taken.getLocalPort() + " is taken").doesNotContain("gguf");
        }
        assertThat(lyceum("studio", "--host", "192.0.2.1", "--model", "there-is-no-such.gguf").err()).contains("no address 192.0.2.1")
                .doesNotContain("gguf");
    }

    @Test void aStudioThatListensOnEveryAddressIsShownByOneThatOpens() {
        assertThat(StudioCommand.address("0.0.0.0", 8080)).isEqualTo("http://127.0.0.1:8080");
        assertThat(StudioCommand.address("::", 8080)).isEqualTo("http://[::1]:8080");
        assertThat(StudioCommand.address("[::]", 8080)).isEqualTo("http://[::1]:8080");
        assertThat(StudioCommand.address("fe80::1", 80)).isEqualTo("http://[fe80::1]:80");
        assertThat(StudioCommand.address("::1", 80)).isEqualTo("http://[::1]:80");
        assertThat(StudioCommand.address("localhost", 80)).isEqualTo("http://localhost:80");
    }

    @Test void browserOpensWhereThereIsADesktopOnly() {
        assertThat(StudioCommand.opener("Linux", Map.of("DISPLAY", ":0"))).containsExactly("xdg-open");
        assertThat(StudioCommand.opener("Linux", Map.of())).isEmpty();
        assertThat(StudioCommand.opener("Mac OS X", Map.of())).containsExactly("open");
    }

    @Test void doctorNamesTheLineThatMendsALack() {
        var findings = List.of(DoctorCommand.Finding.fine("JDK", "25.0.3"),
                DoctorCommand.Finding.optional("Chromium", "not found", "sudo apt-get install chromium"));
        var bytes = new ByteArrayOutputStream();
        var terminal = new Terminal(new PrintStream(bytes, true, StandardCharsets.UTF_8), System.err, false, false, 80);
        assertThat(DoctorCommand.report(terminal, findings)).isZero();
        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("fix it: sudo apt-get install chromium",
                "Everything needed is here; 1 optional missing.");
        assertThat(DoctorCommand.report(terminal, List.of(DoctorCommand.Finding.needed("JDK", "24", "install 25")))).isEqualTo(1);
        assertThat(lyceum("doctor").out()).contains("JDK", "CPU", "backend", "memory", "disk");
    }

    @Test void doctorSaysWhyThereIsNoMachineCode() {
        var run = ForkedJvm.of(Main.class).withFlags("-Dlyceum.code.most=0").withArguments("doctor").run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output().replaceAll("\\s+", " ")).containsPattern(
                "backend .*; no machine code: backend x86: (the system refuses executable memory \\(SELinux or seccomp\\)|machine code is made for Linux)");
    }

    @Test void doctorNamesASettingThatIsWrong() {
        for (var setting : new String[][] {{"LYCEUM_BACKEND", "opencl"}, {"LYCEUM_CPU", "sse"}, {"LYCEUM_THREADS", "many"}}) {
            var run = ForkedJvm.of(Main.class).withEnvironment(setting[0], setting[1]).withArguments("doctor").run();
            assertThat(run.exitCode()).as(run.output()).isEqualTo(1);
            assertThat(run.output()).contains("\"" + setting[1] + "\"", "fix it: unset " + setting[0]).doesNotContain("Exception");
        }
    }
}
