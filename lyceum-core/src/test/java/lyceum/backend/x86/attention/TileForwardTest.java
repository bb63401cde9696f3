package lyceum.backend.x86.attention;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import lyceum.DType;
import lyceum.backend.AttentionOptions;
import lyceum.backend.Backend;
import lyceum.backend.Parallel;
import lyceum.backend.View;
import lyceum.backend.scalar.Elements;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.gemm.LoweredTiles;
import lyceum.backend.x86.gemm.Tiles;
import lyceum.backend.x86.machine.Cpu;
import lyceum.random.Rng;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The forward pass by tiles against plain loops in F64: with the tiles of the CPU, and lowered to vector code where it has none. Operands lie between guard pages. */
class TileForwardTest {
    /** Those of the CPU where it has any; lowered they are slow, and take the same cases with fewer sizes. */
    private static boolean own;
    private static X86Attention attention;

    @BeforeEach void onlyWhereWeightsAreMadeInBf16() {
        Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable());
        Assumptions.assumeTrue(Cpu.current().has(Feature.AVX512_BF16), "this CPU does not round to BF16");
        own = Cpu.current().has(Feature.AMX_BF16);
        attention = own ? attention(Tiles.Registers::new) : attention(a -> new LoweredTiles(a, 512));
    }

    private static X86Attention attention(Function<Assembler, Tiles> tiles) {
        var cpu = Cpu.current();
        var features = EnumSet.copyOf(cpu.features());
        features.addAll(EnumSet.of(Feature.AMX_TILE, Feature.AMX_BF16));
        return new X86Attention(new Cpu(cpu.name(), Set.copyOf(features), cpu.l1(), cpu.l2(), cpu.l3()), Backend.named("scalar"), tiles);
    }

    /** The sizes of an attention. @param atEnd where guard pages stand close */
    private record Sizes(int batch, int heads, int keyHeads, int queries, int keys, int width, int valueWidth, boolean atEnd) {
        static Sizes of(int heads, int keyHeads, int queries, int keys, int width, int valueWidth) {
            return new Sizes(2, heads, keyHeads, queries, keys, width, valueWidth, queries % 2 == 0);
        }
    }

    private record Run(View out, View logSumExp) {}

    private static View view(Arena arena, DType type, boolean atEnd, int seed, long... shape) {
        var view = GuardedMemory.view(arena, type, atEnd, shape);
        var rng = Rng.of(seed);
        for (long i = 0; i < View.size(shape); i++) Elements.set(type, view.storage().segment(), i * type.bytes(), rng.nextGaussian());
        return view;
    }

    private static View wide(Arena arena, View view) {
        var wide = GuardedMemory.view(arena, DType.F64, true, view.shape());
        for (long i = 0; i < view.size(); i++) wide.storage().segment().setAtIndex(ValueLayout.JAVA_DOUBLE, i, at(view, i));
        return wide;
    }

    private static double at(View view, long i) {
        return Elements.getDouble(view.dtype(), view.storage().segment(), i * view.dtype().bytes());
    }

    private static View longs(Arena arena, long... values) {
        var view = GuardedMemory.view(arena, DType.I64, true, values.length);
        for (int i = 0; i < values.length; i++) view.storage().segment().setAtIndex(ValueLayout.JAVA_LONG, i, values[i]);
        return view;
    }

    private static Run run(Arena arena, X86Attention attention, Sizes s, AttentionOptions options, View q, View k, View v) {
        var out = GuardedMemory.view(arena, DType.BF16, s.atEnd, s.batch, s.heads, s.queries, s.valueWidth);
        var logs = GuardedMemory.view(arena, DType.F32, s.atEnd, s.batch, s.heads, s.queries);
        assertThat(attention.forward(options, q, k, v, out, logs)).isTrue();
        return new Run(out, logs);
    }

    private static View[] operands(Arena arena, Sizes s) {
        return new View[] {view(arena, DType.BF16, s.atEnd, 1, s.batch, s.heads, s.queries, s.width),
                view(arena, DType.BF16, s.atEnd, 2, s.batch, s.keyHeads, s.keys, s.width),
                view(arena, DType.BF16, s.atEnd, 3, s.batch, s.keyHeads, s.keys, s.valueWidth)};
    }

    private static void check(X86Attention attention, Sizes s, boolean causal, int window, long[] lengths, long[] starts) {
        try (var arena = Arena.ofShared()) {
            View[] x = operands(arena, s);
            var options = new AttentionOptions(0.2, causal, window, null, lengths == null ? null : longs(arena, lengths),
                    starts == null ? null : longs(arena, starts), null);
            var run = run(arena, attention, s, options, x[0], x[1], x[2]);
            var out = GuardedMemory.view(arena, DType.F64, true, run.out.shape());
            var logs = GuardedMemory.view(arena, DType.F32, true, run.logSumExp.shape());
            Backend.named("scalar").attention(options, wide(arena, x[0]), wide(arena, x[1]), wide(arena, x[2]), out, logs);
            close(s + " causal " + causal + " window " + window, run.out, out, 1.2e-2);
            close("log-sum-exp of " + s, run.logSumExp, logs, 1e-5);
        }
    }

    private static void close(String what, View actual, View expected, double tolerance) {
        double most = 1;
        for (long i = 0; i < expected.size(); i++) if (Double.isFinite(at(expected, i))) most = Math.max(most, Math.abs(at(expected, i)));
        for (long i = 0; i < expected.size(); i++) {
            double a = at(actual, i), e = at(expected, i);
            if (a != e && !(Math.abs(a - e) <= tolerance * most))
                throw new AssertionError(what + " at " + i + ": " + a + ", expected " + e);
        }
    }

    private static List<Sizes> sizes(int step) {
        var sizes = new ArrayList<Sizes>();
        int[][] widths = {{64, 64}, {32, 80}, {80, 40}, {128, 128}, {40, 19}, {96, 64}, {160, 256}};
        for (int n = 7; n <= 70; n += step) {
            int[] d = widths[n % widths.length];
            sizes.add(Sizes.of(2, 1, n, n, d[0], d[1]));
            sizes.add(Sizes.of(1, 1, n, n + 90, d[0], d[1]));
        }
        return sizes;
    }

    @Test void resultsEqualPlainLoopsAtOddSizesAndWidths() {
        for (var s : sizes(own ? 1 : 9)) for (boolean causal : new boolean[] {false, true}) check(attention, s, causal, 0, null, null);
    }

    @Test void windowsLengthsAndStartsHideWhatTheyShall() {
        for (int n : new int[] {7, 33, 64, 150}) {
            var s = Sizes.of(2, 2, n, 200, 64, 64);
            for (int window : new int[] {1, 5, 40, 150})
                for (boolean causal : new boolean[] {false, true}) check(attention, s, causal, window, null, null);
            for (int window : new int[] {0, 30}) check(attention, s, true, window, new long[] {131, 0}, new long[] {131 - n / 2, 5});
            check(attention, s, true, 0, null, new long[] {-20, 190});
            check(attention, s, false, 0, new long[] {1, 129}, null);
        }
    }

    @Test void headsThatShareKeysMeetThemTogether() {
        for (int[] heads : new int[][] {{6, 2}, {5, 1}, {20, 1}})
            for (int n : new int[] {9, 40, 100}) check(attention, Sizes.of(heads[0], heads[1], n, n + 30, 64, 64), true, 0, null, null);
        // More queries than a task takes of so many heads, in whole blocks.
        for (int[] heads : new int[][] {{6, 2}, {10, 2}})
            check(attention, Sizes.of(heads[0], heads[1], own ? 400 : 200, 430, 64, 64), false, 0, null, null);
    }

    @Test void tasksOfManyQueriesAndBlocksOfKeysAreRight() {
        for (boolean causal : new boolean[] {false, true})
            for (int width : new int[] {64, 40})
                check(attention, new Sizes(1, 8, 8, own ? 700 : 520, 700, width, width, true), causal, 0, null, null);
    }

    /** Where the CPU's tiles are tested, their lowering is as well: it is what other CPUs test. */
    @Test void loweredTilesGiveTheSame() {
        var lowered = attention(a -> new LoweredTiles(a, 512));
        for (var s : sizes(21)) check(lowered, s, true, 20, null, null);
    }

    @Test void bitsDependNeitherOnThreadsNorOnTheQueriesBeside() {
        try (var arena = Arena.ofShared()) {
            var s = new Sizes(1, 2, 1, 300, 300, 64, 64, true);
            View[] x = operands(arena, s);
            var options = new AttentionOptions(0.125, true, 0, null, null, null, null);
            var together = run(arena, attention, s, options, x[0], x[1], x[2]);
            Parallel.sequentially(
                    () -> assertThat(bytes(run(arena, attention, s, options, x[0], x[1], x[2]).out)).isEqualTo(bytes(together.out)));
            // The last 77 queries alone.
            var few = new Sizes(1, 2, 1, 77, 300, 64, 64, true);
            var q = new View(DType.BF16, x[0].storage(), 64 * (300 - 77), new long[] {1, 2, 77, 64}, x[0].strides());
            var alone = run(arena, attention, few, options, q, x[1], x[2]).out;
            for (int h = 0; h < 2; h++)
                for (long i = 0; i < 77 * 64; i++)
                    assertThat(at(alone, h * 77 * 64L + i)).isEqualTo(at(together.out, (h * 300L + 300 - 77) * 64 + i));
        }
    }

    private static byte[] bytes(View view) { return view.storage().segment().toArray(ValueLayout.JAVA_BYTE); }

    @Test void whatNoQuerySeesIsNotReadAndNaNsOfSeenKeysTravel() {
        try (var arena = Arena.ofShared()) {
            var s = new Sizes(1, 1, 1, 40, 200, 64, 64, true);
            View[] x = operands(arena, s);
            var options = new AttentionOptions(0.125, true, 30, null, longs(arena, 190), longs(arena, 120), null); // keys 91 to 159
            var before = run(arena, attention, s, options, x[0], x[1], x[2]);
            for (int j = 0; j < 200; j++)
                if (j < 91 || j >= 160) for (int e = 0; e < 64; e++)
                    for (int i = 1; i < 3; i++) Elements.set(DType.BF16, x[i].storage().segment(), 2L * (64 * j + e), Double.NaN);
            assertThat(bytes(run(arena, attention, s, options, x[0], x[1], x[2]).out)).isEqualTo(bytes(before.out));
            for (int e = 0; e < 64; e++) Elements.set(DType.BF16, x[1].storage().segment(), 2L * (64 * 111 + e), Double.NaN);
            var after = run(arena, attention, s, options, x[0], x[1], x[2]).out;
            for (int i = 0; i < 40; i++) assertThat(Double.isNaN(at(after, 64L * i))).as("query %d", i).isEqualTo(i <= 111 + 29 - 120);
        }
    }
}
