package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.scenes.LabelledGraph;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.graph.Aggregation;
import lyceum.models.graph.GraphData;
import lyceum.models.graph.GraphStack;
import lyceum.models.graph.SageLayer;
import lyceum.nn.Activation;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** What a member of a karate club can have heard of after one, two, three rounds, and who goes with whom when two members are asked. */
@Lab(topics = "message-passing", title = "Gossip, hop by hop")
final class MessagePassingLab implements LabBody {

    @Override public void run(LabContext lab) {
        int asked = lab.param("member", 16, 0, 33);
        int rounds = lab.param("rounds", 4, 1, 6);
        int steps = lab.param("steps", 60, 10, 500);
        var how = Aggregation.valueOf(lab.choice("aggregation", "MEAN", "SUM", "MEAN", "MAX"));
        var club = LabelledGraph.karateClub();
        var graph = GraphData.undirected(club.nodes(), club.a(), club.b());
        var reached = new ArrayList<Figure>();
        var counts = new ArrayList<Integer>();
        for (int k = 1; k <= rounds; k++) {
            var layers = IntStream.range(0, k).mapToObj(i -> new SageLayer(2, 2, how, false, DType.F64, lab.rng(i))).toList();
            var net = new GraphStack(layers, Activation.TANH, 0, false);
            // The gradient of one member's state is nonzero for those it has heard of.
            var x = Tensor.randn(lab.rng(50), DType.F64, club.nodes(), 2).compute().requiresGrad();
            var size = Autograd.gradients(net.forward(graph, x).get(asked).sum(), new Tensor[] {x}, false)[0].abs().sum(1).toDoubleArray();
            var groups = IntStream.range(0, size.length).mapToObj(i -> i == asked ? "asked" : size[i] > 0 ? "heard of" : "unknown")
                    .toList();
            counts.add((int) groups.stream().filter(g -> !g.equals("unknown")).count());
            reached.add(drawn("After " + k + (k == 1 ? " round" : " rounds"), club, groups));
        }
        lab.figure(Figure.frames("Whom one member has heard of", "round", reached).describedAs(
                "The karate club as a graph. Those whose features reach the member asked are coloured: its friends after one round, their friends after two, nearly everybody after four."));
        lab.figure(Figure.line("How far it reaches", 1, counts.stream().mapToDouble(c -> c).toArray()).axes("rounds", "members heard of")
                .describedAs("A curve that rises from the member's friends to the whole club within a few rounds."));
        var model = new GraphStack(List.of(new SageLayer(34, 8, how, lab.rng(60)), new SageLayer(8, 2, how, lab.rng(61))), Activation.RELU,
                0, false);
        int[] known = {0, 33};
        var y = Tensor.of(0, 1);
        new Trainer(new Adam(0.02).withWeightDecay(5e-4), steps)
                .withBatchSize(2).start(model, 2,
                        (rows, pass) -> Loss.crossEntropy(model.forward(graph, club.features(), pass).rows(known), y), null, lab.rng(62))
                .finish(lab.progress());
        int[] side = model.classes(graph, club.features()).toIntArray();
        int right = 0;
        for (int i = 0; i < side.length; i++) if (side[i] == club.labels()[i]) right++;
        lab.figure(drawn("Sides, when only the two leaders' are known", club,
                IntStream.of(side).mapToObj(s -> s == 0 ? "instructor" : "president").toList()).describedAs(
                        "The club again, every member in the colour of the side that the network gives it: two camps about members 0 and 33."));
        lab.say("After %d rounds member %d has heard of %d of 34. Told only where members 0 and 33 went, the network gives %d members the side that they took.",
                rounds, asked, counts.getLast(), right);
        lab.shows("members heard of after one round, its friends and itself", counts.getFirst(), exactly(1 + graph.inDegree(asked)));
        lab.shows("members heard of after the last round", counts.getLast(), above(counts.getFirst()));
        lab.shows("members on the right side", right, atLeast(26));
    }

    private static Plot drawn(String title, LabelledGraph club, List<String> groups) {
        var nodes = IntStream.range(0, groups.size()).mapToObj(i -> new Node(Integer.toString(i), Integer.toString(i), groups.get(i)))
                .toList();
        var edges = IntStream.range(0, club.edges()).mapToObj(e -> Edge.of(Integer.toString(club.a()[e]), Integer.toString(club.b()[e])))
                .toList();
        return Figure.graph(title, nodes, edges);
    }
}
