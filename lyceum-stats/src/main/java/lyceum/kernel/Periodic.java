package lyceum.kernel;

/**
 * {@code exp(-2 sum_j sin^2(pi (x_j - z_j) / period) / l^2)}: functions that repeat. Parameters: the period, the length scale.
 *
 * @param period positive, in the columns' units
 * @param lengthScale positive: how smooth one period is, free of units
 * @see <a href="https://gaussianprocess.org/gpml/">Rasmussen and Williams (2006), equation 4.31</a>
 */
public record Periodic(double period, double lengthScale) implements KernelFunction {
    public Periodic {
        KernelParameters.positive("Periodic", "the period", period);
        KernelParameters.positive("Periodic", "the length scale", lengthScale);
    }

    @Override public double of(double[] x, double[] z) {
        double sum = 0;
        for (int j = 0; j < x.length; j++) {
            double sine = Math.sin(Math.PI * (x[j] - z[j]) / period);
            sum += sine * sine;
        }
        return Math.exp(-2 * sum / (lengthScale * lengthScale));
    }

    @Override public void addGradient(double[] x, double[] z, double weight, double[] into) {
        double factor = -2 * Math.PI / (period * lengthScale * lengthScale) * weight * of(x, z);
        for (int j = 0; j < x.length; j++) into[j] += factor * Math.sin(2 * Math.PI * (x[j] - z[j]) / period);
    }

    @Override public double[] parameters() { return new double[] {Math.log(period), Math.log(lengthScale)}; }

    @Override public Periodic withParameters(double... logs) {
        KernelParameters.count(this, logs, 2);
        return new Periodic(Math.exp(logs[0]), Math.exp(logs[1]));
    }

    @Override public void addParameterGradient(double[] x, double[] z, double weight, double[] into, int at) {
        double k = of(x, z), factor = 2 * weight * k / (lengthScale * lengthScale);
        for (int j = 0; j < x.length; j++) {
            double phase = Math.PI * (x[j] - z[j]) / period, sine = Math.sin(phase);
            into[at] += factor * phase * Math.sin(2 * phase);
            into[at + 1] += 2 * factor * sine * sine;
        }
    }
}
