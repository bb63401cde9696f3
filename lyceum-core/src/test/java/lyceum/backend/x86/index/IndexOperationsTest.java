package lyceum.backend.x86.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.function.Consumer;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Backend.Scan;
import lyceum.backend.Backend.Scatter;
import lyceum.backend.View;
import lyceum.backend.scalar.Elements;
import lyceum.backend.x86.X86Backend;
import lyceum.backend.x86.attention.GuardedMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.random.Rng;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Machine code against plain loops, every operand between pages that must not be touched. */
class IndexOperationsTest {
    private static final double[] SPECIAL = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0.0, -0.0};
    private static final Backend PLAIN = Backend.named("scalar");

    @BeforeEach void onlyWhereMachineCodeRuns() { Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable()); }

    private static void onEachLevel(Consumer<Backend> check) {
        for (var level : new String[] {"avx2", "all"}) check.accept(new X86Backend(PLAIN, Cpu.current().limitedTo(level)));
    }

    private static View filled(Arena arena, DType type, boolean special, int seed, long... shape) {
        var view = GuardedMemory.view(arena, type, seed % 2 == 0, shape);
        var rng = Rng.of(seed);
        for (long i = 0; i < view.size(); i++) {
            double x = special && rng.nextInt(9) == 0 ? SPECIAL[rng.nextInt(SPECIAL.length)] : rng.nextGaussian();
            Elements.set(type, view.storage().segment(), view.byteOffset() + i * type.bytes(), x);
        }
        return view;
    }

    /** Numbers from {@code -below} to {@code below - 1}. */
    private static View index(Arena arena, int below, int seed, long... shape) {
        var view = GuardedMemory.view(arena, DType.I64, seed % 2 == 0, shape);
        var rng = Rng.of(seed);
        for (long i = 0; i < view.size(); i++)
            Elements.set(DType.I64, view.storage().segment(), view.byteOffset() + i * 8, (long) rng.nextInt(2 * below) - below);
        return view;
    }

    private static double[] values(View view) {
        var all = new double[(int) view.size()];
        for (int i = 0; i < all.length; i++)
            all[i] = Elements.getDouble(view.dtype(), view.storage().segment(), view.byteOffset() + (long) i * view.dtype().bytes());
        return all;
    }

    /** Each index of a row stretched over what stands behind it. */
    private static View stretched(View index, long... behind) {
        var shape = new long[1 + behind.length];
        shape[0] = index.size();
        System.arraycopy(behind, 0, shape, 1, behind.length);
        var strides = new long[shape.length];
        strides[0] = 1;
        return index.with(shape, strides);
    }

    @Test void rowsAreThoseOfPlainLoops() {
        onEachLevel(backend -> {
            for (var type : List.of(DType.F32, DType.F64, DType.BF16))
                for (int width : new int[] {4, 8, 15, 16, 17, 33, 100, 5000}) try (var arena = Arena.ofShared()) {
                    View table = filled(arena, type, true, width, 7, width), at = stretched(index(arena, 7, width + 1, 20), width);
                    View picked = GuardedMemory.view(arena, type, true, 20, width),
                            expected = GuardedMemory.view(arena, type, true, 20, width);
                    backend.gather(table, 0, at, picked);
                    PLAIN.gather(table, 0, at, expected);
                    assertThat(values(picked)).isEqualTo(values(expected));
                    for (var rule : Scatter.values()) {
                        View into = filled(arena, type, true, width + 2, 7, width), same = filled(arena, type, true, width + 2, 7, width);
                        backend.scatter(rule, picked, 0, at, into);
                        PLAIN.scatter(rule, picked, 0, at, same);
                        assertThat(values(into)).as("%s of %s, %d wide", rule, type, width).isEqualTo(values(same));
                    }
                }
        });
    }

    @Test void elementsAreThoseOfPlainLoops() {
        onEachLevel(backend -> {
            for (var type : List.of(DType.F32, DType.F64))
                for (int axis = 0; axis < 3; axis++) for (int n : new int[] {1, 3, 4, 9}) try (var arena = Arena.ofShared()) {
                    long[] table = {5, 3, 6}, places = {5, 3, 6};
                    places[axis] = n;
                    View in = filled(arena, type, true, n, table), at = index(arena, (int) table[axis], n + 1, places);
                    View picked = GuardedMemory.view(arena, type, true, places), expected = GuardedMemory.view(arena, type, false, places);
                    backend.gather(in, axis, at, picked);
                    PLAIN.gather(in, axis, at, expected);
                    assertThat(values(picked)).isEqualTo(values(expected));
                    for (var rule : Scatter.values()) {
                        View into = filled(arena, type, false, n + 2, table), same = filled(arena, type, false, n + 2, table);
                        backend.scatter(rule, picked, axis, at, into);
                        PLAIN.scatter(rule, picked, axis, at, same);
                        assertThat(values(into)).as("%s of %s along %d", rule, type, axis).isEqualTo(values(same));
                    }
                }
        });
    }

    @Test void runningReductionsAreThoseOfPlainLoops() {
        onEachLevel(backend -> {
            for (var type : List.of(DType.F32, DType.F64))
                for (var scan : Scan.values())
                    for (long[] shape : new long[][] {{1, 1, 1}, {3, 8, 1}, {2, 33, 1}, {1, 100, 7}, {2, 5, 16}, {2, 3, 300},
                            {1, 40_000, 1}, {2, 3, 5000}}) {
                                for (boolean special : new boolean[] {false, true}) try (var arena = Arena.ofShared()) {
                                    View in = filled(arena, type, special, (int) shape[1], shape),
                                            out = GuardedMemory.view(arena, type, true, shape),
                                            expected = GuardedMemory.view(arena, type, true, shape);
                                    backend.scan(scan, in, 1, out);
                                    PLAIN.scan(scan, in, 1, expected);
                                    double[] a = values(out), e = values(expected);
                                    boolean exact = scan == Scan.MAX || scan == Scan.MIN;
                                    for (int i = 0; i < a.length; i++) {
                                        if (Double.compare(a[i], e[i]) == 0 || a[i] == e[i] && !exact) continue;
                                        assertThat(exact).as("%s of %s: %s for %s", scan, type, a[i], e[i]).isFalse();
                                        assertThat(a[i]).as("%s of %s", scan, type).isCloseTo(e[i],
                                                within((type == DType.F32 ? 1.2e-7 : 1e-14) * Math.max(1, Math.abs(e[i]))));
                                    }
                                }
                            }
        });
    }

    @Test void linesOfManyElementsAreMovedInPieces() {
        onEachLevel(backend -> {
            for (int axis = 0; axis < 2; axis++) try (var arena = Arena.ofShared()) {
                long[] shape = {3, 40_000};
                View in = filled(arena, DType.F32, true, 1, shape), at = index(arena, (int) shape[axis], 2, shape),
                        picked = GuardedMemory.view(arena, DType.F32, true, shape),
                        expected = GuardedMemory.view(arena, DType.F32, true, shape);
                backend.gather(in, axis, at, picked);
                PLAIN.gather(in, axis, at, expected);
                assertThat(values(picked)).isEqualTo(values(expected));
                View into = filled(arena, DType.F32, false, 3, shape), same = filled(arena, DType.F32, false, 3, shape);
                backend.scatter(Scatter.ADD, picked, axis, at, into);
                PLAIN.scatter(Scatter.ADD, picked, axis, at, same);
                assertThat(values(into)).isEqualTo(values(same));
            }
        });
    }

    @Test void sumsOfDoublesAreThoseOneByOne() {
        onEachLevel(backend -> {
            for (double[] x : new double[][] {{-1e308, 1e308, 1e308}, {1, 0x1p-53, 0x1p-53, 0}, {-0.0, -0.0}})
                try (var arena = Arena.ofShared()) {
                    View in = GuardedMemory.view(arena, DType.F64, true, x.length),
                            out = GuardedMemory.view(arena, DType.F64, true, x.length);
                    for (int i = 0; i < x.length; i++) Elements.set(DType.F64, in.storage().segment(), in.byteOffset() + 8L * i, x[i]);
                    backend.scan(Scan.SUM, in, 0, out);
                    for (int i = 1; i < x.length; i++) x[i] += x[i - 1];
                    assertThat(values(out)).containsExactly(x);
                }
        });
    }

    @Test void productsOfFloatsFarFromOneComeBackAsTheyDoOneByOne() {
        float least = Float.MIN_VALUE, most = Float.MAX_VALUE;
        float[][] rows = {{most, most, most, most, most, most, least, least, least, least, least, least, 3, 5}, // far beyond floats, and back
                {least, least, least, least, least, most, most, most, most, most, most, 3, 5, 7},
                {least, most, least, most, 0, most, most, most, most, most, most, most, most, 1},
                {most, least, Float.POSITIVE_INFINITY, 2, -1, 4, 0, 1, 2, 3, 4, 5, 6, 7}};
        onEachLevel(backend -> {
            for (float[] x : rows) try (var arena = Arena.ofShared()) {
                View in = GuardedMemory.view(arena, DType.F32, true, x.length), out = GuardedMemory.view(arena, DType.F32, true, x.length),
                        expected = GuardedMemory.view(arena, DType.F32, true, x.length);
                for (int i = 0; i < x.length; i++) Elements.set(DType.F32, in.storage().segment(), in.byteOffset() + 4L * i, x[i]);
                backend.scan(Scan.PROD, in, 0, out);
                PLAIN.scan(Scan.PROD, in, 0, expected);
                assertThat(values(out)).isEqualTo(values(expected));
            }
        });
    }

    @Test void anIndexOutOfRangeIsNamed() {
        onEachLevel(backend -> {
            try (var arena = Arena.ofShared()) {
                View table = filled(arena, DType.F32, false, 1, 4, 20), out = GuardedMemory.view(arena, DType.F32, true, 10, 20);
                for (long bad : new long[] {4, -5, Long.MAX_VALUE, Long.MIN_VALUE}) for (int place : new int[] {0, 1, 6, 9}) {
                    var at = index(arena, 4, 2, 10);
                    Elements.set(DType.I64, at.storage().segment(), at.byteOffset() + place * 8, bad);
                    var sentence = "index " + bad + " is out of range for axis 0 of shape (4, 20)";
                    assertThatThrownBy(() -> backend.gather(table, 0, stretched(at, 20), out)).isInstanceOf(ShapeException.class)
                            .hasMessage("gather: " + sentence);
                    assertThatThrownBy(() -> backend.scatter(Scatter.ADD, out, 0, stretched(at, 20), table))
                            .isInstanceOf(ShapeException.class).hasMessage("scatter: " + sentence);
                    View line = filled(arena, DType.F32, false, 3, 4), picked = GuardedMemory.view(arena, DType.F32, true, 10);
                    assertThatThrownBy(() -> backend.gather(line, 0, at, picked))
                            .hasMessage("gather: index " + bad + " is out of range for axis 0 of shape (4,)");
                }
            }
        });
    }
}
