package lyceum.tensor;

import java.util.Arrays;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Pooling;
import lyceum.backend.WindowGeometry;
import lyceum.tensor.WindowOps.Pooled;

/** Pooling: a maximum picks elements, so its gradient puts them back; a mean is linear, so its gradient is its adjoint. Operands are (batch, channels, sizes..). */
public final class PoolOps {
    private PoolOps() {}

    /** The row-major number (I64) of each window's largest element among the spatial axes of its channel. */
    public record LargestPlaces(Pooling how) implements Operation {
        @Override public Tensor value(Tensor... in) { return pooled(how, in[0]).indices(); }

        @Override public boolean isDifferentiable() { return false; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) { return null; }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
            return Batch.parted(apply(Batch.merged(in[0], 0)), size, 0);
        }

        @Override public long operations(Form out, Form... in) { return out.shape().count() * volume(how); }

        @Override public String text() { return "largest of " + how.window(); }
    }

    /** The elements of operand 0 at the places that operand 1 names, each in its channel. */
    public record Pick() implements Operation {
        @Override public Tensor value(Tensor... in) {
            return Tracing.inside(() -> flat(in[0]).gather(2, flat(in[1])).reshape(in[1].shape().sizes()));
        }

        @Override public boolean isLinear() { return true; }

        @Override public int reads(int i) { return 2; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) {
            return new Unpick(reading.shape(0)).apply(g, reading.operand(1));
        }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
            return Batch.parted(apply(merged(size, isBatched, in)), size, 0);
        }
    }

    /** Each element of operand 0 added where operand 1 says, in {@code shape}. */
    public record Unpick(Shape shape) implements Operation {
        @Override public Tensor value(Tensor... in) {
            var out = Fusion.allocate(in[0].dtype(), shape);
            Backend.current().maxPoolBack(in[0].view(), in[1].view(), out);
            return new Tensor(out, shape);
        }

        @Override public boolean isLinear() { return true; }

        @Override public int reads(int i) { return 2; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) { return new Pick().apply(g, reading.operand(1)); }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
            var sizes = shape.toArray();
            sizes[0] *= size;
            return Batch.parted(new Unpick(Shape.adopt(sizes)).apply(merged(size, isBatched, in)), size, 0);
        }

        @Override public String text() { return "unpick " + Arrays.toString(shape.sizes()); }
    }

    /** The mean of each window, or the adjoint of that; {@code shape} is the result's. */
    public record Average(Pooling how, boolean back, Shape shape) implements Operation {
        @Override public Tensor value(Tensor... in) {
            var out = Fusion.allocate(in[0].dtype(), shape);
            if (back) Backend.current().averagePoolBack(how, in[0].view(), out);
            else Backend.current().averagePool(how, in[0].view(), out);
            return new Tensor(out, shape);
        }

        @Override public boolean isLinear() { return true; }

        @Override public Tensor pullback(int i, Tensor g, Reading reading) { return new Average(how, !back, reading.shape(0)).apply(g); }

        @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
            var sizes = shape.toArray();
            sizes[0] *= size;
            return Batch.parted(new Average(how, back, Shape.adopt(sizes)).apply(Batch.merged(in[0], 0)), size, 0);
        }

        @Override public long operations(Form out, Form... in) { return (back ? in[0] : out).shape().count() * volume(how); }

        @Override public String text() { return "average " + (back ? "back " : "") + how.window(); }
    }

    private static long volume(Pooling how) { return how.window().stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b); }

    private static Tensor[] merged(long size, boolean[] isBatched, Tensor... in) {
        var wide = Batch.spread(size, isBatched, in);
        for (int i = 0; i < wide.length; i++) wide[i] = Batch.merged(wide[i], 0);
        return wide;
    }

    private static Tensor flat(Tensor x) {
        long batch = x.size(0), channels = x.size(1);
        return x.reshape(batch, channels, x.count() / Math.max(1, batch * channels));
    }

    /** A number of spatial axes: as many as the lists of the record say, else all but batch and channels. */
    private static int axes(String operation, Tensor x, Pooling how) {
        int told = Math.max(Math.max(how.window().size(), how.stride().size()), Math.max(how.padding().size(), how.dilation().size()));
        int axes = told > 1 ? told : x.rank() - 2;
        if (axes < 1 || axes > 3 || x.rank() != axes + 2 && x.rank() != axes + 1) throw new ShapeException(operation + ": input "
                + x.shape()
                + "; its shape is (batch, channels, sizes..) with 1 to 3 spatial axes, or, where the window has a size for each, that without the batch");
        return axes;
    }

    private static long[] sizes(String operation, Tensor x, Pooling how) {
        var sizes = x.shape().toArray();
        for (int i = 2; i < sizes.length; i++) {
            sizes[i] = how.outputs(i - 2, sizes[i]);
            if (sizes[i] < 1) throw new ShapeException(operation + ": no window of " + how.window() + " fits into axis " + i + " of input "
                    + x.shape() + " with padding " + how.padding().get(i - 2));
        }
        WindowGeometry.of(how, x.shape().toArray(), sizes); // refuses what is too large before anything is allocated
        return sizes;
    }

    private static void refuse(String operation, Tensor x) {
        if (!x.dtype().isFloat()) throw new DTypeException(operation + ": the input is " + x.dtype() + "; convert it to a float");
    }

    static Pooled max(Tensor x, Pooling how) {
        refuse("maxPool", x);
        int axes = axes("maxPool", x, how);
        if (x.rank() == axes + 1) {
            var pooled = max(x.unsqueeze(0), how);
            return new Pooled(pooled.values().squeeze(0), pooled.indices().squeeze(0));
        }
        var spread = how.over(axes);
        var pooled = pooled(spread, x);
        Tracing.made(new LargestPlaces(spread), pooled.indices(), null, x);
        Tracing.made(new Pick(), pooled.values(), null, x, pooled.indices());
        return pooled;
    }

    /** Values and places come from one kernel; the values are what is picked at the places. */
    private static Pooled pooled(Pooling how, Tensor x) {
        var shape = Shape.adopt(sizes("maxPool", x, how));
        var values = Fusion.allocate(x.dtype(), shape);
        var indices = Fusion.allocate(DType.I64, shape);
        Backend.current().maxPool(how, x.view(), values, indices);
        return new Pooled(new Tensor(values, shape), new Tensor(indices, shape));
    }

    static Tensor average(Tensor x, Pooling how) {
        refuse("avgPool", x);
        int axes = axes("avgPool", x, how);
        if (x.rank() == axes + 1) return average(x.unsqueeze(0), how).squeeze(0);
        var spread = how.over(axes);
        for (int dilation : spread.dilation())
            if (dilation != 1) throw new IllegalArgumentException("avgPool: dilation is " + spread.dilation() + "; a mean needs 1");
        return new Average(spread, false, Shape.adopt(sizes("avgPool", x, spread))).apply(x);
    }

    /** Windows that do the same where every axis is cut into equal parts; null where one is not. */
    private static Pooling even(String operation, Tensor x, long... sizes) {
        refuse(operation, x);
        int axes = sizes.length;
        if (axes < 1 || axes > 3 || x.rank() < axes + 1 || x.rank() > axes + 2) throw new ShapeException(operation + ": input " + x.shape()
                + " for " + axes + " sizes; its shape is (batch, channels, sizes..) with a size for each spatial axis");
        var window = new int[axes];
        boolean equal = true;
        for (int i = 0; i < axes; i++) {
            long n = x.size(i - axes);
            if (sizes[i] < 1 || n < 1) throw new ShapeException(operation + ": " + sizes[i] + " parts of axis " + (x.rank() - axes + i)
                    + " of input " + x.shape() + "; both are at least 1");
            equal &= n % sizes[i] == 0;
            window[i] = (int) (n / sizes[i]);
        }
        return equal ? new Pooling(window) : null;
    }

    /** Each axis by a matrix product with the shares of its parts. */
    static Tensor adaptive(Tensor x, long... sizes) {
        var even = even("adaptiveAvgPool", x, sizes);
        if (even != null) return average(x, even);
        for (int i = 0; i < sizes.length; i++) {
            int axis = x.rank() - sizes.length + i;
            x = x.moveAxis(axis, -1).matmul(shares(x.dtype(), x.size(axis), sizes[i])).moveAxis(-1, axis);
        }
        return x;
    }

    /** Each axis by the largest of each of its parts. */
    static Tensor adaptiveMax(Tensor x, long... sizes) {
        var even = even("adaptiveMaxPool", x, sizes);
        if (even != null) return max(x, even).values();
        for (int i = 0; i < sizes.length; i++) {
            int axis = x.rank() - sizes.length + i;
            long n = x.size(axis);
            var parts = new Tensor[Math.toIntExact(sizes[i])];
            for (int part = 0; part < parts.length; part++) {
                long from = start(part, n, parts.length), to = end(part, n, parts.length);
                var some = x.narrow(axis, from, to - from);
                parts[part] = some.gather(axis, some.detach().argmax(axis, true));
            }
            x = ConcatOp.concat(axis, parts);
        }
        return x;
    }

    private static long start(long part, long n, long parts) { return part * n / parts; }

    private static long end(long part, long n, long parts) { return ((part + 1) * n + parts - 1) / parts; }

    private static Tensor shares(DType type, long n, long parts) {
        var shares = new double[Math.toIntExact(n * parts)];
        for (long part = 0; part < parts; part++) {
            long from = start(part, n, parts), to = end(part, n, parts);
            for (long i = from; i < to; i++) shares[(int) (i * parts + part)] = 1.0 / (to - from);
        }
        return Tensor.of(shares, n, parts).to(type);
    }
}
