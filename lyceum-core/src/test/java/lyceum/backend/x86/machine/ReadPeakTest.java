package lyceum.backend.x86.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.lang.foreign.Arena;
import lyceum.backend.x86.attention.GuardedMemory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadPeakTest {
    @BeforeAll static void machineCodeRunsHere() { assumeThat(Cpu.unavailable()).isNull(); }

    /** A byte more, before or behind, would end the JVM. */
    @ParameterizedTest
    @ValueSource(longs = {512, 1536, 4096, 3 << 20}) void readsWhatItIsGivenAndNoMore(long bytes) {
        var loop = new ReadPeak();
        for (boolean atEnd : new boolean[] {true, false}) try (var arena = Arena.ofShared()) {
            var memory = GuardedMemory.allocate(arena, bytes, atEnd);
            memory.fill((byte) 7);
            assertThat(loop.applyAsLong(memory.address(), bytes)).isEqualTo(bytes);
        }
    }
}
