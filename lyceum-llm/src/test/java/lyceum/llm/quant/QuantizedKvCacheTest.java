package lyceum.llm.quant;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.corpus.Corpora;
import lyceum.llm.CausalLM;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.TinyBible;
import lyceum.llm.quant.KvQuantization.Grouping;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.RotaryEmbedding;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class QuantizedKvCacheTest {
    private static final int[] WIDTHS = {2, 4, 8};

    /** Steps of a matrix (tokens, d) by definition, in F64, of each element. */
    private static double[] steps(float[] x, int tokens, int d, int bits, boolean symmetric, Grouping grouping, int group) {
        var steps = new double[x.length];
        for (int t = 0; t < tokens; t++) for (int c = 0; c < d; c++) {
            double least = Double.POSITIVE_INFINITY, most = Double.NEGATIVE_INFINITY;
            for (int s = 0; s < tokens; s++) for (int e = 0; e < d; e++) {
                boolean together = switch (grouping) {
                    case HEAD -> s == t;
                    case TOKEN -> s == t && e / group == c / group;
                    case CHANNEL -> e == c && s / group == t / group;
                };
                if (!together) continue;
                least = Math.min(least, x[s * d + e]);
                most = Math.max(most, x[s * d + e]);
            }
            steps[t * d + c] = symmetric ? Math.max(-least, most) / ((1 << bits - 1) - 1) : (most - least) / ((1 << bits) - 1);
        }
        return steps;
    }

    @Acceptance(topic = "kv-cache-quant", clause = 1)
    @Test void errorsAreHalfAStepAndZerosStay() {
        double worst = 0;
        int zeros = 0, wrong = 0, kinds = 0;
        for (int c = 0; c < 1000; c++) {
            var rng = Rng.of(c);
            int bits = WIDTHS[rng.nextInt(3)], group = 8 + rng.nextInt(9), tokens = group * (1 + rng.nextInt(2)),
                    d = group + group * rng.nextInt(2);
            var grouping = Grouping.values()[rng.nextInt(3)];
            boolean symmetric = c % 2 == 0;
            var x = Tensor.randn(rng, tokens, d).mul(Math.pow(10, rng.nextInt(9) - 4)).toFloatArray();
            int from = rng.nextInt(tokens) / group * group; // a group of tokens of zeros
            if (c % 3 == 0) Arrays.fill(x, from * d, (from + group) * d, 0);
            var cache = new KvQuantization(bits, bits, symmetric, grouping, grouping, group, 0, false).cache();
            var k = Tensor.of(x, 1, 1, tokens, d);
            cache.append(k, k);
            if (cache.packedKeys() != tokens) wrong++;
            for (var y : new float[][] {cache.past().keys().toFloatArray(), cache.past().values().toFloatArray()}) {
                var steps = steps(x, tokens, d, bits, symmetric, grouping, group);
                for (int i = 0; i < x.length; i++) {
                    if (steps[i] > 0) worst = Math.max(worst, Math.abs((double) x[i] - y[i]) / (steps[i] / 2));
                    else if (x[i] == 0) {
                        zeros++;
                        if (y[i] != 0) wrong++;
                    }
                }
            }
            kinds |= 1 << grouping.ordinal() * 2 + c % 2;
        }
        Evidence.of("kinds of groups, with and without an offset", Integer.bitCount(kinds), exactly(6));
        Evidence.of("largest error over half a step", worst, atMost(1 + 1e-4));
        Evidence.of("elements of groups of zeros", zeros, above(1000));
        Evidence.of("of them not zero, or tensors not packed", wrong, exactly(0));
    }

    @Acceptance(topic = "kv-cache-quant", clause = 2)
    @Test void bytesAreThoseOfTheFormula() {
        long gap = 0;
        int cases = 0, larger = 0;
        for (var grouping : Grouping.values())
            for (int bits : WIDTHS)
                for (boolean symmetric : new boolean[] {true, false})
                    for (boolean half : new boolean[] {true, false})
                        for (int recent : new int[] {0, 5}) for (int n : new int[] {1, 7, 32, 40}) {
                            int group = 8, d = 20, batch = 2, heads = 3;
                            var options = new KvQuantization(bits, 4, symmetric, grouping, Grouping.TOKEN, group, recent, half);
                            var cache = options.cache();
                            var k = Tensor.randn(Rng.of(n), batch, heads, n, d);
                            cache.append(k, k);
                            int old = Math.max(0, n - recent), keys = grouping == Grouping.CHANNEL ? old / 8 * 8 : old,
                                    each = (half ? 2 : 4) * (symmetric ? 1 : 2);
                            int keyGroups = grouping == Grouping.HEAD ? keys : grouping == Grouping.TOKEN ? 3 * keys : keys / 8 * 20;
                            long closed = 6L * (keys * (5 * bits / 2) + keyGroups * each + (n - keys) * 80 + old * 10 + 3 * old * each
                                    + (n - old) * 80);
                            // the arrays themselves: twice that while they grow, and room for the rows that wait for a group
                            if (cache.heldBytes() > 2 * closed + 6 * 2 * 2 * (recent + group) * d * 4L) larger++;
                            gap += Math.abs(cache.bytes() - closed) + Math.abs(6 * options.bytes(n, d, d) - closed);
                            cases++;
                        }
        Evidence.of("cases", cases, exactly(3 * 3 * 2 * 2 * 2 * 4));
        Evidence.of("bytes off the formula", gap, exactly(0));
        Evidence.of("caches whose arrays take more than twice that and the room for two groups", larger, exactly(0));
        double least = Double.POSITIVE_INFINITY;
        for (var options : new KvQuantization[] {KvQuantization.perToken(4, 32), KvQuantization.kivi(4, 32)}) {
            var cache = options.cache();
            var k = Tensor.randn(Rng.of(1), 1, 2, 256, 64);
            cache.append(k, k);
            least = Math.min(least, 2.0 * 2 * 2 * 256 * 64 / cache.bytes());
            assertThat(options.bitsPerValue(64, 64)).isEqualTo(5);
        }
        Evidence.of("fp16 over int4 in groups of 32", least, atLeast(3.2));
    }

    /** Mean perplexity of rows read letter by letter, so that each looks at what is packed. */
    private static double perplexity(CausalLM.Decoding decoding, Tensor ids) {
        double sum = 0;
        int rows = (int) ids.size(0), n = (int) ids.size(1);
        for (int t = 0; t + 1 < n; t++) {
            var z = decoding.next(ids.narrow(1, t, 1)).logSoftmax(-1).toFloatArray();
            int[] next = ids.select(1, t + 1).toIntArray();
            for (int r = 0; r < rows; r++) sum -= z[r * TinyBible.LETTERS + next[r]];
        }
        return Math.exp(sum / rows / (n - 1));
    }

    @Tag("slow")
    @Acceptance(topic = "kv-cache-quant", clause = 3)
    @Test void perplexityHardlyRises() {
        var model = TinyBible.trained(64, 250, 1);
        var ids = Tensor.of(TinyBible.letters(Corpora.kingJames(), 500_000, 32 * TinyBible.LENGTH), 32, TinyBible.LENGTH);
        double most8 = 0, most4 = 0, two, full = Autograd.noGrad(() -> perplexity(model.begin(), ids));
        for (var layout : new KvQuantization[] {KvQuantization.perToken(8, 16), KvQuantization.kivi(8, 16)}) {
            most8 = Math.max(most8, Autograd.noGrad(() -> perplexity(model.begin(layout.caches()), ids)) / full - 1);
            var four = layout.withKeyBits(4).withValueBits(4);
            most4 = Math.max(most4, Autograd.noGrad(() -> perplexity(model.begin(four.caches()), ids)) / full - 1);
        }
        var coarse = KvQuantization.perToken(2, 16).withSymmetric(true);
        two = Autograd.noGrad(() -> perplexity(model.begin(coarse.caches()), ids)) / full - 1;
        Evidence.of("perplexity of the trained model", full, below(12));
        Evidence.of("rise at int8, worse of both layouts", most8, atMost(0.005));
        Evidence.of("rise at int4, worse of both layouts", most4, atMost(0.05));
        Evidence.of("rise at symmetric int2: the measure sees the cache", two, above(0.05));
    }

    @Acceptance(topic = "kv-cache-quant", clause = 4)
    @Test void keysByChannelSpareTheOrdinary() {
        double worst = 0, all = 0;
        for (int seed = 0; seed < 5; seed++) {
            int tokens = 256, d = 64;
            var scale = new float[d];
            Arrays.fill(scale, 1);
            int a = Rng.of(seed).nextInt(d), b = (a + 1 + Rng.of(seed + 10).nextInt(d - 1)) % d;
            scale[a] = scale[b] = 20;
            var k = Tensor.randn(Rng.of(seed + 20), 1, 1, tokens, d).mul(Tensor.of(scale)).compute();
            double[][] errors = new double[2][];
            for (int l = 0; l < 2; l++) {
                var cache = (l == 0 ? KvQuantization.perToken(4, 32) : KvQuantization.kivi(4, 32)).withHalfScales(false).cache();
                cache.append(k, k);
                errors[l] = cache.past().keys().sub(k).to(DType.F64).square().reshape(tokens, d).mean(0, false).toDoubleArray();
            }
            double[] ordinary = new double[2], whole = new double[2];
            for (int l = 0; l < 2; l++) for (int c = 0; c < d; c++) {
                whole[l] += errors[l][c];
                if (c != a && c != b && (c / 32 == a / 32 || c / 32 == b / 32)) ordinary[l] += errors[l][c];
            }
            worst = Math.max(worst, ordinary[1] / ordinary[0]);
            all = Math.max(all, whole[1] / whole[0]);
        }
        Evidence.of("error of ordinary channels beside a loud one, by channel over by token, worst of 5", worst, atMost(0.05));
        Evidence.of("error of all channels, by channel over by token, worst of 5", all, below(1));
    }

    @Acceptance(topic = "kv-cache-quant", clause = 5)
    @Test void attentionOverCodesIsAttentionOverWhatTheyStandFor() {
        double gap = 0, moved = 0;
        int cases = 0;
        for (var keys : Grouping.values())
            for (var values : Grouping.values()) for (int bits : WIDTHS) for (boolean symmetric : new boolean[] {true, false}) {
                var options = new KvQuantization(bits, 12 - bits == 10 ? 8 : bits, symmetric, keys, values, 8, cases % 3 * 3,
                        cases % 2 == 0);
                var attention = new Attention().withCausal(true).withSoftCap(cases % 5 == 0 ? 5 : 0).withWindow(cases % 7 == 0 ? 11 : 0);
                if (cases % 4 == 0) attention = attention.withAlibi(Attention.alibiSlopes(4));
                var rope = cases % 4 == 0 ? PositionalEncoding.none() : new RotaryEmbedding(12, 10_000);
                int n = 37, more = 1 + cases % 3;
                Tensor k = Tensor.randn(Rng.of(1), 2, 2, n + more, 12), v = Tensor.randn(Rng.of(2), 2, 2, n + more, 12),
                        q = Tensor.randn(Rng.of(3), 2, 4, n + more, 12);
                var cache = options.cache();
                cache.append(rope.turned(k.narrow(2, 0, n), 0), v.narrow(2, 0, n));
                var past = cache.past();
                var y = cache.attend(q.narrow(2, n, more), k.narrow(2, n, more), v.narrow(2, n, more), rope, attention);
                Tensor key = Tensor.concat(2, past.keys(), rope.turned(k, 0).narrow(2, n, more)),
                        value = Tensor.concat(2, past.values(), v.narrow(2, n, more));
                gap = Math.max(gap, y.sub(attention.of(rope.turned(q, 0).narrow(2, n, more), key, value)).abs().max().item());
                moved = Math.max(moved, y.sub(attention.of(rope.turned(q, 0).narrow(2, n, more), rope.turned(k, 0), v)).abs().max().item());
                cases++;
            }
        Evidence.of("layouts", cases, exactly(54));
        Evidence.of("packed against dequantised attention", gap, atMost(1e-5));
        Evidence.of("against attention over what was put in", moved, above(0.01));
    }

    @Acceptance(topic = "kv-cache-quant", clause = 6)
    @Test void oneByOneIsAllAtOnce() {
        int same = 0, cases = 0;
        for (var grouping : Grouping.values())
            for (int bits : WIDTHS) for (boolean half : new boolean[] {true, false}) for (int recent : new int[] {0, 6}) {
                int n = 45;
                Tensor k = Tensor.randn(Rng.of(1), 2, 2, n, 12), v = Tensor.randn(Rng.of(2), 2, 2, n, 12);
                var options = new KvQuantization(bits, bits, cases % 2 == 0, grouping, grouping, 8, recent, half);
                QuantizedKvCache bulk = options.cache(), single = options.cache(), pieces = options.cache();
                bulk.append(k, v);
                for (int t = 0; t < n; t++) single.append(k.narrow(2, t, 1), v.narrow(2, t, 1));
                for (int t = 0; t < n; t += 15) pieces.append(k.narrow(2, t, 15), v.narrow(2, t, 15));
                for (var other : new QuantizedKvCache[] {single, pieces}) {
                    cases++;
                    if (Arrays.equals(bulk.past().keys().toFloatArray(), other.past().keys().toFloatArray())
                            && Arrays.equals(bulk.past().values().toFloatArray(), other.past().values().toFloatArray())
                            && bulk.bytes() == other.bytes() && bulk.packedKeys() == other.packedKeys() && bulk.packedKeys() > 0)
                        same++;
                }
            }
        Evidence.of("ways to append", cases, exactly(72));
        Evidence.of("of them with the very bits", same, exactly(72));
    }

    @Test void modelsForksAndRefusals() {
        var model = new DecoderLM(DecoderConfig.llama(40, 64, 2, 16, 4, 2, 24).withDeviation(0.3), Rng.of(5));
        var ids = Tensor.randint(Rng.of(6), 0, 40, 2, 20);
        var decoding = model.begin(KvQuantization.perToken(8, 4).withRecent(4).caches());
        var whole = model.begin();
        assertThat(decoding.all(ids.narrow(1, 0, 10)).sub(whole.all(ids.narrow(1, 0, 10))).abs().max().item()).isLessThan(1e-5);
        assertThat(decoding.all(ids.narrow(1, 10, 9)).sub(whole.all(ids.narrow(1, 10, 9))).abs().max().item()).isLessThan(0.1);
        var fork = decoding.fork(1);
        var z = decoding.next(ids.narrow(1, 19, 1));
        assertThat(fork.next(ids.narrow(0, 1, 1).narrow(1, 19, 1)).sub(z.narrow(0, 1, 1)).abs().max().item()).isLessThan(1e-5);
        assertThat(decoding.bytes()).isEqualTo(2 * 2 * 2 * KvQuantization.perToken(8, 4).withRecent(4).bytes(20, 4, 4));
        assertThatThrownBy(() -> decoding.truncate(3)).isInstanceOf(UnsupportedOperationException.class);
        decoding.truncate(0);
        assertThat(decoding.bytes()).isZero();
        assertThatThrownBy(() -> KvQuantization.kivi(3, 8)).hasMessageContaining("3 bits");
        assertThatThrownBy(() -> KvQuantization.kivi(4, 0)).hasMessageContaining("groups of 0");
        var cache = KvQuantization.kivi(4, 8).cache();
        assertThatThrownBy(() -> cache.append(Tensor.of(new float[] {1, Float.NaN}, 1, 1, 1, 2), Tensor.zeros(1, 1, 1, 2)))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> cache.append(Tensor.zeros(1, 1, 2, 2), Tensor.zeros(1, 1, 1, 2)))
                .hasMessageContaining("keys (1, 1, 2, 2)");
        assertThatThrownBy(() -> cache.append(Tensor.zeros(1, 1, 1, 3), Tensor.zeros(1, 1, 1, 2))).hasMessageContaining("do not follow");
    }

    @Test void aLongPromptLeavesNoRoomBehind() {
        var cache = new KvQuantization(4, 4, false, Grouping.TOKEN, Grouping.TOKEN, 8, 16, true).cache();
        var k = Tensor.randn(Rng.of(1), 1, 2, 2000, 32);
        cache.append(k, k);
        assertThat(cache.heldBytes()).isLessThan(2 * cache.bytes());
    }
}
