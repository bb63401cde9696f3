import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Brings the clauses of the catalogue in line with a specification: a table, tabs between its columns, that has a line for each
 * topic and in its column {@code works_when} the clauses with "; " between them. A topic that the ledger holds checks of keeps
 * its clauses, since their numbers are what those checks claim; where one of them is wrong, its article amends it.
 * {@code java tools/Specification.java TABLE [ROOT]}
 */
final class Specification {

    private static final Pattern SLUG = Pattern.compile("\"slug\": ?\"([^\"]+)\"");
    private static final Pattern TOPIC = Pattern.compile("\"topic\": ?\"([^\"]+)\"");
    private static final String CLAUSES = "\"clauses\": [";
    private static final String BETWEEN = "\", \"";

    private int replaced, dropped, added, total;

    public static void main(String[] args) throws Exception {
        if (args.length < 1 || args.length > 2) {
            System.err.println("usage: java tools/Specification.java TABLE [ROOT]");
            System.exit(2);
        }
        var labs = Path.of(args.length == 2 ? args[1] : ".").resolve("lyceum-labs/src/main/resources/lyceum/labs");
        new Specification().apply(clauses(Path.of(args[0])), checked(labs.resolve("ledger")), labs.resolve("catalogue"));
    }

    /** The clauses of each topic. */
    private static Map<String, List<String>> clauses(Path table) throws Exception {
        var lines = Files.readAllLines(table);
        var head = List.of(lines.getFirst().split("\t"));
        int slug = head.indexOf("slug"), works = head.indexOf("works_when");
        if (slug < 0 || works < 0) {
            throw new IllegalArgumentException(table + " has the columns " + head + "; it needs slug and works_when");
        }
        var clauses = new HashMap<String, List<String>>();
        for (var line : lines.subList(1, lines.size())) {
            var fields = line.split("\t", -1);
            clauses.put(fields[slug], List.of(fields[works].strip().split("; ")));
        }
        return clauses;
    }

    /** The topics that the ledger holds checks of. */
    private static Set<String> checked(Path ledger) throws Exception {
        var checked = new HashSet<String>();
        for (var file : files(ledger)) {
            TOPIC.matcher(Files.readString(file)).results().forEach(m -> checked.add(m.group(1)));
        }
        return checked;
    }

    private static List<Path> files(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".json")).sorted().toList();
        }
    }

    private void apply(Map<String, List<String>> clauses, Set<String> checked, Path catalogue) throws Exception {
        for (var file : files(catalogue)) {
            var lines = new ArrayList<String>();
            for (var line : Files.readAllLines(file)) {
                lines.add(line.startsWith("{") ? topic(line, clauses, checked) : line);
            }
            Files.writeString(file, String.join("\n", lines) + "\n");
        }
        System.err.println(replaced + " clauses replaced, " + dropped + " dropped, " + added + " added; " + total + " in all");
    }

    /** The line of a topic, its clauses being the last thing in it. */
    private String topic(String line, Map<String, List<String>> clauses, Set<String> checked) {
        var m = SLUG.matcher(line);
        int at = line.indexOf(CLAUSES) + CLAUSES.length(), end = line.lastIndexOf("]}");
        if (!m.find() || at < CLAUSES.length() || end < at) {
            throw new IllegalArgumentException("a line without slug or clauses: " + line);
        }
        var old = List.of(line.substring(at + 1, end - 1).split(Pattern.quote(BETWEEN)));
        var now = clauses.get(m.group(1));
        if (now == null || checked.contains(m.group(1))) {
            total += old.size();
            return line;
        }
        now = now.stream().map(c -> c.replace("\\", "\\\\").replace("\"", "\\\"")).toList();
        int kept = (int) old.stream().filter(now::contains).count();
        replaced += Math.min(old.size(), now.size()) - kept;
        dropped += Math.max(0, old.size() - now.size());
        added += Math.max(0, now.size() - old.size());
        total += now.size();
        return line.substring(0, at) + "\"" + String.join(BETWEEN, now) + "\"" + line.substring(end);
    }
}
