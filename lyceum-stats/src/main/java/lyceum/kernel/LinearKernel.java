package lyceum.kernel;

/**
 * {@code x . z}: ordinary linear methods. Has no parameters; {@code new LinearKernel().plus(new ConstantKernel(c))} lets lines miss the
 * origin.
 */
public record LinearKernel() implements DotProduct {
    @Override public double value(double dot) { return dot; }

    @Override public double slope(double dot) { return 1; }
}
