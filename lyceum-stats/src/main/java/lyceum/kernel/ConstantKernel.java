package lyceum.kernel;

/** The same value for any two points: the kernel of constants. Parameter: the value. @param value positive */
public record ConstantKernel(double value) implements KernelFunction {
    public ConstantKernel { KernelParameters.positive("ConstantKernel", "the value", value); }

    @Override public double of(double[] x, double[] z) { return value; }

    @Override public void addGradient(double[] x, double[] z, double weight, double[] into) {}

    @Override public double[] parameters() { return new double[] {Math.log(value)}; }

    @Override public ConstantKernel withParameters(double... logs) {
        KernelParameters.count(this, logs, 1);
        return new ConstantKernel(Math.exp(logs[0]));
    }

    @Override public void addParameterGradient(double[] x, double[] z, double weight, double[] into, int at) { into[at] += weight * value; }
}
