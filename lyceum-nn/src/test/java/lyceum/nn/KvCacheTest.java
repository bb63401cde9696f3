package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Profile;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class KvCacheTest {
    private static final int WORDS = 17, WIDTH = 32, LAYERS = 2, LONGEST = 300;

    /** A language model: embeddings, learned positions unless they are rotary, causal blocks, logits. */
    private static final class Model extends Module {
        private final Embedding words, positions;
        private final List<TransformerBlock> blocks;
        private final Linear head;

        Model(int keyHeads, boolean rotary, DType dtype, long seed) {
            var attention = new AttentionConfig(WIDTH, 4).withKeyHeads(keyHeads).withRotary(rotary ? new RotaryEmbedding(8, 10_000) : null)
                    .withAttention(new Attention().withCausal(true)).withDtype(dtype);
            var config = TransformerConfig.original(WIDTH, 4, 48).withPlacement(TransformerConfig.Placement.PRE).withAttention(attention);
            words = new Embedding(Tensor.randn(Rng.of(seed), dtype, WORDS, WIDTH));
            positions = rotary ? null : new Embedding(Tensor.randn(Rng.of(seed + 1), dtype, LONGEST, WIDTH).mul(0.5));
            blocks = IntStream.range(0, LAYERS).mapToObj(i -> new TransformerBlock(config, Rng.of(seed + 2 + i))).toList();
            head = new Linear(WIDTH, WORDS, true, dtype, Init.torchLinear(WIDTH), Rng.of(seed + 9));
        }

        List<KvCache> caches() { return blocks.stream().map(b -> b.attention().start()).toList(); }

        @Override protected Tensor compute(Tensor tokens, Pass pass) { return logits(tokens, null); }

        Tensor logits(Tensor tokens, List<KvCache> caches) {
            return Autograd.noGrad(() -> {
                var x = words.forward(tokens);
                if (positions != null) {
                    long[] starts = caches == null ? new long[] {0} : caches.getFirst().lengths();
                    x = x.add(positions.forward(Tensor.of(starts).unsqueeze(1).add(Tensor.arange(tokens.size(1)))));
                }
                for (int i = 0; i < blocks.size(); i++)
                    x = blocks.get(i).forward(x, new TransformerBlock.Context().withCache(caches == null ? null : caches.get(i)),
                            Pass.inference());
                return head.forward(x).compute();
            });
        }
    }

    private static Tensor tokens(long seed, long... shape) { return Tensor.randint(Rng.of(seed), 0, WORDS, shape).compute(); }

    private static double gap(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    /** Feeds tokens from where the caches are, one by one, and compares with the whole. */
    private static double steps(Model model, List<KvCache> caches, Tensor tokens) {
        var whole = model.logits(tokens, null);
        double worst = 0;
        for (long t = caches.getFirst().length(); t < tokens.size(1); t++)
            worst = Math.max(worst, gap(model.logits(tokens.narrow(1, t, 1), caches), whole.narrow(1, t, 1)));
        return worst;
    }

    @Acceptance(topic = "kv-cache", clause = 1)
    @Test void stepsWithACacheEqualTheWholeAlsoAfterTruncationForksAndBeams() {
        double plain = 0, truncated = 0, forked = 0, original = 0, reordered = 0, moved = 0;
        int prompts = 0;
        for (int trial = 0; trial < 34; trial++) for (int kind = 0; kind < 3; kind++) {
            var model = new Model(kind == 0 ? 4 : 2, kind == 2, DType.F32, 100L * trial + kind);
            var rng = Rng.of(trial);
            int prompt = 1 + rng.nextInt(12), more = 2 + rng.nextInt(4), length = prompt + more;
            var tokens = tokens(trial, 3, length);
            var caches = model.caches();
            plain = Math.max(plain,
                    gap(model.logits(tokens.narrow(1, 0, prompt), caches), model.logits(tokens, null).narrow(1, 0, prompt)));
            plain = Math.max(plain, steps(model, caches, tokens));
            int cut = rng.nextInt(length);
            for (var c : caches) c.truncate(cut);
            var other = Tensor.concat(1, tokens.narrow(1, 0, cut), tokens(trial + 1000, 3, 4));
            truncated = Math.max(truncated, steps(model, caches, other));
            var fork = caches.stream().map(c -> c.fork()).toList();
            var branch = Tensor.concat(1, other, tokens(trial + 2000, 3, 2));
            forked = Math.max(forked, steps(model, fork, branch));
            original = Math.max(original, steps(model, caches, Tensor.concat(1, other, tokens(trial + 3000, 3, 2))));
            int[] beams = {rng.nextInt(3), rng.nextInt(3), rng.nextInt(3), rng.nextInt(3)};
            for (var c : fork) c.reorder(beams);
            reordered = Math.max(reordered, steps(model, fork, Tensor.concat(1, branch.rows(beams), tokens(trial + 4000, 4, 2))));
            moved = Math.max(moved, gap(model.logits(branch, null).narrow(1, 0, 1), model.logits(other.flip(1), null).narrow(1, 0, 1)));
            prompts++;
        }
        Evidence.of("prompts", prompts, atLeast(100));
        Evidence.of("step by step: largest gap of logits", plain, below(1e-5));
        Evidence.of("after truncation", truncated, below(1e-5));
        Evidence.of("in a fork", forked, below(1e-5));
        Evidence.of("in what was forked", original, below(1e-5));
        Evidence.of("beams reordered", reordered, below(1e-5));
        Evidence.of("logits of other tokens differ by", moved, above(0.1));
    }

    @Acceptance(topic = "kv-cache", clause = 2)
    @Test void bytesAreThoseOfKeysAndValues() {
        for (var type : List.of(DType.F32, DType.BF16, DType.F64)) for (int keyHeads : new int[] {4, 2, 1}) {
            var model = new Model(keyHeads, true, type, 5);
            var caches = model.caches();
            for (int tokens : new int[] {1, 7, 64, 3}) {
                for (var c : caches) c.truncate(0);
                model.logits(tokens(tokens, 1, tokens), caches);
                Evidence.of(type + ", " + keyHeads + " heads of keys, " + tokens + " tokens: bytes",
                        caches.stream().mapToLong(KvCache::bytes).sum(), exactly(2L * LAYERS * keyHeads * 8 * tokens * type.bytes()));
            }
            if (type == DType.F32) Evidence.of(keyHeads + " heads of keys, kept as BF16: bytes",
                    caches.stream().mapToLong(c -> c.to(DType.BF16).bytes()).sum(), exactly(2L * LAYERS * keyHeads * 8 * 3 * 2));
        }
    }

    @Acceptance(topic = "kv-cache", clause = 3)
    @Test void decodingTakesATwentiethOfRecomputationAndGrowsLinearly() {
        int n = 256;
        var model = new Model(2, true, DType.F32, 6);
        var tokens = tokens(6, 1, n);
        var caches = model.caches();
        var cost = new double[n];
        double cached = 0, again = 0;
        for (int t = 0; t < n; t++) {
            int at = t;
            cost[t] = multiplyAdds(() -> model.logits(tokens.narrow(1, at, 1), caches));
            cached += cost[t];
            again += multiplyAdds(() -> model.logits(tokens.narrow(1, 0, at + 1), null));
        }
        Evidence.of("multiply-adds of decoding over recomputation", cached / again, atMost(1 / 20.0));
        double mean = cached / n, centre = (n - 1) / 2.0, up = 0, across = 0, all = 0;
        for (int t = 0; t < n; t++) {
            up += (t - centre) * (cost[t] - mean);
            across += (t - centre) * (t - centre);
        }
        double slope = up / across, off = 0;
        for (int t = 0; t < n; t++) {
            off += Math.pow(cost[t] - mean - slope * (t - centre), 2);
            all += Math.pow(cost[t] - mean, 2);
        }
        Evidence.of("R2 of a straight line through the cost of a token", 1 - off / all, above(0.99));
        double least = Double.POSITIVE_INFINITY, most = 0;
        for (int t = 1; t < n; t++) {
            least = Math.min(least, cost[t] - cost[t - 1]);
            most = Math.max(most, cost[t] - cost[t - 1]);
        }
        Evidence.of("multiply-adds that a position adds to the next token, at least", least, exactly(2.0 * LAYERS * WIDTH));
        Evidence.of("multiply-adds that a position adds to the next token, at most", most, exactly(2.0 * LAYERS * WIDTH));
    }

    /** What the kernels of products and attention did. */
    private static double multiplyAdds(Runnable body) {
        try (var profile = Profile.start()) {
            body.run();
            return profile.rows().stream().filter(r -> r.operation().matches(".*(attention|matmul|affine|product).*"))
                    .mapToDouble(Profile.Row::operations).sum() / 2;
        }
    }

    @Test void rowsOfUnequalLengthsGoOnFromTheirOwnPlaces() {
        for (int kind = 0; kind < 3; kind++) {
            var model = new Model(kind == 0 ? 4 : 2, kind == 2, DType.F32, 70 + kind);
            long[] lengths = {3, 9, 6};
            var caches = model.caches();
            model.logits(tokens(1, 3, 9), caches);
            for (var c : caches) c.truncate(lengths);
            assertThat(caches.getFirst().lengths()).containsExactly(lengths);
            assertThat(caches.getFirst().bytes()).isEqualTo(2L * (kind == 0 ? 4 : 2) * 8 * 18 * 4);
            var more = tokens(2, 3, 4);
            var whole = new ArrayList<Tensor>();
            for (int b = 0; b < 3; b++)
                whole.add(Tensor.concat(1, tokens(1, 3, 9).narrow(0, b, 1).narrow(1, 0, lengths[b]), more.narrow(0, b, 1)));
            // A chunk of two, a step, then beams of which one is chosen twice, then a step.
            var two = model.logits(more.narrow(1, 0, 2), caches);
            var third = model.logits(more.narrow(1, 2, 1), caches);
            for (var c : caches) c.reorder(2, 0, 2);
            var last = model.logits(more.rows(2, 0, 2).narrow(1, 3, 1), caches);
            int[] from = {2, 0, 2};
            for (int b = 0; b < 3; b++) {
                var own = model.logits(whole.get(b), null);
                assertThat(gap(two.narrow(0, b, 1), own.narrow(1, lengths[b], 2))).isLessThan(1e-5);
                assertThat(gap(third.narrow(0, b, 1), own.narrow(1, lengths[b] + 2, 1))).isLessThan(1e-5);
                var beam = model.logits(whole.get(from[b]), null);
                assertThat(gap(last.narrow(0, b, 1), beam.narrow(1, lengths[from[b]] + 3, 1))).isLessThan(1e-5);
            }
            // One row takes a token back, as after speculation.
            long[] now = caches.getFirst().lengths();
            assertThat(now).containsExactly(10, 7, 10);
            for (var c : caches) c.truncate(9, 7, 10);
            assertThat(caches.getFirst().lengths()).containsExactly(9, 7, 10);
        }
    }

    @Test void aGptBlockTakesRowsOfUnequalLengths() {
        var block = new GptBlock(16, 2, Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 2, 6, 16).compute();
        var cache = KvCache.contiguous();
        block.forward(x.narrow(1, 0, 5), cache, Pass.inference());
        cache.truncate(2, 5);
        var y = block.forward(x.narrow(1, 5, 1), cache, Pass.inference());
        var first = block.forward(Tensor.concat(1, x.narrow(0, 0, 1).narrow(1, 0, 2), x.narrow(0, 0, 1).narrow(1, 5, 1)));
        assertThat(gap(y.get(0, 0), first.get(0, 2))).isLessThan(1e-6);
        assertThat(gap(y.get(1, 0), block.forward(x).get(1, 5))).isLessThan(1e-6);
    }

    @Test void anotherTypeIsKeptAndWhatDoesNotFitIsSaid() {
        var cache = KvCache.contiguous(DType.BF16);
        var k = Tensor.randn(Rng.of(1), 2, 3, 5, 4).compute();
        var past = cache.append(k, k);
        assertThat(past.keys().dtype()).isEqualTo(DType.BF16);
        assertThat(cache.reservedBytes()).isEqualTo(2L * 2 * 3 * 64 * 4 * 2);
        assertThat(gap(cache.to(DType.F32).past().keys(), k)).isBetween(1e-6, 0.02);
        assertThatThrownBy(() -> cache.append(k.rows(0), k.rows(0))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("does not follow");
        assertThatThrownBy(() -> cache.append(k, k.narrow(2, 0, 1))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> cache.truncate(6)).hasMessageContaining("6; the cache holds 5");
        assertThatThrownBy(() -> cache.truncate(1, 2, 3)).hasMessageContaining("3 lengths for a cache of 2 rows");
        assertThatThrownBy(() -> KvCache.contiguous(DType.I32)).isInstanceOf(IllegalArgumentException.class);
        assertThat(KvCache.contiguous().past()).isNull();
        assertThat(KvCache.contiguous().fork(0).length()).isZero();
    }
}
