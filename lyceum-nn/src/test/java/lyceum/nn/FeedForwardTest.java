package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;

import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class FeedForwardTest {
    private static final Golden FEED = Golden.load("golden/feed-forward.json");

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }

    @Acceptance(topic = "swiglu", clause = 1)
    @Test void gatedBlocksEqualPyTorchForAllFiveGates() {
        var gap = Gap.relativeBeyondOne();
        for (var c : FEED.cases("gated")) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            var block = twin.fill(
                    new GatedFeedForward(n[0], n[1], Activation.valueOf(c.text("input.act")), c.flag("input.bias"), DType.F64, Rng.of(0)));
            var x = twin.draw(2, 3, n[0]).requiresGrad();
            twin.compare(gap, c, block.parameters(), List.of(x), List.of(block.forward(x)));
        }
        Evidence.of("blocks, four a gate", FEED.cases("gated").size(), exactly(20));
        Evidence.of("largest gap of outputs and gradients", gap, below(1e-6));
    }

    @Acceptance(topic = "swiglu", clause = 2)
    @Test void theWidthRuleKeepsTheParameters() {
        Evidence.of("hidden units at d = 4096, multiple 256", GatedFeedForward.hiddenFor(4096, 256), exactly(11_008));
        double gated = 3.0 * 4096 * GatedFeedForward.hiddenFor(4096, 256), plain = 2.0 * 4096 * 4 * 4096;
        Evidence.of("parameters over the plain block's", gated / plain, between(0.99, 1.01));
    }

    @Acceptance(topic = "swiglu", clause = 3)
    @Test void oneWeightForGateAndUpGivesTheSame() {
        double forth = 0, back = 0, joint = 0;
        for (int trial = 0; trial < 20; trial++) {
            var block = new GatedFeedForward(5 + trial, 8 + trial, Activation.SILU, trial % 2 == 0, DType.F32, Rng.of(trial));
            var x = Tensor.randn(Rng.of(trial), DType.F32, 2, 4, 5 + trial).compute();
            forth = Math.max(forth, distance(block.fused().forward(x), block.forward(x)));
            back = Math.max(back, distance(block.fused().split().forward(x), block.forward(x)));
            var state = block.state();
            joint = Math.max(joint, distance(block.fused().state().get("gate_up_proj.weight"),
                    Tensor.concat(0, state.get("gate_proj.weight"), state.get("up_proj.weight"))));
        }
        Evidence.of("distance of the fused block", forth, below(1e-6));
        Evidence.of("and back", back, exactly(0));
        Evidence.of("distance of its weight from gate over up", joint, exactly(0));
    }

    /** Two blocks on King James's characters, without biases: 2 x 64 x 256 weights against 3 x 64 x 170, the same batches in the same order. */
    @Acceptance(topic = "swiglu", clause = 4)
    @Tag("heavy")
    @Test void aGatedBlockLearnsKingJamesBetterThanRelu() {
        var text = new KingJamesText();
        var plain = TokenStack.config(64, 4).causal().positioned(PositionalEncoding.rotary(16)).withBias(false)
                .withActivation(Activation.RELU);
        var gated = plain.withGated(true).withActivation(Activation.SILU).withHidden(170);
        var losses = new double[2];
        var parameters = new long[2];
        for (int seed = 0; seed < 3; seed++) for (int kind = 0; kind < 2; kind++) {
            var config = kind == 0 ? plain : gated;
            var rng = Rng.of(100 + seed);
            var model = new TokenStack(config, 2, text.symbols(), text.symbols(), Rng.of(seed)).train(800, 3e-3,
                    step -> text.batch(rng, 16, 64));
            losses[kind] += text.loss(model, 64) / 3;
            parameters[kind] = config.blockParameters();
        }
        Evidence.of("parameters of a gated block over the plain one's", (double) parameters[1] / parameters[0], between(0.99, 1));
        Evidence.of("validation loss of SwiGLU less ReLU's, mean of 3 seeds", losses[1] - losses[0], below(0));
    }

    @Acceptance(topic = "position-wise-mlp", clause = 1)
    @Acceptance(topic = "position-wise-mlp", clause = 2)
    @Test void positionsAreByThemselves() {
        long differ = 0;
        double across = 0, own = Double.POSITIVE_INFINITY;
        for (Module block : List.of(new FeedForward(8, Rng.of(1)), new GatedFeedForward(8, 21, Rng.of(2)))) {
            var x = Tensor.randn(Rng.of(3), DType.F32, 2, 33, 8).compute();
            var order = Tensor.of(Rng.of(4).permutation(33));
            double[] a = block.forward(x.indexSelect(1, order)).toDoubleArray(), b = block.forward(x).indexSelect(1, order).toDoubleArray();
            for (int i = 0; i < a.length; i++) if (Double.doubleToRawLongBits(a[i]) != Double.doubleToRawLongBits(b[i])) differ++;
            var jacobian = Autograd.jacobian(block::forward, Tensor.randn(Rng.of(5), DType.F32, 1, 5, 8)).reshape(5, 8, 5, 8);
            for (int t = 0; t < 5; t++) for (int s = 0; s < 5; s++) {
                double size = jacobian.get(t).narrow(1, s, 1).abs().max().item();
                if (s != t) across = Math.max(across, size);
                else own = Math.min(own, size);
            }
        }
        Evidence.of("numbers that differ after a permutation", differ, exactly(0));
        Evidence.of("largest derivative across positions", across, exactly(0));
        Evidence.of("least derivative of a position by itself", own, above(1e-3));
    }

    @Acceptance(topic = "position-wise-mlp", clause = 3)
    @Test void itIsAConvolutionOfWidthOne() {
        var gap = Gap.relativeBeyondOne();
        for (var c : FEED.cases("plain")) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            var block = twin.fill(new FeedForward(n[0], n[1], Activation.GELU, true, 0, DType.F64, Rng.of(0)));
            var x = twin.draw(2, 3, n[0]).requiresGrad();
            twin.compare(gap, c, block.parameters(), List.of(x), List.of(block.forward(x)));
        }
        Evidence.of("largest gap to Linear, GELU, Linear", gap, below(1e-6));
        var block = new FeedForward(6, 14, Activation.GELU, true, 0, DType.F64, Rng.of(1));
        var p = block.state();
        var x = normal(2, 3, 9, 6);
        Tensor up = x.transpose(1, 2).conv(p.get("fc1.weight").unsqueeze(-1), p.get("fc1.bias"), new Convolution()),
                down = Activation.GELU.apply(up).conv(p.get("fc2.weight").unsqueeze(-1), p.get("fc2.bias"), new Convolution());
        Evidence.of("distance from two convolutions of width 1", distance(block.forward(x), down.transpose(1, 2)), below(1e-6));
    }

    @Acceptance(topic = "position-wise-mlp", clause = 4)
    @Test void aGatedBlockOfTwoThirdsHasThePlainOnesCount() {
        double worst = 0;
        int cases = 0;
        for (int d : new int[] {96, 100, 128, 384, 768}) {
            cases++;
            long plain = new FeedForward(d, 4 * d, Activation.GELU, false, 0, DType.F32, Rng.of(1)).parameterCount(),
                    gated = new GatedFeedForward(d, GatedFeedForward.hiddenFor(d, 1), Rng.of(1)).parameterCount();
            worst = Math.max(worst, Math.abs((double) gated / plain - 1));
        }
        Evidence.of("largest relative difference", worst, below(0.01));
        Evidence.of("widths", cases, exactly(5));
    }
}
