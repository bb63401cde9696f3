package lyceum.tensor;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Precision;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.tensor.History.Saved;

/** The product itself and its gradient. */
final class Multiplying {
    private Multiplying() { }

    static void check(Tensor a, Tensor b) {
        if (a.rank() == 0 || b.rank() == 0) throw new ShapeException("matmul: " + a.shape() + " x " + b.shape() + ": a scalar is no matrix; use mul");
        if (a.size(-1) != b.size(-2)) throw new ShapeException("matmul: " + a.shape() + " x " + b.shape() + ": inner sizes " + a.size(-1) + " and " + b.size(-2) + " differ");
    }

    /** The product with sums of a wider type than the operands'. */
    static Tensor wide(Tensor a, Tensor b, DType type) {
        if (Tracing.on()) return a.to(type).matmul(b.to(type)); // the same values
        var batchA = java.util.Arrays.copyOf(a.shape().sizes(), a.rank() - 2);
        var batchB = java.util.Arrays.copyOf(b.shape().sizes(), b.rank() - 2);
        var result = value(a, b, type, Precision.F32, batchA, batchB, Shape.broadcast("matmul", Shape.adopt(batchA), Shape.adopt(batchB)));
        if (!a.dtype().isFloat() || !History.wanted(a, b)) return result;
        var left = b.isTracked() ? Saved.of(a, "matmul") : null;
        var right = a.isTracked() ? Saved.of(b, "matmul") : null;
        boolean turned = isTurned(b.view());
        return History.record("matmul", result, (i, g) -> i == 0
                ? right == null ? null : g.matmul(right.get().to(type).transpose()).to(a.dtype())
                : left == null ? null : rightGradient(left.get().to(type), g, b.rank(), turned, Precision.F32).to(b.dtype()), a, b);
    }

    static Tensor product(Tensor a, Tensor b) { return product(a, b, Precision.F32); }

    static Tensor product(Tensor a, Tensor b, Precision precision) {
        var batchA = java.util.Arrays.copyOf(a.shape().sizes(), a.rank() - 2);
        var batchB = java.util.Arrays.copyOf(b.shape().sizes(), b.rank() - 2);
        var batch = Shape.broadcast("matmul", Shape.adopt(batchA), Shape.adopt(batchB));
        var result = Tracing.untold(() -> value(a, b, a.dtype(), precision, batchA, batchB, batch));
        if (Tracing.on()) Tracing.made(new Operation.MatMul(precision), result, a, b);
        if (!a.dtype().isFloat() || !History.wanted(a, b)) return result;
        var left = b.isTracked() ? Saved.of(a, "matmul") : null;
        var right = a.isTracked() ? Saved.of(b, "matmul") : null;
        boolean turned = isTurned(b.view());
        return History.record("matmul", result, (i, g) -> i == 0
                ? right == null ? null : times(g, right.get().transpose(), precision)
                : left == null ? null : rightGradient(left.get(), g, b.rank(), turned, precision), a, b);
    }

    private static Tensor value(Tensor a, Tensor b, DType type, Precision precision, long[] batchA, long[] batchB, Shape batch) {
        long m = a.size(-2), k = a.size(-1), n = b.size(-1);
        if (Math.max(m, Math.max(k, n)) > Integer.MAX_VALUE) throw new ShapeException("matmul: " + a.shape() + " x " + b.shape() + ": a side of a matrix has at most " + Integer.MAX_VALUE + " elements");
        var shape = Shape.adopt(sizes(batch, m, n));
        // Many left matrices and one right one are a single product of more rows.
        boolean folds = batchA.length > 0 && batchB.length == 0 && View.size(batchA) * m <= Integer.MAX_VALUE && a.view().isContiguous();
        var left = folds ? GradMode.with(false, () -> a.detach().reshape(View.size(batchA) * m, k)) : a;
        var pending = type == a.dtype() && precision == Precision.F32 ? Fusion.product(left, b, shape) : null;
        if (pending != null) return pending;
        var out = Fusion.allocate(type, shape);
        into(left, b, precision, out);
        return new Tensor(out, shape);
    }

    /** The shape of a result whose leading axes have been folded into the rows of {@code a}, or else {@code sizes}. */
    private static long[] folded(Tensor a, Tensor b, long[] sizes) { return a.rank() == 2 && b.rank() == 2 ? new long[] {a.size(0), b.size(1)} : sizes; }

    /** The product, and what a program makes of it, its operand 0, and of {@code others}; false if these have another form once the product is folded. */
    static boolean then(Tensor a, Tensor b, Program then, View[] others, View[] outputs) {
        var sizes = folded(a, b, outputs[0].shape());
        View[] in = others.clone(), out = outputs.clone();
        for (var views : new View[][] {in, out}) for (int i = 0; i < views.length; i++) {
            var strides = Viewing.reshapeStrides(views[i], sizes);
            if (strides == null) return false;
            views[i] = views[i].with(sizes, strides);
        }
        var batch = Shape.adopt(java.util.Arrays.copyOf(sizes, sizes.length - 2));
        Backend.current().matmul(spread(a, batch), spread(b, batch), then, in, out);
        return true;
    }

    /** The product, stored in {@code out}. */
    static void into(Tensor a, Tensor b, Precision precision, View given) {
        var sizes = folded(a, b, given.shape());
        var out = sizes.length == given.shape().length ? given : given.with(sizes, View.contiguousStrides(sizes));
        var batch = Shape.adopt(java.util.Arrays.copyOf(out.shape(), out.shape().length - 2));
        View left = spread(a, batch), right = spread(b, batch);
        if (precision == Precision.F32) Backend.current().matmul(left, right, out);
        else Backend.current().matmul(left, right, precision, out);
    }

    private static Tensor times(Tensor a, Tensor b, Precision precision) { return precision == Precision.F32 ? a.matmul(b) : a.matmul(b, precision); }

    /** @param turned lays the gradient out as the transpose of a matrix by rows, which a weight used as {@code x W'} reads row by row again */
    private static Tensor rightGradient(Tensor a, Tensor g, int rank, boolean turned, Precision precision) {
        // One right matrix against a batch: fold the batch into the summed axis rather than sum a batch of products.
        if (rank == 2 && a.rank() > 2) {
            long rows = View.size(java.util.Arrays.copyOf(a.shape().sizes(), a.rank() - 1)); // named, since -1 has no answer where a size is 0
            return rightGradient(a.reshape(rows, a.size(-1)), g.reshape(rows, g.size(-1)), rank, turned, precision);
        }
        return turned ? times(g.transpose(), a, precision).transpose() : times(a.transpose(), g, precision);
    }

    private static boolean isTurned(View b) {
        int rank = b.shape().length;
        return b.strides()[rank - 2] == 1 && b.strides()[rank - 1] != 1;
    }

    private static long[] sizes(Shape batch, long m, long n) {
        var sizes = java.util.Arrays.copyOf(batch.sizes(), batch.rank() + 2);
        sizes[batch.rank()] = m;
        sizes[batch.rank() + 1] = n;
        return sizes;
    }

    private static View spread(Tensor x, Shape batch) { return Fusion.broadcast(x, Shape.adopt(sizes(batch, x.size(-2), x.size(-1)))); }
}
