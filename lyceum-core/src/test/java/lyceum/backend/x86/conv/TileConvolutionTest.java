package lyceum.backend.x86.conv;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.backend.Epilogue;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.WindowGeometry;
import lyceum.backend.WindowWeight;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.gemm.LoweredTiles;
import lyceum.backend.x86.gemm.TileWindows;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Convolutions of BF16 by tiles, lowered to vector code so that every CPU with AVX-512 tests them. */
class TileConvolutionTest {
    /** x, weight, and how. */
    record Case(Convolution how, long[] x, long[] weight) {
        long[] y() {
            var y = new long[x.length];
            y[0] = x[0];
            y[1] = weight[0];
            var spread = how.over(x.length - 2);
            for (int i = 2; i < y.length; i++)
                y[i] = (x[i] + spread.before().get(i - 2) + spread.after().get(i - 2) - (weight[i] - 1) * spread.dilation().get(i - 2) - 1)
                        / spread.stride().get(i - 2) + 1;
            return y;
        }
    }

    @BeforeEach void onlyWhereMachineCodeRuns() {
        Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable());
        Assumptions.assumeTrue(Cpu.current().has(Feature.AVX512), "what goes to tiles and comes from them is moved by AVX-512");
        Assumptions.assumeTrue(Cpu.current().has(Feature.AVX512_BF16), "sums are rounded by AVX-512 with BF16");
    }

    /** Of this CPU as if it had tiles. */
    private static KernelCache<Cpu> kernels() {
        var features = EnumSet.copyOf(Cpu.current().features());
        features.addAll(EnumSet.of(Feature.AMX_TILE, Feature.AMX_BF16));
        var cpu = new Cpu(Cpu.current().name(), Set.copyOf(features), Cpu.current().l1(), Cpu.current().l2(), Cpu.current().l3());
        return new KernelCache<>(cpu);
    }

    private static TileConvolution lowered() { return lowered(kernels(), Backend.named("scalar")); }

    private static TileConvolution lowered(KernelCache<Cpu> kernels, Backend programs) {
        return new TileConvolution(kernels, programs, new TileWindows(kernels, a -> new LoweredTiles(a, kernels.cpu().vectorBits())));
    }

    /** Whole numbers, so that every sum is exact and is rounded once. */
    private static Tensor whole(long seed, long... shape) { return Tensor.randint(Rng.of(seed), -4, 5, shape).to(DType.BF16).compute(); }

    private static float[] found(TileConvolution convolution, Case c, Tensor x, Tensor weight, Tensor bias, Op activation) {
        var y = Tensor.full(DType.BF16, Double.NaN, c.y()).copy().compute();
        var g = WindowGeometry.of(c.how.over(c.x.length - 2), c.x, c.weight, c.y());
        assertThat(convolution.suits(g, x.view(), weight.view(), y.view(), true)).isTrue();
        try (var scratch = Scope.open("scratch")) {
            convolution.forward(g, x.view(), convolution.pack(weight.view()), new Epilogue(bias == null ? null : bias.view(), activation),
                    y.view());
        }
        return y.toFloatArray();
    }

    private static void check(Case c, boolean epilogue) { check(c, epilogue, epilogue ? Op.RELU : null); }

    static void check(Case c, boolean biased, Op activation) {
        Tensor x = whole(1, c.x), weight = whole(2, c.weight), bias = biased ? whole(3, c.weight[0]) : null;
        var exact = x.to(DType.F64).conv(weight.to(DType.F64), null, c.how).to(DType.BF16);
        if (biased) {
            var wide = new long[c.x.length];
            Arrays.fill(wide, 1);
            wide[1] = bias.count();
            exact = exact.add(bias.reshape(wide));
        }
        if (activation != null) exact = activation == Op.RELU ? exact.relu() : exact.abs();
        assertThat(found(lowered(), c, x, weight, bias, activation)).as(c.how + " %s, %s", x.shape(), weight.shape())
                .isEqualTo(exact.toFloatArray());
    }

    @Test void sumsAreExactForKernelsStridesPaddingsAndDilations() {
        var plain = new Convolution();
        for (int kernel : new int[] {1, 2, 3, 5})
            for (int stride : new int[] {1, 2, 3})
                for (int padding : new int[] {0, 1, 2})
                    check(new Case(plain.withStride(stride).withPadding(padding),
                            new long[] {kernel == 3 ? 5 : 2, 33, 7 + kernel, 9 + kernel}, new long[] {17, 33, kernel, kernel}),
                            kernel == 3);
        check(new Case(plain.withDilation(2).withPadding(2), new long[] {1, 16, 11, 12}, new long[] {40, 16, 3, 3}), false);
        check(new Case(plain.withPadding(new int[] {0, 2}, new int[] {1, 0}), new long[] {1, 64, 6, 5}, new long[] {64, 64, 2, 3}), true);
    }

    @Test void oneAndThreeAxesAndLinesOfSeveralVectorsAreExact() {
        var plain = new Convolution();
        check(new Case(plain.withPadding(1), new long[] {3, 20, 700}, new long[] {33, 20, 3}), true);
        check(new Case(plain.withStride(2).withPadding(3), new long[] {1, 31, 333}, new long[] {16, 31, 7}), false);
        check(new Case(plain.withPadding(1), new long[] {2, 18, 4, 5, 6}, new long[] {18, 18, 3, 3, 3}), false);
        check(new Case(plain, new long[] {1, 48, 40, 60}, new long[] {32, 48, 1, 1}), true);
    }

    /** The columns of the kernel are channels there. */
    @Test void fewChannelsAreExact() {
        var plain = new Convolution();
        check(new Case(plain.withStride(2).withPadding(3), new long[] {4, 3, 33, 35}, new long[] {64, 3, 7, 7}), true);
        for (int stride : new int[] {1, 2, 3})
            for (int padding : new int[] {0, 1, 2})
                for (int dilation : new int[] {1, 2, 3})
                    check(new Case(plain.withStride(stride).withPadding(padding).withDilation(dilation), new long[] {3, 5, 9, 21},
                            new long[] {9, 5, 2, 3}), dilation == 2);
        check(new Case(plain.withPadding(1), new long[] {1, 1, 4, 6}, new long[] {8, 1, 3, 8}), false);
        check(new Case(plain.withStride(5), new long[] {2, 1, 1_600}, new long[] {32, 1, 10}), true);
        check(new Case(plain.withPadding(new int[] {0, 3}, new int[] {1, 0}), new long[] {1, 15, 6, 530}, new long[] {33, 15, 3, 4}),
                false);
        check(new Case(plain.withStride(2).withPadding(1), new long[] {2, 4, 5, 6, 7}, new long[] {16, 4, 3, 3, 3}), true);
    }

    @Test void epiloguesAreDoneOneAfterTheOther() {
        var c = new Case(new Convolution().withPadding(1), new long[] {5, 40, 9, 11}, new long[] {50, 40, 3, 3});
        for (var activation : new Op[] {null, Op.RELU, Op.ABS})
            for (boolean biased : new boolean[] {false, true}) check(c, biased, activation);
    }

    @Test void aNaNReachesWhatReadsIt() {
        var c = new Case(new Convolution().withPadding(1), new long[] {1, 16, 6, 6}, new long[] {16, 16, 3, 3});
        var values = new double[16 * 36];
        Arrays.fill(values, 1);
        values[2 * 36 + 2 * 6 + 2] = Double.NaN;
        Tensor x = Tensor.of(values, c.x).to(DType.BF16).compute(), weight = Tensor.ones(DType.BF16, c.weight).compute();
        for (var activation : new Op[] {null, Op.RELU}) {
            var y = found(lowered(), c, x, weight, null, activation);
            for (int at = 0; at < y.length; at++) {
                int i = at % 36 / 6, j = at % 6;
                assertThat(Float.isNaN(y[at])).as(activation + " at %d, %d", i, j).isEqualTo(Math.abs(i - 2) <= 1 && Math.abs(j - 2) <= 1);
            }
        }
    }

    @Test void moreChannelsThanStayInTheCacheAreAddedUpInParts() {
        check(new Case(new Convolution().withPadding(1), new long[] {1, 470, 3, 4}, new long[] {33, 470, 3, 3}), false);
        check(new Case(new Convolution(), new long[] {1, 900, 5, 7}, new long[] {65, 900, 1, 1}), true);
    }

    /** What a layer keeps is packed once, and again after the weight was written to: else a convolution gives that of the old one. */
    @Test void aKeptWeightIsPackedOnceAndAnewAfterAWrite() {
        var c = new Case(new Convolution(), new long[] {1, 32, 24, 24}, new long[] {32, 32, 3, 3});
        Tensor x = whole(1, c.x), weight = whole(2, c.weight), y = Tensor.zeros(DType.BF16, c.y()).copy().compute();
        var g = WindowGeometry.of(c.how.over(2), c.x, c.weight, c.y());
        var machine = new MachineConvolution(kernels(), Backend.named("scalar"), TileConvolutionTest::lowered);
        var kept = new WindowWeight(weight.view());
        Object last = null;
        for (int write = 0; write < 2; write++) {
            for (int again = 0; again < 2; again++) {
                try (var scratch = Scope.open("scratch")) {
                    assertThat(machine.forward(g, x.view(), weight.view(), kept, Epilogue.NONE, y.view())).isTrue();
                }
                assertThat(y.toFloatArray())
                        .isEqualTo(x.to(DType.F64).conv(weight.to(DType.F64), null, c.how).to(DType.BF16).toFloatArray());
                Object packed = kept.arranged(machine, w -> null); // null if nobody has packed it as it is now
                assertThat(packed).isNotNull();
                assertThat(packed == last).as("the weight of the last convolution").isEqualTo(again == 1);
                last = packed;
            }
            weight.mul_(Tensor.full(DType.BF16, 2));
        }
    }

    @Test void bitsDoNotDependOnTheThreads() {
        for (int batch : new int[] {3, 5}) {
            var c = new Case(new Convolution().withPadding(1), new long[] {batch, 40, 30, 30}, new long[] {70, 40, 3, 3});
            Tensor x = Tensor.randn(Rng.of(1), c.x).to(DType.BF16).compute(),
                    weight = Tensor.randn(Rng.of(2), c.weight).to(DType.BF16).compute();
            var convolution = lowered();
            var alone = new float[1][];
            Parallel.sequentially(() -> alone[0] = found(convolution, c, x, weight, null, null));
            assertThat(found(convolution, c, x, weight, null, null)).isEqualTo(alone[0]);
        }
    }
}
