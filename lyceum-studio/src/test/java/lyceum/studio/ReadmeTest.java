package lyceum.studio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a newcomer copies first runs as it stands. */
class ReadmeTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    @Test void theReadmesTenLinesRun() throws IOException {
        var code = Pattern.compile("(?s)```java\n(.*?)```").matcher(Files.readString(ROOT.resolve("README.md"))).results().findFirst()
                .orElseThrow().group(1);
        assumeThat(missing(code)).as("waits for classes that are still to come").isEmpty();
        assertThat(code.lines().filter(l -> !l.isBlank()).count()).isLessThanOrEqualTo(10);
        var lines = new ArrayList<>(code.lines().toList());
        lines.add("if (!model.converged()) throw new IllegalStateException(\"not converged\");");
        assertThat(problems(lines)).isEmpty();
    }

    @Test void theGuideToOnnxRuns(@TempDir Path folder) throws IOException {
        var code = Pattern.compile("(?s)```java\n(.*?)```").matcher(Files.readString(ROOT.resolve("docs/guides/run-an-onnx-model.md")))
                .results().findFirst().orElseThrow().group(1).replace("\"examples/", "\"" + ROOT + "/examples/")
                .replace("\"tuned.onnx\"", "\"" + folder.resolve("tuned.onnx") + "\"");
        var lines = new ArrayList<>(code.lines().filter(line -> !line.startsWith("//")).toList());
        lines.add(
                "if (!(tuned.argmax(1).eq(digits.y()).to(lyceum.DType.F32).mean().item() > 0.9)) throw new IllegalStateException(\"not trained\");");
        assertThat(problems(lines)).isEmpty();
        assertThat(folder.resolve("tuned.onnx")).isNotEmptyFile();
    }

    @Test void theShellsThreeExamplesRun() throws IOException {
        var examples = Files.readAllLines(ROOT.resolve("tools/launcher/greeting.jsh")).stream().filter(l -> l.startsWith("  ")).toList();
        assertThat(examples).hasSize(3);
        var imports = imports();
        assumeThat(imports).as("waits for classes that are still to come").contains("import lyceum.learn.linear.*;");
        var lines = new ArrayList<>(imports);
        lines.addAll(examples);
        lines.addAll(List.of("Tensor y = new Attention().of(Tensor.ones(1, 1, 2, 2), Tensor.ones(1, 1, 2, 2), Tensor.ones(1, 1, 2, 2));",
                "Layer layer = new Linear(2, 2, Rng.of(1));", "Module module = new Linear(2, 2, Rng.of(1));", "var mean = Average.MACRO;"));
        assertThat(problems(lines)).isEmpty();
    }

    /** Imported classes that do not exist. */
    private static List<String> missing(String code) {
        return Pattern.compile("import ([\\w.]+\\.[A-Z]\\w*);").matcher(code).results().map(m -> m.group(1)).filter(name -> {
            try {
                Class.forName(name, false, ReadmeTest.class.getClassLoader());
                return false;
            } catch (ClassNotFoundException e) {
                return true;
            }
        }).toList();
    }

    /** As the launcher imports them. */
    private static List<String> imports() throws IOException {
        return Files.readAllLines(ROOT.resolve("tools/launcher/imports.jsh")).stream().filter(line -> line.startsWith("import ")).toList();
    }

    private static List<String> problems(List<String> lines) {
        var problems = new ArrayList<String>();
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        try (var shell = JShell.builder().executionEngine("local").compilerOptions("-classpath", classPath).build()) {
            for (var line : lines) {
                for (var event : shell.eval(line)) {
                    if (event.exception() != null) {
                        problems.add(line.strip() + ": " + event.exception());
                    } else if (event.status() == Snippet.Status.REJECTED) {
                        shell.diagnostics(event.snippet()).forEach(d -> problems.add(line.strip() + ": " + d.getMessage(Locale.ROOT)));
                    }
                }
            }
        }
        return problems;
    }
}
