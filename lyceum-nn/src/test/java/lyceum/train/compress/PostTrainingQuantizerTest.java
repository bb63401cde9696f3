package lyceum.train.compress;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.data.Datasets;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostTrainingQuantizerTest {

    @Test
    @Acceptance(topic = "ptq", clause = 1) void minMaxEqualsTorch() {
        int cases = 0, wrong = 0;
        for (var golden : Golden.load("golden/quantisation-ranges.json").list("cases")) {
            var r = new Recipe(golden.integer("input.seed"));
            double size = Math.pow(10, 4 * r.uniform() - 2), shift = 3 * r.bell();
            int batches = 1 + r.below(3), least = golden.integer("input.least"), most = golden.integer("input.most");
            var seen = new ArrayList<float[]>();
            for (int b = 0; b < batches; b++) {
                var x = r.bells(12);
                var floats = new float[12];
                for (int i = 0; i < 12; i++) floats[i] = (float) (size * (x[i] + shift));
                seen.add(floats);
            }
            var range = RangeCalibrator.minMax().of(seen, least, most, least < 0);
            if (range.scale() != golden.floats("expected.scale")[0] || range.zero() != golden.ints("expected.zero")[0]) wrong++;
            var channels = golden.floats("expected.channels");
            for (int c = 0; c < 3; c++) {
                var rows = new ArrayList<float[]>();
                for (var x : seen) rows.add(Arrays.copyOfRange(x, 4 * c, 4 * c + 4));
                int q = golden.text("name").contains("4") ? 8 : 128;
                if (RangeCalibrator.minMax().of(rows, -q, q - 1, true).scale() != channels[c]) wrong++;
                cases++;
            }
            cases++;
        }
        Evidence.of("ranges", cases, exactly(160));
        Evidence.of("that differ from MinMaxObserver", wrong, exactly(0));
    }

    @Test
    @Tag("slow")
    @Acceptance(topic = "ptq", clause = 2) void aFashionNetworkKeepsItsAccuracy() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var data = FashionCnn.DATA;
        var net = FashionCnn.trained();
        var calibration = data.train().head(200).x();
        double whole = Fashion.accuracy(net, data.test());
        double eight = Fashion.accuracy(new PostTrainingQuantizer().quantise(net, calibration), data.test());
        double four = Fashion.accuracy(new PostTrainingQuantizer().withWeightBits(4).quantise(net, calibration), data.test());
        Evidence.of("accuracy in floats (%)", whole, above(78));
        Evidence.of("points lost, W8A8", whole - eight, atMost(0.5));
        Evidence.of("points lost, W4A8 by channel", whole - four, atMost(5));
    }

    /** Planted in what each layer's calibrator sees; the inputs of the comparison are clean. */
    @Test
    @Acceptance(topic = "ptq", clause = 3) void percentilesIgnorePlantedOutliers() {
        var digits = Datasets.digits().shuffled(Rng.of(1)).to(DType.F32).scaled(1 / 16.0);
        var net = new Sequential(new Linear(64, 48, Rng.of(2)), Activation.RELU, new Linear(48, 32, Rng.of(3)), Activation.RELU,
                new Linear(32, 10, Rng.of(4)));
        new Trainer(new Adam(3e-3), 10).withBatchSize(50).fit(net, Loss::crossEntropy, digits.head(1200), Rng.of(5));
        var test = digits.range(1200, digits.size()).x();
        var exact = Autograd.noGrad(() -> net.forward(test).compute());
        double[] error = new double[2];
        long[] planted = new long[2];
        for (int i = 0; i < 2; i++) {
            int which = i;
            var inner = i == 0 ? RangeCalibrator.minMax() : RangeCalibrator.percentile(99.9);
            RangeCalibrator disturbed = (batches, least, most, symmetric) -> {
                var rng = Rng.of(6);
                var changed = new ArrayList<float[]>();
                long all = 0;
                for (var b : batches) all += b.length;
                for (var b : batches) changed.add(b.clone());
                for (long k = 0; k < Math.round(all * 1e-4); k++) {
                    var b = changed.get(rng.nextInt(changed.size()));
                    int at = rng.nextInt(b.length);
                    while (b[at] == 0 || b[at] > 20) at = rng.nextInt(b.length);
                    b[at] *= 50;
                    planted[which]++;
                }
                return inner.of(changed, least, most, symmetric);
            };
            var integers = new PostTrainingQuantizer().withCalibrator(disturbed).quantise(net, digits.head(1200).x());
            error[i] = integers.forward(test).sub(exact).square().mean().item();
        }
        Evidence.of("outliers planted", planted[0], above(2));
        Evidence.of("logit error of percentiles over that of min-max", error[1] / error[0], below(1));
        assertThat(planted[1]).isEqualTo(planted[0]);
    }

    private static Sequential random(int seed) {
        var rng = Rng.of(seed);
        int w = 5 + seed % 4;
        var net = new Sequential(new Conv2d(2, w, 3, new Convolution().withPadding(1).withStride(1 + seed % 2), rng), new BatchNorm(w),
                Activation.RELU, new Sequential(new Conv2d(w, 7, 3, rng), new BatchNorm(7)), Activation.RELU, new MaxPool2d(2),
                PostTrainingQuantizer.FLATTEN, new Linear(7 * (seed % 2 == 0 ? 9 : 1), 12, rng), Activation.RELU, new Linear(12, 4, rng));
        Autograd.noGrad(() -> net.state().forEach((name, t) -> {
            if (t.rank() == 1 && (name.startsWith("1.") || name.startsWith("3.1"))) t.copy_(Tensor
                    .rand(Rng.of(seed).split(name.hashCode()), t.count()).add(name.contains("mean") || name.contains("bias") ? -0.5 : 0.2));
        }));
        return net;
    }

    @Test
    @Acceptance(topic = "ptq", clause = 4) void equalisationLeavesTheOutput() {
        double worst = 0, ranges = Double.MAX_VALUE;
        for (int seed = 0; seed < 20; seed++) {
            var net = random(seed);
            var even = PostTrainingQuantizer.equalised(net);
            var x = Tensor.randn(Rng.of(seed).split(99), 4, 2, 8, 8).compute();
            worst = Math.max(worst, even.forward(x).sub(net.forward(x)).abs().max().item());
            ranges = Math.min(ranges, spread(PostTrainingQuantizer.folded(net)) / spread(even));
        }
        Evidence.of("output less that before", worst, atMost(1e-5));
        Evidence.of("spread of the channels' ranges, times smaller", ranges, above(1.2));
    }

    /** The largest range of the first layer's outputs over the least. */
    private static double spread(Sequential net) {
        var r = ((Conv2d) net.layers().getFirst()).weight().detach().abs().reshape(((Conv2d) net.layers().getFirst()).weight().size(0), -1)
                .max(1);
        return r.max().item() / r.min().item();
    }

    @Test
    @Acceptance(topic = "ptq", clause = 5) void foldingLeavesTheOutput() {
        double worst = 0;
        int norms = 0;
        for (int seed = 0; seed < 20; seed++) {
            var net = random(seed);
            var folded = PostTrainingQuantizer.folded(net);
            for (var layer : folded.layers()) if (layer instanceof BatchNorm) norms++;
            var x = Tensor.randn(Rng.of(seed).split(99), 4, 2, 8, 8).compute();
            worst = Math.max(worst, folded.forward(x).sub(net.forward(x)).abs().max().item());
        }
        Evidence.of("output less that before", worst, atMost(1e-5));
        Evidence.of("batch norms left", norms, exactly(0));
    }

    /** Against integers computed one at a time in long. */
    @Test void activationsInsideLinearLayersStayAndAdaptersAreRefused(@TempDir Path folder) throws IOException {
        var x = Tensor.randn(Rng.of(2), 50, 9).compute();
        Linear first = new Linear(9, 12, Rng.of(3)), second = new Linear(12, 8, Rng.of(4)), third = new Linear(8, 4, Rng.of(5));
        var joined = new Sequential(first.activated(Activation.TANH), new Sequential(second.activated(Activation.RELU)), third);
        var apart = new Sequential(first, Activation.TANH, second, Activation.RELU, third);
        double[] y = apart.forward(x).toDoubleArray();
        assertThat(PostTrainingQuantizer.folded(joined).forward(x).toDoubleArray()).isEqualTo(y);
        var quantizer = new PostTrainingQuantizer().withEqualise(true);
        assertThat(quantizer.quantise(joined, x).forward(x).toDoubleArray())
                .isEqualTo(quantizer.quantise(apart, x).forward(x).toDoubleArray());
        var qat = new Qat(8);
        assertThat(qat.prepare(joined, x).forward(x).toDoubleArray()).isEqualTo(qat.prepare(apart, x).forward(x).toDoubleArray());
        var file = folder.resolve("joined.safetensors");
        CompressedFile.write(file, new Sequential(first.activated(Activation.TANH), second.activated(Activation.RELU), third));
        assertThat(CompressedFile.read(file).forward(x).toDoubleArray()).isEqualTo(y);
        var factors = CompressionPipeline.factors(first.activated(Activation.TANH), 9);
        assertThat(new Sequential(factors.get(0), factors.get(1)).forward(x).sub(first.forward(x).tanh()).abs().max().item())
                .isLessThan(1e-5);

        var norm = new BatchNorm(12);
        norm.forward(x.matmul(Tensor.randn(Rng.of(6), 9, 12)), Pass.training(null));
        var normed = new Sequential(first.activated(Activation.TANH), norm);
        double[] z = normed.forward(x).toDoubleArray();
        assertThat(BatchNorm.fold(normed).forward(x).toDoubleArray()).isEqualTo(z);
        assertThatThrownBy(() -> norm.fold(first.activated(Activation.TANH))).hasMessageContaining("activation TANH");
        assertThat(PostTrainingQuantizer.folded(normed).forward(x).toDoubleArray()).isEqualTo(z);

        third.attach((in, out, pass) -> out.mul(2));
        assertThatThrownBy(() -> PostTrainingQuantizer.folded(joined)).hasMessageContaining("Linear has adapters");
        assertThatThrownBy(() -> qat.prepare(apart, x)).hasMessageContaining("Linear has adapters");
        assertThatThrownBy(() -> CompressedFile.write(file, new Sequential(third))).hasMessageContaining("Linear has adapters");
        assertThatThrownBy(() -> CompressionPipeline.factors(third, 2)).hasMessageContaining("Linear has adapters");
    }

    @Test void theIntegerModelIsIntegerArithmetic() {
        var layer = new Linear(9, 4, Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 6, 9).compute();
        var q = new PostTrainingQuantizer().withCorrectBiases(false).quantise(new Sequential(layer), x);
        var integers = (IntegerLayer) q.layers().getFirst();
        int[] w = integers.weight().integers().to(DType.I32).toIntArray(), in = integers.input().integers(x).toIntArray();
        float[] steps = integers.weight().scales().toFloatArray(), bias = layer.bias().detach().toFloatArray();
        double[][] y = q.forward(x).toRows();
        for (int b = 0; b < 6; b++) for (int o = 0; o < 4; o++) {
            long sum = 0;
            for (int k = 0; k < 9; k++) sum += (long) (in[b * 9 + k] - integers.input().zero()) * w[k * 4 + o];
            assertThat(y[b][o]).isCloseTo(sum * (double) steps[o] * integers.input().scale() + bias[o], within(1e-6));
        }
        assertThat(integers.bytes()).isEqualTo(36 + 16 + 16);
        var dynamic = new PostTrainingQuantizer().withDynamic(true).quantise(new Sequential(layer), x.mul(0.01));
        assertThat(dynamic.forward(x).sub(layer.forward(x)).abs().max().item()).as("ranges of its own").isLessThan(0.05);
    }

    @Test void calibratorsClipAsTheyPromise() {
        var rng = Rng.of(3);
        var x = Tensor.randn(rng, 20_000).toFloatArray();
        var sorted = x.clone();
        Arrays.sort(sorted);
        var full = RangeCalibrator.minMax().of(List.of(x), -8, 7, true);
        double most = Math.max(-sorted[0], sorted[19_999]);
        assertThat(full.scale()).isCloseTo((float) (most / 7.5), within(1e-6f));
        var mse = RangeCalibrator.mse().of(List.of(x), -8, 7, true);
        assertThat(mse.scale() * 7.5).as("the best clip of a Gaussian in 4 bits").isCloseTo(2.5, within(0.3));
        assertThat(RangeCalibrator.entropy().of(List.of(x), -8, 7, true).scale()).isLessThan(full.scale());
        assertThat(RangeCalibrator.percentile(99).of(List.of(x), -8, 7, false).high()).isLessThan((float) most);
        var moving = RangeCalibrator.movingAverage(0.5).of(List.of(new float[] {0, 1}, new float[] {0, 3}), 0, 200, false);
        assertThat(moving.scale()).isEqualTo(2f / 200);
        assertThatThrownBy(() -> RangeCalibrator.minMax().of(List.of(new float[] {Float.NaN}), 0, 1, false)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new PostTrainingQuantizer().withWeightBits(9)).hasMessageContaining("weights of 9");
        Module norm = new LayerNorm(4);
        assertThatThrownBy(() -> PostTrainingQuantizer.folded(new Sequential(norm))).hasMessageContaining("LayerNorm is not known");
    }
}
