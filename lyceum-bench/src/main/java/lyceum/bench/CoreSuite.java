package lyceum.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Tensor operations on one thread beside libtorch. */
final class CoreSuite {
    private final CorePeer peer = CorePeer.find();
    private final List<Row> rows = new ArrayList<>();
    private final Consumer<Row> listener;

    CoreSuite(Consumer<Row> listener) { this.listener = listener; }

    List<Row> run() {
        Parallel.sequentially(this::all);
        return rows;
    }

    private void all() {
        var backend = Backend.current().name();
        int small = 4;
        var a4 = Tensor.randn(Rng.of(1), small, small).compute();
        var b4 = Tensor.randn(Rng.of(2), small, small).compute();
        time("add (with its allocation), " + backend, "4x4", 1e6, "us", () -> a4.add(b4).compute(), peer == null ? null : peer.add(small));
        var x = Tensor.randn(Rng.of(3), 1 << 20).compute();
        time("x*a, " + backend, "1M", 1e6, "us", () -> x.mul(1.5).compute(), peer == null ? null : peer.scale(1 << 20));
        time("relu(x*a+b)*c, " + backend, "1M", 1e6, "us", () -> x.mul(1.5).add(0.5).relu().mul(0.3).compute(), peer == null ? null : peer.chain(1 << 20));
        against("relu(x*a+b)*c over x*a, " + backend, () -> x.mul(1.5).compute(), () -> x.mul(1.5).add(0.5).relu().mul(0.3).compute());
        for (int n : new int[] {64, 256, 1024}) {
            var a = Tensor.randn(Rng.of(4), n, n).compute();
            var b = Tensor.randn(Rng.of(5), n, n).compute();
            var t = Timing.pair(() -> a.matmul(b), peer == null ? null : peer.matmul(n));
            double flops = 2.0 * n * n * n * 1e-9;
            add(Row.rate("core", "matmul, " + backend, n + "x" + n, "F32", 1, flops / t[0], flops / t[1], "GFLOP/s", peerName()));
        }
        autograd();
    }

    /** What recording and sweeping cost beyond the arithmetic, for scalars. */
    private void autograd() {
        var w = Tensor.of(0.5f).requiresGrad();
        var plain = w.detach();
        int length = 100;
        Supplier<Tensor> forward = () -> {
            var y = plain;
            for (int i = 0; i < length; i++) y = y.mul(1.01);
            return y.sum();
        };
        Supplier<Object> both = () -> {
            var y = w.mul(1.01);
            for (int i = 1; i < length; i++) y = y.mul(1.01);
            y.sum().backward();
            w.zeroGrad();
            return y;
        };
        double[] t = Timing.pair(both, forward);
        // Forward and backward do two operations for each one of the plain chain; the rest is bookkeeping.
        double overhead = (t[0] - 2 * t[1]) / length;
        add(new Row("core", "autograd overhead of a scalar operation", "1", "F32", 1, overhead * 1e6, Double.NaN, "us", Double.NaN, "", Cpu.name()));
    }

    private void time(String name, String shape, double scale, String unit, Supplier<?> ours, Supplier<?> theirs) {
        var t = Timing.pair(ours, theirs);
        add(Row.time("core", name, shape, "F32", 1, t[0] * scale, t[1] * scale, unit, peerName()));
    }

    private void against(String name, Supplier<?> base, Supplier<?> more) {
        var t = Timing.pair(more, base);
        add(new Row("core", name, "1M", "F32", 1, t[0] / t[1], Double.NaN, "times", Double.NaN, "", Cpu.name()));
    }

    private String peerName() { return peer == null ? "" : peer.name(); }

    private void add(Row row) {
        rows.add(row);
        listener.accept(row);
    }
}
