package lyceum.nn.onnx;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxType;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;

/** What flows along the edges of an ONNX graph: tensors for the most part, and strings, sequences and optional values. */
public sealed interface OnnxValue {

    /** A tensor, and its ONNX type where no tensor here has that: see {@link OnnxType} for what carries it. */
    record Array(OnnxType type, Tensor tensor) implements OnnxValue {
        public Array {
            if (type.carrier() != tensor.dtype()) throw new IllegalArgumentException(
                    "OnnxValue: " + type + " is carried by " + type.carrier() + ", the tensor is " + tensor.dtype());
        }

        @Override public String toString() { return type + " " + tensor.shape(); }
    }

    /** A tensor of strings, row-major. */
    record Strings(Shape shape, List<String> values) implements OnnxValue {
        public Strings {
            values = List.copyOf(values);
            if (shape.count() != values.size())
                throw new IllegalArgumentException("OnnxValue: " + values.size() + " strings for shape " + shape);
        }

        @Override public String toString() { return "STRING " + shape; }
    }

    /** A list of values. */
    record Sequence(List<OnnxValue> values) implements OnnxValue {
        public Sequence { values = List.copyOf(values); }
    }

    /** Numbers by label: texts, or whole numbers as Long. */
    record Keyed(SequencedMap<Object, Double> values) implements OnnxValue {
        public Keyed { values = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(values)); }
    }

    /** A value or none. @param value null for none */
    record Maybe(OnnxValue value) implements OnnxValue {}

    static OnnxValue of(Tensor tensor) { return new Array(OnnxType.of(tensor.dtype()), tensor); }

    /** A tensor of strings. */
    static OnnxValue of(List<String> values, long... shape) { return new Strings(Shape.of(shape), values); }

    /** A tensor of a file. */
    static OnnxValue of(OnnxFile.Constant constant) {
        return constant.strings() != null ? of(Arrays.asList(constant.strings()), constant.dims())
                : new Array(constant.type(), constant.tensor());
    }

    /** The tensor. @throws IllegalArgumentException if this is none */
    default Tensor tensor() {
        return switch (this) {
            case Array array -> array.tensor;
            case Maybe maybe when maybe.value != null -> maybe.value.tensor();
            default -> throw new IllegalArgumentException("a tensor is expected, not " + this);
        };
    }

    /** The element type of a tensor. */
    default OnnxType type() {
        return switch (this) {
            case Array array -> array.type;
            case Strings strings -> OnnxType.STRING;
            case Maybe maybe when maybe.value != null -> maybe.value.type();
            default -> OnnxType.UNDEFINED;
        };
    }

    /** A tensor as a type; an integer whose carrier is wider keeps the type's bits alone. */
    static OnnxValue of(OnnxType type, Tensor x) {
        var carried = x.to(type.carrier());
        return new Array(type, switch (type) {
            case UINT4 -> carried.and(number(carried, 0xF));
            case UINT16 -> carried.and(number(carried, 0xFFFF));
            case UINT32 -> carried.and(number(carried, 0xFFFF_FFFFL));
            case INT4 -> signed(carried, 8);
            case INT16 -> signed(carried, 0x8000);
            default -> carried;
        });
    }

    private static Tensor number(Tensor like, long value) { return Tensor.full(like.dtype(), value); }

    private static Tensor signed(Tensor x, long top) {
        return x.and(number(x, 2 * top - 1)).xor(number(x, top)).sub(number(x, top)).to(x.dtype());
    }
}
