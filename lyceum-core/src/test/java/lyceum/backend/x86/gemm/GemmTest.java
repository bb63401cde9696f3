package lyceum.backend.x86.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Parallel;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.backend.scalar.Elements;
import lyceum.backend.x86.X86Backend;
import lyceum.backend.x86.machine.Cpu;
import lyceum.tensor.CountingBackend;
import lyceum.testing.Choices;
import lyceum.testing.Generator;
import lyceum.testing.Property;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Products in machine code, on every level of the CPU, against three loops in F64. */
class GemmTest {
    /** Types of the operands and of the result. */
    record Types(DType a, DType b, DType out) {
        static Types same(DType type) { return new Types(type, type, type); }

        boolean isByte() { return a.bytes() == 1; }

        /** Half a step between neighbours of 1, and how many of them a result may be off beside the sums' own. */
        double epsilon() {
            return out == DType.F64 ? 0x1p-53 : 0x1p-24;
        }

        double rounded(double x) {
            return switch (out) {
                case F64 -> x;
                case BF16 -> Elements.fromBf16(Elements.toBf16((float) x));
                case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) x));
                case I32 -> (int) (long) x;
                default -> (float) x;
            };
        }
    }

    static final Types[] WIDE = {Types.same(DType.F32), Types.same(DType.F64)};
    static final Types[] SHORT = {Types.same(DType.BF16), Types.same(DType.F16), new Types(DType.BF16, DType.BF16, DType.F32),
            new Types(DType.F16, DType.F16, DType.F32)};
    static final Types[] WHOLE = {new Types(DType.I8, DType.I8, DType.I32), new Types(DType.U8, DType.I8, DType.I32),
            new Types(DType.U8, DType.U8, DType.I32), new Types(DType.I8, DType.U8, DType.I32), Types.same(DType.I32)};
    private static final Types[] FLOATS = join(WIDE, SHORT), ALL = join(FLOATS, WHOLE);

    private static Types[] join(Types[] a, Types[] b) { return Stream.concat(Arrays.stream(a), Arrays.stream(b)).toArray(Types[]::new); }

    /** Operands and a place for the result. */
    record Case(Types types, StridedMatrix a, StridedMatrix b, StridedMatrix out) {
        static Case draw(Choices choices, Types types, int m, int n, int k) {
            long batch = choices.next(5) == 5 ? 1 + choices.next(3) : 1;
            return new Case(types, StridedMatrix.operand(choices, types.a, batch, m, k),
                    StridedMatrix.operand(choices, types.b, batch, k, n), StridedMatrix.result(choices, types.out, batch, m, n));
        }

        /** Few digits, so that every sum is exact, whatever its order. */
        Case wholeNumbers(long seed) {
            var random = new SplittableRandom(seed);
            int least = types.isByte() ? 128 : 3, most = types.isByte() ? 256 : 7;
            a.fill(() -> random.nextInt(most) - (types.a == DType.U8 ? 0 : least));
            b.fill(() -> random.nextInt(most) - (types.b == DType.U8 ? 0 : least));
            return this;
        }

        Case gaussian(long seed) {
            var random = new SplittableRandom(seed);
            a.fill(random::nextGaussian);
            b.fill(random::nextGaussian);
            return this;
        }

        void run(Backend backend) { backend.matmul(a.view(), b.view(), out.view()); }

        void check() { check(0); }

        /** An element of the result, the sum of its products in F64 and that of their magnitudes. */
        interface Sums {
            void see(long matrix, int row, int column, double sum, double magnitude);
        }

        /** Three loops, over operands that were read once. */
        void sums(Sums sums) {
            int rows = out.rows(), columns = out.columns(), length = a.columns();
            for (long q = 0; q < out.batch(); q++) {
                double[] left = a.numbers(q), right = b.numbersTurned(q);
                for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) {
                    double sum = 0, magnitude = 0;
                    for (int p = 0; p < length; p++) {
                        double product = left[i * length + p] * right[j * length + p];
                        sum += product;
                        magnitude += Math.abs(product);
                    }
                    sums.see(q, i, j, sum, magnitude);
                }
            }
        }

        /** Every element is the sum of the products, give or take {@code epsilon * k} times the sum of their magnitudes, rounded to its type. */
        void check(double epsilon) {
            sums((q, i, j, sum, magnitude) -> {
                double got = out.get(q, i, j), off = epsilon * a.columns() * magnitude;
                if (!(got >= types.rounded(sum - off) && got <= types.rounded(sum + off))) throw new AssertionError(
                        String.format(Locale.ROOT, "element %d, %d, %d is %s, expected %s: %s", q, i, j, got, sum, this));
            });
            out.checkSurroundings();
        }

        @Override public String toString() { return a + " x " + b + " to " + out; }
    }

    @BeforeEach void onlyWhereMachineCodeRuns() { Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable()); }

    /** A fallback that counts: products that should be machine code must not reach it. */
    private final CountingBackend fallback = new CountingBackend();

    /** @param level of the CPU; {@code far} or {@code near} behind it says how its memory is taken to be, else as it is */
    private X86Backend backend(String level) {
        var words = level.split(" ");
        var cpu = Cpu.current().limitedTo(words[0]);
        return new X86Backend(fallback,
                words.length == 1 ? cpu : words[1].equals("far") ? new Cpu(cpu.name(), cpu.features(), cpu.l1(), 2 << 20, cpu.l3())
                        : new Cpu(cpu.name(), cpu.features(), 48 << 10, 1 << 20, cpu.l3()));
    }

    private static Generator<Case> cases(Types[] types, int most) {
        return choices -> {
            var type = types[(int) choices.next(types.length - 1)];
            int m = 1 + size(choices, most), n = 1 + size(choices, most), k = 1 + size(choices, most);
            return Case.draw(choices, type, m, n, k).wholeNumbers(choices.next(9));
        };
    }

    private static Choices anyLayout() {
        var plain = new Choices[1];
        Property.of((Generator<Choices>) choices -> choices).withRuns(1).holds(choices -> plain[0] = choices);
        return plain[0];
    }

    /** Often tiny, so that edges meet each other. */
    private static int size(Choices choices, int most) { return (int) choices.next(choices.next(2) == 0 ? 4 : most); }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512 near", "avx512 far", "all"}) void productsOfAnyShapeAndLayoutAreExact(String level) {
        var backend = backend(level);
        Property.of(cases(ALL, 90)).withRuns(900).holds(c -> {
            c.run(backend);
            c.check();
        });
        Property.of(cases(ALL, 450)).withRuns(24).holds(c -> {
            c.run(backend);
            c.check();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512 near", "avx512 far", "all"}) void productsAboutTheBordersOfBlocksAreExact(String level) {
        var backend = backend(level);
        int[][] sizes = {{1, 1, 1}, {1, 1, 2000}, {1, 700, 1}, {700, 1, 1}, {1, 65, 769}, {1, 530, 11}, {1, 267, 1031}, {1, 4100, 6},
                {2, 49, 385}, {3, 48, 384}, {4, 47, 383}, {5, 289, 33}, {8, 288, 769}, {9, 17, 768}, {15, 16, 767}, {16, 31, 31},
                {239, 33, 40}, {240, 1, 385}, {241, 289, 3}, {481, 300, 2}, {33, 577, 5}, {260, 50, 770}, {17, 290, 1539}, {30, 512, 33},
                {131, 97, 64}, {2050, 50, 11}, {33, 4100, 9}, {300, 100, 512}, {231, 60, 1030}};
        for (var s : sizes)
            for (var type : ALL)
                Property.of((Generator<Case>) choices -> Case.draw(choices, type, s[0], s[1], s[2]).wholeNumbers(1)).withRuns(3)
                        .holds(c -> {
                            c.run(backend);
                            c.check();
                        });
    }

    /** Where B lies transposed and has more columns than A rows, the turned product may be what is computed. */
    @ParameterizedTest
    @ValueSource(strings = {"avx2 near", "avx512 near", "all"}) void productsOfSomeRowsAreExact(String level) {
        var backend = backend(level);
        Property.of((Generator<Case>) choices -> {
            int m = 17 + (int) choices.next(111);
            return Case.draw(choices, WIDE[(int) choices.next(1)], m, 2 * m + (int) choices.next(200), 1 + (int) choices.next(600))
                    .wholeNumbers(choices.next(9));
        }).withRuns(20).holds(c -> {
            c.run(backend);
            c.check();
            c.out.fill(() -> 0);
            Parallel.sequentially(() -> c.run(backend));
            c.check();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512 near", "avx512 far", "all"}) void roundingStaysWithinTheBoundOfSummation(String level) {
        var backend = backend(level);
        for (var type : FLOATS)
            Property.of((Generator<Case>) choices -> Case
                    .draw(choices, type, 1 + (int) choices.next(40), 1 + (int) choices.next(70), 1 + (int) choices.next(900))
                    .gaussian(choices.next(99))).withRuns(25).holds(c -> {
                        c.run(backend);
                        c.check(type.epsilon());
                    });
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512", "all"}) void machineCodeTakesEveryLayout(String level) {
        var backend = backend(level);
        Property.of((Generator<Case>) choices -> Case.draw(choices, ALL[(int) choices.next(ALL.length - 1)], 3, 5, 7).wholeNumbers(1))
                .withRuns(200).holds(c -> {
                    int before = fallback.products.get();
                    c.run(backend);
                    assertThat(fallback.products.get()).as(c.toString()).isEqualTo(before);
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512 near", "avx512 far", "all"}) void theBitsDoNotDependOnTheThreads(String level) {
        var backend = backend(level);
        int[][] sizes = {{1, 3000, 700}, {2, 2000, 900}, {8, 1500, 800}, {300, 300, 300}, {700, 90, 500}, {2000, 33, 65}};
        for (var s : sizes)
            for (var type : FLOATS)
                Property.of((Generator<Case>) choices -> Case.draw(choices, type, s[0], s[1], s[2]).gaussian(3)).withRuns(2).holds(c -> {
                    c.run(backend);
                    var parallel = c.out.bytes();
                    Parallel.sequentially(() -> c.run(backend));
                    assertThat(c.out.bytes()).isEqualTo(parallel);
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512 near", "avx512 far", "all"})
    void notANumberAndInfinityReachTheirRowsAndColumnsOnly(
            String level) {
        var backend = backend(level);
        for (var type : FLOATS)
            Property.of((Generator<Case>) choices -> Case.draw(choices, type, 1 + (int) choices.next(40), 1 + (int) choices.next(70),
                    1 + (int) choices.next(70))).withRuns(30).holds(c -> {
                        c.a.fill(() -> 1);
                        c.b.fill(() -> 2);
                        c.a.set(0, c.a.rows() / 2, c.a.columns() / 2, Double.NaN);
                        c.b.set(0, c.b.rows() / 2, c.b.columns() / 3, Double.NEGATIVE_INFINITY);
                        c.run(backend);
                        c.sums((q, i, j, sum, _) -> {
                            if (Double.compare(c.out.get(q, i, j), sum) != 0)
                                throw new AssertionError(i + ", " + j + " is " + c.out.get(q, i, j) + ", expected " + sum + ": " + c);
                        });
                    });
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512", "all"}) void emptySumsAreZero(String level) {
        var backend = backend(level);
        for (var type : ALL)
            Property.of((Generator<Case>) choices -> Case.draw(choices, type, (int) choices.next(20), (int) choices.next(40), 0))
                    .withRuns(20).holds(c -> {
                        c.run(backend);
                        c.check();
                    });
    }

    /** relu(a b + bias) * scale + residual, the bias a row, the scale a number; with a b + bias as another result. */
    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512 near", "avx512 far", "all"}) void whatFollowsHasTheBitsOfTwoSteps(String level) {
        var backend = backend(level);
        for (var types : FLOATS)
            Property.of((Generator<Case>) choices -> Case
                    .draw(choices, types, 1 + size(choices, 300), 1 + size(choices, 400), 1 + size(choices, 500))
                    .gaussian(choices.next(99))).withRuns(15).holds(c -> {
                        if (types.out != types.a) return;
                        var type = types.a;
                        var p = new ProgramBuilder();
                        int sum = p.of(Op.ADD, type, p.load(type, 0), p.load(type, 1));
                        int scaled = p.of(Op.MUL, type, p.of(Op.RELU, type, sum), p.load(type, 2));
                        var program = p.build(p.of(Op.ADD, type, scaled, p.load(type, 3)), sum);
                        var shape = c.out.view().shape();
                        int rank = shape.length;
                        var random = new SplittableRandom(3);
                        var row = StridedMatrix.operand(anyLayout(), type, 1, 1, c.out.columns()).fill(random::nextGaussian).view();
                        var residual = StridedMatrix.operand(anyLayout(), type, c.out.batch(), c.out.rows(), c.out.columns())
                                .fill(random::nextGaussian).view();
                        var along = new long[rank];
                        along[rank - 1] = row.strides()[1];
                        View[] others = {row.with(shape, along), row.with(shape, new long[rank]), residual};
                        var before = StridedMatrix.result(anyLayout(), type, c.out.batch(), c.out.rows(), c.out.columns());
                        backend.matmul(c.a.view(), c.b.view(), program, others, c.out.view(), before.view());
                        c.out.checkSurroundings();
                        before.checkSurroundings();
                        byte[] got = c.out.bytes(), gotBefore = before.bytes();
                        Parallel.sequentially(() -> backend.matmul(c.a.view(), c.b.view(), program, others, c.out.view(), before.view()));
                        assertThat(c.out.bytes()).isEqualTo(got);
                        c.run(backend);
                        backend.run(program, new View[] {c.out.view(), others[0], others[1], others[2]},
                                new View[] {c.out.view(), before.view()});
                        assertThat(c.out.bytes()).isEqualTo(got);
                        assertThat(before.bytes()).isEqualTo(gotBefore);
                    });
    }

    /** C = 2 C + a b: what is in the result already is an operand of what follows. */
    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512 near", "avx512 far", "all"}) void productsAccumulateIntoWhatIsThere(String level) {
        var backend = backend(level);
        for (var types : FLOATS)
            Property.of((Generator<Case>) choices -> Case
                    .draw(choices, types, 1 + size(choices, 100), 1 + size(choices, 200), 1 + size(choices, 600))
                    .wholeNumbers(choices.next(99))).withRuns(15).holds(c -> {
                        if (types.out != types.a) return;
                        var type = types.a;
                        var then = new ProgramBuilder();
                        int product = then.load(type, 0), there = then.load(type, 1);
                        var program = then.build(then.of(Op.ADD, type, product, then.of(Op.ADD, type, there, there)));
                        var random = new SplittableRandom(3);
                        c.out.fill(() -> random.nextInt(3));
                        var before = new double[(int) c.out.batch()][c.out.rows()][c.out.columns()];
                        for (int q = 0; q < before.length; q++)
                            for (int i = 0; i < c.out.rows(); i++)
                                for (int j = 0; j < c.out.columns(); j++) before[q][i][j] = c.out.get(q, i, j);
                        backend.matmul(c.a.view(), c.b.view(), program, new View[] {c.out.view()}, c.out.view());
                        c.out.checkSurroundings();
                        c.sums((q, i, j, sum, _) -> {
                            double expected = types.rounded(types.rounded(sum) + 2 * before[(int) q][i][j]);
                            if (Double.compare(c.out.get(q, i, j), expected) != 0)
                                throw new AssertionError(i + ", " + j + " is " + c.out.get(q, i, j) + ", expected " + expected + ": " + c);
                        });
                    });
    }

    @Test void levelsOfOneCpuAgreeWithinRounding() {
        var choices = (Generator<Case>) c -> Case.draw(c, Types.same(DType.F32), 65, 70, 300).gaussian(5);
        Property.of(choices).withRuns(5).holds(c -> {
            c.run(backend("avx2"));
            c.check(0x1p-24);
            c.run(backend("all"));
            c.check(0x1p-24);
        });
    }
}
