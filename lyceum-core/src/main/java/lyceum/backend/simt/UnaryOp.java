package lyceum.backend.simt;

import static java.lang.Float.floatToRawIntBits;
import static java.lang.Float.intBitsToFloat;

import java.util.function.IntUnaryOperator;

/** Operations of one operand, on its bits. */
enum UnaryOp {
    // @formatter:off
    NEGATE("-%s", x -> -x, x -> floatToRawIntBits(-intBitsToFloat(x))),
    NOT("!%s", x -> x == 0 ? 1 : 0, null),
    TO_FLOAT("(float)%s", x -> floatToRawIntBits(x), null),
    TO_INT("(int)%s", null, x -> (int) intBitsToFloat(x)),
    ABS("fabsf(%s)", null, x -> x & 0x7fffffff),
    EXP("expf(%s)", null, x -> floatToRawIntBits((float) Math.exp(intBitsToFloat(x)))),
    LOG("logf(%s)", null, x -> floatToRawIntBits((float) Math.log(intBitsToFloat(x)))),
    SQRT("sqrtf(%s)", null, x -> floatToRawIntBits((float) Math.sqrt(intBitsToFloat(x)))),
    TANH("tanhf(%s)", null, x -> floatToRawIntBits((float) Math.tanh(intBitsToFloat(x)))),
    SIN("sinf(%s)", null, x -> floatToRawIntBits((float) Math.sin(intBitsToFloat(x)))),
    COS("cosf(%s)", null, x -> floatToRawIntBits((float) Math.cos(intBitsToFloat(x)))),
    FLOOR("floorf(%s)", null, x -> floatToRawIntBits((float) Math.floor(intBitsToFloat(x))));
    // @formatter:on

    final String cuda;
    private final IntUnaryOperator ofInt, ofFloat;

    UnaryOp(String cuda, IntUnaryOperator ofInt, IntUnaryOperator ofFloat) {
        this.cuda = cuda;
        this.ofInt = ofInt;
        this.ofFloat = ofFloat;
    }

    /** Of operands of that type. @throws IllegalArgumentException if there is none */
    IntUnaryOperator of(Type type) {
        var of = type == Type.I32 ? ofInt : ofFloat;
        if (of == null)
            throw new IllegalArgumentException(name() + " of " + type + "; it takes " + (type == Type.I32 ? Type.F32 : Type.I32));
        return of;
    }

    Type result(Type of) { return this == TO_FLOAT ? Type.F32 : this == TO_INT || this == NOT ? Type.I32 : of; }
}
