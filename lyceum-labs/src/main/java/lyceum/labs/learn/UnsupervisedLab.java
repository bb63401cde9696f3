package lyceum.labs.learn;

import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.Unsupervised;
import lyceum.learn.cluster.GaussianMixture;
import lyceum.learn.cluster.KMeans;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.metrics.ClusterAgreement;
import lyceum.learn.selection.KFold;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** One unlabelled cloud as groups, as axes and as a density; what was true comes last. */
@Lab(topics = "unsupervised-learning", title = "Nobody contradicts you")
final class UnsupervisedLab implements LabBody {
    private static final int GRID = 33;

    @Override public void run(LabContext lab) {
        int n = lab.param("points", 300, 60, 1_000), k = lab.param("groupsAskedFor", 4, 2, 7);
        double spread = lab.param("spread", 0.9, 0.2, 3.0);
        boolean structure = lab.choice("cloud", "four groups", "four groups", "no groups").equals("four groups");

        double[][] centres = {{0, 0}, {5, 0.5}, {1, 5}, {6, 5.5}};
        var blobs = Datasets.blobs(lab.rng(1), n, centres, spread);
        Tensor truth = blobs.y().to(DType.I64),
                x = structure ? blobs.x().to(DType.F64) : Tensor.rand(lab.rng(2), DType.F64, n, 2).mul(9).sub(1.5).compute();
        var groups = new KMeans(k).fit(x);
        lab.figure(parts(Figure.plot("As groups: k-means asked for " + k), x, groups.labels(), k, "group")
                .axes("first column", "second column").describedAs("Whatever is there, as many tidy groups come back as were asked for."));
        var axes = new Pca(1).fit(x);
        double[] c = axes.components().toDoubleArray(), mean = x.mean(0).toDoubleArray();
        lab.figure(Figure.plot("As axes: the direction of largest spread").points("points", x.select(1, 0), x.select(1, 1))
                .line("first principal component", new double[] {mean[0] - 6 * c[0], mean[0] + 6 * c[0]},
                        new double[] {mean[1] - 6 * c[1], mean[1] + 6 * c[1]})
                .axes("first column", "second column").equalScales().describedAs("One line through the cloud, along which it is widest."));
        var mixture = new GaussianMixture(k).withRestarts(3).fit(x);
        double[][] grid = new double[GRID * GRID][2];
        String[] rows = new String[GRID], columns = new String[GRID];
        for (int r = 0; r < GRID; r++) for (int q = 0; q < GRID; q++) {
            grid[r * GRID + q][0] = -3 + 12.0 * q / (GRID - 1);
            grid[r * GRID + q][1] = 9 - 12.0 * r / (GRID - 1);
            rows[r] = "%.1f".formatted(grid[r * GRID + q][1]);
            columns[q] = "%.1f".formatted(grid[r * GRID + q][0]);
        }
        lab.figure(Figure
                .heatmap("As a density: a mixture of %d normals".formatted(k),
                        mixture.logDensity(Tensor.of(grid)).clamp(-12, 0).reshape(GRID, GRID).toRows(), rows, columns)
                .measuring("log density").axes("first column", "second column")
                .describedAs("Where points are likely, by a mixture of normal distributions fitted to the cloud."));

        int[] candidates = {2, 3, 4, 5, 6, 7};
        var silhouettes = Unsupervised.bySilhouette(g -> new KMeans(g).withSeed(2), x, candidates);
        var stability = Unsupervised.byStability(g -> new KMeans(g).withSeed(2), x, lab.rng(3), candidates);
        var held = Unsupervised.byHeldOut(g -> new GaussianMixture(g).withRestarts(2), x, new KFold(5).shuffled(1), candidates);
        var bic = new double[candidates.length];
        var table = new ArrayList<List<?>>();
        int least = 0;
        for (int i = 0; i < bic.length; i++) {
            bic[i] = new GaussianMixture(candidates[i]).withRestarts(2).fit(x).bic();
            if (bic[i] < bic[least]) least = i;
            table.add(List.of(candidates[i], silhouettes.scores()[i], stability.scores()[i], held.scores()[i], bic[i]));
        }
        lab.table("How many groups, judged without labels",
                List.of("groups", "silhouette", "stability", "held-out log density", "BIC (less is better)"), table);
        lab.say("Silhouette says %d, stability %d, held-out likelihood %d, BIC %d.", silhouettes.best(), stability.best(), held.best(),
                candidates[least]);
        if (!structure) {
            lab.say("The points were drawn uniformly: there was nothing to find, and every method but BIC's warning found something.");
            return;
        }
        lab.figure(parts(Figure.plot("What was true"), x, truth, 4, "drawn around centre").axes("first column", "second column")
                .describedAs("The four groups from which the cloud was drawn."));
        var agreement = ClusterAgreement.of(truth, groups.labels());
        lab.say("Against the truth: adjusted Rand %.3f, normalised mutual information %.3f, purity %.3f.", agreement.adjustedRand(),
                agreement.normalisedMutualInformation(), agreement.purity());
        lab.shows("adjusted Rand index of four groups by k-means", ClusterAgreement.of(truth, new KMeans(4).fit(x).labels()).adjustedRand(),
                atLeast(spread > 1.2 ? 0.2 : 0.85));
    }

    private static Plot parts(Plot plot, Tensor x, Tensor labels, int k, String name) {
        double[][] rows = x.toRows();
        long[] l = labels.toLongArray();
        for (int g = 0; g < k; g++) {
            var own = new ArrayList<double[]>();
            for (int i = 0; i < l.length; i++) if (l[i] == g) own.add(rows[i]);
            plot = plot.points(name + " " + (g + 1), own.stream().mapToDouble(r -> r[0]).toArray(),
                    own.stream().mapToDouble(r -> r[1]).toArray());
        }
        return plot;
    }
}
