package lyceum.models.generative.latent;

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

class RealSizePictureTest {
    @Tag("heavy")
    @Test void thePipelineOfOnePointFiveDrawsInLessThanSixGibibytes(TestReporter reporter) {
        Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/status")), "Linux says how much memory a process has had");
        var run = ForkedJvm.of(RealSizePicture.class).withFlags("-Xmx1g").within(Duration.ofMinutes(10)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("picture (1, 3, 512, 512) ");
        // What is drawn at random is a picture of no thing, but neither one colour nor lost in NaN.
        assertThat(number(run.output(), "deviation ([0-9.E-]+)")).isGreaterThan(1e-3);
        double most = number(run.output(), "most (\\d+)");
        reporter.publishEntry("most resident memory in MiB", Double.toString(most));
        assertThat(most).isLessThan(6 * 1024);
    }

    private static double number(String output, String pattern) {
        var found = Pattern.compile(pattern).matcher(output);
        assertThat(found.find()).as(output).isTrue();
        return Double.parseDouble(found.group(1));
    }
}
