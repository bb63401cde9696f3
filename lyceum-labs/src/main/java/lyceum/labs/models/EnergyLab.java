package lyceum.labs.models;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.bayes.AnnealedImportanceSampling;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.diffusion.MixtureDenoiser;
import lyceum.models.generative.diffusion.NoiseLadder;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.models.generative.diffusion.ScoreMatching;
import lyceum.models.generative.energy.ContrastiveDivergence;
import lyceum.models.generative.energy.EnergyModel;
import lyceum.models.generative.energy.EnergySampler;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.prob.MultivariateNormal;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** One small network as an energy, trained in three ways that need no normaliser; walkers then settle into its wells. */
@Lab(topics = "energy-based-model", title = "Three ways to dig the same wells")
final class EnergyLab implements LabBody {
    private static final int ROWS = 1_500, SIDE = 60;

    @Override public void run(LabContext lab) {
        int epochs = lab.param("epochs", 8, 1, 100), k = lab.param("chain steps of contrastive divergence", 5, 1, 100),
                walkers = lab.param("walkers", 150, 10, 1_000), settling = lab.param("steps they settle", 60, 5, 1_000);
        double step = lab.param("Langevin step", 0.1, 0.005, 0.5);
        var truth = new MixtureDenoiser(new NoiseLadder(1e-3), Prediction.SCORE, new double[][] {{-1.3, 0}, {1.2, 0.6}},
                new double[] {0.6, 0.7}, new double[] {0.4, 0.6});
        var data = truth.draw(ROWS, lab.rng(1));
        var walk = new EnergySampler.Langevin(step);
        var noise = new MultivariateNormal(new double[2], new double[][] {{4, 0}, {0, 2}});
        record Way(String name, Function<EnergyModel, BatchLoss> loss) {}
        var ways = List.of(new Way("contrastive divergence", m -> m.contrastiveDivergence(data, new ContrastiveDivergence(walk, k))),
                new Way("score matching", m -> m.scoreMatching(data, ScoreMatching.sliced(1))),
                new Way("noise contrast", m -> m.noiseContrastive(data, noise, 3)));

        var grid = grid();
        double[] exact = normalised(truth.logDensity(grid, 1).neg());
        var rows = new ArrayList<List<?>>();
        var panels = new ArrayList<Plot>();
        var names = new ArrayList<String>();
        for (var way : ways) {
            var model = new EnergyModel(
                    new Mlp(MlpConfig.regressor(2, 1, 24, 24).withActivation(Activation.SILU).withDtype(DType.F64), lab.rng(2)));
            var trainer = new Trainer(new Adam(2e-2), epochs).withBatchSize(150).withSchedule(new Schedule.Polynomial(10L * epochs, 1));
            trainer.start(model, ROWS, way.loss.apply(model), null, lab.rng(3)).finish(lab.progress());
            var energies = model.energy(grid).detach();
            double logZ = Math.log(energies.neg().exp().sum().item() * 100.0 / (SIDE * SIDE));
            double annealed = model.annealed(new AnnealedImportanceSampling(200, 30), walk, 2, lab.rng(4), 2).logNormaliser();
            double divergence = divergence(exact, normalised(energies));
            rows.add(List.of(way.name, divergence, logZ, annealed, model.logNormaliser() == 0 ? "not learned" : -model.logNormaliser()));
            for (int at : new int[] {0, settling / 10, settling}) {
                var x = model.generator(walk, at, (n, rng) -> Tensor.rand(rng, DType.F64, n, 2).sub(0.5).mul(8)).sample(walkers,
                        lab.rng(5));
                names.add(way.name + ", " + at + " steps");
                panels.add(
                        Figure.plot(names.getLast()).surface(-4, 4, -4, 4, z -> model.energy(z).detach().minimum(energies.min().item() + 8))
                                .contours().points("walkers", x).axes("x", "y").equalScales());
            }
            lab.shows("KL of the data's law from " + way.name + ", nats", divergence, below(epochs < 8 ? 1.5 : 0.35));
            lab.shows("annealed log Z of " + way.name + ", off the grid's sum", Math.abs(annealed - logZ), below(0.5));
        }
        lab.figure(Figure.frames("Walkers settle into the wells", "trainer and time", panels).labelled(names.toArray(String[]::new))
                .describedAs("Energy as colour, low where data were; walkers that begin anywhere end in the two wells."));
        lab.table("The fits", List.of("trainer", "KL, nats", "log Z by a grid", "log Z annealed", "log Z learned"), rows);
        lab.say("Three objectives, one density. Only noise contrast learns its normaliser; for the others annealing tells it afterwards.");
    }

    private static Tensor grid() {
        var cells = new double[2 * SIDE * SIDE];
        for (int i = 0; i < SIDE * SIDE; i++) {
            cells[2 * i] = -5 + 10.0 * (i % SIDE + 0.5) / SIDE;
            cells[2 * i + 1] = -5 + 10.0 * (i / SIDE + 0.5) / SIDE;
        }
        return Tensor.of(cells, SIDE * SIDE, 2);
    }

    private static double[] normalised(Tensor energies) { return energies.neg().softmax(0).toDoubleArray(); }

    private static double divergence(double[] p, double[] q) {
        double sum = 0;
        for (int i = 0; i < p.length; i++) if (p[i] > 0) sum += p[i] * Math.log(p[i] / q[i]);
        return sum;
    }
}
