package lyceum.bench;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.kernel.Rbf;
import lyceum.learn.cluster.Dbscan;
import lyceum.learn.cluster.KMeans;
import lyceum.learn.ensemble.RandomForestClassifier;
import lyceum.learn.gbdt.GbdtClassifier;
import lyceum.learn.gbdt.GbdtOptions;
import lyceum.learn.gbdt.Growth;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.metrics.RocCurve;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.learn.svm.Svm;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The jobs that tables are really put to, each on data of its own: made only for a line that is wanted. */
final class LearnCases {
    private final LearnSuite suite;
    private final Map<String, LearnSuite.Data> made = new HashMap<>();

    LearnCases(LearnSuite suite) { this.suite = suite; }

    void run() throws IOException {
        boosting();
        forest();
        manyCentres();
        wideLogistic();
        supportVectors();
        densities();
        neighbours();
    }

    private LearnSuite.Data data(String name, Supplier<Dataset> rows) throws IOException {
        var data = made.get(name);
        if (data == null) made.put(name, data = new LearnSuite.Data(name, rows.get()));
        suite.hand(data);
        return data;
    }

    /** Beside XGBoost: 200 trees of 255 leaves on 255 bins, best leaf first, judged on rows that neither saw. */
    private void boosting() throws IOException {
        String name = "GBDT, 200 trees of 255 leaves";
        if (!suite.wants(name + " 200000x28")) return;
        var data = data("boosting", () -> Datasets.classification(Rng.of(2), 250_000, 28, 12, 8, 2, 0.7, 0.05));
        Dataset train = data.rows().range(0, 200_000), test = data.rows().range(200_000, 250_000);
        var learner = new GbdtClassifier(GbdtOptions.DEFAULT.withGrowth(Growth.LEAF).withMaxDepth(Integer.MAX_VALUE).withMaxLeaves(255)
                .withLearningRate(0.1).withRounds(200));
        var fit = suite.alternate(() -> learner.fit(train.x(), train.y()), data, "boosting", Map.of("rows", 200_000));
        suite.time(name, "200000x28", fit, fit.text("peer"));
        double auc = RocCurve.of(test.y(), fit.model().decisionFunction(test.x())).auc();
        suite.same(name + ", AUC of 50000 other rows", "200000x28", auc, fit.found("auc"), "AUC");
        var scores = suite.alternate(() -> fit.model().predictProba(test.x()), null, null, Map.of());
        suite.time(name + ", prediction", "50000x28", scores.ours(), Timing.Median.of(new double[] {fit.found("scoring")}), fit.text("peer"));
    }

    private void forest() throws IOException {
        String name = "random forest, 100 trees";
        if (!suite.wants(name + " 50000x20")) return;
        var data = data("forest", () -> Datasets.classification(Rng.of(3), 60_000, 20, 10, 5, 4, 1.0, 0.05));
        Dataset train = data.rows().range(0, 50_000), test = data.rows().range(50_000, 60_000);
        var learner = new RandomForestClassifier().withTrees(100);
        var fit = suite.alternate(() -> learner.fit(train.x(), train.y()), data, "forest", Map.of("rows", 50_000));
        suite.time(name, "50000x20", fit, "");
        suite.same(name + ", accuracy", "50000x20", fit.model().score(test.x(), test.y()), fit.found("accuracy"), "of 10000 other rows");
    }

    private void manyCentres() throws IOException {
        String name = "k-means, k=64";
        if (!suite.wants(name + " 200000x32")) return;
        var data = data("centres", () -> Datasets.blobs(Rng.of(4), 200_000, 80, 32, 8));
        var start = new int[64];
        for (int i = 0; i < start.length; i++) start[i] = i * 3000;
        var learner = KMeans.from(data.rows().x().rows(start));
        var fit = suite.alternate(() -> learner.fit(data.rows().x()), data, "kmeans", Map.of("k", 64, "rows", start));
        suite.time(name, data.shape(), fit, "");
        suite.same(name + ", inertia", data.shape(), fit.model().inertia(), fit.found("inertia"), "inertia");
        suite.same(name + ", iterations", data.shape(), fit.model().iterations(), fit.found("iterations"), "iterations");
    }

    private void wideLogistic() throws IOException {
        String name = "logistic regression, two classes";
        if (!suite.wants(name + " 100000x100")) return;
        var data = data("hundred", () -> Datasets.classification(Rng.of(5), 100_000, 100, 40, 20, 2, 0.6, 0.05));
        var learner = new LogisticRegression().withTolerance(1e-6);
        var fit = suite.alternate(() -> learner.fit(data.rows().x(), data.rows().y()), data, "logistic", Map.of("tolerance", 1e-6));
        suite.time(name, data.shape(), fit, "");
        suite.same(name + ", coefficients", data.shape(), Math.sqrt(fit.model().coefficients().square().sum().item()), fit.found("norm"), "norm");
        suite.same(name + ", accuracy", data.shape(), fit.model().score(data.rows().x(), data.rows().y()), fit.found("accuracy"),
                "of training rows");
    }

    private void supportVectors() throws IOException {
        String name = "support vectors, RBF";
        if (!suite.wants(name + " 10000x20")) return;
        var data = data("margins", () -> Datasets.classification(Rng.of(6), 10_000, 20, 10, 5, 2, 0.8, 0.02));
        var learner = new Svm(Rbf.ofGamma(0.02), 1);
        var fit = suite.alternate(() -> learner.fit(data.rows().x(), data.rows().y()), data, "svm", Map.of("gamma", 0.02, "tolerance", 1e-3));
        suite.time(name, data.shape(), fit, "");
        suite.same(name + ", support vectors", data.shape(), fit.model().support().count(), fit.found("support"), "rows");
        suite.same(name + ", accuracy", data.shape(), fit.model().score(data.rows().x(), data.rows().y()), fit.found("accuracy"),
                "of training rows");
    }

    private void densities() throws IOException {
        if (!suite.wants("DBSCAN 50000x2")) return;
        var data = data("plane", () -> Datasets.blobs(Rng.of(7), 50_000, 20, 2, 0.5));
        var learner = new Dbscan(0.1, 10);
        var fit = suite.alternate(() -> learner.fit(data.rows().x()), data, "dbscan", Map.of("epsilon", 0.1, "least", 10));
        suite.time("DBSCAN", data.shape(), fit, "");
        suite.same("DBSCAN, clusters", data.shape(), fit.model().nClusters(), fit.found("clusters"), "clusters");
        suite.same("DBSCAN, noise", data.shape(), fit.model().labels().lt(Tensor.scalar(0)).to(DType.F64).sum().item(), fit.found("noise"),
                "rows");
    }

    private void neighbours() throws IOException {
        String name = "ten nearest of 2000, brute";
        if (!suite.wants(name + " 50000x64")) return;
        var data = data("space", () -> Datasets.blobs(Rng.of(8), 50_000, 10, 64, 5));
        var index = new NearestNeighbors().withAlgorithm(NearestNeighbors.Algorithm.BRUTE).fit(data.rows().x());
        var queries = data.rows().x().narrow(0, 0, 2000).contiguous();
        var fit = suite.alternate(() -> index.neighbors(queries, 10), data, "neighbours", Map.of("k", 10, "queries", 2000));
        suite.time(name, data.shape(), fit, "");
        suite.same(name + ", sum of distances", data.shape(), fit.model().distances().sum().item(), fit.found("sum"), "distance");
    }
}
