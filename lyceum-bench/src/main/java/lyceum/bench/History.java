package lyceum.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;

/** The committed file of what was measured: a line of JSON for each row, with the day, the version and the commit; the row names the CPU. */
final class History {
    static final String FILE = "lyceum-bench/history.jsonl";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private History() { }

    /** Adds the rows at the end. */
    static void append(Path file, LocalDate day, String version, String commit, List<Row> rows) throws IOException {
        var lines = new StringBuilder();
        for (var row : rows) {
            var line = new LinkedHashMap<String, Object>();
            line.put("day", day.toString());
            line.put("version", version);
            line.put("commit", commit);
            JSON.valueToTree(row).forEachEntry(line::put);
            lines.append(JSON.writeValueAsString(line)).append('\n');
        }
        Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
