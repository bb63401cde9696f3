package lyceum.kernel;

import java.util.Arrays;

/** {@code first(x, z) second(x, z)}; products of a feature of each. Parameters: the first's, then the second's. */
public record ProductKernel(KernelFunction first, KernelFunction second) implements KernelFunction {
    @Override public double of(double[] x, double[] z) { return first.of(x, z) * second.of(x, z); }

    @Override public double[][] matrix(double[][] x, double[][] z) {
        double[][] k = second.matrix(x, z);
        if (first instanceof ConstantKernel(double scale)) {
            for (double[] row : k) for (int j = 0; j < row.length; j++) row[j] *= scale;
            return k;
        }
        double[][] other = first.matrix(x, z);
        for (int i = 0; i < k.length; i++) for (int j = 0; j < k[i].length; j++) k[i][j] *= other[i][j];
        return k;
    }

    @Override public KernelRows against(double[][] z) {
        KernelRows a = first.against(z), b = second.against(z);
        return (x, into) -> {
            a.row(x, into);
            var other = new double[z.length];
            b.row(x, other);
            for (int j = 0; j < z.length; j++) into[j] *= other[j];
        };
    }

    @Override public double[] diagonal(double[][] x) {
        double[] k = first.diagonal(x), other = second.diagonal(x);
        for (int i = 0; i < k.length; i++) k[i] *= other[i];
        return k;
    }

    @Override public void addGradient(double[] x, double[] z, double weight, double[] into) {
        first.addGradient(x, z, weight * second.of(x, z), into);
        second.addGradient(x, z, weight * first.of(x, z), into);
    }

    @Override public double[] parameters() { return SumKernel.joined(first, second); }

    @Override public ProductKernel withParameters(double... logs) {
        int a = first.parameters().length;
        KernelParameters.count(this, logs, a + second.parameters().length);
        return new ProductKernel(first.withParameters(Arrays.copyOf(logs, a)),
                second.withParameters(Arrays.copyOfRange(logs, a, logs.length)));
    }

    @Override public void addParameterGradient(double[] x, double[] z, double weight, double[] into, int at) {
        first.addParameterGradient(x, z, weight * second.of(x, z), into, at);
        second.addParameterGradient(x, z, weight * first.of(x, z), into, at + first.parameters().length);
    }
}
