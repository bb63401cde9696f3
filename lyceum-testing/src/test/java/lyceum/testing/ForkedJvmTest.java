package lyceum.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class ForkedJvmTest {

    /** Does what its first argument says. */
    static final class Child {
        public static void main(String[] args) {
            switch (args[0]) {
                case "say" ->
                        System.out.println(System.getenv("GREETING") + " " + Runtime.getRuntime().maxMemory() / (1 << 20) + " " + args[1]);
                case "exit" -> System.exit(3);
                case "halt" -> Runtime.getRuntime().halt(134);
                case "throw" -> throw new IllegalStateException("planted");
                case "fill" -> {
                    var filled = new byte[100 << 20];
                    Arrays.fill(filled, (byte) 1);
                    System.out.println(filled[filled.length / 2]);
                }
                default -> {
                    while (true) {
                        LockSupport.parkNanos(1_000_000_000);
                    }
                }
            }
        }
    }

    private static final ForkedJvm JVM = ForkedJvm.of(Child.class).withFlags("-Xmx256m", "-XX:+UseSerialGC");

    @Test void flagsEnvironmentAndArgumentsReachIt() {
        var run = JVM.withEnvironment("GREETING", "hello").withArguments("say", "again").run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).matches("(?s).*hello 24\\d again.*");
    }

    @Test void exitCodesAreTold() {
        assertThat(JVM.withArguments("exit").run().exitCode()).isEqualTo(3);
        assertThat(JVM.withArguments("halt").run().exitCode()).isEqualTo(134);
        var thrown = JVM.withArguments("throw").run();
        assertThat(thrown.exitCode()).isEqualTo(1);
        assertThat(thrown.output()).contains("planted");
    }

    @Test void peakOfTheResidentSizeIsTold() {
        long full = JVM.withArguments("fill").run().peakResidentBytes();
        long empty = JVM.withEnvironment("GREETING", "x").withArguments("say", "y").run().peakResidentBytes();
        assertThat(full - empty).isGreaterThan(80L << 20);
    }

    @Test void jvmThatNeverEndsIsKilled() {
        assertThat(JVM.withArguments("hang").within(Duration.ofMillis(500)).run().exitCode()).isEqualTo(-1);
    }
}
