package lyceum.nn.onnx;

import lyceum.DType;
import lyceum.format.OnnxType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Numbers as small integers or fp8 with scales, and products of them. */
final class QuantisedOperators {
    static final String ROWS = "QuantizeLinear 10, DequantizeLinear 10, DynamicQuantizeLinear 11, MatMulInteger 10, ConvInteger 10, QLinearMatMul 10, "
            + "QLinearConv 10, com.microsoft:QuantizeLinear 1, com.microsoft:DequantizeLinear 1, "
            + "com.microsoft:MatMulIntegerToFloat 1, com.microsoft:MatMulNBits 1";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "QuantizeLinear 10" -> QuantisedOperators::quantised;
            case "DequantizeLinear 10" -> QuantisedOperators::restored;
            case "DynamicQuantizeLinear 11" -> QuantisedOperators::dynamic;
            case "MatMulInteger 10" -> c -> shifted(c.x(0), c.optional(2), true).matmul(shifted(c.x(1), c.optional(3), false));
            case "ConvInteger 10" -> c -> WindowOperators
                    .convolved(c, shifted(c.x(0), c.optional(2), false).to(DType.F64), channelShifted(c.x(1), c.optional(3)), null).round()
                    .to(DType.I32);
            case "QLinearMatMul 10" -> QuantisedOperators::product;
            case "QLinearConv 10" -> QuantisedOperators::convolution;
            case "com.microsoft:QuantizeLinear 1" -> QuantisedOperators::quantised;
            case "com.microsoft:DequantizeLinear 1" -> QuantisedOperators::restored;
            case "com.microsoft:MatMulIntegerToFloat 1" -> c -> {
                var y = shifted(c.x(0), c.optional(4), true).matmul(shifted(c.x(1), c.optional(5), false)).to(c.x(2).dtype());
                var scaled = y.mul(c.x(2)).mul(c.x(3));
                return OnnxValue.of(c.has(6) ? scaled.add(c.x(6)) : scaled);
            };
            case "com.microsoft:MatMulNBits 1" -> QuantisedOperators::blockProduct;
            default -> throw Operators.unknown(row);
        };
    }

    private QuantisedOperators() {}

    private static long low(OnnxType type) {
        return switch (type) {
            case INT8 -> -128;
            case INT16 -> -32768;
            case INT4 -> -8;
            case INT32 -> Integer.MIN_VALUE;
            default -> 0;
        };
    }

    private static long high(OnnxType type) { return low(type) + (1L << type.bits()) - 1; }

    /** A scale or zero point as wide as x: one for all, one an entry of the axis, or one a block along it. */
    private static Tensor spread(Tensor scale, Tensor x, int axis, long block) {
        if (scale.count() == 1 && scale.rank() <= 1) return scale.reshape();
        if (scale.rank() == 1) {
            var shape = ShapeOperators.ones(x.rank());
            shape[axis] = scale.count();
            return scale.reshape(shape);
        }
        if (block < 1) throw new IllegalArgumentException("scales " + scale.shape() + " and a block_size of " + block);
        return scale.repeatInterleave(axis, Math.toIntExact(block)).narrow(axis, 0, x.size(axis));
    }

    private static Object quantised(Call c) {
        var x = c.x(0);
        var type = c.has(2) ? c.type(2) : c.type("output_dtype", OnnxType.UINT8);
        long block = c.integer("block_size", 0);
        int axis = x.rank() == 0 ? 0 : Call.axis(c.x(1).count() == 1 ? 0 : c.integer("axis", 1), x.rank());
        var scale = spread(c.x(1), x, axis, block);
        var real = x.to(scale.dtype()).div(scale);
        if (type.isFloat8()) return CastOperators.cast(OnnxValue.of(real), type, c.integer("saturate", 1) != 0);
        return saturated(real.to(DType.F64).round(), c.has(2) ? spread(c.x(2), x, axis, block) : null, type);
    }

    private static OnnxValue saturated(Tensor rounded, Tensor zero, OnnxType type) {
        var whole = zero == null ? rounded : rounded.add(zero.to(DType.F64));
        return OnnxValue.of(type, whole.clamp((double) low(type), (double) high(type)));
    }

    private static Object restored(Call c) {
        var x = c.x(0);
        long block = c.integer("block_size", 0);
        int axis = x.rank() == 0 ? 0 : Call.axis(c.x(1).count() == 1 ? 0 : c.integer("axis", 1), x.rank());
        var scale = spread(c.x(1), x, axis, block);
        var type = scale.dtype().accumulator();
        var real = x.to(type);
        if (c.has(2)) real = real.sub(spread(c.x(2), x, axis, block).to(type));
        return OnnxValue.of(real.mul(scale.to(type)).to(scale.dtype()));
    }

    /** U8 over the range of x and 0. */
    private static Object dynamic(Call c) {
        var x = c.x(0);
        var low = x.min().minimum(0.0);
        var scale = x.max().maximum(0.0).sub(low).div(255);
        var zero = low.neg().div(scale).clamp(0.0, 255.0).round();
        var y = x.div(scale).round().add(zero).clamp(0.0, 255.0);
        return new Object[] {y.to(DType.U8), scale, zero.to(DType.U8)};
    }

    /** Whole numbers less their zero points: of all, of each row of a left factor, or of each column of a right one. */
    private static Tensor shifted(Tensor x, Tensor zero, boolean rows) {
        var wide = x.to(DType.I32);
        if (zero == null) return wide;
        var z = zero.to(DType.I32);
        return wide.sub(z.count() == 1 ? z.reshape() : rows && z.rank() == 1 ? z.unsqueeze(-1) : z);
    }

    private static Tensor channelShifted(Tensor weight, Tensor zero) {
        var wide = weight.to(DType.F64);
        return zero == null ? wide : wide.sub(outputs(zero, weight.rank()));
    }

    /** A number an output channel, the first axis of a weight. */
    private static Tensor outputs(Tensor values, int rank) {
        var shape = ShapeOperators.ones(rank);
        shape[0] = values.count();
        return values.to(DType.F64).reshape(shape);
    }

    private static Tensor real(Tensor x, Tensor zero, Tensor scale, boolean rows) {
        var s = scale.to(DType.F64);
        return shifted(x, zero, rows).to(DType.F64).mul(s.count() == 1 ? s.reshape() : rows && s.rank() == 1 ? s.unsqueeze(-1) : s);
    }

    private static Object product(Call c) {
        var y = real(c.x(0), c.x(2), c.x(1), true).matmul(real(c.x(3), c.x(5), c.x(4), false));
        return saturated(y.div(c.x(6).to(DType.F64).reshape(c.x(6).count() == 1 ? new long[0] : c.x(6).shape().toArray())).round(), c.x(7),
                c.type(7));
    }

    private static Object convolution(Call c) {
        var weight = channelShifted(c.x(3), c.x(5));
        var bias = c.has(8) ? c.x(8).to(DType.F64) : null;
        var sums = WindowOperators.convolved(c, shifted(c.x(0), c.x(2), false).to(DType.F64), weight, bias);
        var scale = c.x(1).to(DType.F64).reshape().mul(c.x(4).to(DType.F64)).div(c.x(6).to(DType.F64).reshape());
        if (scale.count() > 1) scale = NormOperators.channels(scale, sums);
        return saturated(sums.mul(scale).round(), c.x(7).reshape(), c.type(7));
    }

    /** Weights (outputs, blocks, bytes) of a few bits each, low ones first, with a scale and a zero point a block. */
    private static Object blockProduct(Call c) {
        long outputs = c.integer("N", 0), inputs = c.integer("K", 0), block = c.integer("block_size", 32);
        int bits = (int) c.integer("bits", 4);
        if (bits != 4 && bits != 8) throw new IllegalArgumentException("weights of " + bits + " bits; 4 and 8 are known");
        long blocks = Math.ceilDiv(inputs, block);
        c.sized(outputs, blocks, block);
        var packed = c.x(1).to(DType.I32).reshape(outputs, blocks, -1);
        var scales = c.x(2).reshape(outputs, blocks, 1);
        var zero = !c.has(3) ? Tensor.full(scales.dtype(), (double) (1 << bits - 1))
                : c.x(3).dtype() != DType.U8 ? c.x(3).reshape(outputs, blocks, 1)
                        : unpacked(c.x(3).to(DType.I32).reshape(outputs, -1), bits).narrow(1, 0, blocks).reshape(outputs, blocks, 1)
                                .to(scales.dtype());
        var weight = unpacked(packed, bits).to(scales.dtype()).sub(zero).mul(scales).reshape(outputs, -1).narrow(1, 0, inputs);
        var y = c.x(0).matmul(weight.to(c.x(0).dtype()).transpose());
        return c.has(5) ? y.add(c.x(5)) : y;
    }

    private static Tensor unpacked(Tensor bytes, int bits) {
        if (bits == 8) return bytes;
        var both = Tensor.stack(bytes.rank(), bytes.mod(16), bytes.floorDiv(16));
        var shape = bytes.shape().toArray();
        shape[shape.length - 1] *= 2;
        return both.reshape(shape);
    }
}
