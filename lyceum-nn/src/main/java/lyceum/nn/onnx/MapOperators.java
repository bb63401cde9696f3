package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.DType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Maps from labels to numbers, domain {@code ai.onnx.ml}: made of rows, and rows made of them. */
final class MapOperators {
    static final String ROWS = "ai.onnx.ml:ZipMap 1, ai.onnx.ml:DictVectorizer 1, ai.onnx.ml:CastMap 1";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "ai.onnx.ml:ZipMap 1" -> MapOperators::zipped;
            case "ai.onnx.ml:DictVectorizer 1" -> MapOperators::vector;
            case "ai.onnx.ml:CastMap 1" -> MapOperators::cast;
            default -> throw Operators.unknown(row);
        };
    }

    private MapOperators() {}

    private static Map<Object, Double> map(Call c) {
        if (c.value(0) instanceof OnnxValue.Keyed keyed) return keyed.values();
        throw new IllegalArgumentException("input 0 is " + c.value(0) + ", a map is expected");
    }

    /** Each row as a map from label to score. */
    private static Object zipped(Call c) {
        List<?> keys = c.sets("classlabels_strings") ? c.texts("classlabels_strings")
                : Arrays.stream(c.integers("classlabels_int64s")).boxed().toList();
        var rows = new ArrayList<OnnxValue>();
        for (double[] row : (c.x(0).rank() == 1 ? c.x(0).unsqueeze(0) : c.x(0)).to(DType.F64).toRows()) {
            if (row.length != keys.size()) throw new IllegalArgumentException(row.length + " scores for " + keys.size() + " labels");
            var map = new LinkedHashMap<Object, Double>();
            for (int k = 0; k < row.length; k++) map.put(keys.get(k), row[k]);
            rows.add(new OnnxValue.Keyed(map));
        }
        return new OnnxValue.Sequence(rows);
    }

    /** One row: of each word of the vocabulary its number, 0 for those that the map has not. */
    private static Object vector(Call c) {
        List<?> words = c.sets("string_vocabulary") ? c.texts("string_vocabulary")
                : Arrays.stream(c.integers("int64_vocabulary")).boxed().toList();
        var map = map(c);
        var row = new float[words.size()];
        for (int i = 0; i < row.length; i++) row[i] = map.getOrDefault(words.get(i), 0.0).floatValue();
        return Tensor.of(row, 1, row.length);
    }

    /** One row: the numbers in the order of their keys, or each at the place that its key is, up to {@code max_map} of them. */
    private static Object cast(Call c) {
        var sorted = new TreeMap<Long, Double>();
        for (var entry : map(c).entrySet()) {
            if (!(entry.getKey() instanceof Long key))
                throw new IllegalArgumentException("the key " + entry.getKey() + " is not a whole number");
            sorted.put(key, entry.getValue());
        }
        double[] row = sorted.values().stream().mapToDouble(Double::doubleValue).toArray();
        if (c.text("map_form", "DENSE").equals("SPARSE")) {
            long size = c.integer("max_map", 1);
            c.sized(1, size);
            row = new double[Math.toIntExact(size)];
            for (var entry : sorted.entrySet()) {
                if (entry.getKey() < 0 || entry.getKey() >= size)
                    throw new IllegalArgumentException("key " + entry.getKey() + " is not a place in a row of " + size);
                row[entry.getKey().intValue()] = entry.getValue();
            }
        }
        var y = Tensor.of(row, 1, row.length);
        return switch (c.text("cast_to", "TO_FLOAT")) {
            case "TO_FLOAT" -> y.to(DType.F32);
            case "TO_INT64" -> y.to(DType.I64);
            case "TO_STRING" -> OnnxValue.of(Arrays.stream(row).mapToObj(Double::toString).toList(), 1, row.length);
            default -> throw new IllegalArgumentException("cast_to \"" + c.text("cast_to", "") + "\" is not known");
        };
    }
}
