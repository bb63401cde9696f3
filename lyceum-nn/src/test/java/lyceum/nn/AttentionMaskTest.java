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
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class AttentionMaskTest {
    private static Tensor normal(Rng rng, DType type, long... shape) { return Tensor.randn(rng, DType.F32, shape).to(type).compute(); }

    private static double distance(Tensor a, Tensor b) { return a.to(DType.F64).sub(b.to(DType.F64)).abs().max().item(); }

    @Acceptance(topic = "attention-mask", clause = 1)
    @Test void paddingToAnyLengthLeavesValidOutputsAsTheyWere() {
        double worst = 0, without = 0;
        var rng = Rng.of(1);
        for (int trial = 0; trial < 100; trial++) {
            var layer = new MultiHeadAttention(new AttentionConfig(16, 4), rng);
            int[] lengths = {1 + rng.nextInt(20), 1 + rng.nextInt(20), 1 + rng.nextInt(20)};
            // to each side of the kernels' tiles
            int padded = new int[] {20, 21, 33, 63, 64, 65, 127, 129, 256, 500}[trial % 10];
            var rows = new Tensor[3];
            for (int b = 0; b < 3; b++) rows[b] = normal(rng, DType.F32, 1, lengths[b], 16);
            var batch = new Tensor[3];
            for (int b = 0; b < 3; b++) batch[b] = Tensor.concat(1, rows[b], normal(rng, DType.F32, 1, padded - lengths[b], 16).mul(10));
            var x = Tensor.concat(0, batch);
            var y = layer.forward(x, x, AttentionMask.padding(lengths).on(new Attention(), padded, padded), Pass.inference());
            var bare = layer.forward(x);
            for (int b = 0; b < 3; b++) {
                var alone = layer.forward(rows[b]).get(0);
                worst = Math.max(worst, distance(y.get(b).narrow(0, 0, lengths[b]), alone));
                without = Math.max(without, distance(bare.get(b).narrow(0, 0, lengths[b]), alone));
            }
        }
        Evidence.of("largest change of a valid output in 100 cases", worst, below(1e-6));
        Evidence.of("largest change without the mask", without, above(0.1));
    }

    @Acceptance(topic = "attention-mask", clause = 2)
    @Test void packedDocumentsEqualSeparateRuns() {
        double worst = 0;
        var rng = Rng.of(2);
        for (int trial = 0; trial < 30; trial++) {
            var layer = new MultiHeadAttention(new AttentionConfig(12, 3), rng);
            var lengths = new int[1 + rng.nextInt(6)];
            var parts = new ArrayList<Tensor>();
            int all = 0;
            for (int i = 0; i < lengths.length; i++) {
                lengths[i] = 1 + rng.nextInt(40);
                all += lengths[i];
                parts.add(normal(rng, DType.F32, 1, lengths[i], 12));
            }
            var mask = AttentionMask.documents(lengths);
            if (trial % 2 == 1) mask = mask.and(AttentionMask.causal());
            var alone = new Attention().withCausal(trial % 2 == 1);
            var x = Tensor.concat(1, parts.toArray(Tensor[]::new));
            var y = layer.forward(x, x, mask.on(new Attention(), all, all), Pass.inference());
            int at = 0;
            for (int i = 0; i < lengths.length; at += lengths[i++])
                worst = Math.max(worst,
                        distance(y.narrow(1, at, lengths[i]), layer.forward(parts.get(i), parts.get(i), alone, Pass.inference())));
        }
        Evidence.of("largest distance from separate runs", worst, below(1e-6));
    }

    /** A random composition of depth up to 3. */
    /** Whether the query at position p of a batch entry sees key j, in the test's own words. */
    private interface Sees {
        boolean at(int b, int p, int j);
    }

    private record Known(AttentionMask mask, Sees sees) {}

    private static Known composed(Rng rng, int depth, int n, int batch) {
        return switch (rng.nextInt(depth == 0 ? 6 : 9)) {
            case 0 -> new Known(AttentionMask.causal(), (b, p, j) -> j <= p);
            case 1 -> {
                int before = rng.nextInt(100), after = rng.nextInt(100);
                yield new Known(AttentionMask.window(before, after), (b, p, j) -> j >= p - before && j <= p + after);
            }
            case 2 -> {
                int length = rng.nextInt(n);
                yield new Known(AttentionMask.prefix(length), (b, p, j) -> j < length);
            }
            case 3 -> {
                var lengths = new int[batch];
                for (int b = 0; b < batch; b++) lengths[b] = rng.nextInt(n + 1);
                yield new Known(AttentionMask.padding(lengths), (b, p, j) -> j < lengths[b]);
            }
            case 4 -> {
                int first = rng.nextInt(n / 2), second = rng.nextInt(n / 2);
                yield new Known(AttentionMask.documents(first, 0, second, n),
                        (b, p, j) -> document(p, first, second) == document(j, first, second));
            }
            case 5 -> {
                int step = 2 + rng.nextInt(3);
                yield new Known(AttentionMask.of((p, j) -> (p + j) % step == 0), (b, p, j) -> (p + j) % step == 0);
            }
            case 6 -> {
                Known x = composed(rng, depth - 1, n, batch), y = composed(rng, depth - 1, n, batch);
                yield new Known(x.mask.and(y.mask), (b, p, j) -> x.sees.at(b, p, j) && y.sees.at(b, p, j));
            }
            case 7 -> {
                Known x = composed(rng, depth - 1, n, batch), y = composed(rng, depth - 1, n, batch);
                yield new Known(x.mask.or(y.mask), (b, p, j) -> x.sees.at(b, p, j) || y.sees.at(b, p, j));
            }
            default -> {
                var x = composed(rng, depth - 1, n, batch);
                yield new Known(x.mask.not(), (b, p, j) -> !x.sees.at(b, p, j));
            }
        };
    }

    private static int document(int at, int first, int second) { return at < first ? 0 : at < first + second ? 1 : 2; }

    @Acceptance(topic = "attention-mask", clause = 3)
    @Test void theTilePathEqualsTheDenseMaskForRandomCompositions() {
        var gap = Gap.relativeBeyondOne();
        long skipped = 0, tiles = 0, wrong = 0;
        var rng = Rng.of(3);
        for (int trial = 0; trial < 200; trial++) {
            int batch = 2, keys = 65 + rng.nextInt(150), queries = trial % 3 == 0 ? 1 + rng.nextInt(keys) : keys;
            var known = composed(rng, 3, keys, batch);
            var mask = known.mask;
            Tensor q = normal(rng, DType.F32, batch, 2, queries, 8), k = normal(rng, DType.F32, batch, 2, keys, 8),
                    v = normal(rng, DType.F32, batch, 2, keys, 8);
            // The dense mask, by the definition of each key, and a softmax written out.
            double[] dense = new double[batch * 2 * queries * 8], qs = q.toDoubleArray(), ks = k.toDoubleArray(), vs = v.toDoubleArray();
            for (int b = 0; b < batch; b++) for (int h = 0; h < 2; h++) for (int i = 0; i < queries; i++) {
                int at = (b * 2 + h) * queries + i;
                double total = 0;
                for (int j = 0; j < keys; j++) {
                    if (!known.sees.at(b, keys - queries + i, j)) continue;
                    double score = 0;
                    int key = (b * 2 + h) * keys + j;
                    for (int d = 0; d < 8; d++) score += qs[at * 8 + d] * ks[key * 8 + d] / Math.sqrt(8);
                    total += Math.exp(score);
                    for (int d = 0; d < 8; d++) dense[at * 8 + d] += Math.exp(score) * vs[key * 8 + d];
                }
                if (total > 0) for (int d = 0; d < 8; d++) dense[at * 8 + d] /= total;
            }
            gap.see("trial " + trial, mask.on(new Attention(), queries, keys).of(q, k, v).toDoubleArray(), dense);
            for (int b = 0; b < mask.batch(); b++) {
                var covers = mask.tiles(b, queries, keys, 64);
                for (int r = 0; r < covers.length; r++) for (int c = 0; c < covers[r].length; c++) {
                    tiles++;
                    if (covers[r][c] == AttentionMask.Cover.NONE) skipped++;
                    wrong += wrongs(known.sees, covers[r][c], b, keys - queries, r, c, queries, keys);
                }
            }
        }
        Evidence.of("largest gap to the dense mask", gap, below(1e-6));
        Evidence.of("pairs in tiles that claim all or none and are otherwise", wrong, exactly(0));
        Evidence.of("share of tiles that are left out", (double) skipped / tiles, above(0.1));
    }

    private static long wrongs(Sees mask, AttentionMask.Cover cover, int b, int first, int r, int c, int queries, int keys) {
        if (cover == AttentionMask.Cover.SOME) return 0;
        long wrong = 0;
        for (int i = 64 * r; i < Math.min(queries, 64 * (r + 1)); i++)
            for (int j = 64 * c; j < Math.min(keys, 64 * (c + 1)); j++)
                if (mask.at(b, first + i, j) != (cover == AttentionMask.Cover.ALL)) wrong++;
        return wrong;
    }

    @Test void eachMaskSeesWhatItSays() {
        assertThat(rows(AttentionMask.causal(), 3, 5)).containsExactly("11100", "11110", "11111");
        assertThat(rows(AttentionMask.window(1, 1), 4, 4)).containsExactly("1100", "1110", "0111", "0011");
        assertThat(rows(AttentionMask.prefix(2).or(AttentionMask.causal()), 4, 4)).containsExactly("1100", "1100", "1110", "1111");
        assertThat(rows(AttentionMask.documents(2, 0, 1), 4, 4)).containsExactly("1100", "1100", "0010", "0000");
        assertThat(rows(AttentionMask.causal().not(), 2, 2)).containsExactly("01", "00");
        assertThat(rows(AttentionMask.padding(1).and(AttentionMask.of((p, j) -> p == 0)), 2, 2)).containsExactly("10", "00");
        assertThat(AttentionMask.padding(1, 3).seen(2, 3).shape().toArray()).containsExactly(2, 1, 2, 3);
        assertThat(AttentionMask.causal().additive(2, 2, DType.F16).toDoubleArray()).containsExactly(0, -65504, 0, 0);
        assertThatThrownBy(() -> AttentionMask.padding(1, 2).and(AttentionMask.padding(1, 2, 3)))
                .hasMessageContaining("2 and 3 batch entries");
        assertThatThrownBy(() -> AttentionMask.window(-1, 0)).hasMessageContaining("-1 before");
        assertThatThrownBy(() -> AttentionMask.causal().on(new Attention().withBias(Tensor.zeros(2, 2)), 2, 2))
                .hasMessageContaining("a bias already");
    }

    private static List<String> rows(AttentionMask mask, int queries, int keys) {
        var rows = new ArrayList<String>();
        for (int i = 0; i < queries; i++) {
            var row = new StringBuilder();
            for (int j = 0; j < keys; j++) row.append(mask.seen(queries, keys).get(i).get(j).item() == 1 ? '1' : '0');
            rows.add(row.toString());
        }
        return rows;
    }

    @Acceptance(topic = "attention-mask", clause = 4)
    @Test void maskingAfterTheSoftmaxIsFlagged() {
        var rng = Rng.of(4);
        double least = Double.POSITIVE_INFINITY, most = 0;
        for (int trial = 0; trial < 50; trial++) {
            var scores = normal(rng, DType.F32, 2, 3, 8, 8);
            var seen = AttentionMask.causal().seen(8, 8);
            var after = seen.where(scores.softmax(-1), Tensor.zeros(1));
            least = Math.min(least, new AttentionWeights(after).rowGap());
            most = Math.max(most, new AttentionWeights(AttentionMask.weights(scores, seen)).rowGap());
        }
        Evidence.of("least gap of a row's sum where the mask came after", least, above(1e-3));
        Evidence.of("largest gap where it came before", most, below(1e-6));
    }

    @Acceptance(topic = "masked-attention-score", clause = 1)
    @Test void blockedWeightsAreZeroAndTheOthersAreTheSoftmaxOfTheRest() {
        var rng = Rng.of(5);
        for (var type : List.of(DType.F32, DType.F16, DType.BF16)) {
            double gap = 0, blocked = 0, gradient = 0, dead = 0;
            int masks = 0, rows = 0, open = 0;
            for (; masks < 500; masks++) {
                boolean wide = masks % 5 == 4;
                int queries = 1 + rng.nextInt(5), keys = 1 + rng.nextInt(wide ? 300 : 9);
                double share = rng.nextDouble();
                // Every fourth lies near the lowest number of its type: a mask of a fixed size would leak there.
                double shift = masks % 4 > 0 ? 0 : type == DType.F16 ? -6e4 : -1e4;
                var logits = normal(rng, type, queries, keys).mul(4).add(shift).compute().requiresGrad();
                var seen = Tensor.rand(rng, DType.F32, queries, keys).lt(share).compute();
                // what is blocked may be the largest number, infinite or none at all
                if (masks % 3 == 1) {
                    double any = new double[] {1e4, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}[masks / 3 % 3];
                    logits = seen.where(logits.detach(), Tensor.full(type, any, queries, keys)).compute().requiresGrad();
                }
                Tensor weights = AttentionMask.weights(logits, seen), upstream = normal(rng, type, queries, keys);
                weights.mul(upstream).sum().backward();
                double[] w = weights.toDoubleArray(), l = logits.toDoubleArray(), s = seen.to(DType.F64).toDoubleArray(),
                        g = logits.grad().toDoubleArray();
                for (int i = 0; i < queries; i++) {
                    double top = Double.NEGATIVE_INFINITY, sum = 0;
                    for (int j = 0; j < keys; j++) if (s[i * keys + j] == 1) top = Math.max(top, l[i * keys + j]);
                    for (int j = 0; j < keys; j++) if (s[i * keys + j] == 1) sum += Math.exp(l[i * keys + j] - top);
                    if (sum == 0) rows++;
                    for (int j = 0; j < keys; j++) {
                        int at = i * keys + j;
                        if (s[at] == 0) {
                            blocked = Math.max(blocked, Math.abs(w[at]));
                            gradient = Math.max(gradient, Math.abs(g[at]));
                            if (sum == 0) dead = Math.max(dead, Double.isNaN(w[at]) ? 1 : Math.abs(w[at]));
                        } else {
                            open++;
                            gap = Math.max(gap, Math.abs(w[at] - Math.exp(l[at] - top) / sum));
                        }
                    }
                }
            }
            Evidence.of(type + ": masks", masks, exactly(500));
            Evidence.of(type + ": fully blocked rows among them", rows, atLeast(50));
            Evidence.of(type + ": largest blocked weight", blocked, exactly(0));
            Evidence.of(type + ": largest weight in a fully blocked row", dead, exactly(0));
            Evidence.of(type + ": largest gradient at a blocked logit", gradient, exactly(0));
            Evidence.of(type + ": allowed weights from the F64 softmax of " + open, gap,
                    atMost(type == DType.F32 ? 1e-6 : type == DType.F16 ? 1e-3 : 2e-3));
        }
    }

    @Acceptance(topic = "causal-mask", clause = 1)
    @Test void noOutputDependsOnALaterInput() {
        var rng = Rng.of(6);
        double later = 0, earlier = Double.POSITIVE_INFINITY;
        for (int trial = 0; trial < 50; trial++) {
            int length = 3 + rng.nextInt(5);
            var config = new AttentionConfig(8, 2).withDtype(DType.F64);
            var layers = new MultiHeadAttention[] {new MultiHeadAttention(config, rng), new MultiHeadAttention(config, rng)};
            var x = normal(rng, DType.F64, 1, length, 8);
            var attention = AttentionMask.causal().on(new Attention(), length, length);
            var jacobian = Autograd.jacobian(z -> {
                for (var layer : layers) z = z.add(layer.forward(z, z, attention, Pass.inference()));
                return z;
            }, x).reshape(length, 8, length, 8);
            for (int t = 0; t < length; t++) for (int s = 0; s < length; s++) {
                double size = jacobian.get(t).narrow(1, s, 1).abs().max().item();
                if (s > t) later = Math.max(later, size);
                else earlier = Math.min(earlier, size);
            }
        }
        Evidence.of("largest derivative by a later input, 50 stacks", later, exactly(0));
        Evidence.of("least block on or below the diagonal", earlier, above(0));
    }

    @Acceptance(topic = "causal-mask", clause = 3)
    @Test void tokenByTokenEqualsTheWholeSequence() {
        var rng = Rng.of(7);
        var layer = new MultiHeadAttention(new AttentionConfig(32, 4).withAttention(new Attention().withCausal(true)), rng);
        var x = normal(rng, DType.F32, 2, 64, 32);
        var whole = layer.forward(x, x, AttentionMask.causal().on(new Attention(), 64, 64), Pass.inference());
        Autograd.noGrad(() -> {
            var cache = KvCache.contiguous();
            double worst = 0;
            for (int t = 0; t < 64; t++)
                worst = Math.max(worst, distance(layer.forward(x.narrow(1, t, 1), cache, Pass.inference()), whole.narrow(1, t, 1)));
            Evidence.of("largest distance over 64 positions", worst, below(1e-5));
            // A chunk of the sequence, by the same mask with the offset that its shape says.
            double chunk = 0;
            for (int from = 0; from < 64; from += 16) {
                var part = AttentionMask.causal().on(new Attention(), 16, from + 16);
                var y = layer.forward(x.narrow(1, from, 16), x.narrow(1, 0, from + 16), part, Pass.inference());
                chunk = Math.max(chunk, distance(y, whole.narrow(1, from, 16)));
            }
            Evidence.of("largest distance of chunks of 16", chunk, below(1e-5));
        });
    }
}
