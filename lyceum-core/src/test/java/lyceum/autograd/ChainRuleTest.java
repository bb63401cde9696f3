package lyceum.autograd;

import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

/** Everything is held against Jacobians and Hessians that were derived by hand: the two modes share the slopes that they read. */
class ChainRuleTest {
    private static final String TOPIC = "chain-rule";

    /** x squared, with the derivative 17 x^3. */
    private static final Primitive PLANTED = Primitive.of("planted", in -> in[0].square(), (i, g, out, in) -> g.mul(in[0].pow(3)).mul(17));

    private static double[] point(Rng rng, int n) { return Tensor.randn(rng, DType.F64, n).toDoubleArray(); }

    private static double[] flat(double[][] rows) { return Tensor.of(rows).toDoubleArray(); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void theJacobianOfACompositionIsTheProductOfJacobians() {
        Evidence.of("largest gap over 300 compositions", gapOfJacobians(300, Tensor::square), atMost(1e-10));
    }

    /** Of {@code g(f(x))}, and with several paths of {@code g(f(x)) + d(x)}: by the program, and by multiplying what was derived by hand. */
    private static Gap gapOfJacobians(int seeds, UnaryOperator<Tensor> square) {
        var gap = Gap.relativeBeyondOne();
        for (int seed = 0; seed < seeds; seed++) {
            var rng = Rng.of(seed);
            int n = 1 + rng.nextInt(5), k = 1 + rng.nextInt(5), m = 1 + rng.nextInt(5);
            SmoothMap f = SmoothMap.random(rng, n, k), g = SmoothMap.random(rng, k, m), direct = SmoothMap.random(rng, n, m);
            var x = point(rng, n);
            var outer = g.jacobian(f.value(x));
            var product = Recipe.product(outer, f.jacobian(x));
            UnaryOperator<Tensor> inner = t -> f.apply(t, square), whole = t -> g.apply(inner.apply(t), square),
                    paths = t -> whole.apply(t).add(direct.apply(t, square));
            gap.see("whole, seed " + seed, Autograd.jacobian(whole, Tensor.of(x)).toDoubleArray(), flat(product));
            var parts = Autograd.jacobian(t -> g.apply(t, square), inner.apply(Tensor.of(x)))
                    .matmul(Autograd.jacobian(inner, Tensor.of(x)));
            gap.see("product of parts, seed " + seed, parts.toDoubleArray(), flat(product));
            gap.see("two paths, seed " + seed, Autograd.jacobian(paths, Tensor.of(x)).toDoubleArray(),
                    Tensor.of(product).add(Tensor.of(direct.jacobian(x))).toDoubleArray());
        }
        return gap;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void forwardAndReverseAgree() {
        Evidence.of("forward against reverse, over 300 functions", gapOfModes(300, Tensor::square, false), atMost(1e-10));
        Evidence.of("both against u'Jv by hand", gapOfModes(300, Tensor::square, true), atMost(1e-10));
    }

    private static Gap gapOfModes(int seeds, UnaryOperator<Tensor> square, boolean byHand) {
        var gap = Gap.relativeBeyondOne();
        for (int seed = 0; seed < seeds; seed++) {
            var rng = Rng.of(1000 + seed);
            int n = 1 + rng.nextInt(6), k = 1 + rng.nextInt(6), m = 1 + rng.nextInt(6);
            SmoothMap f = SmoothMap.random(rng, n, k), g = SmoothMap.random(rng, k, m);
            UnaryOperator<Tensor> whole = t -> g.apply(f.apply(t, square), square);
            double[] x = point(rng, n), v = point(rng, n), u = point(rng, m);
            double forward = Autograd.jvp(whole, Tensor.of(x), Tensor.of(v)).dot(Tensor.of(u)).item(),
                    reverse = Autograd.vjp(whole, Tensor.of(x), Tensor.of(u)).dot(Tensor.of(v)).item();
            double hand = Tensor.of(Recipe.product(g.jacobian(f.value(x)), f.jacobian(x))).matmul(Tensor.of(v)).dot(Tensor.of(u)).item();
            gap.see("forward, seed " + seed, forward, byHand ? hand : reverse);
            if (byHand) gap.see("reverse, seed " + seed, reverse, hand);
        }
        return gap;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void theHessianOfACompositionHasTwoTerms() {
        Evidence.of("largest gap over 100 compositions", gapOfHessians(100, Tensor::square), atMost(1e-8));
    }

    /** Of the sum over outputs of {@code g(f(x))}: by the program, and {@code J'HJ + sum_k g_k H_k} by hand. */
    private static Gap gapOfHessians(int seeds, UnaryOperator<Tensor> square) {
        var gap = Gap.relativeBeyondOne();
        for (int seed = 0; seed < seeds; seed++) {
            var rng = Rng.of(2000 + seed);
            int n = 1 + rng.nextInt(4), k = 1 + rng.nextInt(4);
            SmoothMap f = SmoothMap.random(rng, n, k), g = SmoothMap.random(rng, k, 1);
            var x = point(rng, n);
            var y = f.value(x);
            var j = Tensor.of(f.jacobian(x));
            var expected = j.transpose().matmul(Tensor.of(g.hessian(0, y))).matmul(j);
            for (int i = 0; i < k; i++) expected = expected.add(Tensor.of(f.hessian(i, x)).mul(g.jacobian(y)[0][i]));
            UnaryOperator<Tensor> whole = t -> g.apply(f.apply(t, square), square).sum();
            for (var mode : new Mode[] {Mode.FORWARD, Mode.REVERSE})
                gap.see(mode + " over reverse, seed " + seed, Autograd.hessian(whole, Tensor.of(x), mode).toDoubleArray(),
                        expected.toDoubleArray());
        }
        return gap;
    }

    /** The two modes agree about a wrong rule, for both read it; what was derived by hand does not. */
    @Test void aWrongRuleIsSeen() {
        assertThat(gapOfModes(30, PLANTED::apply, false).worst()).isLessThan(1e-10);
        assertThat(gapOfModes(30, PLANTED::apply, true).worst()).isGreaterThan(0.1);
        assertThat(gapOfJacobians(30, PLANTED::apply).worst()).isGreaterThan(0.1);
        assertThat(gapOfHessians(30, PLANTED::apply).worst()).isGreaterThan(0.1);
    }
}
