package lyceum.train.compress;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DistillerTest {

    @Test
    @Acceptance(topic = "knowledge-distillation", clause = 1) void lossEqualsTorch() {
        Gap values = Gap.relativeBeyondOne(), gradients = Gap.relativeBeyondOne();
        var cases = Golden.load("golden/distillation.json").list("cases");
        for (var golden : cases) {
            var r = new Recipe(golden.integer("input.seed"));
            int n = 1 + r.below(6), k = 2 + r.below(9);
            double t = 0.5 + 10 * r.uniform(), mix = r.uniform();
            Tensor z = Tensor.of(r.bells(n * k), n, k).mul(3).compute(), v = Tensor.of(r.bells(n * k), n, k).mul(3).compute(),
                    y = Tensor.of(r.belows(k, n)).to(DType.I64);
            var distiller = new Distiller(t, mix);
            values.see(golden, "expected.loss", distiller.loss(z, v, y).item());
            gradients.see(golden, "expected.gradient", Autograd.grad(x -> distiller.loss(x, v, y)).apply(z).toDoubleArray());
        }
        Evidence.of("cases", cases.size(), atLeast(10));
        Evidence.of("loss", values, atMost(1e-6));
        Evidence.of("gradient", gradients, atMost(1e-6));
    }

    @Test
    @Acceptance(topic = "knowledge-distillation", clause = 2) void hotSoftTargetsAreARegressionOnLogits() {
        double worst = 0;
        int examples = 0;
        for (int classes : new int[] {10, 30, 100, 1000}) for (int seed = 0; seed < 50; seed++, examples++) {
            Tensor z = standard(Rng.of(seed).split(1), classes), v = standard(Rng.of(seed).split(2), classes);
            var g = Autograd.grad(x -> new Distiller(100, 1).soft(x, v)).apply(z);
            var limit = z.sub(v).div(classes * 100.0 * 100);
            worst = Math.max(worst, g.sub(limit).norm().item() / limit.norm().item());
        }
        Evidence.of("examples", examples, exactly(200));
        Evidence.of("gradient beside (z - v) / (N T^2), relative", worst, atMost(0.02));
    }

    private static Tensor standard(Rng rng, int n) {
        var x = Tensor.randn(rng, DType.F64, 1, n);
        x = x.sub(x.mean());
        return x.div(x.square().mean().sqrt()).compute();
    }

    private static double[] biasFit(Module model, Dataset fit, Dataset test) {
        double[] best = {-1, 0};
        double[][] logits = Autograd.noGrad(() -> model.forward(fit.x())).toRows(),
                far = Autograd.noGrad(() -> model.forward(test.x())).toRows();
        for (double bias = 0; bias <= 60; bias += 0.25) {
            double right = share(logits, fit.labels(), bias, false);
            if (right > best[0]) best = new double[] {right, bias};
        }
        return new double[] {share(far, test.labels(), 0, true), share(far, test.labels(), best[1], true)};
    }

    private static double share(double[][] logits, int[] labels, double bias, boolean threes) {
        int n = 0, right = 0;
        for (int i = 0; i < labels.length; i++) {
            if (threes && labels[i] != 3) continue;
            int arg = 0;
            var z = logits[i].clone();
            z[3] += bias;
            for (int k = 1; k < z.length; k++) if (z[k] > z[arg]) arg = k;
            n++;
            if (arg == labels[i]) right++;
        }
        return 100.0 * right / n;
    }

    /** The bias of the 3 is the one of 241 that is right most often on 300 digits which neither network saw. */
    @Test
    @Acceptance(topic = "knowledge-distillation", clause = 3) void theDigitThatWasNeverSeen() {
        var digits = Datasets.digits().shuffled(Rng.of(1)).to(DType.F32).scaled(1 / 16.0);
        Dataset train = digits.head(1000), fit = digits.range(1000, 1300), test = digits.range(1300, digits.size());
        var teacher = new Mlp(MlpConfig.classifier(64, 10, 64), Rng.of(2));
        var trainer = new Trainer(new Adam(3e-3), 30).withBatchSize(50);
        trainer.fit(teacher, Loss::crossEntropy, train, Rng.of(3));
        int[] labels = train.labels(), rows = new int[labels.length];
        int n = 0;
        for (int i = 0; i < labels.length; i++) if (labels[i] != 3) rows[n++] = i;
        var transfer = train.rows(Arrays.copyOf(rows, n));
        Mlp student = new Mlp(MlpConfig.classifier(64, 10, 24), Rng.of(4)), control = new Mlp(MlpConfig.classifier(64, 10, 24), Rng.of(4));
        new Distiller(8, 1).fit(student, teacher, trainer.withEpochs(60), transfer, Rng.of(5));
        trainer.withEpochs(60).fit(control, Loss::crossEntropy, transfer, Rng.of(5));
        double[] soft = biasFit(student, fit, test), hard = biasFit(control, fit, test);
        Evidence.of("3s in the transfer set", Arrays.stream(transfer.labels()).filter(y -> y == 3).count(), exactly(0));
        Evidence.of("test 3s that the student knows after the bias fit (%)", soft[1], atLeast(70));
        Evidence.of("points above the control", soft[1] - hard[1], atLeast(30));
        Evidence.of("test 3s that the control knows without it (%)", hard[0], exactly(0));
    }

    @Test
    @Tag("heavy")
    @Acceptance(topic = "knowledge-distillation", clause = 4) void fiveHundredLabelsGoFurtherWithATeacher() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var data = Fashion.of(10_000);
        var teacher = new Mlp(MlpConfig.classifier(784, 10, 128), Rng.of(1));
        new Trainer(new Adam(1e-3), 8).withBatchSize(100).fit(teacher, Loss::crossEntropy, data.train(), Rng.of(2));
        double gain = 0;
        for (int seed = 0; seed < 5; seed++) {
            var few = data.train().rows(Arrays.copyOf(Rng.of(50 + seed).permutation(10_000), 500));
            Mlp soft = new Mlp(MlpConfig.classifier(784, 10, 64), Rng.of(60 + seed)), hard = Module.copy(soft);
            var trainer = new Trainer(new Adam(2e-3), 40).withBatchSize(50);
            new Distiller(4, 0.9).fit(soft, teacher, trainer, few, Rng.of(70 + seed));
            trainer.fit(hard, Loss::crossEntropy, few, Rng.of(70 + seed));
            gain += (Fashion.accuracy(soft, data.test()) - Fashion.accuracy(hard, data.test())) / 5;
        }
        Evidence.of("teacher's accuracy (%)", Fashion.accuracy(teacher, data.test()), above(83));
        Evidence.of("points gained over hard labels, mean of five seeds", gain, atLeast(1));
    }

    @Test void hintsBringHiddenValuesTogether() {
        var digits = Datasets.digits().to(DType.F32).scaled(1 / 16.0).head(200);
        Mlp teacher = new Mlp(MlpConfig.classifier(64, 10, 32), Rng.of(1)), student = new Mlp(MlpConfig.classifier(64, 10, 16), Rng.of(2));
        var before = student.state().get("layers.0.weight").toDoubleArray();
        var trainer = new Trainer(new Adam(3e-3), 15).withBatchSize(50);
        var hinted = new Distiller(2, 1, List.of(new Distiller.Hint("layers.0", "layers.0", 1)));
        var history = hinted.fit(student, teacher, trainer, digits, Rng.of(3));
        assertThat(history.epochs().getLast().loss()).isLessThan(history.epochs().getFirst().loss() * 0.7);
        assertThat(student.state().get("layers.0.weight").toDoubleArray()).isNotEqualTo(before);
        assertThat(student.state()).as("the projection is not the student's").hasSize(4);
        var pictures = digits.withX(digits.x().reshape(200, 1, 8, 8));
        var wide = Maps.network(8, 1);
        var narrow = Maps.network(4, 2);
        double first = Maps.difference(narrow, wide, pictures);
        new Distiller(2, 0.5, List.of(new Distiller.Hint("0", "0", 100, true))).fit(narrow, wide, trainer, pictures, Rng.of(3));
        assertThat(Maps.difference(narrow, wide, pictures)).isLessThan(0.8 * first);
        assertThatThrownBy(() -> new Distiller(2, 1, List.of(new Distiller.Hint("none", "layers.0", 1))).fit(student, teacher, trainer,
                digits, Rng.of(3))).hasMessageContaining("no point none");
    }

    /** Rows whose label is below 0 are left to the teacher; the rest count as if they were all. */
    @Test void unlabelledRowsAreTheTeachers() {
        Tensor z = Tensor.randn(Rng.of(1), DType.F64, 4, 3).compute(), v = Tensor.randn(Rng.of(2), DType.F64, 4, 3).compute();
        var half = new Distiller(2, 0.5);
        double hard = 0;
        double[][] p = z.logSoftmax(1).toRows();
        hard -= (p[0][1] + p[2][2]) / 4;
        assertThat(half.loss(z, v, Tensor.of(1L, -1, 2, -1)).item()).isCloseTo(2 * half.soft(z, v).item() + 0.5 * hard, within(1e-12));
        assertThat(half.loss(z, v, Tensor.of(-1L, -1, -1, -1)).item()).isCloseTo(2 * half.soft(z, v).item(), within(1e-12));
        assertThatThrownBy(() -> half.loss(z, v, null)).hasMessageContaining("no labels");
        assertThatThrownBy(() -> new Distiller(0, 1)).hasMessageContaining("temperature is 0.0");
        assertThatThrownBy(() -> half.loss(z, v.narrow(0, 0, 3), null)).hasMessageContaining("teacher's (3, 3)");
    }

    /** Networks whose attention maps can be compared. */
    private static final class Maps {
        static Sequential network(int channels, long seed) {
            return new Sequential(new Conv2d(1, channels, 3, Rng.of(seed)), Activation.RELU, Layer.of(x -> x.reshape(x.size(0), -1)),
                    new Linear(36 * channels, 10, Rng.of(seed + 10)));
        }

        static double difference(Module a, Module b, Dataset data) {
            return Autograd.noGrad(() -> map(a, data).sub(map(b, data)).square().mean().item());
        }

        private static Tensor map(Module model, Dataset data) {
            var y = ((Sequential) model).layers().getFirst().forward(data.x()).square().mean(1).reshape(data.size(), -1);
            return y.div(y.square().sum(1, true).sqrt());
        }
    }
}
