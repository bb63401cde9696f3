package lyceum.linalg.dense;

/**
 * A root of the secular equation {@code 1 + rho sum z_i^2 / (d_i - x) = 0} between two poles, or behind the last: an eigenvalue of {@code diag(d) + rho z z^T}. It
 * is sought as a distance from the nearer pole, so that its distances from all poles have all their digits; each step solves the equation with the sums on either side
 * replaced by one pole each (Bunch, Nielsen and Sorensen, 1978), and falls back on halving the bracket.
 */
final class SecularRoot {
    private static final double EPS = Math.ulp(1.0);
    private static final int STEPS = 100;

    private SecularRoot() {}

    /**
     * @param d rising poles, {@code count} of them, as z has entries, none of which is 0
     * @param to receives {@code d_i - x}
     * @return root {@code j} from below
     */
    static double find(double[] d, double[] z, int count, double rho, int j, double[] to) {
        int origin = j, right = j + 1;
        boolean last = right == count;
        double low = 0, high, t;
        if (last) {
            double sum = 0;
            for (int i = 0; i < count; i++) sum += z[i] * z[i];
            high = rho * sum;
            t = high / 2;
        } else {
            double half = (d[right] - d[j]) / 2, value = 1 / rho;
            for (int i = 0; i < count; i++) value += z[i] * z[i] / ((d[i] - d[j]) - half);
            if (value < 0) origin = right;
            low = value < 0 ? -half : 0;
            high = value < 0 ? 0 : half;
            t = value < 0 ? -half : half;
        }
        double pole = d[origin];
        for (int step = 0; step < STEPS; step++) {
            double psi = 0, psiSlope = 0, phi = 0, phiSlope = 0;
            for (int i = 0; i <= j; i++) {
                double x = z[i] / ((d[i] - pole) - t);
                psi += z[i] * x;
                psiSlope += x * x;
            }
            for (int i = right; i < count; i++) {
                double x = z[i] / ((d[i] - pole) - t);
                phi += z[i] * x;
                phiSlope += x * x;
            }
            double value = 1 / rho + psi + phi, slope = psiSlope + phiSlope;
            if (Math.abs(value) <= EPS * (1 / rho + phi - psi + Math.abs(t) * slope)) break;
            if (value < 0) low = t;
            else high = t;
            double left = (d[j] - pole) - t, beyond = last ? 0 : (d[right] - pole) - t;
            double move = step(value, slope, psiSlope, phiSlope, left, beyond, last);
            if (!(move * value < 0)) move = -value / slope;
            double next = t + move;
            if (!(next > low && next < high)) next = low + (high - low) / 2;
            if (Math.abs(next - t) <= EPS * Math.abs(next) / 2 || next == low || next == high) {
                t = next;
                break;
            }
            t = next;
        }
        for (int i = 0; i < count; i++) to[i] = (d[i] - pole) - t;
        return pole + t;
    }

    /** To the root of {@code c + s / (left - x) + r / (beyond - x)}, which has this value at 0 and these slopes. */
    private static double step(double value, double slope, double psiSlope, double phiSlope, double left, double beyond, boolean last) {
        double s = psiSlope * left * left, c = value - psiSlope * left;
        if (last) return left + s / c;
        c -= phiSlope * beyond;
        double a = c * (left + beyond) + s + phiSlope * beyond * beyond, b = left * beyond * value;
        double root = Math.sqrt(Math.abs(a * a - 4 * b * c));
        return a <= 0 ? (a - root) / (2 * c) : 2 * b / (a + root);
    }
}
