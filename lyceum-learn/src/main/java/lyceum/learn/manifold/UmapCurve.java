package lyceum.learn.manifold;

/**
 * Closeness on a map: {@code q(d) = 1 / (1 + a d^(2b))}.
 *
 * @param a above 0
 * @param b above 0
 */
public record UmapCurve(double a, double b) {
    private static final int POINTS = 300, STEPS = 100;

    public UmapCurve {
        if (!(a > 0 && b > 0)) throw new IllegalArgumentException("UmapCurve: a is " + a + " and b " + b + "; both are positive");
    }

    /**
     * The least-squares fit, at 300 places of [0, 3 spread], to 1 up to {@code minDist} and {@code exp(-(d - minDist) / spread)} beyond.
     *
     * @param minDist at least 0, below 3 spread
     * @param spread above 0
     */
    public static UmapCurve of(double minDist, double spread) {
        double[] x = new double[POINTS], y = new double[POINTS];
        for (int i = 0; i < POINTS; i++) {
            x[i] = 3 * spread * i / (POINTS - 1);
            y[i] = x[i] < minDist ? 1 : Math.exp(-(x[i] - minDist) / spread);
        }
        // Levenberg and Marquardt in the logarithms of a and b, which keep them positive.
        double a = 1 / spread, b = 1, damping = 1e-3, error = error(x, y, a, b);
        for (int step = 0; step < STEPS && damping < 1e12; step++) {
            double aa = 0, ab = 0, bb = 0, ra = 0, rb = 0;
            for (int i = 1; i < POINTS; i++) {
                double power = a * Math.pow(x[i], 2 * b), q = 1 / (1 + power), slope = -q * q * power, rest = y[i] - q;
                double byA = slope, byB = slope * 2 * b * Math.log(x[i]);
                aa += byA * byA;
                ab += byA * byB;
                bb += byB * byB;
                ra += byA * rest;
                rb += byB * rest;
            }
            double p = aa * (1 + damping), r = bb * (1 + damping), det = p * r - ab * ab;
            double nextA = a * Math.exp((r * ra - ab * rb) / det), nextB = b * Math.exp((p * rb - ab * ra) / det);
            double next = error(x, y, nextA, nextB);
            if (next <= error) {
                boolean settled = Math.abs(nextA / a - 1) + Math.abs(nextB / b - 1) < 1e-12;
                a = nextA;
                b = nextB;
                error = next;
                damping /= 10;
                if (settled) break;
            } else damping *= 10;
        }
        return new UmapCurve(a, b);
    }

    private static double error(double[] x, double[] y, double a, double b) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += Math.pow(y[i] - 1 / (1 + a * Math.pow(x[i], 2 * b)), 2);
        return sum;
    }

    /** {@code q} at a squared distance. */
    public double closeness(double square) { return 1 / (1 + a * Math.pow(square, b)); }

    /** The factor of {@code y_i - y_j} in the gradient of {@code -log q}: {@code 2 a b d^(2b - 2) / (1 + a d^(2b))}. 0 at distance 0. */
    public double attraction(double square) {
        if (square == 0) return 0;
        double power = a * Math.pow(square, b);
        return 2 * b * power / (square * (1 + power));
    }

    /** The factor of {@code y_i - y_j} in the gradient of {@code -log(1 - q)}: {@code -2 b / (d^2 (1 + a d^(2b)))}. 0 at distance 0. */
    public double repulsion(double square) { return square == 0 ? 0 : -2 * b / (square * (1 + a * Math.pow(square, b))); }
}
