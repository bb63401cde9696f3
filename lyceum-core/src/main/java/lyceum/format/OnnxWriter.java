package lyceum.format;

import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.format.OnnxFile.Attribute;
import lyceum.format.OnnxFile.Constant;
import lyceum.format.OnnxFile.Function;
import lyceum.format.OnnxFile.Graph;
import lyceum.format.OnnxFile.Node;
import lyceum.format.OnnxFile.Port;
import lyceum.format.OnnxFile.Type;
import lyceum.tensor.Tensor;

/** Writes what an {@link OnnxFile} says. */
final class OnnxWriter {
    private OnnxWriter() {}

    static byte[] bytes(OnnxFile file) {
        var out = new ProtoWriter().number(1, file.irVersion()).text(2, file.producer());
        out.message(7, g -> graph(g, file.graph()));
        opsets(out, 8, file.opsets());
        file.metadata().forEach((key, value) -> out.message(14, e -> e.text(1, key).text(2, value)));
        for (var function : file.functions()) out.message(25, f -> function(f, function));
        return out.toBytes();
    }

    private static void opsets(ProtoWriter out, int field, Map<String, Long> opsets) {
        opsets.forEach((domain, version) -> out.message(field, o -> o.text(1, domain).number(2, version)));
    }

    private static void graph(ProtoWriter out, Graph graph) {
        for (var node : graph.nodes()) out.message(1, n -> node(n, node));
        out.text(2, graph.name());
        for (var constant : graph.initializers().values()) out.message(5, t -> tensor(t, constant));
        ports(out, 11, graph.inputs());
        ports(out, 12, graph.outputs());
        ports(out, 13, graph.values());
    }

    private static void ports(ProtoWriter out, int field, List<Port> ports) {
        for (var port : ports) out.message(field, p -> {
            p.text(1, port.name());
            if (port.type() != null) p.message(2, t -> type(t, port.type()));
        });
    }

    private static void function(ProtoWriter out, Function function) {
        out.text(1, function.name());
        for (var name : function.inputs()) out.text(4, name);
        for (var name : function.outputs()) out.text(5, name);
        for (var name : function.attributes()) out.text(6, name);
        for (var node : function.nodes()) out.message(7, n -> node(n, node));
        opsets(out, 9, function.opsets());
        out.text(10, function.domain());
        for (var attribute : function.defaults().values()) out.message(11, a -> attribute(a, attribute));
    }

    private static void node(ProtoWriter out, Node node) {
        for (var name : node.inputs()) out.text(1, name);
        for (var name : node.outputs()) out.text(2, name);
        out.text(3, node.name()).text(4, node.operator());
        for (var attribute : node.attributes().values()) out.message(5, a -> attribute(a, attribute));
        out.text(7, node.domain());
    }

    private static void attribute(ProtoWriter out, Attribute attribute) {
        out.text(1, attribute.name());
        if (!attribute.reference().isEmpty()) out.text(21, attribute.reference());
        int kind = value(out, attribute.value());
        if (kind > 0) out.number(20, kind);
    }

    /** Writes it and returns the number of its kind. */
    private static int value(ProtoWriter out, Object value) {
        switch (value) {
            case null -> {
                return 0;
            }
            case Float f -> {
                out.float32(2, f);
                return 1;
            }
            case Long i -> {
                out.number(3, i);
                return 2;
            }
            case byte[] text -> {
                out.bytes(4, text);
                return 3;
            }
            case Constant constant -> {
                out.message(5, t -> tensor(t, constant));
                return 4;
            }
            case Graph graph -> {
                out.message(6, g -> graph(g, graph));
                return 5;
            }
            case float[] all -> {
                for (float f : all) out.float32(7, f);
                return 6;
            }
            case long[] all -> {
                for (long i : all) out.number(8, i);
                return 7;
            }
            case Type type -> {
                out.message(14, t -> type(t, type));
                return 13;
            }
            case List<?> all -> {
                return list(out, all);
            }
            default -> throw new IllegalArgumentException("ONNX: an attribute cannot be a " + value.getClass().getSimpleName());
        }
    }

    private static int list(ProtoWriter out, List<?> all) {
        int kind = 8;
        for (var element : all) switch (element) {
            case Constant constant -> {
                kind = 9;
                out.message(10, t -> tensor(t, constant));
            }
            case Graph graph -> {
                kind = 10;
                out.message(11, g -> graph(g, graph));
            }
            case Type type -> {
                kind = 14;
                out.message(15, t -> type(t, type));
            }
            default -> out.bytes(9, (byte[]) element);
        }
        return kind;
    }

    private static void type(ProtoWriter out, Type type) {
        switch (type) {
            case Type.OfTensor t -> out.message(1, m -> {
                m.number(1, t.element().code());
                if (t.shape() != null) m.message(2, s -> {
                    for (var dim : t.shape()) s.message(1, d -> {
                        if (dim.size() >= 0) d.number(1, dim.size());
                        else if (!dim.name().isEmpty()) d.text(2, dim.name());
                    });
                });
            });
            case Type.OfSequence s -> out.message(4, m -> m.message(1, e -> type(e, s.element())));
            case Type.OfOptional o -> out.message(9, m -> m.message(1, e -> type(e, o.element())));
            case Type.OfMap map -> out.message(5, m -> m.number(1, map.key().code()).message(2, e -> type(e, map.value())));
        }
    }

    private static void tensor(ProtoWriter out, Constant constant) {
        for (long size : constant.dims()) out.number(1, size);
        out.number(2, constant.type().code());
        if (constant.strings() != null) for (var text : constant.strings()) out.text(6, text);
        out.text(8, constant.name());
        if (constant.tensor() != null) out.bytes(9, raw(constant.type(), constant.tensor()));
    }

    private static byte[] raw(OnnxType type, Tensor x) {
        if (type.isNative()) {
            var source = x.detach().contiguous();
            var v = source.view();
            long bytes = type.bytes(source.count());
            if (bytes > Integer.MAX_VALUE - 8)
                throw new IllegalArgumentException("ONNX: a tensor of " + bytes + " bytes does not fit a file of protocol buffers");
            var raw = v.storage().segment().asSlice(v.byteOffset(), bytes).toArray(ValueLayout.JAVA_BYTE);
            Reference.reachabilityFence(source);
            return raw;
        }
        var out = ByteBuffer.allocate(Math.toIntExact(type.bytes(x.count()))).order(ByteOrder.LITTLE_ENDIAN);
        boolean isSmallFloat = x.dtype().isFloat();
        double[] numbers = isSmallFloat ? x.to(DType.F64).toDoubleArray() : null;
        long[] values = isSmallFloat ? null : x.to(DType.I64).toLongArray();
        for (int i = 0; i < x.count(); i++) {
            long bits = isSmallFloat ? code(type, numbers[i]) : values[i];
            switch (type.bits()) {
                case 4 -> out.put(i >> 1, (byte) (out.get(i >> 1) | (bits & 0xF) << 4 * (i & 1)));
                case 8 -> out.put((byte) bits);
                case 16 -> out.putShort((short) bits);
                case 32 -> out.putInt((int) bits);
                default -> out.putLong(bits);
            }
        }
        return out.array();
    }

    /** The code whose value a small float is. */
    private static int code(OnnxType type, double value) {
        for (int code = 0; code < 1 << type.bits(); code++) if (Double.compare(type.decode(code), value) == 0) return code;
        throw new IllegalArgumentException("ONNX: " + value + " is not a value of " + type);
    }
}
