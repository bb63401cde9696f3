package lyceum.bench;

import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** What a call costs, and a few operations of each kind. */
final class CoreSuite implements Suite {
    private static final int CHAIN = 100;
    private static final int MILLION = 1 << 20;

    @Override public void measure(SideBySide bench) {
        tiny(bench);
        var x = Tensor.randn(Rng.of(3), MILLION).compute();
        Supplier<?> scale = () -> x.mul(1.5).compute(), chain = () -> x.mul(1.5).add(0.5).relu().mul(0.3).compute();
        bench.measure(new Case("x*a", "1M", DType.F32, Unit.MICROSECONDS).beside("scale", Map.of("n", MILLION)), () -> scale);
        bench.measure(new Case("relu(x*a+b)*c", "1M", DType.F32, Unit.MICROSECONDS).beside("chain", Map.of("n", MILLION))
                .besideOurs("our x*a", Double.NaN, () -> scale), () -> chain);
        for (int n : new int[] {64, 256, 1024}) GemmSuite.square(bench, n);
    }

    private static void tiny(SideBySide bench) {
        var a = Tensor.randn(Rng.of(1), 4, 4).compute();
        var b = Tensor.randn(Rng.of(2), 4, 4).compute();
        bench.measure(new Case("add (with its allocation)", "4x4", DType.F32, Unit.MICROSECONDS).beside("add", Map.of("n", 4)).atMost(0.15),
                () -> () -> a.add(b).compute());
        bench.measure(new Case("add, recorded and swept back", "1", DType.F32, new Unit.Time("us", 1e6 / CHAIN))
                .beside("recorded_add", Map.of("length", CHAIN)).atMost(0.3), CoreSuite::recorded);
    }

    /** A chain of additions of a number, forward and backward; each is one operation of the unit. */
    private static Supplier<?> recorded() {
        var w = Tensor.of(0.5f).requiresGrad();
        return () -> {
            var y = w;
            for (int i = 0; i < CHAIN; i++) y = y.add(1);
            y.backward(Tensor.of(1f));
            w.zeroGrad();
            return y;
        };
    }
}
