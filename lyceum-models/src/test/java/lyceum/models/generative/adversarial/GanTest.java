package lyceum.models.generative.adversarial;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lyceum.ConvergenceException;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.generative.diffusion.MixtureDenoiser;
import lyceum.models.generative.diffusion.NoiseLadder;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.optim.Sgd;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GanTest {
    private static double[] probabilities(long seed, int states) {
        var rng = Rng.of(seed);
        var p = new double[states];
        double sum = 0;
        for (int i = 0; i < states; i++) sum += p[i] = 0.05 - Math.log(rng.nextDouble());
        for (int i = 0; i < states; i++) p[i] /= sum;
        return p;
    }

    /** KL(p, m) / 2 + KL(q, m) / 2 by definition. */
    private static double jensenShannon(double[] p, double[] q) {
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            double m = (p[i] + q[i]) / 2;
            sum += p[i] * Math.log(p[i] / m) / 2 + q[i] * Math.log(q[i] / m) / 2;
        }
        return sum;
    }

    @Acceptance(topic = "gan-minimax", clause = 1)
    @Test void theBestTabularCriticIsTheShareOfRealAndItsValueTheJensenShannonDivergence() {
        double worst = 0, gap = 0, largest = 0;
        for (int seed = 1; seed <= 5; seed++) {
            double[] p = probabilities(seed, 10), q = probabilities(100 + seed, 10);
            var game = new TabularGame(Tensor.of(p));
            var generator = new TabularGame.Table(Tensor.of(q).log());
            var critic = game.table();
            var gan = new Gan(new Adam(0.2).withBetas(0.5, 0.9)).withLoss(GanLoss.minimax()).withSchedule(new Schedule.Polynomial(300, 1));
            gan.start(generator, critic, game, Rng.of(seed)).trainCritic(300, Progress.SILENT);
            double[] d = critic.verdicts().toDoubleArray();
            for (int i = 0; i < 10; i++) worst = Math.max(worst, Math.abs(d[i] - p[i] / (p[i] + q[i])));
            var pass = Pass.inference();
            double value = gan.objective(critic, game.real(null), game.fake(generator, pass), pass).item();
            double divergence = jensenShannon(p, q);
            gap = Math.max(gap, Math.abs(value - (2 * divergence - Math.log(4))));
            largest = Math.max(largest, divergence);
        }
        Evidence.of("largest gap of D from p / (p + q), 5 pairs", worst, atMost(1e-4));
        Evidence.of("largest gap of the value from 2 JSD - log 4", gap, atMost(1e-6));
        Evidence.of("largest divergence among the pairs", largest, above(0.05));
    }

    @Acceptance(topic = "gan-minimax", clause = 2)
    @Test void alternatingTabularPlayFindsTheDistribution() {
        double distance = 0, gap = 0, before = 1;
        for (var loss : List.of(GanLoss.minimax(), GanLoss.nonSaturating())) {
            for (int seed = 1; seed <= 3; seed++) {
                double[] p = probabilities(seed, 10);
                var game = new TabularGame(Tensor.of(p));
                var generator = new TabularGame.Table(Tensor.of(probabilities(100 + seed, 10)).log());
                var critic = game.table();
                var gan = new Gan(new Sgd(5)).withLoss(loss).withCriticSteps(5);
                var run = gan.start(generator, critic, game, Rng.of(seed));
                before = Math.min(before, variation(p, generator.probabilities().toDoubleArray()));
                run.finish(100, Progress.SILENT);
                distance = Math.max(distance, variation(p, generator.probabilities().toDoubleArray()));
                var pass = Pass.inference();
                double value = gan.objective(critic, game.real(null), game.fake(generator, pass), pass).item();
                gap = Math.max(gap, Math.abs(value + Math.log(4)));
            }
        }
        Evidence.of("least total variation before", before, above(0.2));
        Evidence.of("largest total variation after, 3 seeds of both losses", distance, below(0.02));
        Evidence.of("largest gap of the value from -log 4", gap, atMost(1e-3));
    }

    private static double variation(double[] p, double[] q) {
        double sum = 0;
        for (int i = 0; i < p.length; i++) sum += Math.abs(p[i] - q[i]) / 2;
        return sum;
    }

    /** A generator that is one point, whatever the noise. */
    private static final class Point extends Module {
        private final Tensor theta;

        Point(double at) { theta = Tensor.of(new double[] {at}, 1, 1).requiresGrad(); }

        @Override protected Tensor compute(Tensor z, Pass pass) { return theta.expand(z.size(0), 1); }
    }

    /** Generator and critic after each step of simultaneous play, data at 0 and a critic {@code psi x}. */
    private static double[][] dirac(double eta, double gamma, double theta, double psi, int steps) {
        var point = new Point(theta);
        var critic = new Linear(Tensor.of(new double[] {psi}, 1, 1), null);
        var gan = new Gan(new Sgd(eta)).withLoss(GanLoss.wasserstein()).withOrder(Gan.Order.SIMULTANEOUS);
        if (gamma > 0) gan = gan.withPenalty(new CriticPenalty.R1(gamma));
        var noise = new LatentNoise(1).withDtype(DType.F64);
        var run = gan.start(point, critic, GanGame.of(Tensor.zeros(DType.F64, 1, 1), noise, 1), Rng.of(1));
        var path = new double[steps + 1][];
        path[0] = new double[] {theta, psi};
        for (int t = 1; t <= steps; t++) {
            run.step();
            path[t] = new double[] {point.theta.item(), critic.weight().item()};
        }
        return path;
    }

    @Acceptance(topic = "gan-minimax", clause = 3)
    @Test void theDiracGameSpiralsOutAndWithR1In() {
        double worst = 0;
        for (double eta : new double[] {0.01, 0.1, 0.3}) {
            double[][] path = dirac(eta, 0, 0.6, -0.8, 100);
            for (int t = 1; t <= 100; t++)
                worst = Math.max(worst, Math.abs(radius(path[t], 0) / radius(path[t - 1], 0) - Math.sqrt(1 + eta * eta)));
        }
        Evidence.of("largest gap of a step's factor from sqrt(1 + eta^2), 300 steps", worst, atMost(1e-9));
        double off = 0, swings = 0;
        int games = 0;
        for (double eta : new double[] {0.02, 0.1, 0.3})
            for (double gamma : new double[] {eta, 0.7, 1.3, 1.7, 1.99}) for (int start = 0; start < 2; start++) {
                double[][] path = dirac(eta, gamma, Math.cos(start), Math.sin(start), 400);
                double expected = Math.sqrt(1 - eta * gamma + eta * eta),
                        factor = Math.pow(radius(path[400], 0) / radius(path[0], 0), 1 / 400.0);
                if (gamma <= 1.3) off = Math.max(off, Math.abs(factor / expected - 1));
                for (int t = 1; t <= 400; t++)
                    swings = Math.max(swings, Math.abs(radius(path[t], gamma) / radius(path[t - 1], gamma) - expected));
                games++;
            }
        Evidence.of("games with R1, three steps, five weights, two starts", games, exactly(30));
        Evidence.of("largest relative gap of the mean factor over 400 steps, gamma to 1.3", off, atMost(0.002));
        Evidence.of("largest gap of a step's factor in the slanted radius, gamma to 1.99", swings, atMost(1e-9));
    }

    /** {@code theta^2 + gamma theta psi + psi^2}, rooted: gamma 0 is the plain radius. */
    private static double radius(double[] at, double gamma) { return Math.sqrt(at[0] * at[0] + gamma * at[0] * at[1] + at[1] * at[1]); }

    @Tag("heavy") // about 15 s: three trainings
    @Acceptance(topic = "gan-minimax", clause = 4)
    @Test void everyModeOfTheRingIsFoundInThreeSeeds() {
        var ring = MixtureDenoiser.ring(new NoiseLadder(1), Prediction.SCORE, 8, 2, 0.1);
        double least = 1;
        int full = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var rng = Rng.of(seed);
            var generator = new Mlp(MlpConfig.regressor(4, 2, 64, 64), rng);
            var critic = new Mlp(MlpConfig.regressor(2, 1, 64, 64).withActivation(Activation.LEAKY_RELU), rng);
            var noise = new LatentNoise(4);
            var gan = new Gan(new Adam(2e-3).withBetas(0.5, 0.9)).withPenalty(new CriticPenalty.R1(0.1)).withAveraging(0.99);
            var run = gan.start(generator, critic, GanGame.of(ring.draw(4_096, rng).to(DType.F32), noise, 256), rng);
            run.finish(900, Progress.SILENT);
            var coverage = ModeCoverage.of(noise.through(run.generator()).sample(5_000, rng), ring.centres(), 0.1, 3);
            least = Math.min(least, coverage.least());
            if (coverage.covered(0.02) == 8) full++;
        }
        Evidence.of("seeds of 3 in which all 8 modes hold 2%", full, exactly(3));
        Evidence.of("least share of a mode in any seed", least, atLeast(0.02));
    }

    @Test void lossesAreThoseOfTheirPapers() {
        var d = Tensor.of(-3.0, -0.2, 0.4, 50);
        double[] at = d.toDoubleArray();
        for (int i = 0; i < at.length; i++) {
            double share = 1 / (1 + Math.exp(-at[i])), log = Math.log(share), logFake = -at[i] + log;
            assertThat(GanLoss.minimax().real(d).item(i)).isCloseTo(-log, offset(1e-12));
            assertThat(GanLoss.minimax().fake(d).item(i)).isCloseTo(-logFake, offset(1e-12));
            assertThat(GanLoss.minimax().generator(d).item(i)).isCloseTo(logFake, offset(1e-12));
            assertThat(GanLoss.nonSaturating().generator(d).item(i)).isCloseTo(-log, offset(1e-12));
            assertThat(GanLoss.nonSaturating().withSmoothing(0.1).real(d).item(i)).isCloseTo(-0.9 * log - 0.1 * logFake, offset(1e-12));
            assertThat(GanLoss.hinge().real(d).item(i)).isCloseTo(Math.max(0, 1 - at[i]), offset(1e-12));
            assertThat(GanLoss.hinge().fake(d).item(i)).isCloseTo(Math.max(0, 1 + at[i]), offset(1e-12));
            assertThat(new GanLoss.LeastSquares(0.1).real(d).item(i)).isCloseTo(Math.pow(at[i] - 0.9, 2) / 2, offset(1e-9));
            assertThat(GanLoss.leastSquares().generator(d).item(i)).isCloseTo(Math.pow(at[i] - 1, 2) / 2, offset(1e-9));
            assertThat(GanLoss.wasserstein().generator(d).item(i)).isEqualTo(-at[i]);
        }
        assertThatThrownBy(() -> GanLoss.minimax().withSmoothing(0.6)).hasMessageContaining("[0, 0.5)");
    }

    @Test void penaltiesAreMeansOverSlopesAndTheirGradientsReachTheCritic() {
        var rng = Rng.of(5);
        var critic = new Mlp(MlpConfig.regressor(3, 1, 5).withActivation(Activation.TANH).withDtype(DType.F64), rng);
        Autograd.noGrad(() -> critic.layers().getLast().weight().mul_(5)); // slopes on both sides of 1
        Tensor real = Tensor.randn(rng, DType.F64, 7, 3), fake = Tensor.randn(rng, DType.F64, 7, 3);
        double sum = 0;
        for (double[] row : real.toRows()) for (int j = 0; j < 3; j++) {
            double slope = 0;
            for (int side = -1; side <= 1; side += 2) {
                var moved = row.clone();
                moved[j] += side * 1e-5;
                slope += side * critic.forward(Tensor.of(moved, 1, 3)).item() / 2e-5;
            }
            sum += slope * slope;
        }
        var pass = Pass.training(rng);
        var r1 = new CriticPenalty.R1(0.7, 4);
        assertThat(r1.of(critic, new GanBatch(real), new GanBatch(fake), 8, pass).item()).isCloseTo(4 * 0.35 * sum / 7, offset(1e-8));
        assertThat(r1.of(critic, new GanBatch(real), new GanBatch(fake), 9, pass)).isNull();
        assertThat(new CriticPenalty.R2(0.7).of(critic, new GanBatch(fake), new GanBatch(real), 9, pass).item()).isCloseTo(0.35 * sum / 7,
                offset(1e-8));
        for (var penalty : List.of(new CriticPenalty.GradientPenalty(10), new CriticPenalty.GradientPenalty(10, true),
                new CriticPenalty.R1(1))) {
            var w = critic.layers().getFirst().weight();
            var at = penalty.of(critic, new GanBatch(real), new GanBatch(fake), 0, Pass.training(Rng.of(6)));
            double found = Autograd.gradients(at, new Tensor[] {w}, false)[0].item(1, 2), wanted = 0;
            for (int side = -1; side <= 1; side += 2) {
                var moved = w.toDoubleArray();
                moved[5] += side * 1e-5;
                var other = Module.with(critic, Map.of("layers.0.weight", Tensor.of(moved, 5, 3)));
                wanted += side * penalty.of(other, new GanBatch(real), new GanBatch(fake), 0, Pass.training(Rng.of(6))).item() / 2e-5;
            }
            assertThat(found).isCloseTo(wanted, offset(1e-6)).isNotZero();
        }
        new CriticPenalty.WeightClipping(0.01).project(critic);
        critic.parameters().values().forEach(p -> assertThat(p.abs().max().item()).isLessThanOrEqualTo(0.01));
    }

    @Test void aResumedGameGoesOnBitForBit(@TempDir Path folder) throws IOException {
        var gan = new Gan(new Adam(1e-2)).withPenalty(new CriticPenalty.R1(1, 2)).withAveraging(0.9).withCriticSteps(2);
        var data = Tensor.randn(Rng.of(1), 50, 2);
        GanRun whole = small(gan, data), half = small(gan, data);
        whole.finish(6, Progress.SILENT);
        half.finish(3, Progress.SILENT);
        half.save(folder);
        var rest = small(gan, data);
        rest.resume(folder);
        rest.finish(6, Progress.SILENT);
        whole.generator().state()
                .forEach((name, t) -> assertThat(rest.generator().state().get(name).toDoubleArray()).isEqualTo(t.toDoubleArray()));
        assertThat(rest.history()).hasSize(3);
        assertThat(rest.history().getLast()).isEqualTo(whole.history().getLast());
    }

    private static GanRun small(Gan gan, Tensor data) {
        var generator = new Mlp(MlpConfig.regressor(2, 2, 4), Rng.of(2));
        return gan.start(generator, new Mlp(MlpConfig.regressor(2, 1, 4), Rng.of(3)), GanGame.of(data, new LatentNoise(2), 8), Rng.of(4));
    }

    @Test void coverageCountsItemsAtTheNearestCentre() {
        double[][] centres = {{0, 0}, {1, 0}, {5, 5}};
        var x = Tensor.of(new double[][] {{0.1, 0}, {0.4, 0}, {0.9, 0.1}, {3, 3}});
        var coverage = ModeCoverage.of(x, centres, 0.2, 3);
        assertThat(coverage.shares()).containsExactly(0.5, 0.25, 0);
        assertThat(coverage.covered(0.3)).isEqualTo(1);
        assertThat(coverage.quality()).isEqualTo(0.75);
        assertThat(ModeCoverage.ofLabels(new long[] {0, 2, 2, 0}, 3).least()).isZero();
        assertThatThrownBy(() -> ModeCoverage.of(x, new double[][] {{1}}, 1, 3)).isInstanceOf(ShapeException.class);
    }

    @Test void whatCannotBePlayedIsRefused() {
        var gan = new Gan(new Sgd(0.1));
        assertThatThrownBy(() -> gan.withCriticSteps(2).withOrder(Gan.Order.SIMULTANEOUS)).hasMessageContaining("simultaneous play has 1");
        assertThatThrownBy(() -> gan.withAveraging(1)).hasMessageContaining("[0, 1)");
        assertThatThrownBy(() -> new TabularGame(Tensor.of(0.5, 0.4))).hasMessageContaining("not probabilities");
        assertThatThrownBy(() -> GanGame.of(Tensor.of(new double[] {1, Double.NaN}, 2, 1), new LatentNoise(1), 1))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> new CriticPenalty.R1(-1)).hasMessageContaining("at least 0");
        assertThatThrownBy(() -> new LatentNoise(2).withTruncation(0)).hasMessageContaining("above 0");
        var batch = new GanBatch(Tensor.zeros(2, 3), Tensor.of(0, 1), null);
        assertThatThrownBy(() -> gan.objective(new Linear(3, 1, Rng.of(1)), batch, batch, Pass.inference()))
                .hasMessageContaining("reads no condition");
        var wild = small(new Gan(new Sgd(1e30)).withLoss(GanLoss.wasserstein()), Tensor.randn(Rng.of(1), 50, 2));
        assertThatThrownBy(() -> wild.finish(50, Progress.SILENT)).isInstanceOf(ConvergenceException.class).hasMessageContaining("at step");
    }
}
