package lyceum.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class FuzzTest {

    /** Length, then as many bytes. */
    private static final byte[] FILE = {0, 0, 0, 4, 10, 20, 30, 40};

    static final class Malformed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static byte[] careful(byte[] bytes) {
        var in = ByteBuffer.wrap(bytes);
        if (in.remaining() < 4) throw new Malformed();
        int n = in.getInt();
        if (n < 0 || n > in.remaining()) throw new Malformed();
        return new byte[n];
    }

    private static byte[] careless(byte[] bytes) {
        var content = new byte[ByteBuffer.wrap(bytes).getInt() & 0x3FFFFFFF];
        ByteBuffer.wrap(bytes, 4, bytes.length - 4).get(content);
        return content;
    }

    @Test void carefulReaderSurvives() {
        var report = Fuzz.of(FILE).allowing(Malformed.class).mutants(5_000, FuzzTest::careful);
        assertThat(report.accepted() + report.refused()).isEqualTo(5_000);
        assertThat(report.accepted()).isPositive();
        assertThat(report.refused()).isPositive();
    }

    @Test void exceptionThatIsNotAllowedIsNamedWithItsMutant() {
        var fuzz = Fuzz.of(FILE).allowing(Malformed.class, BufferUnderflowException.class).allocatingAtMost(Long.MAX_VALUE / 2);
        assertThatThrownBy(() -> fuzz.mutants(5_000, b -> {
            if (b.length > 8) throw new ArrayIndexOutOfBoundsException(b.length);
        })).isInstanceOf(AssertionError.class)
                .hasMessageMatching("mutant \\d+ \\(\\d+ bytes, 00 00.*threw java.lang.ArrayIndexOutOfBounds.*")
                .hasCauseInstanceOf(ArrayIndexOutOfBoundsException.class);
    }

    @Test void allocationBeyondTheFileIsFound() {
        var fuzz = Fuzz.of(FILE).allowing(RuntimeException.class).allocatingAtMost(1 << 20);
        assertThatThrownBy(() -> fuzz.mutants(5_000, FuzzTest::careless)).isInstanceOf(AssertionError.class).hasMessageContaining("mutant");
    }

    @Test void bytesOutsideTheHeapAreCounted() {
        var held = new AtomicLong();
        assertThatThrownBy(() -> Fuzz.of(FILE).counting(held::get).mutants(3, b -> held.addAndGet(100L << 20)))
                .hasMessageContaining("104857600 outside");
    }

    @Test void hangIsFoundWithItsStack() {
        var fuzz = Fuzz.of(FILE).within(Duration.ofMillis(50));
        assertThatThrownBy(() -> fuzz.mutants(10, b -> {
            while (!Thread.interrupted()) {
                LockSupport.parkNanos(1_000_000);
            }
        })).isInstanceOf(AssertionError.class).hasMessageContaining("mutant 0").hasMessageContaining("still reading after 50 ms")
                .satisfies(e -> assertThat(Arrays.toString(e.getStackTrace())).contains("FuzzTest"));
    }

    @Test void aMutantMayTakeASecond() {
        assertThatThrownBy(() -> Fuzz.of(FILE).mutants(2, b -> {
            for (long from = System.nanoTime(); System.nanoTime() - from < 60e9 && !Thread.interrupted();) Thread.onSpinWait();
        })).isInstanceOf(AssertionError.class).hasMessageContaining("still reading after 1000 ms");
    }

    @Test void mutantsRepeatByNumberAndDiffer() {
        var fuzz = Fuzz.of(FILE, new byte[] {1, 2, 3});
        assertThat(fuzz.mutant(0)).isEqualTo(FILE);
        assertThat(fuzz.mutant(17)).isEqualTo(Fuzz.of(FILE, new byte[] {1, 2, 3}).mutant(17));
        var different = new HashSet<String>();
        for (int i = 0; i < 1_000; i++) {
            different.add(Arrays.toString(fuzz.mutant(i)));
        }
        assertThat(different.size()).isGreaterThan(800);
        assertThat(fuzz.withSeed(2).mutant(17)).isNotEqualTo(fuzz.mutant(17));
    }
}
