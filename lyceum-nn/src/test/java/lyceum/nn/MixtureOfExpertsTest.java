package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.nn.MoeRouterConfig.Kind;
import lyceum.nn.MoeRouterConfig.Overflow;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MixtureOfExpertsTest {
    private static Tensor normal(Rng rng, long... shape) { return Tensor.randn(rng, DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    /** The gates (T, E) that logits give, by their definition, zero for who is not among the k largest and, with a capacity, for who came too late. */
    private static Tensor gates(Tensor logits, Kind kind, int k, boolean renormalised, int capacity) {
        int tokens = (int) logits.size(0), experts = (int) logits.size(1);
        double[][] z = logits.detach().toRows();
        var kept = new double[tokens * experts];
        var room = new int[experts];
        Arrays.fill(room, capacity);
        for (int rank = 0; rank < k; rank++) for (int t = 0; t < tokens; t++) for (int e = 0; e < experts; e++) {
            int above = 0;
            for (double other : z[t]) if (other > z[t][e]) above++;
            if (above == rank && room[e]-- > 0) kept[t * experts + e] = 1;
        }
        var g = (kind == Kind.SIGMOID ? logits.sigmoid() : logits.softmax(-1)).mul(Tensor.of(kept, tokens, experts));
        return renormalised ? g.div(g.sum(-1, true).maximum(1e-300)) : g;
    }

    /** All experts on all tokens, one after the other, weighed by a matrix of gates. */
    private static Tensor denseLoop(Tensor x, Tensor gates, Map<String, Tensor> p, Activation activation, Module shared) {
        var y = shared == null ? x.zerosLike() : shared.forward(x);
        for (int e = 0; e < gates.size(1); e++) {
            Tensor up = x.matmul(p.get("experts.up_proj").select(0, e)), gate = p.get("experts.gate_proj");
            if (p.containsKey("experts.up_bias")) up = up.add(p.get("experts.up_bias").select(0, e));
            Tensor h = activation.apply(up);
            if (gate != null) {
                gate = x.matmul(gate.select(0, e));
                if (p.containsKey("experts.gate_bias")) gate = gate.add(p.get("experts.gate_bias").select(0, e));
                h = activation.apply(gate).mul(up);
            }
            var out = h.matmul(p.get("experts.down_proj").select(0, e));
            if (p.containsKey("experts.down_bias")) out = out.add(p.get("experts.down_bias").select(0, e));
            y = y.add(out.mul(gates.narrow(1, e, 1)));
        }
        return y;
    }

    @Acceptance(topic = "sparse-moe-layer", clause = 1)
    @Test void outputAndGradientsAreThoseOfADenseLoop() {
        double output = 0, gradient = 0;
        int configurations = 0, gradients = 0, dropping = 0;
        for (int c = 0; c < 50; c++) {
            var rng = Rng.of(c);
            int tokens = 1 + rng.nextInt(25), width = 1 + rng.nextInt(7), experts = 1 + rng.nextInt(8), k = 1 + rng.nextInt(experts),
                    hidden = 1 + rng.nextInt(9);
            boolean gated = rng.nextInt(2) == 0, bias = rng.nextInt(2) == 0, renormalised = rng.nextInt(2) == 0,
                    limited = rng.nextInt(2) == 0;
            var kind = rng.nextInt(2) == 0 ? Kind.SOFTMAX : Kind.SIGMOID;
            var activation = new Activation[] {Activation.SILU, Activation.GELU, Activation.TANH}[rng.nextInt(3)];
            var config = new MoeRouterConfig(width, experts, k).withKind(kind).withRenormalised(renormalised).withDtype(DType.F64)
                    .withCapacityFactor(limited ? 0.8 : Double.POSITIVE_INFINITY)
                    .withOverflow(limited && c % 2 == 0 ? Overflow.PAD : Overflow.DROP);
            var shared = rng.nextInt(3) == 0 ? new FeedForward(width, 3, Activation.GELU, true, 0, DType.F64, rng) : null;
            var layer = new MixtureOfExperts(new MoeRouter(config, rng),
                    new StackedExperts(experts, width, hidden, activation, gated, bias, DType.F64, rng), shared);
            Tensor x = normal(rng, tokens, width).requiresGrad(), upstream = normal(rng, tokens, width);
            var leaves = new ArrayList<Tensor>(layer.parameters().values());
            leaves.add(x);

            var y = layer.forward(x.reshape(1, tokens, width)).reshape(tokens, width);
            y.mul(upstream).sum().backward();
            var own = leaves.stream().map(l -> l.grad() == null ? l.detach().zerosLike() : l.grad()).toList();
            leaves.forEach(Tensor::zeroGrad);
            int capacity = limited ? (int) Math.min(tokens, Math.ceil(0.8 * k * tokens / experts - 1e-9)) : tokens;
            var gates = gates(x.matmul(layer.router().weight().transpose()), kind, k, renormalised, capacity);
            var expected = denseLoop(x, gates, layer.parameters(), activation, shared);
            expected.mul(upstream).sum().backward();

            output = Math.max(output, distance(y, expected));
            for (int i = 0; i < leaves.size(); i++) {
                gradient = Math.max(gradient, distance(own.get(i), leaves.get(i).grad()));
                gradients++;
            }
            if (gates.detach().ne(0).to(DType.F64).sum().item() < tokens * k) dropping++;
            configurations++;
        }
        Evidence.of("configurations", configurations, exactly(50));
        Evidence.of("of which some token was turned away", dropping, atLeast(10));
        Evidence.of("tensors of gradients", gradients, atLeast(200));
        Evidence.of("largest distance of outputs", output, below(1e-6));
        Evidence.of("largest distance of gradients", gradient, below(1e-6));
    }

    private static long products(MixtureOfExperts layer, Tensor x) {
        return Autograd.noGrad(() -> FlopCounter.count(() -> layer.forward(x, Pass.training(Rng.of(3))).compute()).products()
                - FlopCounter.count(() -> layer.router().route(x, Pass.training(Rng.of(3)))).products());
    }

    @Acceptance(topic = "sparse-moe-layer", clause = 2)
    @Acceptance(topic = "noisy-top-k-moe", clause = 3)
    @Test void arithmeticATokenDoesNotDependOnTheNumberOfExperts() {
        int tokens = 64, width = 6, hidden = 10;
        var x = Tensor.randn(Rng.of(2), tokens, width).compute();
        for (int experts : new int[] {4, 8, 16, 32, 64}) {
            var plain = new MixtureOfExperts(new MoeRouterConfig(width, experts, 2), hidden, Rng.of(1));
            Evidence.of(experts + " experts, k 2: operations a token from 2 k 3 d m",
                    products(plain, x) / (double) tokens - 2 * 2 * 3 * width * hidden, exactly(0));
            var noisy = MixtureOfExperts.noisyTopK(width, hidden, experts, 2, Rng.of(1));
            Evidence.of(experts + " experts, noisy: operations a token from 2 k 2 d m",
                    products(noisy, x) / (double) tokens - 2 * 2 * 2 * width * hidden, exactly(0));
            Evidence.of(experts + " experts: parameters over E from those of one expert and a router's row",
                    plain.parameterCount() / (double) experts - (3 * width * hidden + width), exactly(0));
        }
    }

    @Acceptance(topic = "sparse-moe-layer", clause = 3)
    @Test void onFourRegimesItErrsHalfAsMuchAsADenseBlockOfEqualActiveFlops() {
        int width = 8, hidden = 8;
        var world = MoeWorld.of(4, width, 0.5, 0.05, Rng.of(1));
        var test = world.draw(2000, Rng.of(2));
        var sparse = new MixtureOfExperts(
                new MoeRouter(new MoeRouterConfig(width, 4, 1).withRenormalised(false).withBalancing(new MoeBalancing.Auxiliary(0.05)),
                        Rng.of(3)),
                new StackedExperts(4, width, hidden, Activation.RELU, false, true, DType.F32, Rng.of(4)), null);
        // Two more hidden units pay for the router.
        var dense = new FeedForward(width, hidden + 2, Activation.RELU, true, 0, DType.F32, Rng.of(5));
        var one = test.x().narrow(0, 0, 100);
        long sparseCost = FlopCounter.count(() -> sparse.forward(one).compute()).products(),
                denseCost = FlopCounter.count(() -> dense.forward(one).compute()).products();
        Evidence.of("active operations, sparse over dense", (double) sparseCost / denseCost, exactly(1));
        world.train(sparse, 500, 128, 1e-2, Rng.of(6));
        world.train(dense, 500, 128, 1e-2, Rng.of(6));
        Evidence.of("test error, sparse over dense", world.loss(sparse, test) / world.loss(dense, test), atMost(0.5));
    }

    @Acceptance(topic = "moe-expert", clause = 1)
    @Test void anExpertWithoutTokensHasAGradientOfZero() {
        var layer = new MixtureOfExperts(new MoeRouter(new MoeRouterConfig(5, 6, 2), Rng.of(1)),
                new StackedExperts(6, 5, 7, Activation.SILU, true, true, DType.F32, Rng.of(2)), null);
        var x = Tensor.randn(Rng.of(3), 3, 5).compute();
        layer.forward(x).square().sum().backward();
        int[] counts = layer.routing(x, Pass.inference()).counts();
        int idle = 0, zeros = 0, busy = 0;
        for (int e = 0; e < 6; e++) {
            for (var entry : ((Module) layer.experts()).parameters().entrySet()) {
                double largest = entry.getValue().grad().select(0, e).abs().max().item();
                if (counts[e] > 0) {
                    if (largest > 0) busy++;
                } else {
                    idle++;
                    if (largest == 0) zeros++;
                }
            }
        }
        Evidence.of("tensors of idle experts", idle, atLeast(6));
        Evidence.of("of which the gradient is exactly 0", zeros, exactly(idle));
        assertThat(busy).isPositive();
    }

    @Acceptance(topic = "moe-expert", clause = 2)
    @Test void aLayerWhoseOnlyExpertIsSharedIsTheFeedForward() {
        int other = 0, seen = 0;
        for (int seed = 0; seed < 10; seed++) {
            var dense = new FeedForward(6 + seed, Rng.of(seed));
            var x = Tensor.randn(Rng.of(50 + seed), 2, 7, 6 + seed).compute();
            float[] expected = dense.forward(x).toFloatArray(), own = new MixtureOfExperts(null, null, dense).forward(x).toFloatArray();
            for (int i = 0; i < own.length; i++) if (Float.floatToRawIntBits(own[i]) != Float.floatToRawIntBits(expected[i])) other++;
            seen += own.length;
        }
        Evidence.of("numbers that differ in a bit", other, exactly(0));
        assertThat(seen).isGreaterThan(1000);
    }

    @Acceptance(topic = "moe-expert", clause = 3)
    @Test void aRegimeNeedsItsExpertAndNoOther() {
        var world = MoeWorld.of(4, 8, 0.5, 0.05, Rng.of(1));
        var layer = new MixtureOfExperts(
                new MoeRouterConfig(8, 4, 1).withRenormalised(false).withBalancing(new MoeBalancing.Auxiliary(0.05)), 8, Rng.of(3));
        world.train(layer, 600, 128, 1e-2, Rng.of(4));
        var test = world.draw(2000, Rng.of(5));
        var report = ExpertReport.of(layer, test.x(), y -> y.sub(test.y()).square().mean(-1, false), test.regime());
        double least = Double.POSITIVE_INFINITY, most = 0;
        for (int g = 0; g < 4; g++) for (int e = 0; e < 4; e++) {
            if (e == report.dominant(g)) least = Math.min(least, report.ablation(g, e));
            else most = Math.max(most, report.ablation(g, e));
        }
        Evidence.of("least rise of a regime's loss without its dominant expert", least, atLeast(5));
        Evidence.of("largest rise without another one", most, below(1.2));
        for (int g = 0; g < 4; g++) {
            assertThat(Arrays.stream(report.profile()[g]).sum()).isBetween(1 - 1e-9, 1 + 1e-9);
            assertThat(report.crossLoss()[g][(report.dominant(g) + 1) % 4]).isGreaterThan(5 * report.loss()[g]);
        }
    }

    @Acceptance(topic = "noisy-top-k-moe", clause = 1)
    @Test void allExpertsWithoutNoiseAreTheDenseSoftmaxMixture() {
        var layer = MixtureOfExperts.noisyTopK(6, 9, 5, 5, Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 40, 6).compute();
        var expected = denseLoop(x, x.matmul(layer.router().weight().transpose()).softmax(-1), layer.parameters(), Activation.RELU, null);
        Evidence.of("largest distance", distance(layer.forward(x), expected), below(1e-6));
    }

    @Acceptance(topic = "noisy-top-k-moe", clause = 2)
    @Test void smoothLoadIsTheFrequencyOverRedraws() {
        int tokens = 10, experts = 6, k = 2, pairs = 0;
        var router = new MoeRouter(new MoeRouterConfig(4, experts, k).withKind(Kind.NOISY).withDtype(DType.F64), Rng.of(1));
        Autograd.noGrad(() -> {
            router.noiseWeight().copy_(normal(Rng.of(2), experts, 4));
            router.weight().copy_(normal(Rng.of(3), experts, 4).mul(0.5));
        });
        var x = normal(Rng.of(4), tokens, 4);
        var routing = router.route(x, Pass.training(Rng.of(5)));
        double[][] load = routing.smoothLoad().toRows(), h = x.matmul(router.weight().detach().transpose()).toRows(),
                s = x.matmul(router.noiseWeight().detach().transpose()).softplus().toRows();
        // The noise that the pass drew, found again from its seed.
        double[][] noise = Tensor.randn(Rng.of(5), DType.F64, tokens, experts).toRows();
        var rng = Rng.of(6);
        double worst = 0;
        int between = 0;
        for (int t = 0; t < tokens; t++) for (int e = 0; e < experts && pairs < 50; e++) {
            int chosen = 0;
            for (int r = 0; r < 100_000; r++) {
                double own = h[t][e] + s[t][e] * rng.nextGaussian();
                int above = 0;
                for (int j = 0; j < experts; j++) if (j != e && h[t][j] + s[t][j] * noise[t][j] > own) above++;
                if (above < k) chosen++;
            }
            worst = Math.max(worst, Math.abs(load[t][e] - chosen / 1e5));
            if (load[t][e] > 0.05 && load[t][e] < 0.95) between++;
            pairs++;
        }
        Evidence.of("pairs", pairs, exactly(50));
        Evidence.of("of which neither sure nor hopeless", between, atLeast(15));
        Evidence.of("largest distance of the load from the frequency", worst, below(0.01));
    }

    @Tag("slow")
    @Acceptance(topic = "noisy-top-k-moe", clause = 4)
    @Test void theLossesUndoACollapsedStart() {
        double with = 0, without = Double.POSITIVE_INFINITY;
        for (int seed = 0; seed < 5; seed++) {
            with = Math.max(with, collapsed(new MoeBalancing.Variation(0.5, 0.5), 700 + seed));
            without = Math.min(without, collapsed(MoeBalancing.none(), 700 + seed));
        }
        Evidence.of("variation of the load with the losses, the most of 5 worlds", with, below(0.2));
        Evidence.of("without, the least", without, above(1));
    }

    private static double collapsed(MoeBalancing balancing, int seed) {
        var world = MoeWorld.of(4, 8, 0.5, 0.1, Rng.of(seed));
        var config = new MoeRouterConfig(8, 8, 2).withKind(Kind.NOISY).withBalancing(balancing);
        var layer = new MixtureOfExperts(new MoeRouter(config, Rng.of(seed + 100)),
                new StackedExperts(8, 8, 8, Activation.RELU, false, true, DType.F32, Rng.of(seed + 200)), null);
        MoeWorld.collapse(layer.router(), 2, 3);
        world.train(layer, 500, 128, 3e-2, Rng.of(seed + 300));
        return layer.routing(world.draw(4000, Rng.of(seed + 400)).x(), Pass.training(Rng.of(seed + 500))).loadVariation();
    }

    @Test void anyModulesAreExpertsAndAHashNeedsIds() {
        List<FeedForward> networks = List.of(new FeedForward(4, Rng.of(1)), new FeedForward(4, Rng.of(2)), new FeedForward(4, Rng.of(3)));
        var layer = new MixtureOfExperts(new MoeRouter(new MoeRouterConfig(4, 3, 1).withKind(Kind.HASH), Rng.of(4)),
                new ExpertList(networks), null);
        Tensor x = Tensor.randn(Rng.of(5), 6, 4).compute(), ids = Tensor.of(1L, 2, 3, 1, 2, 3);
        var y = layer.forward(x, ids, Pass.inference());
        int[] experts = layer.router().route(x, ids, Pass.inference()).experts(),
                tokens = layer.router().route(x, ids, Pass.inference()).tokens();
        for (int i = 0; i < 6; i++)
            assertThat(distance(y.select(0, tokens[i]), networks.get(experts[i]).forward(x.narrow(0, tokens[i], 1)).squeeze(0)))
                    .isLessThan(1e-6);
        assertThatThrownBy(() -> layer.forward(x)).hasMessageContaining("ids");
        assertThatThrownBy(() -> new MixtureOfExperts(null, new ExpertList(networks), null)).hasMessageContaining("come together");
        assertThatThrownBy(
                () -> new MixtureOfExperts(new MoeRouter(new MoeRouterConfig(4, 2, 1), Rng.of(1)), new ExpertList(networks), null))
                .hasMessageContaining("2 experts, there are 3");
    }

    /** Rows of tokens with padding behind them are the tokens alone: for outputs, capacities, prices and the bias. */
    @Test void paddingAsksNoExpert() {
        var rng = Rng.of(11);
        var config = new MoeRouterConfig(6, 4, 2).withDtype(DType.F64).withCapacityFactor(1)
                .withBalancing(new MoeBalancing.Auxiliary(0.1).and(new MoeBalancing.BiasUpdate(0.01)));
        var x = normal(rng, 2, 5, 6);
        var real = Tensor.of(new boolean[] {true, true, true, false, false, true, true, true, true, false}, 2, 5);
        var layers = new MixtureOfExperts[2];
        for (int i = 0; i < 2; i++)
            layers[i] = new MixtureOfExperts(new MoeRouter(config, Rng.of(1)),
                    new StackedExperts(4, 6, 5, Activation.SILU, true, false, DType.F64, Rng.of(2)),
                    new Linear(6, 6, true, DType.F64, Init.torchLinear(6), Rng.of(3)));
        var prices = new ArrayList<Tensor>();
        var pass = Pass.training(Rng.of(4)).collecting(prices::add);
        var wild = real.unsqueeze(2).where(x, Tensor.full(DType.F64, 50, 2, 5, 6)).compute();
        var padded = layers[0].forward(wild, null, real, pass).reshape(10, 6);
        var alone = layers[1].forward(x.reshape(10, 6).rows(0, 1, 2, 5, 6, 7, 8), pass);
        assertThat(distance(padded.rows(0, 1, 2, 5, 6, 7, 8), alone)).isLessThan(1e-14);
        assertThat(distance(prices.get(0), prices.get(1))).isLessThan(1e-14);
        assertThat(layers[0].router().bias().toDoubleArray()).isEqualTo(layers[1].router().bias().toDoubleArray());
        var shared = wild.reshape(10, 6).affine(layers[0].state().get("shared.weight"), layers[0].state().get("shared.bias"));
        assertThat(distance(padded.rows(3, 4, 9), shared.rows(3, 4, 9))).isLessThan(1e-12);
        assertThatThrownBy(() -> layers[0].forward(x, null, real.narrow(1, 0, 4), Pass.inference())).hasMessageContaining("tells padding");
        assertThat(distance(layers[0].forward(x, null, real.not().and(real), Pass.inference())
                .sub(x.affine(layers[0].state().get("shared.weight"), layers[0].state().get("shared.bias"))), x.zerosLike()))
                .isLessThan(1e-12);
        // in a block the key lengths tell
        var block = new TransformerBlock(TransformerConfig.original(6, 2, 8).withPlacement(TransformerConfig.Placement.PRE),
                new MixtureOfExperts(new MoeRouterConfig(6, 4, 2).withCapacityFactor(1), 5, Rng.of(5)), Rng.of(6));
        var tokens = x.to(DType.F32).compute();
        var lengths = new TransformerBlock.Context().withMask(new Attention().withKeyLengths(Tensor.of(new int[] {3, 4})));
        var first = block.forward(tokens, lengths, Pass.inference()).compute();
        var filled = real.unsqueeze(2).where(tokens, tokens.onesLike().mul(3)).compute();
        var second = block.forward(filled, lengths, Pass.inference()).compute();
        for (int b = 0; b < 2; b++)
            assertThat(second.select(0, b).narrow(0, 0, 3 + b).toFloatArray())
                    .isEqualTo(first.select(0, b).narrow(0, 0, 3 + b).toFloatArray());
    }

    @Test void savesAndLoadsAndStandsInATransformerBlock(@TempDir Path folder) throws Exception {
        var config = new MoeRouterConfig(8, 4, 2).withBalancing(new MoeBalancing.BiasUpdate(0.01).and(new MoeBalancing.ZLoss(0.001)));
        MixtureOfExperts a = new MixtureOfExperts(config, 6, Rng.of(1)), b = new MixtureOfExperts(config, 6, Rng.of(2));
        var x = Tensor.randn(Rng.of(3), 2, 5, 8).compute();
        var block = new TransformerBlock(TransformerConfig.original(8, 2, 16), a, Rng.of(4));
        var penalties = new ArrayList<Tensor>();
        assertThat(block.forward(x, Pass.training(Rng.of(5)).collecting(penalties::add)).shape()).isEqualTo(x.shape());
        assertThat(penalties).hasSize(1);
        assertThat(a.router().bias().abs().max().item()).isBetween(0.0099, 0.0101);
        a.save(folder.resolve("layer.safetensors"));
        b.load(folder.resolve("layer.safetensors"));
        assertThat(b.forward(x).toFloatArray()).containsExactly(a.forward(x).toFloatArray());
        assertThat(a.state().keySet()).containsExactly("router.weight", "router.bias", "experts.gate_proj", "experts.up_proj",
                "experts.down_proj");
        assertThat(a.forward(x.narrow(1, 0, 0)).shape().toArray()).containsExactly(2, 0, 8);
    }
}
