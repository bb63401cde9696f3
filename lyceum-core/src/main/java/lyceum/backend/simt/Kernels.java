package lyceum.backend.simt;

import static lyceum.backend.simt.Type.F32;
import static lyceum.backend.simt.Type.I32;

import java.util.function.BinaryOperator;

/**
 * The classic kernels, each as short as it can be while it does what the textbook does. Those with {@code threads} take blocks of so many, a power of
 * two; arguments are listed in the order of the launch, matrices are row-major.
 *
 * <p>Sources: Hwu, Kirk and El Hajj (2022), Programming Massively Parallel Processors; Harris (2007), Optimizing Parallel Reduction in CUDA; Ruetsch
 * and Micikevicius (2009), Optimizing Matrix Transpose in CUDA; Hillis and Steele (1986), Data Parallel Algorithms.
 */
public final class Kernels {
    private Kernels() {}

    /** {@code c[i] = a[i] + b[i]}: arguments a, b, c, n; a thread an element. */
    public static Kernel vectorAdd() {
        return Kernel.of("vectorAdd", k -> {
            Pointer a = k.global("a", F32), b = k.global("b", F32), c = k.global("c", F32);
            var n = k.scalar("n", I32);
            var i = k.globalX();
            k.when(i.lt(n), () -> c.store(i, a.load(i).add(b.load(i))));
        });
    }

    /** {@code out[0] += sum of x}: arguments x, out, n; any grid. Each thread sums with the grid's stride, a tree in shared memory adds the block's. */
    public static Kernel sum(int threads) {
        return Kernel.of("sum", k -> {
            Pointer x = k.global("x", F32), out = k.global("out", F32);
            var n = k.scalar("n", I32);
            var total = k.variable(k.constant(F32, 0));
            k.loop(k.globalX(), n, k.blockSizeX().mul(k.gridSizeX()), i -> total.set(total.add(x.load(i))));
            var all = tree(k, k.shared("partial", F32, threads), total, Value::add);
            k.when(k.threadX().eq(0), () -> out.atomicAdd(k.constant(I32, 0), all));
        });
    }

    /** The threads' values combined, known to all of them: halves of the block add their partners' until one is left. */
    private static Value tree(KernelBuilder k, Pointer partial, Value mine, BinaryOperator<Value> combine) {
        int threads = partial.length;
        if (Integer.bitCount(threads) != 1) throw new IllegalArgumentException(threads + " threads; a tree takes a power of two");
        var t = k.threadX();
        partial.store(t, mine);
        k.barrier();
        for (int half = threads / 2; half > 0; half /= 2) {
            var partner = t.add(half);
            k.when(t.lt(half), () -> partial.store(t, combine.apply(partial.load(t), partial.load(partner))));
            k.barrier();
        }
        return partial.load(k.constant(I32, 0));
    }

    /** {@code y[i] = x[0] + .. + x[i]}: arguments x, y, n; a grid of one block, which goes along the array with a carry. */
    public static Kernel scan(int threads) {
        return Kernel.of("scan", k -> {
            Pointer x = k.global("x", F32), y = k.global("y", F32), part = k.shared("part", F32, threads);
            var n = k.scalar("n", I32);
            Value t = k.threadX(), zero = k.constant(F32, 0);
            var carry = k.variable(zero);
            k.loop(k.constant(I32, 0), n, k.constant(I32, threads), start -> {
                var i = start.add(t);
                var mine = k.variable(zero);
                k.when(i.lt(n), () -> mine.set(x.load(i)));
                part.store(t, mine);
                k.barrier();
                for (int distance = 1; distance < threads; distance *= 2) {
                    var before = t.sub(distance);
                    k.when(before.ge(0), () -> mine.set(mine.add(part.load(before))));
                    k.barrier(); // before anybody writes what a neighbour still reads
                    part.store(t, mine);
                    k.barrier();
                }
                k.when(i.lt(n), () -> y.store(i, mine.add(carry)));
                carry.set(carry.add(part.load(k.constant(I32, threads - 1))));
                k.barrier();
            });
        });
    }

    /** {@code out[x, y] = in[y, x]} of a matrix (height, width), a thread an element: arguments in, out, width, height. Writes with a stride. */
    public static Kernel naiveTranspose() {
        return Kernel.of("naiveTranspose", k -> {
            Pointer in = k.global("in", F32), out = k.global("out", F32);
            Value width = k.scalar("width", I32), height = k.scalar("height", I32), x = k.globalX(), y = k.globalY();
            k.when(x.lt(width).and(y.lt(height)), () -> out.store(x.mul(height).add(y), in.load(y.mul(width).add(x))));
        });
    }

    /**
     * As {@link #naiveTranspose}, through a tile in shared memory that is written by rows and read by columns, so that both sides of global memory go by
     * rows. Blocks of 32 by 32 threads.
     *
     * @param padding words more in a row of the tile: with 1 a column lies in 32 banks, with 0 in one
     */
    public static Kernel tiledTranspose(int padding) {
        int side = 32, row = side + padding;
        return Kernel.of("tiledTranspose", k -> {
            Pointer in = k.global("in", F32), out = k.global("out", F32), tile = k.shared("tile", F32, side * row);
            Value width = k.scalar("width", I32), height = k.scalar("height", I32), tx = k.threadX(), ty = k.threadY(), x = k.globalX(),
                    y = k.globalY();
            k.when(x.lt(width).and(y.lt(height)), () -> tile.store(ty.mul(row).add(tx), in.load(y.mul(width).add(x))));
            k.barrier();
            Value toX = k.blockY().mul(side).add(tx), toY = k.blockX().mul(side).add(ty);
            k.when(toX.lt(height).and(toY.lt(width)), () -> out.store(toY.mul(height).add(toX), tile.load(tx.mul(row).add(ty))));
        });
    }

    /**
     * {@code c = a b} of (m, k) and (k, n): arguments a, b, c, m, n, k; blocks of {@code side} by {@code side} threads. Tiles of both go through shared
     * memory, so that a word of global memory serves {@code side} threads.
     */
    public static Kernel matmul(int side) {
        return Kernel.of("matmul", k -> {
            Pointer a = k.global("a", F32), b = k.global("b", F32), c = k.global("c", F32), as = k.shared("as", F32, side * side),
                    bs = k.shared("bs", F32, side * side);
            Value m = k.scalar("m", I32), n = k.scalar("n", I32), inner = k.scalar("k", I32), tx = k.threadX(), ty = k.threadY(),
                    row = k.globalY(), column = k.globalX(), mine = ty.mul(side).add(tx), zero = k.constant(F32, 0);
            var sum = k.variable(zero);
            k.loop(k.constant(I32, 0), inner, k.constant(I32, side), start -> {
                Value p = start.add(tx), q = start.add(ty);
                Variable left = k.variable(zero), right = k.variable(zero);
                k.when(row.lt(m).and(p.lt(inner)), () -> left.set(a.load(row.mul(inner).add(p))));
                k.when(q.lt(inner).and(column.lt(n)), () -> right.set(b.load(q.mul(n).add(column))));
                as.store(mine, left);
                bs.store(mine, right);
                k.barrier();
                k.loop(side, i -> sum.set(as.load(ty.mul(side).add(i)).mulAdd(bs.load(i.mul(side).add(tx)), sum)));
                k.barrier(); // before the next tiles are written over these
            });
            k.when(row.lt(m).and(column.lt(n)), () -> c.store(row.mul(n).add(column), sum));
        });
    }

    /** {@code y[r] = softmax(x[r])} of a matrix of {@code columns} columns: arguments x, y, columns; a block a row. */
    public static Kernel softmax(int threads) {
        return Kernel.of("softmax", k -> {
            Pointer x = k.global("x", F32), y = k.global("y", F32), partial = k.shared("partial", F32, threads);
            Value columns = k.scalar("columns", I32), t = k.threadX(), step = k.constant(I32, threads), first = k.blockX().mul(columns);
            var highest = k.variable(k.constant(F32, Double.NEGATIVE_INFINITY));
            k.loop(t, columns, step, i -> highest.set(highest.max(x.load(first.add(i)))));
            var max = tree(k, partial, highest, Value::max);
            var sum = k.variable(k.constant(F32, 0));
            k.loop(t, columns, step, i -> sum.set(sum.add(x.load(first.add(i)).sub(max).exp())));
            k.barrier(); // all have read the maximum where the sums now go
            var total = tree(k, partial, sum, Value::add);
            k.loop(t, columns, step, i -> y.store(first.add(i), x.load(first.add(i)).sub(max).exp().div(total)));
        });
    }
}
