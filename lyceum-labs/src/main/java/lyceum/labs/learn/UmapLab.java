package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.manifold.Trustworthiness;
import lyceum.learn.manifold.Umap;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A map of digits that forms over the epochs, and what its two knobs do. */
@Lab(topics = "umap", title = "A map that forms")
final class UmapLab implements LabBody {
    private static final String[] DIGITS = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 400, 100, 1500), neighbors = lab.param("neighbors", 15, 3, 60);
        int epochs = lab.param("epochs", 200, 10, 1000);
        double minDist = lab.param("min_dist", 0.1, 0.0, 1.0);
        long seed = lab.rng(1).nextInt(1000);
        var digits = Datasets.digits();
        Tensor x = digits.x().narrow(0, 0, rows).contiguous();
        int[] labels = Arrays.copyOf(digits.labels(), rows);

        var umap = new Umap(neighbors).withMinDist(minDist).withSeed(seed);
        int[] passes = {1, Math.max(2, epochs / 20), Math.max(3, epochs / 4), epochs};
        var frames = new ArrayList<Plot>();
        for (int p : passes) {
            Tensor map = umap.withEpochs(p).fitTransform(x);
            frames.add(Figure.scatter(p == 1 ? "1 epoch" : p + " epochs", map, labels, DIGITS).axes("first", "second"));
        }
        String[] named = Arrays.stream(passes).mapToObj(Integer::toString).toArray(String[]::new);
        lab.figure(Figure.frames("Epoch by epoch", "epochs", frames).labelled(named)
                .describedAs("The spectral start has the coarse layout already; edges draw the digits together, random pushes part them."));
        var model = umap.withEpochs(epochs).fit(x);
        double trust = Trustworthiness.of(x, model.embedding(), 15);
        lab.say("Trustworthiness(15) is %.3f after %d epochs.", trust, epochs);
        lab.shows("trustworthiness(15)", trust, atLeast(0.9));

        var knobs = new ArrayList<Plot>();
        for (int k : new int[] {4, 30})
            for (double close : new double[] {0.0, 0.8})
                knobs.add(Figure.scatter(k + " neighbours, min_dist " + close,
                        new Umap(k).withMinDist(close).withSpread(1).withEpochs(epochs / 2).withSeed(seed).fitTransform(x), labels, DIGITS)
                        .axes("first", "second"));
        lab.figure(Figure.row("The two knobs", knobs.toArray(Plot[]::new))
                .describedAs("Few neighbours break the map into crumbs, many keep the layout; min_dist sets how tight clumps are drawn."));

        Tensor sums = umap.memberships(x).sum(1).sub(Math.log(neighbors) / Math.log(2)).abs();
        lab.shows("largest gap of a row's memberships to log2 k", sums.max().item(), below(1e-5));
        var curve = new Umap().curve();
        lab.shows("a at min_dist 0.1, less 1.577", Math.abs(curve.a() - 1.577), atMost(1e-3));
        lab.shows("b at min_dist 0.1, less 0.895", Math.abs(curve.b() - 0.895), atMost(1e-3));
        Tensor fresh = digits.x().narrow(0, rows, 200), truth = digits.y().narrow(0, rows, 200);
        var neighbours = new KNeighborsClassifier(5).fit(model.embedding(), digits.y().narrow(0, 0, rows));
        double placed = neighbours.score(model.transform(fresh), truth);
        lab.say("%.0f%% of 200 new digits are placed among their own kind.", 100 * placed);
        lab.shows("accuracy of new digits by their neighbours on the map", placed, atLeast(0.7));
    }
}
