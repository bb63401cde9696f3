package lyceum.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.bench.LearnRaces.Data;
import lyceum.bench.LearnRaces.Fit;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.learn.cluster.KMeans;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.tensor.Tensor;

/** Learners beside scikit-learn, on one thread and on all cores: the time of one fit, and rows that show that both found the same. */
final class LearnSuite {
    private final List<Integer> counts;
    private final SideBySide.Effort effort;
    private final Consumer<Row> listener;
    private final List<Row> rows = new ArrayList<>();
    private LearnRaces races;

    /** @param counts of threads */
    LearnSuite(List<Integer> counts, SideBySide.Effort effort, Consumer<Row> listener) {
        this.counts = counts;
        this.effort = effort;
        this.listener = listener.andThen(rows::add);
    }

    List<Row> run() throws IOException {
        var all = List.of(new Data("digits", "digits", pixels()),
                new Data("wide", Datasets.classification(Rng.of(1), 100_000, 20, 10, 5, 4, 1.0, 0.05)));
        for (int threads : counts) {
            try (var side = new LearnRaces(threads, effort, listener)) {
                races = side;
                for (var data : all) {
                    side.load(data);
                    if (threads == 1) Parallel.sequentially(() -> learners(data));
                    else learners(data);
                }
                if (threads == counts.getLast()) new LearnTargets(side).run();
            }
        }
        return rows;
    }

    private void learners(Data data) {
        if (wants("k-means, k=10", data)) kMeans(data);
        for (int depth : new int[] {0, 8}) if (wants(tree(depth), data)) tree(data, depth);
        if (wants("logistic regression", data)) logistic(data);
        for (var solver : new String[] {"exact", "peer by default"}) if (wants(pca(solver), data)) pca(data, solver);
    }

    private boolean wants(String name, Data data) { return races.wants(name, data.shape()); }

    private static String tree(int depth) { return depth == 0 ? "decision tree" : "decision tree, depth " + depth; }

    private static String pca(String solver) { return "PCA, 10 components, " + solver; }

    /** Digits with pixels from 0 to 1. */
    private static Dataset pixels() {
        var digits = Datasets.digits();
        return digits.withX(digits.x().div(16).compute());
    }

    /** Lloyd's iterations from the same ten rows. */
    private void kMeans(Data data) {
        var start = new int[10];
        for (int i = 0; i < start.length; i++) start[i] = i * ((int) data.rows().size() / start.length);
        var learner = KMeans.from(data.rows().x().rows(start));
        var fit = races.alternate(() -> learner.fit(data.rows().x()), data, "kmeans", Map.of("k", start.length, "rows", start));
        time("k-means, k=10", data, fit);
        same("k-means, inertia", data, fit.model().inertia(), fit.found("inertia"), "inertia");
        same("k-means, iterations", data, fit.model().iterations(), fit.found("iterations"), "iterations");
    }

    /** Grown until every leaf is pure, or to a depth. scikit-learn draws among equally good splits, we take the first: node counts may differ a little. */
    private void tree(Data data, int depth) {
        var learner = depth == 0 ? new DecisionTreeClassifier() : new DecisionTreeClassifier().withMaxDepth(depth);
        var fit = races.alternate(() -> learner.fit(data.rows().x(), data.rows().y()), data, "tree",
                depth == 0 ? Map.of() : Map.of("depth", depth));
        var name = tree(depth);
        time(name, data, fit);
        same(name + ", nodes", data, fit.model().tree().nodes(), fit.found("nodes"), "nodes");
        same(name + ", accuracy", data, accuracy(fit.model(), data), fit.found("accuracy"), "of training rows");
    }

    /**
     * Multinomial with C = 1, with a tolerance at which both reach the same penalised loss {@code sum(loss) + |b|^2 / 2} to some digits;
     * scikit-learn stops at a gradient of 1e-6 a row, where its default of 1e-4 would stop it short.
     */
    private void logistic(Data data) {
        var learner = new LogisticRegression().withTolerance(1e-6);
        var fit = races.alternate(() -> learner.fit(data.rows().x(), data.rows().y()), data, "logistic", Map.of("tolerance", 1e-6));
        time("logistic regression", data, fit);
        double squares = fit.model().coefficients().square().sum().item();
        double likelihood = data.rows().y().unsqueeze(1).eq(Tensor.arange(fit.model().classes().length))
                .where(fit.model().predictProba(data.rows().x()).log(), Tensor.scalar(0)).sum().item();
        same("logistic regression, loss", data, squares / 2 - likelihood, fit.found("loss"), "penalised loss");
        same("logistic regression, coefficients", data, Math.sqrt(squares), fit.found("norm"), "norm");
        same("logistic regression, iterations", data, fit.model().iterations(), fit.found("iterations"), "iterations");
        same("logistic regression, accuracy", data, accuracy(fit.model(), data), fit.found("accuracy"), "of training rows");
    }

    /** Ten components: exactly on both sides, then as each does it unasked (scikit-learn 1.4 by random projections). */
    private void pca(Data data, String solver) {
        var learner = new Pca(10);
        var fit = races.alternate(() -> learner.fit(data.rows().x()), data, "pca",
                Map.of("k", 10, "solver", solver.equals("exact") ? "full" : "auto"));
        time(pca(solver), data, fit);
        var ours = fit.model().explainedVariance().toDoubleArray();
        var theirs = fit.answer() == null ? null : fit.answer().path("variances");
        for (int i : new int[] {0, 9})
            same("PCA, variance " + (i + 1), data, ours[i], theirs == null ? Double.NaN : theirs.path(i).asDouble(), "variance");
    }

    private static double accuracy(ClassificationModel model, Data data) {
        return model.predict(data.rows().x()).eq(data.rows().y()).to(DType.F64).mean().item();
    }

    /** None of them below 1 in the end. */
    private void time(String name, Data data, Fit<?> fit) { races.time(name, data.shape(), fit, 1); }

    private void same(String name, Data data, double ours, double theirs, String unit) {
        if (races.threads == 1) races.same(name, data.shape(), ours, theirs, unit);
    }
}
