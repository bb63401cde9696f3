package lyceum.autograd;

import static lyceum.testing.Bound.atMost;

import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class ChainRuleTest {
    private static final String TOPIC = "chain-rule";

    private static Tensor matrix(Rng rng, int m, int n) { return Tensor.randn(rng, DType.F64, m, n).mul(0.5).compute(); }

    /** A smooth function from n to m numbers in which every input reaches every output along two paths. */
    private static UnaryOperator<Tensor> random(Rng rng, int n, int m) {
        Tensor a = matrix(rng, m, n), b = matrix(rng, m, n);
        return switch (rng.nextInt(4)) {
            case 0 -> x -> a.matmul(x).tanh().mul(b.matmul(x));
            case 1 -> x -> a.matmul(x.sin()).add(b.matmul(x.square()));
            case 2 -> x -> a.matmul(x).sigmoid().add(x.logSumExp().mul(b.matmul(x)));
            default -> x -> a.matmul(x).square().add(1).log().sub(b.matmul(x.cos()));
        };
    }

    private static Tensor point(Rng rng, int n) { return Tensor.randn(rng, DType.F64, n).compute(); }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void theJacobianOfACompositionIsTheProductOfJacobians() {
        var gap = Gap.absolute();
        for (int seed = 0; seed < 300; seed++) {
            var rng = Rng.of(seed);
            int n = 1 + rng.nextInt(5), k = 1 + rng.nextInt(5), m = 1 + rng.nextInt(5);
            var f = random(rng, n, k);
            var g = random(rng, k, m);
            var x = point(rng, n);
            var product = Autograd.jacobian(g, f.apply(x)).matmul(Autograd.jacobian(f, x));
            var whole = Autograd.jacobian(t -> g.apply(f.apply(t)), x);
            gap.see("seed " + seed, whole.toDoubleArray(), product.toDoubleArray());
            // Several paths: h(x) = g(f(x)) + f2(x), whose Jacobian is the sum over paths.
            var direct = random(rng, n, m);
            var sum = Autograd.jacobian(t -> g.apply(f.apply(t)).add(direct.apply(t)), x);
            gap.see("paths, seed " + seed, sum.toDoubleArray(), product.add(Autograd.jacobian(direct, x)).toDoubleArray());
        }
        Evidence.of("whole against product", gap, atMost(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void forwardAndReverseAgree() {
        var gap = Gap.relativeBeyondOne();
        for (int seed = 0; seed < 300; seed++) {
            var rng = Rng.of(1000 + seed);
            int n = 1 + rng.nextInt(6), m = 1 + rng.nextInt(6);
            var f = random(rng, n, m);
            Tensor x = point(rng, n), v = point(rng, n), u = point(rng, m);
            double forward = Autograd.jvp(f, x, v).mul(u).sum().item(), reverse = Autograd.vjp(f, x, u).mul(v).sum().item();
            gap.see("seed " + seed, forward, reverse);
            gap.see("seed " + seed, Autograd.jacobian(f, x).matmul(v).toDoubleArray(), Autograd.jvp(f, x, v).toDoubleArray());
        }
        Evidence.of("forward against reverse", gap, atMost(1e-10));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void theHessianOfACompositionHasTwoTerms() {
        var gap = Gap.absolute();
        for (int seed = 0; seed < 100; seed++) {
            var rng = Rng.of(2000 + seed);
            int n = 1 + rng.nextInt(4), k = 1 + rng.nextInt(4);
            var f = random(rng, n, k);
            var head = random(rng, k, 1);
            UnaryOperator<Tensor> g = y -> head.apply(y).sum();
            var x = point(rng, n);
            var y = f.apply(x).compute();
            var j = Autograd.jacobian(f, x);
            var expected = j.transpose().matmul(Autograd.hessian(g, y)).matmul(j);
            var slope = Autograd.grad(g).apply(y);
            for (int i = 0; i < k; i++) {
                int output = i;
                expected = expected.add(Autograd.hessian(t -> f.apply(t).select(0, output), x).mul(slope.item(i)));
            }
            var whole = Autograd.hessian(t -> g.apply(f.apply(t)), x);
            gap.see("seed " + seed, whole.toDoubleArray(), expected.toDoubleArray());
        }
        Evidence.of("whole against the two terms", gap, atMost(1e-8));
    }
}
