package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.Primitive;
import lyceum.memory.Memory;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

/** What a reverse sweep does with parts, and with the memory of what it makes. */
class SweepTest {
    @Test void gradientsOfPartsAreThoseOfPaddedParts() {
        var weights = Tensor.randn(Rng.of(2), DType.F64, 3, 2, 4, 5).compute();
        for (boolean permuted : new boolean[] {false, true}) {
            UnaryOperator<Tensor> f = x -> {
                var y = permuted ? x.permute(2, 0, 3, 1) : x.reshape(3, 2, 4, 5);
                // Two parts that touch, one that overlaps both, one along another axis, a row that no part covers, and the whole.
                var sum = y.get(0).mul(weights.get(0)).sum().add(y.narrow(0, 1, 1).pow(3).sum()).add(y.narrow(0, 0, 2).square().sum());
                return sum.add(y.narrow(2, 1, 2).mul(weights.narrow(2, 1, 2)).sum()).add(y.mul(weights).sum().mul(0.5));
            };
            var x = Tensor.randn(Rng.of(1), DType.F64, 2, 5, 3, 4).compute();
            var fast = Autograd.grad(f).apply(x);
            var leaf = x.requiresGrad();
            var recorded = Backward.gradients(f.apply(leaf), Tensor.scalar(1), new Tensor[] {leaf}, true)[0]; // a recorded gradient pads and adds
            assertThat(fast.sub(recorded).abs().max().item()).isLessThan(1e-14);
        }
    }

    @Test void aSweepLeavesTheLeavesGradientsBehindAndNothingElse() {
        long n = 1 << 20;
        var x = Tensor.rand(Rng.of(1), n).requiresGrad();
        var loss = x.sin().exp().compute().mul(x).cos().compute().square().sum();
        long before = Memory.stats().inUse();
        BackwardPass.of(loss).retained().run();
        assertThat(Memory.stats().inUse() - before).isLessThan(6 * n); // one tensor of F32, and small ones' slabs
        var once = x.grad().copy();
        loss.backward();
        assertThat(x.grad().sub(once.mul(2)).abs().max().item()).isZero();
    }

    @Test void aSweepGivesBackGradientsThatHaveBeenPassedOn() {
        var inUse = new long[1];
        var last = Primitive.of("last", in -> in[0].mul(1), (i, g, out, in) -> {
            g.compute();
            inUse[0] = Memory.stats().inUse();
            return g;
        });
        var w = Tensor.randn(Rng.of(1), 512, 512).mul(0.05).compute(); // a megabyte, as each gradient
        var leaf = Tensor.randn(Rng.of(2), 512, 512).requiresGrad();
        var x = last.apply(leaf);
        for (int i = 0; i < 20; i++) x = x.matmul(w).compute();
        var loss = x.sum();
        long before = Memory.stats().inUse();
        loss.backward();
        assertThat(inUse[0] - before).isLessThan(6 << 20);
    }

    @Test void whatARuleOfTheUsersKeepsOutlivesTheSweep() {
        var kept = new ArrayList<Tensor>();
        var leaf = Tensor.ones(1000).requiresGrad();
        var spy = Primitive.of("spy", in -> in[0].mul(2), (i, g, out, in) -> {
            GradMode.with(true, () -> leaf.mul(3).sum()).backward(); // a sweep within the sweep
            var part = g.mul(2);
            kept.add(g);
            kept.add(part);
            return part;
        });
        for (long n : new long[] {3, 100_000}) {
            kept.clear();
            var x = Tensor.rand(Rng.of(2), n).requiresGrad();
            spy.apply(x.exp()).square().sum().backward();
            var value = x.exp().mul(2).detach();
            assertThat(kept.getFirst().sub(value.mul(2)).abs().max().item()).isZero();
            assertThat(kept.getLast().sub(value.mul(4)).abs().max().item()).isZero();
        }
        assertThat(leaf.grad().item(999)).isEqualTo(6);
    }
}
