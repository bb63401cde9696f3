package lyceum.optim;

import java.util.Locale;

/**
 * Where a minimiser arrived: always its best point, whether it converged or not.
 *
 * @param x the point
 * @param value the objective there
 * @param gradient the gradient there
 * @param iterations steps taken
 * @param evaluations calls of the objective
 * @param stop why it stopped
 */
public record Minimum(double[] x, double value, double[] gradient, int iterations, int evaluations, StopReason stop) implements Solution {

    /** Largest absolute entry of the gradient. */
    public double gradientNorm() { return Vectors.largest(gradient); }

    @Override public String toString() {
        return String.format(Locale.ROOT, "%s after %d iterations, %d evaluations: value %s, largest gradient entry %.3g; %s",
                converged() ? "converged" : "not converged", iterations, evaluations, value, gradientNorm(), stop);
    }
}
