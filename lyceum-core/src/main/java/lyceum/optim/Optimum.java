package lyceum.optim;

import java.util.Locale;

/**
 * Where a solver under constraints arrived: always its best point, whether it converged or not.
 *
 * @param x the point
 * @param value the objective there
 * @param nu the multipliers of equalities, of either sign
 * @param lambda the multipliers of inequalities {@code g <= 0}, at least 0
 * @param residuals how far the point and its multipliers are from the conditions of Karush, Kuhn and Tucker
 * @param iterations outer steps taken
 * @param stop why it stopped
 */
public record Optimum(double[] x, double value, double[] nu, double[] lambda, Kkt.Residuals residuals, int iterations, StopReason stop)
        implements Solution {

    @Override public String toString() {
        return String.format(Locale.ROOT, "%s after %d iterations: value %s, %s; %s", converged() ? "converged" : "not converged",
                iterations, value, residuals, stop);
    }
}
