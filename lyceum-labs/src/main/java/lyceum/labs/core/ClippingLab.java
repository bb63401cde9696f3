package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Clip;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A loss with a cliff, as recurrent networks have: one unclipped step from its wall lands far away. And units clipped by their weights. */
@Lab(topics = {"gradient-clipping", "agc"}, title = "Down the cliff on a rope")
final class ClippingLab implements LabBody {

    @Override public void run(LabContext lab) {
        double most = lab.param("norm", 1, 0.1, 10.0), rate = lab.param("learningRate", 0.15, 0.01, 1.0);
        int depth = lab.param("depth", 10, 2, 30), steps = lab.param("steps", 40, 5, 200);
        double ratio = lab.param("ratio", 0.05, 0.001, 1.0);
        // h grows as w^depth: a recurrence unrolled.
        UnaryOperator<Tensor> cliff = p -> {
            Tensor w = p.narrow(0, 0, 1), b = p.narrow(0, 1, 1), h = Tensor.of(new double[] {0.5});
            for (int t = 0; t < depth; t++) h = h.mul(w).add(b.mul(0.1));
            return h.sub(0.3).square().sum();
        };
        double[] start = {1.45, 0.6};
        var wild = Walk.of("unclipped", x -> new Sgd(rate).over(x), cliff, start, steps);
        var held = Walk.of("norm " + most, x -> new Sgd(rate).over(x).clippedBy(Clip.norm(most)), cliff, start, steps);
        var floor = Landscape.of("Loss of a recurrence " + depth + " steps deep", -0.2, 1.6, -1, 1, "log10 of the loss",
                (w, b) -> Math.log10(1e-6 + cliff.apply(Tensor.of(w, b)).item()));
        lab.figure(held.onto(floor)
                .points("first unclipped step, clamped to the frame", new double[] {Math.clamp(wild.x()[1], -0.2, 1.6)},
                        new double[] {Math.clamp(wild.y()[1], -1, 1)})
                .axes("recurrent weight", "bias").describedAs(
                        "To the right of weight 1 the loss rises like a wall. From its face the unclipped step leaves the picture; steps of bounded length climb down."));
        lab.say("The gradient at the start has norm %.0f. Unclipped, the first step goes %.0f units; clipped, the loss falls from %.2f to %.4f.",
                wild.x()[0] == wild.x()[1] ? 0 : Math.hypot(wild.x()[1] - start[0], wild.y()[1] - start[1]) / rate,
                Math.hypot(wild.x()[1] - start[0], wild.y()[1] - start[1]), held.loss()[0], held.loss()[steps]);
        double longest = 0;
        for (int t = 1; t <= steps; t++)
            longest = Math.max(longest, Math.hypot(held.x()[t] - held.x()[t - 1], held.y()[t] - held.y()[t - 1]));
        lab.shows("gradient-clipping", "longest clipped step over rate * norm", longest / (rate * most), atMost(1 + 1e-6));
        lab.shows("gradient-clipping", "last loss over the first, clipped", held.loss()[steps] / held.loss()[0], below(0.5));
        units(lab, ratio);
    }

    private static void units(LabContext lab, double ratio) {
        var rng = lab.rng(1);
        int units = 24;
        var sizes = Tensor.of(IntStream.range(0, units).mapToDouble(i -> Math.exp(3 * rng.nextGaussian() - 3)).toArray());
        Tensor w = Tensor.randn(rng, DType.F64, units, 16).compute(),
                g = Tensor.randn(rng, DType.F64, units, 16).mul(sizes.unsqueeze(1)).compute();
        var limited = Clip.adaptive(ratio).apply(List.of(w), g).all()[0];
        double[] before = norms(g).div(norms(w)).toDoubleArray(), after = norms(limited).div(norms(w)).toDoubleArray();
        var rows = new ArrayList<List<?>>();
        double largest = 0;
        int clipped = 0;
        for (int i = 0; i < units; i++) {
            rows.add(List.of(i + 1, before[i], after[i]));
            largest = Math.max(largest, after[i]);
            if (before[i] > ratio) clipped++;
        }
        var unit = Tensor.arange(1, units + 1, 1).toDoubleArray();
        lab.figure(Figure.plot("Gradient over weights, by unit").points("before", unit, before).points("after", unit, after)
                .horizontalLine(ratio, "ratio").axes("unit", "norm of its gradient over its weights'").logY().describedAs(
                        "Units whose gradient is small beside their weights pass unchanged; the others come down to the line, each by a factor of its own."));
        lab.table("Adaptive clipping", List.of("unit", "gradient over weights", "after"), rows);
        lab.say("%d of %d units are clipped.", clipped, units);
        lab.shows("agc", "largest gradient over weights, over the ratio", largest / ratio, atMost(1 + 1e-6));
    }

    private static Tensor norms(Tensor x) { return x.square().sum(1).sqrt(); }
}
