package lyceum.models.generative.diffusion;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.DType;
import lyceum.linalg.OdeSolver;
import lyceum.models.generative.Preview;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ScoreSdeTest {
    private static final double[][] CENTRES = {{-1.2, 0.3}, {1, 0.6}, {0.4, -1.5}};
    private static final double[] DEVIATIONS = {0.4, 0.6, 0.3}, WEIGHTS = {0.4, 0.4, 0.2};
    private static final ScoreSde VP = ScoreSde.variancePreserving(), VE = ScoreSde.varianceExploding(0.01, 100);

    private static MixtureDenoiser mixture(NoisePath path) {
        return new MixtureDenoiser(path, Prediction.NOISE, CENTRES, DEVIATIONS, WEIGHTS);
    }

    /** Mean (2), then the covariance's three numbers, of the mixture. */
    private static double[] moments() {
        var m = new double[5];
        for (int k = 0; k < 3; k++) for (int c = 0; c < 2; c++) m[c] += WEIGHTS[k] * CENTRES[k][c];
        for (int k = 0; k < 3; k++) {
            double dx = CENTRES[k][0] - m[0], dy = CENTRES[k][1] - m[1], v = DEVIATIONS[k] * DEVIATIONS[k];
            m[2] += WEIGHTS[k] * (v + dx * dx);
            m[3] += WEIGHTS[k] * dx * dy;
            m[4] += WEIGHTS[k] * (v + dy * dy);
        }
        return m;
    }

    /** The largest distance of the samples' mean and covariance from the mixture's, in standard errors estimated from the samples. */
    private static double standardErrors(Tensor x) {
        double[] exact = moments();
        double[][] rows = x.toRows();
        int n = rows.length;
        double worst = 0;
        for (int q = 0; q < 5; q++) {
            double sum = 0, squares = 0;
            for (double[] r : rows) {
                double dx = r[0] - exact[0], dy = r[1] - exact[1];
                double v = switch (q) {
                    case 0 -> r[0];
                    case 1 -> r[1];
                    case 2 -> dx * dx;
                    case 3 -> dx * dy;
                    default -> dy * dy;
                };
                sum += v;
                squares += v * v;
            }
            double mean = sum / n, error = Math.sqrt((squares / n - mean * mean) / n);
            worst = Math.max(worst, Math.abs(mean - exact[q]) / error);
        }
        return worst;
    }

    @Tag("slow")
    @Acceptance(topic = "score-sde", clause = 1)
    @Test void reverseEquationAndFlowDrawTheMixturesMoments() {
        for (var sde : List.of(VP, VE)) {
            var model = mixture(sde).model();
            var noisy = model.generator(new SdeSampler(500), DType.F64, 2).sample(20_000, Rng.of(1));
            Evidence.of("reverse SDE, " + sde.kind(), standardErrors(noisy), atMost(3));
            var flowing = model.generator(new OdeSampler(OdeSampler.Method.DPM_SOLVER_2, 40), DType.F64, 2).sample(20_000, Rng.of(2));
            Evidence.of("flow, " + sde.kind(), standardErrors(flowing), atMost(3));
            var start = model.start(NoiseStreams.of(Rng.of(1), 2_000), DType.F64, 2);
            assertThat(standardErrors(start)).isGreaterThan(5);
        }
    }

    private static double logDensity(double[] x) {
        double sum = 0;
        for (int k = 0; k < 3; k++) {
            double v = DEVIATIONS[k] * DEVIATIONS[k], square = Math.pow(x[0] - CENTRES[k][0], 2) + Math.pow(x[1] - CENTRES[k][1], 2);
            sum += WEIGHTS[k] * Math.exp(-square / 2 / v) / (2 * Math.PI * v);
        }
        return Math.log(sum);
    }

    @Tag("slow")
    @Acceptance(topic = "score-sde", clause = 2)
    @Test void theFlowsLikelihoodIsTheTrueDensity() {
        var x = mixture(VP).draw(500, Rng.of(1));
        double[][] rows = x.toRows();
        for (var sde : List.of(VP.withLeast(1e-5), VE.withLeast(1e-5))) {
            double[] found = sde.logDensity(mixture(sde).model(), x, new OdeSolver(1e-5, 1e-5, 10_000)).toDoubleArray();
            double worst = 0;
            for (int i = 0; i < 500; i++) worst = Math.max(worst, Math.abs(found[i] - logDensity(rows[i])));
            Evidence.of("largest gap in nats, " + sde.kind(), worst, atMost(0.01));
        }
    }

    @Test void hutchinsonsEstimateIsUnbiased() {
        var x = mixture(VP).draw(1, Rng.of(1)).expand(400, 2).contiguous();
        var found = VP.logDensity(mixture(VP).model(), x, new OdeSolver(1e-4, 1e-4, 10_000), 1, Rng.of(2));
        double exact = logDensity(x.toRows()[0]), error = found.std().item() / 20;
        assertThat(Math.abs(found.mean().item() - exact)).isLessThan(4 * error + 0.01);
        assertThat(error).isGreaterThan(0);
    }

    /** The flow by the equations' formulas, one point at a time, to many digits. */
    private static double[] exactFlow(boolean exploding, double[] from) {
        return new OdeSolver(1e-11, 1e-11, 100_000).solve((t, y, dy) -> {
            double beta = 0.1 + 19.9 * t, integral = 0.1 * t + 9.95 * t * t, a = exploding ? 1 : Math.exp(-integral / 2), total = 0;
            double sigma = 0.01 * Math.pow(1e4, t), variance = exploding ? sigma * sigma - 1e-4 : 1 - a * a;
            var score = new double[2];
            for (int k = 0; k < 3; k++) {
                double v = a * a * DEVIATIONS[k] * DEVIATIONS[k] + variance, dx = y[0] - a * CENTRES[k][0], dz = y[1] - a * CENTRES[k][1];
                double p = WEIGHTS[k] / v * Math.exp(-(dx * dx + dz * dz) / 2 / v);
                total += p;
                score[0] -= p * dx / v;
                score[1] -= p * dz / v;
            }
            for (int c = 0; c < 2; c++)
                dy[c] = exploding ? -sigma * sigma * Math.log(1e4) * score[c] / total : -beta / 2 * (y[c] + score[c] / total);
        }, from, 1, VP.least());
    }

    private static final int POINTS = 100;
    private static final Tensor START = Tensor.randn(Rng.of(5), DType.F64, POINTS, 2).compute();
    private static final Map<ScoreSde, Tensor> ENDS = new ConcurrentHashMap<>();

    private static Tensor end(ScoreSde sde) {
        return ENDS.computeIfAbsent(sde, s -> {
            double[][] from = START.mul(s.endDeviation()).toRows(), to = new double[POINTS][];
            for (int i = 0; i < POINTS; i++) to[i] = exactFlow(s == VE, from[i]);
            return Tensor.of(to);
        });
    }

    private static double error(ScoreSde sde, OdeSampler sampler) {
        var x = sampler.sample(mixture(sde).model(), START.mul(sde.endDeviation()), null, NoiseStreams.of(Rng.of(1), POINTS),
                Progress.SILENT);
        return x.sub(end(sde)).square().mean().sqrt().item();
    }

    private static double order(OdeSampler.Method method, int... steps) {
        double[] x = new double[steps.length], y = new double[steps.length];
        for (int i = 0; i < steps.length; i++) {
            x[i] = Math.log(steps[i]);
            y[i] = -Math.log(error(VP, new OdeSampler(method, steps[i])));
        }
        return DdimSamplerTest.slope(x, y);
    }

    @Acceptance(topic = "score-sde", clause = 3)
    @Test void solversConvergeWithTheirOrders() {
        Evidence.of("Euler's order", order(OdeSampler.Method.EULER, 100, 200, 400, 800), between(0.8, 1.2));
        Evidence.of("Heun's order", order(OdeSampler.Method.HEUN, 100, 200, 400, 800), between(1.7, 2.3));
        Evidence.of("DPM-Solver-2's order", order(OdeSampler.Method.DPM_SOLVER_2, 20, 40, 80, 160), between(1.7, 2.3));
        assertThat(order(OdeSampler.Method.DPM_SOLVER_PP_2M, 40, 80, 160, 320)).isBetween(1.7, 2.3);
    }

    @Acceptance(topic = "score-sde", clause = 4)
    @Test void dpmSolverWithTenEvaluationsBeatsEulerWithTwenty() {
        OdeSampler dpm = new OdeSampler(OdeSampler.Method.DPM_SOLVER_2, 5), euler = new OdeSampler(OdeSampler.Method.EULER, 20);
        var asked = new int[1];
        var perfect = mixture(VP);
        var counted = VP.model((x, t, condition, pass) -> {
            asked[0]++;
            return perfect.predict(x, t, condition, pass);
        });
        dpm.sample(counted, START, null, NoiseStreams.of(Rng.of(1), POINTS), Progress.SILENT);
        Evidence.of("evaluations of DPM-Solver-2", asked[0], exactly(10));
        euler.sample(counted, START, null, NoiseStreams.of(Rng.of(1), POINTS), Progress.SILENT);
        Evidence.of("evaluations of Euler", asked[0] - 10, exactly(20));
        Evidence.of("error of DPM-Solver-2 over Euler's, VE", error(VE, dpm) / error(VE, euler), below(1));
        Evidence.of("the other way round on VP, where Euler's errors cancel: its over DPM-Solver-2's", error(VP, euler) / error(VP, dpm),
                below(1));
    }

    @Test void onlyAPreviewCostsMoreCalls() {
        var asked = new int[1];
        var perfect = mixture(VP);
        var counted = VP.model((x, t, condition, pass) -> {
            asked[0]++;
            return perfect.predict(x, t, condition, pass);
        });
        Progress listener = update -> {};
        Preview preview = (step, x, clean) -> assertThat(clean.shape()).isEqualTo(x.shape());
        for (var sampler : List.of(new OdeSampler(OdeSampler.Method.EULER, 6), new SdeSampler(6).withCleaned(false)))
            for (var progress : List.of(listener, preview)) {
                asked[0] = 0;
                sampler.sample(counted, START, null, NoiseStreams.of(Rng.of(1), POINTS), progress);
                assertThat(asked[0]).isEqualTo(progress == preview ? 12 : 6);
            }
    }

    @Acceptance(topic = "score-sde", clause = 5)
    @Test void reverseEulerStepsAreDdpmsPosteriorMeansToSecondOrder() {
        int steps = 1_000;
        var schedule = VP.discretised(steps);
        var ddpm = new Ddpm(schedule);
        var x = Tensor.randn(Rng.of(1), DType.F64, 50, 2).mul(1.5).compute();
        double worst = 0, least = Double.POSITIVE_INFINITY;
        for (int i = 1; i <= steps; i++) {
            double beta = schedule.beta(i);
            // Both ask for the score of the same law: the discrete marginal's, read as noise at either time.
            var score = mixture(schedule).score(x, i).compute();
            double t = (double) i / steps, sigma = VP.noise(t);
            var reading = VP.model((z, time, condition, pass) -> score.mul(-sigma));
            var euler = VP.reverseMean(reading, x, t, 1.0 / steps, null);
            // Gaussian conditioning on the perfect denoiser's word for the data.
            var clean = mixture(schedule).model().at(x, i, null).clean();
            var posterior = ddpm.posteriorMean(clean, x, i);
            var room = x.square().sum(1).sqrt().add(score.square().sum(1).sqrt()).mul(beta * beta);
            var ratio = euler.sub(posterior).square().sum(1).sqrt().div(room);
            worst = Math.max(worst, ratio.max().item());
            least = Math.min(least, beta);
        }
        Evidence.of("largest |difference| / (beta^2 (|x| + |score|))", worst, atMost(0.55));
        Evidence.of("and it is of that order", worst, above(0.2));
    }

    @Test void signalsNoiseAndDriftsBelongTogether() {
        for (var sde : List.of(VP, ScoreSde.subVariancePreserving(), VE)) for (double t = 0.05; t < 1; t += 0.1) {
            double h = 1e-5, a = sde.signal(t), s = sde.noise(t), g = sde.diffusion(t);
            // a' = drift a, and (s^2)' = 2 drift s^2 + g^2.
            assertThat((sde.signal(t + h) - sde.signal(t - h)) / (2 * h)).isCloseTo(sde.drift(t) * a,
                    offset(1e-6 * (1 + Math.abs(sde.drift(t)))));
            double rise = (Math.pow(sde.noise(t + h), 2) - Math.pow(sde.noise(t - h), 2)) / (2 * h);
            assertThat(rise).isCloseTo(2 * sde.drift(t) * s * s + g * g, offset(1e-5 * (1 + g * g)));
            assertThat(sde.timeOf(sde.logSnr(t))).isCloseTo(t, offset(1e-9));
        }
        assertThat(VP.signal(1)).isCloseTo(0.0066, offset(1e-4));
        assertThat(VE.noise(0)).isZero();
    }

    @Test void theCorrectorKeepsTheLawAndPreviewsAreSeen() {
        var model = mixture(VP).model();
        var x = model.generator(SdeSampler.predictorCorrector(150), DType.F64, 2).sample(3_000, Rng.of(1));
        assertThat(standardErrors(x)).isLessThan(4);
        var seen = new ArrayList<Long>();
        Preview preview = (step, at, clean) -> seen.add(step);
        for (var sampler : List.of(new SdeSampler(4), new OdeSampler(OdeSampler.Method.HEUN, 4),
                new OdeSampler(OdeSampler.Method.DPM_SOLVER_PP_2M, 4).withGrid(OdeSampler.Grid.KARRAS).withCleaned(true)))
            sampler.sample(model, START, null, NoiseStreams.of(Rng.of(1), POINTS), preview);
        assertThat(seen).containsExactly(1L, 2L, 3L, 4L, 1L, 2L, 3L, 4L, 1L, 2L, 3L, 4L);
    }

    @Test void aNetworkIsTrainedAndWhatDoesNotFitIsRefused() {
        var network = new PointDenoiser(new PointDenoiserConfig(2).forUnitTime(), Rng.of(1));
        for (boolean weighted : new boolean[] {false, true}) {
            var sde = VP.withLikelihoodWeighted(weighted);
            var loss = sde.loss(network, Tensor.randn(Rng.of(2), 64, 2), null, Pass.training(Rng.of(3)));
            loss.backward();
            assertThat(loss.item()).isPositive().isFinite();
        }
        assertThatThrownBy(() -> ScoreSde.varianceExploding(1, 0.5)).hasMessageContaining("rise");
        assertThatThrownBy(() -> VP.withLeast(0)).hasMessageContaining("least");
        assertThatThrownBy(() -> VE.discretised(10)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new OdeSampler(OdeSampler.Method.EULER, 0)).hasMessageContaining("0 steps");
        assertThatThrownBy(() -> new SdeSampler(5).sample(Planar.DDPM.model(network), START, null, null, Progress.SILENT))
                .hasMessageContaining("ScoreSde");
        assertThatThrownBy(() -> VE.logDensity(VP.model(network), START, new OdeSolver())).hasMessageContaining("path");
    }
}
