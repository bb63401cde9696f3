package lyceum.models.graph;

import java.util.stream.IntStream;
import lyceum.data.scenes.LabelledGraph;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** Training on the labelled nodes of a block graph. */
final class Learning {
    private Learning() {}

    static GraphData graph(LabelledGraph g) { return GraphData.undirected(g.nodes(), g.a(), g.b()); }

    /** The first {@code each} nodes of each class. */
    static int[] labelled(LabelledGraph g, int each) {
        return IntStream.range(0, g.classes()).flatMap(c -> IntStream.range(0, g.nodes()).filter(i -> g.labels()[i] == c).limit(each))
                .toArray();
    }

    static void train(Module model, BatchLoss loss, int rows, int steps, double rate, double decay, Rng rng) {
        new Trainer(new Adam(rate).withWeightDecay(decay), steps).withBatchSize(rows).start(model, rows, loss, null, rng)
                .finish(Progress.SILENT);
    }

    static BatchLoss nodes(GraphStack model, GraphData g, LabelledGraph data, int[] labelled) {
        var y = Tensor.of(data.labels()).rows(labelled);
        return (rows, pass) -> Loss.crossEntropy(model.forward(g, data.features(), pass).rows(labelled), y);
    }

    /** Share of the nodes that are not labelled whose class is right. */
    static double accuracy(Tensor classes, LabelledGraph data, int... labelled) {
        long[] found = classes.toLongArray();
        var known = new boolean[found.length];
        for (int i : labelled) known[i] = true;
        int right = 0, n = 0;
        for (int i = 0; i < found.length; i++) {
            if (known[i]) continue;
            n++;
            if (found[i] == data.labels()[i]) right++;
        }
        return (double) right / n;
    }
}
