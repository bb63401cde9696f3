package lyceum.models.task;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.data.Column;
import lyceum.data.Frame;
import lyceum.data.labelled.GraphTables;
import lyceum.models.SavedModel;
import lyceum.models.graph.Gcn;
import lyceum.models.graph.GcnConfig;
import lyceum.models.graph.GraphData;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.TrainingRun;
import lyceum.train.task.TrainingSettings;
import lyceum.train.task.TrainingTask;

/**
 * {@code task: graph}: classes of nodes, by a {@link Gcn}. Nodes with a label are learned from; in the end each node's class is written to
 * {@code predictions.csv}, those without a label among them.
 *
 * <table>
 * <caption>Its names</caption>
 * <tr><td>{@code data.nodes}</td><td>CSV with {@code id}, {@code label} (empty where it is to be told) and a column of numbers a feature</td></tr>
 * <tr><td>{@code data.edges}</td><td>CSV with {@code source}, {@code target} and perhaps {@code weight}</td></tr>
 * <tr><td>{@code data.directed}</td><td>whether edges go one way; false</td></tr>
 * <tr><td>{@code data.validation}</td><td>the share of labelled nodes that is held out, 0.1</td></tr>
 * <tr><td>{@code model}</td><td>hidden 32, layers 2, dropout 0.5 of a {@link GcnConfig}</td></tr>
 * </table>
 *
 * <p>Each step looks at the whole graph, whatever its batch of labelled nodes.
 */
public final class NodeTask implements TrainingTask {
    @Override public String name() { return "graph"; }

    @Override public String description() { return "classes of nodes: tables of nodes and edges"; }

    @Override public Prepared prepare(TrainingSettings settings, Path out, Rng rng, Progress progress) throws IOException {
        var data = settings.section("data");
        var tables = GraphTables.read(data.path("nodes"), data.path("edges"));
        boolean directed = data.flag("directed", false);
        int[] labelled = IntStream.range(0, tables.nodes()).filter(i -> tables.labels()[i] >= 0).toArray();
        if (tables.classes().size() < 2 || labelled.length < 2) throw data.wrong("nodes",
                "there are " + labelled.length + " labels of " + tables.classes().size() + " classes; at least two of two are told apart");
        var rows = Rows.of(data, labelled.length, rng.split(1));
        var model = settings.section("model");
        GcnConfig config;
        try {
            config = new GcnConfig((int) tables.features().size(1), model.whole("hidden", 32, 1), tables.classes().size())
                    .withLayers(model.whole("layers", 2, 1)).withDropout(model.number("dropout", 0.5, 0, 0.99));
        } catch (IllegalArgumentException e) {
            throw model.wrong("hidden", e.getMessage());
        }
        var net = Gcn.create(config, rng.split(2));
        var saved = new SavedModel(net, config);
        tables.classes().forEach(saved.notes().putArray("labels")::add);
        var graph = graph(tables, directed);
        var x = standardised(tables.features(), saved);
        var y = Tensor.of(Arrays.stream(tables.labels()).asLongStream().toArray());
        BatchLoss loss = (some, pass) -> {
            int[] nodes = pick(labelled, rows.learned(some));
            return new CrossEntropy().of(net.forward(graph, x, pass).rows(nodes), y.rows(nodes));
        };
        var told = List.of(String.format(Locale.ROOT, "%,d nodes, %,d edges, %,d features, %d classes", tables.nodes(), tables.edges(),
                tables.columns().size(), tables.classes().size()), rows.told("labelled nodes"));
        return new Ready(saved, rows.learned().length, loss, i -> tables.ids().get(labelled[rows.learned()[i]]),
                rows.held().length == 0 ? null : () -> judged(net, graph, x, y, pick(labelled, rows.held())), told,
                folder -> write(net, graph, x, tables, folder));
    }

    private static int[] pick(int[] all, int... rows) { return Arrays.stream(rows).map(i -> all[i]).toArray(); }

    private static GraphData graph(GraphTables t, boolean directed) {
        boolean weighted = false;
        for (float w : t.weights()) weighted |= w != 1;
        if (directed || t.edges() == 0) {
            var graph = GraphData.of(t.nodes(), t.source(), t.target());
            return weighted ? graph.withWeights(Tensor.of(t.weights())) : graph;
        }
        var graph = GraphData.undirected(t.nodes(), t.source(), t.target());
        if (!weighted) return graph;
        var both = Arrays.copyOf(t.weights(), graph.edges()); // the edges back are behind all others, loops not among them
        for (int e = 0, at = t.edges(); e < t.edges(); e++) if (t.source()[e] != t.target()[e]) both[at++] = t.weights()[e];
        return graph.withWeights(Tensor.of(both));
    }

    /** Each feature less its mean, over its deviation; both are noted. */
    private static Tensor standardised(Tensor features, SavedModel saved) {
        var mean = features.mean(0).compute();
        var deviation = features.size(0) < 2 ? mean.onesLike() : features.sub(mean).square().mean(0).sqrt().maximum(1e-6).compute();
        var means = saved.notes().putArray("mean");
        for (double m : mean.toDoubleArray()) means.add(m);
        var deviations = saved.notes().putArray("deviation");
        for (double d : deviation.toDoubleArray()) deviations.add(d);
        return features.sub(mean).div(deviation).compute();
    }

    private static TrainingRun.Evaluated judged(Gcn net, GraphData graph, Tensor x, Tensor y, int... nodes) {
        var logits = net.forward(graph, x, Pass.inference()).rows(nodes);
        var truth = y.rows(nodes);
        return Ready.evaluated(new CrossEntropy().of(logits, truth).item(), "accuracy",
                logits.argmax(1).eq(truth).sum().item() / nodes.length);
    }

    private static void write(Gcn net, GraphData graph, Tensor x, GraphTables tables, Path folder) throws IOException {
        double[][] p = Autograd.noGrad(() -> net.forward(graph, x, Pass.inference()).softmax(1).toRows());
        var labels = new String[p.length];
        var sure = new double[p.length];
        for (int i = 0; i < p.length; i++) {
            int best = 0;
            for (int k = 1; k < p[i].length; k++) if (p[i][k] > p[i][best]) best = k;
            labels[i] = tables.classes().get(best);
            sure[i] = p[i][best];
        }
        Files.createDirectories(folder);
        Frame.of(Column.of("id", tables.ids().toArray(String[]::new)), Column.of("label", labels), Column.of("probability", sure))
                .writeCsv(folder.resolve("predictions.csv"));
    }
}
