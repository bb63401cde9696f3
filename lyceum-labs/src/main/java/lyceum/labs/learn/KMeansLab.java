package lyceum.labs.learn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.learn.cluster.KMeans;
import lyceum.learn.cluster.KMeansModel;
import lyceum.learn.cluster.KMeansStart;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** Blobs on a ring: with two first centres in one blob and one between two others, k-means ends in a worse optimum. */
@Lab(topics = "k-means", title = "A bad start ends in a worse optimum")
final class KMeansLab implements LabBody {
    @Override public void run(LabContext lab) {
        int k = lab.param("k", 5, 3, 12), rows = lab.param("rows", 300, 100, 2000), starts = lab.param("starts", 100, 10, 500);
        double spread = lab.param("spread", 0.8, 0.2, 1.0);
        var ring = new double[k][];
        for (int c = 0; c < k; c++)
            ring[c] = new double[] {5 / Math.sin(Math.PI / k) * Math.cos(2 * Math.PI * c / k),
                    5 / Math.sin(Math.PI / k) * Math.sin(2 * Math.PI * c / k)};
        var blobs = Datasets.blobs(lab.rng(0), rows, ring, spread);
        var x = blobs.x();

        var bad = KMeans.from(badStart(blobs, ring)).withTolerance(0);
        var stuck = bad.fit(x);
        var best = new KMeans(k).withRestarts(20).withTolerance(0).withSeed(lab.seed()).fit(x);
        var steps = new ArrayList<Plot>();
        for (int t = 1; t <= stuck.iterations(); t++) steps.add(picture("After iteration " + t, x, bad.withMaxIterations(t).fit(x)));
        lab.figure(Figure.frames("Lloyd's iterations from the bad start", "iteration", steps).labelled(Figure.numbered(1, steps.size()))
                .describedAs("Two centres share one blob and one centre serves two blobs; they settle there and never leave."));
        lab.figure(picture("The best of twenty k-means++ starts", x, best).describedAs("Every blob has a centre of its own."));

        double[] up = stuck.history(), good = new KMeans(k).withTolerance(0).withSeed(lab.seed()).fit(x).history();
        lab.figure(Figure.line("Inertia by iteration", 1, up).named("bad start").line("k-means++ start", 1, good)
                .horizontalLine(best.inertia(), "best found").axes("assignment", "inertia")
                .describedAs("Both curves only fall; the one from the bad start levels off far above the best inertia found."));
        lab.say("The bad start ends at %.1f, the best of twenty at %.1f: %.1f times as much, and no iteration will mend it.",
                stuck.inertia(), best.inertia(), stuck.inertia() / best.inertia());

        int plus = 0, uniform = 0, differing = 0;
        Worst rise = new Worst(), gap = new Worst();
        for (int s : lab.progress("starts", starts)) {
            var learner = new KMeans(k).withTolerance(0).withSeed(lab.seed() * 1000 + s);
            var one = learner.fit(x);
            if (one.inertia() < best.inertia() * 1.01) plus++;
            if (learner.withStart(new KMeansStart.RandomRows()).fit(x).inertia() < best.inertia() * 1.01) uniform++;
            double[] h = one.history();
            for (int t = 1; t < h.length; t++) rise.see((h[t] - h[t - 1]) / one.total());
            gap.see(Math.abs(one.inertia() + one.between() - one.total()) / one.total());
            if (!Arrays.equals(h, learner.withAlgorithm(KMeans.Algorithm.LLOYD).fit(x).history())) differing++;
        }
        lab.figure(Figure
                .bar("Starts that end at the best inertia", new String[] {"k-means++", "uniform rows"},
                        new double[] {100.0 * plus / starts, 100.0 * uniform / starts})
                .axes("start", "share of starts in %")
                .describedAs("Starts that spread out reach the best inertia more often than rows drawn uniformly."));
        lab.say("%d of %d k-means++ starts end at the best inertia, of uniform starts %d.", plus, starts, uniform);
        lab.shows("inertia of the bad start over the best", stuck.inertia() / best.inertia(), above(1.1));
        lab.shows("largest rise of the inertia over the total", rise.value(), atMost(1e-13));
        lab.shows("starts from which Hamerly differs from Lloyd", differing, exactly(0));
        lab.shows("total against within + between", gap.value(), below(1e-9));
    }

    /** Two rows of the first blob, one place between the last two blobs, and the middle of each blob between. */
    private static Tensor badStart(Dataset blobs, double[][] ring) {
        int[] first = IntStream.range(0, blobs.size()).filter(i -> blobs.labels()[i] == 0).limit(2).toArray();
        var start = new double[ring.length][];
        for (int c = 0; c < 2; c++) start[c] = new double[] {blobs.x().item(first[c], 0), blobs.x().item(first[c], 1)};
        for (int c = 2; c < ring.length - 1; c++) start[c] = ring[c - 1];
        double[] a = ring[ring.length - 2], b = ring[ring.length - 1];
        start[ring.length - 1] = new double[] {(a[0] + b[0]) / 2, (a[1] + b[1]) / 2};
        return Tensor.of(start);
    }

    private static Plot picture(String title, Tensor x, KMeansModel model) {
        var names = IntStream.rangeClosed(1, model.nClusters()).mapToObj(c -> "cluster " + c).toArray(String[]::new);
        return Figure.scatter(title, x, model.labels().toIntArray(), names).points("centres", model.centres()).crosses().equalScales()
                .axes("x", "y");
    }
}
