package lyceum.tensor;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.Settings;
import lyceum.backend.cuda.CudaDevice;
import lyceum.backend.device.DeviceModel;
import lyceum.backend.device.KernelBackend;
import lyceum.backend.device.Placement;
import lyceum.backend.device.SimulatedDevice;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

/** Every operation of the catalogue on every back end, against plain loops. */
class BackendConformanceTest {
    private static final int SEEDS = 2;

    private final Backend scalar = Backend.named("scalar");
    private final KernelBackend simt = new KernelBackend();
    /** The largest gap over its tolerance so far, and where. */
    private double worst;
    private String where = "";
    private int compared;

    private Map<String, Backend> backends() {
        var backends = new LinkedHashMap<>(Settings.all());
        backends.put("simt", simt);
        backends.put("simulated device", new SimulatedDevice(DeviceModel.H100, Backend.current(), Placement.device()).backend());
        CudaDevice.find().ifPresent(card -> {
            if (card.canCompile()) backends.put("cuda", new KernelBackend("cuda", card.name(), card));
        });
        return backends;
    }

    private static Tensor on(Backend backend, OpCase op, Tensor[] in) {
        var result = new Tensor[1];
        Backend.with(backend, () -> result[0] = op.call().apply(in).compute());
        return result[0];
    }

    @Test
    @Acceptance(topic = "gpu-acceleration", clause = 1) void everyOperatorAgreesInF32() {
        var backends = backends();
        for (var op : OpCatalog.all()) for (int seed = 0; seed < SEEDS; seed++) {
            var in = op.draw(DType.F32, 400 + seed);
            var expected = on(scalar, op, in);
            backends.forEach((name, backend) -> see(name, op, expected, on(backend, op, in), 0));
            Parallel.sequentially(() -> see("one thread", op, expected, on(Backend.current(), op, in), 0));
        }
        assertThat(worst).as(where).isLessThanOrEqualTo(1);
        Evidence.of("operators", OpCatalog.all().size(), atLeast(200));
        Evidence.of("results compared over back ends and on one thread", compared,
                exactly(OpCatalog.all().size() * SEEDS * (backends.size() + 1)));
        Evidence.of("largest gap over 1e-5 of the largest output", worst, atMost(1));
        Evidence.of("kernels that the SIMT device launched for them", simt.launches(), atLeast(250));
    }

    @Test
    @Acceptance(topic = "gpu-acceleration", clause = 1) void everyOperatorAgreesAfter16BitStorage() {
        var backends = backends();
        for (var op : OpCatalog.all()) for (var type : new DType[] {DType.F16, DType.BF16}) for (int seed = 0; seed < SEEDS; seed++) {
            var in = op.draw(type, 500 + seed);
            var expected = on(scalar, op, in);
            backends.forEach((name, backend) -> see(name + " " + type, op, expected, on(backend, op, in), roundedWeights(name, op, in)));
        }
        assertThat(worst).as(where).isLessThanOrEqualTo(1);
        Evidence.of("results compared over back ends", compared, exactly(OpCatalog.all().size() * SEEDS * 2 * backends.size()));
        Evidence.of("largest gap over a unit in the last place and 1e-5 of the largest output", worst, atMost(1));
    }

    /** Drawn numbers are never equal; of these each is, to itself, and the zeros to one another. */
    @Test void comparisonsOfEqualNumbersAgree() {
        double[] values = {-2, -1, -0.0, 0.0, 1, 2, Double.NaN, Double.POSITIVE_INFINITY};
        int n = values.length;
        var backends = backends();
        for (var type : new DType[] {DType.F32, DType.F16, DType.BF16}) {
            Tensor x = Tensor.of(values).to(type).reshape(n, 1).compute(), y = Tensor.of(values).to(type).compute();
            backends.forEach((name, backend) -> Backend.with(backend, () -> {
                Tensor[] found = {x.eq(y), x.ne(y), x.lt(y), x.le(y), x.gt(y), x.ge(y)};
                for (int c = 0; c < found.length; c++) {
                    boolean[] of = found[c].flatten().toBooleanArray();
                    for (int i = 0; i < n * n; i++) {
                        double a = values[i / n], b = values[i % n];
                        boolean[] expected = {a == b, a != b, a < b, a <= b, a > b, a >= b};
                        assertThat(of[i]).as("comparison %d of %s and %s, %s on %s", c, a, b, type, name).isEqualTo(expected[c]);
                    }
                }
            }));
        }
    }

    /** Where BF16 is multiplied as such, so are attention's weights, rounded by up to 2^-8 each, half up and half down; they add up to 1. */
    private static double roundedWeights(String backend, OpCase op, Tensor[] in) {
        boolean multiplied = Cpu.unavailable() == null && Cpu.current().has(Feature.AVX512_BF16);
        return multiplied && (backend.startsWith("x86 all") || backend.startsWith("simulated device")) && op.name().startsWith("attention")
                && in.length > 2 && in[0].dtype() == DType.BF16 ? in[2].abs().max().item() * 0x1p-9 : 0;
    }

    private void see(String backend, OpCase op, Tensor expected, Tensor actual, double more) {
        if (expected.dtype() != actual.dtype() || !expected.shape().equals(actual.shape()))
            throw new AssertionError(op.name() + " on " + backend + ": " + actual.dtype() + " " + actual.shape());
        double[] e = expected.toDoubleArray(), a = actual.toDoubleArray();
        double largest = 0;
        for (double value : e) if (Double.isFinite(value)) largest = Math.max(largest, Math.abs(value));
        compared++;
        for (int i = 0; i < e.length; i++) {
            if (Double.compare(e[i], a[i]) == 0 || e[i] == a[i]) continue;
            double tolerance = expected.dtype().isFloat() ? 1e-5 * largest + unit(expected.dtype(), e[i]) + more : 0,
                    gap = Math.abs(e[i] - a[i]) / tolerance;
            if (gap > worst || Double.isNaN(gap)) {
                worst = gap;
                where = op.name() + " on " + backend + "[" + i + "]: " + a[i] + " for " + e[i];
            }
        }
    }

    /** A unit in the last place of a 16-bit float; 0 of others. */
    private static double unit(DType type, double value) {
        int exponent = Math.getExponent(value);
        return switch (type) {
            case F16 -> Math.scalb(1.0, Math.max(exponent, -14) - 10);
            case BF16 -> Math.scalb(1.0, Math.max(exponent, -126) - 7);
            default -> 0;
        };
    }
}
