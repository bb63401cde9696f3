package lyceum.bench;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The committed file of what was measured: a line of JSON for each row, with the day, the version and the commit; the row names the CPU. Of one
 * measurement it keeps the last row of a version, a CPU and a level, whether that met its target or not.
 */
final class History {
    static final String FILE = "lyceum-bench/history.jsonl";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final List<String> MEASUREMENT = List.of("version", "suite", "name", "shape", "dtype", "threads", "peerName", "cpu",
            "level");

    private History() {}

    /** Adds the rows; each takes the place of the one that was measured before. */
    static void record(Path file, LocalDate day, String version, String commit, List<Row> rows) throws IOException {
        var lines = new LinkedHashMap<List<String>, String>();
        if (Files.exists(file)) for (var line : Files.readAllLines(file)) lines.put(measurement(JSON.readTree(line)), line);
        for (var row : rows) {
            var line = new LinkedHashMap<String, Object>();
            line.put("day", day.toString());
            line.put("version", version);
            line.put("commit", commit);
            JSON.valueToTree(row).forEachEntry((name, value) -> line.put(name, value.isDouble() ? rounded(value.asDouble()) : value));
            lines.put(measurement(JSON.valueToTree(line)), JSON.writeValueAsString(line));
        }
        Files.writeString(file, String.join("\n", lines.values()) + "\n");
    }

    /** Five digits are more than a clock tells. */
    private static double rounded(double x) { return Double.isFinite(x) ? new BigDecimal(x).round(new MathContext(5)).doubleValue() : x; }

    private static List<String> measurement(JsonNode line) {
        return MEASUREMENT.stream().map(name -> line.path(name).asString("")).toList();
    }
}
