package lyceum.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Test;

class BestLoopsTest {
    private static String chosen(String backend) {
        var run = ForkedJvm.of(BestLoops.class).withEnvironment("LYCEUM_BACKEND", backend).within(Duration.ofSeconds(60)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        return run.output();
    }

    /** The first of both needs a module and vectors of eight floats, which this JVM has where the backend of that name is. */
    @Test void whoAsksForPlainLoopsGetsThemEverywhere() {
        assertThat(chosen("scalar")).contains("Plain and Plain and OneByOne");
        assertThat(chosen("vector")).contains("VectorRowDots and VectorButterflies and OneByOne");
    }
}
