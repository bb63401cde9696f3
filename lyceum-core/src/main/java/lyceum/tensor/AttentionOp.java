package lyceum.tensor;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.View;
import lyceum.tensor.Attention.Method;

/**
 * Attention as one kernel forward and one backward, and the same in tensor operations for derivatives that are watched. Operands are queries, keys and
 * values of rank 4 and one float type, and of bias, key lengths, query starts, block table, slopes and block mask those that are {@code given}.
 *
 * @param given a bit for each of those six, the bias lowest
 * @param block rows of a block of the block mask
 */
public record AttentionOp(double scale, boolean causal, long window, int given, int block, Packing packing, Method method)
        implements Operation {
    private static final int BIAS = 0, LENGTHS = 1, STARTS = 2, TABLE = 3, SLOPES = 4, SEEN = 5;
    private static final FlashAttention CHUNKS = new FlashAttention(), SHORT = CHUNKS.withQueryTile(64);
    /** Measured: from here on tiles pay. Scores in bytes. */
    private static final long FEW_QUERIES = 8, FEW_SCORES = 4 << 20;
    /** Measured: up to here the kernel's backward pass in F32, whose lanes are queries, takes up to 2.8 times as long as products. */
    private static final long EMPTY_LANES = 4;

    /** @param options checked, as are the operands */
    static Tensor of(Attention options, Tensor q, Tensor k, Tensor v) {
        Tensor[] masks = {options.bias(), options.keyLengths(), options.queryStarts(), options.blockTable(), options.alibi(),
                options.blocks() == null ? null : options.blocks().seen()};
        int given = 0;
        for (int i = 0; i < masks.length; i++) if (masks[i] != null) given |= 1 << i;
        var operands = new Tensor[3 + Integer.bitCount(given)];
        operands[0] = q;
        operands[1] = k;
        operands[2] = v;
        int n = 3;
        for (var mask : masks) if (mask != null) operands[n++] = mask;
        var method = options.method() == Method.AUTO ? chosen(options, q, k, v) : options.method();
        return new AttentionOp(options.scale(), options.causal(), options.window(), given,
                options.blocks() == null ? 0 : options.blocks().size(), options.packing(), method).apply(operands);
    }

    /**
     * The method for AUTO. Without a kernel, or for what it does not know or does badly: where the scores are few all of them at once take the
     * fewest steps, but values beyond a length meet weights of zero then, which they must not.
     */
    static Method chosen(Attention options, Tensor q, Tensor k, Tensor v) {
        var backend = Backend.current();
        boolean plain = options.alibi() == null && options.blocks() == null;
        boolean hides = options.keyLengths() != null || options.blockTable() != null;
        // A traced call is not told whether a gradient will be asked for: it takes what the call itself takes without.
        boolean back = GradMode.isRecording() && !Tracing.on() && (q.isTracked() || k.isTracked() || v.isTracked());
        boolean empty = back && q.size(2) <= EMPTY_LANES && q.dtype() == DType.F32 && !hides;
        if (!backend.computes() || plain && !empty && backend.hasAttention(q.dtype())) return Method.TILED;
        if (hides) return Method.CHUNKED;
        boolean skips = options.causal() || options.window() > 0 || options.blocks() != null;
        if (skips && q.size(2) > CHUNKS.queryTile()) return Method.CHUNKED; // hidden tiles are left out
        long scores = q.size(0) * q.size(1) * q.size(2) * k.size(2) * (q.dtype() == DType.F64 ? 8 : 4);
        return q.size(2) <= FEW_QUERIES || scores <= FEW_SCORES ? Method.NAIVE : Method.CHUNKED;
    }

    /** Of a short sequence, large tiles would hide little of what a causal mask does. */
    private static FlashAttention chunks(Tensor q) { return q.size(2) <= 512 ? SHORT : CHUNKS; }

    private boolean has(int mask) { return (given >> mask & 1) != 0; }

    /** The place of a mask among the operands, or -1. */
    private int place(int mask) { return has(mask) ? 3 + Integer.bitCount(given & (1 << mask) - 1) : -1; }

    private Tensor mask(int mask, Tensor[] in) { return has(mask) ? in[place(mask)] : null; }

    private Attention options(Tensor... in) {
        return new Attention(scale, 0, causal, window, mask(BIAS, in), mask(SLOPES, in),
                has(SEEN) ? new BlockMask(mask(SEEN, in), block) : null, mask(LENGTHS, in), mask(STARTS, in), mask(TABLE, in), packing,
                method);
    }

    @Override public Tensor value(Tensor... in) {
        if (!isNaive()) return new Tensor(attended(null, in), shape(in));
        var options = options(in);
        options.checkValues(in[1]);
        return Tracing.inside(() -> composed(in)).compute();
    }

    private boolean isNaive() { return method == Method.NAIVE && !Fusion.isShapesOnly(); }

    @Override public boolean keeps() { return true; }

    @Override public Outcome outcome(Tensor... in) {
        if (isNaive()) return new Outcome(value(in));
        var rows = Shape.adopt(new long[] {in[0].size(0), in[0].size(1), in[0].size(2)});
        var logSumExp = Fusion.allocate(in[0].dtype() == DType.F64 ? DType.F64 : DType.F32, rows);
        return new Outcome(new Tensor(attended(logSumExp, in), shape(in)), new Tensor(logSumExp, rows));
    }

    private static Shape shape(Tensor[] in) { return Shape.adopt(new long[] {in[0].size(0), in[0].size(1), in[0].size(2), in[2].size(3)}); }

    private View attended(View logSumExp, Tensor... in) {
        var options = options(in);
        options.checkValues(in[1]);
        var out = rowsOfHeads(in[0].dtype(), shape(in));
        if (method == Method.CHUNKED && !Fusion.isShapesOnly()) {
            new FlashForward(new FlashTiles(chunks(in[0]), options, in[0], in[1], in[2]), out, logSumExp).run();
        } else {
            new AttentionKernel(options, in[0], in[1], in[2]).forward(out, logSumExp);
        }
        return out;
    }

    /** Memory of (batch, heads, T, d) in the order (batch, T, heads, d), which is how the layers around attention see it. */
    private static View rowsOfHeads(DType type, Shape shape) {
        var s = shape.sizes();
        var plain = Fusion.allocate(type, shape);
        return plain.with(s, new long[] {s[1] * s[2] * s[3], s[3], s[1] * s[3], 1});
    }

    static View view(Tensor x) { return x == null ? null : x.view(); }

    /** All operands: the gradients come from one kernel. */
    @Override public int reads(int i) { return (1 << 3 + Integer.bitCount(given)) - 1 | RESULT; }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) { return visit(reading).pullback(i, g); }

    @Override public Visit visit(Reading reading) {
        var parts = new Tensor[1][];
        return (i, g) -> {
            // The kernel has no gradient for a bias or through pages, and is neither recorded nor reported.
            boolean watched = Reading.isWatched() || i > 2 || reading.isTracked(3) || has(TABLE);
            if (parts[0] == null) parts[0] = watched ? inOperations(g, reading)
                    : isNaive() ? Tracing.untold(() -> inOperations(g, reading)) : fused(g, reading);
            return parts[0][i];
        };
    }

    private Tensor[] operands(Reading reading) {
        var in = new Tensor[reading.operands()];
        for (int i = 0; i < in.length; i++) in[i] = reading.operand(i);
        return in;
    }

    private Tensor[] fused(Tensor g, Reading reading) {
        var in = operands(reading);
        Tensor query = in[0], key = in[1], value = in[2];
        var views = like(query.view(), key.view(), value.view());
        if (views == null) views = new View[] {rowsOfHeads(query.dtype(), query.shape()), rowsOfHeads(key.dtype(), key.shape()),
                rowsOfHeads(value.dtype(), value.shape())};
        View out = reading.result().view(), logSumExp = reading.kept(0).view();
        if (method == Method.CHUNKED && !Fusion.isShapesOnly()) {
            new FlashBackward(new FlashTiles(chunks(query), options(in), query, key, value), out, logSumExp, g.view()).run(views[0],
                    views[1], views[2]);
        } else {
            new AttentionKernel(options(in), query, key, value).backward(out, logSumExp, g.view(), views[0], views[1], views[2]);
        }
        return new Tensor[] {new Tensor(views[0], query.shape()), new Tensor(views[1], key.shape()), new Tensor(views[2], value.shape())};
    }

    /** Memory that lies as the operands do, if they are the parts of one tensor without gaps, or null: then their gradients are those of that tensor. */
    private static View[] like(View q, View k, View v) {
        long apart = k.offset() - q.offset(), count = q.size();
        boolean parts = q.storage() == k.storage() && k.storage() == v.storage() && apart > 0 && v.offset() - k.offset() == apart;
        for (var view : new View[] {k, v})
            parts &= view.dtype() == q.dtype() && Arrays.equals(view.shape(), q.shape()) && Arrays.equals(view.strides(), q.strides());
        if (!parts) return null;
        long[] shape = {3, q.shape()[0], q.shape()[1], q.shape()[2], q.shape()[3]},
                strides = {apart, q.strides()[0], q.strides()[1], q.strides()[2], q.strides()[3]};
        long last = 0;
        for (int i = 0; i < shape.length; i++) last += (shape[i] - 1) * strides[i];
        if (last != 3 * count - 1 || q.with(shape, strides).mayOverlapItself()) return null;
        var all = Fusion.allocate(q.dtype(), Shape.adopt(shape));
        var views = new View[3];
        for (int i = 0; i < 3; i++) views[i] = new View(q.dtype(), all.storage(), i * apart, q.shape(), q.strides());
        return views;
    }

    private Tensor[] inOperations(Tensor g, Reading reading) {
        boolean recorded = GradMode.isRecording();
        var in = operands(reading);
        int floats = has(BIAS) ? 4 : 3;
        return GradMode.with(true, () -> {
            // Entrances, so that a gradient is that of its operand alone where one operand was computed from another.
            var inputs = new Tensor[floats];
            for (int i = 0; i < floats; i++) in[i] = inputs[i] = Backward.entrance(in[i]);
            return Backward.gradients(composed(in), g, inputs, recorded);
        });
    }

    /** Entries side by side along the batch axis. */
    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
        var operands = in.clone();
        int table = place(TABLE);
        boolean ownPages = table >= 0 && (isBatched[1] || isBatched[2]);
        long blocks = in[1].size(isBatched[1] ? 1 : 0), batch = in[0].size(isBatched[0] ? 1 : 0);
        for (int i = 0; i < in.length; i++) {
            boolean pages = table >= 0 && (i == 1 || i == 2);
            if (pages && !ownPages) continue; // all look into the same blocks
            var wide = Batch.spread(size, isBatched[i], in[i]);
            if (i == place(BIAS) || i == place(SEEN)) {
                wide = Batch.aligned(wide, 4);
                wide = wide.expand(size, batch, wide.size(2), wide.size(3), wide.size(4));
            }
            if (i == place(SLOPES)) wide = wide.expand(size, batch, wide.size(2));
            if (i == table && ownPages) wide = wide.add(Tensor.arange(size).mul(blocks).reshape(size, 1, 1));
            operands[i] = Batch.merged(wide, 0);
        }
        return Batch.parted(apply(operands), size, 0);
    }

    @Override public Tensor composed(Tensor... in) { return composed(options(in), in[0], in[1], in[2], UnaryOperator.identity()); }

    @Override public boolean isComposed() { return true; }

    /** Two products of each query with each key. */
    @Override public long operations(Form out, Form... in) {
        long keys = has(TABLE) ? in[place(TABLE)].shape().size(1) * in[1].shape().size(2) : in[1].shape().size(2);
        return in[0].shape().count() * keys + out.shape().count() * keys;
    }

    @Override public String text() { return causal ? "causal attention" : "attention"; }

    // The same in tensor operations.

    static Tensor composed(Attention options, Tensor q, Tensor k, Tensor v, UnaryOperator<Tensor> change) {
        var wide = q.dtype() == DType.F64 ? DType.F64 : DType.F32;
        var values = inPages(options, v).to(wide);
        var weights = change.apply(weights(options, q.to(wide), inPages(options, k).to(wide)));
        long batch = q.size(0), heads = q.size(1), keyHeads = values.size(1), group = keyHeads == 0 ? 1 : heads / keyHeads;
        return weights.reshape(batch, keyHeads, group * q.size(2), values.size(2)).matmul(values)
                .reshape(batch, heads, q.size(2), v.size(3)).to(q.dtype());
    }

    static Tensor weights(Attention options, Tensor q, Tensor k) {
        long batch = q.size(0), heads = q.size(1), keyHeads = k.size(1), group = keyHeads == 0 ? 1 : heads / keyHeads;
        var scores = q.reshape(batch, keyHeads, group * q.size(2), q.size(3)).matmul(k.transpose())
                .reshape(batch, heads, q.size(2), k.size(2)).mul(options.scale());
        if (options.softCap() > 0) scores = scores.div(options.softCap()).tanh().mul(options.softCap());
        var bias = bias(options, q.size(2), k.size(2));
        if (bias != null) scores = scores.add(bias);
        var seen = seen(options, q.size(2), k.size(2));
        return seen == null ? scores.softmax(-1) : scores.softmax(-1, seen);
    }

    /** What is added to the scaled scores, bias and ALiBi, or null. */
    static Tensor bias(Attention options, long queries, long keys) {
        if (options.alibi() == null) return options.bias();
        var lost = options.alibi().unsqueeze(-1).unsqueeze(-1).mul(ahead(options, queries, keys).abs().to(options.alibi().dtype())).neg();
        return options.bias() == null ? lost : options.bias().add(lost);
    }

    /** A bias that is -inf where {@code seen} is not. */
    static Tensor hidden(Tensor bias, Tensor seen, DType type) {
        var wide = type == DType.F64 ? DType.F64 : DType.F32;
        return seen.where(bias == null ? Tensor.full(wide, 0) : bias, Tensor.full(wide, Double.NEGATIVE_INFINITY));
    }

    /** How far key j lies ahead of query i, broadcast to (batch, heads, queries, keys). */
    private static Tensor ahead(Attention options, long queries, long keys) {
        if (options.packing() != null) return options.packing().positions(false).sub(options.packing().positions(true).reshape(-1, 1));
        var start = options.queryStarts() == null ? Tensor.of(new long[] {keys - queries}, 1, 1, 1, 1)
                : options.queryStarts().reshape(-1, 1, 1, 1);
        return Tensor.arange(keys).sub(start.add(Tensor.arange(queries).reshape(-1, 1)));
    }

    /** BOOL, broadcast to (batch, heads, queries, keys); null if every key is seen. */
    private static Tensor seen(Attention options, long queries, long keys) {
        Tensor seen = null;
        if (options.keyLengths() != null) seen = Tensor.arange(keys).lt(options.keyLengths().reshape(-1, 1, 1, 1));
        if (options.packing() != null) seen = options.packing().sequences(false).eq(options.packing().sequences(true).reshape(-1, 1));
        if (options.blocks() != null) seen = and(seen, options.blocks().each(queries, keys));
        boolean last = queries == 1 && options.queryStarts() == null && options.packing() == null; // no key lies ahead of the only query
        boolean causal = options.causal() && !last;
        if (causal || options.window() > 0) {
            var ahead = ahead(options, queries, keys);
            if (causal) seen = and(seen, ahead.le(0));
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
        return x.indexSelect(0, table.flatten()).reshape(batch, pages, heads, size, x.size(3)).permute(0, 2, 1, 3, 4).reshape(batch, heads,
                pages * size, x.size(3));
    }
}
