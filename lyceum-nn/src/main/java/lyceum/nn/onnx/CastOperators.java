package lyceum.nn.onnx;

import java.util.Arrays;
import java.util.Locale;
import lyceum.DType;
import lyceum.format.OnnxType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** One element type into another. */
final class CastOperators {
    static final String ROWS = "Cast 6, CastLike 15";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "Cast 6" -> c -> cast(c.value(0), c.type("to", OnnxType.UNDEFINED), c.integer("saturate", 1) != 0);
            case "CastLike 15" -> c -> cast(c.value(0), c.type(1), c.integer("saturate", 1) != 0);
            default -> throw Operators.unknown(row);
        };
    }

    private CastOperators() {}

    static OnnxValue cast(OnnxValue value, OnnxType to, boolean saturate) {
        if (value instanceof OnnxValue.Strings strings) return parsed(strings, to);
        var x = value.tensor();
        if (to == OnnxType.STRING) return written(value.type(), x);
        if (to.carrier() == null) throw new IllegalArgumentException("a cast to " + to + " is not supported");
        if (value.type() == to) return value;
        if (to.isFloat8() || to == OnnxType.FLOAT4E2M1) {
            float[] values = x.to(DType.F32).toFloatArray();
            for (int i = 0; i < values.length; i++) values[i] = (float) to.round(values[i], saturate);
            return new OnnxValue.Array(to, Tensor.of(values, x.shape().toArray()));
        }
        if (to == OnnxType.BOOL) return OnnxValue.of(x.ne(0));
        if (to.carrier().isFloat() || x.dtype() == DType.BOOL) return OnnxValue.of(to, x);
        if (x.dtype().isFloat()) return OnnxValue.of(to, to.bits() == 4 ? nibbles(x, to) : integers(x, to));
        return OnnxValue.of(to, x);
    }

    /** Toward zero, and by way of I64, whose low bits are kept, as C's casts do where they are defined. */
    private static Tensor integers(Tensor x, OnnxType to) { return x.to(DType.I64).to(to.carrier()); }

    /** 4-bit integers are rounded and saturate. */
    private static Tensor nibbles(Tensor x, OnnxType to) {
        return to == OnnxType.UINT4 ? x.round().clamp(0.0, 15.0) : x.round().clamp(-8.0, 7.0);
    }

    private static OnnxValue parsed(OnnxValue.Strings strings, OnnxType to) {
        long[] shape = strings.shape().toArray();
        if (to == OnnxType.STRING) return strings;
        if (to.carrier() == null || to == OnnxType.BOOL)
            throw new IllegalArgumentException("a cast of strings to " + to + " is not supported");
        if (!to.carrier().isFloat())
            return OnnxValue.of(to, Tensor.of(strings.values().stream().mapToLong(s -> Long.parseLong(s.strip())).toArray(), shape));
        return OnnxValue.of(to, Tensor.of(strings.values().stream().mapToDouble(CastOperators::number).toArray(), shape));
    }

    private static double number(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
            case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
            case "nan", "+nan", "-nan" -> Double.NaN;
            default -> Double.parseDouble(text);
        };
    }

    /** Numbers as Python's str writes them. */
    private static OnnxValue written(OnnxType type, Tensor x) {
        var texts = new String[(int) x.count()];
        if (type.carrier().isFloat()) {
            double[] values = x.to(DType.F64).toDoubleArray();
            for (int i = 0; i < texts.length; i++) texts[i] = text(values[i], x.dtype() == DType.F64);
        } else {
            long[] values = x.to(DType.I64).toLongArray();
            for (int i = 0; i < texts.length; i++)
                texts[i] = type == OnnxType.UINT64 ? Long.toUnsignedString(values[i]) : Long.toString(values[i]);
        }
        return OnnxValue.of(Arrays.asList(texts), x.shape().toArray());
    }

    private static String text(double value, boolean wide) {
        if (value != value) return "NaN";
        if (Double.isInfinite(value)) return value > 0 ? "INF" : "-INF";
        if (value == Math.rint(value) && Math.abs(value) < 1e15) return Long.toString((long) value);
        return wide ? Double.toString(value) : Float.toString((float) value);
    }
}
