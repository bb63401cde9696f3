package lyceum.train.search;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.FlopCounter;
import lyceum.backend.Convolution;
import lyceum.backend.Pooling;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.nn.Activation;
import lyceum.nn.AdaptiveAvgPool2d;
import lyceum.nn.AvgPool2d;
import lyceum.nn.Conv2d;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.Correlation;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import lyceum.train.search.ArchitectureSearch.Budget;
import lyceum.train.search.ArchitectureSearch.Evolution;
import lyceum.train.search.ArchitectureSearch.Exhaustive;
import lyceum.train.search.ArchitectureSearch.RandomSampling;
import lyceum.train.search.NetworkSpace.Candidate;
import lyceum.train.search.NetworkSpace.Choice;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ArchitectureSearchTest {
    private static final int WIDTH = 8;
    private static final Dataset DIGITS = pictures();
    private static final Dataset TRAIN = DIGITS.head(600), VALIDATION = DIGITS.range(600, 1200), TEST = DIGITS.range(1200, DIGITS.size());

    private static Dataset pictures() {
        var data = Datasets.digits().shuffled(Rng.of(1)).to(DType.F32).scaled(1 / 16.0);
        return data.withX(data.x().reshape(data.size(), 1, 8, 8));
    }

    private static Layer convolution(int inputs, int kernel, int stride, Rng rng) {
        var how = new Convolution().withPadding(kernel / 2).withStride(stride);
        return new Sequential(new Conv2d(inputs, WIDTH, new int[] {kernel}, how, true, DType.F32, Init.heNormal(), rng), Activation.RELU);
    }

    /** A cell of two nodes and three edges with four operations each, as NAS-Bench-201 has them: 64 networks. */
    private static NetworkSpace cell() {
        var operations = List.of(Candidate.identity(),
                new Candidate("pool", r -> new AvgPool2d(new Pooling(3).withStride(1).withPadding(1))),
                new Candidate("conv1", r -> convolution(WIDTH, 1, 1, r)), new Candidate("conv3", r -> convolution(WIDTH, 3, 1, r)));
        return new NetworkSpace(r -> convolution(1, 3, 2, r),
                List.of(new Choice(0, 1, operations), new Choice(0, 2, operations), new Choice(1, 2, operations)),
                r -> new Sequential(new AdaptiveAvgPool2d(1, 1), Layer.of(x -> x.reshape(x.size(0), WIDTH)), new Linear(WIDTH, 10, r)));
    }

    private static Darts darts() {
        return new Darts(15).withBatchSize(50).withWeights(new Sgd(0.1).withMomentum(0.9))
                .withArchitecture(new Adam(0.02).withBetas(0.5, 0.999));
    }

    @Test
    @Tag("heavy")
    @Acceptance(topic = "nas", clause = 1) void cheapRankingsAgreeWithTraining() {
        var space = cell();
        var all = space.all();
        var trainer = new Trainer(new Adam(1e-2), 6).withBatchSize(50);
        var truth = Evaluator.training(space, trainer, Loss::crossEntropy, TRAIN, Evaluator.accuracy(TEST));
        var means = new double[all.size()];
        long trained = 0;
        for (int seed = 0; seed < 3; seed++) {
            var outcome = new ArchitectureSearch(space, new Exhaustive(), Budget.trials(64)).search(truth, Rng.of(seed), Progress.SILENT);
            for (int i = 0; i < means.length; i++) means[i] += 100 * outcome.trials().get(i).score() / 3;
            trained += outcome.cost().networks();
        }
        var sorted = means.clone();
        Arrays.sort(sorted);
        double median = (sorted[31] + sorted[32]) / 2;
        int better = 0, secondBetter = 0;
        double worstShared = 1;
        var proxies = new double[ZeroCostProxy.values().length];
        for (int seed = 0; seed < 5; seed++) {
            var net = new SuperNet(space, Rng.of(10 + seed));
            net.fit(trainer.withEpochs(30), Loss::crossEntropy, TRAIN, Rng.of(20 + seed), Progress.SILENT);
            var shared = Evaluator.sharing(net, Evaluator.accuracy(VALIDATION), VALIDATION.x());
            worstShared = Math.min(worstShared, rank(shared, all, means, seed));
            for (var proxy : ZeroCostProxy.values())
                proxies[proxy.ordinal()] += rank(Evaluator.proxy(space, proxy, Loss::crossEntropy, TRAIN.head(64)), all, means, 30 + seed)
                        / 5;
            for (double xi : new double[] {0, 0.1}) {
                var found = darts().withXi(xi).search(space, Loss::crossEntropy, TRAIN, VALIDATION, Rng.of(40 + seed), Progress.SILENT);
                if (means[all.indexOf(found.choice())] > median && xi == 0) better++;
                if (means[all.indexOf(found.choice())] > median && xi > 0) secondBetter++;
            }
        }
        Evidence.of("networks trained", trained, exactly(192));
        Evidence.of("spread of the mean accuracies (points)", sorted[63] - sorted[0], atLeast(5));
        Evidence.of("Spearman of shared weights with training, least of five supernets", worstShared, atLeast(0.3));
        Evidence.of("Spearman of the best proxy, mean of five seeds", Arrays.stream(proxies).max().orElseThrow(), atLeast(0.3));
        Evidence.of("seeds of five in which DARTS beats the median", better, atLeast(4));
        Evidence.of("and in second order", secondBetter, atLeast(4));
    }

    private static double rank(Evaluator evaluator, List<Architecture> all, double[] means, int seed) {
        double[] scores = all.stream().mapToDouble(a -> Math.max(-1e9, evaluator.evaluate(a, Rng.of(seed)).score())).toArray();
        return Correlation.spearman(scores, means).statistic();
    }

    /** The same with one quick training of eight chains, which shared weights rank as well. */
    @Test void sharedWeightsRankAFewChains() {
        var space = NetworkSpace.chain(r -> convolution(1, 3, 2, r), 3,
                List.of(Candidate.identity(), new Candidate("conv3", r -> convolution(WIDTH, 3, 1, r))), cell().head());
        var trainer = new Trainer(new Adam(1e-2), 8).withBatchSize(50);
        var truth = new ArchitectureSearch(space, new Exhaustive(), Budget.trials(8)).search(
                Evaluator.training(space, trainer, Loss::crossEntropy, TRAIN.head(300), Evaluator.accuracy(TEST)), Rng.of(1),
                Progress.SILENT);
        var net = new SuperNet(space, Rng.of(2));
        net.fit(trainer.withEpochs(30), Loss::crossEntropy, TRAIN.head(300), Rng.of(3), Progress.SILENT);
        var means = truth.trials().stream().mapToDouble(SearchOutcome.Trial::score).toArray();
        assertThat(rank(Evaluator.sharing(net, Evaluator.accuracy(VALIDATION), VALIDATION.x()), space.all(), means, 4)).isGreaterThan(0.3);
        assertThat(truth.cost().networks()).isEqualTo(8);
    }

    @Test
    @Acceptance(topic = "nas", clause = 2) void secondOrderEqualsFiniteDifferences() {
        double worst = 0, firstOrder = 0;
        int cases = 0;
        for (double w : new double[] {-1.3, 0.2, 0.9})
            for (double alpha : new double[] {-0.7, 0.4, 1.1}) for (double xi : new double[] {0.01, 0.3}) {
                Darts.BilevelLoss train = (x, a) -> x.mul(a).sin().add(x.square().mul(a.exp())).sum(),
                        validation = (x, a) -> x.sub(a).square().add(x.pow(3).mul(a).mul(0.5)).sum();
                double h = 1e-5, expected = (unrolled(w, alpha + h, xi) - unrolled(w, alpha - h, xi)) / (2 * h);
                Tensor at = Tensor.of(new double[] {w}), a = Tensor.of(new double[] {alpha});
                double scale = Math.max(1, Math.abs(expected));
                worst = Math.max(worst, Math.abs(Darts.gradient(train, validation, at, a, xi).item() - expected) / scale);
                firstOrder = Math.max(firstOrder, Math.abs(Darts.gradient(train, validation, at, a, 0).item() - expected) / scale);
                cases++;
            }
        Evidence.of("points", cases, exactly(18));
        Evidence.of("second order less finite differences", worst, atMost(1e-3));
        Evidence.of("what first order misses of them", firstOrder, above(0.1));
    }

    /** {@code L_val(w - xi dL_train/dw, alpha)}, by hand. */
    private static double unrolled(double w, double a, double xi) {
        double moved = w - xi * (a * Math.cos(w * a) + 2 * w * Math.exp(a));
        return (moved - a) * (moved - a) + 0.5 * moved * moved * moved * a;
    }

    @Test
    @Acceptance(topic = "nas", clause = 3) void eachLayersSynapticFlowIsTheObjective() {
        double apart = 0, objective = 0;
        int layers = 0;
        for (int seed = 0; seed < 6; seed++) {
            var rng = Rng.of(seed);
            int[] sizes = {5 + seed, 9, 4 + 2 * seed, 7, 3};
            var list = new ArrayList<Layer>();
            var flow = new double[sizes[0]];
            Arrays.fill(flow, 1);
            for (int i = 0; i + 1 < sizes.length; i++) {
                var layer = new Linear(sizes[i], sizes[i + 1], false, DType.F64, Init.heNormal(), rng);
                list.add(layer);
                if (i + 2 < sizes.length) list.add(Activation.RELU);
                double[] w = layer.weight().toDoubleArray(), next = new double[sizes[i + 1]];
                for (int o = 0; o < next.length; o++)
                    for (int k = 0; k < flow.length; k++) next[o] += Math.abs(w[o * flow.length + k]) * flow[k];
                flow = next;
            }
            double expected = Arrays.stream(flow).sum();
            var found = ZeroCostProxy.synflow(new Sequential(list), 1, sizes[0]);
            objective = Math.max(objective, Math.abs(found.objective() - expected) / expected);
            for (double s : found.saliencies().values()) apart = Math.max(apart, Math.abs(s - expected) / expected);
            layers += found.saliencies().size();
        }
        for (int stride = 1; stride <= 2; stride++) {
            var rng = Rng.of(stride);
            var how = new Convolution().withPadding(1).withStride(stride);
            var net = new Sequential(new Conv2d(2, 5, new int[] {3}, how, false, DType.F64, Init.heNormal(), rng), Activation.RELU,
                    new AvgPool2d(2), new Conv2d(5, 6, new int[] {3}, how, false, DType.F64, Init.heNormal(), rng), Activation.RELU,
                    new AdaptiveAvgPool2d(1, 1), Layer.of(x -> x.reshape(x.size(0), 6)),
                    new Linear(6, 4, false, DType.F64, Init.heNormal(), rng));
            var absolute = Module.copy(net);
            absolute.load(map(absolute));
            double expected = absolute.forward(Tensor.ones(DType.F64, 1, 2, 12, 12)).sum().item();
            var found = ZeroCostProxy.synflow(net, 1, 2, 12, 12);
            objective = Math.max(objective, Math.abs(found.objective() - expected) / expected);
            for (double s : found.saliencies().values()) apart = Math.max(apart, Math.abs(s - expected) / expected);
            layers += found.saliencies().size();
        }
        Evidence.of("layers", layers, exactly(6 * 4 + 2 * 3));
        Evidence.of("objective less the sum over all paths", objective, atMost(1e-6));
        Evidence.of("a layer's saliencies less the objective, the most", apart, atMost(1e-6));
        var biased = ZeroCostProxy.synflow(new Sequential(new Linear(4, 5, Rng.of(1)), Activation.RELU, new Linear(5, 2, Rng.of(2))), 1, 4);
        assertThat(biased.saliencies().get("0.weight")).as("with biases it does not hold").isLessThan(0.9 * biased.objective());
    }

    private static Map<String, Tensor> map(Module net) {
        var values = new LinkedHashMap<String, Tensor>();
        net.state().forEach((name, t) -> values.put(name, t.detach().abs().compute()));
        return values;
    }

    @Test
    @Acceptance(topic = "nas", clause = 4) void eachLevelDoublesTheOperationsOfConvolutions() {
        double worst = 0, factor = 0;
        int cases = 0;
        var rng = Rng.of(7);
        for (int i = 0; i < 40; i++) {
            double alpha = 1 + 0.4 * rng.nextDouble(), beta = 1 + rng.nextDouble() * (Math.sqrt(2 / alpha) - 1);
            var scaling = CompoundScaling.doubling(alpha, beta);
            factor = Math.max(factor, Math.abs(scaling.costFactor() - 2));
            var base = new CompoundScaling.Size(16 + i % 9, 64 + i, 64 + 2 * (i % 7));
            double before = operations(base);
            for (int phi = 1; phi <= 3; phi++, cases++) {
                double now = operations(scaling.scale(base, phi));
                worst = Math.max(worst, Math.abs(now / before / 2 - 1));
                before = now;
            }
        }
        Evidence.of("levels of 40 bases and factors", cases, exactly(120));
        Evidence.of("alpha beta^2 gamma^2 less 2", factor, atMost(1e-12));
        Evidence.of("counted operations beside twice those of the level before, the most", worst, atMost(0.1));
    }

    /** Of a stack of 3 x 3 convolutions, counted. */
    private static double operations(CompoundScaling.Size size) {
        return FlopCounter.ofShapes(() -> {
            var x = Tensor.zeros(DType.F32, 1, size.width(), size.resolution(), size.resolution());
            var kernel = Tensor.zeros(DType.F32, size.width(), size.width(), 3, 3);
            for (int i = 0; i < size.depth(); i++) x = x.conv(kernel, null, new Convolution().withPadding(1));
            x.compute();
        }).products();
    }

    /** Three parallel edges that add gains to the output, and a loss that falls with it: the best network for each lambda is known. */
    @Test
    @Acceptance(topic = "nas", clause = 5) void latencyShiftsTheChoiceAlongTheKnownOptimum() {
        double[][] gains = {{0, 0.3, 0.45, 0.5}, {0, 0.2, 0.9, 1}, {0.1, 0.4, 0.5, 0.45}},
                costs = {{0, 1, 3, 8}, {0, 2, 3, 9}, {1, 2, 8, 3}};
        var table = new LatencyTable(List.of(costs));
        var space = new NetworkSpace(r -> Layer.of(x -> x), IntStream.range(0, 3)
                .mapToObj(e -> new Choice(0, 1,
                        IntStream.range(0, 4).mapToObj(k -> new Candidate("gain " + k, r -> Layer.of(x -> x.mul(gains[e][k])))).toList()))
                .toList(), r -> new Linear(Tensor.ones(1, 1), null));
        var ones = Dataset.of(Tensor.ones(8, 1), Tensor.zeros(8, 1));
        int wrong = 0, rises = 0, searches = 0;
        var latencies = new TreeSet<Double>();
        double before = Double.POSITIVE_INFINITY;
        for (double lambda : new double[] {0, 0.1, 0.3, 0.6, 2.5, 4.5, 9, 12, 15}) {
            Architecture best = null;
            double least = Double.POSITIVE_INFINITY;
            for (var a : space.all()) {
                double value = 0;
                for (int e = 0; e < 3; e++) value += lambda * costs[e][a.pick(e)] / 25 - gains[e][a.pick(e)];
                if (value < least) best = a;
                least = Math.min(least, value);
            }
            var found = new ProxylessNas(150, table, lambda).withBatchSize(8).withWeights(new Sgd(0)).withArchitecture(new Sgd(8))
                    .search(space, (p, t) -> t.sub(p).mean(), ones, ones, Rng.of(3), Progress.SILENT);
            double now = table.of(found.choice());
            if (!found.choice().equals(best)) wrong++;
            if (now > before) rises++;
            before = now;
            latencies.add(now);
            searches++;
        }
        Evidence.of("lambdas", searches, exactly(9));
        Evidence.of("searches that ended elsewhere than at the least loss with latency", wrong, exactly(0));
        Evidence.of("times that more weight on latency chose a slower network", rises, exactly(0));
        Evidence.of("different latencies chosen", latencies.size(), atLeast(5));
    }

    @Test
    @Tag("heavy")
    @Acceptance(topic = "nas", clause = 5) void latencyShiftsTheChoiceOnDigits() {
        var space = cell();
        var table = LatencyTable.counted(new SuperNet(space, Rng.of(1)), TRAIN.head(1).x());
        int rises = 0, chosen = 0;
        double first = 1, last = 0;
        for (int seed = 0; seed < 3; seed++) {
            double before = Double.POSITIVE_INFINITY;
            for (double lambda : new double[] {0, 0.01, 0.1, 1}) {
                var found = new ProxylessNas(20, table, lambda).withWarmup(10).withBatchSize(50).withWeights(new Sgd(0.1).withMomentum(0.9))
                        .withArchitecture(new Adam(0.01))
                        .search(space, Loss::crossEntropy, TRAIN, VALIDATION, Rng.of(50 + seed), Progress.SILENT);
                double now = table.of(found.choice()) / table.worst();
                if (now > before) rises++;
                if (lambda == 0) first = Math.min(first, now);
                if (lambda == 1) last = Math.max(last, now);
                before = now;
                chosen++;
            }
        }
        Evidence.of("searches on digits", chosen, exactly(12));
        Evidence.of("times that more weight chose a slower network on digits", rises, exactly(0));
        Evidence.of("latency chosen without weight, as a share of the slowest, the least", first, above(0.5));
        Evidence.of("latency chosen at weight 1, the most", last, below(0.1));
    }

    @Test void searchersKeepToTheBudgetAndLearn() {
        var operations = IntStream.range(0, 4).mapToObj(k -> new Candidate("c" + k, r -> Layer.of(x -> x))).toList();
        var space = NetworkSpace.chain(r -> Layer.of(x -> x), 6, operations, r -> Layer.of(x -> x));
        Evaluator sum = (a, rng) -> new Evaluator.Evaluation(a.picks().stream().mapToInt(Integer::intValue).sum(), 1, 10);
        double random = 0, evolved = 0;
        for (int seed = 0; seed < 5; seed++) {
            var drawn = new ArchitectureSearch(space, new RandomSampling(), Budget.trials(120)).search(sum, Rng.of(seed), Progress.SILENT);
            var bred = new ArchitectureSearch(space, new Evolution(20, 6), new Budget(500, 1200)).search(sum, Rng.of(seed),
                    Progress.SILENT);
            assertThat(drawn.trials()).hasSize(120).extracting(SearchOutcome.Trial::architecture).doesNotHaveDuplicates();
            assertThat(bred.cost().operations()).isEqualTo(1200);
            assertThat(bred.cost().networks()).isEqualTo(120);
            assertThat(bred.bestSoFar()[119]).isEqualTo(bred.choice().picks().stream().mapToInt(Integer::intValue).sum());
            random += drawn.bestSoFar()[119] / 5;
            evolved += bred.bestSoFar()[119] / 5;
        }
        assertThat(evolved).isGreaterThan(random + 1).isGreaterThan(17);
        var few = NetworkSpace.chain(r -> Layer.of(x -> x), 2, operations.subList(0, 2), r -> Layer.of(x -> x));
        assertThat(new ArchitectureSearch(few, new RandomSampling(), Budget.trials(50)).search(sum, Rng.of(1), Progress.SILENT).trials())
                .hasSize(4);
        assertThatThrownBy(() -> new ArchitectureSearch(space, new Exhaustive(), Budget.trials(9)).search(sum, Rng.of(1),
                Progress.SILENT.stoppedBy(() -> true))).isInstanceOf(CancelledException.class);
    }

    @Test void spacesSayWhatIsWrongWithThem() {
        var skip = List.of(Candidate.identity());
        NetworkSpace.Builder none = r -> Layer.of(x -> x);
        assertThatThrownBy(() -> new NetworkSpace(none, List.of(new Choice(1, 2, skip)), none))
                .hasMessageContaining("node 1 is read before");
        assertThatThrownBy(
                () -> new NetworkSpace(none, List.of(new Choice(0, 1, skip), new Choice(1, 2, skip), new Choice(0, 1, skip)), none))
                .hasMessageContaining("leads to node 1 after it was read");
        assertThatThrownBy(() -> new NetworkSpace(none, List.of(new Choice(0, 1, skip), new Choice(0, 2, skip)), none))
                .hasMessageContaining("never read");
        assertThatThrownBy(() -> new Choice(0, 1, List.of(Candidate.zero(), Candidate.zero()))).hasMessageContaining("are called none");
        assertThatThrownBy(() -> cell().build(Architecture.of(0, 1), Rng.of(1))).hasMessageContaining("picks [0, 1]");
        assertThatThrownBy(() -> cell().build(Architecture.of(0, 1, 4), Rng.of(1))).hasMessageContaining("picks [0, 1, 4]");
        assertThatThrownBy(() -> new Darts(0)).hasMessageContaining("epochs is 0");
        assertThatThrownBy(() -> new ProxylessNas(1, new LatencyTable(List.of()), -1)).hasMessageContaining("lambda is -1");
        assertThatThrownBy(() -> new Evolution(5, 6)).hasMessageContaining("sample 6");
        assertThatThrownBy(() -> CompoundScaling.doubling(1.9, 1.1)).hasMessageContaining("each is at least 1");
        assertThatThrownBy(() -> new LatencyTable(List.of(new double[] {Double.NaN}))).hasMessageContaining("a cost of NaN");
    }

    @Test void pathsShareWeightsAndFreshNetworksBeginAlike() {
        var space = cell();
        var net = new SuperNet(space, Rng.of(4));
        var a = Architecture.of(3, 1, 2);
        var x = TRAIN.head(5).x();
        assertThat(space.describe(a)).isEqualTo("conv3, pool, conv1");
        assertThat(net.path(a).forward(x).toDoubleArray()).isEqualTo(space.build(a, Rng.of(4)).forward(x).toDoubleArray());
        var oneHot = List.of(Tensor.of(0f, 0f, 0f, 1f), Tensor.of(0f, 1f, 0f, 0f), Tensor.of(0f, 0f, 1f, 0f));
        assertThat(net.mixed(x, oneHot, Pass.inference()).sub(net.path(a).forward(x)).abs().max().item()).isLessThan(1e-6);
        assertThat(new HashSet<>(space.all())).hasSize(64).contains(a, space.mutated(a, Rng.of(1)));
        assertThat(space.mutated(a, Rng.of(1))).isNotEqualTo(a);
        var table = LatencyTable.counted(net, TRAIN.head(1).x());
        double conv1 = 2.0 * WIDTH * WIDTH * 16, conv3 = 9 * conv1;
        assertThat(table.of(a)).isEqualTo(conv1 + conv3);
        assertThat(table.worst()).isEqualTo(3 * conv3);
        assertThat(table.expected(space.probabilities(Tensor.zeros(12))).item()).isCloseTo(3 * (conv1 + conv3) / 4, within(1e-3));
        assertThat(LatencyTable.measured(net, x, 3).worst()).isPositive();
    }

    @Test void naswotCountsAgreeingUnits() {
        var net = new Sequential(new Linear(Tensor.of(1f, 0, 0, 1, 1, 1).reshape(3, 2), null), Activation.RELU);
        var x = Tensor.of(1f, -2, -1, 2, 1, 3).reshape(3, 2);
        // Units on: row 0 has {0}, row 1 has {1, 2}, row 2 has all; K = [3 0 1; 0 3 2; 1 2 3].
        assertThat(ZeroCostProxy.NASWOT.score(net, x, null, null)).isCloseTo(Math.log(3 * (9 - 4) - 3), within(1e-12));
        assertThat(ZeroCostProxy.NASWOT.score(new Sequential(new Linear(2, 2, Rng.of(1))), x, null, null))
                .isEqualTo(Double.NEGATIVE_INFINITY);
    }
}
