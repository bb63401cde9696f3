package lyceum.kernel;

import lyceum.random.Rng;

/**
 * {@code exp(-gamma sum_j |x_j - z_j|)}: rougher than {@link Rbf}, less moved by one far column. Parameter: gamma. ({@code exp(-|x - z|)}
 * of the Euclidean distance is {@link Matern} with nu 1/2.)
 *
 * @param gamma positive
 */
public record Laplacian(double gamma) implements ShiftInvariant {
    public Laplacian { KernelParameters.positive("Laplacian", "gamma", gamma); }

    private static double distance(double[] x, double[] z) {
        double sum = 0;
        for (int j = 0; j < x.length; j++) sum += Math.abs(x[j] - z[j]);
        return sum;
    }

    @Override public double of(double[] x, double[] z) { return Math.exp(-gamma * distance(x, z)); }

    @Override public void addGradient(double[] x, double[] z, double weight, double[] into) {
        double factor = -gamma * weight * of(x, z);
        for (int j = 0; j < x.length; j++) into[j] += factor * Math.signum(x[j] - z[j]);
    }

    @Override public double[] parameters() { return new double[] {Math.log(gamma)}; }

    @Override public Laplacian withParameters(double... logs) {
        KernelParameters.count(this, logs, 1);
        return new Laplacian(Math.exp(logs[0]));
    }

    @Override public void addParameterGradient(double[] x, double[] z, double weight, double[] into, int at) {
        double u = gamma * distance(x, z);
        into[at] -= weight * u * Math.exp(-u);
    }

    /** Cauchy in each column. */
    @Override public double[] frequency(Rng rng, int p) {
        var omega = new double[p];
        for (int j = 0; j < p; j++) omega[j] = gamma * Math.tan(Math.PI * (rng.nextDouble() - 0.5));
        return omega;
    }
}
