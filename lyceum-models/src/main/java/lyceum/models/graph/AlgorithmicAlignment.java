package lyceum.models.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Linalg;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;
import lyceum.withers.Withers;

/**
 * How many examples a network needs for a task that an algorithm solves: few if its modules are the algorithm's steps. Networks of about equal numbers of parameters learn
 * from the same examples; what they are worth is the share of answers within 10%.
 *
 * {@snippet :
 * var experiment = new AlgorithmicAlignment(AlignmentTask.SHORTEST_PATH);
 * double share = experiment.accuracy(AlgorithmicAlignment.Network.GNN, 500, Rng.of(1), Progress.SILENT);
 * double hard = experiment.learnability(AlgorithmicAlignment.Network.MLP, 300, Rng.of(2));
 * }
 *
 * @param task what is asked
 * @param objects of an example
 * @param rounds of the GNN's messages for paths; sums and pairs take one, whatever this is
 * @param width of its layers; the others' are such that the parameters are as many
 * @param steps of Adam
 * @param batch examples of a step
 * @param rate the first learning rate, which falls to 0 along half a cosine
 * @see <a href="https://arxiv.org/abs/1905.13211">Xu et al. (2020)</a>
 */
@Withers
public record AlgorithmicAlignment(AlignmentTask task, int objects, int rounds, int width, int steps, int batch, double rate)
        implements AlgorithmicAlignmentWithers {

    /** Networks. */
    public enum Network {
        /** Of everything at once, in a row. */
        MLP,
        /** A perceptron of each object (for paths with its row of weights), a sum, a perceptron. */
        DEEP_SETS,
        /** Rounds of messages between all pairs (for paths along edges), summed (for paths the least counts), and a perceptron. */
        GNN
    }

    public AlgorithmicAlignment {
        if (objects < 2 || rounds < 1 || width < 1 || steps < 1 || batch < 1 || !(rate > 0))
            throw new IllegalArgumentException("AlgorithmicAlignment: " + objects + " objects, " + rounds + " rounds, width " + width + ", "
                    + steps + " steps of " + batch + ", rate " + rate + "; at least 2, 1, 1, 1, 1, above 0");
    }

    /** 10 objects; one round, for paths 6; width 32, 800 steps of 32, rate 3e-3. */
    public AlgorithmicAlignment(AlignmentTask task) { this(task, 10, task == AlignmentTask.SHORTEST_PATH ? 6 : 1, 32, 800, 32, 3e-3); }

    private boolean isPath() { return task == AlignmentTask.SHORTEST_PATH; }

    /** A fresh network. */
    public Module network(Network kind, Rng rng) { return new Solver(kind, rng); }

    /**
     * The share of 1,000 new examples that a network, which learned from {@code samples}, answers within 10%.
     *
     * @throws lyceum.progress.CancelledException if progress says so
     */
    public double accuracy(Network kind, int samples, Rng rng, Progress progress) {
        return accuracy(train(kind, samples, rng, progress), 1000, 1, objects - 1, rng.split(9));
    }

    /** A network that learned from {@code samples} examples. */
    public Module train(Network kind, int samples, Rng rng, Progress progress) {
        var examples = new ArrayList<AlignmentTask.Instance>();
        var draw = rng.split(1);
        for (int i = 0; i < samples; i++) examples.add(task.sample(objects, draw));
        var solver = new Solver(kind, rng.split(2));
        var y = new double[samples];
        for (int i = 0; i < samples; i++) y[i] = task.of(examples.get(i));
        int epochs = Math.max(1, Math.ceilDiv(steps, Math.ceilDiv(samples, batch)));
        long all = (long) epochs * Math.ceilDiv(samples, batch);
        new Trainer(new Adam(rate), epochs).withBatchSize(Math.min(batch, samples)).withSchedule(new Schedule.Cosine(all))
                .start(solver, samples, (rows, pass) -> {
                    var part = new ArrayList<AlignmentTask.Instance>();
                    var target = new double[rows.length];
                    for (int i = 0; i < rows.length; i++) {
                        part.add(examples.get(rows[i]));
                        target[i] = y[rows[i]];
                    }
                    var t = Tensor.of(target).to(DType.F32);
                    return solver.of(part, pass).sub(t).div(t).square().mean(); // what counts is the relative error
                }, null, rng.split(3)).finish(progress);
        return solver;
    }

    /**
     * The share of {@code n} examples of {@link #objects} objects, for paths of {@code from} to {@code to} edges, that a trained {@link #network} answers within 10%. It may have learned on
     * other numbers of objects, unless its weights know how many there are.
     *
     * @throws ShapeException if they do, which are those of the MLP, and of Deep Sets for paths
     */
    public double accuracy(Module network, int n, int from, int to, Rng rng) {
        var examples = new ArrayList<AlignmentTask.Instance>();
        for (int i = 0; i < n; i++) examples.add(task.sample(objects, from, to, rng));
        int right = 0;
        for (int at = 0; at < n; at += 100) {
            var part = examples.subList(at, Math.min(n, at + 100));
            double[] found = Autograd.noGrad(() -> ((Solver) network).of(part, Pass.inference()).toDoubleArray());
            for (int i = 0; i < found.length; i++) if (Math.abs(found[i] / task.of(part.get(i)) - 1) <= 0.1) right++;
        }
        return (double) right / n;
    }

    /**
     * How hard the hardest module is, were it taught alone: {@code sqrt(2 y' H^-1 y / n)} for n examples of it, y scaled to mean 0 and deviation 1, and H the kernel of a wide
     * two-layer ReLU network on them (inputs scaled to length 1, with a constant). Modules that are the algorithm's steps are functions of few numbers; a network without them
     * has to learn the whole.
     *
     * @see <a href="https://arxiv.org/abs/1901.08584">Arora et al. (2019), theorem 5.1</a>
     */
    public double learnability(Network kind, int n, Rng rng) {
        var x = new ArrayList<double[]>();
        var y = new double[n];
        for (int i = 0; i < n; i++) {
            var instance = task.sample(objects, rng);
            double[] o = instance.objects()[0], p = instance.objects()[1];
            boolean aligned = kind == Network.GNN || kind == Network.DEEP_SETS && task == AlignmentTask.SUM;
            if (!aligned) {
                x.add(flat(instance));
                y[i] = task.of(instance);
            } else if (task == AlignmentTask.SUM) {
                x.add(new double[] {o[0], o[1]});
                y[i] = o[0] * o[1];
            } else if (task == AlignmentTask.PAIRS) {
                x.add(new double[] {o[0], p[0]});
                y[i] = AlignmentTask.near(o[0], p[0]);
            } else {
                double d = 3 * rng.nextDouble(), w = 0.2 + 0.8 * rng.nextDouble();
                x.add(new double[] {d, w});
                y[i] = d + w;
            }
        }
        return complexity(x, y);
    }

    private static double complexity(List<double[]> x, double[] y) {
        int n = y.length;
        double mean = 0, square = 0;
        for (double v : y) mean += v / n;
        for (double v : y) square += (v - mean) * (v - mean) / n;
        var rows = new double[n][];
        for (int i = 0; i < n; i++) {
            double length = 1;
            for (double v : x.get(i)) length += v * v;
            rows[i] = new double[x.get(i).length + 1];
            for (int k = 0; k < x.get(i).length; k++) rows[i][k] = x.get(i)[k] / Math.sqrt(length);
            rows[i][x.get(i).length] = 1 / Math.sqrt(length);
            y[i] = (y[i] - mean) / Math.sqrt(square);
        }
        var h = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) {
            double dot = 0;
            for (int k = 0; k < rows[i].length; k++) dot += rows[i][k] * rows[j][k];
            h[i][j] = dot * (Math.PI - Math.acos(Math.clamp(dot, -1, 1))) / (2 * Math.PI) + (i == j ? 1e-6 : 0);
        }
        var target = Tensor.of(y);
        return Math.sqrt(2 * target.mul(Linalg.solve(Tensor.of(h), target)).sum().item() / n);
    }

    private static double[] flat(AlignmentTask.Instance x) {
        var all = new ArrayList<Double>();
        for (var o : x.objects()) for (double v : o) all.add(v);
        if (x.weights() != null) for (int i = 0; i < x.weights().length; i++) for (int j = 0; j < i; j++) all.add(x.weights()[i][j]);
        return all.stream().mapToDouble(v -> v).toArray();
    }

    /** One of the networks; inputs are examples. */
    private final class Solver extends Module {
        private final Network kind;
        private final Mlp first, last;
        private final Linear begin;

        Solver(Network kind, Rng rng) {
            this.kind = kind;
            int pairs = isPath() ? objects * (objects - 1) / 2 : 0, all = objects * task.features() + pairs,
                    row = task.features() + (isPath() ? objects : 0);
            switch (kind) {
                case MLP -> {
                    first = null;
                    begin = null;
                    last = new Mlp(MlpConfig.regressor(all, 1, width * 2, width * 2, width), rng);
                }
                case DEEP_SETS -> {
                    begin = null;
                    first = new Mlp(MlpConfig.regressor(row, width, (int) (width * 1.5), (int) (width * 1.5)), rng);
                    last = new Mlp(MlpConfig.regressor(width, 1, (int) (width * 1.5)), rng);
                }
                default -> {
                    begin = isPath() ? new Linear(task.features(), width, rng) : null;
                    first = new Mlp(MlpConfig.regressor(isPath() ? 2 * width + 1 : 2 * task.features(), width, width, width), rng);
                    last = isPath() ? new Mlp(MlpConfig.regressor(width, 1), rng) : new Mlp(MlpConfig.regressor(width, 1, width), rng);
                }
            }
        }

        Tensor of(List<AlignmentTask.Instance> x, Pass pass) {
            int n = x.getFirst().objects().length;
            for (var instance : x)
                if (instance.objects().length != n) throw new ShapeException("AlgorithmicAlignment: examples of " + n + " and of "
                        + instance.objects().length + " objects; those answered together have as many");
            if (n != objects && (kind == Network.MLP || kind == Network.DEEP_SETS && isPath()))
                throw new ShapeException("AlgorithmicAlignment: " + n + " objects for " + kind + " built for " + objects
                        + "; its weights know how many there are");
            return switch (kind) {
                case MLP -> last.forward(stacked(x, AlgorithmicAlignment::flat), pass).squeeze(1);
                case DEEP_SETS -> {
                    var rows = stacked(x, this::rows).reshape(x.size(), n, -1);
                    yield last.forward(first.forward(rows, pass).sum(1), pass).squeeze(1);
                }
                case GNN -> isPath() ? paths(x, pass) : pairs(x, pass);
            };
        }

        private double[] rows(AlignmentTask.Instance x) {
            int f = task.features(), n = x.objects().length, width = f + (isPath() ? n : 0);
            var all = new double[n * width];
            for (int i = 0; i < n; i++) {
                System.arraycopy(x.objects()[i], 0, all, i * width, f);
                if (isPath()) System.arraycopy(x.weights()[i], 0, all, i * width + f, n);
            }
            return all;
        }

        private Tensor pairs(List<AlignmentTask.Instance> x, Pass pass) {
            long n = x.size(), f = task.features(), m = x.getFirst().objects().length;
            var h = stacked(x, this::rows).reshape(n, m, f);
            Tensor a = h.unsqueeze(1).expand(n, m, m, f), b = h.unsqueeze(2).expand(n, m, m, f);
            return last.forward(first.forward(Tensor.concat(3, a, b), pass).sum(1, 2).div(m), pass).squeeze(1);
        }

        private Tensor paths(List<AlignmentTask.Instance> x, Pass pass) {
            var graphs = new ArrayList<GraphData>();
            int n = x.getFirst().objects().length;
            var ends = new int[x.size()];
            for (int g = 0; g < ends.length; g++) {
                graphs.add(graph(x.get(g)));
                ends[g] = g * n + x.get(g).end();
            }
            var graph = GraphData.batch(graphs);
            var h = begin.forward(stacked(x, this::rows).reshape(x.size() * (long) n, -1).narrow(1, 0, task.features()), pass);
            for (int k = 0; k < rounds; k++) {
                var said = first.forward(
                        Tensor.concat(1, h.indexSelect(0, graph.source()), h.indexSelect(0, graph.target()), graph.features()), pass);
                h = graph.gatherEdges(Aggregation.MAX, said.neg()).neg();
            }
            return last.forward(h.rows(ends), pass).squeeze(1);
        }

        /** Loops of weight 0 among the edges: a node keeps what it has. */
        private GraphData graph(AlignmentTask.Instance x) {
            int nodes = x.objects().length, n = 0;
            int[] from = new int[nodes * nodes], to = new int[nodes * nodes];
            var w = new float[nodes * nodes];
            for (int i = 0; i < nodes; i++) for (int j = 0; j < nodes; j++) {
                if (i != j && x.weights()[i][j] == 0) continue;
                from[n] = i;
                to[n] = j;
                w[n++] = (float) x.weights()[i][j];
            }
            return GraphData.of(nodes, Arrays.copyOf(from, n), Arrays.copyOf(to, n)).withFeatures(Tensor.of(Arrays.copyOf(w, n), n, 1));
        }

        private static Tensor stacked(List<AlignmentTask.Instance> x, Function<AlignmentTask.Instance, double[]> row) {
            var all = new double[x.size()][];
            for (int i = 0; i < all.length; i++) all[i] = row.apply(x.get(i));
            return Tensor.of(all).to(DType.F32);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            throw new IllegalStateException("AlgorithmicAlignment: inputs are examples, not a tensor");
        }
    }
}
