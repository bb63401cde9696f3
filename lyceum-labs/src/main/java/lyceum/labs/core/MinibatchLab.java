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
import lyceum.optim.GradientNoise;
import lyceum.optim.Minibatches;
import lyceum.optim.Minibatches.Order;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** One logistic regression, three batch sizes: the path of one example at a time staggers, and is there first by the examples' clock. */
@Lab(topics = "minibatch-gd", title = "How many opinions before a step")
final class MinibatchLab implements LabBody {
    private static final int N = 256;

    /** Two features, labels -1 and 1. */
    private record Data(Tensor x, Tensor t) {
        Tensor loss(Tensor w, int[] batch) { return loss(w, x.rows(batch), t.rows(batch)); }

        Tensor loss(Tensor w) { return loss(w, x, t); }

        private static Tensor loss(Tensor w, Tensor x, Tensor t) { return x.matmul(w).mul(t).neg().softplus().mean(); }
    }

    /** Weights after each step, the full loss there, and the examples used. */
    private record Run(String name, double[] first, double[] second, double[] loss, double[] examples) {}

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

        var w = Tensor.zeros(DType.F64, 2);
        var gradients = x.mul(x.matmul(w).mul(t).neg().sigmoid().mul(t).neg().reshape(-1, 1));
        var noise = GradientNoise.of(gradients);
        double worst = noiseBySize(lab, noise, gradients);

        lab.say("At the start one example's gradient has %.1f times the power of the full one in noise; a batch of %.0f would bring both level.",
                noise.criticalSize(), Math.ceil(noise.criticalSize()));
        lab.check(2, "variance against s^2/b and s^2/b (n-b)/(n-1), worst relative gap", worst, below(0.05));
    }

    private static Run run(Data data, int size, double rate, int steps, Rng rng) {
        var w = Tensor.of(-1.5, 2).requiresGrad();
        var optimizer = new Sgd(rate).over(w);
        double[] first = new double[steps + 1], second = new double[steps + 1], loss = new double[steps + 1],
                examples = new double[steps + 1];
        var batches = new ArrayList<int[]>();
        for (int s = 0; s <= steps; s++) {
            first[s] = w.item(0);
            second[s] = w.item(1);
            loss[s] = Autograd.noGrad(() -> data.loss(w)).item();
            examples[s] = (double) s * size;
            if (batches.isEmpty()) batches.addAll(new Minibatches(N, size).withLast(Minibatches.Last.DROP).epoch(rng));
            var batch = batches.removeLast();
            optimizer.zeroGrad();
            data.loss(w, batch).backward();
            optimizer.step();
        }
        return new Run("b = " + size, first, second, loss, examples);
    }

    private static Figure paths(Data data, List<Run> runs) {
        var plot = Landscape.of("Descent paths by batch size", -2, 3, -2.5, 2.5, "loss (nats)",
                (u, v) -> data.loss(Tensor.of(u, v)).item());
        for (var run : runs) plot = plot.line(run.name, run.first, run.second);
        return plot.axes("first weight", "second weight").equalScales().describedAs(
                "The full batch follows the slope, the small batch trembles along it, the single example staggers about and keeps wandering around the minimum.");
    }

    private static Figure curves(String title, String clock, List<Run> runs, boolean byExamples) {
        var plot = Figure.plot(title);
        for (var run : runs) {
            int steps = run.loss.length - 1;
            var at = byExamples ? Arrays.copyOfRange(run.examples, 1, steps + 1)
                    : IntStream.rangeClosed(1, steps).asDoubleStream().toArray();
            plot = plot.line(run.name, at, Arrays.copyOfRange(run.loss, 1, steps + 1));
        }
        return plot.axes(clock, "loss (nats)").logX();
    }

    /** Draws batches of many sizes, shows their variance beside the formula, and returns the worst relative gap. */
    private static double noiseBySize(LabContext lab, GradientNoise noise, Tensor gradients) {
        double[] sizes = {1, 4, 16, 64}, with = new double[4], without = new double[4], withFormula = new double[4],
                withoutFormula = new double[4];
        double worst = 0;
        for (int i : lab.progress("variances", 4)) {
            int b = (int) sizes[i];
            with[i] = noise.observed(gradients, new Minibatches(N, b).withOrder(Order.WITH_REPLACEMENT), 20_000, lab.rng(10 + i));
            without[i] = noise.observed(gradients, new Minibatches(N, b), 20_000, lab.rng(20 + i));
            withFormula[i] = noise.withReplacement(b);
            withoutFormula[i] = noise.withoutReplacement(b);
            worst = Math.max(worst, Math.max(Math.abs(with[i] / withFormula[i] - 1), Math.abs(without[i] / withoutFormula[i] - 1)));
        }
        lab.figure(Figure.plot("Variance of a batch's gradient").line("s^2/b", sizes, withFormula)
                .line("s^2/b (n-b)/(n-1)", sizes, withoutFormula).dashed().points("drawn with replacement", sizes, with)
                .points("drawn without", sizes, without).axes("batch size", "variance").logX().logY().describedAs(
                        "Both kinds of batch lie on their formulas; without replacement the variance falls faster as the batch nears the whole."));
        return worst;
    }
}
