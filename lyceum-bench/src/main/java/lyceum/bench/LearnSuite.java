package lyceum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.format.Npy;
import lyceum.learn.cluster.KMeans;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.random.Rng;
import lyceum.stats.learner.ClassificationModel;
import lyceum.tensor.Tensor;
import tools.jackson.databind.JsonNode;

/** Learners beside scikit-learn, on one thread and on all cores: the time of one fit, and rows that show that both found the same. */
final class LearnSuite {
    /** Rounds of more than so many seconds are few. */
    private static final double LONG = 10;
    private static final int FEW = 5;
    private final LearnCases cases = new LearnCases(this);
    private final List<Integer> counts;
    private final SideBySide.Effort effort;
    private final Consumer<Row> listener;
    private final List<Row> rows = new ArrayList<>();
    private ScikitLearn peer;
    private int threads;
    private Path folder;

    /** Rows that both sides have: in memory, and as files for Python. */
    record Data(String name, Dataset rows) {
        String shape() { return name.equals("digits") ? "digits" : rows.size() + "x" + rows.features(); }
    }

    /** Seconds of both (the peer's NaN without one), and what the last fits found. */
    record Fit<M>(Timing.Median ours, Timing.Median theirs, M model, JsonNode answer) {
        double found(String name) { return answer == null ? Double.NaN : answer.path(name).asDouble(); }

        String text(String name) { return answer == null ? "" : answer.path(name).asString(""); }
    }

    /** @param counts of threads */
    LearnSuite(List<Integer> counts, SideBySide.Effort effort, Consumer<Row> listener) {
        this.counts = counts;
        this.effort = effort;
        this.listener = listener;
    }

    List<Row> run() throws IOException {
        var folder = Files.createTempDirectory("lyceum-bench");
        try {
            var all = List.of(new Data("digits", pixels()),
                    new Data("wide", Datasets.classification(Rng.of(1), 100_000, 20, 10, 5, 4, 1.0, 0.05)));
            for (int n : counts) run(folder, all, n);
        } finally {
            try (var files = Files.list(folder)) {
                for (var file : files.toList()) Files.delete(file);
            }
            Files.delete(folder);
        }
        return rows;
    }

    private void run(Path folder, List<Data> all, int threads) throws IOException {
        this.threads = threads;
        try (var peer = ScikitLearn.find(threads)) {
            this.peer = peer;
            this.folder = folder;
            for (var data : all) {
                hand(data);
                if (threads == 1) Parallel.sequentially(() -> learners(data));
                else learners(data);
            }
            if (threads == 1) Parallel.sequentially(this::cases);
            else cases();
        }
    }

    private void cases() {
        try {
            cases.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives the peer these rows, by files that are written once. */
    void hand(Data data) throws IOException {
        Path x = folder.resolve(data.name + "-x.npy"), y = folder.resolve(data.name + "-y.npy");
        if (!Files.exists(x)) {
            Npy.write(x, data.rows.x());
            Npy.write(y, data.rows.y());
        }
        if (peer != null) peer.call("load", Map.of("name", data.name, "x", x.toString(), "y", y.toString()));
    }

    private void learners(Data data) {
        if (wants("k-means, k=10", data)) kMeans(data);
        for (int depth : new int[] {0, 8}) if (wants(tree(depth), data)) tree(data, depth);
        if (wants("logistic regression", data)) logistic(data);
        for (var solver : new String[] {"exact", "peer by default"}) if (wants(pca(solver), data)) pca(data, solver);
    }

    boolean wants(String line) { return effort.wants(line); }

    private boolean wants(String name, Data data) { return effort.wants(name + " " + data.shape()); }

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
        for (int i = 0; i < start.length; i++) start[i] = i * ((int) data.rows.size() / start.length);
        var learner = KMeans.from(data.rows.x().rows(start));
        var fit = alternate(() -> learner.fit(data.rows.x()), data, "kmeans", Map.of("k", start.length, "rows", start));
        time("k-means, k=10", data, fit);
        same("k-means, inertia", data, fit.model.inertia(), fit.found("inertia"), "inertia");
        same("k-means, iterations", data, fit.model.iterations(), fit.found("iterations"), "iterations");
    }

    /** Grown until every leaf is pure, or to a depth. scikit-learn draws among equally good splits, we take the first: node counts may differ a little. */
    private void tree(Data data, int depth) {
        var learner = depth == 0 ? new DecisionTreeClassifier() : new DecisionTreeClassifier().withMaxDepth(depth);
        var fit = alternate(() -> learner.fit(data.rows.x(), data.rows.y()), data, "tree", depth == 0 ? Map.of() : Map.of("depth", depth));
        var name = tree(depth);
        time(name, data, fit);
        same(name + ", nodes", data, fit.model.tree().nodes(), fit.found("nodes"), "nodes");
        same(name + ", accuracy", data, accuracy(fit.model, data), fit.found("accuracy"), "of training rows");
    }

    /**
     * Multinomial with C = 1, with a tolerance at which both reach the same penalised loss {@code sum(loss) + |b|^2 / 2} to some digits;
     * scikit-learn stops at a gradient of 1e-6 a row, where its default of 1e-4 would stop it short.
     */
    private void logistic(Data data) {
        var learner = new LogisticRegression().withTolerance(1e-6);
        var fit = alternate(() -> learner.fit(data.rows.x(), data.rows.y()), data, "logistic", Map.of("tolerance", 1e-6));
        time("logistic regression", data, fit);
        double squares = fit.model.coefficients().square().sum().item();
        double likelihood = data.rows.y().unsqueeze(1).eq(Tensor.arange(fit.model.classes().length))
                .where(fit.model.predictProba(data.rows.x()).log(), Tensor.scalar(0)).sum().item();
        same("logistic regression, loss", data, squares / 2 - likelihood, fit.found("loss"), "penalised loss");
        same("logistic regression, coefficients", data, Math.sqrt(squares), fit.found("norm"), "norm");
        same("logistic regression, iterations", data, fit.model.iterations(), fit.found("iterations"), "iterations");
        same("logistic regression, accuracy", data, accuracy(fit.model, data), fit.found("accuracy"), "of training rows");
    }

    /** Ten components: exactly on both sides, then as each does it unasked (scikit-learn 1.4 by random projections). */
    private void pca(Data data, String solver) {
        var learner = new Pca(10);
        var fit = alternate(() -> learner.fit(data.rows.x()), data, "pca",
                Map.of("k", 10, "solver", solver.equals("exact") ? "full" : "auto"));
        time(pca(solver), data, fit);
        var ours = fit.model.explainedVariance().toDoubleArray();
        var theirs = fit.answer == null ? null : fit.answer.path("variances");
        for (int i : new int[] {0, 9})
            same("PCA, variance " + (i + 1), data, ours[i], theirs == null ? Double.NaN : theirs.path(i).asDouble(), "variance");
    }

    private static double accuracy(ClassificationModel model, Data data) {
        return model.predict(data.rows.x()).eq(data.rows.y()).to(DType.F64).mean().item();
    }

    /** Warms both up, then lets them take turns. */
    <M> Fit<M> alternate(Supplier<M> ours, Data data, String function, Map<String, ?> arguments) {
        var peer = data == null ? null : this.peer;
        var request = new HashMap<String, Object>(arguments);
        if (data != null) request.put("name", data.name);
        M model = null;
        JsonNode answer = peer == null ? null : peer.call(function, request);
        long begin = System.nanoTime();
        int calls = 0;
        for (; calls < 1 || calls < 3 && System.nanoTime() - begin < 10_000_000_000L || System.nanoTime() - begin < 2_000_000_000L; calls++)
            model = ours.get();
        double round = (System.nanoTime() - begin) * 1e-9 / calls + (answer == null ? 0 : answer.path("seconds").asDouble());
        int rounds = round > LONG ? Math.min(effort.repetitions(), FEW) : effort.rounds(round);
        double[] a = new double[rounds], b = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            long start = System.nanoTime();
            model = ours.get();
            a[i] = (System.nanoTime() - start) * 1e-9;
            answer = peer == null ? null : peer.call(function, request);
            b[i] = answer == null ? Double.NaN : answer.path("seconds").asDouble();
        }
        return new Fit<>(Timing.Median.of(a), Timing.Median.of(b), model, answer);
    }

    private void time(String name, Data data, Fit<?> fit) { time(name, data.shape(), fit, ""); }

    /** @param other the peer, where it is not scikit-learn */
    void time(String name, String shape, Fit<?> fit, String other) { time(name, shape, fit.ours, fit.theirs, other); }

    void time(String name, String shape, Timing.Median ours, Timing.Median theirs, String other) {
        add(new Row("learn", name, shape, "F64", threads, ours.value() * 1e3, theirs.value() * 1e3, "ms",
                theirs.value() / ours.value(), other.isEmpty() ? peerName() : other, Cpu.name(), ours.spread(), theirs.spread(), theirs.least() / ours.least(), "",
                Double.NaN, Verdict.NONE));
    }

    private void same(String name, Data data, double ours, double theirs, String unit) { same(name, data.shape(), ours, theirs, unit); }

    void same(String name, String shape, double ours, double theirs, String unit) {
        if (threads == 1) add(Row.found("learn", name, shape, "F64", threads, ours, theirs, unit, peerName()));
    }

    private String peerName() { return peer == null ? "" : peer.name(); }

    private void add(Row row) {
        rows.add(row);
        listener.accept(row);
    }
}
