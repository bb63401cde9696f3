package lyceum.bayes;

import lyceum.random.Rng;

/**
 * Normal steps of covariance {@code L L'}: the one proposal that warm-up can tune.
 *
 * @param factor L, lower triangular; a single entry stands for a multiple of the identity
 * @param coordinates those that move; null for all
 */
record NormalWalk(double[][] factor, int[] coordinates) implements Proposal {
    static double[][] diagonal(double... deviations) {
        if (deviations.length == 0)
            throw new IllegalArgumentException("Proposal.normal: no standard deviation; give one for all, or one each");
        var factor = new double[deviations.length][deviations.length];
        for (int i = 0; i < deviations.length; i++) {
            if (!(deviations[i] > 0) || deviations[i] == Double.POSITIVE_INFINITY) throw new IllegalArgumentException(
                    "Proposal.normal: standard deviation " + i + " is " + deviations[i] + "; it is positive and finite");
            factor[i][i] = deviations[i];
        }
        return factor;
    }

    int size(double[] x) { return coordinates == null ? x.length : coordinates.length; }

    int coordinate(int i) { return coordinates == null ? i : coordinates[i]; }

    @Override public NormalWalk on(int... chosen) {
        int[] mine = chosen.clone();
        if (coordinates != null) for (int i = 0; i < mine.length; i++) mine[i] = coordinates[mine[i]];
        return new NormalWalk(factor, mine);
    }

    private void require(int size) {
        if (factor.length != 1 && factor.length != size) throw new IllegalArgumentException("Proposal.normal: steps of " + factor.length
                + " coordinates for " + size + "; give one standard deviation for all, or one each");
    }

    @Override public void draw(double[] x, double[] y, Rng rng) { draw(x, y, 1, rng); }

    /** The same with steps {@code scale} times as long. */
    void draw(double[] x, double[] y, double scale, Rng rng) {
        int n = size(x);
        require(n);
        if (factor.length == 1) {
            for (int i = 0; i < n; i++) y[coordinate(i)] += scale * factor[0][0] * rng.nextGaussian();
            return;
        }
        for (int k = 0; k < n; k++) {
            double z = scale * rng.nextGaussian();
            for (int i = k; i < n; i++) y[coordinate(i)] += factor[i][k] * z;
        }
    }

    @Override public double logDensity(double[] x, double[] y) {
        int n = size(x);
        require(n);
        var z = new double[n];
        double log = 0, moved = 0;
        for (int i = 0; i < n; i++) {
            double step = y[coordinate(i)] - x[coordinate(i)], deviation = factor.length == 1 ? factor[0][0] : factor[i][i];
            moved += step != 0 ? 1 : 0;
            if (factor.length > 1) for (int k = 0; k < i; k++) step -= factor[i][k] * z[k];
            z[i] = step / deviation;
            log -= z[i] * z[i] / 2 + Math.log(deviation) + 0.91893853320467274178;
        }
        for (int i = 0; i < x.length; i++) moved -= x[i] != y[i] ? 1 : 0;
        return moved < 0 ? Double.NEGATIVE_INFINITY : log;
    }

    @Override public boolean isSymmetric() { return true; }
}
