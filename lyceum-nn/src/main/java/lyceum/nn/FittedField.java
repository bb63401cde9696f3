package lyceum.nn;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.data.Column;
import lyceum.nn.InputField.Category;
import lyceum.nn.InputField.Image;
import lyceum.nn.InputField.Numeric;
import lyceum.nn.InputField.Scaling;
import lyceum.nn.InputField.Sequence;
import lyceum.nn.InputField.Tokens;
import lyceum.tensor.Tensor;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A field and its constants: numbers become {@code (x - shift) / scale}, one of each for a number, a channel or a feature.
 *
 * @param fill what stands for a missing number
 */
record FittedField(InputField field, double fill, double[] shift, double[] scale) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final double[] NONE = {};

    static FittedField learn(InputField field, InputBatch training) {
        return switch (field) {
            case Numeric n -> {
                var raw = new FittedField(n, 0, new double[1], new double[] {1});
                double[] x = raw.accepted(training.frame().column(n.name()));
                double[] seen = Arrays.stream(x).filter(v -> !Double.isNaN(v)).sorted().toArray();
                if (seen.length == 0)
                    throw new IllegalArgumentException("InputLayer.fit: field '" + n.name() + "' is missing in every record");
                double median = seen[(seen.length - 1) / 2] / 2 + seen[seen.length / 2] / 2;
                for (int i = 0; i < x.length; i++) if (Double.isNaN(x[i])) x[i] = median;
                yield scaled(n, median, n.scaling(), new double[][] {x});
            }
            case Category c -> {
                if (!c.values().isEmpty()) yield new FittedField(c, 0, NONE, NONE);
                var values = new TreeSet<String>();
                training.frame().column(c.name()).toList().stream().filter(Objects::nonNull).forEach(v -> values.add(v.toString()));
                if (values.isEmpty())
                    throw new IllegalArgumentException("InputLayer.fit: field '" + c.name() + "' is missing in every record");
                var known = c.withValues(List.copyOf(values));
                var fitted = new FittedField(known, 0, NONE, NONE);
                fitted.codes(training.frame().column(c.name()));
                yield fitted;
            }
            case Tokens t -> {
                var fitted = new FittedField(t, 0, NONE, NONE);
                fitted.ids(training.tensors().get(t.name()));
                yield fitted;
            }
            case Image image -> {
                var x = image(image, training.tensors().get(image.name()));
                yield scaled(image, 0, Scaling.STANDARD, IntStream.range(0, image.channels())
                        .mapToObj(c -> x.select(1, c).to(DType.F64).flatten().toDoubleArray()).toArray(double[][]::new));
            }
            case Sequence s -> {
                var x = series(s, training.tensors().get(s.name()));
                yield scaled(s, 0, s.scaling(), IntStream.range(0, s.features())
                        .mapToObj(f -> x.select(2, f).to(DType.F64).flatten().toDoubleArray()).toArray(double[][]::new));
            }
        };
    }

    private static FittedField scaled(InputField field, double fill, Scaling scaling, double[][] columns) {
        double[] shift = new double[columns.length], scale = new double[columns.length];
        for (int c = 0; c < columns.length; c++) {
            double[] x = columns[c];
            double low = Arrays.stream(x).min().orElse(0), high = Arrays.stream(x).max().orElse(0);
            scale[c] = 1;
            if (scaling == Scaling.NONE) continue;
            // Sums of what is left after the least value keep their digits far from zero.
            double mean = 0, squares = 0;
            for (double v : x) mean += (v - low) / x.length;
            for (double v : x) squares += (v - low - mean) * (v - low - mean) / x.length;
            shift[c] = scaling == Scaling.RANGE ? low : low + mean;
            double size = scaling == Scaling.RANGE ? high - low : Math.sqrt(squares);
            if (size > 1e-14 * Math.max(Math.abs(low), Math.abs(high))) scale[c] = size;
        }
        return new FittedField(field, fill, shift, scale);
    }

    List<String> columns() {
        var name = field.name();
        return switch (field) {
            case Numeric n -> n.indicated() ? List.of(name, name + " missing") : List.of(name);
            case Category c when c.width() > 0 -> IntStream.range(0, c.width()).mapToObj(i -> name + "." + i).toList();
            case Category c -> {
                var columns = new ArrayList<>(c.values().stream().map(v -> name + "=" + v).toList());
                if (c.unknown()) columns.add(name + "=?");
                yield columns;
            }
            default -> List.of();
        };
    }

    private String at(int row) { return "InputLayer: field '" + field.name() + "' in row " + row; }

    /** Numbers within the field's bounds; NaN where they are missing, which the field must allow. */
    private double[] accepted(Column column) {
        if (!column.type().isNumeric())
            throw new DTypeException("InputLayer: field '" + field.name() + "' is " + column.type() + "; it is a number");
        double[] x = column.numbers();
        for (int i = 0; i < x.length; i++) accept(i, x[i]);
        return x;
    }

    private void accept(int row, double x) {
        var n = (Numeric) field;
        if (Double.isNaN(x) ? n.indicated() : x >= n.low() && x <= n.high() && Double.isFinite(x)) return;
        throw new IllegalArgumentException(at(row) + " is " + (Double.isNaN(x) ? "missing; declare it withIndicated(true), or fill it"
                : x + "; it is finite and lies in [" + n.low() + ", " + n.high() + "]"));
    }

    /** (n, 1), or (n, 2) with the indicator. */
    Tensor numbers(Column column) { return numbers(accepted(column)); }

    Tensor numbers(double[] x) {
        boolean indicated = ((Numeric) field).indicated();
        int width = indicated ? 2 : 1;
        var out = new float[x.length * width];
        for (int i = 0; i < x.length; i++) {
            accept(i, x[i]);
            boolean missing = Double.isNaN(x[i]);
            out[i * width] = (float) (((missing ? fill : x[i]) - shift[0]) / scale[0]);
            if (missing) out[i * width + 1] = 1;
        }
        return Tensor.of(out, x.length, width);
    }

    /** (n) slots. */
    Tensor codes(Column column) {
        var c = (Category) field;
        var places = new LinkedHashMap<String, Integer>();
        for (var value : c.values()) places.put(value, places.size());
        var cells = column.toList();
        var codes = new long[cells.size()];
        for (int i = 0; i < codes.length; i++) {
            var place = cells.get(i) == null ? null : places.get(cells.get(i).toString());
            if (place == null && !c.unknown()) throw new IllegalArgumentException(
                    at(i) + " is " + cells.get(i) + "; values are " + c.values() + ", and withUnknown(true) gives the others a slot");
            codes[i] = place == null ? c.values().size() : place;
        }
        return Tensor.of(codes);
    }

    Tensor ids(Tensor x) {
        var t = (Tokens) field;
        required(x, "(n, " + t.length() + ") of I32 or I64", x != null && x.rank() == 2 && x.size(1) == t.length());
        if (!x.dtype().isInteger()) throw new DTypeException("InputLayer: field '" + t.name() + "' is " + x.dtype() + "; ids are integers");
        long[] ids = x.toLongArray();
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] >= 0 && ids[i] < t.vocabulary()) continue;
            if (t.unknown() < 0) throw new IllegalArgumentException(at(i / t.length()) + " has id " + ids[i] + "; ids are below "
                    + t.vocabulary() + ", and withUnknown(id) maps the others");
            ids[i] = t.unknown();
        }
        return Tensor.of(ids, x.shape().toArray());
    }

    private void required(Tensor x, String what, boolean fits) {
        if (!fits) throw new ShapeException("InputLayer: field '" + field.name() + "' is "
                + (x == null ? "a column of the table; it is a tensor " : "of shape " + x.shape() + "; it is ") + what);
    }

    Tensor image(Tensor x) { return normal(image((Image) field, x)); }

    Tensor series(Tensor x) { return normal(series((Sequence) field, x)); }

    private Tensor normal(Tensor x) {
        var wide = field instanceof Image ? new long[] {shift.length, 1, 1} : new long[] {shift.length};
        var type = x.dtype() == DType.F64 ? DType.F64 : DType.F32;
        return x.to(DType.F64).sub(Tensor.of(shift, wide)).div(Tensor.of(scale, wide)).to(type);
    }

    private static Tensor image(Image image, Tensor x) {
        long[] shape = image.channelsLast() ? new long[] {image.height(), image.width(), image.channels()}
                : new long[] {image.channels(), image.height(), image.width()};
        new FittedField(image, 0, NONE, NONE).required(x, "(n, " + shape[0] + ", " + shape[1] + ", " + shape[2] + ")",
                x != null && x.rank() == 4 && Arrays.equals(Arrays.copyOfRange(x.shape().toArray(), 1, 4), shape));
        requireType(image.name(), x, image.dtype());
        var first = image.channelsLast() ? x.permute(0, 3, 1, 2) : x;
        return image.reversed() ? first.flip(1) : first;
    }

    private static Tensor series(Sequence s, Tensor x) {
        new FittedField(s, 0, NONE, NONE).required(x, "(n, length, " + s.features() + ")",
                x != null && x.rank() == 3 && x.size(2) == s.features());
        requireType(s.name(), x, x.dtype().isFloat() ? x.dtype() : DType.F32);
        return x;
    }

    private static void requireType(String name, Tensor x, DType type) {
        if (x.dtype() != type) throw new DTypeException("InputLayer: field '" + name + "' is " + x.dtype() + "; it is " + type);
        if (type.isFloat() && !x.isFinite().all().toBooleanArray()[0])
            throw new IllegalArgumentException("InputLayer: field '" + name + "' holds NaN or infinities");
    }

    /** As JSON in bytes. */
    static Tensor write(List<FittedField> fields) {
        var nodes = fields.stream().map(FittedField::node).toList();
        byte[] text = JSON.writeValueAsString(Map.of("formatVersion", 1, "fields", nodes)).getBytes(StandardCharsets.UTF_8);
        var codes = new int[text.length];
        for (int i = 0; i < codes.length; i++) codes[i] = text[i] & 255;
        return Tensor.of(codes).to(DType.U8).compute();
    }

    private Map<String, Object> node() {
        var node = new LinkedHashMap<String, Object>();
        node.put("kind", field.getClass().getSimpleName());
        node.put("name", field.name());
        switch (field) {
            case Numeric n ->
                    node.putAll(Map.of("low", n.low(), "high", n.high(), "indicated", n.indicated(), "scaling", n.scaling().name()));
            case Category c -> node.putAll(Map.of("values", c.values(), "unknown", c.unknown(), "width", c.width()));
            case Tokens t -> node.putAll(Map.of("vocabulary", t.vocabulary(), "length", t.length(), "padding", t.padding(), "unknown",
                    t.unknown(), "width", t.width()));
            case Image i -> node.putAll(Map.of("channels", i.channels(), "height", i.height(), "width", i.width(), "channelsLast",
                    i.channelsLast(), "reversed", i.reversed(), "dtype", i.dtype().name()));
            case Sequence s -> node.putAll(Map.of("features", s.features(), "scaling", s.scaling().name()));
        }
        node.put("fill", fill);
        node.put("shift", shift);
        node.put("scale", scale);
        return node;
    }

    static List<FittedField> read(Tensor schema) {
        if (schema.dtype() != DType.U8 || schema.rank() != 1)
            throw new FormatException("InputLayer: the schema is " + schema.dtype() + " " + schema.shape() + "; it is U8 text");
        int[] codes = schema.toIntArray();
        var text = new byte[codes.length];
        for (int i = 0; i < codes.length; i++) text[i] = (byte) codes[i];
        try {
            var root = JSON.readTree(text);
            int version = root.path("formatVersion").asInt(0);
            if (version != 1) throw new FormatException("InputLayer: formatVersion of the schema is " + version + "; this version reads 1");
            var fields = new ArrayList<FittedField>();
            root.path("fields").forEach(node -> fields.add(read(node)));
            return List.copyOf(fields);
        } catch (JacksonException | IllegalArgumentException e) {
            throw new FormatException("InputLayer: the schema: " + e.getMessage(), e);
        }
    }

    private static FittedField read(JsonNode c) {
        var name = c.path("name").asString("");
        var kind = c.path("kind").asString("");
        double[] shift = doubles(c.path("shift")), scale = doubles(c.path("scale"));
        InputField field = switch (kind) {
            case "Numeric" -> new Numeric(name, number(c.path("low")), number(c.path("high")), c.path("indicated").asBoolean(false),
                    Scaling.valueOf(c.path("scaling").asString("")));
            case "Category" -> {
                var values = new ArrayList<String>();
                c.path("values").forEach(v -> values.add(v.asString()));
                yield new Category(name, values, c.path("unknown").asBoolean(false), c.path("width").asInt(0));
            }
            case "Tokens" -> new Tokens(name, c.path("vocabulary").asInt(0), c.path("length").asInt(0), c.path("padding").asInt(-1),
                    c.path("unknown").asInt(-1), c.path("width").asInt(0));
            case "Image" -> new Image(name, c.path("channels").asInt(0), c.path("height").asInt(0), c.path("width").asInt(0),
                    c.path("channelsLast").asBoolean(false), c.path("reversed").asBoolean(false),
                    DType.valueOf(c.path("dtype").asString("")));
            case "Sequence" -> new Sequence(name, c.path("features").asInt(0), Scaling.valueOf(c.path("scaling").asString("")));
            default -> throw new FormatException("InputLayer: the schema has a field of kind \"" + kind + "\"");
        };
        int constants = switch (field) {
            case Numeric n -> 1;
            case Image i -> i.channels();
            case Sequence s -> s.features();
            default -> 0;
        };
        if (shift.length != constants || scale.length != constants)
            throw new FormatException("InputLayer: field '" + name + "' has " + shift.length + " constants; it needs " + constants);
        return new FittedField(field, number(c.path("fill")), shift, scale);
    }

    /** Infinities stand as texts. */
    private static double number(JsonNode node) {
        return node.isString() ? Double.parseDouble(node.asString()) : node.asDouble(Double.NaN);
    }

    private static double[] doubles(JsonNode node) {
        var values = new double[node.size()];
        for (int i = 0; i < values.length; i++) values[i] = number(node.get(i));
        return values;
    }
}
