package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Attention to few condensed entries and to the last positions as they are. Every m positions become one key and one value, sums weighted by learned gates; a light
 * scorer rates the entries for each query, which then reads the k best, a window, and a sink, under one softmax:
 *
 * <pre>
 * K_s = sum a_j k_j    V_s = sum a_j v_j    a = softmax over the block of (g . x_j + b_j)
 * I_ts = sum_h w_th relu(q_th . c_s)        query t may read entry s once it is whole: m (s + 1) &lt;= t + 1
 * </pre>
 *
 * {@snippet :
 * var config = new CompressedSparseConfig(256, 4, 4, 16, 32);                        // blocks of 4, the best 16, a window of 32
 * var decoder = DecoderConfig.llama(1000, 4096, 4, 256, 4, 4, 688).eachBlock(b -> b.withMixer(config));
 * long[][] read = new CompressedSparseAttention(config, rng).chosen(x);              // entries of each query
 * }
 *
 * <p>Work goes with k + w a query, except for the scorer's, which goes with all entries. The choice has no gradient; the scorer learns by a {@linkplain Pass#penalty penalty}
 * of its own, from inputs without a gradient. Of equal scores the earlier entry wins. Where nothing is seen, zeros are found: let the window cover a block.
 *
 * <p>Parameters: {@code q_proj}, {@code k_proj}, {@code v_proj}, {@code o_proj}, {@code gate_proj} (keyHeads, width) and {@code gate_bias} (keyHeads, block),
 * {@code sink} (heads), and {@code index_q}, {@code index_w}, {@code index_k}, {@code index_gate}.
 *
 * @see <a href="https://arxiv.org/abs/2502.11089">Yuan et al. (2025): native sparse attention</a>
 */
public final class CompressedSparseAttention extends SequenceMixer {
    /** Queries whose keys are gathered at once. */
    private static final int CHUNK = 256;
    private final CompressedSparseConfig config;
    private final Linear q_proj, k_proj, v_proj, o_proj, gate_proj, index_q, index_w, index_k, index_gate;
    private final Tensor gate_bias, sink;

    public CompressedSparseAttention(CompressedSparseConfig config, Rng rng) {
        this.config = config;
        int width = config.width(), queries = config.heads() * config.headWidth(), keys = config.keyHeads() * config.headWidth();
        q_proj = linear(width, queries, rng);
        k_proj = linear(width, keys, rng);
        v_proj = linear(width, keys, rng);
        o_proj = linear(queries, width, rng);
        gate_proj = linear(width, config.keyHeads(), rng);
        gate_bias = Tensor.zeros(config.dtype(), config.keyHeads(), config.block()).requiresGrad();
        sink = config.sink() ? Tensor.zeros(config.dtype(), config.heads()).requiresGrad() : null;
        index_q = linear(width, config.indexHeads() * config.indexWidth(), rng);
        index_w = linear(width, config.indexHeads(), rng);
        index_k = linear(width, config.indexWidth(), rng);
        index_gate = linear(width, 1, rng);
    }

    private Linear linear(int inputs, int outputs, Rng rng) {
        return new Linear(inputs, outputs, false, config.dtype(), Init.glorotUniform(), rng);
    }

    public CompressedSparseConfig config() { return config; }

    @Override public CompressedSparseCache start() { return new CompressedSparseCache(config); }

    @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, null, pass); }

    @Override public Tensor forward(Tensor x, MixerState state, Pass pass) {
        return emit(x, through(x, state(CompressedSparseCache.class, state), pass), pass);
    }

    /** Entries of all positions. @param indexKeys for the scorer (batch, 1, S, indexWidth) */
    private record Entries(Tensor keys, Tensor values, Tensor indexKeys) {
        long count() { return keys == null ? 0 : keys.size(2); }
    }

    private Tensor through(Tensor x, CompressedSparseCache cache, Pass pass) {
        if (x.rank() != 3 || x.size(2) != config.width())
            throw new ShapeException("CompressedSparseAttention: input " + x.shape() + "; it is (batch, T, " + config.width() + ")");
        long start = cache == null ? 0 : cache.length(), n = x.size(1);
        Tensor q = turned(split(q_proj.forward(x, pass), config.heads()), start), k = split(k_proj.forward(x, pass), config.keyHeads()),
                v = split(v_proj.forward(x, pass), config.keyHeads()), still = x.detach();
        var fresh = List.of(k, v, gate_proj.forward(x, pass).transpose(1, 2), index_k.forward(still, pass).unsqueeze(1),
                index_gate.forward(still, pass).transpose(1, 2));
        var raw = behind(cache == null ? List.of() : cache.waiting(), fresh);
        var made = made(raw, start, n);
        var all = made;
        if (cache != null && cache.compressed() > 0) all = made.count() == 0 ? new Entries(cache.keys(), cache.values(), cache.indexKeys())
                : new Entries(Tensor.concat(2, cache.keys(), made.keys), Tensor.concat(2, cache.values(), made.values),
                        Tensor.concat(2, cache.indexKeys(), made.indexKeys));
        var near = behind(cache == null ? List.of() : cache.window(), List.of(turned(k, start), v));
        var scores = all.count() == 0 || config.top() == 0 ? null : scores(still, all.indexKeys, pass);
        if (scores != null && pass.isTraining()) {
            var entries = all;
            pass.penalty(() -> price(q.detach(), entries.keys.detach(), scores, start).mul(config.price()));
        }
        var found = attended(q, all, near, scores == null ? null : pass.point(this, "scores", scores), start);
        if (cache != null) cache.follow(n, made.keys, made.values, made.indexKeys, near, raw);
        return o_proj.forward(pass.point(this, "z", found), pass);
    }

    private Tensor split(Tensor x, int heads) { return x.reshape(x.size(0), x.size(1), heads, config.headWidth()).transpose(1, 2); }

    private Tensor turned(Tensor x, long start) {
        return config.rotary() == null ? x : config.rotary().at(start, x.size(2), x.dtype()).of(x);
    }

    private static List<Tensor> behind(List<Tensor> before, List<Tensor> now) {
        if (before.isEmpty()) return now;
        var all = new ArrayList<Tensor>();
        for (int i = 0; i < now.size(); i++) all.add(Tensor.concat(2, before.get(i), now.get(i)));
        return all;
    }

    /** The entries that become whole with these positions; {@code raw} ends with the last of them. */
    private Entries made(List<Tensor> raw, long start, long n) {
        int m = config.stride(), length = config.block();
        long first = start / m, end = (start + n) / m, from = start + n - raw.getFirst().size(2);
        int count = (int) (end - first);
        if (count == 0) return new Entries(null, null, null);
        long[] places = new long[count * length], last = new long[count];
        var there = new boolean[places.length];
        for (int c = 0; c < count; c++) {
            last[c] = (first + c + 1) * m - 1;
            for (int j = 0; j < length; j++) {
                long position = last[c] + 1 - length + j;
                there[c * length + j] = position >= 0;
                places[c * length + j] = Math.max(position, 0) - from;
            }
        }
        for (int i = 0; i < places.length; i++) places[i] = Math.max(places[i], 0);
        Tensor index = Tensor.of(places), seen = Tensor.of(there, count, length);
        var weights = weights(raw.get(2).indexSelect(2, index), seen, gate_bias.unsqueeze(1));
        var keys = summed(raw.get(0).indexSelect(2, index), weights);
        if (config.rotary() != null) keys = config.rotary().at(Tensor.of(last), keys.dtype()).of(keys);
        return new Entries(keys, summed(raw.get(1).indexSelect(2, index), weights),
                summed(raw.get(3).indexSelect(2, index), weights(raw.get(4).indexSelect(2, index), seen, null)));
    }

    /** Of gates (batch, heads, entries block) the softmax over each block. */
    private Tensor weights(Tensor gates, Tensor seen, Tensor bias) {
        var blocks = gates.reshape(gates.size(0), gates.size(1), seen.size(0), seen.size(1));
        if (bias != null) blocks = blocks.add(bias);
        return seen.where(blocks, Tensor.full(blocks.dtype(), Double.NEGATIVE_INFINITY, 1)).softmax(-1);
    }

    private static Tensor summed(Tensor x, Tensor weights) {
        return x.reshape(x.size(0), x.size(1), weights.size(2), weights.size(3), x.size(3)).mul(weights.unsqueeze(4)).sum(3, false);
    }

    /** What the scorer says (batch, T, S). */
    private Tensor scores(Tensor x, Tensor indexKeys, Pass pass) {
        var q = index_q.forward(x, pass).reshape(x.size(0), x.size(1), config.indexHeads(), config.indexWidth()).transpose(1, 2);
        var w = index_w.forward(x, pass).transpose(1, 2).unsqueeze(3);
        return q.matmul(indexKeys.transpose()).relu().mul(w).sum(1, false);
    }

    /** Which entries each query may read, BOOL (T, S). */
    private Tensor visible(long start, long n, long entries) {
        var whole = Tensor.arange(start + 1, start + n + 1, 1).unsqueeze(1);
        return Tensor.arange(1, entries + 1, 1).mul(config.stride()).le(whole);
    }

    /** Cross-entropy of the scorer's softmax over what is visible against the mean attention of all heads to it. */
    private Tensor price(Tensor q, Tensor keys, Tensor scores, long start) {
        long n = q.size(2), blind = Math.clamp(config.stride() - 1 - start, 0, n), rest = n - blind;
        if (rest == 0) return scores.sum().mul(0);
        var seen = visible(start + blind, rest, keys.size(2));
        var target = new Attention().withBias(seen.unsqueeze(0).unsqueeze(0)).weights(q.narrow(2, blind, rest), keys).mean(1, false)
                .detach();
        var logs = seen.where(scores.narrow(1, blind, rest), Tensor.full(scores.dtype(), -1e9, 1)).logSoftmax(-1);
        return target.mul(logs).sum(-1, false).mean().neg();
    }

    /** The entries that each query of x (batch, T, width) reads, ascending: [batch T][..]. */
    public long[][] chosen(Tensor x) {
        var made = made(
                List.of(split(k_proj.forward(x), config.keyHeads()), split(v_proj.forward(x), config.keyHeads()),
                        gate_proj.forward(x).transpose(1, 2), index_k.forward(x).unsqueeze(1), index_gate.forward(x).transpose(1, 2)),
                0, x.size(1));
        int rows = (int) (x.size(0) * x.size(1));
        if (made.count() == 0 || config.top() == 0) return new long[rows][0];
        return best(scores(x, made.indexKeys, Pass.inference()), 0);
    }

    private long[][] best(Tensor scores, long start) {
        int n = (int) scores.size(1), entries = (int) scores.size(2);
        if (scores.dtype() == DType.F64) return bestOf(scores, start);
        float[] all = scores.detach().to(DType.F32).toFloatArray();
        var best = new long[all.length / entries][];
        Parallel.range(best.length, 64, (from, to) -> {
            for (int row = (int) from; row < to; row++) {
                int visible = (int) Math.min(entries, (start + row % n + 1) / config.stride()), k = Math.min(config.top(), visible);
                var order = new long[visible]; // by falling score, then by number
                for (int s = 0; s < visible; s++) {
                    int bits = Float.floatToIntBits(all[row * entries + s] + 0f);
                    order[s] = ((long) ~(bits ^ bits >> 31 & Integer.MAX_VALUE) << 32) | s;
                }
                Arrays.sort(order);
                best[row] = new long[k];
                for (int i = 0; i < k; i++) best[row][i] = order[i] & 0xFFFFFFFFL;
                Arrays.sort(best[row]);
            }
        });
        return best;
    }

    /** The same of doubles, whose bits leave no room for a number beside them: scores that differ only as doubles are no ties. */
    private long[][] bestOf(Tensor scores, long start) {
        int n = (int) scores.size(1), entries = (int) scores.size(2);
        double[] all = scores.detach().toDoubleArray();
        var best = new long[all.length / entries][];
        Parallel.range(best.length, 64, (from, to) -> {
            for (int row = (int) from; row < to; row++) {
                int visible = (int) Math.min(entries, (start + row % n + 1) / config.stride()), first = row * entries;
                best[row] = LongStream.range(0, visible).boxed()
                        .sorted((a, b) -> Double.compare(all[first + b.intValue()] + 0.0, all[first + a.intValue()] + 0.0))
                        .limit(config.top()).mapToLong(Long::longValue).sorted().toArray();
            }
        });
        return best;
    }

    /** What queries find (batch, T, heads d), a chunk after another. */
    private Tensor attended(Tensor q, Entries entries, List<Tensor> near, Tensor scores, long start) {
        long batch = q.size(0), n = q.size(2), held = near.getFirst().size(2);
        int slots = (int) Math.min(config.top(), entries.count()), window = (int) Math.min(config.window(), held),
                width = slots + window + (config.sink() ? 1 : 0);
        if (width == 0) return q.zerosLike().transpose(1, 2).reshape(batch, n, -1);
        long rows = entries.count() + held + 1; // the last is the sink's: zeros
        Tensor keys = table(entries.keys, near.get(0)), values = table(entries.values, near.get(1));
        var best = scores == null ? null : best(scores, start);
        var parts = new ArrayList<Tensor>();
        for (long from = 0; from < n; from += CHUNK) {
            int count = (int) Math.min(CHUNK, n - from);
            var places = new long[(int) batch * count * width];
            var seen = new boolean[places.length];
            for (int b = 0, at = 0; b < batch; b++) for (long t = from; t < from + count; t++, at += width) {
                for (int i = 0; i < slots; i++) {
                    long[] own = best[(int) (b * n + t)];
                    seen[at + i] = i < own.length;
                    places[at + i] = b * rows + (i < own.length ? own[i] : 0);
                }
                for (int i = 0; i < window; i++) {
                    long place = held - n + t - window + 1 + i;
                    seen[at + slots + i] = place >= 0;
                    places[at + slots + i] = b * rows + entries.count() + Math.max(place, 0);
                }
                if (config.sink()) {
                    seen[at + width - 1] = true;
                    places[at + width - 1] = (b + 1) * rows - 1;
                }
            }
            var index = Tensor.of(places);
            var mask = Tensor.of(seen, batch * count, 1, 1, width);
            if (config.sink()) {
                var logits = Tensor.concat(3, Tensor.zeros(q.dtype(), 1, config.heads(), 1, width - 1),
                        sink.reshape(1, config.heads(), 1, 1));
                mask = mask.where(logits, Tensor.full(q.dtype(), Double.NEGATIVE_INFINITY, 1));
            }
            var own = q.narrow(2, from, count).transpose(1, 2).reshape(batch * count, config.heads(), 1, config.headWidth());
            var found = new Attention().withBias(mask).of(own, gathered(keys, index, width), gathered(values, index, width));
            parts.add(found.reshape(batch, count, (long) config.heads() * config.headWidth()));
        }
        return parts.size() == 1 ? parts.getFirst() : Tensor.concat(1, parts.toArray(Tensor[]::new));
    }

    /** Entries, positions and a zero, (batch rows, keyHeads d). */
    private Tensor table(Tensor entries, Tensor near) {
        var zero = Tensor.zeros(near.dtype(), near.size(0), near.size(1), 1, near.size(3));
        var all = entries == null ? Tensor.concat(2, near, zero) : Tensor.concat(2, entries, near, zero);
        return all.transpose(1, 2).reshape(all.size(0) * all.size(2), all.size(1) * all.size(3));
    }

    private Tensor gathered(Tensor table, Tensor index, int width) {
        return table.indexSelect(0, index).reshape(-1, width, config.keyHeads(), config.headWidth()).transpose(1, 2);
    }
}
