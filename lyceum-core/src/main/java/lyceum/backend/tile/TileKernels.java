package lyceum.backend.tile;

import java.util.List;
import java.util.function.UnaryOperator;

/** Kernels that every tutorial of tiles has, to use and to read. Matrices are row-major; sizes need not be multiples of the blocks. */
public final class TileKernels {
    private TileKernels() {}

    /** {@code out = x + y}: parameters x, y, out (n); n. Grid: the blocks of n. */
    public static TileKernel add(int block) {
        return TileKernel.of("add", k -> {
            TileBuffer x = k.buffer("x"), y = k.buffer("y"), out = k.buffer("out");
            Tile n = k.integer("n"), i = k.programId(0).mul(block).add(k.columns(block)), inside = i.lt(n);
            out.store(i, inside, x.load(i, inside, 0).add(y.load(i, inside, 0)));
        });
    }

    /** The softmax of each row: parameters x, out (rows, n); n, at most {@code block}. Grid: the rows. */
    public static TileKernel softmax(int block) {
        return TileKernel.of("softmax", k -> {
            TileBuffer x = k.buffer("x"), out = k.buffer("out");
            Tile n = k.integer("n"), j = k.columns(block), inside = j.lt(n), at = k.programId(0).mul(n).add(j);
            Tile row = x.load(at, inside, Double.NEGATIVE_INFINITY), e = row.sub(row.largest(1)).exp();
            out.store(at, inside, e.div(e.sum(1)));
        });
    }

    /**
     * Each row less its mean, over its deviation, times a weight plus a bias: parameters x (rows, n), weight, bias (n), out (rows, n); n, at most
     * {@code block}, and epsilon, which is added to the variance. Grid: the rows.
     */
    public static TileKernel layerNorm(int block) {
        return TileKernel.of("layer norm", k -> {
            TileBuffer x = k.buffer("x"), weight = k.buffer("weight"), bias = k.buffer("bias"), out = k.buffer("out");
            Tile n = k.integer("n"), epsilon = k.number("epsilon"), j = k.columns(block), inside = j.lt(n),
                    at = k.programId(0).mul(n).add(j);
            Tile row = x.load(at, inside, 0), mean = row.sum(1).div(n.toFloat());
            Tile centred = inside.where(row.sub(mean), 0); // beyond the row's end stand zeros, which are not the mean
            Tile variance = centred.mul(centred).sum(1).div(n.toFloat()), normal = centred.div(variance.add(epsilon).sqrt());
            out.store(at, inside, normal.mul(weight.load(j, inside, 0)).add(bias.load(j, inside, 0)));
        });
    }

    /** {@link #matmul(int, int, int, UnaryOperator)} without an epilogue: {@code out = a b + bias}. */
    public static TileKernel matmul(int blockM, int blockN, int blockK) { return matmul(blockM, blockN, blockK, UnaryOperator.identity()); }

    /**
     * {@code out = epilogue(a b + bias)}: parameters a (m, k), b (k, n), bias (n), out (m, n); m, n, k. Grid: the blocks of m, and those of n. With blocks
     * of {@code blockM} by {@code blockN} it reads {@code m n k (1 / blockM + 1 / blockN)} elements of a and b.
     */
    public static TileKernel matmul(int blockM, int blockN, int blockK, UnaryOperator<Tile> epilogue) {
        return TileKernel.of("matmul", k -> {
            TileBuffer a = k.buffer("a"), b = k.buffer("b"), bias = k.buffer("bias"), out = k.buffer("out");
            Tile m = k.integer("m"), n = k.integer("n"), inner = k.integer("k");
            TileMatrix left = a.matrix(m, inner), right = b.matrix(inner, n);
            Tile i = k.programId(0).mul(blockM), j = k.programId(1).mul(blockN);
            Tile product = k.loop(k.constant(0), inner, blockK, k.full(blockM, blockN, 0),
                    (p, sum) -> left.load(i, p, blockM, blockK).dot(right.load(p, j, blockK, blockN), sum));
            Tile columns = j.add(k.columns(blockN));
            out.matrix(m, n).store(i, j, epilogue.apply(product.add(bias.load(columns, columns.lt(n), 0))));
        });
    }

    /**
     * {@code softmax(scale q k^T) v} without the matrix of scores, after FlashAttention (Dao and others, 2022): one pass over the keys by blocks, which
     * carries each row's maximum, the sum of its exponentials and the weighted values so far, and scales them whenever the maximum rises. Parameters q (heads, queries, d),
     * keys, values (heads, keys, d), out (heads, queries, d); the numbers of queries and keys, and scale. Grid: the blocks of queries, and the heads.
     *
     * @param d      the size of a head, from 2
     * @param causal whether query i sees the keys up to i alone
     */
    public static TileKernel attention(int blockQueries, int blockKeys, int d, boolean causal) {
        return TileKernel.of("attention", t -> {
            TileBuffer q = t.buffer("q"), k = t.buffer("keys"), v = t.buffer("values"), out = t.buffer("out");
            Tile queries = t.integer("queries"), keys = t.integer("keyCount"), scale = t.number("scale"), width = t.constant(d);
            Tile head = t.programId(1), first = t.programId(0).mul(blockQueries), zero = t.constant(0), i = first.add(t.rows(blockQueries));
            TileMatrix qs = q.matrix(head.mul(queries).mul(d), queries, width, width),
                    ks = k.matrix(head.mul(keys).mul(d), keys, width, width);
            TileMatrix vs = v.matrix(head.mul(keys).mul(d), keys, width, width),
                    outs = out.matrix(head.mul(queries).mul(d), queries, width, width);
            Tile query = qs.load(first, zero, blockQueries, d).mul(scale);
            Tile end = causal ? keys.min(first.add(blockQueries)) : keys;
            var state = t.loop(zero, end, blockKeys,
                    List.of(t.full(blockQueries, 1, Double.NEGATIVE_INFINITY), t.full(blockQueries, 1, 0), t.full(blockQueries, d, 0)),
                    (at, s) -> {
                        Tile j = at.add(t.columns(blockKeys)), seen = causal ? j.lt(keys).and(j.le(i)) : j.lt(keys);
                        Tile scores = seen.where(query.dot(ks.load(at, zero, blockKeys, d).transpose()), Double.NEGATIVE_INFINITY);
                        Tile max = s.get(0), sum = s.get(1), weighted = s.get(2);
                        Tile now = max.max(scores.largest(1)), rise = max.sub(now).exp(), weights = scores.sub(now).exp();
                        return List.of(now, sum.mul(rise).add(weights.sum(1)),
                                weights.dot(vs.load(at, zero, blockKeys, d), weighted.mul(rise)));
                    });
            outs.store(first, zero, state.get(2).div(state.get(1)));
        });
    }
}
