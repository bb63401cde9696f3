package lyceum.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class HistoryTest {
    @Test void eachRowBecomesALineBehindThoseThatStand(@TempDir Path folder) throws IOException {
        var file = folder.resolve("history.jsonl");
        var row = Row.time("core", "add", "4x4", "F32", 1, 2, 3, "us", "libtorch");
        History.append(file, LocalDate.of(2026, 1, 2), "0.1.0", "abc", List.of(row, row));
        History.append(file, LocalDate.of(2026, 1, 3), "0.2.0", "def", List.of(row));
        var lines = Files.readAllLines(file).stream().map(line -> JsonMapper.builder().build().readTree(line)).toList();
        assertThat(lines).extracting(l -> l.path("version").asString()).containsExactly("0.1.0", "0.1.0", "0.2.0");
        assertThat(lines.getLast().path("day").asString()).isEqualTo("2026-01-03");
        assertThat(lines.getLast().path("commit").asString()).isEqualTo("def");
        assertThat(lines.getLast().path("ratio").asDouble()).isEqualTo(1.5);
        assertThat(lines.getLast().path("cpu").asString()).isEqualTo(Cpu.name());
    }
}
