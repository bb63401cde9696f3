package lyceum.train;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.data.DataLoader;
import lyceum.data.Datasets;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sgd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class GradientNoiseScaleTest {
    private static final int P = 5;
    private static final double SIGMA = 1.5;
    /** How far the weights are from the truth. */
    private static final double[] OFF = {0.5, -0.3, 0.8, 0.1, -0.6};

    /** Gradients of {@code (x'w - y)^2 / 2} with standard normal x and noise: {@code x (x'd - e)}, of mean d and covariance {@code (|d|^2 + sigma^2) I + d d'}. */
    private static Tensor gradients(Rng rng, int n) {
        var x = Tensor.randn(rng, DType.F64, n, P);
        var residual = x.matmul(Tensor.of(OFF)).sub(Tensor.randn(rng, DType.F64, n).mul(SIGMA));
        return x.mul(residual.unsqueeze(1)).compute();
    }

    private static double square(double[] v) {
        double sum = 0;
        for (double a : v) sum += a * a;
        return sum;
    }

    private static final double SIGNAL = square(OFF), NOISE = P * (SIGNAL + SIGMA * SIGMA) + SIGNAL;

    /** From the parts of a batch: norms as a run reports them. */
    private static GradientNorms norms(Tensor gradients, int parts) {
        int n = (int) gradients.size(0), b = n / parts;
        var units = new double[parts];
        var squares = new double[parts];
        for (int i = 0; i < parts; i++) {
            units[i] = b;
            squares[i] = square(gradients.narrow(0, (long) i * b, b).mean(0).toDoubleArray());
        }
        return new GradientNorms(n, square(gradients.mean(0).toDoubleArray()), units, squares);
    }

    @Test
    @Acceptance(topic = "gradient-noise-scale", clause = 1) void isThatOfAKnownCovarianceAndOfItsShards() {
        var all = gradients(Rng.of(4), 10_000);
        double perExample = GradientNoiseScale.of(all).value();
        Evidence.of("relative error from 10,000 examples", Math.abs(perExample / (NOISE / SIGNAL) - 1), below(0.05));
        // Shards of the same 10,000 examples, a hundred steps of four: by averages of both parts, with the error of the ratio by the jackknife.
        int steps = 100;
        double[] signal = new double[steps], noise = new double[steps];
        for (int t = 0; t < steps; t++) {
            var step = GradientNoiseScale.of(norms(all.narrow(0, 100L * t, 100), 4));
            signal[t] = step.signal();
            noise[t] = step.noise();
        }
        double s = sum(signal), v = sum(noise), ratio = v / s, spread = 0, mean = 0;
        var left = new double[steps];
        for (int t = 0; t < steps; t++) {
            left[t] = (v - noise[t]) / (s - signal[t]);
            mean += left[t] / steps;
        }
        for (double l : left) spread += (l - mean) * (l - mean);
        double error = Math.sqrt(spread * (steps - 1) / steps);
        Evidence.of("standard errors between shards and examples", Math.abs(ratio - perExample) / error, below(3));
        Evidence.of("the standard error, of the scale", error / ratio, below(0.2));
    }

    private static double sum(double[] v) {
        double sum = 0;
        for (double a : v) sum += a;
        return sum;
    }

    @Test
    @Acceptance(topic = "gradient-noise-scale", clause = 2) void progressOfAStepFollowsTheFormula() {
        // L = h |x|^2 / 2 at x with noise of a known trace: the best step for batch B gains dLmax / (1 + noise / B).
        double h = 2;
        var rng = Rng.of(5);
        double[] x = {1, -0.5, 0.25, 2, -1, 0.75, 1.5, -2};
        double g2 = h * h * square(x), deviation = 12, trace = x.length * deviation * deviation, most = g2 / (2 * h);
        var scale = new GradientNoiseScale(g2, trace);
        double worst = 0;
        int sizes = 0;
        for (int b = 1; b <= 1024; b *= 2, sizes++) {
            // The gain of a step r is linear and quadratic in it; both coefficients are measured, and the best r follows from them.
            int draws = 40_000;
            double[] noise = Tensor.randn(rng, DType.F64, (long) draws * x.length).mul(deviation / Math.sqrt(b)).toDoubleArray();
            double linear = 0, quadratic = 0;
            for (int d = 0; d < draws; d++) for (int i = 0; i < x.length; i++) {
                double g = h * x[i] + noise[d * x.length + i];
                linear += h * x[i] * g / draws;
                quadratic += h * g * g / 2 / draws;
            }
            double gain = linear * linear / (4 * quadratic);
            worst = Math.max(worst, Math.abs(scale.progress(b) * most / gain - 1));
        }
        Evidence.of("batch sizes", sizes, exactly(11));
        Evidence.of("noise scale", scale.value(), above(5));
        Evidence.of("largest relative gap of the gain", worst, below(0.05));
    }

    @Test
    @Acceptance(topic = "gradient-noise-scale", clause = 3) void bothPartsAreUnbiased() {
        int repeats = 2000;
        double[] worst = new double[3];
        for (int kind = 0; kind < 3; kind++) {
            double[] signal = new double[repeats], noise = new double[repeats];
            for (int r = 0; r < repeats; r++) {
                var g = gradients(Rng.of(7).split(kind).split(r), 24);
                var e = switch (kind) {
                    case 0 -> GradientNoiseScale.of(norms(g, 4));
                    case 1 -> GradientNoiseScale.of(g);
                    default -> uneven(g);
                };
                signal[r] = e.signal();
                noise[r] = e.noise();
            }
            worst[kind] = Math.max(errors(signal, SIGNAL), errors(noise, NOISE));
        }
        Evidence.of("standard errors from the truth, shards", worst[0], below(3));
        Evidence.of("standard errors from the truth, examples", worst[1], below(3));
        Evidence.of("standard errors from the truth, shards of 3, 5 and 16", worst[2], below(3));
    }

    private static GradientNoiseScale uneven(Tensor g) {
        double[] units = {3, 5, 16}, squares = new double[3];
        int from = 0;
        for (int i = 0; i < 3; from += (int) units[i++]) squares[i] = square(g.narrow(0, from, (long) units[i]).mean(0).toDoubleArray());
        return GradientNoiseScale.of(new GradientNorms(24, square(g.mean(0).toDoubleArray()), units, squares));
    }

    private static double errors(double[] values, double truth) {
        double mean = sum(values) / values.length, spread = 0;
        for (double v : values) spread += (v - mean) * (v - mean);
        return Math.abs(mean - truth) / Math.sqrt(spread / (values.length - 1) / values.length);
    }

    @Test
    @Acceptance(topic = "gradient-noise-scale", clause = 4) void growsDuringTrainingOnDigits() {
        var digits = Datasets.digits().to(DType.F32).scaled(1 / 16.0);
        var scales = new ArrayList<Double>();
        var model = new Mlp(MlpConfig.classifier(64, 10, 32), Rng.of(1));
        var tracker = new GradientNoiseScale.Tracker(0.98);
        new Trainer(new Sgd(0.1), 12).withBatchSize(32).withAccumulated(4).withListener(tracker)
                .withListener((run, epoch) -> scales.add(tracker.scale().value())).fit(model, Loss::crossEntropy, digits, Rng.of(2));
        Evidence.of("noise scale in the end over that after the first epoch", scales.getLast() / scales.getFirst(), above(2));
        int falls = 0;
        for (int i = 3; i < scales.size(); i += 3) if (scales.get(i) <= scales.get(i - 3)) falls++;
        Evidence.of("falls from one third epoch to the next", falls, exactly(0));
    }

    @Test void aRunReportsTheNormsOfItsShards() {
        var rng = Rng.of(1);
        var x = Tensor.randn(rng, DType.F64, 12, 3).compute();
        var y = Tensor.randn(rng, DType.F64, 12, 1).compute();
        var zero = new Linear(Tensor.zeros(DType.F64, 1, 3), null);
        var heard = new ArrayList<GradientNorms>();
        var listener = new Trainer.Listener() {
            @Override public void epochEnded(TrainingRun run, History.Epoch epoch) {}

            @Override public void stepEnded(TrainingRun run, GradientNorms norms) { heard.add(norms); }

            @Override public boolean wantsGradientNorms() { return true; }
        };
        new Trainer(new Sgd(0.1), 1).withBatchSize(12).withShards(3).withListener(listener)
                .start(zero, 12, (rows, pass) -> Loss.mse(zero.forward(x.rows(rows), pass), y.rows(rows)), null, Rng.of(2))
                .finish(Progress.SILENT);
        var norms = heard.getFirst();
        assertThat(norms.partUnits()).containsExactly(4, 4, 4);
        assertThat(norms.square()).isCloseTo(square(x.mul(y).mul(-2).mean(0).toDoubleArray()), within(1e-12));
        double[][] rows = x.mul(y).mul(-2).toRows();
        var order = DataLoader.of(12, 12, Rng.of(2).split(1)).pass(0).get(0);
        for (int s = 0; s < 3; s++) {
            var mean = new double[3];
            for (int i = 4 * s; i < 4 * s + 4; i++) for (int j = 0; j < 3; j++) mean[j] += rows[order[i]][j] / 4;
            assertThat(norms.partSquares()[s]).isCloseTo(square(mean), within(1e-12));
        }
    }

    @Test void tradeOffsAndErrors() {
        var scale = GradientNoiseScale.of(64, 0.5, 1024, 0.05);
        assertThat(scale.signal()).isCloseTo(0.02, within(1e-12));
        assertThat(scale.suggestedBatch()).isEqualTo(1536);
        assertThat(scale.steps(1536) * scale.progress(1536)).isCloseTo(1, within(1e-12));
        assertThat(scale.examples(scale.value())).isEqualTo(2);
        assertThat(new GradientNoiseScale(-1, 2).value()).isInfinite();
        assertThatThrownBy(() -> GradientNoiseScale.of(64, 1, 64, 1)).hasMessageContaining("the first is smaller");
        assertThatThrownBy(() -> new GradientNoiseScale.Tracker(0.9).scale()).hasMessageContaining("no step yet");
        var tracker = new GradientNoiseScale.Tracker(0.5);
        tracker.stepEnded(null, new GradientNorms(4, 1, new double[] {2, 2}, new double[] {2, 2}));
        var before = tracker.scale();
        for (double bad : new double[] {Double.POSITIVE_INFINITY, Double.NaN}) {
            tracker.stepEnded(null, new GradientNorms(4, bad, new double[] {2, 2}, new double[] {2, 2}));
            tracker.stepEnded(null, new GradientNorms(4, 1, new double[] {2, 2}, new double[] {bad, 2}));
        }
        assertThat(tracker.scale()).as("steps that overflowed are left out").isEqualTo(before);
        assertThatThrownBy(() -> GradientNoiseScale.of(new GradientNorms(4, 1, new double[] {4}, new double[] {1})))
                .hasMessageContaining("at least two shards");
    }
}
