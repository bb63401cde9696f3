package lyceum.train.compress;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class QatTest {

    @Test
    @Acceptance(topic = "qat", clause = 1) void fakeQuantisationEqualsTorch() {
        int values = 0, wrong = 0, masked = 0;
        for (var golden : Golden.load("golden/fake-quantisation.json").list("cases")) {
            var range = new QuantisationRange((float) golden.number("input.scale"), golden.integer("input.zero"),
                    golden.integer("input.least"), golden.integer("input.most"));
            var x = Tensor.of(golden.floats("input.x"));
            float[] y = range.fake(x).toFloatArray(), g = Autograd.grad(t -> range.fake(t).sum()).apply(x).toFloatArray(),
                    expected = golden.floats("expected.y");
            var mask = golden.text("expected.mask");
            for (int i = 0; i < y.length; i++, values++) {
                if (y[i] != expected[i] || g[i] != mask.charAt(i) - '0') wrong++;
                if (mask.charAt(i) == '0') masked++;
            }
        }
        Evidence.of("values", values, exactly(960));
        Evidence.of("of them clipped", masked, above(100));
        Evidence.of("values or gradients that differ from torch", wrong, exactly(0));
    }

    /** One value at a time, with the upstream gradient of a random weighting. */
    @Test
    @Acceptance(topic = "qat", clause = 2) void theStepsGradientIsLsq() {
        double worst = 0;
        int cases = 0, clipped = 0;
        for (int seed = 0; seed < 60; seed++, cases++) {
            var rng = Rng.of(seed);
            int bits = 2 + seed % 4, above = (1 << bits - 1) - 1, below = seed % 2 == 0 ? above : above + 1, rows = seed % 3 == 0 ? 1 : 4,
                    n = 10;
            Tensor x = Tensor.randn(rng.split(1), DType.F64, rows, n).mul(2).compute(),
                    up = Tensor.randn(rng.split(2), DType.F64, rows, n).compute();
            var step = Tensor.rand(rng.split(3), DType.F64, rows, 1).add(0.2).compute();
            double[][] g = Autograd.grad(s -> QuantisationRange.learned(x, s, below, above).mul(up).sum()).apply(step).toRows();
            double[][] gx = Autograd.grad(t -> QuantisationRange.learned(t, step, below, above).mul(up).sum()).apply(x).toRows();
            for (int r = 0; r < rows; r++) {
                double sum = 0, s = step.item(r, 0);
                for (int i = 0; i < n; i++) {
                    double v = x.item(r, i) / s;
                    boolean low = v < -below, high = v > above;
                    if (low || high) clipped++;
                    sum += up.item(r, i) * (low ? -below : high ? above : Math.rint(v) - v);
                    worst = Math.max(worst, Math.abs(gx[r][i] - (low || high ? 0 : up.item(r, i))));
                }
                double expected = sum / Math.sqrt((double) n * above);
                worst = Math.max(worst, Math.abs(g[r][0] - expected) / Math.max(1, Math.abs(expected)));
            }
        }
        Evidence.of("cases", cases, exactly(60));
        Evidence.of("values clipped", clipped, above(200));
        Evidence.of("gradient less the formula", worst, atMost(1e-6));
    }

    private static Sequential network(long seed) {
        return new Sequential(new Linear(784, 64, Rng.of(seed)), new BatchNorm(64), Activation.RELU, new Linear(64, 32, Rng.of(seed + 1)),
                new BatchNorm(32), Activation.RELU, new Linear(32, 10, Rng.of(seed + 2)));
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "qat", clause = 3) void twoBitsNeedTraining() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var data = Fashion.of(4000, 3000);
        double least = Double.MAX_VALUE, whole = 100;
        int better = 0;
        for (int seed = 0; seed < 3; seed++) {
            var net = trained(data.train(), seed);
            var calibration = data.train().head(500).x();
            double ptq = Fashion.accuracy(new PostTrainingQuantizer().withWeightBits(2).quantise(net, calibration), data.test());
            var qat = new Qat(2);
            var simulated = qat.prepare(net, calibration);
            qat.fit(simulated, new Trainer(new Adam(1e-3), 3).withBatchSize(100), Loss::crossEntropy, data.train(), Rng.of(seed).split(8));
            double gain = Fashion.accuracy(qat.convert(simulated), data.test()) - ptq;
            least = Math.min(least, gain);
            whole = Math.min(whole, Fashion.accuracy(net, data.test()));
            if (gain >= 5) better++;
        }
        Evidence.of("least accuracy in floats (%)", whole, above(78));
        Evidence.of("least gain over PTQ (points)", least, atLeast(5));
        Evidence.of("seeds of three", better, exactly(3));
    }

    private static Sequential trained(Dataset train, int seed) {
        var net = network(10 * seed);
        new Trainer(new Adam(2e-3), 4).withBatchSize(100).fit(net, Loss::crossEntropy, train, Rng.of(seed).split(7));
        return net;
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "qat", clause = 4) void theConvertedModelAgreesWithTheSimulated() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var data = Fashion.of(2000);
        var net = trained(data.train(), 5);
        double least = 1;
        for (var ranges : Qat.Ranges.values()) {
            var qat = new Qat(4).withRanges(ranges);
            var simulated = qat.prepare(net, data.train().head(500).x());
            qat.fit(simulated, new Trainer(new Adam(1e-3), 2).withBatchSize(100), Loss::crossEntropy, data.train(), Rng.of(6));
            var integers = qat.convert(simulated);
            var same = Autograd.noGrad(() -> simulated.forward(data.test().x()).argmax(1).eq(integers.forward(data.test().x()).argmax(1))
                    .to(DType.F64).mean().item());
            least = Math.min(least, same);
        }
        Evidence.of("test images", data.test().size(), exactly(10_000));
        Evidence.of("least share of equal arg-maxes", least, atLeast(0.999));
    }

    @Test void delayAndFreezeKeepTheirEpochs() {
        var digits = Datasets.digits().to(DType.F32).scaled(1 / 16.0).head(300);
        var net = new Sequential(new Linear(64, 16, Rng.of(1)), new BatchNorm(16), Activation.RELU, new Linear(16, 10, Rng.of(2)));
        var trainer = new Trainer(new Adam(1e-3), 3).withBatchSize(50);
        var late = new Qat(3).withDelay(9).withFreeze(9);
        var simulated = late.prepare(net, digits.x());
        late.fit(simulated, trainer, Loss::crossEntropy, digits, Rng.of(3));
        var plain = Module.copy(net);
        trainer.fit(plain, Loss::crossEntropy, digits, Rng.of(3));
        var frozen = new Qat(3).withFreeze(0);
        var still = frozen.prepare(net, digits.x());
        frozen.fit(still, trainer, Loss::crossEntropy, digits, Rng.of(3));
        assertThat(simulated.state().get("0.norm.running_mean").toDoubleArray())
                .isEqualTo(plain.state().get("1.running_mean").toDoubleArray());
        assertThat(still.state().get("0.norm.running_mean").toDoubleArray()).isEqualTo(net.state().get("1.running_mean").toDoubleArray());
        assertThat(still.state().get("0.weight_step").toDoubleArray())
                .isNotEqualTo(frozen.prepare(net, digits.x()).state().get("0.weight_step").toDoubleArray());
        assertThat(net.state()).as("the model is not changed").doesNotContainKey("0.weight_step");
        assertThatThrownBy(() -> frozen.convert(net)).hasMessageContaining("was not prepared");
        assertThatThrownBy(() -> new Qat(1)).hasMessageContaining("weights of 1");
    }

    /** Zero is then the largest integer, and no value lies above it. */
    @Test void inputsBelowZeroTrain() {
        var x = Tensor.randn(Rng.of(31), 40, 6).abs().neg().compute();
        var y = x.sum(1).gt(-5).to(DType.I64).compute();
        var prepared = new Qat(8).prepare(new Sequential(new Linear(6, 2, Rng.of(32))), x);
        new Qat(8).fit(prepared, new Trainer(new Adam(0.01), 2).withBatchSize(20), Loss::crossEntropy, Dataset.of(x, y), Rng.of(33));
        for (double v : prepared.forward(x).toDoubleArray()) assertThat(v).isFinite();
    }
}
