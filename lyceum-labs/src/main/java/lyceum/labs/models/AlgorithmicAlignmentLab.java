package lyceum.labs.models;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.graph.AlgorithmicAlignment;
import lyceum.models.graph.AlgorithmicAlignment.Network;
import lyceum.models.graph.AlignmentTask;
import lyceum.plot.Figure;

/** Three tasks, three networks, more and more examples: who learns what from how few, and what was predicted. */
@Lab(topics = "algorithmic-alignment", title = "The network that looks like the algorithm")
final class AlgorithmicAlignmentLab implements LabBody {

    @Override public void run(LabContext lab) {
        int objects = lab.param("objects", 6, 4, 12);
        int steps = lab.param("steps", 100, 50, 2000);
        int most = lab.param("examples", 400, 100, 3000);
        double[] sizes = {most / 16.0, most / 4.0, most};
        var rows = new ArrayList<List<?>>();
        var panels = new ArrayList<Figure>();
        double gap = 1;
        for (var task : AlignmentTask.values()) {
            var experiment = new AlgorithmicAlignment(task).withObjects(objects).withSteps(steps).withWidth(16).withRate(1e-2).withRounds(task == AlignmentTask.SHORTEST_PATH ? 3 : 1);
            var plot = Figure.plot(task.name().toLowerCase(Locale.ROOT).replace('_', ' '));
            double best = 0, worst = 1;
            for (var kind : Network.values()) {
                var share = new double[sizes.length];
                for (int i = 0; i < sizes.length; i++) share[i] = experiment.accuracy(kind, (int) sizes[i], lab.rng(1), lab.progress());
                double hard = experiment.learnability(kind, 100, lab.rng(2));
                plot = plot.line(kind.name(), sizes, share);
                rows.add(List.of(task.name(), kind.name(), hard, share[sizes.length - 1]));
                if (kind == Network.GNN) best = share[sizes.length - 1];
                if (kind == Network.MLP) worst = share[sizes.length - 1];
            }
            gap = Math.min(gap, best - worst);
            panels.add(plot.logX().limitY(0, 1.05).axes("examples", "answers within 10%"));
        }
        lab.figure(Figure.row("Answers within 10% by the number of examples", panels.toArray(Figure[]::new))
                .describedAs("Three panels, one a task, with a rising line a network. The graph network's is the highest or among the highest in each; the perceptron's is the lowest."));
        lab.table("How hard the hardest module is to learn (predicted), and what came of it", List.of("task", "network", "complexity", "share right"), rows);
        lab.say("The smaller the complexity of a network's hardest module, the fewer examples it should need. The least lead of the GNN over the MLP is %.2f.", gap);
        lab.shows("least lead of the GNN over the MLP with the most examples", gap, above(0));
    }
}
