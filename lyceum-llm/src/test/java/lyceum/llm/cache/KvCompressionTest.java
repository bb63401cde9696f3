package lyceum.llm.cache;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.RecallTask;
import lyceum.memory.Scope;
import lyceum.nn.MixerState;
import lyceum.nn.Pass;
import lyceum.nn.PositionalEncoding;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class KvCompressionTest {
    private static List<KvCompression> rules(int budget, int recent) {
        return List.of(KvCompression.heavyHitters(budget).withRecent(recent), KvCompression.snapKv(budget, Math.max(1, recent)),
                KvCompression.random(budget, recent, 3), KvCompression.latest(budget));
    }

    @Acceptance(topic = "kv-compression", clause = 1)
    @Test void aBudgetThatHoldsAllChangesNoBit() {
        int same = 0, compared = 0;
        for (int heads : new int[] {1, 2, 4}) {
            var model = new DecoderLM(DecoderConfig.llama(40, 64, 2, 16, 4, heads, 24).withDeviation(0.3), Rng.of(heads));
            var ids = Tensor.randint(Rng.of(6), 0, 40, 2, 40);
            for (var rule : rules(40, 8)) {
                CausalSteps full = new CausalSteps(model, null, ids), less = new CausalSteps(model, rule.caches(), ids);
                for (int i = 0; i < full.logits.size(); i++) {
                    compared++;
                    if (Arrays.equals(full.logits.get(i), less.logits.get(i))) same++;
                }
            }
        }
        Evidence.of("steps compared", compared, exactly(3 * 4 * 13));
        Evidence.of("of them with the very bits", same, exactly(compared));
    }

    /** A prompt of 20, a piece of 8, and then 12 tokens one by one. */
    private static final class CausalSteps {
        final List<float[]> logits = new ArrayList<>();

        CausalSteps(DecoderLM model, IntFunction<? extends MixerState> caches, Tensor ids) {
            var decoding = caches == null ? model.begin() : model.begin(caches);
            decoding.all(ids.narrow(1, 0, 20));
            logits.add(decoding.all(ids.narrow(1, 20, 8)).toFloatArray());
            for (int t = 28; t < 40; t++) logits.add(decoding.next(ids.narrow(1, t, 1)).toFloatArray());
        }
    }

    /** Weights of a head by definition: softmax of scaled products over those positions, in F64. */
    private static double[] weights(float[] q, int at, float[] k, int row, int length, int d, List<Integer> seen) {
        var w = new double[seen.size()];
        double most = Double.NEGATIVE_INFINITY, sum = 0;
        for (int i = 0; i < w.length; i++) {
            for (int c = 0; c < d; c++) w[i] += (double) q[at + c] * k[(row * length + seen.get(i)) * d + c];
            w[i] /= Math.sqrt(d);
            most = Math.max(most, w[i]);
        }
        for (int i = 0; i < w.length; i++) sum += w[i] = Math.exp(w[i] - most);
        for (int i = 0; i < w.length; i++) w[i] /= sum;
        return w;
    }

    /** What the papers keep of a prompt and steps behind it, by sets of positions and sorting. */
    private static List<Integer> bruteForce(KvCompression rule, float[] q, float[] k, int group, int keyHead, int prompt, int all, int d) {
        List<Integer> held = new ArrayList<>();
        var score = new double[all];
        for (int from = 0; from < all; from = from == 0 ? prompt : from + 1) {
            int to = from == 0 ? prompt : from + 1;
            var before = List.copyOf(held);
            for (int t = from; t < to; t++) held.add(t);
            var votes = new double[all];
            for (int t = from; t < to; t++) {
                var seen = new ArrayList<>(before);
                for (int s = from; s <= t; s++) seen.add(s);
                for (int h = keyHead * group; h < (keyHead + 1) * group; h++) {
                    var w = weights(q, (h * all + t) * d, k, keyHead, all, d, seen);
                    for (int i = 0; i < w.length; i++) {
                        if (rule.rule() == KvCompression.Rule.HEAVY_HITTERS) score[seen.get(i)] += w[i];
                        if (t >= to - rule.recent()) votes[seen.get(i)] += w[i];
                    }
                }
            }
            if (rule.rule() == KvCompression.Rule.SNAP) {
                if (to - from == 1) score[from] = 1e9 + from;
                else for (int t = 0; t < to; t++) {
                    double sum = 0, most = 0;
                    for (int s = Math.max(0, t - rule.kernel() / 2); s <= t + rule.kernel() / 2 && s < to - rule.recent(); s++) {
                        sum += votes[s];
                        most = Math.max(most, votes[s]);
                    }
                    score[t] = t >= to - rule.recent() ? 1e9 + t : rule.maxPool() ? most : sum;
                }
            }
            int end = to;
            var best = held.stream().filter(t -> t < end - rule.recent())
                    .sorted(Comparator.comparingDouble((Integer t) -> -score[t]).thenComparing(t -> -t))
                    .limit(rule.budget() - rule.recent()).toList();
            held = new ArrayList<>(IntStream.range(0, end).filter(t -> best.contains(t) || t >= end - rule.recent()).boxed().toList());
        }
        return held;
    }

    @Acceptance(topic = "kv-compression", clause = 2)
    @Acceptance(topic = "kv-compression", clause = 3)
    @Test void whatIsKeptIsWhatThePapersKeep() {
        int same = 0, heads = 0, over = 0, shrunk = 0, looked = 0;
        for (int c = 0; c < 200; c++) {
            var rng = Rng.of(c);
            int group = 1 + rng.nextInt(3), keyHeads = 1 + rng.nextInt(3), d = 4, prompt = 2 + rng.nextInt(30),
                    all = prompt + rng.nextInt(12);
            int budget = 1 + rng.nextInt(prompt), recent = Math.max(1, rng.nextInt(Math.min(budget, prompt) + 1));
            Tensor q = Tensor.randn(rng, 1, group * keyHeads, all, d).mul(2).compute(),
                    k = Tensor.randn(rng, 1, keyHeads, all, d).compute();
            for (var rule : List.of(KvCompression.heavyHitters(budget).withRecent(recent),
                    KvCompression.snapKv(budget, recent).withKernel(1 + 2 * rng.nextInt(4)).withMaxPool(rng.nextBoolean()))) {
                var cache = rule.cache(0);
                try (var scope = Scope.open("case")) {
                    for (int from = 0; from < all; from = from == 0 ? prompt : from + 1) {
                        int n = from == 0 ? prompt : 1;
                        cache.attend(q.narrow(2, from, n), k.narrow(2, from, n), k.narrow(2, from, n), PositionalEncoding.none(),
                                new Attention().withCausal(true));
                        for (int h = 0; h < keyHeads; h++) {
                            looked++;
                            if (cache.retained(0, h).length > budget || cache.held() > budget) over++;
                            if (cache.retained(0, h).length < cache.length()) shrunk++;
                        }
                    }
                    for (int h = 0; h < keyHeads; h++) {
                        heads++;
                        var expected = bruteForce(rule, q.toFloatArray(), k.toFloatArray(), group, h, prompt, all, d).stream()
                                .mapToLong(t -> t).toArray();
                        if (Arrays.equals(cache.retained(0, h), expected)) same++;
                    }
                }
            }
        }
        Evidence.of("heads of 200 cases and two rules", heads, above(400));
        Evidence.of("of them with other positions than by definition", heads - same, exactly(0));
        Evidence.of("looks at a head", looked, above(2000));
        Evidence.of("of them where something was dropped", shrunk, above(1000));
        Evidence.of("of them over the budget", over, exactly(0));
    }

    private static int[] concat(int[]... parts) { return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray(); }

    /** A text with pairs among filler; the key asked so often in its middle; filler; the question and the answer's first token. */
    private static int[] asked(int[][] pairs, int which, int times, Rng rng) {
        var parts = new ArrayList<int[]>();
        for (int[] pair : pairs) {
            parts.add(pair);
            parts.add(RecallTask.filler(1, rng));
        }
        for (int i = 0; i < times; i++) parts.add(pairs[which]);
        parts.add(RecallTask.filler(64 - 4 * pairs.length - 3 * times - 1, rng));
        parts.add(new int[] {pairs[which][0]});
        return concat(parts.toArray(int[][]::new));
    }

    private static double accuracy(DecoderLM model, IntFunction<? extends MixerState> caches, int times) {
        int right = 0, trials = 200;
        for (int c = 0; c < trials; c++) {
            var rng = Rng.of(1000 + c);
            var pairs = RecallTask.pairs(8, rng);
            int which = rng.nextInt(8);
            var text = asked(pairs, which, times, rng);
            try (var scope = Scope.open("text")) {
                var decoding = caches == null ? model.begin() : model.begin(caches);
                decoding.next(Tensor.of(text, 1, text.length));
                var z = decoding.next(Tensor.of(new int[] {pairs[which][1]}, 1, 1));
                if ((int) z.argmax(-1).item() == pairs[which][2]) right++;
            }
        }
        return (double) right / trials;
    }

    private static double random(DecoderLM model) {
        double sum = 0;
        for (int seed = 1; seed <= 4; seed++) sum += accuracy(model, KvCompression.random(16, 4, seed).caches(), 0) / 4;
        return sum;
    }

    @Tag("heavy")
    @Acceptance(topic = "kv-compression", clause = 4)
    @Test void whatWillBeAskedSurvives() {
        var model = RecallTask.model();
        double[] all = Autograd
                .noGrad(() -> new double[] {accuracy(model, null, 0), accuracy(model, KvCompression.snapKv(16, 4).caches(), 0),
                        random(model), accuracy(model, KvCompression.latest(16).caches(), 0), accuracy(model, null, 5),
                        accuracy(model, KvCompression.heavyHitters(16).withRecent(4).caches(), 5)});
        Evidence.of("accuracy with all of 64 positions", all[0], atLeast(0.9));
        Evidence.of("SnapKV's share of it at a budget of 16", all[1] / all[0], atLeast(0.95));
        Evidence.of("random's share, mean of 4 draws", all[2] / all[0], atMost(0.6));
        Evidence.of("recency's share", all[3] / all[0], atMost(0.4));
        Evidence.of("accuracy after the key was asked 5 times", all[4], atLeast(0.9));
        Evidence.of("H2O's share of it", all[5] / all[4], atLeast(0.8));
    }

    @Test void forksOptionsAndRefusals() {
        var model = new DecoderLM(DecoderConfig.llama(40, 64, 2, 16, 4, 2, 24).withDeviation(0.3), Rng.of(5));
        var ids = Tensor.randint(Rng.of(6), 0, 40, 2, 40);
        for (var rule : rules(8, 3)) {
            var decoding = model.begin(rule.caches());
            decoding.all(ids.narrow(1, 0, 20));
            var fork = decoding.fork(1);
            var z = decoding.next(ids.narrow(1, 20, 1));
            assertThat(fork.next(ids.narrow(0, 1, 1).narrow(1, 20, 1)).sub(z.narrow(0, 1, 1)).abs().max().item()).isLessThan(1e-5);
            assertThat(decoding.bytes()).isEqualTo(2L * 2 * 2 * 8 * (2 * 4 * 4 + 16));
            assertThatThrownBy(() -> decoding.truncate(4)).isInstanceOf(UnsupportedOperationException.class);
            decoding.truncate(0);
            assertThat(decoding.length()).isZero();
            assertThat(decoding.next(ids.narrow(1, 0, 4)).sub(model.begin().next(ids.narrow(1, 0, 4))).abs().max().item()).isLessThan(1e-5);
        }
        assertThatThrownBy(() -> new KvCompression(KvCompression.Rule.SNAP, 4, 0, 5, false, 0)).hasMessageContaining("window");
        assertThatThrownBy(() -> KvCompression.heavyHitters(4).withRecent(5)).hasMessageContaining("5 recent");
        assertThatThrownBy(() -> KvCompression.snapKv(4, 2).withKernel(4)).hasMessageContaining("odd");
        var windowed = new DecoderLM(DecoderConfig.llama(40, 64, 1, 16, 4, 2, 24).withWindow(8), Rng.of(1));
        assertThatThrownBy(() -> windowed.begin(KvCompression.latest(4).caches()).next(ids)).hasMessageContaining("windows");
        assertThat(model.logits(ids, Pass.inference()).size(1)).isEqualTo(40);
    }
}
