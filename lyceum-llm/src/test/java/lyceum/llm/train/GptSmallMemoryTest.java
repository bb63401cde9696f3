package lyceum.llm.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

class GptSmallMemoryTest {
    @Tag("heavy")
    @Test void aStepOfGptTwoSmallTakesLessThanFourGibibytes(TestReporter reporter) {
        Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/status")), "Linux says how much memory a process has had");
        var run = ForkedJvm.of(GptSmallSteps.class).withFlags("-Xmx512m").within(Duration.ofMinutes(15)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("step 3, loss ");
        var most = Pattern.compile("most (\\d+)").matcher(run.output());
        assertThat(most.find()).as(run.output()).isTrue();
        reporter.publishEntry("most resident memory in MiB", most.group(1));
        assertThat(Long.parseLong(most.group(1))).isLessThan(4096);
    }
}
