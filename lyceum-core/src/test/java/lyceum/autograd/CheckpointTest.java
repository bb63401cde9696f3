package lyceum.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.memory.Memory;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** What is computed again gives the values and the gradients of what is kept, for all that it reads. */
class CheckpointTest {
    private final Tensor[] weights = IntStream.range(0, 4).mapToObj(i -> Tensor.randn(Rng.of(i), DType.F64, 5, 5).mul(0.4).requiresGrad())
            .toArray(Tensor[]::new);
    private final Tensor x = Tensor.randn(Rng.of(9), DType.F64, 3, 5).compute();

    private Tensor layer(int i, Tensor h) { return h.matmul(weights[i]).tanh().add(h); }

    private static Tensor maybe(boolean checkpointed, UnaryOperator<Tensor> f, Tensor x) {
        return checkpointed ? Autograd.checkpoint(f, x) : f.apply(x);
    }

    private double[][] valueAndGradients(UnaryOperator<Tensor> f) {
        for (var w : weights) w.zeroGrad();
        var leaf = x.requiresGrad();
        var loss = f.apply(leaf).square().sum();
        loss.backward();
        return new double[][] {{loss.item()}, leaf.grad().toDoubleArray(), gradient(0), gradient(1), gradient(2), gradient(3)};
    }

    private double[] gradient(int i) { return weights[i].grad() == null ? null : weights[i].grad().toDoubleArray(); }

    @Test void whatTheFunctionClosesOverGetsItsGradient() {
        UnaryOperator<Tensor> plain = h -> layer(3, layer(2, layer(1, layer(0, h))));
        UnaryOperator<Tensor> again = h -> Autograd.checkpoint(t -> layer(3, layer(2, t)),
                Autograd.checkpoint(t -> layer(1, layer(0, t)), h));
        assertThat(valueAndGradients(again)).isDeepEqualTo(valueAndGradients(plain));
    }

    @Test void theSecondRunKnowsThatItIs() {
        var seen = new ArrayList<Boolean>();
        Autograd.checkpoint(h -> {
            seen.add(Autograd.isRecomputing());
            return layer(0, h);
        }, x.requiresGrad()).sum().backward();
        assertThat(seen).containsExactly(false, true);
        assertThat(Autograd.isRecomputing()).isFalse();
    }

    @Test void checkpointsNest() {
        UnaryOperator<Tensor> plain = h -> layer(2, layer(1, layer(0, h)));
        UnaryOperator<Tensor> again = h -> Autograd
                .checkpoint(t -> Autograd.checkpoint(u -> layer(2, u), Autograd.checkpoint(u -> layer(1, u), layer(0, t))), h);
        assertThat(valueAndGradients(again)).isDeepEqualTo(valueAndGradients(plain));
    }

    /** One reads the other: its gradient must not be counted by both ways. */
    @Test void leavesAndWhatWasComputedOfThemBeforeAreReadSideBySide() {
        var results = new double[2][][];
        for (int c = 0; c < 2; c++) {
            boolean checkpointed = c == 1;
            results[c] = valueAndGradients(h -> {
                Tensor scale = weights[0].exp(), both = scale.mul(weights[1]);
                return maybe(checkpointed, t -> t.matmul(scale).add(t.matmul(weights[0])).mul(t.matmul(both)), h).add(h.matmul(scale));
            });
        }
        for (int i = 0; i < 4; i++) close(results[1][i], results[0][i]);
    }

    /** What adds up in another order. */
    private static void close(double[] actual, double[] expected) {
        assertThat(actual).containsExactly(expected, within(1e-12 * Arrays.stream(expected).map(Math::abs).max().orElse(0)));
    }

    @Test void anArgumentWithoutAGradientDoesNotHideTheParameters() {
        var loss = Autograd.checkpoint(t -> layer(0, t), x).sum();
        loss.backward();
        double[] expected = gradient(0);
        weights[0].zeroGrad();
        layer(0, x).sum().backward();
        assertThat(expected).isEqualTo(gradient(0));
        assertThat(Autograd.checkpoint(t -> t.exp(), x).isTracked()).isFalse();
        assertThat(Autograd.noGrad(() -> Autograd.checkpoint(t -> layer(0, t), x)).isTracked()).isFalse();
        assertThat(Autograd.checkpoint(t -> weights[0], x)).isSameAs(weights[0]);
    }

    @Test void theGradientsHaveGradients() {
        for (int i = 0; i < 2; i++) {
            var w = weights[i];
            var results = new Tensor[2];
            for (int c = 0; c < 2; c++) {
                boolean checkpointed = c == 1;
                var loss = maybe(checkpointed, t -> layer(1, layer(0, t)), x.requiresGrad()).square().sum();
                var first = Autograd.gradients(loss, new Tensor[] {w}, true)[0];
                results[c] = Autograd.gradients(first.square().sum(), new Tensor[] {weights[0]}, false)[0];
            }
            close(results[1].toDoubleArray(), results[0].toDoubleArray());
        }
        UnaryOperator<Tensor> f = t -> Autograd.checkpoint(u -> u.sin().mul(u), t).sum();
        var point = Tensor.of(0.5, 1.5);
        assertThat(Autograd.hessian(f, point).toDoubleArray())
                .isEqualTo(Autograd.hessian(t -> t.sin().mul(t).sum(), point).toDoubleArray());
    }

    @Test void parametersWrittenBetweenAreNoticed() {
        var loss = Autograd.checkpoint(t -> layer(0, t), x).sum();
        Autograd.noGrad(() -> { weights[0].mul_(2); });
        assertThatThrownBy(loss::backward).hasMessageContaining("checkpoint").hasMessageContaining("changed in place");
    }

    @Test void aStreamThatTheFunctionMakesDrawsTheSameAgain() {
        var rng = Rng.of(5);
        UnaryOperator<Tensor> dropped = t -> layer(0, Tensor.rand(rng.split(1), DType.F64, 3, 5).ge(0.5).where(t, t.zerosLike()));
        var again = valueAndGradients(h -> Autograd.checkpoint(dropped, h));
        assertThat(again).isDeepEqualTo(valueAndGradients(dropped));
    }

    @Test void tracedItIsWhatItDoes() {
        var graph = Graph.traceOne(t -> Autograd.checkpoint(u -> u.sin().mul(u), t), x);
        assertThat(graph.run(x)[0].toDoubleArray()).isEqualTo(x.sin().mul(x).toDoubleArray());
    }

    /** Inside the scope of a training step too, where nothing else would give it back before the step's end. */
    @Test void memoryBetweenIsGivenBackAtOnce() {
        long n = 1 << 20;
        var big = Tensor.ones(DType.F64, n).requiresGrad();
        try (var step = Scope.open("step")) {
            var h = big.mul(0.5).compute();
            long before = Memory.stats().inUse();
            Tensor first = h;
            for (int layer = 0; layer < 4; layer++)
                first = Autograd.checkpoint(t -> t.cumsum(0).sort(0).values().cumsum(0).mul(1e-12), first);
            assertThat(Memory.stats().inUse() - before).isLessThanOrEqualTo(4 * 8 * n + (1 << 20));
            first.sum().backward();
            assertThat(Memory.stats().inUse() - before).isLessThanOrEqualTo(5 * 8 * n + (1 << 20));
            assertThat(big.grad().isFinite().countNonZero().itemLong()).isEqualTo(n);
        }
    }
}
