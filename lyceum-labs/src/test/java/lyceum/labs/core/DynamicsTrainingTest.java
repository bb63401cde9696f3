package lyceum.labs.core;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.linalg.Lanczos;
import lyceum.linalg.LinearMap;
import lyceum.memory.Scope;
import lyceum.nn.Embedding;
import lyceum.nn.GptBlock;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.AdamW;
import lyceum.optim.LearningRateFinder;
import lyceum.optim.Minibatches;
import lyceum.optim.Muon;
import lyceum.optim.Sam;
import lyceum.optim.Sgd;
import lyceum.optim.UpdateRule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What sharpness-aware steps, orthogonal updates and found rates do to real networks. */
@Tag("slow")
class DynamicsTrainingTest {

    /** Digits in F32, pixels in [0, 1]: three quarters to learn from. */
    private record Digits(Dataset train, Dataset test) {
        static Digits of(int seed) {
            var all = Datasets.digits().flat();
            var parts = Split.stratified(all.withX(all.x().to(DType.F32).div(16).compute()), Rng.of(1000 + seed), 0.75, 0.25);
            return new Digits(parts.get(0), parts.get(1));
        }

        double accuracy(Tensor classes) { return classes.eq(test.y()).to(DType.F64).mean().item(); }

        /** The training loss of a network of one hidden layer, as a function of all its parameters in one F64 vector. */
        UnaryOperator<Tensor> flatLoss(int hidden) {
            var x = train.x().to(DType.F64).compute();
            return w -> {
                int at = 64 * hidden;
                Tensor first = w.narrow(0, 0, at).reshape(hidden, 64), firstBias = w.narrow(0, at, hidden);
                Tensor second = w.narrow(0, at + hidden, 10L * hidden).reshape(10, hidden), secondBias = w.narrow(0, at + 11 * hidden, 10);
                var logits = x.matmul(first.transpose()).add(firstBias).relu().matmul(second.transpose()).add(secondBias);
                return new CrossEntropy().of(logits, train.y());
            };
        }

        double sharpness(Mlp network, int hidden) {
            var w = Tensor
                    .concat(0, network.parameters().values().stream().map(p -> p.detach().to(DType.F64).flatten()).toArray(Tensor[]::new))
                    .compute();
            var loss = flatLoss(hidden);
            var hessian = LinearMap.symmetric(Math.toIntExact(w.count()), v -> Autograd.hvp(loss, w, v));
            var top = new Lanczos(1).withTolerance(1e-4).run(hessian, Rng.of(0));
            if (!top.converged()) throw new AssertionError("Lanczos did not converge");
            return top.values().item(0);
        }
    }

    private static Mlp network(int hidden, int seed) { return new Mlp(MlpConfig.classifier(64, 10, hidden), Rng.of(seed)); }

    @Test
    @Acceptance(topic = "sam", clause = 4) void samEndsWhereTheLossCurvesLessAndReadsDigitsAsWell() {
        int lower = 0;
        double sharpSgd = 0, sharpSam = 0, readSgd = 0, readSam = 0;
        for (int seed = 0; seed < 5; seed++) {
            var digits = Digits.of(seed);
            var sharpness = new double[2];
            for (boolean aware : new boolean[] {false, true}) {
                var network = network(32, seed);
                var optimizer = new Sgd(0.1).withMomentum(0.9).over(network.parameters());
                var sam = new Sam(optimizer, aware ? 0.1 : 0).every(aware ? 1 : Integer.MAX_VALUE);
                var rng = Rng.of(10 + seed);
                for (int epoch = 0; epoch < 20; epoch++) {
                    for (var rows : new Minibatches(digits.train.size(), 64).epoch(rng)) {
                        try (var scope = Scope.open()) {
                            sam.step(
                                    () -> new CrossEntropy().of(network.forward(digits.train.x().rows(rows)), digits.train.y().rows(rows)));
                            optimizer.zeroGrad();
                        }
                    }
                }
                double read = digits.accuracy(network.classes(digits.test.x()));
                sharpness[aware ? 1 : 0] = digits.sharpness(network, 32);
                if (aware) readSam += read / 5;
                else readSgd += read / 5;
            }
            sharpSgd += sharpness[0] / 5;
            sharpSam += sharpness[1] / 5;
            if (sharpness[1] < sharpness[0]) lower++;
        }
        Evidence.of("mean top eigenvalue after SAM over that after SGD", sharpSam / sharpSgd, atMost(0.85));
        Evidence.of("seeds in which SAM's is lower", lower, atLeast(3));
        Evidence.of("SAM's mean accuracy less SGD's, in points", 100 * (readSam - readSgd), atLeast(-0.5));
        Evidence.of("SGD's mean accuracy", readSgd, atLeast(0.95));
    }

    @Test
    @Acceptance(topic = "learning-rate", clause = 2) void theSuggestedRateIsNearTheBestOfAGridAndTenTimesItFails() {
        double worst = 0;
        int failed = 0;
        for (int seed = 0; seed < 2; seed++) {
            var digits = Digits.of(seed);
            var network = network(32, seed);
            var rng = Rng.of(50 + seed);
            var batches = new ArrayDeque<int[]>();
            double suggested = new LearningRateFinder().run(new Sgd(1), network.parameters().values(), () -> {
                if (batches.isEmpty()) batches.addAll(new Minibatches(digits.train.size(), 64).epoch(rng));
                var rows = batches.poll();
                return new CrossEntropy().of(network.forward(digits.train.x().rows(rows)), digits.train.y().rows(rows));
            }).suggestion();
            int best = 600;
            for (int i = 11; i >= 0; i--) best = Math.min(best, steps(digits, 1e-2 * Math.pow(1e3, i / 11.0), seed, best));
            if (best == 600) throw new AssertionError("no rate of the grid reaches a loss of 0.1 in 600 steps");
            worst = Math.max(worst, (double) steps(digits, suggested, seed, 3 * best) / best);
            if (steps(digits, 10 * suggested, seed, 5 * best) == 5 * best) failed++;
        }
        Evidence.of("steps at the suggested rate over the best of the grid, more of the seeds", worst, atMost(2));
        Evidence.of("seeds of 2 in which ten times the rate has not arrived after five times the steps", failed, exactly(2));
    }

    /** Steps of SGD until the loss of all training digits is below 0.1, looked at every fifth step; {@code most} if it is not by then. */
    private static int steps(Digits digits, double rate, int seed, int most) {
        var network = network(32, seed);
        var optimizer = new Sgd(rate).over(network.parameters());
        var rng = Rng.of(5 + seed);
        var batches = new ArrayDeque<int[]>();
        for (int t = 1; t < most; t++) {
            if (batches.isEmpty()) batches.addAll(new Minibatches(digits.train.size(), 64).epoch(rng));
            var rows = batches.poll();
            try (var scope = Scope.open()) {
                optimizer.zeroGrad();
                new CrossEntropy().of(network.forward(digits.train.x().rows(rows)), digits.train.y().rows(rows)).backward();
                optimizer.step();
                optimizer.zeroGrad();
                if (t % 5 == 0) {
                    double loss = Autograd.noGrad(() -> new CrossEntropy().of(network.forward(digits.train.x()), digits.train.y())).item();
                    if (loss < 0.1) return t;
                }
            }
        }
        return most;
    }

    /** Two blocks of width 32 over characters. */
    private static final class TinyGpt extends Module {
        private static final int WIDTH = 32, LENGTH = 32, BATCH = 8, ALPHABET = 96;
        private static final int[] TEXT = """
                the quick brown fox jumps over the lazy dog while seven wizards mix a jug of black quartz vow and pack my box with five \
                dozen liquor jugs; how vexingly quick daft zebras jump when sphinx of black quartz judges my vow again and again. \
                sixty zippers were quickly picked from the woven jute bag, and the five boxing wizards jump quickly past a lazy fox. \
                """.repeat(12).chars().map(c -> c - ' ').toArray();
        private final Embedding wte, wpe;
        private final List<GptBlock> blocks;
        private final LayerNorm ln_f = new LayerNorm(1e-5, DType.F32, WIDTH);
        private final Linear lm_head;

        TinyGpt(Rng rng) {
            wte = new Embedding(Tensor.randn(rng, ALPHABET, WIDTH).mul(0.02));
            wpe = new Embedding(Tensor.randn(rng, LENGTH, WIDTH).mul(0.02));
            blocks = List.of(new GptBlock(WIDTH, 4, rng), new GptBlock(WIDTH, 4, rng));
            lm_head = new Linear(WIDTH, ALPHABET, rng);
        }

        @Override protected Tensor compute(Tensor ids, Pass pass) {
            var x = wte.forward(ids, pass).add(wpe.forward(Tensor.arange(LENGTH), pass));
            for (var block : blocks) x = block.forward(x, pass);
            return lm_head.forward(ln_f.forward(x, pass), pass);
        }

        Tensor loss(Rng rng, int batch) {
            long[] ids = new long[batch * LENGTH], next = new long[batch * LENGTH];
            for (int b = 0; b < batch; b++) {
                int start = rng.nextInt(TEXT.length - LENGTH - 1);
                for (int t = 0; t < LENGTH; t++) {
                    ids[b * LENGTH + t] = TEXT[start + t];
                    next[b * LENGTH + t] = TEXT[start + t + 1];
                }
            }
            return new CrossEntropy().of(forward(Tensor.of(ids).reshape(batch, LENGTH)).reshape((long) batch * LENGTH, ALPHABET),
                    Tensor.of(next));
        }

        /** The loss of 32 fixed passages after every fifth of 300 steps. */
        static double[] train(UpdateRule rule, int seed) {
            var network = new TinyGpt(Rng.of(700 + seed));
            var optimizer = rule.over(network.parameters());
            var rng = Rng.of(800 + seed);
            var losses = new double[60];
            for (int step = 1; step <= 300; step++) {
                try (var scope = Scope.open()) {
                    optimizer.zeroGrad();
                    network.loss(rng, BATCH).backward();
                    optimizer.step();
                    optimizer.zeroGrad();
                    if (step % 5 == 0) losses[step / 5 - 1] = Autograd.noGrad(() -> network.loss(Rng.of(900), 32)).item();
                }
            }
            return losses;
        }

        /** The rate of the grid that ends lowest; it lies inside. */
        static UpdateRule tuned(DoubleFunction<UpdateRule> rule) {
            UpdateRule best = null;
            double least = Double.POSITIVE_INFINITY;
            for (double rate : new double[] {1e-3, 3e-3, 1e-2, 3e-2, 1e-1}) {
                double end = train(rule.apply(rate), 100)[59];
                if (end >= least) continue;
                least = end;
                best = rule.apply(rate);
            }
            Evidence.that("the best rate lies inside the grid: " + best.learningRate(),
                    best.learningRate() > 1e-3 && best.learningRate() < 1e-1);
            return best;
        }
    }

    @Test
    @Tag("heavy")
    @Acceptance(topic = "muon", clause = 5) void muonReachesAdamWsLossInFewerSteps() {
        UpdateRule adamW = TinyGpt.tuned(rate -> new AdamW(rate).withBetas(0.9, 0.95).withWeightDecay(0)),
                muon = TinyGpt.tuned(Muon::matched);
        double share = 0;
        for (int seed = 0; seed < 5; seed++) {
            double target = TinyGpt.train(adamW, seed)[59];
            double[] losses = TinyGpt.train(muon, seed);
            int at = 0;
            while (at < losses.length && losses[at] > target) at++;
            share += (at + 1) / 60.0 / 5;
        }
        Evidence.of("Muon's steps over AdamW's 300, mean of five seeds", share, atMost(0.85));
    }
}
