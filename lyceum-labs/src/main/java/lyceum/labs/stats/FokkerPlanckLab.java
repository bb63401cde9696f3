package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.OdeSolver;
import lyceum.plot.Figure;
import lyceum.prob.Brownian;
import lyceum.prob.FokkerPlanck;
import lyceum.prob.Normal;
import lyceum.prob.ProbabilityFlow;
import lyceum.prob.Sde;
import lyceum.prob.Sde.Method;
import lyceum.tensor.Tensor;

/** Particles that jitter and particles that glide, and the one density that both have. */
@Lab(topics = "fokker-planck", title = "Noise without noise")
final class FokkerPlanckLab implements LabBody {
    private static final int PARTICLES = 2_000;

    @Override public void run(LabContext lab) {
        double mean = lab.param("startMean", 2.0, -2.0, 3.0), sd = lab.param("startDeviation", 0.5, 0.2, 1.5);
        double noise = lab.param("noise", 1.4, 0.4, 2.0), time = lab.param("time", 1.0, 0.1, 2.0),
                barrier = lab.param("barrier", 1.0, 0.2, 2.0);

        var equation = FokkerPlanck.line(x -> -x, x -> noise, -6, 7, 400);
        var start = equation.density(x -> new Normal(mean, sd).density(x[0]));
        var later = equation.solve(start, 0, time);
        double rest = noise * noise / 2;
        var flow = new ProbabilityFlow((t, x) -> x.neg(), t -> noise,
                (t, x) -> x.sub(mean * Math.exp(-t)).div(-(rest + (sd * sd - rest) * Math.exp(-2 * t))), new OdeSolver());
        var from = Tensor.randn(lab.rng(1), DType.F64, PARTICLES, 1).mul(sd).add(mean).compute();
        var smooth = flow.move(from, 0, time);
        int steps = (int) Math.ceil(200 * time);
        var jagged = Sde.ornsteinUhlenbeck(1, 0, noise).solve(from.flatten(), Brownian.paths(lab.rng(2), PARTICLES, steps, time),
                Method.EULER_MARUYAMA);

        double[] places = new double[400], density = new double[400];
        for (int cell = 0; cell < 400; cell++) {
            places[cell] = equation.centre(cell)[0];
            density[cell] = later.at(places[cell]);
        }
        lab.figure(Figure.plot("Density after " + time).line("equation", places, density)
                .line("gliding particles", CENTRES, histogram(smooth)).step()
                .line("jittering particles", CENTRES, histogram(jagged.get(steps))).step().axes("x", "density").limitX(-4, 4.5).describedAs(
                        "Three ways to one density: the equation on a grid, an ordinary flow with the score in it, and the noisy paths."));

        var lines = Figure.plot("Five that glide and two that jitter, from the same places");
        double[] times = Tensor.linspace(0, time, 41).toDoubleArray();
        for (int i = 0; i < 5; i++) {
            var way = new double[41];
            var at = Tensor.of(new double[] {mean + (i - 2) * sd}, 1, 1);
            for (int k = 0; k < 41; k++) way[k] = flow.move(at, 0, times[k]).item();
            lines = lines.line("flow " + (i + 1), times, way);
        }
        double[] grid = Tensor.linspace(0, time, steps + 1).toDoubleArray();
        for (int i = 0; i < 2; i++) lines = lines.line("path " + (i + 1), grid, jagged.select(1, i).toDoubleArray());
        lab.figure(
                lines.axes("time", "x").describedAs("Flow lines keep their order and never cross; noisy paths wander over all of them."));

        double back = flow.move(smooth, time, 0).sub(from).abs().max().item();
        lab.say("Run back, each gliding particle returns to where it began, to %.1e.", back);
        lab.shows("largest distance from the start after there and back", back, atMost(1e-5));
        lab.shows("change of the mass on the grid", Math.abs(later.total() - start.total()), below(1e-12));

        var wells = FokkerPlanck.line(x -> -4 * barrier * x * (x * x - 1), x -> noise, -2.5, 2.5, 120);
        var settled = wells.stationary(wells.density(x -> new Normal(1, 0.2).density(x[0])));
        double[] x = new double[120], found = new double[120], theory = new double[120];
        for (int cell = 0; cell < 120; cell++) {
            x[cell] = wells.centre(cell)[0];
            found[cell] = settled.at(x[cell]);
            theory[cell] = Math.exp(-2 * barrier * Math.pow(x[cell] * x[cell] - 1, 2) / (noise * noise));
        }
        double sum = Arrays.stream(theory).sum() * 5 / 120;
        for (int cell = 0; cell < 120; cell++) theory[cell] /= sum;
        lab.figure(Figure.plot("Where a double well comes to rest, begun on the right").line("at rest", x, found)
                .line("exp(-2U / g^2)", x, theory).dashed().axes("x", "density")
                .describedAs("The density that rests in both wells alike, whatever side it began on: Boltzmann's."));
        lab.table("At rest", List.of("mass on the left", "mass on the right"),
                List.of(List.of(Arrays.stream(settled.masses(), 0, 60).sum(), Arrays.stream(settled.masses(), 60, 120).sum())));
    }

    private static final double[] CENTRES = Tensor.linspace(-4.9, 4.9, 50).toDoubleArray();

    private static double[] histogram(Tensor x) {
        var share = new double[50];
        for (double v : x.flatten().toDoubleArray()) {
            int cell = (int) Math.floor((v + 5) * 5);
            if (cell >= 0 && cell < 50) share[cell] += 5.0 / PARTICLES;
        }
        return share;
    }
}
