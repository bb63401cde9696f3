package lyceum.bench;

import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Matrix products of every type beside libtorch's, our own F32 product and the CPU's FMA peak. */
final class GemmSuite implements Suite {
    private static final double PEAK_SHARE = 0.9;

    private final Roofline roofline = new Roofline();

    /** A product (m, k) x (k, n); {@code left} and {@code right} are stored transposed. */
    private record Sizes(int m, int k, int n, boolean left, boolean right) {
        static Sizes square(int n) { return new Sizes(n, n, n, false, false); }

        double operations() { return 2.0 * m * k * n; }

        String text() { return m + "x" + k + (left ? "'" : "") + " " + k + "x" + n + (right ? "'" : ""); }

        Map<String, Object> arguments(DType type) { return Map.of("dtype", type.name(), "m", m, "k", k, "n", n, "left", left, "right", right); }

        Supplier<?> product(DType type) {
            var a = operand(4, type, m, k, left);
            var b = operand(5, type, k, n, right);
            return () -> a.matmul(b).compute();
        }

        private static Tensor operand(long seed, DType type, int rows, int columns, boolean transposed) {
            return transposed ? Tensor.randn(Rng.of(seed), columns, rows).to(type).compute().transpose() : Tensor.randn(Rng.of(seed), rows, columns).to(type).compute();
        }
    }

    /** A product of square F32 matrices beside the peers. */
    static void square(SideBySide bench, int n) {
        var sizes = Sizes.square(n);
        bench.measure(f32(sizes), () -> sizes.product(DType.F32));
    }

    private static Case f32(Sizes sizes) {
        return new Case("matmul", sizes.text(), "F32", Unit.gflops(sizes.operations())).beside("matmul", sizes.arguments(DType.F32)).atLeast(FeatureLevel.isAvx2Asked() ? 0.9 : 1);
    }

    @Override public void measure(SideBySide bench) {
        for (int n : new int[] {64, 128, 256, 512, 768, 1024, 2048, 4096}) f32(bench, Sizes.square(n));
        for (int m : new int[] {1, 8, 32}) {
            f32(bench, new Sizes(m, 768, 768, false, false));
            f32(bench, new Sizes(m, 768, 3072, false, false));
            f32(bench, new Sizes(m, 3072, 768, false, false));
        }
        f32(bench, new Sizes(1024, 1024, 1024, true, false));
        f32(bench, new Sizes(1024, 1024, 1024, false, true));
        f32(bench, new Sizes(1024, 1024, 1024, true, true));
        f32(bench, new Sizes(8, 768, 3072, false, true));
        for (int n : new int[] {64, 128, 256, 512, 1024, 2048}) f64(bench, Sizes.square(n));
        for (int n : new int[] {256, 512, 1024, 2048, 4096}) bf16(bench, Sizes.square(n));
    }

    private void f32(SideBySide bench, Sizes sizes) {
        var c = f32(sizes);
        if (Math.min(sizes.m, Math.min(sizes.k, sizes.n)) >= 1024) c = c.besideCalls("FMA peak", PEAK_SHARE, calls -> roofline.fmaSeconds(sizes.operations() * calls, bench.threads()));
        bench.measure(c, () -> sizes.product(DType.F32));
    }

    private void f64(SideBySide bench, Sizes sizes) {
        bench.measure(new Case("matmul", sizes.text(), "F64", Unit.gflops(sizes.operations())).beside("matmul", sizes.arguments(DType.F64)).atLeast(0.95), () -> sizes.product(DType.F64));
    }

    private void bf16(SideBySide bench, Sizes sizes) {
        var c = new Case("matmul", sizes.text(), "BF16", Unit.gflops(sizes.operations())).beside("matmul", sizes.arguments(DType.BF16)).atLeast(1);
        if (bench.wants(c)) bench.measure(c.besideOurs("our F32", 1.6, sizes.product(DType.F32)), () -> sizes.product(DType.BF16));
    }
}
