package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.info.OptimalTransport;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.Preview;
import lyceum.models.generative.diffusion.DdimSampler;
import lyceum.models.generative.diffusion.Ddpm;
import lyceum.models.generative.diffusion.DiffusionModel;
import lyceum.models.generative.diffusion.MixtureDenoiser;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.PointDenoiser;
import lyceum.models.generative.diffusion.PointDenoiserConfig;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Noise turns into eight clusters step by step; then the same in few steps, without randomness. */
@Lab(topics = {"ddpm", "ddim"}, title = "From noise to data, step by step or by leaps")
final class DiffusionLab implements LabBody {
    private static final int POINTS = 400;

    @Override public void run(LabContext lab) {
        int steps = lab.param("noise steps", 200, 20, 1_000), epochs = lab.param("epochs", 40, 1, 400);
        double eta = lab.param("eta of the leaps", 0.0, 0.0, 1.0);
        String denoiser = lab.choice("denoiser", "trained", "trained", "perfect");
        var ddpm = new Ddpm(NoiseSchedule.cosine(steps)).withPrediction(Prediction.VELOCITY);
        var truth = MixtureDenoiser.ring(ddpm.schedule(), Prediction.VELOCITY, 8, 2, 0.2);
        var data = truth.draw(2_048, lab.rng(1)).to(DType.F32);
        DiffusionModel model = truth.model();
        if (denoiser.equals("trained")) {
            var network = new PointDenoiser(new PointDenoiserConfig(2).withTimeScale(1_000.0 / steps), lab.rng(2));
            var trainer = new Trainer(new Adam(3e-3), epochs).withBatchSize(256).withAveraging(0.99);
            var history = trainer.start(network, 2_048, ddpm.over(network, data), null, lab.rng(3)).finish(lab.progress());
            lab.figure(Figure.line("What the loss tells: little", 1, history.losses()).axes("epoch", "squared error")
                    .describedAs("The regression's loss falls at once and then hardly moves while the samples still improve."));
            model = ddpm.model(network);
        }

        var frames = new ArrayList<Plot>();
        var names = new ArrayList<String>();
        var noise = NoiseStreams.of(lab.rng(4), POINTS);
        var start = model.start(noise, DType.F32, 2);
        frames.add(cloud("noise", start));
        names.add("t = " + steps);
        Preview preview = (step, x, clean) -> {
            if (step % Math.max(1, steps / 12) != 0 && step != steps) return;
            frames.add(cloud("after " + step + " steps", x));
            names.add("t = " + (steps - step));
        };
        var drawn = ddpm.sampler().sample(model, start, null, noise, preview);
        lab.figure(Figure.frames("Noise turning into data", "step", frames).labelled(names.toArray(String[]::new))
                .describedAs("A round cloud of noise gathers into eight clusters, most of it in the last third of the steps."));
        double slow = distance(lab, drawn, data);

        var rows = new ArrayList<List<?>>();
        var panels = new ArrayList<Plot>();
        double few = 0;
        for (int leaps : new int[] {2, 5, 20, Math.min(100, steps)}) {
            var streams = NoiseStreams.of(lab.rng(4), POINTS);
            var x = new DdimSampler(leaps).withEta(eta).sample(model, start, null, streams, lab.progress());
            double gap = distance(lab, x, data);
            if (leaps == 20) few = gap;
            rows.add(List.of("DDIM", leaps, gap));
            panels.add(cloud(leaps + " steps", x));
        }
        rows.add(List.of("DDPM", steps, slow));
        lab.figure(Figure.row("The same noise, by leaps", panels.toArray(Plot[]::new))
                .describedAs("The same starting noise: few steps leave points between the clusters, twenty nearly none."));
        lab.table("Distance to the data", List.of("sampler", "network calls", "sliced W2"), rows);

        var strip = new DdimSampler(20).interpolate(model, start.get(0), start.get(1), 60, null, lab.progress());
        lab.figure(Figure.scatter("Interpolation", strip.select(1, 0), strip.select(1, 1)).axes("x", "y").equalScales()
                .describedAs("Sixty noise vectors on an arc between two: their data walk through clusters and jump across the gaps."));
        lab.shows("ddim", "sliced W2 of 20 steps", few, below(0.5));
        lab.shows("ddpm", "sliced W2 of the noise it started from", distance(lab, start, data), above(0.5));
        lab.shows("ddpm", "sliced W2 of all steps", slow, below(0.5));
    }

    private static double distance(LabContext lab, Tensor x, Tensor data) {
        return OptimalTransport.sliced(x.toRows(), data.narrow(0, 0, POINTS).toRows(), 2, 30, lab.rng(9));
    }

    private static Plot cloud(String title, Tensor x) {
        return Figure.scatter(title, x.select(1, 0), x.select(1, 1)).axes("x", "y").limitX(-3.5, 3.5).limitY(-3.5, 3.5).equalScales();
    }
}
