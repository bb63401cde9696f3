package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.nn.onnx.Operator.Meaning;

/**
 * The operators by domain and name, and of each the version that an operator set means.
 *
 * <p>The rows are texts, and a row's meaning is asked for when a model first has it: a model has twenty of them, and to link the lambdas of all 258 takes a tenth of a second,
 * which is a fifth of a first answer in a new process.
 */
final class Operators {
    /** Of each family its rows, {@code domain:name since}; constants, so that no family is loaded for them. */
    private static final String[] FAMILIES = {ElementwiseOperators.ROWS, ActivationOperators.ROWS, NormOperators.ROWS, CastOperators.ROWS,
            ShapeOperators.ROWS, IndexOperators.ROWS, ReductionOperators.ROWS, WindowOperators.ROWS, SamplingOperators.ROWS,
            RecurrentOperators.ROWS, ControlOperators.ROWS, SequenceOperators.ROWS, QuantisedOperators.ROWS, StringOperators.ROWS,
            SignalOperators.ROWS, DetectionOperators.ROWS, LossOperators.ROWS, RandomOperators.ROWS, MlOperators.ROWS, TreeOperators.ROWS,
            SupportVectorOperators.ROWS, MapOperators.ROWS, AttentionOperators.ROWS};
    private static final Map<String, TreeMap<Integer, Row>> TABLE = new HashMap<>();

    static {
        for (int family = 0; family < FAMILIES.length; family++) for (var text : rows(FAMILIES[family])) {
            int name = text.indexOf(':') + 1, end = text.indexOf(' ');
            var row = new Row(family, text, text.substring(0, Math.max(0, name - 1)), text.substring(name, end),
                    Integer.parseInt(text, end + 1, text.length(), 10));
            TABLE.computeIfAbsent(key(row.domain, row.name), k -> new TreeMap<>()).put(row.since, row);
        }
    }

    private Operators() {}

    private static final class Row {
        private final int family;
        private final String text, domain, name;
        private final int since;
        private Operator operator;

        Row(int family, String text, String domain, String name, int since) {
            this.family = family;
            this.text = text;
            this.domain = domain;
            this.name = name;
            this.since = since;
        }

        synchronized Operator operator() {
            if (operator == null) operator = new Operator(domain, name, since, meaning(family, text));
            return operator;
        }
    }

    private static List<String> rows(String texts) {
        var rows = new ArrayList<String>();
        for (int from = 0, end; from < texts.length(); from = end + 2) {
            end = texts.indexOf(", ", from);
            if (end < 0) end = texts.length();
            rows.add(texts.substring(from, end));
        }
        return rows;
    }

    private static Meaning meaning(int family, String row) {
        return switch (family) {
            case 0 -> ElementwiseOperators.meaning(row);
            case 1 -> ActivationOperators.meaning(row);
            case 2 -> NormOperators.meaning(row);
            case 3 -> CastOperators.meaning(row);
            case 4 -> ShapeOperators.meaning(row);
            case 5 -> IndexOperators.meaning(row);
            case 6 -> ReductionOperators.meaning(row);
            case 7 -> WindowOperators.meaning(row);
            case 8 -> SamplingOperators.meaning(row);
            case 9 -> RecurrentOperators.meaning(row);
            case 10 -> ControlOperators.meaning(row);
            case 11 -> SequenceOperators.meaning(row);
            case 12 -> QuantisedOperators.meaning(row);
            case 13 -> StringOperators.meaning(row);
            case 14 -> SignalOperators.meaning(row);
            case 15 -> DetectionOperators.meaning(row);
            case 16 -> LossOperators.meaning(row);
            case 17 -> RandomOperators.meaning(row);
            case 18 -> MlOperators.meaning(row);
            case 19 -> TreeOperators.meaning(row);
            case 20 -> SupportVectorOperators.meaning(row);
            case 21 -> MapOperators.meaning(row);
            case 22 -> AttentionOperators.meaning(row);
            default -> throw unknown(row);
        };
    }

    /** Thrown for a row that its family has no meaning for. */
    static IllegalStateException unknown(String row) {
        return new IllegalStateException("ONNX: the operators' row " + row + " has no meaning");
    }

    private static String key(String domain, String name) { return domain + ":" + name; }

    /** The row for a version of the operator set, or null. */
    static Operator find(String domain, String name, long version) {
        var rows = TABLE.get(key(domain, name));
        if (rows == null) return null;
        var row = rows.floorEntry((int) Math.min(version, Integer.MAX_VALUE));
        return row == null ? null : row.getValue().operator();
    }

    /** Names with their domains, in order. */
    static List<String> names() { return TABLE.keySet().stream().sorted().toList(); }
}
