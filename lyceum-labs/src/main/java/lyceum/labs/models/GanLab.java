package lyceum.labs.models;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.adversarial.CriticPenalty;
import lyceum.models.generative.adversarial.Gan;
import lyceum.models.generative.adversarial.GanGame;
import lyceum.models.generative.adversarial.GanLoss;
import lyceum.models.generative.adversarial.LatentNoise;
import lyceum.models.generative.adversarial.ModeCoverage;
import lyceum.models.generative.adversarial.TabularGame;
import lyceum.models.generative.diffusion.MixtureDenoiser;
import lyceum.models.generative.diffusion.NoiseLadder;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A game of two points that spirals, one of tables that settles, and one of networks on a ring of eight modes. */
@Lab(topics = "gan-minimax", title = "The forger and the inspector")
final class GanLab implements LabBody {
    @Override public void run(LabContext lab) {
        double eta = lab.param("step of the two-point game", 0.1, 0.01, 0.3), gamma = lab.param("R1 weight", 0.4, 0.0, 1.9);
        int steps = lab.param("steps on the ring", 200, 20, 5_000), batch = lab.param("batch", 128, 16, 512);
        double deviation = lab.param("deviation of a mode", 0.2, 0.05, 0.4);

        double[][] free = dirac(lab, eta, 0), held = dirac(lab, eta, gamma);
        double growth = radius(free, 150) / radius(free, 0), decay = radius(held, 150) / radius(held, 0);
        lab.figure(Figure.row("Simultaneous play", spiral("no penalty", free), spiral("with R1", held))
                .describedAs("Without a penalty the path leaves the equilibrium in a spiral; with one it winds into it."));
        lab.say("In 150 steps the distance is multiplied by %.2f without a penalty, and by %.2g with it.", growth, decay);
        lab.shows("growth over sqrt(1 + eta^2)^150, off 1", Math.abs(growth / Math.pow(1 + eta * eta, 75) - 1), below(1e-4));
        if (gamma > eta) lab.shows("distance with R1 after 150 steps over before", decay, below(1));

        var p = Tensor.of(0.4, 0.3, 0.2, 0.1);
        var game = new TabularGame(p);
        TabularGame.Table forger = game.table(), inspector = game.table();
        new Gan(new Sgd(5)).withCriticSteps(5).start(forger, inspector, game, lab.rng(1)).finish(60, lab.progress());
        lab.shows("tables: total variation from the data", forger.probabilities().sub(p).abs().sum().item() / 2, below(0.02));

        var ring = MixtureDenoiser.ring(new NoiseLadder(1), Prediction.SCORE, 8, 2, deviation);
        var data = ring.draw(4_096, lab.rng(2)).to(DType.F32);
        var noise = new LatentNoise(4);
        var generator = new Mlp(MlpConfig.regressor(4, 2, 32, 32), lab.rng(3));
        var critic = new Mlp(MlpConfig.regressor(2, 1, 32, 32).withActivation(Activation.LEAKY_RELU), lab.rng(4));
        var gan = new Gan(new Adam(4e-3).withBetas(0.5, 0.9)).withPenalty(new CriticPenalty.R1(0.1)).withAveraging(0.97);
        var run = gan.start(generator, critic, GanGame.of(data, noise, batch), lab.rng(5));
        var frames = new ArrayList<Plot>();
        for (int k = 0; k <= 4; k++) {
            run.finish(steps * k / 4, lab.progress());
            frames.add(chase("step " + run.steps(), data, critic, noise.through(run.generator()).sample(400, lab.rng(6))));
        }
        lab.figure(Figure.frames("Generated points chase the ring", "training", frames)
                .labelled("start", "a quarter", "half", "three quarters", "end")
                .describedAs("Bright where the critic believes; the generated points spread from the middle over the eight clusters."));
        var coverage = ModeCoverage.of(noise.through(run.generator()).sample(2_000, lab.rng(7)), ring.centres(), deviation, 3);
        double[] values = run.history().stream().mapToDouble(l -> l.objective()).toArray();
        lab.figure(Figure.plot("Value of the game").line("E log D + E log(1 - D)", 1, values).horizontalLine(-Math.log(4), "-log 4")
                .axes("step", "nats")
                .describedAs("The value swings at first and settles near -log 4 as the two distributions become one."));
        if (steps >= 200) lab.shows("modes that hold 2% of the samples", coverage.covered(0.02), atLeast(7));
    }

    /** Generator and critic after each of 150 steps, as two rows of coordinates. */
    private static double[][] dirac(LabContext lab, double eta, double gamma) {
        Linear point = new Linear(Tensor.of(new double[] {0}, 1, 1), Tensor.of(0.6)),
                slope = new Linear(Tensor.of(new double[] {0.8}, 1, 1), null);
        point.freeze("weight"); // what is left is one point, whatever the noise
        var gan = new Gan(new Sgd(eta)).withLoss(GanLoss.wasserstein()).withOrder(Gan.Order.SIMULTANEOUS)
                .withPenalty(new CriticPenalty.R1(gamma));
        var run = gan.start(point, slope, GanGame.of(Tensor.zeros(DType.F64, 1, 1), new LatentNoise(1).withDtype(DType.F64), 1),
                lab.rng(0));
        var path = new double[2][151];
        for (int t = 0; t <= 150; t++) {
            path[0][t] = point.bias().item();
            path[1][t] = slope.weight().item();
            run.step();
        }
        return path;
    }

    private static double radius(double[][] path, int t) { return Math.hypot(path[0][t], path[1][t]); }

    private static Plot spiral(String title, double[][] path) {
        return Figure.plot(title).line("path", path[0], path[1]).points("equilibrium", new double[] {0}, new double[] {0})
                .axes("theta", "psi").equalScales();
    }

    private static Plot chase(String title, Tensor data, Mlp critic, Tensor drawn) {
        return Figure.plot(title).surface(-3, 3, -3, 3, x -> critic.predict(x).sigmoid().squeeze(1)).points("data", data.narrow(0, 0, 300))
                .points("generated", drawn).axes("x", "y").equalScales();
    }
}
