package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class TransformerDecoderTest {
    private static final Golden GOLDEN = Golden.load("golden/transformer.json");
    private static final Attention CAUSAL = new Attention().withCausal(true);

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }

    static TransformerConfig wide(TransformerConfig c) { return c.withAttention(c.attention().withDtype(DType.F64)); }

    @Acceptance(topic = "transformer-decoder", clause = 1)
    @Test void decodersEqualPyTorchs() {
        var gap = Gap.relativeBeyondOne();
        for (var c : GOLDEN.cases("decoder")) {
            int[] n = c.ints("input.sizes");
            var twin = new Twin((long) c.number("input.seed"));
            var decoder = twin.fill(
                    new TransformerDecoder(TransformerTest.config(n[1], n[0], n[2], c.flag("input.pre")).withCross(true), 2, Rng.of(0)));
            Tensor x = twin.draw(2, n[3], n[1]).requiresGrad(), memory = twin.draw(2, n[4], n[1]).requiresGrad();
            var y = decoder.forward(x, memory, null, new Attention().withKeyLengths(Tensor.of(c.ints("input.lengths"))), Pass.inference());
            twin.compare(gap, c, decoder.parameters(), List.of(x, memory), List.of(y));
        }
        Evidence.of("decoders, pre- and post-norm", GOLDEN.cases("decoder").size(), exactly(6));
        Evidence.of("largest gap of outputs and gradients", gap, below(1e-5));
    }

    @Acceptance(topic = "transformer-decoder", clause = 2)
    @Test void chunksAndStepsEqualTheWhole() {
        double chunks = 0, steps = 0;
        for (int trial = 0; trial < 50; trial++) {
            var rng = Rng.of(trial);
            boolean cross = trial % 2 == 0, pre = trial % 3 > 0;
            var c = TransformerTest.config(16, 4, 20, pre);
            c = c.withAttention(c.attention().withKeyHeads(trial % 4 == 0 ? 2 : 4)
                    .withPositions(trial % 5 == 0 ? new RotaryEmbedding(4, 100) : PositionalEncoding.none())).withCross(cross);
            if (trial % 7 == 1 && !cross && pre) c = c.withParallel(true);
            var decoder = new TransformerDecoder(c, 2, rng);
            int length = 2 + rng.nextInt(14);
            Tensor x = normal(trial, 2, length, 16), memory = cross ? normal(trial + 99, 2, 6, 16) : null;
            var whole = decoder.forward(x, memory, Pass.inference());
            var state = decoder.start(memory, null, Pass.inference());
            for (int at = 0; at < length;) {
                int n = 1 + rng.nextInt(length - at);
                chunks = Math.max(chunks, distance(decoder.forward(x.narrow(1, at, n), state, Pass.inference()), whole.narrow(1, at, n)));
                at += n;
            }
            state = decoder.start(memory, null, Pass.inference());
            for (int t = 0; t < length; t++)
                steps = Math.max(steps, distance(decoder.forward(x.narrow(1, t, 1), state, Pass.inference()), whole.narrow(1, t, 1)));
            assertThat(state.length()).isEqualTo(length);
        }
        Evidence.of("largest distance of chunks, 50 random splits", chunks, below(1e-5));
        Evidence.of("largest distance of single steps", steps, below(1e-5));
    }

    @Acceptance(topic = "transformer-decoder", clause = 3)
    @Test void noOutputDependsOnALaterTarget() {
        double later = 0, least = Double.POSITIVE_INFINITY;
        for (boolean pre : new boolean[] {false, true}) {
            var decoder = new TransformerDecoder(TransformerTest.config(6, 2, 10, pre).withCross(true), 2, Rng.of(1));
            var memory = normal(2, 1, 4, 6);
            var jacobian = Autograd.jacobian(x -> decoder.forward(x, memory, Pass.inference()), normal(3, 1, 7, 6)).reshape(7, 6, 7, 6);
            for (int t = 0; t < 7; t++) for (int s = 0; s < 7; s++) {
                double size = jacobian.get(t).narrow(1, s, 1).abs().max().item();
                if (s > t) later = Math.max(later, size);
                else least = Math.min(least, size);
            }
        }
        Evidence.of("largest derivative by a later target", later, exactly(0));
        Evidence.of("least by an earlier one", least, above(0));
    }

    @Test void segmentsAndStacksWithSomethingBetweenLeaveOutTheSameBlocks() {
        var config = TransformerTest.config(6, 2, 10, true).withLayerDrop(0.5);
        for (var positions : List.of(config.attention(), config.attention().withPositions(PositionalEncoding.learned(8)))) {
            var decoder = new TransformerDecoder(config.withAttention(positions), 4, Rng.of(1));
            var x = normal(2, 1, 5, 6);
            int dropped = 0;
            for (int seed = 1; seed <= 10; seed++) {
                var whole = decoder.forward(x, Pass.training(Rng.of(seed)));
                var seen = new ArrayList<Integer>();
                assertThat(distance(decoder.segment(x, null, Pass.training(Rng.of(seed))).output(), whole)).isLessThan(1e-12);
                assertThat(distance(decoder.forward(x, (SequenceLayout) null, (layer, h) -> {
                    seen.add(layer);
                    return h;
                }, Pass.training(Rng.of(seed))), whole)).isLessThan(1e-12);
                assertThat(seen).containsExactly(0, 1, 2, 3);
                if (distance(whole, decoder.forward(x, Pass.inference())) > 1e-9) dropped++;
            }
            assertThat(dropped).isGreaterThan(4);
        }
    }

    @Acceptance(topic = "transformer-decoder", clause = 4)
    @Test void withoutMemoryItIsACausallyMaskedEncoder() {
        long differ = 0, compared = 0;
        for (boolean pre : new boolean[] {false, true}) {
            var c = TransformerConfig.original(32, 4, 64)
                    .withPlacement(pre ? TransformerConfig.Placement.PRE : TransformerConfig.Placement.POST);
            TransformerDecoder decoder = new TransformerDecoder(c, 3, Rng.of(1));
            var encoder = new TransformerEncoder(c, 3, Rng.of(2));
            encoder.load(decoder.state());
            var x = Tensor.randn(Rng.of(3), DType.F32, 2, 33, 32).compute();
            double[] a = decoder.forward(x).toDoubleArray(), b = encoder.forward(x, CAUSAL, Pass.inference()).toDoubleArray();
            for (int i = 0; i < a.length; i++) if (Double.doubleToRawLongBits(a[i]) != Double.doubleToRawLongBits(b[i])) differ++;
            compared += a.length;
        }
        Evidence.of("numbers that differ of " + compared, differ, exactly(0));
    }

    @Test void beamsFindWhatTryingEverythingFinds() {
        var model = new Transformer(TransformerTest.wide(TransformerConfig.original(8, 2, 12)), 5, 1, Rng.of(4));
        var source = Tensor.of(new long[] {2, 3, 4}, 1, 3);
        int begin = 1, end = 0, longest = 4;
        Map<List<Integer>, Double> all = new LinkedHashMap<>();
        everything(model, source, List.of(), 0, begin, end, longest, all);
        for (double alpha : new double[] {0, 0.6}) {
            List<Integer> best = null;
            double top = Double.NEGATIVE_INFINITY;
            for (var e : all.entrySet()) {
                double score = e.getValue() / Math.pow((5.0 + e.getKey().size()) / 6, alpha);
                if (score > top) {
                    top = score;
                    best = e.getKey();
                }
            }
            var found = new BeamSearch(700, alpha, longest).search(model, source, begin, end);
            assertThat(found.getFirst().tokens()).isEqualTo(best);
            assertThat(found.getFirst().score()).isCloseTo(top, within(1e-9));
        }
        var greedy = new BeamSearch(1, 0, longest).search(model, source, begin, end);
        assertThat(greedy).hasSize(1);
        assertThat(all.get(greedy.getFirst().tokens())).isCloseTo(greedy.getFirst().logProbability(), within(1e-9));
    }

    private static void everything(Transformer model, Tensor source, List<Integer> said, double log, int begin, int end, int longest,
            Map<List<Integer>, Double> all) {
        if (said.size() == longest || !said.isEmpty() && said.getLast() == end) {
            all.put(said, log);
            return;
        }
        var input = new long[said.size() + 1];
        input[0] = begin;
        for (int i = 0; i < said.size(); i++) input[i + 1] = said.get(i);
        double[] logs = model.forward(source, Tensor.of(input, 1, input.length), Pass.inference()).narrow(1, said.size(), 1).flatten()
                .logSoftmax(-1).toDoubleArray();
        for (int token = 0; token < logs.length; token++) {
            var more = new ArrayList<>(said);
            more.add(token);
            everything(model, source, more, log + logs[token], begin, end, longest, all);
        }
    }

    /** A fork without names is of all rows, their memories too. */
    @Test void aForkOfAllRowsSeesTheSameMemory() {
        var decoder = new TransformerDecoder(TransformerConfig.original(8, 2, 16).withCross(true), 2, Rng.of(1));
        Tensor memory = Tensor.randn(Rng.of(2), 3, 5, 8).compute(), x = Tensor.randn(Rng.of(3), 3, 4, 8).compute();
        var state = decoder.start(memory, null, Pass.inference());
        decoder.forward(x.narrow(1, 0, 3), state, Pass.inference());
        var fork = state.fork();
        var y = decoder.forward(x.narrow(1, 3, 1), fork, Pass.inference());
        assertThat(distance(y, decoder.forward(x, memory, Pass.inference()).narrow(1, 3, 1))).isLessThan(1e-5);
        assertThat(state.length()).isEqualTo(3);
    }

    /** What a beam search does in a scope of its own outlives it. */
    @Test void aForkOutlivesTheScopeItWasMadeIn() {
        for (var config : List.of(TransformerConfig.original(8, 2, 16).withCross(true),
                TransformerConfig.original(8, 2, 16).withCross(true).withMixer(new HyenaConfig(8, 2, 16)))) {
            var decoder = new TransformerDecoder(config, 1, Rng.of(1));
            Tensor memory = Tensor.randn(Rng.of(2), 3, 5, 8).compute(), x = Tensor.randn(Rng.of(3), 3, 4, 8).compute();
            var state = decoder.start(memory, null, Pass.inference());
            decoder.forward(x.narrow(1, 0, 3), state, Pass.inference());
            TransformerDecoder.State fork;
            try (var scope = Scope.open("step")) {
                fork = state.fork(2, 0);
            }
            var y = decoder.forward(x.rows(2, 0).narrow(1, 3, 1), fork, Pass.inference());
            assertThat(distance(y, decoder.forward(x, memory, Pass.inference()).rows(2, 0).narrow(1, 3, 1))).isLessThan(1e-5);
        }
    }
}
