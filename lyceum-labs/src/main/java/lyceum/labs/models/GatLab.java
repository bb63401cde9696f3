package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.data.scenes.BlockGraphs;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.graph.Gat;
import lyceum.models.graph.GatConfig;
import lyceum.models.graph.GatLayer.Scoring;
import lyceum.models.graph.GraphData;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** A block graph with false edges between its classes: attention learns which neighbours to hear. */
@Lab(topics = "gat", title = "Whom to listen to")
final class GatLab implements LabBody {

    @Override public void run(LabContext lab) {
        int nodes = lab.param("nodes", 90, 40, 400);
        double falsehood = lab.param("false edges", 0.4, 0.0, 2.0);
        double signal = lab.param("signal", 3.0, 0.0, 6.0);
        int steps = lab.param("steps", 100, 10, 400);
        var scoring = Scoring.valueOf(lab.choice("scoring", "DYNAMIC", "STATIC", "DYNAMIC"));
        var clean = new BlockGraphs(nodes, 3, Math.min(1, 18.0 / nodes), 0, 8, signal).sample(lab.rng(1));
        var data = BlockGraphs.withFalseEdges(clean, (int) (falsehood * clean.edges()), lab.rng(2));
        var graph = GraphData.undirected(nodes, data.a(), data.b());
        var gat = Gat.create(new GatConfig(8, 3).withLayers(1).withOutputHeads(4).withLoops(false).withScoring(scoring), lab.rng(3));
        int[] known = IntStream.range(0, nodes / 2).toArray();
        var y = Tensor.of(data.labels()).rows(known).compute();
        new Trainer(new Adam(0.02), steps)
                .withBatchSize(known.length).start(gat, known.length,
                        (rows, pass) -> Loss.crossEntropy(gat.forward(graph, data.features(), pass).rows(known), y), null, lab.rng(4))
                .finish(lab.progress());
        var looks = gat.layer(0).attention(graph, data.features());
        double[] share = looks.shares().mean(1).toDoubleArray();
        int[] from = looks.graph().source().toIntArray(), to = looks.graph().target().toIntArray();
        var same = new ArrayList<Double>();
        var other = new ArrayList<Double>();
        var heard = new ArrayList<Edge>();
        for (int e = 0; e < share.length; e++) {
            double relative = share[e] * looks.graph().inDegree(to[e]); // 1 for a plain mean
            (data.labels()[from[e]] == data.labels()[to[e]] ? same : other).add(relative);
            if (relative > 1) heard.add(Edge.of("" + from[e], "" + to[e]));
        }
        var all = IntStream.range(0, nodes).mapToObj(i -> new Node("" + i, "" + i, "class " + data.labels()[i])).toList();
        lab.figure(Figure.graph("Edges that weigh more than a plain mean would let them", all, heard).describedAs(
                "Nodes coloured by class. Most of the arrows drawn stay within a class; the false edges between classes are mostly missing."));
        double[] a = numbers(same), b = numbers(other);
        lab.figure(Figure
                .row("Attention over that of a plain mean", Figure.histogram("Within a class", a, 20).axes("share times degree", "edges"),
                        b.length == 0 ? Figure.histogram("Between classes", new double[] {0}, 20).axes("share times degree", "edges")
                                : Figure.histogram("Between classes", b, 20).axes("share times degree", "edges"))
                .describedAs("Two histograms: edges within a class gather about and above 1, those between classes below it."));
        int[] found = gat.classes(graph, data.features()).toIntArray();
        double right = IntStream.range(nodes / 2, nodes).filter(i -> found[i] == data.labels()[i]).count() / (double) (nodes - nodes / 2);
        double ratio = Arrays.stream(a).average().orElse(0) / Arrays.stream(b).average().orElse(1);
        lab.say("An edge within a class weighs %.2f times one between classes, on average. Of the nodes whose class was not told, %.0f%% are right.",
                ratio, 100 * right);
        lab.shows("true edges over false ones", ratio, above(1.2));
        lab.shows("accuracy on nodes without a label", right, atLeast(0.8));
    }

    private static double[] numbers(ArrayList<Double> list) { return list.stream().mapToDouble(v -> v).toArray(); }
}
