package lyceum.tensor;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Precision;
import lyceum.backend.Program;
import lyceum.backend.View;

/**
 * Matrix product of the last two axes, batched over the leading ones, which broadcast.
 *
 * @param type of the sums and the result: the operands', or a wider one
 */
public record MatmulOp(Precision precision, DType type) implements Operation {

    static void check(Tensor a, Tensor b) {
        if (a.rank() == 0 || b.rank() == 0)
            throw new ShapeException("matmul: " + a.shape() + " x " + b.shape() + ": a scalar is not a matrix; use mul");
        if (a.size(-1) != b.size(-2)) throw new ShapeException(
                "matmul: " + a.shape() + " x " + b.shape() + ": inner sizes " + a.size(-1) + " and " + b.size(-2) + " differ");
    }

    @Override public Tensor value(Tensor... in) {
        Tensor a = in[0], b = in[1];
        Shape batchA = batch(a.shape().sizes()), batchB = batch(b.shape().sizes()),
                batch = batchB.rank() == 0 ? batchA : Shape.broadcast("matmul", batchA, batchB);
        long m = a.size(-2), k = a.size(-1), n = b.size(-1);
        if (Math.max(m, Math.max(k, n)) > Integer.MAX_VALUE) throw new ShapeException(
                "matmul: " + a.shape() + " x " + b.shape() + ": a side of a matrix has at most " + Integer.MAX_VALUE + " elements");
        var shape = Shape.adopt(sizes(batch, m, n));
        // Many left matrices and one right one are a single product of more rows.
        boolean folds = batchA.rank() > 0 && batchB.rank() == 0 && batchA.count() * m <= Integer.MAX_VALUE && a.view().isContiguous();
        var left = folds ? rows(a, batchA.count() * m, k) : a;
        var pending = type == a.dtype() && precision == Precision.F32 ? Fusion.product(left, b, shape) : null;
        if (pending != null) return pending;
        var out = Fusion.allocate(type, shape);
        into(left, b, precision, out);
        return new Tensor(out, shape);
    }

    /** {@code x w'} of a weight (outputs, inputs) for few results where nobody records or listens, with no tensor on the way; null elsewhere. */
    static Tensor few(Tensor x, Tensor weight) {
        var type = x.dtype();
        if (type != DType.F32 && type != DType.F64 || weight.dtype() != type || x.rank() == 0 || x.count() == 0 || weight.rank() != 2
                || weight.size(1) != x.size(-1) || weight.size(0) == 0 || Autocast.type() != DType.F32 || !Formula.isQuiet(x, weight))
            return null;
        long k = x.size(-1), m = x.count() / k, n = weight.size(0);
        var left = x.view();
        if (m * n > Formula.FEW || k > Integer.MAX_VALUE || !left.isContiguous()) return null;
        var sizes = x.shape().toArray();
        sizes[sizes.length - 1] = n;
        var shape = Shape.adopt(sizes);
        View out = Fusion.allocate(type, shape), w = weight.view();
        Backend.current().matmul(matrix(left, m, k), w.with(new long[] {k, n}, new long[] {w.strides()[1], w.strides()[0]}),
                matrix(out, m, n));
        return new Tensor(out, shape);
    }

    /** What has no gaps as a matrix. */
    static View matrix(View x, long rows, long columns) {
        return x.shape().length == 2 ? x : x.with(new long[] {rows, columns}, new long[] {columns, 1});
    }

    private static Tensor rows(Tensor a, long rows, long columns) {
        long[] sizes = {rows, columns};
        return new Tensor(a.view().with(sizes, View.contiguousStrides(sizes)), Shape.adopt(sizes));
    }

    /** The axes before the last two. */
    private static Shape batch(long[] sizes) {
        return sizes.length == 2 ? Shape.SCALAR : Shape.adopt(Arrays.copyOf(sizes, sizes.length - 2));
    }

    @Override public void into(View out, Tensor... in) { into(in[0], in[1], precision, out); }

    @Override public boolean isBilinear() { return true; }

    @Override public int reads(int i) { return i == 0 ? 2 : 1; }

    @Override public int gradientLiesAs() { return 1; }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) {
        var given = Reading.isWatched() ? type : reading.gradientType(i);
        return i == 0 ? times(g, reading.operand(1).to(type).transpose(), given)
                : rightGradient(reading.operand(0).to(type), g, given, reading.shape(1).rank(), isTurned(reading.strides()));
    }

    @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
        var left = tangents[0] == null ? null : apply(tangents[0], in[1]);
        var right = tangents[1] == null ? null : apply(in[0], tangents[1]);
        return left == null ? right : right == null ? left : left.add(right);
    }

    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return apply(Batch.aligned(isBatched, in)); }

    @Override public long operations(Form out, Form... in) { return out.shape().count() * in[0].shape().size(-1); }

    @Override public String text() { return "matmul"; }

    /** The shape of a result whose leading axes have been folded into the rows of {@code a}, or else {@code sizes}. */
    private static long[] folded(Tensor a, Tensor b, long[] sizes) {
        return a.rank() == 2 && b.rank() == 2 ? new long[] {a.size(0), b.size(1)} : sizes;
    }

    /** The product, and what a program makes of it, its operand 0, and of {@code others}; false if these have another form once the product is folded. */
    static boolean then(Tensor a, Tensor b, Program then, View[] others, View[] outputs) {
        var sizes = folded(a, b, outputs[0].shape());
        View[] in = others.clone(), out = outputs.clone();
        for (var views : new View[][] {in, out}) for (int i = 0; i < views.length; i++) {
            var strides = ViewOps.reshapeStrides(views[i], sizes);
            if (strides == null) return false;
            views[i] = views[i].with(sizes, strides);
        }
        var batch = batch(sizes);
        Backend.current().matmul(spread(a, batch), spread(b, batch), then, in, out);
        return true;
    }

    /** The product, stored in {@code out}. */
    static void into(Tensor a, Tensor b, Precision precision, View given) {
        var sizes = folded(a, b, given.shape());
        var out = sizes.length == given.shape().length ? given : given.with(sizes, View.contiguousStrides(sizes));
        var batch = batch(out.shape());
        View left = spread(a, batch), right = spread(b, batch);
        if (precision == Precision.F32) Backend.current().matmul(left, right, out);
        else Backend.current().matmul(left, right, precision, out);
    }

    /** @param given the type of the sums of halves, if that is F32 */
    private Tensor times(Tensor a, Tensor b, DType given) {
        if (precision != Precision.F32) return a.matmul(b, precision);
        return given == DType.F32 && a.dtype() == b.dtype() && a.dtype().isFloat() && a.dtype().bytes() == 2 ? a.matmul(b, given)
                : a.matmul(b);
    }

    /** @param turned lays the gradient out as the transpose of a matrix by rows, which a weight used as {@code x W'} reads row by row again */
    private Tensor rightGradient(Tensor a, Tensor g, DType given, int rank, boolean turned) {
        // One right matrix against a batch: fold the batch into the summed axis rather than sum a batch of products.
        if (rank == 2 && a.rank() > 2) {
            long rows = View.size(Arrays.copyOf(a.shape().sizes(), a.rank() - 1)); // named, since -1 has no answer where a size is 0
            return rightGradient(a.reshape(rows, a.size(-1)), g.reshape(rows, g.size(-1)), given, rank, turned);
        }
        return turned ? times(g.transpose(), a, given).transpose() : times(a.transpose(), g, given);
    }

    private static boolean isTurned(long[] strides) { return strides[strides.length - 2] == 1 && strides[strides.length - 1] != 1; }

    private static long[] sizes(Shape batch, long m, long n) {
        var sizes = Arrays.copyOf(batch.sizes(), batch.rank() + 2);
        sizes[batch.rank()] = m;
        sizes[batch.rank() + 1] = n;
        return sizes;
    }

    private static View spread(Tensor x, Shape batch) {
        return batch.rank() == 0 && x.rank() == 2 ? x.view() : Fusion.broadcast(x, Shape.adopt(sizes(batch, x.size(-2), x.size(-1))));
    }
}
