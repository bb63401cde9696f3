package lyceum.llm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Hooks;
import lyceum.nn.MixtureOfExperts;
import lyceum.nn.MoeBalancing;
import lyceum.nn.Pass;
import lyceum.nn.VarianceScaling;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SwitchTransformerTest {
    private static final double FACTOR = 1.5;
    private static DecoderConfig dense(int width, int hidden) {
        return DecoderConfig.gpt2(DialectText.LETTERS, 64, 2, width, 4).eachBlock(b -> b.withHidden(hidden));
    }

    private static SwitchTransformer recipe(int width, double factor) {
        return new SwitchTransformer(dense(width, 2 * width), 8).withCapacityFactor(factor);
    }

    private static Tensor draw(Recipe r, double scale, long... shape) {
        return Tensor.of(r.bells((int) Arrays.stream(shape).reduce(1, (a, b) -> a * b))).reshape(shape).mul(scale);
    }

    /** The expert layer of a model of that recipe whose weights are the golden file's. */
    private static MixtureOfExperts layer(Golden c, Recipe r, Tensor[] x) {
        double[] s = c.doubles("input.sizes");
        int tokens = (int) s[0], width = (int) s[1], hidden = (int) s[2], experts = (int) s[3];
        var base = DecoderConfig.gpt2(9, tokens, 2, width, 2)
                .eachBlock(b -> b.withHidden(hidden).withActivation(Activation.RELU).withAttention(b.attention().withDtype(DType.F64)));
        var model = new SwitchTransformer(base, experts).withCapacityFactor(c.number("input.factor")).withJitter(0).withAuxiliary(1)
                .create(Rng.of(1));
        var layer = SwitchTransformer.layers(model).getFirst();
        x[0] = draw(r, 1, tokens, width);
        var router = draw(r, 1, experts, width);
        Tensor first = draw(r, 0.5, experts, hidden, width), firstBias = draw(r, 0.5, experts, hidden),
                second = draw(r, 0.5, experts, width, hidden), secondBias = draw(r, 0.5, experts, width);
        Autograd.noGrad(() -> layer.parameters().forEach((name, p) -> {
            if (name.startsWith("router")) p.copy_(router.to(p.dtype()));
            else {
                int e = Integer.parseInt(name.split("\\.")[2]);
                var from = name.contains("fc1") ? name.endsWith("bias") ? firstBias : first : name.endsWith("bias") ? secondBias : second;
                p.copy_(from.select(0, e).to(p.dtype()));
            }
        }));
        return layer;
    }

    @Acceptance(topic = "switch-transformer", clause = 1)
    @Test void theLayerIsThatOfPlainPyTorch() {
        Gap outputs = Gap.absolute(), gradients = Gap.relativeBeyondOne(), prices = Gap.absolute();
        for (var c : Golden.load("golden/switch.json").list("cases")) {
            var x = new Tensor[1];
            var layer = layer(c, new Recipe((long) c.number("input.seed")), x);
            var tokens = x[0].to(DType.F64).requiresGrad();
            var penalties = new ArrayList<Tensor>();
            var y = layer.forward(tokens, Pass.training(Rng.of(1)).collecting(penalties::add));
            y.square().sum().add(penalties.getFirst()).backward();
            outputs.see(c, "expected.y", y.toDoubleArray());
            prices.see(c, "expected.auxiliary", penalties.getFirst().item());
            gradients.see(c, "expected.x.grad", tokens.grad().toDoubleArray());
            gradients.see(c, "expected.router.grad", layer.router().weight().grad().toDoubleArray());
            double[] kept = c.doubles("expected.kept");
            int dropped = (int) (kept.length - Arrays.stream(kept).sum());
            assertThat(layer.routing(tokens, Pass.inference()).dropped()).isEqualTo(dropped);
        }
        Evidence.of("outputs at factors 0.5, 1 and 1.25", outputs, atMost(1e-5));
        Evidence.of("auxiliary losses", prices, atMost(1e-5));
        Evidence.of("gradients of tokens and router", gradients, atMost(1e-5));
    }

    @Acceptance(topic = "switch-transformer", clause = 2)
    @Test void overflowLeavesTheResidualStreamBitForBit() {
        int overflow = 0, changed = 0, worked = 0, same = 0;
        for (double factor : new double[] {0.5, 1, 1.25}) {
            var model = recipe(16, factor).create(Rng.of(3));
            var hooks = Hooks.of(model);
            var seen = hooks.capture("*.layers.1.*");
            model.forward(Tensor.randint(Rng.of(4), 0, DialectText.LETTERS, 4, 32), Pass.inference().with(hooks));
            float[] before = at(seen, "resid_mid"), after = at(seen, "resid_post"), gates = at(seen, "gates");
            for (int t = 0; t < 128; t++) {
                boolean isWorked = false, isSame = true;
                for (int e = 0; e < 8; e++) isWorked |= gates[t * 8 + e] != 0;
                for (int i = t * 16; i < t * 16 + 16; i++)
                    isSame &= Float.floatToRawIntBits(before[i]) == Float.floatToRawIntBits(after[i]);
                if (isWorked) {
                    worked++;
                    if (isSame) same++;
                } else {
                    overflow++;
                    if (!isSame) changed++;
                }
            }
        }
        Evidence.of("overflow tokens", overflow, atLeast(60));
        Evidence.of("of which a bit changed", changed, exactly(0));
        Evidence.of("tokens with an expert that leave as they came", same, exactly(0));
        assertThat(worked).isGreaterThan(100);
    }

    private static float[] at(Map<String, Tensor> seen, String point) {
        return seen.entrySet().stream().filter(e -> e.getKey().endsWith(point)).findFirst().orElseThrow().getValue().toFloatArray();
    }

    /** Held-out losses of a dense and a Switch model of equal operations after equal steps, and the share that the latter dropped. */
    private static double[] race(int width, int steps, long seed) {
        var train = new DialectText(0, 400_000, 4);
        var held = new DialectText(600_000, 50_000, 4);
        var sparse = recipe(width, FACTOR).create(Rng.of(seed));
        // What the router costs, as hidden units.
        var base = dense(width, 2 * width);
        var blocks = new ArrayList<>(base.blocks());
        blocks.set(1, blocks.get(1).withHidden(2 * width + 4));
        var config = base.withBlocks(blocks);
        var dense = new DecoderLM(config, Rng.of(seed));
        var init = new VarianceScaling(0.1, VarianceScaling.Mode.IN, VarianceScaling.Distribution.TRUNCATED); // as the other's
        Autograd.noGrad(() -> dense.decoder().parameters().forEach((name, p) -> {
            if (p.rank() == 2 && !name.contains("positions.")) p.copy_(init.sample(Rng.of(seed), p.dtype(), p.shape().toArray()));
        }));
        var one = train.batch(2, 64, Rng.of(1));
        var room = recipe(width, Double.POSITIVE_INFINITY).adopt(sparse);
        long own = FlopCounter.count(() -> Autograd.noGrad(() -> room.logits(one, Pass.inference()).compute())).products(),
                theirs = FlopCounter.count(() -> Autograd.noGrad(() -> dense.logits(one, Pass.inference()).compute())).products();
        double lost = train(sparse, train, steps, seed);
        train(dense, train, steps, seed);
        double[] a = held(sparse, held), b = held(dense, held);
        return new double[] {a[0], b[0], lost, a[1], (double) own / theirs};
    }

    /** Trains; the share of tokens dropped over all steps. */
    private static double train(DecoderLM model, DialectText text, int steps, long seed) {
        var optimizer = new Adam(5e-3).over(new ArrayList<>(model.parameters().values()));
        var rng = Rng.of(seed + 50);
        double lost = 0;
        for (int step = 0; step < steps; step++) try (var scope = Scope.open("step")) {
            optimizer.zeroGrad();
            var hooks = Hooks.of(model);
            var gates = hooks.capture("*.gates");
            model.loss(text.batch(16, 64, rng), Pass.training(rng.split(step)).with(hooks)).backward();
            optimizer.step();
            for (var g : gates.values()) lost += g.detach().sum(-1, false).eq(0).to(DType.F32).mean().item() / steps;
        }
        return lost;
    }

    private static double[] held(DecoderLM model, DialectText text) {
        double loss = 0, lost = 0;
        for (int i = 0; i < 8; i++) {
            var ids = text.batch(16, 64, Rng.of(900 + i));
            loss += Autograd.noGrad(() -> model.loss(ids, Pass.inference()).item()) / 8;
            for (double d : recipe(model.config().width(), FACTOR).dropped(model, ids)) lost += d / 8;
        }
        return new double[] {loss, lost};
    }

    @Tag("heavy")
    @Acceptance(topic = "switch-transformer", clause = 3)
    @Test void eightExpertsBeatADenseModelOfEqualOperations() {
        int wins = 0;
        double most = 0, flops = 0;
        for (int seed = 1; seed <= 3; seed++) {
            double[] r = race(32, 2000, seed);
            if (r[0] < r[1]) wins++;
            most = Math.max(most, Math.max(r[2], r[3]));
            flops = Math.max(flops, r[4]);
        }
        Evidence.of("seeds of 3 in which Switch has the lower held-out loss", wins, exactly(3));
        Evidence.of("largest share of dropped tokens, training or held out", most, atMost(0.05));
        Evidence.of("operations, Switch with room for all over dense", flops, atMost(1));
    }

    @Test void everyOtherBlockIsSparseAndItsRouterStaysInF32() {
        var base = DecoderConfig.gpt2(30, 16, 4, 16, 4);
        var recipe = new SwitchTransformer(base.eachBlock(b -> b.withAttention(b.attention().withDtype(DType.BF16))), 4);
        var model = recipe.create(Rng.of(1));
        assertThat(recipe.config().blocks().stream().map(b -> b.moe() != null)).containsExactly(false, true, false, true);
        assertThat(SwitchTransformer.layers(model)).hasSize(2).allSatisfy(l -> {
            assertThat(l.router().weight().dtype()).isEqualTo(DType.F32);
            assertThat(l.router().config().balancing()).isEqualTo(new MoeBalancing.Auxiliary(0.01));
        });
        assertThat(model.logits(Tensor.randint(Rng.of(2), 0, 30, 2, 8), Pass.inference()).dtype()).isEqualTo(DType.BF16);
        assertThat(recipe.config().parameterCount()).isEqualTo(model.parameterCount());
        assertThat(recipe.withEvery(1).config().blocks()).allMatch(b -> b.moe() != null);
    }

    @Test void firstWeightsAreNarrowByTheirFanIn() {
        var model = new SwitchTransformer(DecoderConfig.gpt2(30, 16, 2, 64, 4), 4).create(Rng.of(1));
        for (var entry : model.decoder().parameters().entrySet()) {
            var p = entry.getValue();
            if (p.rank() != 2 || entry.getKey().contains("positions")) continue;
            double deviation = Math.sqrt(p.square().mean().item());
            assertThat(deviation).as(entry.getKey()).isBetween(0.85 * Math.sqrt(0.1 / p.size(1)), 1.15 * Math.sqrt(0.1 / p.size(1)));
        }
    }

    @Test void theLossHasTheAuxiliaryPriceWhileLearningAlone() {
        var ids = Tensor.randint(Rng.of(2), 0, 27, 2, 16);
        var free = recipe(16, 2).withJitter(0).withAuxiliary(0).create(Rng.of(1));
        var priced = recipe(16, 2).withJitter(0).withAuxiliary(0.5).adopt(free);
        double own = priced.loss(ids, Pass.training(Rng.of(1))).item() - free.loss(ids, Pass.training(Rng.of(1))).item();
        assertThat(own).isBetween(0.5 * 0.99, 0.5 * 8.0);
        assertThat(priced.loss(ids, Pass.inference()).item()).isEqualTo(free.loss(ids, Pass.inference()).item());
    }

    @Test void expertDropoutActsInExpertsAlone() {
        var ids = Tensor.randint(Rng.of(2), 0, 27, 2, 16);
        var model = recipe(16, 4).withJitter(0).create(Rng.of(1));
        var dropping = recipe(16, 4).withJitter(0).withExpertDropout(0.4).adopt(model);
        Hooks own = Hooks.of(dropping), other = Hooks.of(model);
        Map<String, Tensor> seen = own.capture("*.resid_*"), plain = other.capture("*.resid_*");
        dropping.forward(ids, Pass.training(Rng.of(5)).with(own));
        model.forward(ids, Pass.training(Rng.of(5)).with(other));
        for (var point : seen.keySet())
            assertThat(seen.get(point).sub(plain.get(point)).abs().max().item() == 0).as(point)
                    .isEqualTo(!point.endsWith("layers.1.resid_post"));
        var gated = DecoderConfig.llama(30, 16, 2, 16, 4, 4, 32);
        assertThatThrownBy(() -> new SwitchTransformer(gated, 4).withExpertDropout(0.4).create(Rng.of(1))).hasMessageContaining("gated");
    }

    @Test void moreRoomDropsNobodyAndTheRestIsSaidClearly() {
        var model = recipe(16, 0.5).create(Rng.of(1));
        var ids = Tensor.randint(Rng.of(2), 0, 27, 4, 32);
        assertThat(recipe(16, 0.5).dropped(model, ids)[0]).isGreaterThanOrEqualTo(0.5);
        var roomy = recipe(16, Double.POSITIVE_INFINITY);
        assertThat(roomy.dropped(roomy.adopt(model), ids)[0]).isZero();
        assertThatThrownBy(() -> recipe(16, 1).withEvery(3)).hasMessageContaining("one of the 2 blocks");
        assertThatThrownBy(() -> recipe(16, 0)).hasMessageContaining("capacity factor is 0");
        assertThatThrownBy(() -> recipe(16, 1).withAuxiliary(Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new SwitchTransformer(recipe(16, 1).config(), 8)).hasMessageContaining("experts already");
    }
}
