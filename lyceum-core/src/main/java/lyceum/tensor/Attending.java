package lyceum.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.backend.AttentionOptions;
import lyceum.backend.Backend;
import lyceum.backend.View;
import lyceum.tensor.History.Saved;

/** Attention as one kernel forward and one backward, and the same in tensor operations for gradients that are differentiated in turn. */
final class Attending {
    private Attending() { }

    /** @param options checked, as are the operands: of rank 4 and one float type */
    static Tensor value(Attention options, Tensor q, Tensor k, Tensor v) {
        var bias = options.bias();
        boolean wanted = History.wanted(q, k, v, bias);
        var shape = Shape.adopt(new long[] {q.size(0), q.size(1), q.size(2), v.size(3)});
        var out = rowsOfHeads(q.dtype(), shape);
        var logSumExp = wanted ? Fusion.allocate(q.dtype() == DType.F64 ? DType.F64 : DType.F32, Shape.adopt(new long[] {q.size(0), q.size(1), q.size(2)})) : null;
        Backend.current().attention(kernelOptions(options, q, k), q.view(), k.view(), v.view(), out, logSumExp);
        var result = new Tensor(out, shape);
        if (Tracing.on()) Tracing.made(new Operation.Attend(options.scale(), options.causal(), options.window(), given(options)), result, operands(options, q, k, v));
        if (!wanted) return result;
        var rule = new Gradient(options, Saved.of(q, "attention"), Saved.of(k, "attention"), Saved.of(v, "attention"), Saved.of(bias, "attention"),
                Saved.of(new Tensor(out, shape), "attention"), logSumExp, new boolean[] {q.isTracked(), k.isTracked(), v.isTracked(), bias != null && bias.isTracked()});
        return bias == null ? History.record("attention", result, rule::of, q, k, v) : History.record("attention", result, rule::of, q, k, v, bias);
    }

    /** Memory of (batch, heads, T, d) in the order (batch, T, heads, d), which is how the layers around attention see it. */
    private static View rowsOfHeads(DType type, Shape shape) {
        var s = shape.sizes();
        var plain = Fusion.allocate(type, shape);
        return plain.with(s, new long[] {s[1] * s[2] * s[3], s[3], s[1] * s[3], 1});
    }

    static AttentionOptions kernelOptions(Attention options, Tensor q, Tensor k) {
        long keys = options.blockTable() == null ? k.size(2) : options.blockTable().size(1) * k.size(2);
        var bias = options.bias() == null ? null : Fusion.broadcast(options.bias(), Shape.adopt(new long[] {q.size(0), q.size(1), q.size(2), keys}));
        return new AttentionOptions(options.scale(), options.causal(), options.window(), bias, view(options.keyLengths()), view(options.queryStarts()), view(options.blockTable()));
    }

    private static View view(Tensor x) { return x == null ? null : x.view(); }

    private static List<Boolean> given(Attention o) { return List.of(o.bias() != null, o.keyLengths() != null, o.queryStarts() != null, o.blockTable() != null); }

    private static Tensor[] operands(Attention options, Tensor... inputs) {
        var all = new ArrayList<>(List.of(inputs));
        for (var mask : new Tensor[] {options.bias(), options.keyLengths(), options.queryStarts(), options.blockTable()}) if (mask != null) all.add(mask);
        return all.toArray(Tensor[]::new);
    }

    /** Attention of operands in {@link #operands}' order. */
    static Tensor again(double scale, boolean causal, long window, List<Boolean> given, Tensor... in) {
        var masks = new Tensor[4];
        for (int i = 0, at = 3; i < 4; i++) if (given.get(i)) masks[i] = in[at++];
        return value(new Attention(scale, causal, window, masks[0], masks[1], masks[2], masks[3]), in[0], in[1], in[2]);
    }

    /** The backward pass: the three gradients come from one kernel and are handed out one after the other. */
    private static final class Gradient {
        final Attention options;
        final Saved q, k, v, bias, out;
        final View logSumExp;
        final boolean[] tracked;
        Tensor of;
        Tensor[] parts;

        Gradient(Attention options, Saved q, Saved k, Saved v, Saved bias, Saved out, View logSumExp, boolean[] tracked) {
            this.options = options;
            this.q = q;
            this.k = k;
            this.v = v;
            this.bias = bias;
            this.out = out;
            this.logSumExp = logSumExp;
            this.tracked = tracked;
        }

        synchronized Tensor of(int i, Tensor g) {
            if (!tracked[i]) return null;
            if (of != g || parts[i] == null) {
                // The kernel knows no gradient of a bias or through pages, and is neither recorded nor traced.
                boolean plain = GradMode.isRecording() || Tracing.on() || tracked[3] || options.blockTable() != null;
                parts = plain ? inOperations(g) : fused(g);
                of = g;
            }
            var part = parts[i];
            parts[i] = null;
            boolean last = true;
            for (int j = 0; j < parts.length; j++) last &= !tracked[j] || parts[j] == null;
            if (last) of = null;
            return part;
        }

        private Tensor[] fused(Tensor g) {
            Tensor query = q.get(), key = k.get(), value = v.get();
            var views = like(query.view(), key.view(), value.view());
            if (views == null) views = new View[] {rowsOfHeads(query.dtype(), query.shape()), rowsOfHeads(key.dtype(), key.shape()), rowsOfHeads(value.dtype(), value.shape())};
            Backend.current().attentionGradient(kernelOptions(options, query, key), query.view(), key.view(), value.view(), out.get().view(), logSumExp, g.view(),
                    views[0], views[1], views[2]);
            return new Tensor[] {new Tensor(views[0], query.shape()), new Tensor(views[1], key.shape()), new Tensor(views[2], value.shape()), null};
        }

        /** Memory that lies as the operands do, if they are the parts of one tensor without gaps, or null: then their gradients are those of that tensor. */
        private static View[] like(View q, View k, View v) {
            long apart = k.offset() - q.offset(), count = q.size();
            boolean parts = q.storage() == k.storage() && k.storage() == v.storage() && apart > 0 && v.offset() - k.offset() == apart;
            for (var view : new View[] {k, v}) parts &= view.dtype() == q.dtype() && Arrays.equals(view.shape(), q.shape()) && Arrays.equals(view.strides(), q.strides());
            if (!parts) return null;
            long[] shape = {3, q.shape()[0], q.shape()[1], q.shape()[2], q.shape()[3]}, strides = {apart, q.strides()[0], q.strides()[1], q.strides()[2], q.strides()[3]};
            long last = 0;
            for (int i = 0; i < shape.length; i++) last += (shape[i] - 1) * strides[i];
            if (last != 3 * count - 1 || q.with(shape, strides).mayOverlapItself()) return null;
            var all = Fusion.allocate(q.dtype(), Shape.adopt(shape));
            var views = new View[3];
            for (int i = 0; i < 3; i++) views[i] = new View(q.dtype(), all.storage(), i * apart, q.shape(), q.strides());
            return views;
        }

        private Tensor[] inOperations(Tensor g) {
            boolean recorded = GradMode.isRecording();
            return GradMode.with(true, () -> {
                // Copies, so that a gradient is that of its operand alone where one operand was computed from another.
                Tensor[] in = {entrance(q.get()), entrance(k.get()), entrance(v.get()), bias == null ? null : entrance(bias.get())};
                var y = composed(options.withBias(in[3]), in[0], in[1], in[2], UnaryOperator.identity());
                var inputs = bias == null ? new Tensor[] {in[0], in[1], in[2]} : in;
                return java.util.Arrays.copyOf(Backward.gradients(y, g, inputs, recorded), 4);
            });
        }

        private static Tensor entrance(Tensor x) { return x.isTracked() ? x.copy() : x.requiresGrad(); }
    }

    // The same in tensor operations.

    static Tensor composed(Attention options, Tensor q, Tensor k, Tensor v, UnaryOperator<Tensor> change) {
        var wide = q.dtype() == DType.F64 ? DType.F64 : DType.F32;
        var values = inPages(options, v).to(wide);
        var weights = change.apply(weights(options, q.to(wide), inPages(options, k).to(wide)));
        long batch = q.size(0), heads = q.size(1), keyHeads = values.size(1), group = keyHeads == 0 ? 1 : heads / keyHeads;
        return weights.reshape(batch, keyHeads, group * q.size(2), values.size(2)).matmul(values).reshape(batch, heads, q.size(2), v.size(3)).to(q.dtype());
    }

    static Tensor weights(Attention options, Tensor q, Tensor k) {
        long batch = q.size(0), heads = q.size(1), keyHeads = k.size(1), group = keyHeads == 0 ? 1 : heads / keyHeads;
        var scores = q.reshape(batch, keyHeads, group * q.size(2), q.size(3)).matmul(k.transpose()).reshape(batch, heads, q.size(2), k.size(2)).mul(options.scale());
        if (options.bias() != null) scores = scores.add(options.bias());
        var seen = seen(options, q.size(2), k.size(2));
        return seen == null ? scores.softmax(-1) : scores.softmax(-1, seen);
    }

    /** BOOL, broadcast to (batch, heads, queries, keys); null if every key is seen. */
    private static Tensor seen(Attention options, long queries, long keys) {
        Tensor seen = null;
        var key = Tensor.arange(keys);
        if (options.keyLengths() != null) seen = key.lt(options.keyLengths().reshape(-1, 1, 1, 1));
        if (options.causal() || options.window() > 0) {
            var start = options.queryStarts() == null ? Tensor.of(new long[] {keys - queries}, 1, 1, 1, 1) : options.queryStarts().reshape(-1, 1, 1, 1);
            var ahead = key.sub(start.add(Tensor.arange(queries).reshape(-1, 1)));
            if (options.causal()) seen = and(seen, ahead.le(0));
            if (options.window() > 0) seen = and(seen, ahead.abs().lt(options.window()));
        }
        return seen;
    }

    private static Tensor and(Tensor a, Tensor b) { return a == null ? b : a.and(b); }

    /** Keys or values in the order of their positions, taken from their pages if they lie in some. */
    static Tensor inPages(Attention options, Tensor x) {
        var table = options.blockTable();
        if (table == null) return x;
        long batch = table.size(0), pages = table.size(1), heads = x.size(1), size = x.size(2);
        return x.indexSelect(0, table.flatten()).reshape(batch, pages, heads, size, x.size(3)).permute(0, 2, 1, 3, 4).reshape(batch, heads, pages * size, x.size(3));
    }
}
