package lyceum.backend;

import java.util.Locale;

/**
 * The element-wise primitives. A new one is a row here, its scalar meaning in {@code lyceum.backend.scalar}, and its gradient in
 * {@code lyceum.tensor.ElementwiseOp}.
 */
public enum Op {
    // Leaves: they read operand number `immediate`, a constant's bits, or draw a random number.
    LOAD(0), CONST(0), RANDOM(0),
    // Unary. CAST converts from the type of its operand to its own.
    CAST(1), NEG(1), ABS(1), SIGN(1), NOT(1), SQRT(1), RSQRT(1), RECIPROCAL(1), SQUARE(1), EXP(1), EXPM1(1), LOG(1), LOG1P(1), LOG2(1),
    SIN(1), COS(1), TAN(1), ASIN(1), ACOS(1), ATAN(1), SINH(1), COSH(1), TANH(1), SIGMOID(1), SOFTPLUS(1), RELU(1), GELU(1), ERF(1),
    ERFC(1), ERFINV(1), LGAMMA(1), DIGAMMA(1), TRIGAMMA(1), FLOOR(1), CEIL(1), ROUND(1), TRUNC(1), IS_NAN(1), IS_FINITE(1),
    // Binary
    ADD(2), SUB(2), MUL(2), DIV(2), POW(2), MAX(2), MIN(2), ATAN2(2), FLOOR_DIV(2), MOD(2), POLYGAMMA(2), EQ(2), NE(2), LT(2), LE(2), GT(2),
    GE(2), AND(2), OR(2), XOR(2),
    // Ternary: WHERE(condition, a, b); FMA(a, b, c) = a * b + c rounded once
    WHERE(3), FMA(3),
    // Of a whole row (the last axis of the shape), given to each of its elements. Sums of floats are accumulated in F64, of computed ones a few in F32 first.
    ROW_SUM(1), ROW_MAX(1), ROW_MIN(1);

    private final int arity;
    private final String text = name().toLowerCase(Locale.ROOT);

    Op(int arity) { this.arity = arity; }

    /** The name as messages give it: {@code exp}. */
    public String text() { return text; }

    public int arity() { return arity; }

    /** True if the result belongs to a row and not to an element. */
    public boolean isRowReduction() { return this == ROW_SUM || this == ROW_MAX || this == ROW_MIN; }

    /** True if the result is BOOL whatever the operands are. */
    public boolean isPredicate() {
        return switch (this) {
            case EQ, NE, LT, LE, GT, GE, IS_NAN, IS_FINITE, NOT -> true;
            default -> false;
        };
    }
}
