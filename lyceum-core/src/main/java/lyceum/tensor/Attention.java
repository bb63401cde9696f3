package lyceum.tensor;

import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.View;
import lyceum.backend.scalar.Elements;
import lyceum.withers.Withers;

/**
 * Scaled dot-product attention: {@code softmax(scale Q K' + bias) V} over the keys that each query sees.
 *
 * {@snippet :
 * var y = new Attention().withCausal(true).of(q, k, v);                          // (batch, heads, T, d) each
 * var z = new Attention().withCausal(true).withWindow(4096).of(q, k, v);         // k, v with fewer heads: grouped queries
 * var w = new Attention().withKeyLengths(lengths).weights(q, k);                 // the softmax itself, to look at
 * }
 *
 * <p>Memory is linear in the lengths for every {@link Method} except {@link Method#NAIVE}. Query {@code i} has position {@code p = keys - queries + i} (the last query at
 * the last key, so that a cache of past keys works by itself), or {@code queryStarts[b] + i}; key {@code j} at position j. A query that sees no key gives
 * zeros. Anything beyond {@code keyLengths} or on unused pages is never read; the value of another hidden key may meet its weight, zero, so
 * that NaN there can become NaN here. F16 and BF16 are accumulated in F32 (a CPU that multiplies BF16 gets weights rounded to it). The first gradient is one fused pass; a gradient that is itself recorded is computed
 * in tensor operations.
 *
 * @param scale of the dot products; 0 for {@code 1 / sqrt(d)}
 * @param softCap scaled scores become {@code cap tanh(score / cap)} before bias and mask, in tensor operations (Gemma Team 2024); 0 for none
 * @param causal hides keys with {@code j > p}
 * @param window hides keys with {@code |p - j| >= window}; 0 for none (Beltagy, Peters and Cohan 2020)
 * @param bias added to the scaled scores, broadcast to (batch, heads, queries, keys); or BOOL, where false hides a key; or null
 * @param alibi slopes of the heads, (heads) or (batch, heads): {@code slope |p - j|} is taken from a score (Press, Smith and Lewis 2022; {@link #alibiSlopes}); constants
 *        without a gradient; or null
 * @param blocks which blocks of queries see which blocks of keys; or null
 * @param keyLengths how many keys each batch entry has, (batch), I32 or I64; null for all
 * @param queryStarts position of the first query of each batch entry, (batch), I32 or I64; null for {@code keys - queries}
 * @param blockTable pages of each batch entry, (batch, pages), I32 or I64: keys and values are then (blocks, kv heads, block size, d), and key j is row
 *        {@code j % blockSize} of block {@code blockTable[b, j / blockSize]} (Kwon et al. 2023); pages beyond {@code keyLengths} are not read; or null
 * @param packing sequences that lie one after another along the lengths, in every batch entry; or null
 * @param method how it is computed; AUTO by the shapes
 * @see <a href="https://arxiv.org/abs/1706.03762">Vaswani et al. (2017)</a>
 * @see <a href="https://arxiv.org/abs/2112.05682">Rabe and Staats (2021)</a>
 * @see <a href="https://arxiv.org/abs/2307.08691">Dao (2023)</a>
 */
@Withers
public record Attention(double scale, double softCap, boolean causal, long window, Tensor bias, Tensor alibi, BlockMask blocks,
        Tensor keyLengths, Tensor queryStarts, Tensor blockTable, Packing packing, Method method) implements AttentionWithers {

    /** How a result is computed; all agree within rounding. */
    public enum Method {
        /** What is fastest for the shapes, the type and the backend. */
        AUTO,
        /** Two products and a softmax in tensor operations: quadratic in the lengths. */
        NAIVE,
        /** {@link FlashAttention} over the backend's products: any type at the speed of its products, and hidden blocks are left out. */
        CHUNKED,
        /** The backend's kernel: machine code for F32 and BF16, plain loops else. ALiBi and block masks become a bias, quadratic in the lengths. */
        TILED
    }

    public Attention {
        if (!Double.isFinite(scale))
            throw new IllegalArgumentException("Attention: scale is " + scale + "; it is a finite number, 0 for 1 / sqrt(d)");
        if (!(softCap >= 0 && softCap < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("Attention: softCap is " + softCap + "; it is positive, or 0 for none");
        if (window < 0 || window > Integer.MAX_VALUE)
            throw new IllegalArgumentException("Attention: window is " + window + "; it lies between 1 and 2^31 - 1, or is 0 for none");
    }

    /** Every query sees every key, scaled by {@code 1 / sqrt(d)}. */
    public Attention() { this(0, 0, false, 0, null, null, null, null, null, null, null, Method.AUTO); }

    /** {@code 2^(-8 i / heads)} for i from 1: the slopes of ALiBi's authors for a power of two, and their interpolation else. */
    public static Tensor alibiSlopes(int heads) {
        var slopes = new float[heads];
        for (int i = 0; i < heads; i++) slopes[i] = (float) alibiSlope(i, heads);
        return Tensor.of(slopes);
    }

    /** The slope of head i, from 0 on. @throws IllegalArgumentException unless {@code 0 <= i < heads} */
    public static double alibiSlope(int i, int heads) {
        if (i < 0 || i >= heads) throw new IllegalArgumentException("alibiSlope: head " + i + " of " + heads);
        int power = Integer.highestOneBit(heads);
        return Math.pow(2, i < power ? -8.0 * (i + 1) / power : -8.0 * (2 * (i - power) + 1) / (2 * power));
    }

    /**
     * Computes attention. Differentiable in q, k, v and a float bias.
     *
     * @param q (batch, heads, queries, d); missing leading axes count as 1
     * @param k (batch, kv heads, keys, d), where kv heads divide heads: {@code heads / kvHeads} neighbouring query heads share one
     * @param v (batch, kv heads, keys, e)
     * @return (batch, heads, queries, e), of q's rank
     * @throws ShapeException if shapes, lengths or pages do not fit
     */
    public Tensor of(Tensor q, Tensor k, Tensor v) {
        if (softCap > 0) return of(q, k, v, UnaryOperator.identity());
        var in = Operands.of(this, Autocast.low(q), Autocast.low(k), Autocast.low(v));
        var result = AttentionOp.of(in.options, in.q, in.k, in.v);
        return q.rank() == 4 ? result : result.reshape(outer(q, in.v.size(3)));
    }

    /** Options and operands in the types and shapes that kernels take. */
    record Operands(Attention options, Tensor q, Tensor k, Tensor v) {
        static Operands of(Attention options, Tensor q, Tensor k, Tensor v) {
            var type = DType.promote(DType.promote(q.dtype(), k.dtype()), v.dtype());
            if (!q.dtype().isFloat() || !k.dtype().isFloat() || !v.dtype().isFloat()) throw new DTypeException(
                    "attention: q, k and v are " + q.dtype() + ", " + k.dtype() + " and " + v.dtype() + "; they are floats");
            Tensor query = four("q", q).to(type), key = four("k", k).to(type), value = four("v", v).to(type);
            return new Operands(options.checked(query, key, value), query, key, value);
        }

        /** Of the result. */
        Shape shape() { return Shape.of(q.size(0), q.size(1), q.size(2), v.size(3)); }
    }

    /**
     * Like {@link #of(Tensor, Tensor, Tensor)}, with {@code change} applied to the weights (batch, heads, queries, keys) before they multiply the values:
     * for dropout, or to inspect them. In tensor operations, quadratic in the lengths.
     */
    public Tensor of(Tensor q, Tensor k, Tensor v, UnaryOperator<Tensor> change) {
        Tensor query = four("q", Autocast.low(q)), key = four("k", Autocast.low(k)), value = four("v", Autocast.low(v));
        var checked = checked(query, key, value);
        checked.checkValues(key);
        var result = AttentionOp.composed(checked, query, key, value, change);
        return q.rank() == 4 ? result : result.reshape(outer(q, value.size(3)));
    }

    /** The weights alone, (batch, heads, queries, keys), of q's rank: quadratic in the lengths, in tensor operations. */
    public Tensor weights(Tensor q, Tensor k) {
        var query = four("q", q);
        var key = four("k", k);
        var checked = checked(query, key, key);
        checked.checkValues(key);
        var weights = AttentionOp.weights(checked, query, AttentionOp.inPages(checked, key));
        return q.rank() == 4 ? weights : weights.reshape(outer(q, weights.size(3)));
    }

    private static long[] outer(Tensor q, long last) {
        var sizes = q.shape().toArray();
        sizes[sizes.length - 1] = last;
        return sizes;
    }

    private static Tensor four(String name, Tensor x) {
        if (x.rank() < 2 || x.rank() > 4) throw new ShapeException("attention: " + name + " has shape " + x.shape()
                + "; it is (batch, heads, length, width), leading axes of 1 may be missing");
        while (x.rank() < 4) x = x.unsqueeze(0);
        return x;
    }

    private static String shapes(Tensor q, Tensor k, Tensor v) {
        return "attention: q " + q.shape() + ", k " + k.shape() + ", v " + v.shape() + ": ";
    }

    /** These options with the scale settled and masks in the types and shapes that kernels take. */
    private Attention checked(Tensor q, Tensor k, Tensor v) {
        long batch = q.size(0), heads = q.size(1), keyHeads = k.size(1), d = q.size(3);
        if (k.size(3) != d) throw new ShapeException(shapes(q, k, v) + "widths " + d + " and " + k.size(3) + " of q and k differ");
        for (int axis = 0; axis < 3; axis++)
            if (k.size(axis) != v.size(axis)) throw new ShapeException(shapes(q, k, v) + "k and v differ in axis " + axis);
        if (blockTable == null && k.size(0) != batch)
            throw new ShapeException(shapes(q, k, v) + "batches " + batch + " and " + k.size(0) + " differ");
        if (keyHeads == 0 ? heads != 0 : heads % keyHeads != 0)
            throw new ShapeException(shapes(q, k, v) + "the " + keyHeads + " heads of k do not divide the " + heads + " of q");
        if (blockTable != null && (blockTable.rank() != 2 || blockTable.size(0) != batch))
            throw new ShapeException("attention: the block table has shape " + blockTable.shape() + "; it is (batch " + batch + ", pages)");
        long keys = blockTable == null ? k.size(2) : blockTable.size(1) * k.size(2);
        long longest = Math.max(keys, v.size(3)); // before the result is allocated
        for (int axis = 0; axis < 4; axis++) longest = Math.max(longest, q.size(axis));
        if (longest > Integer.MAX_VALUE) throw new ShapeException(shapes(q, k, v) + "no axis is longer than " + Integer.MAX_VALUE);
        var lengths = numbers("keyLengths", keyLengths, batch);
        var table = blockTable == null ? null : pages(whole("blockTable", blockTable), lengths, k.size(2));
        if (packing != null && (lengths != null || queryStarts != null || blockTable != null)) throw new IllegalArgumentException(
                "attention: packing says where sequences lie; it goes without keyLengths, queryStarts and blockTable");
        if (packing != null) packing.check(q.size(2), keys);
        return new Attention(scale == 0 ? 1 / Math.sqrt(d) : scale, softCap, causal, window,
                additive(q.dtype(), Shape.adopt(new long[] {batch, heads, q.size(2), keys})), slopes(q.dtype(), batch, heads),
                blocks == null ? null : blocks.checked(batch, heads, q.size(2), keys), lengths, numbers("queryStarts", queryStarts, batch),
                table, packing, method);
    }

    private Tensor slopes(DType type, long batch, long heads) {
        if (alibi == null) return null;
        var rows = alibi.rank() == 1 ? alibi.unsqueeze(0) : alibi;
        if (rows.rank() != 2 || rows.size(1) != heads || rows.size(0) != 1 && rows.size(0) != batch)
            throw new ShapeException("attention: alibi has shape " + alibi.shape() + "; it is (heads " + heads + ") or (batch, heads)");
        return rows.detach().to(type == DType.F64 ? DType.F64 : DType.F32);
    }

    private Tensor additive(DType type, Shape scores) {
        if (bias == null) return null;
        var wide = type == DType.F64 ? DType.F64 : DType.F32;
        if (!Shape.broadcast("attention bias", bias.shape(), scores).equals(scores))
            throw new ShapeException("attention: bias " + bias.shape() + " does not stretch to " + scores);
        if (bias.dtype().isFloat()) return bias.to(wide);
        if (bias.dtype() != DType.BOOL) throw new DTypeException(
                "attention: the bias is " + bias.dtype() + "; it is a float to add, or BOOL, true where a key is seen");
        return bias.where(Tensor.full(wide, 0), Tensor.full(wide, Double.NEGATIVE_INFINITY));
    }

    private static Tensor numbers(String name, Tensor x, long batch) {
        if (x == null) return null;
        if (x.rank() != 1 || x.size(0) != batch)
            throw new ShapeException("attention: " + name + " has shape " + x.shape() + "; it is (batch " + batch + ")");
        return whole(name, x);
    }

    private static Tensor whole(String name, Tensor x) {
        if (!x.dtype().isInteger()) throw new DTypeException("attention: " + name + " is " + x.dtype() + "; it is I32 or I64");
        var wide = x.to(DType.I64);
        return Tracing.on() ? wide.detach() : wide;
    }

    /** A kernel trusts these numbers: of checked options, whether they lie in keys {@code k}, be it as it is or in pages. @throws ShapeException if not */
    void checkValues(Tensor k) {
        if (keyLengths != null && keyLengths.count() > 0)
            within("a key length", keyLengths, 0, blockTable == null ? k.size(2) : blockTable.size(1) * k.size(2));
        if (blockTable != null) within("a page's block", blockTable, 0, k.size(0) - 1);
    }

    private static void within(String what, Tensor x, long low, long high) {
        var view = Tracing.untold(x::view);
        for (long i = 0; i < view.shape()[0]; i++) {
            for (long j = 0; j < (x.rank() == 1 ? 1 : view.shape()[1]); j++) {
                long value = number(view, i, j);
                if (value < low || value > high)
                    throw new ShapeException("attention: " + what + " is " + value + "; it lies between " + low + " and " + high);
            }
        }
    }

    /** Of a vector or a matrix, without an array of all: every layer looks at them. */
    private static long number(View x, long i, long j) {
        long at = i * x.strides()[0] + (j == 0 ? 0 : j * x.strides()[1]);
        return Elements.getLong(x.dtype(), x.storage().segment(), x.byteOffset() + at * x.dtype().bytes());
    }

    /** Pages that are not looked at name block 0. */
    private static Tensor pages(Tensor table, Tensor lengths, long blockSize) {
        if (table.count() == 0 || lengths == null || isClear(table, lengths, blockSize)) return table;
        var used = Tensor.arange(table.size(1)).mul(blockSize).lt(lengths.unsqueeze(1));
        return used.where(table, table.zerosLike()).compute();
    }

    /** Whether those pages name it already, as an engine's do: then there is nothing to compute layer by layer. */
    private static boolean isClear(Tensor table, Tensor lengths, long blockSize) {
        if (blockSize == 0 || Tracing.on() || Fusion.isShapesOnly()) return false; // values may not be known, or are to be told
        View pages = table.view(), keys = lengths.view();
        for (long b = 0; b < table.size(0); b++) {
            long used = Math.max(0, (number(keys, b, 0) + blockSize - 1) / blockSize);
            for (long page = used; page < table.size(1); page++) if (number(pages, b, page) != 0) return false;
        }
        return true;
    }
}
