package lyceum.labs.core;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.AttentionConfig;
import lyceum.nn.Embedding;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Lion;
import lyceum.optim.Minibatches;
import lyceum.optim.Optimizer;
import lyceum.optim.Schedule;
import lyceum.optim.Sgd;
import lyceum.optim.UpdateRule;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What optimisers, schedules and clipping do to real networks: the clauses that need layers and data. */
@Tag("slow")
class OptimiserTrainingTest {

    /** Digits in F32, pixels in [0, 1]: three quarters to learn from. */
    private record Digits(Dataset train, Dataset test) {
        static Digits of(int seed) {
            var all = Datasets.digits().flat();
            var parts = Split.stratified(all.withX(all.x().to(DType.F32).div(16).compute()), Rng.of(1000 + seed), 0.75, 0.25);
            return new Digits(parts.get(0), parts.get(1));
        }

        double accuracy(Tensor probabilities) { return probabilities.argmax(-1).eq(test.y()).to(DType.F64).mean().item(); }

        /** Epochs over the training rows in batches of 64. */
        void learn(Module network, Optimizer optimizer, int epochs, int seed) {
            new Minibatches(train.size(), 64).run(optimizer,
                    rows -> new CrossEntropy().of(network.forward(train.x().rows(rows)), train.y().rows(rows)), epochs, Rng.of(seed));
        }
    }

    private static Mlp network(int hidden, int seed) { return new Mlp(MlpConfig.classifier(64, 10, hidden), Rng.of(seed)); }

    @Test
    @Acceptance(topic = "lion", clause = 5) void lionReadsDigitsAsWellAsAdamW() {
        double lion = 0, adamW = 0;
        for (int seed = 0; seed < 3; seed++) {
            lion += accuracy(new Lion(6e-4), seed) / 3;
            adamW += accuracy(new AdamW(3e-3), seed) / 3;
        }
        Evidence.of("Lion's mean accuracy less AdamW's, in points", 100 * (lion - adamW), atLeast(-1));
        Evidence.of("AdamW's mean accuracy", adamW, atLeast(0.95));
    }

    private static double accuracy(UpdateRule rule, int seed) {
        var digits = Digits.of(seed);
        var network = network(64, seed);
        digits.learn(network, rule.over(network.parameters()), 60, 10 + seed);
        return digits.accuracy(network.probabilities(digits.test.x()));
    }

    @Test
    @Acceptance(topic = "cosine-annealing", clause = 3) void fourSnapshotsTogetherAreBetterThanTheLast() {
        int better = 0;
        for (int seed = 0; seed < 5; seed++) {
            var digits = Digits.of(seed);
            var network = network(64, seed);
            int perEpoch = (digits.train.size() + 63) / 64, cycle = 15 * perEpoch;
            var schedule = new Schedule.Cosine(cycle).withRestarts(1);
            var optimizer = new Sgd(0.5).withMomentum(0.9).over(network.parameters()).scheduledBy(schedule);
            var snapshots = new ArrayList<Tensor>();
            for (int part = 0; part < 4; part++) {
                digits.learn(network, optimizer, 15, 100 * seed + part);
                if (schedule.endsPeriod(optimizer.steps() - 1)) snapshots.add(network.probabilities(digits.test.x()).compute());
            }
            var together = snapshots.stream().reduce(Tensor::add).orElseThrow().div(snapshots.size());
            if (snapshots.size() == 4 && loss(together, digits.test.y()) < loss(snapshots.getLast(), digits.test.y())) better++;
        }
        Evidence.of("seeds in which the mean of four has the lower loss", better, atLeast(4));
    }

    private static double loss(Tensor probabilities, Tensor y) {
        return -probabilities.to(DType.F64).gather(1, y.unsqueeze(1)).maximum(1e-12).log().mean().item();
    }

    /** Ten residual branches of two ReLU layers without any norm, between a linear input and output layer. */
    private static final class NormFree extends Module {
        private final Linear in, out;
        private final List<Linear> first = new ArrayList<>(), second = new ArrayList<>();

        NormFree(Rng rng) {
            in = new Linear(64, 32, rng);
            out = new Linear(32, 10, rng);
            for (int i = 0; i < 10; i++) {
                first.add(new Linear(32, 32, rng));
                second.add(new Linear(32, 32, rng));
            }
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            x = in.forward(x, pass);
            for (int i = 0; i < first.size(); i++) x = x.add(second.get(i).forward(first.get(i).forward(x, pass).relu(), pass).relu());
            return out.forward(x, pass);
        }
    }

    @Test
    @Acceptance(topic = "agc", clause = 3) void twentyLayersWithoutNormsTrainAtRateOneOnlyWithAdaptiveClipping() {
        int broken = 0, trained = 0;
        for (int seed = 0; seed < 5; seed++) {
            if (!(normFree(seed, null) > 0.11)) broken++; // the commonest digit is 10.2%
            if (normFree(seed, Clip.adaptive(0.05)) >= 0.9) trained++;
        }
        Evidence.of("seeds that end at NaN or chance unclipped", broken, exactly(5));
        Evidence.of("seeds that read 90% with a ratio of 0.05", trained, exactly(5));
    }

    /** The share of unseen digits read after 400 steps; NaN if the loss became NaN. */
    private static double normFree(int seed, Clip clip) {
        var digits = Digits.of(seed);
        var network = new NormFree(Rng.of(seed));
        var optimizer = new Sgd(1).over(network.parameters());
        if (clip != null) optimizer.clippedBy(clip);
        var rng = Rng.of(50 + seed);
        var batches = new ArrayList<int[]>();
        for (int step = 0; step < 400; step++) {
            if (batches.isEmpty()) batches.addAll(new Minibatches(digits.train.size(), 64).epoch(rng));
            var rows = batches.removeLast();
            try (var scope = Scope.open()) {
                optimizer.zeroGrad();
                var loss = new CrossEntropy().of(network.forward(digits.train.x().rows(rows)), digits.train.y().rows(rows));
                if (!Double.isFinite(loss.item())) return Double.NaN;
                loss.backward();
                optimizer.step();
            }
        }
        return digits.accuracy(Autograd.noGrad(() -> network.forward(digits.test.x())));
    }

    /** A decoder whose norms stand after each addition, as in the transformer of 2017. */
    private static final class PostNorm extends Module {
        private static final int WIDTH = 32, LENGTH = 16, LAYERS = 8;
        private final Embedding characters, positions;
        private final List<MultiHeadAttention> attention = new ArrayList<>();
        private final List<Linear> up = new ArrayList<>(), down = new ArrayList<>();
        private final List<LayerNorm> norms = new ArrayList<>();
        private final Linear head;

        PostNorm(int alphabet, Rng rng) {
            characters = new Embedding(alphabet, WIDTH, rng);
            positions = new Embedding(LENGTH, WIDTH, rng);
            for (int i = 0; i < LAYERS; i++) {
                attention.add(new MultiHeadAttention(new AttentionConfig(WIDTH, 4).withAttention(new Attention().withCausal(true)), rng));
                up.add(new Linear(WIDTH, 4 * WIDTH, rng));
                down.add(new Linear(4 * WIDTH, WIDTH, rng));
                for (int half = 0; half < 2; half++) norms.add(new LayerNorm(1e-5, DType.F32, WIDTH));
            }
            head = new Linear(WIDTH, alphabet, rng);
        }

        /** Logits (batch, length, alphabet) of the next character. */
        @Override protected Tensor compute(Tensor ids, Pass pass) {
            var x = characters.forward(ids, pass).add(positions.forward(Tensor.arange(LENGTH), pass));
            for (int i = 0; i < LAYERS; i++) {
                x = norms.get(2 * i).forward(x.add(attention.get(i).forward(x, pass)), pass);
                x = norms.get(2 * i + 1)
                        .forward(x.add(down.get(i).forward(Activation.RELU.forward(up.get(i).forward(x, pass), pass), pass)), pass);
            }
            return head.forward(x, pass);
        }
    }

    /** Mean loss of the last 20 steps, and the largest ratio of an update's norm to its weights' in the first 20. */
    private record Warm(double loss, double ratio) {
        static Warm train(int seed, Schedule schedule) {
            int[] text = """
                    the quick brown fox jumps over the lazy dog while seven wizards mix a jug of black quartz vow and pack my box with five \
                    dozen liquor jugs; how vexingly quick daft zebras jump when sphinx of black quartz judges my vow again and again. \
                    """.repeat(20).chars().map(c -> c - ' ').toArray();
            int alphabet = 96, batch = 8, length = PostNorm.LENGTH;
            var network = new PostNorm(alphabet, Rng.of(700 + seed));
            SequencedMap<String, Tensor> parameters = network.parameters();
            var optimizer = new Adam(5e-3).over(parameters).scheduledBy(schedule);
            var rng = Rng.of(800 + seed);
            double late = 0, ratio = 0;
            for (int step = 0; step < 150; step++) {
                try (var scope = Scope.open()) {
                    long[] ids = new long[batch * length], next = new long[batch * length];
                    for (int b = 0; b < batch; b++) {
                        int start = (int) (rng.nextDouble() * (text.length - length - 1));
                        for (int t = 0; t < length; t++) {
                            ids[b * length + t] = text[start + t];
                            next[b * length + t] = text[start + t + 1];
                        }
                    }
                    optimizer.zeroGrad();
                    var logits = network.forward(Tensor.of(ids).reshape(batch, length));
                    var loss = new CrossEntropy().of(logits.reshape((long) batch * length, alphabet), Tensor.of(next));
                    loss.backward();
                    var before = new LinkedHashMap<Tensor, Tensor>();
                    if (step < 20) parameters.values().stream().filter(p -> p.rank() == 2).forEach(p -> before.put(p, p.detach().copy()));
                    optimizer.step();
                    for (var entry : before.entrySet()) {
                        double moved = norm(entry.getKey().detach().sub(entry.getValue()));
                        ratio = Math.max(ratio, moved / norm(entry.getValue()));
                    }
                    if (step >= 130) late += loss.item() / 20;
                }
            }
            return new Warm(late, ratio);
        }

        private static double norm(Tensor x) { return Math.sqrt(x.square().sum().item()); }
    }

    @Test
    @Acceptance(topic = "warmup", clause = 3) void aPostNormTransformerEndsLowerWithWarmupAndMovesLessAtFirst() {
        int lower = 0;
        double leastFactor = Double.POSITIVE_INFINITY;
        for (int seed : IntStream.range(0, 5).toArray()) {
            Warm plain = Warm.train(seed, Schedule.CONSTANT), warm = Warm.train(seed, Schedule.CONSTANT.warmedUp(100));
            if (warm.loss < plain.loss) lower++;
            leastFactor = Math.min(leastFactor, plain.ratio / warm.ratio);
        }
        Evidence.of("seeds that end lower with 100 steps of warm-up", lower, atLeast(4));
        Evidence.of("largest first update without over with, least of the seeds", leastFactor, atLeast(5));
    }
}
