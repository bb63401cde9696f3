package lyceum.optim;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.optim.Minibatches.Last;
import lyceum.optim.Minibatches.Order;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class MinibatchesTest {

    /** Logistic regression: n rows of p features, labels -1 and 1. */
    private record Data(Tensor x, Tensor t) {
        static Data of(int n, int p, long seed) {
            var rng = Rng.of(seed);
            var x = Tensor.randn(rng, DType.F64, n, p).compute();
            var score = x.matmul(Tensor.linspace(-2, 2, p)).add(Tensor.randn(rng, DType.F64, n));
            return new Data(x, score.gt(0).to(DType.F64).mul(2).sub(1).compute());
        }

        Tensor loss(Tensor w, int[] batch) { return loss(w, x.rows(batch), t.rows(batch)); }

        Tensor loss(Tensor w) { return loss(w, x, t); }

        private static Tensor loss(Tensor w, Tensor x, Tensor t) { return x.matmul(w).mul(t).neg().softplus().mean(); }

        /** A row for each example. */
        double[][] gradients(Tensor w) {
            var s = x.matmul(w).mul(t).neg().sigmoid().mul(t).neg();
            return x.mul(s.reshape(-1, 1)).toRows();
        }
    }

    @Test
    @Acceptance(topic = "minibatch-gd", clause = 1) void theWeightedAverageOfAnEpochsGradientsIsTheFullGradient() {
        var data = Data.of(103, 6, 781);
        var w = Tensor.linspace(-0.5, 1, 6);
        var full = Autograd.grad(data::loss).apply(w).toDoubleArray();
        double worst = 0;
        var accumulated = Gap.absolute();
        for (int size : new int[] {1, 10, 64, 103}) {
            var sum = new double[6];
            for (var batch : new Minibatches(103, size).epoch(Rng.of(size))) {
                Vectors.addScaled(sum, batch.length / 103.0, Autograd.grad(v -> data.loss(v, batch)).apply(w).toDoubleArray());
            }
            for (int i = 0; i < 6; i++) worst = Math.max(worst, Math.abs(sum[i] - full[i]));
            // Accumulated into one step at rate 1, an epoch moves by its full gradient; its loss is the mean of all.
            var moved = w.copy().requiresGrad();
            var epoch = new Minibatches(103, size).withAccumulated(103).run(new Sgd(1).over(moved), batch -> data.loss(moved, batch), 1,
                    Rng.of(size));
            accumulated.see("step", w.sub(moved).toDoubleArray(), full).see("loss", epoch.losses(), data.loss(w).toDoubleArray());
            assertThat(epoch.examples()).containsExactly(103);
        }
        Evidence.of("one accumulated step against the full gradient", accumulated, below(1e-14));
        Evidence.of("largest gap", worst, below(1e-10));
    }

    @Test
    @Acceptance(topic = "minibatch-gd", clause = 2) void theVarianceOfABatchsGradientFallsAsItsSizeSays() {
        int n = 200;
        var data = Data.of(n, 5, 782);
        var gradients = Tensor.of(data.gradients(Tensor.zeros(DType.F64, 5)));
        var noise = GradientNoise.of(gradients);
        double worst = 0;
        for (int size : new int[] {1, 4, 16, 64}) {
            double with = noise.observed(gradients, new Minibatches(n, size).withOrder(Order.WITH_REPLACEMENT), 20_000,
                    Rng.of(7820 + size));
            double without = noise.observed(gradients, new Minibatches(n, size), 20_000, Rng.of(7821 + size));
            assertThat(noise.withReplacement(size)).isEqualTo(noise.variance() / size);
            assertThat(noise.withoutReplacement(size)).isCloseTo(noise.variance() / size * (n - size) / (n - 1), within(1e-15));
            worst = Math.max(worst,
                    Math.max(Math.abs(with / noise.withReplacement(size) - 1), Math.abs(without / noise.withoutReplacement(size) - 1)));
        }
        Evidence.of("largest relative gap", worst, below(0.05));
        var full = Autograd.grad(data::loss).apply(Tensor.zeros(DType.F64, 5)).toDoubleArray();
        double spread = 0;
        for (var g : gradients.toRows()) for (int i = 0; i < 5; i++) spread += (g[i] - full[i]) * (g[i] - full[i]) / n;
        Evidence.of("signal and noise against the gradients'", Gap.absolute().see("signal", noise.signal(), Vectors.dot(full, full))
                .see("noise", noise.variance(), spread).see("mean", noise.mean(), full), below(1e-14));
        assertThat(noise.withoutReplacement(n)).isZero();
        assertThat(noise.signalToNoise(16)).isCloseTo(noise.signal() / noise.withoutReplacement(16), within(1e-12));
    }

    @Test
    @Acceptance(topic = "minibatch-gd", clause = 3) void aBatchOfAllIsGradientDescentAndABatchOfOneIsSgdBitForBit() {
        int n = 40;
        var data = Data.of(n, 4, 783);
        var path = GradientDescent.constant(0.5).withMaxIterations(25).withGradientTolerance(0).trace(Objective.of(data::loss),
                new double[4]);
        var w = Tensor.zeros(DType.F64, 4).copy().requiresGrad();
        var history = new Minibatches(n, n).withOrder(Order.IN_ORDER).run(new Sgd(0.5).over(w), batch -> data.loss(w, batch), 25,
                Rng.of(1));
        assertThat(history.examples()).containsExactly(LongStream.rangeClosed(1, 25).map(step -> step * n).toArray());
        assertThat(history.losses()).containsExactly(Arrays.copyOf(path.values(), 25));
        Evidence.of("b = n against gradient descent", Gap.absolute().see("w", w.toDoubleArray(), path.minimum().x()), exactly(0));

        var single = Tensor.zeros(DType.F64, 4).copy().requiresGrad();
        new Minibatches(n, 1).run(new Sgd(0.1).over(single), batch -> data.loss(single, batch), 2, Rng.of(9));
        var byHand = Tensor.zeros(DType.F64, 4).copy().requiresGrad();
        var sgd = new Sgd(0.1).over(byHand);
        var rng = Rng.of(9);
        for (int epoch = 0; epoch < 2; epoch++) {
            for (int i : rng.permutation(n)) {
                sgd.zeroGrad();
                data.x.get(i).matmul(byHand).mul(data.t.get(i)).neg().softplus().backward();
                sgd.step();
            }
        }
        Evidence.of("b = 1 against SGD by hand", Gap.absolute().see("w", single.toDoubleArray(), byHand.toDoubleArray()), exactly(0));
    }

    @Test
    @Acceptance(topic = "minibatch-gd", clause = 4) void largerBatchesNeedFewerStepsAndMoreExamples() {
        int n = 512;
        var data = Data.of(n, 5, 784);
        double lowest = new Lbfgs().minimize(Objective.of(data::loss), new double[5]).value(),
                goal = lowest + 0.05 * (Math.log(2) - lowest);
        int[] sizes = {1, 8, 64, 512};
        var steps = new double[sizes.length];
        for (int s = 0; s < sizes.length; s++) {
            steps[s] = Double.POSITIVE_INFINITY;
            // Each size gets the best of its own learning rates, as a user would give it.
            for (double rate : new double[] {1, 0.5, 2, 0.25, 4, 0.125, 8})
                steps[s] = Math.min(steps[s], stepsTo(goal, data, n, sizes[s], rate, steps[s]));
        }
        for (int s = 1; s < sizes.length; s++) {
            Evidence.of("steps for b = " + sizes[s], steps[s], below(steps[s - 1]));
            Evidence.of("examples for b = " + sizes[s], steps[s] * sizes[s], above(steps[s - 1] * sizes[s - 1]));
        }
    }

    /** Median over seeds of the steps until the full loss is at the goal; gives up where it cannot beat {@code most}. */
    private static double stepsTo(double goal, Data data, int n, int size, double rate, double most) {
        var needed = new double[3];
        for (int seed = 0; seed < needed.length; seed++) {
            var w = Tensor.zeros(DType.F64, 5).copy().requiresGrad();
            var optimizer = new Sgd(rate).over(w);
            var rng = Rng.of(seed);
            double limit = Math.min(most, 2_000 / Math.sqrt(size));
            needed[seed] = Double.POSITIVE_INFINITY;
            int step = 0;
            while (step < limit && needed[seed] > limit) {
                for (var batch : new Minibatches(n, size).epoch(rng)) {
                    optimizer.zeroGrad();
                    data.loss(w, batch).backward();
                    optimizer.step();
                    if (++step >= limit) break;
                    if (Autograd.noGrad(() -> data.loss(w)).item() <= goal) {
                        needed[seed] = step;
                        break;
                    }
                }
            }
        }
        Arrays.sort(needed);
        return needed[needed.length / 2];
    }

    @Test void batchesFollowOrderAndLastPolicy() {
        var inOrder = new Minibatches(7, 3).withOrder(Order.IN_ORDER);
        assertThat(inOrder.epoch(Rng.of(1))).containsExactly(new int[] {0, 1, 2}, new int[] {3, 4, 5}, new int[] {6});
        assertThat(inOrder.withLast(Last.DROP).epoch(Rng.of(1))).hasSize(2);
        assertThat(inOrder.withLast(Last.FILL).epoch(Rng.of(1)).getLast()).containsExactly(6, 0, 1);
        var shuffled = new Minibatches(7, 3).epoch(Rng.of(1)).stream().flatMapToInt(Arrays::stream).toArray();
        assertThat(shuffled).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6).doesNotHaveDuplicates();
        assertThatThrownBy(() -> new Minibatches(7, 8)).hasMessage("Minibatches: size is 8; it is 1 to the 7 examples there are");
    }

    @Test void accumulatedBatchesEqualOneLargeBatch() {
        var data = Data.of(50, 4, 785);
        var small = Tensor.zeros(DType.F64, 4).copy().requiresGrad();
        var large = Tensor.zeros(DType.F64, 4).copy().requiresGrad();
        var accumulated = new Minibatches(50, 7).withAccumulated(3).run(new Sgd(0.3).over(small), b -> data.loss(small, b), 3, Rng.of(4));
        var whole = new Minibatches(50, 21).run(new Sgd(0.3).over(large), b -> data.loss(large, b), 3, Rng.of(4));
        var gap = small.detach().sub(large.detach()).abs().max().item();
        assertThat(gap).isLessThan(1e-13);
        assertThat(accumulated.examples()).isEqualTo(whole.examples());
        assertThat(accumulated.steps()).isEqualTo(9);
    }

    @Test void aLossThatIsNotFiniteStopsTheRun() {
        var w = Tensor.of(1.0).requiresGrad();
        assertThatThrownBy(() -> new Minibatches(4, 2).run(new Sgd(1e200).over(w), b -> w.square().square().sum(), 5, Rng.of(1)))
                .isInstanceOf(LyceumException.class).hasMessageStartingWith("Minibatches: the loss is ")
                .hasMessageContaining("lower the learning rate");
    }

    @Test void noiseIsReportedAsPerSampleGradientsShow() {
        var data = Data.of(30, 3, 786);
        var w = Tensor.of(0.1, 0.2, 0.3);
        var noise = GradientNoise.of(Tensor.of(data.gradients(w)));
        assertThat(noise.mean()).containsExactly(Autograd.grad(data::loss).apply(w).toDoubleArray(), within(1e-12));
        assertThat(noise.criticalSize()).isCloseTo(noise.variance() / noise.signal(), within(1e-12));
        assertThat(List.of(noise.examples())).containsExactly(30);
    }
}
