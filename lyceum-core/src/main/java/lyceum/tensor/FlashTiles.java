package lyceum.tensor;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import lyceum.DType;
import lyceum.backend.AttentionOptions;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.scalar.AttentionShape;
import lyceum.memory.Allocator;
import lyceum.memory.Scope;

/** Where the tiles of one attention lie and what they see, which {@link FlashForward} and {@link FlashBackward} walk by; and what they count. */
final class FlashTiles {

    /** A batch entry, or a sequence packed into it. @param start where its first query stands among its keys */
    record Sequence(int batch, int firstQuery, int queries, int firstKey, int keys, int start) {}

    /** Queries {@code first ..} of a sequence and of head {@code head}; stacked: one query of {@code count} heads from there on. */
    record Block(Sequence in, int head, int first, int count) {}

    final FlashAttention how;
    final Backend backend = Backend.current();
    /** In which scores and sums are. */
    final DType wide;
    final Attention options;
    final AttentionShape shape;
    final List<Sequence> sequences = new ArrayList<>();
    /** With one query, heads that share keys are rows of one tile. */
    final boolean stacked;
    final View q, k, v;

    private final View bias;
    private final double[] slopes;
    private final long[] seen;
    private final LongAdder loaded = new LongAdder(), stored = new LongAdder(), bytes = new LongAdder(), rescaled = new LongAdder(),
            tiles = new LongAdder();
    private final AtomicLong held = new AtomicLong(), most = new AtomicLong();

    /** @param options checked, as are the operands */
    FlashTiles(FlashAttention how, Attention options, Tensor q, Tensor k, Tensor v) {
        this.how = how;
        this.options = options;
        wide = q.dtype() == DType.F64 ? DType.F64 : DType.F32;
        Tensor keys = AttentionOp.inPages(options, k), values = AttentionOp.inPages(options, v);
        if (how.fp8() != FlashAttention.Fp8.NONE) {
            var codes = Fp8Operands.of(how, q, keys, values);
            this.q = codes.q().view();
            this.k = codes.k().view();
            this.v = codes.v().view();
        } else {
            this.q = q.view();
            this.k = keys.view();
            this.v = values.view();
        }
        shape = AttentionShape.of(new AttentionOptions(options.scale(), options.causal(), options.window(), null,
                AttentionOp.view(options.keyLengths()), AttentionOp.view(options.queryStarts()), null), this.q, this.k, this.v);
        bias = options.bias() == null ? null : Fusion.broadcast(options.bias(), Shape.of(q.size(0), q.size(1), q.size(2), keys.size(2)));
        slopes = options.alibi() == null ? null : Tracing.untold(options.alibi()::toDoubleArray);
        seen = options.blocks() == null ? null : Tracing.untold(() -> options.blocks().seen().to(DType.I64).toLongArray());
        stacked = shape.queries() == 1 && shape.group() > 1 && options.packing() == null && seen == null;
        for (int b = 0; b < shape.batch(); b++) {
            if (options.packing() == null) {
                sequences.add(new Sequence(b, 0, shape.queries(), 0, shape.length(b), shape.start(b)));
            } else {
                for (var part : options.packing().parts())
                    sequences.add(
                            new Sequence(b, part.firstQuery(), part.queries(), part.firstKey(), part.keys(), part.keys() - part.queries()));
            }
        }
    }

    FlashAttention.Traffic traffic() {
        return new FlashAttention.Traffic(loaded.sum(), stored.sum(), bytes.sum(), rescaled.sum(), tiles.sum(), most.get());
    }

    void rescaled(long rows) { rescaled.add(rows); }

    // Which tiles there are.

    /** The blocks of queries of one head. */
    List<Block> blocks(Sequence in, int head) {
        var blocks = new ArrayList<Block>();
        if (stacked) {
            blocks.add(new Block(in, head, 0, shape.group()));
            return blocks;
        }
        for (int i = 0, n; i < in.queries; i += n) {
            n = Math.min(how.queryTile(), in.queries - i);
            if (seen != null) n = Math.min(n, options.blocks().size() - (in.firstQuery + i) % options.blocks().size());
            blocks.add(new Block(in, head, i, n));
        }
        return blocks;
    }

    private int position(Block block) { return block.in.start + block.first; }

    private int lastPosition(Block block) { return position(block) + (stacked ? 0 : block.count - 1); }

    /** The keys that some row of the block sees, as far as causality, window and lengths go: from and to. */
    int[] span(Block block) {
        int from = shape.firstKey(position(block)), to = shape.endKey(lastPosition(block), block.in.keys);
        return new int[] {from, Math.max(from, to)};
    }

    /** Runs of keys among {@code from .. to - 1} that the block sees: from, to, from, to, .. */
    int[] runs(Block block, int from, int to) {
        var span = span(block);
        from = Math.max(from, span[0]);
        to = Math.min(to, span[1]);
        if (from >= to) return new int[0];
        if (seen == null) return new int[] {from, to};
        int size = options.blocks().size(), n = 0;
        var runs = new int[2 * ((to - from) / size + 2)];
        for (int j = from, end; j < to; j = end) {
            int at = block.in.firstKey + j;
            end = Math.min(to, j + size - at % size);
            if (!isSeen(block, at / size)) continue;
            if (n > 0 && runs[n - 1] == j) {
                runs[n - 1] = end;
            } else {
                runs[n++] = j;
                runs[n++] = end;
            }
        }
        return Arrays.copyOf(runs, n);
    }

    private boolean isSeen(Block block, int keyBlock) {
        var mask = options.blocks().seen().shape();
        long b = mask.size(0) == 1 ? 0 : block.in.batch, h = mask.size(1) == 1 ? 0 : block.head;
        return seen[(int) (((b * mask.size(1) + h) * mask.size(2) + (block.in.firstQuery + block.first) / options.blocks().size())
                * mask.size(3) + keyBlock)] != 0;
    }

    // What tiles are filled with.

    /** Rows of queries, or of what has their shape, as a matrix. */
    View rows(View x, Block block) {
        var s = x.strides();
        long offset = x.offset() + block.in.batch * s[0] + block.head * s[1] + (block.in.firstQuery + block.first) * s[2];
        return new View(x.dtype(), x.storage(), offset, new long[] {block.count, x.shape()[3]}, new long[] {s[stacked ? 1 : 2], s[3]});
    }

    /** Keys or values {@code from .. to - 1} of the head that query head {@code head} reads. */
    View keys(View x, Sequence in, int head, int from, int to) {
        var s = x.strides();
        long offset = x.offset() + in.batch * s[0] + head / shape.group() * s[1] + (in.firstKey + from) * s[2];
        return new View(x.dtype(), x.storage(), offset, new long[] {to - from, x.shape()[3]}, new long[] {s[2], s[3]});
    }

    /** A tile in the type of the sums, and counted. */
    View load(View x, Scratch scratch, String name) {
        count(loaded, x);
        if (x.dtype() == wide) return x;
        var tile = scratch.matrix(name, (int) x.shape()[0], (int) x.shape()[1]);
        backend.run(Program.of(Op.CAST, wide, x.dtype()), new View[] {x}, new View[] {tile});
        return tile;
    }

    /** The queries of a block times the scale, which is less work than to scale the scores. */
    View queries(Block block, Scratch scratch) {
        var x = load(rows(q, block), scratch, "q");
        return scaled(x, scratch.matrix("scaled q", block.count, shape.width()), scratch);
    }

    /** {@code to = scale x}. */
    View scaled(View x, View to, Scratch scratch) {
        var scale = scratch.vector("scale", 1);
        set(scale, 0, options.scale());
        backend.run(FlashPrograms.of(wide).product, new View[] {x, scale.with(x.shape(), new long[] {0, 0})}, new View[] {to});
        return to;
    }

    /** A tile to where it belongs. */
    void store(View tile, View to) {
        count(stored, to);
        backend.run(tile.dtype() == to.dtype() ? Program.copy(wide) : Program.of(Op.CAST, to.dtype(), wide), new View[] {tile},
                new View[] {to});
    }

    void countLoad(View x) { count(loaded, x); }

    void countStore(View x) { count(stored, x); }

    private void count(LongAdder counter, View x) {
        counter.add(x.size());
        boolean operand = x.storage() == q.storage() || x.storage() == k.storage() || x.storage() == v.storage();
        bytes.add(x.size() * (operand && how.fp8() != FlashAttention.Fp8.NONE ? 1 : x.dtype().bytes()));
    }

    /** One number a row of (batch, heads, queries), as a vector. */
    View line(View rows, Block block) {
        long at = ((long) block.in.batch * shape.heads() + block.head) * shape.queries() + block.in.firstQuery + block.first;
        return new View(rows.dtype(), rows.storage(), rows.offset() + at, new long[] {block.count},
                new long[] {stacked ? shape.queries() : 1});
    }

    /** A vector as a matrix whose rows have one value each. */
    static View across(View column, int n) { return column.with(new long[] {column.shape()[0], n}, new long[] {column.strides()[0], 0}); }

    // What turns products into scores.

    /** What every row of a block has for its scores: where it stands, which keys it sees, how fast it forgets. */
    final class Lines {
        final Block block;
        private final View position, from, to, slope;

        Lines(Block block, Scratch scratch) {
            this.block = block;
            position = scratch.vector("position", block.count);
            from = scratch.vector("from", block.count);
            to = scratch.vector("to", block.count);
            slope = slopes == null ? null : scratch.vector("slope", block.count);
            for (int i = 0; i < block.count; i++) {
                int p = position(block) + (stacked ? 0 : i);
                set(position, i, p);
                set(from, i, shape.firstKey(p));
                set(to, i, shape.endKey(p, block.in.keys));
                if (slopes != null) set(slope, i, slope(i));
            }
        }

        private double slope(int row) {
            int entries = (int) options.alibi().size(0), b = entries == 1 ? 0 : block.in.batch;
            return slopes[b * shape.heads() + block.head + (stacked ? row : 0)];
        }

        /**
         * {@code out = q k' + bias - slope |p - j|}, -inf for keys that a row does not see; with {@code logSumExp} the exponential of that less it.
         *
         * @param queries scaled
         * @param numbers 0, 1, ..
         */
        void scores(View queries, View keys, int first, View numbers, View logSumExp, View out) {
            tiles.increment();
            int n = (int) keys.shape()[0];
            boolean masked = shape.firstKey(lastPosition(block)) > first || shape.endKey(position(block), block.in.keys) < first + n;
            var others = new ArrayList<View>(6);
            if (bias != null) {
                var part = rows(bias, block);
                part = new View(part.dtype(), part.storage(), part.offset() + (block.in.firstKey + first) * part.strides()[1],
                        new long[] {block.count, n}, part.strides());
                count(loaded, part);
                others.add(part);
            }
            if (slopes != null || masked)
                others.add(new View(wide, numbers.storage(), numbers.offset() + first, new long[] {block.count, n}, new long[] {0, 1}));
            if (slopes != null) others.addAll(List.of(across(position, n), across(slope, n)));
            if (masked) others.addAll(List.of(across(from, n), across(to, n)));
            if (logSumExp != null) others.add(across(logSumExp, n));
            var columns = keys.with(new long[] {keys.shape()[1], n}, new long[] {keys.strides()[1], keys.strides()[0]});
            if (others.isEmpty()) backend.matmul(queries, columns, out);
            else backend.matmul(queries, columns, FlashPrograms.of(wide).scores(bias != null, slopes != null, masked, logSumExp != null),
                    others.toArray(View[]::new), out);
        }
    }

    /** 0, 1, .. up to the longest sequence's keys. */
    View numbers(Scratch scratch) {
        int n = 0;
        for (var sequence : sequences) n = Math.max(n, sequence.keys);
        var numbers = scratch.vector("numbers", n);
        for (int j = 0; j < n; j++) set(numbers, j, j);
        return numbers;
    }

    static void set(View vector, int i, double value) {
        long at = vector.byteOffset() + i * vector.strides()[0] * vector.dtype().bytes();
        if (vector.dtype() == DType.F64) vector.storage().segment().set(ValueLayout.JAVA_DOUBLE_UNALIGNED, at, value);
        else vector.storage().segment().set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, (float) value);
    }

    static double get(View vector, int i) {
        long at = vector.byteOffset() + i * vector.strides()[0] * vector.dtype().bytes();
        return vector.dtype() == DType.F64 ? vector.storage().segment().get(ValueLayout.JAVA_DOUBLE_UNALIGNED, at)
                : vector.storage().segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
    }

    static void fill(View vector, double value) { for (int i = 0; i < vector.shape()[0]; i++) set(vector, i, value); }

    Scratch scratch() { return new Scratch(); }

    /** Memory of one task, kept by name for its next tile and given back at its end. */
    final class Scratch implements AutoCloseable {
        private final Scope scope = Scope.open("flash attention");
        private final Map<String, View> named = new HashMap<>();
        private long bytes;

        View vector(String name, int n) { return take(name, new long[] {n}); }

        View matrix(String name, int rows, int columns) { return take(name, new long[] {rows, columns}); }

        private View take(String name, long[] shape) {
            var view = named.get(name);
            if (view == null || view.size() < View.size(shape)) {
                long size = Math.max(1, View.size(shape)) * wide.bytes();
                view = new View(wide, Allocator.allocate(size), 0, shape, View.contiguousStrides(shape));
                named.put(name, view);
                bytes += size;
                long now = held.addAndGet(size);
                most.accumulateAndGet(now, Math::max);
            }
            return view.with(shape, View.contiguousStrides(shape));
        }

        @Override public void close() {
            held.addAndGet(-bytes);
            scope.close();
        }
    }
}
