package lyceum.learn.selection;

import java.util.Arrays;

/**
 * The expected squared error at each test point, taken apart: {@code E (Y - f^(x))^2 = bias^2 + variance + noise}.
 *
 * @param biasSquared estimate of {@code (E f^(x) - f(x))^2} for each point, without the part that the finite number of redraws adds; it may come out slightly
 *        below 0 where there is no bias
 * @param variance unbiased estimate of {@code Var f^(x)} for each point
 * @param noise variance of a new observation
 * @param testError measured at each point: the mean squared error for new noisy observations, which the other three did not see
 * @param meanPrediction at each point
 */
public record Decomposition(double[] biasSquared, double[] variance, double noise, double[] testError, double[] meanPrediction) {
    public double meanBiasSquared() { return mean(biasSquared); }

    public double meanVariance() { return mean(variance); }

    public double meanTestError() { return mean(testError); }

    /** {@code bias^2 + variance + noise}, averaged over the test points. */
    public double expectedError() { return meanBiasSquared() + meanVariance() + noise; }

    static double mean(double[] values) { return Arrays.stream(values).sum() / values.length; }
}
