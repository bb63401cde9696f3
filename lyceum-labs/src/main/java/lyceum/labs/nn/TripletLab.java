package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.loss.TripletLoss;
import lyceum.nn.loss.TripletMining;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** Five digits find their places in a plane: nothing is said about where, only who shall be nearer to whom. */
@Lab(topics = "triplet-loss", title = "Who is nearer to whom")
final class TripletLab implements LabBody {
    private static final int SHOWN = 120;

    @Override public void run(LabContext lab) {
        String mined = lab.choice("mining", "SEMI_HARD", "SEMI_HARD", "HARD", "ALL");
        double margin = lab.param("margin", 1.0, 0.1, 5.0);
        boolean swap = lab.flag("anchor swap", false);
        int steps = lab.param("steps", 120, 20, 1000);
        var data = Datasets.digits().onlyClasses(0, 1, 2, 3, 4).to(DType.F32).scaled(1.0 / 16);
        var rng = lab.rng(1);
        var network = new Linear(64, 64, rng).then(Activation.RELU).then(new Linear(64, 2, rng));
        var loss = new TripletLoss().withMargin(margin).withSwap(swap).withMining(TripletMining.valueOf(mined));
        var optimizer = new Adam(5e-3).over(network.parameters());
        var watched = data.head(SHOWN);
        var frames = new ArrayList<Figure>();
        var labels = new ArrayList<String>();
        var active = new double[steps];
        for (int step : lab.progress("steps", steps)) {
            if (step % Math.max(1, steps / 8) == 0) {
                frames.add(frame(network, watched, loss));
                labels.add("step " + step);
            }
            try (var scope = Scope.open()) {
                var batch = data.rows(rng.sample(data.size(), 60));
                optimizer.zeroGrad();
                var embeddings = network.forward(batch.x());
                active[step] = share(loss, embeddings, batch);
                loss.of(embeddings, batch.y()).backward();
                optimizer.step();
            }
        }
        frames.add(frame(network, watched, loss));
        labels.add("step " + steps);
        lab.figure(Figure.frames("Clusters form", "step", frames).labelled(labels.toArray(String[]::new)).startingAt(0).describedAs(
                "A cloud in which five digits lie mixed comes apart into five clusters; lines from anchors to the negatives that still count grow few."));
        lab.figure(Figure.line("Triplets with a loss", active).axes("step", "share of the batch's triplets").limitY(0, 1).describedAs(
                "The share of a batch's triplets that violate the margin falls from about a half towards zero, which is why one mines."));
        int last = Math.max(1, steps / 10);
        double first = active[0], end = Arrays.stream(active, steps - last, steps).average().orElseThrow();
        lab.say("At first %.0f%% of all triplets have a loss, in the last steps %.1f%%: an average over all would drown them.", 100 * first,
                100 * end);
        lab.shows("share of active triplets in the last steps", end, below(0.2));
        lab.shows("active at the start over the end", first / end, above(2));
    }

    /** The part of all triplets of a batch that violate the margin. */
    private static double share(TripletLoss loss, Tensor embeddings, Dataset batch) {
        int all = 0, n = batch.size();
        int[] counts = batch.classCounts();
        for (int c : counts) all += c * (c - 1) * (n - c);
        return (double) loss.withMining(TripletMining.ALL).mine(embeddings.detach(), batch.y()).count() / all;
    }

    private static Plot frame(Sequential network, Dataset data, TripletLoss loss) {
        var z = network.forward(data.x()).detach().to(DType.F64);
        double[][] at = z.toRows();
        var found = loss.withMining(TripletMining.SEMI_HARD).mine(z, data.y());
        var lines = new ArrayList<double[]>();
        for (int i = 0; i < found.count() && lines.size() < 40; i += Math.max(1, found.count() / 40))
            lines.addAll(List.of(at[found.anchors()[i]], at[found.negatives()[i]], new double[] {Double.NaN, Double.NaN}));
        double[] x = lines.stream().mapToDouble(p -> p[0]).toArray(), y = lines.stream().mapToDouble(p -> p[1]).toArray();
        return Figure.plot("Embeddings").line("anchor to semi-hard negative", x, y).dashed()
                .points(z.contiguous(), data.labels(), "0", "1", "2", "3", "4").axes("first coordinate", "second coordinate")
                .describedAs("Embeddings of 120 images, coloured by digit, with some active triplets.");
    }
}
