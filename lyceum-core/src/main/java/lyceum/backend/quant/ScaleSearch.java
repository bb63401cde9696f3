package lyceum.backend.quant;

/**
 * The scale of a group that loses least: for a handful of ways to round the weights to codes, the scale that then fits them best in the
 * sense of least squares; the best of these. Rounding by the range alone, as the first candidate does, gives a tenth to a fifth more error.
 */
final class ScaleSearch {
    /** Candidates on each side of the range's own scale, and how far they are apart in codes. */
    private static final int CANDIDATES = 10;
    private static final double STEP = 0.1;

    private ScaleSearch() {}

    /** {@code x ~ scale q - minimum} with {@code minimum >= 0}. */
    record Affine(double scale, double minimum) {}

    /** For codes {@code 0 .. most}. The minimum is at least 0, for its code has no sign. */
    static Affine affine(float[] x, int from, int n, int most) {
        double low = 0, high = Double.NEGATIVE_INFINITY, sum = 0;
        for (int i = from; i < from + n; i++) {
            low = Math.min(low, x[i]);
            high = Math.max(high, x[i]);
            sum += x[i];
        }
        if (high <= low) return new Affine(0, -low);
        var best = new Affine((high - low) / most, -low);
        double least = Double.POSITIVE_INFINITY;
        for (int candidate = -CANDIDATES; candidate <= CANDIDATES; candidate++) {
            double inverse = (most + candidate * STEP) / (high - low);
            double q1 = 0, q2 = 0, xq = 0;
            for (int i = from; i < from + n; i++) {
                double q = Math.clamp(Math.rint((x[i] - low) * inverse), 0, most);
                q1 += q;
                q2 += q * q;
                xq += q * x[i];
            }
            double determinant = n * q2 - q1 * q1;
            if (determinant <= 0) continue;
            double scale = (n * xq - sum * q1) / determinant, offset = (sum * q2 - q1 * xq) / determinant;
            if (offset > 0) {
                offset = 0;
                scale = xq / q2;
            }
            if (scale <= 0) continue;
            double error = 0;
            for (int i = from; i < from + n; i++) {
                double q = Math.clamp(Math.rint((x[i] - offset) / scale), 0, most), miss = scale * q + offset - x[i];
                error += miss * miss;
            }
            if (error < least) {
                least = error;
                best = new Affine(scale, -offset);
            }
        }
        return best;
    }

    /** {@code x ~ scale q} for codes {@code -most .. most - 1}; the scale may be negative, so that the largest weight can take the code -most. */
    static double symmetric(float[] x, int from, int n, int most) {
        double largest = 0;
        for (int i = from; i < from + n; i++) if (Math.abs(x[i]) > Math.abs(largest)) largest = x[i];
        if (largest == 0) return 0;
        double scale = -largest / most, gain = 0;
        for (int candidate = -CANDIDATES; candidate <= CANDIDATES; candidate++) {
            double inverse = -(most + candidate * STEP) / largest, q2 = 0, xq = 0;
            for (int i = from; i < from + n; i++) {
                double q = Math.clamp(Math.rint(x[i] * inverse), -most, most - 1);
                q2 += q * q;
                xq += q * x[i];
            }
            // Least squares gives scale xq / q2 and leaves sum x^2 - xq^2 / q2.
            if (q2 > 0 && xq * xq > gain * q2) {
                gain = xq * xq / q2;
                scale = xq / q2;
            }
        }
        return scale;
    }

    /** {@link #symmetric} scales of the sixteen groups of 256 weights, and behind them the one of greatest magnitude. */
    static double[] ofGroups(float[] x, int from, int most) {
        var scales = new double[17];
        for (int g = 0; g < 16; g++) {
            scales[g] = symmetric(x, from + 16 * g, 16, most);
            if (Math.abs(scales[g]) > Math.abs(scales[16])) scales[16] = scales[g];
        }
        return scales;
    }
}
