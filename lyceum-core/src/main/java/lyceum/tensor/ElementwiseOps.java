package lyceum.tensor;

import lyceum.DType;
import lyceum.DTypeException;
import lyceum.backend.Op;

/** Element-wise operations. Integer operands of functions such as {@code exp} become {@link DType#toFloat()}. */
sealed interface ElementwiseOps permits Tensor {

    private Tensor self() { return (Tensor) this; }

    // One operand.

    default Tensor neg() { return arithmetic(Op.NEG, self()); }

    default Tensor abs() { return arithmetic(Op.ABS, self()); }

    /** -1, 0 or 1; its gradient is zero. */
    default Tensor sign() { return arithmetic(Op.SIGN, self()); }

    default Tensor square() { return arithmetic(Op.SQUARE, self()); }

    /** {@code max(x, 0)}, with gradient 0 at 0. */
    default Tensor relu() { return arithmetic(Op.RELU, self()); }

    default Tensor floor() { return arithmetic(Op.FLOOR, self()); }

    default Tensor ceil() { return arithmetic(Op.CEIL, self()); }

    /** To the nearest integer, ties to even. */
    default Tensor round() { return arithmetic(Op.ROUND, self()); }

    /** Towards zero. */
    default Tensor trunc() { return arithmetic(Op.TRUNC, self()); }

    default Tensor sqrt() { return function(Op.SQRT, self()); }

    /** {@code 1 / sqrt(x)}. */
    default Tensor rsqrt() { return function(Op.RSQRT, self()); }

    /** {@code 1 / x}. */
    default Tensor reciprocal() { return function(Op.RECIPROCAL, self()); }

    default Tensor exp() { return function(Op.EXP, self()); }

    /** {@code exp(x) - 1} without cancellation near 0. */
    default Tensor expm1() { return function(Op.EXPM1, self()); }

    default Tensor log() { return function(Op.LOG, self()); }

    /** {@code log(1 + x)} without cancellation near 0. */
    default Tensor log1p() { return function(Op.LOG1P, self()); }

    default Tensor log2() { return function(Op.LOG2, self()); }

    default Tensor sin() { return function(Op.SIN, self()); }

    default Tensor cos() { return function(Op.COS, self()); }

    default Tensor tan() { return function(Op.TAN, self()); }

    default Tensor asin() { return function(Op.ASIN, self()); }

    default Tensor acos() { return function(Op.ACOS, self()); }

    default Tensor atan() { return function(Op.ATAN, self()); }

    default Tensor sinh() { return function(Op.SINH, self()); }

    default Tensor cosh() { return function(Op.COSH, self()); }

    default Tensor tanh() { return function(Op.TANH, self()); }

    /** {@code 1 / (1 + exp(-x))}, without overflow. */
    default Tensor sigmoid() { return function(Op.SIGMOID, self()); }

    /** {@code log(sigmoid(x)) = -softplus(-x)}, exact far out on both sides. */
    default Tensor logSigmoid() { return neg().softplus().neg(); }

    /** {@code log(1 + exp(x))}, without overflow. */
    default Tensor softplus() { return function(Op.SOFTPLUS, self()); }

    /** Gaussian error linear unit, {@code x Phi(x)} with the normal distribution Phi: the exact form, not the one by tanh. Hendrycks and Gimpel (2016). */
    default Tensor gelu() { return function(Op.GELU, self()); }

    /** {@link #gelu()} by its tanh formula, {@code x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2}, as GPT-2 was trained. */
    default Tensor geluTanh() { return new GeluTanhOp().apply(self().to(self().dtype().toFloat())); }

    /** Error function {@code 2/sqrt(pi) int_0^x exp(-t^2) dt}. */
    default Tensor erf() { return function(Op.ERF, self()); }

    /** {@code 1 - erf(x)} without cancellation in the upper tail. */
    default Tensor erfc() { return function(Op.ERFC, self()); }

    /** The inverse of {@link #erf()} on (-1, 1). */
    default Tensor erfinv() { return function(Op.ERFINV, self()); }

    /** {@code log |gamma(x)|}. */
    default Tensor lgamma() { return function(Op.LGAMMA, self()); }

    /** Derivative of {@link #lgamma()}. */
    default Tensor digamma() { return function(Op.DIGAMMA, self()); }

    /** The n-th derivative of {@link #digamma()}. */
    default Tensor polygamma(int n) {
        if (n < 0) throw new IllegalArgumentException("polygamma: order " + n + " is negative");
        if (n == 0) return digamma();
        if (n == 1) return function(Op.TRIGAMMA, self());
        var x = self().to(self().dtype().toFloat());
        return apply(Op.POLYGAMMA, x.dtype(), Creation.constant(x.dtype(), n), x, null);
    }

    default Tensor isNaN() { return predicate(Op.IS_NAN, self()); }

    /** Neither NaN nor infinite. */
    default Tensor isFinite() { return predicate(Op.IS_FINITE, self()); }

    default Tensor isInf() { return isFinite().or(isNaN()).not(); }

    /** True where the element is zero (false). */
    default Tensor not() { return predicate(Op.NOT, self()); }

    // Two operands, broadcast. A Java number takes this tensor's type if that can hold it; else a whole one I32 or I64 beside integers (a U8 less -1 is
    // I32), any other F64.

    default Tensor add(Tensor other) { return arithmetic(Op.ADD, self(), other); }

    default Tensor add(double other) { return add(number(other)); }

    default Tensor add(long other) { return add(number(other)); }

    default Tensor sub(Tensor other) { return arithmetic(Op.SUB, self(), other); }

    default Tensor sub(double other) { return sub(number(other)); }

    default Tensor sub(long other) { return sub(number(other)); }

    /** {@code other - this}. */
    default Tensor rsub(double other) { return number(other).sub(self()); }

    default Tensor rsub(long other) { return number(other).sub(self()); }

    default Tensor mul(Tensor other) { return arithmetic(Op.MUL, self(), other); }

    default Tensor mul(double other) { return mul(number(other)); }

    default Tensor mul(long other) { return mul(number(other)); }

    /** True division; integers give floats. */
    default Tensor div(Tensor other) {
        var type = DType.promote(self().dtype(), other.dtype()).toFloat();
        return apply(Op.DIV, type, self().to(type), other.to(type), null);
    }

    default Tensor div(double other) { return div(number(other)); }

    /** {@code other / this}. */
    default Tensor rdiv(double other) { return number(other).div(self()); }

    /** {@code this ^ other}, at the edges as in IEEE 754: {@code x^0} and {@code 1^x} are 1 even for NaN. Integers stay integers and wrap; a negative integer exponent is refused. */
    default Tensor pow(Tensor other) { return arithmetic(Op.POW, self(), other); }

    default Tensor pow(long exponent) { return exponent == (long) (double) exponent ? pow((double) exponent) : pow(number(exponent)); }

    default Tensor pow(double exponent) {
        if (exponent == 2) return square();
        if (exponent == 1) return self().to(number(self().dtype())).copy();
        if (exponent == 3 && self().dtype().isFloat()) return square().mul(self());
        return pow(number(exponent));
    }

    default Tensor maximum(Tensor other) { return arithmetic(Op.MAX, self(), other); }

    default Tensor maximum(double other) { return maximum(number(other)); }

    default Tensor maximum(long other) { return maximum(number(other)); }

    default Tensor minimum(Tensor other) { return arithmetic(Op.MIN, self(), other); }

    default Tensor minimum(double other) { return minimum(number(other)); }

    default Tensor minimum(long other) { return minimum(number(other)); }

    /** Each element limited to {@code low .. high}; the gradient is 1 inside and at the limits, as in PyTorch. NaN stays NaN. */
    default Tensor clamp(double low, double high) {
        if (!(low <= high)) throw new IllegalArgumentException("clamp: low is " + low + " and high " + high + "; low is at most high");
        return clamp(number(low), number(high));
    }

    default Tensor clamp(long low, long high) {
        if (low > high) throw new IllegalArgumentException("clamp: low is " + low + " and high " + high + "; low is at most high");
        return clamp(number(low), number(high));
    }

    private Tensor clamp(Tensor low, Tensor high) {
        var x = self();
        return x.gt(high).where(high, x.lt(low).where(low, x)); // a maximum would share the gradient at the limit
    }

    /** The angle of the point {@code (other, this)}: {@code y.atan2(x)}. */
    default Tensor atan2(Tensor other) {
        var type = DType.promote(self().dtype(), other.dtype()).toFloat();
        return apply(Op.ATAN2, type, self().to(type), other.to(type), null);
    }

    /** Quotient rounded down, so that {@code floorDiv(y) * y + mod(y)} is this, up to rounding. @throws ArithmeticException for an integer divisor of zero, at this call */
    default Tensor floorDiv(Tensor other) { return arithmetic(Op.FLOOR_DIV, self(), other); }

    default Tensor floorDiv(double other) { return floorDiv(number(other)); }

    default Tensor floorDiv(long other) { return floorDiv(number(other)); }

    /** Remainder with the divisor's sign, as Python's {@code %}. @throws ArithmeticException for an integer divisor of zero, at this call */
    default Tensor mod(Tensor other) { return arithmetic(Op.MOD, self(), other); }

    default Tensor mod(double other) { return mod(number(other)); }

    default Tensor mod(long other) { return mod(number(other)); }

    /** {@code this * factor + summand}; floats round once. */
    default Tensor mulAdd(Tensor factor, Tensor summand) {
        var type = DType.promote(DType.promote(self().dtype(), factor.dtype()), summand.dtype());
        if (!type.isFloat()) return mul(factor).add(summand);
        return apply(Op.FMA, type, self().to(type), factor.to(type), summand.to(type));
    }

    /** {@code this + weight * (end - this)}. */
    default Tensor lerp(Tensor end, double weight) { return self().add(end.sub(self()).mul(weight)); }

    default Tensor eq(Tensor other) { return compare(Op.EQ, self(), other); }

    default Tensor eq(double other) { return eq(number(other)); }

    default Tensor eq(long other) { return eq(number(other)); }

    default Tensor ne(Tensor other) { return compare(Op.NE, self(), other); }

    default Tensor ne(double other) { return ne(number(other)); }

    default Tensor ne(long other) { return ne(number(other)); }

    default Tensor lt(Tensor other) { return compare(Op.LT, self(), other); }

    default Tensor lt(double other) { return lt(number(other)); }

    default Tensor lt(long other) { return lt(number(other)); }

    default Tensor le(Tensor other) { return compare(Op.LE, self(), other); }

    default Tensor le(double other) { return le(number(other)); }

    default Tensor le(long other) { return le(number(other)); }

    default Tensor gt(Tensor other) { return compare(Op.GT, self(), other); }

    default Tensor gt(double other) { return gt(number(other)); }

    default Tensor gt(long other) { return gt(number(other)); }

    default Tensor ge(Tensor other) { return compare(Op.GE, self(), other); }

    default Tensor ge(double other) { return ge(number(other)); }

    default Tensor ge(long other) { return ge(number(other)); }

    /** Logical for BOOL, bitwise for integers. */
    default Tensor and(Tensor other) { return bits(Op.AND, self(), other); }

    default Tensor or(Tensor other) { return bits(Op.OR, self(), other); }

    default Tensor xor(Tensor other) { return bits(Op.XOR, self(), other); }

    /** {@code this ? a : b}, all broadcast; this is BOOL. */
    default Tensor where(Tensor a, Tensor b) {
        if (self().dtype() != DType.BOOL)
            throw new DTypeException("where: the condition is " + self().dtype() + "; compare it to get BOOL");
        var type = DType.promote(a.dtype(), b.dtype());
        return apply(Op.WHERE, type, self(), a.to(type), b.to(type));
    }

    /** {@code value} where {@code mask} is true, this elsewhere, in this type. @throws DTypeException if the type cannot hold the value */
    default Tensor maskedFill(Tensor mask, double value) {
        return mask.where(Creation.constant("maskedFill", self().dtype(), value), self());
    }

    default Tensor maskedFill(Tensor mask, long value) {
        return mask.where(Creation.constant("maskedFill", self().dtype(), value), self());
    }

    /**
     * Pairs of elements of the last axis turned, {@code (a cos - b sin, b cos + a sin)}; elements behind the pairs stay.
     *
     * @param cos of each pair, broadcast to (.., pairs), as is {@code sin}
     * @param interleaved pairs are neighbours; else the first half of them with the second
     */
    default Tensor turned(Tensor cos, Tensor sin, boolean interleaved) { return Rotating.of(self(), cos, sin, interleaved); }

    // How a call becomes an operation.

    private Tensor number(double value) {
        var type = self().dtype();
        if (!type.isFloat() && Creation.isLong(value)) return number((long) value);
        return Creation.constant(type.isFloat() && Creation.reaches(type, value) ? type : DType.F64, value);
    }

    private Tensor number(long value) {
        var type = number(self().dtype());
        if (type.isFloat() ? Creation.reaches(type, value) : Creation.holds(type, value)) return Creation.constant(type, value);
        return Creation.constant(type.isFloat() ? DType.F64 : Creation.holds(DType.I32, value) ? DType.I32 : DType.I64, value);
    }

    private static DType number(DType type) { return type == DType.BOOL ? DType.I32 : type; }

    /** Integers stay integers; booleans count as I32. */
    private static Tensor arithmetic(Op op, Tensor a) { return unary(op, number(a.dtype()), a.to(number(a.dtype()))); }

    private static Tensor arithmetic(Op op, Tensor a, Tensor b) {
        var type = number(DType.promote(a.dtype(), b.dtype()));
        return apply(op, type, a.to(type), b.to(type), null);
    }

    private static Tensor function(Op op, Tensor a) {
        var type = a.dtype().toFloat();
        return unary(op, type, a.to(type));
    }

    private static Tensor predicate(Op op, Tensor a) { return apply(op, DType.BOOL, a, null, null); }

    private static Tensor compare(Op op, Tensor a, Tensor b) {
        var type = DType.promote(a.dtype(), b.dtype());
        return apply(op, DType.BOOL, a.to(type), b.to(type), null);
    }

    private static Tensor bits(Op op, Tensor a, Tensor b) {
        var type = DType.promote(a.dtype(), b.dtype());
        if (type.isFloat()) throw new DTypeException(op + ": " + type + " has no bits to combine; compare first");
        return apply(op, type, a.to(type), b.to(type), null);
    }

    static Tensor unary(Op op, DType type, Tensor a) { return apply(op, type, a, null, null); }

    private static Tensor apply(Op op, DType type, Tensor a, Tensor b, Tensor c) { return ElementwiseOp.apply(op, type, a, b, c); }
}
