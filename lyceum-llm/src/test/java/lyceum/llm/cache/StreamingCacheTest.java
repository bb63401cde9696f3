package lyceum.llm.cache;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.LongStream;
import lyceum.autograd.Autograd;
import lyceum.llm.CausalLM;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.MixerState;
import lyceum.nn.Pass;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RotaryEmbedding;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class StreamingCacheTest {

    /** Twenty thousand tokens in pieces; the last outputs by hand from the tokens that should be left, at places 0 to 19. */
    @Acceptance(topic = "attention-sinks", clause = 1)
    @Test void neitherCacheNorPositionsGrow() {
        int sinks = 4, window = 16, all = 20_000, d = 8;
        var rope = new RotaryEmbedding(d, 10_000);
        var cache = new StreamingCache(sinks, window);
        Tensor k = Tensor.randn(Rng.of(1), 1, 1, all, d), q = Tensor.randn(Rng.of(2), 1, 1, all, d),
                v = Tensor.randn(Rng.of(3), 1, 1, all, d);
        long held = 0, position = 0, bytes = 0;
        double gap = 0;
        for (int from = 0, n; from < all; from += n) {
            n = from == 0 ? 7 : from < 1000 ? 1 : Math.min(100, all - from);
            try (var scope = Scope.open("piece")) {
                var y = cache.attend(q.narrow(2, from, n), k.narrow(2, from, n), v.narrow(2, from, n), rope,
                        new Attention().withCausal(true));
                held = Math.max(held, Math.max(cache.held(), cache.kept().length));
                position = Math.max(position, cache.lastPosition());
                bytes = Math.max(bytes, cache.bytes());
                int end = from + n - 1;
                var left = LongStream.rangeClosed(0, end).filter(p -> p < sinks || p > end - window).mapToInt(p -> (int) p).toArray();
                assertThat(cache.kept()).containsExactly(Arrays.stream(left).asLongStream().toArray());
                Tensor key = rope.turned(k.reshape(all, d).rows(left), 0),
                        query = rope.turned(q.narrow(2, end, 1).reshape(1, d), left.length - 1);
                var hand = query.matmul(key.transpose()).mul(1 / Math.sqrt(d)).softmax(-1).matmul(v.reshape(all, d).rows(left));
                gap = Math.max(gap, y.narrow(2, n - 1, 1).reshape(1, d).sub(hand).abs().max().item());
            }
        }
        Evidence.of("tokens read", cache.length(), exactly(all));
        Evidence.of("positions held at most", held, atMost(sinks + window));
        Evidence.of("bytes at most", bytes, atMost(2L * (sinks + window) * d * 4));
        Evidence.of("largest position", position, atMost(sinks + window - 1));
        Evidence.of("outputs against those positions by hand", gap, atMost(1e-5));
    }

    @Acceptance(topic = "attention-sinks", clause = 2)
    @Test void oneLayerSeesWhatIsKept() {
        double gap = 0;
        int compared = 0;
        for (var config : new DecoderConfig[] {DecoderConfig.llama(40, 32, 1, 16, 4, 2, 24),
                DecoderConfig.llama(40, 32, 1, 16, 4, 4, 24).eachBlock(b -> b.positioned(PositionalEncoding.alibi()))}) {
            var model = new DecoderLM(config.withDeviation(0.3), Rng.of(5));
            int sinks = 3, window = 9, n = 80;
            var ids = Tensor.randint(Rng.of(6), 0, 40, 2, n);
            for (int piece : new int[] {1, 20}) {
                var decoding = model.begin(StreamingCache.of(sinks, window));
                for (int from = 0; from < n; from += piece) {
                    var z = decoding.all(ids.narrow(1, from, piece));
                    for (int i = 0; i < piece; i++) {
                        int t = from + i;
                        var kept = LongStream.rangeClosed(0, t).filter(p -> p < sinks || p > t - window).toArray();
                        var whole = model.logits(ids.transpose().contiguous().rows(Arrays.stream(kept).mapToInt(p -> (int) p).toArray())
                                .transpose().contiguous(), Pass.inference());
                        gap = Math.max(gap, z.select(1, i).sub(whole.select(1, kept.length - 1)).abs().max().item());
                        compared++;
                    }
                }
                assertThat(decoding.length()).isEqualTo(n);
            }
        }
        Evidence.of("positions compared", compared, exactly(2 * 2 * 80));
        Evidence.of("logits against full attention over the kept tokens", gap, atMost(1e-5));
    }

    private static final int LENGTH = 32, STREAM = 20 * LENGTH, KINDS = 4, TOKENS = 24;

    /** A walk of one of four kinds over 24 tokens, three ways to go on from each; the first token names the kind. */
    private static int[] walk(int length, Rng rng) {
        var ids = new int[length];
        ids[0] = rng.nextInt(KINDS);
        for (int t = 1; t < length; t++)
            ids[t] = KINDS + Rng.of(ids[0]).split((t == 1 ? 0 : ids[t - 1]) * 3L + rng.nextInt(3)).nextInt(TOKENS);
        return ids;
    }

    private static Tensor walks(int rows, Rng rng) {
        var ids = new int[rows * LENGTH];
        for (int r = 0; r < rows; r++) System.arraycopy(walk(LENGTH, rng), 0, ids, r * LENGTH, LENGTH);
        return Tensor.of(ids, rows, LENGTH);
    }

    /** All of it sees the first token, in training. */
    private static DecoderLM trained(long seed) {
        var model = new DecoderLM(DecoderConfig.llama(KINDS + TOKENS, LENGTH, 2, 32, 4, 4, 64).withTied(true).withDeviation(0.1),
                Rng.of(seed));
        var optimizer = new Adam(5e-3).over(new ArrayList<>(model.parameters().values()));
        var rng = Rng.of(seed + 1);
        for (int step = 0; step < 300; step++) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                var ids = walks(16, rng);
                new CausalLmLoss().of(model.logits(ids, Pass.training(rng)), ids).backward();
                optimizer.step();
            }
        }
        return model;
    }

    private static double perplexity(CausalLM.Decoding decoding, int[] text) {
        double sum = 0;
        for (int t = 0; t + 1 < text.length; t++) {
            var z = decoding.next(Tensor.of(new int[] {text[t]}, 1, 1)).logSoftmax(-1).toFloatArray();
            sum -= z[text[t + 1]];
        }
        return Math.exp(sum / (text.length - 1));
    }

    /** Each token from a whole pass over the first token and the latest ones: the beginning in one, then windows side by side. */
    private static double recomputed(DecoderLM model, int[] text, int window) {
        int length = 1 + window, last = text.length - 2;
        var first = model.logits(Tensor.of(Arrays.copyOf(text, length), 1, length), Pass.inference()).logSoftmax(-1);
        double sum = 0;
        for (int t = 0; t < length; t++) sum -= first.get(0, t, text[t + 1]).item();
        int rows = last - length + 1;
        var ids = new int[rows * length];
        for (int r = 0; r < rows; r++) {
            ids[r * length] = text[0];
            System.arraycopy(text, length + r - window + 1, ids, r * length + 1, window);
        }
        var z = model.logits(Tensor.of(ids, rows, length), Pass.inference()).select(1, length - 1).logSoftmax(-1).toFloatArray();
        for (int r = 0; r < rows; r++) sum -= z[r * model.vocabulary() + text[length + r + 1]];
        return Math.exp(sum / (text.length - 1));
    }

    @Tag("slow")
    @Acceptance(topic = "attention-sinks", clause = 3)
    @Test void theFirstTokenIsASinkAndStreamsNeedIt() {
        double least = Double.POSITIVE_INFINITY, far = 0, plain = 0;
        for (long seed = 1; seed <= 3; seed++) {
            var model = trained(seed);
            var text = walk(STREAM, Rng.of(100 + seed));
            double[] all = Autograd.noGrad(() -> {
                var sinks = AttentionSinks.of(model, walks(16, Rng.of(9)), 1);
                IntFunction<? extends MixerState> stream = StreamingCache.of(1, LENGTH - 1), window = StreamingCache.of(0, LENGTH);
                return new double[] {sinks.strongest() / sinks.uniform(), perplexity(model.begin(stream), text),
                        recomputed(model, text, LENGTH - 1), perplexity(model.begin(window), text)};
            });
            least = Math.min(least, all[0]);
            far = Math.max(far, Math.abs(all[1] / all[2] - 1));
            plain = Math.max(plain, all[1] / all[3]);
        }
        Evidence.of("strongest head's mass on the first token over uniform, least of 3 seeds", least, atLeast(3));
        Evidence.of("streaming perplexity off recomputed windows, most of 3 seeds", far, atMost(0.05));
        Evidence.of("streaming over plain window's perplexity, most of 3 seeds", plain, below(1));
    }

    @Test void forksGoTheirOwnWayAndTruncationsAreRefusedWhenTheyCannotBe() {
        var model = new DecoderLM(DecoderConfig.llama(40, 16, 2, 16, 4, 2, 24).withDeviation(0.3), Rng.of(5));
        var ids = Tensor.randint(Rng.of(6), 0, 40, 2, 30);
        var decoding = model.begin(StreamingCache.of(2, 6));
        decoding.all(ids.narrow(1, 0, 5));
        var whole = model.begin();
        whole.all(ids.narrow(1, 0, 5));
        decoding.truncate(3);
        whole.truncate(3);
        assertThat(decoding.next(ids.narrow(1, 3, 1)).sub(whole.next(ids.narrow(1, 3, 1))).abs().max().item()).isLessThan(1e-5);
        decoding.all(ids.narrow(1, 4, 20));
        var fork = decoding.fork(1);
        var z = decoding.next(ids.narrow(1, 24, 1));
        assertThat(fork.next(ids.narrow(0, 1, 1).narrow(1, 24, 1)).sub(z.narrow(0, 1, 1)).abs().max().item()).isLessThan(1e-5);
        assertThatThrownBy(() -> decoding.truncate(5)).isInstanceOf(UnsupportedOperationException.class);
        var learned = new DecoderLM(DecoderConfig.gpt2(40, 32, 1, 16, 4), Rng.of(1));
        assertThatThrownBy(() -> learned.begin(StreamingCache.of(2, 6)).next(ids)).hasMessageContaining("embeddings");
        assertThatThrownBy(() -> StreamingCache.of(2, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> AttentionSinks.of(model, ids.narrow(1, 0, 8), 8)).hasMessageContaining("8 of 8");
        var more = AttentionSinks.withSinkTokens(model, 2, Rng.of(3));
        assertThat(more.vocabulary()).isEqualTo(42);
        assertThat(AttentionSinks.before(ids, 40, 2).narrow(1, 0, 3).toIntArray()).startsWith(40, 41);
    }
}
