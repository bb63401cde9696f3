package lyceum.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.tile.Autotuner;
import lyceum.backend.tile.TileDevice;
import lyceum.backend.tile.TileKernels;
import lyceum.backend.tile.TileLaunch;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** What Triton's row says about time: a product of n by n in tiles beside the backend's, the interpreter's and its own in other tiles. */
final class TileClauses {
    private record Blocks(int m, int n, int k) {
        static List<Blocks> all() {
            var all = new ArrayList<Blocks>();
            for (int m : new int[] {8, 48, 96})
                for (int n : new int[] {32, 128}) for (int k : new int[] {16, 64, 128}) all.add(new Blocks(m, n, k));
            return all;
        }
    }

    private static final TileDevice VECTOR = TileDevice.named("vector"), INTERPRETER = TileDevice.named("interpreter");

    private final AcceptanceSuite suite;
    private final int n;
    private final Tensor a, b, bias, out, product;

    TileClauses(AcceptanceSuite suite, int n) {
        this.suite = suite;
        this.n = n;
        var rng = Rng.of(336);
        a = Tensor.randn(rng, n, n).compute();
        b = Tensor.randn(rng, n, n).compute();
        bias = Tensor.zeros(n).compute();
        out = Tensor.zeros(n, n).copy();
        product = Tensor.zeros(n, n).copy();
    }

    private TileLaunch launch(Blocks blocks) {
        return TileKernels.matmul(blocks.m, blocks.n, blocks.k).bind(new int[] {Math.ceilDiv(n, blocks.m), Math.ceilDiv(n, blocks.n)},
                a.view(), b.view(), bias.view(), out.view(), n, n, n);
    }

    private static Supplier<?> on(TileDevice device, TileLaunch launch) {
        return () -> {
            launch.run(device);
            return launch;
        };
    }

    void measure() {
        var launches = Blocks.all().stream().map(this::launch).toList();
        var chosen = new Autotuner<>(launches).tune(VECTOR, launch -> launch).getFirst().configuration();
        var ours = on(VECTOR, chosen);
        var shape = n + "x" + n + "x" + n;
        suite.ratio("triton-tiles", 3, "tiles:gemm", "tiles over Gemm", shape, DType.F32, 1 / 0.3, 50, 31, ours, () -> {
            Backend.current().matmul(a.view(), b.view(), product.view());
            return product;
        });
        suite.ratio("triton-tiles", 3, "tiles:interpreter", "compiled tiles over interpreted", shape, DType.F32, 1 / 20.0, 2, 7, ours,
                on(INTERPRETER, chosen));
        suite.ratio("triton-tiles", 4, "tiles:tuner", "the tuner's tiles over the best", shape, DType.F32, 1.1, 20, 31, ours,
                on(VECTOR, exhaustiveBest(launches)));
    }

    /** By the median of 15 runs of each, in turns, after all have been compiled. */
    private static TileLaunch exhaustiveBest(List<TileLaunch> launches) {
        var seconds = new double[launches.size()][15];
        for (int r = -5; r < 15; r++) {
            for (int i = 0; i < seconds.length; i++) {
                double took = Timing.seconds(on(VECTOR, launches.get(i)), 1);
                if (r >= 0) seconds[i][r] = took;
            }
        }
        var order = new ArrayList<Integer>();
        for (int i = 0; i < seconds.length; i++) order.add(i);
        return launches.get(order.stream().min(Comparator.comparingDouble(i -> Timing.Median.of(seconds[i]).value())).orElseThrow());
    }
}
