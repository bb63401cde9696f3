package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.Pooling;
import lyceum.backend.x86.X86Backend;
import lyceum.backend.x86.machine.Cpu;
import lyceum.random.Rng;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Convolutions and pooling give what PyTorch gives (tools/golden/core_window.py), and refuse what makes no sense. */
class WindowTest {
    private static final List<Golden> CASES = Golden.load("golden/window.json").list("cases");

    /** Words are widened as they come, by strides of 1 and 2 without a copy: the same places and the same numbers. */
    @Test void halvesPoolAsTheyDoWidened() {
        for (int stride = 1; stride <= 3; stride++)
            for (int window = 2; window <= 3; window++) for (int width : new int[] {5, 16, 33, 71}) {
                var values = Tensor.randint(Rng.of(width), -9, 10, 2L * 3 * 7 * width).to(DType.F64).toDoubleArray();
                values[width + 2] = Double.NaN;
                values[3 * width + 3] = Double.NEGATIVE_INFINITY;
                var x = Tensor.of(values, 2, 3, 7, width).to(DType.BF16).compute();
                var how = new Pooling(window).withStride(stride).withPadding(window / 2);
                var pooled = x.maxPoolWithIndices(how);
                Backend.with(Backend.named("scalar"), () -> {
                    var wide = x.to(DType.F32).maxPoolWithIndices(how);
                    assertThat(pooled.values().toFloatArray()).as(how + " of %d", width).isEqualTo(wide.values().toFloatArray());
                    assertThat(pooled.indices().toLongArray()).as(how + " of %d", width).isEqualTo(wide.indices().toLongArray());
                });
            }
    }

    private static Stream<String> backends() { return Stream.of("scalar", Backend.current().name()); }

    private static Tensor bells(Recipe r, long... shape) { return Tensor.of(r.bells((int) Shape.of(shape).count()), shape); }

    private static void check(Golden golden, List<Tensor> operands, Function<List<Tensor>, Tensor> f, Recipe recipe) {
        var leaves = operands.stream().map(Tensor::requiresGrad).toList();
        var y = f.apply(leaves);
        var what = golden.text("name") + " " + golden.at("input");
        assertThat(y.shape().toArray()).as(what).isEqualTo(golden.longs("expected.shape"));
        close(what, y, golden.doubles("expected.y"));
        y.backward(bells(recipe, y.shape().toArray()));
        for (int i = 0; i < leaves.size(); i++) {
            close("gradient " + i + " of " + what, leaves.get(i).grad(), golden.doubles("expected.g" + i));
        }
    }

    /** The file has ten digits. */
    private static void close(String what, Tensor actual, double[] expected) {
        double[] values = actual.toDoubleArray();
        assertThat(values).as(what).hasSameSizeAs(expected);
        for (int i = 0; i < values.length; i++)
            assertThat(values[i]).as("%s at %d", what, i).isCloseTo(expected[i], within(1e-9 * Math.max(1, Math.abs(expected[i]))));
    }

    private static void each(String name, Consumer<Golden> check) {
        long n = CASES.stream().filter(c -> c.text("name").equals(name)).peek(check).count();
        assertThat(n).isPositive();
    }

    @ParameterizedTest
    @MethodSource("backends") void convolutionsEqualTorch(String backend) {
        for (var name : List.of("conv", "convTranspose")) Backend.with(Backend.named(backend), () -> each(name, golden -> {
            var r = new Recipe(golden.integer("input.seed"));
            var operands = new ArrayList<>(List.of(bells(r, golden.longs("input.x")), bells(r, golden.longs("input.weight"))));
            if (golden.flag("input.bias")) operands.add(bells(r, 4));
            var how = new Convolution().withStride(golden.integer("input.stride")).withPadding(golden.integer("input.padding"))
                    .withDilation(golden.integer("input.dilation")).withOutputPadding(golden.integer("input.outputPadding"))
                    .withGroups(golden.integer("input.groups"));
            check(golden, operands, t -> name.equals("conv") ? t.get(0).conv(t.get(1), t.size() > 2 ? t.get(2) : null, how)
                    : t.get(0).convTranspose(t.get(1), t.size() > 2 ? t.get(2) : null, how), r);
        }));
    }

    @ParameterizedTest
    @MethodSource("backends") void poolsEqualTorch(String backend) {
        for (var name : List.of("maxPool", "avgPool")) Backend.with(Backend.named(backend), () -> each(name, golden -> {
            var r = new Recipe(golden.integer("input.seed"));
            var x = bells(r, golden.longs("input.x"));
            var how = new Pooling(golden.ints("input.window")).withStride(golden.integer("input.stride"))
                    .withPadding(golden.integer("input.padding")).withDilation(golden.integer("input.dilation"))
                    .withCeil(golden.flag("input.ceil")).withCountPadding(golden.flag("input.counted"));
            check(golden, List.of(x), t -> name.equals("maxPool") ? t.getFirst().maxPool(how) : t.getFirst().avgPool(how), r);
            if (name.equals("maxPool"))
                assertThat(x.maxPoolWithIndices(how).indices().toLongArray()).isEqualTo(golden.longs("expected.indices"));
        }));
        Backend.with(Backend.named(backend), () -> each("maxPool refused", golden -> {
            var x = Tensor.zeros(DType.F64, golden.longs("input.x"));
            assertThatThrownBy(() -> x.maxPool(new Pooling(golden.ints("input.window")).withStride(golden.integer("input.stride"))
                    .withPadding(golden.integer("input.padding")).withDilation(golden.integer("input.dilation")).withCeil(true)))
                    .as(golden.at("input") + "").isInstanceOf(ShapeException.class);
        }));
        Backend.with(Backend.named(backend), () -> each("adaptiveAvgPool", golden -> {
            var r = new Recipe(golden.integer("input.seed"));
            check(golden, List.of(bells(r, golden.longs("input.x"))), t -> t.getFirst().adaptiveAvgPool(golden.longs("input.sizes")), r);
        }));
    }

    /** Odd sizes and every option at random, in each float type, against the plain loops in double. */
    @Test void everyBackendEqualsThePlainLoopsAtRandomSizes() {
        var backends = fastBackends().toList();
        for (int seed = 0; seed < 60; seed++) {
            RandomConvolution.of(seed).check(backends, 1, DType.F32, DType.F64, DType.BF16);
            RandomConvolution.depthwise(seed).check(backends, 1, DType.F32, DType.F64, DType.BF16);
        }
    }

    @Test void smallImagesEqualThePlainLoops() {
        var backends = fastBackends().toList();
        for (int seed = 0; seed < 4; seed++) RandomConvolution.smallImages(seed).check(backends, 1, DType.F32, DType.F64, DType.BF16);
    }

    /** Ties, infinities and NaN included: maxima and their places are equal to the bit, gradients and means within rounding. */
    @ParameterizedTest
    @MethodSource("fastBackends") void everyBackendPoolsAsThePlainLoops(Backend backend) {
        for (int seed = 0; seed < 80; seed++) {
            var rng = Rng.of(300 + seed);
            int axes = 1 + rng.nextInt(3), size = axes == 1 ? 300 : axes == 2 ? 70 : 12;
            int[] window = new int[axes], stride = new int[axes], padding = new int[axes], dilation = new int[axes];
            var shape = new long[axes + 2];
            shape[0] = 1 + rng.nextInt(2);
            shape[1] = 1 + rng.nextInt(4);
            for (int i = 0; i < axes; i++) {
                window[i] = 1 + rng.nextInt(seed % 5 == 0 ? 9 : 3);
                stride[i] = 1 + rng.nextInt(4);
                padding[i] = rng.nextInt(window[i] / 2 + 1);
                dilation[i] = 1 + rng.nextInt(2);
                shape[i + 2] = (window[i] - 1L) * dilation[i] + 1 + rng.nextInt(size);
            }
            var how = new Pooling(window).withStride(stride).withPadding(padding).withCeil(seed % 3 == 0).withCountPadding(seed % 2 == 0);
            for (var type : new DType[] {DType.F32, DType.F64, DType.BF16, DType.F16}) {
                var x = Tensor.where(Tensor.rand(rng, shape).lt(0.5), Tensor.full(DType.F64, Double.NEGATIVE_INFINITY),
                        Tensor.where(Tensor.rand(rng, shape).lt(0.01), Tensor.full(DType.F64, Double.NaN),
                                Tensor.randn(rng, DType.F64, shape).mul(3).round()))
                        .to(type);
                var values = Tensor.randn(rng, DType.F64, shape).to(type);
                List<Tensor> plain = pooled(Backend.named("scalar"), x, values, how, how.withDilation(dilation)),
                        fast = pooled(backend, x, values, how, how.withDilation(dilation));
                for (int i = 0; i < plain.size(); i++) {
                    double[] expected = plain.get(i).toDoubleArray(), actual = fast.get(i).toDoubleArray();
                    double bound = i < 2 ? 0 : type == DType.F64 ? 1e-13 : type == DType.F32 ? 1e-5 : type == DType.F16 ? 1e-2 : 8e-2;
                    assertThat(actual).hasSameSizeAs(expected);
                    for (int j = 0; j < expected.length; j++)
                        assertThat(expected[j] == actual[j] || Double.isNaN(expected[j]) && Double.isNaN(actual[j])
                                || Math.abs(expected[j] - actual[j]) <= bound)
                                .as("seed %d, %s of %s, %s, result %d at %d: %s, not %s", seed, how, x.shape(), type, i, j, actual[j],
                                        expected[j])
                                .isTrue();
                }
            }
        }
    }

    /** The maximum and its places; gradients of maximum and mean, and the mean. */
    private static List<Tensor> pooled(Backend backend, Tensor x, Tensor values, Pooling how, Pooling dilated) {
        var results = new ArrayList<Tensor>();
        Backend.with(backend, () -> {
            var max = x.maxPoolWithIndices(dilated);
            var leaf = values.requiresGrad();
            leaf.maxPool(dilated).mul(0.5).sum().backward();
            var other = values.detach().requiresGrad();
            var mean = other.avgPool(how);
            mean.square().sum().backward();
            results.addAll(
                    List.of(max.values().compute(), max.indices(), leaf.grad().compute(), mean.detach().compute(), other.grad().compute()));
        });
        return results;
    }

    /** The vector backend, and machine code of each feature level that the CPU has. */
    private static Stream<Backend> fastBackends() {
        var vector = Backend.named("vector");
        if (Cpu.unavailable() != null) return Stream.of(vector);
        var cpu = Cpu.current();
        return Stream.of(vector, new X86Backend(vector, cpu), new X86Backend(vector, cpu.limitedTo("avx2")));
    }

    @Test void threeByThreeConvolutionsOfManyChannelsStayWithinTheBoundOfTheirTransforms() {
        var backends = fastBackends().toList();
        for (int seed = 0; seed < 6; seed++)
            RandomConvolution.threeByThree(seed).check(backends, RandomConvolution.TRANSFORMED, DType.F32, DType.BF16);
    }

    @Test void bitsDoNotDependOnTheThreads() {
        for (int seed = 0; seed < 12; seed++) {
            var random = switch (seed % 4) {
                case 3 -> RandomConvolution.depthwise(seed);
                case 2 -> RandomConvolution.threeByThree(seed);
                case 1 -> RandomConvolution.smallImages(seed);
                default -> RandomConvolution.larger(seed);
            };
            var parallel = random.results(DType.F32);
            Parallel.sequentially(() -> {
                var alone = random.results(DType.F32);
                for (int i = 0; i < 3; i++)
                    assertThat(alone[i].toFloatArray()).as("%s, result %d", random, i).isEqualTo(parallel[i].toFloatArray());
            });
        }
    }

    @Test void aFusedActivationHasTheBitsOfTheStepsOneByOne() {
        var rng = Rng.of(5);
        for (var type : new DType[] {DType.F32, DType.F64, DType.BF16}) {
            Tensor x = Tensor.randn(rng, type, 2, 5, 9, 11), w = Tensor.randn(rng, type, 8, 5, 3, 3), b = Tensor.randn(rng, type, 8),
                    wide = b.reshape(8, 1, 1);
            var how = new Convolution().withPadding(1);
            var product = x.conv(w, null, how);
            assertThat(x.conv(w, b, how).toDoubleArray()).isEqualTo(product.add(wide).toDoubleArray());
            assertThat(x.conv(w, b, how, Op.RELU).toDoubleArray()).isEqualTo(product.add(wide).compute().relu().toDoubleArray());
            assertThat(x.conv(w, null, how, Op.TANH).toDoubleArray()).isEqualTo(product.tanh().toDoubleArray());
        }
        Tensor x = Tensor.randn(rng, 2, 64, 28, 28), w = Tensor.randn(rng, 64, 64, 3, 3), b = Tensor.randn(rng, 64);
        var how = new Convolution().withPadding(1);
        assertThat(x.conv(w, b, how, Op.RELU).toFloatArray())
                .isEqualTo(x.conv(w, null, how).add(b.reshape(64, 1, 1)).compute().relu().toFloatArray());
    }

    @ParameterizedTest
    @MethodSource("fastBackends") void aDepthwiseEpilogueHasTheBitsOfTheStepsOneByOne(Backend backend) {
        Backend.with(backend, () -> {
            var rng = Rng.of(6);
            for (int height = 1; height <= 3; height++) for (int width = 1; width <= 3; width++) for (int size : new int[] {3, 14, 37}) {
                Tensor x = Tensor.randn(rng, 2, 5, size, size + 1), w = Tensor.randn(rng, 5, 1, height, width), b = Tensor.randn(rng, 5);
                var how = new Convolution().withPadding(1).withGroups(5);
                var sum = x.conv(w, null, how).add(b.reshape(5, 1, 1)).compute();
                assertThat(x.conv(w, b, how).toFloatArray()).as("%d x %d, size %d", height, width, size).isEqualTo(sum.toFloatArray());
                assertThat(x.conv(w, b, how, Op.RELU).toFloatArray()).as("%d x %d, size %d", height, width, size)
                        .isEqualTo(sum.relu().toFloatArray());
            }
        });
    }

    /** The memory that results get was another's before. */
    @ParameterizedTest
    @MethodSource("fastBackends") void whatNoTapReachesIsZeroOrTheBias(Backend backend) {
        Backend.with(backend, () -> {
            Tensor y = Tensor.ones(2, 33, 9, 10), w = Tensor.ones(33, 17, 1, 1), bias = Tensor.full(DType.F32, -2, 17);
            for (int stride : new int[] {2, 3}) {
                var how = new Convolution().withStride(stride).withOutputPadding(1);
                var result = y.convTranspose(w, null, how).compute();
                for (long i = 0; i < result.size(2); i++) for (long j = 0; j < result.size(3); j++) {
                    double expected = i % stride == 0 && j % stride == 0 ? 33 : 0;
                    assertThat(result.select(3, j).select(2, i).toDoubleArray()).as("stride %d: %d, %d", stride, i, j)
                            .containsOnly(expected);
                }
                assertThat(y.convTranspose(w, bias, how).toDoubleArray()).isEqualTo(result.add(bias.reshape(17, 1, 1)).toDoubleArray());
            }
            var none = Tensor.ones(1, 33, 2, 2).convTranspose(w, null, new Convolution().withStride(2).withPadding(1));
            assertThat(none.toDoubleArray()).hasSize(17).containsOnly(0);
        });
    }

    @Test void nanAndInfinityReachWhatReadsThemAndNothingElse() {
        var values = new float[49];
        values[24] = Float.NaN;
        var y = Tensor.of(values, 1, 1, 7, 7).conv2d(Tensor.ones(4, 1, 3, 3), null, 1, 1);
        for (int i = 0; i < 7; i++)
            for (int j = 0; j < 7; j++)
                assertThat(Double.isNaN(y.item(0, 2, i, j))).as("%d, %d", i, j).isEqualTo(Math.abs(i - 3) <= 1 && Math.abs(j - 3) <= 1);
        values[24] = Float.POSITIVE_INFINITY;
        assertThat(Tensor.of(values, 1, 1, 7, 7).conv2d(Tensor.ones(4, 1, 3, 3), null, 1, 1).item(0, 0, 3, 3)).isInfinite();
        var large = new float[64 * 28 * 28]; // by tiles, if all were finite
        large[5 * 784 + 14 * 28 + 14] = Float.POSITIVE_INFINITY;
        double[] row = Tensor.of(large, 1, 64, 28, 28).expand(4, 64, 28, 28).conv2d(Tensor.ones(64, 64, 3, 3), null, 1, 1).toDoubleArray();
        for (int i = 0; i < row.length; i++)
            assertThat(row[i]).as("%d", i)
                    .isEqualTo(Math.abs(i % 784 / 28 - 14) <= 1 && Math.abs(i % 28 - 14) <= 1 ? Double.POSITIVE_INFINITY : 0);
        assertThat(Tensor.of(new double[] {1, Double.NaN, 3, 4}, 1, 1, 4).maxPool(new Pooling(2)).toDoubleArray())
                .containsExactly(Double.NaN, 4);
        assertThat(Tensor.of(new double[] {Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY}, 1, 1, 2).maxPoolWithIndices(new Pooling(2))
                .indices().item()).isZero();
    }

    /** Kernels keep some lines under way when a plane begins or ends: what they hold of lines that are not there must not meet the infinity. */
    @ParameterizedTest
    @MethodSource("fastBackends") void anInfinityReachesTheDepthwiseTapsThatReadIt(Backend backend) {
        Backend.with(backend, () -> {
            for (int stride = 1; stride <= 2; stride++)
                for (int padding = 0; padding <= 2; padding++) for (int size : new int[] {3, 4, 5, 18, 35}) {
                    var how = new Convolution().withStride(stride).withPadding(padding).withGroups(2);
                    for (int i : new int[] {0, 1, size - 2, size - 1}) for (int j : new int[] {0, 1, size - 2, size - 1}) {
                        var values = Tensor.ones(2, 2, size, size).toFloatArray();
                        values[2 * size * size + i * size + j] = Float.POSITIVE_INFINITY;
                        var weight = Tensor.ones(2, 1, 3, 3).requiresGrad();
                        Tensor.of(values, 2, 2, size, size).conv(weight, null, how).sum().backward();
                        for (int t = 0; t < 3; t++) for (int u = 0; u < 3; u++) {
                            boolean read = reads(i + padding - t, stride, size + 2 * padding)
                                    && reads(j + padding - u, stride, size + 2 * padding);
                            assertThat(Double.isFinite(weight.grad().item(0, 0, t, u)))
                                    .as("stride %d, padding %d, size %d: (%d, %d) by tap (%d, %d)", stride, padding, size, i, j, t, u)
                                    .isEqualTo(!read);
                            assertThat(weight.grad().item(1, 0, t, u)).isFinite();
                        }
                    }
                }
        });
    }

    /** Whether a window of 3 starts there. */
    private static boolean reads(int start, int stride, int padded) { return start >= 0 && start % stride == 0 && start + 3 <= padded; }

    @Test void emptyBatchesAndNoChannelsHaveAnAnswer() {
        assertThat(Tensor.zeros(0, 3, 5, 5).conv(Tensor.ones(4, 3, 3, 3)).shape()).isEqualTo(Shape.of(0, 4, 3, 3));
        assertThat(Tensor.zeros(2, 0, 5, 5).conv(Tensor.ones(4, 0, 3, 3), Tensor.ones(4), new Convolution()).toDoubleArray()).hasSize(72)
                .containsOnly(1);
        var gradient = Autograd.grad(w -> Tensor.zeros(0, 8, 5, 5).conv(w).sum()).apply(Tensor.ones(4, 8, 3, 3));
        assertThat(gradient.toDoubleArray()).hasSize(288).containsOnly(0);
        assertThat(Tensor.zeros(0, 3, 4, 4).maxPool(new Pooling(2)).shape()).isEqualTo(Shape.of(0, 3, 2, 2));
    }

    @Test void sizesBeyondIntAreRefusedBeforeAnythingIsAllocated() {
        var x = Tensor.zeros(1, 1, 1, 1).expand(1, 1, 1 << 16, 1 << 16);
        assertThatThrownBy(() -> x.maxPool(new Pooling(2))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> x.avgPool(new Pooling(2))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> x.conv(Tensor.ones(1, 1, 3, 3))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Tensor.ones(1, 1, 3).conv(Tensor.ones(1, 1, 3), null,
                new Convolution().withPadding(Integer.MAX_VALUE).withDilation(1 << 30).withStride(1 << 30)))
                .isInstanceOf(ShapeException.class).hasMessage(
                        "conv: input [1, 1, 3] and result [1, 1, 3] under a window [3]; each size, a channel's volume and an axis with its padding are at most 2147483647: cut the input into parts");
    }

    @Test void samePaddingKeepsTheSize() {
        var how = new Convolution().withDilation(3).withSamePadding(4, 3);
        assertThat(Tensor.zeros(1, 1, 20, 21).conv(Tensor.ones(1, 1, 4, 3), null, how).shape()).isEqualTo(Shape.of(1, 1, 20, 21));
        assertThat(how.before()).containsExactly(4, 3);
        assertThat(how.after()).containsExactly(5, 3);
    }

    @Test void refusesWhatDoesNotFit() {
        var x = Tensor.zeros(2, 3, 8, 8);
        var plain = new Convolution();
        assertThatThrownBy(() -> x.conv(Tensor.ones(4, 5, 3, 3))).isInstanceOf(ShapeException.class)
                .hasMessage("conv: input (2, 3, 8, 8) has 3 channels; weight (4, 5, 3, 3) with groups 1 takes 5");
        assertThatThrownBy(() -> x.conv(Tensor.ones(4, 1, 3, 3), null, plain.withGroups(3))).isInstanceOf(ShapeException.class)
                .hasMessage("conv: weight (4, 1, 3, 3) has 4 outputs, which do not divide into groups 3");
        assertThatThrownBy(() -> x.conv(Tensor.ones(4, 3, 3, 11), null, plain.withPadding(1))).isInstanceOf(ShapeException.class)
                .hasMessage(
                        "conv: the kernel of weight (4, 3, 3, 11) spans 11 elements of axis 3; input (2, 3, 8, 8) has 10 there with its padding");
        assertThatThrownBy(() -> x.conv(Tensor.ones(4, 3, 3))).isInstanceOf(ShapeException.class).hasMessage(
                "conv: input (2, 3, 8, 8) for weight (4, 3, 3); its shape is (batch, channels, sizes..) with 1 spatial axes, or that without the batch");
        assertThatThrownBy(() -> x.conv(Tensor.ones(4, 3))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("with 1 to 3 kernel axes");
        assertThatThrownBy(() -> x.conv(Tensor.ones(4, 3, 3, 3), Tensor.ones(3), plain)).isInstanceOf(ShapeException.class)
                .hasMessage("conv: bias (3,) for 4 output channels");
        assertThatThrownBy(() -> x.conv(Tensor.ones(4, 3, 3, 3), null, plain.withStride(1, 2, 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("stride [1, 2, 3] for 2 spatial axes; give one number, or one an axis");
        assertThatThrownBy(() -> x.conv(Tensor.ones(4, 3, 3, 3), null, plain, Op.EXP)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("RELU, SIGMOID and TANH can");
        assertThatThrownBy(() -> x.to(DType.I32).conv(Tensor.ones(4, 3, 3, 3).to(DType.I32))).isInstanceOf(DTypeException.class);
        assertThatThrownBy(() -> plain.withStride(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("stride is [0]; it is at least 1");
        assertThatThrownBy(() -> x.convTranspose(Tensor.ones(3, 4, 3, 3), null, plain.withOutputPadding(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("convTranspose: outputPadding is 1 on axis 2; it is below the stride 1 or the dilation 1");
        assertThatThrownBy(() -> x.convTranspose(Tensor.ones(4, 4, 3, 3), null, plain)).isInstanceOf(ShapeException.class)
                .hasMessage("convTranspose: input (2, 3, 8, 8) has 3 channels, weight (4, 4, 3, 3) takes 4");
        assertThatThrownBy(() -> x.maxPool(new Pooling(9))).isInstanceOf(ShapeException.class)
                .hasMessage("maxPool: no window of [9, 9] fits into axis 2 of input (2, 3, 8, 8) with padding 0");
        assertThatThrownBy(() -> new Pooling(3).withPadding(2)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("pooling: padding [2] of window [3]; it is at most half of the window");
    }
}
