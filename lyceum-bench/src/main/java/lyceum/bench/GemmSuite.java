package lyceum.bench;

import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Precision;
import lyceum.backend.x86.asm.Feature;
import lyceum.random.Rng;
import lyceum.tensor.PackedMatrix;
import lyceum.tensor.Tensor;

/** Matrix products of every type beside libtorch's, our own F32 product and the CPU's FMA peak. */
final class GemmSuite implements Suite {
    private static final double PEAK_SHARE = 0.9;

    private final PeakLoops peak = new PeakLoops();

    /** A product (m, k) x (k, n); {@code left} and {@code right} are stored transposed. */
    private record Sizes(int m, int k, int n, boolean left, boolean right) {
        static Sizes square(int n) { return new Sizes(n, n, n, false, false); }

        double operations() { return 2.0 * m * k * n; }

        String text() { return m + "x" + k + (left ? "'" : "") + " " + k + "x" + n + (right ? "'" : ""); }

        Map<String, Object> arguments(DType type) {
            return Map.of("dtype", type.name(), "m", m, "k", k, "n", n, "left", left, "right", right);
        }

        Supplier<?> product(DType type) {
            var a = operand(4, type, m, k, left);
            var b = operand(5, type, k, n, right);
            return () -> a.matmul(b).compute();
        }

        private static Tensor operand(long seed, DType type, int rows, int columns, boolean transposed) {
            return transposed ? Tensor.randn(Rng.of(seed), columns, rows).to(type).compute().transpose()
                    : Tensor.randn(Rng.of(seed), rows, columns).to(type).compute();
        }
    }

    /** A product of square F32 matrices beside the peers. */
    static void square(SideBySide bench, int n) {
        var sizes = Sizes.square(n);
        bench.measure(f32(sizes), () -> sizes.product(DType.F32));
    }

    private static Case f32(Sizes sizes) {
        return new Case("matmul", sizes.text(), DType.F32, Unit.gflops(sizes.operations())).beside("matmul", sizes.arguments(DType.F32))
                .atLeast(1);
    }

    @Override public void measure(SideBySide bench) {
        peak.showPeak(bench);
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
        for (int n : new int[] {256, 512, 1024, 2048, 4096}) {
            bytes(bench, Sizes.square(n), DType.U8);
            bytes(bench, Sizes.square(n), DType.I8);
        }
        for (int m : new int[] {1, 8, 32}) packed(bench, new Sizes(m, 768, 3072, false, false));
        if (FeatureLevel.has(Feature.AMX_BF16)) for (int n : new int[] {1024, 2048, 4096}) sixProducts(bench, Sizes.square(n));
        notHere(bench);
    }

    /** The right operand packed once, beside the same product of it as it lies. */
    private static void packed(SideBySide bench, Sizes sizes) {
        bench.measure(new Case("matmul packed", sizes.text(), DType.F32, Unit.gflops(sizes.operations())).besideOurs("as it lies",
                Double.NaN, () -> sizes.product(DType.F32)), () -> {
                    var a = Sizes.operand(4, DType.F32, sizes.m, sizes.k, false);
                    var b = PackedMatrix.of(Sizes.operand(5, DType.F32, sizes.k, sizes.n, false));
                    return () -> a.matmul(b).compute();
                });
    }

    private static void sixProducts(SideBySide bench, Sizes sizes) {
        bench.measure(new Case("matmul, six BF16 products", sizes.text(), DType.F32, Unit.gflops(sizes.operations())).on("amx")
                .beside("matmul", sizes.arguments(DType.F32)).atLeast(1.4), () -> {
                    var a = Sizes.operand(4, DType.F32, sizes.m, sizes.k, false);
                    var b = Sizes.operand(5, DType.F32, sizes.k, sizes.n, false);
                    return () -> a.matmul(b, Precision.F32_SPLIT6).compute();
                });
    }

    /** Tiles multiply many times as fast as vectors: targets of their own, where they are. */
    private static void notHere(SideBySide bench) {
        if (!FeatureLevel.has(Feature.AMX_BF16)) {
            bench.notMeasuredHere(new Case("matmul, six BF16 products", "1024 ... 4096", DType.F32, Unit.gflops(1)).on("amx").atLeast(1.4),
                    "libtorch");
            bench.notMeasuredHere(new Case("matmul", "256 ... 4096", DType.BF16, Unit.gflops(1)).on("amx").atLeast(5), "our F32");
        }
        if (!FeatureLevel.has(Feature.AVX512_BF16))
            bench.notMeasuredHere(new Case("matmul", "256 ... 4096", DType.BF16, Unit.gflops(1)).on("avx512_bf16").atLeast(1.6), "our F32");
        if (!FeatureLevel.has(Feature.AMX_INT8))
            bench.notMeasuredHere(new Case("matmul", "256 ... 4096", DType.I8, Unit.gflops(1)).on("amx").atLeast(10), "our F32");
    }

    private void f32(SideBySide bench, Sizes sizes) {
        var c = f32(sizes);
        if (Math.min(sizes.m, Math.min(sizes.k, sizes.n)) >= 1024)
            c = c.besideCalls("FMA peak", PEAK_SHARE, calls -> peak.fmaSeconds(sizes.operations() * calls, bench.threads()));
        bench.measure(c, () -> sizes.product(DType.F32));
    }

    private void f64(SideBySide bench, Sizes sizes) {
        bench.measure(new Case("matmul", sizes.text(), DType.F64, Unit.gflops(sizes.operations()))
                .beside("matmul", sizes.arguments(DType.F64)).atLeast(0.95), () -> sizes.product(DType.F64));
    }

    private void bf16(SideBySide bench, Sizes sizes) {
        var c = new Case("matmul", sizes.text(), DType.BF16, Unit.gflops(sizes.operations()));
        // Held to AVX2, PyTorch does 1.2 GFLOP/s: two minutes for a product of 4096.
        if (!FeatureLevel.isAvx2Asked() || sizes.n <= 1024) c = c.beside("matmul", sizes.arguments(DType.BF16)).atLeast(1);
        double overF32 = FeatureLevel.has(Feature.AMX_BF16) ? 5 : FeatureLevel.has(Feature.AVX512_BF16) ? 1.6 : Double.NaN;
        bench.measure(c.besideOurs("our F32", overF32, () -> sizes.product(DType.F32)), () -> sizes.product(DType.BF16));
    }

    /** Bytes times signed bytes summed in I32, which the backend offers and tensors do not yet. PyTorch has it for signed bytes. */
    private static void bytes(SideBySide bench, Sizes sizes, DType left) {
        var c = new Case("matmul " + left + " x I8", sizes.text(), DType.I8, new Unit.Rate("GOP/s", sizes.operations() * 1e-9));
        if (!FeatureLevel.has(Feature.VNNI) || !Backend.current().name().equals("x86")) {
            bench.notMeasuredHere(c.on("vnni").atLeast(3.3), "our F32");
            return;
        }
        if (left == DType.I8) c = c.beside("matmul_int8", Map.of("m", sizes.m, "k", sizes.k, "n", sizes.n));
        bench.measure(c.besideOurs("our F32", FeatureLevel.has(Feature.AMX_INT8) ? 10 : 3.3, () -> sizes.product(DType.F32)), () -> {
            var a = Tensor.randint(Rng.of(4), left == DType.U8 ? 0 : -127, left == DType.U8 ? 256 : 128, sizes.m, sizes.k).to(left)
                    .compute();
            var b = Tensor.randint(Rng.of(5), -127, 128, sizes.k, sizes.n).to(DType.I8).compute();
            var out = Tensor.zeros(DType.I32, sizes.m, sizes.n).compute();
            return () -> {
                Backend.current().matmul(a.view(), b.view(), out.view());
                return out;
            };
        });
    }
}
