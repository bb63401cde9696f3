package lyceum.models.generative.diffusion;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Lu;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ScoreMatchingTest {
    private static final double[] CENTRES = {-1.5, 0.5, 2}, DEVIATIONS = {0.5, 0.8, 0.4}, WEIGHTS = {0.3, 0.5, 0.2};

    /** The density of the mixture with variances increased by v, and its score, by definition. */
    private static double density(double x, double v) {
        double sum = 0;
        for (int k = 0; k < 3; k++) {
            double variance = DEVIATIONS[k] * DEVIATIONS[k] + v;
            sum += WEIGHTS[k] * Math.exp(-Math.pow(x - CENTRES[k], 2) / 2 / variance) / Math.sqrt(2 * Math.PI * variance);
        }
        return sum;
    }

    private static double score(double x, double v) {
        double top = 0;
        for (int k = 0; k < 3; k++) {
            double variance = DEVIATIONS[k] * DEVIATIONS[k] + v;
            top -= WEIGHTS[k] * Math.exp(-Math.pow(x - CENTRES[k], 2) / 2 / variance) / Math.sqrt(2 * Math.PI * variance) * (x - CENTRES[k])
                    / variance;
        }
        return top / density(x, v);
    }

    /** A grid whose plain sums integrate smooth functions that vanish at its ends to many digits. */
    private static double[] grid(double from, double to, int n) {
        var values = new double[n];
        for (int i = 0; i < n; i++) values[i] = from + (to - from) * (i + 0.5) / n;
        return values;
    }

    private static double mean(Tensor values, double[] weights) { return values.mul(Tensor.of(weights)).sum().item(); }

    private static double[] weights(double[] grid, DoubleUnaryOperator density) {
        var w = Arrays.stream(grid).map(density).toArray();
        double sum = Arrays.stream(w).sum();
        return Arrays.stream(w).map(v -> v / sum).toArray();
    }

    /** A family of scores that does not hold the truth: a bent line. */
    private static UnaryOperator<Tensor> model(double a, double b, double c) { return x -> x.mul(-a).add(x.mul(b).sin()).add(c); }

    @Acceptance(topic = "score-matching", clause = 1)
    @Test void theGaussianFitIsTheMaximumLikelihoodMeanAndPrecision() {
        double worst = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var mix = Tensor.randn(Rng.of(seed), DType.F64, 3, 3);
            var x = Tensor.randn(Rng.of(seed + 10), DType.F64, 400, 3).matmul(mix).add(Tensor.of(1.0, -2, 0.5)).compute();
            // Energy (x - m)' L (x - m) / 2 by a full symmetric L (6 numbers) and L m (3): 9 parameters.
            var spread = new int[] {0, 1, 2, 1, 3, 4, 2, 4, 5};
            var fitted = ScoreMatching.fit((theta, z) -> {
                var l = theta.narrow(0, 0, 6).indexSelect(0, Tensor.of(spread)).reshape(3, 3);
                return z.matmul(l).mul(z).sum(1).div(2).sub(z.matmul(theta.narrow(0, 6, 3).reshape(3, 1)).squeeze(1));
            }, x, new double[] {1, 0, 0, 1, 0, 1, 0, 0, 0}, Progress.SILENT);
            double[] theta = fitted.x();
            // The maximum-likelihood mean, and precision times covariance, which is the identity.
            var l = Tensor.of(Arrays.stream(spread).mapToDouble(i -> theta[i]).toArray(), 3, 3);
            Tensor m = x.mean(0), off = x.sub(m), covariance = off.transpose().matmul(off).div(400);
            var precision = Lu.of(covariance).solve(Tensor.eye(DType.F64, 3));
            worst = Math.max(worst, l.sub(precision).abs().max().item() / precision.abs().max().item());
            var mean = Lu.of(l).solve(Tensor.of(Arrays.copyOfRange(theta, 6, 9)).reshape(3, 1)).squeeze(1);
            worst = Math.max(worst, mean.sub(m).abs().max().item());
        }
        Evidence.of("largest gap of mean and precision", worst, below(1e-8));
    }

    @Acceptance(topic = "score-matching", clause = 2)
    @Test void theImplicitObjectiveAndHalfTheFisherDivergenceDifferByOneConstant() {
        double[] grid = grid(-8, 9, 3_000), weight = weights(grid, x -> density(x, 0));
        var x = Tensor.of(grid, grid.length, 1);
        double[] truth = Arrays.stream(grid).map(v -> score(v, 0)).toArray();
        var rng = Rng.of(1);
        double low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY, least = low, most = high;
        for (int i = 0; i < 50; i++) {
            var s = model(2 * rng.nextDouble(), 3 * rng.nextDouble(), rng.nextGaussian());
            double fisher = mean(s.apply(x).squeeze(1).sub(Tensor.of(truth)).square().div(2), weight);
            double gap = mean(ScoreMatching.explicit(s, x), weight) - fisher;
            low = Math.min(low, gap);
            high = Math.max(high, gap);
            least = Math.min(least, fisher);
            most = Math.max(most, fisher);
        }
        Evidence.of("spread of the difference over the range of the divergence", (high - low) / (most - least), atMost(0.01));
        Evidence.of("range of the divergence", most - least, above(1));
    }

    private static Mlp tanh(int d, long seed) {
        return new Mlp(MlpConfig.regressor(d, d, 16, 16).withActivation(Activation.TANH).withDtype(DType.F64), Rng.of(seed));
    }

    @Acceptance(topic = "score-matching", clause = 3)
    @Test void theSlicedFormIsTheTraceFormInTheMean() {
        double worst = 0, spread = 0;
        int n = 10_000;
        for (int d : new int[] {2, 5}) for (boolean signs : new boolean[] {true, false}) for (int seed = 1; seed <= 3; seed++) {
            var net = tanh(d, seed);
            var point = Tensor.randn(Rng.of(seed + 20), DType.F64, 1, d);
            double exact = ScoreMatching.explicit(net::forward, point).item();
            // The trace again, by central differences.
            double trace = 0, h = 1e-5;
            for (int k = 0; k < d; k++) {
                var e = Tensor.arange(d).eq(k).to(DType.F64).mul(h).reshape(1, d);
                trace += net.forward(point.add(e)).sub(net.forward(point.sub(e))).get(0, k).item() / (2 * h);
            }
            assertThat(exact - net.forward(point).square().sum().item() / 2).isCloseTo(trace, offset(1e-8));
            var v = signs ? Tensor.rand(Rng.of(seed + 30), DType.F64, n, d).lt(0.5).to(DType.F64).mul(2).sub(1)
                    : Tensor.randn(Rng.of(seed + 30), DType.F64, n, d);
            var values = ScoreMatching.sliced(net::forward, point.expand(n, d).contiguous(), v);
            double error = values.std().item() / Math.sqrt(n);
            spread = Math.max(spread, error);
            worst = Math.max(worst, Math.abs(values.mean().item() - exact) / error);
        }
        Evidence.of("largest gap in standard errors", worst, atMost(3));
        Evidence.of("largest standard error", spread, above(0));
    }

    private static double cosine(Tensor a, Tensor b) {
        return a.mul(b).sum(1).div(a.square().sum(1).sqrt().mul(b.square().sum(1).sqrt())).mean().item();
    }

    @Tag("slow")
    @Acceptance(topic = "score-matching", clause = 4)
    @Test void aNetworkLearnsTheScoreOfAPlanarMixture() {
        var data = MixtureDenoiser.ring(new NoiseLadder(1), Prediction.SCORE, 4, 2, 0.6);
        var x = data.draw(4_096, Rng.of(1)).to(DType.F32);
        var fresh = data.draw(2_000, Rng.of(2)).to(DType.F32);
        // The true score, as the gradient of the log density at no noise.
        var truth = Autograd.grad((Tensor z) -> data.logDensity(z, 0).sum()).apply(fresh);
        for (var objective : new ScoreMatching[] {ScoreMatching.explicit(), ScoreMatching.sliced(1)}) {
            var network = new PointDenoiser(new PointDenoiserConfig(2), Rng.of(1));
            double before = cosine(network.predict(fresh, 0, null), truth);
            Planar.train(network, objective, x, 800, 3e-3, Rng.of(3));
            Evidence.of("mean cosine, " + objective.form(), cosine(network.predict(fresh, 0, null), truth), atLeast(0.95));
            Evidence.of("before training", before, below(0.7));
        }
    }

    @Acceptance(topic = "denoising-score-matching", clause = 1)
    @Test void thePosteriorMeanOfTheTargetIsTheNoisedScore() {
        double worst = 0;
        int points = 0;
        double[] grid = grid(-9, 10, 40_000);
        var x = Tensor.of(grid);
        for (double sigma : new double[] {0.1, 0.5, 1, 3}) for (double noisy = -4; noisy <= 5; noisy += 0.5) {
            double at = noisy;
            double[] posterior = weights(grid, v -> density(v, 0) * Math.exp(-Math.pow((at - v) / sigma, 2) / 2));
            double mean = mean(ScoreMatching.target(x, Tensor.of(at), sigma), posterior), exact = score(at, sigma * sigma);
            worst = Math.max(worst, Math.abs(mean - exact));
            points++;
        }
        Evidence.of("points", points, exactly(76));
        Evidence.of("largest gap to the noised score", worst, below(1e-10));
    }

    @Acceptance(topic = "denoising-score-matching", clause = 2)
    @Test void theDenoisingAndTheExplicitObjectiveDifferByOneConstant() {
        double sigma = 0.7;
        double[] clean = grid(-5, 5, 200), noise = grid(-6, 6, 100), noised = grid(-9, 10, 2_000);
        double[] onClean = weights(clean, v -> density(v, 0)), onNoise = weights(noise, e -> Math.exp(-e * e / 2));
        double[] onNoised = weights(noised, v -> density(v, sigma * sigma));
        int n = clean.length * noise.length;
        double[] pairs = new double[n], shocks = new double[n], weight = new double[n];
        for (int i = 0; i < clean.length; i++) for (int j = 0; j < noise.length; j++) {
            int k = i * noise.length + j;
            pairs[k] = clean[i];
            shocks[k] = noise[j];
            weight[k] = onClean[i] * onNoise[j];
        }
        double[] truth = Arrays.stream(noised).map(v -> score(v, sigma * sigma)).toArray();
        var rng = Rng.of(1);
        double low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY, least = low, most = high;
        for (int i = 0; i < 20; i++) {
            var s = model(2 * rng.nextDouble(), 3 * rng.nextDouble(), rng.nextGaussian());
            double explicit = mean(s.apply(Tensor.of(noised)).sub(Tensor.of(truth)).square().div(2), onNoised);
            double denoising = mean(ScoreMatching.denoising(s, Tensor.of(pairs, n, 1), sigma, Tensor.of(shocks, n, 1)), weight);
            low = Math.min(low, denoising - explicit);
            high = Math.max(high, denoising - explicit);
            least = Math.min(least, explicit);
            most = Math.max(most, explicit);
        }
        Evidence.of("spread of the difference over the range of the objective", (high - low) / (most - least), atMost(0.01));
        Evidence.of("range of the objective", most - least, above(1));
    }

    private static final NoiseLadder LADDER = NoiseLadder.geometric(0.25, 4, 5);
    private static DiffusionModel trained;

    private static synchronized DiffusionModel trained() {
        if (trained == null) {
            var objective = ScoreMatching.denoising(LADDER);
            var network = new PointDenoiser(new PointDenoiserConfig(2).withTimeScale(100), Rng.of(1));
            trained = objective.model(Planar.train(network, objective, Planar.points(20_480, 1), 4_000, 3e-3, Rng.of(2)));
        }
        return trained;
    }

    @Tag("slow")
    @Acceptance(topic = "denoising-score-matching", clause = 3)
    @Test void aTrainedNetworkKnowsTheScoreAtFiveLevels() {
        var exact = Planar.data(LADDER, Prediction.SCORE);
        for (int level = 1; level <= 5; level++) {
            var clean = Planar.points(4_000, 50 + level);
            var x = clean.add(Tensor.randn(Rng.of(60 + level), DType.F32, 4_000, 2).mul(LADDER.noise(level)));
            double at = level;
            var truth = Autograd.grad((Tensor z) -> exact.logDensity(z, at).sum()).apply(x);
            double error = trained().score(x, level, null).sub(truth).norm().item() / truth.norm().item();
            Evidence.of("relative error at sigma %.2f".formatted(LADDER.noise(level)), error, atMost(0.1));
        }
    }

    @Tag("slow")
    @Acceptance(topic = "denoising-score-matching", clause = 4)
    @Test void annealedLangevinFindsAllModes() {
        var x = trained().generator(new AnnealedLangevin(30, 0.3), DType.F32, 2).sample(2_000, Rng.of(5));
        double[] shares = Planar.shares(x);
        Evidence.of("least mode", Arrays.stream(shares).min().orElseThrow(), between(0.05, 0.2));
        Evidence.of("largest mode", Arrays.stream(shares).max().orElseThrow(), between(0.05, 0.2));
        Evidence.of("all modes", Arrays.stream(shares).sum(), above(0.9));
    }

    @Acceptance(topic = "denoising-score-matching", clause = 5)
    @Test void tweediesEstimateIsThePosteriorMeanOfAGaussian() {
        double worst = 0;
        for (double mu : new double[] {-1, 2})
            for (double tau : new double[] {0.3, 1, 5})
                for (double sigma : new double[] {0.1, 1, 10}) for (double x = -5; x <= 5; x += 1.25) {
                    Tensor noisy = Tensor.of(x), score = Tensor.of(-(x - mu) / (tau * tau + sigma * sigma)), level = Tensor.of(sigma);
                    double exact = (mu / (tau * tau) + x / (sigma * sigma)) / (1 / (tau * tau) + 1 / (sigma * sigma));
                    worst = Math.max(worst, Math.abs(Prediction.SCORE.clean(score, noisy, Tensor.of(1.0), level).item() - exact));
                    // And by the noise that the same score means.
                    var noise = Prediction.SCORE.as(Prediction.NOISE, score, noisy, Tensor.of(1.0), level);
                    worst = Math.max(worst, Math.abs(Prediction.NOISE.clean(noise, noisy, Tensor.of(1.0), level).item() - exact));
                }
        Evidence.of("largest gap to the posterior mean", worst, below(1e-10));
    }

    @Test void thePerfectDenoiserOfAMixtureIsTheGradientOfItsDensity() {
        var data = new MixtureDenoiser(NoiseSchedule.cosine(50), Prediction.VELOCITY, new double[][] {{-1, 0}, {2, 1}, {0, -2}},
                new double[] {0.5, 0.2, 1}, new double[] {1, 2, 5});
        var x = Tensor.randn(Rng.of(1), DType.F64, 6, 2);
        var schedule = NoiseSchedule.cosine(50);
        for (int t : new int[] {1, 20, 50}) {
            double[] own = data.logDensity(x, t).toDoubleArray();
            double[][] rows = x.toRows(), centres = data.centres();
            for (int i = 0; i < 6; i++) {
                double sum = 0;
                for (int k = 0; k < 3; k++) {
                    double sd = new double[] {0.5, 0.2, 1}[k], w = new double[] {0.125, 0.25, 0.625}[k], a = schedule.signal(t);
                    double v = a * a * sd * sd + Math.pow(schedule.noise(t), 2);
                    double square = Math.pow(rows[i][0] - a * centres[k][0], 2) + Math.pow(rows[i][1] - a * centres[k][1], 2);
                    sum += w * Math.exp(-square / 2 / v) / (2 * Math.PI * v);
                }
                assertThat(own[i]).isCloseTo(Math.log(sum), offset(1e-10));
            }
            double at = t;
            var gradient = Autograd.grad((Tensor z) -> data.logDensity(z, at).sum()).apply(x);
            assertThat(data.score(x, t).sub(gradient).abs().max().item()).isLessThan(1e-8);
        }
    }

    @Test void weightsOfLevelsAndFormsThatDoNotFit() {
        var x = Tensor.randn(Rng.of(1), DType.F64, 64, 2);
        Denoiser none = (z, t, condition, pass) -> z.zerosLike();
        var objective = ScoreMatching.denoising(new NoiseLadder(0.5));
        double plain = objective.loss(none, x, null, Pass.training(Rng.of(2))).item();
        double weighted = objective.withWeightPower(0).loss(none, x, null, Pass.training(Rng.of(2))).item();
        assertThat(weighted).isCloseTo(plain * 4, offset(1e-12));
        assertThatThrownBy(() -> new NoiseLadder(1, 0.5)).hasMessageContaining("rise");
        assertThatThrownBy(() -> new NoiseLadder(0.5).noise(2)).hasMessageContaining("level 2.0");
        assertThatThrownBy(() -> ScoreMatching.sliced(0)).hasMessageContaining("0 projections");
        assertThatThrownBy(() -> ScoreMatching.explicit().model(none)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ScoreMatching.explicit(z -> z.narrow(1, 0, 1), x)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(
                () -> ScoreMatching.fit((a, z) -> z.sum(1), Tensor.of(Double.NaN).reshape(1, 1), new double[] {1}, Progress.SILENT))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> new AnnealedLangevin(1, 4)).hasMessageContaining("step is 4");
        assertThatThrownBy(
                () -> new AnnealedLangevin(1, 1).sample(Planar.DDPM.model(none), x, null, NoiseStreams.of(Rng.of(1), 64), Progress.SILENT))
                .hasMessageContaining("NoiseLadder");
    }
}
