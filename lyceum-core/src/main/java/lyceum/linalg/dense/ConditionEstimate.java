package lyceum.linalg.dense;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/** A lower bound for the 1-norm of an inverse, seldom off by more than 3, from a few solves (Hager 1984, Higham 1988). */
public final class ConditionEstimate {
    private ConditionEstimate() {}

    public static double inverseOneNorm(int n, UnaryOperator<double[]> solve, UnaryOperator<double[]> solveTransposed) {
        if (n == 0) return 0;
        var x = new double[n];
        Arrays.fill(x, 1.0 / n);
        double estimate = 0;
        int last = -1;
        for (int step = 0; step < 5; step++) {
            double[] y = solve.apply(x.clone());
            double norm = 0;
            for (double v : y) norm += Math.abs(v);
            if (!(norm > estimate)) break;
            estimate = norm;
            for (int i = 0; i < n; i++) y[i] = Dense.sign(y[i]);
            double[] z = solveTransposed.apply(y);
            int j = 0;
            for (int i = 1; i < n; i++) if (Math.abs(z[i]) > Math.abs(z[j])) j = i;
            if (j == last) break;
            last = j;
            Arrays.fill(x, 0);
            x[j] = 1;
        }
        for (int i = 0; i < n; i++) x[i] = (i % 2 == 0 ? 1 : -1) * (1 + i / (double) Math.max(1, n - 1));
        double norm = 0;
        for (double v : solve.apply(x)) norm += Math.abs(v);
        double other = 2 * norm / (3 * n);
        return Double.isNaN(estimate) || Double.isNaN(other) ? Double.POSITIVE_INFINITY : Math.max(estimate, other);
    }
}
