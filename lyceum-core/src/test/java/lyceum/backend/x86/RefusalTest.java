package lyceum.backend.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import lyceum.backend.x86.machine.Cpu;
import lyceum.testing.ForkedJvm;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where machine code cannot run, the next backend computes and one line says why. */
class RefusalTest {
    @BeforeEach void onlyWhereMachineCodeRuns() { assumeThat(Cpu.unavailable()).isNull(); }

    private static void computesElsewhere(ForkedJvm.Result run, String reason) {
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).containsOnlyOnce("Without machine code: backend x86: " + reason).doesNotContain("Exception");
        assertThat(run.output().lines().filter(line -> line.matches("(WARNING|INFO): .*") && !line.contains("incubator"))).as(run.output())
                .hasSize(1);
        assertThat(run.output().lines().toList().getLast()).matches("-?\\d+\\.\\d+");
    }

    /** The JVM's own code memory is committed before. */
    @Test void pagesThatTheSystemDoesNotMakeExecutable() {
        var run = ForkedJvm.of(RefusedPages.class)
                .withFlags("-XX:-SegmentedCodeCache", "-XX:InitialCodeCacheSize=64m", "-XX:ReservedCodeCacheSize=64m").run();
        assumeThat(run.output()).contains("pages are refused");
        computesElsewhere(run, "the system refuses executable memory (SELinux or seccomp)");
    }

    @Test void noMemoryForCodeAtAll() {
        computesElsewhere(ForkedJvm.of(OneProduct.class).withFlags("-Dlyceum.code.most=0").run(),
                "the system refuses executable memory (SELinux or seccomp)");
    }

    @Test void anotherSystem() {
        computesElsewhere(ForkedJvm.of(OneProduct.class).withFlags("-Dos.name=Plan 9").run(),
                "machine code is made for Linux on x86-64, not for Plan 9 on amd64");
    }

    @Test void aSettingThatDoesNotExistIsNamed() {
        for (var setting : new String[][] {{"LYCEUM_CPU", "sse", "LYCEUM_CPU is \"sse\"; it is avx2, avx512 or all"},
                {"LYCEUM_BACKEND", "tpu", "backend \"tpu\" does not exist; there are scalar, vector, x86, simt and cuda"},
                {"LYCEUM_FUSE", "maybe", "LYCEUM_FUSE is \"maybe\"; it is on, off or always"},
                {"LYCEUM_THREADS", "0", "LYCEUM_THREADS (or lyceum.threads) is 0; it is at least 1"}}) {
            var run = ForkedJvm.of(OneProduct.class).withEnvironment(setting[0], setting[1]).run();
            assertThat(run.exitCode()).isNotZero();
            assertThat(run.output()).contains("IllegalArgumentException: " + setting[2]).doesNotContain("Initializer");
        }
    }

    @Test void everySettingComputesTheProduct() {
        double[] results = new double[6];
        String[][] settings = {{"LYCEUM_BACKEND", "scalar"}, {"LYCEUM_BACKEND", "vector"}, {"LYCEUM_BACKEND", "x86"},
                {"LYCEUM_CPU", "avx2"}, {"LYCEUM_CPU", "avx512"}, {"LYCEUM_FUSE", "off"}};
        for (int i = 0; i < settings.length; i++) {
            var run = ForkedJvm.of(OneProduct.class).withEnvironment(settings[i][0], settings[i][1]).run();
            assertThat(run.exitCode()).as(run.output()).isZero();
            results[i] = Double.parseDouble(run.output().lines().toList().getLast());
            assertThat(results[i]).isCloseTo(results[0], Offset.offset(1e-3));
        }
    }
}
