package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.graph.AlgorithmicAlignment;
import lyceum.models.graph.AlgorithmicAlignment.Network;
import lyceum.models.graph.AlignmentTask;
import lyceum.plot.Figure;

/** A task with a known algorithm, three networks, more and more examples: who learns it from how few, and what was predicted. */
@Lab(topics = "algorithmic-alignment", title = "The network that looks like the algorithm")
final class AlgorithmicAlignmentLab implements LabBody {

    @Override public void run(LabContext lab) {
        var task = AlignmentTask.valueOf(lab.choice("task", "SUM", "SUM", "PAIRS", "SHORTEST_PATH"));
        int objects = lab.param("objects", 6, 4, 12);
        int steps = lab.param("steps", 150, 50, 5000);
        int most = lab.param("examples", 200, 100, 5000);
        double[] sizes = {most / 8, most};
        var rows = new ArrayList<List<?>>();
        for (var each : AlignmentTask.values())
            for (var kind : Network.values())
                rows.add(List.of(each.name(), kind.name(),
                        new AlgorithmicAlignment(each).withObjects(objects).learnability(kind, 100, lab.rng(2))));
        lab.table("How hard the hardest module would be to learn alone (predicted)", List.of("task", "network", "complexity"), rows);
        var experiment = new AlgorithmicAlignment(task).withObjects(objects).withSteps(steps).withWidth(24).withRate(1e-2);
        var plot = Figure.plot("Answers within 10%: " + task.name().toLowerCase(Locale.ROOT).replace('_', ' '));
        var last = new EnumMap<Network, Double>(Network.class);
        for (var kind : Network.values()) {
            var share = new double[sizes.length];
            for (int i = 0; i < sizes.length; i++) share[i] = experiment.accuracy(kind, (int) sizes[i], lab.rng(1), lab.progress());
            last.put(kind, share[sizes.length - 1]);
            plot = plot.line(kind.name(), sizes, share);
        }
        lab.figure(plot.logX().limitY(0, 1.05).axes("examples", "share of answers within 10%").describedAs(
                "A line a network: the share of answers within 10% by the number of examples. Networks built like the algorithm lie above the perceptron that sees everything in a row."));
        double easy = experiment.learnability(Network.GNN, 100, lab.rng(2)), hard = experiment.learnability(Network.MLP, 100, lab.rng(2));
        lab.say("With %d examples the perceptron is within 10%% in %.0f%% of the cases, Deep Sets in %.0f%%, the graph network in %.0f%%.",
                most, 100 * last.get(Network.MLP), 100 * last.get(Network.DEEP_SETS), 100 * last.get(Network.GNN));
        lab.shows("complexity of the graph network's module over the perceptron's", easy / hard, below(1));
        lab.shows("lead of the graph network over the perceptron", last.get(Network.GNN) - last.get(Network.MLP), above(0));
    }
}
