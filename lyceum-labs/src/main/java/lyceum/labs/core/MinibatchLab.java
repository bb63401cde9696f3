package lyceum.labs.core;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.optim.GradientNoise;
import lyceum.optim.Lbfgs;
import lyceum.optim.Minibatches;
import lyceum.optim.Minibatches.Order;
import lyceum.optim.Objective;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** One logistic regression, three batch sizes: the path of one example at a time staggers, and is there first by the examples' clock. */
@Lab(topics = "minibatch-gd", title = "How many opinions before a step")
final class MinibatchLab implements LabBody {
    private static final int N = 256;

    private record Data(Tensor x, Tensor t) { // labels t are -1 and 1
        Data rows(int[] batch) { return new Data(x.rows(batch), t.rows(batch)); }

        Tensor loss(Tensor w) { return x.matmul(w).mul(t).neg().softplus().mean(); }
    }

    /** Weights after each step, and the full loss there. */
    private record Run(int size, double[] first, double[] second, double[] loss) {}

    @Override public void run(LabContext lab) {
        int size = lab.param("batch", 16, 2, 128);
        double rate = lab.param("learningRate", 0.5, 0.05, 2.0);
        var rng = lab.rng(0);
        var x = Tensor.randn(rng, DType.F64, N, 2).compute();
        var t = x.matmul(Tensor.of(2.0, -1)).add(Tensor.randn(rng, DType.F64, N).mul(2)).gt(0).to(DType.F64).mul(2).sub(1).compute();
        var data = new Data(x, t);

        var runs = new ArrayList<Run>();
        int[] sizes = {1, size, N};
        for (int i : lab.progress("batch sizes", 3)) runs.add(run(data, sizes[i], rate, Math.max(80, 2 * N / sizes[i]), lab.rng(1 + i)));
        lab.figure(paths(data, runs));
        lab.figure(Figure.row("The same runs by two clocks", curves("Loss by steps", "steps", runs, false),
                curves("Loss by examples seen", "examples", runs, true)).describedAs(
                        "Counted in steps the full batch falls smoothest; counted in examples, which is what computing costs, the single example is far ahead at first."));

        var gradients = x.mul(t.mul(-0.5).reshape(-1, 1)); // at zero weights, where the sigmoid is 1/2
        var noise = GradientNoise.of(gradients);
        lab.say("At the start one example's gradient has %.1f times the power of the full one in noise; a batch of %.0f would bring both level.",
                noise.criticalSize(), Math.ceil(noise.criticalSize()));
        double[] steps = Arrays.stream(sizes).mapToDouble(b -> stepsToGoal(lab, data, b)).toArray();
        lab.table("99.9% of the way down, each at its best rate", List.of("batch size", "steps", "examples"),
                IntStream.range(0, 3).mapToObj(i -> List.of(sizes[i], steps[i], steps[i] * sizes[i])).toList());
        lab.check(4, "steps fall with the batch size", steps[0] > steps[1] && steps[1] > steps[2]);
        lab.check(4, "examples rise with it", steps[0] < steps[1] * size && steps[1] * size < steps[2] * N);
        lab.check(2, "variance against s^2/b and s^2/b (n-b)/(n-1), worst relative gap", noiseBySize(lab, noise, gradients), below(0.05));
    }

    private static Run run(Data data, int size, double rate, int steps, Rng rng) {
        var w = Tensor.of(-1.5, 2).requiresGrad();
        var optimizer = new Sgd(rate).over(w);
        double[] first = new double[steps + 1], second = new double[steps + 1], loss = new double[steps + 1];
        var batches = new ArrayList<int[]>();
        for (int s = 0; s <= steps; s++) {
            first[s] = w.item(0);
            second[s] = w.item(1);
            loss[s] = Autograd.noGrad(() -> data.loss(w)).item();
            if (batches.isEmpty()) batches.addAll(new Minibatches(N, size).withLast(Minibatches.Last.DROP).epoch(rng));
            var batch = batches.removeLast();
            optimizer.zeroGrad();
            data.rows(batch).loss(w).backward();
            optimizer.step();
        }
        return new Run(size, first, second, loss);
    }

    /** The least over learning rates of the median of five runs, cut off at {@code 41 + 400 / size}. */
    private static double stepsToGoal(LabContext lab, Data data, int size) {
        double lowest = new Lbfgs().minimize(Objective.of(data::loss), new double[2]).value(), least = Double.POSITIVE_INFINITY;
        for (double rate = 0.1; rate < 10; rate *= 2) {
            var needed = new double[5];
            for (int i = 0; i < 5; i++) {
                double[] loss = run(data, size, rate, (int) Math.min(least, 40 + 400 / size), lab.rng(100 + i)).loss;
                while (needed[i] < loss.length && loss[(int) needed[i]] - lowest > 0.001 * (loss[0] - lowest)) needed[i]++;
            }
            least = Math.min(least, Arrays.stream(needed).sorted().toArray()[2]);
        }
        return least;
    }

    private static Figure paths(Data data, List<Run> runs) {
        var plot = Landscape.of("Descent paths by batch size", -2, 3, -2.5, 2.5, "loss (nats)",
                (u, v) -> data.loss(Tensor.of(u, v)).item());
        for (var run : runs) plot = plot.line("b = " + run.size, run.first, run.second);
        return plot.axes("first weight", "second weight").equalScales().describedAs(
                "The full batch follows the slope, the small batch trembles along it, the single example staggers about and keeps wandering around the minimum.");
    }

    private static Figure curves(String title, String clock, List<Run> runs, boolean byExamples) {
        var plot = Figure.plot(title);
        for (var run : runs) {
            int steps = run.loss.length - 1, unit = byExamples ? run.size : 1;
            var at = IntStream.rangeClosed(1, steps).mapToDouble(s -> (double) s * unit).toArray();
            plot = plot.line("b = " + run.size, at, Arrays.copyOfRange(run.loss, 1, steps + 1));
        }
        return plot.axes(clock, "loss (nats)").logX();
    }

    /** Draws batches of many sizes, shows their variance beside the formula, and returns the worst relative gap. */
    private static double noiseBySize(LabContext lab, GradientNoise noise, Tensor gradients) {
        double[] sizes = {1, 4, 16, 64}, with = new double[4], without = new double[4],
                withFormula = Arrays.stream(sizes).map(b -> noise.withReplacement((int) b)).toArray(),
                withoutFormula = Arrays.stream(sizes).map(b -> noise.withoutReplacement((int) b)).toArray();
        var worst = new Worst();
        for (int i : lab.progress("variances", 4)) {
            var batches = new Minibatches(N, (int) sizes[i]);
            with[i] = noise.observed(gradients, batches.withOrder(Order.WITH_REPLACEMENT), 20_000, lab.rng(10 + i));
            without[i] = noise.observed(gradients, batches, 20_000, lab.rng(20 + i));
            worst.see(Math.abs(with[i] / withFormula[i] - 1)).see(Math.abs(without[i] / withoutFormula[i] - 1));
        }
        lab.figure(Figure.plot("Variance of a batch's gradient").line("s^2/b", sizes, withFormula)
                .line("s^2/b (n-b)/(n-1)", sizes, withoutFormula).dashed().points("drawn with replacement", sizes, with)
                .points("drawn without", sizes, without).axes("batch size", "variance").logX().logY().describedAs(
                        "Both kinds of batch lie on their formulas; without replacement the variance falls faster as the batch nears the whole."));
        return worst.value();
    }
}
