package lyceum.labs.models;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.info.OptimalTransport;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.Preview;
import lyceum.models.generative.diffusion.ConsistencyModel;
import lyceum.models.generative.diffusion.ConsistencyTraining;
import lyceum.models.generative.diffusion.EdmPath;
import lyceum.models.generative.diffusion.EdmSampler;
import lyceum.models.generative.diffusion.MixtureDenoiser;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.PointDenoiser;
import lyceum.models.generative.diffusion.PointDenoiserConfig;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** All points of a path are sent to where it ends: forty steps of a teacher become one. */
@Lab(topics = "consistency-models", title = "The whole path in one jump")
final class ConsistencyLab implements LabBody {
    private static final int ROWS = 2_048, POINTS = 500, PATHS = 6;

    @Override public void run(LabContext lab) {
        int epochs = lab.param("epochs", 40, 1, 400);
        String way = lab.choice("way", "distillation", "distillation", "from scratch");
        double again = lab.param("noise of the second step", 0.8, 0.01, 20.0);
        var path = new EdmPath();
        var teacher = MixtureDenoiser.ring(path, Prediction.CLEAN, 5, 2, 0.2);
        var data = teacher.draw(ROWS, lab.rng(1)).to(DType.F32);
        var network = new PointDenoiser(new PointDenoiserConfig(2).withTimeScale(0.02), lab.rng(2));
        var model = new ConsistencyModel(network, path, 1.4);
        var training = new ConsistencyTraining(epochs * 8L);
        var trainer = new Trainer(new Adam(3e-3), epochs).withBatchSize(256).withAveraging(0.98);
        var history = way.equals("distillation")
                ? training.distil(model, network, teacher.model(), data, trainer, lab.rng(3), lab.progress())
                : training.train(model, network, data, trainer, lab.rng(3), lab.progress());
        lab.figure(Figure.line("Disagreement of neighbours", 1, history.losses()).axes("epoch", "squared distance").logY()
                .describedAs("The loss falls within a stage; it means little across stages, since denser times bring neighbours closer."));

        // Trajectories of the teacher, and where the model sends each of their points.
        var noise = NoiseStreams.of(lab.rng(4), PATHS);
        var start = teacher.model().start(noise, DType.F32, 2);
        var states = new ArrayList<double[][]>();
        Preview preview = (step, x, clean) -> states.add(x.toRows());
        var end = new EdmSampler(40).sample(teacher.model(), start, null, noise, preview);
        Plot plot = Figure.plot("Points of six paths and their images").axes("x", "y").limitX(-4, 4).limitY(-4, 4).equalScales();
        double spread = 0;
        for (int p = 0; p < PATHS; p++) {
            double[] xs = new double[40], ys = new double[40], toX = new double[40], toY = new double[40];
            for (int k = 0; k < 40; k++) {
                double t = path.time(39 - k, 41);
                double[] at = states.get(k)[p], image = model.at(Tensor.of(at, 1, 2).to(DType.F32), t, null).toRows()[0];
                xs[k] = at[0];
                ys[k] = at[1];
                toX[k] = image[0];
                toY[k] = image[1];
                spread += Math.hypot(image[0] - end.item(p, 0), image[1] - end.item(p, 1)) / 40 / PATHS;
            }
            plot = plot.line("path " + (p + 1), xs, ys).points("images of path " + (p + 1), toX, toY);
        }
        lab.figure(plot.describedAs("Each path comes in from far away; the images of all its points lie close together, where it ends."));

        var streams = NoiseStreams.of(lab.rng(5), POINTS);
        var many = teacher.model().start(streams, DType.F32, 2);
        var drawn = List.of(model.sample(many, null), model.sample(many, null, streams, again),
                teacher.model().at(many, path.most(), null).clean().compute(),
                new EdmSampler(40).sample(teacher.model(), many, null, streams, Progress.SILENT));
        String[] names = {"model, one step", "model, two steps", "teacher, one step", "teacher, 40 steps"};
        var rows = new ArrayList<List<?>>();
        var panels = new Plot[4];
        double[] gaps = new double[4];
        int[] calls = {1, 2, 1, 80};
        for (int k = 0; k < 4; k++) {
            var x = drawn.get(k);
            gaps[k] = OptimalTransport.sliced(x.toRows(), data.narrow(0, 0, POINTS).toRows(), 2, 30, lab.rng(6));
            rows.add(List.of(names[k], calls[k], gaps[k]));
            panels[k] = Figure.scatter(names[k], x.select(1, 0), x.select(1, 1)).axes("x", "y").limitX(-4, 4).limitY(-4, 4).equalScales();
        }
        lab.figure(Figure.row("What they draw", panels)
                .describedAs("One step of the model gives the clusters; one step of the teacher the middle of them all."));
        lab.table("Distance to the data", List.of("sampler", "network calls", "sliced W2"), rows);
        lab.shows("mean distance of images from the path's end", spread, below(0.8));
        lab.shows("one step of the model over one of the teacher", gaps[0] / gaps[2], below(0.8));
    }
}
