package lyceum.nn.loss;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Init;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.optim.Adam;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LabelSmoothingTest {

    @Test
    @Acceptance(topic = "label-smoothing", clause = 1) void equalsTorchWithWeightsAndIgnoreIndex() {
        var gap = Gap.relativeBeyondOne();
        int weights = 0, ignored = 0, both = 0;
        for (var c : LossCase.named("crossEntropy")) {
            var loss = (CrossEntropy) c.loss();
            if (loss.labelSmoothing() == 0) continue;
            c.see(gap, DType.F64);
            boolean w = loss.classWeights() != null, i = loss.ignoreIndex() >= 0;
            if (w) weights++;
            if (i) ignored++;
            if (w && i) both++;
        }
        Evidence.of("cases with weights", weights, exactly(20));
        Evidence.of("cases with an ignored class", ignored, exactly(14));
        Evidence.of("cases with both", both, exactly(8));
        Evidence.of("loss and gradient", gap, atMost(1e-6));
    }

    @Test
    @Acceptance(topic = "label-smoothing", clause = 2) void freeLogitsConvergeToTheGap() {
        double worst = 0;
        for (int classes : new int[] {2, 3, 10, 100}) for (double e : new double[] {0.01, 0.1, 0.4}) {
            var start = Tensor.randn(Rng.of(classes), DType.F64, classes).mul(3).toDoubleArray();
            int own = classes / 2;
            var loss = new CrossEntropy().withLabelSmoothing(e);
            var z = new Lbfgs().withGradientTolerance(1e-10)
                    .minimize(Objective.of(v -> loss.of(v, Tensor.of(new long[] {own}).reshape())), start).x();
            double gap = Math.log((1 - e + e / classes) / (e / classes));
            for (int k = 0; k < classes; k++) if (k != own) worst = Math.max(worst, Math.abs(z[own] - z[k] - gap));
        }
        Evidence.of("z_y - z_k less ln((1 - e + e/K) / (e/K))", worst, below(1e-3));
    }

    @Test
    @Acceptance(topic = "label-smoothing", clause = 3) void mixesCrossEntropyWithTheUniformOne() {
        double f64 = 0, f32 = 0;
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(300 + run);
            double e = rng.nextDouble();
            Tensor z = Tensor.randn(rng, DType.F64, 40, 6).mul(3).compute(), y = Tensor.randint(rng, 0, 6, 40);
            double plain = 0, uniform = 0;
            for (int i = 0; i < 40; i++) {
                double sum = 0;
                for (int k = 0; k < 6; k++) sum += Math.exp(z.item(i, k));
                plain += (Math.log(sum) - z.item(i, y.itemLong(i))) / 40;
                for (int k = 0; k < 6; k++) uniform += (Math.log(sum) - z.item(i, k)) / 240;
            }
            double mixed = (1 - e) * plain + e * uniform;
            var loss = new CrossEntropy().withLabelSmoothing(e);
            f64 = Math.max(f64, Math.abs(loss.of(z, y).item() - mixed));
            f32 = Math.max(f32, Math.abs(loss.of(z.to(DType.F32), y).item() / mixed - 1));
        }
        Evidence.of("F64", f64, atMost(1e-7));
        Evidence.of("F32, relative", f32, below(1e-6));
    }

    /** 500 images, which a layer of 128 learns by heart; the error over 15 bins on 10,000 others. */
    @Test
    @Tag("slow")
    @Acceptance(topic = "label-smoothing", clause = 4) void anOverfitNetworkIsBetterCalibrated() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var data = Datasets.fashionMnist();
        Dataset test = data.test().flat().to(DType.F32).scaled(1 / 255.0);
        int better = 0;
        double fit = 1;
        var gains = new ArrayList<Double>();
        for (int seed = 0; seed < 5; seed++) {
            var rows = Arrays.copyOf(Rng.of(seed).permutation(data.train().size()), 500);
            var train = data.train().rows(rows).flat().to(DType.F32).scaled(1 / 255.0);
            double[] errors = new double[2];
            for (int s = 0; s < 2; s++) {
                var net = new Mlp(MlpConfig.classifier(784, 10, 128), Init.heUniform(), Rng.of(100 + seed));
                var loss = new CrossEntropy().withLabelSmoothing(0.1 * s);
                new Trainer(new Adam(3e-3), 80).withBatchSize(100).fit(net, loss, train, Rng.of(200 + seed));
                var said = Autograd.noGrad(() -> net.forward(train.x()).argmax(1).eq(train.y()).to(DType.F64).mean().item());
                fit = Math.min(fit, said);
                errors[s] = calibrationError(Autograd.noGrad(() -> net.forward(test.x()).softmax(1)).toRows(), test.labels());
            }
            gains.add(errors[0] - errors[1]);
            if (errors[1] < errors[0]) better++;
        }
        Evidence.of("least accuracy on the training images", fit, atLeast(0.99));
        Evidence.of("seeds of five whose ECE is lower with 0.1", better, atLeast(4));
        Evidence.of("mean gain", gains.stream().mapToDouble(g -> g).average().orElseThrow(), atLeast(0));
    }

    private static double calibrationError(double[][] p, int[] labels) {
        double[] confidence = new double[15], right = new double[15];
        for (int i = 0; i < labels.length; i++) {
            int best = 0;
            for (int k = 1; k < p[i].length; k++) if (p[i][k] > p[i][best]) best = k;
            int bin = Math.min(14, (int) (15 * p[i][best]));
            confidence[bin] += p[i][best] / labels.length;
            if (best == labels[i]) right[bin] += 1.0 / labels.length;
        }
        double error = 0;
        for (int b = 0; b < 15; b++) error += Math.abs(confidence[b] - right[b]);
        return error;
    }

    /** The given mass against soft targets that were mixed by hand. */
    @Test void massGoesWhereItIsToldTo() {
        var rng = Rng.of(5);
        Tensor z = Tensor.randn(rng, DType.F64, 6, 3).compute(), y = Tensor.of(0L, 1, 2, 2, -100, 1), u = Tensor.of(0.5, 0.3, 0.2),
                w = Tensor.of(1.0, 2, 0.5);
        double e = 0.2, sum = 0, norm = 0;
        for (int i = 0; i < 6; i++) {
            if (i == 4) continue;
            int own = (int) y.itemLong(i);
            for (int k = 0; k < 3; k++) sum -= w.item(k) * ((k == own ? 1 - e : 0) + e * u.item(k)) * z.get(i).logSoftmax(0).item(k);
            norm += w.item(own);
        }
        var loss = new CrossEntropy().withLabelSmoothing(e).withSmoothedTo(u).withClassWeights(w);
        Evidence.of("class numbers", Math.abs(loss.of(z, y).item() - sum / norm), below(1e-14));
        var soft = Tensor.randn(rng, DType.F64, 6, 3).softmax(1).compute();
        double mixed = new CrossEntropy().of(z, soft.mul(1 - e).add(u.mul(e))).item();
        Evidence.of("probabilities", Math.abs(new CrossEntropy().withLabelSmoothing(e).withSmoothedTo(u).of(z, soft).item() - mixed),
                below(1e-14));
        assertThatThrownBy(() -> new CrossEntropy().withSmoothedTo(Tensor.of(0.5, 0.6)))
                .hasMessageContaining("probabilities that add up to 1");
        assertThatThrownBy(() -> loss.of(Tensor.zeros(2, 4), Tensor.of(0L, 1))).hasMessageContaining("3 class weights for 4 classes");
    }

    @Test void sequencesLeavePaddingOut() {
        var rng = Rng.of(6);
        var z = Tensor.randn(rng, DType.F64, 2, 5, 4).compute();
        var y = Tensor.of(new long[] {0, 1, 2, -100, 3, -100, 1, 4}, 2, 4);
        var loss = new CrossEntropy().withLabelSmoothing(0.1);
        var kept = List.of(new int[] {0, 0}, new int[] {0, 1}, new int[] {0, 2}, new int[] {1, 0}, new int[] {1, 2}, new int[] {1, 3});
        double sum = 0;
        for (var at : kept)
            sum += loss.of(z.get(at[0]).select(1, at[1]), Tensor.of(new long[] {y.itemLong(at[0], at[1])}).reshape()).item() / kept.size();
        Evidence.of("mean over tokens", Math.abs(loss.of(z, y).item() - sum), below(1e-14));
        var gradient = Autograd.grad(x -> loss.of(x, y)).apply(z);
        Evidence.of("gradient of padding", gradient.get(0).select(1, 3).abs().max().item(), exactly(0));
    }
}
