package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Convolution;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.nn.BatchNorm.Moments;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sgd;
import lyceum.optim.UpdateRule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BatchNormTest {
    private static Tensor normal(long seed, DType type, long... shape) { return Tensor.randn(Rng.of(seed), type, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    @Acceptance(topic = "batch-norm", clause = 1)
    @Test void twentyStepsEqualPyTorchs() {
        var golden = Golden.load("golden/batch-norm.json");
        for (var form : Map.of("1d", 20, "1d long", 5, "2d", 20, "3d", 5, "cumulative", 5).entrySet()) {
            BatchNorm norm = null;
            var gap = Gap.relativeBeyondOne();
            int steps = 0;
            for (var c : golden.cases(form.getKey())) {
                if (!c.text("name").equals(form.getKey())) continue;
                long[] shape = c.longs("input.shape");
                double momentum = c.number("input.momentum");
                if (norm == null) norm = new BatchNorm(shape[1], 1e-5, momentum < 0 ? BatchNorm.CUMULATIVE : momentum, DType.F64);
                var twin = new Twin((long) c.number("input.seed"));
                twin.fill(norm);
                var x = twin.draw(shape).requiresGrad();
                twin.compare(gap, c, norm.parameters(), List.of(x), List.of(norm.forward(x, Pass.training(Rng.of(0)))));
                gap.see(c, "expected.mean", twin.trace(norm.state().get("running_mean")));
                gap.see(c, "expected.variance", twin.trace(norm.state().get("running_var")));
                steps++;
            }
            Evidence.of(form.getKey() + ": steps", steps, exactly(form.getValue()));
            Evidence.of(form.getKey() + ": largest gap of outputs, gradients and running statistics", gap, below(1e-6));
        }
    }

    @Acceptance(topic = "batch-norm", clause = 2)
    @Test void foldingKeepsWhatIsPredicted() {
        var how = new Convolution().withPadding(1);
        var rng = Rng.of(1);
        double worst = 0;
        for (boolean bias : new boolean[] {true, false}) {
            worst = Math.max(worst, folded(new Linear(7, 6, bias, DType.F32, Init.heNormal(), rng), 40, 7));
            for (int groups : new int[] {1, 2}) {
                var grouped = how.withGroups(groups);
                int[] kernel = {3};
                worst = Math.max(worst, folded(new Conv1d(4, 6, kernel, grouped, bias, DType.F32, null, rng), 8, 4, 9));
                worst = Math.max(worst, folded(new Conv2d(4, 6, kernel, grouped, bias, DType.F32, null, rng), 8, 4, 6, 7));
                worst = Math.max(worst, folded(new Conv3d(4, 6, kernel, grouped, bias, DType.F32, null, rng), 8, 4, 3, 4, 5));
                worst = Math.max(worst,
                        folded(new ConvTranspose2d(4, 6, kernel, grouped.withStride(2), bias, DType.F32, null, rng), 8, 4, 5, 4));
            }
        }
        Evidence.of("largest change of an output, 18 layers", worst, below(1e-5));
    }

    /** The change that folding makes in a trained-looking norm behind that layer. */
    private static double folded(Layer before, long... shape) {
        var norm = new BatchNorm(6);
        norm.load(Map.of("weight", normal(2, DType.F32, 6).add(1), "bias", normal(3, DType.F32, 6), "running_mean", normal(4, DType.F32, 6),
                "running_var", normal(5, DType.F32, 6).square().add(0.2), "num_batches_tracked", Tensor.of(new long[] {7}).reshape()));
        var network = new Sequential(new Sequential(before, norm), Activation.TANH);
        var whole = BatchNorm.fold(network);
        assertThat(whole.modules().values()).noneMatch(m -> m instanceof BatchNorm);
        var x = normal(6, DType.F32, shape);
        assertThat(distance(network.forward(x), before.then(Activation.TANH).forward(x))).isGreaterThan(0.1);
        return distance(network.forward(x), whole.forward(x));
    }

    @Acceptance(topic = "batch-norm", clause = 3)
    @Test void fourShardsInFourThreadsNormaliseAsTheFullBatch() throws Exception {
        var x = normal(7, DType.F64, 22, 3, 5).mul(2).add(4).compute();
        var whole = new BatchNorm(3, 1e-5, 0.1, DType.F64);
        long[] sizes = {4, 8, 1, 9};
        var upstream = normal(8, DType.F64, 22, 3, 5);
        var leaf = x.requiresGrad();
        var expected = whole.forward(leaf, Pass.training(Rng.of(0)));
        expected.mul(upstream).sum().backward();

        var parts = Collections.synchronizedList(new ArrayList<Moments>(Collections.nCopies(4, null)));
        var barrier = new CyclicBarrier(4);
        var shards = x.requiresGrad();
        var inputs = shards.split(0, sizes);
        var replicas = new ArrayList<BatchNorm>();
        var outputs = new Tensor[4];
        try (var pool = Executors.newFixedThreadPool(4)) {
            var jobs = new ArrayList<Future<?>>();
            for (int r = 0; r < 4; r++) {
                int own = r;
                var replica = new BatchNorm(3, 1e-5, 0.1, DType.F64).synchronised(local -> {
                    parts.set(own, local);
                    try {
                        barrier.await();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                    return Moments.pooled(parts);
                });
                replicas.add(replica);
                jobs.add(pool.submit(() -> outputs[own] = replica.forward(inputs[own], Pass.training(Rng.of(0)))));
            }
            for (var job : jobs) job.get();
        }
        var y = Tensor.concat(0, outputs);
        y.mul(upstream).sum().backward();
        Evidence.of("outputs", distance(y, expected), below(1e-6));
        Evidence.of("gradients of the inputs", distance(shards.grad(), leaf.grad()), below(1e-6));
        double running = 0;
        for (var replica : replicas)
            for (var name : List.of("running_mean", "running_var"))
                running = Math.max(running, distance(replica.state().get(name), whole.state().get(name)));
        Evidence.of("running statistics of four replicas", running, below(1e-6));
        var alone = new BatchNorm(3, 1e-5, 0.1, DType.F64).forward(inputs[0].detach(), Pass.training(Rng.of(0)));
        Evidence.of("a shard by itself differs by", distance(alone, expected.narrow(0, 0, 4)), atLeast(0.1));
    }

    @Acceptance(topic = "batch-norm", clause = 4)
    @Test void oneValueAChannelCannotBeLearntFrom() {
        int refused = 0;
        for (long[] shape : new long[][] {{1, 3}, {1, 3, 1}, {1, 3, 1, 1}, {1, 3, 1, 1, 1}}) {
            var norm = new BatchNorm(3);
            assertThatThrownBy(() -> norm.forward(Tensor.ones(shape), Pass.training(Rng.of(1)))).isInstanceOf(ShapeException.class)
                    .hasMessageContaining("one value a feature; learning needs at least two");
            assertThat(norm.forward(Tensor.ones(shape)).count()).isEqualTo(3);
            assertThat(norm.state().get("num_batches_tracked").item()).isZero();
            refused++;
        }
        new BatchNorm(3).forward(Tensor.ones(1, 3, 2), Pass.training(Rng.of(1)));
        Evidence.of("forms that refuse", refused, exactly(4));
    }

    @Acceptance(topic = "batch-norm", clause = 5)
    @Tag("slow")
    @Test void tenSigmoidLayersLearnDigitsWithItAlone() {
        for (int seed = 0; seed < 3; seed++) {
            var accuracy = new double[2];
            for (var norm : new MlpConfig.Norm[] {MlpConfig.Norm.NONE, MlpConfig.Norm.BATCH}) {
                var hidden = new int[9];
                Arrays.fill(hidden, 48);
                var config = MlpConfig.classifier(64, 10, hidden).withActivation(Activation.SIGMOID).withNorm(norm);
                var network = new Mlp(config, Rng.of(seed));
                accuracy[norm.ordinal() / 2] = heldOut(network, new Sgd(0.5), 15, 64, seed);
            }
            Evidence.of("seed " + seed + ": accuracy with it", accuracy[1], atLeast(0.9));
            Evidence.of("seed " + seed + ": more than without", accuracy[1] - accuracy[0], atLeast(0.3));
        }
    }

    /** Accuracy on a fifth of the digits after training on the others. */
    static double heldOut(Module network, UpdateRule rule, int epochs, int batch, int seed) {
        var parts = Split.stratified(Datasets.digits().to(DType.F32).scaled(1.0 / 16), Rng.of(100), 0.8, 0.2);
        return trained(network, rule, epochs, batch, seed, parts.get(0), parts.get(1));
    }

    static double trained(Module network, UpdateRule rule, int epochs, int batch, int seed, Dataset train, Dataset test) {
        var rng = Rng.of(1000 + seed);
        var optimizer = rule.over(network.parameters());
        for (int epoch = 0; epoch < epochs; epoch++) {
            var order = rng.permutation(train.size());
            for (int from = 0; from + batch <= order.length; from += batch) {
                var rows = train.rows(Arrays.copyOfRange(order, from, from + batch));
                optimizer.zeroGrad();
                Loss.crossEntropy(network.forward(rows.x(), Pass.training(rng)), rows.y()).backward();
                optimizer.step();
            }
        }
        return network.forward(test.x()).argmax(1).eq(test.y()).to(DType.F64).mean().item();
    }

    @Test void optionsErrorsAndFiles() throws Exception {
        var plain = new BatchNorm(3, 1e-5, 0.1, false, DType.F64);
        assertThat(plain.parameters()).isEmpty();
        var x = normal(9, DType.F64, 6, 3);
        var y = plain.forward(x, Pass.training(Rng.of(1)));
        assertThat(y.mean(0).abs().max().item()).isCloseTo(0, within(1e-14));
        var path = Files.createTempFile("norm", ".safetensors");
        plain.save(path);
        var other = new BatchNorm(3, 1e-5, 0.1, false, DType.F64);
        other.load(path);
        assertThat(other.forward(x).toDoubleArray()).containsExactly(plain.forward(x).toDoubleArray());
        Files.delete(path);
        assertThatThrownBy(() -> new BatchNorm(3, 1e-5, 1.5, DType.F32)).hasMessageContaining("momentum is 1.5");
        assertThatThrownBy(() -> new BatchNorm(0)).hasMessageContaining("0 features");
        assertThatThrownBy(() -> new BatchNorm(4).fold(new Linear(2, 3, Rng.of(1)))).hasMessageContaining("3 outputs before a norm of 4");
    }

    @Test void aNormOverAnotherAxisStays() {
        var rng = Rng.of(3);
        var network = new Sequential(new Linear(6, 8, rng), new BatchNorm(5), new Linear(8, 5, rng), new BatchNorm(5));
        var x = Tensor.randn(rng, 16, 5, 6);
        network.forward(x, Pass.training(rng));
        var folded = BatchNorm.fold(network, x);
        assertThat(folded.forward(x).sub(network.forward(x)).abs().max().item()).isLessThan(1e-5);
    }
}
