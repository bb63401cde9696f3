package lyceum.backend.x86.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.Precision;
import lyceum.backend.x86.X86Backend;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.gemm.GemmTest.Case;
import lyceum.backend.x86.gemm.GemmTest.Types;
import lyceum.backend.x86.machine.Cpu;
import lyceum.testing.Generator;
import lyceum.testing.Property;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** F32 from products of BF16, by dot products and by lowered tiles: errors, edges, and magnitudes that BF16 products cannot hold. */
class SplitProductsTest {
    @BeforeEach void onlyWithProductsOfBf16() {
        Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable());
        Assumptions.assumeTrue(Cpu.current().has(Feature.AVX512_BF16), "AVX512_BF16 was not executed: this CPU has none");
    }

    private final Backend plain = new X86Backend(Backend.named("scalar"));

    private SplitProducts products(String form) {
        if (form.equals("dots")) {
            var features = EnumSet.copyOf(Cpu.current().features());
            features.removeAll(EnumSet.of(Feature.AMX_TILE, Feature.AMX_BF16, Feature.AMX_INT8));
            var cpu = new Cpu("without tiles", Set.copyOf(features), Cpu.current().l1(), Cpu.current().l2(), Cpu.current().l3());
            return new SplitProducts(plain, new Gemm(cpu, plain));
        }
        var cpu = TilesTest.tiled("all");
        return new SplitProducts(plain, new Gemm(cpu, plain, a -> new LoweredTiles(a, 512)));
    }

    /** For any number of products: what is dropped of each, and rounding. Parts are at most 2^-9 of what they are the rest of. */
    private static double bound(Precision precision) {
        return switch (precision) {
            case F32_SPLIT6 -> 0x1p-22;
            case F32_SPLIT3 -> 3 * 0x1p-18 + 0x1p-22;
            default -> 0x1p-8 + 0x1p-18 + 0x1p-22;
        };
    }

    private static Generator<Case> cases(int m, int n, int k) {
        return choices -> Case.draw(choices, Types.same(DType.F32), 1 + (int) choices.next(m), 1 + (int) choices.next(n),
                1 + (int) choices.next(k));
    }

    /** Largest error over the sum of the magnitudes of an element's products. */
    private static double error(Case c) {
        var worst = new double[1];
        c.sums((q, i, j, sum, magnitude) -> {
            if (magnitude > 0) worst[0] = Math.max(worst[0], Math.abs(c.out().get(q, i, j) - sum) / magnitude);
        });
        c.out().checkSurroundings();
        return worst[0];
    }

    private static DoubleSupplier gaussian(long seed) { return new SplittableRandom(seed)::nextGaussian; }

    private static void fill(Case c, long seed) {
        var values = gaussian(seed);
        c.a().fill(values);
        c.b().fill(values);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dots", "tiles"}) void errorsStayWithinTheirBounds(String form) {
        var products = products(form);
        for (var precision : new Precision[] {Precision.F32_SPLIT6, Precision.F32_SPLIT3, Precision.BF16})
            Property.of(cases(70, 110, 900)).withRuns(25).holds(c -> {
                fill(c, 3);
                assertThat(products.multiply(c.a().view(), c.b().view(), precision, c.out().view())).isTrue();
                assertThat(error(c)).as(precision + " " + c).isLessThan(bound(precision));
            });
    }

    /** Where a sum has many products their errors cancel. */
    @ParameterizedTest
    @ValueSource(strings = {"dots", "tiles"}) void errorsOfLongSumsAreNearThoseOfF32(String form) {
        var products = products(form);
        Property.of((Generator<Case>) choices -> Case.draw(choices, Types.same(DType.F32), 40, 50, 2048)).withRuns(3).holds(c -> {
            var random = new SplittableRandom(3);
            c.a().fill(() -> random.nextDouble(-1, 1));
            c.b().fill(() -> random.nextDouble(-1, 1));
            products.multiply(c.a().view(), c.b().view(), Precision.F32_SPLIT6, c.out().view());
            assertThat(error(c)).as(c.toString()).isLessThan(1e-7);
            products.multiply(c.a().view(), c.b().view(), Precision.F32_SPLIT3, c.out().view());
            assertThat(error(c)).as(c.toString()).isLessThan(5e-7);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"dots", "tiles"}) void rowsAndColumnsOfAnyMagnitudeKeepTheBounds(String form) {
        var products = products(form);
        for (int power : new int[] {60, 100, -60}) Property.of(cases(40, 60, 300)).withRuns(15).holds(c -> {
            var values = gaussian(5);
            c.a().fill(values);
            c.b().fill(values);
            for (int i = 0; i < c.a().rows(); i++)
                for (int p = 0; p < c.a().columns(); p++)
                    if (i % 2 == 1 && isOwn(c.a())) c.a().set(0, i, p, Math.scalb(c.a().get(0, i, p), power == 100 ? 100 : -60));
            for (int j = 0; j < c.b().columns(); j++)
                for (int p = 0; p < c.b().rows(); p++)
                    if (j % 3 == 1 && isOwn(c.b())) c.b().set(0, p, j, Math.scalb(c.b().get(0, p, j), power == 100 ? -90 : power));
            assertThat(products.multiply(c.a().view(), c.b().view(), Precision.F32_SPLIT6, c.out().view())).isTrue();
            if (power != -60) assertThat(error(c)).as(c.toString()).isLessThan(bound(Precision.F32_SPLIT6));
        });
    }

    /** True if no two elements are one. */
    private static boolean isOwn(StridedMatrix x) { return x.batch() == 1 && !x.view().mayOverlapItself(); }

    @ParameterizedTest
    @ValueSource(strings = {"dots", "tiles"}) void denormalRowsKeepTheirDigits(String form) {
        var products = products(form);
        Property.of(cases(20, 40, 60)).withRuns(10).holds(c -> {
            fill(c, 4);
            var one = new double[] {1};
            c.a().fill(() -> Math.scalb(one[0] = one[0] * 1.3 % 7 + 0.1, -135));
            c.b().fill(() -> Math.scalb(one[0] = one[0] * 1.3 % 7 + 0.1, 100));
            assertThat(products.multiply(c.a().view(), c.b().view(), Precision.F32_SPLIT6, c.out().view())).isTrue();
            assertThat(error(c)).as(c.toString()).isLessThan(bound(Precision.F32_SPLIT6));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"dots", "tiles"}) void infinitiesAndNaNAreLeftToF32(String form) {
        var products = products(form);
        for (double special : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) Property.of(cases(20, 40, 60)).withRuns(4).holds(c -> {
            fill(c, 4);
            c.b().set(0, c.b().rows() / 2, c.b().columns() / 2, special);
            assertThat(products.multiply(c.a().view(), c.b().view(), Precision.F32_SPLIT6, c.out().view())).isFalse();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"dots", "tiles"}) void theBitsDoNotDependOnTheThreads(String form) {
        var products = products(form);
        Property.of((Generator<Case>) choices -> Case.draw(choices, Types.same(DType.F32), 300, 500, 300)).withRuns(3).holds(c -> {
            fill(c, 4);
            products.multiply(c.a().view(), c.b().view(), Precision.F32_SPLIT3, c.out().view());
            var parallel = c.out().bytes();
            Parallel.sequentially(() -> products.multiply(c.a().view(), c.b().view(), Precision.F32_SPLIT3, c.out().view()));
            assertThat(c.out().bytes()).isEqualTo(parallel);
        });
    }
}
