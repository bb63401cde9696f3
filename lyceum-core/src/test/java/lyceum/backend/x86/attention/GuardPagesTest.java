package lyceum.backend.x86.attention;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.List;
import lyceum.DType;
import lyceum.backend.AttentionOptions;
import lyceum.backend.Backend;
import lyceum.backend.View;
import lyceum.backend.scalar.Elements;
import lyceum.backend.x86.X86Backend;
import lyceum.backend.x86.machine.Cpu;
import lyceum.random.Rng;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nothing beyond an operand is read or written: a fault would end this JVM. */
class GuardPagesTest {
    @BeforeEach void onlyWhereMachineCodeRuns() { Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable()); }

    private static View filled(Arena arena, DType type, boolean atEnd, int seed, long... shape) {
        var view = GuardedMemory.view(arena, type, atEnd, shape);
        var rng = Rng.of(seed);
        for (long i = 0; i < View.size(shape); i++) Elements.set(type, view.storage().segment(), i * type.bytes(), rng.nextGaussian());
        return view;
    }

    private static void run(Backend backend, DType type, boolean atEnd, boolean causal, int window, boolean biased, int heads, int keyHeads,
            int queries, int keys, int d, int e) {
        try (var arena = Arena.ofShared()) {
            View q = filled(arena, type, atEnd, 1, 1, heads, queries, d), k = filled(arena, type, atEnd, 2, 1, keyHeads, keys, d),
                    v = filled(arena, type, atEnd, 3, 1, keyHeads, keys, e);
            View out = GuardedMemory.view(arena, type, atEnd, 1, heads, queries, e),
                    logs = GuardedMemory.view(arena, DType.F32, atEnd, 1, heads, queries);
            var bias = biased ? filled(arena, DType.F32, atEnd, 4, 1, heads, queries, keys) : null;
            var options = new AttentionOptions(0.3, causal, window, bias, null, null, null);
            backend.attention(options, q, k, v, out, logs);
            View g = filled(arena, type, atEnd, 5, 1, heads, queries, e), dq = GuardedMemory.view(arena, type, atEnd, 1, heads, queries, d);
            View dk = GuardedMemory.view(arena, type, atEnd, 1, keyHeads, keys, d),
                    dv = GuardedMemory.view(arena, type, atEnd, 1, keyHeads, keys, e);
            backend.attentionGradient(options, q, k, v, out, logs, g, dq, dk, dv);
            for (var view : List.of(out, dq, dk, dv))
                for (long i = 0; i < view.size(); i++)
                    assertThat(Elements.getDouble(type, view.storage().segment(), i * type.bytes())).isFinite();
        }
    }

    @Test void oddSizesStayInsideTheirOperands() {
        for (var level : new String[] {"avx2", "avx512", "all"}) {
            var backend = new X86Backend(Backend.named("scalar"), Cpu.current().limitedTo(level));
            for (var type : new DType[] {DType.F32, DType.BF16}) for (boolean atEnd : new boolean[] {false, true}) {
                for (int n : new int[] {1, 2, 7, 33, 65, 131}) for (int d : new int[] {2, 8, 40, 64, 80}) {
                    run(backend, type, atEnd, true, 0, false, 2, 1, n, n, d, d);
                    run(backend, type, atEnd, false, 0, false, 1, 1, n, 9, d, 18);
                }
                for (int n : new int[] {1, 7, 65}) {
                    run(backend, type, atEnd, true, 5, true, 2, 2, n, n + 40, 24, 8);
                    run(backend, type, atEnd, false, 0, true, 4, 1, n, 130, 34, 50);
                }
            }
        }
    }
}
