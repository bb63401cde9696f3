package lyceum.kernel;

/**
 * {@code exp(-gamma sum_j (x_j - z_j)^2 / (x_j + z_j))} for histograms; a term with {@code x_j = z_j = 0} is 0. Parameter: gamma.
 *
 * @param gamma positive
 * @see <a href="https://doi.org/10.1007/s11263-006-9794-4">Zhang, Marszałek, Lazebnik and Schmid (2007)</a>
 */
public record ChiSquareKernel(double gamma) implements KernelFunction {
    public ChiSquareKernel { KernelParameters.positive("ChiSquareKernel", "gamma", gamma); }

    private static double distance(double[] x, double[] z) {
        double sum = 0;
        for (int j = 0; j < x.length; j++) {
            if (x[j] < 0 || z[j] < 0) throw new IllegalArgumentException(
                    "ChiSquareKernel: a value is " + Math.min(x[j], z[j]) + "; it compares histograms, whose values are at least 0");
            double d = x[j] - z[j], s = x[j] + z[j];
            if (s > 0) sum += d * d / s;
        }
        return sum;
    }

    @Override public double of(double[] x, double[] z) { return Math.exp(-gamma * distance(x, z)); }

    @Override public void addGradient(double[] x, double[] z, double weight, double[] into) {
        double factor = -gamma * weight * of(x, z);
        for (int j = 0; j < x.length; j++) {
            double d = x[j] - z[j], s = x[j] + z[j];
            if (s > 0) into[j] += factor * d * (s + 2 * z[j]) / (s * s);
        }
    }

    @Override public double[] parameters() { return new double[] {Math.log(gamma)}; }

    @Override public ChiSquareKernel withParameters(double... logs) {
        KernelParameters.count(this, logs, 1);
        return new ChiSquareKernel(Math.exp(logs[0]));
    }

    @Override public void addParameterGradient(double[] x, double[] z, double weight, double[] into, int at) {
        double u = gamma * distance(x, z);
        into[at] -= weight * u * Math.exp(-u);
    }
}
