package lyceum.tensor;

import lyceum.DType;

/**
 * GELU by its tanh formula. The gradient reads x alone and computes the rest again, which takes less time than to store and load it. Halves are computed in F32
 * and rounded once: to round after each of ten steps takes longer and adds up ten errors.
 */
public record GeluTanhOp() implements Operation {
    private static final double SQRT_TWO_OVER_PI = 0.79788456080286535588, CUBIC = 0.044715;

    @Override public Tensor value(Tensor... in) { return Tracing.inside(() -> formula(in[0])); }

    @Override public int reads(int i) { return 1; }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) { return g.mul(slope(reading.operand(0))); }

    @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
        return tangents[0].mul(slope(in[0])).to(out.dtype());
    }

    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return apply(in); }

    @Override public Tensor composed(Tensor... in) { return formula(in[0]); }

    @Override public boolean isComposed() { return true; }

    @Override public long operations(Form out, Form... in) { return 8 * out.shape().count(); }

    @Override public String text() { return "gelu by tanh"; }

    private static Tensor formula(Tensor x) {
        if (isHalf(x)) return formula(x.to(DType.F32)).to(x.dtype());
        var half = x.mul(0.5);
        return half.mulAdd(inner(x, x.square(), 1).tanh(), half);
    }

    private static boolean isHalf(Tensor x) { return x.dtype().bytes() == 2; }

    /** {@code sqrt(2 / pi) (x + n 0.044715 x^3)}; for n = 1 the argument of tanh, for 3 its slope times x. */
    private static Tensor inner(Tensor x, Tensor square, int n) {
        return square.mulAdd(constant(x, n * CUBIC * SQRT_TWO_OVER_PI), constant(x, SQRT_TWO_OVER_PI)).mul(x);
    }

    private static Tensor constant(Tensor x, double value) { return Tensor.full(x.dtype(), value); }

    /** With inner function p, {@code (1 + tanh p + (1 - tanh^2 p) p' x) / 2}. */
    private static Tensor slope(Tensor x) {
        if (isHalf(x)) return slope(x.to(DType.F32));
        Tensor square = x.square(), t = inner(x, square, 1).tanh(), half = constant(x, 0.5);
        return t.square().rsub(1).mulAdd(inner(x, square, 3), t).mulAdd(half, half);
    }
}
