package lyceum.models.generative.energy;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.bayes.AnnealedImportanceSampling;
import lyceum.models.generative.diffusion.NoiseLadder;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.models.generative.diffusion.ScoreMatching;
import lyceum.nn.Activation;
import lyceum.nn.Layer;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.prob.MultivariateNormal;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnergyModelTest {
    /** {@code x' A x / 2} of a symmetric A. */
    private static final class Quadratic extends Module {
        private final Tensor a = Tensor.eye(DType.F64, 3).copy().requiresGrad();

        private Tensor precision() { return a.add(a.transpose()).div(2); }

        @Override protected Tensor compute(Tensor x, Pass pass) { return x.matmul(precision()).mul(x).sum(1).div(2); }
    }

    private static final double[][] PRECISION = {{2, 0.6, -0.4}, {0.6, 1.5, 0.3}, {-0.4, 0.3, 0.8}};

    @Acceptance(topic = "energy-based-model", clause = 1)
    @Test void eachTrainerRecoversThePrecisionMatrix() {
        var rng = Rng.of(1);
        int n = 20_000;
        var x = MultivariateNormal.ofPrecision(new double[3], PRECISION).sample(rng, n);
        var noise = new MultivariateNormal(new double[3], new double[][] {{1.2, 0, 0}, {0, 1.2, 0}, {0, 0, 2.2}});
        var walk = new EnergySampler.Langevin(0.5);
        record Way(String name, Function<EnergyModel, BatchLoss> loss, int batch, int epochs) {}
        var ways = List.of(new Way("contrastive divergence", m -> m.contrastiveDivergence(x, new ContrastiveDivergence(walk, 3)), 2_000, 7),
                new Way("persistent chains", m -> m.contrastiveDivergence(x, new ContrastiveDivergence(walk, 3).withChains(4_000)), 2_000,
                        10),
                new Way("explicit score matching", m -> m.scoreMatching(x, ScoreMatching.explicit()), 2_000, 7),
                new Way("sliced score matching", m -> m.scoreMatching(x, ScoreMatching.sliced(1)), 2_000, 7),
                new Way("noise-contrastive estimation", m -> m.noiseContrastive(x, noise, 2), 500, 10)); // the flattest objective: many steps
        var truth = Tensor.of(PRECISION);
        Evidence.of("relative error before", Tensor.eye(DType.F64, 3).sub(truth).norm().item() / truth.norm().item(), above(0.3));
        for (var way : ways) {
            var energy = new Quadratic();
            var model = new EnergyModel(energy);
            int steps = n / way.batch * way.epochs;
            var trainer = new Trainer(new Adam(0.1), way.epochs).withBatchSize(way.batch).withSchedule(new Schedule.Polynomial(steps, 1));
            trainer.start(model, n, way.loss.apply(model), null, rng).finish(Progress.SILENT);
            Evidence.of("relative error, " + way.name, energy.precision().sub(truth).norm().item() / truth.norm().item(), below(0.05));
        }
    }

    private static Mlp bits(long seed) {
        return new Mlp(MlpConfig.regressor(4, 1, 3).withActivation(Activation.TANH).withDtype(DType.F64), Rng.of(seed));
    }

    /** Largest difference of a loss's gradient from the exact one of minus the mean log-likelihood, in standard errors of a mean over the chains. */
    private static double worst(EnergyModel model, BatchLoss loss, Tensor data, Tensor states, double[] probability, int chains) {
        var parameters = model.parameters("energy.*").values().toArray(Tensor[]::new);
        var found = Autograd.gradients(loss.of(IntStream.range(0, (int) data.size(0)).toArray(), Pass.training(Rng.of(8))), parameters,
                false);
        var positive = Autograd.gradients(model.energy(data).mean(), parameters, false);
        double worst = 0;
        int n = (int) states.size(0);
        var each = new Tensor[n][];
        for (int s = 0; s < n; s++) each[s] = Autograd.gradients(model.energy(states.narrow(0, s, 1)).sum(), parameters, false);
        for (int k = 0; k < parameters.length; k++) for (int i = 0; i < parameters[k].count(); i++) {
            double mean = 0, square = 0;
            for (int s = 0; s < n; s++) {
                double g = each[s][k].flatten().item(i);
                mean += probability[s] * g;
                square += probability[s] * g * g;
            }
            double exact = positive[k].flatten().item(i) - mean, error = Math.sqrt(Math.max(0, square - mean * mean) / chains);
            double off = Math.abs(found[k].flatten().item(i) - exact);
            worst = Math.max(worst, error < 1e-12 ? off * 1e9 : off / error);
        }
        return worst;
    }

    private static double[] normalised(Tensor energies) {
        double[] e = energies.toDoubleArray(), p = new double[e.length];
        double sum = 0;
        for (int i = 0; i < e.length; i++) sum += p[i] = Math.exp(-e[i]);
        for (int i = 0; i < e.length; i++) p[i] /= sum;
        return p;
    }

    @Acceptance(topic = "energy-based-model", clause = 2)
    @Test void longChainsGiveTheExactGradientOfTheLikelihood() {
        // Four bits: all 16 states are summed over.
        var states = new double[16][4];
        for (int s = 0; s < 16; s++) for (int j = 0; j < 4; j++) states[s][j] = s >> j & 1;
        var energy = bits(3);
        Autograd.noGrad(() -> energy.parameters().values().forEach(p -> p.mul_(3)));
        var model = new EnergyModel(energy);
        Tensor all = Tensor.of(states), data = all.indexSelect(0, Tensor.randint(Rng.of(5), 0, 3, 10_000));
        double[] p = normalised(model.energy(all));
        var gibbs = new ContrastiveDivergence(new EnergySampler.Gibbs(), 30);
        Evidence.of("largest gap in standard errors, 19 weights, Gibbs k = 30",
                worst(model, model.contrastiveDivergence(data, gibbs), data, all, p, 10_000), atMost(3));
        Evidence.of("the same at k = 1, which is biased",
                worst(model, model.contrastiveDivergence(data, gibbs.withK(1)), data, all, p, 10_000), above(6));

        // Two wells on the line: the integral is a sum over a fine grid.
        var wells = new Wells();
        var onLine = new EnergyModel(wells);
        Tensor grid = Tensor.linspace(-4, 4, 801).reshape(-1, 1), points = Tensor.randn(Rng.of(6), DType.F64, 10_000, 1).mul(0.3).add(1.5);
        var long_ = new ContrastiveDivergence(new EnergySampler.Langevin(0.4), 150);
        Evidence.of("largest gap in standard errors, 3 weights, Langevin k = 150",
                worst(onLine, onLine.contrastiveDivergence(points, long_), points, grid, normalised(onLine.energy(grid)), 10_000),
                atMost(3));
    }

    /** {@code a x^4 + b x^2 + c x}. */
    private static final class Wells extends Module {
        private final Tensor w = Tensor.of(0.5, -1, 0.3).requiresGrad();

        @Override protected Tensor compute(Tensor x, Pass pass) { return Tensor.concat(1, x.pow(4), x.square(), x).matmul(w); }
    }

    /** Two bananas of unlike weight: no formula for Z. */
    private static Tensor twoModes(Tensor z) {
        Tensor x = z.select(1, 0), y = z.select(1, 1);
        return x.square().sub(1.8).square().mul(1.5).add(y.sub(x.square().mul(0.3)).square().mul(2)).add(x.mul(0.5));
    }

    @Acceptance(topic = "energy-based-model", clause = 3)
    @Test void annealingFindsLogZOfTwoModes() {
        double step = 0.02, sum = 0;
        for (double[] block : new double[][] {{-4, 0}, {0, 4}}) {
            int n = (int) Math.round(4 / step), m = (int) Math.round(10 / step);
            var cells = new double[n * m * 2];
            for (int i = 0; i < n; i++) for (int j = 0; j < m; j++) {
                cells[2 * (i * m + j)] = block[0] + (i + 0.5) * step;
                cells[2 * (i * m + j) + 1] = -4 + (j + 0.5) * step;
            }
            sum += twoModes(Tensor.of(cells, n * m, 2)).neg().exp().sum().item() * step * step;
        }
        var model = new EnergyModel(Layer.of(EnergyModelTest::twoModes));
        var found = model.annealed(new AnnealedImportanceSampling(1_000, 60), new EnergySampler.Langevin(0.15), 1.5, Rng.of(2), 2);
        Evidence.of("nats between annealing and quadrature", Math.abs(found.logNormaliser() - Math.log(sum)), atMost(0.05));
        double left = 0;
        double[] weights = found.weights();
        for (int i = 0; i < weights.length; i++) if (found.draws()[i][0] < 0) left += weights[i];
        Evidence.of("share of the smaller mode among weighted ends", Math.min(left, 1 - left), above(0.05));
        Evidence.of("log Z itself, which no normalised density has", Math.abs(Math.log(sum)), above(0.2));
    }

    @Acceptance(topic = "energy-based-model", clause = 4)
    @Test void scoreMatchingFitsTwoModes() {
        double[][] centres = {{-1.2, 0}, {1.2, 0.5}};
        double[] deviations = {0.6, 0.8}, weights = {0.4, 0.6};
        var rng = Rng.of(4);
        var points = new double[6_000];
        for (int i = 0; i < 3_000; i++) {
            int k = rng.nextDouble() < 0.4 ? 0 : 1;
            for (int j = 0; j < 2; j++) points[2 * i + j] = centres[k][j] + deviations[k] * rng.nextGaussian();
        }
        var data = Tensor.of(points, 3_000, 2);
        var network = new Mlp(MlpConfig.regressor(2, 1, 16, 16).withActivation(Activation.SILU).withDtype(DType.F64), rng);
        var model = new EnergyModel(network);
        int n = 100;
        var cells = new double[n * n * 2];
        var truth = new double[n * n];
        double total = 0;
        for (int i = 0; i < n * n; i++) {
            cells[2 * i] = -5 + 10.0 * (i % n + 0.5) / n;
            cells[2 * i + 1] = -5 + 10.0 * (i / n + 0.5) / n;
            for (int k = 0; k < 2; k++)
                truth[i] += weights[k] / (deviations[k] * deviations[k])
                        * Math.exp(-(Math.pow(cells[2 * i] - centres[k][0], 2) + Math.pow(cells[2 * i + 1] - centres[k][1], 2)) / 2
                                / deviations[k] / deviations[k]);
            total += truth[i];
        }
        var grid = Tensor.of(cells, n * n, 2);
        double before = divergence(truth, total, model.energy(grid));
        var trainer = new Trainer(new Adam(2e-2), 10).withBatchSize(250).withSchedule(new Schedule.Polynomial(120, 1));
        trainer.start(model, 3_000, model.scoreMatching(data, ScoreMatching.explicit()), null, rng).finish(Progress.SILENT);
        Evidence.of("KL before", before, above(0.5));
        Evidence.of("KL of the data's law from the model on a grid, nats", divergence(truth, total, model.energy(grid)), below(0.05));
    }

    private static double divergence(double[] truth, double total, Tensor energies) {
        double[] p = normalised(energies);
        double sum = 0;
        for (int i = 0; i < p.length; i++) if (truth[i] > 0) sum += truth[i] / total * Math.log(truth[i] / total / p[i]);
        return sum;
    }

    @Test void aWalkIsRightWhereStepsAreJudgedAndWideWhereTheyAreNot() {
        var model = new EnergyModel(Layer.of(x -> x.square().sum(1).div(2)));
        var start = Tensor.zeros(DType.F64, 20_000, 1);
        var walk = new EnergySampler.Langevin(1);
        double judged = walk.walk(model::energy, start, 60, Rng.of(1)).square().mean().item();
        double free = walk.withCorrected(false).walk(model::energy, start, 60, Rng.of(1)).square().mean().item();
        double cold = walk.withStep(0.2).withTemperature(0.25).walk(model::energy, start, 80, Rng.of(1)).square().mean().item();
        assertThat(judged).isCloseTo(1, offset(0.03));
        assertThat(free).isCloseTo(1 / (1 - 0.25), offset(0.04)); // x / 2 + xi: variance 1 / (1 - 1/4)
        assertThat(cold).isCloseTo(0.25, offset(0.01));
        double limited = walk.withLimit(0.01).withTemperature(1e-12).withCorrected(false).walk(model::energy, start.add(3), 1, Rng.of(1))
                .mean().item();
        assertThat(limited).isCloseTo(3 - 0.005, offset(1e-5));
    }

    @Test void annealingOfBitsSumsTheirStates() {
        var model = new EnergyModel(bits(3));
        var states = new double[16][4];
        for (int s = 0; s < 16; s++) for (int j = 0; j < 4; j++) states[s][j] = s >> j & 1;
        double z = model.energy(Tensor.of(states)).neg().exp().sum().item();
        var found = model.annealed(new AnnealedImportanceSampling(500, 10), new EnergySampler.Gibbs(), 1, Rng.of(1), 4);
        assertThat(found.logNormaliser()).isCloseTo(Math.log(z), offset(0.02));
        assertThat(model.logDensity(Tensor.of(states), Math.log(z)).exp().sum().item()).isCloseTo(1, offset(1e-12));
    }

    @Test void chainsPersistRestartAndAreSaved(@TempDir Path folder) throws IOException {
        var model = new EnergyModel(bits(1));
        var data = Tensor.zeros(DType.F64, 40, 4);
        var seen = new ArrayList<double[]>();
        var spy = new EnergyModel(Layer.of(x -> {
            seen.add(x.toDoubleArray());
            return x.sum(1).mul(0.0);
        }));
        var still = new ContrastiveDivergence(new EnergySampler.Langevin(1e-3), 1);
        var loss = spy.contrastiveDivergence(data, still.withChains(50));
        for (int i = 0; i < 3; i++) loss.of(new int[] {1, 2}, Pass.training(Rng.of(i)));
        double first = norm(seen.get(3)), last = norm(seen.getLast()); // a step: where chains are, where they go, the batch, the chains
        assertThat(last).isGreaterThan(1.5 * first);
        seen.clear();
        var anew = spy.contrastiveDivergence(data, still.withChains(50).withRestart(1));
        for (int i = 0; i < 3; i++) anew.of(new int[] {1, 2}, Pass.training(Rng.of(i)));
        assertThat(norm(seen.getLast())).isLessThan(1.5 * norm(seen.get(3)));
        var file = folder.resolve("energy.safetensors");
        model.save(file);
        var other = new EnergyModel(bits(2));
        other.load(file);
        assertThat(other.energy(data).toDoubleArray()).isEqualTo(model.energy(data).toDoubleArray());
        assertThat(model.state()).containsKeys("energy.layers.0.weight", "log_normaliser");
        var drawn = model.generator(new EnergySampler.Gibbs(), 2, (n, rng) -> Tensor.zeros(DType.F64, n, 4)).sample(7, Rng.of(1));
        assertThat(drawn.shape().toArray()).containsExactly(7, 4);
    }

    private static double norm(double[] x) { return Math.sqrt(IntStream.range(0, x.length).mapToDouble(i -> x[i] * x[i]).sum()); }

    @Test void denoisingFitsTheSmoothedDensityAndTheNormaliserIsLearned() {
        var rng = Rng.of(2);
        var x = Tensor.randn(rng, DType.F64, 4_000, 3);
        var energy = new Quadratic();
        var model = new EnergyModel(energy);
        var form = ScoreMatching.denoising(new NoiseLadder(0.5)).withPrediction(Prediction.SCORE);
        new Trainer(new Adam(0.1), 6).withBatchSize(400).withSchedule(new Schedule.Polynomial(60, 1))
                .start(model, 4_000, model.scoreMatching(x, form), null, rng).finish(Progress.SILENT);
        assertThat(energy.precision().diagonal().mean().item()).isCloseTo(1 / 1.25, offset(0.06));
        var noise = new MultivariateNormal(new double[3], new double[][] {{2, 0, 0}, {0, 2, 0}, {0, 0, 2}});
        new Trainer(new Adam(0.2), 16).withBatchSize(400).withSchedule(new Schedule.Polynomial(160, 1))
                .start(model, 4_000, model.noiseContrastive(x, noise, 2), null, rng).finish(Progress.SILENT);
        assertThat(model.logNormaliser()).isCloseTo(-1.5 * Math.log(2 * Math.PI), offset(0.15));
    }

    @Test void whatAnEnergyCannotDoIsRefused() {
        var model = new EnergyModel(Layer.of(x -> x.square()));
        assertThatThrownBy(() -> model.energy(Tensor.zeros(DType.F64, 2, 3))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("a number an item");
        assertThatThrownBy(() -> model.scoreMatching(Tensor.zeros(2, 3), ScoreMatching.denoising(NoiseLadder.geometric(0.1, 1, 3))))
                .hasMessageContaining("one level of noise");
        assertThatThrownBy(() -> model.contrastiveDivergence(Tensor.of(new double[] {1, Double.NaN}, 2, 1),
                new ContrastiveDivergence(new EnergySampler.Gibbs(), 1))).hasMessageContaining("NaN");
        assertThatThrownBy(() -> model.annealed(new AnnealedImportanceSampling(5, 5), new EnergySampler.Langevin(1).withCorrected(false), 1,
                Rng.of(1), 2)).hasMessageContaining("corrected");
        assertThatThrownBy(() -> new EnergySampler.Langevin(0)).hasMessageContaining("above 0");
        assertThatThrownBy(() -> new ContrastiveDivergence(new EnergySampler.Gibbs(), 0)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> new EnergySampler.Gibbs().walk(model::energy, Tensor.full(DType.F64, 2.0, 1, 1), 1, Rng.of(1)))
                .hasMessageContaining("bits");
    }
}
