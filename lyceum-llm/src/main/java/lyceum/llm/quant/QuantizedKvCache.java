package lyceum.llm.quant;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.nn.AttentionCache;
import lyceum.nn.KvCache;
import lyceum.nn.PositionalEncoding;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Keys and values of one layer in a few bits, as a {@link KvQuantization} says, and attention over the codes as they lie: nothing is unpacked into memory.
 *
 * <p>What is read in one call attends to itself in full precision, to what was before in what is left of it; then it is packed. So a prompt that is read at once costs
 * nothing yet, and a measurement of quality reads token by token. What is stored does not depend on how it came. Accumulates in F32.
 */
public final class QuantizedKvCache implements AttentionCache {
    private final KvQuantization options;
    private PackedRows[] keys = {}, values = {}; // of each batch entry and head
    private int heads, d, e;
    private long length;

    QuantizedKvCache(KvQuantization options) { this.options = options; }

    public KvQuantization options() { return options; }

    /** Adds keys (batch, heads, T, d), turned already, and values (batch, heads, T, e). */
    public void append(Tensor k, Tensor v) {
        begin(k, v);
        float[] key = k.detach().to(DType.F32).toFloatArray(), value = v.detach().to(DType.F32).toFloatArray();
        int n = (int) k.size(2);
        for (int r = 0; r < keys.length; r++) {
            keys[r].append(key, r * n * d, n);
            values[r].append(value, r * n * e, n);
        }
        length += n;
    }

    /** What its arrays take, room for growth included. */
    long heldBytes() {
        return Arrays.stream(keys).mapToLong(PackedRows::heldBytes).sum() + Arrays.stream(values).mapToLong(PackedRows::heldBytes).sum();
    }

    private void begin(Tensor k, Tensor v) {
        if (k.rank() != 4 || v.rank() != 4 || k.size(0) != v.size(0) || k.size(1) != v.size(1) || k.size(2) != v.size(2))
            throw new ShapeException(
                    "QuantizedKvCache: keys " + k.shape() + " and values " + v.shape() + "; they are (batch, heads, T, d)");
        if (keys.length == 0) {
            heads = (int) k.size(1);
            d = (int) k.size(3);
            e = (int) v.size(3);
            int rows = (int) k.size(0) * heads;
            keys = new PackedRows[rows];
            values = new PackedRows[rows];
            Arrays.setAll(keys, r -> new PackedRows(options, options.keyBits(), options.keys(), d));
            Arrays.setAll(values, r -> new PackedRows(options, options.valueBits(), options.values(), e));
        }
        if (k.size(0) * k.size(1) != keys.length || k.size(1) != heads || k.size(3) != d || v.size(3) != e)
            throw new ShapeException("QuantizedKvCache: keys " + k.shape() + " and values " + v.shape() + " do not follow "
                    + keys.length / heads + " rows of " + heads + " heads of " + d + " and " + e);
    }

    @Override public Tensor attend(Tensor q, Tensor k, Tensor v, PositionalEncoding positions, Attention attention) {
        if (attention.bias() != null || attention.blocks() != null || attention.keyLengths() != null || attention.queryStarts() != null
                || attention.packing() != null || attention.blockTable() != null)
            throw new IllegalArgumentException("QuantizedKvCache: it goes without biases, blocks, pages, lengths and packing");
        Tensor query = positions.turned(q, length), key = positions.turned(k, length);
        begin(key, v);
        if (length == 0 && q.size(2) > 1) {
            var found = attention.of(query, key, v).compute();
            append(key, v);
            return found;
        }
        var found = q.size(2) == 1 ? packedAttention(query, key, v, attention) : byStep(query, key, v, attention);
        append(key, v);
        return found;
    }

    /** Each query sees what is packed, and the new keys up to its own. */
    private Tensor byStep(Tensor q, Tensor k, Tensor v, Attention attention) {
        if (!attention.causal()) throw new IllegalArgumentException(
                "QuantizedKvCache: several queries behind others see what came before each; attention that is not causal goes without this cache");
        var found = new Tensor[(int) q.size(2)];
        for (int i = 0; i < found.length; i++)
            found[i] = packedAttention(q.narrow(2, i, 1), k.narrow(2, 0, i + 1), v.narrow(2, 0, i + 1), attention);
        return Tensor.concat(2, found);
    }

    /** One query of each row and head over what is held, and new keys and values behind it. */
    private Tensor packedAttention(Tensor q, Tensor k, Tensor v, Attention attention) {
        int rows = (int) q.size(0), all = (int) q.size(1), each = all / heads, fresh = (int) k.size(2), n = (int) length + fresh;
        float[] query = q.to(DType.F32).toFloatArray(), key = k.to(DType.F32).toFloatArray(), value = v.to(DType.F32).toFloatArray();
        var slopes = attention.alibi() == null ? null : attention.alibi().to(DType.F32).toFloatArray();
        var out = new float[rows * all * e];
        double scale = attention.scale() == 0 ? 1 / Math.sqrt(d) : attention.scale(), cap = attention.softCap();
        int from = attention.window() > 0 ? (int) Math.max(0, n - attention.window()) : 0;
        Parallel.range((long) rows * all, Math.max(1, 1 << 15 >> 31 - Integer.numberOfLeadingZeros(n * d)), (first, last) -> {
            var w = new float[n];
            for (int h = (int) first; h < last; h++) {
                int r = h / each;
                keys[r].scores(query, h * d, w);
                for (int j = 0; j < fresh; j++) {
                    float sum = 0;
                    for (int c = 0; c < d; c++) sum += query[h * d + c] * key[(r * fresh + j) * d + c];
                    w[(int) length + j] = sum;
                }
                float slope = slopes == null ? 0 : slopes[slopes.length == all ? h % all : h];
                weigh(w, from, scale, cap, slope);
                values[r].mix(w, (int) length, out, h * e);
                for (int j = 0; j < fresh; j++)
                    for (int c = 0; c < e; c++) out[h * e + c] += w[(int) length + j] * value[(r * fresh + j) * e + c];
            }
        });
        return Tensor.of(out, rows, all, 1, e).to(q.dtype());
    }

    private static void weigh(float[] w, int from, double scale, double cap, float slope) {
        double most = Double.NEGATIVE_INFINITY, sum = 0;
        for (int j = from; j < w.length; j++) {
            double s = w[j] * scale;
            if (cap > 0) s = cap * Math.tanh(s / cap);
            w[j] = (float) (s - slope * (w.length - 1 - j));
            most = Math.max(most, w[j]);
        }
        for (int j = 0; j < w.length; j++) {
            w[j] = j < from ? 0 : (float) Math.exp(w[j] - most);
            sum += w[j];
        }
        for (int j = from; j < w.length; j++) w[j] /= (float) sum;
    }

    /** What the codes stand for, and the recent positions as they came, F32; null before the first. */
    public KvCache.Past past() {
        if (keys.length == 0) return null;
        int n = (int) length;
        float[] k = new float[keys.length * n * d], v = new float[keys.length * n * e];
        for (int r = 0; r < keys.length; r++) {
            keys[r].read(k, r * n * d);
            values[r].read(v, r * n * e);
        }
        return new KvCache.Past(Tensor.of(k, keys.length / heads, heads, n, d), Tensor.of(v, keys.length / heads, heads, n, e));
    }

    /** Positions whose keys are packed. */
    public int packedKeys() { return keys.length == 0 ? 0 : keys[0].packed(); }

    @Override public long length() { return length; }

    @Override public long bytes() {
        return Arrays.stream(keys).mapToLong(PackedRows::bytes).sum() + Arrays.stream(values).mapToLong(PackedRows::bytes).sum();
    }

    /** Forgets all, or nothing: what was packed does not come back. */
    @Override public void truncate(long... lengths) {
        if (!forgets("packed ones do not come back", lengths)) return;
        keys = values = new PackedRows[0];
        length = 0;
    }

    @Override public QuantizedKvCache fork(int... rows) {
        var copy = new QuantizedKvCache(options);
        copy.heads = heads;
        copy.d = d;
        copy.e = e;
        copy.length = length;
        if (keys.length == 0) return copy;
        var taken = rows.length > 0 ? rows : IntStream.range(0, keys.length / heads).toArray();
        copy.keys = new PackedRows[taken.length * heads];
        copy.values = new PackedRows[taken.length * heads];
        for (int i = 0; i < copy.keys.length; i++) {
            copy.keys[i] = keys[taken[i / heads] * heads + i % heads].copy();
            copy.values[i] = values[taken[i / heads] * heads + i % heads].copy();
        }
        return copy;
    }
}
