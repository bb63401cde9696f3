package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.CheckpointSchedule;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.BackwardPass;
import lyceum.tensor.Tensor;

/** A deep chain goes forward and back: what the tape holds meanwhile, how gradients fare, and what running layers again saves. */
@Lab(topics = {"backward-pass", "gradient-checkpointing"}, title = "What the tape holds")
final class TapeMemoryLab implements LabBody {
    private static final int ROWS = 128, WIDTH = 32;

    @Override public void run(LabContext lab) {
        int layers = lab.param("layers", 24, 2, 64), checkpoints = lab.param("checkpoints", 4, 1, 16);
        double gain = lab.param("gain", 1.2, 0.2, 3);
        var weights = new Tensor[layers];
        for (int i = 0; i < layers; i++)
            weights[i] = Tensor.randn(lab.rng(i), DType.F64, WIDTH, WIDTH).mul(gain / Math.sqrt(WIDTH)).requiresGrad();
        var x = Tensor.randn(lab.rng(100), DType.F64, ROWS, WIDTH).requiresGrad();
        double activation = ROWS * WIDTH * 8;

        var h = x;
        var values = new ArrayList<Tensor>();
        for (var w : weights) values.add(h = h.matmul(w).tanh().compute());
        var loss = h.square().mean();
        var pass = BackwardPass.of(loss);
        var norms = new double[layers];
        for (int i = 0; i < layers; i++) {
            int layer = i;
            pass = pass.hooked(values.get(i), g -> {
                norms[layer] = g.norm().item();
                return g;
            });
        }
        var held = new ArrayList<Double>(List.of(BackwardPass.savedBytes(loss) / activation));
        pass.watched(visit -> held.add(visit.savedBytes() / activation)).run();
        lab.figure(Figure.plot("What the tape holds during the backward pass").line("saved", 0, numbers(held)).step()
                .axes("operations visited", "activations")
                .describedAs("A staircase down: each layer's saved value is dropped as soon as the sweep has read it, to the last."));
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < layers; i++) rows.add(List.of(i + 1, norms[i], weights[i].grad().norm().item()));
        lab.table("Gradients by layer", List.of("layer", "norm at its output", "norm of its weights' gradient"), rows);
        lab.figure(
                Figure.line("Gradients on the way back", 1, norms).axes("layer", "norm of the gradient at its output").logY().describedAs(
                        "From the last layer on the right to the first on the left the norm grows or fades by about a factor a layer; the gain decides which."));

        var schedules = new LinkedHashMap<String, CheckpointSchedule>();
        schedules.put("everything kept", CheckpointSchedule.none(layers));
        schedules.put("segments of sqrt(L)", CheckpointSchedule.sqrt(layers));
        schedules.put("optimal with " + checkpoints, CheckpointSchedule.optimal(layers, checkpoints));
        var plain = weights[0].grad().toDoubleArray();
        Plot runs = Figure.plot("Which layer runs when");
        var bills = new ArrayList<List<?>>();
        int differing = 0;
        for (var schedule : schedules.entrySet()) {
            for (var w : weights) w.zeroGrad();
            var order = new ArrayList<Double>();
            var chain = IntStream.range(0, layers).<UnaryOperator<Tensor>>mapToObj(i -> t -> {
                order.add(i + 1.0);
                return t.matmul(weights[i]).tanh();
            }).toList();
            schedule.getValue().apply(chain, x).square().mean().backward();
            if (!Arrays.equals(weights[0].grad().toDoubleArray(), plain)) differing++;
            runs = runs.line(schedule.getKey(), 1, numbers(order));
            bills.add(List.of(schedule.getKey(), order.size(), schedule.getValue().recomputations(),
                    (order.size() + 2.0 * layers) / (3.0 * layers)));
        }
        lab.figure(runs.axes("run of a layer", "layer").describedAs(
                "Once up is the forward pass; every further climb is layers run again. Segments climb once more each; the optimal schedule climbs from few places, often, and ever shorter."));
        lab.table("The bill", List.of("schedule", "layers run", "run again", "time of a step, where backward costs twice forward"), bills);
        lab.say("At the loss the tape holds %.0f activations. Segments of %.0f run %d layers again; %d kept inputs, used as well as possible, run %d again.",
                held.getFirst(), Math.ceil(Math.sqrt(layers)), schedules.get("segments of sqrt(L)").recomputations(), checkpoints,
                CheckpointSchedule.optimal(layers, checkpoints).recomputations());
        lab.shows("backward-pass", "bytes held at the end", held.getLast(), exactly(0));
        lab.shows("backward-pass", "steps of the staircase that go up",
                IntStream.range(1, held.size()).filter(i -> held.get(i) > held.get(i - 1)).count(), exactly(0));
        lab.shows("gradient-checkpointing", "schedules whose gradient differs in a bit", differing, exactly(0));
        lab.shows("gradient-checkpointing", "layers run again by segments, a layer",
                (double) CheckpointSchedule.sqrt(layers).recomputations() / layers, atMost(1));
    }

    private static double[] numbers(List<Double> values) { return values.stream().mapToDouble(Double::doubleValue).toArray(); }
}
