package lyceum.stats.learner;

import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.LyceumException;
import lyceum.tensor.Tensor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A record taken apart into named tensors and a JSON tree.
 *
 * <p>Components may be tensors, arrays of numbers or booleans (also rectangular double[][]), numbers, text, booleans, enums, lists, maps with
 * text keys, {@code null}, and records of such components. Tensors and arrays become tensors named by their path ({@code steps.0.mean}),
 * in the tree they stand as {@code {"tensor": "steps.0.mean"}}; a record is an object with its class's name in {@code "record"}.
 *
 * @param tree the record
 * @param tensors by name, in the order met
 */
public record SavedForm(ObjectNode tree, SequencedMap<String, Tensor> tensors) {
    static final String RECORD = "record", VERSION = "version", TENSOR = "tensor";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** @throws LyceumException if a part is of another kind; the message names its path */
    public static SavedForm of(Record value) {
        var tensors = new LinkedHashMap<String, Tensor>();
        return new SavedForm(new Writer(tensors).record("", value), tensors);
    }

    /**
     * Puts the record together again.
     *
     * @throws lyceum.FormatException if the tree names a class that is no record of the expected type, or components are missing or wrong
     */
    public <T> T restore(Class<T> type) { return type.cast(new SavedFormReader(tensors).value("", tree, type)); }

    static JsonMapper json() { return JSON; }

    private record Writer(Map<String, Tensor> tensors) {
        ObjectNode record(String path, Record value) {
            var node = JSON.createObjectNode();
            var type = value.getClass();
            if (type.isAnonymousClass() || type.isLocalClass()) throw unsavable(path, value);
            node.put(RECORD, type.getName());
            int version = SavedFormReader.version(type);
            if (version != 1) node.put(VERSION, version);
            for (var component : type.getRecordComponents()) {
                var name = component.getName();
                node.set(name, value(path.isEmpty() ? name : path + "." + name, component(component, value)));
            }
            return node;
        }

        private static Object component(RecordComponent component, Record value) {
            try {
                var accessor = component.getAccessor();
                accessor.setAccessible(true);
                return accessor.invoke(value);
            } catch (ReflectiveOperationException | RuntimeException e) {
                throw new LyceumException("save: cannot read " + component.getName() + " of " + value.getClass().getName(), e);
            }
        }

        private JsonNode value(String path, Object value) {
            var nodes = JSON.getNodeFactory();
            return switch (value) {
                case null -> nodes.nullNode();
                case Tensor t -> tensor(path, t.detach());
                case double[] a -> tensor(path, Tensor.of(a));
                case float[] a -> tensor(path, Tensor.of(a));
                case int[] a -> tensor(path, Tensor.of(a));
                case long[] a -> tensor(path, Tensor.of(a));
                case boolean[] a -> tensor(path, Tensor.of(a));
                case double[][] a when isRectangular(a) -> tensor(path, Tensor.of(a));
                case Object[] a -> list(path, List.of(a));
                case List<?> l -> list(path, l);
                case Map<?, ?> m -> map(path, m);
                case String s -> nodes.stringNode(s);
                case Enum<?> e -> nodes.stringNode(e.name());
                case Boolean b -> nodes.booleanNode(b);
                case Integer i -> nodes.numberNode(i);
                case Long l -> nodes.numberNode(l);
                // NaN and infinities are not JSON; as text they survive.
                case Double d -> Double.isFinite(d) ? nodes.numberNode(d) : nodes.stringNode(d.toString());
                case Float f -> Float.isFinite(f) ? nodes.numberNode(f.doubleValue()) : nodes.stringNode(f.toString());
                case Record r -> record(path, r);
                default -> throw unsavable(path, value);
            };
        }

        private static boolean isRectangular(double[][] rows) {
            for (var row : rows) if (row == null || row.length != rows[0].length) return false;
            return rows.length > 0;
        }

        private JsonNode tensor(String path, Tensor t) {
            tensors.put(path, t);
            return JSON.createObjectNode().put(TENSOR, path);
        }

        private ArrayNode list(String path, List<?> items) {
            var node = JSON.createArrayNode();
            for (int i = 0; i < items.size(); i++) node.add(value(path + "." + i, items.get(i)));
            return node;
        }

        private ObjectNode map(String path, Map<?, ?> entries) {
            var node = JSON.createObjectNode();
            entries.forEach((key, item) -> {
                if (!(key instanceof String text))
                    throw new LyceumException("save: " + path + " has a key of " + key.getClass().getName() + "; keys are text");
                node.set(text, value(path + "." + text, item));
            });
            return node;
        }

        private static LyceumException unsavable(String path, Object value) {
            return new LyceumException("save: " + (path.isEmpty() ? "the model" : path) + " is a " + value.getClass().getName()
                    + "; only records of tensors, arrays, numbers, text, enums, lists, maps and records can be saved");
        }
    }
}
