package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import lyceum.DType;
import lyceum.format.OnnxType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Operators of classical learning, domain {@code ai.onnx.ml}, that are arithmetic or a table. */
final class MlOperators {
    static final String ROWS = "ai.onnx.ml:Binarizer 1, ai.onnx.ml:ArrayFeatureExtractor 1, ai.onnx.ml:Scaler 1, ai.onnx.ml:Normalizer 1, "
            + "ai.onnx.ml:Imputer 1, ai.onnx.ml:FeatureVectorizer 1, ai.onnx.ml:LinearRegressor 1, ai.onnx.ml:LinearClassifier 1, "
            + "ai.onnx.ml:OneHotEncoder 1, ai.onnx.ml:CategoryMapper 1, ai.onnx.ml:LabelEncoder 1, ai.onnx.ml:TreeEnsemble 5";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "ai.onnx.ml:Binarizer 1" -> c -> c.x(0).gt(c.number("threshold", 0)).to(c.x(0).dtype());
            case "ai.onnx.ml:ArrayFeatureExtractor 1" -> c -> {
                var x = c.x(0).rank() == 1 ? c.x(0).unsqueeze(0) : c.x(0);
                return x.indexSelect(x.rank() - 1, c.x(1).to(DType.I64).flatten());
            };
            case "ai.onnx.ml:Scaler 1" -> c -> c.x(0).to(DType.F32).sub(Tensor.of(c.numbers("offset"))).mul(Tensor.of(c.numbers("scale")));
            case "ai.onnx.ml:Normalizer 1" -> c -> {
                var x = c.x(0).to(DType.F32);
                var size = switch (c.text("norm", "MAX")) {
                    case "L1" -> x.abs().sum(-1, true);
                    case "L2" -> x.square().sum(-1, true).sqrt();
                    default -> x.abs().max(-1, true);
                };
                return x.div(size.eq(0).where(size.onesLike(), size));
            };
            case "ai.onnx.ml:Imputer 1" -> c -> {
                var x = c.x(0);
                boolean real = x.dtype().isFloat();
                var values = real ? Tensor.of(c.numbers("imputed_value_floats")) : Tensor.of(c.integers("imputed_value_int64s"));
                double missing = real ? c.number("replaced_value_float", 0) : c.integer("replaced_value_int64", 0);
                return (missing != missing ? x.isNaN() : x.eq(missing)).where(values.to(x.dtype()), x);
            };
            case "ai.onnx.ml:FeatureVectorizer 1" ->
                    c -> Tensor.concat(1, Arrays.stream(c.tensors()).map(x -> x.to(DType.F32)).toArray(Tensor[]::new));
            case "ai.onnx.ml:LinearRegressor 1" -> c -> {
                long targets = c.integer("targets", 1);
                var w = Tensor.of(c.numbers("coefficients")).reshape(targets, -1);
                var y = c.x(0).to(DType.F32).matmul(w.transpose());
                return c.sets("intercepts") ? y.add(Tensor.of(c.numbers("intercepts"))) : y;
            };
            case "ai.onnx.ml:LinearClassifier 1" -> c -> {
                int rows = c.numbers("intercepts").length;
                var w = Tensor.of(c.numbers("coefficients")).reshape(Math.max(1, rows), -1);
                var y = c.x(0).to(DType.F32).matmul(w.transpose());
                double[][] scores = (rows > 0 ? y.add(Tensor.of(c.numbers("intercepts"))) : y).to(DType.F64).toRows();
                return scores.length > 0 && scores[0].length == 1 && classes(c, "classlabels_ints") == 2
                        ? decidedByOne(c, scores, 0, false, "classlabels_ints") : decided(c, scores, "classlabels_ints");
            };
            case "ai.onnx.ml:OneHotEncoder 1" -> MlOperators::oneHot;
            case "ai.onnx.ml:CategoryMapper 1" -> MlOperators::category;
            case "ai.onnx.ml:LabelEncoder 1" -> MlOperators::encoded;
            case "ai.onnx.ml:TreeEnsemble 5" -> MlOperators::trees;
            default -> throw Operators.unknown(row);
        };
    }

    private MlOperators() {}

    private static List<?> list(Call c, String which) {
        if (c.sets(which + "_strings")) return c.texts(which + "_strings");
        if (c.sets(which + "_int64s")) return Arrays.stream(c.integers(which + "_int64s")).boxed().toList();
        if (c.sets(which + "_floats")) return items(OnnxValue.of(Tensor.of(c.numbers(which + "_floats"))));
        return items(c.constant(which + "_tensor"));
    }

    /** Texts, whole numbers as Long, others as Double. */
    private static List<?> items(OnnxValue value) {
        if (value instanceof OnnxValue.Strings s) return s.values();
        var x = value.tensor();
        if (x.dtype().isFloat()) return Arrays.stream(x.to(DType.F64).toDoubleArray()).boxed().toList();
        return Arrays.stream(x.to(DType.I64).toLongArray()).boxed().toList();
    }

    private static Object encoded(Call c) {
        List<?> keys = list(c, "keys"), values = list(c, "values");
        if (keys.size() != values.size()) throw new IllegalArgumentException(keys.size() + " keys for " + values.size() + " values");
        Map<Object, Object> table = new HashMap<>();
        for (int i = keys.size() - 1; i >= 0; i--) table.put(keys.get(i), values.get(i));
        var type = c.sets("values_strings") ? OnnxType.STRING
                : c.sets("values_int64s") ? OnnxType.INT64 : c.sets("values_floats") ? OnnxType.FLOAT : c.constant("values_tensor").type();
        Object otherwise = c.sets("default_tensor") ? items(c.constant("default_tensor")).getFirst()
                : type == OnnxType.STRING ? c.text("default_string", "_Unused")
                        : type.carrier().isFloat() ? (Object) c.number("default_float", -0.0) : (Object) c.integer("default_int64", -1);
        var input = c.value(0);
        long[] shape = input instanceof OnnxValue.Strings s ? s.shape().toArray() : c.x(0).shape().toArray();
        var found = new ArrayList<Object>();
        for (Object item : items(input)) found.add(table.getOrDefault(item, otherwise));
        if (type == OnnxType.STRING) return OnnxValue.of(found.stream().map(Object::toString).toList(), shape);
        if (!type.carrier().isFloat())
            return OnnxValue.of(type, Tensor.of(found.stream().mapToLong(v -> ((Number) v).longValue()).toArray(), shape));
        return OnnxValue.of(type, Tensor.of(found.stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray(), shape));
    }

    /** The number of classes that labels name. */
    static int classes(Call c, String numbers) {
        return c.sets("classlabels_strings") ? c.texts("classlabels_strings").size() : c.integers(numbers).length;
    }

    static OnnxValue labels(Call c, int[] chosen, String numbers) {
        if (c.sets("classlabels_strings")) {
            var names = c.texts("classlabels_strings");
            return OnnxValue.of(Arrays.stream(chosen).mapToObj(names::get).toList(), chosen.length);
        }
        long[] names = c.integers(numbers);
        return OnnxValue.of(Tensor.of(Arrays.stream(chosen).mapToLong(i -> names[i]).toArray()));
    }

    /** The class with the highest score, and the scores after their transform. */
    static Object decided(Call c, double[][] scores, String numbers) {
        var chosen = new int[scores.length];
        for (int r = 0; r < scores.length; r++)
            for (int k = 1; k < scores[r].length; k++) if (scores[r][k] > scores[r][chosen[r]]) chosen[r] = k;
        return new Object[] {labels(c, chosen, numbers), transformed(c, scores)};
    }

    /** Two classes by one score, that of class {@code own}: a share where all weights are positive, else a number with a sign. */
    static Object decidedByOne(Call c, double[][] scores, int own, boolean isShare, String numbers) {
        boolean logistic = c.text("post_transform", "NONE").equals("LOGISTIC");
        var chosen = new int[scores.length];
        var both = new double[scores.length][];
        for (int r = 0; r < scores.length; r++) {
            double s = scores[r][own];
            chosen[r] = s > (isShare ? 0.5 : 0) ? 1 : 0;
            both[r] = isShare ? new double[] {1 - s, s} : logistic ? new double[] {logistic(-s), logistic(s)} : new double[] {-s, s};
        }
        return new Object[] {labels(c, chosen, numbers), OnnxValue.of(Tensor.of(both).to(DType.F32))};
    }

    private static double logistic(double x) { return 1 / (1 + Math.exp(-x)); }

    static OnnxValue transformed(Call c, double[][] scores) {
        var y = scores.length == 0 ? Tensor.zeros(DType.F64, 0, 0) : Tensor.of(scores);
        var post = c.text("post_transform", "NONE");
        return OnnxValue.of((switch (post) {
            case "NONE" -> y;
            case "SOFTMAX" -> y.softmax(-1);
            case "LOGISTIC" -> y.sigmoid();
            case "PROBIT" -> y.mul(2).sub(1.0).erfinv().mul(Math.sqrt(2));
            case "SOFTMAX_ZERO" -> y.eq(0).where(y, y.maskedFill(y.eq(0), Double.NEGATIVE_INFINITY).softmax(-1));
            default -> throw new IllegalArgumentException("post_transform \"" + post + "\" is not known");
        }).to(DType.F32));
    }

    private static Object oneHot(Call c) {
        List<?> categories = c.sets("cats_strings") ? c.texts("cats_strings") : Arrays.stream(c.integers("cats_int64s")).boxed().toList(),
                items = items(c.value(0));
        var shape = (c.value(0) instanceof OnnxValue.Strings s ? s.shape() : c.x(0).shape()).toArray();
        var wide = Arrays.copyOf(shape, shape.length + 1);
        wide[shape.length] = categories.size();
        c.sized(wide);
        var hot = new float[items.size() * categories.size()];
        for (int i = 0; i < items.size(); i++) {
            Object item = items.get(i) instanceof Double d ? (Object) d.longValue() : items.get(i);
            int at = categories.indexOf(item);
            if (at >= 0) hot[i * categories.size() + at] = 1;
            else if (c.integer("zeros", 1) == 0) throw new IllegalArgumentException(item + " is none of the categories " + categories);
        }
        return OnnxValue.of(Tensor.of(hot, wide));
    }

    /** Names to numbers, or back. */
    private static Object category(Call c) {
        var names = c.texts("cats_strings");
        long[] numbers = c.integers("cats_int64s");
        if (names.size() != numbers.length) throw new IllegalArgumentException(names.size() + " names for " + numbers.length + " numbers");
        if (c.value(0) instanceof OnnxValue.Strings s) {
            var found = s.values().stream()
                    .mapToLong(name -> names.contains(name) ? numbers[names.indexOf(name)] : c.integer("default_int64", -1)).toArray();
            return OnnxValue.of(Tensor.of(found, s.shape().toArray()));
        }
        var list = Arrays.stream(numbers).boxed().toList();
        var found = Arrays.stream(c.longs(0))
                .mapToObj(v -> list.contains(v) ? names.get(list.indexOf(v)) : c.text("default_string", "_Unused")).toList();
        return OnnxValue.of(found, c.x(0).shape().toArray());
    }

    /** Trees as tables: where a row goes at each node, and what its leaf adds to which target. */
    private static Object trees(Call c) {
        long[] features = c.integers("nodes_featureids"), yes = c.integers("nodes_truenodeids"), no = c.integers("nodes_falsenodeids");
        long[] yesLeaf = c.integers("nodes_trueleafs"), noLeaf = c.integers("nodes_falseleafs"), targets = c.integers("leaf_targetids");
        long[] missing = c.integers("nodes_missing_value_tracks_true"), roots = c.integers("tree_roots");
        double[] splits = c.constant("nodes_splits").tensor().to(DType.F64).toDoubleArray();
        double[] weights = c.constant("leaf_weights").tensor().to(DType.F64).toDoubleArray();
        int[] modes = c.constant("nodes_modes").tensor().to(DType.I32).toIntArray();
        var members = members(c, modes);
        int width = (int) c.integer("n_targets", 1);
        double[][] rows = c.x(0).to(DType.F64).toRows();
        long aggregate = c.integer("aggregate_function", 1);
        c.sized(rows.length, width);
        var out = new double[rows.length * width];
        var seen = new boolean[out.length];
        BinaryOperator<Double> join = aggregate == 2 ? Math::min : aggregate == 3 ? Math::max : Double::sum;
        for (int r = 0; r < rows.length; r++) for (long root : roots) {
            int node = (int) root;
            boolean leaf = yesLeaf[node] != 0 && noLeaf[node] != 0 && yes[node] == no[node];
            if (leaf) node = (int) yes[node];
            for (int turns = 0; !leaf; turns++) {
                if (turns > modes.length) throw new IllegalArgumentException("tree " + root + " has a cycle");
                double v = rows[r][(int) features[node]];
                boolean left = passes(modes[node], v, splits[node], members[node]) || v != v && missing.length > 0 && missing[node] != 0;
                leaf = (left ? yesLeaf[node] : noLeaf[node]) != 0;
                node = (int) (left ? yes[node] : no[node]);
            }
            int at = r * width + (int) targets[node];
            out[at] = seen[at] ? join.apply(out[at], weights[node]) : weights[node];
            seen[at] = true;
        }
        if (aggregate == 0) for (int i = 0; i < out.length; i++) out[i] /= roots.length;
        if (c.integer("post_transform", 0) != 0)
            throw new IllegalArgumentException("post_transform " + c.integer("post_transform", 0) + " is not supported");
        return Tensor.of(out, rows.length, width).to(c.x(0).dtype());
    }

    /** The sets that nodes of mode MEMBER ask for, one after another, each ended by NaN. */
    private static double[][] members(Call c, int[] modes) {
        var sets = new double[modes.length][];
        if (!c.sets("membership_values")) return sets;
        double[] all = c.constant("membership_values").tensor().to(DType.F64).toDoubleArray();
        int at = 0;
        for (int node = 0; node < modes.length; node++) {
            if (modes[node] != 6) continue;
            int start = at;
            while (at < all.length && all[at] == all[at]) at++;
            sets[node] = Arrays.copyOfRange(all, start, at++);
        }
        return sets;
    }

    private static boolean passes(int mode, double v, double split, double[] members) {
        return switch (mode) {
            case 0 -> v <= split;
            case 1 -> v < split;
            case 2 -> v >= split;
            case 3 -> v > split;
            case 4 -> v == split;
            case 5 -> v != split;
            default -> members != null && Arrays.stream(members).anyMatch(m -> m == v);
        };
    }
}
