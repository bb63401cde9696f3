package lyceum.stats;

import java.util.Arrays;

/**
 * What is left of a column when others, and a constant, have been fitted to it by least squares.
 *
 * {@snippet :
 * double[] age = {30, 40, 50, 60}, income = {20, 35, 41, 60};
 * new ResidualMaker(4, age).of(income);       // sums to 0, and is uncorrelated with age
 * }
 *
 * <p>By Gram and Schmidt's method, each projection twice, so that columns which are nearly dependent do no harm. Immutable once made.
 */
public final class ResidualMaker {
    private final double[][] basis;
    private int rank;

    /** @param n observations @param columns of that length; one that the earlier ones span is left out */
    public ResidualMaker(int n, double[]... columns) {
        basis = new double[columns.length + 1][];
        var one = new double[n];
        Arrays.fill(one, 1);
        add(one);
        for (double[] column : columns) add(column);
    }

    private void add(double[] column) {
        double[] rest = of(column);
        double before = Math.sqrt(dot(column, column)), norm = Math.sqrt(dot(rest, rest));
        if (norm <= 1e-11 * before) return;
        for (int i = 0; i < rest.length; i++) rest[i] /= norm;
        basis[rank++] = rest;
    }

    /** Columns that stand on their own, the constant included. */
    public int rank() { return rank; }

    /** y less what the columns, and the constant, fit to it. */
    public double[] of(double[] y) {
        double[] rest = y.clone();
        for (int pass = 0; pass < 2; pass++) for (int k = 0; k < rank; k++) {
            double projection = dot(basis[k], rest);
            for (int i = 0; i < rest.length; i++) rest[i] -= projection * basis[k][i];
        }
        return rest;
    }

    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }
}
