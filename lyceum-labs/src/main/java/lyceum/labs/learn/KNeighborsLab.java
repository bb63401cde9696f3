package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.neighbors.Metric;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.learn.neighbors.NearestNeighbors.Algorithm;
import lyceum.learn.neighbors.NeighborWeights;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** The map that neighbours draw, by their number; and how, with more dimensions, all points come to be equally far. */
@Lab(topics = "knn", title = "Near means little in many dimensions")
final class KNeighborsLab implements LabBody {
    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 200, 40, 1000), most = lab.param("k", 25, 1, 39), points = lab.param("points", 20_000, 5000, 50_000),
                queries = lab.param("queries", 20, 5, 200);
        double noise = lab.param("noise", 0.3, 0.05, 0.6);
        var weights = lab.choice("weights", "uniform", "uniform", "distance").equals("uniform") ? NeighborWeights.UNIFORM
                : NeighborWeights.DISTANCE;
        var metric = switch (lab.choice("metric", "euclidean", "euclidean", "manhattan", "chebyshev")) {
            case "manhattan" -> Metric.MANHATTAN;
            case "chebyshev" -> Metric.CHEBYSHEV;
            default -> Metric.EUCLIDEAN;
        };
        var train = Datasets.moons(lab.rng(0), rows, noise);
        var test = Datasets.moons(lab.rng(1), 2000, noise);

        int[] ks = IntStream.of(1, 3, 7, 15, most).filter(k -> k <= most).sorted().distinct().toArray();
        var maps = new ArrayList<Plot>();
        double[] onTrain = new double[most], onTest = new double[most];
        for (int k : ks) maps.add(map(train, k, weights, metric));
        for (int k : lab.progress("numbers of neighbours", most)) {
            var model = new KNeighborsClassifier(k + 1).withWeights(weights).withMetric(metric).fit(train.x(), train.y());
            onTrain[k] = 100 * model.score(train.x(), train.y());
            onTest[k] = 100 * model.score(test.x(), test.y());
        }
        lab.figure(Figure.frames("The map by number of neighbours", "k", maps)
                .labelled(Arrays.stream(ks).mapToObj(Integer::toString).toArray(String[]::new)).describedAs(
                        "With one neighbour every row owns the cell around it, islands included; with more the border becomes smooth."));
        if (most > 1) lab.figure(Figure.line("Accuracy by number of neighbours", 1, onTrain).named("training rows")
                .line("new rows", 1, onTest).axes("k", "accuracy in %")
                .describedAs("One neighbour knows the training rows by heart; new rows are best served by a dozen or so."));
        lab.shows("accuracy of one neighbour on the training rows in %", onTrain[0], exactly(100));

        int[] dimensions = {1, 2, 3, 5, 8, 12, 20, 30, 50};
        double[] ds = Arrays.stream(dimensions).asDoubleStream().toArray(), ratio = new double[ds.length], visited = new double[ds.length];
        int differing = 0;
        for (int i : lab.progress("dimensions", ds.length)) {
            int d = dimensions[i];
            Tensor x = Tensor.rand(lab.rng(100 + d), DType.F64, points, d), q = Tensor.rand(lab.rng(200 + d), DType.F64, queries, d);
            var tree = new NearestNeighbors().withMetric(metric).withAlgorithm(Algorithm.KD_TREE).fit(x).neighbors(q, 5);
            var brute = new NearestNeighbors().withMetric(metric).withAlgorithm(Algorithm.BRUTE).fit(x);
            if (!Arrays.equals(tree.indices().toLongArray(), brute.neighbors(q, 5).indices().toLongArray())) differing++;
            visited[i] = 100.0 * tree.visited() / ((double) points * queries);
            var few = new NearestNeighbors().withMetric(metric).withAlgorithm(Algorithm.BRUTE).fit(x.narrow(0, 0, 1000)).neighbors(q, 1000)
                    .distances();
            ratio[i] = few.select(1, 0).div(few.select(1, 999)).mean().item();
        }
        lab.figure(Figure
                .row("What more dimensions do",
                        Figure.line("Nearest against farthest", ds, ratio).axes("dimensions",
                                "distance of the nearest over the farthest of 1,000"),
                        Figure.line("Points that a KD-tree visits", ds, visited).axes("dimensions", "share of the points in %"))
                .describedAs(
                        "The nearest of a thousand points is almost at hand in one dimension and half as far as the farthest in fifty; the tree goes from visiting a handful to visiting all."));
        lab.say("For 5 neighbours among %d points a KD-tree looks at %.2f%% of them in 3 dimensions and at %.1f%% in 50.", points,
                visited[2], visited[ds.length - 1]);
        lab.shows("dimensions in which tree and brute force differ", differing, exactly(0));
        lab.check(3, "share visited in 3 dimensions in %", visited[2], atMost(10));
        lab.check(3, "share visited in 50 dimensions in %", visited[ds.length - 1], atLeast(90));
        lab.shows("nearest over farthest in 50 dimensions", ratio[ds.length - 1], above(0.3));
    }

    private static Plot map(Dataset data, int k, NeighborWeights weights, Metric metric) {
        var model = new KNeighborsClassifier(k).withWeights(weights).withMetric(metric).fit(data.x(), data.y());
        return Figure.regions(k + (k == 1 ? " neighbour" : " neighbours"), -2, 3, -1.7, 2.2, model::predict, "upper moon", "lower moon")
                .points(data.x(), data.labels(), "upper moon", "lower moon").axes("x", "y");
    }
}
