package lyceum.tensor;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.Settings;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Products of matrices on every backend beside three loops in F64, and the tensor core in software. */
class MatrixUnitTest {
    private static final int[] SIDES = {1, 1, 2, 3, 5, 7, 8, 13, 16, 31, 37, 64, 97, 101, 127, 131, 149, 192};
    private static final Rng RNG = Rng.of(483);

    private static int side(Rng rng) {
        return rng.nextLong(3) == 0 ? 1 + (int) rng.nextLong(200) : SIDES[(int) rng.nextLong(SIDES.length)];
    }

    /** A B and |A| |B|. */
    private record Exact(double[] product, double[] magnitude) {
        static Exact of(double[] a, double[] b, int m, int k, int n) {
            double[] product = new double[m * n], magnitude = new double[m * n];
            for (int i = 0; i < m; i++) {
                for (int p = 0; p < k; p++) {
                    for (int j = 0; j < n; j++) {
                        double term = a[i * k + p] * b[p * n + j];
                        product[i * n + j] += term;
                        magnitude[i * n + j] += Math.abs(term);
                    }
                }
            }
            return new Exact(product, magnitude);
        }

        /** The largest |C - AB| over |A||B|. */
        double error(Tensor c) {
            var found = c.to(DType.F64).toDoubleArray();
            assertThat(found).hasSameSizeAs(product);
            double worst = 0;
            for (int e = 0; e < found.length; e++) {
                double error = Math.abs(found[e] - product[e]);
                if (!(error <= worst * magnitude[e])) worst = magnitude[e] == 0 ? Double.POSITIVE_INFINITY : error / magnitude[e];
            }
            return worst;
        }
    }

    private static Tensor normal(Rng rng, int rows, int columns, boolean turned) {
        return turned ? Tensor.randn(rng, columns, rows).compute().transpose() : Tensor.randn(rng, rows, columns).compute();
    }

    private static double[] numbers(Tensor x) { return x.to(DType.F64).contiguous().toDoubleArray(); }

    @Test
    @Tag("slow")
    @Acceptance(topic = "gemm", clause = 1) void productsEqualThreeLoopsOnEveryBackend() {
        var rng = RNG.split(1);
        int shapes = 0, turned = 0, ones = 0, deep = 0;
        var worst = new double[4];
        var kinds = new HashSet<String>();
        for (; shapes < 200; shapes++) {
            int m = side(rng), k = side(rng), n = side(rng);
            // Beyond what is packed at once, in depth or in width.
            if (shapes % 10 < 2) {
                deep++;
                if (shapes % 10 == 0) k = 401 + (int) rng.nextLong(800);
                else n = 1601 + (int) rng.nextLong(400);
            }
            boolean left = shapes % 2 == 1, right = shapes / 2 % 2 == 1;
            Tensor a = normal(rng, m, k, left), b = normal(rng, k, n, right);
            var exact = Exact.of(numbers(a), numbers(b), m, k, n);
            Tensor a16 = a.to(DType.BF16), b16 = b.to(DType.BF16), a64 = a.to(DType.F64), b64 = b.to(DType.F64);
            Tensor a8 = a.mul(40).clamp(-128, 127).to(DType.I8).compute(), b8 = b.mul(40).clamp(-128, 127).to(DType.I8).compute();
            Exact exact16 = Exact.of(numbers(a16), numbers(b16), m, k, n), exact8 = Exact.of(numbers(a8), numbers(b8), m, k, n);
            if (left || right) turned++;
            if (m == 1 || k == 1 || n == 1) ones++;
            for (Map.Entry<String, Backend> setting : Settings.all().entrySet()) {
                kinds.add(setting.getKey());
                Backend.with(setting.getValue(), () -> {
                    worst[0] = Math.max(worst[0], exact.error(a.matmul(b)));
                    worst[1] = Math.max(worst[1], exact.error(a64.matmul(b64)));
                    worst[2] = Math.max(worst[2], exact16.error(a16.matmul(b16, DType.F32)));
                    worst[3] = Math.max(worst[3], exact8.error(a8.matmul(b8, DType.I32)));
                });
            }
        }
        Evidence.of("shapes", shapes, exactly(200));
        Evidence.of("with a transposed operand", turned, exactly(150));
        Evidence.of("with a side beyond a block of the cache", deep, exactly(40));
        Evidence.of("with a side of 1", ones, atLeast(20));
        Evidence.of("backends and levels of the CPU", kinds.size(), atLeast(2));
        Evidence.of("F32: largest |C - AB| over |A||B|", worst[0], atMost(1e-5));
        Evidence.of("F64", worst[1], atMost(1e-14));
        Evidence.of("BF16 with sums in F32, of the rounded operands", worst[2], atMost(1e-5));
        Evidence.of("I8 with sums in I32", worst[3], exactly(0));
    }

    @Test void whatFollowsAProductIsDoneWithIt() {
        var rng = RNG.split(2);
        for (Map.Entry<String, Backend> setting : Settings.all().entrySet()) {
            Backend.with(setting.getValue(), () -> {
                Tensor a = normal(rng, 37, 61, false), b = normal(rng, 61, 53, true), bias = Tensor.randn(rng, 53).compute();
                var expected = a.matmul(b).compute().add(bias).compute().relu().compute();
                assertThat(a.matmul(b).add(bias).relu().toFloatArray()).as(setting.getKey()).isEqualTo(expected.toFloatArray());
            });
        }
    }

    @Test
    @Acceptance(topic = "gemm", clause = 3) void emulatedTilesAreAsExactAsTheirSums() {
        var rng = RNG.split(3);
        double worst = 0, cut = 0, shares = 0;
        int shapes = 0;
        for (; shapes < 100; shapes++) {
            int m = side(rng), k = side(rng), n = side(rng);
            // Magnitudes of many powers of two, so that small terms meet large sums.
            Tensor a = normal(rng, m, k, shapes % 2 == 1).mul(normal(rng, m, k, false).mul(3).exp()),
                    b = normal(rng, k, n, shapes % 3 == 1).mul(normal(rng, k, n, false).mul(3).exp());
            var exact = Exact.of(rounded(a), rounded(b), m, k, n);
            double bound = k * Math.scalb(1.0, -23);
            worst = Math.max(worst, exact.error(MatrixUnit.BF16.multiply(a, b).product()) / bound);
            cut = Math.max(cut, exact.error(MatrixUnit.BF16.withRounding(Rounding.TOWARD_ZERO).multiply(a, b).product()) / bound);
            shares = Math.max(shares, exact.error(a.matmul(b)));
        }
        Evidence.of("shapes", shapes, exactly(100));
        Evidence.of("largest error over k 2^-23 |A||B|", worst, atMost(1));
        Evidence.of("the same with sums cut off", cut, atMost(1));
        Evidence.of("what rounding the inputs costs beside: the F32 product's error over |A||B| of the rounded ones", shares,
                atLeast(1e-3));
    }

    /** To bf16 by adding half of the last place to the float's bits: apart from NumberFormat's way. */
    private static double[] rounded(Tensor x) {
        var floats = x.to(DType.F32).contiguous().toFloatArray();
        var out = new double[floats.length];
        for (int i = 0; i < out.length; i++) {
            int bits = Float.floatToRawIntBits(floats[i]);
            out[i] = Float.intBitsToFloat(bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000);
        }
        return out;
    }

    @Test
    @Acceptance(topic = "gemm", clause = 4) void paddingIsPaidInWholeTiles() {
        var rng = RNG.split(4);
        int apart = 0, shapes = 0, partial = 0;
        for (; shapes < 200; shapes++) {
            int m = side(rng), k = side(rng), n = side(rng);
            var unit = MatrixUnit.named().get(shapes % 4);
            long padM = m, padN = n, padK = k;
            while (padM % 16 != 0) padM++;
            while (padN % 8 != 0) padN++;
            while (padK % (shapes % 4 < 2 ? 16 : 32) != 0) padK++;
            double expected = (double) ((long) m * n * k) / (padM * padN * padK);
            var run = unit.multiply(Tensor.ones(m, k), Tensor.ones(k, n));
            if (run.utilisation() != expected || unit.tile().utilisation(m, n, k) != expected) apart++;
            if (run.instructions() * unit.tile().multiplyAdds() != padM * padN * padK) apart++;
            if (expected < 1) partial++;
        }
        Evidence.of("shapes", shapes, exactly(200));
        Evidence.of("that miss the tile", partial, atLeast(100));
        Evidence.of("utilisations and instructions apart from mnk over padded mnk", apart, exactly(0));
        assertThat(new MatrixUnit.Tile(128, 128, 32).utilisation(129, 129, 4096)).isEqualTo(129.0 * 129 / (256 * 256));
        assertThat(new MatrixUnit.Tile(16, 8, 16).count(50_257, 8, 16)).isEqualTo(3142);
    }

    /** The bits of a few products, for a JVM of its own. */
    static final class Bits {
        public static void main(String[] args) { System.out.println("bits " + Long.toHexString(of(Rng.of(5)))); }

        static long of(Rng rng) {
            long bits = 17;
            for (int[] s : new int[][] {{512, 512, 512}, {1, 768, 3072}, {129, 257, 65}, {7, 1000, 7}}) {
                Tensor a = Tensor.randn(rng, s[0], s[1]).compute(), b = Tensor.randn(rng, s[1], s[2]).compute();
                for (var c : new Tensor[] {a.matmul(b), a.to(DType.BF16).matmul(b.to(DType.BF16), DType.F32), a.transpose().matmul(a),
                        MatrixUnit.BF16.multiply(a.narrow(0, 0, 1), b).product()})
                    bits = 31 * bits + Arrays.hashCode(c.toFloatArray());
                bits = 31 * bits + Arrays.hashCode(a.to(DType.F64).matmul(b.to(DType.F64)).toDoubleArray());
            }
            return bits;
        }
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "gemm", clause = 5) void everyRunGivesTheSameBits() {
        long here = Bits.of(Rng.of(5));
        int unlike = 0, runs = 0;
        var apart = new Object[20];
        for (; runs < 20; runs++) {
            apart[runs] = Tensor.zeros(1 + 13 * runs).copy(); // other addresses each time
            if (Bits.of(Rng.of(5)) != here) unlike++;
        }
        var alone = new long[1];
        Parallel.sequentially(() -> alone[0] = Bits.of(Rng.of(5)));
        if (alone[0] != here) unlike++;
        runs++;
        for (var threads : new String[] {"1", "2", "3", "5"}) {
            var run = ForkedJvm.of(Bits.class).withFlags("-Dlyceum.threads=" + threads).run();
            assertThat(run.exitCode()).as(run.output()).isZero();
            if (!run.output().contains("bits " + Long.toHexString(here))) unlike++;
            runs++;
        }
        Evidence.of("runs, in this JVM and others, on one to five threads", runs, exactly(25));
        Evidence.of("with other bits than the first", unlike, exactly(0));
        assertThat(Bits.of(Rng.of(6))).as("other numbers have other bits").isNotEqualTo(here);
    }

    @Test void narrowSumsStickAndWideOnesDoNot() {
        var ones = Tensor.ones(1, 8192);
        var column = Tensor.ones(8192, 1);
        assertThat(MatrixUnit.FP16.multiply(ones, column).product().item()).isEqualTo(8192);
        // Sixteen at a time: at 32,768 the step of fp16 is 32, and half of it rounds to the even neighbour, which is below.
        var many = Tensor.ones(1, 65_536);
        assertThat(MatrixUnit.FP16.withSums(DType.F16).multiply(many, Tensor.ones(65_536, 1)).product().item()).isEqualTo(32_768);
        float[] a = new float[16 * 16], b = new float[16 * 8], c = new float[16 * 8];
        a[0] = 1;
        b[0] = 3;
        c[0] = 1 << 24;
        MatrixUnit.BF16.issue(a, b, c);
        assertThat(c[0]).as("16,777,219 lies half way, the even neighbour is above").isEqualTo((1 << 24) + 4);
        c[0] = 1 << 24;
        MatrixUnit.BF16.withRounding(Rounding.TOWARD_ZERO).issue(a, b, c);
        assertThat(c[0]).isEqualTo((1 << 24) + 2);
        b[0] = -3;
        c[0] = -(1 << 24);
        MatrixUnit.BF16.withRounding(Rounding.TOWARD_ZERO).issue(a, b, c);
        assertThat(c[0]).isEqualTo(-(1 << 24) - 2);
    }

    @Test void whatDoesNotFitSaysSo() {
        assertThatThrownBy(() -> MatrixUnit.BF16.multiply(Tensor.ones(2, 3), Tensor.ones(2, 3))).isInstanceOf(ShapeException.class)
                .hasMessage("MatrixUnit: (2, 3) x (2, 3); they are (m, k) and (k, n)");
        assertThatThrownBy(() -> MatrixUnit.BF16.issue(new float[1], new float[1], new float[1])).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> MatrixUnit.BF16.withSums(DType.F64)).isInstanceOf(DTypeException.class);
        assertThatThrownBy(() -> MatrixUnit.BF16.withRounding(Rounding.stochastic(RNG))).hasMessageContaining("NEAREST_EVEN");
        assertThatThrownBy(() -> new MatrixUnit.Tile(0, 1, 1)).hasMessageContaining("at least 1");
        assertThat(MatrixUnit.BF16.multiply(Tensor.ones(0, 3), Tensor.ones(3, 2)).utilisation()).isEqualTo(1);
    }
}
