package lyceum.tensor;

import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Pooling;
import lyceum.backend.WindowGeometry;
import lyceum.tensor.History.Saved;
import lyceum.tensor.WindowOps.Pooled;

/** Pooling and its gradients: a maximum picks elements, so its gradient puts them back; a mean is linear, so its gradient is its adjoint. */
final class PoolingRules {
    private PoolingRules() { }

    /** A number of spatial axes: as many as the lists of the record say, else all but batch and channels. */
    private static int axes(String operation, Tensor x, Pooling how) {
        int told = Math.max(Math.max(how.window().size(), how.stride().size()), Math.max(how.padding().size(), how.dilation().size()));
        int axes = told > 1 ? told : x.rank() - 2;
        if (axes < 1 || axes > 3 || x.rank() != axes + 2 && x.rank() != axes + 1)
            throw new ShapeException(operation + ": input " + x.shape() + "; its shape is (batch, channels, sizes..) with 1 to 3 spatial axes, or, where the window has a size for each, that without the batch");
        return axes;
    }

    private static long[] sizes(String operation, Tensor x, Pooling how) {
        var sizes = x.shape().toArray();
        for (int i = 2; i < sizes.length; i++) {
            sizes[i] = how.outputs(i - 2, sizes[i]);
            if (sizes[i] < 1) throw new ShapeException(operation + ": no window of " + how.window() + " fits into axis " + i + " of input " + x.shape() + " with padding " + how.padding().get(i - 2));
        }
        WindowGeometry.of(how, x.shape().toArray(), sizes); // refuses what is too large before anything is allocated
        return sizes;
    }

    private static void refuse(String operation, Tensor x) { if (!x.dtype().isFloat()) throw new DTypeException(operation + ": the input is " + x.dtype() + "; convert it to a float"); }

    static Pooled max(Tensor x, Pooling how) {
        refuse("maxPool", x);
        int axes = axes("maxPool", x, how);
        if (x.rank() == axes + 1) {
            var pooled = max(x.unsqueeze(0), how);
            return new Pooled(pooled.values().squeeze(0), pooled.indices().squeeze(0));
        }
        var spread = how.over(axes);
        var shape = Shape.adopt(sizes("maxPool", x, spread));
        var values = Fusion.allocate(x.dtype(), shape);
        var indices = new Tensor(Fusion.allocate(DType.I64, shape), shape);
        Backend.current().maxPool(spread, x.view(), values, indices.view());
        var result = new Tensor(values, shape);
        if (Tracing.on()) {
            Tracing.made(new Operation.MaxPool(spread, false), result, x);
            Tracing.made(new Operation.MaxPool(spread, true), indices, x);
        }
        if (!History.wanted(x)) return new Pooled(result, indices);
        var at = Saved.of(indices, "maxPool");
        return new Pooled(History.record("maxPool", result, (i, g) -> unpool(g, at.get(), x.shape()), x), indices);
    }

    /** Each element of {@code g} added where the index says, and the adjoint of that: the elements taken from there. */
    private static Tensor unpool(Tensor g, Tensor where, Shape shape) {
        long batch = shape.size(0), channels = shape.size(1), volume = shape.count() / Math.max(1, batch * channels), outputs = where.count() / Math.max(1, batch * channels);
        if (Tracing.on()) return Tensor.zeros(g.dtype(), batch, channels, volume).scatterAdd(2, where.reshape(batch, channels, outputs), g.reshape(batch, channels, outputs)).reshape(shape.sizes());
        var out = Fusion.allocate(g.dtype(), shape);
        Backend.current().maxPoolBack(g.view(), where.view(), out);
        var result = new Tensor(out, shape);
        if (!History.wanted(g)) return result;
        var at = Saved.of(where, "maxPool gradient");
        return History.record("maxPool gradient", result, (i, h) -> h.reshape(batch, channels, volume).gather(2, at.get().reshape(batch, channels, outputs)).reshape(g.shape().sizes()), g);
    }

    static Tensor average(Tensor x, Pooling how) {
        refuse("avgPool", x);
        int axes = axes("avgPool", x, how);
        if (x.rank() == axes + 1) return average(x.unsqueeze(0), how).squeeze(0);
        var spread = how.over(axes);
        for (int dilation : spread.dilation()) if (dilation != 1) throw new IllegalArgumentException("avgPool: dilation is " + spread.dilation() + "; a mean needs 1");
        return linear(spread, false, sizes("avgPool", x, spread), x);
    }

    /** The mean of windows, or its adjoint: each is the other's gradient. */
    static Tensor linear(Pooling how, boolean back, long[] sizes, Tensor in) {
        var shape = Shape.adopt(sizes);
        var out = Fusion.allocate(in.dtype(), shape);
        if (back) Backend.current().averagePoolBack(how, in.view(), out);
        else Backend.current().averagePool(how, in.view(), out);
        var result = new Tensor(out, shape);
        if (Tracing.on()) Tracing.made(new Operation.AveragePool(how, back, Storing.list(sizes)), result, in);
        return History.wanted(in) ? History.record("avgPool", result, (i, g) -> linear(how, !back, in.shape().toArray(), g), in) : result;
    }

    /** Each axis by a matrix product with the shares of its parts; where parts are equal, windows do the same. */
    static Tensor adaptive(Tensor x, long... sizes) {
        refuse("adaptiveAvgPool", x);
        int axes = sizes.length;
        if (axes < 1 || axes > 3 || x.rank() < axes + 1 || x.rank() > axes + 2)
            throw new ShapeException("adaptiveAvgPool: input " + x.shape() + " for " + axes + " sizes; its shape is (batch, channels, sizes..) with a size for each spatial axis");
        var window = new int[axes];
        boolean equal = true;
        for (int i = 0; i < axes; i++) {
            long n = x.size(i - axes);
            if (sizes[i] < 1 || n < 1) throw new ShapeException("adaptiveAvgPool: " + sizes[i] + " parts of axis " + (x.rank() - axes + i) + " of input " + x.shape() + "; both are at least 1");
            equal &= n % sizes[i] == 0;
            window[i] = (int) (n / sizes[i]);
        }
        if (equal) return average(x, new Pooling(window));
        for (int i = 0; i < axes; i++) {
            int axis = x.rank() - axes + i;
            x = x.moveAxis(axis, -1).matmul(shares(x.dtype(), x.size(axis), sizes[i])).moveAxis(-1, axis);
        }
        return x;
    }

    private static Tensor shares(DType type, long n, long parts) {
        var shares = new double[Math.toIntExact(n * parts)];
        for (long part = 0; part < parts; part++) {
            long from = part * n / parts, to = ((part + 1) * n + parts - 1) / parts;
            for (long i = from; i < to; i++) shares[(int) (i * parts + part)] = 1.0 / (to - from);
        }
        return Tensor.of(shares, n, parts).to(type);
    }
}
