package lyceum.studio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs in {@code examples}, run as their first lines say. */
class ExampleProgramsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize(), MODELS = ROOT.resolve(".lyceum/models");

    @TempDir private Path folder;

    @Test void allCompile() throws IOException {
        var sources = new LinkedHashMap<String, String>();
        try (var files = Files.newDirectoryStream(ROOT.resolve("examples"), "*.java")) {
            for (var file : files) sources.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
        }
        assertThat(sources).containsKeys("ReadText", "FindSpeech");
        assertThat(Compilation.problems(folder, sources)).isEmpty();
    }

    private List<String> run(String program, String... args) throws IOException, InterruptedException {
        var words = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), "--add-modules",
                "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "examples/" + program + ".java"));
        words.addAll(List.of(args));
        var out = folder.resolve("out");
        var err = folder.resolve("err");
        int status = new ProcessBuilder(words).directory(ROOT.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile()).start()
                .waitFor();
        assertThat(status).as(Files.readString(err)).isZero();
        return Files.readAllLines(out);
    }

    @Tag("slow")
    @Test void textIsReadAndSpeechIsFound() throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.exists(MODELS.resolve("ppocr_keys_v1.txt")) && Files.exists(MODELS.resolve("silero_vad_v5.onnx")),
                "not here: PP-OCRv4 and Silero (tools/fetch-models)");
        assertThat(run("ReadText", "examples/invoice.png", ".lyceum/models")).hasSize(4).first().asString().contains("Harbour Books");
        assertThat(run("FindSpeech", "examples/speech.wav", ".lyceum/models/silero_vad_v5.onnx"))
                .containsExactly("speech from 0.77 s to 2.97 s", "speech from 4.10 s to 5.31 s");
    }
}
