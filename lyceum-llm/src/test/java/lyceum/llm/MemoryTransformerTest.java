package lyceum.llm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.AttentionConfig;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.SegmentAttention;
import lyceum.nn.SegmentAttentionConfig;
import lyceum.nn.SegmentAttentionConfig.Store;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MemoryTransformerTest {
    private static final int WIDTH = 12, HEADS = 3, D = 4, SEGMENT = 5;

    private static SegmentAttention layer(Store store, int neighbours, boolean delta) {
        var attention = new AttentionConfig(WIDTH, HEADS).withBias(false).withPositions(PositionalEncoding.rotary(D)).withDtype(DType.F64);
        return new SegmentAttentionConfig(attention, SEGMENT, store, neighbours, 1000, delta).build(Rng.of(3));
    }

    private static Tensor draw(long seed, int n) { return Tensor.randn(Rng.of(seed), DType.F64, 1, n, WIDTH).compute(); }

    /** What the layer finds in its store for the last 5 of n positions: [head][query][d]. */
    private static double[][][] found(SegmentAttention layer, Tensor x, int n) {
        var state = layer.start();
        layer.forward(x.narrow(1, 0, n - SEGMENT), state, Pass.inference());
        var hooks = Hooks.of(layer);
        var seen = hooks.capture("found");
        layer.forward(x.narrow(1, n - SEGMENT, SEGMENT), state, Pass.inference().with(hooks));
        var all = new double[HEADS][][];
        for (int h = 0; h < HEADS; h++) all[h] = seen.get("found").get(0, h).toRows();
        return all;
    }

    private static double[][] projected(SegmentAttention layer, String name, Tensor x, int head) {
        double[][] w = layer.state().get(name + "_proj.weight").toRows(), in = x.get(0).toRows(), out = new double[in.length][D];
        for (int t = 0; t < in.length; t++) for (int d = 0; d < D; d++) out[t][d] = dot(w[head * D + d], in[t]);
        return out;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }

    @Acceptance(topic = "memory-transformers", clause = 1)
    @Test void neighboursThatAreTheWholeStoreAreExactAttention() {
        Gap whole = Gap.absolute(), some = Gap.absolute();
        for (int n : new int[] {10, 20, 45}) for (int k : new int[] {n - SEGMENT, 3}) {
            var layer = layer(Store.NEIGHBOURS, k, false);
            var x = draw(n, n);
            double[][][] found = found(layer, x, n);
            for (int h = 0; h < HEADS; h++) {
                double[][] q = projected(layer, "q", x, h), keys = projected(layer, "k", x, h), values = projected(layer, "v", x, h);
                for (int i = 0; i < SEGMENT; i++) {
                    var weights = new double[n - SEGMENT];
                    for (int j = 0; j < weights.length; j++) weights[j] = Math.exp(dot(q[n - SEGMENT + i], keys[j]) / Math.sqrt(D));
                    double[] sorted = weights.clone();
                    Arrays.sort(sorted);
                    double sum = 0;
                    var expected = new double[D];
                    for (int j = 0; j < weights.length; j++) {
                        if (weights[j] < sorted[weights.length - k]) continue;
                        sum += weights[j];
                        for (int d = 0; d < D; d++) expected[d] += weights[j] * values[j][d];
                    }
                    for (int d = 0; d < D; d++) expected[d] /= sum;
                    (k == 3 ? some : whole).see("n " + n + ", head " + h, found[h][i], expected);
                }
            }
        }
        Evidence.of("k of the whole store, from exact attention", whole, atMost(1e-5));
        Evidence.of("k = 3, from attention to the three nearest", some, atMost(1e-5));
    }

    private static double[] positive(double[] x) { return Arrays.stream(x).map(v -> v > 0 ? v + 1 : Math.exp(v)).toArray(); }

    @Acceptance(topic = "memory-transformers", clause = 2)
    @Test void theCompressiveStoreIsItsSumsAndItsSizeStays() {
        Gap sums = Gap.absolute(), deltas = Gap.absolute();
        for (int n : new int[] {10, 20, 45}) {
            var x = draw(n, n);
            var plain = layer(Store.COMPRESSIVE, 1, false);
            double[][][] found = found(plain, x, n);
            for (int h = 0; h < HEADS; h++) {
                double[][] q = projected(plain, "q", x, h), k = projected(plain, "k", x, h), v = projected(plain, "v", x, h);
                for (int i = 0; i < SEGMENT; i++) {
                    double sum = 0;
                    var expected = new double[D];
                    for (int t = 0; t < n - SEGMENT; t++) {
                        double w = dot(positive(q[n - SEGMENT + i]), positive(k[t]));
                        sum += w;
                        for (int d = 0; d < D; d++) expected[d] += w * v[t][d];
                    }
                    for (int d = 0; d < D; d++) expected[d] /= sum;
                    sums.see("n " + n, found[h][i], expected);
                }
            }
            var delta = layer(Store.COMPRESSIVE, 1, true);
            found = found(delta, x, n);
            for (int h = 0; h < HEADS; h++) {
                double[][] q = projected(delta, "q", x, h), k = projected(delta, "k", x, h), v = projected(delta, "v", x, h);
                double[][] m = new double[D][D];
                var z = new double[D];
                for (int s = 0; s < n / SEGMENT - 1; s++) {
                    double[][] next = new double[D][];
                    for (int i = 0; i < D; i++) next[i] = m[i].clone();
                    var sumsNow = z.clone();
                    for (int t = s * SEGMENT; t < (s + 1) * SEGMENT; t++) {
                        double[] key = positive(k[t]), known = s == 0 ? new double[D] : read(key, m, z);
                        for (int i = 0; i < D; i++) {
                            for (int d = 0; d < D; d++) next[i][d] += key[i] * (v[t][d] - known[d]);
                            sumsNow[i] += key[i];
                        }
                    }
                    m = next;
                    z = sumsNow;
                }
                for (int i = 0; i < SEGMENT; i++) deltas.see("n " + n, found[h][i], read(positive(q[n - SEGMENT + i]), m, z));
            }
        }
        Evidence.of("without the delta rule, from the sum over all past tokens", sums, atMost(1e-6));
        Evidence.of("with it, from a loop over tokens", deltas, atMost(1e-6));
        var layer = layer(Store.COMPRESSIVE, 1, true).config().withSegment(16).build(Rng.of(1));
        var state = layer.start();
        var bytes = new long[2];
        for (int t = 0; t < 6400; t += 64) {
            var x = draw(t, 64);
            Autograd.noGrad(() -> layer.forward(x, state, Pass.inference()));
            if (t == 0) bytes[0] = state.bytes();
        }
        bytes[1] = state.bytes();
        Evidence.of("bytes of the state after 6,400 tokens, less those after 64", bytes[1] - bytes[0], exactly(0));
        assertThat(state.length()).isEqualTo(6400);
        assertThat(bytes[0]).isEqualTo(8L * HEADS * (D * D + D));
    }

    private static double[] read(double[] s, double[][] m, double[] z) {
        var found = new double[D];
        for (int d = 0; d < D; d++) {
            for (int i = 0; i < D; i++) found[d] += s[i] * m[i][d];
            found[d] /= dot(s, z);
        }
        return found;
    }

    private static final int VALUES = 16, MARK = 16, FILLERS = 7, LENGTH = 16;

    /** A mark and its value in the first of so many segments of 16, the mark again as the very last token. */
    private static int[] text(int segments, int[] answer, int row, Rng rng) {
        var ids = new int[segments * LENGTH];
        for (int t = 0; t < ids.length; t++) ids[t] = MARK + 1 + rng.nextInt(FILLERS);
        int at = rng.nextInt(LENGTH - 1);
        answer[row] = rng.nextInt(VALUES);
        ids[at] = ids[ids.length - 1] = MARK;
        ids[at + 1] = answer[row];
        return ids;
    }

    private static Tensor texts(int rows, int segments, int[] answers, Rng rng) {
        var ids = new int[rows * segments * LENGTH];
        for (int r = 0; r < rows; r++) System.arraycopy(text(segments, answers, r, rng), 0, ids, r * segments * LENGTH, segments * LENGTH);
        return Tensor.of(ids, rows, segments * LENGTH);
    }

    private static double recall(MemoryTransformer.Kind kind, int steps) {
        var config = DecoderConfig.llama(MARK + 1 + FILLERS, 64, 2, 32, 2, 2, 64).withTied(false).withDeviation(0.1);
        var model = new MemoryTransformer(config, LENGTH, kind, Rng.of(1));
        var optimizer = new Adam(4e-3).over(new ArrayList<>(model.parameters().values()));
        var rng = Rng.of(2);
        for (int step = 0; step < steps; step++) try (var scope = Scope.open("step")) {
            // Now and then in one segment: where no gradient enters a memory, keys and values learn from local attention.
            int segments = step < steps / 4 || step % 3 == 0 ? 1 : step < steps / 2 ? 2 : step < steps * 2 / 3 ? 3 : 4;
            optimizer.zeroGrad();
            var answers = new int[32];
            var z = model.logits(texts(32, segments, answers, rng), Pass.training(rng));
            var loss = new CrossEntropy().of(z.select(1, z.size(1) - 1), Tensor.of(answers));
            loss.backward();
            optimizer.step();
        }
        var answers = new int[1000];
        var ids = texts(1000, 4, answers, Rng.of(99));
        var z = Autograd.noGrad(() -> model.logits(ids, Pass.inference()));
        long[] said = z.select(1, z.size(1) - 1).argmax(-1).toLongArray();
        int right = 0;
        for (int i = 0; i < 1000; i++) if (said[i] == answers[i]) right++;
        return right / 1000.0;
    }

    @Tag("slow")
    @Acceptance(topic = "memory-transformers", clause = 3)
    @Test void recurrentTokensAndNeighboursRecallWhatNoMemoryCan() {
        int steps = 300;
        Evidence.of("neighbours: share of 1,000 right", recall(new MemoryTransformer.Kind.Neighbours(8, 1000), steps), atLeast(0.9));
        Evidence.of("recurrent tokens: share of 1,000 right", recall(new MemoryTransformer.Kind.Recurrent(2), steps), atLeast(0.9));
        Evidence.of("no memory, chance being 1/16", recall(new MemoryTransformer.Kind.None(), steps),
                between(1 / 16.0 - 0.05, 1 / 16.0 + 0.05));
    }

    @Test void partsAreTheWholeAndDecodingForksAndTruncates() {
        for (var kind : new MemoryTransformer.Kind[] {new MemoryTransformer.Kind.None(), new MemoryTransformer.Kind.Recurrent(3),
                new MemoryTransformer.Kind.Neighbours(4, 6), new MemoryTransformer.Kind.Compressive(true),
                new MemoryTransformer.Kind.Compressive(false)}) {
            var model = new MemoryTransformer(DecoderConfig.llama(40, 64, 2, 16, 4, 2, 32).withDeviation(0.3), 5, kind, Rng.of(1));
            var ids = Tensor.randint(Rng.of(2), 0, 40, 3, 23);
            var whole = model.logits(ids, Pass.inference());
            var memory = model.empty(3);
            for (int s = 0; s < 4; s++) {
                var step = model.read(ids.narrow(1, 5 * s, 5), memory, Pass.inference());
                near(step.logits(), whole.narrow(1, 5 * s, 5));
                memory = step.memory();
            }
            var decoding = model.begin();
            near(decoding.all(ids.narrow(1, 0, 8)), whole.narrow(1, 0, 8));
            for (int t = 8; t < 23; t++) near(decoding.next(ids.narrow(1, t, 1)), whole.select(1, t));
            decoding.truncate(12);
            near(decoding.fork(2, 0).next(ids.rows(2, 0).narrow(1, 12, 3)), whole.rows(2, 0).select(1, 14));
            if (!(kind instanceof MemoryTransformer.Kind.None)) assertThat(model.bytes(memory)).isPositive();
            // What was in the first segment is of consequence in the last one, if there is a memory.
            var other = Tensor.concat(1, ids.narrow(1, 0, 1).add(1).mod(40L), ids.narrow(1, 1, 22));
            boolean moved = model.logits(other, Pass.inference()).narrow(1, 20, 3).sub(whole.narrow(1, 20, 3)).abs().max().item() > 0;
            assertThat(moved).as(kind.toString()).isEqualTo(!(kind instanceof MemoryTransformer.Kind.None
                    || kind instanceof MemoryTransformer.Kind.Neighbours n && n.capacity() == 6));
        }
    }

    private static void near(Tensor a, Tensor b) { assertThat(a.sub(b).abs().max().item()).isLessThan(2e-5); }

    @Test void gradientsGoBackThroughRecurrentTokensAndNotIntoNeighbours() {
        Tensor first = Tensor.of(new int[] {1, 2, 3, 4, 11, 12, 13, 14}, 1, 8);
        for (var kind : new MemoryTransformer.Kind[] {new MemoryTransformer.Kind.Recurrent(2), new MemoryTransformer.Kind.Compressive(true),
                new MemoryTransformer.Kind.Neighbours(2, 100)}) {
            var model = new MemoryTransformer(DecoderConfig.llama(40, 64, 1, 16, 4, 4, 32).withTied(false).withDeviation(0.3), 4, kind,
                    Rng.of(1));
            model.logits(first, Pass.training(Rng.of(1))).narrow(1, 4, 4).square().sum().backward();
            double there = model.decoder().embedding().weight().grad().narrow(0, 1, 4).abs().max().item();
            assertThat(there > 0).as(kind.toString()).isEqualTo(!(kind instanceof MemoryTransformer.Kind.Neighbours));
        }
    }

    @Test void whatDoesNotFitIsRefused() {
        var config = DecoderConfig.llama(40, 64, 1, 16, 4, 4, 32);
        var model = new MemoryTransformer(config, 4, new MemoryTransformer.Kind.Compressive(true), Rng.of(1));
        assertThatThrownBy(() -> model.read(Tensor.zeros(DType.I64, 1, 5), model.empty(1), Pass.inference()))
                .isInstanceOf(ShapeException.class).hasMessageContaining("at most 4");
        assertThatThrownBy(() -> new MemoryTransformer.Kind.Recurrent(0)).hasMessageContaining("0 memory tokens");
        assertThatThrownBy(() -> new MemoryTransformer(config, 0, new MemoryTransformer.Kind.None(), Rng.of(1)))
                .hasMessageContaining("segments of 0");
        assertThatThrownBy(() -> new MemoryTransformer(config, 4, new MemoryTransformer.Kind.Neighbours(0, 9), Rng.of(1)))
                .hasMessageContaining("0 neighbours");
        assertThatThrownBy(
                () -> new MemoryTransformer(DecoderConfig.gpt2(40, 64, 1, 16, 4), 4, new MemoryTransformer.Kind.None(), Rng.of(1)))
                .hasMessageContaining("rotary positions or none");
        var decoding = model.decoder().begin();
        decoding.next(new int[] {1, 2, 3, 4, 5});
        assertThatThrownBy(() -> decoding.truncate(2)).isInstanceOf(UnsupportedOperationException.class);
    }
}
