package lyceum.info;

/**
 * Who sends what to whom, and the prices that prove it best.
 *
 * @param mass {@code [i][j]} goes from source i to target j
 * @param cost {@code sum mass cost}; of an entropic plan, without the entropy
 * @param sourcePotential u: the derivative of the (entropic) optimum with respect to a source's weight, up to a constant
 * @param targetPotential v; of an exact plan {@code u_i + v_j <= cost_ij}, with equality where mass moves
 * @param dual {@code sum a u + sum b v}: a lower bound of every plan's cost, and equal to an optimal one's
 */
public record TransportPlan(double[][] mass, double cost, double[] sourcePotential, double[] targetPotential, double dual) {

    static TransportPlan of(double[][] mass, double[][] cost, double[] a, double[] b, double[] u, double[] v) {
        double total = 0, dual = 0;
        for (int i = 0; i < mass.length; i++) for (int j = 0; j < mass[i].length; j++) if (mass[i][j] > 0) total += mass[i][j] * cost[i][j];
        for (int i = 0; i < a.length; i++) if (a[i] > 0) dual += a[i] * u[i];
        for (int j = 0; j < b.length; j++) if (b[j] > 0) dual += b[j] * v[j];
        return new TransportPlan(mass, total, u, v, dual);
    }

    /** {@code cost - dual}: at most this much could be saved. */
    public double gap() { return cost - dual; }

    /** The largest distance of a row's or a column's sum from a and b. */
    public double marginalError(double[] a, double[] b) {
        double worst = 0;
        for (int i = 0; i < a.length; i++) {
            double sum = 0;
            for (double m : mass[i]) sum += m;
            worst = Math.max(worst, Math.abs(sum - a[i]));
        }
        for (int j = 0; j < b.length; j++) {
            double sum = 0;
            for (double[] row : mass) sum += row[j];
            worst = Math.max(worst, Math.abs(sum - b[j]));
        }
        return worst;
    }

    /**
     * The derivative of the optimum with respect to the sources' positions where costs are {@code |x_i - y_j|^p}: the plan stands still
     * (envelope theorem), {@code sum_j mass_ij p |x_i - y_j|^(p - 2) (x_i - y_j)}. Of an exact plan where it is unique.
     *
     * @param x (n x d) sources
     * @param y (m x d) targets
     */
    public double[][] gradient(double[][] x, double[][] y, double p) {
        var gradient = new double[x.length][x[0].length];
        for (int i = 0; i < x.length; i++) for (int j = 0; j < y.length; j++) {
            if (mass[i][j] == 0) continue;
            double squares = 0;
            for (int c = 0; c < x[i].length; c++) squares += (x[i][c] - y[j][c]) * (x[i][c] - y[j][c]);
            if (squares == 0) continue; // at a kink of |x - y| 0 is a subgradient
            double slope = mass[i][j] * p * Math.pow(squares, p / 2 - 1);
            for (int c = 0; c < x[i].length; c++) gradient[i][c] += slope * (x[i][c] - y[j][c]);
        }
        return gradient;
    }
}
