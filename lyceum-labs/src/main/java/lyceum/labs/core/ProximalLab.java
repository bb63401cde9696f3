package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Svd;
import lyceum.optim.Objective;
import lyceum.optim.Proximal;
import lyceum.optim.ProximalGradient;
import lyceum.optim.ProximalGradient.Restart;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** The diabetes lasso by ISTA and FISTA under their bounds, and a noisy signal pulled into steps by one proximal operator. */
@Lab(topics = "proximal-gradient", title = "Exact zeros, step by step")
final class ProximalLab implements LabBody {

    @Override public void run(LabContext lab) {
        double lambda = lab.param("lambda", 0.1, 0.001, 2.0), pull = lab.param("pull", 1.5, 0.0, 20.0);
        int steps = lab.param("steps", 500, 50, 2_000);
        var data = Datasets.diabetes();
        Tensor x = data.x().sub(data.x().mean(0)).compute(), y = data.y().sub(data.y().mean()).compute();
        Objective loss = Objective.of(w -> y.sub(x.matmul(w)).square().sum().div(2 * x.size(0)));
        double lipschitz = Math.pow(Svd.values(x).max().item(), 2) / x.size(0);
        var penalty = new Proximal.L1(lambda);
        var zero = new double[(int) x.size(1)];
        var best = ProximalGradient.fista(1 / lipschitz).withRestart(Restart.GRADIENT).withTolerance(1e-11).minimize(loss, penalty, zero);
        double square = Arrays.stream(best.x()).map(w -> w * w).sum();

        var fista = ProximalGradient.fista(1 / lipschitz).withMaxIterations(steps).withTolerance(0);
        double[] slow = ProximalGradient.ista(1 / lipschitz).withMaxIterations(steps).withTolerance(0).trace(loss, penalty, zero).values();
        double[] fast = fista.trace(loss, penalty, zero).values();
        double[] restarted = fista.withRestart(Restart.GRADIENT).trace(loss, penalty, zero).values();
        var k = Tensor.arange(1, steps + 1, 1).toDoubleArray();
        double[] slowBound = Arrays.stream(k).map(i -> lipschitz * square / (2 * i)).toArray();
        double[] fastBound = Arrays.stream(k).map(i -> 2 * lipschitz * square / (i + 1) / (i + 1)).toArray();
        lab.figure(Figure.plot("How far above the minimum").line("ISTA", 1, gaps(slow, best.value()))
                .line("FISTA", 1, gaps(fast, best.value())).line("FISTA, restarted", 1, gaps(restarted, best.value()))
                .line("L R^2 / 2k", k, slowBound).dashed().line("2 L R^2 / (k+1)^2", k, fastBound).dashed()
                .axes("step k", "F - F*, squared units of the target").logX().logY().describedAs(
                        "Every curve stays under its dashed bound. FISTA falls away from ISTA, then ripples where its momentum overshoots; restarting it removes the ripples."));
        lab.table("Coefficients", List.of("feature", "lasso"),
                IntStream.range(0, zero.length).mapToObj(i -> List.of(data.featureNames().get(i), best.x()[i])).toList());
        lab.say("%d of %d coefficients are exactly zero after %d steps with restarts.", Arrays.stream(best.x()).filter(w -> w == 0).count(),
                zero.length, best.iterations());
        lab.shows("ISTA's gap over its bound, largest", worst(gaps(slow, best.value()), slowBound), atMost(1));
        lab.shows("FISTA's gap over its bound, largest", worst(gaps(fast, best.value()), fastBound), atMost(1));

        var rng = lab.rng(1);
        var noisy = new double[120];
        for (int i = 0; i < noisy.length; i++) noisy[i] = (i < 40 ? 1 : i < 70 ? 3 : i < 100 ? 0 : 2) + 0.4 * rng.nextGaussian();
        double[] pulled = new Proximal.TotalVariation(pull).prox(noisy, 1);
        lab.figure(Figure.plot("Total variation: one operator, exact").points("measured", Tensor.arange(0, 120, 1).toDoubleArray(), noisy)
                .line("pulled", 0, pulled).step().axes("time, samples", "signal, units of measurement").describedAs(
                        "The operator moves the points towards each other until they merge into steps; drag pull to see plateaus join one by one."));
        lab.say("The pulled signal has %d plateaus.",
                1 + IntStream.range(1, 120).filter(i -> Math.abs(pulled[i] - pulled[i - 1]) > 1e-9).count());
    }

    /** Values above the least, without the start; the last bits are cut off, since the axis is logarithmic. */
    private static double[] gaps(double[] values, double least) {
        return Arrays.stream(values).skip(1).map(v -> Math.max(v - least, 1e-12 * least)).toArray();
    }

    private static double worst(double[] gaps, double[] bounds) {
        double most = 0;
        for (int i = 0; i < gaps.length; i++) most = Math.max(most, gaps[i] / bounds[i]);
        return most;
    }
}
