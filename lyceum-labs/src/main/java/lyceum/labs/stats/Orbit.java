package lyceum.labs.stats;

import lyceum.random.Rng;

/** A satellite on a circle of radius 1 around a planet of radius 0.45, seen from a station 3 to the left: position, then speed. */
final class Orbit {
    private Orbit() {}

    /** Range and bearing. */
    static double[] sight(double[] x) { return new double[] {Math.hypot(x[0] + 3, x[1]), Math.atan2(x[1], x[0] + 3)}; }

    /** A tenth of a time unit under gravity {@code -x / |x|^3}: leapfrog. */
    static double[] step(double[] s) {
        double[] x = s.clone();
        for (int half = 0; half < 2; half++) {
            double pull = 0.05 / Math.pow(Math.hypot(x[0], x[1]), 3);
            for (int i = 0; i < 2; i++) x[i + 2] -= pull * x[i];
            if (half == 0) for (int i = 0; i < 2; i++) x[i] += 0.1 * x[i + 2];
        }
        return x;
    }

    /** States, and noisy sightings that are NaN while the planet is in between; noises have the diagonals of q and r. */
    static double[][][] observed(int steps, double[][] q, double[][] r, Rng rng) {
        double[] state = {0, 1, 1, 0};
        double[][] truth = new double[steps][], sights = new double[steps][];
        for (int t = 0; t < steps; t++) {
            truth[t] = state;
            sights[t] = sight(state);
            boolean hidden = state[0] > 0 && Math.abs(state[1]) < 0.45 * (3 + state[0]) / 3;
            for (int i = 0; i < 2; i++) sights[t][i] = hidden ? Double.NaN : sights[t][i] + Math.sqrt(r[i][i]) * rng.nextGaussian();
            state = step(state);
            for (int i = 0; i < 4; i++) state[i] += Math.sqrt(q[i][i]) * rng.nextGaussian();
        }
        return new double[][][] {truth, sights};
    }
}
