package lyceum.llm;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.data.corpus.Corpora;
import lyceum.memory.Scope;
import lyceum.nn.DepthConfig;
import lyceum.nn.Hooks;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RelativePosition;
import lyceum.nn.SequenceLayout;
import lyceum.nn.TransformerBlock;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MixtureOfDepthsTest {
    private static DecoderConfig config(double capacity, int layers, int width) {
        return DecoderConfig.llama(128, 256, layers, width, 4, 4, 2 * width).withTied(true).withDepth(new DepthConfig(capacity), 2);
    }

    private static Tensor ids(long seed, int rows, int length) { return Tensor.randint(Rng.of(seed), 0, 128, rows, length); }

    @Acceptance(topic = "mixture-of-depths", clause = 1)
    @Test void theBestPassTheBlockAndTheRestLeaveBitForBit() {
        int wrong = 0, others = 0, changed = 0, same = 0, passed = 0, unlike = 0;
        for (double c : new double[] {0.125, 0.25, 0.3, 0.5, 0.9}) for (int n : new int[] {7, 16, 37, 100}) {
            var model = new DecoderLM(config(c, 2, 16), Rng.of(n));
            var hooks = Hooks.of(model);
            var seen = hooks.capture("decoder.layers.1.*");
            model.forward(ids(n, 3, n), Pass.training(Rng.of(1)).with(hooks));
            boolean[] chosen = seen.get("decoder.layers.1.depth.chosen").toBooleanArray();
            double[] scores = seen.get("decoder.layers.1.depth").toDoubleArray();
            float[] before = seen.get("decoder.layers.1.resid_pre").toFloatArray(),
                    after = seen.get("decoder.layers.1.resid_post").toFloatArray();
            int k = (int) Math.floor(c * n + 1e-9);
            for (int r = 0; r < 3; r++) {
                int count = 0;
                for (int t = r * n; t < (r + 1) * n; t++) {
                    int better = 0;
                    for (int o = r * n; o < (r + 1) * n; o++) if (scores[o] > scores[t] || scores[o] == scores[t] && o < t) better++;
                    if (better < k != chosen[t]) unlike++;
                    boolean isSame = true;
                    for (int i = 16 * t; i < 16 * t + 16; i++)
                        isSame &= Float.floatToRawIntBits(before[i]) == Float.floatToRawIntBits(after[i]);
                    if (chosen[t]) {
                        count++;
                        if (isSame) same++;
                    } else {
                        others++;
                        if (!isSame) changed++;
                    }
                }
                passed += count;
                if (count != k) wrong++;
            }
        }
        Evidence.of("rows of 60 that pass another number than floor(c T)", wrong, exactly(0));
        Evidence.of("tokens chosen that a sort would not choose, or the other way", unlike, exactly(0));
        Evidence.of("tokens that pass by", others, atLeast(1000));
        Evidence.of("of which a bit changed", changed, exactly(0));
        Evidence.of("tokens through the block that leave as they came", same, exactly(0));
        assertThat(passed).isGreaterThan(500);
    }

    @Acceptance(topic = "mixture-of-depths", clause = 2)
    @Test void operationsAreThoseOfTheChosenAndTheirAttention() {
        int w = 16, h = 32, hidden = 64;
        for (double c : new double[] {0.125, 0.25, 0.5, 1}) for (int n : new int[] {32, 96}) {
            var block = new DecoderLM(config(c, 2, w), Rng.of(1)).decoder().layers().get(1);
            var x = Tensor.randn(Rng.of(2), 2, n, w).compute();
            long k = (long) (c * n), counted = products(block, x, Pass.training(Rng.of(1)));
            long own = 8 * k * w * w + 4 * k * k * w + 6 * k * w * h;
            Evidence.of("c " + c + ", T " + n + ": operations of two rows from the formula", counted - 2 * (own + 2L * n * w), exactly(0));
            long learning = products(block, x, Pass.training(Rng.of(1)).collecting(p -> p.compute()));
            Evidence.of("the same with the predictor's", learning - 2 * (own + block.depth().routingOperations(n)), exactly(0));
            assertThat(block.depth().routingOperations(n)).isEqualTo(2L * n * w + 2L * n * w * hidden + 2L * n * hidden);
        }
    }

    private static long products(TransformerBlock block, Tensor x, Pass pass) {
        return FlopCounter.count(() -> Autograd.noGrad(() -> block.forward(x, pass).compute())).products();
    }

    @Acceptance(topic = "mixture-of-depths", clause = 3)
    @Test void theRouterLearnsFromTheTaskAndThePredictorLeavesTheStreamAlone() {
        var wide = config(0.25, 4, 16).eachBlock(b -> b.withAttention(b.attention().withDtype(DType.F64)));
        var model = new DecoderLM(wide.withDeviation(0.2), Rng.of(1));
        var x = ids(2, 3, 40);
        new CausalLmLoss().of(model.logits(x, Pass.training(Rng.of(1))), x).backward();
        double least = Double.POSITIVE_INFINITY;
        var gap = Gap.relative();
        for (int b = 1; b < 4; b += 2) {
            var router = model.decoder().layers().get(b).depth().weight();
            double[] gradient = router.grad().toDoubleArray();
            least = Math.min(least, Math.sqrt(Arrays.stream(gradient).map(g -> g * g).sum()));
            // Along the gradient, by a step too short to change who is best.
            double step = 1e-6 / Math.sqrt(Arrays.stream(gradient).map(g -> g * g).sum());
            double up = moved(model, router, Tensor.of(gradient).mul(step), x),
                    down = moved(model, router, Tensor.of(gradient).mul(-step), x);
            gap.see("block " + b, (up - down) / (2 * step), Arrays.stream(gradient).map(g -> g * g).sum());
        }
        Evidence.of("least norm of a router's gradient", least, above(1e-4));
        Evidence.of("its square from differences of the loss, relative", gap, atMost(1e-4));
        var embedding = model.embedding().weight().grad().toDoubleArray();
        model.zeroGrad();
        model.loss(x, Pass.training(Rng.of(1))).backward();
        assertThat(model.embedding().weight().grad().toDoubleArray()).containsExactly(embedding);
        assertThat(model.parameters().get("decoder.layers.1.depth.fc1.weight").grad().abs().max().item()).isPositive();
    }

    private static double moved(DecoderLM model, Tensor router, Tensor by, Tensor x) {
        return Autograd.noGrad(() -> {
            var before = router.detach().copy().compute();
            router.copy_(before.add(by));
            double loss = new CausalLmLoss().of(model.logits(x, Pass.training(Rng.of(1))), x).item();
            router.copy_(before);
            return loss;
        });
    }

    @Acceptance(topic = "mixture-of-depths", clause = 4)
    @Test void allTokensWithUnitWeightsAreThePlainBlock() {
        var gap = Gap.absolute();
        for (int seed = 1; seed <= 5; seed++) {
            var routed = new DecoderLM(config(1, 2, 16).withDeviation(0.2), Rng.of(seed)).decoder().layers().get(1);
            var plain = new TransformerBlock(routed.config().withDepth(null), Rng.of(0));
            var values = new LinkedHashMap<>(routed.state());
            values.keySet().removeIf(name -> name.startsWith("depth."));
            plain.load(values);
            // Scores are the first feature, which is 1.
            Autograd.noGrad(() -> routed.depth().weight().copy_(Tensor.concat(0, Tensor.ones(1), Tensor.zeros(15))));
            var x = Tensor.concat(2, Tensor.ones(2, 20, 1), Tensor.randn(Rng.of(seed), 2, 20, 15)).compute();
            var y = plain.forward(x, Pass.inference());
            gap.see("seed " + seed, routed.forward(x, Pass.training(Rng.of(1))).toDoubleArray(), y.toDoubleArray());
            assertThat(y.sub(x).abs().max().item()).isGreaterThan(0.1);
        }
        Evidence.of("from the plain block", gap, atMost(1e-6));
    }

    /** The chosen see each other where they stand: the plain block with the others hidden, at all positions. */
    @Test void whatPassesIsThePlainBlockWithTheOthersHidden() {
        for (int seed = 1; seed <= 4; seed++) {
            var routed = new DecoderLM(config(0.3, 2, 16).withDeviation(0.2), Rng.of(seed)).decoder().layers().get(1);
            var plain = new TransformerBlock(routed.config().withDepth(null), Rng.of(0));
            var values = new LinkedHashMap<>(routed.state());
            values.keySet().removeIf(name -> name.startsWith("depth."));
            plain.load(values);
            var x = Tensor.randn(Rng.of(seed), 2, 30, 16).compute();
            for (var pass : new Pass[] {Pass.training(Rng.of(1)), Pass.inference()}) {
                var chosen = routed.depth().chosen(x, pass);
                var mask = plain.config().attention().attention().withBias(chosen.unsqueeze(1).unsqueeze(1));
                var full = plain.forward(x, new TransformerBlock.Context().withMask(mask), Pass.inference());
                var scores = x.matmul(routed.depth().weight().unsqueeze(1));
                near(routed.forward(x, pass), chosen.unsqueeze(2).where(x.add(full.sub(x).mul(scores)), x));
            }
        }
    }

    private static final int[] TEXT = TinyBible.letters(Corpora.kingJames(), 0, 400_000),
            HELD = TinyBible.letters(Corpora.kingJames(), 600_000, 60_000);

    private static Tensor rows(int[] text, int rows, int length, Rng rng) {
        var ids = new int[rows * length];
        for (int r = 0; r < rows; r++) System.arraycopy(text, rng.nextInt(text.length - length), ids, r * length, length);
        return Tensor.of(ids, rows, length);
    }

    private static void train(DecoderLM model, int steps, int rows, int length, double rate, long seed) {
        var optimizer = new Adam(rate).over(new ArrayList<>(model.parameters().values()));
        var rng = Rng.of(seed + 50);
        for (int step = 0; step < steps; step++) try (var scope = Scope.open("step")) {
            if (step == steps * 2 / 3) optimizer = new Adam(rate / 5).over(new ArrayList<>(model.parameters().values()));
            optimizer.zeroGrad();
            model.loss(rows(TEXT, rows, length, rng), Pass.training(rng.split(step))).backward();
            optimizer.step();
        }
    }

    /** Shares of held-out tokens of the routed block 1: predicted as the best are chosen, and not chosen. */
    private static double[] agreement(DecoderLM model) {
        int agree = 0, not = 0, all = 0;
        for (int i = 0; i < 4; i++) {
            var hooks = Hooks.of(model);
            var seen = hooks.capture("decoder.layers.1.*");
            var x = rows(HELD, 8, 256, Rng.of(700 + i));
            Autograd.noGrad(() -> model.forward(x, Pass.training(Rng.of(1)).with(hooks)));
            boolean[] best = seen.get("decoder.layers.1.depth.chosen").toBooleanArray(), said = model.decoder().layers().get(1).depth()
                    .chosen(seen.get("decoder.layers.1.resid_pre"), Pass.inference()).toBooleanArray();
            for (int t = 0; t < best.length; t++) {
                if (best[t] == said[t]) agree++;
                if (!best[t]) not++;
            }
            all += best.length;
        }
        return new double[] {(double) agree / all, (double) not / all};
    }

    @Tag("slow")
    @Acceptance(topic = "mixture-of-depths", clause = 5)
    @Test void thePredictorAgreesWithTheBest() {
        int steps = 300;
        var model = new DecoderLM(config(0.25, 2, 32), Rng.of(1));
        double[] before = agreement(model);
        train(model, steps, 4, 256, 3e-3, 1);
        double[] r = agreement(model);
        Evidence.of("held-out tokens on which predictor and the best of 256 agree", r[0], atLeast(0.95));
        Evidence.of("the same for a constant no", r[1], exactly(0.75));
        assertThat(before[0]).isLessThan(0.8);
    }

    private static double held(DecoderLM model, int length) {
        double sum = 0;
        for (int i = 0; i < 8; i++) {
            var x = rows(HELD, 16, length, Rng.of(800 + i));
            sum += Autograd.noGrad(() -> new CausalLmLoss().of(model.logits(x, Pass.inference()), x).item()) / 8;
        }
        return sum;
    }

    private static long cost(DecoderLM model, Tensor x) {
        return FlopCounter.count(() -> model.loss(x, Pass.training(Rng.of(1))).backward()).products();
    }

    @Tag("heavy")
    @Acceptance(topic = "mixture-of-depths", clause = 6)
    @Test void atEqualTrainingOperationsItIsAsGoodAsTheDenseTwin() {
        int steps = 600, width = 32, length = 128;
        double ratio = 0;
        for (int seed = 1; seed <= 3; seed++) {
            var routed = new DecoderLM(config(0.25, 4, width), Rng.of(seed));
            var dense = new DecoderLM(config(0.25, 4, width).eachBlock(b -> b.withDepth(null)), Rng.of(seed));
            var x = rows(TEXT, 8, length, Rng.of(1));
            int more = (int) (steps * (double) cost(dense, x) / cost(routed, x));
            train(dense, steps, 8, length, 4e-3, seed);
            train(routed, more, 8, length, 4e-3, seed);
            double a = held(routed, length), b = held(dense, length);
            ratio += a / b / 3;
        }
        Evidence.of("held-out loss over the dense twin's, mean of 3 seeds", ratio, atMost(1.03));
    }

    @Test void decodingGivesTheLogitsOfTheWholeSequence() {
        for (var base : new DecoderConfig[] {config(0.5, 4, 16),
                DecoderConfig.gpt2(128, 64, 3, 16, 4).withDepth(new DepthConfig(0.5), 1)}) {
            var model = new DecoderLM(base.withDeviation(0.3), Rng.of(3));
            var x = ids(2, 3, 24);
            var whole = model.logits(x, Pass.inference());
            var decoding = model.begin();
            near(decoding.all(x.narrow(1, 0, 9)), whole.narrow(1, 0, 9));
            for (int t = 9; t < 20; t++) near(decoding.next(x.narrow(1, t, 1)), whole.select(1, t));
            decoding.truncate(12);
            near(decoding.fork(2, 0).next(x.rows(2, 0).narrow(1, 12, 4)), whole.rows(2, 0).select(1, 15));
            decoding.truncate(10, 3, 12);
            var next = decoding.next(Tensor
                    .of(new long[] {x.get(0, 10).toLongArray()[0], x.get(1, 3).toLongArray()[0], x.get(2, 12).toLongArray()[0]}, 3, 1));
            near(next, Tensor.stack(0, whole.get(0, 10), whole.get(1, 3), whole.get(2, 12)));
            var hooks = Hooks.of(model);
            var chosen = hooks.capture("*.chosen");
            model.forward(x, Pass.inference().with(hooks));
            assertThat(chosen.lastEntry().getValue().to(DType.F32).mean().item()).isBetween(0.02, 0.98);
            assertThat(model.begin().bytes()).isZero();
        }
    }

    private static void near(Tensor a, Tensor b) { assertThat(a.sub(b).abs().max().item()).isLessThan(2e-5); }

    @Test void stateIsSavedAndCountedAndBadInputIsRefused() {
        var config = config(0.25, 4, 16);
        var model = new DecoderLM(config, Rng.of(1));
        assertThat(config.parameterCount()).isEqualTo(model.parameterCount());
        var other = Module.with(DecoderLM.skeleton(config), model.state());
        near(other.logits(ids(1, 2, 8), Pass.inference()), model.logits(ids(1, 2, 8), Pass.inference()));
        assertThatThrownBy(() -> new DepthConfig(0)).hasMessageContaining("capacity is 0");
        assertThatThrownBy(() -> new DepthConfig(Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> config.withDepth(new DepthConfig(0.5), 0)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> new DecoderLM(config.eachBlock(b -> b.positioned(RelativePosition.transformerXl())), Rng.of(1)))
                .hasMessageContaining("carry their positions");
        var layout = SequenceLayout.rightPadded(8, 8, 5);
        assertThatThrownBy(() -> model.logits(ids(1, 2, 8), layout, Pass.training(Rng.of(1)))).hasMessageContaining("whole rows");
        near(model.logits(ids(1, 2, 8), layout, Pass.inference()).get(1).narrow(0, 0, 5),
                model.logits(ids(1, 2, 8).get(1).narrow(0, 0, 5).unsqueeze(0), Pass.inference()).get(0));
        assertThat(new DecoderLM(config.eachBlock(b -> b.withDepth(b.depth() == null ? null : b.depth().withSquashed(true))), Rng.of(1))
                .logits(ids(1, 1, 3), Pass.training(Rng.of(1))).isFinite().all().toBooleanArray()[0]).isTrue();
    }
}
