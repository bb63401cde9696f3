package lyceum.bench;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.bayes.GaussianProcess;
import lyceum.bench.LearnRaces.Data;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.kernel.Rbf;
import lyceum.learn.cluster.Dbscan;
import lyceum.learn.cluster.KMeans;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.ensemble.RandomForestClassifier;
import lyceum.learn.gbdt.GbdtClassifier;
import lyceum.learn.gbdt.GbdtClassifierModel;
import lyceum.learn.gbdt.Growth;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.manifold.Trustworthiness;
import lyceum.learn.manifold.Tsne;
import lyceum.learn.manifold.Umap;
import lyceum.learn.metrics.RocCurve;
import lyceum.learn.neighbors.NearestNeighbors;
import lyceum.learn.svm.Svm;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.tensor.Tensor;

/** Learners at the sizes at which people use them, with what they should reach of XGBoost's and scikit-learn's time at equal results. */
final class LearnTargets {
    private final LearnRaces races;

    LearnTargets(LearnRaces races) { this.races = races; }

    void run() throws IOException {
        boosting();
        race("random forest, 100 trees", 2, "forest", Map.of("trees", 100), () -> shuffled(50_000, 20, 2),
                d -> new RandomForestClassifier().fit(d.x(), d.y()), (d, m) -> Map.of("accuracy", accuracy(m, d)));
        int[] start = spread(64, 200_000);
        race("k-means, k=64", 1.2, "kmeans", Map.of("k", 64, "rows", start), () -> blobs(200_000, 32, 64),
                d -> KMeans.from(d.x().rows(spread(64, (int) d.size()))).fit(d.x()),
                (d, m) -> Map.of("inertia", m.inertia(), "iterations", (double) m.iterations()));
        race("logistic regression, two classes", 1.2, "logistic", Map.of("tolerance", 1e-6), () -> shuffled(100_000, 100, 2),
                d -> new LogisticRegression().withTolerance(1e-6).fit(d.x(), d.y()),
                (d, m) -> Map.of("norm", Math.sqrt(m.coefficients().square().sum().item())));
        race("SVC, RBF", 1, "svc", Map.of("c", 1.0, "gamma", 0.05), () -> shuffled(10_000, 20, 2),
                d -> new Svm(Rbf.ofGamma(0.05), 1).fit(d.x(), d.y()), (d, m) -> Map.of("objective", m.objectives()[0]));
        // As many passes on both sides as ours makes unasked; scikit-learn by itself makes seven.
        race("PCA, 10 components, randomised, 4 passes", 1, "pca", Map.of("k", 10, "solver", "randomized", "passes", 4),
                () -> blobs(20_000, 500, 20), d -> new Pca(10).withSolver(Pca.Solver.RANDOMISED).fit(d.x()),
                (d, m) -> Map.of("variance", m.explainedVariance().sum().item()));
        race("DBSCAN", 1, "dbscan", Map.of("epsilon", 0.1, "points", 10), () -> blobs(50_000, 2, 20), d -> new Dbscan(0.1, 10).fit(d.x()),
                (d, m) -> Map.of("clusters", (double) m.nClusters()));
        race("exact neighbours, 10 of 1,000 queries", 1, "neighbours", Map.of("k", 10, "queries", 1_000), () -> blobs(50_000, 64, 20),
                d -> {
                    var index = new NearestNeighbors().withAlgorithm(NearestNeighbors.Algorithm.BRUTE).fit(d.x());
                    return index.neighbors(d.x().narrow(0, 0, 1_000), 10);
                }, (d, m) -> Map.of("distances", m.distances().sum().item()));
        race("Gaussian process, factored once", 1, "process", Map.of("length", 2.0, "noise", 0.1), () -> blobs(2_000, 5, 10),
                d -> new GaussianProcess(new Rbf(2.0), 0.1).condition(d.x(), d.y().to(DType.F64)),
                (d, m) -> Map.of("likelihood", m.logMarginalLikelihood()));
        race("t-SNE", 1, "tsne", Map.of("perplexity", 30.0), () -> blobs(10_000, 50, 20), d -> new Tsne().fit(d.x()),
                (d, m) -> Map.of("trustworthiness", trust(d, m.embedding())));
        race("UMAP (the peer: t-SNE)", Double.NaN, "tsne", Map.of("perplexity", 30.0), () -> blobs(10_000, 50, 20),
                d -> new Umap().fit(d.x()), (d, m) -> Map.of("trustworthiness", trust(d, m.embedding())));
    }

    /** 200 trees of 255 leaves on 28 columns, 255 bins. */
    private void boosting() throws IOException {
        if (!races.wants("gradient boosting, 200 trees", "200000x28")) return;
        var all = shuffled(250_000, 28, 2);
        var data = new Data("boosting", all.head(200_000));
        var fresh = new Data("fresh", all.range(200_000, 250_000));
        races.load(data);
        races.load(fresh);
        var learner = new GbdtClassifier().withRounds(200).withLearningRate(0.1).withGrowth(Growth.LEAF).withMaxDepth(Integer.MAX_VALUE)
                .withMaxLeaves(255).withBins(255);
        var fit = races.alternate(() -> learner.fit(data.rows().x(), data.rows().y()), data, "boost",
                Map.of("rounds", 200, "leaves", 255, "bins", 255, "rate", 0.1, "fresh", "fresh"));
        races.time("gradient boosting, 200 trees", data.shape(), fit, 1);
        races.same("gradient boosting, area on 50,000 other rows", data.shape(), area(fit.model(), fresh.rows()), fit.found("auc"), "AUC");
        var answers = races.alternate(() -> fit.model().decisionFunction(fresh.rows().x()).compute(), fresh, "boosted", Map.of());
        races.time("gradient boosting, prediction", fresh.shape(), answers, 2);
        grows("gradient boosting, 200 trees", all, d -> learner.fit(d.x(), d.y()));
    }

    private static double area(GbdtClassifierModel model, Dataset rows) {
        return RocCurve.of(rows.y(), model.decisionFunction(rows.x())).auc();
    }

    /** A learner and its peer on one set, what both found, and how ours grows with the rows. */
    private <M> void race(String name, double target, String function, Map<String, ?> arguments, Supplier<Dataset> made,
            Function<Dataset, M> fitted, BiFunction<Dataset, M, Map<String, Double>> found) throws IOException {
        if (!races.wants(name, "")) return;
        var data = new Data(function, made.get());
        races.load(data);
        var request = new HashMap<String, Object>(arguments);
        request.put("threads", races.threads);
        var fit = races.alternate(() -> fitted.apply(data.rows()), data, function, request);
        races.time(name, data.shape(), fit, target);
        new TreeMap<>(found.apply(data.rows(), fit.model()))
                .forEach((quantity, ours) -> races.same(name + ", " + quantity, data.shape(), ours, fit.found(quantity), quantity));
        grows(name, data.rows(), fitted);
    }

    /** Seconds for 2, 4 and 8 times an eighth of the rows, as multiples of the eighth's. */
    private void grows(String name, Dataset all, Function<Dataset, ?> fitted) {
        int eighth = all.size() / 8;
        double least = seconds(all.head(eighth), fitted);
        for (int times : new int[] {2, 4, 8})
            races.same(name + ", rows x " + times, all.head(times * eighth).size() + "x" + all.features(),
                    seconds(all.head(times * eighth), fitted) / least, Double.NaN, "x the time of " + eighth + " rows");
    }

    private static double seconds(Dataset rows, Function<Dataset, ?> fitted) {
        double least = Double.POSITIVE_INFINITY, spent = 0;
        for (int i = 0; i < 3 && spent < 5; i++) {
            long begin = System.nanoTime();
            fitted.apply(rows);
            double took = (System.nanoTime() - begin) * 1e-9;
            least = Math.min(least, took);
            spent += took;
        }
        return least;
    }

    private static double accuracy(ClassificationModel model, Dataset rows) {
        return model.predict(rows.x()).eq(rows.y()).to(DType.F64).mean().item();
    }

    /** Of the first 2,000 rows: the distances of all would be 800 MB. */
    private static double trust(Dataset rows, Tensor map) {
        return Trustworthiness.of(rows.x().narrow(0, 0, 2_000), map.narrow(0, 0, 2_000), 15);
    }

    private static int[] spread(int count, int rows) {
        var all = new int[count];
        for (int i = 0; i < count; i++) all[i] = i * (rows / count);
        return all;
    }

    /** Half of the columns tell something, a tenth of the labels is drawn. */
    private static Dataset shuffled(int rows, int columns, int classes) {
        return Datasets.classification(Rng.of(2), rows, columns, columns / 2, columns / 5, classes, 1.0, 0.1);
    }

    private static Dataset blobs(int rows, int columns, int centres) { return Datasets.blobs(Rng.of(3), rows, centres, columns, 1.5); }
}
