package lyceum.tensor;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Exact attention in tiles, as the papers have it, on whichever backend multiplies: the matrix of scores never exists, and everything that moves is counted.
 * For a tile of scores {@code S} of some queries and the keys {@code K_j}, values {@code V_j}:
 *
 * <pre>
 * m' = max(m, rowmax S)    P = exp(S - m')    l' = exp(m - m') l + rowsum P    O' = exp(m - m') O + P V_j
 * </pre>
 *
 * and after the last tile {@code O / l} and {@code m + log l}, from which the backward pass computes {@code P} again. Other than the kernel behind
 * {@link Attention} (the same algorithm in machine code, which is what to use) this one can be turned: the order of the loops, splits of the
 * keys, 8-bit operands; and it runs in F64, or on a backend without such a kernel, at the speed of products.
 *
 * {@snippet :
 * var run = new FlashAttention().withOrder(FlashAttention.Order.KEYS_OUTER).forward(new Attention().withCausal(true), q, k, v);
 * run.out();                       // (batch, heads, queries, e)
 * run.traffic().loaded();          // elements of q, k, v, .. that tiles were filled with
 * }
 *
 * <p>Tasks are blocks of queries of a head, in the backward pass blocks of keys too, shared among the threads; no two add to one place, so that results do
 * not depend on the number of threads. It lives beside {@link Attention} and not with the backends since it needs tensors and {@link NumberFormat}, and only
 * the products and programs that every backend has.
 *
 * @param queryTile rows of a tile, at least 1
 * @param keyTile keys of a tile, at least 1
 * @param order of the loops of the forward pass
 * @param splits parts of the keys that are worked on apart and merged, for few queries and many keys: each keeps a result's worth of sums; 0
 *        to decide by the shapes
 * @param pipelined computes a tile's scores before the softmax of the tile before it is done, into a second buffer: the schedule of FA-3, with the same bits.
 *        Asynchronous units would overlap the two; a CPU's core gains nothing
 * @param fp8 what the products are given, forward
 * @see <a href="https://arxiv.org/abs/2205.14135">Dao et al. (2022)</a>
 * @see <a href="https://arxiv.org/abs/2307.08691">Dao (2023)</a>
 * @see <a href="https://arxiv.org/abs/2407.08608">Shah et al. (2024)</a>
 */
@Withers
public record FlashAttention(int queryTile, int keyTile, Order order, int splits, boolean pipelined, Fp8 fp8)
        implements FlashAttentionWithers {

    /** Which loop is the outer one. */
    public enum Order {
        /** FA-2: a block of queries meets all its keys, its sums stay in the task and are divided once, at the end. */
        QUERIES_OUTER,
        /** FA-1: a block of keys meets all queries of its head, whose normalised results are loaded, rescaled and stored each time. Heads are what is parallel. */
        KEYS_OUTER
    }

    /** Whether products are given 8-bit floats ({@link NumberFormat#E4M3}), summed exactly. Weights are rounded times 256. */
    public enum Fp8 {
        /** No: what the operands are. */
        NONE,
        /** One scale each for q, k and v. */
        PER_TENSOR,
        /** A scale for each tile of a head. */
        PER_BLOCK,
        /** And q and k are multiplied by one random orthogonal matrix first, which leaves {@code q k'} what it is and spreads outliers over all columns. */
        PER_BLOCK_ROTATED
    }

    /**
     * What one pass moved and did.
     *
     * @param loaded elements that tiles were filled with, of operands and of what an order keeps outside its tiles
     * @param stored elements that tiles were written to
     * @param bytes of both
     * @param rescaled rows of output or weights multiplied by a factor outside products: the work that FA-2 defers
     * @param tiles of scores that were computed
     * @param scratchBytes the most bytes held at once beside operands and results
     */
    public record Traffic(long loaded, long stored, long bytes, long rescaled, long tiles, long scratchBytes) {
        /** What attention by two products and a softmax moves for n queries and keys: {@code 4 n^2 + 4 n d} elements. */
        public static double naive(double n, double d) { return 4 * n * n + 4 * n * d; }
    }

    /** @param logSumExp of each row's scores, (batch, heads, queries), F64 for F64 and F32 else; -inf where no key is seen */
    public record Forward(Tensor out, Tensor logSumExp, Traffic traffic) {}

    /** By q, k and v, in their shapes and types. */
    public record Gradients(Tensor q, Tensor k, Tensor v, Traffic traffic) {}

    public FlashAttention {
        if (queryTile < 1 || keyTile < 1) throw new IllegalArgumentException(
                "FlashAttention: tiles of " + queryTile + " queries and " + keyTile + " keys; at least 1 each");
        if (splits < 0)
            throw new IllegalArgumentException("FlashAttention: " + splits + " splits; at least 1, or 0 to decide by the shapes");
        if (order == Order.KEYS_OUTER && splits > 1)
            throw new IllegalArgumentException("FlashAttention: " + splits + " splits with keys outer; splits are for queries outer");
    }

    /** FA-2 in tiles of 128 queries and 512 keys, whose scores and weights take half a megabyte a thread. */
    public FlashAttention() { this(128, 512, Order.QUERIES_OUTER, 0, false, Fp8.NONE); }

    /**
     * Attends, without a history for gradients.
     *
     * @param options as {@link Attention} reads them; its method is not looked at
     * @param q (batch, heads, queries, d), as in {@link Attention#of(Tensor, Tensor, Tensor)}; likewise k and v
     * @throws ShapeException if shapes do not fit
     */
    public Forward forward(Attention options, Tensor q, Tensor k, Tensor v) {
        return GradMode.with(false, () -> {
            var in = Attention.Operands.of(options, q, k, v);
            var out = Fusion.allocate(in.q().dtype(), in.shape());
            var rows = Shape.of(in.q().size(0), in.q().size(1), in.q().size(2));
            var logSumExp = Fusion.allocate(in.q().dtype() == DType.F64 ? DType.F64 : DType.F32, rows);
            var tiles = new FlashTiles(this, in.options(), in.q(), in.k(), in.v());
            new FlashForward(tiles, out, logSumExp).run();
            return new Forward(new Tensor(out, in.shape()), new Tensor(logSumExp, rows), tiles.traffic());
        });
    }

    /**
     * Gradients from that of the result, computing weights again from {@code forward}'s log-sum-exp. In the operands' own precision: of {@link Fp8#NONE}.
     *
     * @param g in the shape of the result
     */
    public Gradients backward(Attention options, Tensor q, Tensor k, Tensor v, Forward forward, Tensor g) {
        if (fp8 != Fp8.NONE)
            throw new IllegalArgumentException("FlashAttention: a backward pass of " + fp8 + "; take gradients with Fp8.NONE");
        return GradMode.with(false, () -> {
            var in = Attention.Operands.of(options, q, k, v);
            if (!g.shape().equals(forward.out.shape()))
                throw new ShapeException("FlashAttention: the gradient is " + g.shape() + ", the result " + forward.out.shape());
            if (options.blockTable() != null)
                throw new IllegalArgumentException("FlashAttention: no backward pass through pages; lay keys and values out");
            Tensor dq = empty(in.q()), dk = empty(in.k()), dv = empty(in.v());
            var tiles = new FlashTiles(this, in.options(), in.q(), in.k(), in.v());
            new FlashBackward(tiles, forward.out.view(), forward.logSumExp.view(), g.to(in.q().dtype()).view()).run(dq.view(), dk.view(),
                    dv.view());
            return new Gradients(dq, dk, dv, tiles.traffic());
        });
    }

    private static Tensor empty(Tensor x) { return new Tensor(Fusion.allocate(x.dtype(), x.shape()), x.shape()); }

    /** How often the keys are split; by shapes alone, so that bits do not depend on the machine. */
    int splitsOf(long tasks, long keys) { return splits > 0 ? splits : tasks >= 8 ? 1 : (int) Math.clamp(keys / (4L * keyTile), 1, 8); }

    /**
     * A random orthogonal matrix: signs, then Sylvester's Hadamard matrix in blocks of the largest power of two that divides the width.
     *
     * @return {@code diag(signs) H / sqrt(block)}, (width, width), F32
     */
    public static Tensor rotation(int width, Rng rng) {
        int block = Integer.lowestOneBit(width);
        var r = new float[width * width];
        for (int i = 0; i < width; i++) {
            double sign = rng.nextInt(2) == 0 ? 1 : -1;
            for (int j = i - i % block; j < i - i % block + block; j++)
                r[i * width + j] = (float) ((Integer.bitCount(i % block & j % block) % 2 == 0 ? sign : -sign) / Math.sqrt(block));
        }
        return Tensor.of(r, width, width);
    }
}
