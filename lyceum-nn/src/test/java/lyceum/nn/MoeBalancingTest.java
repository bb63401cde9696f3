package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.nn.MoeRouterConfig.Kind;
import lyceum.nn.loss.LoadBalancingLoss;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MoeBalancingTest {
    private static final int EXPERTS = 8;

    /** What a trained layer does on fresh batches, routed as it is while learning. */
    private record Outcome(double[] load, double loss, double logSum) {
        double busiest() { return Arrays.stream(load).max().orElseThrow(); }

        double variation() { return Routing.variation(load); }
    }

    /** From a router that sends all tokens to the first of eight experts. */
    private static Outcome fromCollapse(MoeWorld world, MoeBalancing balancing, Kind kind, double logit, int steps, double rate, int seed) {
        var config = new MoeRouterConfig(8, EXPERTS, 1).withRenormalised(false).withKind(kind).withBalancing(balancing);
        var layer = new MixtureOfExperts(new MoeRouter(config, Rng.of(3)),
                new StackedExperts(EXPERTS, 8, 8, Activation.RELU, false, true, DType.F32, Rng.of(seed).split(4)), null);
        MoeWorld.collapse(layer.router(), 1, logit);
        assertThat(layer.routing(world.draw(256, Rng.of(7)).x(), Pass.inference()).load()[0]).isEqualTo(1);
        world.train(layer, steps, 128, rate, Rng.of(seed).split(5));
        var load = new double[EXPERTS];
        double loss = 0, logSum = 0;
        for (int i = 0; i < 20; i++) {
            var data = world.draw(128, Rng.of(100 + i));
            var routing = layer.routing(data.x(), Pass.training(Rng.of(200 + i)));
            for (int e = 0; e < EXPERTS; e++) load[e] += routing.load()[e] / 20;
            loss += Autograd.noGrad(() -> Loss.mse(layer.at(data.x(), routing, Pass.inference()), data.y()).item()) / 20;
            logSum += LoadBalancingLoss.zLoss(routing.logits()).item() / 20;
        }
        return new Outcome(load, loss, logSum);
    }

    @Tag("slow")
    @Acceptance(topic = "moe-load-balancing", clause = 1)
    @Acceptance(topic = "moe-load-balancing", clause = 2)
    @Test void everyStrategyUndoesACollapseThatStaysOtherwise() {
        var world = MoeWorld.of(8, 8, 0.3, 1, Rng.of(1));
        var plain = fromCollapse(world, MoeBalancing.none(), Kind.SOFTMAX, 3, 500, 0.05, 1);
        Evidence.of("share of the busiest expert without balancing", plain.busiest(), atLeast(0.6));
        var bounded = fromCollapse(world, new MoeBalancing.ZLoss(0.01), Kind.SOFTMAX, 3, 500, 0.05, 1);
        Evidence.of("z-loss: squared log-sum-exp over that without it", bounded.logSum() / plain.logSum(), below(0.5));
        var found = new LinkedHashMap<String, Outcome>();
        found.put("auxiliary", fromCollapse(world, new MoeBalancing.Auxiliary(0.2), Kind.SOFTMAX, 3, 500, 0.05, 1));
        found.put("importance and load", fromCollapse(world, new MoeBalancing.Variation(0.1, 0.1), Kind.NOISY, 3, 500, 0.05, 1));
        found.put("bias update", fromCollapse(world, new MoeBalancing.BiasUpdate(0.01), Kind.SIGMOID, 3, 500, 0.05, 1));
        found.put("sinkhorn", fromCollapse(world, new MoeBalancing.Sinkhorn(0.05), Kind.SIGMOID, 3, 500, 0.05, 1));
        found.put("assignment", fromCollapse(world, new MoeBalancing.Assignment(), Kind.SIGMOID, 3, 500, 0.05, 1));
        double best = found.values().stream().mapToDouble(Outcome::loss).min().orElseThrow();
        found.forEach((name, outcome) -> {
            Evidence.of(name + ": variation of the load", outcome.variation(), atMost(0.25));
            Evidence.of(name + ": task loss over the best strategy's", outcome.loss() / best, atMost(1.1));
        });
    }

    /**
     * Tokens of one kind in all directions, so that a router can part them evenly, and a map that one expert can learn, so that the load alone is at stake. A fifth of the
     * targets' variance can be learned; experts of an eighth of the tokens need large batches to learn it as well.
     */
    @Tag("slow")
    @Acceptance(topic = "moe-load-balancing-loss", clause = 2)
    @Test void aHundredthOfTheLossKeepsEightExpertsBusy() {
        double[] load = new double[2], loss = new double[2];
        double zeros = 0;
        for (int seed = 0; seed < 5; seed++) {
            var plain = MoeWorld.of(1, 8, 1, 0.2, Rng.of(700 + seed));
            var world = new MoeWorld(plain.centres(), plain.maps().mul(0.1).compute(), plain.spread(), plain.noise());
            var test = world.draw(4000, Rng.of(800 + seed));
            for (int way = 0; way < 2; way++) {
                var config = new MoeRouterConfig(8, EXPERTS, 1).withRenormalised(false)
                        .withBalancing(way == 0 ? new MoeBalancing.Auxiliary(0.01) : MoeBalancing.none());
                var layer = new MixtureOfExperts(new MoeRouter(config, Rng.of(900 + seed)),
                        new StackedExperts(EXPERTS, 8, 8, Activation.RELU, false, true, DType.F32, Rng.of(1000 + seed)), null);
                MoeWorld.collapse(layer.router(), 1, 3);
                world.train(layer, 500, 512, 1e-2, Rng.of(1100 + seed));
                load[way] += EXPERTS * Arrays.stream(layer.routing(test.x(), Pass.inference()).load()).max().orElseThrow() / 5;
                loss[way] += world.loss(layer, test) / 5;
            }
            zeros += test.y().square().mean().item() / 5;
        }
        Evidence.of("busiest over mean load with the loss, mean of 5 seeds", load[0], atMost(1.5));
        Evidence.of("busiest over mean load without it", load[1], atLeast(3));
        Evidence.of("task loss with over without", loss[0] / loss[1], between(0.98, 1.02));
        Evidence.of("task loss with, over that of zeros", loss[0] / zeros, below(0.85));
    }

    private static double auxiliary(Tensor logits) {
        var penalties = new double[1];
        new MoeBalancing.Auxiliary(1).penalise(MoeRouter.topK(logits, new MoeRouterConfig(1, EXPERTS, 1).withDtype(DType.F64)),
                Pass.training(Rng.of(1)).collecting(p -> penalties[0] = p.item()));
        return penalties[0];
    }

    @Acceptance(topic = "moe-load-balancing", clause = 3)
    @Test void theAuxiliaryLossIsOneWhereTheLoadIsEvenAndEWhereItCollapsed() {
        var turns = Tensor.arange(5 * EXPERTS).mod(EXPERTS).oneHot(DType.F64, EXPERTS);
        Evidence.of("even load, sure of it", auxiliary(turns.mul(1000)), exactly(1));
        Evidence.of("even load, hardly sure of it, from 1", auxiliary(turns.mul(0.5)), equalTo(1, 1e-12));
        Evidence.of("all probabilities equal", auxiliary(Tensor.zeros(DType.F64, 40, EXPERTS)), exactly(1));
        Evidence.of("total collapse", auxiliary(Tensor.full(DType.I64, 3, 40).oneHot(DType.F64, EXPERTS).mul(1000)), exactly(EXPERTS));
    }

    @Acceptance(topic = "moe-load-balancing", clause = 4)
    @Test void sinkhornsSharesAreEven() {
        double worst = 0, selected = 0;
        int plans = 0;
        for (int seed = 0; seed < 20; seed++) for (double collapse : new double[] {0, 6}) for (double epsilon : new double[] {0.1, 1}) {
            var rng = Rng.of(seed);
            int tokens = 5 + rng.nextInt(60), experts = 2 + rng.nextInt(9);
            var scores = Tensor.randn(rng, DType.F64, tokens, experts)
                    .add(Tensor.zeros(DType.I64, 1).oneHot(DType.F64, experts).mul(collapse));
            var balancing = new MoeBalancing.Sinkhorn(epsilon);
            double[][] plan = balancing.plan(scores.toDoubleArray(), tokens, experts);
            // the plan that a router chooses by
            double[] chosen = balancing.selection(scores.toDoubleArray(), tokens, experts, 1);
            for (int t = 0; t < tokens; t++) {
                double sum = 0;
                for (int e = 0; e < experts; e++) sum += chosen[t * experts + e];
                selected = Math.max(selected, Math.abs(tokens * sum - 1));
            }
            for (int e = 0; e < experts; e++) {
                double sum = 0;
                for (int t = 0; t < tokens; t++) sum += chosen[t * experts + e];
                selected = Math.max(selected, Math.abs(experts * sum - 1));
            }
            for (var row : plan) worst = Math.max(worst, Math.abs(tokens * Arrays.stream(row).sum() - 1));
            for (int e = 0; e < experts; e++) {
                double sum = 0;
                for (var row : plan) sum += row[e];
                worst = Math.max(worst, Math.abs(experts * sum - 1));
            }
            plans++;
        }
        Evidence.of("plans", plans, exactly(80));
        Evidence.of("the same of what a router chooses by", selected, below(1e-6));
        Evidence.of("largest relative distance of a row's or column's sum from its even share", worst, below(1e-6));
    }

    @Test void theAssignmentIsTheBestOfAllEvenOnes() {
        for (int seed = 0; seed < 20; seed++) {
            double[] scores = Tensor.randn(Rng.of(seed), DType.F64, 6, 3).toDoubleArray();
            double[] chosen = new MoeBalancing.Assignment().selection(scores, 6, 3, 1);
            double sum = 0, best = Double.NEGATIVE_INFINITY;
            var counts = new int[3];
            for (int i = 0; i < 18; i++) if (chosen[i] > 0) {
                sum += scores[i];
                counts[i % 3]++;
            }
            assertThat(counts).containsExactly(2, 2, 2);
            for (int code = 0; code < 729; code++) {
                var own = new int[3];
                double total = 0;
                for (int t = 0, c = code; t < 6; t++, c /= 3) {
                    own[c % 3]++;
                    total += scores[3 * t + c % 3];
                }
                if (own[0] == 2 && own[1] == 2) best = Math.max(best, total);
            }
            assertThat(sum).isCloseTo(best, within(1e-12));
        }
        // Two experts a token: seven tokens make 14 pairs on 4 experts, at most one apart, none twice.
        double[] two = new MoeBalancing.Assignment().selection(Tensor.randn(Rng.of(1), DType.F64, 7, 4).toDoubleArray(), 7, 4, 2);
        for (int t = 0; t < 7; t++) assertThat(Arrays.stream(two, 4 * t, 4 * t + 4).filter(s -> s > 0).count()).isEqualTo(2);
    }

    @Test void strategiesAddUp() {
        var both = new MoeBalancing.Auxiliary(1).and(new MoeBalancing.ZLoss(2)).and(new MoeBalancing.BiasUpdate(0.5));
        var routing = MoeRouter.topK(Tensor.of(new double[] {1, 0, 1, 0, 1, 0}, 3, 2), new MoeRouterConfig(1, 2, 1).withDtype(DType.F64));
        var seen = new double[2];
        both.penalise(routing, Pass.training(Rng.of(1)).collecting(p -> {
            seen[0] += p.item();
            seen[1]++;
        }));
        assertThat(seen[1]).isEqualTo(2);
        double p = Math.E / (1 + Math.E), z = Math.log(1 + Math.E);
        assertThat(seen[0]).isCloseTo(2 * p + 2 * z * z, within(1e-12));
        assertThat(both.hasBias()).isTrue();
        assertThat(both.biasStep(routing)).containsExactly(-0.5, 0.5);
        both.penalise(routing, Pass.inference());
        assertThat(seen[1]).isEqualTo(2);
        assertThatThrownBy(() -> new MoeBalancing.Sinkhorn(0)).hasMessageContaining("epsilon is 0");
    }
}
