package lyceum.learn.tuning;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import lyceum.FormatException;
import lyceum.LyceumException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Trials as lines of JSON, the first line saying what they are of. A choice is written as its place, so that choices may be of any class. */
final class TrialJournal {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int VERSION = 1;
    /** What another run would print otherwise: the hash of an object without text of its own, the address of a lambda's class. */
    private static final Pattern IDENTITY = Pattern.compile("(/0x[0-9a-f]+)?@[0-9a-f]+");

    private final Path file;
    private final SearchSpace space;
    private final Map<Integer, Trial> trials = new TreeMap<>();

    private TrialJournal(Path file, SearchSpace space) {
        this.file = file;
        this.space = space;
    }

    /** A file to add to, made if there is none. @throws FormatException if it is not of this space and direction */
    static TrialJournal open(Path file, SearchSpace space, boolean maximises) {
        var journal = new TrialJournal(file, space);
        var header = JSON.createObjectNode().put("format", "lyceum-trials").put("formatVersion", VERSION).put("maximises", maximises);
        var names = header.putArray("parameters");
        for (var p : space.parameters()) names.add(IDENTITY.matcher(p.toString()).replaceAll(""));
        try {
            if (!Files.exists(file)) journal.write(header);
            else journal.read(Files.readString(file), header);
        } catch (IOException e) {
            throw new LyceumException("journal: cannot use " + file + ": " + e.getMessage(), e);
        }
        return journal;
    }

    Map<Integer, Trial> trials() { return trials; }

    private void read(String text, ObjectNode header) throws IOException {
        int at = 0;
        for (int line = 0; at < text.length(); line++) {
            int end = text.indexOf('\n', at);
            if (end < 0) {
                // a crash in the midst of a line: what stands before it is whole
                Files.writeString(file, text.substring(0, at));
                if (line == 0) write(header);
                return;
            }
            try {
                var node = JSON.readTree(text.substring(at, end));
                if (line > 0) {
                    var trial = trial(node);
                    trials.put(trial.number(), trial);
                } else if (!node.equals(JSON.readTree(header.toString()))) {
                    throw new IllegalArgumentException("it is of another space or direction, or no journal");
                }
            } catch (JacksonException | IllegalArgumentException e) {
                throw FormatException.at("journal " + file, at, "line " + (line + 1) + ": " + e.getMessage());
            }
            at = end + 1;
        }
        if (text.isEmpty()) write(header);
    }

    private Trial trial(JsonNode node) {
        var values = new LinkedHashMap<String, Object>();
        var stored = node.path("values");
        for (var p : space.parameters()) if (stored.has(p.name())) values.put(p.name(), value(p, stored.get(p.name())));
        if (values.size() < stored.size())
            throw new IllegalArgumentException("values are " + stored + "; not all are parameters of the space");
        var reports = new TreeMap<Long, Double>();
        node.path("reports").forEachEntry((step, value) -> reports.put(Long.parseLong(step), number(value)));
        int number = node.path("number").asInt(-1);
        if (number < 0) throw new IllegalArgumentException("the trial has no number");
        return new Trial(number, new Configuration(values), number(node.path("resource")), node.path("continues").asInt(-1),
                Trial.Status.valueOf(node.path("status").asString("")), number(node.path("value")), reports,
                node.has("error") ? node.get("error").asString("") : null);
    }

    private static Object value(Hyperparameter p, JsonNode node) {
        if (!node.isNumber()) throw new IllegalArgumentException(p.name() + " is " + node + " and no number");
        double v = node.asDouble();
        boolean whole = p.kind() != Hyperparameter.Kind.REAL && p.kind() != Hyperparameter.Kind.LOG_REAL;
        if (whole && !node.isIntegralNumber() || !(v >= p.low() && (p.isChoice() ? v < p.high() : v <= p.high())))
            throw new IllegalArgumentException(p.name() + " is " + node + "; it lies between " + p.low() + " and " + p.high());
        return switch (p.kind()) {
            case REAL, LOG_REAL -> v;
            case INTEGER, LOG_INTEGER -> node.asLong();
            case CHOICE -> p.choices().get(node.asInt());
        };
    }

    /** NaN and infinities are texts in JSON. */
    private static double number(JsonNode node) {
        if (node.isNumber()) return node.asDouble();
        return switch (node.asString("")) {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> throw new IllegalArgumentException(node + " is not a number");
        };
    }

    synchronized void add(Trial trial) {
        var node = JSON.createObjectNode().put("number", trial.number()).put("status", trial.status().name()).put("value", trial.value())
                .put("resource", trial.resource()).put("continues", trial.continues());
        if (trial.error() != null) node.put("error", trial.error());
        var values = node.putObject("values");
        for (var p : space.parameters()) {
            if (!trial.configuration().has(p.name())) continue;
            switch (trial.configuration().get(p.name())) {
                case Double v when !p.isChoice() -> values.put(p.name(), v);
                case Long v when !p.isChoice() -> values.put(p.name(), v);
                case Object v -> values.put(p.name(), p.choices().indexOf(v));
            }
        }
        var reports = node.putObject("reports");
        trial.reports().forEach((step, value) -> reports.put(Long.toString(step), value));
        try {
            write(node);
        } catch (IOException e) {
            throw new LyceumException("journal: cannot write to " + file + ": " + e.getMessage(), e);
        }
    }

    private void write(ObjectNode node) throws IOException {
        Files.writeString(file, JSON.writeValueAsString(node) + "\n", StandardCharsets.UTF_8, StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }
}
