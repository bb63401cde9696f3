package lyceum.learn.svm;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.KernelRows;
import lyceum.kernel.PrecomputedKernel;

/** Rows of a Gram matrix: the whole of it where it fits into the cache, otherwise those used last. */
final class GramRows {
    private final KernelRows kernel;
    private final double[][] x, whole;
    private final LinkedHashMap<Integer, double[]> recent;
    final double[] diagonal;
    /** Rows that were computed, for tests. */
    int computed;

    GramRows(KernelFunction kernel, double[][] x, long cacheBytes) {
        this.x = x;
        int n = x.length;
        boolean given = kernel instanceof PrecomputedKernel;
        if (given || 8L * n * n <= cacheBytes) {
            whole = kernel.matrix(x, x);
            computed = n;
            recent = null;
            this.kernel = null;
            diagonal = new double[n];
            for (int i = 0; i < n; i++) diagonal[i] = whole[i][i];
        } else {
            whole = null;
            this.kernel = kernel.against(x);
            long most = Math.max(2, cacheBytes / (8L * n)); // a step needs two
            recent = new LinkedHashMap<>(16, 0.75f, true) {
                @Override protected boolean removeEldestEntry(Map.Entry<Integer, double[]> eldest) { return size() > most; }
            };
            diagonal = kernel.diagonal(x);
        }
    }

    /** Row i, not to be changed. */
    double[] row(int i) {
        if (whole != null) return whole[i];
        var row = recent.get(i);
        if (row == null) {
            row = new double[x.length];
            kernel.row(x[i], row);
            computed++;
            recent.put(i, row);
        }
        return row;
    }
}
