package lyceum.learn.svm;

import java.util.Arrays;
import lyceum.DType;
import lyceum.kernel.KernelFunction;
import lyceum.kernel.PrecomputedKernel;
import lyceum.tensor.Tensor;

/**
 * Functions {@code f_m(x) = sum_s coefficients[m][s] k(vectors[s], x) + intercepts[m]} on shared support vectors.
 *
 * @param indices rows of the training data, ascending
 * @param vectors those rows (S x p), F64; with a precomputed kernel empty, (0 x n)
 * @param coefficients (M x S), F64
 * @param intercepts (M), F64
 */
public record SupportVectors(KernelFunction kernel, int[] indices, Tensor vectors, Tensor coefficients, Tensor intercepts) {

    /** Keeps the rows at which any function has a coefficient. @param rows (n x p) @param all (M x n) */
    static SupportVectors of(KernelFunction kernel, Tensor rows, double[][] all, double[] intercepts) {
        int n = (int) rows.size(0), m = all.length, count = 0;
        var indices = new int[n];
        for (int i = 0; i < n; i++) {
            boolean used = false;
            for (double[] a : all) used |= a[i] != 0;
            if (used) indices[count++] = i;
        }
        indices = Arrays.copyOf(indices, count);
        var coefficients = new double[m * count];
        for (int f = 0; f < m; f++) for (int s = 0; s < count; s++) coefficients[f * count + s] = all[f][indices[s]];
        var vectors = kernel instanceof PrecomputedKernel || count == 0 ? Tensor.zeros(DType.F64, 0, rows.size(1))
                : rows.rows(indices).compute();
        return new SupportVectors(kernel, indices, vectors, Tensor.of(coefficients, m, count), Tensor.of(intercepts));
    }

    /** A copy. */
    @Override public int[] indices() { return indices.clone(); }

    /** Number of support vectors. */
    public int count() { return indices.length; }

    int nFeatures() { return (int) vectors.size(1); }

    /** Values at the rows of x (n x p): (n x M), F64. */
    Tensor values(Tensor x) {
        if (indices.length == 0) return Tensor.zeros(DType.F64, x.size(0), intercepts.count()).add(intercepts);
        var k = kernel instanceof PrecomputedKernel ? x.to(DType.F64).indexSelect(1, Tensor.of(indices)) : kernel.gram(x, vectors);
        return k.matmul(coefficients.transpose()).add(intercepts);
    }
}
