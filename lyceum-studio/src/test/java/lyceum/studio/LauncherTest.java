package lyceum.studio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The bash script that starts everything, in the surroundings that broke it. */
@Timeout(60)
@EnabledOnOs(value = OS.LINUX, disabledReason = "the launcher's tests use Linux's bash, kill and script")
class LauncherTest {

    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    private record Said(int code, String text) {}

    /** A line of bash that has the launcher's functions, and {@code .lyceum} in a folder of the test's own. */
    private static Process start(Path state, Map<String, String> env, String line) throws IOException {
        var builder = new ProcessBuilder("bash", "-c",
                "ROOT='" + ROOT + "'; STATE='" + state + "'; source \"$ROOT/tools/launcher/ground.sh\"; " + line).redirectErrorStream(true)
                .redirectInput(new File("/dev/null"));
        builder.environment().putAll(env);
        return builder.start();
    }

    private static Said end(Process process) throws IOException, InterruptedException {
        var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(process.waitFor(), text.strip());
    }

    private static Said run(Path state, Map<String, String> env, String line) throws IOException, InterruptedException {
        return end(start(state, env, line));
    }

    @Test void localeWithoutUtf8IsReplacedAndAnotherIsKept(@TempDir Path state) throws Exception {
        assertThat(run(state, Map.of("LC_ALL", "C"), "echo $LC_ALL").text()).isEqualTo("C.UTF-8");
        assertThat(run(state, Map.of("LC_ALL", "", "LC_CTYPE", "", "LANG", "de_DE"), "echo $LC_ALL").text()).isEqualTo("C.UTF-8");
        assertThat(run(state, Map.of("LC_ALL", "C.utf8"), "echo $LC_ALL").text()).isEqualTo("C.utf8");
    }

    @Test void terminalIsSeenWhereTheAnswerGoesThere(@TempDir Path state) throws Exception {
        assertThat(run(state, Map.of(), "terminal_flags; echo ${terminal[0]}").text()).isEqualTo("-Dlyceum.tty=");
        var script = Files.writeString(state.resolve("ask"),
                "ROOT='" + ROOT + "'; STATE=.; source \"$ROOT/tools/launcher/ground.sh\"; terminal_flags; echo ${terminal[0]}\n");
        assertThat(end(new ProcessBuilder("script", "-qec", "bash " + script, "/dev/null").redirectInput(new File("/dev/null")).start())
                .text()).contains("-Dlyceum.tty=12");
    }

    @Test void jarThatVanishedIsNoticed(@TempDir Path state) throws Exception {
        var there = Files.createFile(state.resolve("a b.jar"));
        Files.writeString(state.resolve("classpath"), there + ":" + state.resolve("gone.jar") + ":" + there);
        assertThat(run(state, Map.of(), "lost_jar").text()).isEqualTo(state.resolve("gone.jar").toString());
        Files.writeString(state.resolve("classpath"), there + ":" + there);
        assertThat(run(state, Map.of(), "lost_jar").text()).isEmpty();
    }

    @Test void interruptEndsWith130AsEverywhereElse(@TempDir Path state) throws Exception {
        var process = start(state, Map.of(), "filtered sh -c 'echo ready; exec sleep 50'");
        assertThat(process.inputReader().readLine()).isEqualTo("ready");
        new ProcessBuilder("kill", "-INT", String.valueOf(process.pid())).start().waitFor();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(130);
    }

    @Test void commandsThatTakeNoOptionRefuseOne() throws Exception {
        for (var words : List.of(List.of("refresh", "--nope"), List.of("javadoc", "--nope"), List.of("build", "x"))) {
            var command = new ArrayList<>(List.of(ROOT.resolve("lyceum").toString()));
            command.addAll(words);
            var said = end(new ProcessBuilder(command).redirectErrorStream(true).start());
            assertThat(said.code()).as(said.text()).isEqualTo(2);
            assertThat(said.text()).contains("unknown option " + words.getLast());
        }
    }

    @Test void folderWithAColonIsReachedByALinkWithoutOne(@TempDir Path home) throws Exception {
        var clone = Files.createDirectories(home.resolve("a:b ä"));
        Files.createDirectories(clone.resolve("tools/launcher"));
        for (var file : List.of("lyceum", "tools/launcher/ground.sh")) {
            Files.copy(ROOT.resolve(file), clone.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
        }
        var builder = new ProcessBuilder(clone.resolve("lyceum").toString(), "build", "--nope").redirectErrorStream(true);
        builder.environment().put("XDG_CACHE_HOME", home.resolve("cache").toString());
        assertThat(end(builder.start()).code()).isEqualTo(2);
        try (var links = Files.list(home.resolve("cache/lyceum"))) {
            assertThat(links.toList()).singleElement().satisfies(link -> assertThat(link.toRealPath()).isEqualTo(clone.toRealPath()));
        }
    }
}
