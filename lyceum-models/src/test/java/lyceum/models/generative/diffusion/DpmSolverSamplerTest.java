package lyceum.models.generative.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.IntFunction;
import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Steps over a schedule for pictures: the multistep solver, the first steps of a schedule, and known parts. */
class DpmSolverSamplerTest {
    private static final double MEAN = 0.7, DEVIATION = 0.4;

    /** Half log signal-to-noise ratios evenly from 7 at step 1 to -4 at step T. */
    private static NoiseSchedule even(int steps) {
        return NoiseSchedule.of(steps, t -> 1 - share(t, steps) / (t == 1 ? 1 : share(t - 1, steps)));
    }

    private static double share(int t, int steps) { return 1 / (1 + Math.exp(-2 * (7 - 11.0 * (t - 1) / (steps - 1)))); }

    /** Largest distance to the probability flow's solution for one normal law, {@code m + d (x_T - a_T m) / sqrt(a_T^2 d^2 + s_T^2)}. */
    private static double error(IntFunction<DiffusionSampler> sampler, Prediction prediction, int steps) {
        var path = even(steps);
        var model = new DiffusionModel(path, prediction, MixtureDenoiser.normal(path, prediction, MEAN, DEVIATION));
        var start = Tensor.linspace(-2, 2, 9).to(DType.F64).reshape(9, 1).compute();
        double a = path.signal(steps), s = path.noise(steps);
        var exact = start.sub(a * MEAN).mul(DEVIATION / Math.sqrt(a * a * DEVIATION * DEVIATION + s * s)).add(MEAN);
        return sampler.apply(steps).sample(model, start, null, NoiseStreams.of(Rng.of(1), 9), Progress.SILENT).sub(exact).abs().max()
                .item();
    }

    @Test void itIsOfTheSecondOrder() {
        for (var prediction : Prediction.values()) {
            double coarse = error(DpmSolverSampler::new, prediction, 30), fine = error(DpmSolverSampler::new, prediction, 60);
            assertThat(coarse / fine).as(prediction.name()).isBetween(3.3, 5.0);
            double first = error(DdimSampler::new, prediction, 60);
            assertThat(error(DdimSampler::new, prediction, 30) / first).isBetween(1.7, 2.4);
            assertThat(fine).isLessThan(first / 5);
        }
    }

    /** Without signal at the last step the ratio is infinite there; the first step starts from the noise. */
    @Test void aScheduleMayEndInNoiseAlone() {
        var path = NoiseSchedule.linear(1000).endingInNoise();
        var model = new DiffusionModel(path, Prediction.VELOCITY, MixtureDenoiser.normal(path, Prediction.VELOCITY, MEAN, DEVIATION));
        var start = Tensor.linspace(-2, 2, 9).to(DType.F64).reshape(9, 1).compute();
        var x = new DpmSolverSampler(200).sample(model, start, null, NoiseStreams.of(Rng.of(1), 9), Progress.SILENT);
        assertThat(x.sub(start.mul(DEVIATION).add(MEAN)).abs().max().item()).isLessThan(0.02);
    }

    @Test void whatDoesNotFitIsNamed() {
        var path = NoiseSchedule.cosine(10);
        var model = new DiffusionModel(path, Prediction.NOISE, (x, t, c, pass) -> x);
        var noise = NoiseStreams.of(Rng.of(1), 2);
        var x = Tensor.zeros(2, 1);
        assertThatThrownBy(() -> new DpmSolverSampler(0)).hasMessageContaining("0 steps");
        assertThatThrownBy(() -> new DpmSolverSampler(11).sample(model, x, null, noise, Progress.SILENT)).hasMessageContaining("11 steps");
        var other = new DiffusionModel(new EdmPath(0.002, 80), Prediction.NOISE, model.denoiser());
        assertThatThrownBy(() -> new DpmSolverSampler(2).sample(other, x, null, noise, Progress.SILENT)).hasMessageContaining("OdeSampler");
    }

    @Test void theFirstStepsOfAScheduleAreOne() {
        var whole = NoiseSchedule.cosine(50);
        var part = whole.until(20);
        assertThat(part.steps()).isEqualTo(20);
        for (int t = 1; t <= 20; t++) {
            assertThat(part.beta(t)).isEqualTo(whole.beta(t));
            assertThat(part.alphaBar(t)).isEqualTo(whole.alphaBar(t));
        }
        assertThat(whole.until(50).alphaBar(50)).isEqualTo(whole.alphaBar(50));
        for (int steps : new int[] {0, 51}) assertThatThrownBy(() -> whole.until(steps)).hasMessageContaining("steps of 50");
    }

    /** Two spots at (1, 1, 1) and (-1, -1, -1): who knows two coordinates to be 1 draws a third of 1, and who knows nothing draws either. */
    @Test void theRestIsDrawnToGoWithWhatIsKnown() {
        var path = NoiseSchedule.linear(200);
        var known = Tensor.of(1.0, 1, 55).reshape(1, 3).expand(300, 3).compute();
        var free = Tensor.of(0.0, 0, 1).reshape(1, 3);
        for (var prediction : Prediction.values()) {
            var spots = new MixtureDenoiser(path, prediction, new double[][] {{1, 1, 1}, {-1, -1, -1}}, new double[] {0.1, 0.1},
                    new double[] {1, 1});
            var plain = new DiffusionModel(path, prediction, spots);
            var filled = new Inpainting(known, free).over(plain);
            for (var sampler : List.of(new DdimSampler(40), new DdimSampler(40).withEta(1), new DpmSolverSampler(40))) {
                assertThat(ones(plain, sampler)).isBetween(0.4, 0.6);
                assertThat(ones(filled, sampler)).as(prediction + " by " + sampler).isGreaterThan(0.95);
                var noise = NoiseStreams.of(Rng.of(2), 300);
                var x = sampler.sample(filled, filled.start(noise, DType.F64, 3), null, noise, Progress.SILENT);
                assertThat(x.narrow(1, 0, 2).sub(1).abs().max().item()).isLessThan(1e-9);
            }
        }
    }

    /** Share of 300 rows whose third coordinate is about 1. */
    private static double ones(DiffusionModel model, DiffusionSampler sampler) {
        var noise = NoiseStreams.of(Rng.of(2), 300);
        var x = sampler.sample(model, model.start(noise, DType.F64, 3), null, noise, Progress.SILENT).select(1, 2);
        return x.sub(1).abs().lt(0.6).to(DType.F64).mean().item();
    }

    /** A denoiser that says a variance too is left with it. */
    @Test void aLearnedVarianceIsNotTouched() {
        var path = NoiseSchedule.linear(50);
        Denoiser both = (x, t, c, pass) -> Tensor.concat(1, Activation.TANH.forward(x), x.mul(0).add(0.25));
        Tensor known = Tensor.full(DType.F64, 3, 2, 2), x = Tensor.randn(Rng.of(1), DType.F64, 2, 2);
        var model = new Inpainting(known, Tensor.of(0.0, 1).reshape(1, 2)).over(new DiffusionModel(path, Prediction.NOISE, both));
        var said = model.at(x, 20, null);
        assertThat(said.variance().sub(0.25).abs().max().item()).isZero();
        assertThat(said.clean().select(1, 0).sub(3).abs().max().item()).isLessThan(1e-9);
        assertThat(said.noise().item(0, 1)).isCloseTo(Math.tanh(x.item(0, 1)), Offset.offset(1e-12));
        assertThatThrownBy(() -> model.at(Tensor.zeros(2, 3), 20, null)).hasMessageContaining("known data (2, 2)");
    }
}
