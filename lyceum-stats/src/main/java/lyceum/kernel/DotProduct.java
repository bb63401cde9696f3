package lyceum.kernel;

import lyceum.backend.Parallel;
import lyceum.tensor.Tensor;

/** A kernel {@code f(x . z)} of the dot product of its points. */
public sealed interface DotProduct extends KernelFunction permits LinearKernel, PolynomialKernel, SigmoidKernel {
    /** {@code f(dot)}. */
    double value(double dot);

    /** {@code f'(dot)}. */
    double slope(double dot);

    private static double dot(double[] x, double[] z) {
        double sum = 0;
        for (int j = 0; j < x.length; j++) sum += x[j] * z[j];
        return sum;
    }

    @Override default double of(double[] x, double[] z) { return value(dot(x, z)); }

    @Override default double[][] matrix(double[][] x, double[][] z) {
        if (x.length == 0 || z.length == 0) return new double[x.length][z.length];
        double[][] k = Tensor.of(x).matmul(Tensor.of(z).transpose()).toRows();
        Parallel.range(k.length, 8, 10.0 * z.length, (from, to) -> {
            for (int i = (int) from; i < to; i++) for (int j = 0; j < z.length; j++) k[i][j] = value(k[i][j]);
        });
        return k;
    }

    @Override default KernelRows against(double[][] z) {
        var points = new PointColumns(z);
        return (x, into) -> points.products(x, this::value, into);
    }

    @Override default void addGradient(double[] x, double[] z, double weight, double[] into) {
        double factor = weight * slope(dot(x, z));
        for (int j = 0; j < x.length; j++) into[j] += factor * z[j];
    }
}
