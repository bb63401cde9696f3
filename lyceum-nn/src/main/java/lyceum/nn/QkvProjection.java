package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Queries, keys and values from hidden states, by one weight or by three, in any of the layouts that checkpoints have; {@link #to} converts without
 * changing a bit.
 *
 * {@snippet :
 * var gpt = QkvProjection.of(QkvProjection.Layout.FUSED_TRANSPOSED, 12, 12, 64, weight, bias);
 * var llama = gpt.to(QkvProjection.Layout.FUSED);
 * QkvProjection.Qkv heads = llama.split(x, Pass.inference());      // (batch, heads, T, d) each
 * }
 *
 * <p>A {@link Linear} weight has a row for each output; which output is which query, key or value differs:
 *
 * <pre>
 * FUSED              (q heads d + 2 kv heads d, width): all q, all k, all v        separate weights one under another
 * FUSED_TRANSPOSED   (width, q heads d + 2 kv heads d): its transpose              GPT-2's c_attn
 * INTERLEAVED        for each group of query heads: its q's, its k, its v          GPT-NeoX and Falcon's query_key_value
 * </pre>
 *
 * @see <a href="https://arxiv.org/abs/1706.03762">Vaswani et al. (2017), section 3.2</a>
 */
public final class QkvProjection extends Module {

    /** Where a fused weight keeps what. */
    public enum Layout {
        /** All queries, then all keys, then all values. */
        FUSED,
        /** The transpose of it. */
        FUSED_TRANSPOSED,
        /** Group by group: the queries that share a key head, the key, the value. */
        INTERLEAVED
    }

    /** Of heads, (batch, heads, T, d) each; keys and values may have fewer. */
    public record Qkv(Tensor q, Tensor k, Tensor v) {}

    private final Layout layout;
    private final int heads, keyHeads, headWidth;
    private final Tensor weight, bias;

    private QkvProjection(Layout layout, int heads, int keyHeads, int headWidth, Tensor weight, Tensor bias) {
        this.layout = layout;
        this.heads = heads;
        this.keyHeads = keyHeads;
        this.headWidth = headWidth;
        this.weight = weight.copy().requiresGrad();
        this.bias = bias == null ? null : bias.copy().requiresGrad();
    }

    /** From a fused weight of that layout; {@code bias} (outputs) may be null. @throws ShapeException if sizes do not fit */
    public static QkvProjection of(Layout layout, int heads, int keyHeads, int headWidth, Tensor weight, Tensor bias) {
        if (keyHeads < 1 || heads % keyHeads != 0)
            throw new IllegalArgumentException("QkvProjection: " + keyHeads + " heads of keys do not divide " + heads + " of queries");
        long outputs = (heads + 2L * keyHeads) * headWidth;
        int axis = layout == Layout.FUSED_TRANSPOSED ? 1 : 0;
        if (weight.rank() != 2 || weight.size(axis) != outputs || bias != null && bias.count() != outputs)
            throw new ShapeException("QkvProjection: weight " + weight.shape() + (bias == null ? "" : " and bias " + bias.shape()) + " for "
                    + heads + " + 2 x " + keyHeads + " heads of " + headWidth + ": axis " + axis + " has " + outputs);
        return new QkvProjection(layout, heads, keyHeads, headWidth, weight, bias);
    }

    /** From three weights (heads d, width) as Llama's checkpoints have them; biases may be null, all or none. */
    public static QkvProjection of(int headWidth, Tensor q, Tensor k, Tensor v, Tensor qBias, Tensor kBias, Tensor vBias) {
        for (var weight : List.of(q, k, v))
            if (weight.rank() != 2 || weight.size(0) % headWidth != 0) throw new ShapeException(
                    "QkvProjection: a weight " + weight.shape() + " for heads of " + headWidth + "; its rows are whole heads");
        if (k.size(0) != v.size(0))
            throw new ShapeException("QkvProjection: keys " + k.shape() + " and values " + v.shape() + " of as many heads");
        if ((qBias == null) != (kBias == null) || (qBias == null) != (vBias == null))
            throw new IllegalArgumentException("QkvProjection: give the biases of queries, keys and values, or none");
        return of(Layout.FUSED, (int) q.size(0) / headWidth, (int) k.size(0) / headWidth, headWidth, Tensor.concat(0, q, k, v),
                qBias == null ? null : Tensor.concat(0, qBias, kBias, vBias));
    }

    public Layout layout() { return layout; }

    /** In {@link #layout}. */
    public Tensor weight() { return weight; }

    /** Null if there is none. */
    public Tensor bias() { return bias; }

    /** Weights of queries, keys and values apart: (heads d, width) each. */
    public List<Tensor> separate() { return parts(weight); }

    /** The same projection in another layout. */
    public QkvProjection to(Layout other) {
        return new QkvProjection(other, heads, keyHeads, headWidth, joined(other, parts(weight.detach()), true),
                bias == null ? null : joined(other, parts(bias.detach()), false));
    }

    /** (batch, T, width) to (batch, T, outputs), in the order of {@link Layout#FUSED}. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return Tensor.concat(-1, products(x)); }

    /** Three products of rows that lie alike, so that a layout changes no bit: how a product is summed may depend on widths and strides. */
    private Tensor[] products(Tensor x) {
        var weights = parts(weight);
        var biases = bias == null ? null : parts(bias);
        var products = new Tensor[3];
        for (int i = 0; i < 3; i++) products[i] = x.affine(weights.get(i).contiguous(), biases == null ? null : biases.get(i));
        return products;
    }

    /** Queries, keys and values of x (batch, T, width), by head. */
    public Qkv split(Tensor x, Pass pass) {
        var all = forward(x, pass).reshape(x.size(0), x.size(1), heads + 2L * keyHeads, headWidth).transpose(1, 2);
        return new Qkv(all.narrow(1, 0, heads), all.narrow(1, heads, keyHeads), all.narrow(1, heads + keyHeads, keyHeads));
    }

    /** Queries', keys' and values' part of a weight or bias in {@link #layout}, with outputs along axis 0. */
    private List<Tensor> parts(Tensor t) {
        var rows = t.rank() == 2 && layout == Layout.FUSED_TRANSPOSED ? t.transpose() : t;
        long q = (long) heads * headWidth, k = (long) keyHeads * headWidth;
        if (layout != Layout.INTERLEAVED) return List.of(rows.narrow(0, 0, q), rows.narrow(0, q, k), rows.narrow(0, q + k, k));
        var shape = new ArrayList<Long>(List.of((long) keyHeads, heads / keyHeads + 2L, (long) headWidth));
        if (t.rank() == 2) shape.add(t.size(1));
        var groups = rows.reshape(shape.stream().mapToLong(Long::longValue).toArray());
        long group = heads / keyHeads;
        return List.of(flat(groups.narrow(1, 0, group)), flat(groups.narrow(1, group, 1)), flat(groups.narrow(1, group + 1, 1)));
    }

    private Tensor joined(Layout other, List<Tensor> parts, boolean matrix) {
        if (other == Layout.INTERLEAVED) {
            var blocks = new Tensor[3];
            for (int i = 0; i < 3; i++) {
                var part = parts.get(i);
                long each = i == 0 ? heads / keyHeads : 1;
                blocks[i] = matrix ? part.reshape(keyHeads, each, headWidth, part.size(1)) : part.reshape(keyHeads, each, headWidth);
            }
            return flat(Tensor.concat(1, blocks));
        }
        var all = Tensor.concat(0, parts.toArray(Tensor[]::new));
        return matrix && other == Layout.FUSED_TRANSPOSED ? all.transpose() : all;
    }

    /** (groups, each, d, ..) to (groups each d, ..). */
    private static Tensor flat(Tensor t) {
        long rows = t.size(0) * t.size(1) * t.size(2);
        return t.rank() == 4 ? t.reshape(rows, t.size(3)) : t.reshape(rows);
    }
}
