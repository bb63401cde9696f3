package lyceum.models.generative.diffusion;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import lyceum.DType;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ClassifierFreeGuidanceTest {
    private static final long NONE = 8;
    private static final PointDenoiser NETWORK = new PointDenoiser(new PointDenoiserConfig(2).withClasses(8), Rng.of(1));
    private static final Tensor X = Tensor.randn(Rng.of(2), 64, 2).compute(), CLASSES = Tensor.randint(Rng.of(3), 0, 8, 64).compute();

    private static int different(Tensor a, Tensor b) {
        float[] x = a.toFloatArray(), y = b.toFloatArray();
        int count = 0;
        for (int i = 0; i < x.length; i++) if (Float.floatToRawIntBits(x[i]) != Float.floatToRawIntBits(y[i])) count++;
        return count;
    }

    @Acceptance(topic = "classifier-free-guidance", clause = 1)
    @Test void weightOneIsTheConditionalAndWeightZeroTheUnconditionalModelBitForBit() {
        int one = 0, zero = 0, other = 0;
        for (boolean batched : new boolean[] {true, false})
            for (double rescale : new double[] {0, 0.7}) for (double t : new double[] {1, 300, 1000}) {
                var guidance = ClassifierFreeGuidance.ofClass(1, NONE).withBatched(batched).withRescale(rescale);
                var with = NETWORK.predict(X, t, CLASSES);
                var without = NETWORK.predict(X, t, Tensor.full(DType.I64, NONE, 64));
                one += different(guidance.guide(NETWORK).predict(X, t, CLASSES), with);
                zero += different(guidance.withWeight(w -> 0).guide(NETWORK).predict(X, t, CLASSES), without);
                other += different(guidance.withWeight(w -> 3).guide(NETWORK).predict(X, t, CLASSES), with) > 100 ? 1 : 0;
            }
        Evidence.of("numbers off at weight 1", one, exactly(0));
        Evidence.of("numbers off at weight 0", zero, exactly(0));
        Evidence.of("cases in which weight 3 differs", other, exactly(12));
    }

    @Acceptance(topic = "classifier-free-guidance", clause = 2)
    @Test void batchedAndTwoPassPredictionsAgree() {
        double worst = 0, off = 0;
        for (double w : new double[] {-1, 0.5, 2, 7.5}) for (double rescale : new double[] {0, 1}) {
            var guidance = ClassifierFreeGuidance.ofClass(w, NONE).withRescale(rescale);
            var batched = guidance.guide(NETWORK).predict(X, 500, CLASSES);
            var twice = guidance.withBatched(false).guide(NETWORK).predict(X, 500, CLASSES);
            worst = Math.max(worst, batched.sub(twice).abs().max().item());
            // And both are the formula, which a swapped order of the batch is not.
            Tensor with = NETWORK.predict(X, 500, CLASSES), without = NETWORK.predict(X, 500, Tensor.full(DType.I64, NONE, 64));
            if (rescale == 0) off = Math.max(off, batched.sub(without.add(with.sub(without).mul(w))).abs().max().item());
        }
        Evidence.of("largest distance", worst, atMost(1e-6));
        Evidence.of("largest distance from the formula", off, atMost(1e-5));
        var calls = new int[1];
        Denoiser counted = (x, t, condition, pass) -> {
            calls[0]++;
            return NETWORK.predict(x, t, condition, pass);
        };
        ClassifierFreeGuidance.ofClass(2, NONE).guide(counted).predict(X, 500, CLASSES);
        Evidence.of("calls of the network, batched", calls[0], exactly(1));
    }

    @Acceptance(topic = "classifier-free-guidance", clause = 3)
    @Test void conditionsAreDroppedAsOftenAsAsked() {
        double worst = 0;
        int n = 40_000;
        for (double p : new double[] {0.1, 0.2, 0.5}) for (int seed = 1; seed <= 3; seed++) {
            // Through the objective, as a network in training sees it.
            var seen = new long[1];
            Denoiser counting = (x, t, condition, pass) -> {
                seen[0] += (long) condition.eq(NONE).to(DType.F64).sum().item();
                return x;
            };
            var conditions = Tensor.randint(Rng.of(1), 0, 8, n);
            var loss = Planar.DDPM.over(counting, Tensor.zeros(n, 2), conditions, ConditionDropout.ofClass(p, NONE));
            loss.of(java.util.stream.IntStream.range(0, n).toArray(), Pass.training(Rng.of(seed)));
            worst = Math.max(worst, Math.abs(seen[0] - n * p) / Math.sqrt(n * p * (1 - p)));
        }
        Evidence.of("largest distance in binomial deviations", worst, atMost(3));
        // Vectors are dropped whole.
        var rows = new ConditionDropout(0.5, Tensor.zeros(3)).apply(Tensor.ones(1_000, 3), Rng.of(1)).sum(1);
        assertThat(rows.eq(0).or(rows.eq(3)).all().toBooleanArray()[0]).isTrue();
        assertThat(rows.mean().item()).isBetween(1.3, 1.7);
    }

    @Acceptance(topic = "classifier-free-guidance", clause = 4)
    @Test void guidanceTradesVarietyForFidelity() {
        int n = 2_000;
        var perfect = MixtureDenoiser.ring(NoiseSchedule.cosine(1000), Prediction.VELOCITY, 8, 2, 0.45);
        var conditions = Tensor.randint(Rng.of(4), 0, 8, n).compute();
        long[] wanted = conditions.toLongArray();
        double[][] centres = perfect.centres();
        double[] accuracy = new double[4], variance = new double[4];
        double[] weights = {0, 1, 2, 4};
        for (int k = 0; k < 4; k++) {
            var guided = perfect.model().with(ClassifierFreeGuidance.ofClass(weights[k], NONE)::guide);
            var noise = NoiseStreams.of(Rng.of(5), n);
            double[][] x = new DdimSampler(50).sample(guided, guided.start(noise, DType.F64, 2), conditions, noise, Progress.SILENT)
                    .toRows();
            double[][] sums = new double[8][3];
            double squares = 0;
            for (int i = 0; i < n; i++) {
                int nearest = 0;
                for (int c = 1; c < 8; c++) if (distance(x[i], centres[c]) < distance(x[i], centres[nearest])) nearest = c;
                if (nearest == wanted[i]) accuracy[k] += 1.0 / n;
                double[] s = sums[(int) wanted[i]];
                s[0] += x[i][0];
                s[1] += x[i][1];
                s[2]++;
                squares += x[i][0] * x[i][0] + x[i][1] * x[i][1];
            }
            for (double[] s : sums) squares -= (s[0] * s[0] + s[1] * s[1]) / s[2];
            variance[k] = squares / n;
        }
        Evidence.of("accuracy at weight 0", accuracy[0], atMost(0.2));
        Evidence.of("at weight 1", accuracy[1], atMost(0.95));
        Evidence.of("at weight 4", accuracy[3], atLeast(0.98));
        double fall = Double.NEGATIVE_INFINITY;
        for (int k = 1; k < 4; k++) fall = Math.max(fall, accuracy[k - 1] - accuracy[k]);
        Evidence.of("largest fall of accuracy from weight to weight", fall, atMost(0));
        Evidence.of("within-class variance at 4 over that at 1", variance[3] / variance[1], atMost(0.7));
    }

    private static double distance(double[] a, double[] b) { return Math.hypot(a[0] - b[0], a[1] - b[1]); }

    @Test void intervalsSchedulesAndRescaling() {
        var guidance = ClassifierFreeGuidance.ofClass(5, NONE).withFrom(200).withTo(600);
        assertThat(guidance.at(100)).isEqualTo(1);
        assertThat(guidance.at(400)).isEqualTo(5);
        assertThat(different(guidance.guide(NETWORK).predict(X, 700, CLASSES), NETWORK.predict(X, 700, CLASSES))).isZero();
        var scaled = guidance.withRescale(1).guide(NETWORK).predict(X, 400, CLASSES);
        var with = NETWORK.predict(X, 400, CLASSES);
        assertThat(scaled.get(3).std().item()).isCloseTo(with.get(3).std().item(), offset(1e-5));
        // A row without deviation, such as a single number, stays as it is; the one beside it does not.
        Denoiser flat = (x, t, condition, pass) -> x.mul(condition.to(x.dtype()).reshape(-1, 1));
        var rows = Tensor.of(new double[][] {{1, 1}, {1, 2}});
        double[] answers = guidance.withRescale(1).guide(flat).predict(rows, 400, Tensor.of(new long[] {3, 3})).toDoubleArray();
        assertThat(answers[0]).isEqualTo(8 + 5 * (3 - 8));
        assertThat(answers[1]).isEqualTo(8 + 5 * (3 - 8));
        assertThat(Math.abs(answers[3] - answers[2])).isCloseTo(3, offset(1e-9));
        // A negative prompt: away from class 2.
        var negative = ClassifierFreeGuidance.ofClass(2, 2).guide(NETWORK).predict(X, 400, CLASSES);
        var two = NETWORK.predict(X, 400, Tensor.full(DType.I64, 2, 64));
        assertThat(negative.sub(two.add(with.sub(two).mul(2))).abs().max().item()).isLessThan(1e-5);
        assertThatThrownBy(() -> guidance.withRescale(1.5)).hasMessageContaining("1.5");
        assertThatThrownBy(() -> guidance.withFrom(700)).hasMessageContaining("rise");
        assertThatThrownBy(() -> ClassifierFreeGuidance.ofClass(Double.NaN, NONE)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> ConditionDropout.ofClass(1.1, NONE)).hasMessageContaining("1.1");
    }
}
