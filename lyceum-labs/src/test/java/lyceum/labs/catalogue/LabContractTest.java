package lyceum.labs.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Labs beside those of networks, and the contract itself. */
class LabContractTest {

    private static final int MOST_LINES = 100;

    /** Half of the work, so that two JVMs can share it. */
    static final Predicate<String> NETWORKS = Pattern.compile("lyceum\\.labs\\.(nn|models|llm)\\..*").asMatchPredicate();

    @TestFactory Stream<DynamicTest> everyLabKeepsTheContract() { return LabContract.tests(NETWORKS.negate()); }

    @Test void contractHoldsForAGoodLabAndNamesWhatIsWrongWithOthers() {
        assertThat(LabContract.problems(LabContract.run("lyceum.labs.dummy.GoodLab"))).isEmpty();
        assertThat(LabContract.problems(LabContract.run("lyceum.labs.dummy.FailingCheckLab")))
                .contains("check 'gap' is 2 and should be below 1", "it draws nothing and shows no table");
        assertThat(LabContract.problems(LabContract.run("lyceum.labs.dummy.UglyLab"))).contains("figure 'No words' has no description",
                "figure 'No words' has an axis without a label");
    }

    /** What is more is proof, and belongs in tests. */
    @Test void noLabIsLongerThanAHundredLines() throws IOException {
        try (var files = Files.walk(Path.of("src/main/java/lyceum/labs"))) {
            var longer = files.filter(f -> f.toString().endsWith("Lab.java"))
                    .filter(f -> !f.getFileName().toString().matches("(Running|Describing)?Lab\\.java")).filter(f -> lines(f) > MOST_LINES)
                    .map(f -> f.getFileName() + " has " + lines(f)).sorted();
            assertThat(longer).isEmpty();
        }
    }

    /** Imports and empty lines apart. */
    private static int lines(Path file) {
        try {
            return (int) Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("import ") && !line.startsWith("package ")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test void sameSeedGivesTheSameNumbers() {
        assertThat(LabContract.run("lyceum.labs.dummy.GoodLab").checks()).isEqualTo(LabContract.run("lyceum.labs.dummy.GoodLab").checks());
    }
}
