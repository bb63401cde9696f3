package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.cluster.Dendrogram;
import lyceum.learn.cluster.HierarchicalClustering;
import lyceum.learn.cluster.Linkage;
import lyceum.learn.metrics.ClusterAgreement;
import lyceum.learn.neighbors.Metric;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A tree of merges with a cut that moves down through it, the groups beside it, and what each linkage makes of the same rows. */
@Lab(topics = "hierarchical-clustering", title = "A tree, and where to cut it")
final class DendrogramLab implements LabBody {
    @Override public void run(LabContext lab) {
        int rows = lab.param("points", 60, 12, 200), groups = lab.param("groups", 4, 1, 8),
                bridge = lab.param("bridge between two groups", 0, 0, 20);
        double spread = lab.param("spread", 0.8, 0.1, 3.0);
        var linkage = Linkage
                .valueOf(lab.choice("linkage", "WARD", "WARD", "SINGLE", "COMPLETE", "AVERAGE", "WEIGHTED", "CENTROID", "MEDIAN"));
        var centres = new double[groups][];
        for (int c = 0; c < groups; c++)
            centres[c] = new double[] {5 * Math.cos(2 * Math.PI * c / groups), 5 * Math.sin(2 * Math.PI * c / groups)};
        var blobs = Datasets.blobs(lab.rng(0), rows, centres, spread);
        var x = blobs.x();
        for (int b = 0; b < bridge && groups > 1; b++) {
            double t = (b + 1.0) / (bridge + 1);
            x = Tensor.concat(0, x, Tensor
                    .of(new double[] {(1 - t) * centres[0][0] + t * centres[1][0], (1 - t) * centres[0][1] + t * centres[1][1]}, 1, 2));
        }
        int n = (int) x.size(0);
        var tree = new HierarchicalClustering(groups, linkage).fit(x);
        var frames = new ArrayList<Figure>();
        for (int k = 1; k <= 8; k++)
            frames.add(Figure.row(k + (k == 1 ? " group" : " groups"), dendrogram(tree, k), points(x, tree.cut(k))));
        lab.figure(Figure.frames("A cut through the tree", "groups", frames).labelled(Figure.numbered(1, 8))
                .describedAs("The lower the cut, the more branches it meets; each branch below it is a group of points of one colour."));

        var pictures = new ArrayList<Figure>();
        var table = new ArrayList<List<?>>();
        var truth = Tensor.concat(0, blobs.y(), Tensor.full(DType.I64, groups, n - rows));
        var distances = HierarchicalClustering.distances(x, Metric.EUCLIDEAN);
        double best = 0;
        for (var each : Linkage.values()) {
            var other = new HierarchicalClustering(groups, each).fit(x);
            double agreement = ClusterAgreement.of(other.labels(), truth).adjustedRand();
            best = Math.max(best, agreement);
            pictures.add(points(x, other.labels()).titled(each.name().toLowerCase(Locale.ROOT)));
            table.add(List.of(each.name(), agreement, other.copheneticCorrelation(distances), inversions(other)));
        }
        lab.figure(Figure.grid("The same points by seven linkages", 4, pictures.toArray(Figure[]::new)).describedAs(
                "On round groups the linkages nearly agree; a bridge of points between two groups makes single linkage chain them into one."));
        lab.table("Seven linkages", List.of("linkage", "adjusted Rand index", "cophenetic correlation", "heights that fall"), table);
        var diana = HierarchicalClustering.diana(x, Metric.EUCLIDEAN);
        lab.say("From the top, DIANA's first cut is at %.2f; from the bottom the last merge is at %.2f.", diana.height()[n - 2],
                tree.height()[n - 2]);
        lab.shows("heights that fall under Ward, single, complete, average, weighted", reducible(x), exactly(0));
        lab.shows("best agreement with the groups", best, above(0.5));
        lab.shows("leaves of the tree less points", Math.abs(tree.leaves().length - n), atMost(0));
    }

    private static int inversions(Dendrogram tree) {
        int[] left = tree.left(), right = tree.right();
        double[] h = tree.height();
        int n = tree.rows(), count = 0;
        for (int m = 0; m < h.length; m++)
            if (left[m] >= n && h[left[m] - n] > h[m] + 1e-12 || right[m] >= n && h[right[m] - n] > h[m] + 1e-12) count++;
        return count;
    }

    private static int reducible(Tensor x) {
        int count = 0;
        for (var each : Linkage.values()) if (each.isReducible()) count += inversions(new HierarchicalClustering(1, each).fit(x));
        return count;
    }

    private static Plot dendrogram(Dendrogram tree, int k) {
        var plot = Figure.plot("The tree").axes("points, in the order of the tree", "height");
        double[][] brackets = tree.layout();
        var xs = new double[5 * brackets.length];
        var ys = new double[xs.length];
        for (int m = 0; m < brackets.length; m++) {
            for (int c = 0; c < 4; c++) {
                xs[5 * m + c] = brackets[m][2 * c];
                ys[5 * m + c] = brackets[m][2 * c + 1];
            }
            // A gap, so that brackets are not joined.
            xs[5 * m + 4] = ys[5 * m + 4] = Double.NaN;
        }
        double[] h = tree.height();
        double above = k == 1 ? 1.05 * h[h.length - 1] : h[h.length + 1 - k], below = h[h.length - k];
        return plot.line("merges", xs, ys).horizontalLine((above + below) / 2, "cut");
    }

    private static Plot points(Tensor x, Tensor labels) {
        return Figure.scatter("The groups", x, labels.toIntArray(), "1", "2", "3", "4", "5", "6", "7", "8").equalScales().axes("x", "y");
    }
}
