package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import lyceum.backend.Parallel;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Test;

/** The same bits whatever the number of threads, and on the scalar backend whatever is fused. */
class DeterminismTest {
    @Test void resultsDoNotDependOnTheNumberOfThreads() {
        var here = "bits " + Long.toHexString(Fingerprint.bits());
        for (var threads : new String[] {"1", "2", "3", "5"}) {
            var run = ForkedJvm.of(Fingerprint.class).withFlags("-Dlyceum.threads=" + threads).run();
            assertThat(run.output()).as(threads + " threads").contains(here);
        }
        var sequential = new long[1];
        Parallel.sequentially(() -> sequential[0] = Fingerprint.bits());
        assertThat("bits " + Long.toHexString(sequential[0])).isEqualTo(here);
    }

    @Test void onTheScalarBackendFusionDoesNotChangeABit() {
        assertThat(Fingerprint.bits("scalar", Fusion.Mode.ALWAYS)).isEqualTo(Fingerprint.bits("scalar", Fusion.Mode.OFF));
        assertThat(Fingerprint.bits("scalar", Fusion.Mode.ON)).isEqualTo(Fingerprint.bits("scalar", Fusion.Mode.OFF));
    }
}
