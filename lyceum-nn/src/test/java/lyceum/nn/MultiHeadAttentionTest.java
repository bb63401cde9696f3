package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Profile;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class MultiHeadAttentionTest {
    private static final Golden GOLDEN = Golden.load("golden/attention-layer.json");

    private static Tensor normal(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }

    /** Runs the layer of a case beside PyTorch's: outputs, all gradients; gives the gap of its weights apart. */
    static Gap twin(Golden c, DType type, Gap gap) {
        int[] n = c.ints("input.sizes");
        int batch = n[0], heads = n[1], d = n[2], queries = n[3], keys = n[4];
        var twin = new Twin((long) c.number("input.seed"));
        var layer = twin.fill(new MultiHeadAttention(
                new AttentionConfig(heads * d, heads).withKeyWidth(n[5]).withValueWidth(n[6]).withDtype(type), Rng.of(0)));
        boolean wide = c.text("name").equals("wide");
        var inputs = new ArrayList<Tensor>();
        inputs.add(twin.draw(batch, queries, heads * d).to(type).requiresGrad());
        if (c.flag("input.cross")) inputs.add(twin.draw(batch, keys, n[5]).to(type).requiresGrad());
        if (wide) inputs.add(twin.draw(batch, keys, n[6]).to(type).requiresGrad());
        double[] u = twin.uniforms(queries * keys);
        var seen = new boolean[queries * keys];
        for (int i = 0; i < seen.length; i++) seen[i] = u[i] < 0.6 || i % keys == i / keys % keys;
        var attention = c.flag("input.masked") ? new Attention().withBias(Tensor.of(seen).reshape(1, 1, queries, keys)) : new Attention();
        Tensor x = inputs.getFirst(), k = inputs.size() > 1 ? inputs.get(1) : x, v = inputs.getLast();
        twin.compare(gap, c, layer.parameters(), inputs, List.of(layer.forward(x, k, v, attention, Pass.inference())));
        return Gap.absolute().see(c, "expected.weights", twin.trace(layer.weights(x, k, attention).values()));
    }

    @Acceptance(topic = "multi-head-attention", clause = 1)
    @Test void outputAndAllGradientsEqualPyTorchsOverConfigurations() {
        var gap = Gap.relativeBeyondOne();
        int masked = 0, most = 0;
        var cases = GOLDEN.cases("self");
        for (var c : cases) {
            twin(c, DType.F64, gap);
            if (c.flag("input.masked")) masked++;
            most = Math.max(most, c.ints("input.sizes")[1]);
        }
        Evidence.of("configurations", cases.size(), atLeast(30));
        Evidence.of("of them masked", masked, atLeast(10));
        Evidence.of("most heads", most, exactly(16));
        Evidence.of("largest gap of outputs and gradients", gap, below(1e-5));
    }

    @Acceptance(topic = "cross-attention", clause = 1)
    @Test void distinctWidthsOfKeysAndValuesEqualPyTorchs() {
        var gap = Gap.relativeBeyondOne();
        var cases = GOLDEN.cases("wide");
        for (var c : cases) twin(c, DType.F64, gap);
        Evidence.of("configurations", cases.size(), exactly(20));
        Evidence.of("largest gap of outputs and gradients", gap, below(1e-5));
    }

    @Acceptance(topic = "attention-weights", clause = 1)
    @Test void weightsOfEachHeadEqualPyTorchs() {
        double worst = 0;
        int seen = 0;
        for (var c : GOLDEN.list("cases")) {
            worst = Math.max(worst, twin(c, DType.F64, Gap.absolute()).worst());
            seen++;
        }
        Evidence.of("layers", seen, exactly(120));
        Evidence.of("largest gap of the weights", worst, below(1e-6));
    }

    @Acceptance(topic = "attention-weights", clause = 2)
    @Acceptance(topic = "attention-weights", clause = 3)
    @Test void rowsAreDistributionsAndOutputsLieBetweenTheValues() {
        double least = Double.POSITIVE_INFINITY, gap = 0, outside = Double.NEGATIVE_INFINITY;
        long rows = 0;
        for (int trial = 0; rows < 1000; trial++) {
            Tensor q = Tensor.randn(Rng.of(trial), DType.F32, 2, 3, 10, 8).mul(4).compute(),
                    k = Tensor.randn(Rng.of(trial + 99), DType.F32, 2, 3, 13, 8).compute(),
                    v = Tensor.randn(Rng.of(trial + 999), DType.F32, 2, 3, 13, 5).compute();
            var weights = new AttentionWeights(new Attention().weights(q, k));
            least = Math.min(least, weights.values().min().item());
            gap = Math.max(gap, weights.rowGap());
            rows += 60;
            var y = new Attention().of(q, k, v);
            Tensor low = v.min(2, true), high = v.max(2, true);
            var size = low.abs().maximum(high.abs());
            outside = Math.max(outside, low.sub(y).maximum(y.sub(high)).div(size).max().item());
        }
        Evidence.of("rows", rows, atLeast(1000));
        Evidence.of("least weight", least, atLeast(0));
        Evidence.of("largest gap of a row's sum from 1", gap, atMost(1e-6));
        Evidence.of("furthest outside of the values, relative", outside, atMost(1e-6));
    }

    @Acceptance(topic = "attention-weights", clause = 4)
    @Test void lookingChangesNoBitOfTheOutput() {
        long differ = 0, compared = 0;
        for (int length : new int[] {1, 5, 40, 130}) {
            var layer = new MultiHeadAttention(new AttentionConfig(32, 4).withKeyHeads(2), Rng.of(length));
            var x = Tensor.randn(Rng.of(length + 1), DType.F32, 2, length, 32).compute();
            var hooks = Hooks.of(layer);
            var seen = hooks.capture("weights");
            double[] plain = layer.forward(x).toDoubleArray(), watched = layer.forward(x, Pass.inference().with(hooks)).toDoubleArray();
            for (int i = 0; i < plain.length; i++)
                if (Double.doubleToRawLongBits(plain[i]) != Double.doubleToRawLongBits(watched[i])) differ++;
            compared += plain.length;
            Evidence.of(length + " positions: captured weights from the layer's own",
                    distance(seen.get("weights"), layer.weights(x, x).values()), exactly(0));
            var uniform = Hooks.of(layer);
            uniform.replace("weights", w -> w.onesLike().div(length));
            Evidence.of(length + " positions: other weights come through",
                    length == 1 ? 1 : distance(layer.forward(x, Pass.inference().with(uniform)), layer.forward(x)), above(1e-3));
        }
        Evidence.of("numbers that differ of " + compared, differ, exactly(0));
    }

    @Test void entropyAndSupportAreTheirFormulas() {
        var weights = new AttentionWeights(Tensor.of(0.5, 0.5, 0, 0, 0.25, 0.25, 0.25, 0.25, 1, 0, 0, 0).reshape(1, 3, 4));
        assertThat(weights.entropy().toDoubleArray()).containsExactly(new double[] {Math.log(2), Math.log(4), 0}, within(1e-14));
        assertThat(weights.effectiveSupport().toDoubleArray()).containsExactly(new double[] {2, 4, 1}, within(1e-13));
        assertThat(weights.headMean().shape().toArray()).containsExactly(3, 4);
    }

    @Acceptance(topic = "multi-head-attention", clause = 2)
    @Test void oneHeadIsTheFunctionOnItsProjections() {
        double worst = 0;
        for (int trial = 0; trial < 30; trial++) {
            var layer = new MultiHeadAttention(new AttentionConfig(6, 1).withDtype(DType.F64), Rng.of(trial));
            var x = normal(trial, 1, 7, 6);
            var p = layer.parameters();
            Tensor q = x.matmul(p.get("q_proj.weight").transpose()).add(p.get("q_proj.bias")),
                    k = x.matmul(p.get("k_proj.weight").transpose()).add(p.get("k_proj.bias")),
                    v = x.matmul(p.get("v_proj.weight").transpose()).add(p.get("v_proj.bias"));
            var y = q.matmul(k.transpose()).div(Math.sqrt(6)).softmax(-1).matmul(v).matmul(p.get("o_proj.weight").transpose())
                    .add(p.get("o_proj.bias"));
            worst = Math.max(worst, distance(layer.forward(x), y));
        }
        Evidence.of("largest distance of 30 layers", worst, below(1e-13));
    }

    @Acceptance(topic = "cross-attention", clause = 2)
    @Test void theOrderOfTheMemoryDoesNotMatter() {
        var layer = new MultiHeadAttention(new AttentionConfig(16, 4).withKeyWidth(10).withValueWidth(10), Rng.of(1));
        double worst = 0;
        for (int trial = 0; trial < 30; trial++) {
            Tensor x = normal(trial, 1, 5, 16).to(DType.F32), memory = normal(trial + 50, 1, 12, 10).to(DType.F32);
            var order = Tensor.of(Rng.of(trial).permutation(12));
            worst = Math.max(worst,
                    distance(layer.forward(x, memory, Pass.inference()), layer.forward(x, memory.indexSelect(1, order), Pass.inference())));
        }
        Evidence.of("largest change", worst, below(1e-6));
    }

    @Acceptance(topic = "cross-attention", clause = 3)
    @Test void aMemoryIsProjectedOnceForAllSteps() {
        var decoder = new TransformerDecoder(TransformerConfig.original(16, 4, 20).withCross(true), 1, Rng.of(2));
        Tensor x = normal(1, 2, 20, 16).to(DType.F32), memory = normal(2, 2, 9, 16).to(DType.F32);
        var whole = decoder.forward(x, memory, Pass.inference());
        double worst = 0;
        for (int steps : new int[] {1, 7, 20}) {
            int[] projections = {0};
            var hooks = Hooks.of(decoder);
            for (var name : List.of("*cross_attention.k_proj", "*cross_attention.v_proj")) hooks.on(name, (at, in, out) -> {
                projections[0]++;
                return out;
            });
            var pass = Pass.inference().with(hooks);
            var state = decoder.start(memory, null, pass);
            for (int t = 0; t < steps; t++)
                worst = Math.max(worst, distance(decoder.forward(x.narrow(1, t, 1), state, pass), whole.narrow(1, t, 1)));
            Evidence.of("projections of keys and of values in " + steps + " steps", projections[0], exactly(2));
        }
        Evidence.of("largest distance of the steps from one call", worst, below(1e-6));
    }

    @Acceptance(topic = "cross-attention", clause = 4)
    @Test void paddedMemoryEqualsTrimmedMemory() {
        var layer = new MultiHeadAttention(new AttentionConfig(16, 2), Rng.of(3));
        double worst = 0;
        for (int trial = 0; trial < 30; trial++) {
            int length = 1 + trial % 11;
            Tensor x = normal(trial, 1, 6, 16).to(DType.F32), memory = normal(trial + 50, 1, 12, 16).to(DType.F32);
            worst = Math.max(worst, distance(layer.forward(x, memory, new Attention().withKeyLengths(Tensor.of(length)), Pass.inference()),
                    layer.forward(x, memory.narrow(1, 0, length), Pass.inference())));
        }
        Evidence.of("largest distance", worst, below(1e-6));
    }

    @Acceptance(topic = "gqa", clause = 1)
    @Test void sharedHeadsEqualRepeatedOnes() {
        for (int keyHeads : new int[] {1, 2, 4, 8}) {
            var grouped = new MultiHeadAttention(new AttentionConfig(32, 8).withKeyHeads(keyHeads), Rng.of(keyHeads));
            var x = normal(keyHeads, 2, 11, 32).to(DType.F32);
            var full = new MultiHeadAttention(new AttentionConfig(32, 8), Rng.of(0));
            var state = new HashMap<>(grouped.state());
            state.replaceAll((name, t) -> name.startsWith("k_") || name.startsWith("v_") ? repeated(t, keyHeads, 8 / keyHeads) : t);
            full.load(state);
            Evidence.of(keyHeads + " heads of keys: distance from repeated ones", distance(grouped.forward(x), full.forward(x)),
                    below(1e-6));
        }
    }

    /** Each block of 4 rows, {@code times} times. */
    private static Tensor repeated(Tensor t, int heads, int times) {
        var parts = new ArrayList<Tensor>();
        for (int h = 0; h < heads; h++) for (int i = 0; i < times; i++) parts.add(t.detach().narrow(0, 4L * h, 4));
        return Tensor.concat(0, parts.toArray(Tensor[]::new));
    }

    @Acceptance(topic = "gqa", clause = 2)
    @Test void theCacheShrinksByTheGroup() {
        int layers = 3, tokens = 37, heads = 8, headWidth = 16;
        for (var type : List.of(DType.F32, DType.BF16)) for (int keyHeads : new int[] {8, 4, 2, 1}) {
            long bytes = 0;
            for (int l = 0; l < layers; l++) {
                var cache = KvCache.contiguous();
                decode(keyHeads, type, tokens, l, cache);
                bytes += cache.bytes();
            }
            Evidence.of(type + ", " + keyHeads + " heads of keys: bytes of the cache", bytes,
                    exactly(2L * layers * tokens * keyHeads * headWidth * type.bytes()));
        }
    }

    /** A layer of 8 heads of 16 that has seen so many tokens. */
    private static MultiHeadAttention decode(int keyHeads, DType type, int tokens, int seed, KvCache cache) {
        var layer = new MultiHeadAttention(new AttentionConfig(128, 8).withKeyHeads(keyHeads).withDtype(type), Rng.of(seed));
        Autograd.noGrad(() -> layer.forward(normal(seed, 1, tokens, 128).to(type), cache, Pass.inference()));
        return layer;
    }

    @Acceptance(topic = "gqa", clause = 4)
    @Test void whatADecodingStepReadsShrinksByTheGroup() {
        int tokens = 4000;
        double full = 0;
        for (int keyHeads : new int[] {8, 4, 2, 1}) {
            var cache = KvCache.contiguous();
            var layer = decode(keyHeads, DType.F32, tokens, 1, cache);
            // The kernels' operands in one step, less what does not grow with the tokens.
            double read = read(layer, cache);
            cache.truncate(1);
            read -= read(layer, cache);
            if (keyHeads == 8) full = read;
            Evidence.of(keyHeads + " heads of keys: bytes that attention reads, full over these", full / read,
                    between(8.0 / keyHeads * 0.97, 8.0 / keyHeads * 1.03));
            Evidence.of(keyHeads + " heads of keys: those bytes over the cache's", read / (2.0 * (tokens - 1) * keyHeads * 16 * 4),
                    between(0.97, 1.03));
        }
    }

    private static double read(MultiHeadAttention layer, KvCache cache) {
        try (var profile = Profile.start()) {
            Autograd.noGrad(() -> layer.forward(normal(9, 1, 1, 128).to(DType.F32), cache, Pass.inference()).compute());
            return profile.rows().stream().filter(r -> r.operation().contains("attention")).mapToDouble(Profile.Row::bytes).sum();
        }
    }

    @Acceptance(topic = "gqa", clause = 3)
    @Test void poolingHeadsThatAgreeLosesNothing() {
        var grouped = new MultiHeadAttention(new AttentionConfig(32, 8).withKeyHeads(2), Rng.of(5));
        var full = new MultiHeadAttention(new AttentionConfig(32, 8), Rng.of(0));
        var state = new HashMap<>(grouped.state());
        state.replaceAll((name, t) -> name.startsWith("k_") || name.startsWith("v_") ? repeated(t, 2, 4) : t);
        full.load(state);
        var x = normal(6, 2, 9, 32).to(DType.F32);
        Evidence.of("distance of the pooled layer", distance(full.grouped(2).forward(x), full.forward(x)), below(1e-6));
        var other = new MultiHeadAttention(new AttentionConfig(32, 8), Rng.of(9));
        Evidence.of("where heads disagree it loses", distance(other.grouped(2).forward(x), other.forward(x)), above(1e-2));
        assertThatThrownBy(() -> full.grouped(3)).hasMessageContaining("3 heads do not divide the 8");
    }

    /** Says the tokens one and three places before, from token and place embeddings, by one attention layer and a linear read-out. */
    private static final class TwoPatterns extends Module {
        private final Embedding tokens, places;
        private final MultiHeadAttention attention;
        private final Linear out;

        TwoPatterns(int heads, int length, Rng rng) {
            tokens = new Embedding(8, 32, rng);
            places = new Embedding(length, 32, rng);
            attention = new MultiHeadAttention(new AttentionConfig(32, heads), rng);
            out = new Linear(32, 16, rng);
        }

        @Override protected Tensor compute(Tensor ids, Pass pass) {
            var x = tokens.forward(ids, pass).add(places.forward(Tensor.arange(ids.size(1)), pass));
            return out.forward(attention.forward(x, pass), pass).reshape(ids.size(0), ids.size(1), 2, 8);
        }
    }

    @Acceptance(topic = "multi-head-attention", clause = 3)
    @Test void twoOffsetsAtOnceWantTwoHeads() {
        Evidence.of("both right, 2 heads", bothRight(2), atLeast(0.99));
        Evidence.of("both right, 1 head of that width", bothRight(1), atMost(0.75));
    }

    private static double bothRight(int heads) {
        int length = 12, first = 3;
        var model = new TwoPatterns(heads, length, Rng.of(1));
        var optimizer = new Adam(1e-2).over(model.parameters());
        var rng = Rng.of(2);
        for (int step = 0; step < 600; step++) {
            if (step == 400) optimizer.scaleRates(0.2);
            try (var scope = Scope.open("step")) {
                var ids = Tensor.randint(rng, 0, 8, 64, length);
                optimizer.zeroGrad();
                Loss.crossEntropy(model.forward(ids, Pass.training(rng)).narrow(1, first, length - first).reshape(-1, 8),
                        targets(ids, first)).backward();
                optimizer.step();
            }
        }
        var ids = Tensor.randint(Rng.of(3), 0, 8, 1000, length);
        long[] said = model.forward(ids).narrow(1, first, length - first).argmax(-1).flatten().toLongArray(),
                right = targets(ids, first).toLongArray();
        int both = 0;
        for (int i = 0; i < said.length; i += 2) if (said[i] == right[i] && said[i + 1] == right[i + 1]) both++;
        return 2.0 * both / said.length;
    }

    private static Tensor targets(Tensor ids, int first) {
        long n = ids.size(1) - first;
        return Tensor.stack(-1, ids.narrow(1, first - 1, n), ids.narrow(1, first - 3, n)).flatten();
    }
}
