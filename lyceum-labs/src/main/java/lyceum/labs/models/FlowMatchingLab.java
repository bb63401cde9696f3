package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.info.OptimalTransport;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.Preview;
import lyceum.models.generative.diffusion.FlowMatching;
import lyceum.models.generative.diffusion.FlowModel;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.PointDenoiser;
import lyceum.models.generative.diffusion.PointDenoiserConfig;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Straight training pairs, bent paths, and how a reflow straightens them so that one step will do. */
@Lab(topics = "flow-matching", title = "Bent paths made straight")
final class FlowMatchingLab implements LabBody {
    private static final int ROWS = 2_048, PATHS = 60, STEPS = 25;

    @Override public void run(LabContext lab) {
        int epochs = lab.param("epochs", 40, 1, 400);
        String coupling = lab.choice("coupling of a batch", "independent", "independent", "optimal transport");
        var data = Datasets.moons(lab.rng(1), ROWS, 0.05).x().to(DType.F32);
        var matching = new FlowMatching()
                .withCoupling(coupling.equals("independent") ? FlowMatching.Coupling.INDEPENDENT : FlowMatching.Coupling.OPTIMAL_TRANSPORT);
        var trainer = new Trainer(new Adam(3e-3), epochs).withBatchSize(128).withAveraging(0.98);
        var config = new PointDenoiserConfig(2).withWidth(48).forUnitTime();

        var first = new PointDenoiser(config, lab.rng(2));
        trainer.start(first, ROWS, matching.over(first, data), null, lab.rng(3)).finish(lab.progress());
        var flow = matching.model(first);
        var pairs = flow.pairs(ROWS, lab.rng(4), DType.F32, 2);
        var second = new PointDenoiser(config, lab.rng(2));
        second.load(first.state());
        trainer.start(second, ROWS, matching.overPairs(second, pairs), null, lab.rng(5)).finish(lab.progress());
        var straight = matching.model(second);

        var noise = NoiseStreams.of(lab.rng(6), PATHS).normal(DType.F32, 2);
        lab.figure(Figure.row("From noise to two moons", paths("before", flow, noise), paths("after one reflow", straight, noise))
                .describedAs("Before, paths set out for the middle and turn late; after the reflow they are nearly straight lines."));
        var rows = new ArrayList<List<?>>();
        var panels = new ArrayList<Plot>();
        var gaps = new double[2][2];
        for (int k = 0; k < 2; k++) for (int steps : new int[] {1, 4, 50}) {
            var model = k == 0 ? flow : straight;
            var x = model.generator(new FlowModel.Solver.Euler(steps), DType.F32, 2).sample(500, lab.rng(7));
            double gap = OptimalTransport.sliced(x.toRows(), data.narrow(0, 0, 500).toRows(), 2, 30, lab.rng(8));
            if (steps != 4) gaps[k][steps == 1 ? 0 : 1] = gap;
            rows.add(List.of(k == 0 ? "before" : "after the reflow", steps, gap));
            if (steps == 1) panels.add(Figure.scatter((k == 0 ? "before" : "after") + ", one step", x.select(1, 0), x.select(1, 1))
                    .axes("x", "y").equalScales());
        }
        lab.figure(Figure.row("A single step", panels.toArray(Plot[]::new))
                .describedAs("One step before the reflow lands near the mean of the data, after it on the moons."));
        lab.table("Distance to the data", List.of("flow", "steps", "sliced W2"), rows);
        double ratio = flow.curvature(noise, 20) / straight.curvature(noise, 20);
        lab.say("The reflow divides the curvature by %.1f; one step's distance falls from %.3f to %.3f.", ratio, gaps[0][0], gaps[1][0]);
        lab.shows("curvature before over after", ratio, above(2));
        lab.shows("one step's distance after over before", gaps[1][0] / gaps[0][0], below(0.7));
        lab.shows("distance at 50 steps", gaps[0][1], below(0.3));
    }

    private static Plot paths(String title, FlowModel model, Tensor noise) {
        double[][] xs = new double[PATHS][STEPS + 1], ys = new double[PATHS][STEPS + 1];
        see(noise, xs, ys, 0);
        Preview preview = (step, x, clean) -> see(x, xs, ys, (int) step);
        model.move(noise, 0, 1, null, new FlowModel.Solver.Euler(STEPS), preview);
        var plot = Figure.plot(title).axes("x", "y").equalScales();
        for (int p = 0; p < PATHS; p++) plot = plot.line("", xs[p], ys[p]);
        return plot;
    }

    private static void see(Tensor x, double[][] xs, double[][] ys, int step) {
        double[][] rows = x.toRows();
        for (int p = 0; p < PATHS; p++) {
            xs[p][step] = rows[p][0];
            ys[p][step] = rows[p][1];
        }
    }
}
