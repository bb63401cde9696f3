package lyceum.labs.models;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.OdeSolver;
import lyceum.models.generative.Preview;
import lyceum.models.generative.diffusion.DiffusionSampler;
import lyceum.models.generative.diffusion.MixtureDenoiser;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.OdeSampler;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.models.generative.diffusion.ScoreSde;
import lyceum.models.generative.diffusion.SdeSampler;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** Two ways back from noise, one jagged and one smooth, and what each solver's network calls buy. */
@Lab(topics = "score-sde", title = "Two ways home from noise")
final class ScoreSdeLab implements LabBody {
    private static final int PATHS = 8;

    @Override public void run(LabContext lab) {
        String kind = lab.choice("equation", "VP", "VP", "sub-VP", "VE");
        int steps = lab.param("steps of the paths", 120, 10, 1_000);
        double spread = lab.param("deviation of a cluster", 0.3, 0.05, 1.0);
        var sde = switch (kind) {
            case "VP" -> ScoreSde.variancePreserving();
            case "sub-VP" -> ScoreSde.subVariancePreserving();
            default -> ScoreSde.varianceExploding(0.01, 20);
        };
        var data = new MixtureDenoiser(sde, Prediction.NOISE, new double[][] {{-1}, {1.5}}, new double[] {spread, spread},
                new double[] {3, 2});
        var model = data.model();

        var noise = NoiseStreams.of(lab.rng(1), PATHS);
        var start = model.start(noise, DType.F64, 1);
        var flow = new OdeSampler(OdeSampler.Method.HEUN, steps);
        lab.figure(Figure.row("From noise (left) to data (right)", paths("reverse SDE", new SdeSampler(steps), data, start, noise, steps),
                paths("flow without noise", flow, data, start, noise, steps)).describedAs(
                        "Eight starts each: paths of the reverse SDE are jagged and may cross; those of the flow are smooth and never do."));

        int n = 400;
        var many = model.start(NoiseStreams.of(lab.rng(2), n), DType.F64, 1);
        var exact = sde.flow(model, new OdeSolver(1e-9, 1e-9, 100_000)).move(many, 1, sde.least());
        Plot errors = Figure.plot("Error against network calls").axes("evaluations", "root mean squared error").logX().logY();
        var rows = new ArrayList<List<?>>();
        for (var method : OdeSampler.Method.values()) {
            var calls = new double[5];
            var found = new double[5];
            for (int i = 0; i < 5; i++) {
                int evaluations = 10 << i;
                boolean two = method == OdeSampler.Method.HEUN || method == OdeSampler.Method.DPM_SOLVER_2;
                var sampler = new OdeSampler(method, two ? evaluations / 2 : evaluations);
                var x = sampler.sample(model, many, null, NoiseStreams.of(lab.rng(2), n), lab.progress());
                calls[i] = sampler.evaluations();
                found[i] = x.sub(exact).square().mean().sqrt().item();
            }
            errors = errors.line(method.name(), calls, found);
            double order = -Math.log(found[4] / found[3]) / Math.log(2);
            rows.add(List.of(method.name(), found[0], found[2], found[4], order));
            lab.shows("order of " + method + " at its last doubling", order, between(method == OdeSampler.Method.EULER ? 0.6 : 1.2, 3));
        }
        lab.figure(errors
                .describedAs("All errors fall with the number of network calls, Euler's by half and the others' to a quarter a doubling."));
        lab.table("Errors by evaluations", List.of("solver", "10", "40", "160", "order"), rows);

        var points = Tensor.linspace(-2.5, 3, 45).reshape(45, 1);
        double[] logs = sde.logDensity(model, points, new OdeSolver(1e-5, 1e-5, 10_000)).toDoubleArray();
        double[] truth = data.logDensity(points, 0).toDoubleArray(), xs = points.flatten().toDoubleArray();
        double worst = 0;
        for (int i = 0; i < 45; i++) worst = Math.max(worst, Math.abs(logs[i] - truth[i]));
        lab.figure(Figure.line("The density by following the flow", xs, Arrays.stream(logs).map(Math::exp).toArray()).named("by the flow")
                .points("true", xs, Arrays.stream(truth).map(Math::exp).toArray()).axes("x", "density")
                .describedAs("The likelihood that the flow gives lies on the true density's two bumps."));
        lab.shows("largest gap of log densities, nats", worst, atMost(0.05));
    }

    private static Plot paths(String title, DiffusionSampler sampler, MixtureDenoiser data, Tensor start, NoiseStreams noise, int steps) {
        var states = new double[PATHS][steps + 1];
        var times = Tensor.linspace(0, 1, steps + 1).toDoubleArray();
        for (int p = 0; p < PATHS; p++) states[p][0] = start.item(p, 0);
        Preview preview = (step, x, clean) -> {
            for (int p = 0; p < PATHS; p++) states[p][(int) step] = x.item(p, 0);
        };
        sampler.sample(data.model(), start, null, noise, preview);
        var plot = Figure.plot(title).axes("share of the way", "x");
        for (int p = 0; p < PATHS; p++) plot = plot.line("path " + (p + 1), times, states[p]);
        return plot;
    }
}
