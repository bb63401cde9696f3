package lyceum.kernel;

import java.util.Arrays;

/** {@code first(x, z) + second(x, z)}; the features of both, side by side. Parameters: the first's, then the second's. */
public record SumKernel(KernelFunction first, KernelFunction second) implements KernelFunction {
    @Override public double of(double[] x, double[] z) { return first.of(x, z) + second.of(x, z); }

    @Override public double[][] matrix(double[][] x, double[][] z) {
        double[][] k = first.matrix(x, z), other = second.matrix(x, z);
        for (int i = 0; i < k.length; i++) for (int j = 0; j < k[i].length; j++) k[i][j] += other[i][j];
        return k;
    }

    @Override public KernelRows against(double[][] z) {
        KernelRows a = first.against(z), b = second.against(z);
        return (x, into) -> {
            a.row(x, into);
            var other = new double[z.length];
            b.row(x, other);
            for (int j = 0; j < z.length; j++) into[j] += other[j];
        };
    }

    @Override public double[] diagonal(double[][] x) {
        double[] k = first.diagonal(x), other = second.diagonal(x);
        for (int i = 0; i < k.length; i++) k[i] += other[i];
        return k;
    }

    @Override public void addGradient(double[] x, double[] z, double weight, double[] into) {
        first.addGradient(x, z, weight, into);
        second.addGradient(x, z, weight, into);
    }

    @Override public double[] parameters() { return joined(first, second); }

    static double[] joined(KernelFunction first, KernelFunction second) {
        double[] a = first.parameters(), b = second.parameters(), all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    @Override public SumKernel withParameters(double... logs) {
        int a = first.parameters().length;
        KernelParameters.count(this, logs, a + second.parameters().length);
        return new SumKernel(first.withParameters(Arrays.copyOf(logs, a)), second.withParameters(Arrays.copyOfRange(logs, a, logs.length)));
    }

    @Override public void addParameterGradient(double[] x, double[] z, double weight, double[] into, int at) {
        first.addParameterGradient(x, z, weight, into, at);
        second.addParameterGradient(x, z, weight, into, at + first.parameters().length);
    }
}
