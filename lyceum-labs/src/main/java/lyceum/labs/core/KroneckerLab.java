package lyceum.labs.core;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.stream.DoubleStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Qr;
import lyceum.optim.Adam;
import lyceum.optim.Kfac;
import lyceum.optim.KfacLayer;
import lyceum.optim.Optimizer;
import lyceum.optim.Sgd;
import lyceum.optim.Shampoo;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A layer whose inputs are long in some directions and short in others: two rules that know it against two that do not. */
@Lab(topics = "shampoo-kfac", title = "Two small matrices for one enormous")
final class KroneckerLab implements LabBody {
    private static final double GOAL = 1e-4;

    /** Losses over the first one, and the time of each step. */
    private record Run(String name, double[] losses, double[] milliseconds) {
        int stepsToGoal() {
            int t = 0;
            while (t < losses.length && losses[t] > GOAL) t++;
            return t;
        }

        List<Object> row() {
            int steps = stepsToGoal();
            return steps == losses.length ? List.of(name, "over " + (steps - 1), "", losses[steps - 1])
                    : List.of(name, String.valueOf(steps), String.format("%.1f", milliseconds[steps]), losses[losses.length - 1]);
        }
    }

    @Override public void run(LabContext lab) {
        double condition = lab.param("condition", 1e4, 1.0, 1e6);
        int size = lab.param("size", 20, 2, 64), steps = lab.param("steps", 200, 20, 2_000);
        double damping = lab.param("damping", 1e-8, 0.0, 1.0);
        var inputs = inputs(lab.rng(1), size, condition);
        var target = Tensor.randn(lab.rng(2), DType.F64, size, size).compute();
        var runs = new ArrayList<Run>();
        runs.add(best("SGD", inputs, target, steps, w -> rate -> new Sgd(rate).over(w), 1.9, 1, 0.5));
        runs.add(best("Adam", inputs, target, steps, w -> rate -> new Adam(rate).over(w), 0.3, 0.1, 0.03));
        runs.add(best("Shampoo", inputs, target, steps, w -> rate -> new Shampoo(rate).over(w), 3, 1, 0.3));
        runs.add(kfac(lab.rng(3), inputs, target, steps, damping));

        var plot = Figure.plot("A layer of " + size + " x " + size + " weights, each rule at its best rate");
        for (var run : runs) plot = plot.line(run.name, 0, run.losses);
        lab.figure(plot.horizontalLine(GOAL, "goal").axes("step", "loss over the first").logY().limitY(1e-8, 1).describedAs(
                "SGD and Adam slow down when only the directions with little input are left. Shampoo and K-FAC divide by that scale and go straight on."));
        lab.table("Until the loss is " + GOAL + " of the first", List.of("rule", "steps", "milliseconds", "last loss"),
                runs.stream().map(Run::row).toList());
        lab.say("A full curvature matrix would have %,d entries; the two factors have %,d.", (long) Math.pow(size, 4), 2L * size * size);
        int adam = runs.get(1).stepsToGoal();
        for (var run : runs.subList(2, 4)) lab.shows(run.name + "'s steps over Adam's", (double) run.stepsToGoal() / adam, below(1));
    }

    /** Examples (2 size, size) whose second moment has log-spaced eigenvalues from 1 down to 1 / condition. */
    private static Tensor inputs(Rng rng, int size, double condition) {
        Tensor basis = Qr.of(Tensor.randn(rng, DType.F64, size, size)).q(),
                spread = Qr.of(Tensor.randn(rng, DType.F64, 2 * size, size)).q();
        var roots = Tensor.linspace(0, -Math.log(condition) / 2, size).exp();
        return spread.mul(roots).matmul(basis.transpose()).mul(Math.sqrt(2.0 * size)).compute();
    }

    private interface Over {
        DoubleFunction<Optimizer> parameter(Tensor w);
    }

    private static Run best(String name, Tensor inputs, Tensor target, int steps, Over rule, double... rates) {
        return DoubleStream.of(rates).mapToObj(rate -> {
            var w = start(target);
            var optimizer = rule.parameter(w).apply(rate);
            return race(name, w, inputs, target, steps, optimizer::step);
        }).min(Comparator.comparingInt(Run::stepsToGoal).thenComparingDouble(run -> run.losses[steps])).orElseThrow();
    }

    private static Run kfac(Rng rng, Tensor inputs, Tensor target, int steps, double damping) {
        var w = start(target);
        var layer = KfacLayer.linear(w, null);
        var kfac = new Kfac(damping, 0.95, 0, 1).over(layer);
        var optimizer = new Sgd(0.5).over(w);
        return race("K-FAC", w, inputs, target, steps, () -> {
            layer.observe(inputs, Tensor.randn(rng, DType.F64, inputs.size(0), target.size(0)), 0.95);
            optimizer.step(kfac.directions(List.of(w), 0.5));
        });
    }

    private static Tensor start(Tensor target) { return Tensor.zeros(DType.F64, target.shape().toArray()).copy().requiresGrad(); }

    private static Run race(String name, Tensor w, Tensor inputs, Tensor target, int steps, Runnable step) {
        double[] losses = new double[steps + 1], milliseconds = new double[steps + 1];
        long begin = System.nanoTime();
        for (int t = 0; t <= steps; t++) {
            w.zeroGrad();
            var loss = inputs.matmul(w.sub(target).transpose()).square().sum().div(2.0 * inputs.size(0));
            loss.backward();
            losses[t] = loss.item();
            milliseconds[t] = (System.nanoTime() - begin) * 1e-6;
            step.run();
        }
        return new Run(name, Arrays.stream(losses).map(loss -> loss / losses[0]).toArray(), milliseconds);
    }
}
