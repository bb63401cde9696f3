package lyceum.data;

import java.util.Arrays;

/** Checks the shares of a split and turns them into whole numbers of rows. */
final class Shares {
    /** Below this a difference from a whole number is rounding: 0.1 + 0.2 + 0.7 must count as 1, and 0.29 * 100 as 29. */
    static final double SLACK = 1e-6;

    private Shares() {}

    static double[] checked(String operation, double... shares) {
        if (shares.length < 2) throw new IllegalArgumentException(
                operation + ": " + shares.length + " shares; a split has two parts at least, such as 0.8, 0.2");
        double sum = 0;
        for (double share : shares) {
            if (!(share > 0 && share < 1))
                throw new IllegalArgumentException(operation + ": share " + share + "; shares lie between 0 and 1");
            sum += share;
        }
        if (Math.abs(sum - 1) > SLACK)
            throw new IllegalArgumentException(operation + ": shares " + Arrays.toString(shares) + " sum to " + sum + ", not 1");
        return shares.clone();
    }

    /**
     * Sizes that sum to {@code n} and differ by less than one from {@code share * n}: the method of largest remainders (Hamilton 1792).
     * The earlier part wins a tie.
     */
    static int[] sizes(String operation, int n, double... shares) {
        var sizes = new int[shares.length];
        var remainders = new double[shares.length];
        int left = n;
        for (int p = 0; p < shares.length; p++) {
            double wanted = shares[p] * n;
            sizes[p] = (int) Math.floor(wanted + SLACK);
            remainders[p] = wanted - sizes[p];
            left -= sizes[p];
        }
        for (; left > 0; left--) {
            int most = 0;
            for (int p = 1; p < remainders.length; p++) if (remainders[p] > remainders[most] + SLACK) most = p;
            sizes[most]++;
            remainders[most] -= 1;
        }
        for (int p = 0; p < sizes.length; p++)
            if (sizes[p] == 0) throw new IllegalArgumentException(
                    operation + ": " + n + " rows x share " + shares[p] + " leaves part " + p + " empty; give it more rows");
        return sizes;
    }
}
