package lyceum.data.sounds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import lyceum.FormatException;
import lyceum.random.Rng;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SoundsTest {
    private static Sound noise(int channels, int length, Rng rng) {
        var samples = new float[channels][length];
        for (var channel : samples) for (int i = 0; i < length; i++) channel[i] = (float) (2 * rng.nextDouble() - 1);
        return new Sound(samples, 22_050);
    }

    private static double gap(Sound a, Sound b) {
        double worst = 0;
        for (int c = 0; c < a.channels().length; c++)
            for (int i = 0; i < a.length(); i++) worst = Math.max(worst, Math.abs(a.channels()[c][i] - b.channels()[c][i]));
        return worst;
    }

    @Test void filesOfEveryEncodingAreReadBack() {
        double[] bounds = {1 / 128.0, 1 / 32_768.0, 1 / 8_388_608.0, 1e-7, 0, 0};
        for (var encoding : Wav.Encoding.values()) {
            for (int channels = 1; channels <= 3; channels++) {
                var sound = noise(channels, 333, Rng.of(1));
                var back = Wav.read(Wav.bytes(sound, encoding));
                assertThat(back.rate()).isEqualTo(22_050);
                assertThat(back.channels()).hasNumberOfRows(channels);
                assertThat(gap(sound, back)).isLessThanOrEqualTo(bounds[encoding.ordinal()]);
            }
        }
        var loud = Wav.read(Wav.bytes(new Sound(new float[] {2, -2, 0.5f}, 8_000), Wav.Encoding.PCM_16)).channels()[0];
        assertThat(loud).containsExactly(32_767 / 32_768f, -1, 0.5f);
    }

    /** Little-endian bytes as the format's description lays them out, with a list before the samples and an extensible header. */
    @Test void foreignHeadersAreRead() {
        var out = ByteBuffer.allocate(12 + 8 + 40 + 8 + 4 + 8 + 8).order(ByteOrder.LITTLE_ENDIAN);
        out.put("RIFF".getBytes()).putInt(out.capacity() - 8).put("WAVEfmt ".getBytes()).putInt(40).putShort((short) 0xFFFE)
                .putShort((short) 2).putInt(44_100).putInt(176_400).putShort((short) 4).putShort((short) 16).putShort((short) 22)
                .putShort((short) 16).putInt(3).putShort((short) 1).put(new byte[14]);
        out.put("LIST".getBytes()).putInt(3).put(new byte[4]).put("data".getBytes()).putInt(-1);
        out.putShort((short) 16_384).putShort((short) -32_768).putShort((short) 0).putShort((short) 8_192);
        var sound = Wav.read(out.array());
        assertThat(sound.rate()).isEqualTo(44_100);
        assertThat(sound.channels()[0]).containsExactly(0.5f, 0);
        assertThat(sound.channels()[1]).containsExactly(-1, 0.25f);
        assertThat(sound.mono().channels()[0]).containsExactly(-0.25f, 0.125f);
    }

    @Test void malformedFilesAreRefusedWithTheirPlace() {
        assertThatThrownBy(() -> Wav.read(new byte[5])).isInstanceOf(FormatException.class).hasMessageContaining("at byte 0");
        var bytes = Wav.bytes(noise(1, 10, Rng.of(1)), Wav.Encoding.PCM_16);
        bytes[34] = 12;
        assertThatThrownBy(() -> Wav.read(bytes)).isInstanceOf(FormatException.class).hasMessageContaining("12 bits");
        mutants(5_000);
    }

    @Tag("heavy")
    @Test void aHundredThousandMutantsAreReadOrRefused() { mutants(100_000); }

    private static void mutants(int n) {
        byte[] narrow = Wav.bytes(noise(1, 10, Rng.of(1)), Wav.Encoding.PCM_16);
        narrow[34] = 12;
        var wide = Wav.bytes(noise(2, 50, Rng.of(2)), Wav.Encoding.FLOAT_64);
        var report = Fuzz.of(narrow, wide).allowing(FormatException.class).mutants(n, Wav::read);
        assertThat(report.refused()).isBetween(n / 10, n / 10 * 9);
    }

    /** A header of 44 bytes as the format's description lays it out, whose samples say they have {@code size} bytes; six of them follow. */
    private static byte[] header(int format, int channels, int rate, int frame, int bits, int size) {
        var out = ByteBuffer.allocate(50).order(ByteOrder.LITTLE_ENDIAN);
        out.put("RIFF".getBytes()).putInt(42).put("WAVEfmt ".getBytes()).putInt(16).putShort((short) format).putShort((short) channels);
        out.putInt(rate).putInt(rate * frame).putShort((short) frame).putShort((short) bits).put("data".getBytes()).putInt(size);
        return out.put(new byte[] {0, 0, 64, -1, -1, -1}).array();
    }

    @Test void headersThatLieAreRefused() {
        assertThat(Wav.read(header(1, 1, 8_000, 3, 24, 6)).channels()[0]).containsExactly(0.5f, -1 / 8_388_608f);
        assertThat(Wav.read(header(1, 2, 8_000, 6, 24, 6)).channels()).hasDimensions(2, 1);
        for (int size : new int[] {7, 1 << 30, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) // what is there is read, and no more is held
            assertThat(Wav.read(header(1, 1, 8_000, 3, 24, size)).length()).isEqualTo(2);
        assertThat(Wav.read(header(3, 1, 8_000, 4, 32, 6)).length()).isEqualTo(1); // no half frames
        Object[][] lies = {{header(1, 0, 8_000, 0, 16, 6), "0 channels"}, {header(1, 1, 0, 2, 16, 6), "at 0 samples a second"},
                {header(1, 1, -1, 2, 16, 6), "at -1 samples"}, {header(1, 1, 8_000, 4, 24, 6), "frames of 4 bytes"},
                {header(1, 0xFFFF, 8_000, 2, 16, 6), "65535 channels"}, {header(3, 1, 8_000, 2, 16, 6), "format 3 of 16 bits"},
                {header(2, 1, 8_000, 1, 4, 6), "format 2 of 4 bits"}};
        for (var lie : lies)
            assertThatThrownBy(() -> Wav.read((byte[]) lie[0])).isInstanceOf(FormatException.class).hasMessageContaining((String) lie[1])
                    .hasMessageContaining("at byte");
        for (int size : new int[] {15, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) { // of the format
            var bytes = header(1, 1, 8_000, 2, 16, 6);
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(16, size);
            assertThatThrownBy(() -> Wav.read(bytes)).isInstanceOf(FormatException.class);
        }
        var whole = header(1, 1, 8_000, 2, 16, 6);
        for (int n = 0; n < 44; n++) {
            var some = Arrays.copyOf(whole, n);
            assertThatThrownBy(() -> Wav.read(some)).isInstanceOf(FormatException.class);
        }
        assertThat(Wav.read(Arrays.copyOf(whole, 47)).length()).isEqualTo(1);
        var many = new Sound(new float[40_000][1], 8_000);
        assertThatThrownBy(() -> Wav.bytes(many, Wav.Encoding.PCM_16)).hasMessageContaining("40000 channels");
    }

    @Test void filesBeyondAnArrayAreNotLoaded(@TempDir Path folder) throws IOException {
        var file = folder.resolve("long.wav");
        try (var out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(1L << 31); // holds no blocks
        }
        assertThatThrownBy(() -> Wav.read(file)).isInstanceOf(FormatException.class).hasMessageContaining("2147483648 bytes");
    }

    @Test void resamplingKeepsTonesAndLeavesOutWhatIsTooHigh() {
        for (int[] rates : new int[][] {{44_100, 16_000}, {16_000, 24_000}, {8_000, 11_025}, {48_000, 8_000}}) {
            double inside = 0, above = 0;
            for (double f : new double[] {300, 1_000, 0.42 * Math.min(rates[0], rates[1])}) {
                var back = tone(f, rates[0], rates[0] / 4).resampled(rates[1]);
                assertThat(back.length()).isEqualTo((rates[0] / 4L * rates[1] + rates[0] - 1) / rates[0]);
                var wanted = tone(f, rates[1], back.length());
                for (int i = 400; i < back.length() - 400; i++)
                    inside = Math.max(inside, Math.abs(back.channels()[0][i] - wanted.channels()[0][i]));
            }
            if (rates[1] < rates[0]) {
                var high = tone(0.62 * rates[1], rates[0], rates[0] / 4).resampled(rates[1]);
                for (int i = 400; i < high.length() - 400; i++) above = Math.max(above, Math.abs(high.channels()[0][i]));
            }
            assertThat(inside).as("%d to %d", rates[0], rates[1]).isLessThan(0.01);
            assertThat(above).isLessThan(0.01);
        }
    }

    private static Sound tone(double f, int rate, int length) {
        var samples = new float[length];
        for (int i = 0; i < length; i++) samples[i] = (float) Math.sin(2 * Math.PI * f * i / rate);
        return new Sound(samples, rate);
    }

    @Test void toneWordsSayWhenTheyWereSaid() {
        var world = new ToneWords().withNoise(0);
        for (int seed = 0; seed < 20; seed++) {
            var said = world.draw(Rng.of(seed));
            var samples = said.sound().channels()[0];
            assertThat(said.words()).hasSizeBetween(2, 5);
            for (int i = 0; i < samples.length; i++) {
                double t = (double) i / world.rate();
                boolean inside = false;
                for (int w = 0; w < said.words().length; w++) inside |= t >= said.starts()[w] - 2e-4 && t <= said.ends()[w] + 2e-4;
                if (!inside) assertThat(samples[i]).isZero();
            }
            assertThat(world.draw(Rng.of(seed)).sound().channels()[0]).containsExactly(samples);
        }
        assertThatThrownBy(() -> world.withMost(9)).hasMessageContaining("may not fit");
    }

    @Test void melodiesAreHeardAgain() {
        var world = new Melodies();
        var rng = Rng.of(2);
        for (var style : Melodies.Style.values()) for (var timbre : Melodies.Timbre.values()) for (int i = 0; i < 10; i++) {
            var tune = style.draw(16, rng);
            var sound = world.play(tune, timbre, rng);
            assertThat(world.pitches(sound)).containsExactly(tune);
            assertThat(world.timbre(sound)).isEqualTo(timbre);
            for (var other : Melodies.Style.values()) assertThat(other.fits(tune)).isEqualTo(other == style);
        }
    }
}
