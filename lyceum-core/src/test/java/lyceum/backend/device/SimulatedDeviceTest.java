package lyceum.backend.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import lyceum.backend.Backend;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class SimulatedDeviceTest {
    private static final long KB = 1024;

    private static SimulatedDevice device(DeviceModel model, Placement placement) {
        return new SimulatedDevice(model, Backend.named("scalar"), placement);
    }

    private static Tensor on(SimulatedDevice device, Supplier<Tensor> body) {
        var result = new Tensor[1];
        Backend.with(device.backend(), () -> result[0] = body.get().compute());
        return result[0];
    }

    private static Tensor matrix(int seed, long... shape) { return Tensor.randn(Rng.of(seed), shape).compute(); }

    @Test void operandsCrossTheBusOnce() {
        var device = device(DeviceModel.H100, Placement.device());
        Tensor a = matrix(1, 64, 64), b = matrix(2, 64, 64);
        var product = on(device, () -> a.matmul(b));
        on(device, () -> product.matmul(b));
        var report = device.report();
        assertThat(report.bytesIn()).isEqualTo(2 * 16 * KB);
        assertThat(report.bytesOut()).isZero();
        assertThat(report.peak()).isEqualTo(4 * 16 * KB);
        assertThat(report.rows()).hasSize(1).first().satisfies(row -> {
            assertThat(row.operator()).isEqualTo("matmul");
            assertThat(row.onDevice()).isTrue();
            assertThat(row.calls()).isEqualTo(2);
            assertThat(row.bytesIn()).isEqualTo(2 * 16 * KB);
        });
        assertThat(product.toDoubleArray()).containsExactly(a.matmul(b).toDoubleArray(), within(1e-4));
    }

    @Test void whatTheDeviceLacksRunsOnTheCpuAndComesBackForIt() {
        var device = device(DeviceModel.H100, Placement.device());
        Tensor a = matrix(1, 64, 64);
        var square = on(device, () -> a.matmul(a));
        on(device, () -> square.sort(1).values());
        on(device, () -> square.matmul(a));
        var report = device.report();
        assertThat(report.rows()).extracting(SimulatedDevice.Row::operator).containsExactly("matmul", "sort");
        assertThat(report.rows()).extracting(SimulatedDevice.Row::onDevice).containsExactly(true, false);
        assertThat(report.bytesIn()).isEqualTo(16 * KB);
        assertThat(report.bytesOut()).isEqualTo(16 * KB);
        assertThat(report.schedule().busy(DeviceSimulation.Engine.COPY_OUT)).isEqualTo(DeviceModel.H100.busTime(16 * KB));
    }

    @Test void theFasterPlaceIsTakenCallByCall() {
        var slowBus = DeviceModel.H100.withBusBytes(1e9);
        var device = device(slowBus, Placement.faster());
        Tensor small = matrix(1, 8, 8), large = matrix(2, 256, 256);
        on(device, () -> small.matmul(small));
        on(device, () -> large.matmul(large)); // 335 us on the CPU; 262 us over the bus
        on(device, () -> large.add(1)); // 26 us on the CPU; nothing to copy any more
        assertThat(device.report().rows()).extracting(r -> r.operator() + " " + r.onDevice()).containsExactly("matmul false", "matmul true",
                "run true");
        assertThat(device.report().bytesIn()).isEqualTo(256 * KB);
    }

    @Test void valuesLongUnusedGiveWay() {
        var device = device(DeviceModel.H100.withCapacity(50 * KB), Placement.device());
        List<Tensor> held = new ArrayList<>(); // what Java has collected makes room of itself
        for (int i = 0; i < 3; i++) held.add(matrix(i, 64, 64));
        held.add(on(device, () -> held.get(0).neg())); // 32 of 50 KB
        held.add(on(device, () -> held.get(1).neg())); // of the 64 KB the oldest 16 give way, which the CPU has too
        assertThat(device.report().peak()).isEqualTo(48 * KB);
        assertThat(device.report().evictions()).isEqualTo(1);
        assertThat(device.report().bytesOut()).isZero();
        held.add(on(device, () -> held.get(2).matmul(held.get(1)))); // 32 KB more: both results give way, of which only the device had them
        assertThat(device.report().evictions()).isEqualTo(3);
        assertThat(device.report().bytesOut()).isEqualTo(2 * 16 * KB);
        held.add(on(device, () -> held.get(3).neg())); // comes back
        assertThat(device.report().bytesIn()).isEqualTo(4 * 16 * KB);
        held.add(matrix(9, 128, 128));
        held.add(on(device, () -> held.getLast().neg()));
        assertThat(device.report().rows()).last().satisfies(r -> assertThat(r.onDevice()).as("64 KB do not fit at all").isFalse());
    }

    @Test void whatIsWrittenInPlaceIsCopiedInFirst() {
        var device = device(DeviceModel.H100, Placement.device());
        var x = matrix(1, 64, 64).copy();
        Backend.with(device.backend(), () -> x.add_(1));
        assertThat(device.report().bytesIn()).isGreaterThanOrEqualTo(16 * KB);
        assertThat(device.report().peak()).isLessThan(17 * KB);
    }

    @Test void aFetchIsChargedOnce() {
        var device = device(DeviceModel.H100, Placement.device());
        var y = on(device, () -> matrix(1, 64, 64).exp());
        assertThat(device.report().bytesOut()).isZero();
        device.fetch(y.view());
        device.fetch(y.view());
        assertThat(device.report().bytesOut()).isEqualTo(16 * KB);
    }
}
