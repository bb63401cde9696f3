package lyceum.backend.x86.attention;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import lyceum.DType;
import lyceum.backend.AttentionOptions;
import lyceum.backend.Backend;
import lyceum.backend.View;
import lyceum.backend.scalar.Elements;
import lyceum.backend.x86.X86Backend;
import lyceum.backend.x86.machine.Cpu;
import lyceum.random.Rng;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries that are so few that their scores lie as rows, against plain loops in F64, by the vectors of each generation of CPUs. */
class FewQueriesTest {
    private static final Backend PLAIN = Backend.named("scalar");

    @BeforeEach void onlyWhereMachineCodeRuns() { Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable()); }

    private static Backend machine(String level) { return new X86Backend(PLAIN, Cpu.current().limitedTo(level)); }

    private static View view(Arena arena, DType type, int seed, long... shape) {
        var view = GuardedMemory.view(arena, type, seed % 2 == 0, shape);
        var rng = Rng.of(seed);
        for (long i = 0; i < View.size(shape); i++) set(view, i, rng.nextGaussian());
        return view;
    }

    private static View wide(Arena arena, View view) {
        var wide = GuardedMemory.view(arena, DType.F64, true, view.shape());
        for (long i = 0; i < view.size(); i++) set(wide, i, at(view, i));
        return wide;
    }

    private static View longs(Arena arena, int columns, long... values) {
        var view = columns == 0 ? GuardedMemory.view(arena, DType.I64, true, values.length)
                : GuardedMemory.view(arena, DType.I64, true, values.length / columns, columns);
        for (int i = 0; i < values.length; i++) view.storage().segment().setAtIndex(ValueLayout.JAVA_LONG, i, values[i]);
        return view;
    }

    private static double at(View view, long i) {
        return Elements.getDouble(view.dtype(), view.storage().segment(), i * view.dtype().bytes());
    }

    private static void set(View view, long i, double x) {
        Elements.set(view.dtype(), view.storage().segment(), i * view.dtype().bytes(), x);
    }

    /** Operands, and what is asked of them. @param heads that share {@code keyHeads}; {@code block} of pages, or 0 */
    private record Case(DType type, int heads, int keyHeads, int queries, int keys, int width, int valueWidth, int block) {
        View[] operands(Arena arena) {
            int pages = block == 0 ? 2 : 2 * ((keys + block - 1) / block), rows = block == 0 ? keys : block;
            return new View[] {view(arena, type, 1, 2, heads, queries, width), view(arena, type, 2, pages, keyHeads, rows, width),
                    view(arena, type, 3, pages, keyHeads, rows, valueWidth)};
        }

        /** Pages in disorder. */
        View table(Arena arena) {
            if (block == 0) return null;
            int each = (keys + block - 1) / block;
            var numbers = new long[2 * each];
            for (int i = 0; i < numbers.length; i++) numbers[i] = numbers.length - 1 - i;
            return longs(arena, each, numbers);
        }
    }

    private static View[] run(Arena arena, Backend backend, Case c, AttentionOptions options, DType type, View... x) {
        View out = GuardedMemory.view(arena, type, true, 2, c.heads, c.queries, c.valueWidth),
                logs = GuardedMemory.view(arena, DType.F32, true, 2, c.heads, c.queries);
        backend.attention(options, x[0], x[1], x[2], out, logs);
        return new View[] {out, logs};
    }

    /** What a thread's scratch memory holds of another call must not matter. */
    private static void poison(Arena arena, Backend backend, DType type) {
        var c = new Case(type, 1, 1, 64, 300, 64, 64, 0);
        View[] x = c.operands(arena);
        for (long i = 0; i < x[0].size(); i++) set(x[0], i, Double.NaN);
        run(arena, backend, c, new AttentionOptions(1, false, 0, null, null, null, null), type, x);
    }

    private static void check(Arena arena, Backend backend, Case c, boolean causal, int window, View bias, long[] lengths, long[] starts) {
        var options = new AttentionOptions(0.2, causal, window, bias, lengths == null ? null : longs(arena, 0, lengths),
                starts == null ? null : longs(arena, 0, starts), c.table(arena));
        View[] x = c.operands(arena);
        var found = run(arena, backend, c, options, c.type, x);
        var expected = run(arena, PLAIN, c, options, DType.F64, wide(arena, x[0]), wide(arena, x[1]), wide(arena, x[2]));
        var what = c + " causal " + causal + " window " + window + " on " + backend.description();
        close(what, found[0], expected[0], c.type == DType.F32 ? 2e-6 : 1.2e-2);
        close("log-sum-exp of " + what, found[1], expected[1], 1e-5);
    }

    private static void close(String what, View actual, View expected, double tolerance) {
        double most = 1;
        for (long i = 0; i < expected.size(); i++) if (Double.isFinite(at(expected, i))) most = Math.max(most, Math.abs(at(expected, i)));
        for (long i = 0; i < expected.size(); i++) {
            double a = at(actual, i), e = at(expected, i);
            if (Double.compare(a, e) != 0 && !(Math.abs(a - e) <= tolerance * most))
                throw new AssertionError(what + " at " + i + ": " + a + ", expected " + e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512", "all"}) void resultsAreThoseOfPlainLoops(String level) {
        var backend = machine(level);
        for (var type : new DType[] {DType.F32, DType.BF16})
            for (int keys : new int[] {1, 2, 7, 8, 9, 15, 16, 17, 31, 127, 128, 129, 136, 143, 255, 257, 301})
                for (int rows = 1; rows <= 6; rows++) try (var arena = Arena.ofShared()) {
                    poison(arena, backend, type);
                    var c = new Case(type, 2, 1, rows, keys, 40, 24, 0);
                    for (int window : new int[] {0, 1, 4, 127, 130}) {
                        check(arena, backend, c, true, window, null, null, null);
                        check(arena, backend, c, false, window, null, new long[] {keys, keys / 2}, new long[] {keys / 2, keys + 3});
                    }
                    check(arena, backend, c, true, 3, null, new long[] {0, keys}, new long[] {5, -2});
                    check(arena, backend, new Case(type, rows, 1, 1, keys, 64, 80, 0), true, 0, null, null, null);
                    check(arena, backend, new Case(type, 2 * rows, 2, 1, keys, 18, 8, 0), true, 9, null, null, null);
                }
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512", "all"}) void pagesAreWalkedFromAnyKeyOn(String level) {
        var backend = machine(level);
        for (var type : new DType[] {DType.F32, DType.BF16})
            for (int keys : new int[] {31, 200, 301})
                for (int block : new int[] {1, 2, 5, 16}) for (int rows : new int[] {1, 2, 5, 6, 9}) try (var arena = Arena.ofShared()) {
                    poison(arena, backend, type);
                    for (int window : new int[] {0, 4, 29, 30, 140, 141}) for (boolean grouped : new boolean[] {false, true}) {
                        int width = rows == 9 ? 16 : 40; // too little for tiles, where there are more than a few queries
                        var c = new Case(type, grouped ? rows : 1, 1, grouped ? 1 : rows, keys, width, block == 16 ? 80 : 24, block);
                        check(arena, backend, c, true, window, null, new long[] {keys, keys - 8},
                                new long[] {keys - c.queries, keys - 8 - c.queries});
                    }
                }
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512", "all"}) void biasesOfEveryLayoutAreAdded(String level) {
        var backend = machine(level);
        for (var type : new DType[] {DType.F32, DType.BF16})
            for (int keys : new int[] {5, 130, 260})
                for (int rows : new int[] {1, 3, 6})
                    for (boolean grouped : new boolean[] {false, true}) try (var arena = Arena.ofShared()) {
                        int heads = grouped ? rows : 2, queries = grouped ? 1 : rows;
                        var c = new Case(type, heads, 1, queries, keys, 24, 40, 0);
                        var bias = view(arena, DType.F32, 4, 2, heads, queries, keys);
                        for (long i = 0; i < bias.size(); i += 3) set(bias, i, Double.NEGATIVE_INFINITY);
                        for (int i = 0; i < keys; i++) set(bias, i, Double.NEGATIVE_INFINITY); // the first sees nothing
                        long[] s = bias.strides();
                        for (long[] strides : new long[][] {s, {s[0], s[1], s[2], 0}, {0, s[1], s[2], 1}, {s[0], 0, 0, 1},
                                {0, 0, s[2], 1}}) {
                            var laid = new View(DType.F32, bias.storage(), 0, bias.shape(), strides);
                            check(arena, backend, c, true, 0, laid, null, null);
                            check(arena, backend, c, false, 50, laid, null, null);
                        }
                    }
    }

    /** Values that any weight above 0 would show; two queries look at other keys. */
    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512", "all"}) void weightsOfHiddenKeysAreZeros(String level) {
        var backend = machine(level);
        for (var type : new DType[] {DType.F32, DType.BF16})
            for (int queries : new int[] {1, 2, 6, 7, 40}) try (var arena = Arena.ofShared()) {
                int keys = 150;
                var c = new Case(type, 1, 1, queries, keys, 64, 16, 0);
                View[] x = c.operands(arena);
                for (long i = 0; i < x[0].size(); i++) set(x[0], i, 0); // all scores are 0
                var bias = view(arena, DType.F32, 4, 2, 1, queries, keys);
                double[] far = {Double.NEGATIVE_INFINITY, -1e30, -1000, -104, -87, Double.NEGATIVE_INFINITY};
                for (long i = 0; i < bias.size(); i++) set(bias, i, i % keys % 7 == 0 ? 0 : far[(int) (i % keys % 7) - 1]); // e^-87 < 2^-125
                var results = new View[2];
                for (int run = 0; run < 2; run++) {
                    for (long i = 0; i < x[2].size(); i++) set(x[2], i, i / 16 % keys % 7 == 0 ? i % 5 : run * 0x1p127);
                    var options = new AttentionOptions(1, false, 0, bias, null, null, null);
                    results[run] = run(arena, backend, c, options, type, x)[0];
                }
                assertThat(bytes(results[1])).as("%d queries of %s on %s", queries, type, level).isEqualTo(bytes(results[0]));
                assertThat(at(results[0], 0)).isBetween(1.5, 2.5);
            }
    }

    private static byte[] bytes(View view) { return view.storage().segment().toArray(ValueLayout.JAVA_BYTE); }

    /** A score that is no number makes its own query's result none; so does one that is infinite. */
    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512", "all"}) void scoresThatAreNoNumbersTravel(String level) {
        var backend = machine(level);
        for (var type : new DType[] {DType.F32, DType.BF16})
            for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY})
                for (int key : new int[] {0, 15, 16, 127, 128, 149}) try (var arena = Arena.ofShared()) {
                    var c = new Case(type, 1, 1, 3, 150, 64, 16, 0);
                    View[] x = c.operands(arena);
                    var bias = view(arena, DType.F32, 4, 2, 1, 3, 150);
                    set(bias, 150 + key, bad);
                    var found = run(arena, backend, c, new AttentionOptions(1, false, 0, bias, null, null, null), type, x);
                    for (int i = 0; i < 6; i++) {
                        assertThat(Double.isNaN(at(found[0], 16L * i))).as("row %d, key %d of %s", i, key, type).isEqualTo(i == 1);
                        assertThat(Double.isNaN(at(found[1], i))).as("log-sum-exp of row %d", i).isEqualTo(i == 1);
                    }
                }
    }
}
