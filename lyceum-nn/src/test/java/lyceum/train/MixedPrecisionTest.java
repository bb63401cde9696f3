package lyceum.train;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Conv2d;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Autocast;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MixedPrecisionTest {

    @Test
    @Acceptance(topic = "mixed-precision", clause = 1) void smallGradientsNeedTheScale() {
        double lost = 0, worst = 0;
        int seen = 0;
        for (double size : new double[] {1e-8, -1e-8, 1.5e-8}) for (double scale : new double[] {1, 1024, 65536}) {
            // y = w x with x of 1: the gradient of w is what arrives at y, through products in F16.
            var w = Tensor.full(DType.F32, 1.0).reshape(1, 1).requiresGrad();
            var precision = MixedPrecision.fp16(scale);
            var gradient = precision.run(() -> {
                var y = Tensor.ones(DType.F32, 1, 1).matmul(w);
                var loss = y.to(DType.F32).mul(size).sum();
                return Autograd.gradients(loss.mul(scale), new Tensor[] {w}, false)[0];
            });
            double got = MixedPrecision.unscaled(scale, gradient)[0].item();
            if (scale == 1) lost = Math.max(lost, Math.abs(got));
            else worst = Math.max(worst, Math.abs(got / size - 1));
            seen++;
        }
        Evidence.of("gradients", seen, exactly(9));
        Evidence.of("largest gradient without a scale", lost, exactly(0));
        Evidence.of("largest relative error with it", worst, atMost(0.01));
    }

    @Test
    @Acceptance(topic = "mixed-precision", clause = 2) void theScaleHasTheHistoryOfGradScaler() {
        int wrong = 0, steps = 0, cases = 0;
        for (var c : Golden.load("golden/mixed-precision.json").list("cases")) {
            var precision = new MixedPrecision(DType.F16, c.number("input.scale"), c.number("input.growth"), c.number("input.backoff"),
                    c.integer("input.interval"));
            int[] overflow = c.ints("input.overflow");
            double[] scales = c.doubles("expected.scales");
            // A run whose gradients are infinite where the pattern says so.
            var model = new Linear(Tensor.zeros(DType.F32, 1, 1), null);
            int[] at = {0};
            var run = new Trainer(new Sgd(1e-3), 200).withBatchSize(1).withPrecision(precision).start(model, 1, (rows, pass) -> {
                double steep = overflow[at[0]++] == 1 ? 3e38 : 1; // twice, so that no scale makes it finite; the loss itself is 0
                return model.weight().sub(model.weight().detach()).mul(steep).mul(steep).sum();
            }, null, Rng.of(1));
            while (run.step()) {
                if (run.lossScale().value() != scales[at[0] - 1]) wrong++;
                steps++;
            }
            if (run.lossScale().skipped() != c.integer("expected.skipped")) wrong++;
            if (run.steps() != 200 - run.lossScale().skipped()) wrong++;
            cases++;
        }
        Evidence.of("patterns", cases, exactly(3));
        Evidence.of("steps", steps, exactly(600));
        Evidence.of("scales and skips that differ", wrong, exactly(0));
    }

    @Test
    @Acceptance(topic = "mixed-precision", clause = 3) void masterWeightsKeepSmallUpdates() {
        // Each step adds 1e-4 to a weight of 1, relatively: 10,000 of them make e.
        double[] ends = new double[2];
        for (int m = 0; m < 2; m++) {
            var w = Tensor.full(DType.BF16, 1.0).requiresGrad();
            var optimizer = new Sgd(1).over(w);
            if (m == 1) optimizer.withMasterWeights();
            double kept = 1;
            for (int t = 0; t < 10_000; t++) {
                optimizer.step(Tensor.full(DType.F32, -1e-4 * kept));
                kept *= 1 + 1e-4;
            }
            ends[m] = w.item();
        }
        Evidence.of("BF16 alone: its way from 1", ends[0] - 1, exactly(0));
        Evidence.of("with master weights, relative to e", Math.abs(ends[1] / Math.exp(1) - 1), atMost(0.01));
    }

    @Test
    @Tag("heavy")
    @Acceptance(topic = "mixed-precision", clause = 4) void fashionIsLearntAsWellInHalfWidths() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist());
        var fashion = Datasets.fashionMnist();
        Dataset train = flat(fashion.train().head(10_000)), test = flat(fashion.test());
        var losses = new double[3];
        var kinds = new MixedPrecision[] {null, MixedPrecision.bf16(), MixedPrecision.fp16()};
        for (int seed = 0; seed < 3; seed++) for (int k = 0; k < 3; k++) {
            var model = new Mlp(MlpConfig.classifier(784, 10, 128), Rng.of(50 + seed));
            var history = new Trainer(new Adam(1e-3), 3).withBatchSize(64).withPrecision(kinds[k]).fit(model, Loss::crossEntropy, train,
                    test, Rng.of(60 + seed), Progress.SILENT);
            losses[k] += history.validations()[2] / 3;
        }
        Evidence.of("test loss of F32", losses[0], above(0.1));
        Evidence.of("BF16: relative gap of the mean test loss", Math.abs(losses[1] / losses[0] - 1), atMost(0.01));
        Evidence.of("F16 with scaling: relative gap", Math.abs(losses[2] / losses[0] - 1), atMost(0.01));
        Evidence.of("bits do differ", Math.min(Math.abs(losses[1] - losses[0]), Math.abs(losses[2] - losses[0])), above(0));
    }

    private static Dataset flat(Dataset d) { return d.withX(d.x().reshape(d.size(), 784).to(DType.F32).div(255).compute()); }

    @Test void theTypeIsChosenByOperator() {
        var rng = Rng.of(1);
        var x = Tensor.randn(rng, DType.F32, 4, 6).compute();
        var linear = new Linear(6, 3, rng);
        var conv = new Conv2d(1, 2, 3, rng);
        for (var type : List.of(DType.BF16, DType.F16)) Autocast.in(type, () -> {
            assertThat(x.matmul(x.transpose()).dtype()).isEqualTo(type);
            assertThat(linear.forward(x).dtype()).isEqualTo(type);
            assertThat(conv.forward(Tensor.randn(rng, DType.F32, 1, 1, 5, 5)).dtype()).isEqualTo(type);
            assertThat(new Attention().of(x.unsqueeze(0).unsqueeze(0), x.unsqueeze(0).unsqueeze(0), x.unsqueeze(0).unsqueeze(0)).dtype())
                    .isEqualTo(type);
            var low = linear.forward(x);
            for (var sum : List.of(low.sum(), low.mean(), low.softmax(1), low.logSoftmax(1), low.logSumExp(1),
                    Loss.crossEntropy(Autocast.high(low), Tensor.of(new long[] {0, 1, 2, 0}))))
                assertThat(sum.dtype()).isEqualTo(DType.F32);
            assertThat(x.add(1).exp().dtype()).isEqualTo(DType.F32);
            assertThat(x.to(DType.F64).matmul(x.to(DType.F64).transpose()).dtype()).isEqualTo(DType.F64);
            assertThat(Autocast.in(DType.F32, () -> x.matmul(x.transpose()).dtype())).isEqualTo(DType.F32);
            return null;
        });
        assertThat(x.matmul(x.transpose()).dtype()).isEqualTo(DType.F32);
        assertThatThrownBy(() -> Autocast.in(DType.F64, () -> null)).isInstanceOf(DTypeException.class);
        assertThatThrownBy(() -> MixedPrecision.bf16().withType(DType.F32)).hasMessage("MixedPrecision: type is F32; it is BF16 or F16");
        assertThatThrownBy(() -> MixedPrecision.fp16(0)).hasMessage("MixedPrecision: scale is 0.0; it is above 0");
    }

    @Test void gradientsOfParametersStayWide() {
        var model = new Linear(3, 2, Rng.of(1));
        Autocast.in(DType.BF16, () -> {
            Loss.mse(model.forward(Tensor.ones(DType.F32, 4, 3)), Tensor.zeros(DType.F32, 4, 2)).backward();
            return null;
        });
        assertThat(model.weight().grad().dtype()).isEqualTo(DType.F32);
        assertThat(model.weight().dtype()).isEqualTo(DType.F32);
    }

    @Test void aRunInF16IsResumedWithItsScale(@TempDir Path folder) throws IOException {
        var data = Datasets.moons(Rng.of(1), 64, 0.2).to(DType.F32);
        var trainer = new Trainer(new Adam(0.01), 4).withBatchSize(8).withPrecision(MixedPrecision.fp16().withInterval(5))
                .withAveraging(0.9);
        var whole = new Linear(2, 2, Rng.of(2));
        trainer.fit(whole, Loss::crossEntropy, data, Rng.of(3));
        var first = new Linear(2, 2, Rng.of(2));
        var run = trainer.start(first, 64, BatchLoss.of(first, Loss::crossEntropy, data), null, Rng.of(3));
        for (int i = 0; i < 13; i++) run.step();
        run.save(folder.resolve("run"));
        var second = new Linear(2, 2, Rng.of(9));
        var resumed = trainer.start(second, 64, BatchLoss.of(second, Loss::crossEntropy, data), null, Rng.of(3));
        resumed.resume(folder.resolve("run"));
        assertThat(resumed.lossScale()).isEqualTo(run.lossScale()).isNotEqualTo(MixedPrecision.fp16().start());
        resumed.finish(Progress.SILENT);
        assertThat(second.weight().toDoubleArray()).isEqualTo(whole.weight().toDoubleArray());
    }
}
