package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.diffusion.AnnealedLangevin;
import lyceum.models.generative.diffusion.MixtureDenoiser;
import lyceum.models.generative.diffusion.NoiseLadder;
import lyceum.models.generative.diffusion.PointDenoiser;
import lyceum.models.generative.diffusion.PointDenoiserConfig;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.models.generative.diffusion.ScoreMatching;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Arrows that point uphill in the log density: learned from points alone, with and without noise. */
@Lab(topics = {"score-matching", "denoising-score-matching"}, title = "The score as a field of arrows")
final class ScoreFieldLab implements LabBody {
    private static final int GRID = 13, REACH = 4;

    @Override public void run(LabContext lab) {
        String form = lab.choice("objective without noise", "sliced", "sliced", "explicit");
        int epochs = lab.param("epochs", 15, 1, 400), levels = lab.param("noise levels", 5, 2, 12);
        double least = lab.param("least noise", 0.25, 0.05, 1.0);
        var ladder = NoiseLadder.geometric(least, 4, levels);
        var truth = MixtureDenoiser.ring(ladder, Prediction.SCORE, 4, 2, 0.6);
        var data = truth.draw(2_048, lab.rng(1)).to(DType.F32);
        var trainer = new Trainer(new Adam(3e-3), epochs).withBatchSize(256).withAveraging(0.98);

        var plain = new PointDenoiser(new PointDenoiserConfig(2), lab.rng(2));
        var objective = form.equals("sliced") ? ScoreMatching.sliced(1) : ScoreMatching.explicit();
        trainer.start(plain, 2_048, objective.over(plain, data), null, lab.rng(3)).finish(lab.progress());
        var learned = plain.predict(data, 0, null);
        // A hundredth of a unit of noise blurs nothing: the mixture's own score.
        var own = MixtureDenoiser.ring(new NoiseLadder(0.01), Prediction.SCORE, 4, 2, 0.6);
        var exact = own.score(data, 1);
        lab.figure(Figure.row("Without noise: where data are, the arrows agree",
                field("learned, " + form, data, z -> plain.predict(z, 0, null)), field("true", data, z -> own.score(z, 1)))
                .describedAs("Learned and true arrows on a grid over the data; they agree among the points and differ far from them."));
        double cosine = learned.mul(exact).sum(1).div(learned.square().sum(1).mul(exact.square().sum(1)).sqrt()).mean().item();

        var network = new PointDenoiser(new PointDenoiserConfig(2).withTimeScale(100), lab.rng(4));
        var denoising = ScoreMatching.denoising(ladder);
        trainer.withEpochs(2 * epochs).start(network, 2_048, denoising.over(network, data), null, lab.rng(5)).finish(lab.progress());
        var model = denoising.model(network);
        double worst = 0;
        var frames = new ArrayList<Plot>();
        var names = new ArrayList<String>();
        var rows = new ArrayList<List<?>>();
        for (int level = levels; level >= 1; level--) {
            int at = level;
            double sigma = ladder.noise(level);
            var x = data.add(Tensor.randn(lab.rng(10 + level), DType.F32, 2_048, 2).mul(sigma));
            var t = truth.score(x, level);
            double error = model.score(x, level, null).sub(t).norm().item() / t.norm().item();
            worst = Math.max(worst, error);
            rows.add(List.of(sigma, error));
            names.add("sigma %.2f".formatted(sigma));
            frames.add(field(names.getLast(), x, z -> model.score(z, at, null)));
        }
        lab.figure(Figure.frames("With noise: from one hill to four", "level", frames).labelled(names.toArray(String[]::new))
                .describedAs("At much noise all arrows point to the middle; as the noise falls they part to the four clusters."));
        lab.table("Error of the learned score where the noised data are", List.of("sigma", "relative error"), rows);
        var drawn = model.generator(new AnnealedLangevin(20, 0.3), DType.F32, 2).sample(400, lab.rng(6));
        lab.figure(cloud("Annealed Langevin", drawn)
                .describedAs("Points that followed the arrows, with some shaking, from the noisiest level down."));
        lab.shows("score-matching", "mean cosine with the true score", cosine, above(0.8));
        lab.shows("denoising-score-matching", "largest relative error", worst, below(0.5));
    }

    /** Arrows of even length, as directions are what one sees; the cloud behind them. */
    private static Plot field(String title, Tensor cloud, java.util.function.UnaryOperator<Tensor> score) {
        int n = GRID * GRID;
        double[] xs = new double[n], ys = new double[n], toXs = new double[n], toYs = new double[n];
        for (int i = 0; i < n; i++) {
            xs[i] = REACH * (2.0 * (i % GRID) / (GRID - 1) - 1);
            ys[i] = REACH * (2.0 * (i / GRID) / (GRID - 1) - 1);
        }
        double[][] s = score.apply(Tensor.stack(1, Tensor.of(xs), Tensor.of(ys)).to(DType.F32)).toRows();
        for (int i = 0; i < n; i++) {
            double length = Math.hypot(s[i][0], s[i][1]) + 1e-9;
            toXs[i] = xs[i] + 0.5 * s[i][0] / length;
            toYs[i] = ys[i] + 0.5 * s[i][1] / length;
        }
        return cloud(title, cloud.narrow(0, 0, 300)).arrows("score", xs, ys, toXs, toYs);
    }

    private static Plot cloud(String title, Tensor x) {
        return Figure.scatter(title, x.select(1, 0), x.select(1, 1)).axes("x", "y").limitX(-5, 5).limitY(-5, 5).equalScales();
    }
}
