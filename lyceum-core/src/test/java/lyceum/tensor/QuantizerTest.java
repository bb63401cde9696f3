package lyceum.tensor;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class QuantizerTest {
    private static final String TOPIC = "quantization";

    private static MessageDigest sha() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void integersEqualTorchsOnOneHundredTensors() {
        var golden = Golden.load("golden/quantised-integers.json").named("all");
        var r = new Recipe(golden.integer("input.seed"));
        MessageDigest whole = sha(), channels = sha();
        Gap first = Gap.absolute();
        int tensors = 0, clipped = 0;
        for (int k = 0; k < 100; k++) {
            double size = Math.pow(10, 4 * r.uniform() - 2);
            var bells = r.bells(48);
            var x = new float[48];
            float most = 0;
            for (int i = 0; i < 48; i++) {
                x[i] = (float) (size * bells[i]);
                most = Math.max(most, Math.abs(x[i]));
            }
            float scale = (float) (most * (0.5 + r.uniform()) / 127);
            if (k % 4 == 0) for (int i = 0; i < 48; i++) x[i] = (float) Math.rint(x[i] / scale * 2) / 2 * scale;
            int zero = r.below(41) - 20;
            var all = new Quantizer(8, false, new Quantizer.Sharing.All(), Rounding.NEAREST_EVEN);
            var q = all.quantize(Tensor.of(x, 6, 8), new float[] {scale}, new int[] {zero});
            int axis = k % 2, n = axis == 0 ? 6 : 8;
            var scales = new float[n];
            var u = r.uniforms(n);
            for (int c = 0; c < n; c++) scales[c] = (float) ((0.5 + u[c]) * scale);
            var zeros = Arrays.stream(r.belows(41, n)).map(z -> z - 20).toArray();
            var perChannel = all.byChannel(axis).quantize(Tensor.of(x, 6, 8), scales, zeros);
            whole.update(q.packed());
            channels.update(perChannel.packed());
            for (int v : q.integers().toIntArray()) if (v == 127 || v == -128) clipped++;
            if (k == 1) {
                first.see(golden, "expected.firstPerTensor", q.integers().toDoubleArray());
                first.see(golden, "expected.firstPerChannel", perChannel.integers().toDoubleArray());
            }
            tensors++;
        }
        Evidence.of("tensors", tensors, exactly(100));
        Evidence.of("integers at an end of the range", clipped, above(20));
        Evidence.of("largest gap of the second tensor", first, exactly(0));
        Evidence.that("per tensor: the digest of torch's integers",
                HexFormat.of().formatHex(whole.digest()).equals(golden.text("expected.perTensor")));
        Evidence.that("per channel: the digest of torch's integers",
                HexFormat.of().formatHex(channels.digest()).equals(golden.text("expected.perChannel")));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void errorsStayWithinHalfAStepOrOneStep() {
        double nearest = 0, stochastic = 0;
        int compared = 0;
        var rng = Rng.of(2552);
        for (int bits = 2; bits <= 8; bits++) {
            for (boolean symmetric : new boolean[] {true, false}) {
                for (int kind = 0; kind < 3; kind++) {
                    var x = Tensor.randn(rng, DType.F32, 30, 50).mul(Math.exp(4 * rng.nextGaussian())).add(symmetric ? 0 : 0.3).compute();
                    var near = symmetric ? Quantizer.symmetric(bits) : Quantizer.affine(bits);
                    if (kind == 1) near = near.byChannel(1);
                    if (kind == 2) near = near.byGroup(16);
                    var values = x.toRows();
                    var a = near.quantize(x);
                    var b = near.withRounding(Rounding.stochastic(rng)).quantize(x);
                    double[][] exact = a.dequantize().toRows(), drawn = b.dequantize().toRows();
                    double[] scales = a.scales().toDoubleArray();
                    int[] zeros = a.zeroPoints().toIntArray();
                    int groups = kind == 0 ? 1 : kind == 1 ? 50 : 30 * 4;
                    assertThat(scales).hasSize(groups);
                    for (int i = 0; i < 30; i++) {
                        for (int j = 0; j < 50; j++) {
                            int g = kind == 0 ? 0 : kind == 1 ? j : 4 * i + j / 16;
                            double low = scales[g] * (near.least() - zeros[g]), high = scales[g] * (near.most() - zeros[g]);
                            double half = scales[g] / 2;
                            // What the nearest rounding of the zero point pushes out of the grid lies within half a step of its end.
                            if (values[i][j] >= low - half && values[i][j] <= high + half) {
                                nearest = Math.max(nearest, Math.abs(values[i][j] - exact[i][j]) / scales[g]);
                                compared++;
                            }
                            if (values[i][j] >= low && values[i][j] <= high)
                                stochastic = Math.max(stochastic, Math.abs(values[i][j] - drawn[i][j]) / scales[g]);
                        }
                    }
                }
            }
        }
        Evidence.of("values in range", compared, exactly(7 * 2 * 3 * 1500));
        Evidence.of("largest error over the scale, nearest", nearest, atMost(0.5 * (1 + 1e-4)));
        Evidence.of("largest error over the scale, stochastic", stochastic, below(1 + 1e-4));
        Evidence.of("and it passes half a step", stochastic, above(0.9));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void theProductOfIntegersIsExact() {
        long differing = 0, largest = 0;
        var rng = Rng.of(2553);
        int compared = 0;
        for (int draw = 0; draw < 40; draw++) {
            int m = 1 + rng.nextInt(20), k = draw == 0 ? 30_000 : 1 + rng.nextInt(700), n = 1 + rng.nextInt(20);
            boolean symmetric = draw % 2 == 1;
            var kind = symmetric ? Quantizer.symmetric(8) : Quantizer.affine(8);
            Tensor left = Tensor.rand(rng, DType.F32, m, k).sub(draw % 3 == 0 ? 0 : 0.5),
                    right = Tensor.rand(rng, DType.F32, k, n).sub(0.2);
            Quantized a = (draw % 4 < 2 ? kind : kind.byChannel(0)).quantize(left),
                    b = (draw % 4 < 2 ? kind : kind.byChannel(1)).quantize(right);
            double[][] q = a.integers().toRows(), r = b.integers().toRows(), product = a.matmulIntegers(b).toRows();
            int[] z = a.zeroPoints().toIntArray(), y = b.zeroPoints().toIntArray();
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    long sum = 0;
                    for (int t = 0; t < k; t++)
                        sum += ((long) q[i][t] - z[z.length == 1 ? 0 : i]) * ((long) r[t][j] - y[y.length == 1 ? 0 : j]);
                    if (sum != (long) product[i][j]) differing++;
                    largest = Math.max(largest, Math.abs(sum));
                    compared++;
                }
            }
            var values = a.matmul(b).sub(a.dequantize().matmul(b.dequantize())).abs().max().item();
            assertThat(values).isLessThan(1e-5 * k);
        }
        Evidence.of("sums compared", compared, above(2000));
        Evidence.of("largest sum, beyond what F32 counts", largest, above(1 << 24));
        Evidence.of("sums that differ from 64-bit arithmetic", differing, exactly(0));
        var wide = Quantizer.affine(8).quantize(Tensor.ones(1, 40_000));
        assertThatThrownBy(() -> wide.matmulIntegers(Quantizer.affine(8).quantize(Tensor.ones(40_000, 1))))
                .hasMessageContaining("sums of 40000 products of up to 65025 may exceed 32 bits");
        assertThatThrownBy(() -> wide.matmulIntegers(Quantizer.symmetric(4).byGroup(32).quantize(Tensor.ones(40_000, 1))))
                .hasMessageContaining("the right matrix has int4, symmetric, a scale a group of 32");
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void everyBitIsWorthSixDecibels() {
        var x = Tensor.rand(Rng.of(2554), DType.F64, 200_000).mul(2).sub(1).to(DType.F32).compute();
        var values = x.toDoubleArray();
        Gap affine = Gap.absolute(), symmetric = Gap.absolute();
        for (int bits = 2; bits <= 8; bits++) {
            affine.see(bits + " bits", decibels(values, Quantizer.affine(bits).quantize(x)), 20 * Math.log10((1 << bits) - 1));
            symmetric.see(bits + " bits", decibels(values, Quantizer.symmetric(bits).quantize(x)), 20 * Math.log10((1 << bits) - 2));
        }
        Evidence.of("numbers of bits", affine.seen(), exactly(7));
        Evidence.of("affine: largest gap in dB", affine, atMost(0.1));
        Evidence.of("symmetric: largest gap in dB", symmetric, atMost(0.1));
    }

    private static double decibels(double[] x, Quantized q) {
        var y = q.dequantize().toDoubleArray();
        double signal = 0, noise = 0;
        for (int i = 0; i < x.length; i++) {
            signal += x[i] * x[i];
            noise += (x[i] - y[i]) * (x[i] - y[i]);
        }
        return 10 * Math.log10(signal / noise);
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void stochasticRoundingIsRightOnAverage() {
        var rng = Rng.of(2555);
        double worst = 0;
        int tested = 0;
        for (int bits = 2; bits <= 8; bits++) {
            for (boolean symmetric : new boolean[] {true, false}) {
                // Values a quarter up a step, so that a rounding to the nearest would be off by a quarter everywhere.
                int steps = (1 << bits) - (symmetric ? 2 : 1);
                double step = 2.0 / steps;
                int n = 100_000;
                var x = new double[n];
                for (int i = 0; i < n; i++) x[i] = -1 + step * (rng.nextInt(steps) + (i % 2 == 0 ? 0.25 : rng.nextDouble()));
                x[0] = -1;
                x[1] = 1;
                var quantizer = (symmetric ? Quantizer.symmetric(bits) : Quantizer.affine(bits)).withRounding(Rounding.stochastic(rng));
                var y = quantizer.quantize(Tensor.of(x)).dequantize().toDoubleArray();
                double sum = 0, squares = 0;
                int used = 0;
                for (int i = 2; i < n; i++) {
                    if (!symmetric && Math.abs(x[i]) > 1 - step / 2) continue; // an affine grid ends half a step further in on one side
                    double error = y[i] - x[i];
                    sum += error;
                    squares += error * error;
                    used++;
                }
                worst = Math.max(worst, Math.abs(sum) / Math.sqrt(squares - sum * sum / used));
                tested++;
            }
        }
        Evidence.of("kinds", tested, exactly(14));
        Evidence.of("largest mean error in standard errors", worst, atMost(4));
    }

    @Acceptance(topic = TOPIC, clause = 6)
    @Test void fourBitsTakeHalfTheBytesOfEight() {
        var rng = Rng.of(2556);
        for (long[] shape : new long[][] {{8}, {3, 10}, {128, 64}, {2, 3, 4, 5}}) {
            var x = Tensor.randn(rng, shape);
            Quantized four = Quantizer.symmetric(4).quantize(x), eight = Quantizer.symmetric(8).quantize(x);
            assertThat(eight.packed()).hasSize((int) x.count());
            Evidence.of("bytes of int4 over int8's, " + x.shape(), (double) four.packed().length / eight.packed().length, exactly(0.5));
            assertThat(four.bytes()).isEqualTo(four.packed().length);
            // Packed and whole: two integers a byte, each as it was.
            var q = four.integers().reshape(-1).toIntArray();
            for (int i = 0; i < q.length; i++) assertThat(four.packed()[i / 2] >> 4 * (i % 2) & 15).isEqualTo(q[i] & 15);
            assertThat(Quantizer.affine(2).quantize(x).bytes()).isEqualTo((x.count() + 3) / 4);
        }
    }

    @Test void whatNoIntegerReachesIsClippedAtItsOwnEnd() {
        var x = Tensor.of(1e30, -1e30, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 3e38).to(DType.F32);
        for (int zero : new int[] {-20, 0, 20}) {
            var q = Quantizer.affine(8).quantize(x, new float[] {1e-3f}, new int[] {zero});
            assertThat(q.integers().toIntArray()).containsExactly(127, -128, 127, -128, 127);
        }
        assertThatThrownBy(() -> Quantizer.affine(8).quantize(Tensor.of(1, Double.NaN), new float[] {1}, new int[1]))
                .hasMessageContaining("element 1 is NaN");
        for (float scale : new float[] {0, -1, 1e-40f, Float.POSITIVE_INFINITY, Float.NaN})
            assertThatThrownBy(() -> Quantizer.affine(8).quantize(x, new float[] {scale}, new int[1]))
                    .hasMessageContaining("a scale is positive and finite");
    }

    @Test void theWorkedExampleOfTheArticle() {
        var q = Quantizer.affine(8).quantize(Tensor.of(-1.0, 3.0, 0.5, 0.0));
        assertThat(q.scales().item(0)).isCloseTo(4 / 255.0, within(1e-8));
        assertThat(q.zeroPoints().toIntArray()).containsExactly(-64);
        assertThat(q.integers().toIntArray()).containsExactly(-128, 127, -32, -64);
        assertThat(q.dequantize().item(3)).isZero();
        assertThat(Quantizer.symmetric(4).quantize(Tensor.zeros(3)).dequantize().toDoubleArray()).containsOnly(0);
        assertThat(Quantizer.affine(8).byGroup(4).quantize(Tensor.zeros(0)).bytes()).isZero();
        assertThatThrownBy(() -> Quantizer.affine(8).quantize(Tensor.of(1, Double.NaN))).hasMessageContaining("element 1 is NaN");
        assertThatThrownBy(() -> Quantizer.affine(9)).hasMessage("Quantizer: 9 bits; 2 to 8");
    }
}
