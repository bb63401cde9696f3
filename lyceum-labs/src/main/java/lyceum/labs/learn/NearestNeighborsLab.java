package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.neighbors.Lsh;
import lyceum.learn.neighbors.Metric;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.learn.neighbors.NearestNeighbors.Algorithm;
import lyceum.learn.neighbors.Recall;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** How much of the data a search looks at: trees by dimension, and hashing, which may miss some and looks at little. */
@Lab(topics = "nearest-neighbor-search", title = "What a search can leave unseen")
final class NearestNeighborsLab implements LabBody {
    @Override public void run(LabContext lab) {
        int points = lab.param("points", 10_000, 2000, 100_000), queries = lab.param("queries", 20, 5, 200), k = lab.param("k", 10, 1, 50);
        int tables = lab.param("tables", 10, 1, 40), bits = lab.param("bits", 12, 2, 24), probes = lab.param("probes", 6, 0, 30);
        double spread = lab.param("spread of the clusters", 2.0, 0.2, 6.0);

        int[] dimensions = {2, 3, 5, 8, 12, 16, 24, 64};
        double[] ds = Arrays.stream(dimensions).asDoubleStream().toArray(), boxes = new double[ds.length], balls = new double[ds.length];
        int differing = 0;
        for (int i : lab.progress("dimensions", ds.length)) {
            Tensor x = Tensor.rand(lab.rng(dimensions[i]), DType.F64, points, dimensions[i]),
                    q = Tensor.rand(lab.rng(100 + dimensions[i]), DType.F64, queries, dimensions[i]);
            var kd = new NearestNeighbors().withAlgorithm(Algorithm.KD_TREE).fit(x).neighbors(q, k);
            var ball = new NearestNeighbors().withAlgorithm(Algorithm.BALL_TREE).fit(x).neighbors(q, k);
            boxes[i] = 100.0 * kd.visited() / points / queries;
            balls[i] = 100.0 * ball.visited() / points / queries;
            if (!Arrays.equals(kd.indices().toLongArray(), ball.indices().toLongArray())) differing++;
        }
        lab.figure(Figure.line("Distances that a tree computes", ds, boxes).named("KD-tree").line("ball tree", ds, balls)
                .axes("dimensions", "share of the points in %").describedAs(
                        "On uniform points a tree sees a fraction of a percent in three dimensions and everything from about thirty on."));
        lab.say("For %d neighbours of one of %d points a KD-tree computes %.2f%% of the distances in 3 dimensions and %.0f%% in 64.", k,
                points, boxes[1], boxes[ds.length - 1]);
        lab.shows("dimensions in which the two trees differ", differing, exactly(0));
        lab.shows("share at d = 3 in %", boxes[1], atMost(20));
        lab.shows("share at d = 64 in %", boxes[ds.length - 1], atLeast(90));

        int rows = 20_000;
        var all = Datasets.blobs(lab.rng(1), rows + 5 * queries, 200, 64, spread).x();
        Tensor x = all.narrow(0, 0, rows).contiguous(), q = all.narrow(0, rows, 5 * queries).contiguous();
        var exact = new NearestNeighbors().withAlgorithm(Algorithm.BRUTE).fit(x).neighbors(q, k);
        int steps = Math.min(tables, 5);
        double[] some = new double[steps], recall = new double[steps], visited = new double[steps];
        for (int i : lab.progress("tables", steps)) {
            some[i] = tables * (i + 1) / steps;
            var found = new Lsh(Metric.EUCLIDEAN, (int) some[i], bits, probes, 0, 1).fit(x).neighbors(q, k);
            recall[i] = 100 * Recall.of(found, exact);
            visited[i] = 100.0 * found.visited() / rows / (5.0 * queries);
        }
        lab.figure(Figure.line("Hashing", some, recall).named("recall@" + k).line("distances computed", some, visited)
                .axes("tables", "share in %").describedAs(
                        "Each further table finds more of the true neighbours. With too few, keys hold fewer than k rows, and all are compared."));
        lab.say("%d tables find %.1f%% of the %d nearest of %d clustered points in 64 dimensions and compare %.1f%% of them.", tables,
                recall[steps - 1], k, rows, visited[steps - 1]);
        lab.shows("recall@" + k + " of all tables in %", recall[steps - 1], atLeast(90));
        lab.shows("share compared in %", visited[steps - 1], atMost(20));
    }
}
