package lyceum.models.generative.diffusion;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.models.generative.Preview;
import lyceum.nn.Pass;
import lyceum.prob.MultivariateNormal;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DdpmTest {

    private static List<NoiseSchedule> schedules() {
        var random = new Random(1);
        return List.of(NoiseSchedule.linear(1000), NoiseSchedule.cosine(1000), NoiseSchedule.scaledLinear(1000, 0.00085, 0.012),
                NoiseSchedule.linear(1000).endingInNoise(), NoiseSchedule.of(50, t -> 0.01 + 0.3 * random.nextDouble()),
                NoiseSchedule.of(0.3));
    }

    @Acceptance(topic = "ddpm", clause = 1)
    @Test void iteratedNoisingIsTheClosedMarginalAndThePosteriorIsGaussianConditioning() {
        Gap marginal = Gap.absolute(), posterior = Gap.absolute();
        for (var schedule : schedules()) {
            var ddpm = new Ddpm(schedule).withPrediction(Prediction.VELOCITY);
            Tensor one = Tensor.of(1.0), none = Tensor.of(0.0);
            double mean = 1, variance = 0, alphas = 1;
            for (int t = 1; t <= schedule.steps(); t++) {
                // A unit of data and a unit of noise through the public step: x' = mean x + deviation epsilon.
                double deviation = ddpm.step(none, t, one).item(), before = mean, spread = variance;
                mean = ddpm.step(Tensor.of(mean), t, none).item();
                double factor = ddpm.step(one, t, none).item();
                variance = factor * factor * variance + deviation * deviation;
                marginal.see("mean", ddpm.noised(one, t, none).item(), mean);
                marginal.see("variance", Math.pow(ddpm.noised(none, t, one).item(), 2), variance);
                if (t == 1) {
                    posterior.see("first variance", schedule.posteriorVariance(1), 0);
                    posterior.see("first mean", ddpm.posteriorMean(Tensor.of(0.7), Tensor.of(-3.0), 1).item(), 0.7);
                    continue;
                }
                // x_(t-1) given x_0 = 0.7, then x_t from it by one step: condition the joint law on x_t = -0.4.
                var joint = new MultivariateNormal(new double[] {before * 0.7, factor * before * 0.7},
                        new double[][] {{spread, factor * spread}, {factor * spread, factor * factor * spread + deviation * deviation}});
                var known = joint.conditional(new int[] {1}, -0.4);
                posterior.see("mean", ddpm.posteriorMean(Tensor.of(0.7), Tensor.of(-0.4), t).item(), known.mean()[0]);
                posterior.see("variance", schedule.posteriorVariance(t), known.covariance()[0][0]);
            }
        }
        Evidence.of("iterated against closed marginal", marginal, below(1e-10));
        Evidence.of("posterior against conditioning", posterior, below(1e-10));
    }

    /** Mean and variance of what ancestral sampling draws from a normal law's perfect denoiser, by the affine recursion. */
    private static double[] recursion(NoiseSchedule schedule, double mu, double s, boolean beta) {
        double mean = 0, variance = 1;
        for (int t = schedule.steps(); t >= 1; t--) {
            double bar = schedule.alphaBar(t), before = schedule.alphaBar(t - 1), b = schedule.beta(t);
            // E[x_0 | x_t] of N(mu, s^2), then the mean of q(x_(t-1) | x_t, x_0).
            double gain = Math.sqrt(bar) * s * s / (bar * s * s + 1 - bar), onClean = Math.sqrt(before) * b / (1 - bar);
            double onNoisy = Math.sqrt(1 - b) * (1 - before) / (1 - bar), slope = onClean * gain + onNoisy;
            mean = slope * mean + onClean * mu * (1 - gain * Math.sqrt(bar));
            variance = slope * slope * variance + (t == 1 ? 0 : beta ? b : b * (1 - before) / (1 - bar));
        }
        return new double[] {mean, variance};
    }

    @Tag("slow")
    @Acceptance(topic = "ddpm", clause = 2)
    @Test void ancestralSamplesOfAPerfectDenoiserHaveTheMomentsOfTheExactRecursion() {
        var schedule = NoiseSchedule.linear(1000);
        int n = 20_000;
        double worstMean = 0, worstVariance = 0, offMean = 0, offVariance = 0;
        for (double s : new double[] {0.5, 1, 2}) for (var variance : List.of(Ddpm.Variance.BETA, Ddpm.Variance.POSTERIOR)) {
            if (variance == Ddpm.Variance.POSTERIOR && s != 0.5) continue; // the narrow law is the hardest for it
            double[] exact = recursion(schedule, 1, s, variance == Ddpm.Variance.BETA);
            offMean = Math.max(offMean, Math.abs(exact[0] - 1));
            offVariance = Math.max(offVariance, Math.abs(exact[1] / (s * s) - 1));
            var model = MixtureDenoiser.normal(schedule, Prediction.NOISE, 1, s).model();
            var x = model.generator(new AncestralSampler(variance), DType.F64, 1).sample(n, Rng.of(1));
            worstMean = Math.max(worstMean, Math.abs(x.mean().item() - exact[0]) / Math.sqrt(exact[1] / n));
            worstVariance = Math.max(worstVariance, Math.abs(x.var().item() - exact[1]) / (exact[1] * Math.sqrt(2.0 / (n - 1))));
        }
        Evidence.of("standard errors of the mean", worstMean, atMost(3));
        Evidence.of("standard errors of the variance", worstVariance, atMost(3));
        Evidence.of("exact mean off by", offMean, below(1e-3));
        Evidence.of("exact variance off by", offVariance, below(0.02));
    }

    @Tag("slow")
    @Acceptance(topic = "ddpm", clause = 3)
    @Test void aTrainedNetworkDrawsAllEightPlanarModes() {
        var model = Planar.trained();
        var x = model.generator(new AncestralSampler(Ddpm.Variance.BETA), DType.F32, 2).sample(1_000, Rng.of(3));
        double[] shares = Planar.shares(x);
        Evidence.of("share within three deviations", Arrays.stream(shares).sum(), atLeast(0.95));
        Evidence.of("least mode", Arrays.stream(shares).min().orElseThrow(), between(0.05, 0.2));
        Evidence.of("largest mode", Arrays.stream(shares).max().orElseThrow(), between(0.05, 0.2));
        var untrained = Planar.DDPM.model(new PointDenoiser(new PointDenoiserConfig(2), Rng.of(1)));
        var y = untrained.generator(Planar.DDPM.sampler(), DType.F32, 2).sample(200, Rng.of(3));
        assertThat(Arrays.stream(Planar.shares(y)).sum()).isLessThan(0.5);
    }

    /** E over standard normal noise of a quadratic, exactly, by the three-point Gauss-Hermite rule. */
    private static Tensor expected(Ddpm ddpm, Denoiser denoiser, Tensor x, int t) {
        Tensor sum = null;
        for (double[] node : new double[][] {{-Math.sqrt(3), 1.0 / 6}, {0, 2.0 / 3}, {Math.sqrt(3), 1.0 / 6}}) {
            Tensor steps = Tensor.full(DType.F64, t, x.size(0)), epsilon = Tensor.full(DType.F64, node[0], x.size(0), 1);
            var part = ddpm.term(denoiser, x, steps, epsilon, null).mul(node[1]);
            sum = sum == null ? part : sum.add(part);
        }
        return sum;
    }

    @Acceptance(topic = "ddpm", clause = 4)
    @Test void theBoundLiesAboveTheExactNegativeLogLikelihood() {
        double least = Double.POSITIVE_INFINITY, most = 0, aboveEntropy = Double.POSITIVE_INFINITY;
        for (int steps : new int[] {10, 100, 1000})
            for (double s : new double[] {0.5, 1, 2}) for (var variance : List.of(Ddpm.Variance.BETA, Ddpm.Variance.POSTERIOR)) {
                var ddpm = new Ddpm(NoiseSchedule.cosine(steps)).withVariance(variance);
                var schedule = ddpm.schedule();
                var perfect = MixtureDenoiser.normal(schedule, Prediction.NOISE, 1, s);
                for (double error : steps == 1000 ? new double[] {1} : new double[] {1, 0.8, 1.2}) {
                    Denoiser denoiser = (x, t, condition, pass) -> perfect.predict(x, t, condition, pass).mul(error);
                    var x = Tensor.of(1 - 2 * s, 1 - s, 1, 1 + s / 2, 1 + 2 * s).reshape(5, 1);
                    var bound = ddpm.priorTerm(x);
                    for (int t = 1; t <= steps; t++) bound = bound.add(expected(ddpm, denoiser, x, t));
                    // The exact law of the whole backward chain is normal: its moments by an affine recursion.
                    double mean = 0, spread = 1;
                    for (int t = steps; t >= 1; t--) {
                        double bar = schedule.alphaBar(t), b = schedule.beta(t);
                        double slope = Math.sqrt(1 - bar) / (bar * s * s + 1 - bar) * error; // noise = slope (x - sqrt(bar) mu)
                        double onNoise = b / Math.sqrt(1 - bar), root = Math.sqrt(1 - b);
                        double posterior = b * (1 - schedule.alphaBar(t - 1)) / (1 - bar);
                        double second = schedule.beta(2) * (1 - schedule.alphaBar(1)) / (1 - schedule.alphaBar(2));
                        mean = (mean - onNoise * slope * (mean - Math.sqrt(bar))) / root;
                        spread = Math.pow((1 - onNoise * slope) / root, 2) * spread
                                + (variance == Ddpm.Variance.BETA ? b : t == 1 ? second : posterior);
                    }
                    double[] bounds = bound.toDoubleArray(), values = x.toDoubleArray();
                    for (int i = 0; i < bounds.length; i++) {
                        double exact = 0.5 * (Math.log(2 * Math.PI * spread) + Math.pow(values[i] - mean, 2) / spread);
                        least = Math.min(least, bounds[i] - exact);
                    }
                    // Averaged over the data's law (the bound is a quadratic in x: three nodes again), above its entropy.
                    var nodes = Tensor.of(1 - s * Math.sqrt(3), 1, 1 + s * Math.sqrt(3)).reshape(3, 1);
                    var average = ddpm.priorTerm(nodes);
                    for (int t = 1; t <= steps; t++) average = average.add(expected(ddpm, denoiser, nodes, t));
                    double data = average.mul(Tensor.of(1.0 / 6, 2.0 / 3, 1.0 / 6)).sum().item();
                    if (error == 1 && steps == 1000 && variance == Ddpm.Variance.BETA)
                        most = Math.max(most, data - 0.5 * Math.log(2 * Math.PI * Math.E * s * s));
                    aboveEntropy = Math.min(aboveEntropy, data - 0.5 * Math.log(2 * Math.PI * Math.E * s * s));
                }
            }
        Evidence.of("least bound less the model's exact negative log-likelihood", least, above(0));
        Evidence.of("least mean bound less the data's entropy", aboveEntropy, above(0));
        Evidence.of("largest mean gap of a perfect denoiser at 1,000 steps: the bound is not idle", most, below(0.1));
    }

    @Test void theBoundByDrawsAgreesWithItsExpectation() {
        var ddpm = new Ddpm(NoiseSchedule.cosine(20));
        var denoiser = MixtureDenoiser.normal(ddpm.schedule(), Prediction.NOISE, 0, 1);
        var x = Tensor.full(DType.F64, 0.5, 4_000, 1);
        var drawn = ddpm.bound(denoiser, x, null, NoiseStreams.of(Rng.of(1), 4_000));
        double exact = ddpm.priorTerm(x).get(0).item();
        for (int t = 1; t <= 20; t++) exact += expected(ddpm, denoiser, x.narrow(0, 0, 1), t).item();
        assertThat(Math.abs(drawn.mean().item() - exact)).isLessThan(4 * drawn.std().item() / Math.sqrt(4_000));
    }

    @Test void binsOfPicturesAreProbabilitiesThatAddUpToOne() {
        var ddpm = new Ddpm(NoiseSchedule.linear(10)).withBins(16);
        Denoiser dull = (x, t, condition, pass) -> x.mul(0.1);
        double sum = 0;
        for (int k = 0; k < 16; k++) {
            double value = -1 + 2.0 * k / 15;
            // The same x_1 for every candidate x_0.
            double epsilon = (0.3 - ddpm.schedule().signal(1) * value) / ddpm.schedule().noise(1);
            sum += Math
                    .exp(-ddpm.term(dull, Tensor.of(value).reshape(1, 1), Tensor.of(1.0), Tensor.of(epsilon).reshape(1, 1), null).item());
        }
        assertThat(sum).isCloseTo(1, offset(1e-9));
    }

    @Test void predictionsConvertToEachOtherAndBack() {
        Tensor clean = Tensor.randn(Rng.of(1), DType.F64, 4, 3), noise = Tensor.randn(Rng.of(2), DType.F64, 4, 3);
        for (double a : new double[] {1, 0.8, 0.3}) for (double b : new double[] {0.6, 3}) {
            Tensor signal = Tensor.scalar(a), level = Tensor.scalar(b), x = clean.mul(a).add(noise.mul(b));
            for (var from : Prediction.values()) for (var to : Prediction.values()) {
                var said = from.as(to, from.of(clean, noise, signal, level), x, signal, level);
                assertThat(said.sub(to.of(clean, noise, signal, level)).abs().max().item()).as(from + " to " + to).isLessThan(1e-12);
            }
        }
    }

    @Test void anItemIsTheSameWhateverStandsBesideItAndPreviewsClearUp() {
        var model = Planar.data(NoiseSchedule.linear(50), Prediction.VELOCITY).model();
        var sampler = new AncestralSampler(Ddpm.Variance.POSTERIOR);
        var frames = new ArrayList<Double>();
        Preview preview = (step, x, clean) -> frames.add(clean.square().sum(1).sqrt().mean().item());
        var noise = NoiseStreams.seeds(5, 6, 7);
        var batch = sampler.sample(model, model.start(noise, DType.F64, 2), null, noise, preview);
        var alone = NoiseStreams.seeds(7);
        var one = sampler.sample(model, model.start(alone, DType.F64, 2), null, alone, Progress.SILENT);
        assertThat(one.get(0).toDoubleArray()).isEqualTo(batch.get(2).toDoubleArray());
        assertThat(batch.get(0).toDoubleArray()).isNotEqualTo(batch.get(1).toDoubleArray());
        assertThat(frames).hasSize(50);
        assertThat(frames.getLast()).isGreaterThan(1.2 * frames.getFirst());
        assertThatThrownBy(() -> sampler.sample(model, batch, null, noise, Progress.SILENT.stoppedBy(() -> true)))
                .isInstanceOf(CancelledException.class);
    }

    @Test void aLearnedVarianceLiesBetweenItsBoundsAndIsTaught() {
        var ddpm = new Ddpm(NoiseSchedule.linear(100)).withVariance(Ddpm.Variance.LEARNED).withObjective(Ddpm.Objective.HYBRID);
        var network = new PointDenoiser(new PointDenoiserConfig(2).withOutputs(2).withWidth(16), Rng.of(1));
        ddpm.loss(network, Tensor.randn(Rng.of(2), 32, 2), null, Pass.training(Rng.of(3))).backward();
        network.parameters().forEach((name, p) -> assertThat(p.grad()).as(name).isNotNull());
        var x = ddpm.model(network).generator(ddpm.sampler(), DType.F32, 2).sample(3, Rng.of(1));
        assertThat(x.isFinite().all().toBooleanArray()[0]).isTrue();
        // Said to be 1, it is beta; said to be -1, the posterior's.
        for (double said : new double[] {-1, 1}) {
            Denoiser fixed = (z, t, condition, pass) -> Tensor.concat(1, z.mul(0.1), Tensor.full(z.dtype(), said, z.shape().toArray()));
            var plain = new Ddpm(ddpm.schedule()).withVariance(said == 1 ? Ddpm.Variance.BETA : Ddpm.Variance.POSTERIOR);
            Tensor data = Tensor.randn(Rng.of(1), DType.F64, 5, 2), steps = Tensor.of(1.0, 2, 10, 50, 100), e = data.mul(0.3);
            var gap = ddpm.term(fixed, data, steps, e, null).sub(plain.term((z, t, condition, pass) -> z.mul(0.1), data, steps, e, null));
            assertThat(gap.abs().max().item()).isLessThan(1e-9);
        }
    }

    @Test void whatDoesNotFitIsRefused() {
        var ddpm = new Ddpm(NoiseSchedule.linear(10));
        assertThatThrownBy(() -> NoiseSchedule.of(0.1, 1.2)).hasMessageContaining("beta of step 2 is 1.2");
        assertThatThrownBy(() -> NoiseSchedule.of(0.1, Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> NoiseSchedule.of()).hasMessageContaining("no steps");
        assertThatThrownBy(() -> ddpm.schedule().signal(2.5)).hasMessageContaining("2.5");
        assertThatThrownBy(() -> ddpm.schedule().alphaBar(11)).hasMessageContaining("11 of 10");
        assertThatThrownBy(() -> new Ddpm(NoiseSchedule.linear(10).endingInNoise()).model((x, t, c, pass) -> x))
                .hasMessageContaining("VELOCITY");
        for (var blind : new Prediction[] {Prediction.NOISE, Prediction.SCORE})
            assertThatThrownBy(() -> new Ddpm(NoiseSchedule.linear(10).endingInNoise()).withPrediction(blind).loss((x, t, c, pass) -> x,
                    Tensor.zeros(3, 2), null, Pass.training(Rng.of(1)))).hasMessageContaining("VELOCITY");
        assertThatThrownBy(() -> ddpm.over((x, t, c, pass) -> x, Tensor.zeros(3, 2), Tensor.zeros(3), ConditionDropout.ofClass(0.5, 8))
                .of(new int[] {0}, Pass.inference())).hasMessageContaining("dropped at random");
        assertThatThrownBy(() -> ddpm.withVariance(Ddpm.Variance.LEARNED).loss((x, t, c, pass) -> x, Tensor.zeros(3, 2), null,
                Pass.training(Rng.of(1)))).hasMessageContaining("HYBRID");
        assertThatThrownBy(() -> ddpm.loss((x, t, c, pass) -> x, Tensor.zeros(3, 2), null, Pass.inference()))
                .hasMessageContaining("Pass.training");
        assertThatThrownBy(() -> ddpm.loss((x, t, c, pass) -> x.narrow(1, 0, 1), Tensor.zeros(3, 2), null, Pass.training(Rng.of(1))))
                .isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new PointDenoiser(new PointDenoiserConfig(2), Rng.of(1)).predict(Tensor.zeros(3, 3), 1, null))
                .isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new AncestralSampler(Ddpm.Variance.BETA, 0)).hasMessageContaining("clip");
    }
}
