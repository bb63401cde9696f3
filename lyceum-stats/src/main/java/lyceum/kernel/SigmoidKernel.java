package lyceum.kernel;

/**
 * {@code tanh(gamma x . z + constant)}, named after what neural networks once used. It is no valid kernel: with a negative constant its
 * value at {@code x = z = 0} is negative, and with any other some points have a Gram matrix with a negative eigenvalue.
 * {@link KernelFunction#isValidOn} says so where it shows. Parameter: gamma.
 *
 * @param gamma positive
 * @param constant of any sign; not among the parameters
 */
public record SigmoidKernel(double gamma, double constant) implements DotProduct {
    public SigmoidKernel {
        KernelParameters.positive("SigmoidKernel", "gamma", gamma);
        if (!Double.isFinite(constant)) throw new IllegalArgumentException("SigmoidKernel: the constant is " + constant + "; it is finite");
    }

    @Override public double value(double dot) { return Math.tanh(gamma * dot + constant); }

    @Override public double slope(double dot) {
        double t = value(dot);
        return gamma * (1 - t * t);
    }

    @Override public double[] parameters() { return new double[] {Math.log(gamma)}; }

    @Override public SigmoidKernel withParameters(double... logs) {
        KernelParameters.count(this, logs, 1);
        return new SigmoidKernel(Math.exp(logs[0]), constant);
    }

    @Override public void addParameterGradient(double[] x, double[] z, double weight, double[] into, int at) {
        double dot = 0;
        for (int j = 0; j < x.length; j++) dot += x[j] * z[j];
        into[at] += weight * slope(dot) * dot;
    }
}
