package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockFormat;
import lyceum.random.Rng;
import lyceum.testing.Fuzz;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class QuantisedMatrixTest {
    static Stream<BlockFormat> formats() {
        return Stream.concat(BlockFormat.named().stream(), Stream.of(BlockFormat.int4(32, false), BlockFormat.int4(64, true),
                BlockFormat.int4(128, false), BlockFormat.int4(128, true)));
    }

    private static QuantisedMatrix matrix(BlockFormat format, int seed, int n, int k) {
        return QuantisedMatrix.of(Tensor.randn(Rng.of(seed), n, k).mul(0.05), format);
    }

    /** The product with the dequantised weights in F64, and for each entry the bound that the format of the activations allows. */
    private static void close(QuantisedMatrix w, Tensor x, Tensor y, Tensor bias) {
        var weights = w.dequantise().to(DType.F64);
        var wide = x.to(DType.F64);
        var expected = wide.matmul(weights.transpose());
        if (bias != null) expected = expected.add(bias.to(DType.F64));
        // A block's step is at most its largest value over the largest integer; half of it is lost on each weight. And every sum rounds.
        double step = w.format().isFloat() ? 0 : 0.5 / w.activations().largest();
        double rounding = (x.size(-1) / 16 + 64) * 0x1p-24;
        var largest = wide.abs().max().item();
        var bound = weights.abs().sum(1).mul(largest * step).add(wide.abs().matmul(weights.abs().transpose()).mul(rounding)).add(1e-30);
        if (bias != null) bound = bound.add(bias.abs().to(DType.F64).mul(0x1p-22));
        assertThat(y.to(DType.F64).sub(expected).abs().sub(bound).max().item())
                .as("error over its bound, %s with %s", w.format().name(), w.activations()).isLessThanOrEqualTo(0);
    }

    @ParameterizedTest
    @MethodSource("formats") void productsEqualThoseOfTheDequantisedWeights(BlockFormat format) {
        for (int[] size : new int[][] {{1, 1, 256}, {1, 37, 512}, {3, 16, 768}, {17, 5, 256}, {64, 33, 256}}) {
            var w = matrix(format, 3, size[1], size[2]);
            var x = Tensor.randn(Rng.of(4), size[0], size[2]).compute();
            var bias = Tensor.randn(Rng.of(5), size[1]);
            for (var activations : Activations.values()) {
                var y = w.withActivations(activations).matmul(x);
                close(w.withActivations(activations), x, y, null);
                close(w.withActivations(activations), x, w.withActivations(activations).matmul(x, bias), bias);
            }
        }
    }

    @Test void productsEqualTheGoldenOnes() {
        for (var c : Golden.load("golden/quantised-formats.json").cases("meaning")) {
            var format = formats().filter(f -> f.name().equals(c.text("input.format"))).findFirst();
            if (format.isEmpty()) continue;
            var bytes = HexFormat.of().parseHex(c.text("input.bytes"));
            int k = c.floats("expected.values").length;
            var x = Tensor.of(flat(c.matrix("input.x")), 3, k).to(DType.F32);
            var w = QuantisedMatrix.on(MemorySegment.ofArray(bytes), format.get(), 1, k);
            double scale = w.dequantise().abs().sum().item();
            assertThat(w.matmul(x).toDoubleArray()).as(format.get().name()).containsExactly(c.doubles("expected.products"),
                    within(scale * 2e-6));
            assertThat(w.withActivations(Activations.Q8).matmul(x).toDoubleArray()).containsExactly(c.doubles("expected.products"),
                    within(scale * 0.02));
        }
    }

    private static double[] flat(double[][] rows) { return Stream.of(rows).flatMapToDouble(Arrays::stream).toArray(); }

    @ParameterizedTest
    @MethodSource("formats") void bitsDoNotDependOnThreadsOrBatchOrLayout(BlockFormat format) {
        var w = matrix(format, 6, 129, 1024);
        var x = Tensor.randn(Rng.of(7), 5, 1024).compute();
        for (var activations : Activations.values()) {
            var q = w.withActivations(activations);
            var y = q.matmul(x).toFloatArray();
            var alone = new float[1][];
            Parallel.sequentially(() -> alone[0] = q.matmul(x).toFloatArray());
            assertThat(y).containsExactly(alone[0]);
            for (int i = 0; i < 5; i++)
                assertThat(q.matmul(x.select(0, i)).toFloatArray()).containsExactly(Arrays.copyOfRange(y, i * 129, (i + 1) * 129));
            assertThat(q.matmul(x.transpose().copy().transpose()).toFloatArray()).containsExactly(y);
        }
    }

    @ParameterizedTest
    @MethodSource("formats") void everyBackendGivesTheBitsOfScalar(BlockFormat format) {
        for (int[] size : new int[][] {{1, 50, 256}, {2, 16, 512}, {9, 31, 768}, {33, 47, 256}}) {
            var w = matrix(format, 8, size[1], size[2]);
            var bias = Tensor.randn(Rng.of(5), size[1]).compute();
            for (var type : new DType[] {DType.F32, DType.F16, DType.BF16}) {
                var x = Tensor.randn(Rng.of(9), size[0], size[2]).mul(3).to(type).compute();
                for (var activations : Activations.values()) {
                    var q = w.withActivations(activations);
                    var expected = new float[2][];
                    Backend.with(Backend.named("scalar"), () -> {
                        expected[0] = q.matmul(x).toFloatArray();
                        expected[1] = q.matmul(x, bias).toFloatArray();
                    });
                    assertThat(q.matmul(x).toFloatArray()).as("%s %s %s", format.name(), activations, type).containsExactly(expected[0]);
                    assertThat(q.matmul(x, bias).toFloatArray()).containsExactly(expected[1]);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("formats") void infinitiesNansAndExtremesTravelAsInAPlainProduct(BlockFormat format) {
        var w = matrix(format, 10, 19, 256);
        for (float special : new float[] {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN, 3e38f, 1e-38f, Float.MIN_VALUE}) {
            var values = Tensor.randn(Rng.of(11), 3, 256).mul(Math.abs(special) < 1 ? 1e-38 : 1).toFloatArray();
            values[256 + 100] = special;
            var x = Tensor.of(values, 3, 256);
            var y = w.matmul(x).toFloatArray();
            var exact = x.to(DType.F64).matmul(w.dequantise().to(DType.F64).transpose()).to(DType.F32).toFloatArray();
            for (int i = 0; i < y.length; i++) {
                if (Float.isFinite(exact[i])) assertThat(y[i]).as("%s %s", format.name(), special).isCloseTo(exact[i],
                        within(Math.max(1e-37f, Math.abs(exact[i]) * 1e-3f + (Math.abs(special) > 1 ? 1e-5f : 0))));
                else assertThat(Float.isFinite(y[i])).as("%s %s at %d: %s", format.name(), special, i, y[i]).isFalse();
            }
        }
    }

    @Test void gradientsGoToActivationsAndBias() {
        var w = matrix(BlockFormat.Q4_0, 12, 7, 64);
        var dense = w.dequantise();
        var x = Tensor.randn(Rng.of(13), 2, 3, 64);
        var bias = Tensor.randn(Rng.of(14), 7);
        var plain = Autograd.grad(t -> t.matmul(dense.transpose()).add(bias).square().sum()).apply(x);
        assertThat(Autograd.grad(t -> w.matmul(t, bias).square().sum()).apply(x).toDoubleArray()).containsExactly(plain.toDoubleArray(),
                within(1e-4));
        var byBias = Autograd.grad(b -> x.matmul(dense.transpose()).add(b).square().sum()).apply(bias);
        assertThat(Autograd.grad(b -> w.matmul(x, b).square().sum()).apply(bias).toDoubleArray()).containsExactly(byBias.toDoubleArray(),
                within(1e-4));
        assertThat(Autograd.grad(t -> w.matmul(t).square().sum()).apply(x.to(DType.BF16)).dtype()).isEqualTo(DType.BF16);
    }

    @Test void rowsAtLooksUpEmbeddings() {
        var w = matrix(BlockFormat.Q6_K, 15, 9, 256);
        var index = Tensor.of(new int[] {8, 0, 3, 3}, 2, 2);
        assertThat(w.rowsAt(index).shape()).isEqualTo(Shape.of(2, 2, 256));
        assertThat(w.rowsAt(index).toFloatArray()).containsExactly(w.dequantise().rows(8, 0, 3, 3).toFloatArray());
        assertThatThrownBy(() -> w.rowsAt(Tensor.of(9))).isInstanceOf(ShapeException.class).hasMessageContaining("row 9 of 9");
    }

    @Test void emptySizesGiveEmptyOrZeroProducts() {
        assertThat(matrix(BlockFormat.Q8_0, 1, 0, 32).matmul(Tensor.zeros(2, 32)).shape()).isEqualTo(Shape.of(2, 0));
        assertThat(matrix(BlockFormat.Q8_0, 1, 3, 32).matmul(Tensor.zeros(0, 32)).shape()).isEqualTo(Shape.of(0, 3));
        assertThat(matrix(BlockFormat.Q8_0, 1, 3, 0).matmul(Tensor.zeros(2, 0)).toFloatArray()).containsExactly(new float[6]);
        assertThat(matrix(BlockFormat.F16, 1, 3, 5).matmul(Tensor.ones(5)).shape()).isEqualTo(Shape.of(3));
    }

    @Test void badArgumentsAreNamed() {
        var w = matrix(BlockFormat.Q8_0, 16, 4, 64);
        assertThatThrownBy(() -> w.matmul(Tensor.zeros(2, 32))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(2, 32) x (4, 64)'");
        assertThatThrownBy(() -> w.matmul(Tensor.zeros(DType.I32, 2, 64))).isInstanceOf(DTypeException.class);
        assertThatThrownBy(() -> w.matmul(Tensor.zeros(2, 64), Tensor.zeros(3))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("bias");
        assertThatThrownBy(() -> QuantisedMatrix.of(Tensor.zeros(2, 3, 32), BlockFormat.Q8_0)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> QuantisedMatrix.of(Tensor.full(DType.F32, Double.NaN, 1, 32), BlockFormat.Q8_0))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("weight (0, 0) is NaN");
    }

    @Test void damagedBytesAreAFormatExceptionWithTheirOffset() {
        var bytes = matrix(BlockFormat.Q6_K, 17, 3, 256).segment().toArray(ValueLayout.JAVA_BYTE);
        bytes[210 + 209] = 0x7C;
        bytes[210 + 208] = 0;
        var w = QuantisedMatrix.on(MemorySegment.ofArray(bytes), BlockFormat.Q6_K, 3, 256);
        assertThatThrownBy(() -> w.matmul(Tensor.ones(256))).isInstanceOf(FormatException.class).hasMessageContaining("at byte 418");
        assertThatThrownBy(w::dequantise).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> QuantisedMatrix.on(MemorySegment.ofArray(bytes), BlockFormat.Q6_K, 4, 256))
                .isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> QuantisedMatrix.on(MemorySegment.ofArray(bytes), BlockFormat.Q6_K, Long.MAX_VALUE / 200, 256))
                .isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> QuantisedMatrix.on(MemorySegment.ofArray(bytes), BlockFormat.Q6_K, 3, 250))
                .isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> QuantisedMatrix.on(MemorySegment.ofArray(bytes), BlockFormat.Q6_K, -3, 256))
                .isInstanceOf(FormatException.class);
    }

    @Test void mutatedBytesAreReadOrRefusedButNeverCrash() {
        for (var format : formats().toList()) {
            var bytes = matrix(format, 18, 2, 256).segment().toArray(ValueLayout.JAVA_BYTE);
            Fuzz.of(bytes).allowing(FormatException.class).mutants(400, mutant -> {
                var w = QuantisedMatrix.on(MemorySegment.ofArray(mutant), format, 2, 256);
                w.matmul(Tensor.ones(3, 256)).compute();
                w.withActivations(Activations.Q8).matmul(Tensor.ones(3, 256)).compute();
            });
        }
    }

    @Test void anyAddressWillDo() {
        var w = matrix(BlockFormat.Q4_K, 19, 17, 512);
        var shifted = new byte[(int) w.bytes() + 3];
        MemorySegment.copy(w.segment(), 0, MemorySegment.ofArray(shifted), 3, w.bytes());
        var x = Tensor.randn(Rng.of(20), 512).compute();
        assertThat(QuantisedMatrix.on(MemorySegment.ofArray(shifted).asSlice(3), BlockFormat.Q4_K, 17, 512).matmul(x).toFloatArray())
                .containsExactly(w.matmul(x).toFloatArray());
    }
}
