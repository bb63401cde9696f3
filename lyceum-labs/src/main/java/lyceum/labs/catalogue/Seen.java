package lyceum.labs.catalogue;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.labs.run.LabJson;
import lyceum.labs.NumberText;

/** What the modules' tests and labs wrote into their {@code target/acceptance.jsonl}. */
final class Seen {

    /** A line of such a file; see {@code lyceum.testing.AcceptanceRecord}. */
    record Line(String topic, int clause, String test, boolean holds, List<Number> measured) {}

    /** A number with its name and its bound in words; {@code true} is the bound of a fact. */
    record Number(String name, double value, String bound) {}

    private Seen() {}

    /** Every check that ran, as ledger entries; one that ran in two modules holds when it held in both. */
    static Collection<LedgerEntry> under(Path root, String date, String cpu, String commit) throws IOException {
        var seen = new LinkedHashMap<String, LedgerEntry>();
        for (var file : files(root)) {
            for (var text : Files.readAllLines(file)) {
                var line = LabJson.read(text, Line.class);
                var entry = new LedgerEntry(line.topic(), line.clause(), line.test(), line.holds(), words(line.measured()), date, cpu,
                        commit);
                seen.merge(line.topic() + " " + line.clause() + " " + line.test(), entry, (a, b) -> a.holds() ? b : a);
            }
        }
        return seen.values();
    }

    private static List<Path> files(Path root) throws IOException {
        try (var modules = Files.list(root)) {
            return modules.map(m -> m.resolve("target/acceptance.jsonl")).filter(Files::exists).sorted().toList();
        }
    }

    /** {@code gap 4.4e-12 (below 1e-9)}; {@code gap 1e-12 to 4e-12 (below 1e-9)} where one name was reported often; a fact by its name. */
    static String words(List<Number> measured) {
        var least = new LinkedHashMap<String, Double>();
        var most = new LinkedHashMap<String, Double>();
        var bounds = new LinkedHashMap<String, String>();
        for (var m : measured) {
            least.merge(m.name(), m.value(), Math::min);
            most.merge(m.name(), m.value(), Math::max);
            bounds.merge(m.name(), m.bound() == null ? "" : m.bound(), (a, b) -> a.equals(b) ? a : "");
        }
        var words = new ArrayList<String>();
        for (Map.Entry<String, Double> e : least.entrySet()) {
            double low = e.getValue();
            double high = most.get(e.getKey());
            var range = low == high || Double.isNaN(low) ? short3(high) : short3(low) + " to " + short3(high);
            var bound = bounds.get(e.getKey());
            var shown = bound.isEmpty() ? range : range + " (" + bound + ")";
            words.add(bound.equals("true") && low == 1 ? e.getKey() : e.getKey().equals("value") ? shown : e.getKey() + " " + shown);
            if (words.size() == 4) {
                break;
            }
        }
        return String.join(", ", words);
    }

    /** Three digits tell enough, and keep the ledger still. */
    private static String short3(double value) {
        return Double.isFinite(value) && value != 0 ? NumberText.of(new BigDecimal(value).round(new MathContext(3)).doubleValue())
                : NumberText.of(value);
    }
}
