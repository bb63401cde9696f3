package lyceum.labs.models;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.Dataset;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.ssl.EmbeddingSearch;
import lyceum.models.ssl.MetricLearner;
import lyceum.models.ssl.MetricObjective;
import lyceum.nn.Linear;
import lyceum.nn.loss.InfoNce;
import lyceum.nn.loss.PairDistance;
import lyceum.nn.loss.TripletLoss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.retrieval.Hnsw;
import lyceum.retrieval.VectorMetric;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Kinds of ten hard-to-tell classes each: what negatives teach, against the time they take. */
@Lab(topics = "metric-learning-at-scale", title = "Whom to be told apart from")
final class MetricLearningLab implements LabBody {
    private static final int INPUTS = 24, POINTS = 4;

    @Override public void run(LabContext lab) {
        int kinds = lab.param("kinds of ten classes", 8, 2, 50), steps = lab.param("steps", 60, 12, 2000),
                neighbours = lab.param("neighbours", 20, 1, 100), memory = lab.param("memory", 512, 16, 8192);
        double limit = lab.param("similarity limit", 0.99, 0.5, 1.0);
        var world = lab.rng(1);
        Dataset train = items(world, lab.rng(2), kinds, 8), test = items(world, lab.rng(3), kinds, 3);
        var triplets = new TripletLoss().withMargin(0.2).withDistance(PairDistance.SQUARED);
        var pairs = new InfoNce(0.1);
        var names = List.of("random", "in batch", "memory", "mined by HNSW");
        var objectives = List.of(new MetricObjective.RandomNegatives(triplets), new MetricObjective.InBatch(pairs),
                new MetricObjective.Memory(pairs, memory),
                new MetricObjective.MinedNegatives(triplets, hnsw(), Math.max(1, steps / 3), neighbours, limit));
        var plot = Figure.plot("Recall@1 against time");
        var rows = new ArrayList<List<?>>();
        var last = new double[objectives.size()];
        for (int o : lab.progress("ways to find negatives", objectives.size())) {
            var rng = lab.rng(4);
            var learner = new MetricLearner(new Linear(INPUTS, 12, rng), 12, objectives.get(o), rng);
            var training = learner.training(train);
            var run = new Trainer(new Adam(3e-3), Integer.MAX_VALUE).withBatchSize(32).start(learner, train.size(), training, null, rng);
            double[] seconds = new double[POINTS + 1], recall = new double[POINTS + 1];
            for (int point = 0; point <= POINTS; point++) {
                long start = System.nanoTime();
                while (run.steps() < (long) steps * point / POINTS) run.step();
                seconds[point] = (point == 0 ? 0 : seconds[point - 1]) + (System.nanoTime() - start) / 1e9;
                recall[point] = learner.score(test, EmbeddingSearch.exact(), 1).recallAt(1);
            }
            last[o] = recall[POINTS];
            plot = plot.line(names.get(o), seconds, recall);
            rows.add(List.of(names.get(o), recall[0], last[o], seconds[POINTS], training.distances() / steps));
        }
        lab.figure(plot.axes("training time (s)", "recall@1 on held-out items").limitY(0, 1).describedAs(
                "Recall of four ways to choose negatives over training time: random ones stall; the others go on learning, at their price."));
        lab.table("After the last step", List.of("negatives", "recall@1 before", "recall@1", "seconds", "distances a step"), rows);
        lab.say("Random negatives are mostly of other kinds, told apart at once; mined ones are of the same kind.");
        lab.shows("recall@1 of mined less of random negatives", last[3] - last[0], above(steps < 60 || neighbours < 5 ? -1 : 0));
    }

    /** Classes of one kind differ little, and less than the noise that says nothing. */
    private static Dataset items(Rng world, Rng draws, int kinds, int each) {
        int classes = 10 * kinds, n = classes * each;
        Tensor y = Tensor.arange(n).mod(classes).compute();
        Tensor coarse = Tensor.randn(world.split(1), kinds, 6).mul(2).rows(y.div(10).floor().toIntArray());
        Tensor fine = Tensor.randn(world.split(2), classes, 6).mul(0.5).rows(y.toIntArray()).add(Tensor.randn(draws, n, 6).mul(0.1));
        Tensor mix = Tensor.randn(world.split(3), INPUTS, INPUTS).div(Math.sqrt(INPUTS));
        return Dataset.of(Tensor.concat(1, coarse, fine, Tensor.randn(draws, n, INPUTS - 12)).matmul(mix).compute(), y);
    }

    /** The index of lyceum.retrieval as a learner asks for it. */
    static EmbeddingSearch hnsw() {
        return rows -> {
            var graph = new Hnsw((int) rows.size(1), VectorMetric.L2);
            for (int i = 0; i < rows.size(0); i++) graph.add(i, rows.get(i).toFloatArray());
            return (queries, k) -> {
                int n = (int) queries.size(0);
                var found = new EmbeddingSearch.Found(new int[n][], new double[n][], 0);
                long compared = 0;
                for (int q = 0; q < n; q++) {
                    var answer = graph.find(queries.get(q).toFloatArray(), k, 2 * k, _ -> true);
                    found.rows()[q] = answer.hits().stream().mapToInt(hit -> (int) hit.id()).toArray();
                    found.distances()[q] = answer.hits().stream().mapToDouble(hit -> Math.sqrt(Math.max(0, -hit.score()))).toArray();
                    compared += answer.computations();
                }
                return new EmbeddingSearch.Found(found.rows(), found.distances(), compared);
            };
        };
    }
}
