package lyceum.tensor;

import lyceum.tensor.History.Saved;

/** GELU by its tanh formula. The gradient reads x alone and computes the rest again, which takes less time than to store and load it. */
final class GeluTanh {
    private static final double SQRT_TWO_OVER_PI = 0.79788456080286535588, CUBIC = 0.044715;

    private GeluTanh() { }

    static Tensor of(Tensor given) {
        var x = given.to(given.dtype().toFloat());
        if (Tracing.on()) return formula(x);
        var result = GradMode.with(false, () -> formula(x));
        if (!History.wanted(x)) return result;
        var saved = Saved.of(x, "geluTanh");
        return History.record("geluTanh", result, (i, g) -> g.mul(slope(saved.get())), x);
    }

    private static Tensor formula(Tensor x) {
        var half = x.mul(0.5);
        return half.mulAdd(inner(x, x.square(), 1).tanh(), half);
    }

    /** {@code sqrt(2 / pi) (x + n 0.044715 x^3)}; for n = 1 the argument of tanh, for 3 its slope times x. */
    private static Tensor inner(Tensor x, Tensor square, int n) {
        return square.mulAdd(constant(x, n * CUBIC * SQRT_TWO_OVER_PI), constant(x, SQRT_TWO_OVER_PI)).mul(x);
    }

    private static Tensor constant(Tensor x, double value) { return Tensor.full(x.dtype(), value); }

    /** With inner function p, {@code (1 + tanh p + (1 - tanh^2 p) p' x) / 2}. */
    private static Tensor slope(Tensor x) {
        Tensor square = x.square(), t = inner(x, square, 1).tanh(), half = constant(x, 0.5);
        return t.square().rsub(1).mulAdd(inner(x, square, 3), t).mulAdd(half, half);
    }
}
