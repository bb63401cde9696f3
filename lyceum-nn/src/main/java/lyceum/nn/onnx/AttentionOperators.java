package lyceum.nn.onnx;

import lyceum.DType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** What ONNX Runtime's optimiser makes of BERT, domain {@code com.microsoft}: embeddings, attention, quantised attention. */
final class AttentionOperators {
    static final String ROWS = "com.microsoft:EmbedLayerNormalization 1, com.microsoft:Attention 1, com.microsoft:QAttention 1";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "com.microsoft:EmbedLayerNormalization 1" -> AttentionOperators::embedded;
            case "com.microsoft:Attention 1" ->
                    c -> attention(c, c.x(0).matmul(c.x(1)).add(c.x(2)), c.optional(3), c.optional(5), c.optional(4));
            case "com.microsoft:QAttention 1" -> c -> {
                var x = c.x(0).to(DType.I32);
                var w = c.x(1).to(DType.I32);
                if (c.has(6)) x = x.sub(c.x(6).to(DType.I32).reshape());
                if (c.has(7)) w = w.sub(c.x(7).to(DType.I32));
                var scale = c.x(3).reshape().mul(c.x(4).count() == 1 ? c.x(4).reshape() : c.x(4));
                return attention(c, x.matmul(w).to(c.x(2).dtype()).mul(scale).add(c.x(2)), c.optional(5), null, c.optional(8));
            };
            default -> throw Operators.unknown(row);
        };
    }

    private AttentionOperators() {}

    /** The sum of a word's, a place's and a segment's vector, normed; the lengths of the rows by their mask. */
    private static Object embedded(Call c) {
        var ids = c.x(0);
        long batch = ids.size(0), steps = ids.size(1);
        var places = c.has(8) ? rows(c.x(3), c.x(8)) : c.x(3).narrow(0, 0, steps);
        var sum = rows(c.x(2), ids).add(places);
        if (c.has(4)) sum = sum.add(c.has(1) ? rows(c.x(4), c.x(1)) : c.x(4).select(0, 0));
        var lengths = c.has(7) ? c.x(7).to(DType.I64).sum(1).to(DType.I32) : Tensor.zeros(DType.I32, batch);
        return new Object[] {sum.layerNorm(c.x(5), c.x(6), c.number("epsilon", 1e-12f)), OnnxValue.of(lengths), sum};
    }

    private static Tensor rows(Tensor table, Tensor ids) {
        return table.indexSelect(0, ids.to(DType.I64).flatten()).reshape(ids.size(0), ids.size(1), table.size(1));
    }

    /** Heads of queries, keys and values that lie side by side in one product; keys and values of a past (2, batch, heads, length, width) stand before them. */
    private static Object attention(Call c, Tensor qkv, Tensor mask, Tensor bias, Tensor past) {
        if (c.sets("qkv_hidden_sizes")) throw new IllegalArgumentException("qkv_hidden_sizes are not supported");
        if (c.flag("past_present_share_buffer")) throw new IllegalArgumentException("past_present_share_buffer is not supported");
        long batch = qkv.size(0), steps = qkv.size(1), width = qkv.size(2) / 3, heads = c.integer("num_heads", 1), each = width / heads;
        var parts = new Tensor[3];
        for (int i = 0; i < 3; i++) parts[i] = qkv.narrow(2, i * width, width).reshape(batch, steps, heads, each).transpose(1, 2);
        for (int i = 1; past != null && i < 3; i++) parts[i] = Tensor.concat(2, past.select(0, i - 1), parts[i]);
        long keys = parts[1].size(2);
        double scale = c.number("scale", 0);
        var scores = parts[0].matmul(parts[1].transpose()).mul(scale == 0 ? 1 / Math.sqrt(each) : scale);
        if (bias != null) scores = scores.add(bias);
        if (mask != null) scores = seen(mask, batch, steps, keys).where(scores, scores.add(c.number("mask_filter_value", -10000)));
        if (c.flag("unidirectional")) {
            var earlier = Tensor.arange(keys).le(Tensor.arange(steps).add(keys - steps).reshape(-1, 1));
            scores = earlier.where(scores, Tensor.full(scores.dtype(), Double.NEGATIVE_INFINITY));
        }
        var y = scores.softmax(-1).matmul(parts[2]).transpose(1, 2).reshape(batch, steps, width);
        return c.outputs() < 2 ? y : new Object[] {y, Tensor.stack(0, parts[1], parts[2])};
    }

    /** Which keys a query sees: lengths of the rows, flags of the keys, or flags of query and key. */
    private static Tensor seen(Tensor mask, long batch, long steps, long keys) {
        if (mask.rank() == 1 && mask.size(0) == batch)
            return Tensor.arange(keys).to(DType.I64).lt(mask.to(DType.I64).reshape(batch, 1, 1, 1));
        if (mask.rank() == 2) return mask.ne(0).reshape(batch, 1, 1, keys);
        if (mask.rank() == 3) return mask.ne(0).reshape(batch, 1, steps, keys);
        throw new IllegalArgumentException("a mask of shape " + mask.shape() + " is not supported");
    }
}
