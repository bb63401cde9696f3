package lyceum.nn.onnx;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The operators by domain and name, and of each the version that an operator set means. */
final class Operators {
    private static final Map<String, TreeMap<Integer, Operator>> TABLE = new HashMap<>();

    static {
        Stream.of(ElementwiseOperators.ROWS, ActivationOperators.ROWS, NormOperators.ROWS, CastOperators.ROWS, ShapeOperators.ROWS,
                IndexOperators.ROWS, ReductionOperators.ROWS, WindowOperators.ROWS, SamplingOperators.ROWS, RecurrentOperators.ROWS,
                ControlOperators.ROWS, SequenceOperators.ROWS, QuantisedOperators.ROWS, StringOperators.ROWS, SignalOperators.ROWS,
                DetectionOperators.ROWS, LossOperators.ROWS, RandomOperators.ROWS, MlOperators.ROWS, TreeOperators.ROWS,
                SupportVectorOperators.ROWS, MapOperators.ROWS, AttentionOperators.ROWS).flatMap(List::stream)
                .forEach(row -> TABLE.computeIfAbsent(key(row.domain(), row.name()), k -> new TreeMap<>()).put(row.since(), row));
    }

    private Operators() {}

    private static String key(String domain, String name) { return domain + ":" + name; }

    /** The row for a version of the operator set, or null. */
    static Operator find(String domain, String name, long version) {
        var rows = TABLE.get(key(domain, name));
        if (rows == null) return null;
        var row = rows.floorEntry((int) Math.min(version, Integer.MAX_VALUE));
        return row == null ? null : row.getValue();
    }

    /** Names with their domains, in order. */
    static List<String> names() { return TABLE.keySet().stream().sorted().toList(); }
}
