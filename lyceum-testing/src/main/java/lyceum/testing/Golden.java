package lyceum.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Values that a reference implementation computed once, read from a JSON test resource.
 *
 * <pre>{@code
 * var golden = Golden.load("golden/ridge.json");
 * double[] coef = golden.doubles("diabetes.coef");
 * double[][] x = golden.matrix("cases.0.x");          // numbers index into arrays
 * for (var c : golden.list("cases")) System.out.println(c.number("alpha"));
 * }</pre>
 *
 * <p>What was computed is compared by a {@link Gap}: {@code Gap.absolute().see(golden, "diabetes.coef", ours)}.
 *
 * <p>{@code NaN}, {@code Infinity} and {@code -Infinity} may stand bare, as Python's {@code json} writes them, or as strings.
 * A path that leads nowhere, or to something of another kind, is an {@link AssertionError} that names the file, the path and
 * what is there instead.
 */
public final class Golden {

    private static final JsonMapper JSON = JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

    private final String where;
    private final JsonNode node;

    private Golden(String where, JsonNode node) {
        this.where = where;
        this.node = node;
    }

    /** Reads a resource of the test class path, such as {@code golden/ridge.json}. */
    public static Golden load(String resource) {
        var loader = Thread.currentThread().getContextClassLoader();
        try (var in = loader.getResourceAsStream(resource)) {
            if (in == null) {
                throw new AssertionError("no golden file " + resource + " on the class path; it belongs under src/test/resources");
            }
            return new Golden(resource, JSON.readTree(in.readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read golden file " + resource, e);
        } catch (JacksonException e) {
            throw new AssertionError("golden file " + resource + " is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** Reads golden values from text; {@code name} stands in messages. */
    public static Golden parse(String name, String json) { return new Golden(name, JSON.readTree(json)); }

    /** The part at {@code path}: names and array positions with dots between; a name may itself contain dots. */
    public Golden at(String path) {
        var found = resolve(node, path);
        if (found == null) throw missing(path);
        return new Golden(where + ":" + path, found);
    }

    /** Whether something stands at {@code path}. */
    public boolean has(String path) { return resolve(node, path) != null; }

    /** Whether nothing stands at {@code path}, or a JSON {@code null}: the reference left it open. */
    public boolean isOpen(String path) {
        var found = resolve(node, path);
        return found == null || found.isNull();
    }

    /**
     * The case of that name: the element of {@code cases} whose {@code name} it is.
     *
     * @throws AssertionError if there is none: lists the names
     */
    public Golden named(String name) {
        var cases = list("cases");
        return cases.stream().filter(c -> name.equals(c.text("name"))).findFirst().orElseThrow(() -> new AssertionError(
                where + " has no case " + name + "; it has " + String.join(", ", cases.stream().map(c -> c.text("name")).toList())));
    }

    /** The cases whose names start with {@code prefix}, in file order. */
    public List<Golden> cases(String prefix) { return list("cases").stream().filter(c -> c.text("name").startsWith(prefix)).toList(); }

    /** The names of this object, in file order. */
    public List<String> names() { return List.copyOf(node.propertyNames()); }

    /** The number at {@code path}. */
    public double number(String path) { return at(path).asNumber(); }

    /** The whole number at {@code path}. */
    public int integer(String path) { return Math.toIntExact(at(path).asLong()); }

    /** The text at {@code path}. */
    public String text(String path) {
        var part = at(path);
        if (!part.node.isString()) throw part.wrong("a text");
        return part.node.asString();
    }

    /** The truth value at {@code path}. */
    public boolean flag(String path) {
        var part = at(path);
        if (!part.node.isBoolean()) throw part.wrong("true or false");
        return part.node.asBoolean();
    }

    /** The elements of the array at {@code path}. */
    public List<Golden> list(String path) { return at(path).elements(); }

    /** The numbers of the one-dimensional array at {@code path}. */
    public double[] doubles(String path) { return at(path).asDoubles(); }

    /** As {@link #doubles}, rounded to float. */
    public float[] floats(String path) {
        var values = doubles(path);
        var floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /** The whole numbers of the one-dimensional array at {@code path}. */
    public int[] ints(String path) { return list(path).stream().mapToInt(e -> Math.toIntExact(e.asLong())).toArray(); }

    /** As {@link #ints}, in 64 bits. */
    public long[] longs(String path) { return list(path).stream().mapToLong(Golden::asLong).toArray(); }

    /** The texts of the array at {@code path}. */
    public List<String> texts(String path) {
        return list(path).stream().map(e -> {
            if (!e.node.isString()) throw e.wrong("a text");
            return e.node.asString();
        }).toList();
    }

    /** The rows of the two-dimensional array at {@code path}. */
    public double[][] matrix(String path) { return list(path).stream().map(Golden::asDoubles).toArray(double[][]::new); }

    /** The rows of the two-dimensional array of whole numbers at {@code path}. */
    public int[][] intMatrix(String path) {
        return list(path).stream().map(row -> row.elements().stream().mapToInt(e -> Math.toIntExact(e.asLong())).toArray())
                .toArray(int[][]::new);
    }

    /** The numbers of an array of any number of dimensions, last axis fastest. */
    public double[] flat(String path) {
        var values = new ArrayList<Double>();
        at(path).walk(leaf -> values.add(leaf.asNumber()));
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** The sizes of the array at {@code path}, outermost first; of a number it is empty. Ragged arrays are refused. */
    public int[] shape(String path) { return at(path).sizes().stream().mapToInt(Integer::intValue).toArray(); }

    /** The leaves of an array of any number of dimensions, last axis fastest; of a number, itself. */
    List<Golden> leaves() {
        var leaves = new ArrayList<Golden>();
        walk(leaves::add);
        return leaves;
    }

    boolean isNull() { return node.isNull(); }

    double value() { return asNumber(); }

    String place() { return where; }

    @Override public String toString() { return where + " = " + abbreviated(); }

    private void walk(Consumer<Golden> visit) {
        if (node.isArray()) {
            elements().forEach(e -> e.walk(visit));
        } else {
            visit.accept(this);
        }
    }

    private List<Integer> sizes() {
        if (!node.isArray()) return List.of();
        List<Integer> inner = null;
        for (var e : elements()) {
            var sizes = e.sizes();
            if (inner != null && !inner.equals(sizes)) throw wrong("an array of equal rows");
            inner = sizes;
        }
        var sizes = new ArrayList<Integer>();
        sizes.add(node.size());
        sizes.addAll(inner == null ? List.of() : inner);
        return sizes;
    }

    private List<Golden> elements() {
        if (!node.isArray()) throw wrong("an array");
        var elements = new ArrayList<Golden>(node.size());
        for (int i = 0; i < node.size(); i++) {
            elements.add(new Golden(where + "." + i, node.get(i)));
        }
        return elements;
    }

    private double[] asDoubles() { return elements().stream().mapToDouble(Golden::asNumber).toArray(); }

    private double asNumber() {
        if (node.isNumber()) return node.asDouble();
        return switch (node.isString() ? node.asString() : "") {
            case "NaN", "nan" -> Double.NaN;
            case "Infinity", "inf" -> Double.POSITIVE_INFINITY;
            case "-Infinity", "-inf" -> Double.NEGATIVE_INFINITY;
            default -> throw wrong("a number");
        };
    }

    private long asLong() {
        if (node.isIntegralNumber()) return node.asLong();
        if (node.isNumber() && node.asDouble() == Math.rint(node.asDouble())) return (long) node.asDouble();
        throw wrong("a whole number");
    }

    /** Takes the longest name that fits first, so that {@code weights.layers.0.bias} finds the name {@code layers.0.bias}. */
    private static JsonNode resolve(JsonNode from, String path) {
        for (int end = path.length(); end > 0; end = path.lastIndexOf('.', end - 1)) {
            var next = step(from, path.substring(0, end));
            if (next != null) {
                var found = end == path.length() ? next : resolve(next, path.substring(end + 1));
                if (found != null) return found;
            }
        }
        return null;
    }

    private static JsonNode step(JsonNode from, String name) {
        if (from.isObject()) return from.get(name);
        var position = from.isArray() && name.chars().allMatch(c -> c >= '0' && c <= '9') && name.length() < 10;
        return position ? from.get(Integer.parseInt(name)) : null;
    }

    private AssertionError missing(String path) {
        var here = node.isObject() ? "it has " + String.join(", ", node.propertyNames())
                : node.isArray() ? "it is an array of " + node.size() : "it is " + abbreviated();
        return new AssertionError(where + " has no " + path + "; " + here);
    }

    private AssertionError wrong(String wanted) { return new AssertionError(where + " is not " + wanted + " but " + abbreviated()); }

    private String abbreviated() {
        var text = node.toString();
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }
}
