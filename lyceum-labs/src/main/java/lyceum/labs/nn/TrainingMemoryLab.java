package lyceum.labs.nn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Embedding;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.TransformerBlock;
import lyceum.nn.TransformerConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.tensor.Tensor;
import lyceum.train.MemoryPlanner;
import lyceum.train.MemoryPlanner.Settings;
import lyceum.train.MemoryPlanner.State;
import lyceum.train.TrainingMemory;

/** A small transformer's training memory by category, switch by switch, and the plan that brings it under a budget. */
@Lab(topics = "training-memory", title = "Where the bytes go")
final class TrainingMemoryLab implements LabBody {
    @Override public void run(LabContext lab) {
        int layers = lab.param("blocks", 9, 2, 16), length = lab.param("tokens", 48, 8, 128), batch = lab.param("texts", 8, 4, 16);
        double share = lab.param("budget, share of the plain run", 0.4, 0.02, 1.0);
        int width = 48, words = 64;
        var rng = lab.rng(1);
        var config = TransformerConfig.original(width, 4, 4 * width).withPlacement(TransformerConfig.Placement.PRE);
        var embedding = new Embedding(words, width, rng);
        var blocks = new ArrayList<TransformerBlock>();
        for (int i = 0; i < layers; i++) blocks.add(new TransformerBlock(config, rng));
        var head = new Linear(width, words, rng);
        var parts = new ArrayList<Layer>(List.of(embedding));
        parts.addAll(blocks);
        parts.add(head);
        Loss loss = (z, y) -> Loss.crossEntropy(z.reshape(-1, words), y.reshape(-1));
        var planner = new MemoryPlanner(new Sequential(parts), embedding, blocks, head, loss, new AdamW(1e-3),
                Tensor.randint(rng, 0, words, batch, length), Tensor.randint(rng, 0, words, batch, length));

        var steps = new LinkedHashMap<String, Settings>();
        var s = Settings.PLAIN;
        steps.put("plain", s);
        steps.put("attention without scores", s = s.withEfficientAttention(true));
        steps.put("checkpoints", s = s.withCheckpoints(true));
        steps.put("8-bit moments", s = s.withState(State.EIGHT_BIT));
        steps.put("4 micro-batches", s.withMicroBatches(batch % 4 == 0 ? 4 : 1));
        var memories = new ArrayList<TrainingMemory>();
        for (var settings : steps.values()) memories.add(planner.predicted(settings));
        String[] names = steps.keySet().toArray(String[]::new);
        var bars = new ArrayList<Series>();
        for (var part : List.of("weights", "gradients", "optimiser", "activations"))
            bars.add(Series.of(part, memories.stream().mapToDouble(m -> m.parts().get(part) / 1e6).toArray()));
        var plot = Figure.bars("Memory of a training step", names, bars.toArray(Series[]::new));
        lab.figure(plot.stacked().horizontal().axes("megabytes", "switched on, one after the other").describedAs(
                "Stacked bars of weights, gradients, optimiser state and activations: activations shrink first, and what is left is the states."));

        var plain = memories.getFirst();
        var measured = planner.measured(Settings.PLAIN);
        double foreseen = Math.abs((plain.gradients() + plain.activations()) / (double) measured.peak() - 1);
        long budget = (long) (share * plain.total());
        var plan = planner.plan(budget);
        lab.table("The plan", List.of("budget, MB", "predicted, MB", "micro-batches", "checkpoints", "state", "fits"),
                List.of(List.of(budget / 1e6, plan.memory().total() / 1e6, plan.settings().microBatches(), plan.settings().checkpoints(),
                        plan.settings().state().name(), plan.fits())));
        lab.say(plan.fits() ? "The budget is met." : "No settings meet the budget: %s.", plan.obstacle());
        lab.shows("gap of the foreseen peak from the measured one", foreseen, atMost(0.15));
        lab.shows("memory with every switch on over the plain run's", (double) memories.getLast().total() / plain.total(), below(0.8));
    }
}
