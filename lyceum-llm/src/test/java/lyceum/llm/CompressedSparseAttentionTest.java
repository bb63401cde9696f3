package lyceum.llm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.memory.Scope;
import lyceum.nn.AttentionConfig;
import lyceum.nn.CompressedSparseAttention;
import lyceum.nn.CompressedSparseConfig;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CompressedSparseAttentionTest {
    /** Blocks of 4 without overlap, the best 3, a window of 5. */
    private static CompressedSparseConfig config() { return new CompressedSparseConfig(16, 4, 4, 3, 5).withKeyHeads(2); }

    private static CompressedSparseAttention layer(CompressedSparseConfig config, long seed) {
        var layer = config.build(Rng.of(seed));
        Autograd.noGrad(() -> layer.parameters().forEach((name, p) -> {
            if (name.equals("gate_bias") || name.equals("sink")) p.copy_(Tensor.randn(Rng.of(9), p.dtype(), p.shape().toArray()));
        }));
        return layer;
    }

    private static Tensor draw(long seed, int rows, int n) { return Tensor.randn(Rng.of(seed), rows, n, 16).compute(); }

    @Acceptance(topic = "compressed-sparse-attention", clause = 1)
    @Test void blocksOfOneAreDenseAttentionAndNoneTheWindow() {
        Gap dense = Gap.absolute(), banded = Gap.absolute();
        for (int seed = 1; seed <= 4; seed++) {
            var all = config().withBlocks(1, 1).withTop(CompressedSparseConfig.ALL).withWindow(0).withSink(false);
            var none = config().withTop(0).withWindow(1 + 2 * seed).withSink(false);
            var x = draw(seed, 2, 30);
            for (var config : new CompressedSparseConfig[] {all, none}) {
                var own = layer(config, seed);
                var plain = new MultiHeadAttention(new AttentionConfig(16, 4).withKeyHeads(2).withBias(false).withPositions(config.rotary())
                        .withAttention(new Attention().withCausal(true).withWindow(config.window())), Rng.of(0));
                var values = new LinkedHashMap<>(own.state());
                values.keySet().removeIf(name -> !name.contains("_proj") || name.startsWith("gate"));
                plain.load(values);
                (config == all ? dense : banded).see("seed " + seed, own.forward(x).toDoubleArray(), plain.forward(x).toDoubleArray());
            }
        }
        Evidence.of("blocks of 1, all of them: from dense attention", dense, atMost(1e-5));
        Evidence.of("k = 0: from sliding-window attention", banded, atMost(1e-5));
    }

    @Acceptance(topic = "compressed-sparse-attention", clause = 2)
    @Test void chosenBlocksAreTheBestByBruteForce() {
        int queries = 0, wrong = 0, picky = 0;
        for (int block : new int[] {4, 7}) for (int seed = 1; seed <= 3; seed++) {
            var layer = layer(config().withBlock(block).withDtype(DType.F64), seed);
            var x = Tensor.randn(Rng.of(50 + seed), DType.F64, 1, 43, 16).compute();
            long[][] chosen = layer.chosen(x);
            double[][] scores = scores(layer.state(), x.get(0).toRows(), block);
            for (int t = 0; t < 43; t++, queries++) {
                double[] row = scores[t];
                int visible = (t + 1) / 4;
                long[] best = IntStream.range(0, visible).boxed()
                        .sorted((a, b) -> row[a] != row[b] ? Double.compare(row[b], row[a]) : a - b).limit(3).mapToLong(i -> i).sorted()
                        .toArray();
                if (!Arrays.equals(best, chosen[t])) wrong++;
                if (visible > 3) picky++;
            }
        }
        Evidence.of("queries", queries, exactly(6 * 43));
        Evidence.of("with more blocks than they may read", picky, atLeast(100));
        Evidence.of("whose blocks are others than by brute force", wrong, exactly(0));
    }

    /** By the definition, one number after another; 4 is the stride. */
    private static double[][] scores(Map<String, Tensor> p, double[][] x, int block) {
        double[][] wk = p.get("index_k.weight").toRows(), wg = p.get("index_gate.weight").toRows(), wq = p.get("index_q.weight").toRows(),
                ww = p.get("index_w.weight").toRows();
        int entries = x.length / 4;
        var keys = new double[entries][16];
        for (int s = 0; s < entries; s++) {
            double sum = 0;
            for (int j = Math.max(0, 4 * s + 4 - block); j < 4 * s + 4; j++) {
                double a = Math.exp(dot(wg[0], x[j]));
                sum += a;
                for (int d = 0; d < 16; d++) keys[s][d] += a * dot(wk[d], x[j]);
            }
            for (int d = 0; d < 16; d++) keys[s][d] /= sum;
        }
        var scores = new double[x.length][entries];
        for (int t = 0; t < x.length; t++) for (int s = 0; s < entries; s++) for (int h = 0; h < 2; h++) {
            double score = 0;
            for (int d = 0; d < 16; d++) score += dot(wq[16 * h + d], x[t]) * keys[s][d];
            scores[t][s] += dot(ww[h], x[t]) * Math.max(0, score);
        }
        return scores;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    @Acceptance(topic = "compressed-sparse-attention", clause = 3)
    @Test void decodingIsTheFullPassAndTheFutureChangesNothing() {
        var gap = Gap.absolute();
        int pairs = 0, leaks = 0, moved = 0;
        for (int block : new int[] {4, 6}) for (int window : new int[] {0, 3, 9}) {
            var layer = layer(config().withBlock(block).withWindow(window), block + window);
            var x = draw(7, 2, 34);
            var whole = layer.forward(x);
            var state = layer.start();
            gap.see("prompt", layer.forward(x.narrow(1, 0, 9), state, Pass.inference()).toDoubleArray(),
                    whole.narrow(1, 0, 9).toDoubleArray());
            gap.see("more", layer.forward(x.narrow(1, 9, 6), state, Pass.inference()).toDoubleArray(),
                    whole.narrow(1, 9, 6).toDoubleArray());
            for (int t = 15; t < 34; t++)
                gap.see("at " + t, layer.forward(x.narrow(1, t, 1), state, Pass.inference()).toDoubleArray(),
                        whole.narrow(1, t, 1).toDoubleArray());
            double[][] before = whole.get(0).toRows();
            for (int p = 0; p < 34; p++) {
                var y = Tensor.concat(1, x.narrow(1, 0, p), x.narrow(1, p, 1).neg(), x.narrow(1, p + 1, 33 - p));
                double[][] after = layer.forward(y).get(0).toRows();
                for (int t = 0; t < p; t++, pairs++) if (!Arrays.equals(before[t], after[t])) leaks++;
                if (!Arrays.equals(before[33], after[33])) moved++;
            }
        }
        Evidence.of("in parts and one by one, from the full pass", gap, atMost(1e-5));
        Evidence.of("outputs with a later token changed", pairs, exactly(6 * 34 * 33 / 2));
        Evidence.of("of which a bit changed", leaks, exactly(0));
        assertThat(moved).isGreaterThan(100);
    }

    @Acceptance(topic = "compressed-sparse-attention", clause = 4)
    @Test void theCacheAndTheKernelsMultiplicationsAreAsCounted() {
        int even = 0, other = 0, wrong = 0;
        for (int m : new int[] {1, 2, 4, 8})
            for (int w : new int[] {1, 5, 16})
                for (int o : new int[] {0, 1, 3}) for (int n : new int[] {1, 3, 4, 7, 8, 15, 16, 24, 31, 40}) {
                    var config = config().withBlocks(m + o, m).withWindow(w);
                    var layer = config.build(Rng.of(1));
                    var state = layer.start();
                    var x = draw(1, 1, n);
                    Autograd.noGrad(() -> layer.forward(x, state, Pass.inference()));
                    if (o == 0 && n % m == 0 && n >= w) {
                        if (state.entries() != n / m + w) wrong++;
                        even++;
                    } else other++;
                    // floor(N/m) entries, the window, what is behind the last whole block, and of that block what the next one has too.
                    if (state.entries() != n / m + Math.min(n, w) + n % m + Math.min(o, n / m * m) || config.cached(n) != state.entries())
                        wrong++;
                }
        Evidence.of("lengths with block = stride dividing N >= w", even, exactly(56));
        Evidence.of("with overlap, a partial block or a short text", other, exactly(304));
        Evidence.of("caches of another size than N/m + w, or the closed form", wrong, exactly(0));
        int counted = 0;
        long off = 0;
        for (int m : new int[] {2, 4})
            for (int k : new int[] {0, 2, 6}) for (int w : new int[] {4, 12}) for (int n : new int[] {24, 64, 300}) {
                var layer = config().withBlocks(m, m).withTop(k).withWindow(w).withSink(false).build(Rng.of(1));
                var x = draw(2, 1, n);
                off += Math
                        .abs(multiplications(() -> layer.forward(x, Pass.inference()).compute()) - 2L * n * 16 * (Math.min(k, n / m) + w));
                var sinking = layer.config().withSink(true).build(Rng.of(1));
                off += Math
                        .abs(multiplications(() -> sinking.forward(x, Pass.inference()).compute()) - sinking.config().multiplications(n));
                var state = layer.start();
                Autograd.noGrad(() -> layer.forward(x, state, Pass.inference()));
                off += Math.abs(multiplications(() -> layer.forward(x.narrow(1, 0, 1), state, Pass.inference()).compute())
                        - 2L * 16 * (Math.min(k, (n + 1) / m) + w));
                counted += 3;
            }
        Evidence.of("passes and steps whose attention was counted", counted, exactly(3 * 36));
        Evidence.of("multiplications from 2 N h d (min(k, N/m) + w), summed", off, exactly(0));
    }

    /** Of attention alone, as its kernel is called. */
    private static long multiplications(Runnable body) {
        return FlopCounter.count(() -> Autograd.noGrad(body)).rows().stream().filter(r -> r.operation().equals("attention"))
                .mapToLong(FlopCounter.Row::products).sum() / 2;
    }

    private static final int VALUES = 16, MARK = 16, FILLERS = 15, DISTANCE = 256, LENGTH = DISTANCE + 8;

    private static DecoderLM recall(CompressedSparseConfig sparse) {
        var config = DecoderConfig.llama(MARK + 1 + FILLERS, LENGTH, 1, 32, 2, 2, 64).withTied(false).withDeviation(0.1);
        return new DecoderLM(config.eachBlock(b -> b.withMixer(sparse)), Rng.of(1));
    }

    /** A mark and its value among filler, the mark again 256 tokens later. @param asked where, of each row */
    private static Tensor texts(int rows, int[] asked, int[] answers, Rng rng) {
        var ids = new int[rows * LENGTH];
        for (int r = 0; r < rows; r++) {
            for (int t = 0; t < LENGTH; t++) ids[r * LENGTH + t] = MARK + 1 + rng.nextInt(FILLERS);
            int at = rng.nextInt(8);
            answers[r] = rng.nextInt(VALUES);
            asked[r] = r * LENGTH + at + DISTANCE;
            ids[r * LENGTH + at] = MARK;
            ids[r * LENGTH + at + 1] = answers[r];
            ids[asked[r]] = MARK;
        }
        return Tensor.of(ids, rows, LENGTH);
    }

    private static void train(DecoderLM model, int steps, double rate, long seed) {
        var optimizer = new Adam(rate).over(new ArrayList<>(model.parameters().values()));
        var rng = Rng.of(seed);
        for (int step = 0; step < steps; step++) try (var scope = Scope.open("step")) {
            optimizer.zeroGrad();
            int[] asked = new int[8], answers = new int[8];
            var ids = texts(8, asked, answers, rng);
            var prices = new ArrayList<Tensor>();
            var hidden = model.hidden(ids, Pass.training(rng).collecting(prices::add)).reshape(8 * LENGTH, 32).rows(asked);
            var loss = new CrossEntropy().of(model.unembedded(hidden, Pass.training(rng)), Tensor.of(answers));
            for (var price : prices) loss = loss.add(price);
            loss.backward();
            optimizer.step();
        }
    }

    private static double right(DecoderLM model) {
        int[] asked = new int[200], answers = new int[200];
        int right = 0;
        var ids = texts(200, asked, answers, Rng.of(77));
        for (int r = 0; r < 200; r += 20) {
            int from = r;
            var logits = Autograd.noGrad(() -> model.logits(ids.narrow(0, from, 20), Pass.inference()).compute());
            for (int i = r; i < r + 20; i++) {
                double[] z = logits.get(i - r, asked[i] % LENGTH).toDoubleArray();
                int best = 0;
                for (int v = 1; v < z.length; v++) if (z[v] > z[best]) best = v;
                if (best == answers[i]) right++;
            }
        }
        return right / 200.0;
    }

    @Tag("heavy")
    @Acceptance(topic = "compressed-sparse-attention", clause = 5)
    @Test void aTinyModelFindsAKeyThatTheWindowLost() {
        var sparse = new CompressedSparseConfig(32, 2, 4, 4, 16).withBlock(8);
        var dense = recall(sparse.withTop(CompressedSparseConfig.ALL));
        train(dense, 160, 1e-2, 2); // all entries read, while the scorer learns whom attention likes
        var model = Module.with(DecoderLM.skeleton(dense.config().eachBlock(b -> b.withMixer(sparse))), dense.state());
        train(model, 60, 4e-3, 3);
        var near = recall(sparse.withTop(0));
        train(near, 220, 1e-2, 2);
        Evidence.of("the best 4 of 66 blocks: share of 200 values right", right(model), atLeast(0.85));
        Evidence.of("window alone, chance being 1/16", right(near), between(1 / 16.0 - 0.05, 1 / 16.0 + 0.05));
    }

    @Test void scoresThatDifferOnlyAsDoublesAreNoTies() {
        int told = 0;
        for (int seed = 1; seed <= 10; seed++) {
            var layer = layer(config().withDtype(DType.F64), seed);
            var one = Tensor.randn(Rng.of(seed), DType.F64, 1, 1, 16).compute();
            var last = new String[2];
            for (int i = 0; i < 2; i++) {
                var slope = Tensor.arange(40).to(DType.F64).mul(i == 0 ? 1e-11 : -1e-11).add(1).reshape(1, 40, 1);
                last[i] = Arrays.toString(layer.chosen(one.mul(slope).compute())[39]);
            }
            if (last[0].equals(last[1])) continue; // no head of the scorer sees anything: all are 0
            assertThat(last).as("seed " + seed).containsExactlyInAnyOrder("[0, 1, 2]", "[7, 8, 9]");
            told++;
        }
        assertThat(told).isGreaterThan(2);
    }

    @Test void gradientsReachEverythingByTheTaskOrTheScorersPrice() {
        var layer = layer(config().withDtype(DType.F64), 1);
        var x = Tensor.randn(Rng.of(1), DType.F64, 2, 21, 16).compute();
        var prices = new ArrayList<Tensor>();
        var y = layer.forward(x, Pass.training(Rng.of(1)).collecting(prices::add));
        y.square().sum().backward();
        layer.parameters().forEach((name, p) -> assertThat(p.grad() != null).as(name).isEqualTo(!name.startsWith("index")));
        layer.zeroGrad();
        prices.getFirst().backward();
        layer.parameters().forEach(
                (name, p) -> assertThat(p.grad() != null && p.grad().abs().max().item() > 0).as(name).isEqualTo(name.startsWith("index")));
        // Of a parameter of each kind, by differences.
        for (var name : new String[] {"k_proj.weight", "gate_bias", "sink", "gate_proj.weight"}) {
            var p = layer.parameters().get(name);
            layer.zeroGrad();
            layer.forward(x, Pass.inference()).square().sum().backward();
            double[] gradient = p.grad().toDoubleArray();
            double square = Arrays.stream(gradient).map(g -> g * g).sum(), step = 1e-6 / Math.sqrt(square);
            var before = p.detach().copy().compute();
            var along = Tensor.of(gradient).reshape(p.shape().toArray());
            double[] loss = new double[2];
            for (int i = 0; i < 2; i++) {
                double by = i == 0 ? step : -step;
                loss[i] = Autograd.noGrad(() -> {
                    p.copy_(before.add(along.mul(by)));
                    return layer.forward(x, Pass.inference()).square().sum().item();
                });
            }
            Autograd.noGrad(() -> p.copy_(before));
            assertThat((loss[0] - loss[1]) / (2 * step) / square).as(name).isBetween(0.9999, 1.0001);
        }
    }

    @Test void aDecoderGoesOnForksAndStartsAnew() {
        var model = new DecoderLM(DecoderConfig.llama(40, 64, 2, 16, 4, 4, 32).eachBlock(b -> b.withMixer(config())).withDeviation(0.3),
                Rng.of(1));
        var ids = Tensor.randint(Rng.of(2), 0, 40, 3, 24);
        var whole = model.logits(ids, Pass.inference());
        var decoding = model.begin();
        decoding.next(ids.narrow(1, 0, 18));
        near(decoding.fork(2, 0).next(ids.rows(2, 0).narrow(1, 18, 3)), whole.rows(2, 0).select(1, 20));
        near(decoding.next(ids.narrow(1, 18, 1)), whole.select(1, 18));
        assertThat(decoding.bytes()).isPositive();
        assertThatThrownBy(() -> decoding.truncate(5)).isInstanceOf(UnsupportedOperationException.class);
        decoding.truncate(0);
        near(decoding.all(ids.narrow(1, 0, 7)), whole.narrow(1, 0, 7));
        assertThat(model.config().parameterCount()).isEqualTo(model.parameterCount());
        assertThat(config().cached(1 << 20)).isEqualTo((1 << 18) + 5);
        assertThatThrownBy(() -> config().withBlock(3)).hasMessageContaining("blocks of 3 every 4");
        assertThatThrownBy(() -> config().withTop(-1)).hasMessageContaining("best -1");
        assertThatThrownBy(() -> config().withKeyHeads(3)).hasMessageContaining("keyHeads 3");
        assertThatThrownBy(() -> config().withPrice(Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> config().build(Rng.of(1)).forward(Tensor.zeros(2, 3, 8))).isInstanceOf(ShapeException.class);
    }

    private static void near(Tensor a, Tensor b) { assertThat(a.sub(b).abs().max().item()).isLessThan(2e-5); }
}
