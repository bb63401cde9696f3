package lyceum.backend.simt;

/**
 * A number that every thread of a kernel has one of. Arithmetic is recorded where it is called, as a step of the kernel, on operands of one type; I32
 * wraps, division by zero of I32 is an error, F32 rounds to nearest.
 *
 * @see KernelBuilder
 */
public sealed class Value permits Variable {
    final KernelBuilder kernel;
    final int register;
    private final Type type;

    Value(KernelBuilder kernel, int register, Type type) {
        this.kernel = kernel;
        this.register = register;
        this.type = type;
    }

    public Type type() { return type; }

    public Value add(Value other) { return kernel.binary(BinaryOp.ADD, this, other); }

    public Value sub(Value other) { return kernel.binary(BinaryOp.SUBTRACT, this, other); }

    public Value mul(Value other) { return kernel.binary(BinaryOp.MULTIPLY, this, other); }

    public Value div(Value other) { return kernel.binary(BinaryOp.DIVIDE, this, other); }

    /** What a division of I32 leaves, with this value's sign. */
    public Value mod(Value other) { return kernel.binary(BinaryOp.REMAINDER, this, other); }

    public Value min(Value other) { return kernel.binary(BinaryOp.MIN, this, other); }

    public Value max(Value other) { return kernel.binary(BinaryOp.MAX, this, other); }

    /** Of bits, and so of truth values; both sides are computed. */
    public Value and(Value other) { return kernel.binary(BinaryOp.AND, this, other); }

    public Value or(Value other) { return kernel.binary(BinaryOp.OR, this, other); }

    public Value xor(Value other) { return kernel.binary(BinaryOp.XOR, this, other); }

    public Value lt(Value other) { return kernel.binary(BinaryOp.LESS, this, other); }

    public Value le(Value other) { return kernel.binary(BinaryOp.AT_MOST, this, other); }

    public Value gt(Value other) { return other.lt(this); }

    public Value ge(Value other) { return other.le(this); }

    public Value eq(Value other) { return kernel.binary(BinaryOp.EQUAL, this, other); }

    public Value add(double constant) { return add(kernel.constant(type, constant)); }

    public Value sub(double constant) { return sub(kernel.constant(type, constant)); }

    public Value mul(double constant) { return mul(kernel.constant(type, constant)); }

    public Value div(double constant) { return div(kernel.constant(type, constant)); }

    public Value mod(int constant) { return mod(kernel.constant(type, constant)); }

    public Value lt(double constant) { return lt(kernel.constant(type, constant)); }

    public Value ge(double constant) { return ge(kernel.constant(type, constant)); }

    public Value eq(double constant) { return eq(kernel.constant(type, constant)); }

    /** {@code this * factor + term}, rounded once. */
    public Value mulAdd(Value factor, Value term) { return kernel.multiplyAdd(this, factor, term); }

    /** {@code yes} where this truth value holds, else {@code no}; both are computed. */
    public Value select(Value yes, Value no) { return kernel.select(this, yes, no); }

    public Value not() { return kernel.unary(UnaryOp.NOT, this); }

    public Value neg() { return kernel.unary(UnaryOp.NEGATE, this); }

    public Value abs() { return kernel.unary(UnaryOp.ABS, this); }

    public Value exp() { return kernel.unary(UnaryOp.EXP, this); }

    public Value log() { return kernel.unary(UnaryOp.LOG, this); }

    public Value sqrt() { return kernel.unary(UnaryOp.SQRT, this); }

    public Value tanh() { return kernel.unary(UnaryOp.TANH, this); }

    public Value sin() { return kernel.unary(UnaryOp.SIN, this); }

    public Value cos() { return kernel.unary(UnaryOp.COS, this); }

    public Value floor() { return kernel.unary(UnaryOp.FLOOR, this); }

    public Value toFloat() { return kernel.unary(UnaryOp.TO_FLOAT, this); }

    /** Towards zero. */
    public Value toInt() { return kernel.unary(UnaryOp.TO_INT, this); }

    /** The value of the lane {@code by} further on in the warp; of a lane beyond it, one's own. The whole warp must come here together. */
    public Value shuffleDown(int by) { return kernel.shuffle(Instruction.Shuffle.DOWN, this, by); }

    /** The value of the lane {@code by} before. */
    public Value shuffleUp(int by) { return kernel.shuffle(Instruction.Shuffle.UP, this, by); }

    /** The value of the lane whose number differs in the bits of {@code mask}. */
    public Value shuffleXor(int mask) { return kernel.shuffle(Instruction.Shuffle.XOR, this, mask); }
}
