package lyceum.backend.simt;

import static java.lang.Float.floatToRawIntBits;
import static java.lang.Float.intBitsToFloat;

import java.util.function.IntBinaryOperator;

/** Operations of two operands of one type, on their bits. */
enum BinaryOp {
    // @formatter:off
    ADD("%s + %s", Integer::sum, (x, y) -> x + y),
    SUBTRACT("%s - %s", (x, y) -> x - y, (x, y) -> x - y),
    MULTIPLY("%s * %s", (x, y) -> x * y, (x, y) -> x * y),
    DIVIDE("%s / %s", (x, y) -> x / y, (x, y) -> x / y),
    REMAINDER("%s %% %s", (x, y) -> x % y, null),
    /** As C's fminf and fmaxf: of a NaN and a number the number. */
    MIN("min(%s, %s)", Math::min, (x, y) -> x != x ? y : y != y ? x : Math.min(x, y)),
    MAX("max(%s, %s)", Math::max, (x, y) -> x != x ? y : y != y ? x : Math.max(x, y)),
    AND("%s & %s", (x, y) -> x & y, null),
    OR("%s | %s", (x, y) -> x | y, null),
    XOR("%s ^ %s", (x, y) -> x ^ y, null),
    LESS("%s < %s", true, (x, y) -> bit(x < y), (x, y) -> bit(x < y)),
    AT_MOST("%s <= %s", true, (x, y) -> bit(x <= y), (x, y) -> bit(x <= y)),
    EQUAL("%s == %s", true, (x, y) -> bit(x == y), (x, y) -> bit(x == y));
    // @formatter:on

    private interface OfFloats {
        float apply(float x, float y);
    }

    private final String cuda;
    private final boolean compares;
    private final IntBinaryOperator ofInts, ofFloats;

    BinaryOp(String cuda, IntBinaryOperator ofInts, OfFloats of) { this(cuda, false, ofInts, of); }

    /** @param compares gives an I32 of 0 or 1 whatever the operands are */
    BinaryOp(String cuda, boolean compares, IntBinaryOperator ofInts, OfFloats of) {
        this.cuda = cuda;
        this.compares = compares;
        this.ofInts = ofInts;
        if (of == null) ofFloats = null;
        else if (compares) ofFloats = (x, y) -> (int) of.apply(intBitsToFloat(x), intBitsToFloat(y));
        else ofFloats = (x, y) -> floatToRawIntBits(of.apply(intBitsToFloat(x), intBitsToFloat(y)));
    }

    private static int bit(boolean holds) { return holds ? 1 : 0; }

    /** Of operands of that type. @throws IllegalArgumentException if there is none */
    IntBinaryOperator of(Type type) {
        var of = type == Type.I32 ? ofInts : ofFloats;
        if (of == null) throw new IllegalArgumentException(name() + " of " + type + "; it takes I32");
        return of;
    }

    Type result(Type of) { return compares ? Type.I32 : of; }

    String cuda(Type type) {
        return type == Type.I32 || this != MIN && this != MAX ? cuda : this == MIN ? "fminf(%s, %s)" : "fmaxf(%s, %s)";
    }
}
