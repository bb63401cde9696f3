package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;

/**
 * A point at which a function bends, ties, or has a formula that divides by zero, and what its derivatives are there by convention: PyTorch's, where it has one.
 *
 * @param slope of the sum of what f gives, by each element
 * @param bend of the sum of that; null where there is nothing to say
 */
record Kink(String name, UnaryOperator<Tensor> f, double[] at, double[] slope, double[] bend) {
    private static final double ROUNDING = 1e-14;

    static double[] v(double... values) { return values; }

    /** By reverse and forward mode, and by all four of one over the other. */
    void check() {
        UnaryOperator<Tensor> sum = x -> f.apply(x).sum(), gradient = Autograd.grad(sum), slopes = x -> gradient.apply(x).sum();
        var x = Tensor.of(at);
        equal("reverse", slope, gradient.apply(x));
        equal("forward", slope, each(sum, x));
        if (bend == null) return;
        equal("reverse over reverse", bend, Autograd.grad(slopes).apply(x));
        equal("forward over reverse", bend, Autograd.hvp(sum, x, x.onesLike()));
        equal("reverse over forward", bend, Autograd.grad(t -> Autograd.jvp(sum, t, t.onesLike())).apply(x));
        equal("forward over forward", bend, each(t -> Autograd.jvp(sum, t, t.onesLike()), x));
    }

    private static Tensor each(UnaryOperator<Tensor> f, Tensor x) {
        var slopes = new Tensor[(int) x.count()];
        for (int i = 0; i < slopes.length; i++) slopes[i] = Autograd.jvp(f, x, Tensor.arange(slopes.length).eq(i).to(DType.F64));
        return Tensor.stack(0, slopes);
    }

    private void equal(String mode, double[] expected, Tensor actual) {
        double[] found = actual.toDoubleArray();
        assertThat(found).as(name + ", " + mode).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++)
            assertThat(Math.abs(found[i] - expected[i]))
                    .as("%s at %s, %s, element %d: %s, expected %s", name, at[i], mode, i, found[i], expected[i])
                    .isLessThanOrEqualTo(ROUNDING * Math.max(1, Math.abs(expected[i])));
    }
}
