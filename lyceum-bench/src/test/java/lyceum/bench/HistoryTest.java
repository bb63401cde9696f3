package lyceum.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class HistoryTest {
    private static final LocalDate DAY = LocalDate.of(2026, 1, 2);

    @Test void ofAMeasurementTheLastRowStands(@TempDir Path folder) throws IOException {
        var file = folder.resolve("history.jsonl");
        History.record(file, DAY, "0.1.0", "abc", List.of(row("add", "libtorch", 2), row("mul", "libtorch", 2)));
        History.record(file, DAY.plusDays(1), "0.1.0", "def", List.of(row("add", "libtorch", 6)));
        assertThat(lines(file)).extracting(l -> l.path("name").asString()).containsExactly("add", "mul");
        var last = lines(file).getFirst();
        assertThat(last.path("day").asString()).isEqualTo("2026-01-03");
        assertThat(last.path("commit").asString()).isEqualTo("def");
        assertThat(last.path("ratio").asDouble()).isEqualTo(0.5);
        assertThat(last.path("cpu").asString()).isEqualTo(Cpu.name());
    }

    @Test void anotherVersionOrPeerHasRowsOfItsOwn(@TempDir Path folder) throws IOException {
        var file = folder.resolve("history.jsonl");
        History.record(file, DAY, "0.1.0", "abc", List.of(row("add", "libtorch", 2), row("add", "PyTorch", 2)));
        History.record(file, DAY, "0.2.0", "abc", List.of(row("add", "libtorch", 2)));
        assertThat(lines(file)).hasSize(3);
    }

    private static Row row(String name, String peer, double ours) { return Row.time("core", name, "4x4", "F32", 1, ours, 3, "us", peer); }

    private static List<JsonNode> lines(Path file) throws IOException {
        return Files.readAllLines(file).stream().map(line -> JsonMapper.builder().build().readTree(line)).toList();
    }
}
