package lyceum.bayes;

import java.util.function.ToDoubleFunction;

/**
 * Exact checks of a kernel on a finite state space: what simulation shows only in the long run.
 *
 * {@snippet :
 * double[][] states = {{0}, {1}, {2}};
 * var kernel = new MetropolisHastings(x -> Math.log(1 + x[0]), Proposal.matrix(new double[][] {{0, 0.5, 0.5}, {0.9, 0, 0.1}, {0.3, 0.7, 0}}));
 * var exact = StationaryCheck.of(kernel, x -> Math.log(1 + x[0]), states);
 * exact.stationarity();       // 1e-16: the target stays as it is
 * exact.detailedBalance();    // 1e-16: and every flow is met by one back
 * }
 *
 * @param target probability of each state
 * @param transition probability of going from i to j, {@code [i][j]}
 */
public record StationaryCheck(double[] target, double[][] transition) {

    /** @param logDensity up to a constant; finite states all of which the kernel may be in */
    public static StationaryCheck of(TransitionKernel kernel, ToDoubleFunction<double[]> logDensity, double[]... states) {
        var target = new double[states.length];
        double most = Double.NEGATIVE_INFINITY, sum = 0;
        for (int i = 0; i < target.length; i++) most = Math.max(most, target[i] = logDensity.applyAsDouble(states[i]));
        for (int i = 0; i < target.length; i++) sum += target[i] = Math.exp(target[i] - most);
        for (int i = 0; i < target.length; i++) target[i] /= sum;
        return new StationaryCheck(target, kernel.transitionMatrix(states));
    }

    /** The largest {@code |pi_i P_ij - pi_j P_ji|}: 0 for a reversible chain. Sweeps through several proposals need not be reversible. */
    public double detailedBalance() {
        double worst = 0;
        for (int i = 0; i < target.length; i++)
            for (int j = 0; j < i; j++) worst = Math.max(worst, Math.abs(target[i] * transition[i][j] - target[j] * transition[j][i]));
        return worst;
    }

    /** The largest {@code |(pi P)_j - pi_j|}: 0 if a step leaves the target as it is. */
    public double stationarity() {
        double worst = 0;
        for (int j = 0; j < target.length; j++) {
            double sum = 0;
            for (int i = 0; i < target.length; i++) sum += target[i] * transition[i][j];
            worst = Math.max(worst, Math.abs(sum - target[j]));
        }
        return worst;
    }

    static double[][] product(double[][] a, double[][] b) {
        int n = a.length;
        var c = new double[n][n];
        for (int i = 0; i < n; i++) for (int k = 0; k < n; k++) for (int j = 0; j < n; j++) c[i][j] += a[i][k] * b[k][j];
        return c;
    }
}
