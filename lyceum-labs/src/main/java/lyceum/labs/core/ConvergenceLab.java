package lyceum.labs.core;

import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.ConvergenceMonitor;
import lyceum.optim.ConvergenceMonitor.Seen;
import lyceum.optim.ConvergenceMonitor.State;
import lyceum.optim.ConvergenceRate;
import lyceum.optim.Sgd;
import lyceum.optim.UpdateRule;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Five iterations on one bowl under a monitor: on a logarithmic axis the slope is the rate, and each gets its verdict. */
@Lab(topics = "convergence", title = "Has it converged?")
final class ConvergenceLab implements LabBody {

    private record Contestant(String name, UpdateRule rule, double noise, double theory) {}

    private record Result(double[] errors, ConvergenceMonitor monitor) {}

    @Override public void run(LabContext lab) {
        double k = lab.param("condition", 30, 2.0, 300.0), noise = lab.param("noise", 0.01, 0.0, 1.0);
        int most = lab.param("steps", 800, 100, 5_000), window = lab.param("window", 50, 10, 200);
        double root = Math.sqrt(k), momentum = Math.pow((root - 1) / (root + 1), 2);
        var contestants = List.of(new Contestant("step 1/L", new Sgd(1 / k), 0, 1 - 1 / k),
                new Contestant("step 2/(mu+L)", new Sgd(2 / (1 + k)), 0, (k - 1) / (k + 1)),
                new Contestant("heavy ball", new Sgd(Math.pow(2 / (1 + root), 2)).withMomentum(momentum), 0, (root - 1) / (root + 1)),
                new Contestant("noisy gradients", new Sgd(0.5 / k), noise, Double.NaN),
                new Contestant("beyond 2/L", new Sgd(2.1 / k), 0, 1.1));
        var plot = Figure.plot("Distance to the minimum");
        var rows = new ArrayList<List<?>>();
        double measured = Double.NaN;
        for (var c : contestants) {
            var result = run(c, k, most, window, lab.rng(1));
            var rate = ConvergenceRate.of(result.errors);
            plot = plot.line(c.name, 0, result.errors);
            rows.add(List.of(c.name, result.monitor.verdict().toString(), rate.order(), rate.rate(), c.theory));
            if (c == contestants.getFirst()) measured = rate.rate();
        }
        lab.figure(plot.axes("step", "distance to the minimum").logY().describedAs(
                "Straight lines fall by a constant factor a step: the steeper, the faster. The noisy one levels off, and the last one rises. Each line ends where the monitor decides."));
        lab.table("Verdicts", List.of("iteration", "verdict", "order", "rate", "rate in theory"), rows);
        lab.say("A change below 1e-6 would have stopped the first run when its error was still %.2g: all steps to come add up to %.0f times the last one.",
                1e-6 * measured / (1 - measured), measured / (1 - measured));
        lab.shows("(1 - rate) of step 1/L, over 1/K", (1 - measured) * k, equalTo(1, 0.1));
    }

    /** From the same start until the verdict, over {@code (x^2 + K y^2) / 2}. */
    private static Result run(Contestant c, double k, int most, int window, Rng rng) {
        var x = Tensor.of(3.0, 1).requiresGrad();
        var optimizer = c.rule.over(x);
        var monitor = new ConvergenceMonitor(new ConvergenceMonitor.Criteria().withWindow(window).withGradient(1e-9));
        var errors = new double[most];
        int t = 0;
        while (t < most && monitor.verdict().state() == State.RUNNING) {
            double[] at = x.toDoubleArray();
            errors[t++] = Math.hypot(at[0], at[1]);
            double[] g = {at[0] + c.noise * rng.nextGaussian(), k * at[1] + c.noise * rng.nextGaussian()};
            monitor.see(Seen.loss((at[0] * at[0] + k * at[1] * at[1]) / 2).withGradientNorm(Math.hypot(g[0], g[1]))
                    .withStep(c.rule.learningRate()));
            optimizer.step(Tensor.of(g));
        }
        return new Result(Arrays.copyOf(errors, t), monitor);
    }
}
