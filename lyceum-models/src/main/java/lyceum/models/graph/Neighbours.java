package lyceum.models.graph;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Primitive;
import lyceum.backend.Backend;
import lyceum.backend.EdgeRows;
import lyceum.backend.Parallel;
import lyceum.backend.SparseRows;
import lyceum.backend.View;
import lyceum.memory.Allocator;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.Tensor;

/**
 * Sums over the edges of a graph that never hold a row of features an edge. Two operations that are each other's gradients:
 * {@code sum(w, x)[v] = sum of w_e x_u} over edges e from u to v, and {@code dots(a, b)[e] = <a_v, b_u>}.
 *
 * <p>Features (n, heads d) may be cut into heads, each with a weight of its own: w is (edges, heads).
 */
final class Neighbours {
    /** Multiplications that one task does, at least. */
    private static final long TASK = 1 << 15;

    private Neighbours() {}

    /** One direction: edges in groups, {@code edge} their numbers (null: in order), {@code from} what each reads. */
    record Side(int[] start, int[] edge, int[] from, SparseRows.Pattern pattern) {
        Side(int[] start, int[] edge, int[] from) {
            this(start, edge, from, new SparseRows.Pattern(start.length - 1, start.length - 1, start, from));
        }

        int at(int j) { return edge == null ? j : edge[j]; }

        EdgeRows.Edges edges(int heads, int width) { return new EdgeRows.Edges(start, edge, from, heads, width); }

        /** With a number for each edge, in the order of the edges; ones for null. */
        SparseRows rows(Tensor w, DType type) {
            if (w == null) return new SparseRows(pattern, Tensor.ones(type, from.length).copy().compute().view());
            var flat = w.detach().flatten();
            return new SparseRows(pattern, (edge == null ? flat : flat.indexSelect(0, Tensor.of(edge))).contiguous().compute().view());
        }
    }

    /** @param w (edges, heads), or null for ones @param back against the arrows */
    static Tensor sum(GraphData g, boolean back, Tensor w, Tensor x) {
        var type = w == null ? x.dtype() : DType.promote(w.dtype(), x.dtype());
        if (type != DType.F32 && type != DType.F64) return sum(g, back, w == null ? null : w.to(DType.F32), x.to(DType.F32)).to(type);
        if (w == null) return Primitive.of("neighbour sum", in -> product(g.rows(back, null, in[0].dtype()), in[0]),
                (i, grad, out, in) -> sum(g, !back, null, grad)).withParts(in -> apart(g, back, null, in[0])).apply(x);
        return Primitive
                .of("weighted neighbour sum",
                        in -> in[0].size(1) == 1 ? product(g.rows(back, in[0], in[1].dtype()), in[1]) : summed(g.side(back), in[0], in[1]),
                        (i, grad, out, in) -> i == 1 ? sum(g, !back, in[0], grad)
                                : back ? dots(g, in[1], grad, in[0].size(1)) : dots(g, grad, in[1], in[0].size(1)))
                .withParts(in -> apart(g, back, in[0], in[1])).apply(w.to(type), x.to(type));
    }

    /** For each edge and head the product of {@code a} at its target with {@code b} at its source: (edges, heads). */
    static Tensor dots(GraphData g, Tensor a, Tensor b, long heads) {
        return Primitive
                .of("edge products", in -> dotted(g, in[0], in[1], (int) heads),
                        (i, grad, out, in) -> i == 0 ? sum(g, false, grad, in[1]) : sum(g, true, grad, in[0]))
                .withParts(
                        in -> headed(in[0].indexSelect(0, g.target()), heads).mul(headed(in[1].indexSelect(0, g.source()), heads)).sum(2))
                .apply(a, b);
    }

    /** The sum with a row of features for each edge: gathered, weighed, added where they arrive. */
    private static Tensor apart(GraphData g, boolean back, Tensor w, Tensor x) {
        var said = x.indexSelect(0, back ? g.target() : g.source());
        if (w != null) said = headed(said, w.size(1)).mul(w.unsqueeze(2)).reshape(g.edges(), x.size(1));
        return said.segmentSum(back ? g.source() : g.target(), g.nodes());
    }

    private static Tensor headed(Tensor x, long heads) { return x.reshape(x.size(0), heads, x.size(1) / heads); }

    private static Tensor product(SparseRows rows, Tensor x) {
        if (x.rank() != 2 || x.size(0) != rows.pattern().columns()) throw new ShapeException(
                "neighbour sum: states " + x.shape() + " of a graph of " + rows.pattern().columns() + " nodes; they are (nodes, features)");
        long[] shape = {rows.pattern().rows(), x.size(1)};
        if (ShapesOnly.isRunning()) return ShapesOnly.tensor(x.dtype(), shape);
        var out = Allocator.allocate(Math.multiplyExact(shape[0] * shape[1], x.dtype().bytes()));
        Backend.current().sparseProduct(rows, x.values(x.dtype()), new View(x.dtype(), out, 0, shape, View.contiguousStrides(shape)));
        return Tensor.on(out, 0, x.dtype(), shape);
    }

    /** Some groups of edges. */
    @FunctionalInterface
    interface Groups {
        void between(EdgeRows rows, int first, int end);
    }

    /** Has all groups done, a part of them by each thread. @param held whose memory is read and written */
    static void each(EdgeRows.Edges edges, Groups body, View... held) {
        var rows = EdgeRows.best();
        Parallel.range(edges.start().length - 1, grain(edges), (first, end) -> body.between(rows, (int) first, (int) end));
        Reference.reachabilityFence(held);
    }

    /** The elements of a contiguous view of floats, which the caller holds. */
    static MemorySegment memory(View x) { return x.storage().segment().asSlice(x.byteOffset(), Float.BYTES * x.size()); }

    /** Memory for (rows, columns). */
    static View floats(long rows, long columns) {
        long[] shape = {rows, columns};
        return new View(DType.F32, Allocator.allocate(Math.multiplyExact(rows * columns, Float.BYTES)), 0, shape,
                View.contiguousStrides(shape));
    }

    static Tensor tensor(View x) { return Tensor.on(x.storage(), 0, x.dtype(), x.shape()); }

    private static long grain(EdgeRows.Edges edges) {
        long groups = Math.max(1, edges.start().length - 1), row = Math.max(1, edges.heads() * edges.width());
        return Math.max(1, TASK / (row * (1 + edges.from().length / groups)));
    }

    /** Numbers of a head. */
    private static int width(Tensor x, int heads) {
        if (x.size(1) % heads != 0)
            throw new ShapeException("rows " + x.shape() + " of " + heads + " heads; their number divides the features");
        return (int) x.size(1) / heads;
    }

    /** By several weights an edge. */
    private static Tensor summed(Side side, Tensor w, Tensor x) {
        int n = side.start.length - 1, f = (int) x.size(1), heads = (int) w.size(1), d = width(x, heads);
        if (ShapesOnly.isRunning()) return ShapesOnly.tensor(x.dtype(), n, f);
        if (x.dtype() == DType.F64) {
            double[] v = x.toDoubleArray(), weight = w.toDoubleArray(), out = new double[n * f];
            Parallel.range(n, grain(side.edges(heads, d)), (first, end) -> {
                for (int i = (int) first; i < end; i++) for (int j = side.start[i]; j < side.start[i + 1]; j++) {
                    int e = side.at(j), from = side.from[j] * f;
                    for (int h = 0; h < heads; h++) {
                        double a = weight[e * heads + h];
                        int to = i * f + h * d, read = from + h * d;
                        for (int k = 0; k < d; k++) out[to + k] += a * v[read + k];
                    }
                }
            });
            return Tensor.of(out, n, f);
        }
        View read = x.values(DType.F32), weights = w.values(DType.F32), out = floats(n, f);
        MemorySegment from = memory(read), by = memory(weights), to = memory(out);
        var edges = side.edges(heads, d);
        each(edges, (rows, first, end) -> rows.sum(edges, first, end, by, from, to), read, weights, out);
        return tensor(out);
    }

    private static Tensor dotted(GraphData g, Tensor a, Tensor b, int heads) {
        int f = (int) a.size(1), d = width(a, heads), edges = g.edges();
        if (ShapesOnly.isRunning()) return ShapesOnly.tensor(a.dtype(), edges, heads);
        if (a.dtype() == DType.F64) {
            int[] source = g.source, target = g.target;
            double[] x = a.toDoubleArray(), y = b.toDoubleArray(), out = new double[edges * heads];
            Parallel.range(edges, Math.max(1, TASK / Math.max(1, f)), (first, end) -> {
                for (int e = (int) first; e < end; e++) for (int h = 0; h < heads; h++) {
                    int p = target[e] * f + h * d, q = source[e] * f + h * d;
                    double sum = 0;
                    for (int k = 0; k < d; k++) sum += x[p + k] * y[q + k];
                    out[e * heads + h] = sum;
                }
            });
            return Tensor.of(out, edges, heads);
        }
        View left = a.values(DType.F32), right = b.values(DType.F32), out = floats(edges, heads);
        MemorySegment x = memory(left), y = memory(right), to = memory(out);
        var in = g.side(false).edges(heads, d);
        each(in, (rows, first, end) -> rows.dots(in, first, end, x, y, to), left, right, out);
        return tensor(out);
    }

    /** Scores (edges, heads) as shares that sum to 1 over the edges which arrive at one node. */
    static Tensor shares(GraphData g, Tensor scores) {
        return Primitive.of("shares of edges", in -> normal(g, in[0]), (i, grad, out, in) -> centred(g, out, grad))
                .withPushForward((tangents, out, in) -> centred(g, out, tangents[0])).withParts(in -> normal(g, in[0])).apply(scores);
    }

    private static Tensor normal(GraphData g, Tensor scores) {
        var top = scores.detach().segmentMax(g.target(), g.nodes()).indexSelect(0, g.target());
        var e = scores.sub(top).exp();
        return e.div(e.segmentSum(g.target(), g.nodes()).indexSelect(0, g.target()));
    }

    /** The Jacobian {@code diag(p) - p p'} of the shares p of a node, which is symmetric. */
    private static Tensor centred(GraphData g, Tensor shares, Tensor t) {
        return shares.mul(t.sub(shares.mul(t).segmentSum(g.target(), g.nodes()).indexSelect(0, g.target())));
    }

    /** The largest of {@code x}'s rows {@code from[start[i]] ..} for each i, 0 of none; of equals the first has the gradient. */
    static Tensor max(int[] start, int[] from, Tensor x) {
        int n = start.length - 1;
        if (x.size(0) == 0 || x.size(1) == 0) return Tensor.zeros(x.dtype(), n, x.size(1));
        var has = new boolean[n];
        var group = new int[from.length];
        for (int i = 0; i < n; i++) {
            has[i] = start[i] < start[i + 1];
            Arrays.fill(group, start[i], start[i + 1], i);
        }
        var some = Tensor.of(has).unsqueeze(1);
        return Primitive
                .of("largest neighbour", in -> new Tensor[] {largest(start, from, in[0])},
                        (in, kept) -> orZero(some, in[0].gather(0, kept[0])),
                        (i, g, out, in, kept) -> Tensor.zeros(g.dtype(), in[0].shape().toArray()).scatterAdd(0, kept[0], orZero(some, g)))
                .withParts(in -> orZero(some, in[0].indexSelect(0, Tensor.of(from)).segmentMax(Tensor.of(group), n))).apply(x);
    }

    private static Tensor orZero(Tensor some, Tensor x) { return some.where(x, x.zerosLike()); }

    /** The row that has the largest element, I64. */
    private static Tensor largest(int[] start, int[] from, Tensor x) {
        int n = start.length - 1, f = (int) x.size(1);
        if (ShapesOnly.isRunning()) return ShapesOnly.tensor(DType.I64, n, f);
        var v = x.toDoubleArray();
        var row = new long[n * f];
        Parallel.range(n, Math.max(1, TASK / f), (first, end) -> {
            for (int i = (int) first; i < end; i++) {
                for (int k = 0; k < f && start[i] < start[i + 1]; k++) {
                    int best = from[start[i]];
                    for (int j = start[i] + 1; j < start[i + 1]; j++) {
                        double value = v[from[j] * f + k];
                        if (value > v[best * f + k] || Double.isNaN(value)) best = from[j];
                    }
                    row[i * f + k] = best;
                }
            }
        });
        return Tensor.of(row, n, f);
    }
}
