package lyceum.train.task;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.format.Durable;
import lyceum.plot.Figure;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The measures of a run, a line of JSON each, beside its checkpoints: {@code {"kind": "step", "step": 40, "epoch": 1, "loss": 0.53, "rate": 0.001, ..}} while it
 * trains, {@code "epoch"} at an epoch's end and {@code "final"} at the end. A number that is not finite is null. Lines are whole or, after a crash, the last is not read.
 *
 * {@snippet :
 * for (var line : MetricsLog.read(folder.resolve("metrics.jsonl")))
 *     if (line.kind().equals("epoch")) System.out.println(line.step() + " " + line.values().get("accuracy"));
 * }
 */
public final class MetricsLog implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();

    /**
     * What was measured at a step.
     *
     * @param kind {@code step}, {@code epoch} or {@code final}
     * @param step of the optimiser, from 1
     * @param values by name; NaN for what was not finite
     */
    public record Line(String kind, long step, SequencedMap<String, Double> values) {}

    private final BufferedWriter out;

    private MetricsLog(BufferedWriter out) { this.out = out; }

    /** Goes on behind the lines up to {@code step}, and forgets those beyond it: they were of steps that are taken again. */
    static MetricsLog after(long step, Path file) throws IOException {
        if (Files.exists(file)) {
            var kept = new ArrayList<String>();
            for (var line : read(file)) if (line.step <= step && !line.kind.equals("final")) kept.add(json(line));
            var part = file.resolveSibling(file.getFileName() + ".part");
            Files.write(part, kept);
            Durable.move(part, file);
        }
        return new MetricsLog(Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    private static String json(Line line) {
        var node = JSON.createObjectNode().put("kind", line.kind).put("step", line.step);
        line.values.forEach((name, value) -> {
            if (Double.isFinite(value)) node.put(name, value);
            else node.putNull(name);
        });
        return node.toString();
    }

    void add(String kind, long step, Map<String, Double> values) throws IOException {
        out.write(json(new Line(kind, step, new LinkedHashMap<>(values))));
        out.newLine();
        out.flush();
    }

    /** The lines of a file, without those that are not whole. */
    public static List<Line> read(Path file) throws IOException {
        var lines = new ArrayList<Line>();
        for (var text : Files.readString(file).split("\n")) try {
            var node = JSON.readTree(text);
            if (!node.path("kind").isString() || !node.path("step").canConvertToLong()) continue;
            var values = new LinkedHashMap<String, Double>();
            for (var value : node.properties())
                if (value.getValue().isNumber() && !value.getKey().equals("step")) values.put(value.getKey(), value.getValue().asDouble());
            else if (value.getValue().isNull()) values.put(value.getKey(), Double.NaN);
            lines.add(new Line(node.path("kind").asString(), node.path("step").asLong(), values));
        } catch (JacksonException e) {
            continue; // a line that was being written when the process died
        }
        return lines;
    }

    /** Loss by step: of the batches, and of the rows that were held out where there were such. */
    public static Figure figure(List<Line> lines) {
        var steps = lines.stream().filter(l -> l.kind.equals("step")).toList();
        var epochs = lines.stream().filter(l -> l.kind.equals("epoch") && l.values.containsKey("validation")).toList();
        var plot = Figure.plot("Training").line("training", steps(steps), numbers(steps, "loss")).axes("step", "loss");
        if (!epochs.isEmpty()) plot = plot.line("held out", steps(epochs), numbers(epochs, "validation"));
        return plot.describedAs("Loss of the batches by step" + (epochs.isEmpty() ? "." : ", and of the rows that are held out by epoch."));
    }

    private static double[] steps(List<Line> lines) { return lines.stream().mapToDouble(Line::step).toArray(); }

    private static double[] numbers(List<Line> lines, String name) {
        return lines.stream().mapToDouble(l -> l.values.getOrDefault(name, Double.NaN)).toArray();
    }

    @Override public void close() throws IOException { out.close(); }
}
