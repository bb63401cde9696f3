package lyceum.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
    private static final Path SAMPLES = Path.of("src/test/resources/format");

    @TempDir Path folder;

    /** The bytes that protobuf's own library writes of the same events; see {@code tools/golden/core_events.py}. */
    @Test void bytesAreThoseOfProtobufAndItsFrame() throws IOException {
        var path = folder.resolve("events");
        try (var events = EventFile.at(path, Clock.fixed(Instant.ofEpochMilli(1_700_000_000_250L), ZoneOffset.UTC))) {
            events.scalar("loss/train", 0.5, 0);
            events.scalar("loss/train", 0.25, 12);
            events.histogram("weights", Tensor.of(-1.0, 0.5, 0.5, 2, Double.NaN), 12);
            events.text("settings", "**rate** 0.1 ü", 13);
            events.image("picture", Files.readAllBytes(SAMPLES.resolve("events.png")), 14);
        }
        assertThat(Files.readAllBytes(path)).isEqualTo(Files.readAllBytes(SAMPLES.resolve("events.tfevents")));
    }

    @Test void aFileOfItsOwnIsMadeInTheFolderAndFilledAtOnce() throws IOException {
        try (var first = EventFile.in(folder.resolve("run")); var second = EventFile.in(folder.resolve("run"))) {
            assertThat(first.path()).isNotEqualTo(second.path());
            assertThat(first.path().getFileName().toString()).startsWith("events.out.tfevents.");
            long before = Files.size(first.path());
            first.scalar("x", 1, 1);
            assertThat(Files.size(first.path())).isGreaterThan(before);
            first.histogram("none", Tensor.of(Double.NaN), 1);
            assertThatThrownBy(() -> first.image("x", new byte[40], 1)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not a PNG");
            assertThatThrownBy(() -> first.scalar(" ", 1, 1)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("blank");
        }
    }
}
