package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Packing;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

/** One value picks how order is told. */
class PositionalEncodingTest {
    private static double distance(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }

    /** All schemes for a width and head width. */
    static Map<String, PositionalEncoding> schemes(int width, int headWidth, boolean bidirectional) {
        var all = new LinkedHashMap<String, PositionalEncoding>();
        all.put("sinusoidal", new SinusoidalPositions(width, 10_000, true, 1, 0));
        all.put("learned", PositionalEncoding.learned(512));
        all.put("rotary", PositionalEncoding.rotary(headWidth));
        all.put("rotary, neighbours, half of the width", new RotaryEmbedding(RotaryEmbedding.frequencies(headWidth / 2, 10_000), true));
        all.put("ALiBi", PositionalEncoding.alibi());
        all.put("T5's buckets", RelativePosition.t5(bidirectional));
        all.put("Shaw's offsets", RelativePosition.shaw(16));
        all.put("Transformer-XL's", RelativePosition.transformerXl());
        return all;
    }

    @Acceptance(topic = "positional-encoding", clause = 1)
    @Test void withoutOneAnEncoderSeesABag() {
        var config = TransformerConfig.original(32, 4, 64).withPlacement(TransformerConfig.Placement.PRE);
        config = config.withAttention(config.attention().withDtype(DType.F64));
        Evidence.of("without: largest distance from equivariance", moved(config, 0), below(1e-6));
        double least = Double.POSITIVE_INFINITY;
        int schemes = 0;
        for (var scheme : schemes(32, 8, true).entrySet()) {
            double moved = moved(config.positioned(scheme.getValue()), 1);
            assertThat(moved).as(scheme.getKey()).isGreaterThan(1e-3);
            least = Math.min(least, moved);
            schemes++;
        }
        Evidence.of("other schemes", schemes, exactly(8));
        Evidence.of("least distance with any of them, over all permutations", least, above(1e-3));
    }

    /** Distance of an encoder's outputs from equivariance over 20 permutations: the largest, or the least. */
    private static double moved(TransformerConfig config, int least) {
        var encoder = new TransformerEncoder(config, 2, Rng.of(1));
        double largest = 0, smallest = Double.POSITIVE_INFINITY;
        for (int trial = 0; trial < 20; trial++) {
            var x = Tensor.randn(Rng.of(trial), DType.F64, 1, 14, 32).compute();
            var order = Tensor.of(Rng.of(500 + trial).permutation(14));
            double moved = distance(encoder.forward(x.indexSelect(1, order)), encoder.forward(x).indexSelect(1, order));
            largest = Math.max(largest, moved);
            smallest = Math.min(smallest, moved);
        }
        return least == 0 ? largest : smallest;
    }

    @Acceptance(topic = "positional-encoding", clause = 2)
    @Test void relativeSchemesIgnoreACommonShift() {
        double worst = 0, absolute = Double.POSITIVE_INFINITY;
        int schemes = 0;
        for (var scheme : schemes(32, 8, true).entrySet()) {
            boolean embedded = scheme.getValue().atEmbeddings(32, DType.F32, Rng.of(1)) != null;
            var layer = new MultiHeadAttention(new AttentionConfig(32, 4).withPositions(scheme.getValue()), Rng.of(1));
            var codes = scheme.getValue().atEmbeddings(32, DType.F32, Rng.of(1));
            for (long shift : new long[] {1, 17, 100, 300}) {
                var x = Tensor.randn(Rng.of(shift), DType.F32, 1, 12, 32).compute();
                double change = distance(logits(layer, codes, x, 0), logits(layer, codes, x, shift));
                if (embedded) absolute = Math.min(absolute, change);
                else worst = Math.max(worst, change);
            }
            schemes += embedded ? 0 : 1;
        }
        Evidence.of("rotary (2), ALiBi and relative schemes (3)", schemes, exactly(6));
        Evidence.of("largest change of a logit under shifts up to 300", worst, below(1e-5));
        Evidence.of("least change of sinusoids' and a learned table's", absolute, above(1e-3));
    }

    /** Logits of the layer, up to a number a row, with so many hidden positions before: x is what a cache goes on with. */
    private static Tensor logits(MultiHeadAttention layer, PositionLayer codes, Tensor x, long shift) {
        var cache = KvCache.contiguous();
        var seen = Tensor.arange(shift + x.size(1)).ge(shift).reshape(1, 1, 1, -1);
        if (shift > 0) layer.forward(Tensor.randn(Rng.of(9), DType.F32, 1, shift, 32), cache, Pass.inference());
        var hooks = Hooks.of(layer);
        var weights = new Tensor[1];
        hooks.on("weights", (name, in, out) -> weights[0] = out);
        var at = codes == null ? x : codes.forward(x, shift, Pass.inference());
        layer.forward(at, cache, new Attention().withBias(seen), Pass.inference().with(hooks));
        var logs = weights[0].narrow(3, shift, x.size(1)).to(DType.F64).log();
        return logs.sub(logs.mean(3, true));
    }

    @Acceptance(topic = "positional-encoding", clause = 4)
    @Test void cachedDecodingGoesOnWhereTheCacheEnds() {
        double worst = 0, restarted = Double.POSITIVE_INFINITY;
        int schemes = 0;
        var config = TransformerConfig.original(32, 4, 64).withPlacement(TransformerConfig.Placement.PRE);
        var all = schemes(32, 8, false);
        all.put("none", PositionalEncoding.none());
        all.put("YaRN", new RotaryEmbedding(8, 10_000, new RopeScaling.Yarn(4, 16), false));
        for (var scheme : all.entrySet()) {
            var decoder = new TransformerDecoder(config.positioned(scheme.getValue()), 2, Rng.of(2));
            var x = Tensor.randn(Rng.of(3), DType.F32, 2, 40, 32).compute();
            var whole = decoder.forward(x);
            for (int chunk : new int[] {1, 7, 39}) {
                var state = decoder.start(null, null, Pass.inference());
                for (int at = 0; at < 40; at += chunk) {
                    int n = Math.min(chunk, 40 - at);
                    worst = Math.max(worst, distance(decoder.forward(x.narrow(1, at, n), state, Pass.inference()), whole.narrow(1, at, n)));
                }
            }
            if (!scheme.getKey().equals("none")) {
                var late = decoder.forward(x.narrow(1, 20, 20)).narrow(1, 19, 1);
                restarted = Math.min(restarted, distance(late, whole.narrow(1, 39, 1)));
            }
            schemes++;
        }
        Evidence.of("schemes", schemes, exactly(10));
        Evidence.of("largest distance from the whole pass, in steps of 1, 7 and 39", worst, below(1e-5));
        Evidence.of("least distance of a pass that forgets what was before", restarted, above(1e-3));
    }

    /** Slots of a rolling cache lie in no order, which distances would need: layers whose scores ask for it keep all keys. */
    @Test void stepsInAWindowEqualTheWholeForEveryScheme() {
        var all = schemes(32, 8, false);
        all.put("dynamic", new RotaryEmbedding(8, 10_000, new RopeScaling.DynamicNtk(2, 6), false));
        for (var scheme : all.entrySet()) {
            var config = new AttentionConfig(32, 4).withPositions(scheme.getValue()).withPattern(new SlidingWindowAttention(5));
            var layer = new MultiHeadAttention(config, Rng.of(4));
            var x = Tensor.randn(Rng.of(5), DType.F32, 1, 17, 32).compute();
            var cache = layer.start();
            for (int t = 0; t < 17; t++) {
                var whole = layer.forward(x.narrow(1, 0, t + 1)).narrow(1, t, 1);
                assertThat(distance(layer.forward(x.narrow(1, t, 1), cache, Pass.inference()), whole)).as(scheme.getKey()).isLessThan(1e-5);
            }
        }
        var sloped = new MultiHeadAttention(
                new AttentionConfig(32, 4).withPositions(PositionalEncoding.alibi()).withPattern(new SlidingWindowAttention(5)), Rng.of(4));
        assertThatThrownBy(() -> sloped.forward(Tensor.zeros(1, 1, 32), new SlidingWindowAttention(5).cache(), Pass.inference()))
                .hasMessageContaining("KvCache.contiguous()");
    }

    /** Rows of unequal lengths in one state: each goes on from its own place, whichever way order is told. */
    @Test void rowsOfUnequalLengthsCountTheirOwnPositions() {
        var config = TransformerConfig.original(32, 4, 64).withPlacement(TransformerConfig.Placement.PRE);
        long[] lengths = {3, 9, 6};
        for (var scheme : schemes(32, 8, false).entrySet()) {
            var decoder = new TransformerDecoder(config.positioned(scheme.getValue()), 2, Rng.of(2));
            Tensor x = Tensor.randn(Rng.of(3), 3, 9, 32).compute(), more = Tensor.randn(Rng.of(4), 3, 2, 32).compute();
            var state = decoder.start(null, null, Pass.inference());
            decoder.forward(x, state, Pass.inference());
            state.truncate(lengths);
            var y = decoder.forward(more, state, Pass.inference());
            for (int b = 0; b < 3; b++) {
                var own = decoder.forward(Tensor.concat(1, x.narrow(0, b, 1).narrow(1, 0, lengths[b]), more.narrow(0, b, 1)));
                assertThat(distance(y.narrow(0, b, 1), own.narrow(1, lengths[b], 2))).as(scheme.getKey()).isLessThan(1e-5);
            }
        }
    }

    /** Padding on the left: given positions, or distances alone, make a padded prompt equal to itself without padding. */
    @Test void packedAndMaskedInputsKeepTheirDistances() {
        for (var scheme : schemes(32, 8, true).entrySet()) {
            if (scheme.getValue().atEmbeddings(32, DType.F32, Rng.of(1)) != null) continue;
            var layer = new MultiHeadAttention(new AttentionConfig(32, 4).withPositions(scheme.getValue()), Rng.of(4));
            var x = Tensor.randn(Rng.of(5), DType.F32, 1, 13, 32).compute();
            var packed = new Attention().withPacking(Packing.of(5, 8));
            var y = layer.forward(x, x, packed, Pass.inference());
            assertThat(distance(y.narrow(1, 0, 5), layer.forward(x.narrow(1, 0, 5)))).as(scheme.getKey()).isLessThan(1e-5);
            assertThat(distance(y.narrow(1, 5, 8), layer.forward(x.narrow(1, 5, 8)))).as(scheme.getKey()).isLessThan(1e-5);
        }
    }

    @Test void stacksRunInBf16AndCopiesKeepWhatIsShared() {
        for (var scheme : schemes(32, 8, true).entrySet()) {
            var config = TransformerConfig.original(32, 4, 64).withPlacement(TransformerConfig.Placement.PRE).positioned(scheme.getValue());
            var encoder = new TransformerEncoder(config, 2, Rng.of(6));
            var x = Tensor.randn(Rng.of(7), DType.F32, 2, 9, 32).compute();
            var half = Module.to(Module.copy(encoder), DType.BF16);
            assertThat(half.forward(x.to(DType.BF16)).dtype()).as(scheme.getKey()).isEqualTo(DType.BF16);
            assertThat(distance(half.forward(x.to(DType.BF16)), encoder.forward(x))).as(scheme.getKey()).isLessThan(0.15);
            assertThat(half.parameters().keySet()).isEqualTo(encoder.parameters().keySet());
            assertThat(distance(Module.copy(encoder).forward(x), encoder.forward(x))).isZero();
        }
    }

    /** Weights that a hook puts in their place also meet Shaw's values. */
    @Test void hooksReplaceTheWeightsThatShawsValuesMeet() {
        var layer = new MultiHeadAttention(new AttentionConfig(8, 2).withPositions(RelativePosition.shaw(3)), Rng.of(8));
        var x = Tensor.randn(Rng.of(9), DType.F32, 1, 5, 8).compute();
        var hooks = Hooks.of(layer);
        hooks.replace("weights", w -> Tensor.eye(5).reshape(1, 1, 5, 5).expand(1, 2, 5, 5));
        var found = hooks.capture("z");
        layer.forward(x, Pass.inference().with(hooks));
        var state = layer.state();
        var v = x.matmul(state.get("v_proj.weight").transpose()).add(state.get("v_proj.bias")).reshape(1, 5, 2, 4).transpose(1, 2);
        assertThat(distance(found.get("z"), v.add(state.get("positions.values").get(3)))).isLessThan(1e-5);
    }

    /** A mask's own bias, key lengths and a prefix of keys go with positions in the scores. */
    @Test void biasesOfMasksAddToThoseOfPositions() {
        for (var scheme : schemes(32, 8, true).entrySet()) {
            if (scheme.getValue().atEmbeddings(32, DType.F32, Rng.of(1)) != null) continue;
            var layer = new MultiHeadAttention(new AttentionConfig(32, 4).withPositions(scheme.getValue()), Rng.of(4));
            var x = Tensor.randn(Rng.of(5), DType.F32, 2, 9, 32).compute();
            var lengths = layer.forward(x, x, new Attention().withKeyLengths(Tensor.of(6L, 6L)), Pass.inference()).narrow(1, 0, 6);
            var hidden = Tensor.arange(9).lt(6).reshape(1, 1, 1, 9);
            var flags = layer.forward(x, x, new Attention().withBias(hidden), Pass.inference()).narrow(1, 0, 6);
            var numbers = hidden.where(Tensor.zeros(1), Tensor.full(DType.F32, Double.NEGATIVE_INFINITY, 1));
            var added = layer.forward(x, x, new Attention().withBias(numbers), Pass.inference()).narrow(1, 0, 6);
            var cut = layer.forward(x.narrow(1, 0, 6));
            for (var y : List.of(lengths, flags, added)) assertThat(distance(y, cut)).as(scheme.getKey()).isLessThan(1e-5);
        }
    }

    /** Encoder and decoder of a whole transformer by each scheme; a decoder's steps equal the whole, and T5's decoder looks back alone. */
    @Test void transformersTakeAnyScheme() {
        for (var scheme : schemes(16, 4, true).entrySet()) {
            var model = new Transformer(TransformerConfig.original(16, 4, 32).positioned(scheme.getValue()), 11, 2, Rng.of(3));
            Tensor source = Tensor.randint(Rng.of(4), 0, 11, 2, 7), target = Tensor.randint(Rng.of(5), 0, 11, 2, 6);
            var whole = model.forward(source, target, Pass.inference());
            var state = model.start(source, null, Pass.inference());
            for (int t = 0; t < 6; t++)
                assertThat(distance(model.forward(target.narrow(1, t, 1), state, Pass.inference()), whole.narrow(1, t, 1)))
                        .as(scheme.getKey()).isLessThan(1e-5);
        }
        var t5 = new Transformer(TransformerConfig.original(16, 4, 32).positioned(RelativePosition.t5(true)), 11, 2, Rng.of(3));
        assertThat(t5.decoder().layers().getFirst().attention().config().positions()).isEqualTo(RelativePosition.t5(false));
        assertThat(t5.encoder().layers().getFirst().attention().config().positions()).isEqualTo(RelativePosition.t5(true));
    }
}
