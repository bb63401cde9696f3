package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import lyceum.DType;
import lyceum.format.OnnxType;
import lyceum.nn.onnx.OnnxValue.Strings;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Texts: joined, split, cleaned, matched and counted. */
final class StringOperators {
    static final String ROWS = "StringConcat 20, StringSplit 20, StringNormalizer 10, RegexFullMatch 20, TfIdfVectorizer 9";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "StringConcat 20" -> c -> {
                var joined = paired(c, (a, b) -> a + b);
                return OnnxValue.of(joined.texts(), joined.shape);
            };
            case "StringSplit 20" -> StringOperators::split;
            case "StringNormalizer 10" -> StringOperators::normalised;
            case "RegexFullMatch 20" -> c -> {
                var pattern = Pattern.compile(c.text("pattern", ""));
                var s = c.strings(0);
                var matches = new boolean[s.values().size()];
                for (int i = 0; i < matches.length; i++) matches[i] = pattern.matcher(s.values().get(i)).matches();
                return OnnxValue.of(Tensor.of(matches, s.shape().toArray()));
            };
            case "TfIdfVectorizer 9" -> StringOperators::counted;
            default -> throw Operators.unknown(row);
        };
    }

    private StringOperators() {}

    private record Paired(Object[] values, long[] shape) {
        List<String> texts() { return Arrays.stream(values).map(String.class::cast).toList(); }
    }

    /** A function of two tensors of strings that stretch to one shape. */
    private static Paired paired(Call c, BiFunction<String, String, Object> f) {
        Strings a = c.strings(0), b = c.strings(1);
        long[] shape = c.sized(ShapeOperators.broadcast(a.shape().toArray(), b.shape().toArray()));
        long[] i = places(a, shape), j = places(b, shape);
        var out = new Object[i.length];
        for (int k = 0; k < out.length; k++) out[k] = f.apply(a.values().get((int) i[k]), b.values().get((int) j[k]));
        return new Paired(out, shape);
    }

    private static long[] places(Strings s, long[] shape) {
        return Tensor.arange(s.shape().count()).to(DType.I64).reshape(s.shape().toArray()).expand(shape).toLongArray();
    }

    static Object equal(Call c) {
        var same = paired(c, String::equals);
        var flags = new boolean[same.values.length];
        for (int i = 0; i < flags.length; i++) flags[i] = (Boolean) same.values[i];
        return OnnxValue.of(Tensor.of(flags, same.shape));
    }

    /** Pieces as a new last axis, as long as the text with the most; the others end in empty ones. */
    private static Object split(Call c) {
        var s = c.strings(0);
        var delimiter = c.text("delimiter", "");
        long most = c.integer("maxsplit", Long.MAX_VALUE);
        List<List<String>> all = new ArrayList<>();
        int width = 0;
        for (var text : s.values()) {
            all.add(delimiter.isEmpty() ? words(text, most) : pieces(text, delimiter, most));
            width = Math.max(width, all.getLast().size());
        }
        long[] shape = LongStream.concat(Arrays.stream(s.shape().toArray()), LongStream.of(width)).toArray();
        c.sized(shape);
        var flat = new ArrayList<String>();
        for (var pieces : all) for (int i = 0; i < width; i++) flat.add(i < pieces.size() ? pieces.get(i) : "");
        var counts = Tensor.of(all.stream().mapToLong(List::size).toArray(), s.shape().toArray());
        return new Object[] {OnnxValue.of(flat, shape), OnnxValue.of(counts)};
    }

    private static List<String> pieces(String text, String delimiter, long most) {
        var pieces = new ArrayList<String>();
        int at = 0;
        for (int next; pieces.size() < most && (next = text.indexOf(delimiter, at)) >= 0; at = next + delimiter.length())
            pieces.add(text.substring(at, next));
        pieces.add(text.substring(at));
        return pieces;
    }

    private static List<String> words(String text, long most) {
        var pieces = new ArrayList<String>();
        var rest = text.strip();
        while (!rest.isEmpty() && pieces.size() < most) {
            int end = 0;
            while (end < rest.length() && !Character.isWhitespace(rest.charAt(end))) end++;
            pieces.add(rest.substring(0, end));
            rest = rest.substring(end).stripLeading();
        }
        if (!rest.isEmpty()) pieces.add(rest);
        return pieces;
    }

    private static Object normalised(Call c) {
        var s = c.strings(0);
        boolean isMatrix = s.shape().rank() == 2, exact = c.flag("is_case_sensitive");
        if (isMatrix && s.shape().size(0) != 1 || s.shape().rank() > 2)
            throw new IllegalArgumentException("strings " + s.shape() + ", (n) or (1, n) is expected");
        var change = c.text("case_change_action", "NONE");
        var stop = new HashSet<String>();
        for (var word : c.texts("stopwords")) stop.add(exact ? word : word.toLowerCase(Locale.ROOT));
        var kept = new ArrayList<String>();
        for (var text : s.values()) {
            if (stop.contains(exact ? text : text.toLowerCase(Locale.ROOT))) continue;
            kept.add(
                    change.equals("LOWER") ? text.toLowerCase(Locale.ROOT) : change.equals("UPPER") ? text.toUpperCase(Locale.ROOT) : text);
        }
        if (kept.isEmpty()) kept.add("");
        return isMatrix ? OnnxValue.of(kept, 1, kept.size()) : OnnxValue.of(kept, kept.size());
    }

    /** How often each n-gram of a pool occurs in each row, with up to so many elements left out between its parts. */
    private static Object counted(Call c) {
        boolean texts = c.type(0) == OnnxType.STRING;
        List<?> items = texts ? c.strings(0).values() : Arrays.stream(c.longs(0)).boxed().toList();
        List<?> pool = c.sets("pool_strings") ? c.texts("pool_strings") : Arrays.stream(c.integers("pool_int64s")).boxed().toList();
        long[] starts = c.integers("ngram_counts"), columns = c.integers("ngram_indexes"),
                shape = (texts ? c.strings(0).shape() : c.x(0).shape()).toArray();
        int shortest = (int) c.integer("min_gram_length", 1), longest = (int) c.integer("max_gram_length", 1),
                skips = (int) c.integer("max_skip_count", 0);
        if (columns.length == 0 || longest > starts.length || shortest < 1)
            throw new IllegalArgumentException("n-grams of " + shortest + " to " + longest + " items, of " + starts.length + " sizes");
        Map<List<?>, Integer> numbers = new HashMap<>();
        int number = 0;
        for (int n = 1; n <= starts.length; n++) {
            long end = n < starts.length ? starts[n] : pool.size();
            for (long at = starts[n - 1]; at + n <= end; at += n) numbers.put(pool.subList((int) at, (int) at + n), number++);
        }
        int width = Math.toIntExact(Arrays.stream(columns).max().getAsLong() + 1), rows = shape.length < 2 ? 1 : (int) shape[0];
        c.sized(rows, width);
        var counts = new float[rows * width];
        int length = rows == 0 ? 0 : items.size() / rows;
        for (int r = 0; r < rows; r++)
            for (int n = shortest; n <= longest; n++)
                for (int step = 1; step <= (n == 1 ? 1 : skips + 1); step++) for (int i = 0; i + (n - 1) * step < length; i++) {
                    var gram = new ArrayList<Object>();
                    for (int k = 0; k < n; k++) gram.add(items.get(r * length + i + k * step));
                    var found = numbers.get(gram);
                    if (found != null) counts[r * width + (int) columns[found]]++;
                }
        float[] weights = c.numbers("weights");
        var mode = c.text("mode", "TF");
        for (int i = 0; i < counts.length && !mode.equals("TF"); i++) {
            float w = weights.length == 0 ? 1 : weights[i % width];
            counts[i] = mode.equals("IDF") ? counts[i] > 0 ? w : 0 : w * counts[i];
        }
        return OnnxValue.of(shape.length < 2 ? Tensor.of(counts) : Tensor.of(counts, rows, width));
    }
}
