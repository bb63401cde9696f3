package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.cluster.Affinity;
import lyceum.learn.cluster.GraphLaplacian;
import lyceum.learn.cluster.KMeans;
import lyceum.learn.cluster.SpectralClustering;
import lyceum.learn.metrics.ClusterAgreement;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** Two moons, the slowest swing of the graph of their neighbours, and the plane of eigenvectors in which each moon is a dot. */
@Lab(topics = "spectral-clustering", title = "Tangled shapes become dots")
final class SpectralLab implements LabBody {
    @Override public void run(LabContext lab) {
        int rows = lab.param("points", 300, 60, 600), neighbours = lab.param("neighbours", 10, 2, 40), k = lab.param("clusters", 2, 2, 5);
        double wobble = lab.param("wobble", 0.05, 0.0, 0.3);
        var shape = lab.choice("shape", "moons", "moons", "circles", "spirals");
        var data = switch (shape) {
            case "circles" -> Datasets.circles(lab.rng(0), rows, 0.5, wobble);
            case "spirals" -> Datasets.spirals(lab.rng(0), rows, 1, wobble);
            default -> Datasets.moons(lab.rng(0), rows, wobble);
        };
        var x = data.x();
        var learner = new SpectralClustering(k).withAffinity(new Affinity.Neighbours(neighbours)).withSeed(lab.seed());
        var model = learner.fit(x);
        var means = new KMeans(k).withRestarts(10).withSeed(lab.seed()).fit(x);
        lab.figure(Figure
                .row("The same points, cut twice", groups("k-means", x, means.labels()), groups("Spectral clustering", x, model.labels()))
                .describedAs("k-means cuts across the moons by a straight line; spectral clustering follows them."));

        var laplacian = new GraphLaplacian(new Affinity.Neighbours(neighbours).graph(x), GraphLaplacian.Kind.SYMMETRIC);
        var walk = new GraphLaplacian(laplacian.weights(), GraphLaplacian.Kind.RANDOM_WALK);
        var fiedler = walk.lowest(2).vectors().select(1, 1);
        var sign = fiedler.gt((fiedler.max().item() + fiedler.min().item()) / 2).to(DType.I64).toIntArray();
        var rowsAlong = Tensor.stack(1, x.select(1, 0), fiedler);
        lab.figure(Figure.row("The slowest swing",
                Figure.scatter("Fiedler vector by horizontal position", rowsAlong, data.labels(), "first shape", "second shape").axes("x",
                        "Fiedler value"),
                Figure.scatter("Cut at its middle", x, sign, "below", "above").equalScales().axes("x", "y")).describedAs(
                        "The second eigenvector is nearly constant on each moon and far apart on the two; cut at its middle it separates them."));
        lab.figure(Figure
                .row("Embedding and eigenvalues",
                        Figure.scatter("Rows of the first two eigenvectors", model.embedding().narrow(1, 0, 2), data.labels(),
                                "first shape", "second shape").axes("first coordinate", "second coordinate"),
                        Figure.line("Lowest eigenvalues", 1, model.eigenvalues())
                                .verticalLine(model.suggestedClusters() + 0.5, "largest gap").axes("number", "eigenvalue"))
                .describedAs(
                        "In the plane of the eigenvectors each shape is one small arc or dot; an eigenvalue is 0 for each piece of the graph, and long shapes raise the others slowly."));

        int[] ks = {3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 60};
        var scores = new ArrayList<Double>();
        for (int c : ks)
            scores.add(agreement(learner.withAffinity(new Affinity.Neighbours(Math.min(c, rows - 1))).fit(x).labels(), data.y()));
        lab.figure(Figure
                .line("Agreement with the shapes by neighbours", Arrays.stream(ks).asDoubleStream().toArray(),
                        scores.stream().mapToDouble(v -> v).toArray())
                .axes("neighbours in the graph", "adjusted Rand index").logX().describedAs(
                        "With too few neighbours islands appear, with too many the shapes grow together; between lies a wide plateau."));
        double spectral = agreement(model.labels(), data.y()), byMeans = agreement(means.labels(), data.y());
        lab.say("The graph has %d component%s; the gap suggests %d clusters.", model.components(), model.components() == 1 ? "" : "s",
                model.suggestedClusters());
        var probe = Tensor.randn(lab.rng(1), DType.F64, rows);
        lab.shows("adjusted Rand index of spectral clustering", spectral, atLeast(0.99));
        lab.shows("of k-means", byMeans, atMost(0.6));
        lab.shows("gap of x L x to the sum over edges", edgeGap(laplacian, probe), below(1e-9));
    }

    private static double agreement(Tensor a, Tensor b) { return ClusterAgreement.of(a, b).adjustedRand(); }

    private static double edgeGap(GraphLaplacian l, Tensor x) {
        double[] d = l.degrees(), v = x.toDoubleArray(), w = l.weights().values().toDoubleArray();
        double sum = 0;
        for (int i = 0; i < v.length; i++) {
            for (int e = l.weights().rowStart(i); e < l.weights().rowStart(i + 1); e++) {
                double difference = v[i] / Math.sqrt(d[i]) - v[l.weights().column(e)] / Math.sqrt(d[l.weights().column(e)]);
                sum += w[e] * difference * difference / 2;
            }
        }
        return Math.abs(sum - l.quadraticForm(x));
    }

    private static Plot groups(String title, Tensor x, Tensor labels) {
        return Figure.scatter(title, x, labels.toIntArray(), "1st cluster", "2nd", "3rd", "4th", "5th").equalScales().axes("x", "y");
    }
}
