package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.function.Function;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.Graph;
import lyceum.memory.Scope;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Stacks of blocks, and the whole model. */
class TransformerTest {
    private static final Golden GOLDEN = Golden.load("golden/transformer.json");
    private static final Attention CAUSAL = new Attention().withCausal(true);

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }

    static TransformerConfig config(int width, int heads, int hidden, boolean pre) {
        var c = TransformerConfig.original(width, heads, hidden)
                .withPlacement(pre ? TransformerConfig.Placement.PRE : TransformerConfig.Placement.POST);
        return wide(c);
    }

    static TransformerConfig wide(TransformerConfig c) { return c.withAttention(c.attention().withDtype(DType.F64)); }

    @Acceptance(topic = "transformer-encoder", clause = 1)
    @Test void encodersEqualPyTorchsWithPadding() {
        var gap = Gap.relativeBeyondOne();
        for (var c : GOLDEN.cases("encoder")) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            var encoder = twin.fill(new TransformerEncoder(config(n[1], n[0], n[2], c.flag("input.pre")), 2, Rng.of(0)));
            var x = twin.draw(2, n[3], n[1]).requiresGrad();
            int[] lengths = c.ints("input.lengths");
            var kept = AttentionMask.padding(lengths).seen(1, n[3]).reshape(2, n[3], 1).to(DType.F64);
            var y = encoder.forward(x, new Attention().withKeyLengths(Tensor.of(lengths)), Pass.inference()).mul(kept);
            twin.compare(gap, c, encoder.parameters(), List.of(x), List.of(y));
        }
        Evidence.of("encoders, pre- and post-norm", GOLDEN.cases("encoder").size(), exactly(6));
        Evidence.of("largest gap of outputs and gradients", gap, below(1e-5));
    }

    /** Encoder and decoder over features, as nn.Transformer has them. */
    private static final class Both extends Module {
        private final TransformerEncoder encoder;
        private final TransformerDecoder decoder;

        Both(TransformerConfig config) {
            encoder = new TransformerEncoder(config, 2, Rng.of(0));
            decoder = new TransformerDecoder(config.withCross(true), 2, Rng.of(0));
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { throw new UnsupportedOperationException("two inputs"); }

        Tensor forward(Tensor source, Tensor target, Attention mask) {
            return decoder.forward(target, encoder.forward(source, mask, Pass.inference()), null, mask, Pass.inference());
        }
    }

    @Acceptance(topic = "transformer", clause = 1)
    @Acceptance(topic = "attention-is-all-you-need", clause = 1)
    @Test void theWholeModelEqualsPyTorchs() {
        var gap = Gap.relativeBeyondOne();
        int post = 0;
        for (var c : GOLDEN.cases("model")) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            var model = twin.fill(new Both(config(n[1], n[0], n[2], c.flag("input.pre"))));
            Tensor source = twin.draw(2, n[4], n[1]).requiresGrad(), target = twin.draw(2, n[3], n[1]).requiresGrad();
            var y = model.forward(source, target, new Attention().withKeyLengths(Tensor.of(c.ints("input.lengths"))));
            twin.compare(gap, c, model.parameters(), List.of(source, target), List.of(y));
            if (!c.flag("input.pre")) post++;
        }
        Evidence.of("models", GOLDEN.cases("model").size(), exactly(4));
        Evidence.of("of them post-norm", post, exactly(2));
        Evidence.of("largest gap of outputs and gradients", gap, below(1e-5));
        // the class itself, over token numbers: one table, sinusoids, logits by the table
        var whole = Gap.relativeBeyondOne();
        int wholes = 0;
        for (var c : GOLDEN.cases("whole")) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            var model = twin.fill(new Transformer(config(n[1], n[0], n[2], c.flag("input.pre")), n[3], 2, Rng.of(0)));
            Tensor source = Tensor.of(c.ints("input.source")).reshape(2, -1), target = Tensor.of(c.ints("input.target")).reshape(2, -1);
            var y = model.forward(source, target, Tensor.of(c.ints("input.lengths")), Pass.inference());
            twin.compare(whole, c, model.parameters(), List.of(), List.of(y));
            wholes++;
        }
        Evidence.of("models over token numbers, two of them post-norm", wholes, exactly(4));
        Evidence.of("largest gap of their logits and gradients", whole, below(1e-5));
        Evidence.of("encoders apart", stackGap("encoder"), below(1e-5));
        Evidence.of("decoders apart", stackGap("decoder"), below(1e-5));
    }

    private static Gap stackGap(String name) {
        var gap = Gap.relativeBeyondOne();
        for (var c : GOLDEN.cases(name)) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            var options = config(n[1], n[0], n[2], c.flag("input.pre"));
            var mask = new Attention().withKeyLengths(Tensor.of(c.ints("input.lengths")));
            if (name.equals("decoder")) {
                var decoder = twin.fill(new TransformerDecoder(options.withCross(true), 2, Rng.of(0)));
                Tensor x = twin.draw(2, n[3], n[1]), memory = twin.draw(2, n[4], n[1]);
                gap.see(c, "expected.y.0", twin.trace(decoder.forward(x, memory, null, mask, Pass.inference())));
            } else {
                var encoder = twin.fill(new TransformerEncoder(options, 2, Rng.of(0)));
                var y = encoder.forward(twin.draw(2, n[3], n[1]), mask, Pass.inference());
                gap.see(c, "expected.y.0",
                        twin.trace(y.mul(AttentionMask.padding(c.ints("input.lengths")).seen(1, n[3]).reshape(2, n[3], 1).to(DType.F64))));
            }
        }
        return gap;
    }

    @Acceptance(topic = "transformer", clause = 2)
    @Test void theBaseModelsBlocksHaveThePapersNumbers() {
        var encoder = new TransformerBlock(TransformerConfig.original(512, 8, 2048), Rng.of(1));
        var decoder = new TransformerBlock(TransformerConfig.original(512, 8, 2048).causal().withCross(true), Rng.of(1));
        Evidence.of("numbers of an encoder block", encoder.parameterCount(), exactly(3_152_384));
        Evidence.of("numbers of a decoder block", decoder.parameterCount(), exactly(4_204_032));
        var model = Transformer.base(10, Rng.of(1));
        Evidence.of("all blocks of the base model", model.encoder().parameterCount() + model.decoder().parameterCount(),
                exactly(6 * (3_152_384 + 4_204_032)));
    }

    @Acceptance(topic = "attention-is-all-you-need", clause = 2)
    @Test void theBaseModelHasSixtyThreeMillion() {
        var c = TransformerConfig.original(512, 8, 2048);
        long count = 37_000L * 512 + 6 * (c.blockParameters() + c.withCross(true).blockParameters());
        Evidence.of("parameters by shapes, in millions", count / 1e6, between(63.1 * 0.99, 63.1 * 1.01));
        var small = new Transformer(TransformerConfig.original(16, 2, 24), 11, 2, Rng.of(1));
        var s = TransformerConfig.original(16, 2, 24);
        Evidence.of("the same count of a small model over its tensors'",
                (11L * 16 + 2 * (s.blockParameters() + s.withCross(true).blockParameters())) / (double) small.parameterCount(), exactly(1));
    }

    @Acceptance(topic = "attention-is-all-you-need", clause = 3)
    @Test void theRatePeaksAtStepFourThousand() {
        long best = 1;
        for (long step = 1; step <= 20_000; step++) if (Transformer.rate(512, 4000, step) > Transformer.rate(512, 4000, best)) best = step;
        Evidence.of("step of the peak", best, exactly(4000));
        Evidence.of("the peak", Transformer.rate(512, 4000, best), equalTo(6.988e-4, 5e-8));
        Evidence.of("step 1000 over the peak", Transformer.rate(512, 4000, 1000) / Transformer.rate(512, 4000, 4000), equalTo(0.25, 1e-12));
        Evidence.of("step 16000 over the peak", Transformer.rate(512, 4000, 16_000) / Transformer.rate(512, 4000, 4000),
                equalTo(0.5, 1e-12));
    }

    @Acceptance(topic = "attention-is-all-you-need", clause = 4)
    @Test void aLaterTargetChangesNoEarlierLogit() {
        var model = new Transformer(TransformerConfig.original(32, 4, 64), 20, 2, Rng.of(1));
        Tensor source = Tensor.randint(Rng.of(2), 0, 20, 2, 9), target = Tensor.randint(Rng.of(3), 0, 20, 2, 12);
        double[] before = model.forward(source, target, Pass.inference()).toDoubleArray();
        long earlier = 0, later = 0;
        for (int t = 0; t < 12; t++) {
            var changed = Tensor.concat(1, target.narrow(1, 0, t), target.narrow(1, t, 1).neg().add(19), target.narrow(1, t + 1, 11 - t));
            double[] after = model.forward(source, changed, Pass.inference()).toDoubleArray();
            for (int i = 0; i < after.length; i++) if (after[i] != before[i]) {
                if (i / 20 % 12 < t) earlier++;
                else later++;
            }
        }
        Evidence.of("earlier logits that moved", earlier, exactly(0));
        Evidence.of("logits from there on that moved", later, above(1000));
    }

    @Acceptance(topic = "transformer", clause = 3)
    @Test void withoutPositionsTheEncoderCommutesWithPermutations() {
        double worst = 0;
        for (int trial = 0; trial < 20; trial++) {
            var encoder = new TransformerEncoder(config(12, 3, 20, trial % 2 == 0), 3, Rng.of(trial));
            var x = normal(trial, 1, 9, 12);
            var order = Tensor.of(Rng.of(trial + 40).permutation(9));
            worst = Math.max(worst, distance(encoder.forward(x.indexSelect(1, order)), encoder.forward(x).indexSelect(1, order)));
        }
        Evidence.of("largest distance", worst, below(1e-5));
    }

    /** Trains source to target; gives the shares of right tokens and of wholly right sequences of fresh ones, decoded greedily step by step. */
    private static double[] trained(Transformer model, int tokens, int steps, double rate, Function<Rng, Tensor[]> pairs) {
        var optimizer = new Adam(rate).over(model.parameters());
        var rng = Rng.of(5);
        for (int step = 0; step < steps; step++) {
            if (step == steps * 2 / 3) optimizer.scaleRates(0.3);
            if (step < 50) optimizer.scaleRates(step == 0 ? 0.02 : (step + 1.0) / step);
            try (var scope = Scope.open("step")) {
                var pair = pairs.apply(rng);
                optimizer.zeroGrad();
                var logits = model.forward(pair[0], shifted(pair[1]), Pass.training(rng));
                new CrossEntropy().withIgnoreIndex(0).of(logits.reshape(-1, tokens), pair[1].flatten()).backward();
                optimizer.step();
            }
        }
        return Autograd.noGrad(() -> {
            long right = 0, all = 0, whole = 0, rows = 0;
            var fresh = Rng.of(99);
            for (int batch = 0; batch < 8; batch++) {
                var pair = pairs.apply(fresh);
                long n = pair[0].size(0), length = pair[1].size(1);
                var state = model.start(pair[0], null, Pass.inference());
                var last = Tensor.full(DType.I64, 1, n, 1);
                var wrong = new boolean[(int) n];
                for (int t = 0; t < length; t++) {
                    last = model.forward(last, state, Pass.inference()).argmax(-1);
                    long[] said = last.flatten().toLongArray(), wanted = pair[1].narrow(1, t, 1).flatten().toLongArray();
                    for (int i = 0; i < n; i++) {
                        if (wanted[i] == 0) continue;
                        all++;
                        if (said[i] == wanted[i]) right++;
                        else wrong[i] = true;
                    }
                }
                for (boolean w : wrong) {
                    rows++;
                    if (!w) whole++;
                }
            }
            return new double[] {(double) right / all, (double) whole / rows};
        });
    }

    /** The targets one place later, after the beginning, token 1. */
    private static Tensor shifted(Tensor target) {
        return Tensor.concat(1, Tensor.full(DType.I64, 1, target.size(0), 1), target.narrow(1, 0, target.size(1) - 1));
    }

    @Acceptance(topic = "transformer", clause = 4)
    @Tag("slow")
    @Test void itLearnsToSortTenDigits() {
        var model = new Transformer(TransformerConfig.original(64, 4, 128), 12, 2, Rng.of(1));
        double[] shares = trained(model, 12, 700, 2e-3, rng -> {
            var digits = Tensor.randint(rng, 2, 12, 64, 10);
            return new Tensor[] {digits, digits.sort(1).values()};
        });
        Evidence.of("wholly right of 512 fresh sequences", shares[1], atLeast(0.98));
    }

    @Tag("slow")
    @Test void itLearnsToReverseStringsOfEightToTwenty() {
        var model = new Transformer(TransformerConfig.original(64, 4, 128), 18, 1, Rng.of(2));
        double[] shares = trained(model, 18, 1800, 3e-3, rng -> {
            int length = 8 + rng.nextInt(13);
            var symbols = Tensor.randint(rng, 2, 18, 48, length);
            return new Tensor[] {symbols, symbols.flip(1)};
        });
        Evidence.of("right tokens of 384 fresh strings", shares[0], atLeast(0.99));
    }

    @Acceptance(topic = "transformer", clause = 5)
    @Acceptance(topic = "attention-is-all-you-need", clause = 6)
    @Test void theChainOfDependentStepsDoesNotGrowWithTheLength() {
        var block = new TransformerBlock(TransformerConfig.original(8, 2, 16), Rng.of(1));
        var deeper = new TransformerEncoder(TransformerConfig.original(8, 2, 16), 3, Rng.of(1));
        var depths = new int[3];
        var three = new int[3];
        var recurrent = new int[3];
        var gru = new Gru(new RnnConfig(8, 8), Rng.of(2));
        for (int i = 0; i < 3; i++) {
            int n = 8 << i;
            var x = normal(i, 1, n, 8).to(DType.F32);
            depths[i] = Graph.traceOne(block::forward, x).depth();
            three[i] = Graph.traceOne(deeper::forward, x).depth();
            recurrent[i] = Graph.traceOne(gru::forward, x).depth();
        }
        Evidence.of("a block's longest chain, n = 16 less n = 8", depths[1] - depths[0], exactly(0));
        Evidence.of("a block's longest chain, n = 32 less n = 8", depths[2] - depths[0], exactly(0));
        Evidence.of("three blocks' longest chain, n = 32 less n = 8", three[2] - three[0], exactly(0));
        Evidence.of("a recurrent layer's chain, n = 16 over n = 8", (double) recurrent[1] / recurrent[0], between(1.8, 2.2));
        Evidence.of("a recurrent layer's chain, n = 32 over n = 16", (double) recurrent[2] / recurrent[1], between(1.8, 2.2));
    }

    @Acceptance(topic = "transformer-encoder", clause = 3)
    @Test void everyOutputHearsBothSidesAndNoPadding() {
        double padded = 0, least = Double.POSITIVE_INFINITY;
        for (boolean pre : new boolean[] {false, true}) {
            var encoder = new TransformerEncoder(config(6, 2, 10, pre), 2, Rng.of(pre ? 1 : 2));
            var mask = new Attention().withKeyLengths(Tensor.of(5));
            var jacobian = Autograd.jacobian(x -> encoder.forward(x, mask, Pass.inference()), normal(3, 1, 8, 6)).reshape(8, 6, 8, 6);
            for (int t = 0; t < 5; t++) for (int s = 0; s < 8; s++) {
                double size = jacobian.get(t).narrow(1, s, 1).abs().max().item();
                if (s >= 5) padded = Math.max(padded, size);
                else least = Math.min(least, size);
            }
        }
        Evidence.of("least derivative by an earlier or later input", least, above(0));
        Evidence.of("largest derivative by padding", padded, exactly(0));
    }

    @Test void layerDropLeavesOutWholeBlocksWhileLearning() {
        var encoder = new TransformerEncoder(config(6, 2, 10, true).withLayerDrop(0.5), 4, Rng.of(1));
        var x = normal(1, 1, 3, 6);
        assertThat(distance(encoder.forward(x), encoder.forward(x))).isZero();
        var seen = new HashSet<Double>();
        for (int i = 0; i < 40; i++) seen.add(encoder.forward(x, Pass.training(Rng.of(i))).get(0).get(0).get(0).item());
        assertThat(seen).hasSizeBetween(8, 16);
        assertThat(encoder.hiddenStates(x, null, Pass.inference())).hasSize(5);
        assertThatThrownBy(() -> new TransformerEncoder(List.of())).hasMessageContaining("no block");
    }
}
