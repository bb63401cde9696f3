package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Backend;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

/** Products wait for what follows them; nobody can tell but by the clock. */
class DeferredProductTest {
    private final Tensor x = Tensor.randn(Rng.of(1), 6, 40, 64).compute(), w = Tensor.randn(Rng.of(2), 64, 96).compute(),
            b = Tensor.randn(Rng.of(3), 96).compute();

    /** The same at the call, one operation after the other. */
    private static Tensor atOnce(Supplier<Tensor> formula) {
        var result = new Tensor[1];
        Fusion.with(Fusion.Mode.OFF, () -> result[0] = formula.get());
        return result[0];
    }

    private static void same(Tensor actual, Tensor expected) { assertThat(actual.toFloatArray()).isEqualTo(expected.toFloatArray()); }

    @Test void aProductIsComputedWhenItIsReadAndWhatFollowsRunsOnItsSums() {
        var counting = new CountingBackend();
        Backend.with(counting, () -> {
            var y = x.matmul(w).add(b).relu();
            assertThat(counting.products.get()).isZero();
            y.compute();
            assertThat(counting.products.get()).isOne();
            assertThat(counting.programs.get()).isOne();
            x.matmul(w);
            assertThat(counting.products.get()).isOne();
        });
        for (var type : new DType[] {DType.F32, DType.F64}) {
            Tensor u = x.to(type).compute(), v = w.to(type).compute(), c = b.to(type).compute();
            Supplier<Tensor> formula = () -> u.matmul(v).add(c).tanh().mul(u.matmul(v)).sub(1);
            assertThat(formula.get().toDoubleArray()).isEqualTo(atOnce(formula).toDoubleArray());
        }
    }

    @Test void operandsOfAnyLayoutMeetTheSums() {
        var turned = Tensor.randn(Rng.of(4), 96, 40, 6).compute().permute(2, 1, 0);
        var column = Tensor.randn(Rng.of(5), 40, 1).compute();
        for (Supplier<Tensor> formula : List.<Supplier<Tensor>>of(() -> x.matmul(w).add(turned), () -> x.matmul(w).mul(column),
                () -> x.transpose().matmul(turned).square(), () -> x.matmul(w).softmax(-1), () -> x.matmul(w).gt(0.5).to(DType.F32),
                () -> x.matmul(w).to(DType.F64).add(1).to(DType.F32), () -> x.matmul(w.narrow(1, 3, 90)).tanh().sum(0, false)))
            assertThat(formula.get().sub(atOnce(formula)).abs().max().item()).isLessThan(1e-4);
    }

    @Test void aWriteToAFactorReachesNothingThatWasAskedForBefore() {
        var factor = w.copy();
        Tensor product = x.matmul(factor), follows = product.add(b), read = x.affine(factor.transpose(), b).relu().compute();
        var pending = x.affine(factor.transpose(), b);
        var expected = atOnce(() -> x.matmul(w));
        factor.mul_(0);
        same(product, expected);
        same(follows, atOnce(() -> expected.add(b)));
        same(read, atOnce(() -> expected.add(b).relu()));
        same(pending, atOnce(() -> expected.add(b)));
    }

    @Test void whatNobodyCanReadIsNotComputedForAnUpdate() {
        var counting = new CountingBackend();
        Tensor weight = w.transpose().copy().requiresGrad(), bias = b.requiresGrad();
        Backend.with(counting, () -> {
            var loss = x.affine(weight, bias).tanh().square().mean();
            loss.backward();
            int before = counting.products.get();
            assertThat(before).isEqualTo(2); // forward, and the gradient of the weight
            Autograd.noGrad(() -> {
                weight.sub_(weight.grad());
                bias.sub_(bias.grad());
            });
            assertThat(counting.products.get()).isEqualTo(before);
        });
    }

    @Test void aGradientThatOneRuleReadsIsNotStored() {
        var counting = new CountingBackend();
        var next = Tensor.randn(Rng.of(6), 96, 128).compute();
        Tensor u = x.requiresGrad(), g = Tensor.randn(Rng.of(7), 6, 40, 128).compute();
        Backend.with(counting, () -> {
            var y = u.matmul(w).tanh().matmul(next).compute();
            int before = counting.stored.get();
            y.backward(g);
            assertThat(counting.stored.get() - before).isOne(); // of g next' (1 - tanh^2)
        });
        var slope = atOnce(() -> x.matmul(w).tanh().square().rsub(1));
        assertThat(u.grad().sub(atOnce(() -> g.matmul(next.transpose()).mul(slope).matmul(w.transpose()))).abs().max().item())
                .isLessThan(1e-3);
    }

    @Test void gradientsThroughPendingProductsAreThose() {
        Tensor u = x.requiresGrad(), v = w.requiresGrad(), c = b.requiresGrad();
        u.matmul(v).add(c).tanh().mul(u.matmul(v)).sum().backward();
        var expected = new Tensor[3];
        Fusion.with(Fusion.Mode.OFF, () -> {
            Tensor u2 = x.requiresGrad(), v2 = w.requiresGrad(), c2 = b.requiresGrad();
            u2.matmul(v2).add(c2).tanh().mul(u2.matmul(v2)).sum().backward();
            expected[0] = u2.grad();
            expected[1] = v2.grad();
            expected[2] = c2.grad();
        });
        for (int i = 0; i < 3; i++) {
            var actual = (i == 0 ? u : i == 1 ? v : c).grad();
            assertThat(actual.sub(expected[i]).abs().max().item()).isLessThan(1e-3 * expected[i].abs().max().item());
        }
    }
}
