package lyceum.bench;

import java.util.Locale;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.autograd.Intensity;
import lyceum.backend.MemoryLevel;
import lyceum.backend.Roofline;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Clauses about time of the topics gemm, roofline and arithmetic-intensity: kernels beside {@link Roofline#measure}, on all threads. */
final class RoofClauses {
    private static final int WARM_UPS = 5, RUNS = 15;

    /** @param elements of a large array, {@code side} of a matrix by a vector, {@code cube} of a product */
    record Sizes(int elements, int side, int cube) {
        /** Two arrays together, and a matrix, are more than the last cache holds; 128 MB and 256 MB at least. */
        static final Sizes OF_THE_CLAUSES = new Sizes((int) Math.max(1 << 25, MemoryLevel.beyondCaches() / 8),
                (int) Math.max(8192, 64 * Math.ceil(Math.sqrt(MemoryLevel.beyondCaches() / 4.0) / 64)), 512);
    }

    /** A kernel and what it does at least. */
    private record Kernel(String name, String shape, Intensity work, Supplier<Tensor> body) {
        static Kernel of(String name, String shape, Supplier<Tensor> body) {
            return new Kernel(name, shape, Intensity.ofShapes(body::get).fused(), body);
        }

        Tensor run() { return body.get().compute(); }
    }

    private final AcceptanceSuite suite;
    private final Sizes sizes;

    RoofClauses(AcceptanceSuite suite, Sizes sizes) {
        this.suite = suite;
        this.sizes = sizes;
    }

    void measure() {
        var rng = Rng.of(7);
        int n = sizes.elements, side = sizes.side, cube = sizes.cube;
        Tensor a = Tensor.randn(rng, cube, cube).compute(), b = Tensor.randn(rng, cube, cube).compute();
        var gemm = Kernel.of("product", cube + "x" + cube, () -> a.matmul(b));
        loops(gemm, a.toFloatArray(), b.toFloatArray(), cube);
        share("gemm", 2, "gemm:peak", gemm, false, 0.5);

        Tensor x = Tensor.randn(rng, n).compute(), y = Tensor.randn(rng, n).compute(), s = Tensor.full(DType.F32, 0.999);
        Tensor matrix = Tensor.randn(rng, side, side).compute(), vector = Tensor.randn(rng, side).compute();
        var triad = Kernel.of("triad", Integer.toString(n), () -> x.mulAdd(s, y));
        share("roofline", 1, "roofline:triad", triad, true, 1.1);
        share("roofline", 1, "roofline:dot", Kernel.of("dot", Integer.toString(n), () -> x.dot(y)), true, 1.1);
        share("roofline", 1, "roofline:gemv", Kernel.of("matrix by vector", side + "x" + side, () -> matrix.matmul(vector)), true, 1.1);
        share("roofline", 1, "roofline:softmax", Kernel.of("softmax", side + "x" + side, () -> matrix.softmax(-1)), true, 1.1);
        share("roofline", 1, "roofline:gemm", gemm, true, 1.1);
        share("roofline", 2, "roofline:bandwidth", triad, false, 0.6);
        share("roofline", 2, "roofline:peak", gemm, false, 0.5);

        var four = Kernel.of("triad", Integer.toString(n), () -> x.mulAdd(s, y).mulAdd(s, y).mulAdd(s, y).mulAdd(s, y));
        predicted(Roofline.Bound.MEMORY, triad, four);
        suite.ratio("arithmetic-intensity", 4, "arithmetic-intensity:triad", "four multiply-adds an element over one", triad.shape,
                DType.F32, 1.15, WARM_UPS, RUNS, four::run, triad::run);
        Tensor left = Tensor.randn(rng, 2 * cube, 8 * cube).compute(), right = Tensor.randn(rng, 8 * cube, 2 * cube).compute();
        Tensor first = left.narrow(1, 0, 2 * cube).contiguous().compute(), above = right.narrow(0, 0, 2 * cube).compute();
        var shape = 2 * cube + "x" + 2 * cube + " and " + 8 * cube;
        Kernel deep = Kernel.of("product", shape, () -> left.matmul(right)),
                shallow = Kernel.of("product", shape, () -> first.matmul(above));
        predicted(Roofline.Bound.COMPUTE, deep, shallow);
        suite.ratio("arithmetic-intensity", 4, "arithmetic-intensity:gemm", "product over one four times as deep", shape, DType.F32,
                1 / 3.5, WARM_UPS, RUNS, shallow::run, deep::run);
    }

    /** Beside three loops as in the book. */
    private void loops(Kernel gemm, float[] a, float[] b, int n) {
        suite.ratio("gemm", 2, "gemm:loops", "product over three loops", gemm.shape, DType.F32, 1 / 10.0, WARM_UPS, 7, gemm::run, () -> {
            var c = new float[n * n];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    float sum = 0;
                    for (int k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
                    c[i * n + j] = sum;
                }
            }
            return c;
        });
    }

    /** What a kernel attains of its roof, which is measured before and after, by the median of its times: at most, or at least {@code limit}. */
    private void share(String topic, int clause, String test, Kernel kernel, boolean atMost, double limit) {
        long begin = System.nanoTime();
        double roof = kernel.work.seconds(Roofline.measure()), seconds = suite.median(kernel::run);
        double share = Math.min(roof, kernel.work.seconds(Roofline.measure())) / seconds; // the higher of the roofs around it
        suite.saw(topic, clause, test,
                String.format(Locale.ROOT, "%s, share of its roof, %s %s", kernel.name, atMost ? "at most" : "at least", limit),
                kernel.shape, DType.F32, share, atMost ? share <= limit : share >= limit, begin);
    }

    /** @throws IllegalStateException if the model says otherwise: then there is nothing to confirm */
    private void predicted(Roofline.Bound bound, Kernel... kernels) {
        if (sizes != Sizes.OF_THE_CLAUSES) return;
        for (var kernel : kernels) {
            var said = Roofline.measured().bound(kernel.work.intensity());
            if (said != bound) throw new IllegalStateException("arithmetic-intensity: " + kernel.name + " " + kernel.shape + " of "
                    + kernel.work.intensity() + " operations a byte is limited by " + said + " on " + Roofline.measured());
        }
    }
}
