package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.cluster.Dbscan;
import lyceum.learn.cluster.DensityClusters;
import lyceum.learn.cluster.Hdbscan;
import lyceum.learn.cluster.KMeans;
import lyceum.learn.cluster.Optics;
import lyceum.learn.metrics.ClusterAgreement;
import lyceum.learn.neighbors.Metric;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** Two moons in a haze of noise under a growing radius: core, border and noise; the valleys of OPTICS; two densities, where no radius fits both. */
@Lab(topics = "dbscan", title = "Where is it crowded?")
final class DensityLab implements LabBody {
    @Override public void run(LabContext lab) {
        int rows = lab.param("points of the moons", 300, 50, 2000), haze = lab.param("points of noise", 40, 0, 300);
        int minPoints = lab.param("points that make a crowd", 5, 2, 30);
        double epsilon = lab.param("radius", 0.2, 0.02, 1.0), wobble = lab.param("wobble of the moons", 0.05, 0.0, 0.3);
        var moons = Datasets.moons(lab.rng(0), rows, wobble);
        var x = Tensor.concat(0, moons.x(), Tensor.rand(lab.rng(1), DType.F64, haze, 2).mul(Tensor.of(5, 3.5)).sub(Tensor.of(2, 1.5)))
                .compute();
        var frames = new ArrayList<Plot>();
        var radii = new double[] {0.05, 0.08, 0.12, 0.16, epsilon, 0.3, 0.5, 0.8};
        Arrays.sort(radii);
        for (double radius : radii) frames.add(picture("Radius " + radius, x, new Dbscan(radius, minPoints).fit(x)));
        lab.figure(Figure.frames("DBSCAN with a growing radius", "radius", frames)
                .labelled(Arrays.stream(radii).mapToObj(Double::toString).toArray(String[]::new)).describedAs(
                        "A small radius leaves most points as noise, the right one finds two moons, a large one glues everything together."));
        double[] near = Dbscan.kDistances(x, minPoints, Metric.EUCLIDEAN), plot = new Optics(minPoints).fit(x).plot();
        lab.figure(Figure
                .row("Two ways to choose a radius",
                        Figure.line("Distance to neighbour " + minPoints + ", itself the first", 1, near).horizontalLine(epsilon, "radius")
                                .axes("points, sorted", "distance"),
                        Figure.line(
                                "Reachability in the order of OPTICS", 1, plot).horizontalLine(epsilon, "radius")
                                .axes("points, in order", "reachability"))
                .describedAs(
                        "The sorted distances bend where the moons end and the noise begins; OPTICS shows each moon as a valley below the radius."));

        var dense = Datasets.blobs(lab.rng(2), 150, new double[][] {{0, 0}, {1.2, 0}}, 0.12).x();
        var loose = Datasets.blobs(lab.rng(3), 150, new double[][] {{6, 0}}, 1.2).x();
        var two = Tensor.concat(0, dense, loose).compute();
        var all = new Hdbscan(15, 5, Metric.EUCLIDEAN).fit(two);
        DensityClusters tight = new Dbscan(0.1, minPoints).fit(two), wide = new Dbscan(1.0, minPoints).fit(two);
        lab.figure(Figure.row("Two tight crowds and a loose one", groups("DBSCAN, radius 0.1", two, tight),
                groups("DBSCAN, radius 1", two, wide), groups("HDBSCAN", two, all)).describedAs(
                        "A small radius dissolves the loose crowd, a large one glues the tight ones together; HDBSCAN keeps all three."));
        var found = new Dbscan(epsilon, minPoints).fit(moons.x());
        var means = new KMeans(2).withRestarts(5).withSeed(lab.seed()).fit(moons.x());
        double byMeans = ClusterAgreement.of(means.labels(), moons.y()).adjustedRand();
        var inHaze = new Dbscan(epsilon, minPoints).fit(x);
        lab.table("Clusters and noise", List.of("data", "clusters", "noise"),
                List.of(List.of("moons alone", found.nClusters(), found.noise()),
                        List.of("moons in the haze", inHaze.nClusters(), inHaze.noise()),
                        List.of("three crowds, radius 0.1", tight.nClusters(), tight.noise()),
                        List.of("three crowds, radius 1", wide.nClusters(), wide.noise()),
                        List.of("three crowds, HDBSCAN", all.nClusters(), all.noise())));
        lab.say("The bend of the distances suggests a radius of %.2f.", Dbscan.byBend(x, minPoints).epsilon());
        lab.shows("adjusted Rand index of DBSCAN on the moons alone", ClusterAgreement.of(found.labels(), moons.y()).adjustedRand(),
                atLeast(0.999));
        lab.shows("of k-means", byMeans, atMost(0.6));
        lab.shows("crowds that HDBSCAN finds", all.nClusters(), exactly(3));
    }

    private static Plot picture(String title, Tensor x, DensityClusters model) {
        long[] labels = model.labels().toLongArray();
        boolean[] core = model.core();
        var kind = new int[labels.length];
        for (int i = 0; i < kind.length; i++) kind[i] = core[i] ? 2 + (int) Math.min(3, labels[i]) : labels[i] < 0 ? 0 : 1;
        return Figure.scatter(title + ": " + model.nClusters() + " clusters", x, kind, "noise", "border", "core, 1st cluster", "core, 2nd",
                "core, 3rd", "core, others").equalScales().axes("x", "y");
    }

    private static Plot groups(String title, Tensor x, DensityClusters model) {
        var kind = Arrays.stream(model.labels().toLongArray()).mapToInt(v -> (int) Math.min(3, v) + 1).toArray();
        return Figure.scatter(title, x, kind, "noise", "1st cluster", "2nd", "3rd", "others").axes("x", "y");
    }
}
