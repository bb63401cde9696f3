package lyceum.backend.scalar;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import lyceum.backend.Op;
import lyceum.math.Special;

/** The scalar meaning of every float primitive, in double precision. */
public final class Functions {
    private Functions() {}

    /** {@code x -> op(x)}. */
    public static DoubleUnaryOperator unary(Op op) {
        return switch (op) {
            case NEG -> x -> -x;
            case ABS -> Math::abs;
            case SIGN -> Math::signum;
            case SQRT -> Math::sqrt;
            case RSQRT -> x -> 1 / Math.sqrt(x);
            case RECIPROCAL -> x -> 1 / x;
            case SQUARE -> x -> x * x;
            case EXP -> Math::exp;
            case EXPM1 -> Math::expm1;
            case LOG -> Math::log;
            case LOG1P -> Math::log1p;
            case LOG2 -> Special::log2;
            case SIN -> Math::sin;
            case COS -> Math::cos;
            case TAN -> Math::tan;
            case ASIN -> Math::asin;
            case ACOS -> Math::acos;
            case ATAN -> Math::atan;
            case SINH -> Math::sinh;
            case COSH -> Math::cosh;
            case TANH -> Math::tanh;
            case SIGMOID -> Special::sigmoid;
            case SOFTPLUS -> Special::softplus;
            case RELU -> x -> x < 0 ? 0 : x;
            case GELU -> Special::gelu;
            case ERF -> Special::erf;
            case ERFC -> Special::erfc;
            case ERFINV -> Special::erfinv;
            case LGAMMA -> Special::lgamma;
            case DIGAMMA -> Special::digamma;
            case TRIGAMMA -> x -> Special.polygamma(1, x);
            case FLOOR -> Math::floor;
            case CEIL -> Math::ceil;
            case ROUND -> Math::rint;
            case TRUNC -> x -> x < 0 ? Math.ceil(x) : Math.floor(x);
            default -> throw new AssertionError(op);
        };
    }

    /** {@code (x, y) -> op(x, y)}. */
    public static DoubleBinaryOperator binary(Op op) {
        return switch (op) {
            case ADD -> Double::sum;
            case SUB -> (x, y) -> x - y;
            case MUL -> (x, y) -> x * y;
            case DIV -> (x, y) -> x / y;
            case POW -> Functions::power;
            case MAX -> Math::max;
            case MIN -> Math::min;
            case ATAN2 -> Math::atan2;
            case FLOOR_DIV -> Functions::floorDiv;
            case MOD -> Functions::floorMod;
            case POLYGAMMA -> (n, x) -> Special.polygamma((int) n, x);
            default -> throw new AssertionError(op);
        };
    }

    /** As IEEE 754 has it and {@link Math#pow} has not: 1 to any power is 1, NaN and infinity too, and so is -1 to an infinite one. */
    public static double power(double x, double y) { return x == 1 || x == -1 && Double.isInfinite(y) ? 1 : Math.pow(x, y); }

    /** The remainder with the sign of {@code y}, as Python's {@code %}. */
    static double floorMod(double x, double y) {
        double r = x % y;
        if (r == 0) return Math.copySign(0, y);
        return (r < 0) != (y < 0) ? r + y : r;
    }

    /** The quotient that belongs to {@link #floorMod}, as Python's {@code //}: 1 // 0.1 is 9, since ten of the double 0.1 are more than 1. */
    static double floorDiv(double x, double y) {
        if (y == 0) return x / y;
        double r = x % y, quotient = (x - r) / y;
        if (r != 0 && (r < 0) != (y < 0)) quotient--;
        return quotient == 0 ? Math.copySign(0, x / y) : Math.rint(quotient);
    }
}
