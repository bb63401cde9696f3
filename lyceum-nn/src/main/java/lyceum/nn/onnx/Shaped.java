package lyceum.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.format.OnnxFile.Dim;
import lyceum.format.OnnxFile.Type;
import lyceum.format.OnnxType;

/**
 * What is known of a tensor before anything runs.
 *
 * @param type UNDEFINED where it is not known
 * @param dims null where the rank is not known, and in it for a size that is not
 * @param content elements of a short vector or number of integers, as far as they are known; else null
 * @param constant the value itself, where it does not hang on the inputs; else null
 */
record Shaped(OnnxType type, List<Extent> dims, List<Extent> content, OnnxValue constant) {
    /** Longest vector whose elements are followed. */
    static final int LONGEST = 64;

    /** Nothing is known. */
    static final Shaped UNKNOWN = new Shaped(OnnxType.UNDEFINED, null);

    /** A size that no polynomial holds, and two sizes that cannot be of one tensor. */
    static final class Contradiction extends RuntimeException {
        Contradiction(String message) { super(message, null, false, false); }
    }

    Shaped {
        dims = dims == null ? null : Collections.unmodifiableList(new ArrayList<>(dims));
        boolean isWhole = type == OnnxType.INT64 || type == OnnxType.INT32;
        content = content == null || content.size() > LONGEST || !isWhole ? null : Collections.unmodifiableList(new ArrayList<>(content));
    }

    Shaped(OnnxType type, List<Extent> dims) { this(type, dims, null, null); }

    /** A vector whose elements are known as far as the list says. */
    static Shaped vector(OnnxType type, List<Extent> content) {
        return new Shaped(type, List.of(Extent.of(content.size())), content, null);
    }

    static Shaped of(OnnxValue value) {
        if (value instanceof OnnxValue.Strings s) return new Shaped(OnnxType.STRING, extents(s.shape().toArray()), null, value);
        if (!(value instanceof OnnxValue.Array(var type, var x))) return UNKNOWN;
        List<Extent> content = null;
        if (x.rank() <= 1 && x.count() <= LONGEST && !x.dtype().isFloat()) content = extents(x.to(DType.I64).flatten().toLongArray());
        return new Shaped(type, extents(x.shape().toArray()), content, value);
    }

    static List<Extent> extents(long... sizes) {
        var all = new ArrayList<Extent>();
        for (long size : sizes) all.add(Extent.of(size));
        return all;
    }

    /** As a file says. @param symbols sizes of names that are known */
    static Shaped of(Type type, Map<String, Long> symbols) {
        if (!(type instanceof Type.OfTensor(var element, var shape))) return UNKNOWN;
        if (shape == null) return new Shaped(element, null);
        var dims = new ArrayList<Extent>();
        for (var dim : shape)
            dims.add(dim.size() >= 0 ? Extent.of(dim.size()) : dim.name().isEmpty() ? null
                    : symbols.containsKey(dim.name()) ? Extent.of(symbols.get(dim.name())) : Extent.symbol(dim.name()));
        return new Shaped(element, dims);
    }

    /** As a file would say it. */
    Type toType() {
        if (dims == null) return new Type.OfTensor(type, null);
        return new Type.OfTensor(type, dims.stream()
                .map(d -> d == null ? new Dim(-1, "") : d.isNumber() ? new Dim(d.number(), "") : new Dim(-1, d.toString())).toList());
    }

    boolean isRanked() { return dims != null; }

    int rank() { return dims.size(); }

    /** Size of an axis, below 0 from the end; null if it is not known. */
    Extent size(int axis) { return dims.get(axis < 0 ? axis + dims.size() : axis); }

    Shaped with(OnnxType type) { return new Shaped(type, dims, content, null); }

    Shaped with(List<Extent> dims) { return new Shaped(type, dims); }

    /** Without its elements. */
    Shaped bare() { return new Shaped(type, dims); }

    /** How many elements it has; null if that is not known. */
    Extent count() { return dims == null ? null : product(dims); }

    static Extent product(List<Extent> sizes) {
        var count = Extent.ONE;
        for (var size : sizes) {
            if (size == null) return null;
            count = count.times(size);
        }
        return count;
    }

    /** The size of both, one of which may be 1 and is stretched. */
    static Extent broadcast(Extent a, Extent b) {
        if (a != null && a.equals(b)) return a;
        if (a != null && a.is(1)) return b;
        if (b != null && b.is(1)) return a;
        boolean isA = a != null && a.isNumber(), isB = b != null && b.isNumber();
        if (isA && isB) throw new Contradiction("sizes " + a + " and " + b + " do not go together");
        return isA ? a : isB ? b : null; // a size above 1 is that of both, or nothing fits
    }

    static List<Extent> broadcast(List<Extent> a, List<Extent> b) {
        if (a == null || b == null) return null;
        var all = new Extent[Math.max(a.size(), b.size())];
        for (int i = 1; i <= all.length; i++) {
            Extent p = i <= a.size() ? a.get(a.size() - i) : Extent.ONE, q = i <= b.size() ? b.get(b.size() - i) : Extent.ONE;
            all[all.length - i] = broadcast(p, q);
        }
        return Arrays.asList(all);
    }

    /** Of two sizes that are one: what is known of either. */
    static Extent same(String what, Extent a, Extent b) {
        if (a == null || b == null) return a == null ? b : a;
        if (a.isNumber() && b.isNumber() && !a.equals(b)) throw new Contradiction(what + " are " + a + " and " + b);
        return a.isNumber() ? a : b.isNumber() ? b : a;
    }

    /** What holds of both: of two branches, or of a value before and after a turn of a loop. */
    static Shaped either(Shaped a, Shaped b) {
        var type = a.type == b.type ? a.type : OnnxType.UNDEFINED;
        if (a.dims == null || b.dims == null || a.rank() != b.rank()) return new Shaped(type, null);
        var dims = new ArrayList<Extent>();
        for (int i = 0; i < a.rank(); i++) dims.add(a.dims.get(i) != null && a.dims.get(i).equals(b.dims.get(i)) ? a.dims.get(i) : null);
        return new Shaped(type, dims);
    }

    /** {@code (batch, 3)}, {@code ?} for what is not known. */
    String text() {
        if (dims == null) return "(..)";
        var sizes = new ArrayList<String>();
        for (var size : dims) sizes.add(size == null ? "?" : size.toString());
        return "(" + String.join(", ", sizes) + ")";
    }

    @Override public String toString() { return type + " " + text(); }
}
