package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.adversarial.BigGanConfig;
import lyceum.models.generative.adversarial.BigGanGenerator;
import lyceum.models.generative.adversarial.CriticPenalty;
import lyceum.models.generative.adversarial.Gan;
import lyceum.models.generative.adversarial.GanGame;
import lyceum.models.generative.adversarial.GanLoss;
import lyceum.models.generative.adversarial.LatentNoise;
import lyceum.models.generative.adversarial.ModeCoverage;
import lyceum.models.generative.adversarial.ProjectionCritic;
import lyceum.models.generative.diffusion.MixtureDenoiser;
import lyceum.models.generative.diffusion.NoiseLadder;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.SpectralNorm;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.Regularizer;

/** The same two networks under two losses on a ring of eight modes, and digits of a class-conditional generator by truncation. */
@Lab(topics = "gan-family", title = "Which modes does the forger know?")
final class GanFamilyLab implements LabBody {
    @Override public void run(LabContext lab) {
        String bound = lab.choice("what bounds the critic", "gradient penalty", "gradient penalty", "clipping");
        int steps = lab.param("steps on the ring", 120, 20, 5_000), critics = lab.param("critic steps of WGAN", 2, 1, 10);
        double lambda = lab.param("gradient penalty", 1, 0.01, 20.0), clip = lab.param("clipping", 0.1, 0.005, 1.0);
        int digits = lab.param("steps on digits", 24, 5, 3_000);
        var ring = MixtureDenoiser.ring(new NoiseLadder(1), Prediction.SCORE, 8, 2, 0.15);
        var data = ring.draw(4_096, lab.rng(1)).to(DType.F32);
        var vanilla = new Gan(new Adam(5e-3).withBetas(0.5, 0.9)).withAveraging(0.95);
        var penalty = bound.equals("clipping") ? new CriticPenalty.WeightClipping(clip) : new CriticPenalty.GradientPenalty(lambda);
        record Kind(String name, Gan gan) {}
        var kinds = List.of(new Kind("vanilla", vanilla),
                new Kind("WGAN, " + bound, vanilla.withLoss(GanLoss.wasserstein()).withCriticSteps(critics).withPenalty(penalty)));
        var panels = new ArrayList<Plot>();
        var rows = new ArrayList<List<?>>();
        var noise = new LatentNoise(4);
        for (int k = 0; k < 2; k++) {
            var generator = new Mlp(MlpConfig.regressor(4, 2, 32, 32), lab.rng(2));
            var critic = new Mlp(MlpConfig.regressor(2, 1, 32, 32).withActivation(Activation.LEAKY_RELU), lab.rng(3));
            var run = kinds.get(k).gan.start(generator, critic, GanGame.of(data, noise, 128), lab.rng(4));
            run.finish(steps, lab.progress());
            var x = noise.through(run.generator()).sample(2_000, lab.rng(5));
            var coverage = ModeCoverage.of(x, ring.centres(), 0.15, 3);
            rows.add(List.of(kinds.get(k).name, coverage.covered(0.02), coverage.least(), coverage.quality(),
                    run.history().getLast().objective()));
            panels.add(Figure.plot(kinds.get(k).name).points("data", data.narrow(0, 0, 400)).points("generated", x.narrow(0, 0, 400))
                    .axes("x", "y").limitX(-3, 3).limitY(-3, 3).equalScales());
        }
        lab.figure(Figure.row("One ring, two games", panels.toArray(Plot[]::new)).describedAs(
                "The vanilla generator sits on some modes more than on others; with the gradient penalty points gather at all eight."));
        lab.table("Coverage", List.of("game", "modes with 2%", "least share", "within 3 deviations", "critic's payoff"), rows);
        if (steps >= 120 && !bound.equals("clipping"))
            lab.shows("modes that WGAN-GP covers", ((Number) rows.getLast().get(1)).doubleValue(), above(5));

        var config = new BigGanConfig(8, 1, 10).withChannels(10).withLatent(16).withWidth(8);
        var critic = SpectralNorm.attachAll(ProjectionCritic.images(config, lab.rng(6)), 1, lab.rng(7));
        var gan = new Gan(new Adam(2e-3).withBetas(0, 0.9)).withLoss(GanLoss.hinge()).withAveraging(0.9)
                .withGeneratorRegularizer(Regularizer.orthogonalDirections(1e-4).on("*conv*.weight"));
        var set = Datasets.digits();
        var pictures = set.x().to(DType.F32).div(8).sub(1).reshape(set.size(), 1, 8, 8).compute();
        var run = gan.start(new BigGanGenerator(config, lab.rng(8)), critic, GanGame.of(pictures, set.y(), new LatentNoise(16), 32),
                lab.rng(9));
        run.finish(digits, lab.progress());
        var strip = new ArrayList<Image>();
        var variances = new double[3];
        double[] bounds = {2, 1, 0.5};
        var classes = Tensor.arange(10).repeatInterleave(0, 20);
        for (int t = 0; t < 3; t++) {
            var drawn = new LatentNoise(16).withTruncation(bounds[t]).through(run.generator(), classes).sample(200, lab.rng(10)).compute();
            for (int c = 0; c < 10; c++) {
                variances[t] += drawn.narrow(0, 20L * c, 20).var(0).mean().item() / 10;
                strip.add(Image.gray(c + " at " + bounds[t], drawn.select(0, 20L * c).reshape(8, 8).add(1).div(2)));
            }
        }
        lab.figure(Figure.images("Digits by truncation 2, 1 and 0.5", 10, strip).pixels(0, 1)
                .describedAs("A row for each truncation, a column for each class; the lower, the more alike the digits of a class."));
        lab.say("Variance within a class at truncations 2, 1 and 0.5: %.3f, %.3f, %.3f.", variances[0], variances[1], variances[2]);
        lab.shows("variance at truncation 1 over 2", variances[1] / variances[0], below(1));
        lab.shows("variance at truncation 0.5 over 1", variances[2] / variances[1], below(1));
    }
}
