package lyceum.models.generative.diffusion;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DdimSamplerTest {
    private static final NoiseSchedule LINEAR = NoiseSchedule.linear(1000, 1e-4, 0.02);

    @Acceptance(topic = "ddim", clause = 1)
    @Test void withEtaOneAndAllStepsItIsAncestralSampling() {
        var gap = Gap.absolute();
        for (var schedule : List.of(LINEAR, NoiseSchedule.cosine(1000), NoiseSchedule.of(0.3, 0.1, 0.5))) {
            var sampler = new DdimSampler(schedule.steps()).withEta(1);
            int[] visited = sampler.visited(schedule);
            for (int k = 0; k + 1 < visited.length; k++) {
                int t = visited[k];
                assertThat(visited[k + 1]).isEqualTo(t - 1);
                var c = sampler.jump(schedule, t, t - 1);
                double bar = schedule.alphaBar(t), before = schedule.alphaBar(t - 1), beta = schedule.beta(t);
                // By x_t and noise, as DDPM writes its mean: (x - beta / sqrt(1 - alphaBar) noise) / sqrt(alpha).
                double onX = c.onClean() / Math.sqrt(bar), onNoise = c.onNoise() - c.onClean() * Math.sqrt(1 - bar) / Math.sqrt(bar);
                gap.see("on x", onX, 1 / Math.sqrt(1 - beta));
                gap.see("on noise", onNoise, -beta / Math.sqrt(1 - bar) / Math.sqrt(1 - beta));
                gap.see("variance", c.sigma() * c.sigma(), beta * (1 - before) / (1 - bar));
            }
        }
        Evidence.of("coefficients against ancestral ones", gap, below(1e-10));
        // And the samplers that use them draw the same from the same streams.
        var model = Planar.data(NoiseSchedule.linear(40), Prediction.NOISE).model();
        var ddim = model.generator(new DdimSampler(40).withEta(1), DType.F64, 2).sample(50, Rng.of(1));
        var ancestral = model.generator(new AncestralSampler(Ddpm.Variance.POSTERIOR), DType.F64, 2).sample(50, Rng.of(1));
        Evidence.of("samples apart", ddim.sub(ancestral).abs().max().item(), below(1e-10));
    }

    @Tag("slow")
    @Acceptance(topic = "ddim", clause = 2)
    @Test void withEtaZeroEqualSeedsGiveEqualBits() {
        var model = Planar.trained();
        int different = 0, distinct = 0;
        for (var spacing : DdimSampler.Spacing.values()) {
            var sampler = new DdimSampler(10).withSpacing(spacing);
            var start = model.start(NoiseStreams.seeds(1, 2, 3, 1), DType.F32, 2);
            // Other streams while sampling: with eta 0 nothing is drawn from them.
            float[] first = sampler.sample(model, start, null, NoiseStreams.seeds(1, 2, 3, 1), Progress.SILENT).toFloatArray();
            float[] again = sampler.sample(model, start, null, NoiseStreams.seeds(9, 9, 9, 9), Progress.SILENT).toFloatArray();
            for (int i = 0; i < first.length; i++) if (Float.floatToIntBits(first[i]) != Float.floatToIntBits(again[i])) different++;
            if (first[0] != first[6] || first[1] != first[7]) different++;
            if (first[0] != first[2]) distinct++;
            float[] shaken = sampler.withEta(0.5).sample(model, start, null, NoiseStreams.seeds(9, 8, 7, 6), Progress.SILENT)
                    .toFloatArray();
            if (shaken[0] != first[0]) distinct++;
        }
        Evidence.of("numbers that differ", different, exactly(0));
        Evidence.of("other seeds, or eta above 0, that differ", distinct, exactly(4));
    }

    /** The map of the probability flow from the schedule's end to the data, for N(mu, s^2). */
    private static Tensor exactMap(Tensor x, double mu, double s) {
        double bar = LINEAR.alphaBar(1000);
        return x.sub(Math.sqrt(bar) * mu).mul(s / Math.sqrt(bar * s * s + 1 - bar)).add(mu);
    }

    @Acceptance(topic = "ddim", clause = 3)
    @Test void theErrorFallsAsOneOverTheSteps() {
        var x = Tensor.randn(Rng.of(1), DType.F64, 500, 1).compute();
        int[] steps = {20, 40, 50, 100, 200};
        for (double s : new double[] {0.5, 1, 2}) {
            double[] logSteps = new double[steps.length], logErrors = new double[steps.length];
            for (int i = 0; i < steps.length; i++) {
                var model = MixtureDenoiser.normal(LINEAR, Prediction.VELOCITY, 1, s).model();
                var y = new DdimSampler(steps[i]).sample(model, x, null, NoiseStreams.of(Rng.of(1), 500), Progress.SILENT);
                logSteps[i] = Math.log(steps[i]);
                logErrors[i] = Math.log(y.sub(exactMap(x, 1, s)).square().mean().sqrt().item());
            }
            Evidence.of("slope for deviation " + s, slope(logSteps, logErrors), between(-1.15, -0.85));
        }
    }

    static double slope(double[] x, double[] y) {
        double mx = Arrays.stream(x).average().orElseThrow(), my = Arrays.stream(y).average().orElseThrow(), top = 0, bottom = 0;
        for (int i = 0; i < x.length; i++) {
            top += (x[i] - mx) * (y[i] - my);
            bottom += (x[i] - mx) * (x[i] - mx);
        }
        return top / bottom;
    }

    @Acceptance(topic = "ddim", clause = 4)
    @Test void encodingAndDecodingReturnsTheData() {
        var x = Tensor.randn(Rng.of(1), DType.F64, 500, 1).compute();
        var model = MixtureDenoiser.normal(LINEAR, Prediction.NOISE, 0, 1).model();
        // For unit data the flow is the identity; for others the code is where the exact flow comes from.
        var other = x.mul(0.5).add(1).compute();
        var narrow = MixtureDenoiser.normal(LINEAR, Prediction.NOISE, 1, 0.5).model();
        double bar = LINEAR.alphaBar(1000);
        var truth = other.sub(1).mul(Math.sqrt(bar * 0.25 + 1 - bar) / 0.5).add(Math.sqrt(bar));
        assertThat(exactMap(truth, 1, 0.5).sub(other).abs().max().item()).isLessThan(1e-12);
        double[] errors = new double[2], off = new double[2];
        for (int k = 0; k < 2; k++) {
            var sampler = new DdimSampler(k == 0 ? 100 : 200);
            off[k] = sampler.invert(narrow, other, null, Progress.SILENT).sub(truth).norm().item() / truth.norm().item();
            var code = sampler.invert(model, x, null, Progress.SILENT);
            var back = sampler.sample(model, code, null, NoiseStreams.of(Rng.of(1), 500), Progress.SILENT);
            errors[k] = back.sub(x).norm().item() / x.norm().item();
        }
        Evidence.of("relative error at 200 steps", errors[1], atMost(2e-2));
        Evidence.of("error at 100 steps over that at 200", errors[0] / errors[1], between(1.8, 2.2));
        Evidence.of("codes of N(1, 0.25) from the exact ones at 200 steps", off[1], atMost(2e-2));
        Evidence.of("at 100 steps over that at 200", off[0] / off[1], between(1.7, 2.3));
    }

    @Tag("slow")
    @Acceptance(topic = "ddim", clause = 5)
    @Test void twentyStepsAreNearlyAsGoodAsAThousand() {
        var model = Planar.trained();
        var data = Planar.points(2_000, 77);
        var many = model.generator(Planar.DDPM.sampler(), DType.F32, 2).sample(2_000, Rng.of(3));
        var few = model.generator(new DdimSampler(20), DType.F32, 2).sample(2_000, Rng.of(3));
        double slow = Planar.sliced(many, data), fast = Planar.sliced(few, data);
        Evidence.of("sliced W2 of 20 steps over 1,000", fast / slow, atMost(1.5));
        Evidence.of("sliced W2 of 20 steps", fast, below(0.3));
        Evidence.of("of one step, for comparison",
                Planar.sliced(model.generator(new DdimSampler(1), DType.F32, 2).sample(2_000, Rng.of(3)), data), above(0.5));
    }

    @Test void interpolationGoesFromOnePictureToTheOther() {
        var model = Planar.data(NoiseSchedule.linear(100), Prediction.CLEAN).model();
        var start = model.start(NoiseStreams.seeds(1, 2), DType.F64, 2);
        var sampler = new DdimSampler(20);
        var ends = sampler.sample(model, start, null, NoiseStreams.seeds(1, 2), Progress.SILENT);
        var strip = sampler.withEta(0.7).interpolate(model, start.get(0), start.get(1), 5, null, Progress.SILENT);
        assertThat(strip.shape().toArray()).containsExactly(5, 2);
        assertThat(strip.get(0).sub(ends.get(0)).abs().max().item()).isLessThan(1e-9);
        assertThat(strip.get(4).sub(ends.get(1)).abs().max().item()).isLessThan(1e-9);
        // Of class 0, at (2, 0): all along the arc.
        var classes = MixtureDenoiser.ring(NoiseSchedule.linear(100), Prediction.CLEAN, 8, 2, 0.05).model();
        var within = sampler.interpolate(classes, start.get(0), start.get(1), 5, Tensor.zeros(DType.I64, 5), Progress.SILENT);
        assertThat(within.sub(Tensor.of(2.0, 0)).abs().max().item()).isLessThan(0.5);
    }

    @Test void allPredictionsOfOneMixtureDrawTheSame() {
        Tensor first = null;
        for (var prediction : Prediction.values()) {
            var model = Planar.data(NoiseSchedule.cosine(100), prediction).model();
            var x = model.generator(new DdimSampler(25, 0.3, DdimSampler.Spacing.QUADRATIC, 4), DType.F64, 2).sample(20, Rng.of(1));
            if (first == null) first = x;
            assertThat(x.sub(first).abs().max().item()).as(prediction.name()).isLessThan(1e-8);
        }
    }

    @Test void stepsThatDoNotFitAreRefused() {
        assertThat(new DdimSampler(4).visited(NoiseSchedule.linear(10))).containsExactly(10, 8, 5, 3, 0);
        assertThat(new DdimSampler(4).withSpacing(DdimSampler.Spacing.QUADRATIC).visited(NoiseSchedule.linear(100))).containsExactly(100,
                56, 25, 6, 0);
        assertThatThrownBy(() -> new DdimSampler(11).visited(NoiseSchedule.linear(10)))
                .hasMessageContaining("11 steps of a schedule that has 10");
        assertThatThrownBy(() -> new DdimSampler(0)).hasMessageContaining("0 steps");
        assertThatThrownBy(() -> new DdimSampler(5).withEta(1.1)).hasMessageContaining("1.1");
        assertThatThrownBy(() -> new DdimSampler(5).jump(LINEAR, 3, 3)).hasMessageContaining("earlier");
    }
}
