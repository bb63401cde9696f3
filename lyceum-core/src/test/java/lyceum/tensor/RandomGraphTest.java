package lyceum.tensor;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Backend;
import lyceum.backend.x86.X86Backend;
import lyceum.backend.x86.machine.Cpu;
import lyceum.testing.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random programs: every backend, fused and unfused, gives what the scalar one gives in F64, forward and backward. */
class RandomGraphTest {
    private static final int PLAIN = 300, MANY = 10_000;
    /** In units of the last place of a result's largest value: 9 million in F64, where rounding grows along a chain of 14, and 1700 in F32. */
    private static final double F64 = 1e-9, F32 = 2e-4;

    private static Map<String, Backend> backends() {
        var backends = new LinkedHashMap<String, Backend>();
        backends.put("scalar", Backend.named("scalar"));
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) backends.put("vector", Backend.named("vector"));
        if (Cpu.unavailable() != null) return backends;
        var fallback = Backend.named("scalar");
        backends.put("x86", new X86Backend(fallback));
        if (Cpu.current().vectorBits() == 512) backends.put("x86 avx2", new X86Backend(fallback, Cpu.current().limitedTo("avx2")));
        return backends;
    }

    /** The value, then the gradient of its sum of squares for each input. */
    private static double[][] run(Backend backend, Fusion.Mode mode, RandomGraph graph, DType type, boolean backward) {
        var in = graph.inputs();
        var results = new double[backward ? 1 + in.length : 1][];
        Backend.with(backend, () -> Fusion.with(mode, () -> {
            var typed = new Tensor[in.length];
            for (int i = 0; i < in.length; i++) typed[i] = backward ? in[i].to(type).requiresGrad() : in[i].to(type).compute();
            var value = graph.evaluate(typed);
            results[0] = value.toDoubleArray();
            if (!backward) return;
            value.square().mul(0.5).sum().backward();
            for (int i = 0; i < in.length; i++) results[1 + i] = typed[i].grad() == null ? new double[0] : typed[i].grad().toDoubleArray();
        }));
        return results;
    }

    private static void close(String what, double[][] expected, double[][] actual, double tolerance) {
        for (int k = 0; k < expected.length; k++) {
            double scale = 1;
            for (double e : expected[k]) if (Math.abs(e) < 1e300) scale = Math.max(scale, Math.abs(e));
            for (int i = 0; i < expected[k].length; i++) {
                double e = expected[k][i], a = actual[k][i];
                if (e == a || Double.isNaN(e) && Double.isNaN(a)) continue;
                if (!(Math.abs(e - a) <= tolerance * scale))
                    throw new AssertionError(what + (k == 0 ? ": value " : ": gradient of input " + (k - 1) + ", element ") + i + " is " + a
                            + ", the scalar backend in F64 gives " + e);
            }
        }
    }

    private static void everyBackendAgrees(RandomGraph graph) {
        var expected = run(Backend.named("scalar"), Fusion.Mode.OFF, graph, DType.F64, true);
        for (var backend : backends().entrySet())
            for (var mode : EnumSet.complementOf(EnumSet.of(Fusion.Mode.SHAPES)))
                close(backend.getKey() + ", fusion " + mode, expected, run(backend.getValue(), mode, graph, DType.F64, true), F64);
    }

    private static void floatsAreNearDoubles(RandomGraph graph) {
        var expected = run(Backend.named("scalar"), Fusion.Mode.OFF, graph, DType.F64, false);
        for (var backend : backends().entrySet())
            close(backend.getKey() + " in F32", expected, run(backend.getValue(), Fusion.Mode.ALWAYS, graph, DType.F32, false), F32);
    }

    @Test void randomProgramsAgreeForwardAndBackward() {
        Property.of(RandomGraph.generator(false)).withRuns(PLAIN).holds(RandomGraphTest::everyBackendAgrees);
    }

    @Test void randomProgramsInF32AreNearF64() {
        Property.of(RandomGraph.generator(true)).withRuns(PLAIN).holds(RandomGraphTest::floatsAreNearDoubles);
    }

    /** Found by the many: halves of a vector were taken by an instruction that reaches sixteen of the thirty-two registers. */
    @Test void manyValuesOfTwoTypesAreAliveAtOnce() {
        int[][] steps = {{0, 0, 0}, {0, 0, 0}, {20, 0, 0}, {2, 8, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {24, 9, 0},
                {24, 0, 0}, {0, 0, 0}, {7, 16, 15}};
        floatsAreNearDoubles(new RandomGraph(1, 2, Arrays.stream(steps).map(s -> new RandomGraph.Step(s[0], s[1], s[2])).toList(), 0));
    }

    @Tag("heavy")
    @Test void manyRandomProgramsAgreeForwardAndBackward() {
        Property.of(RandomGraph.generator(false)).withRuns(MANY).withSeed(2).holds(RandomGraphTest::everyBackendAgrees);
        Property.of(RandomGraph.generator(true)).withRuns(MANY).withSeed(3).holds(RandomGraphTest::floatsAreNearDoubles);
    }
}
