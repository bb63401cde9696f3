package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.info.MutualInformation;
import lyceum.nn.MoeRouterConfig.Kind;
import lyceum.nn.MoeRouterConfig.Overflow;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class MoeRouterTest {
    private static Tensor normal(Rng rng, long... shape) { return Tensor.randn(rng, DType.F64, shape).compute(); }

    private static MoeRouterConfig config(int width, int experts, int k) {
        return new MoeRouterConfig(width, experts, k).withDtype(DType.F64);
    }

    /** Seen from the pairs alone: how many distinct experts each token has, how many tokens each expert. */
    private record Seen(int[] perToken, int[] perExpert, int repeated) {
        static Seen of(Routing r) {
            var perToken = new int[r.size()];
            var perExpert = new int[r.counts().length];
            var pairs = new HashSet<Long>();
            int repeated = 0;
            int[] experts = r.experts();
            for (int i = 0; i < experts.length; i++) {
                perToken[r.tokens()[i]]++;
                perExpert[experts[i]]++;
                if (!pairs.add(r.tokens()[i] * 1000L + experts[i])) repeated++;
            }
            return new Seen(perToken, perExpert, repeated);
        }
    }

    @Acceptance(topic = "moe-router", clause = 1)
    @Test void everyTokenHasKExpertsOrEveryExpertItsCapacity() {
        int batches = 0, wrong = 0;
        for (int b = 0; b < 500; b++) {
            var rng = Rng.of(b);
            int tokens = 1 + rng.nextInt(40), experts = 2 + rng.nextInt(9), k = 1 + rng.nextInt(experts), width = 5;
            // Every third batch is full of ties: whole numbers.
            var x = b % 3 == 0 ? Tensor.randint(rng, -1, 2, tokens, width).to(DType.F64) : normal(rng, tokens, width);
            for (var kind : Kind.values()) {
                var router = new MoeRouter(config(width, experts, k).withKind(kind), rng);
                var routing = router.route(x, Tensor.randint(rng, 0, 50, tokens), b % 2 == 0 ? Pass.training(rng) : Pass.inference());
                var seen = Seen.of(routing);
                wrong += seen.repeated();
                if (kind == Kind.EXPERT_CHOICE) {
                    int capacity = Math.min(tokens, (k * tokens + experts - 1) / experts);
                    for (int n : seen.perExpert()) if (n != capacity) wrong++;
                } else for (int n : seen.perToken()) if (n != k) wrong++;
            }
            batches++;
        }
        Evidence.of("batches", batches, exactly(500));
        Evidence.of("tokens or experts with another number, and pairs twice", wrong, exactly(0));
    }

    @Acceptance(topic = "moe-router", clause = 2)
    @Test void gateGradientsMatchFiniteDifferences() {
        double worst = 0;
        int compared = 0;
        for (var kind : new Kind[] {Kind.SOFTMAX, Kind.NOISY, Kind.SIGMOID, Kind.EXPERT_CHOICE})
            for (boolean renormalised : new boolean[] {true, false}) {
                var router = new MoeRouter(config(4, 5, 2).withKind(kind).withRenormalised(renormalised), Rng.of(3));
                if (kind == Kind.NOISY) Autograd.noGrad(() -> { router.noiseWeight().copy_(normal(Rng.of(9), 5, 4)); });
                Tensor x = normal(Rng.of(4), 6, 4), upstream = normal(Rng.of(5), 6, 5);
                for (var entry : router.parameters().entrySet()) {
                    var parameter = entry.getValue();
                    router.zeroGrad();
                    router.route(x, Pass.training(Rng.of(6))).dense().mul(upstream).sum().backward();
                    double[] gradient = parameter.grad().flatten().toDoubleArray(), values = parameter.toDoubleArray();
                    for (int i = 0; i < values.length; i++) {
                        double[] ends = new double[2];
                        for (int side = 0; side < 2; side++) {
                            double[] moved = values.clone();
                            moved[i] += side == 0 ? 1e-6 : -1e-6;
                            var at = Module.with(router, Map.of(entry.getKey(), Tensor.of(moved).reshape(5, 4)));
                            ends[side] = at.route(x, Pass.training(Rng.of(6))).dense().mul(upstream).sum().item();
                        }
                        worst = Math.max(worst, Math.abs((ends[0] - ends[1]) / 2e-6 - gradient[i]));
                        compared++;
                    }
                }
            }
        Evidence.of("weights moved", compared, exactly(200));
        Evidence.of("largest distance of a gradient", worst, below(1e-4));
    }

    @Acceptance(topic = "moe-router", clause = 3)
    @Test void aLearnedRouterFindsTheClustersAndAHashDoesNot() {
        double learned = 1, hashed = 0, untrained = 0;
        for (int seed = 0; seed < 3; seed++) {
            var world = MoeWorld.of(4, 8, 0.5, 0.1, Rng.of(10 * seed + 1));
            var test = world.draw(2000, Rng.of(10 * seed + 2));
            var layer = new MixtureOfExperts(
                    new MoeRouterConfig(8, 4, 1).withRenormalised(false).withBalancing(new MoeBalancing.Auxiliary(0.05)), 8,
                    Rng.of(10 * seed + 3));
            untrained += information(layer.routing(test.x(), Pass.inference()), test.regime()) / 3;
            world.train(layer, 600, 128, 1e-2, Rng.of(10 * seed + 4));
            learned = Math.min(learned, information(layer.routing(test.x(), Pass.inference()), test.regime()));
            // Each token has an id of its own, as each word has.
            var hash = new MoeRouter(new MoeRouterConfig(8, 4, 1).withKind(Kind.HASH), Rng.of(5));
            var routing = hash.route(test.x(), Tensor.arange(2000), Pass.inference());
            hashed = Math.max(hashed, information(routing, test.regime()));
            for (double load : routing.load()) assertThat(load).as("a hash uses all experts").isBetween(0.2, 0.3);
        }
        Evidence.of("learned: mutual information of expert and cluster, worst of 3 worlds", learned, atLeast(0.8));
        Evidence.of("the same before training, on average", untrained, below(0.8));
        Evidence.of("hash: mutual information, worst of 3", hashed, atMost(0.1));
    }

    private static double information(Routing routing, int[] regime) {
        int[] expert = Arrays.stream(routing.chosen()).mapToInt(row -> row[0]).toArray();
        return MutualInformation.normalised(MutualInformation.table(expert, regime), MutualInformation.Norm.ARITHMETIC);
    }

    @Acceptance(topic = "moe-router", clause = 4)
    @Test void predictingDrawsNothing() {
        var router = new MoeRouter(config(6, 8, 2).withKind(Kind.NOISY).withJitter(0.3), Rng.of(1));
        var x = normal(Rng.of(2), 200, 6);
        double[] plain = x.matmul(router.weight().detach().transpose()).toDoubleArray();
        int other = 0;
        for (var pass : new Pass[] {Pass.inference(), Pass.sampling(Rng.of(3)), Pass.sampling(Rng.of(4))}) {
            var routing = router.route(x, pass);
            assertThat(routing.logits().toDoubleArray()).containsExactly(plain);
            for (int t = 0; t < 200; t++) {
                double[] row = Arrays.copyOfRange(plain, 8 * t, 8 * t + 8), sorted = row.clone();
                Arrays.sort(sorted);
                if (row[routing.chosen()[t][0]] != sorted[7] || row[routing.chosen()[t][1]] != sorted[6]) other++;
            }
        }
        Evidence.of("choices that are not those of the plain logits", other, exactly(0));
        Routing a = router.route(x, Pass.training(Rng.of(5))), b = router.route(x, Pass.training(Rng.of(6)));
        Evidence.that("while learning there is noise", !Arrays.deepEquals(a.chosen(), b.chosen()));
        assertThat(a.logits().toDoubleArray()).isNotEqualTo(plain);
    }

    @Acceptance(topic = "top-k-routing", clause = 1)
    @Test void allExpertsAreTheDenseMixture() {
        double worst = 0;
        for (boolean renormalised : new boolean[] {true, false}) {
            var logits = normal(Rng.of(1), 50, 6);
            var dense = MoeRouter.topK(logits, config(1, 6, 6).withRenormalised(renormalised)).dense().toDoubleArray();
            double[] z = logits.toDoubleArray();
            for (int t = 0; t < 50; t++) {
                double sum = 0;
                for (int e = 0; e < 6; e++) sum += Math.exp(z[6 * t + e]);
                for (int e = 0; e < 6; e++) worst = Math.max(worst, Math.abs(dense[6 * t + e] - Math.exp(z[6 * t + e]) / sum));
            }
        }
        Evidence.of("largest distance of a gate from the softmax", worst, below(1e-6));
    }

    @Acceptance(topic = "top-k-routing", clause = 2)
    @Test void renormalisedGatesSumToOne() {
        double worst = 0;
        for (int k = 1; k <= 8; k++) for (var type : new DType[] {DType.F32, DType.F64}) {
            var sums = MoeRouter.topK(normal(Rng.of(k), 100, 8).mul(4), new MoeRouterConfig(1, 8, k).withDtype(type)).dense().sum(-1);
            worst = Math.max(worst, sums.sub(1).abs().max().item());
        }
        Evidence.of("largest distance of a sum of gates from 1", worst, below(1e-6));
        // Before normalising, the kept mass is what it is: the article's 0.881.
        var z = Tensor.of(new double[] {2, 1, 0, -1}, 1, 4);
        assertThat(MoeRouter.topK(z, config(1, 4, 2).withRenormalised(false)).gates().sum().item()).isBetween(0.8807, 0.8809);
        assertThat(MoeRouter.topK(z, config(1, 4, 2)).dense().item(0, 0)).isBetween(0.7310, 0.7311);
    }

    @Acceptance(topic = "top-k-routing", clause = 3)
    @Test void expertsCostKOverEOfAllOfThem() {
        int experts = 8, tokens = 30;
        long dense = products(experts, experts, tokens);
        for (int k = 1; k <= experts; k++)
            Evidence.of("k " + k + ": E times the products over k times the dense ones",
                    (double) experts * products(experts, k, tokens) / (k * dense), exactly(1));
        Evidence.of("dense products from 3 x 2 T E d m", dense - 6.0 * tokens * experts * 5 * 7, exactly(0));
    }

    private static long products(int experts, int k, int tokens) {
        var layer = new MixtureOfExperts(new MoeRouterConfig(5, experts, k), 7, Rng.of(1));
        var x = Tensor.randn(Rng.of(2), tokens, 5).compute();
        return Autograd.noGrad(() -> FlopCounter.count(() -> layer.forward(x).compute()).rows().stream()
                .filter(r -> r.part().contains("experts")).mapToLong(FlopCounter.Row::products).sum());
    }

    @Acceptance(topic = "top-k-routing", clause = 4)
    @Test void noExpertTakesMoreThanItsCapacity() {
        int over = 0, wrongDrops = 0, wrongReroutes = 0, batches = 0, drops = 0;
        for (int b = 0; b < 200; b++) {
            var rng = Rng.of(900 + b);
            int tokens = 1 + rng.nextInt(60), experts = 2 + rng.nextInt(7), k = 1 + rng.nextInt(experts);
            double factor = 0.25 + 1.5 * rng.nextDouble();
            var logits = normal(rng, tokens, experts).add(normal(rng, experts));
            var c = config(1, experts, k).withCapacityFactor(factor).withBestFirst(b % 2 == 0);
            int capacity = (int) Math.min(tokens, Math.ceil(factor * k * tokens / experts - 1e-9)), overflow = 0;
            var wanted = new int[experts];
            double[][] z = logits.toRows();
            for (var row : z) for (int e = 0; e < experts; e++) {
                int above = 0;
                for (double other : row) if (other > row[e]) above++;
                if (above < k) wanted[e]++;
            }
            for (int n : wanted) overflow += Math.max(0, n - capacity);
            for (var policy : Overflow.values()) {
                var routing = MoeRouter.topK(logits, c.withOverflow(policy));
                var seen = Seen.of(routing);
                over += seen.repeated();
                for (int n : seen.perExpert()) if (n > capacity) over++;
                if (policy != Overflow.REROUTE && routing.dropped() != overflow
                        || routing.dropped() != tokens * k - routing.tokens().length)
                    wrongDrops++;
                // Rerouting leaves a pair out only where each expert with room has that token already.
                if (policy == Overflow.REROUTE) {
                    var dense = routing.dense().toRows();
                    for (int t = 0; t < tokens; t++)
                        for (int e = 0; e < experts; e++)
                            if (seen.perToken()[t] < k && dense[t][e] == 0 && seen.perExpert()[e] < capacity) wrongReroutes++;
                }
            }
            drops += overflow;
            batches++;
        }
        Evidence.of("batches", batches, exactly(200));
        Evidence.of("experts over their capacity, pairs twice", over, exactly(0));
        Evidence.of("batches with other drops than the overflow", wrongDrops, exactly(0));
        Evidence.of("pairs that could have been rerouted", wrongReroutes, exactly(0));
        assertThat(drops).isGreaterThan(500);
    }

    @Test void tiesGoToTheLowerNumberAndFullExpertsKeepWhoComesFirstOrScoresBest() {
        var ties = MoeRouter.topK(Tensor.zeros(DType.F64, 3, 5), config(1, 5, 2));
        for (int[] row : ties.chosen()) assertThat(row).containsExactly(0, 1);
        var logits = Tensor.of(new double[] {1, 0, 3, 0, 2, 0, 0, 1}, 4, 2);
        var limited = config(1, 2, 1).withCapacityFactor(0.5);
        assertThat(MoeRouter.topK(logits, limited).tokens()).containsExactly(0, 3);
        assertThat(MoeRouter.topK(logits, limited.withBestFirst(true)).tokens()).containsExactly(1, 3);
        assertThat(MoeRouter.topK(logits, limited.withCapacityFactor(1).withOverflow(Overflow.REROUTE)).tokens()).containsExactly(0, 1, 2,
                3);
    }

    @Test void reroutedPairsStayInTheGroupsOfTheirToken() {
        // Four groups of two. All tokens want the first group, which seats two of them an expert; the second groups they keep differ.
        int tokens = 8, experts = 8;
        var z = new double[tokens * experts];
        for (int t = 0; t < tokens; t++)
            for (int e = 0; e < experts; e++) z[t * experts + e] = e < 2 ? 9 - e : e / 2 == 1 + t % 2 ? 3 : 0.1 * e;
        var logits = Tensor.of(z, tokens, experts);
        for (var kind : new Kind[] {Kind.SOFTMAX, Kind.SIGMOID}) {
            var c = config(1, experts, 2).withKind(kind).withGroups(4).withKeptGroups(2).withCapacityFactor(1)
                    .withOverflow(Overflow.REROUTE);
            var routing = MoeRouter.topK(logits, c);
            var places = routing.experts();
            int rerouted = 0;
            for (int i = 0; i < places.length; i++) {
                int group = places[i] / 2;
                assertThat(group == 0 || group == 1 + routing.tokens()[i] % 2).as("token " + routing.tokens()[i] + " at " + places[i])
                        .isTrue();
                if (group > 0) rerouted++;
            }
            assertThat(rerouted).as("both seats of the second and third groups").isEqualTo(8);
            assertThat(routing.dropped()).as("12 of 16 have seats").isEqualTo(4);
        }
    }

    @Test void rulesThatShareTokensAmongAllExpertsAndGroupsAreRefusedTogether() {
        var grouped = config(3, 8, 2).withGroups(4).withKeptGroups(2);
        for (var rule : new MoeBalancing[] {new MoeBalancing.Sinkhorn(0.5), new MoeBalancing.Assignment(),
                new MoeBalancing.ZLoss(1).and(new MoeBalancing.Assignment())})
            assertThatThrownBy(() -> grouped.withBalancing(rule)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("keeps 2 of 4 groups").hasMessageContaining("BiasUpdate");
        // Groups that are all kept leave nothing out, and other rules know what to do.
        var x = normal(Rng.of(1), 20, 3);
        for (var c : new MoeRouterConfig[] {grouped.withKeptGroups(4).withBalancing(new MoeBalancing.Sinkhorn(0.5)),
                grouped.withKeptGroups(4).withBalancing(new MoeBalancing.Assignment()),
                grouped.withBalancing(new MoeBalancing.Auxiliary(1).and(new MoeBalancing.BiasUpdate(0.1)))})
            assertThat(new MoeRouter(c, Rng.of(2)).route(x, Pass.training(Rng.of(3))).dropped()).isZero();
    }

    @Test void badConfigurationsAreRefused() {
        var c = new MoeRouterConfig(4, 4, 2);
        assertThatThrownBy(() -> c.withK(5)).hasMessageContaining("k is 5");
        assertThatThrownBy(() -> c.withDtype(DType.BF16)).hasMessageContaining("BF16");
        assertThatThrownBy(() -> c.withOverflow(Overflow.PAD)).hasMessageContaining("capacity factor");
        assertThatThrownBy(() -> c.withCapacityFactor(0)).hasMessageContaining("capacity factor is 0");
        assertThatThrownBy(() -> c.withJitter(1)).hasMessageContaining("jitter");
        assertThatThrownBy(() -> new MoeRouter(c, Rng.of(1)).route(Tensor.zeros(2, 5), Pass.inference())).hasMessageContaining("width 4");
        assertThatThrownBy(() -> new MoeRouter(c.withKind(Kind.HASH), Rng.of(1)).route(Tensor.zeros(2, 4), Pass.inference()))
                .hasMessageContaining("ids");
    }

    @Test void theSigmoidsBiasChoosesAndDoesNotWeigh() {
        var router = new MoeRouter(config(3, 4, 1).withKind(Kind.SIGMOID).withRenormalised(false), Rng.of(1));
        var x = normal(Rng.of(2), 20, 3);
        Autograd.noGrad(() -> { router.bias().copy_(Tensor.of(0.0, 0, 5, 0)); });
        var routing = router.route(x, Pass.inference());
        assertThat(routing.load()).containsExactly(0, 0, 1, 0);
        double[] expected = routing.logits().select(1, 2).sigmoid().toDoubleArray();
        assertThat(routing.gates().toDoubleArray()).containsExactly(expected);
    }
}
