package lyceum.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.lang.reflect.UndeclaredThrowableException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.ForkedJvm;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** What a profile sees, counts and writes. */
class ProfileTest {

    private static Profile.Row row(Profile profile, String operation) {
        return profile.rows().stream().filter(r -> r.operation().equals(operation)).findFirst()
                .orElseThrow(() -> new AssertionError(operation + " is missing in\n" + profile));
    }

    @Test void everyKernelIsARowWithItsWork() {
        var a = Tensor.randn(Rng.of(1), 64, 32).compute();
        var b = Tensor.randn(Rng.of(2), 32, 48).compute();
        try (var profile = Profile.start()) {
            for (int i = 0; i < 5; i++) a.matmul(b);
            Tensor.ones(64, 32).compute();
            a.mul(2).add(b.sum().reshape(1, 1).compute()).relu().compute();
            a.square().sum(0);
            var product = row(profile, "matmul");
            assertThat(product.calls()).isEqualTo(5);
            assertThat(product.shape()).isEqualTo("(64, 32) (32, 48) (64, 48)");
            assertThat(product.type()).isEqualTo("f32");
            assertThat(product.operations()).isEqualTo(5 * 2.0 * 64 * 32 * 48);
            assertThat(product.bytes()).isEqualTo(5 * 4.0 * (64 * 32 + 32 * 48 + 64 * 48));
            assertThat(product.ofRoofline()).isGreaterThan(0);
            var chain = row(profile, "mul+add+relu");
            assertThat(chain.calls()).isEqualTo(1);
            assertThat(chain.shape()).isEqualTo("(64, 32)");
            assertThat(chain.operations()).isEqualTo(3.0 * 64 * 32);
            assertThat(chain.bytes()).as("the broadcast number counts once").isEqualTo(4.0 * (2 * 64 * 32 + 1));
            assertThat(profile.rows().stream().mapToDouble(Profile.Row::share).sum()).isCloseTo(1, Offset.offset(1e-9));
            assertThat(profile.rows()).isSortedAccordingTo(Comparator.comparingDouble(Profile.Row::seconds).reversed());
            assertThat(profile.toString()).contains("operation", "of roofline", "mul+add+relu", "GFLOP/s").contains(" s in kernels of ");
        }
    }

    @Test void theSameCallsAreTheSameRowAndOtherTypesAreOthers() {
        try (var profile = Profile.start()) {
            for (var type : new DType[] {DType.F32, DType.F64, DType.F64}) Tensor.ones(type, 1000).mul(3).exp().compute();
            assertThat(profile.rows()).filteredOn(r -> r.operation().equals("mul+exp")).extracting(Profile.Row::type)
                    .containsExactlyInAnyOrder("f32", "f64");
            assertThat(profile.rows()).filteredOn(r -> r.type().equals("f64")).extracting(Profile.Row::calls).containsExactly(2L);
        }
    }

    @Test void profilesMayOverlapAndEndWithoutATrace() {
        var plain = Backend.current();
        var outer = Profile.start();
        Tensor.ones(1000).add(1).compute();
        try (var inner = Profile.start()) {
            Tensor.ones(1000).add(1).compute();
            assertThat(Backend.current()).isNotSameAs(plain);
            assertThat(Backend.current().name()).isEqualTo(plain.name());
            assertThat(Backend.current()).isSameAs(Backend.current());
            assertThat(inner.rows()).singleElement().extracting(Profile.Row::calls).isEqualTo(1L);
        }
        outer.close();
        outer.close();
        assertThat(Backend.current()).isSameAs(plain);
        Tensor.ones(1000).add(1).compute();
        double seconds = outer.seconds();
        assertThat(outer.rows()).singleElement().extracting(Profile.Row::calls).isEqualTo(2L);
        assertThat(outer.seconds()).isEqualTo(seconds);
    }

    @Test void anErrorInAKernelArrivesAsItIs() {
        try (var profile = Profile.start()) {
            assertThatThrownBy(() -> Backend.current().run(null, new View[0], new View[0])).isInstanceOf(RuntimeException.class)
                    .isNotInstanceOf(UndeclaredThrowableException.class);
        }
    }

    @Test void otherThreadsAndScopedBackendsAreSeen() throws InterruptedException {
        try (var profile = Profile.start()) {
            Thread.ofPlatform().start(() -> Tensor.ones(1000).add(1).compute()).join();
            Backend.with(Backend.named("scalar"), () -> Tensor.ones(1000).add(1).compute());
            assertThat(row(profile, "add").calls()).isEqualTo(2);
        }
    }

    @SuppressWarnings("unchecked") private static List<Map<String, Object>> events(Path file) throws IOException {
        return (List<Map<String, Object>>) JsonMapper.shared().readValue(Files.readString(file), Map.class).get("traceEvents");
    }

    @Test void theTraceIsJsonWithAnEventACall(@TempDir Path folder) throws IOException {
        var file = folder.resolve("trace.json");
        try (var profile = Profile.start()) {
            for (int i = 0; i < 3; i++) Tensor.ones(1000).add(i).compute();
            profile.writeTrace(file);
        }
        var calls = events(file).stream().filter(e -> e.get("ph").equals("X")).toList();
        assertThat(calls).hasSize(3).allSatisfy(e -> {
            assertThat(e.get("name")).isEqualTo("add");
            assertThat(((Number) e.get("dur")).doubleValue()).isPositive();
            assertThat(e.get("args")).isEqualTo(Map.of("shape", "(1000,)", "type", "f32"));
        });
        ChromeTrace.write(file, List.of(new Profile.Event("a\"b\\c\n\u0001\u00e9\ud83d\ude00", "", "", 5, 7, 1)),
                Map.of(1L, "main \"thread\""), 2);
        assertThat(events(file).getLast().get("name")).isEqualTo("a\"b\\c\n\u0001\u00e9\ud83d\ude00");
        assertThat(events(file).getFirst().get("args")).isEqualTo(Map.of("name", "main \"thread\""));
    }

    /** Some work, for a JVM that is profiled from outside. */
    public static final class Main {
        public static void main(String[] args) { System.out.println(Tensor.ones(50, 50).matmul(Tensor.ones(50, 50)).item(0, 0)); }
    }

    @Test void theEnvironmentProfilesAWholeRun(@TempDir Path folder) throws IOException {
        var file = folder.resolve("run.json");
        var run = ForkedJvm.of(Main.class).withEnvironment("LYCEUM_PROFILE", file.toString()).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("50.0").contains("matmul").contains("of roofline");
        assertThat(events(file)).anySatisfy(e -> assertThat(e.get("name")).isEqualTo("matmul"));
        assertThat(ForkedJvm.of(Main.class).run().output()).doesNotContain("of roofline");
    }

    @Test void theRooflineIsMeasuredOnce() {
        var roofline = Roofline.measured();
        assertThat(roofline).isSameAs(Roofline.measured());
        assertThat(roofline.operations()).isGreaterThanOrEqualTo(roofline.operationsAlone()).isGreaterThan(1e8);
        assertThat(roofline.bytes()).isGreaterThanOrEqualTo(roofline.bytesAlone()).isGreaterThan(1e8);
        assertThat(roofline.seconds(1, roofline.bytes(), false, false)).isEqualTo(1);
        assertThat(roofline.seconds(roofline.operationsAlone(), 1, true, true)).isEqualTo(2);
    }

    @Test void thePeakIsThatOfMachineCodeWhereThereIsSome() {
        assumeThat(Backend.current().name()).isEqualTo("x86");
        assertThat(Roofline.multiplyAdds().getClass().getSimpleName()).isEqualTo("FmaPeak");
        assertThat(Roofline.multiplyAdds().applyAsDouble(1e6)).isBetween(0.99e6, 1.01e6);
    }
}
