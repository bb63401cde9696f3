package lyceum.nn.onnx;

import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.format.OnnxType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** One element out of one, or out of two that stretch to one shape. */
final class ElementwiseOperators {
    static final String ROWS = "Abs 1, Neg 1, Sign 9, Floor 1, Ceil 1, Round 11, Sqrt 1, Reciprocal 1, Exp 1, Log 1, Erf 9, Sin 7, Cos 7, Tan 7, "
            + "Asin 7, Acos 7, Atan 7, Sinh 9, Cosh 9, Tanh 1, Asinh 9, Acosh 9, Atanh 9, IsNaN 9, IsInf 10, Not 1, Add 1, Sub 1, "
            + "Mul 1, Div 1, Mod 10, Pow 1, Max 6, Min 6, Sum 6, Mean 6, And 1, Or 1, Xor 1, Equal 7, Greater 7, GreaterOrEqual 12, "
            + "Less 7, LessOrEqual 12, Where 9, Clip 6, Clip 11, BitwiseAnd 18, BitwiseOr 18, BitwiseXor 18, BitwiseNot 18, "
            + "BitShift 11";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "Abs 1" -> of(Tensor::abs);
            case "Neg 1" -> of(Tensor::neg);
            case "Sign 9" -> of(Tensor::sign);
            case "Floor 1" -> of(Tensor::floor);
            case "Ceil 1" -> of(Tensor::ceil);
            case "Round 11" -> of(Tensor::round);
            case "Sqrt 1" -> of(Tensor::sqrt);
            case "Reciprocal 1" -> of(Tensor::reciprocal);
            case "Exp 1" -> of(Tensor::exp);
            case "Log 1" -> of(Tensor::log);
            case "Erf 9" -> of(Tensor::erf);
            case "Sin 7" -> of(Tensor::sin);
            case "Cos 7" -> of(Tensor::cos);
            case "Tan 7" -> of(Tensor::tan);
            case "Asin 7" -> of(Tensor::asin);
            case "Acos 7" -> of(Tensor::acos);
            case "Atan 7" -> of(Tensor::atan);
            case "Sinh 9" -> of(Tensor::sinh);
            case "Cosh 9" -> of(Tensor::cosh);
            case "Tanh 1" -> of(Tensor::tanh);
            case "Asinh 9" -> of(x -> x.abs().add(x.square().div(x.square().add(1).sqrt().add(1))).log1p().mul(x.sign()));
            case "Acosh 9" -> of(x -> x.sub(1).add(x.sub(1).mul(x.add(1)).sqrt()).log1p());
            case "Atanh 9" -> of(x -> x.log1p().sub(x.neg().log1p()).mul(0.5));
            case "IsNaN 9" -> of(Tensor::isNaN);
            case "IsInf 10" -> ElementwiseOperators::isInf;
            case "Not 1" -> of(Tensor::not);
            case "Add 1" -> two(Tensor::add);
            case "Sub 1" -> two(Tensor::sub);
            case "Mul 1" -> two(Tensor::mul);
            case "Div 1" -> two(ElementwiseOperators::quotient);
            case "Mod 10" -> c -> modulo(c.type(0), c.x(0), c.x(1), c.flag("fmod"));
            case "Pow 1" -> two(ElementwiseOperators::power);
            case "Max 6" -> c -> unsigned(c, Tensor::maximum);
            case "Min 6" -> c -> unsigned(c, Tensor::minimum);
            case "Sum 6" -> c -> all(c.tensors(), Tensor::add);
            case "Mean 6" -> c -> all(c.tensors(), Tensor::add).div(c.inputs());
            case "And 1" -> two(Tensor::and);
            case "Or 1" -> two(Tensor::or);
            case "Xor 1" -> two(Tensor::xor);
            case "Equal 7" -> c -> c.type(0) == OnnxType.STRING ? StringOperators.equal(c) : c.x(0).eq(c.x(1));
            case "Greater 7" -> c -> ordered(c, 0).gt(ordered(c, 1));
            case "GreaterOrEqual 12" -> c -> ordered(c, 0).ge(ordered(c, 1));
            case "Less 7" -> c -> ordered(c, 0).lt(ordered(c, 1));
            case "LessOrEqual 12" -> c -> ordered(c, 0).le(ordered(c, 1));
            case "Where 9" -> c -> {
                var chosen = c.x(0).where(c.x(1), c.x(2));
                return OnnxValue.of(c.type(1), chosen);
            };
            case "Clip 6" -> c -> bounded(c.x(0), c.sets("min") ? Tensor.full(c.x(0).dtype(), c.number("min", 0)) : null,
                    c.sets("max") ? Tensor.full(c.x(0).dtype(), c.number("max", 0)) : null);
            case "Clip 11" -> c -> bounded(c.x(0), c.optional(1), c.optional(2));
            case "BitwiseAnd 18" -> two(Tensor::and);
            case "BitwiseOr 18" -> two(Tensor::or);
            case "BitwiseXor 18" -> two(Tensor::xor);
            case "BitwiseNot 18" -> of(x -> x.xor(Tensor.full(x.dtype(), x.dtype() == DType.U8 ? 255L : -1L)));
            case "BitShift 11" -> ElementwiseOperators::shifted;
            default -> throw Operators.unknown(row);
        };
    }

    private ElementwiseOperators() {}

    static Meaning of(UnaryOperator<Tensor> f) { return c -> f.apply(c.x(0)); }

    static Meaning two(BinaryOperator<Tensor> f) { return c -> f.apply(c.x(0), second(c)); }

    /** Before operator set 7 the second input's axes lie from an axis of the first that an attribute names. */
    private static Tensor second(Call c) {
        var y = c.x(1);
        if (c.version >= 7 || !c.flag("broadcast") || !c.sets("axis")) return y;
        for (int i = Call.axis(c.integer("axis", 0), c.x(0).rank()) + y.rank(); i < c.x(0).rank(); i++) y = y.unsqueeze(y.rank());
        return y;
    }

    private static Tensor power(Tensor x, Tensor y) {
        if (y.count() == 1 && y.rank() <= x.rank() && x.dtype().isFloat() && !y.isTracked())
            return x.pow(y.reshape().to(DType.F64).item()).to(x.dtype());
        if (x.dtype().isFloat() || !y.dtype().isFloat()) return x.pow(y.to(x.dtype()));
        return x.to(DType.F64).pow(y.to(DType.F64)).to(x.dtype());
    }

    static Tensor all(Tensor[] parts, BinaryOperator<Tensor> f) {
        if (parts.length == 0) throw new IllegalArgumentException("there are no inputs");
        var result = parts[0];
        for (int i = 1; i < parts.length; i++) result = f.apply(result, parts[i]);
        return result;
    }

    private static Object isInf(Call c) {
        var x = c.x(0);
        var none = Tensor.zeros(DType.BOOL);
        var high = c.integer("detect_positive", 1) != 0 ? x.eq(Double.POSITIVE_INFINITY) : none;
        return c.integer("detect_negative", 1) != 0 ? high.or(x.eq(Double.NEGATIVE_INFINITY)) : high.expand(x.shape().toArray());
    }

    /** Integers are divided toward zero. */
    static Tensor quotient(Tensor a, Tensor b) {
        var type = DType.promote(a.dtype(), b.dtype());
        if (type.isFloat()) return a.div(b);
        var down = a.floorDiv(b);
        var inexact = down.mul(b).ne(a).and(a.lt(0).xor(b.lt(0)));
        return down.add(inexact.to(type)).to(type);
    }

    private static Tensor modulo(OnnxType type, Tensor a, Tensor b, boolean signOfDividend) {
        if (type == OnnxType.UINT64 && a.count() > 0 && a.min().itemLong() < 0)
            throw new IllegalArgumentException("Mod: numbers from 2^63 on");
        if (!signOfDividend) return a.mod(b);
        if (!a.dtype().isFloat()) return a.sub(quotient(a, b).mul(b)).to(a.dtype());
        return a.sub(a.to(DType.F64).div(b.to(DType.F64)).trunc().mul(b.to(DType.F64))).to(a.dtype());
    }

    /** U64 is carried bit for bit: the top bit flipped orders it as its numbers are. */
    private static Tensor ordered(Call c, int i) {
        return c.type(i) == OnnxType.UINT64 ? c.x(i).xor(Tensor.full(DType.I64, Long.MIN_VALUE)) : c.x(i);
    }

    private static Object unsigned(Call c, BinaryOperator<Tensor> f) {
        if (c.type(0) != OnnxType.UINT64) return all(c.tensors(), f);
        var top = Tensor.full(DType.I64, Long.MIN_VALUE);
        var parts = new Tensor[c.inputs()];
        for (int i = 0; i < parts.length; i++) parts[i] = c.x(i).xor(top);
        return all(parts, f).xor(top);
    }

    /** The upper bound wins where the two contradict; NaN stays. */
    private static Tensor bounded(Tensor x, Tensor low, Tensor high) {
        if (low != null) x = x.lt(low).where(low.to(x.dtype()), x);
        return high == null ? x : x.gt(high).where(high.to(x.dtype()), x);
    }

    private static Object shifted(Call c) {
        long[] by = c.x(1).to(DType.I64).expand(c.x(0).shape().toArray()).toLongArray(), values = c.longs(0);
        boolean left = c.text("direction", "").equals("LEFT");
        for (int i = 0; i < values.length; i++) {
            boolean gone = by[i] < 0 || by[i] > 63;
            values[i] = gone ? 0 : c.type(0).wrap(left ? values[i] << by[i] : values[i] >>> by[i]);
        }
        return Tensor.of(values, c.x(0).shape().toArray()).to(c.x(0).dtype());
    }
}
