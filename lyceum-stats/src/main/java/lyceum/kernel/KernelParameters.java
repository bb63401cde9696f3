package lyceum.kernel;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.tensor.Tensor;

/** Checks of what kernels are given, in one set of words. */
final class KernelParameters {
    private static final int TILE = 32;

    private KernelParameters() {}

    static void count(KernelFunction kernel, double[] logs, int count) {
        if (logs.length != count) throw new IllegalArgumentException(kernel.getClass().getSimpleName() + ".withParameters: " + logs.length
                + " values for " + count + " parameters; parameters() has their order");
    }

    static double positive(String kernel, String name, double v) {
        if (!(v > 0 && v < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(kernel + ": " + name + " is " + v + "; it is positive and finite");
        return v;
    }

    static double atLeastZero(String kernel, String name, double v) {
        if (!(v >= 0 && v < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(kernel + ": " + name + " is " + v + "; it is finite and at least 0");
        return v;
    }

    static List<Double> scales(String kernel, List<Double> scales) {
        if (scales.isEmpty()) throw new IllegalArgumentException(kernel + ": there is no length scale; give one, or one for each column");
        for (double l : scales) positive(kernel, "a length scale", l);
        return List.copyOf(scales);
    }

    static List<Double> boxed(double... values) {
        var list = new ArrayList<Double>(values.length);
        for (double v : values) list.add(v);
        return list;
    }

    static double[][] rows(String operation, Tensor x) {
        if (x.rank() != 2) throw new ShapeException(operation + ": shape " + x.shape() + "; points are the rows of a matrix (n x p)");
        return x.to(DType.F64).toRows();
    }

    static double[][] weights(String operation, Tensor w, int n, int m) {
        if (w.rank() != 2 || w.size(0) != n || w.size(1) != m)
            throw new ShapeException(operation + ": weights have shape " + w.shape() + "; the Gram matrix has (" + n + ", " + m + ")");
        return w.to(DType.F64).toRows();
    }

    /** The upper triangle becomes the lower one turned, tile by tile: a column of an array of rows is a cache line an element. */
    static double[][] mirrored(double[][] k) {
        int n = k.length, tiles = (n + TILE - 1) / TILE;
        Parallel.range(tiles, 1, (double) n * TILE, (from, to) -> {
            for (int i0 = (int) from * TILE, end = (int) Math.min(n, to * TILE); i0 < end; i0 += TILE) {
                int i1 = Math.min(n, i0 + TILE);
                for (int j0 = 0; j0 < i1; j0 += TILE) {
                    for (int j = j0, j1 = Math.min(i1, j0 + TILE); j < j1; j++) {
                        double[] row = k[j];
                        for (int i = Math.max(i0, j + 1); i < i1; i++) row[i] = k[i][j];
                    }
                }
            }
        });
        return k;
    }

    static double[] flat(double[][] rows, int columns) {
        var out = new double[Math.multiplyExact(rows.length, columns)];
        for (int i = 0; i < rows.length; i++) System.arraycopy(rows[i], 0, out, i * columns, columns);
        return out;
    }
}
