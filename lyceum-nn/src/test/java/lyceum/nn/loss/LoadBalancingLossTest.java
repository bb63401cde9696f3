package lyceum.nn.loss;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class LoadBalancingLossTest {
    private static final Golden GOLDEN = Golden.load("golden/moe-loss.json");
    private static final LoadBalancingLoss LOSS = new LoadBalancingLoss();

    private static Tensor loss(String name, Tensor logits, int k) {
        long batch = logits.size(0), tokens = logits.size(1), experts = logits.size(2);
        Tensor p = logits.softmax(-1), chosen = p.detach().topk(k, -1).indices();
        var mask = Tensor.concat(1, Tensor.ones(DType.F64, batch, tokens - 1), Tensor.zeros(DType.F64, batch, 1));
        return switch (name) {
            case "batch" -> LOSS.of(p, chosen, null);
            case "masked" -> LOSS.of(p, chosen, mask);
            case "sequences" -> LOSS.withSequences(true).of(p, chosen, null);
            case "devices" -> LOSS.withDevices(2).of(p, chosen, null);
            case "variation" -> LoadBalancingLoss.squaredVariation(p.mul(chosen.oneHot(DType.F64, experts).sum(-2)).reshape(-1, experts));
            case "z" -> LoadBalancingLoss.zLoss(logits);
            default -> throw new AssertionError(name);
        };
    }

    @Acceptance(topic = "moe-load-balancing-loss", clause = 1)
    @Test void valuesAndGradientsEqualPyTorch() {
        var gap = Gap.relativeBeyondOne();
        for (var c : GOLDEN.cases("seed")) {
            int[] n = c.ints("input.sizes");
            var logits = Tensor.of(new Recipe(c.integer("input.seed")).bells(n[0] * n[1] * n[2])).mul(2).reshape(n[0], n[1], n[2])
                    .requiresGrad();
            for (var name : List.of("batch", "masked", "sequences", "devices", "variation", "z")) {
                logits.zeroGrad();
                var loss = loss(name, logits, n[3]);
                loss.backward();
                gap.see(c, "expected." + name + ".value", loss.item());
                gap.see(c, "expected." + name + ".gradient", logits.grad().flatten().toDoubleArray());
            }
        }
        Evidence.of("cases", GOLDEN.cases("seed").size(), exactly(4));
        Evidence.of("largest gap of values and gradients", gap, below(1e-6));
    }

    @Acceptance(topic = "moe-load-balancing-loss", clause = 1)
    @Test void evenRoutingCostsOneAndTotalCollapseTheNumberOfExperts() {
        for (int experts : new int[] {2, 8, 64}) {
            Tensor even = Tensor.full(DType.F64, 1.0 / experts, 2 * experts, experts),
                    turns = Tensor.arange(2 * experts).mod(experts).unsqueeze(1);
            Evidence.of(experts + " experts, uniform", LOSS.of(even, turns, null).item(), equalTo(1, 1e-6));
            Tensor first = Tensor.zeros(DType.I64, 2 * experts, 1), sure = first.squeeze(1).oneHot(DType.F64, experts);
            Evidence.of(experts + " experts, collapsed", LOSS.of(sure, first, null).item(), equalTo(experts, 1e-6));
        }
    }

    /** Were f differentiable by the shares it is made of, there would be a gradient for them. */
    @Acceptance(topic = "moe-load-balancing-loss", clause = 1)
    @Test void countsCarryNoGradient() {
        var p = Tensor.of(new double[] {0.7, 0.3, 0.4, 0.6}, 2, 2).requiresGrad();
        LOSS.ofShares(p, p, null).backward();
        // E / T f_e, with f = (0.55, 0.45) held still; a differentiable f would double it.
        Evidence.of("gradient from E f / T", p.grad().sub(Tensor.of(0.55, 0.45)).abs().max().item(), below(1e-12));
    }

    @Test void aCrowdedExpertWithLukewarmProbabilitiesIsCheap() {
        // The article's example: 60% lean to the first with 0.51, 40% to the second with 0.99.
        var p = Tensor.of(new double[] {.51, .49, .51, .49, .51, .49, .01, .99, .01, .99}, 5, 2);
        Evidence.of("loss", LOSS.of(p, Tensor.of(0L, 0, 0, 1, 1).unsqueeze(1), null).item(), equalTo(0.924, 1e-9));
    }

    @Test void whatDoesNotFitIsSaid() {
        var p = Tensor.full(DType.F64, 0.25, 3, 4);
        assertThatThrownBy(() -> LOSS.withDevices(3).of(p, Tensor.zeros(DType.I64, 3, 1), null)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("4 experts");
        assertThatThrownBy(() -> LOSS.of(p, Tensor.zeros(DType.I64, 3), null)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(.., T, k)");
        assertThatThrownBy(() -> LOSS.withDevices(-1)).hasMessageContaining("-1");
        Autograd.noGrad(() -> Evidence.of("no gates at all", LoadBalancingLoss.squaredVariation(Tensor.zeros(3, 4)).item(), exactly(0)));
    }
}
